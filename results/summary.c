/* summary.c: medians by segment, intervals by resampling whole passes, doubts that samples tell.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   t = t_embed + sum over layer kinds of count * median(t_layer of that kind) + t_head
 *
 * The interval is a percentile bootstrap over blocks of consecutive passes, at least 0.5 s each, so
 * that what lasts a while (another program, a clock step) counts once and not a hundred times:
 * H. R. Kuensch, "The jackknife and the bootstrap for general stationary observations", 1989. */
#include "results/summary.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/rng.h"
#include "base/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEADY_PASSES = 5,
    TREND_GROUPS = 64, /* medians that stand for all passes when looking for a trend */
    RESOLUTION_TIMES = 100,
};
static const double narrow = 0.02;      /* half width of an interval that needs no more samples */
static const double wide = 0.05;        /* half width from which on a result is noisy */
static const double scatter_most = 0.2; /* 10 % to 90 % points */
static const double drift_most = 0.05;

/* ---- samples by part of the pass ---- */

enum part { PART_first, PART_global, PART_local, PART_head, PART_COUNT };

struct timing {
    double ns;
    uint32_t pass; /* index, from 0 */
};
struct series { /* all timings of one part */
    struct timing *items;
    size_t count;
    double times; /* how often the part stands in the whole model */
};
struct passes {
    struct series parts[PART_COUNT];
    uint32_t count;
    double *run_ns;   /* as run, index by pass */
    double *model_ns; /* as the whole model, by the segment formula within the pass */
    bool clock_odd;   /* a pass took no time, or began before the one before it ended */
};

static enum part part_of(uint8_t segment) {
    switch (segment) {
    case WI_SEGMENT_global:
        return PART_global;
    case WI_SEGMENT_local:
        return PART_local;
    case WI_SEGMENT_head:
        return PART_head;
    default:
        return PART_first; /* embed, or all */
    }
}

/* Samples [first, end) are one pass: what it consists of. */
struct make {
    uint32_t parts[PART_COUNT];
    bool whole;
};
static bool make_of(const struct wi_sample *samples, size_t n, struct make *make) {
    *make = (struct make){.whole = samples[0].segment == WI_SEGMENT_all};
    for (size_t i = 0; i < n; i++) {
        if (samples[i].segment >= WI_SEGMENT_COUNT ||
            (samples[i].segment == WI_SEGMENT_all) != make->whole)
            return false;
        make->parts[part_of(samples[i].segment)]++;
    }
    return make->parts[PART_first] == 1 && (make->whole ? n == 1 : make->parts[PART_head] == 1);
}

static bool same_make(const struct make *a, const struct make *b) {
    return a->whole == b->whole && memcmp(a->parts, b->parts, sizeof a->parts) == 0;
}

/* Every kind of layer that the model has must have been run. */
static bool stands_for_model(const struct make *make, const uint32_t count[WI_LAYER_KIND_COUNT]) {
    return make->whole || ((make->parts[PART_global] > 0) == (count[WI_LAYER_global] > 0) &&
                           (make->parts[PART_local] > 0) == (count[WI_LAYER_local] > 0));
}

static size_t pass_end(const struct wi_summary_input *in, size_t first) {
    size_t end = first + 1;
    while (end < in->count && in->samples[end].pass == in->samples[first].pass)
        end++;
    return end;
}

static double part_median(const struct series *s, size_t first) {
    double values[4096];
    size_t n = 0;
    for (size_t i = first; i < s->count && n < WI_COUNT(values); i++)
        values[n++] = s->items[i].ns;
    return n == 0 ? 0 : wi_stat_median(values, n);
}

static void add_pass(struct passes *p, const struct wi_sample *samples, size_t n) {
    size_t before[PART_COUNT];
    for (unsigned k = 0; k < PART_COUNT; k++)
        before[k] = p->parts[k].count;
    for (size_t i = 0; i < n; i++) {
        struct series *s = &p->parts[part_of(samples[i].segment)];
        s->items[s->count++] = (struct timing){(double)samples[i].ns, p->count};
        p->run_ns[p->count] += (double)samples[i].ns;
    }
    for (unsigned k = 0; k < PART_COUNT; k++)
        p->model_ns[p->count] += p->parts[k].times * part_median(&p->parts[k], before[k]);
    p->count++;
}

