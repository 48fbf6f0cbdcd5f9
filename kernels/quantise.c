/* quantise.c: activations as int8, portable; quantise.h has the equation.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/quantise.h"

#include <assert.h>
#include <math.h>

/* NaN when there is one: it is no less than anything. */
static float largest(const float *x) {
    float most = 0;
    for (unsigned i = 0; i < WI_QUANTISE_BLOCK; i++)
        most = fabsf(x[i]) <= most ? most : isnan(most) ? most : fabsf(x[i]);
    return most;
}

static void quantise_block(const float *x, int8_t *q, float *d) {
    float most = largest(x);
    *d = most < 0x1p-100f ? 0 : most / 127;
    float inverse = most >= 0x1p-100f && isfinite(most) ? 127 / most : 0;
    for (unsigned i = 0; i < WI_QUANTISE_BLOCK; i++)
        q[i] = inverse > 0 ? (int8_t)rintf(x[i] * inverse) : 0;
}

void wi_quantise(const float *x, size_t k, int8_t *q, float *d) {
    assert(k % WI_QUANTISE_BLOCK == 0);
    for (size_t b = 0; b < k / WI_QUANTISE_BLOCK; b++)
        quantise_block(x + b * WI_QUANTISE_BLOCK, q + b * WI_QUANTISE_BLOCK, d + b);
}
