/* stats.h: the statistics of every report, as pure functions.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Inputs are never modified. Sources stand at each function's body. */
#ifndef WI_STATS_H
#define WI_STATS_H

#include <stddef.h>
#include <stdint.h>

struct wi_interval {
    double lo, mid, hi; /* lo <= mid <= hi */
};

double wi_stat_median(const double *x, size_t n); /* n > 0 */
double wi_stat_mad(const double *x, size_t n);    /* median absolute deviation, unscaled */
/* Quantile q in [0,1] by nearest rank from below: the ceil(q n)-th smallest; q = 0: the minimum. */
double wi_stat_quantile(const double *x, size_t n, double q);
/* 95 % percentile-bootstrap interval of the median, `draws` resamples, seeded: same input, same
 * output. n = 1: lo = mid = hi. */
struct wi_interval wi_stat_bootstrap_median(const double *x, size_t n, unsigned draws,
                                            uint64_t seed);
/* Wilson score interval of k successes in n at 95 %. n = 0: [0, 1] around NAN. */
struct wi_interval wi_stat_wilson(size_t k, size_t n);

#endif
