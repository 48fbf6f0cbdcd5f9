/* vec.h: a vector of f32 as wide as the unit's registers; the same names in every unit.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Compiled once per unit with -DWI_UNIT=<unit> -DWI_UNIT_<unit>. Arithmetic is the compilers'
 * vector extension (+ - * / < on whole vectors); what it cannot say is here: fused multiply-add,
 * half floats, and loads that need no alignment. Everything is static, so that no unit's code is
 * taken for another's. */
#ifndef WI_CPU_VEC_H
#define WI_CPU_VEC_H

#include "kernels/cpu/units.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What a unit's registers are; units that add products of small numbers share them. */
#if defined(WI_UNIT_avx512) || defined(WI_UNIT_avx512vnni) || defined(WI_UNIT_avx512bf16)
#define WI_VEC_avx512 1
#elif defined(WI_UNIT_avx2) || defined(WI_UNIT_avxvnni)
#define WI_VEC_avx2 1
#elif defined(WI_UNIT_neon) || defined(WI_UNIT_dotprod) || defined(WI_UNIT_i8mm)
#define WI_VEC_neon 1
#endif

#if defined(WI_VEC_avx2) || defined(WI_VEC_avx512)
#include <immintrin.h>
#elif defined(WI_VEC_neon)
#include <arm_neon.h>
#endif

#if defined(WI_VEC_avx512)
#define LANES 16
#elif defined(WI_VEC_avx2)
#define LANES 8
#else
#define LANES 4
#endif

#define INLINE static inline __attribute__((always_inline, unused))

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef int32_t vi __attribute__((vector_size(LANES * 4)));
typedef uint32_t vu __attribute__((vector_size(LANES * 4)));
typedef uint16_t vu16 __attribute__((vector_size(LANES * 2)));
typedef uint8_t vu8 __attribute__((vector_size(LANES)));
typedef int8_t vi8 __attribute__((vector_size(LANES)));

/* "kernel of this unit": PASTE(wi_gemv_f32__cpu_, avx2). */
#define PASTE_(a, b)  a##b
#define PASTE(a, b)   PASTE_(a, b)
#define OF_UNIT(name) PASTE(name##__cpu_, WI_UNIT)
#define MR            ((int)PASTE(WI_CPU_MR_, WI_UNIT))
#define NR            ((int)PASTE(WI_CPU_NR_, WI_UNIT))

INLINE vf vf_load(const float *p) {
    vf v;
    memcpy(&v, p, sizeof v);
    return v;
}
INLINE void vf_store(float *p, vf v) {
    memcpy(p, &v, sizeof v);
}
INLINE vf vf_all(float x) {
    return x - (vf){0};
}
INLINE vu vu_all(uint32_t x) {
    return x + (vu){0};
}
INLINE vu vu_of(vf v) {
    return (vu)v;
}
INLINE vf vf_of(vu v) {
    return (vf)v;
}

/* a * b + c, rounded once where the unit can. */
INLINE vf vf_fma(vf a, vf b, vf c) {
#if defined(WI_VEC_avx512)
    return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(WI_VEC_avx2)
    return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(WI_VEC_neon)
    return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    return a * b + c;
#endif
}

/* mask lanes are all ones or zero, as comparisons give them */
INLINE vf vf_select(vi mask, vf yes, vf no) {
    return (vf)((mask & (vi)yes) | (~mask & (vi)no));
}
INLINE vf vf_max(vf a, vf b) {
    return vf_select((vi)(a > b), a, b);
}
INLINE vf vf_min(vf a, vf b) {
    return vf_select((vi)(a < b), a, b);
}
INLINE vf vf_abs(vf a) {
    return vf_of(vu_of(a) & 0x7fffffffu);
}

/* Sum of the lanes, pairwise: the upper half is added to the lower one until one lane is left. */
INLINE float vf_sum(vf v) {
#if LANES == 16
    v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
#elif LANES == 8
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5);
#else
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1);
#endif
    return v[0] + v[1];
}
INLINE float vf_largest(vf v) {
    float lane[LANES];
    vf_store(lane, v);
    for (int i = 1; i < LANES; i++)
        lane[0] = lane[i] > lane[0] ? lane[i] : lane[0];
    return lane[0];
}

/* ---- widening loads: LANES small integers as 32-bit lanes ----
 * By hand, since GCC 12 makes __builtin_convertvector of bytes out of scalar inserts: gemv q8_0 ran
 * at an eighth of the speed (2-core Zen 3, AVX2, 2026-11-25). */
INLINE vi vi_load_i8(const void *p) {
#if defined(WI_VEC_avx512)
    return (vi)_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p));
#elif defined(WI_VEC_avx2)
    return (vi)_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p));
