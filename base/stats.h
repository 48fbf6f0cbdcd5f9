/* stats.h: the statistics of every report, as pure functions.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Inputs are never modified, and hold no NAN: a caller that passes one has a bug (assert). Whatever
 * draws is seeded by the caller: same input and seed, same output on every machine. What needs
 * memory beyond a sorted copy takes it from `scratch`, as much as its comment says; it is free to
 * go when the function has returned. Sources stand at each function's body.
 *
 * All of it but the functions of struct wi_series supposes independent values. Timings that
 * follow each other are not: sum them up in blocks first (wi_stat_block_medians). */
#ifndef WI_STATS_H
#define WI_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wi_arena;

struct wi_interval {
    double lo, mid, hi; /* lo <= mid <= hi */
};

/* ---- one set of values (stats.c) ---- */

double wi_stat_median(const double *x, size_t n); /* n > 0 */
double wi_stat_mad(const double *x, size_t n);    /* median absolute deviation, unscaled */
/* Quantile q in [0,1] by nearest rank from below: the ceil(q n)-th smallest; q = 0: the minimum. */
double wi_stat_quantile(const double *x, size_t n, double q);
/* Wilson score interval of k successes in n at 95 %. n = 0: [0, 1] around NAN. */
struct wi_interval wi_stat_wilson(size_t k, size_t n);
/* Holm's step-down: out[i] is the p-value of test i given that n tests were made; in 0..1, at least
 * p[i]. May be p itself. Holds for tests that depend on each other. Scratch: 16 n bytes. */
void wi_stat_holm(const double *p, size_t n, double *out, struct wi_arena *scratch);

/* ---- 95 % intervals of a median (stats_interval.c) ---- */

/* From order statistics alone: nothing is supposed but that values are independent, nothing drawn.
 * Within 1 % of the level from n = 6 on; below that no interval between values reaches 95 %, and
 * the range from minimum to maximum is returned, at the level told by the second function. */
struct wi_interval wi_stat_median_interval(const double *x, size_t n); /* n > 0 */
double wi_stat_median_interval_level(size_t n); /* 0.95; n < 6: 1 - 2^(1-n) */

/* Percentile bootstrap of independent values, `draws` resamples. n = 1: lo = mid = hi. It
 * comes to 95 % from some 50 values on, covers 92 to 94 % of 20 to 30 and less of a handful: prefer
 * the one above. */
struct wi_interval wi_stat_bootstrap_median(const double *x, size_t n, unsigned draws,
                                            uint64_t seed);

/* A series in order of time, `block` consecutive values of which count as one observation: 1 for
 * independent values. At least 1; more than n counts as n. */
struct wi_series {
    const double *x;
    size_t n, block;
};

/* How many consecutive values last at least `least` together, on average: a block's length for
 * durations >= 0 of that unit. Within 1..n; n when all of them together are shorter. */
size_t wi_stat_block_length(const double *durations, size_t n, double least);
/* out[i]: median of the i-th run of `block` values; a shorter rest joins the last one. Returns how
 * many, max(1, n / block): `out` has room for them. n > 0 */
size_t wi_stat_block_medians(const struct wi_series *series, double *out);
/* Bootstrap of whole blocks, taken anywhere in the series as if it were a ring, and widened for
 * their small number. From 20 blocks on it covers 93 to 97 %, if a block holds at least four times
 * the values that tell as much as one, n / wi_stat_effective_count; with 5 to 20 blocks 92 to 98 %;
 * with shorter blocks too little. A drift makes it wider than need be, never narrower. One block:
 * lo = mid = hi, nothing can be said.
 * Scratch: 24 n + 8 draws bytes. n > 0, draws > 0 */
struct wi_interval wi_stat_block_median(const struct wi_series *series, unsigned draws,
                                        uint64_t seed, struct wi_arena *scratch);
/* median(a) / median(b) the same way, each series resampled by itself; all values > 0.
 * Scratch: 24 (a->n + b->n) + 8 draws bytes. */
struct wi_interval wi_stat_median_ratio(const struct wi_series *a, const struct wi_series *b,
                                        unsigned draws, uint64_t seed, struct wi_arena *scratch);
/* What comes on top of an interval measured in one run: `spread` >= 0 is the half width, as a share
 * of the middle, of the 95 % interval in which medians of other runs on the unchanged device lie.
 * Both are independent, so half widths add as squares, each side by itself. mid >= 0 */
struct wi_interval wi_stat_widen(struct wi_interval interval, double spread);

/* ---- a series in order (stats_series.c) ---- */

enum { WI_STAT_SLOPE_MOST = 1024 }; /* values; beyond it take block medians */

struct wi_slope {
    struct wi_interval per_step; /* change of y per unit of t, 95 %; unbounded when n < 5 */
    double p;                    /* that there is no trend: two-sided Kendall test of y over t */
};
/* Theil-Sen slope with Sen's interval; a third of the values may be wild. t: strictly increasing;
 * NULL: 0, 1, 2... One value: NAN between infinities, p = 1. Exact without ties up to 40 values,
 * normal approximation beyond. Scratch: 4 n^2 + 24 n + 16 Ki bytes; 0 < n <= WI_STAT_SLOPE_MOST */
struct wi_slope wi_stat_slope(const double *t, const double *y, size_t n, struct wi_arena *scratch);

struct wi_change {
    size_t at;            /* first value of the new level; 0: no change can be seen */
    double before, after; /* medians on either side, equal when there is none; their difference is
                           * the size */
    double p;             /* that nothing changed, in 0..1 */
};
/* Pettitt's test for one change of level at an unknown place. A drift too makes it small: ask
 * wi_stat_slope as well. Cannot reach p < 0.05 below 11 values. Scratch: 24 n bytes. n > 0 */
struct wi_change wi_stat_change(const double *x, size_t n, struct wi_arena *scratch);

/* Lag-1 autocorrelation of ranks, in -1..1: a few outliers do not hide it. NAN when n < 3 or all
 * values are equal. Expect about -1/n from independent values. Scratch: 24 n bytes. */
double wi_stat_autocorrelation(const double *x, size_t n, struct wi_arena *scratch);
/* How many independent values tell as much: n (1 - r) / (1 + r), within 1..n, with r corrected for
 * the bias of short series. n when r is NAN. n > 0 */
double wi_stat_effective_count(const double *x, size_t n, struct wi_arena *scratch);

/* ---- one or two groups (stats_modes.c) ---- */

struct wi_modes {
    double low, high;  /* medians of the two groups that split the values best */
    double high_share; /* of the values, 0..1 */
    double separation; /* between the medians, in spreads within the groups; may be INFINITY */
    bool two;          /* further apart than the halves of one group, even a skewed or heavy-tailed
                        * one, hardly ever are */
};
/* Whether values come in two groups, as times do when a case runs now on fast and now on slow
 * cores. Order does not matter. Never two below 12 values. Scratch: 8 n bytes. n > 0 */
struct wi_modes wi_stat_modes(const double *x, size_t n, struct wi_arena *scratch);

#endif
