/* left.c: keeps account of what is left; left.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/left.h"

#include "bench/forecast.h"

#include <string.h>

/* What is done says little of the rest while it is short, the more so as looks, trials and ceilings
 * measured again come on top mostly at first: it is weighed against this share of the whole plan
 * going as forecast. Nor is the rest so much unlike it. */
static const double prior_share = 0.5, ratio_most = 4;

void wi_left_init(struct wi_left *l, const struct wi_plan *plan) {
    *l = (struct wi_left){.plan = plan, .arena = wi_arena_create(), .left_s = plan->forecast_s};
    l->rooflines_s = wi_forecast_rooflines_s(plan);
    l->case_s = WI_NEW_ARRAY(l->arena, double, plan->case_count + 1);
    l->group_s = WI_NEW_ARRAY(l->arena, double, plan->group_count + 1);
    for (size_t g = 0; g < plan->group_count; g++) {
        const struct wi_plan_group *group = &plan->groups[g];
        l->group_s[g] = wi_group_has_work(group) ? group->open_s : 0;
        for (size_t i = 0; i < group->count; i++)
            if (group->cases[i].foregone == WI_CASE_ok)
                l->case_s[group->cases[i].index] = group->cases[i].forecast_s;
    }
}

void wi_left_fini(struct wi_left *l) {
    wi_arena_destroy(l->arena);
}

static void count_done(struct wi_left *l, double *forecast_s) {
    l->done_s += *forecast_s;
    l->left_s = l->left_s > *forecast_s ? l->left_s - *forecast_s : 0;
    *forecast_s = 0;
}

void wi_left_case_done(struct wi_left *l, const struct wi_plan_case *c) {
    count_done(l, &l->case_s[c->index]);
}

void wi_left_group_done(struct wi_left *l, const struct wi_plan_group *group) {
    count_done(l, &l->group_s[group - l->plan->groups]);
}

void wi_left_roofline_done(struct wi_left *l) {
    double one_s = (double)WI_ROOFLINE_BUDGET_NS / 1e9;
    double forecast_s = l->rooflines_s < one_s ? l->rooflines_s : one_s;
    l->rooflines_s -= forecast_s;
    count_done(l, &forecast_s);
}

/* ---- learning ---- */

static void renew_case(struct wi_left *l, const struct wi_rates *rates,
                       const struct wi_plan_case *c) {
    struct wi_case_forecast f;
    double *case_s = &l->case_s[c->index];
    if (*case_s == 0)
        return;
    wi_forecast_case(rates, c, &f);
    l->left_s += wi_forecast_case_s(&f) - *case_s;
    *case_s = wi_forecast_case_s(&f);
}

void wi_left_learn(struct wi_left *l, const struct wi_roofline *roofline, uint64_t isa) {
    struct wi_rates rates = wi_rates_assumed(l->plan->cpu_count, isa);
    wi_rates_learn(&rates, roofline);
    for (size_t g = 0; g < l->plan->group_count; g++) {
        const struct wi_plan_group *group = &l->plan->groups[g];
        const struct wi_case *key = &group->cases[0].key;
        if (key->backend != roofline->backend ||
            strcmp(key->compute_device_id, roofline->compute_device_id) != 0)
            continue;
        for (size_t i = 0; i < group->count; i++)
            renew_case(l, &rates, &group->cases[i]);
    }
}

double wi_left_s(const struct wi_left *l, double elapsed_s) {
    double prior_s = prior_share * l->plan->forecast_s;
    double ratio = l->done_s + prior_s > 0 ? (elapsed_s + prior_s) / (l->done_s + prior_s) : 1;
    ratio = ratio < 1 / ratio_most ? 1 / ratio_most : ratio > ratio_most ? ratio_most : ratio;
    return l->left_s * ratio;
}