static int read_passes(const struct wi_summary_input *in, struct wi_arena *arena, struct passes *p,
                       struct wi_err *err) {
    const uint32_t *layers = in->layer_count;
    const double times[PART_COUNT] = {1, layers[WI_LAYER_global], layers[WI_LAYER_local], 1};
    struct make first_make = {0}, make;
    uint64_t end_ns = 0;
    *p = (struct passes){.run_ns = WI_NEW_ARRAY(arena, double, in->count + 1),
                         .model_ns = WI_NEW_ARRAY(arena, double, in->count + 1)};
    for (unsigned k = 0; k < PART_COUNT; k++)
        p->parts[k] = (struct series){.items = WI_NEW_ARRAY(arena, struct timing, in->count + 1),
                                      .times = times[k]};
    for (size_t at = 0, end; at < in->count; at = end) {
        end = pass_end(in, at);
        const struct wi_sample *s = &in->samples[at];
        if (!make_of(s, end - at, &make) || !stands_for_model(&make, layers))
            return wi_fail(err, WI_CORRUPT, "pass %u has not the segments of a pass", s->pass);
        if (at == 0)
            first_make = make;
        if (!same_make(&make, &first_make) || (at > 0 && s->pass <= s[-1].pass))
            return wi_fail(err, WI_CORRUPT, "pass %u is not like those before it", s->pass);
        p->clock_odd = p->clock_odd || s->start_ns < end_ns;
        add_pass(p, s, end - at);
        p->clock_odd = p->clock_odd || p->run_ns[p->count - 1] <= 0;
        end_ns = in->samples[end - 1].start_ns + in->samples[end - 1].ns;
    }
    return p->count > 0 ? WI_OK : wi_fail(err, WI_CORRUPT, "there are no samples");
}

/* ---- the segment formula, over all passes or over a resample ---- */

static int by_ns(const void *a, const void *b) {
    double x = ((const struct timing *)a)->ns, y = ((const struct timing *)b)->ns;
    return (x > y) - (x < y);
}

/* Median of a sorted series in which the timings of pass i count weight[i] times. */
static double weighted_median(const struct series *s, const uint32_t *weight) {
    uint64_t total = 0, seen = 0;
    for (size_t i = 0; i < s->count; i++)
        total += weight[s->items[i].pass];
    if (total == 0)
        return 0;
    uint64_t below = (total - 1) / 2, above = total / 2;
    double lower = 0;
    bool have = false;
    for (size_t i = 0; i < s->count; i++) {
        seen += weight[s->items[i].pass];
        if (!have && seen > below) {
            lower = s->items[i].ns;
            have = true;
        }
        if (seen > above)
            return 0.5 * (lower + s->items[i].ns);
    }
    return lower;
}

static double segment_formula(const struct passes *p, const uint32_t *weight) {
    double t = 0;
    for (unsigned k = 0; k < PART_COUNT; k++)
        t += p->parts[k].times * weighted_median(&p->parts[k], weight);
    return t;
}

/* ---- resampling ---- */

static uint32_t block_count(const struct passes *p) {
    double total = 0;
    for (uint32_t i = 0; i < p->count; i++)
        total += p->run_ns[i];
    double blocks = floor(total / WI_SUMMARY_BLOCK_NS);
    uint32_t least = p->count < WI_SUMMARY_BLOCKS_LEAST ? p->count : WI_SUMMARY_BLOCKS_LEAST;
    if (!(blocks > least))
        return least;
    return blocks < p->count ? (uint32_t)blocks : p->count;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct wi_interval resample(const struct passes *p, unsigned draws, uint64_t seed,
                                   struct wi_arena *arena, uint32_t *weight, double mid) {
    uint32_t blocks = block_count(p);
    struct wi_interval interval = {mid, mid, mid};
    if (p->count < 2 || draws == 0)
        return interval;
    double *t = WI_NEW_ARRAY(arena, double, draws);
    uint32_t *drawn = WI_NEW_ARRAY(arena, uint32_t, blocks);
    struct wi_rng rng;
    wi_rng_seed(&rng, seed);
    for (unsigned d = 0; d < draws; d++) {
        memset(drawn, 0, blocks * sizeof *drawn);
        for (uint32_t b = 0; b < blocks; b++)
            drawn[wi_rng_below(&rng, blocks)]++;
        for (uint32_t i = 0; i < p->count; i++)
            weight[i] = drawn[(uint64_t)i * blocks / p->count];
        t[d] = segment_formula(p, weight);
    }
    qsort(t, draws, sizeof *t, by_value);
    interval.lo = fmin(mid, wi_stat_quantile(t, draws, 0.025));
    interval.hi = fmax(mid, wi_stat_quantile(t, draws, 0.975));
    return interval;
}

/* ---- trend ---- */

/* The passes in order, as at most TREND_GROUPS medians. */
static size_t group_medians(const struct passes *p, double out[TREND_GROUPS]) {
    size_t groups = p->count < TREND_GROUPS ? p->count : TREND_GROUPS;
    for (size_t g = 0; g < groups; g++) {
        size_t first = g * p->count / groups, end = (g + 1) * p->count / groups;
        out[g] = wi_stat_median(&p->model_ns[first], end - first);
    }
    return groups;
}

/* Relative change from first to last by the Theil-Sen slope, if Kendall's test sees a trend at all
 * (5 %, two-sided): P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau",
 * 1968. */
static double trend(const struct passes *p, struct wi_arena *arena) {
    double y[TREND_GROUPS];
    size_t n = group_medians(p, y), pairs = 0;
    double *slopes = WI_NEW_ARRAY(arena, double, n *n / 2 + 1);
    double s = 0, mid = wi_stat_median(y, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            s += (y[j] > y[i]) - (y[j] < y[i]);
            slopes[pairs++] = (y[j] - y[i]) / (double)(j - i);
        }
    }
    double count = (double)n;
    double sd = sqrt(count * (count - 1) * (2 * count + 5) / 18);
    if (pairs == 0 || !(fabs(s) - 1 > 1.96 * sd) || !(mid > 0))
        return 0;
    return wi_stat_median(slopes, pairs) * (count - 1) / mid;
}