#else
    vi8 q;
    memcpy(&q, p, sizeof q);
    return __builtin_convertvector(q, vi);
#endif
}
INLINE vu vu_load_u8(const void *p) {
#if defined(WI_VEC_avx512)
    return (vu)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p));
#elif defined(WI_VEC_avx2)
    return (vu)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
#else
    vu8 q;
    memcpy(&q, p, sizeof q);
    return __builtin_convertvector(q, vu);
#endif
}
INLINE vu vu_load_u16(const void *p) {
#if defined(WI_VEC_avx512)
    return (vu)_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p));
#elif defined(WI_VEC_avx2)
    return (vu)_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p));
#else
    vu16 h;
    memcpy(&h, p, sizeof h);
    return __builtin_convertvector(h, vu);
#endif
}

/* ---- half floats ---- */

/* f16 -> f32 by integers. A normal number gains 112 of exponent; infinity and NaN gain it twice. A
 * subnormal one is m * 2^-24 = 2^-14 (1 + m/1024) - 2^-14, all normal in f32: multiplying by 2^112
 * instead would lose it where denormals are flushed to zero. */
INLINE vf vf_from_f16_bits(vu h) {
    vu sign = (h & 0x8000u) << 16, rest = (h & 0x7fffu) << 13;
    vu normal = rest + (112u << 23);
    vu special = (vu)((h & 0x7c00u) == 0x7c00u) & (112u << 23);
    vf tiny = vf_of(rest + (113u << 23)) - vf_of(vu_all(113u << 23));
    vf v = vf_select((vi)((h & 0x7c00u) == 0u), tiny, vf_of(normal + special));
    return vf_of(vu_of(v) | sign);
}

/* f32 -> f16, to nearest, ties to even, by integers: the exponent is rebased and 13 bits rounded
 * off; below 2^-14 adding 1/2 makes the adder round at 2^-24, the step of subnormal halves. */
INLINE vu vf_to_f16_bits(vf x) {
    vu bits = vu_of(x), sign = (bits >> 16) & 0x8000u, rest = bits & 0x7fffffffu;
    vu normal = (rest - (112u << 23) + 0xfffu + ((rest >> 13) & 1u)) >> 13;
    vu tiny = vu_of(vf_of(rest) + 0.5f) - (126u << 23);
    vu large = (vu)((vi)rest > (vi)vu_all(0x7f800000u)); /* NaN */
    vu special = 0x7c00u | (large & 0x200u);
    vu half = (vu)vf_select((vi)(rest < (113u << 23)), (vf)tiny, (vf)normal);
    half = (vu)vf_select((vi)(rest >= 0x47800000u), (vf)special, (vf)half); /* from 2^16 on */
    return half | sign;
}

INLINE vf vf_load_f16(const void *p) {
#if defined(WI_VEC_avx512)
    return (vf)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
#elif defined(WI_VEC_avx2)
    return (vf)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
#elif defined(WI_VEC_neon)
    uint16x4_t h;
    memcpy(&h, p, sizeof h);
    return (vf)vcvt_f32_f16(vreinterpret_f16_u16(h));
#else
    return vf_from_f16_bits(vu_load_u16(p));
#endif
}
INLINE void vf_store_f16(void *p, vf v) {
#if defined(WI_VEC_avx512)
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph((__m512)v, _MM_FROUND_TO_NEAREST_INT));
#elif defined(WI_VEC_avx2)
    _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph((__m256)v, _MM_FROUND_TO_NEAREST_INT));
#else
    vu16 h = __builtin_convertvector(vf_to_f16_bits(v), vu16);
    memcpy(p, &h, sizeof h);
#endif
}
/* The scale in front of a block, in every lane. */
INLINE vf vf_all_f16(const void *p) {
    uint16_t h;
    memcpy(&h, p, sizeof h);
#if defined(WI_VEC_avx2) || defined(WI_VEC_avx512)
    return vf_all(_cvtsh_ss(h));
#elif defined(WI_VEC_neon)
    return (vf)vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(h)));
#else
    return vf_from_f16_bits(vu_all(h));
#endif
}

INLINE vf vf_load_bf16(const void *p) {
    return vf_of(vu_load_u16(p) << 16);
}
/* To nearest, ties to even; a NaN keeps a bit of its payload. */
INLINE void vf_store_bf16(void *p, vf v) {
    vu bits = vu_of(v), rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    vu nan = (vu)((vi)(bits & 0x7fffffffu) > (vi)vu_all(0x7f800000u));
    vu kept = (rounded & ~nan) | (((bits >> 16) | 0x40u) & nan);
    vu16 h = __builtin_convertvector(kept, vu16);
    memcpy(p, &h, sizeof h);
}

#endif
