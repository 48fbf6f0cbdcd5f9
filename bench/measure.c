/* measure.c: times cases on an open session; measure.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Relies on: a session that runs passes without allocating.
 * Promises: no number without a verification before and one after; no allocation between the first
 * sample of a case and its last. */
#include "bench/measure.h"

#include "base/os.h"
#include "base/stats.h"
#include "results/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    VERIFY_BEFORE = 1024, /* samples, SEMANTICS "Verification" */
    VERIFY_AFTER = 256,
    TURN_NS = 500000000,
    WARM_BLOCK_NS = 100000000,
    WARM_BLOCKS_MOST = 16,
    SAMPLES_LEAST = 3,
    PASSES_MOST = 2000, /* of a case: more would tell nothing new */
    SAMPLES_MOST = 65536,
    DRAWS_WHILE_SAMPLING = 200,
};
static const double verify_share = 0.05; /* of the budget */
static const double warm_share = 0.2;
static const double warm_close = 0.02; /* two blocks agree */

struct run { /* one case while it is measured */
    struct wi_measure_case *c;
    size_t index;
    struct wi_pass_segment *segments; /* of one pass */
    size_t segment_room;
    struct wi_sample *samples;
    size_t sample_room, sample_count;
    uint32_t passes, tokens_done;
    uint64_t sampled_ns, last_pass_ns;
    uint64_t next_look_ns; /* when to ask again whether it is steady */
    uint64_t wall_ns;
    bool done;
};
struct loop {
    struct wi_session *session;
    const struct wi_measure_hooks *hooks;
    struct wi_arena *arena;
    uint64_t resolution_ns;
};

enum wi_case_status wi_case_status_of(int status) {
    switch (status) {
    case WI_OK:
        return WI_CASE_ok;
    case WI_WRONG:
        return WI_CASE_wrong;
    case WI_TIMEOUT:
        return WI_CASE_timeout;
    case WI_TOO_BIG:
    case WI_NOMEM:
        return WI_CASE_too_big;
    case WI_UNSUPPORTED:
        return WI_CASE_unsupported;
    case WI_UNAVAILABLE:
        return WI_CASE_unavailable;
    case WI_NOT_BUILT:
        return WI_CASE_not_built;
    default:
        return WI_CASE_crashed;
    }
}

static void say_step(const struct loop *l, const struct run *r, const char *step) {
    if (l->hooks->step != NULL)
        l->hooks->step(l->hooks->state, r->index, step);
}

/* ---- passes ---- */

/* The k-th of n tokens is decoded at depth d + k; then over again from d. */
static struct wi_pass pass_of(const struct run *r) {
    const struct wi_case *key = &r->c->key;
    struct wi_pass pass = {.phase = key->phase, .tokens = key->tokens, .depth = key->depth};
    memcpy(pass.layers, r->c->layers, sizeof pass.layers);
    if (key->phase == WI_PHASE_decode) {
        pass.depth += r->tokens_done % key->tokens;
        pass.tokens = 1;
    }
    return pass;
}

static int run_pass(const struct loop *l, struct run *r, size_t *count, uint64_t *start_ns,
                    struct wi_err *err) {
    struct wi_pass pass = pass_of(r);
    WI_TRY(wi_session_run(l->session, &pass, r->segments, r->segment_room, count, start_ns, err));
    r->tokens_done++;
    r->last_pass_ns = 0;
    for (size_t i = 0; i < *count; i++)
        r->last_pass_ns += r->segments[i].ns;
    return WI_OK;
}

static void keep(struct run *r, uint64_t start_ns, uint64_t ns, enum wi_segment_id id) {
    r->samples[r->sample_count++] = (struct wi_sample){
        .start_ns = start_ns, .ns = ns, .pass = r->passes, .segment = (uint8_t)id};
}

