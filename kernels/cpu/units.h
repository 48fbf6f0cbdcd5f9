/* units.h: the ways in which the portable CPU sources are compiled, one line each.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A unit is sources of cpu/ compiled with its own flags (CMakeLists.txt) into functions that carry
 * its name; they are entered only on a CPU that has every feature of WI_CPU_NEEDS_*. Whole units
 * hold every kernel; the others add instructions for products of small numbers to a whole one and
 * hold only what gains by it. */
#ifndef WI_CPU_UNITS_H
#define WI_CPU_UNITS_H

/* Features to have; register block of the gemm microkernel: MR rows by NR outputs. Vectors lie
 * along the rows (gemm.c says why), so MR is two vectors, and 2 NR accumulators leave room for two
 * vectors of x and one of w in 16 (32: avx512, arm64) registers. */
#define WI_CPU_NEEDS_generic 0
#define WI_CPU_MR_generic    8
#define WI_CPU_NR_generic    4

#define WI_CPU_NEEDS_avx2                                                                          \
    (WI_ISA_BIT(WI_ISA_avx2) | WI_ISA_BIT(WI_ISA_fma) | WI_ISA_BIT(WI_ISA_f16c))
#define WI_CPU_MR_avx2 16
#define WI_CPU_NR_avx2 6

#define WI_CPU_NEEDS_avx512                                                                        \
    (WI_CPU_NEEDS_avx2 | WI_ISA_BIT(WI_ISA_avx512f) | WI_ISA_BIT(WI_ISA_avx512bw) |                \
     WI_ISA_BIT(WI_ISA_avx512vl))
#define WI_CPU_MR_avx512 32
#define WI_CPU_NR_avx512 12

#define WI_CPU_NEEDS_neon WI_ISA_BIT(WI_ISA_neon)
#define WI_CPU_MR_neon    8
#define WI_CPU_NR_neon    8

/* Sums of four products of bytes, of two products of bf16, in one instruction. avxvnni: client
 * chips of 2021 and later, which have no AVX-512. */
#define WI_CPU_NEEDS_avxvnni    (WI_CPU_NEEDS_avx2 | WI_ISA_BIT(WI_ISA_avxvnni))
#define WI_CPU_NEEDS_avx512vnni (WI_CPU_NEEDS_avx512 | WI_ISA_BIT(WI_ISA_avx512vnni))
#define WI_CPU_NEEDS_avx512bf16 (WI_CPU_NEEDS_avx512 | WI_ISA_BIT(WI_ISA_avx512bf16))
#define WI_CPU_NEEDS_dotprod    (WI_CPU_NEEDS_neon | WI_ISA_BIT(WI_ISA_dotprod))
/* 2x8 by 8x2 bytes, 2x4 by 4x2 bf16: twice the products of an instruction. Only its peaks are here
 * so far, so that it stands with those that multiply bf16. */
#define WI_CPU_NEEDS_i8mm                                                                          \
    (WI_CPU_NEEDS_dotprod | WI_ISA_BIT(WI_ISA_i8mm) | WI_ISA_BIT(WI_ISA_bf16))

/* X(unit, ...) for each unit of this architecture, the better ones later: whole ones; those that
 * multiply int8; those that multiply bf16. */
#if defined(__x86_64__)
#define WI_CPU_UNITS(X, ...) X(generic, __VA_ARGS__) X(avx2, __VA_ARGS__) X(avx512, __VA_ARGS__)
#define WI_CPU_DOT_UNITS(X, ...)                                                                   \
    X(generic, __VA_ARGS__)                                                                        \
    X(avx2, __VA_ARGS__)                                                                           \
    X(avxvnni, __VA_ARGS__) X(avx512, __VA_ARGS__) X(avx512vnni, __VA_ARGS__)
#define WI_CPU_BF16_UNITS(X, ...) X(avx512bf16, __VA_ARGS__)
#elif defined(__aarch64__)
#define WI_CPU_UNITS(X, ...) X(generic, __VA_ARGS__) X(neon, __VA_ARGS__)
#define WI_CPU_DOT_UNITS(X, ...)                                                                   \
    X(generic, __VA_ARGS__) X(neon, __VA_ARGS__) X(dotprod, __VA_ARGS__)
#define WI_CPU_BF16_UNITS(X, ...) X(i8mm, __VA_ARGS__)
#else
#define WI_CPU_UNITS(X, ...)     X(generic, __VA_ARGS__)
#define WI_CPU_DOT_UNITS(X, ...) X(generic, __VA_ARGS__)
#define WI_CPU_BF16_UNITS(X, ...)
#endif

#endif
