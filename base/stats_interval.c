/* stats_interval.c: 95 % intervals of a median, from order statistics or by resampling.
 * Relies on: nothing but its arguments; the random numbers are seeded by the caller.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/stats.h"
#include "base/arena.h"
#include "base/rng.h"
#include "base/stats_parts.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const double level = 0.95;
enum { ORDER_LEAST = 6 }; /* values from which minimum to maximum covers 95 %: 1 - 2^-5 = 0.969 */

/* ---- order statistics ---- */

/* P(B = k), B binomial of n tosses of a fair coin. */
static double fair_tosses(size_t n, size_t k) {
    double a = (double)n, b = (double)k;
    return exp(lgamma(a + 1) - lgamma(b + 1) - lgamma(a - b + 1) - a * log(2));
}

/* The k-th smallest and k-th largest (k from 1) hold the median between them with the chance
 * 1 - 2 P(B < k). Returns the largest k that reaches the level, with that chance and the next. */
static size_t order_of(size_t n, double *reached, double *next) {
    double mean = 0.5 * (double)n, far = mean - 5 * sqrt((double)n); /* below: less than 1e-20 */
    size_t k = far > 1 ? (size_t)far : 1;
    double below = fair_tosses(n, k - 1); /* P(B < k) but for that tail */
    for (;; k++) {
        double more = fair_tosses(n, k);
        *reached = 1 - 2 * below;
        *next = 1 - 2 * (below + more);
        if (*next < level)
            return k;
        below += more;
    }
}

/* Between that pair of order statistics and the next one inward, so that the chance is 95 % and not
 * anything from there to 98 %: T. P. Hettmansperger and S. J. Sheather, "Confidence intervals based
 * on interpolated order statistics", 1986. */
struct wi_interval wi_stat_median_interval(const double *x, size_t n) {
    assert(n > 0);
    double *sorted = wi_stat_sorted(x, n);
    struct wi_interval i = {sorted[0], wi_stat_sorted_median(sorted, n), sorted[n - 1]};
    if (n >= ORDER_LEAST) {
        double reached, next;
        size_t k = order_of(n, &reached, &next);
        double outer = (double)k, inner = (double)(n - k);
        double part = (reached - level) / (reached - next);
        double inward = inner * part / (outer + (inner - outer) * part);
        i.lo = (1 - inward) * sorted[k - 1] + inward * sorted[k];
        i.hi = (1 - inward) * sorted[n - k] + inward * sorted[n - k - 1];
    }
    free(sorted);
    return i;
}

double wi_stat_median_interval_level(size_t n) {
    assert(n > 0);
    return n >= ORDER_LEAST ? level : 1 - ldexp(1, 1 - (int)n);
}

/* ---- resampling ---- */

/* The median of a resample, told by how often each place was drawn: walking the values in order
 * finds the middle without sorting again. */
static double drawn_median(const struct wi_placed *placed, size_t n, const size_t *times) {
    size_t below = (n - 1) / 2, above = n / 2; /* the same when n is odd */
    size_t seen = 0, i = 0;
    while (seen + times[placed[i].place] <= below)
        seen += times[placed[i++].place];
    double lower = placed[i].value;
    while (seen + times[placed[i].place] <= above)
        seen += times[placed[i++].place];
    return 0.5 * (lower + placed[i].value);
}

struct resampler { /* of one series */
    const struct wi_placed *placed;
    size_t *times;
    size_t n, block;
};

static struct resampler resampler_of(const struct wi_series *s, struct wi_arena *scratch) {
    assert(s->n > 0 && s->block > 0);
    return (struct resampler){.placed = wi_stat_placed(s->x, s->n, scratch),
                              .times = WI_NEW_ARRAY(scratch, size_t, s->n),
                              .n = s->n,
                              .block = s->block < s->n ? s->block : s->n};
}

static size_t block_count(const struct resampler *r) {
    return r->n / r->block;
}

/* D. N. Politis and J. P. Romano, "A circular block-resampling procedure for stationary data",
 * 1992: in a ring every value is drawn equally often. The last block is cut to length. */
static double resampled(struct resampler *r, struct wi_rng *rng) {
    memset(r->times, 0, r->n * sizeof(*r->times));
    for (size_t have = 0; have < r->n;) {
        size_t at = wi_rng_below(rng, r->n);
        for (size_t i = 0; i < r->block && have < r->n; i++, have++) {
            r->times[at]++;
            at = at + 1 < r->n ? at + 1 : 0;
        }
    }
    return drawn_median(r->placed, r->n, r->times);
}

/* 97.5 % point of Student's t: exact below 5 degrees of freedom, beyond it the expansion around the
 * normal point (M. Abramowitz and I. Stegun, "Handbook of mathematical functions", 26.7.5), which
 * is within 0.1 %. */
static double student_point(size_t degrees) {
    static const double few[] = {12.7062, 4.30265, 3.18245, 2.77645};
    const double z = 1.959963984540054, z2 = z * z, v = (double)degrees;
    if (degrees <= sizeof(few) / sizeof(few[0]))
        return few[degrees - 1];
    return z * (1 + (z2 + 1) / (4 * v) + (5 * z2 * z2 + 16 * z2 + 3) / (96 * v * v) +
                (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * v * v * v));
}

