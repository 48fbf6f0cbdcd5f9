/* quantise.c: activations as int8 with this unit's vectors.
 *
 *   d = max |x_i| / 127, q_i = round(x_i / d) for each block of 32; kernels/quantise.h has it
 * exactly
 *
 * Contract: any alignment; k a multiple of 32; nothing is read or written past the end. Denormals
 * may be flushed to zero: they are below what counts.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/dot.h"
#include "kernels/cpu/unit.h"
#include "kernels/quantise.h"

enum { VECTORS = WI_QUANTISE_BLOCK / LANES };

/* Magnitudes order as their bits do, infinity above all numbers and NaN above it. */
INLINE float largest(const vf v[VECTORS]) {
    vi most = {0};
#pragma GCC unroll 8
    for (int i = 0; i < VECTORS; i++)
        most = vi_max(most, (vi)vf_abs(v[i]));
    int32_t lane[LANES], bits;
    memcpy(lane, &most, sizeof lane);
    bits = lane[0];
    for (int i = 1; i < LANES; i++)
        bits = lane[i] > bits ? lane[i] : bits;
    float a;
    memcpy(&a, &bits, sizeof a);
    return a;
}

void OF_UNIT(wi_quantise)(const float *x, size_t k, int8_t *q, float *d) {
    for (size_t at = 0; at < k; at += WI_QUANTISE_BLOCK, x += WI_QUANTISE_BLOCK) {
        vf v[VECTORS];
#pragma GCC unroll 8
        for (int i = 0; i < VECTORS; i++)
            v[i] = vf_load(x + i * LANES);
        float a = largest(v);
        *d++ = a < 0x1p-100f ? 0 : a / 127;
        if (!(a >= 0x1p-100f && a <= 0x1.fffffep127f)) {
            memset(q + at, 0, WI_QUANTISE_BLOCK);
            continue;
        }
        float inverse = 127 / a;
#pragma GCC unroll 8
        for (int i = 0; i < VECTORS; i++)
            vi_store_i8(q + at + i * LANES, vi_round(v[i] * inverse));
    }
}
