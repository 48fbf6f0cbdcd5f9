/* explain.c: what text and JSON of `explain` both say, worked out once.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/explain.h"

#include "report/words.h"

#include <math.h>
#include <string.h>

/* ---- stored against recomputed ---- */

/* The same arithmetic on another machine may round otherwise in the last digits. */
static bool same(double a, double b) {
    return fabs(a - b) <= 1e-9 * fabs(b);
}

enum wi_tri wi_explain_agrees(const struct wi_explain_view *view) {
    const struct wi_measurement *m = &view->evidence->m;
    if (view->summary == NULL || m->status != WI_CASE_ok || !(m->tokens_per_s.median > 0))
        return WI_TRI_unknown;
    const struct wi_rate *stored = &m->tokens_per_s, *now = &view->summary->rate;
    return same(now->median, stored->median) && same(now->lo, stored->lo) &&
                   same(now->hi, stored->hi)
               ? WI_TRI_yes
               : WI_TRI_no;
}

/* ---- roofline ---- */

static struct wi_explain_term term(double per_token, double achieved, struct wi_maybe_f64 limit) {
    struct wi_explain_term t = {.per_token = per_token > 0 ? per_token : (double)NAN,
                                .achieved = achieved > 0 ? achieved : (double)NAN,
                                .limit = wi_has_f64(limit) ? limit.value : (double)NAN};
    t.fraction = t.achieved / t.limit;
    return t;
}

struct wi_explain_term wi_explain_memory(const struct wi_explain_view *view) {
    const struct wi_measurement *m = &view->evidence->m;
    struct wi_maybe_f64 none = {WI_KNOWN_unknown, 0};
    return term(m->bytes_per_token, m->achieved_gb_per_s,
                view->roofline ? view->roofline->read_gb_per_s : none);
}

static struct wi_maybe_f64 peak(const struct wi_roofline *r, const char *arithmetic) {
    if (arithmetic && strcmp(arithmetic, "f32") == 0)
        return r->peak_gflop_per_s_f32;
    if (arithmetic && strcmp(arithmetic, "bf16") == 0)
        return r->peak_gflop_per_s_bf16;
    if (arithmetic && strcmp(arithmetic, "int8") == 0)
        return r->peak_gflop_per_s_int8;
    return (struct wi_maybe_f64){WI_KNOWN_unknown, 0};
}

struct wi_explain_term wi_explain_compute(const struct wi_explain_view *view) {
    const struct wi_measurement *m = &view->evidence->m;
    struct wi_maybe_f64 none = {WI_KNOWN_unknown, 0};
    return term(m->flops_per_token, m->achieved_gflop_per_s,
                view->roofline ? peak(view->roofline, m->arithmetic) : none);
}

/* ---- doubts ---- */

const char *wi_explain_seen(const struct wi_explain_view *view, enum wi_doubt doubt) {
    const struct wi_measurement *m = &view->evidence->m;
    for (size_t i = 0; i < m->doubt_note_count; i++)
        if (m->doubt_notes[i].doubt == doubt)
            return m->doubt_notes[i].seen;
    return NULL;
}

/* ---- conditions ---- */

struct readings {
    struct wi_explain_reading *items;
    size_t count, capacity;
};

static struct wi_explain_reading *reading_of(struct readings *list, const char *key,
                                             struct wi_arena *arena) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].key, key) == 0)
            return &list->items[i];
    struct wi_explain_reading *r = WI_PUSH(arena, list, struct wi_explain_reading);
    r->key = key;
    return r;
}

static void take(struct wi_explain_reading *r, const struct wi_fact *fact, uint64_t at_ns,
                 bool before) {
    if (before && (r->before == NULL || at_ns >= r->before_ns)) {
        r->before = fact;
        r->before_ns = at_ns;
    }
    if (!before && (r->after == NULL || at_ns < r->after_ns)) {
        r->after = fact;
        r->after_ns = at_ns;
    }
}

