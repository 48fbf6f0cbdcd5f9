/* run.c: executes a plan: a worker for each group, a row for each case.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Promises: every case of the plan becomes exactly one row, whatever its worker does; a row is with
 * the sink before anything else is read from the worker; Ctrl-C ends the worker and keeps what was
 * handed over. */
#include "bench/run.h"

#include "base/buf.h"
#include "base/build_info.h"
#include "base/clock.h"
#include "base/os.h"
#include "bench/crew.h"
#include "bench/row.h"
#include "bench/roofs.h"
#include "bench/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROOFLINES_MOST = 64 };
#define ROOFLINE_BUDGET_NS UINT64_C(4000000000)

struct slow_case { /* the shares of the best that looks beside a finished case saw then */
    char name[96];
    double read_gb_per_s, f32_gflop_per_s; /* the lower look; 0: unknown */
    bool told;                             /* its row says so */
    struct wi_roof *roof;
};
struct execution {
    const struct wi_run_request *request;
    const struct wi_plan *plan;
    const struct wi_inventory *inventory;
    const struct wi_run_sink *sink;
    struct wi_watch watch;
    struct wi_roof roofs[ROOFLINES_MOST]; /* of compute devices, from their first worker on */
    size_t roof_count;
    struct wi_arena *arena;
    struct {
        struct slow_case *items;
        size_t count, capacity;
    } beside;
    bool before_built; /* the date is before this program was built */
    uint64_t origin_ns;
    double forecast_left_s, forecast_done_s;
};

/* ---- time left ---- */

static double elapsed_s(const struct execution *x) {
    return (double)(wi_now_ns(&wi_clock_system) - x->origin_ns) / 1e9;
}

/* The forecast of what is left, corrected by how the forecast of what is done turned out. */
static double left_s(const struct execution *x) {
    double ratio = 1;
    if (x->forecast_done_s > 1)
        ratio = elapsed_s(x) / x->forecast_done_s;
    ratio = ratio < 0.25 ? 0.25 : ratio > 4 ? 4 : ratio;
    return x->forecast_left_s * ratio;
}

static void count_done(struct execution *x, double forecast_s) {
    x->forecast_done_s += forecast_s;
    x->forecast_left_s -= forecast_s;
    if (x->forecast_left_s < 0)
        x->forecast_left_s = 0;
}

/* ---- rooflines ---- */

static struct wi_roof *roof_of(struct execution *x, const struct wi_case *key) {
    for (size_t i = 0; i < x->roof_count; i++) {
        const struct wi_roofline *r = &x->roofs[i].measured;
        if (r->backend == key->backend && strcmp(r->compute_device_id, key->compute_device_id) == 0)
            return &x->roofs[i];
    }
    return NULL;
}

/* True once for each compute device: a worker that dies of it is not given it again. */
static bool claim_roofline(struct execution *x, const struct wi_case *key) {
    if (roof_of(x, key) != NULL || x->roof_count == ROOFLINES_MOST)
        return false;
    x->roofs[x->roof_count++].measured =
        (struct wi_roofline){.backend = key->backend, .compute_device_id = key->compute_device_id};
    return true;
}

static void on_warning(void *state, const char *sentence) {
    const struct execution *x = state;
    if (x->sink->warning != NULL)
        x->sink->warning(x->sink->state, sentence);
}

/* A ceiling that was measured while other work took the processor is too low, and would let a
 * verdict say "no" to what the device can do: it is not believed, and not kept. Of several that are
 * believed the best is kept, field by field. */
static int on_roofline(void *state, const struct wi_plan_group *group, struct wi_roofline *r,
                       struct wi_err *err) {
    struct execution *x = state;
    struct wi_roof *roof = roof_of(x, &group->cases[0].key);
    struct wi_notes notes = {.arena = wi_arena_create()};
    if (roof == NULL)
        return WI_OK;
    int status = wi_watch_read(&x->watch, "during", &notes, err);
    bool contended = (notes.doubts & WI_DOUBT_BIT(WI_DOUBT_contended)) != 0;
    wi_arena_destroy(notes.arena);
    WI_TRY(status);
    if (contended) {
        on_warning(x,
                   roof->known
                       ? "other work took the processor while this device's limits were measured "
                         "again: what was measured before stands"
                       : "other work took the processor while this device's limits were measured: "
                         "they are left out, and what is too slow cannot be told; stop it, then "
                         "repeat");
        return WI_OK;
    }
    wi_roof_raise(roof, r);
    return x->sink->roofline == NULL ? WI_OK
                                     : x->sink->roofline(x->sink->state, &roof->measured, err);
}

/* ---- the canary ---- */

