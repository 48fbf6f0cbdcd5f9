/* crew.h: one group of a plan, measured by as many workers as it takes. For bench/ only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A worker serves the whole group. One that crashes, hangs or babbles costs the case that it was
 * at; a fresh one goes on with the rest. */
#ifndef WI_CREW_H
#define WI_CREW_H

#include "bench/measure.h"
#include "bench/roofs.h"
#include "bench/run.h"

struct wi_crew_hooks {
    void *state;
    /* The same case measured another way beside it, before its row; may be NULL. */
    int (*shadow)(void *state, const struct wi_plan_group *group, const struct wi_plan_case *c,
                  const struct wi_session_info *info, const struct wi_measured *m,
                  struct wi_err *err);
    /* Once for each case that was to run. `info` NULL: its session never opened. */
    int (*row)(void *state, const struct wi_plan_group *group, const struct wi_plan_case *c,
               const struct wi_session_info *info, const struct wi_measured *m, struct wi_err *err);
    int (*roofline)(void *state, const struct wi_plan_group *group, struct wi_roofline *r,
                    struct wi_err *err);
    int (*canary)(void *state, const struct wi_plan_group *group, const struct wi_canary *look,
                  struct wi_err *err);
    void (*step)(void *state, const struct wi_plan_case *c, const char *step);
    void (*warning)(void *state, const char *sentence);
};
struct wi_crew {
    const struct wi_run_request *request;
    const struct wi_plan *plan;
    const struct wi_inventory *inventory;
    const struct wi_plan_group *group;
    uint64_t origin_ns;
    uint64_t roofline_budget_ns; /* 0: the first worker does not measure it */
    const struct wi_roof *roof;  /* as known now; the hooks may move it; NULL: nothing is known */
    bool small_pages;
    const struct wi_crew_hooks *hooks;
};

/* WI_INTERRUPTED; otherwise what a hook returned, or WI_IO when no worker can be started. */
int wi_crew_run(struct wi_crew *crew, struct wi_err *err);

#endif
