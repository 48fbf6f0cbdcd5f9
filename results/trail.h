/* trail.h: how a verdict and a tier came about: what the rules had in hand at each step.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rules themselves fill these in while they judge; nothing is worked out a second time. For who
 * explains an answer (`explain verdict`, `explain tier`); everything is in the caller's arena. */
#ifndef WI_TRAIL_H
#define WI_TRAIL_H

#include "results/judge_parts.h"

struct wi_trail_place { /* one place where the model could run, judged */
    struct wi_place place;
    const struct wi_roofline *roofline; /* NULL: none counts */
    struct wi_budget budget;
    struct wi_figures figures; /* of the rows that count */
    struct wi_speed speed;
    struct wi_verdict verdict;
};
struct wi_verdict_trail {
    const struct wi_trail_place *places; /* none: the question was refused before any place */
    size_t place_count, chosen;
};
/* wi_verdict_derive, and how it came about. */
int wi_verdict_trail(const struct wi_verdict_request *request, struct wi_arena *arena,
                     struct wi_verdict_trail *trail, struct wi_verdict *verdict,
                     struct wi_err *err);

struct wi_tier_step {                         /* one run later */
    const struct wi_evidence *run;            /* a row of it */
    const struct wi_figure *decode, *prefill; /* with the runs up to it; NULL: not measured */
    const struct wi_tier *plain;              /* by the numbers alone */
    const struct wi_tier *kept; /* by the margin, which keeps the tier before; NULL: none is sure */
};
struct wi_tier_place { /* what one place reached */
    struct wi_place place;
    const struct wi_tier *tier;
    enum wi_tri known; /* yes: no missing number could change it */
    bool borderline;
    struct wi_budget budget;
    struct wi_maybe_f64 memory_mib;
    const struct wi_figure *decode, *prefill; /* NULL: not measured */
    struct wi_bars bars;
    struct wi_tier_step *steps; /* in order of time */
    size_t step_count;
};
struct wi_tier_trail {
    const struct wi_tier_place *places; /* none: a GPU could not be opened, or nothing computes */
    size_t place_count, chosen;
};
/* wi_tier_derive, and how it came about. */
int wi_tier_trail(const struct wi_tier_file *tiers, const struct wi_verdict_request *request,
                  struct wi_arena *arena, struct wi_tier_trail *trail,
                  struct wi_tier_result *result, struct wi_err *err);

#endif
