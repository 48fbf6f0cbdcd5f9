/* peak.c: reading and multiplying at most, with this unit's vectors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/peak.h"

#include "kernels/cpu/vec.h"

uint32_t OF_UNIT(wi_peak_read)(const uint32_t *words, size_t lines);
float OF_UNIT(wi_peak_fma)(size_t steps);
extern const unsigned OF_UNIT(wi_peak_lanes);

enum { LINE = 16, PER_LINE = LINE / LANES };

/* sum_i words[i]; a line's vectors go to accumulators of their own, so that adds never wait. */
uint32_t OF_UNIT(wi_peak_read)(const uint32_t *words, size_t lines) {
    vu acc[4 * PER_LINE] = {{0}};
    size_t i = 0;
    for (; i + 4 <= lines; i += 4) {
#pragma GCC unroll 16
        for (int j = 0; j < 4 * PER_LINE; j++) {
            vu v;
            memcpy(&v, words + i * LINE + (size_t)j * LANES, sizeof v);
            acc[j] += v;
        }
    }
    uint32_t sum = 0;
    for (i *= LINE; i < lines * LINE; i++)
        sum += words[i];
    for (int j = 0; j < 4 * PER_LINE; j++)
        for (int l = 0; l < LANES; l++)
            sum += acc[j][l];
    return sum;
}

/* CHAINS independent sums hide the latency of one (4 or 5 cycles, 2 a cycle). What they start from
 * and the two constants come through an empty asm: the compiler may neither know what the loop
 * converges to nor take chains that begin alike for one. */
enum { CHAINS = 12 };
const unsigned OF_UNIT(wi_peak_lanes) = CHAINS * LANES;

float OF_UNIT(wi_peak_fma)(size_t steps) {
    float half_scalar = 0.5f, one_scalar = 1.0f, start[CHAINS] = {0};
    __asm__ volatile("" : "+m"(half_scalar), "+m"(one_scalar), "+m"(start));
    vf half = vf_all(half_scalar), one = vf_all(one_scalar), acc[CHAINS];
#pragma GCC unroll 16
    for (int c = 0; c < CHAINS; c++)
        acc[c] = vf_all(start[c]);
    for (size_t s = 0; s < steps; s++) {
#pragma GCC unroll 16
        for (int c = 0; c < CHAINS; c++)
            acc[c] = vf_fma(acc[c], half, one);
    }
    float sum = 0;
#pragma GCC unroll 16
    for (int c = 0; c < CHAINS; c++)
        sum += vf_sum(acc[c]);
    return sum;
}
