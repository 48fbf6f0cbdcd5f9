/* run_threads.c: tries the sets of hardware threads on the first cases, chooses, tells all figures.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Promises: rows are measured afterwards, on fresh samples; where there is one set, nothing is
 * spent. */
#include "bench/run_parts.h"
#include "bench/threads.h"
#include "bench/trial.h"

#include <math.h>
#include <string.h>

static const double trial_budget_s = 1.5;

static const struct wi_plan_case *first_of(const struct wi_plan_group *group, enum wi_phase phase) {
    for (size_t i = 0; i < group->count; i++)
        if (group->cases[i].foregone == WI_CASE_ok && group->cases[i].key.phase == phase)
            return &group->cases[i];
    return NULL;
}

static int try_set(struct wi_execution *x, const struct wi_crew *crew,
                   const struct wi_thread_set *set, enum wi_phase phase, struct wi_rate *rate,
                   struct wi_err *err) {
    const struct wi_plan_case *c = first_of(crew->group, phase);
    struct wi_trial_result result;
    if (c == NULL)
        return WI_OK;
    const struct wi_trial trial = {.c = c,
                                   .seed = crew->request->seed,
                                   .cpus = set->cpus,
                                   .cpu_count = set->count,
                                   .budget_s = fmin(trial_budget_s, c->budget_s)};
    WI_TRY(wi_trial_run(crew, &trial, &result, err));
    if (result.status == WI_CASE_ok) {
        *rate = result.rate;
        x->kernel_generation = result.kernel_generation;
    }
    return WI_OK;
}

/* The set that an earlier run of this device chose; the plan's own when it has no such set. */
static size_t chosen_before(const struct wi_thread_sets *sets, const char *text) {
    for (size_t i = 0; text != NULL && i < sets->count; i++)
        if (strcmp(sets->items[i].text, text) == 0)
            return i;
    return 0;
}

/* ---- telling ---- */

static int tell_phase(struct wi_execution *x, const struct wi_crew *crew, enum wi_phase phase,
                      const struct wi_thread_sets *sets, const struct wi_thread_figures *figures,
                      size_t chosen, struct wi_err *err) {
    const struct wi_plan_case *c = first_of(crew->group, phase);
    struct wi_tuning_rival rivals[WI_THREAD_SET_COUNT];
    if (c == NULL || x->sink->tuned == NULL)
        return WI_OK;
    for (size_t i = 0; i < sets->count; i++)
        rivals[i] = (struct wi_tuning_rival){
            sets->items[i].text, phase == WI_PHASE_decode ? figures[i].decode : figures[i].prefill};
    const struct wi_tuning t = {.backend = c->key.backend,
                                .compute_device_id = c->key.compute_device_id,
                                .kernel_generation = x->kernel_generation,
                                .op = wi_phase_name(phase),
                                .precision = c->key.precision,
                                .shape_class = c->key.model->id,
                                .choice = sets->items[chosen].text,
                                .rivals = rivals,
                                .rival_count = sets->count};
    return x->sink->tuned(x->sink->state, &t, err);
}

static void use(struct wi_execution *x, const struct wi_thread_set *set) {
    x->tuned = *x->plan;
    x->tuned.cpus = set->cpus;
    x->tuned.cpu_count = set->count;
    x->tuned.thread_cpus = set->text;
    x->plan = &x->tuned;
}

int wi_run_choose_threads(struct wi_execution *x, struct wi_crew *crew, struct wi_err *err) {
    struct wi_thread_figures figures[WI_THREAD_SET_COUNT];
    struct wi_thread_sets sets;
    enum wi_backend_id backend = crew->group->cases[0].key.backend;
    bool here = backend == WI_BACKEND_cpu || backend == WI_BACKEND_null;
    if (!x->request->try_threads || !here || x->threads_chosen ||
        crew->group->cases[0].key.model == NULL)
        return WI_OK;
    x->threads_chosen = true;
    memset(figures, 0, sizeof figures);
    wi_thread_sets(&x->inventory->cpu, x->arena, &sets);
    if (sets.count < 2)
        return WI_OK;
    for (size_t i = 0; i < sets.count; i++) {
        WI_TRY(try_set(x, crew, &sets.items[i], WI_PHASE_decode, &figures[i].decode, err));
        WI_TRY(try_set(x, crew, &sets.items[i], WI_PHASE_prefill, &figures[i].prefill, err));
    }
    size_t chosen =
        wi_thread_choice(figures, sets.count, chosen_before(&sets, x->request->threads_before));
    WI_TRY(tell_phase(x, crew, WI_PHASE_decode, &sets, figures, chosen, err));
    WI_TRY(tell_phase(x, crew, WI_PHASE_prefill, &sets, figures, chosen, err));
    use(x, &sets.items[chosen]);
    crew->plan = x->plan;
    return WI_OK;
}
