/* quantise.h: activations as int8, as the integer kernels take them: the definition.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A block is 32 elements. With a = max_i |x_i|:
 *
 *   a < 2^-100          d = 0,        q_i = 0       (denormals too, whether flushed to zero or not)
 *   a finite            d = a / 127,  q_i = x_i * (127 / a), to nearest, ties to even
 *   a infinite or NaN   d = a / 127,  q_i = 0       so that d q is NaN and all that is made of it
 *
 * Every operation is rounded to f32 as IEEE 754 says, so that each unit's vector code
 * (cpu/quantise.c) gives these bits; tests hold them equal. |x_i (127 / a)| <= 127 (1 + 2^-24)^2,
 * so that |q_i| <= 127 without clipping. 2^-100: 127 / a must not overflow, and no activation that
 * matters is so small. */
#ifndef WI_QUANTISE_H
#define WI_QUANTISE_H

#include <stddef.h>
#include <stdint.h>

enum { WI_QUANTISE_BLOCK = 32 };

/* k elements, a multiple of 32, into k numbers q and k / 32 scales d: x_i ~ d q_i. */
void wi_quantise(const float *x, size_t k, int8_t *q, float *d);

#endif
