/* test_beside.c: two figures of one case: agree, or are doubted.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "bench/beside.h"

#include <string.h>

static uint32_t judged(struct wi_rate rate, enum wi_beside_id what, struct wi_rate other,
                       const char *sentence) {
    const struct wi_beside beside = {what, other};
    struct wi_notes notes = {.arena = wi_arena_create()};
    wi_beside_judge(&rate, &beside, 1, &notes);
    if (sentence != NULL && (notes.count == 0 || strstr(notes.items[0].seen, sentence) == NULL))
        fail_msg("\"%s\" is not in \"%s\"", sentence,
                 notes.count == 0 ? "nothing" : notes.items[0].seen);
    uint32_t doubts = notes.doubts;
    wi_arena_destroy(notes.arena);
    return doubts;
}

static const struct wi_rate ten = {10, 9.95, 10.05, 10.1};

static void some_layers_within_three_percent_stand_for_all(void **state) {
    (void)state;
    const struct wi_rate near = {10.25, 10.2, 10.3, 10.4};
    assert_int_equal(judged(ten, WI_BESIDE_segmented, near, NULL), 0);
}

static void some_layers_five_percent_off_are_doubted(void **state) {
    (void)state;
    const struct wi_rate off = {10.5, 10.4, 10.6, 10.7};
    assert_int_equal(
        judged(ten, WI_BESIDE_segmented, off,
               "10 tok/s, but 10.5 tok/s with some layers for all of them: 5.0 % apart"),
        WI_DOUBT_BIT(WI_DOUBT_extrapolation));
}

/* Another seed is one more sample of the same; that some layers stand for all is a claim. */
static void wide_intervals_explain_a_seed_and_not_an_extrapolation(void **state) {
    (void)state;
    const struct wi_rate wide = {10.8, 9.9, 11.5, 12};
    assert_int_equal(judged(ten, WI_BESIDE_segmented, wide, "8.0 % apart"),
                     WI_DOUBT_BIT(WI_DOUBT_extrapolation));
    assert_int_equal(judged(ten, WI_BESIDE_other_seed, wide, NULL), 0);
}

static void another_seed_that_is_slower_is_doubted(void **state) {
    (void)state;
    const struct wi_rate slow = {9, 8.95, 9.05, 9.1};
    assert_int_equal(judged(ten, WI_BESIDE_other_seed, slow, "10.0 % apart"),
                     WI_DOUBT_BIT(WI_DOUBT_data_dependent));
}

static void what_small_pages_cost_is_told_and_not_doubted(void **state) {
    (void)state;
    const struct wi_rate slow = {6, 5.95, 6.05, 6.1};
    assert_int_equal(judged(ten, WI_BESIDE_small_pages, slow, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_layers_within_three_percent_stand_for_all),
        cmocka_unit_test(some_layers_five_percent_off_are_doubted),
        cmocka_unit_test(wide_intervals_explain_a_seed_and_not_an_extrapolation),
        cmocka_unit_test(another_seed_that_is_slower_is_doubted),
        cmocka_unit_test(what_small_pages_cost_is_told_and_not_doubted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
