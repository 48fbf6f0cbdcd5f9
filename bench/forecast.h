/* forecast.h: how long a plan will take: pure, from rates that are assumed at first and measured
 * soon. SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_FORECAST_H
#define WI_FORECAST_H

#include "bench/run.h"

/* What the first worker on a compute device may spend on its limits. */
#define WI_ROOFLINE_BUDGET_NS UINT64_C(4000000000)

struct wi_rates { /* of a compute device with all threads of a plan */
    double gflop_per_s, gb_per_s;
    double make_gb_per_s; /* weights generated and packed, with page faults */
};

/* Until something was measured. */
struct wi_rates wi_rates_assumed(size_t cpu_count, uint64_t isa); /* WI_ISA_BIT */
/* What a roofline measured replaces what was assumed. */
void wi_rates_learn(struct wi_rates *rates, const struct wi_roofline *roofline);

/* The parts of a case, as the measuring loop goes through them. */
struct wi_case_forecast {
    double pass_s, verify_s, warm_s, sample_s;
};
void wi_forecast_case(const struct wi_rates *rates, const struct wi_plan_case *c,
                      struct wi_case_forecast *out);
double wi_forecast_case_s(const struct wi_case_forecast *f); /* their sum */
/* A worker begins, and makes its weights. */
double wi_forecast_open_s(const struct wi_rates *rates, uint64_t bytes);
/* The limits of each compute device of the plan. */
double wi_forecast_rooflines_s(const struct wi_plan *plan);

/* Of the cases that will run, by the forecasts in the plan. */
double wi_group_forecast_s(const struct wi_plan_group *group);
bool wi_group_has_work(const struct wi_plan_group *group);

#endif
