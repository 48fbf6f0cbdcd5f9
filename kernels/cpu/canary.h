/* canary.h: a short look at what the processor gives just now.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads weights that are there anyway, so that looking costs no memory, and multiplies from
 * registers, both on the team that runs the kernels: what slows them down shows here too. */
#ifndef WI_CPU_CANARY_H
#define WI_CPU_CANARY_H

#include "kernels/cpu/team.h"
#include "kernels/session.h"

struct wi_canary_span { /* of memory that does not change */
    const void *at;
    uint64_t bytes;
};
struct wi_canary_params {
    struct wi_team *team;         /* borrowed, as the clock and the spans are */
    const struct wi_clock *clock; /* not NULL */
    uint64_t isa;                 /* features that may be used */
    uint64_t cache_bytes;         /* less than 4 times that much memory is not looked at */
    const struct wi_canary_span *spans;
    size_t span_count;
};

struct wi_cpu_canary;
struct wi_cpu_canary *wi_cpu_canary_create(const struct wi_canary_params *params);
void wi_cpu_canary_destroy(struct wi_cpu_canary *canary); /* NULL: fine */
/* Half of the budget each; medians over passes of about a millisecond, at least 3. WI_WRONG: a
 * pass gave another result than it must. */
int wi_cpu_canary_look(struct wi_cpu_canary *canary, uint64_t budget_ns, struct wi_canary *look,
                       struct wi_err *err);

#endif
