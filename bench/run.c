/* run.c: executes a plan: a worker for each group, a row for each case.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Promises: every case of the plan becomes exactly one row, whatever its worker does; a row is with
 * the sink before anything else is read from the worker; Ctrl-C ends the worker and keeps what was
 * handed over. */
#include "bench/run.h"

#include "base/clock.h"
#include "base/os.h"
#include "bench/crew.h"
#include "bench/forecast.h"
#include "bench/left.h"
#include "bench/row.h"
#include "bench/watch.h"

#include <string.h>

enum { ROOFLINES_MOST = 64 };

struct known_roof { /* of one compute device, once its first worker has opened */
    struct wi_roofline roofline;
    bool measured;
};
struct execution {
    const struct wi_run_request *request;
    const struct wi_plan *plan;
    const struct wi_inventory *inventory;
    const struct wi_run_sink *sink;
    struct wi_watch watch;
    struct known_roof roofs[ROOFLINES_MOST];
    size_t roof_count;
    uint64_t origin_ns;
    struct wi_left left;
};

/* ---- time left ---- */

static double elapsed_s(const struct execution *x) {
    return (double)(wi_now_ns(&wi_clock_system) - x->origin_ns) / 1e9;
}

static double left_s(const struct execution *x) {
    return wi_left_s(&x->left, elapsed_s(x));
}

/* ---- rooflines ---- */

static struct known_roof *roof_of(struct execution *x, const struct wi_case *key) {
    for (size_t i = 0; i < x->roof_count; i++) {
        const struct wi_roofline *r = &x->roofs[i].roofline;
        if (r->backend == key->backend && strcmp(r->compute_device_id, key->compute_device_id) == 0)
            return &x->roofs[i];
    }
    return NULL;
}

/* True once for each compute device: a worker that dies of it is not given it again. */
static bool claim_roofline(struct execution *x, const struct wi_case *key) {
    if (roof_of(x, key) != NULL || x->roof_count == ROOFLINES_MOST)
        return false;
    x->roofs[x->roof_count++].roofline =
        (struct wi_roofline){.backend = key->backend, .compute_device_id = key->compute_device_id};
    return true;
}

static void on_warning(void *state, const char *sentence) {
    const struct execution *x = state;
    if (x->sink->warning != NULL)
        x->sink->warning(x->sink->state, sentence);
}

/* A ceiling that was measured while other work took the processor is too low, and would let a
 * verdict say "no" to what the device can do: it is not believed, and not kept. */
static int on_roofline(void *state, const struct wi_plan_group *group, struct wi_roofline *r,
                       struct wi_err *err) {
    struct execution *x = state;
    struct known_roof *roof = roof_of(x, &group->cases[0].key);
    uint32_t doubts = 0;
    if (roof == NULL)
        return WI_OK;
    WI_TRY(wi_watch_read(&x->watch, "during", &doubts, err));
    if ((doubts & WI_DOUBT_BIT(WI_DOUBT_contended)) != 0) {
        on_warning(x,
                   "other work took the processor while this device's limits were measured: they "
                   "are left out, and what is too slow cannot be told; stop it, then repeat");
        return WI_OK;
    }
    r->backend = roof->roofline.backend;
    r->compute_device_id = roof->roofline.compute_device_id;
    roof->roofline = *r;
    roof->measured = true;
    wi_left_learn(&x->left, r, x->inventory->cpu.isa);
    if (x->sink->forecast != NULL)
        x->sink->forecast(x->sink->state, elapsed_s(x) + left_s(x));
    return x->sink->roofline == NULL ? WI_OK : x->sink->roofline(x->sink->state, r, err);
}

/* ---- rows ---- */

static int on_row(void *state, const struct wi_plan_group *group, const struct wi_plan_case *c,
                  const struct wi_session_info *info, const struct wi_measured *m,
                  struct wi_err *err) {
    struct execution *x = state;
    const struct known_roof *roof = roof_of(x, &c->key);
    struct wi_row_context context = {.request = x->request,
                                     .plan = x->plan,
                                     .group = group,
                                     .info = info,
                                     .roofline =
                                         roof != NULL && roof->measured ? &roof->roofline : NULL};
    struct wi_measurement row;
    if (c->foregone == WI_CASE_ok) {
        WI_TRY(wi_watch_read(&x->watch, "during", &context.doubts, err));
        wi_left_case_done(&x->left, c);
    }
    if (x->sink->progress != NULL)
        x->sink->progress(x->sink->state, c, "store", left_s(x));
    struct wi_arena *arena = wi_arena_create();
    wi_row_make(&context, c, m, arena, &row);
    int status = x->sink->measured == NULL ? WI_OK : x->sink->measured(x->sink->state, &row, err);
    wi_arena_destroy(arena);
    return status;
}

static int on_loaded(void *state, const struct wi_plan_group *group,
                     const struct wi_session_info *info, const struct wi_load *load,
                     struct wi_err *err) {
    struct execution *x = state;
    struct wi_row_context context = {
        .request = x->request, .plan = x->plan, .group = group, .info = info};
    struct wi_measurement row;
    if (x->sink->loaded == NULL)
        return WI_OK;
    WI_TRY(wi_watch_read(&x->watch, "during", &context.doubts, err));
    wi_row_load(&context, load, &row);
    return x->sink->loaded(x->sink->state, &row, err);
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

static int run_group(struct execution *x, const struct wi_plan_group *group, struct wi_err *err) {
    const struct wi_crew_hooks hooks = {.state = x,
                                        .row = on_row,
                                        .roofline = on_roofline,
                                        .loaded = on_loaded,
                                        .step = on_step,
                                        .warning = on_warning};
    struct wi_crew crew = {.request = x->request,
                           .plan = x->plan,
                           .inventory = x->inventory,
                           .group = group,
                           .origin_ns = x->origin_ns,
                           .hooks = &hooks};
    WI_TRY(hand_over_foregone(x, group, err));
    if (!wi_group_has_work(group))
        return WI_OK;
    if (claim_roofline(x, &group->cases[0].key))
        crew.roofline_budget_ns = WI_ROOFLINE_BUDGET_NS;
    bool claimed = crew.roofline_budget_ns > 0;
    int status = wi_crew_run(&crew, err);
    if (claimed)
        wi_left_roofline_done(&x->left);
    wi_left_group_done(&x->left, group);
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
                          .origin_ns = wi_now_ns(&wi_clock_system)};
    x.watch = (struct wi_watch){.env = env, .sink = sink, .origin_ns = x.origin_ns};
    wi_left_init(&x.left, plan);
    int status = wi_watch_read(&x.watch, "before", NULL, err);
    if (status == WI_OK)
        status = run_groups(&x, err);
    if (status == WI_OK)
        status = wi_watch_read(&x.watch, "after", NULL, err);
    wi_watch_fini(&x.watch);
    wi_left_fini(&x.left);
    return status;
}
