/* run.c: executes a plan: a worker for each group, a row for each case.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Promises: every case of the plan becomes exactly one row, whatever its worker does; a row is with
 * the sink before anything else is read from the worker; Ctrl-C ends the worker and keeps what was
 * handed over. */
#include "bench/run.h"

#include "base/build_info.h"
#include "base/clock.h"
#include "base/os.h"
#include "bench/row.h"
#include "bench/run_parts.h"

#define ROOFLINE_BUDGET_NS UINT64_C(4000000000)

/* ---- time left ---- */

static double elapsed_s(const struct wi_execution *x) {
    return (double)(wi_now_ns(&wi_clock_system) - x->origin_ns) / 1e9;
}

/* The forecast of what is left, corrected by how the forecast of what is done turned out. */
static double left_s(const struct wi_execution *x) {
    double ratio = 1;
    if (x->forecast_done_s > 1)
        ratio = elapsed_s(x) / x->forecast_done_s;
    ratio = ratio < 0.25 ? 0.25 : ratio > 4 ? 4 : ratio;
    return x->forecast_left_s * ratio;
}

static void count_done(struct wi_execution *x, double forecast_s) {
    x->forecast_done_s += forecast_s;
    x->forecast_left_s -= forecast_s;
    if (x->forecast_left_s < 0)
        x->forecast_left_s = 0;
}

/* ---- rows ---- */

static int store_row(struct wi_execution *x, const struct wi_roof *roof,
                     const struct wi_plan_group *group, const struct wi_plan_case *c,
                     const struct wi_session_info *info, const struct wi_measured *m,
                     struct wi_notes *notes, struct wi_err *err) {
    struct wi_beside beside[WI_BESIDE_COUNT];
    const struct wi_roofline ceiling =
        roof != NULL ? wi_roof_ceiling(roof) : (struct wi_roofline){0};
    const struct wi_row_context context = {.request = x->request,
                                           .plan = x->plan,
                                           .group = group,
                                           .info = info,
                                           .roofline =
                                               roof != NULL && roof->known ? &ceiling : NULL,
                                           .beside = beside,
                                           .beside_count = wi_run_asides_of(x, c, beside),
                                           .notes = notes};
    struct wi_measurement row;
    wi_row_make(&context, c, m, notes->arena, &row);
    return x->sink->measured == NULL ? WI_OK : x->sink->measured(x->sink->state, &row, err);
}

static int on_row(void *state, const struct wi_plan_group *group, const struct wi_plan_case *c,
                  const struct wi_session_info *info, const struct wi_measured *m,
                  struct wi_err *err) {
    struct wi_execution *x = state;
    const struct wi_roof *roof = wi_run_roof_of(x, &c->key);
    struct wi_arena *arena = wi_arena_create();
    struct wi_notes notes = {.arena = arena};
    int status = WI_OK;
    if (c->foregone == WI_CASE_ok) {
        status = wi_watch_read(&x->watch, "during", &notes, err);
        if (status == WI_OK)
            status = wi_run_judge_looks(x, c, m, &notes, err);
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
    const struct wi_execution *x = state;
    if (x->sink->progress != NULL)
        x->sink->progress(x->sink->state, c, step, left_s(x));
}

/* ---- groups ---- */

static int hand_over_foregone(struct wi_execution *x, const struct wi_plan_group *group,
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

static int run_group(struct wi_execution *x, const struct wi_plan_group *group,
                     struct wi_err *err) {
    const struct wi_crew_hooks hooks = {.state = x,
                                        .shadow = wi_run_shadow,
                                        .row = on_row,
                                        .roofline = wi_run_roofline,
                                        .canary = wi_run_canary,
                                        .step = on_step,
                                        .warning = wi_run_warning};
    struct wi_crew crew = {.request = x->request,
                           .plan = x->plan,
                           .inventory = x->inventory,
                           .group = group,
                           .origin_ns = x->origin_ns,
                           .hooks = &hooks};
    WI_TRY(hand_over_foregone(x, group, err));
    if (!has_work(group))
        return WI_OK;
    if (wi_run_claim_roofline(x, &group->cases[0].key))
        crew.roofline_budget_ns = ROOFLINE_BUDGET_NS;
    WI_TRY(wi_run_choose_threads(x, &crew, err));
    WI_TRY(wi_run_repeat_another_way(x, &crew, err));
    crew.roof = wi_run_roof_of(x, &group->cases[0].key);
    int status = wi_crew_run(&crew, err);
    count_done(x, group->open_s);
    return status;
}

static int run_groups(struct wi_execution *x, struct wi_err *err) {
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
    struct wi_execution x = {.request = request,
                             .plan = plan,
                             .inventory = inventory,
                             .sink = sink,
                             .arena = wi_arena_create(),
                             .repeated = request->beside ? wi_run_choose_repeated(plan) : NULL,
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
    wi_run_warn_of_slow_hours(&x);
    wi_arena_destroy(x.arena);
    wi_watch_fini(&x.watch);
    return status;
}
