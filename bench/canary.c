/* canary.c: judges short looks at the device; canary.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/canary.h"
#include "bench/constants.h"

#include "probes/facts.h"

static void raise(double *best, struct wi_maybe_f64 seen) {
    if (wi_has_f64(seen) && seen.value > *best)
        *best = seen.value;
}

void wi_canary_raise(struct wi_canary_best *best, const struct wi_canary *look) {
    raise(&best->read_gb_per_s, look->read_gb_per_s);
    raise(&best->f32_gflop_per_s, look->f32_gflop_per_s);
}

static double share_of(double best, struct wi_maybe_f64 a, struct wi_maybe_f64 b) {
    double least = best;
    if (wi_has_f64(a) && a.value < least)
        least = a.value;
    if (wi_has_f64(b) && b.value < least)
        least = b.value;
    return best > 0 ? least / best : 1;
}

struct wi_canary_share wi_canary_share(const struct wi_canary_best *best,
                                       const struct wi_canary *before,
                                       const struct wi_canary *after) {
    return (struct wi_canary_share){
        share_of(best->read_gb_per_s, before->read_gb_per_s, after->read_gb_per_s),
        share_of(best->f32_gflop_per_s, before->f32_gflop_per_s, after->f32_gflop_per_s)};
}

bool wi_canary_is_short(struct wi_canary_share share) {
    return share.f32 < 1 - WI_CANARY_F32_SHORT || share.read < 1 - WI_CANARY_READ_SHORT;
}

void wi_canary_judge(const struct wi_canary_best *best, const struct wi_canary *before,
                     const struct wi_canary *after, struct wi_notes *notes) {
    struct wi_canary_share share = wi_canary_share(best, before, after);
    if (share.f32 < 1 - WI_CANARY_F32_SHORT)
        wi_note(
            notes, WI_DOUBT_drift,
            "the processor's arithmetic ran at %.0f %% of the best seen in this run beside this "
            "case: cores shared with another tenant or program, or slowed clocks",
            100 * share.f32);
    if (share.read < 1 - WI_CANARY_READ_SHORT)
        wi_note(notes, WI_DOUBT_drift,
                "memory was read at %.0f %% of the best seen in this run beside this case: others "
                "use the same memory, or its clock was lowered",
                100 * share.read);
}

struct wi_conditions wi_canary_conditions(const struct wi_canary *look, struct wi_arena *arena) {
    struct wi_conditions c = {.at_ns = look->at_ns};
    wi_facts_add_f64(&c.facts, arena, "canary.read_gb_per_s", look->read_gb_per_s, "GB/s",
                     "canary");
    wi_facts_add_f64(&c.facts, arena, "canary.f32_gflop_per_s", look->f32_gflop_per_s, "Gflop/s",
                     "canary");
    return c;
}

void wi_constants_of_canary(struct wi_constants *list) {
    wi_constants_add(list, "doubts.canary_arithmetic", WI_CANARY_F32_SHORT, "share",
                     "below the run's best arithmetic beside a case, from which on it drifts");
    wi_constants_add(list, "doubts.canary_reading", WI_CANARY_READ_SHORT, "share",
                     "below the run's best reading beside a case, from which on it drifts");
}
