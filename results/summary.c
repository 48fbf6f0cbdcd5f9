/* summary.c: medians by segment, intervals by resampling whole passes, doubts that samples tell.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   t = t_embed + sum over layer kinds of count * median(t_layer of that kind) + t_head
 *
 * The interval is a percentile bootstrap over blocks of consecutive passes, at least 0.5 s each, so
 * that what lasts a while (another program, a clock step) counts once and not a hundred times:
 * H. R. Kuensch, "The jackknife and the bootstrap for general stationary observations", 1989. */
#include "results/summary.h"

#include "base/clock.h"
#include "base/rng.h"
#include "base/stats.h"
#include "results/summary_parts.h"
#include "results/constants.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TREND_GROUPS = 64, /* medians that stand for all passes when looking for a trend */
    RESOLUTION_TIMES = 100,
    LONG_TIMES = 5,
};
static const double narrow = 0.02;      /* half width of an interval that needs no more samples */
static const double wide = 0.05;        /* half width from which on a result is noisy */
static const double scatter_most = 0.2; /* 10 % to 90 % points */
static const double drift_most = 0.05;
static const double flat = 0.02; /* a trend or step that needs no more samples */
static const double sure = 0.01; /* p, from which on one is believed */
/* One-sided 5 % point of r sqrt(n) for passes without memory (Bartlett, 1946): of six passes r is
 * known so badly that any of them would look like one. */
static const double memory_sure = 1.645;
static const double apart_least = 0.05; /* of two groups of passes, to be called two speeds */

/* ---- the segment formula, over all passes or over a resample ---- */

static int by_ns(const void *a, const void *b) {
    double x = ((const struct wi_timing *)a)->ns, y = ((const struct wi_timing *)b)->ns;
    return (x > y) - (x < y);
}

