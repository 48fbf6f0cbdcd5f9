/* roofs.c: the best of several measurings; roofs.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/roofs.h"

void wi_roof_raise(struct wi_roof *roof, const struct wi_roofline *measured,
                   struct wi_arena *arena) {
    wi_roofline_join(&roof->measured, measured, arena);
    roof->known = true;
}

/* Of what nobody measured a look says nothing either: a row stays without a ceiling then. */
static void lift(struct wi_maybe_f64 *into, double seen) {
    if (wi_has_f64(*into) && seen > into->value)
        into->value = seen;
}

struct wi_roofline wi_roof_ceiling(const struct wi_roof *roof) {
    struct wi_roofline ceiling = roof->measured;
    lift(&ceiling.read_gb_per_s, roof->best.read_gb_per_s);
    lift(&ceiling.peak_gflop_per_s_f32, roof->best.f32_gflop_per_s);
    return ceiling;
}

static bool above(double seen, struct wi_maybe_f64 measured) {
    return wi_has_f64(measured) && seen > measured.value * (1 + WI_ROOF_AGAIN);
}

bool wi_roof_was_passed(const struct wi_roof *roof) {
    return roof->known && (above(roof->best.read_gb_per_s, roof->measured.read_gb_per_s) ||
                           above(roof->best.f32_gflop_per_s, roof->measured.peak_gflop_per_s_f32));
}

struct wi_canary_best wi_roof_best(const struct wi_roof *roof) {
    struct wi_canary_best best = roof->best;
    const struct wi_canary measured = {.read_gb_per_s = roof->measured.read_gb_per_s,
                                       .f32_gflop_per_s = roof->measured.peak_gflop_per_s_f32};
    wi_canary_raise(&best, &measured);
    return best;
}
