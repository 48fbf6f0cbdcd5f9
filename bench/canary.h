/* canary.h: what short looks at the device between and beside cases tell. For bench/ only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Steal, pressure and load do not see a hypervisor that puts two virtual processors on the two
 * hyper-threads of one core, nor clocks that a neighbour's heat lowered. A short look at bandwidth
 * and arithmetic does, whatever the cause. Pure. */
#ifndef WI_BENCH_CANARY_H
#define WI_BENCH_CANARY_H

#include "bench/notes.h"
#include "kernels/session.h"

struct wi_canary_best { /* the most that was seen in a run, on one compute device; 0: nothing */
    double read_gb_per_s, f32_gflop_per_s;
};
void wi_canary_raise(struct wi_canary_best *best, const struct wi_canary *look);

/* A look beside a case that falls short of the best by more than this is a drift: medians of a few
 * milliseconds scatter by about 2 % (arithmetic) and 10 % (reading) on a machine that does nothing
 * else, and a shared core costs 40 % and more. */
#define WI_CANARY_F32_SHORT  0.10
#define WI_CANARY_READ_SHORT 0.25
void wi_canary_judge(const struct wi_canary_best *best, const struct wi_canary *before,
                     const struct wi_canary *after, struct wi_notes *notes);
/* The shares of the best that the lower of two looks reached; 1: at least that, or unknown. */
struct wi_canary_share {
    double read, f32;
};
struct wi_canary_share wi_canary_share(const struct wi_canary_best *best,
                                       const struct wi_canary *before,
                                       const struct wi_canary *after);
bool wi_canary_is_short(struct wi_canary_share share);

/* A look as conditions: canary.read_gb_per_s, canary.f32_gflop_per_s. */
struct wi_conditions wi_canary_conditions(const struct wi_canary *look, struct wi_arena *arena);

#endif
