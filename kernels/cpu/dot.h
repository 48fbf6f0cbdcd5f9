/* dot.h: sums of products of bytes, the same names in every unit.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Integer kernels multiply weights by activations that were rounded to int8 (kernels/quantise.h):
 *
 *   sum_k w_k x_k  ~  sum over blocks of dw dx (sum_i qw_i qx_i)
 *
 * A lane of a `vi` holds four bytes of an operand, or their sum of products. Weights come as bytes
 * `u = qw + bias`, in the form that the unit multiplies best, and sums start at -bias * sum qx, so
 * that they are exact integers:
 *
 *                        q4_0 (qw in [-8, 7])        q8_0 (qw in [-128, 127])
 *   VNNI                 u8, bias 8                  u8, bias 128
 *   AVX2, AVX-512BW      u8, bias 8                  i8, bias 0; |u| * (x, or -x where u < 0)
 *   dotprod, NEON, C     i8, bias 8                  i8, bias 0
 *
 * No sum overflows: |qx| <= 127, so that two products are within 2 * 128 * 127 = 32,512 and the
 * sixteen of a lane's block of q4_0 within 16 * 15 * 127 = 30,480, both below 2^15; a lane's
 * block of u8 q8_0 is within 32 * 255 * 127 = 1,036,320, which f32 holds exactly too. */
#ifndef WI_CPU_DOT_H
#define WI_CPU_DOT_H

#include "kernels/cpu/vec.h"
#include "models/format.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(WI_UNIT_avxvnni) || defined(WI_UNIT_avx512vnni)
#define DOT_VNNI 1
#else
#define DOT_VNNI 0
#endif

INLINE int dot_bias(enum wi_format_id format) {
    return format == WI_FORMAT_q4_0 ? 8 : DOT_VNNI ? 128 : 0;
}

typedef int16_t vs16 __attribute__((vector_size(LANES * 4)));
typedef uint16_t vw16 __attribute__((vector_size(LANES * 4)));

/* ---- integers in vectors ---- */

INLINE vi vi_all(int32_t x) {
    return x + (vi){0};
}
INLINE vi vi_load(const void *p) {
    vi v;
    memcpy(&v, p, sizeof v);
    return v;
}
INLINE void vi_store(void *p, vi v) {
    memcpy(p, &v, sizeof v);
}
INLINE vi vi_max(vi a, vi b) {
#if defined(WI_VEC_avx512)
    return (vi)_mm512_max_epi32((__m512i)a, (__m512i)b);
#elif defined(WI_VEC_avx2)
    return (vi)_mm256_max_epi32((__m256i)a, (__m256i)b);
#else
    vi more = a > b;
    return (more & a) | (~more & b);
#endif
}
/* To nearest, ties to even; |v| < 2^22. Adding 1.5 * 2^23 leaves the integer in the low bits. */
INLINE vi vi_round(vf v) {
#if defined(WI_VEC_avx512)
    return (vi)_mm512_cvtps_epi32((__m512)v);
#elif defined(WI_VEC_avx2)
    return (vi)_mm256_cvtps_epi32((__m256)v);
#elif defined(WI_VEC_neon)
    return (vi)vcvtnq_s32_f32((float32x4_t)v);
#else
    return (vi)(v + 0x1.8p23f) - 0x4b400000;
#endif
}
/* Lanes within [-128, 127] as bytes. */
INLINE void vi_store_i8(int8_t *p, vi v) {
#if defined(WI_VEC_avx512)
    _mm_storeu_si128((__m128i *)(void *)p, _mm512_cvtepi32_epi8((__m512i)v));
#elif defined(WI_VEC_avx2)
    __m128i low = _mm256_castsi256_si128((__m256i)v),
            high = _mm256_extracti128_si256((__m256i)v, 1);
    __m128i words = _mm_packs_epi32(low, high);
    _mm_storel_epi64((__m128i *)(void *)p, _mm_packs_epi16(words, words));
#else
    vi8 q = __builtin_convertvector(v, vi8);
    memcpy(p, &q, sizeof q);
#endif
}

/* ---- products ----
 * dot_end(dot_more(.. dot_more(dot_begin(c), u, x) .., u, x), c) = c + sum of the lanes' u * x, of
 * at most eight dot_more. x86 without VNNI adds pairs to 16 bits first; those of q4_0 stay so until
 * dot_end, which spares two of four instructions. */
#if (defined(WI_VEC_avx2) || defined(WI_VEC_avx512)) && !DOT_VNNI
#define DOT_PAIRS 1
#else
#define DOT_PAIRS 0
#endif

