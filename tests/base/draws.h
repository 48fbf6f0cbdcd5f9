/* draws.h: seeded random numbers of the distributions that times are like.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_TEST_DRAWS_H
#define WI_TEST_DRAWS_H

#include "base/rng.h"

#include <math.h>
#include <stddef.h>

/* G. E. P. Box and M. E. Muller, "A note on the generation of random normal deviates", 1958. */
static inline double draw_normal(struct wi_rng *rng) {
    double radius = sqrt(-2 * log(1 - wi_rng_unit(rng)));
    return radius * cos(6.283185307179586 * wi_rng_unit(rng));
}

/* Student's t with 2 degrees of freedom: it has no variance. */
static inline double draw_student(struct wi_rng *rng) {
    double z = draw_normal(rng), a = draw_normal(rng), b = draw_normal(rng);
    return z / sqrt(0.5 * (a * a + b * b));
}

static inline double draw_uniform(struct wi_rng *rng) {
    return wi_rng_unit(rng);
}

static inline double draw_exponential(struct wi_rng *rng) {
    return -log(1 - wi_rng_unit(rng));
}

static inline double draw_log_normal(struct wi_rng *rng) { /* sigma 0.5, median 1 */
    return exp(0.5 * draw_normal(rng));
}

/* First-order autoregression around 0 with standard deviation 1. */
static inline void draw_remembering(struct wi_rng *rng, double memory, double *x, size_t n) {
    double at = draw_normal(rng);
    for (size_t i = 0; i < n; i++) {
        x[i] = at;
        at = memory * at + sqrt(1 - memory * memory) * draw_normal(rng);
    }
}

#endif