static int store_look(struct execution *x, const struct wi_canary *look, struct wi_err *err) {
    if (x->sink->conditions == NULL ||
        (!wi_has_f64(look->read_gb_per_s) && !wi_has_f64(look->f32_gflop_per_s)))
        return WI_OK;
    struct wi_arena *arena = wi_arena_create();
    const struct wi_conditions c = wi_canary_conditions(look, arena);
    int status = x->sink->conditions(x->sink->state, "during", &c, err);
    wi_arena_destroy(arena);
    return status;
}

static int on_canary(void *state, const struct wi_plan_group *group, const struct wi_canary *look,
                     struct wi_err *err) {
    struct execution *x = state;
    struct wi_roof *roof = roof_of(x, &group->cases[0].key);
    if (roof != NULL)
        wi_canary_raise(&roof->best, look);
    return store_look(x, look, err);
}

static double lower(struct wi_maybe_f64 a, struct wi_maybe_f64 b) {
    double x = wi_has_f64(a) ? a.value : INFINITY, y = wi_has_f64(b) ? b.value : INFINITY;
    double least = fmin(x, y);
    return isinf(least) ? 0 : least;
}

/* What was seen beside a case is kept, because the best may be seen later. */
static void remember(struct execution *x, struct wi_roof *roof, const struct wi_plan_case *c,
                     const struct wi_measured *m, bool told) {
    struct slow_case *s = WI_PUSH(x->arena, &x->beside, struct slow_case);
    *s = (struct slow_case){.roof = roof, .told = told};
    snprintf(s->name, sizeof s->name, "%s %s %s %u", c->key.model->id,
             wi_format_get(c->key.precision)->name, wi_phase_name(c->key.phase),
             c->key.phase == WI_PHASE_decode ? c->key.depth : c->key.tokens);
    s->read_gb_per_s = lower(m->before.read_gb_per_s, m->after.read_gb_per_s);
    s->f32_gflop_per_s = lower(m->before.f32_gflop_per_s, m->after.f32_gflop_per_s);
}

static int judge_looks(struct execution *x, const struct wi_plan_case *c,
                       const struct wi_measured *m, struct wi_notes *notes, struct wi_err *err) {
    struct wi_roof *roof = roof_of(x, &c->key);
    if (roof == NULL || m->status != WI_CASE_ok)
        return WI_OK;
    wi_canary_raise(&roof->best, &m->before);
    wi_canary_raise(&roof->best, &m->after);
    WI_TRY(store_look(x, &m->before, err));
    WI_TRY(store_look(x, &m->after, err));
    struct wi_canary_best best = wi_roof_best(roof);
    wi_canary_judge(&best, &m->before, &m->after, notes);
    remember(x, roof, c, m, wi_canary_is_short(wi_canary_share(&best, &m->before, &m->after)));
    return WI_OK;
}

/* Rows are stored as they come; the device may have shown only later what it can do. */
static void warn_of_slow_hours(struct execution *x) {
    struct wi_buf names = {0};
    size_t n = 0;
    double least = 1;
    for (size_t i = 0; i < x->beside.count; i++) {
        const struct slow_case *s = &x->beside.items[i];
        const struct wi_canary_best best = wi_roof_best(s->roof);
        const struct wi_canary seen = {
            .read_gb_per_s = {s->read_gb_per_s > 0 ? WI_KNOWN_known : WI_KNOWN_unknown,
                              s->read_gb_per_s},
            .f32_gflop_per_s = {s->f32_gflop_per_s > 0 ? WI_KNOWN_known : WI_KNOWN_unknown,
                                s->f32_gflop_per_s}};
        struct wi_canary_share share = wi_canary_share(&best, &seen, &seen);
        if (s->told || !wi_canary_is_short(share))
            continue;
        wi_buf_printf(&names, "%s%s", n++ == 0 ? "" : ", ", s->name);
        least = fmin(least, fmin(share.read, share.f32));
    }
    if (n > 0) {
        wi_buf_printf(&names,
                      ": measured while the device gave as little as %.0f %% of what it gave later "
                      "in this run, which their rows could not know; repeat the run",
                      100 * least);
        on_warning(x, wi_buf_str(&names));
    }
    wi_buf_fini(&names);
}

/* ---- rows ---- */

static int store_row(struct execution *x, const struct wi_roof *roof,
                     const struct wi_plan_group *group, const struct wi_plan_case *c,
                     const struct wi_session_info *info, const struct wi_measured *m,
                     struct wi_notes *notes, struct wi_err *err) {
    const struct wi_roofline ceiling =
        roof != NULL ? wi_roof_ceiling(roof) : (struct wi_roofline){0};
    const struct wi_row_context context = {.request = x->request,
                                           .plan = x->plan,
                                           .group = group,
                                           .info = info,
                                           .roofline =
                                               roof != NULL && roof->known ? &ceiling : NULL,
                                           .notes = notes};
    struct wi_measurement row;
    wi_row_make(&context, c, m, notes->arena, &row);
    return x->sink->measured == NULL ? WI_OK : x->sink->measured(x->sink->state, &row, err);
}

