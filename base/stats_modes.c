/* stats_modes.c: whether values come in one group or in two.
 * Relies on: nothing but its arguments; nothing is drawn.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The best split of the sorted values in two, after W. D. Fisher, "On grouping for maximum
 * homogeneity", 1958, but by absolute deviations; then the distance of the two medians over the
 * spread within the wider group, after K. M. Ashman, C. M. Bird and S. E. Zepf, "Detecting
 * bimodality in astronomical datasets", 1994, but with spreads that stand outliers.
 *
 * Preferred to Sarle's coefficient, (skewness^2 + 1) / kurtosis, which any skewed distribution
 * raises, and times are skewed; and to the dip test, which tells that there are two groups but not
 * where. */
#include "base/stats.h"
#include "base/arena.h"
#include "base/stats_parts.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { LEAST_OF_GROUP = 4, LEAST_VALUES = 12 };

/* Separation that one group hardly reaches. Any set splits in two halves some 2 to 3 spreads apart,
 * and the fewer the values the more by chance. By simulation of 20,000 sets of 12 to 400 values,
 * 1.5 % or fewer go beyond it when they are normal, uniform, exponential, Student's t with 2
 * degrees of freedom or log-normal with sigma 0.5; 5 % at most when log-normal with sigma 1
 * (tests/base/test_stats_series.c repeats it). */
static double separation_of_one(size_t n) {
    return 3 + 110 / (double)n;
}

/* Sum of |x - median| over sorted[first, end), by running sums of the values. */
static double deviations(const double *sorted, const double *sums, size_t first, size_t end) {
    size_t mid = first + (end - first) / 2;
    double above = (double)(end - mid), below = (double)(mid - first);
    return (sums[end] - sums[mid]) - (sums[mid] - sums[first]) + sorted[mid] * (below - above);
}

/* A few outliers are no group. */
static size_t least_of_group(size_t n) {
    return n / 10 > LEAST_OF_GROUP ? n / 10 : LEAST_OF_GROUP;
}

/* First value of the upper group. */
static size_t best_split(const double *sorted, size_t n, struct wi_arena *scratch) {
    double *sums = WI_NEW_ARRAY(scratch, double, n + 1);
    size_t least = least_of_group(n), best = 0;
    double fewest = INFINITY;
    for (size_t i = 0; i < n; i++)
        sums[i + 1] = sums[i] + sorted[i];
    for (size_t split = least; split + least <= n; split++) {
        double sum = deviations(sorted, sums, 0, split) + deviations(sorted, sums, split, n);
        if (sum < fewest) {
            fewest = sum;
            best = split;
        }
    }
    return best;
}

/* Both scaled to be the standard deviation of a normal distribution. The mean stands in for the
 * median where a clock is so coarse that most values are one. */
static double spread(const double *sorted, size_t n) {
    double mid = wi_stat_sorted_median(sorted, n), sum = 0, mad = wi_stat_mad(sorted, n);
    for (size_t i = 0; i < n; i++)
        sum += fabs(sorted[i] - mid);
    return mad > 0 ? 1.4826 * mad : 1.2533 * sum / (double)n;
}

/* Each value belongs to the nearer median: where outliers were too few for a group, the split took
 * in others to fill it. */
static size_t count_of_upper(const double *sorted, size_t n, double low, double high) {
    size_t upper = 0;
    for (size_t i = 0; i < n; i++)
        upper += sorted[i] - low > high - sorted[i];
    return upper;
}

static void describe(const double *sorted, size_t n, size_t split, struct wi_modes *modes) {
    double low = wi_stat_sorted_median(sorted, split);
    double high = wi_stat_sorted_median(sorted + split, n - split);
    double within = fmax(spread(sorted, split), spread(sorted + split, n - split));
    size_t upper = count_of_upper(sorted, n, low, high), least = least_of_group(n);
    modes->low += low;
    modes->high += high;
    modes->high_share = (double)upper / (double)n;
    modes->separation = high > low ? (high - low) / within : 0;
    modes->two = modes->separation > separation_of_one(n) && upper >= least && n - upper >= least;
}

struct wi_modes wi_stat_modes(const double *x, size_t n, struct wi_arena *scratch) {
    assert(n > 0);
    double *sorted = wi_stat_sorted(x, n), mid = wi_stat_sorted_median(sorted, n);
    struct wi_modes modes = {.low = mid, .high = mid};
    for (size_t i = 0; i < n; i++)
        sorted[i] -= mid; /* running sums of large values that hardly differ would lose digits */
    if (n >= LEAST_VALUES)
        describe(sorted, n, best_split(sorted, n, scratch), &modes);
    free(sorted);
    return modes;
}