static int sample_pass(const struct loop *l, struct run *r, struct wi_err *err) {
    size_t count = 0;
    uint64_t start_ns = 0, origin_ns = l->hooks->origin_ns;
    WI_TRY(run_pass(l, r, &count, &start_ns, err));
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

/* ---- verification ---- */

static void note_errors(const struct loop *l, struct wi_measured *m,
                        const struct wi_verify_result *v) {
    struct wi_op_note *ops = WI_NEW_ARRAY(l->arena, struct wi_op_note, v->count + 1);
    for (size_t i = 0; i < v->count; i++)
        ops[i] = (struct wi_op_note){.op = wi_arena_strdup(l->arena, v->ops[i].op),
                                     .kernel = wi_arena_strdup(l->arena, v->ops[i].kernel),
                                     .error = v->ops[i].error,
                                     .tolerance = v->ops[i].tolerance};
    m->ops = ops;
    m->op_count = v->count;
    m->error = v->worst_error;
    m->tolerance = v->worst_tolerance;
    m->worst_op = wi_arena_strdup(l->arena, v->worst_op);
}

/* Relative to its tolerance: the second look replaces the first when it found worse. */
static bool is_worse(const struct wi_verify_result *v, const struct wi_measured *m) {
    return m->worst_op == NULL || v->first_wrong != NULL ||
           v->worst_error * m->tolerance > m->error * v->worst_tolerance;
}

static int verify(const struct loop *l, struct run *r, uint32_t samples, uint64_t seed,
                  struct wi_err *err) {
    struct wi_verify_result v = {0};
    struct wi_pass pass = pass_of(r);
    uint64_t budget_ns = (uint64_t)(r->c->budget_s * verify_share * 1e9);
    WI_TRY(wi_session_verify(l->session, &pass, samples, seed, budget_ns, &v, err));
    if (is_worse(&v, &r->c->result))
        note_errors(l, &r->c->result, &v);
    if (v.first_wrong != NULL)
        return wi_fail(err, WI_WRONG, "%s", v.first_wrong);
    return WI_OK;
}

/* ---- warming up ---- */

static int warm_block(const struct loop *l, struct run *r, double *mean_ns, struct wi_err *err) {
    uint64_t spent = 0, start = 0;
    uint32_t n = 0;
    size_t count = 0;
    while (n == 0 || (spent < WARM_BLOCK_NS && n < PASSES_MOST / WARM_BLOCKS_MOST)) {
        WI_TRY(run_pass(l, r, &count, &start, err));
        spent += r->last_pass_ns;
        n++;
    }
    r->c->result.warmups += n;
    *mean_ns = (double)spent / n;
    return WI_OK;
}

/* Until two blocks agree. Verification has already run every kernel once, so that a pass too long
 * for two blocks in a fifth of the budget is warm after one. */
static int warm_up(const struct loop *l, struct run *r, struct wi_err *err) {
    double before = 0, now = 0, spent = 0;
    for (unsigned block = 0; block < WARM_BLOCKS_MOST; block++) {
        uint32_t warmups = r->c->result.warmups;
        WI_TRY(warm_block(l, r, &now, err));
        double block_ns = now * (r->c->result.warmups - warmups);
        spent += block_ns;
        if (block > 0 && fabs(now - before) <= warm_close * before)
            break;
        if (spent + block_ns > warm_share * r->c->budget_s * 1e9)
            break;
        before = now;
    }
    r->tokens_done = 0;
    return WI_OK;
}

/* ---- sampling ---- */

static bool is_steady(const struct loop *l, const struct run *r) {
    const struct wi_model *m = r->c->key.model;
    struct wi_summary_input in = {.samples = r->samples,
                                  .count = r->sample_count,
                                  .tokens_per_pass = 1,
                                  .seed = r->c->seed,
                                  .draws = DRAWS_WHILE_SAMPLING,
                                  .resolution_ns = l->resolution_ns};
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        in.layer_count[kind] = wi_model_layer_count(m, (enum wi_layer_kind)kind);
    struct wi_summary summary;
    return wi_summary_compute(&in, &summary, NULL) == WI_OK && wi_summary_steady(&summary);
}

/* At least SAMPLES_LEAST, whatever they cost; then until steady, or the next would pass the
 * budget. Looking costs time that is not measured, so it is done ever more seldom. */
static bool is_done(const struct loop *l, struct run *r) {
    if (r->passes < SAMPLES_LEAST)
        return false;
    bool full = r->passes >= PASSES_MOST || r->sample_count + r->segment_room > r->sample_room;
    bool over = (double)(r->sampled_ns + r->last_pass_ns) > r->c->budget_s * 1e9;
    if (!full && !over && r->sampled_ns < r->next_look_ns)
        return false;
    r->next_look_ns = r->sampled_ns + r->sampled_ns / 4;
    r->c->result.steady = is_steady(l, r);
    return full || over || r->c->result.steady;
}

/* One turn of a case; alone it needs only one. */
static int sample_turn(const struct loop *l, struct run *r, struct wi_err *err) {
    uint64_t end = r->sampled_ns + TURN_NS;
    say_step(l, r, "sample");
    do {
        WI_TRY(sample_pass(l, r, err));
        r->done = is_done(l, r);
    } while (!r->done && r->sampled_ns < end && r->last_pass_ns > 0);
    return WI_OK;
}

/* ---- a case ---- */

static void prepare(const struct loop *l, struct run *r, struct wi_measure_case *c, size_t index) {
    size_t layers = 0;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        layers += c->layers[kind];
    *r = (struct run){.c = c, .index = index, .segment_room = layers + 2};
    r->segments = WI_NEW_ARRAY(l->arena, struct wi_pass_segment, r->segment_room);
    size_t wanted = PASSES_MOST * (c->whole ? 1 : r->segment_room);
    r->sample_room = wanted < SAMPLES_MOST ? wanted : SAMPLES_MOST;
    r->samples = WI_NEW_ARRAY(l->arena, struct wi_sample, r->sample_room);
    r->next_look_ns = (uint64_t)(c->budget_s * 1e9 / 8);
    c->result = (struct wi_measured){0};
}

static int before_sampling(const struct loop *l, struct run *r, struct wi_err *err) {
    say_step(l, r, "verify");
    WI_TRY(verify(l, r, VERIFY_BEFORE, r->c->seed, err));
    say_step(l, r, "warm up");
    return warm_up(l, r, err);
}

static void finish(const struct loop *l, struct run *r, int status, const struct wi_err *why) {
    struct wi_measured *m = &r->c->result;
    struct wi_session_info info;
    wi_session_info(l->session, &info);
    m->kernel = wi_arena_strdup(l->arena, r->c->key.phase == WI_PHASE_decode ? info.kernel_decode
                                                                             : info.kernel_prefill);
    m->status = wi_case_status_of(status);
    if (status == WI_OK) {
        m->samples = r->samples;
        m->sample_count = r->sample_count;
        m->passes = r->passes;
    } else {
        m->reason = wi_arena_strdup(l->arena, why->message);
        m->steady = false;
    }
    m->resolution_ns = l->resolution_ns;
    m->peak_rss_bytes = wi_os_peak_rss_bytes();
    m->wall_s = (double)r->wall_ns / 1e9;
    r->done = true;
    if (l->hooks->finished != NULL)
        l->hooks->finished(l->hooks->state, r->index);
}

static int after_sampling(const struct loop *l, struct run *r, struct wi_err *err) {
    say_step(l, r, "verify again");
    r->tokens_done = 0;
    return verify(l, r, VERIFY_AFTER, r->c->seed + 1, err);
}

/* A finding about this case ends the case; a lost device ends the session as well. */
static int settle(const struct loop *l, struct run *r, int status, const struct wi_err *why,
                  struct wi_err *err) {
    finish(l, r, status, why);
    if (wi_case_status_of(status) == WI_CASE_crashed)
        return wi_fail(err, WI_CRASHED, "%s", why->message);
    return WI_OK;
}

/* Runs `step` on every case that is not done yet. */
static int for_each(const struct loop *l, struct run *runs, size_t count,
                    int (*step)(const struct loop *, struct run *, struct wi_err *), bool finishes,
                    struct wi_err *err) {
    for (size_t i = 0; i < count; i++) {
        struct wi_err why = {0};
        if (runs[i].c->result.reason != NULL || (!finishes && runs[i].done))
            continue;
        uint64_t began_ns = wi_now_ns(l->hooks->clock);
        int status = step(l, &runs[i], &why);
        runs[i].wall_ns += wi_now_ns(l->hooks->clock) - began_ns;
        if (status != WI_OK || finishes)
            WI_TRY(settle(l, &runs[i], status, &why, err));
    }
    return WI_OK;
}

static bool all_done(const struct run *runs, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!runs[i].done)
            return false;
    return true;
}

int wi_measure_run(struct wi_session *session, struct wi_measure_case *cases, size_t count,
                   const struct wi_measure_hooks *hooks, struct wi_arena *arena,
                   struct wi_err *err) {
    const struct loop l = {session, hooks, arena, wi_clock_resolution(hooks->clock)};
    struct run *runs = WI_NEW_ARRAY(arena, struct run, count);
    for (size_t i = 0; i < count; i++)
        prepare(&l, &runs[i], &cases[i], i);
    WI_TRY(for_each(&l, runs, count, before_sampling, false, err));
    while (!all_done(runs, count))
        WI_TRY(for_each(&l, runs, count, sample_turn, false, err));
    return for_each(&l, runs, count, after_sampling, true, err);
}
