/* peak.c: the loops of a unit; peak.h.
 *
 *   f32    a = a/2 + 1, which settles at 2
 *   int8   sums of 3 * 5 in 32 bits, four to a lane or more
 *   bf16   sums of 1/2 * 1, two to a lane or more: whole numbers that f32 holds up to 2^24
 *
 * Independent chains hide the latency of one (4 or 5 cycles, 2 to 4 a cycle). What a chain starts
 * from, and one operand again before each use, go through an empty asm: the compiler may neither
 * know what the loop converges to, nor compute a product once that the loop asks for in every step.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/peak.h"

#include "kernels/cpu/vec.h"

#define STRING_(x) #x
#define STRING(x)  STRING_(x)
#define HOW(what)  STRING(WI_UNIT) " " what

extern const struct wi_peak OF_UNIT(wi_peaks)[];

/* 16 registers hold 12 chains and what they need; 32 hold the 16 of cores that start 4 a cycle.
 * SHORT: adding integers takes one cycle; what comes before it depends on nothing. */
#if defined(WI_VEC_avx512) || defined(WI_VEC_neon)
enum { CHAINS = 24, SHORT = 8 };
#else
enum { CHAINS = 12, SHORT = 4 };
#endif
enum { SMALL_A = 3, SMALL_B = 5, SMALL_PRODUCT = SMALL_A * SMALL_B };

/* The register that holds v may have changed, for all that the compiler knows. */
#if defined(__x86_64__)
#if defined(WI_VEC_avx512)
#define UNKNOWN(v) __asm__ volatile("" : "+v"(v))
#else
#define UNKNOWN(v) __asm__ volatile("" : "+x"(v))
#endif
#elif defined(__aarch64__)
#define UNKNOWN(v) __asm__ volatile("" : "+w"(v))
#else
#define UNKNOWN(v) __asm__ volatile("" : "+m"(v))
#endif

/* double NAME(size_t steps): vectors of TYPE, EXPRESSION being the next `acc` of a chain; at the
 * end SUM of a chain. */
#define LOOP(name, chains, type, zero, a_value, b_value, expression, sum)                          \
    static double name(size_t steps) {                                                             \
        type a = (a_value), b = (b_value), sums[chains];                                           \
        UNKNOWN(b);                                                                                \
        _Pragma("GCC unroll 32") for (int c = 0; c < (chains); c++) {                              \
            sums[c] = (zero);                                                                      \
            UNKNOWN(sums[c]);                                                                      \
        }                                                                                          \
        for (size_t s = 0; s < steps; s++) {                                                       \
            _Pragma("GCC unroll 32") for (int c = 0; c < (chains); c++) {                          \
                type acc = sums[c];                                                                \
                UNKNOWN(a);                                                                        \
                sums[c] = (expression);                                                            \
            }                                                                                      \
        }                                                                                          \
        double total = 0;                                                                          \
        for (int c = 0; c < (chains); c++) {                                                       \
            type acc = sums[c];                                                                    \
            total += (sum);                                                                        \
        }                                                                                          \
        return total;                                                                              \
    }
/* PRODUCTS to a lane of a sum of ACC_LANES. */
#define PEAK(what, arithmetic_, name, chains, acc_lanes, products_, each_, settles_)               \
    {                                                                                              \
        .how = HOW(what), .arithmetic = arithmetic_, .run = name,                                  \
        .products = (chains) * (acc_lanes) * (products_), .lanes = (chains) * (acc_lanes),         \
        .each = (each_), .settles = (settles_)                                                     \
    }

/* ---- f32 ---- */

INLINE double sum_f32(vf v) {
    double sum = 0;
    for (int i = 0; i < LANES; i++)
        sum += (double)v[i];
    return sum;
}
/* The units that only add products have the f32 of a whole one. */
#if defined(WI_UNIT_generic) || defined(WI_UNIT_avx2) || defined(WI_UNIT_avx512) ||                \
    defined(WI_UNIT_neon)
LOOP(f32_fma, CHAINS, vf, vf_all(0), vf_all(0.5f), vf_all(1), vf_fma(acc, a, b), sum_f32(acc))
#define PEAKS_f32 PEAK("fma", "f32", f32_fma, CHAINS, LANES, 1, 0, 2),
#else
#define PEAKS_f32
#endif

/* ---- int8 ---- */

INLINE double sum_i32(vi v) {
    double sum = 0;
    for (int i = 0; i < LANES; i++)
        sum += v[i];
    return sum;
}
#define BYTES(n) ((n)*0x01010101) /* n in each byte of a lane */
#define VI(x)    ((vi)(x))
#define LOOP_I8(name, chains, expression)                                                          \
    LOOP(name, chains, vi, (vi){0}, BYTES(SMALL_A) + (vi){0}, BYTES(SMALL_B) + (vi){0},            \
         expression, sum_i32(acc))
#define PEAK_I8(what, name, chains, products)                                                      \
    PEAK(what, "int8", name, chains, LANES, products, (products)*SMALL_PRODUCT, 0),

