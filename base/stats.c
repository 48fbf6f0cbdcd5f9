/* stats.c: robust summaries.
 * Relies on: nothing but its arguments; the random numbers are seeded by the caller.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/stats.h"
#include "base/rng.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Scratch for summaries is small metadata: as in arena.h, refusal ends the program. */
static void *scratch(size_t n, size_t item_bytes) {
    void *memory = calloc(n ? n : 1, item_bytes);
    if (!memory) {
        fprintf(stderr, "weighin: out of memory (a summary of %zu values)\n", n);
        abort();
    }
    return memory;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double *sorted_copy(const double *x, size_t n) {
    double *copy = scratch(n, sizeof(*copy));
    if (n)
        memcpy(copy, x, n * sizeof(*copy));
    qsort(copy, n, sizeof(*copy), compare_doubles);
    return copy;
}

static double sorted_median(const double *sorted, size_t n) {
    return n % 2 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
}

double wi_stat_median(const double *x, size_t n) {
    assert(n > 0);
    double *sorted = sorted_copy(x, n);
    double median = sorted_median(sorted, n);
    free(sorted);
    return median;
}

double wi_stat_mad(const double *x, size_t n) {
    double median = wi_stat_median(x, n);
    double *away = scratch(n, sizeof(*away));
    for (size_t i = 0; i < n; i++)
        away[i] = fabs(x[i] - median);
    double mad = wi_stat_median(away, n);
    free(away);
    return mad;
}

/* Nearest rank: index of the ceil(q n)-th smallest. The small slack keeps a product like 0.07 x 100
 * = 7.000000000000001 from being taken for more than seven. */
static size_t nearest_rank(size_t n, double q) {
    double rank = ceil(q * (double)n - 1e-9);
    if (!(rank > 1))
        return 0;
    return rank >= (double)n ? n - 1 : (size_t)rank - 1;
}

double wi_stat_quantile(const double *x, size_t n, double q) {
    assert(n > 0);
    double *sorted = sorted_copy(x, n);
    double value = sorted[nearest_rank(n, q)];
    free(sorted);
    return value;
}

/* The median of one resample. `sorted` is in order, so the resample is fully told by how often each
 * index was drawn: walking the counts finds the middle without sorting again. */
static double resampled_median(const double *sorted, size_t n, size_t *times, struct wi_rng *rng) {
    memset(times, 0, n * sizeof(*times));
    for (size_t i = 0; i < n; i++)
        times[wi_rng_below(rng, n)]++;
    size_t below = (n - 1) / 2, above = n / 2; /* the same when n is odd */
    size_t seen = 0, i = 0;
    while (seen + times[i] <= below)
        seen += times[i++];
    double lower = sorted[i];
    while (seen + times[i] <= above)
        seen += times[i++];
    return 0.5 * (lower + sorted[i]);
}

/* Percentile bootstrap: B. Efron, "Bootstrap methods: another look at the jackknife", 1979. */
struct wi_interval wi_stat_bootstrap_median(const double *x, size_t n, unsigned draws,
                                            uint64_t seed) {
    assert(n > 0);
    double *sorted = sorted_copy(x, n);
    double mid = sorted_median(sorted, n);
    struct wi_interval interval = {mid, mid, mid};
    if (n > 1 && draws > 0) {
        double *medians = scratch(draws, sizeof(*medians));
        size_t *times = scratch(n, sizeof(*times));
        struct wi_rng rng;
        wi_rng_seed(&rng, seed);
        for (unsigned d = 0; d < draws; d++)
            medians[d] = resampled_median(sorted, n, times, &rng);
        qsort(medians, draws, sizeof(*medians), compare_doubles);
        interval.lo = fmin(mid, medians[nearest_rank(draws, 0.025)]);
        interval.hi = fmax(mid, medians[nearest_rank(draws, 0.975)]);
        free(times);
        free(medians);
    }
    free(sorted);
    return interval;
}

/* E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927:
 * (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n). */
struct wi_interval wi_stat_wilson(size_t k, size_t n) {
    const double z = 1.959963984540054; /* the 97.5 % point of the normal distribution */
    if (n == 0)
        return (struct wi_interval){0, NAN, 1};
    double count = (double)n, p = (double)k / count, zz = z * z / count;
    double centre = p + 0.5 * zz;
    double half = z * sqrt(p * (1 - p) / count + 0.25 * zz / count);
    struct wi_interval interval = {(centre - half) / (1 + zz), p, (centre + half) / (1 + zz)};
    if (k == 0) /* exactly so on paper; rounding leaves a speck */
        interval.lo = 0;
    if (k == n)
        interval.hi = 1;
    return interval;
}
