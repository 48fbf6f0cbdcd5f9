/* stats_series.c: trend, change of level and memory of a series in order.
 * Relies on: nothing but its arguments; nothing is drawn.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All of it goes by ranks: times have wild outliers, and no scale that could be supposed. */
#include "base/stats.h"
#include "base/arena.h"
#include "base/stats_parts.h"

#include <assert.h>
#include <math.h>

#include <stdlib.h>

/* Ranks from 1, in order of place; equal values share the mean of theirs. `ties`: sum of
 * t (t - 1) (2 t + 5) over groups of t equal values. */
static double *ranks_of(const double *x, size_t n, double *ties, struct wi_arena *scratch) {
    const struct wi_placed *placed = wi_stat_placed(x, n, scratch);
    double *ranks = WI_NEW_ARRAY(scratch, double, n ? n : 1);
    *ties = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && placed[end].value == placed[i].value; end++)
            ;
        double t = (double)(end - i);
        *ties += t * (t - 1) * (2 * t + 5);
        for (size_t k = i; k < end; k++)
            ranks[placed[k].place] = 0.5 * (double)(i + 1 + end);
    }
    return ranks;
}

/* ---- trend ---- */

enum { EXACT_MOST = 40, EXACT_PAIRS = EXACT_MOST * (EXACT_MOST - 1) / 2 };

/* chance[k]: that a random order of n values has k pairs out of order. From the orders of n - 1:
 * the new value goes before 0 to n - 1 of them (M. G. Kendall, "A new measure of rank
 * correlation", 1938). */
static void chances_of_order(size_t n, double *chance, double *before) {
    size_t pairs = 0;
    chance[0] = 1;
    for (size_t m = 2; m <= n; m++) {
        for (size_t k = 0; k <= pairs; k++)
            before[k] = chance[k];
        pairs += m - 1;
        for (size_t k = 0; k <= pairs; k++) {
            chance[k] = 0;
            for (size_t moved = k < m - 1 ? k : m - 1; moved != SIZE_MAX; moved--)
                if (k - moved <= pairs - (m - 1))
                    chance[k] += before[k - moved] / (double)m;
        }
    }
}

struct kendall {
    double s;        /* pairs in order less pairs out of order */
    double p;        /* chance of |s| or more without a trend */
    double critical; /* the least |s| that a chance of 5 % allows to call a trend, n values that
                      * all differ */
};

static void exact(size_t n, struct kendall *k, struct wi_arena *scratch) {
    double *chance = WI_NEW_ARRAY(scratch, double, EXACT_PAIRS + 1);
    double *before = WI_NEW_ARRAY(scratch, double, EXACT_PAIRS + 1);
    size_t pairs = n * (n - 1) / 2;
    double tail = 0;
    chances_of_order(n, chance, before);
    k->critical = (double)pairs + 2; /* out of reach */
    k->p = 1;
    for (size_t out = 0; 2 * out < pairs; out++) {
        double s = (double)pairs - 2 * (double)out; /* and -s, by symmetry */
        tail += 2 * chance[out];
        if (tail <= 0.05)
            k->critical = s;
        if (s >= fabs(k->s) && fabs(k->s) > 0)
            k->p = fmin(1, tail);
    }
}

static double deviation_of_s(size_t n, double ties) {
    double count = (double)n;
    return sqrt(fmax(0, count * (count - 1) * (2 * count + 5) - ties) / 18);
}

/* From the normal distribution, with the correction for continuity. */
static double approximate_p(const struct kendall *k, double deviation) {
    double beyond = fabs(k->s) - 1;
    return deviation > 0 && beyond > 0 ? erfc(beyond / deviation / sqrt(2)) : 1;
}

static void judge_s(size_t n, double ties, struct kendall *k, struct wi_arena *scratch) {
    if (n <= EXACT_MOST)
        exact(n, k, scratch);
    else
        k->critical = 1.959963984540054 * deviation_of_s(n, 0) + 1;
    if (n > EXACT_MOST || ties > 0)
        k->p = approximate_p(k, deviation_of_s(n, ties));
}

/* P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", 1968: the median of
 * the slopes of all pairs; in the interval are the slopes b for which y - b t shows no trend. */
