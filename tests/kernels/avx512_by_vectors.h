/* avx512_by_vectors.h: the AVX-512 and VNNI intrinsics of kernels/cpu, out of AVX2's or a loop.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Included in front of the units avx512, avx512vnni and avxvnni, which so run on a CPU that has
 * AVX2 only. That tests what the sources do with 16 lanes and with those units' register blocks; it
 * tests none of the instructions, nor what the compiler makes of them: tests/emulated does. */
#ifndef WI_TESTS_AVX512_BY_VECTORS_H
#define WI_TESTS_AVX512_BY_VECTORS_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define BY_VECTORS static inline __attribute__((always_inline, unused))

/* Integer vectors stand for those of floats too. */
BY_VECTORS __m256i by_half(const void *v, int half) {
    __m256i out;
    memcpy(&out, (const char *)v + (size_t)half * sizeof out, sizeof out);
    return out;
}
BY_VECTORS __m512i by_halves(__m256i low, __m256i high) {
    __m512i out;
    memcpy(&out, &low, sizeof low);
    memcpy((char *)&out + sizeof low, &high, sizeof high);
    return out;
}
/* f(a), f(a, b) on each half */
#define BY_EACH_1(f, a) by_halves(f(by_half(&(a), 0)), f(by_half(&(a), 1)))
#define BY_EACH_2(f, a, b)                                                                         \
    by_halves(f(by_half(&(a), 0), by_half(&(b), 0)), f(by_half(&(a), 1), by_half(&(b), 1)))

/* ---- floats ---- */
BY_VECTORS __m512 by_fmadd_ps(__m512 a, __m512 b, __m512 c) {
    __m256 half[2];
    for (int i = 0; i < 2; i++)
        half[i] =
            _mm256_fmadd_ps((__m256)by_half(&a, i), (__m256)by_half(&b, i), (__m256)by_half(&c, i));
    return (__m512)by_halves((__m256i)half[0], (__m256i)half[1]);
}
BY_VECTORS __m512 by_cvtph_ps(__m256i v) {
    return (__m512)by_halves((__m256i)_mm256_cvtph_ps(_mm256_castsi256_si128(v)),
                             (__m256i)_mm256_cvtph_ps(_mm256_extracti128_si256(v, 1)));
}
#undef _mm512_cvtps_ph
#define _mm512_cvtps_ph(v, rounding) by_cvtps_ph(v) /* all callers round to nearest */
BY_VECTORS __m256i by_cvtps_ph(__m512 v) {
    return _mm256_set_m128i(_mm256_cvtps_ph((__m256)by_half(&v, 1), _MM_FROUND_TO_NEAREST_INT),
                            _mm256_cvtps_ph((__m256)by_half(&v, 0), _MM_FROUND_TO_NEAREST_INT));
}
BY_VECTORS __m512i by_cvtps_epi32(__m512 v) {
    return by_halves(_mm256_cvtps_epi32((__m256)by_half(&v, 0)),
                     _mm256_cvtps_epi32((__m256)by_half(&v, 1)));
}
#define _mm512_fmadd_ps    by_fmadd_ps
#define _mm512_cvtph_ps    by_cvtph_ps
#define _mm512_cvtps_epi32 by_cvtps_epi32

/* ---- widening and narrowing ---- */
BY_VECTORS __m512i by_cvtepi8_epi32(__m128i v) {
    return by_halves(_mm256_cvtepi8_epi32(v), _mm256_cvtepi8_epi32(_mm_srli_si128(v, 8)));
}
BY_VECTORS __m512i by_cvtepu8_epi32(__m128i v) {
    return by_halves(_mm256_cvtepu8_epi32(v), _mm256_cvtepu8_epi32(_mm_srli_si128(v, 8)));
}
BY_VECTORS __m512i by_cvtepu16_epi32(__m256i v) {
    return by_halves(_mm256_cvtepu16_epi32(_mm256_castsi256_si128(v)),
                     _mm256_cvtepu16_epi32(_mm256_extracti128_si256(v, 1)));
}
BY_VECTORS __m128i by_cvtepi32_epi8(__m512i v) {
    uint32_t wide[16];
    uint8_t narrow[16];
    __m128i out;
    memcpy(wide, &v, sizeof v);
    for (int i = 0; i < 16; i++)
        narrow[i] = (uint8_t)wide[i];
    memcpy(&out, narrow, sizeof out);
    return out;
}
#define _mm512_cvtepi8_epi32  by_cvtepi8_epi32
#define _mm512_cvtepu8_epi32  by_cvtepu8_epi32
#define _mm512_cvtepu16_epi32 by_cvtepu16_epi32
#define _mm512_cvtepi32_epi8  by_cvtepi32_epi8

