/* peak.h: what bounds the kernels of a unit: reading memory, multiplying and adding.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_CPU_PEAK_H
#define WI_CPU_PEAK_H

#include <stddef.h>
#include <stdint.h>

/* Sum of `lines` cache lines of 16 uint32 each, modulo 2^32: every byte is read. */
typedef uint32_t (*wi_peak_read)(const uint32_t *words, size_t lines);
/* `steps` times WI_PEAK_FMAS_* fused multiply-adds from registers: acc = acc/2 + 1, from 0 on. The
 * result is the sum of what all lanes hold, 2 each after 25 steps or more. */
typedef float (*wi_peak_fma)(size_t steps);

struct wi_peak {
    const char *unit;
    uint64_t needs; /* WI_ISA_BIT */
    wi_peak_read read;
    wi_peak_fma fma;
    unsigned lanes; /* multiply-adds of one step */
};

#endif
