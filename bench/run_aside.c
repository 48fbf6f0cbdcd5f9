/* run_aside.c: the same case measured another way, for the row that comes after.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/row.h"
#include "bench/run_parts.h"
#include "bench/trial.h"

/* ---- the same case, another way ---- */

static void keep_aside(struct wi_execution *x, const struct wi_plan_case *c, enum wi_beside_id what,
                       struct wi_rate rate) {
    *WI_PUSH(x->arena, &x->asides, struct wi_aside) = (struct wi_aside){c, {what, rate}};
}

/* The figures of a case, those of a worker that died and began again but once. */
size_t wi_run_asides_of(const struct wi_execution *x, const struct wi_plan_case *c,
                        struct wi_beside out[WI_BESIDE_COUNT]) {
    size_t n = 0;
    for (unsigned what = 0; what < WI_BESIDE_COUNT; what++)
        for (size_t i = x->asides.count; i-- > 0;)
            if (x->asides.items[i].c == c && x->asides.items[i].beside.what == what) {
                out[n++] = x->asides.items[i].beside;
                break;
            }
    return n;
}

int wi_run_shadow(void *state, const struct wi_plan_group *group, const struct wi_plan_case *c,
                  const struct wi_session_info *info, const struct wi_measured *m,
                  struct wi_err *err) {
    struct wi_execution *x = state;
    const struct wi_row_context context = {
        .request = x->request, .plan = x->plan, .group = group, .info = info};
    struct wi_arena *arena = wi_arena_create();
    struct wi_measurement row;
    (void)err;
    wi_row_make(&context, c, m, arena, &row);
    if (row.status == WI_CASE_ok)
        keep_aside(x, c, WI_BESIDE_segmented, row.tokens_per_s);
    wi_arena_destroy(arena);
    return WI_OK;
}

/* The cheapest decode of the processor's: it is to be repeated, not to take long. */
const struct wi_plan_case *wi_run_choose_repeated(const struct wi_plan *plan) {
    const struct wi_plan_case *best = NULL;
    for (size_t g = 0; g < plan->group_count; g++) {
        for (size_t i = 0; i < plan->groups[g].count; i++) {
            const struct wi_plan_case *c = &plan->groups[g].cases[i];
            bool here = c->key.model != NULL &&
                        (c->key.backend == WI_BACKEND_cpu || c->key.backend == WI_BACKEND_null);
            if (here && c->foregone == WI_CASE_ok && c->key.phase == WI_PHASE_decode &&
                (best == NULL || c->bytes < best->bytes))
                best = c;
        }
    }
    return best;
}

static int try_aside(struct wi_execution *x, const struct wi_crew *crew, enum wi_beside_id what,
                     struct wi_err *err) {
    struct wi_trial_result result;
    const struct wi_trial trial = {.c = x->repeated,
                                   .seed = x->request->seed + (what == WI_BESIDE_other_seed),
                                   .small_pages = what == WI_BESIDE_small_pages,
                                   .cpus = x->plan->cpus,
                                   .cpu_count = x->plan->cpu_count,
                                   .budget_s = x->repeated->budget_s / 2};
    WI_TRY(wi_trial_run(crew, &trial, &result, err));
    if (wi_trial_holds(&result))
        keep_aside(x, x->repeated, what, result.rate);
    return WI_OK;
}

/* Before its own group, in workers of their own, because a row is never changed. */
int wi_run_repeat_another_way(struct wi_execution *x, const struct wi_crew *crew,
                              struct wi_err *err) {
    const struct wi_plan_group *g = crew->group;
    if (x->repeated == NULL || x->repeated < g->cases || x->repeated >= g->cases + g->count)
        return WI_OK;
    WI_TRY(try_aside(x, crew, WI_BESIDE_other_seed, err));
    return x->repeated->key.backend == WI_BACKEND_cpu
               ? try_aside(x, crew, WI_BESIDE_small_pages, err)
               : WI_OK;
}