#if DOT_PAIRS
/* 16-bit lanes: u0 x0 + u1 x1. `format` says whether u has signs. */
INLINE vi dot_pairs(enum wi_format_id format, vi u, vi x) {
#if defined(WI_VEC_avx512)
    if (format != WI_FORMAT_q8_0)
        return (vi)_mm512_maddubs_epi16((__m512i)u, (__m512i)x);
    /* There is no vpsignb of 512 bits: 0 - x where u is negative. */
    __mmask64 negative = _mm512_movepi8_mask((__m512i)u);
    __m512i turned = _mm512_mask_sub_epi8((__m512i)x, negative, _mm512_setzero_si512(), (__m512i)x);
    return (vi)_mm512_maddubs_epi16(_mm512_abs_epi8((__m512i)u), turned);
#else
    if (format != WI_FORMAT_q8_0)
        return (vi)_mm256_maddubs_epi16((__m256i)u, (__m256i)x);
    __m256i turned = _mm256_sign_epi8((__m256i)x, (__m256i)u);
    return (vi)_mm256_maddubs_epi16(_mm256_abs_epi8((__m256i)u), turned);
#endif
}
INLINE vi pairs_add(vi a, vi b) {
    return (vi)((vs16)a + (vs16)b);
}
INLINE vi pairs_sum(vi pairs) { /* as 32-bit lanes */
#if defined(WI_VEC_avx512)
    return (vi)_mm512_madd_epi16((__m512i)pairs, _mm512_set1_epi16(1));
#else
    return (vi)_mm256_madd_epi16((__m256i)pairs, _mm256_set1_epi16(1));
#endif
}
#endif

INLINE vi dot_begin(enum wi_format_id format, vi c) {
    return DOT_PAIRS && format == WI_FORMAT_q4_0 ? (vi){0} : c;
}

INLINE vi dot_more(enum wi_format_id format, vi acc, vi u, vi x) {
    (void)format;
#if DOT_VNNI && defined(WI_VEC_avx512)
    return (vi)_mm512_dpbusd_epi32((__m512i)acc, (__m512i)u, (__m512i)x);
#elif defined(WI_UNIT_avx512vnni)
    return (vi)_mm256_dpbusd_epi32((__m256i)acc, (__m256i)u, (__m256i)x);
#elif defined(WI_UNIT_avxvnni)
    return (vi)_mm256_dpbusd_avx_epi32((__m256i)acc, (__m256i)u, (__m256i)x);
#elif DOT_PAIRS
    vi pairs = dot_pairs(format, u, x);
    return format == WI_FORMAT_q4_0 ? pairs_add(acc, pairs) : acc + pairs_sum(pairs);
#elif defined(WI_UNIT_dotprod)
    return (vi)vdotq_s32((int32x4_t)acc, (int8x16_t)u, (int8x16_t)x);
#elif defined(WI_VEC_neon)
    int8x16_t a = (int8x16_t)u, b = (int8x16_t)x;
    int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(a), vget_low_s8(b)));
    int32x4_t high = vpaddlq_s16(vmull_high_s8(a, b));
    return acc + (vi)vpaddq_s32(low, high);
#else /* even and odd bytes as 16-bit lanes; x86-64 always has a sum of two products of those */
    vs16 u_even = (vs16)((vw16)u << 8) >> 8, u_odd = (vs16)u >> 8;
    vs16 x_even = (vs16)((vw16)x << 8) >> 8, x_odd = (vs16)x >> 8;
#if defined(__SSE2__)
    return acc + (vi)_mm_madd_epi16((__m128i)u_even, (__m128i)x_even) +
           (vi)_mm_madd_epi16((__m128i)u_odd, (__m128i)x_odd);
#else
    vs16 pairs = u_even * x_even + u_odd * x_odd;
    return acc + ((vi)((vu)pairs << 16) >> 16) + ((vi)pairs >> 16);
#endif
#endif
}

INLINE vi dot_end(enum wi_format_id format, vi acc, vi c) {
#if DOT_PAIRS
    if (format == WI_FORMAT_q4_0)
        return pairs_sum(acc) + c;
#endif
    (void)format;
    (void)c;
    return acc;
}

/* ---- weights as u ---- */

/* Bytes of q8_0 in the form that dot_more takes. */
INLINE vi dot_form_q8_0(vi q) {
    return DOT_VNNI ? q ^ vi_all((int32_t)0x80808080u) : q;
}

#endif
