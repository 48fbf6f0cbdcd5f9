/* test_stats_interval.c: intervals of medians against hand-worked cases; how often they hold the
 * truth is in test_stats_coverage.c. SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/arena.h"
#include "base/rng.h"
#include "base/stats.h"
#include "base/status.h"

#include <math.h>

static int make_arena(void **state) {
    *state = wi_arena_create();
    return 0;
}

static int drop_arena(void **state) {
    wi_arena_destroy(*state);
    return 0;
}

static void assert_near(double got, double want, double within) {
    if (!(fabs(got - want) <= within))
        fail_msg("%.9g is not within %g of %.9g", got, within, want);
}

static void assert_interval(struct wi_interval got, double lo, double mid, double hi) {
    if (!(got.lo == lo && got.mid == mid && got.hi == hi))
        fail_msg("%g %g %g is not %g %g %g", got.lo, got.mid, got.hi, lo, mid, hi);
}

/* ---- order statistics ---- */

/* n = 10: P(B < 2) = 11/1024, P(B < 3) = 56/1024, so the second smallest and largest reach 0.978516
 * and the third 0.890625; by Hettmansperger and Sheather's formula I = 0.324444 and
 * lambda = 8 I / (2 + 6 I) = 0.657658. */
static void order_interval_matches_the_formula_worked_by_hand(void **state) {
    (void)state;
    const double x[] = {3, 1, 2, 10, 9, 8, 5, 4, 7, 6};
    struct wi_interval i = wi_stat_median_interval(x, WI_COUNT(x));
    assert_near(i.lo, 2.657658, 1e-6);
    assert_near(i.hi, 8.342342, 1e-6);
    assert_true(i.mid == 5.5);
}

/* The classic table of order statistics for a 95 % interval of the median: for 20 values the 6th to
 * the 15th (95.9 %), for 50 the 18th to the 33rd (96.7 %); W. J. Conover, "Practical nonparametric
 * statistics", 1999. The interpolated ends lie within one value inward of them. */
static void order_interval_agrees_with_tables(void **state) {
    (void)state;
    double x[50];
    for (size_t i = 0; i < WI_COUNT(x); i++)
        x[i] = (double)i + 1;
    struct wi_interval of_20 = wi_stat_median_interval(x, 20);
    struct wi_interval of_50 = wi_stat_median_interval(x, 50);
    assert_true(of_20.lo >= 6 && of_20.lo < 7 && of_20.hi <= 15 && of_20.hi > 14);
    assert_true(of_50.lo >= 18 && of_50.lo < 19 && of_50.hi <= 33 && of_50.hi > 32);
}

static void fewer_than_six_values_give_their_range_and_its_true_level(void **state) {
    (void)state;
    const double x[] = {4, 1, 5, 2, 3};
    assert_interval(wi_stat_median_interval(x, 5), 1, 3, 5);
    assert_interval(wi_stat_median_interval(x, 2), 1, 2.5, 4);
    assert_interval(wi_stat_median_interval(x, 1), 4, 4, 4);
    assert_true(wi_stat_median_interval_level(1) == 0);
    assert_true(wi_stat_median_interval_level(2) == 0.5);
    assert_true(wi_stat_median_interval_level(5) == 0.9375);
    assert_true(wi_stat_median_interval_level(6) == 0.95);
}

static void order_interval_of_very_many_values_is_narrow(void **state) {
    struct wi_arena *arena = *state;
    enum { MANY = 100001 };
    double *x = WI_NEW_ARRAY(arena, double, MANY);
    for (size_t i = 0; i < MANY; i++)
        x[i] = (double)i;
    struct wi_interval i = wi_stat_median_interval(x, MANY);
    /* n/2 -+ 1.96 sqrt(n)/2 */
    assert_near(i.lo, 50000 - 309.9, 1.5);
    assert_near(i.hi, 50000 + 309.9, 1.5);
}

static void constant_values_give_no_width(void **state) {
    const double x[] = {2, 2, 2, 2, 2, 2, 2, 2};
    struct wi_series s = {x, WI_COUNT(x), 2};
    assert_interval(wi_stat_median_interval(x, WI_COUNT(x)), 2, 2, 2);
    assert_interval(wi_stat_block_median(&s, 99, 1, *state), 2, 2, 2);
    assert_interval(wi_stat_median_ratio(&s, &s, 99, 1, *state), 1, 1, 1);
}

/* ---- blocks ---- */

static void a_block_lasts_as_long_as_asked(void **state) {
    (void)state;
    const double ms[] = {100, 200, 300, 200, 100, 300}; /* 1,200 together, 200 on average */
    assert_int_equal(wi_stat_block_length(ms, WI_COUNT(ms), 500), 3);
    assert_int_equal(wi_stat_block_length(ms, WI_COUNT(ms), 400), 2); /* exactly two */
    assert_int_equal(wi_stat_block_length(ms, WI_COUNT(ms), 401), 3);
    assert_int_equal(wi_stat_block_length(ms, WI_COUNT(ms), 0), 1);
    assert_int_equal(wi_stat_block_length(ms, WI_COUNT(ms), 1200), 6);
    assert_int_equal(wi_stat_block_length(ms, WI_COUNT(ms), 5000), 6);
    assert_int_equal(wi_stat_block_length(ms, 1, 500), 1);
    assert_int_equal(wi_stat_block_length((const double[]){0, 0}, 2, 1), 2);
}