#define PEAKS_int8
#if defined(WI_UNIT_avx512vnni)
#undef PEAKS_int8
LOOP_I8(i8_dot, CHAINS, VI(_mm512_dpbusd_epi32((__m512i)acc, (__m512i)a, (__m512i)b)))
#define PEAKS_int8 PEAK_I8("vpdpbusd", i8_dot, CHAINS, 4)
#elif defined(WI_UNIT_avxvnni)
#undef PEAKS_int8
LOOP_I8(i8_dot, CHAINS, VI(_mm256_dpbusd_avx_epi32((__m256i)acc, (__m256i)a, (__m256i)b)))
#define PEAKS_int8 PEAK_I8("vpdpbusd", i8_dot, CHAINS, 4)
#elif defined(WI_UNIT_avx512) || defined(WI_UNIT_avx2)
#undef PEAKS_int8
#if defined(WI_UNIT_avx512)
#define V(x)         ((__m512i)(x))
#define MADDUBS(a)   _mm512_maddubs_epi16(V(a), V(b))
#define MADD_ONES(x) _mm512_madd_epi16(x, _mm512_set1_epi16(1))
#define ADD_16(x, y) _mm512_add_epi16(x, y)
#define ADD_32(x, y) VI(_mm512_add_epi32(V(x), y))
#else
#define V(x)         ((__m256i)(x))
#define MADDUBS(a)   _mm256_maddubs_epi16(V(a), V(b))
#define MADD_ONES(x) _mm256_madd_epi16(x, _mm256_set1_epi16(1))
#define ADD_16(x, y) _mm256_add_epi16(x, y)
#define ADD_32(x, y) VI(_mm256_add_epi32(V(x), y))
#endif
/* Any bytes: two products fit into 16 bits, no more. */
LOOP_I8(i8_maddubs, SHORT, ADD_32(acc, MADD_ONES(MADDUBS(a))))
/* 4-bit weights: so do eight, and sums of 32 bits are seldom. */
INLINE vi again(vi a) {
    UNKNOWN(a);
    return a;
}
LOOP_I8(i8_maddubs_small, SHORT,
        ADD_32(acc, MADD_ONES(ADD_16(ADD_16(MADDUBS(a), MADDUBS(again(a))),
                                     ADD_16(MADDUBS(again(a)), MADDUBS(again(a)))))))
#define PEAKS_int8                                                                                 \
    PEAK_I8("maddubs + madd", i8_maddubs, SHORT, 4)                                                \
    PEAK_I8("4 maddubs + madd", i8_maddubs_small, SHORT, 16)
#elif defined(WI_UNIT_i8mm)
#undef PEAKS_int8
LOOP_I8(i8_mmla, CHAINS, VI(vmmlaq_s32((int32x4_t)acc, (int8x16_t)a, (int8x16_t)b)))
#define PEAKS_int8 PEAK_I8("smmla", i8_mmla, CHAINS, 8)
#elif defined(WI_UNIT_dotprod)
#undef PEAKS_int8
LOOP_I8(i8_dot, CHAINS, VI(vdotq_s32((int32x4_t)acc, (int8x16_t)a, (int8x16_t)b)))
#define PEAKS_int8 PEAK_I8("sdot", i8_dot, CHAINS, 4)
#elif defined(WI_UNIT_neon)
#undef PEAKS_int8
/* Two products fit into 16 bits; smlal adds the second. */
INLINE vi mlal(vi acc, vi a, vi b) {
    int16x8_t both = vmull_s8(vget_low_s8((int8x16_t)a), vget_low_s8((int8x16_t)b));
    both = vmlal_s8(both, vget_high_s8((int8x16_t)a), vget_high_s8((int8x16_t)b));
    return VI(vpadalq_s16((int32x4_t)acc, both));
}
LOOP_I8(i8_mlal, SHORT, mlal(acc, a, b))
#define PEAKS_int8 PEAK_I8("smlal + sadalp", i8_mlal, SHORT, 4)
#endif

/* ---- bf16: 0x3f00 is 1/2, 0x3f80 is 1, two to a lane ---- */

#define HALVES 0x3f003f00u
#define ONES   0x3f803f80u
#define VF(x)  ((vf)(x))
#define LOOP_BF16(name, expression)                                                                \
    LOOP(name, CHAINS, vf, vf_all(0), VF(vu_all(HALVES)), VF(vu_all(ONES)), expression,            \
         sum_f32(acc))
#define PEAK_BF16(what, name, products)                                                            \
    PEAK(what, "bf16", name, CHAINS, LANES, products, (products) / 2.0, 0),

#if defined(WI_UNIT_avx512bf16)
LOOP_BF16(bf16_dot, VF(_mm512_dpbf16_ps((__m512)acc, (__m512bh)a, (__m512bh)b)))
#define PEAKS_bf16 PEAK_BF16("vdpbf16ps", bf16_dot, 2)
#elif defined(WI_UNIT_i8mm)
LOOP_BF16(bf16_dot, VF(vbfdotq_f32((float32x4_t)acc, (bfloat16x8_t)a, (bfloat16x8_t)b)))
LOOP_BF16(bf16_mmla, VF(vbfmmlaq_f32((float32x4_t)acc, (bfloat16x8_t)a, (bfloat16x8_t)b)))
#define PEAKS_bf16 PEAK_BF16("bfdot", bf16_dot, 2) PEAK_BF16("bfmmla", bf16_mmla, 4)
#else
#define PEAKS_bf16
#endif

const struct wi_peak OF_UNIT(wi_peaks)[] = {PEAKS_f32 PEAKS_int8 PEAKS_bf16{.how = NULL}};
