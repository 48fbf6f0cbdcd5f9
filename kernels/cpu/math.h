/* math.h: exp, sigmoid and tanh of vectors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Polynomials and reductions: S. Moshier, Cephes (expf.c, tanhf.c); a few units of 2^-24 off, which
 * the tolerances of glu, gelu, softcap and attention in op.c allow for. No lane takes a branch. */
#ifndef WI_CPU_MATH_H
#define WI_CPU_MATH_H

#include "kernels/cpu/vec.h"

/* e^x = 2^n e^r, n = round(x / ln 2), |r| <= ln 2 / 2; ln 2 in two parts, the first of few bits, so
 * that n * ln 2 loses nothing. Below -87 (the least normal f32) it is 0, -infinity included; above
 * 88 it stays at e^88. */
INLINE vf vf_exp(vf x) {
    const float log2e = 1.44269504f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
    vi under = (vi)(x < -87.0f);
    x = vf_max(vf_min(x, vf_all(88.0f)), vf_all(-87.0f));
    vf shifted = vf_fma(x, vf_all(log2e), vf_all(magic)), n = shifted - magic;
    vf r = vf_fma(n, vf_all(-ln2_low), vf_fma(n, vf_all(-ln2_high), x));
    vf p = vf_all(1.9875691500e-4f);
    p = vf_fma(p, r, vf_all(1.3981999507e-3f));
    p = vf_fma(p, r, vf_all(8.3334519073e-3f));
    p = vf_fma(p, r, vf_all(4.1665795894e-2f));
    p = vf_fma(p, r, vf_all(1.6666665459e-1f));
    p = vf_fma(p, r, vf_all(5.0000001201e-1f));
    p = vf_fma(p, r * r, r + 1.0f);
    vu scale = ((vu) __builtin_convertvector(n, vi) + 127u) << 23;
    return vf_of(vu_of(p * vf_of(scale)) & ~(vu)under);
}

/* 1 / (1 + e^-x) */
INLINE vf vf_sigmoid(vf x) {
    return 1.0f / (1.0f + vf_exp(-x));
}

/* Near 0 by a polynomial, since 1 - 2/(e^2x + 1) would cancel. */
INLINE vf vf_tanh(vf x) {
    vf a = vf_abs(x), s = x * x, p = vf_all(-5.70498872745e-3f);
    p = vf_fma(p, s, vf_all(2.06390887954e-2f));
    p = vf_fma(p, s, vf_all(-5.37397155531e-2f));
    p = vf_fma(p, s, vf_all(1.33314422036e-1f));
    p = vf_fma(p, s, vf_all(-3.33332819422e-1f));
    vf near = vf_fma(p * s, x, x);
    vf far = 1.0f - 2.0f / (vf_exp(a + a) + 1.0f);
    far = vf_of(vu_of(far) | (vu_of(x) & 0x80000000u));
    return vf_select((vi)(a < 0.625f), near, far);
}

/* x/2 * (1 + tanh(u)) = x * sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3): does not cancel. */
INLINE vf vf_gelu(vf x) {
    vf u = 0.797884560802865f * vf_fma(0.044715f * x * x, x, x);
    return x * vf_sigmoid(u + u);
}
INLINE vf vf_silu(vf x) {
    return x * vf_sigmoid(x);
}

#endif