static void the_rest_joins_the_last_block(void **state) {
    (void)state;
    const double x[] = {1, 3, 2, 7, 9, 8, 40, 41};
    double medians[8];
    struct wi_series threes = {x, 8, 3}, ones = {x, 8, 1}, all = {x, 8, 100};
    assert_int_equal(wi_stat_block_medians(&threes, medians), 2);
    assert_true(medians[0] == 2 && medians[1] == 9); /* 7 8 9 40 41 */
    assert_int_equal(wi_stat_block_medians(&ones, medians), 8);
    assert_memory_equal(medians, x, sizeof(x));
    assert_int_equal(wi_stat_block_medians(&all, medians), 1);
    assert_true(medians[0] == 7.5);
}

static void one_block_tells_no_interval(void **state) {
    const double x[] = {1, 2, 3, 4, 9};
    for (size_t block = 3; block < 7; block++) { /* two of three do not fit into five */
        struct wi_series s = {x, WI_COUNT(x), block};
        assert_interval(wi_stat_block_median(&s, 99, 1, *state), 3, 3, 3);
    }
}

static void block_interval_repeats_for_a_seed_and_holds_the_median(void **state) {
    double x[90];
    struct wi_rng rng;
    wi_rng_seed(&rng, 3);
    for (size_t i = 0; i < WI_COUNT(x); i++)
        x[i] = 100 + wi_rng_unit(&rng);
    struct wi_series s = {x, WI_COUNT(x), 4};
    struct wi_interval a = wi_stat_block_median(&s, 499, 11, *state);
    struct wi_interval b = wi_stat_block_median(&s, 499, 11, *state);
    assert_memory_equal(&a, &b, sizeof(a));
    assert_true(a.lo < a.mid && a.mid < a.hi && a.mid == wi_stat_median(x, WI_COUNT(x)));
    struct wi_interval other = wi_stat_block_median(&s, 499, 12, *state);
    assert_memory_not_equal(&a, &other, sizeof(a));
}

/* Ten levels of ten equal values: to take single values for independent hides how few there are. */
static void blocks_widen_what_comes_in_runs(void **state) {
    double x[100];
    for (size_t i = 0; i < WI_COUNT(x); i++)
        x[i] = (double)((i / 10 * 7) % 10); /* 0 7 4 1 8 5 2 9 6 3 */
    struct wi_series single = {x, WI_COUNT(x), 1}, runs = {x, WI_COUNT(x), 10};
    struct wi_interval one = wi_stat_block_median(&single, 999, 1, *state);
    struct wi_interval ten = wi_stat_block_median(&runs, 999, 1, *state);
    if (!(ten.hi - ten.lo > 2 * (one.hi - one.lo)))
        fail_msg("blocks: %g to %g, single values: %g to %g", ten.lo, ten.hi, one.lo, one.hi);
}

/* ---- ratio and widening ---- */

static void a_ratio_does_not_depend_on_the_unit(void **state) {
    double a[40], b[30], a_us[40], b_us[30];
    struct wi_rng rng;
    wi_rng_seed(&rng, 9);
    for (size_t i = 0; i < WI_COUNT(a); i++)
        a_us[i] = 1024 * (a[i] = 2 + wi_rng_unit(&rng));
    for (size_t i = 0; i < WI_COUNT(b); i++)
        b_us[i] = 1024 * (b[i] = 1 + wi_rng_unit(&rng));
    struct wi_series sa = {a, 40, 2}, sb = {b, 30, 1}, ua = {a_us, 40, 2}, ub = {b_us, 30, 1};
    struct wi_interval r = wi_stat_median_ratio(&sa, &sb, 499, 5, *state);
    struct wi_interval in_us = wi_stat_median_ratio(&ua, &ub, 499, 5, *state);
    assert_memory_equal(&r, &in_us, sizeof(r)); /* powers of two round nothing */
    assert_true(r.mid == wi_stat_median(a, 40) / wi_stat_median(b, 30));
    assert_true(r.lo < r.mid && r.mid < r.hi);
    struct wi_series single = {b, 1, 1};
    struct wi_interval none = wi_stat_median_ratio(&sa, &single, 499, 5, *state);
    assert_true(none.lo == none.mid && none.hi == none.mid);
}

/* 3 and 4 make 5. */
static void half_widths_add_as_squares(void **state) {
    (void)state;
    struct wi_interval i = wi_stat_widen((struct wi_interval){97, 100, 103}, 0.04);
    assert_near(i.lo, 95, 1e-12);
    assert_near(i.hi, 105, 1e-12);
    assert_true(i.mid == 100);
    i = wi_stat_widen((struct wi_interval){100, 100, 103}, 0.04); /* each side by itself */
    assert_near(i.lo, 96, 1e-12);
    assert_near(i.hi, 105, 1e-12);
    assert_interval(wi_stat_widen((struct wi_interval){97, 100, 103}, 0), 97, 100, 103);
}

int main(void) {
#define WITH_ARENA(f) cmocka_unit_test_setup_teardown(f, make_arena, drop_arena)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_interval_matches_the_formula_worked_by_hand),
        cmocka_unit_test(order_interval_agrees_with_tables),
        cmocka_unit_test(fewer_than_six_values_give_their_range_and_its_true_level),
        WITH_ARENA(order_interval_of_very_many_values_is_narrow),
        WITH_ARENA(constant_values_give_no_width),
        cmocka_unit_test(a_block_lasts_as_long_as_asked),
        cmocka_unit_test(the_rest_joins_the_last_block),
        WITH_ARENA(one_block_tells_no_interval),
        WITH_ARENA(block_interval_repeats_for_a_seed_and_holds_the_median),
        WITH_ARENA(blocks_widen_what_comes_in_runs),
        WITH_ARENA(a_ratio_does_not_depend_on_the_unit),
        cmocka_unit_test(half_widths_add_as_squares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