/* ---- the summary ---- */

static uint32_t doubts_of(const struct wi_summary *s, const struct passes *p,
                          uint64_t resolution_ns) {
    uint32_t doubts = 0;
    if (s->half_width > wide || s->scatter > scatter_most)
        doubts |= WI_DOUBT_BIT(WI_DOUBT_noisy);
    if (fabs(s->drift) > drift_most)
        doubts |= WI_DOUBT_BIT(WI_DOUBT_drift);
    if (wi_stat_median(p->run_ns, p->count) < (double)resolution_ns * RESOLUTION_TIMES)
        doubts |= WI_DOUBT_BIT(WI_DOUBT_too_short);
    if (p->clock_odd)
        doubts |= WI_DOUBT_BIT(WI_DOUBT_clock);
    return doubts;
}

static void describe_parts(const struct passes *p, const uint32_t *once, bool whole,
                           struct wi_summary *out) {
    static const enum wi_segment_id segments[PART_COUNT] = {[PART_first] = WI_SEGMENT_embed,
                                                            [PART_global] = WI_SEGMENT_global,
                                                            [PART_local] = WI_SEGMENT_local,
                                                            [PART_head] = WI_SEGMENT_head};
    for (unsigned k = 0; k < PART_COUNT; k++) {
        const struct series *s = &p->parts[k];
        enum wi_segment_id id = whole && k == PART_first ? WI_SEGMENT_all : segments[k];
        if (s->count > 0)
            out->parts[id] = (struct wi_summary_part){.median_ns = weighted_median(s, once),
                                                      .timings = s->count,
                                                      .times = (uint32_t)s->times};
    }
    out->blocks = p->count < 2 ? 0 : block_count(p);
}

static int summarise(const struct wi_summary_input *in, struct wi_arena *arena,
                     struct wi_summary *out, struct wi_err *err) {
    struct passes p;
    WI_TRY(read_passes(in, arena, &p, err));
    for (unsigned k = 0; k < PART_COUNT; k++)
        qsort(p.parts[k].items, p.parts[k].count, sizeof *p.parts[k].items, by_ns);
    uint32_t *weight = WI_NEW_ARRAY(arena, uint32_t, p.count);
    for (uint32_t i = 0; i < p.count; i++)
        weight[i] = 1;
    double t = segment_formula(&p, weight), tokens = 1e9 * in->tokens_per_pass;
    out->passes = p.count;
    out->pass_ns = t;
    describe_parts(&p, weight, in->samples[0].segment == WI_SEGMENT_all, out);
    if (!(t > 0)) {
        out->doubts = WI_DOUBT_BIT(WI_DOUBT_clock);
        return wi_fail(err, WI_UNAVAILABLE,
                       "the clock stood still while %u passes ran: no speed "
                       "can be told",
                       p.count);
    }
    struct wi_interval i = resample(&p, in->draws, in->seed, arena, weight, t);
    double fastest = wi_stat_quantile(p.model_ns, p.count, 0);
    out->rate = (struct wi_rate){.median = tokens / t,
                                 .lo = tokens / i.hi,
                                 .hi = tokens / fmax(i.lo, 1),
                                 .best = tokens / fmax(fmin(fastest, t), 1)};
    out->half_width = (i.hi - i.lo) / 2 / t;
    out->scatter =
        (wi_stat_quantile(p.model_ns, p.count, 0.9) - wi_stat_quantile(p.model_ns, p.count, 0.1)) /
        t;
    out->drift = trend(&p, arena);
    out->doubts = doubts_of(out, &p, in->resolution_ns);
    return WI_OK;
}

int wi_summary_compute(const struct wi_summary_input *input, struct wi_summary *summary,
                       struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    *summary = (struct wi_summary){0};
    int status = summarise(input, arena, summary, err);
    wi_arena_destroy(arena);
    return status;
}

bool wi_summary_steady(const struct wi_summary *s) {
    return s->passes >= STEADY_PASSES && s->half_width <= narrow && fabs(s->drift) <= drift_most;
}

uint64_t wi_clock_resolution(const struct wi_clock *clock) {
    uint64_t least = UINT64_MAX, before = wi_now_ns(clock);
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t now = wi_now_ns(clock);
        if (now > before && now - before < least)
            least = now - before;
        before = now;
    }
    return least == UINT64_MAX ? 0 : least;
}
