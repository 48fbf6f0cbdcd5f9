/* left.h: how much of a plan is left to do, by forecasts that become better on the way. For bench/.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_LEFT_H
#define WI_LEFT_H

#include "base/arena.h"
#include "bench/run.h"

struct wi_left {
    const struct wi_plan *plan;
    struct wi_arena *arena;
    double *case_s;  /* by index; 0: done, or nothing to do */
    double *group_s; /* of opening; by group */
    double rooflines_s;
    double left_s, done_s;
};

void wi_left_init(struct wi_left *left, const struct wi_plan *plan);
void wi_left_fini(struct wi_left *left);
void wi_left_case_done(struct wi_left *left, const struct wi_plan_case *c);
void wi_left_group_done(struct wi_left *left, const struct wi_plan_group *group);
void wi_left_roofline_done(struct wi_left *left); /* of one compute device */
/* The device was measured: what is left on it is forecast anew. */
void wi_left_learn(struct wi_left *left, const struct wi_roofline *roofline, uint64_t isa);
/* Seconds, corrected by how the forecast of what is done turned out. */
double wi_left_s(const struct wi_left *left, double elapsed_s);

#endif