/* Median of a sorted series in which the timings of pass i count weight[i] times. */
static double weighted_median(const struct wi_part_series *s, const uint32_t *weight) {
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

static double segment_formula(const struct wi_passes *p, const uint32_t *weight) {
    double t = 0;
    for (unsigned k = 0; k < WI_PART_COUNT; k++)
        t += p->parts[k].times * weighted_median(&p->parts[k], weight);
    return t;
}

/* The fastest of each part. A whole pass has never been faster, nor has a median of parts. */
static double fastest_ns(const struct wi_passes *p) {
    double t = 0;
    for (unsigned k = 0; k < WI_PART_COUNT; k++)
        t += p->parts[k].count > 0 ? p->parts[k].times * p->parts[k].items[0].ns : 0;
    return t;
}

/* ---- resampling ---- */

/* Passes of a block: at least half a second, and at least four times as many as tell together what
 * one alone does, as wi_stat_block_median asks for. */
static size_t block_length(const struct wi_passes *p, struct wi_arena *arena) {
    size_t length = wi_stat_block_length(p->run_ns, p->count, WI_SUMMARY_BLOCK_NS);
    double n = p->count, effective = wi_stat_effective_count(p->run_ns, p->count, arena);
    double memory = (n - effective) / (n + effective); /* n (1 - r) / (1 + r), solved for r */
    size_t least = (size_t)ceil(4 * (n / effective - 1));
    return memory * sqrt(n) > memory_sure && least > length ? least : length;
}

static uint32_t block_count(const struct wi_passes *p, size_t length) {
    size_t blocks = p->count / length;
    uint32_t least = p->count < WI_SUMMARY_BLOCKS_LEAST ? p->count : WI_SUMMARY_BLOCKS_LEAST;
    return blocks > least ? (uint32_t)blocks : least;
}

/* The wider of two intervals around `mid`; the second one is around a middle of its own. */
static struct wi_interval wider(struct wi_interval a, struct wi_interval b, double mid) {
    double scale = b.mid > 0 ? mid / b.mid : 1;
    return (struct wi_interval){fmin(a.lo, b.lo * scale), mid, fmax(a.hi, b.hi * scale)};
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct wi_interval resample(const struct wi_passes *p, unsigned draws, uint64_t seed,
                                   struct wi_arena *arena, uint32_t *weight, double mid,
                                   uint32_t *block_total) {
    size_t length = block_length(p, arena);
    uint32_t blocks = block_count(p, length);
    struct wi_interval interval = {mid, mid, mid};
    *block_total = 0;
    if (p->count < 2 || draws == 0)
        return interval;
    *block_total = blocks;
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
    /* The passes as they would be for the whole model, each by itself: another estimate of the
     * same, in blocks taken anywhere and widened for their small number. */
    const struct wi_series passes = {p->model_ns, p->count, p->count / blocks};
    return wider(interval, wi_stat_block_median(&passes, draws, seed, arena), mid);
}

/* ---- trend, steps, two speeds ---- */

/* The passes in order, as at most TREND_GROUPS medians. */
static size_t group_medians(const struct wi_passes *p, double out[TREND_GROUPS]) {
    size_t groups = p->count < TREND_GROUPS ? p->count : TREND_GROUPS;
    for (size_t g = 0; g < groups; g++) {
        size_t first = g * p->count / groups, end = (g + 1) * p->count / groups;
        out[g] = wi_stat_median(&p->model_ns[first], end - first);
    }
    return groups;
}

/* The slope from the first pass to the last, if there is one at all. */
static double trend(const double *y, size_t n, struct wi_arena *arena) {
    struct wi_slope slope = wi_stat_slope(NULL, y, n, arena);
    double mid = wi_stat_median(y, n);
    return slope.p < sure && mid > 0 ? slope.per_step.mid * (double)(n - 1) / mid : 0;
}

/* One change of level, among all passes, because it may be near an end of them. A ramp looks like
 * one as well, and is told as a trend. */
static void find_step(const struct wi_passes *p, struct wi_arena *arena, struct wi_summary *out) {
    struct wi_change change = wi_stat_change(p->model_ns, p->count, arena);
    if (change.at == 0 || !(change.p < sure) || !(change.before > 0))
        return;
    out->step = change.after / change.before - 1;
    out->step_at = (double)change.at / p->count;
}

static void find_two_speeds(const struct wi_passes *p, struct wi_arena *arena,
                            struct wi_summary *out) {
    struct wi_modes modes = wi_stat_modes(p->model_ns, p->count, arena);
    if (!modes.two || !(modes.low > 0) || modes.high < (1 + apart_least) * modes.low)
        return;
    out->slower = modes.high / modes.low - 1;
    out->slower_share = modes.high_share;
}

static void look_at_order(const struct wi_passes *p, struct wi_arena *arena,
                          struct wi_summary *out) {
    double y[TREND_GROUPS];
    size_t n = group_medians(p, y);
    out->drift = trend(y, n, arena);
    find_step(p, arena, out);
    find_two_speeds(p, arena, out);
}

/* ---- the summary ---- */

static uint32_t doubts_of(const struct wi_summary *s, uint64_t resolution_ns) {
    uint32_t doubts = 0;
    if (s->half_width > wide || s->scatter > scatter_most || s->slower > 0)
        doubts |= WI_DOUBT_BIT(WI_DOUBT_noisy);
    if (fabs(s->drift) > drift_most || fabs(s->step) > drift_most)
        doubts |= WI_DOUBT_BIT(WI_DOUBT_drift);
    if (s->run_ns < (double)resolution_ns * RESOLUTION_TIMES)
        doubts |= WI_DOUBT_BIT(WI_DOUBT_too_short);
    if (s->clock_stood > 0 || s->clock_back > 0)
        doubts |= WI_DOUBT_BIT(WI_DOUBT_clock);
    return doubts;
}

static void describe_passes(const struct wi_passes *p, struct wi_summary *out) {
    out->passes = p->count;
    out->run_ns = wi_stat_median(p->run_ns, p->count);
    out->clock_stood = p->clock_stood;
    out->clock_back = p->clock_back;
    for (uint32_t i = 0; i < p->count; i++) {
        out->longest_ns = fmax(out->longest_ns, p->run_ns[i]);
        out->long_passes += p->run_ns[i] > LONG_TIMES * out->run_ns;
    }
}

static void describe_parts(const struct wi_passes *p, const uint32_t *once, bool whole,
                           struct wi_summary *out) {
    static const enum wi_segment_id segments[WI_PART_COUNT] = {[WI_PART_first] = WI_SEGMENT_embed,
                                                               [WI_PART_global] = WI_SEGMENT_global,
                                                               [WI_PART_local] = WI_SEGMENT_local,
                                                               [WI_PART_head] = WI_SEGMENT_head};
    for (unsigned k = 0; k < WI_PART_COUNT; k++) {
        const struct wi_part_series *s = &p->parts[k];
        enum wi_segment_id id = whole && k == WI_PART_first ? WI_SEGMENT_all : segments[k];
        if (s->count > 0)
            out->parts[id] = (struct wi_summary_part){.median_ns = weighted_median(s, once),
                                                      .timings = s->count,
                                                      .times = (uint32_t)s->times};
    }
}

/* Passes with the timings of each part sorted, and what counts each pass once. */
static int read_sorted(const struct wi_summary_input *in, struct wi_arena *arena,
                       struct wi_passes *p, uint32_t **once, struct wi_err *err) {
    WI_TRY(wi_passes_read(in, arena, p, err));
    for (unsigned k = 0; k < WI_PART_COUNT; k++)
        qsort(p->parts[k].items, p->parts[k].count, sizeof *p->parts[k].items, by_ns);
    *once = WI_NEW_ARRAY(arena, uint32_t, p->count);
    for (uint32_t i = 0; i < p->count; i++)
        (*once)[i] = 1;
    return WI_OK;
}

static int summarise(const struct wi_summary_input *in, struct wi_arena *arena,
                     struct wi_summary *out, struct wi_err *err) {
    struct wi_passes p;
    uint32_t *weight = NULL;
    WI_TRY(read_sorted(in, arena, &p, &weight, err));
    double t = segment_formula(&p, weight), tokens = 1e9 * in->tokens_per_pass;
    out->pass_ns = t;
    describe_passes(&p, out);
    describe_parts(&p, weight, in->samples[0].segment == WI_SEGMENT_all, out);
    if (!(t > 0)) {
        out->doubts = WI_DOUBT_BIT(WI_DOUBT_clock);
        return wi_fail(err, WI_UNAVAILABLE,
                       "the clock stood still while %u passes ran: no speed "
                       "can be told",
                       p.count);
    }
    out->blocks = (uint32_t)(p.count / block_length(&p, arena));
    struct wi_interval i =
        resample(&p, in->draws, in->seed, arena, weight, t, &out->resampled_blocks);
    out->rate = (struct wi_rate){.median = tokens / t,
                                 .lo = tokens / i.hi,
                                 .hi = tokens / fmax(i.lo, 1),
                                 .best = tokens / fmax(fastest_ns(&p), 1)};
    out->half_width = (i.hi - i.lo) / 2 / t;
    out->scatter =
        (wi_stat_quantile(p.model_ns, p.count, 0.9) - wi_stat_quantile(p.model_ns, p.count, 0.1)) /
        t;
    look_at_order(&p, arena, out);
    out->doubts = doubts_of(out, in->resolution_ns);
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

int wi_summary_pass_ns(const struct wi_summary_input *input, double *pass_ns, struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_passes p;
    uint32_t *once = NULL;
    int status = read_sorted(input, arena, &p, &once, err);
    *pass_ns = status == WI_OK ? segment_formula(&p, once) : 0;
    wi_arena_destroy(arena);
    return status;
}

static bool is_known(const struct wi_summary *s, double within, double level) {
    return s->blocks >= WI_SUMMARY_BLOCKS_ENOUGH && s->half_width <= within &&
           fabs(s->drift) <= level && fabs(s->step) <= level;
}

bool wi_summary_steady(const struct wi_summary *s) {
    return is_known(s, narrow, flat);
}

bool wi_summary_enough(const struct wi_summary *s) {
    return is_known(s, wide, drift_most);
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

void wi_constants_of_samples(struct wi_constants *list) {
    wi_constants_add(list, "samples.draws", WI_SUMMARY_DRAWS, "draws",
                     "make the interval of one run");
    wi_constants_add(list, "samples.block", WI_SUMMARY_BLOCK_NS / 1e9, "s",
                     "a block of passes lasts at least");
    wi_constants_add(list, "samples.blocks_least", WI_SUMMARY_BLOCKS_LEAST, "blocks",
                     "are made of the passes at least");
    wi_constants_add(list, "samples.steady_blocks", WI_SUMMARY_BLOCKS_ENOUGH, "blocks",
                     "must there be, before sampling may end early");
    wi_constants_add(list, "samples.steady_half_width", narrow, "share",
                     "half width of the interval at which sampling may end early");
    wi_constants_add(list, "samples.steady_trend", flat, "share",
                     "trend or step at which sampling may still end early");
    wi_constants_add(list, "samples.noisy_half_width", wide, "share",
                     "half width of the interval beyond which a row is noisy");
    wi_constants_add(list, "samples.noisy_scatter", scatter_most, "share",
                     "spread of the middle 80 % of passes beyond which a row is noisy");
    wi_constants_add(list, "samples.two_speeds", apart_least, "share",
                     "between two groups of passes, from which on they are two speeds");
    wi_constants_add(list, "samples.drift", drift_most, "share",
                     "trend or step beyond which a row drifts");
    wi_constants_add(list, "samples.sure", sure, "(p)",
                     "of a trend or step below which it is believed");
    wi_constants_add(list, "samples.too_short", RESOLUTION_TIMES, "times",
                     "the clock's step, below which a pass is too short");
}