size_t wi_explain_readings(const struct wi_explain_view *view, struct wi_arena *arena,
                           const struct wi_explain_reading **readings) {
    const struct wi_measurement *m = &view->evidence->m;
    struct readings list = {0};
    uint64_t begin = UINT64_MAX, end = 0;
    for (size_t i = 0; i < m->sample_count; i++) {
        uint64_t ends = m->samples[i].start_ns + m->samples[i].ns;
        begin = m->samples[i].start_ns < begin ? m->samples[i].start_ns : begin;
        end = ends > end ? ends : end;
    }
    for (size_t i = 0; m->sample_count > 0 && i < view->reading_count; i++) {
        const struct wi_conditions *c = &view->readings[i].conditions;
        for (size_t f = 0; f < c->facts.count && (c->at_ns <= begin || c->at_ns >= end); f++)
            take(reading_of(&list, c->facts.items[f].key, arena), &c->facts.items[f], c->at_ns,
                 c->at_ns <= begin);
    }
    *readings = list.items;
    return list.count;
}

/* ---- for other tools ---- */

/* docs/database.md explains it; ids are hex digits. */
const char *wi_explain_sql(const struct wi_explain_view *view, struct wi_arena *arena) {
    return wi_arena_printf(
        arena,
        "WITH ranked AS (\n"
        "  SELECT segment, ns, count(*) OVER (PARTITION BY segment) AS n,\n"
        "         row_number() OVER (PARTITION BY segment ORDER BY ns) AS place\n"
        "  FROM sample WHERE measurement_id = '%s'),\n"
        "median AS (\n"
        "  SELECT segment, avg(ns) AS ns FROM ranked\n"
        "  WHERE place IN ((n + 1) / 2, (n + 2) / 2) GROUP BY segment)\n"
        "SELECT m.tokens_per_sample * 1e9 / sum(median.ns * CASE segment\n"
        "         WHEN 'global' THEN m.layers_global\n"
        "         WHEN 'local' THEN m.layers_local ELSE 1 END) AS tokens_per_s,\n"
        "       m.tokens_per_s_median AS stored\n"
        "FROM measurement AS m, median\n"
        "WHERE m.measurement_id = '%s';",
        view->evidence->m.id, view->evidence->m.id);
}

/* ---- sentences ---- */

const char *wi_explain_interval(const struct wi_explain_view *view, struct wi_arena *arena) {
    const struct wi_summary *s = view->summary;
    if (s == NULL)
        return view->no_summary ? view->no_summary : "the samples were not summed up";
    if (s->resampled_blocks == 0)
        return "A single pass tells nothing of its spread: lo and hi are the median.";
    return wi_arena_printf(
        arena,
        "The %u passes, in the order in which they ran, are cut into %u blocks: each at least %.1f "
        "s "
        "long, longer where passes resemble those before them, and %u at the least. %u blocks are "
        "drawn at random with repetition, and the formula above is worked out on the passes that "
        "were drawn. That is done %u times with seed %llu (xoshiro256**), and the 2.5 %% and 97.5 "
        "%% "
        "points are taken. So a pass is never taken apart, and what lasts for a while counts once. "
        "The same is done with each pass scaled to the whole model by itself, blocks beginning at "
        "any pass, and percentiles further out for the small number of blocks; lo and hi are the "
        "outer ends of both.",
        s->passes, s->resampled_blocks, WI_SUMMARY_BLOCK_NS / 1e9, WI_SUMMARY_BLOCKS_LEAST,
        s->resampled_blocks, (unsigned)WI_SUMMARY_DRAWS,
        (unsigned long long)view->evidence->m.seed);
}

const char *wi_explain_widening(const struct wi_explain_view *view, struct wi_arena *arena) {
    return wi_arena_printf(
        arena,
        "This is the spread within one run. Where no other run of the case counts, a verdict moves "
        "lo and hi outward by %.0f %% (mains and a fan) or %.0f %% (battery, or no fan) of "
        "themselves, since runs on an unchanged device differ by more than passes do.",
        100 * view->rules->between_run_mains, 100 * view->rules->between_run_battery);
}
