/* measure.c: times cases on an open session; measure.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Relies on: a session that runs passes without allocating.
 * Promises: no number without a verification before and one after; no allocation between the first
 * sample of a case and its last. */
#include "bench/measure.h"

#include "base/os.h"
#include "bench/measure_parts.h"
#include "bench/constants.h"
#include "results/summary.h"

#include <string.h>

enum {
    VERIFY_BEFORE = 1024, /* samples, SEMANTICS "Verification" */
    VERIFY_AFTER = 256,
    CANARY_NS = 16000000, /* of a look before and after each case */
};
static const double verify_share = 0.05; /* of the budget */

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

void wi_measure_say(const struct wi_measure_loop *l, const struct wi_measuring *r,
                    const char *step) {
    if (l->hooks->step != NULL)
        l->hooks->step(l->hooks->state, r->index, step);
}

/* ---- verification ---- */

static void note_errors(const struct wi_measure_loop *l, struct wi_measured *m,
                        const struct wi_verify_result *v) {
    struct wi_op_note *ops = WI_NEW_ARRAY(l->arena, struct wi_op_note, v->count + 1);
    for (size_t i = 0; i < v->count; i++)
        ops[i] = (struct wi_op_note){.op = wi_arena_strdup(l->arena, v->ops[i].op),
                                     .kernel = wi_arena_strdup(l->arena, v->ops[i].kernel),
                                     .error = v->ops[i].error,
                                     .tolerance = v->ops[i].tolerance,
                                     .quantisation = v->ops[i].quantisation};
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

static int verify(const struct wi_measure_loop *l, struct wi_measuring *r, uint32_t samples,
                  uint64_t seed, struct wi_err *err) {
    struct wi_verify_result v = {0};
    struct wi_pass pass = wi_measure_pass_of(r);
    uint64_t budget_ns = (uint64_t)(r->c->budget_s * verify_share * 1e9);
    WI_TRY(wi_session_verify(l->session, &pass, samples, seed, budget_ns, &v, err));
    r->verified_ns = v.ran_ns;
    if (is_worse(&v, &r->c->result))
        note_errors(l, &r->c->result, &v);
    if (v.first_wrong != NULL)
        return wi_fail(err, WI_WRONG, "%s", v.first_wrong);
    return WI_OK;
}

/* ---- a case ---- */

static void prepare(const struct wi_measure_loop *l, struct wi_measuring *r,
                    struct wi_measure_case *c, size_t index) {
    size_t layers = 0;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        layers += c->layers[kind];
    *r = (struct wi_measuring){.c = c, .index = index, .segment_room = layers + 2};
    r->segments = WI_NEW_ARRAY(l->arena, struct wi_pass_segment, r->segment_room);
    size_t wanted = WI_MEASURE_PASSES_MOST * (c->whole ? 1 : r->segment_room);
    r->sample_room = wanted < WI_MEASURE_SAMPLES_MOST ? wanted : WI_MEASURE_SAMPLES_MOST;
    r->samples = WI_NEW_ARRAY(l->arena, struct wi_sample, r->sample_room);
    r->next_look_ns = (uint64_t)(c->budget_s * 1e9 / 8);
    c->result = (struct wi_measured){0};
}

/* ---- looking at the device ---- */

/* Before the case is warmed up, because looking leaves the caches full of something else. */
static void look(const struct wi_measure_loop *l, struct wi_canary *at) {
    if (wi_session_canary(l->session, CANARY_NS, at, NULL) != WI_OK)
        *at = (struct wi_canary){0};
    at->at_ns = at->at_ns > l->hooks->origin_ns ? at->at_ns - l->hooks->origin_ns : 0;
}

static int before_sampling(const struct wi_measure_loop *l, struct wi_measuring *r,
                           struct wi_err *err) {
    wi_measure_say(l, r, "verify");
    WI_TRY(verify(l, r, VERIFY_BEFORE, r->c->seed, err));
    wi_measure_say(l, r, "warm up");
    look(l, &r->c->result.before);
    return wi_measure_warm_up(l, r, err);
}

static void finish(const struct wi_measure_loop *l, struct wi_measuring *r, int status,
                   const struct wi_err *why) {
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
    if (r->ran_ns > 0 && info.threads > 0)
        m->cpu_share = wi_some_f64((double)r->cpu_ns / ((double)r->ran_ns * (double)info.threads));
    m->resolution_ns = l->resolution_ns;
    m->peak_rss_bytes = wi_os_peak_rss_bytes();
    m->wall_s = (double)r->wall_ns / 1e9;
    r->done = true;
    if (l->hooks->finished != NULL)
        l->hooks->finished(l->hooks->state, r->index);
}

static int after_sampling(const struct wi_measure_loop *l, struct wi_measuring *r,
                          struct wi_err *err) {
    wi_measure_say(l, r, "verify again");
    r->tokens_done = 0;
    look(l, &r->c->result.after);
    return verify(l, r, VERIFY_AFTER, r->c->seed + 1, err);
}

/* A finding about this case ends the case; a lost device ends the session as well. */
static int settle(const struct wi_measure_loop *l, struct wi_measuring *r, int status,
                  const struct wi_err *why, struct wi_err *err) {
    finish(l, r, status, why);
    if (wi_case_status_of(status) == WI_CASE_crashed)
        return wi_fail(err, WI_CRASHED, "%s", why->message);
    return WI_OK;
}

/* Runs `step` on every case that is not done yet. */
static int for_each(const struct wi_measure_loop *l, struct wi_measuring *runs, size_t count,
                    int (*step)(const struct wi_measure_loop *, struct wi_measuring *,
                                struct wi_err *),
                    bool finishes, struct wi_err *err) {
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

static bool all_done(const struct wi_measuring *runs, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!runs[i].done)
            return false;
    return true;
}

int wi_measure_run(struct wi_session *session, struct wi_measure_case *cases, size_t count,
                   const struct wi_measure_hooks *hooks, struct wi_arena *arena,
                   struct wi_err *err) {
    const struct wi_measure_loop l = {session, hooks, arena, wi_clock_resolution(hooks->clock)};
    struct wi_measuring *runs = WI_NEW_ARRAY(arena, struct wi_measuring, count);
    for (size_t i = 0; i < count; i++)
        prepare(&l, &runs[i], &cases[i], i);
    WI_TRY(for_each(&l, runs, count, before_sampling, false, err));
    while (!all_done(runs, count))
        WI_TRY(for_each(&l, runs, count, wi_measure_sample_turn, false, err));
    return for_each(&l, runs, count, after_sampling, true, err);
}

void wi_constants_of_measure(struct wi_constants *list) {
    wi_constants_add(list, "measuring.samples_least", WI_MEASURE_SAMPLES_LEAST, "passes",
                     "are sampled at least, whatever the budget");
    wi_constants_add(list, "measuring.passes_most", WI_MEASURE_PASSES_MOST, "passes", "end a case");
    wi_constants_add(list, "measuring.verify_share", verify_share, "share",
                     "of a case's budget may verifying take");
}
