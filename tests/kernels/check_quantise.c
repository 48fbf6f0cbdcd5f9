/* check_quantise.c: each unit rounds activations to the same bits as the definition.
 * SPDX-License-Identifier: Apache-2.0 */
#include "check_case.h"

#include "base/rng.h"
#include "kernels/cpu/units.h"
#include "kernels/quantise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DECLARE(unit, unused)                                                                      \
    void wi_quantise__cpu_##unit(const float *x, size_t k, int8_t *q, float *d);
WI_CPU_DOT_UNITS(DECLARE, )

static const struct {
    const char *name;
    uint64_t needs;
    void (*quantise)(const float *x, size_t k, int8_t *q, float *d);
} units[] = {
#define UNIT(name, unused) {"quantise__cpu_" #name, WI_CPU_NEEDS_##name, wi_quantise__cpu_##name},
    WI_CPU_DOT_UNITS(UNIT, )};

enum { BLOCK = WI_QUANTISE_BLOCK, BLOCKS = 512, N = BLOCK * BLOCKS };

/* Magnitudes over all of f32, and one block in 4 of what needs care: zeros, ties (halves of a
 * largest 127), powers of two around the least scale, denormals, infinity, NaN, equal elements. */
static void fill(float *x, struct wi_rng *rng) {
    for (unsigned b = 0; b < BLOCKS; b++) {
        float scale = ldexpf(1, (int)wi_rng_below(rng, 250) - 125);
        for (unsigned i = 0; i < BLOCK; i++) {
            float u = (float)(2 * wi_rng_unit(rng) - 1);
            const float special[8] = {0,
                                      i == 0 ? 127 : (float)(int)(u * 127) + 0.5f,
                                      ldexpf(u < 0 ? -1 : 1, -100 - (int)(i % 3)),
                                      u * 1e-40f,
                                      i == 7 ? INFINITY : u,
                                      i == 31  ? NAN
                                      : i == 3 ? -INFINITY
                                               : u,
                                      i == 9 ? -NAN : u * 3e38f,
                                      u < 0 ? -3.4e38f : 3.4e38f};
            *x++ = b % 4 == 0 ? special[b / 4 % 8] : u * scale;
        }
    }
}

static bool same_scale(float a, float b) {
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

bool quantise_is_exact(size_t unit, uint64_t features, const char **name, char *problem,
                       size_t size) {
    static float x[N], want_d[BLOCKS], d[BLOCKS];
    static int8_t want[N], q[N];
    struct wi_rng rng;
    *name = units[unit].name;
    snprintf(problem, size, "%u blocks as the definition has them", BLOCKS);
    if ((units[unit].needs & ~features) != 0) {
        snprintf(problem, size, "not run: this CPU lacks features");
        return true;
    }
    wi_rng_seed(&rng, 11);
    fill(x, &rng);
    wi_quantise(x, N, want, want_d);
    memset(q, 0x55, sizeof q);
    units[unit].quantise(x, N, q, d);
    for (unsigned i = 0; i < N; i++) {
        if (q[i] == want[i] && same_scale(d[i / BLOCK], want_d[i / BLOCK]))
            continue;
        snprintf(problem, size, "%g (block %u, element %u): %d of %.9g, should be %d of %.9g",
                 (double)x[i], i / BLOCK, i % BLOCK, q[i], (double)d[i / BLOCK], want[i],
                 (double)want_d[i / BLOCK]);
        return false;
    }
    return true;
}

size_t quantise_units(void) {
    return WI_COUNT(units);
}
