/* trial.c: runs a crew for one case and keeps the figure; trial.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/trial.h"

#include "bench/row.h"

#include <string.h>

struct trying {
    const struct wi_crew *crew;
    struct wi_trial_result *result;
};

static int on_row(void *state, const struct wi_plan_group *group, const struct wi_plan_case *c,
                  const struct wi_session_info *info, const struct wi_measured *m,
                  struct wi_err *err) {
    struct trying *t = state;
    const struct wi_row_context context = {
        .request = t->crew->request, .plan = t->crew->plan, .group = group, .info = info};
    struct wi_arena *arena = wi_arena_create();
    struct wi_measurement row;
    (void)err;
    wi_row_make(&context, c, m, arena, &row);
    *t->result =
        (struct wi_trial_result){row.status, row.tokens_per_s, row.doubts, row.kernel_generation};
    wi_arena_destroy(arena);
    return WI_OK;
}

static int on_roofline(void *state, const struct wi_plan_group *group, struct wi_roofline *r,
                       struct wi_err *err) {
    (void)state, (void)group, (void)r, (void)err;
    return WI_OK;
}

int wi_trial_run(const struct wi_crew *like, const struct wi_trial *trial,
                 struct wi_trial_result *result, struct wi_err *err) {
    struct wi_run_request request = *like->request;
    struct wi_plan plan = *like->plan;
    struct wi_plan_group group = *like->group;
    struct wi_plan_case c = *trial->c;
    struct wi_crew crew = *like;
    struct trying trying = {&crew, result};
    const struct wi_crew_hooks hooks = {.state = &trying, .row = on_row, .roofline = on_roofline};
    *result = (struct wi_trial_result){.status = WI_CASE_skipped};
    request.seed = trial->seed;
    plan.cpus = trial->cpus;
    plan.cpu_count = trial->cpu_count;
    c.budget_s = trial->budget_s;
    group.cases = &c;
    group.count = 1;
    memcpy(group.layers, c.layers, sizeof group.layers);
    group.max_tokens = c.key.phase == WI_PHASE_decode ? 1 : c.key.tokens;
    crew.request = &request;
    crew.plan = &plan;
    crew.group = &group;
    crew.hooks = &hooks;
    crew.roofline_budget_ns = 0;
    crew.roof = NULL;
    crew.small_pages = trial->small_pages;
    return wi_crew_run(&crew, err);
}

bool wi_trial_holds(const struct wi_trial_result *r) {
    const uint32_t disturbed = WI_DOUBT_BIT(WI_DOUBT_contended) | WI_DOUBT_BIT(WI_DOUBT_throttled) |
                               WI_DOUBT_BIT(WI_DOUBT_drift) | WI_DOUBT_BIT(WI_DOUBT_clock);
    return r->status == WI_CASE_ok && (r->doubts & disturbed) == 0;
}