/* The percentile interval of few blocks is too narrow, as a standard error taken for known is, and
 * by sqrt(b / (b - 1)) besides. Both are made up for by percentiles further out: T. C. Hesterberg,
 * "What teachers should know about the bootstrap", 2015 (the expanded percentile interval). */
static double tail_of(size_t blocks) {
    double b = (double)blocks;
    return 0.5 * erfc(student_point(blocks - 1) * sqrt(b / (b - 1)) / sqrt(2));
}

static struct wi_interval percentiles(double *values, unsigned draws, double tail, double mid) {
    qsort(values, draws, sizeof(*values), wi_stat_by_value);
    return (struct wi_interval){fmin(mid, values[wi_stat_nearest_rank(draws, tail)]), mid,
                                fmax(mid, values[wi_stat_nearest_rank(draws, 1 - tail)])};
}

/* Percentile bootstrap: B. Efron, "Bootstrap methods: another look at the jackknife", 1979. */
struct wi_interval wi_stat_bootstrap_median(const double *x, size_t n, unsigned draws,
                                            uint64_t seed) {
    struct wi_arena *scratch = wi_arena_create();
    struct wi_series series = {x, n, 1};
    struct resampler r = resampler_of(&series, scratch);
    double mid = wi_stat_median(x, n);
    struct wi_interval interval = {mid, mid, mid};
    if (n > 1 && draws > 0) {
        double *medians = WI_NEW_ARRAY(scratch, double, draws);
        struct wi_rng rng;
        wi_rng_seed(&rng, seed);
        for (unsigned d = 0; d < draws; d++)
            medians[d] = resampled(&r, &rng);
        interval = percentiles(medians, draws, 0.025, mid);
    }
    wi_arena_destroy(scratch);
    return interval;
}

/* ---- blocks ---- */

size_t wi_stat_block_length(const double *durations, size_t n, double least) {
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        assert(durations[i] >= 0);
        total += durations[i];
    }
    if (n == 0)
        return 1;
    if (!(total > least))
        return n;
    double length = ceil(least * (double)n / total - 1e-9);
    return length > 1 ? (size_t)length : 1;
}

size_t wi_stat_block_medians(const struct wi_series *series, double *out) {
    assert(series->n > 0 && series->block > 0);
    size_t blocks = series->n / series->block;
    if (blocks == 0)
        blocks = 1;
    for (size_t b = 0; b < blocks; b++) {
        size_t first = b * series->block;
        size_t end = b + 1 < blocks ? first + series->block : series->n;
        out[b] = wi_stat_median(series->x + first, end - first);
    }
    return blocks;
}

struct wi_interval wi_stat_block_median(const struct wi_series *series, unsigned draws,
                                        uint64_t seed, struct wi_arena *scratch) {
    assert(draws > 0);
    struct resampler r = resampler_of(series, scratch);
    double mid = wi_stat_median(series->x, series->n);
    if (block_count(&r) < 2)
        return (struct wi_interval){mid, mid, mid};
    double *medians = WI_NEW_ARRAY(scratch, double, draws);
    struct wi_rng rng;
    wi_rng_seed(&rng, seed);
    for (unsigned d = 0; d < draws; d++)
        medians[d] = resampled(&r, &rng);
    return percentiles(medians, draws, tail_of(block_count(&r)), mid);
}

/* Both series widen the ratio; the one with fewer blocks says by how much more. */
struct wi_interval wi_stat_median_ratio(const struct wi_series *a, const struct wi_series *b,
                                        unsigned draws, uint64_t seed, struct wi_arena *scratch) {
    assert(draws > 0);
    struct resampler ra = resampler_of(a, scratch), rb = resampler_of(b, scratch);
    assert(ra.placed[0].value > 0 && rb.placed[0].value > 0);
    double mid = wi_stat_median(a->x, a->n) / wi_stat_median(b->x, b->n);
    size_t blocks_a = block_count(&ra), blocks_b = block_count(&rb);
    size_t fewer = blocks_a < blocks_b ? blocks_a : blocks_b;
    if (fewer < 2)
        return (struct wi_interval){mid, mid, mid};
    double *ratios = WI_NEW_ARRAY(scratch, double, draws);
    struct wi_rng rng;
    wi_rng_seed(&rng, seed);
    for (unsigned d = 0; d < draws; d++) {
        double of_a = resampled(&ra, &rng);
        ratios[d] = of_a / resampled(&rb, &rng);
    }
    return percentiles(ratios, draws, tail_of(fewer), mid);
}

/* Errors of independent origin add as squares (JCGM 100:2008, "Guide to the expression of
 * uncertainty in measurement", 5.1.2). */
struct wi_interval wi_stat_widen(struct wi_interval interval, double spread) {
    assert(spread >= 0 && interval.mid >= 0);
    double between = spread * interval.mid;
    return (struct wi_interval){interval.mid - hypot(interval.mid - interval.lo, between),
                                interval.mid,
                                interval.mid + hypot(interval.hi - interval.mid, between)};
}