/* ---- integers ---- */
BY_VECTORS __m512i by_max_epi32(__m512i a, __m512i b) {
    return BY_EACH_2(_mm256_max_epi32, a, b);
}
BY_VECTORS __m512i by_abs_epi8(__m512i a) {
    return BY_EACH_1(_mm256_abs_epi8, a);
}
BY_VECTORS __m512i by_maddubs_epi16(__m512i a, __m512i b) {
    return BY_EACH_2(_mm256_maddubs_epi16, a, b);
}
BY_VECTORS __m512i by_madd_epi16(__m512i a, __m512i b) {
    return BY_EACH_2(_mm256_madd_epi16, a, b);
}
BY_VECTORS __m512i by_set1_epi16(int16_t x) {
    return by_halves(_mm256_set1_epi16(x), _mm256_set1_epi16(x));
}
BY_VECTORS __m512i by_setzero_si512(void) {
    return by_halves(_mm256_setzero_si256(), _mm256_setzero_si256());
}
BY_VECTORS uint64_t by_movepi8_mask(__m512i v) {
    return (uint32_t)_mm256_movemask_epi8(by_half(&v, 0)) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(by_half(&v, 1)) << 32;
}
BY_VECTORS __m512i by_mask_sub_epi8(__m512i otherwise, uint64_t mask, __m512i a, __m512i b) {
    uint8_t lanes[3][64];
    memcpy(lanes[0], &otherwise, 64);
    memcpy(lanes[1], &a, 64);
    memcpy(lanes[2], &b, 64);
    for (int i = 0; i < 64; i++)
        if ((mask >> i & 1) != 0)
            lanes[0][i] = (uint8_t)(lanes[1][i] - lanes[2][i]);
    memcpy(&otherwise, lanes[0], 64);
    return otherwise;
}
#define _mm512_max_epi32     by_max_epi32
#define _mm512_abs_epi8      by_abs_epi8
#define _mm512_maddubs_epi16 by_maddubs_epi16
#define _mm512_madd_epi16    by_madd_epi16
#define _mm512_set1_epi16    by_set1_epi16
#define _mm512_setzero_si512 by_setzero_si512
#define _mm512_movepi8_mask  by_movepi8_mask
#define _mm512_mask_sub_epi8 by_mask_sub_epi8

/* ---- VNNI: sum[i] + four products of an unsigned and a signed byte each, modulo 2^32 ---- */
BY_VECTORS void by_dpbusd(uint32_t *sum, const void *u, const void *s, int lanes) {
    for (int i = 0; i < 4 * lanes; i++) {
        int product = ((const uint8_t *)u)[i] * ((const int8_t *)s)[i];
        sum[i / 4] += (uint32_t)product;
    }
}
BY_VECTORS __m512i by_dpbusd_512(__m512i sum, __m512i u, __m512i s) {
    uint32_t out[16];
    memcpy(out, &sum, sizeof sum);
    by_dpbusd(out, &u, &s, 16);
    memcpy(&sum, out, sizeof sum);
    return sum;
}
BY_VECTORS __m256i by_dpbusd_256(__m256i sum, __m256i u, __m256i s) {
    uint32_t out[8];
    memcpy(out, &sum, sizeof sum);
    by_dpbusd(out, &u, &s, 8);
    memcpy(&sum, out, sizeof sum);
    return sum;
}
#undef _mm512_dpbusd_epi32 /* macros in GCC when their feature is off */
#undef _mm256_dpbusd_epi32
#undef _mm256_dpbusd_avx_epi32
#define _mm512_dpbusd_epi32     by_dpbusd_512
#define _mm256_dpbusd_epi32     by_dpbusd_256
#define _mm256_dpbusd_avx_epi32 by_dpbusd_256

#endif
