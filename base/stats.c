/* stats.c: robust summaries of one set of values; shares; many tests at once.
 * Relies on: nothing but its arguments.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/stats.h"
#include "base/arena.h"
#include "base/stats_parts.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what all files use ---- */

int wi_stat_by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A copy for sorting is small metadata: as in arena.h, refusal ends the program. */
double *wi_stat_sorted(const double *x, size_t n) {
    double *copy = calloc(n ? n : 1, sizeof(*copy));
    if (!copy) {
        fprintf(stderr, "weighin: out of memory (a summary of %zu values)\n", n);
        abort();
    }
    for (size_t i = 0; i < n; i++) {
        assert(!isnan(x[i]));
        copy[i] = x[i];
    }
    qsort(copy, n, sizeof(*copy), wi_stat_by_value);
    return copy;
}

double wi_stat_sorted_median(const double *sorted, size_t n) {
    return n % 2 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
}

/* Nearest rank: index of the ceil(q n)-th smallest. The small slack keeps a product like 0.07 x 100
 * = 7.000000000000001 from being taken for more than seven. */
size_t wi_stat_nearest_rank(size_t n, double q) {
    double rank = ceil(q * (double)n - 1e-9);
    if (!(rank > 1))
        return 0;
    return rank >= (double)n ? n - 1 : (size_t)rank - 1;
}

static int by_value_and_place(const void *a, const void *b) {
    const struct wi_placed *x = a, *y = b;
    int c = (x->value > y->value) - (x->value < y->value);
    return c ? c : (x->place > y->place) - (x->place < y->place);
}

struct wi_placed *wi_stat_placed(const double *x, size_t n, struct wi_arena *scratch) {
    struct wi_placed *placed = WI_NEW_ARRAY(scratch, struct wi_placed, n ? n : 1);
    for (size_t i = 0; i < n; i++) {
        assert(!isnan(x[i]));
        placed[i] = (struct wi_placed){x[i], i};
    }
    qsort(placed, n, sizeof(*placed), by_value_and_place);
    return placed;
}

/* ---- one set of values ---- */

double wi_stat_median(const double *x, size_t n) {
    assert(n > 0);
    double *sorted = wi_stat_sorted(x, n);
    double median = wi_stat_sorted_median(sorted, n);
    free(sorted);
    return median;
}

double wi_stat_mad(const double *x, size_t n) {
    assert(n > 0);
    double *sorted = wi_stat_sorted(x, n);
    double median = wi_stat_sorted_median(sorted, n);
    for (size_t i = 0; i < n; i++)
        sorted[i] = fabs(sorted[i] - median);
    qsort(sorted, n, sizeof(*sorted), wi_stat_by_value);
    double mad = wi_stat_sorted_median(sorted, n);
    free(sorted);
    return mad;
}

double wi_stat_quantile(const double *x, size_t n, double q) {
    assert(n > 0);
    double *sorted = wi_stat_sorted(x, n);
    double value = sorted[wi_stat_nearest_rank(n, q)];
    free(sorted);
    return value;
}

/* ---- shares and many tests ---- */

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

/* S. Holm, "A simple sequentially rejective multiple test procedure", 1979: the k-th smallest of n
 * p-values (k from 0) counts n - k times, and none less than one before it. */
void wi_stat_holm(const double *p, size_t n, double *out, struct wi_arena *scratch) {
    const struct wi_placed *placed = wi_stat_placed(p, n, scratch);
    double least = 0;
    for (size_t k = 0; k < n; k++) {
        assert(placed[k].value >= 0 && placed[k].value <= 1);
        least = fmax(least, fmin(1, (double)(n - k) * placed[k].value));
        out[placed[k].place] = least;
    }
}
