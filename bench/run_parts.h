/* run_parts.h: the parts of executing a plan. For bench/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_RUN_PARTS_H
#define WI_RUN_PARTS_H

#include "bench/crew.h"
#include "bench/watch.h"

enum { WI_ROOFLINES_MOST = 64 };

struct wi_slow_case { /* the shares of the best that looks beside a finished case saw then */
    char name[96];
    double read_gb_per_s, f32_gflop_per_s; /* the lower look; 0: unknown */
    bool told;                             /* its row says so */
    struct wi_roof *roof;
};
/* Figures that wait for the row of their case. */
struct wi_aside {
    const struct wi_plan_case *c;
    struct wi_beside beside;
};
struct wi_execution {
    const struct wi_run_request *request;
    const struct wi_plan *plan;
    const struct wi_inventory *inventory;
    const struct wi_run_sink *sink;
    struct wi_watch watch;
    struct wi_roof roofs[WI_ROOFLINES_MOST]; /* of compute devices, from their first worker on */
    size_t roof_count;
    struct wi_arena *arena;
    struct {
        struct wi_slow_case *items;
        size_t count, capacity;
    } beside;
    struct {
        struct wi_aside *items;
        size_t count, capacity;
    } asides;
    const struct wi_plan_case *repeated; /* the one that is measured other ways as well; NULL */
    struct wi_plan tuned;                /* the plan with the threads that won */
    bool threads_chosen;
    uint32_t kernel_generation; /* that they were tried with */
    bool before_built;          /* the date is before this program was built */
    uint64_t origin_ns;
    double forecast_left_s, forecast_done_s;
};

/* ---- run_roofs.c: ceilings and looks; hooks of a crew, whose state is the execution ---- */

struct wi_roof *wi_run_roof_of(struct wi_execution *x, const struct wi_case *key);
bool wi_run_claim_roofline(struct wi_execution *x, const struct wi_case *key);
void wi_run_warning(void *state, const char *sentence);
int wi_run_roofline(void *state, const struct wi_plan_group *group, struct wi_roofline *r,
                    struct wi_err *err);
int wi_run_canary(void *state, const struct wi_plan_group *group, const struct wi_canary *look,
                  struct wi_err *err);
int wi_run_judge_looks(struct wi_execution *x, const struct wi_plan_case *c,
                       const struct wi_measured *m, struct wi_notes *notes, struct wi_err *err);
void wi_run_warn_of_slow_hours(struct wi_execution *x);

/* ---- run_threads.c ---- */

/* Once for a run; the plan and the crew get the threads that won. */
int wi_run_choose_threads(struct wi_execution *x, struct wi_crew *crew, struct wi_err *err);

/* ---- run_aside.c: the same case, another way ---- */

size_t wi_run_asides_of(const struct wi_execution *x, const struct wi_plan_case *c,
                        struct wi_beside out[WI_BESIDE_COUNT]);
int wi_run_shadow(void *state, const struct wi_plan_group *group, const struct wi_plan_case *c,
                  const struct wi_session_info *info, const struct wi_measured *m,
                  struct wi_err *err);
const struct wi_plan_case *wi_run_choose_repeated(const struct wi_plan *plan);
int wi_run_repeat_another_way(struct wi_execution *x, const struct wi_crew *crew,
                              struct wi_err *err);

#endif
