/* roofs.c: the best of several measurings; roofs.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/roofs.h"

static void more(struct wi_maybe_f64 *into, struct wi_maybe_f64 other) {
    if (wi_has_f64(other) && (!wi_has_f64(*into) || other.value > into->value))
        *into = other;
}
static void less(struct wi_maybe_f64 *into, struct wi_maybe_f64 other) {
    if (wi_has_f64(other) && (!wi_has_f64(*into) || other.value < into->value))
        *into = other;
}

void wi_roofline_raise(struct wi_roofline *into, const struct wi_roofline *other) {
    more(&into->read_gb_per_s, other->read_gb_per_s);
    more(&into->copy_gb_per_s, other->copy_gb_per_s);
    more(&into->peak_gflop_per_s_f32, other->peak_gflop_per_s_f32);
    more(&into->peak_gflop_per_s_bf16, other->peak_gflop_per_s_bf16);
    more(&into->peak_gflop_per_s_int8, other->peak_gflop_per_s_int8);
    less(&into->launch_us, other->launch_us);
}

void wi_roof_raise(struct wi_roof *roof, const struct wi_roofline *measured) {
    wi_roofline_raise(&roof->measured, measured);
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
