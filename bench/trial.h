/* trial.h: one case measured on the side, in a worker of its own, for whoever asks. For bench/
 * only. SPDX-License-Identifier: Apache-2.0
 *
 * Its samples are no evidence of the case: the row is measured on fresh ones. */
#ifndef WI_TRIAL_H
#define WI_TRIAL_H

#include "bench/crew.h"

struct wi_trial { /* what differs from the case as it is planned */
    const struct wi_plan_case *c;
    uint64_t seed;
    bool small_pages;
    const unsigned *cpus;
    size_t cpu_count;
    double budget_s;
};
struct wi_trial_result {
    enum wi_case_status status;
    struct wi_rate rate;
    uint32_t doubts, kernel_generation;
};

/* `like`: the crew of the case's group. WI_INTERRUPTED, or what starting a worker gave; a case that
 * failed is a result. */
int wi_trial_run(const struct wi_crew *like, const struct wi_trial *trial,
                 struct wi_trial_result *result, struct wi_err *err);
/* Nothing disturbed it, so that it may be held against another. */
bool wi_trial_holds(const struct wi_trial_result *result);

#endif
