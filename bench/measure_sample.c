/* measure_sample.c: samples in turns of half a second, until steady or out of budget.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Promises: no allocation between the first sample of a case and its last but for looking whether
 * it is steady, whose time counts for nothing. */
#include "bench/measure_parts.h"
#include "results/summary.h"

enum { TURN_NS = 500000000, DRAWS_WHILE_SAMPLING = 200 };

/* ---- a pass ---- */

static void keep(struct wi_measuring *r, uint64_t start_ns, uint64_t ns, enum wi_segment_id id) {
    r->samples[r->sample_count++] = (struct wi_sample){
        .start_ns = start_ns, .ns = ns, .pass = r->passes, .segment = (uint8_t)id};
}

/* Between two passes in a row there is nothing to wait for. */
static void note_gap(struct wi_measuring *r, uint64_t start_ns) {
    struct wi_measured *m = &r->c->result;
    if (r->follows && start_ns > r->last_end_ns && start_ns - r->last_end_ns > m->stood_still_ns)
        m->stood_still_ns = start_ns - r->last_end_ns;
    r->last_end_ns = start_ns + r->last_pass_ns;
    r->follows = true;
}

static int sample_pass(const struct wi_measure_loop *l, struct wi_measuring *r,
                       struct wi_err *err) {
    size_t count = 0;
    uint64_t start_ns = 0, origin_ns = l->hooks->origin_ns;
    WI_TRY(wi_measure_one_pass(l, r, &count, &start_ns, err));
    note_gap(r, start_ns);
    uint64_t at = start_ns > origin_ns ? start_ns - origin_ns : 0;
    if (r->c->whole)
        keep(r, at, r->last_pass_ns, WI_SEGMENT_all);
    for (size_t i = 0; i < count && !r->c->whole; i++) {
        keep(r, at, r->segments[i].ns, r->segments[i].id);
        at += r->segments[i].ns;
    }
    r->passes++;
    r->sampled_ns += r->last_pass_ns;
    return WI_OK;
}

/* ---- processor time of the passes ---- */

static void resume_account(const struct wi_measure_loop *l, struct wi_measuring *r) {
    if (l->hooks->cpu_ns == NULL)
        return;
    r->ran_ns -= wi_now_ns(l->hooks->clock);
    r->cpu_ns -= l->hooks->cpu_ns(l->hooks->state);
}
static void pause_account(const struct wi_measure_loop *l, struct wi_measuring *r) {
    if (l->hooks->cpu_ns == NULL)
        return;
    r->cpu_ns += l->hooks->cpu_ns(l->hooks->state);
    r->ran_ns += wi_now_ns(l->hooks->clock);
}

/* ---- sampling ---- */

static bool look(const struct wi_measure_loop *l, const struct wi_measuring *r,
                 struct wi_summary *summary) {
    const struct wi_model *m = r->c->key.model;
    struct wi_summary_input in = {.samples = r->samples,
                                  .count = r->sample_count,
                                  .tokens_per_pass = 1,
                                  .seed = r->c->seed,
                                  .draws = DRAWS_WHILE_SAMPLING,
                                  .resolution_ns = l->resolution_ns};
    for (unsigned kind = 0; m != NULL && kind < WI_LAYER_KIND_COUNT; kind++)
        in.layer_count[kind] = wi_model_layer_count(m, (enum wi_layer_kind)kind);
    return wi_summary_compute(&in, summary, NULL) == WI_OK;
}

/* The next pass would end beyond the budget. Long passes may take three quarters more if that makes
 * six of them: a case that ends just before would have cost nearly as much and told less. */
static bool is_over(const struct wi_measuring *r) {
    double budget_ns = r->c->budget_s * 1e9;
    double six_ns = WI_SUMMARY_BLOCKS_ENOUGH * ((double)r->sampled_ns / r->passes);
    if (r->passes < WI_SUMMARY_BLOCKS_ENOUGH && six_ns <= WI_MEASURE_BUDGET_LONGER * budget_ns)
        return false;
    return (double)(r->sampled_ns + r->last_pass_ns) > budget_ns;
}

/* At least WI_MEASURE_SAMPLES_LEAST, whatever they cost; then until steady, or the next would pass
 * the budget. Looking costs time that is not measured, so it is done ever more seldom. */
static bool is_done(const struct wi_measure_loop *l, struct wi_measuring *r) {
    if (r->passes < WI_MEASURE_SAMPLES_LEAST)
        return false;
    bool full =
        r->passes >= WI_MEASURE_PASSES_MOST || r->sample_count + r->segment_room > r->sample_room;
    bool over = is_over(r);
    if (!full && !over && r->sampled_ns < r->next_look_ns)
        return false;
    r->next_look_ns = r->sampled_ns + r->sampled_ns / 4;
    pause_account(l, r);
    struct wi_summary s;
    bool known = look(l, r, &s), steady = known && wi_summary_steady(&s);
    resume_account(l, r);
    r->follows = false;
    r->c->result.steady = steady || ((full || over) && known && wi_summary_enough(&s));
    return full || over || steady;
}

int wi_measure_sample_turn(const struct wi_measure_loop *l, struct wi_measuring *r,
                           struct wi_err *err) {
    uint64_t end = r->sampled_ns + TURN_NS;
    r->follows = false;
    wi_measure_say(l, r, "sample");
    resume_account(l, r);
    do {
        WI_TRY(sample_pass(l, r, err));
        r->done = is_done(l, r);
    } while (!r->done && r->sampled_ns < end && r->last_pass_ns > 0);
    pause_account(l, r);
    return WI_OK;
}
