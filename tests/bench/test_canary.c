/* test_canary.c: what short looks tell, and what becomes of a ceiling that was passed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "bench/roofs.h"

#include <math.h>
#include <string.h>

static struct wi_canary look(double read, double f32) {
    return (struct wi_canary){1, wi_some_f64(read), wi_some_f64(f32)};
}

static uint32_t judged(struct wi_canary_best best, struct wi_canary before, struct wi_canary after,
                       const char *sentence) {
    struct wi_notes notes = {.arena = wi_arena_create()};
    wi_canary_judge(&best, &before, &after, &notes);
    if (sentence != NULL && (notes.count == 0 || strstr(notes.items[0].seen, sentence) == NULL))
        fail_msg("\"%s\" is not in \"%s\"", sentence,
                 notes.count == 0 ? "nothing" : notes.items[0].seen);
    uint32_t doubts = notes.doubts;
    wi_arena_destroy(notes.arena);
    return doubts;
}

static void a_shared_core_beside_a_case_is_drift(void **state) {
    (void)state;
    const struct wi_canary_best best = {30, 198};
    assert_int_equal(judged(best, look(29, 198), look(29, 102), "arithmetic ran at 52 %"),
                     WI_DOUBT_BIT(WI_DOUBT_drift));
    assert_int_equal(judged(best, look(29, 102), look(29, 198), "arithmetic ran at 52 %"),
                     WI_DOUBT_BIT(WI_DOUBT_drift));
}

static void memory_that_others_read_beside_a_case_is_drift(void **state) {
    (void)state;
    const struct wi_canary_best best = {30, 198};
    assert_int_equal(judged(best, look(15, 197), look(30, 198), "memory was read at 50 %"),
                     WI_DOUBT_BIT(WI_DOUBT_drift));
}

static void looks_near_the_best_are_no_drift(void **state) {
    (void)state;
    const struct wi_canary_best best = {30, 198};
    assert_int_equal(judged(best, look(24, 190), look(27, 181), NULL), 0);
}

static void a_canary_that_saw_nothing_tells_nothing(void **state) {
    (void)state;
    const struct wi_canary none = {0};
    const struct wi_canary_best best = {30, 198}, nothing = {0};
    assert_int_equal(judged(best, none, none, NULL), 0);
    assert_int_equal(judged(nothing, look(1, 1), look(2, 2), NULL), 0);
}

/* ---- ceilings ---- */

static struct wi_arena *arena;
static int make_arena(void **state) {
    (void)state;
    arena = wi_arena_create();
    return 0;
}
static int destroy_arena(void **state) {
    (void)state;
    wi_arena_destroy(arena);
    return 0;
}

/* One pass of a second each. */
static void measured(struct wi_roof *roof, double read, double f32, double launch_us) {
    static const uint64_t second_ns[] = {1000000000};
    const struct wi_ceiling ceilings[] = {
        {WI_CEILING_read, "x", NULL, NULL, NULL, 1, read * 1e9, second_ns, 1},
        {WI_CEILING_peak, "x", "f32", NULL, NULL, 1, f32 * 1e9, second_ns, 1},
        {WI_CEILING_launch, "x", NULL, NULL, NULL, 1, 1e6 / launch_us, second_ns, 1}};
    const struct wi_roofline r = {.ceilings = ceilings, .ceiling_count = WI_COUNT(ceilings)};
    wi_roof_raise(roof, &r, arena);
}
static struct wi_roof roof_of(double read, double f32) {
    struct wi_roof roof = {0};
    measured(&roof, read, f32, 5);
    return roof;
}

static void a_look_above_the_ceiling_lifts_it(void **state) {
    (void)state;
    struct wi_roof roof = roof_of(30, 102);
    const struct wi_canary seen = look(29, 198);
    assert_false(wi_roof_was_passed(&roof));
    wi_canary_raise(&roof.best, &seen);
    assert_true(wi_roof_was_passed(&roof));
    struct wi_roofline ceiling = wi_roof_ceiling(&roof);
    assert_true(ceiling.peak_gflop_per_s_f32.value == 198);
    assert_true(ceiling.read_gb_per_s.value == 30);
    assert_true(roof.measured.peak_gflop_per_s_f32.value == 102); /* a look is no measuring */
}

static void two_percent_above_the_ceiling_is_noise(void **state) {
    (void)state;
    struct wi_roof roof = roof_of(30, 198);
    const struct wi_canary seen = look(30.5, 201);
    wi_canary_raise(&roof.best, &seen);
    assert_false(wi_roof_was_passed(&roof));
}

static void of_two_ceilings_the_better_counts_field_by_field(void **state) {
    (void)state;
    struct wi_roof roof = roof_of(30, 102);
    measured(&roof, 25, 198, 4);
    assert_true(roof.measured.read_gb_per_s.value == 30);
    assert_true(roof.measured.peak_gflop_per_s_f32.value == 198);
    assert_true(roof.measured.launch_us.value == 4);
}

static void a_look_makes_no_ceiling_where_none_was_measured(void **state) {
    (void)state;
    struct wi_roof roof = {0};
    const struct wi_canary seen = look(29, 198);
    wi_canary_raise(&roof.best, &seen);
    struct wi_roofline ceiling = wi_roof_ceiling(&roof);
    assert_false(wi_has_f64(ceiling.peak_gflop_per_s_f32));
    assert_false(wi_roof_was_passed(&roof));
    assert_true(wi_roof_best(&roof).f32_gflop_per_s == 198);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shared_core_beside_a_case_is_drift),
        cmocka_unit_test(memory_that_others_read_beside_a_case_is_drift),
        cmocka_unit_test(looks_near_the_best_are_no_drift),
        cmocka_unit_test(a_canary_that_saw_nothing_tells_nothing),
        cmocka_unit_test(a_look_above_the_ceiling_lifts_it),
        cmocka_unit_test(two_percent_above_the_ceiling_is_noise),
        cmocka_unit_test(of_two_ceilings_the_better_counts_field_by_field),
        cmocka_unit_test(a_look_makes_no_ceiling_where_none_was_measured),
    };
    return cmocka_run_group_tests(tests, make_arena, destroy_arena);
}