static int on_row(void *state, const struct wi_plan_group *group, const struct wi_plan_case *c,
                  const struct wi_session_info *info, const struct wi_measured *m,
                  struct wi_err *err) {
    struct execution *x = state;
    const struct wi_roof *roof = roof_of(x, &c->key);
    struct wi_arena *arena = wi_arena_create();
    struct wi_notes notes = {.arena = arena};
    int status = WI_OK;
    if (c->foregone == WI_CASE_ok) {
        status = wi_watch_read(&x->watch, "during", &notes, err);
        if (status == WI_OK)
            status = judge_looks(x, c, m, &notes, err);
        count_done(x, c->forecast_s);
    }
    if (x->before_built)
        wi_note(&notes, WI_DOUBT_clock, "the run is dated before this program was built");
    if (x->sink->progress != NULL)
        x->sink->progress(x->sink->state, c, "store", left_s(x));
    if (status == WI_OK)
        status = store_row(x, roof, group, c, info, m, &notes, err);
    wi_arena_destroy(arena);
    return status;
}

static void on_step(void *state, const struct wi_plan_case *c, const char *step) {
    const struct execution *x = state;
    if (x->sink->progress != NULL)
        x->sink->progress(x->sink->state, c, step, left_s(x));
}

/* ---- groups ---- */

static int hand_over_foregone(struct execution *x, const struct wi_plan_group *group,
                              struct wi_err *err) {
    for (size_t i = 0; i < group->count; i++) {
        const struct wi_plan_case *c = &group->cases[i];
        struct wi_measured m = {.status = c->foregone, .reason = c->foregone_reason};
        if (c->foregone != WI_CASE_ok)
            WI_TRY(on_row(x, group, c, NULL, &m, err));
    }
    return WI_OK;
}

static bool has_work(const struct wi_plan_group *group) {
    for (size_t i = 0; i < group->count; i++)
        if (group->cases[i].foregone == WI_CASE_ok)
            return true;
    return false;
}

static int run_group(struct execution *x, const struct wi_plan_group *group, struct wi_err *err) {
    const struct wi_crew_hooks hooks = {.state = x,
                                        .row = on_row,
                                        .roofline = on_roofline,
                                        .canary = on_canary,
                                        .step = on_step,
                                        .warning = on_warning};
    struct wi_crew crew = {.request = x->request,
                           .plan = x->plan,
                           .inventory = x->inventory,
                           .group = group,
                           .origin_ns = x->origin_ns,
                           .hooks = &hooks};
    WI_TRY(hand_over_foregone(x, group, err));
    if (!has_work(group))
        return WI_OK;
    if (claim_roofline(x, &group->cases[0].key))
        crew.roofline_budget_ns = ROOFLINE_BUDGET_NS;
    crew.roof = roof_of(x, &group->cases[0].key);
    int status = wi_crew_run(&crew, err);
    count_done(x, group->open_s);
    return status;
}

static int run_groups(struct execution *x, struct wi_err *err) {
    for (size_t g = 0; g < x->plan->group_count; g++) {
        if (wi_os_interrupted())
            return wi_fail(err, WI_INTERRUPTED, "interrupted");
        if (x->sink->group_begins != NULL)
            x->sink->group_begins(x->sink->state, &x->plan->groups[g], g, x->plan->group_count);
        WI_TRY(run_group(x, &x->plan->groups[g], err));
    }
    return WI_OK;
}

int wi_run_execute(const struct wi_run_request *request, const struct wi_plan *plan,
                   const struct wi_inventory *inventory, struct wi_env *env,
                   const struct wi_run_sink *sink, struct wi_err *err) {
    struct execution x = {.request = request,
                          .plan = plan,
                          .inventory = inventory,
                          .sink = sink,
                          .arena = wi_arena_create(),
                          .before_built =
                              wi_utc_ns(&wi_clock_system) < wi_build_info()->built_utc_ns,
                          .origin_ns = wi_now_ns(&wi_clock_system),
                          .forecast_left_s = plan->forecast_s};
    x.watch = (struct wi_watch){.env = env, .sink = sink, .origin_ns = x.origin_ns};
    int status = wi_watch_read(&x.watch, "before", NULL, err);
    if (status == WI_OK)
        status = run_groups(&x, err);
    if (status == WI_OK)
        status = wi_watch_read(&x.watch, "after", NULL, err);
    warn_of_slow_hours(&x);
    wi_arena_destroy(x.arena);
    wi_watch_fini(&x.watch);
    return status;
}