struct wi_slope wi_stat_slope(const double *t, const double *y, size_t n,
                              struct wi_arena *scratch) {
    assert(n > 0 && n <= WI_STAT_SLOPE_MOST);
    size_t pairs = 0, all = n * (n - 1) / 2;
    double *slopes = WI_NEW_ARRAY(scratch, double, all + 1), ties;
    struct kendall k = {0};
    (void)ranks_of(y, n, &ties, scratch);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            double apart = t ? t[j] - t[i] : (double)(j - i);
            assert(apart > 0);
            k.s += (y[j] > y[i]) - (y[j] < y[i]);
            slopes[pairs++] = (y[j] - y[i]) / apart;
        }
    }
    if (pairs == 0)
        return (struct wi_slope){{-INFINITY, NAN, INFINITY}, 1};
    judge_s(n, ties, &k, scratch);
    qsort(slopes, pairs, sizeof(*slopes), wi_stat_by_value);
    struct wi_slope slope = {{-INFINITY, wi_stat_sorted_median(slopes, pairs), INFINITY}, k.p};
    if (k.critical <= (double)pairs) {
        size_t outside = (size_t)(((double)pairs - k.critical) / 2); /* slopes beyond each end */
        slope.per_step.lo = slopes[outside];
        slope.per_step.hi = slopes[pairs - 1 - outside];
    }
    return slope;
}

/* ---- change of level ---- */

/* A. N. Pettitt, "A non-parametric approach to the change-point problem", 1979: K is the largest
 * |U_k| = |2 (sum of the first k ranks) - k (n + 1)|, p about 2 exp(-6 K^2 / (n^3 + n^2)), good
 * below 0.5 and on the safe side for short series. Chosen before CUSUM with permutations: ranks
 * stand outliers, the place comes with it, and nothing has to be drawn. */
struct wi_change wi_stat_change(const double *x, size_t n, struct wi_arena *scratch) {
    assert(n > 0);
    double ties, most = 0, sum = 0, count = (double)n;
    const double *ranks = ranks_of(x, n, &ties, scratch);
    struct wi_change change = {0};
    for (size_t k = 1; k < n; k++) {
        sum += ranks[k - 1];
        double u = fabs(2 * sum - (double)k * (count + 1));
        if (u > most) {
            most = u;
            change.at = k;
        }
    }
    change.p = fmin(1, 2 * exp(-6 * most * most / (count * count * count + count * count)));
    change.before = wi_stat_median(x, change.at > 0 ? change.at : n);
    change.after = change.at > 0 ? wi_stat_median(x + change.at, n - change.at) : change.before;
    return change;
}

/* ---- memory ---- */

/* A. Wald and J. Wolfowitz, "An exact test for randomness in the non-parametric case based on
 * serial correlation", 1943, with the ends not joined. */
double wi_stat_autocorrelation(const double *x, size_t n, struct wi_arena *scratch) {
    double ties, along = 0, square = 0, mean = 0.5 * ((double)n + 1);
    const double *ranks = ranks_of(x, n, &ties, scratch);
    for (size_t i = 0; i < n; i++) {
        square += (ranks[i] - mean) * (ranks[i] - mean);
        if (i > 0)
            along += (ranks[i - 1] - mean) * (ranks[i] - mean);
    }
    return n >= 3 && square > 0 ? along / square : (double)NAN;
}

/* G. V. Bayley and J. M. Hammersley, "The 'effective' number of independent observations in an
 * autocorrelated time series", 1946, for a memory that fades by r each step. An estimate of r from
 * n values is low by (1 + 4 r) / n: F. H. C. Marriott and J. A. Pope, "Bias in the estimation of
 * autocorrelations", 1954. */
double wi_stat_effective_count(const double *x, size_t n, struct wi_arena *scratch) {
    assert(n > 0);
    double count = (double)n, r = wi_stat_autocorrelation(x, n, scratch);
    if (isnan(r))
        return count;
    r = fmin(r + (1 + 4 * r) / count, 1);
    return fmin(count, fmax(1, count * (1 - r) / (1 + r)));
}
