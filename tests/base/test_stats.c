/* test_stats.c: statistics and random numbers against worked examples.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/rng.h"
#include "base/stats.h"
#include "base/status.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ASSERT_NEAR(got, want, tolerance) assert_float_equal((float)(got), (float)(want), tolerance)

static void median_of_odd_and_even_counts(void **state) {
    (void)state;
    const double odd[] = {9, 1, 5}, even[] = {4, 1, 3, 2}, one[] = {7};
    assert_true(wi_stat_median(odd, 3) == 5);
    assert_true(wi_stat_median(even, 4) == 2.5);
    assert_true(wi_stat_median(one, 1) == 7);
    assert_true(odd[0] == 9 && odd[1] == 1); /* the input keeps its order */
}

static void mad_ignores_one_outlier(void **state) {
    (void)state;
    const double x[] = {1, 1, 2, 2, 4, 6, 900}; /* median 2, deviations 1 1 0 0 2 4 898 */
    assert_true(wi_stat_mad(x, 7) == 1);
}

/* The nearest-rank example of many textbooks: 15 20 35 40 50. */
static void quantile_is_the_nearest_rank_from_below(void **state) {
    (void)state;
    const double x[] = {50, 15, 40, 20, 35};
    assert_true(wi_stat_quantile(x, 5, 0) == 15);
    assert_true(wi_stat_quantile(x, 5, 0.05) == 15);
    assert_true(wi_stat_quantile(x, 5, 0.30) == 20);
    assert_true(wi_stat_quantile(x, 5, 0.40) == 20);
    assert_true(wi_stat_quantile(x, 5, 0.50) == 35);
    assert_true(wi_stat_quantile(x, 5, 1) == 50);
}

static void p10_of_ten_or_fewer_is_the_minimum_and_of_eleven_is_not(void **state) {
    (void)state;
    double x[11];
    for (int i = 0; i < 11; i++)
        x[i] = 11 - i;
    assert_true(wi_stat_quantile(x + 1, 10, 0.1) == 1);
    assert_true(wi_stat_quantile(x + 2, 9, 0.1) == 1);
    assert_true(wi_stat_quantile(x, 11, 0.1) == 2);
}

static void exact_products_do_not_slip_to_the_next_rank(void **state) {
    (void)state;
    double x[100];
    for (int i = 0; i < 100; i++)
        x[i] = i + 1;
    assert_true(wi_stat_quantile(x, 100, 0.07) == 7); /* 0.07 * 100 > 7 in binary */
    assert_true(wi_stat_quantile(x, 100, 0.29) == 29);
}

/* 9 of 11 and 81 of 263 (Newcombe 1998, table I: 0.2553 to 0.3662). */
static void wilson_matches_published_intervals(void **state) {
    (void)state;
    struct wi_interval w = wi_stat_wilson(81, 263);
    ASSERT_NEAR(w.lo, 0.2553, 5e-5f);
    ASSERT_NEAR(w.hi, 0.3662, 5e-5f);
    w = wi_stat_wilson(9, 11);
    ASSERT_NEAR(w.lo, 0.5230, 5e-4f);
    ASSERT_NEAR(w.mid, 9.0 / 11, 1e-6f);
    ASSERT_NEAR(w.hi, 0.9486, 5e-4f);
}

static void wilson_at_the_ends_stays_within_zero_and_one(void **state) {
    (void)state;
    struct wi_interval none = wi_stat_wilson(0, 20), all = wi_stat_wilson(29, 29);
    assert_true(none.lo == 0 && none.mid == 0);
    ASSERT_NEAR(none.hi, 0.1611, 5e-5f); /* Newcombe: 0 of 20 */
    assert_true(all.hi == 1 && all.mid == 1);
    ASSERT_NEAR(all.lo, 0.8830, 5e-5f); /* Newcombe: 29 of 29 */
    struct wi_interval nothing = wi_stat_wilson(0, 0);
    assert_true(nothing.lo == 0 && isnan(nothing.mid) && nothing.hi == 1);
}

static void bootstrap_repeats_for_a_seed_and_moves_with_it(void **state) {
    (void)state;
    double x[40];
    struct wi_rng rng;
    wi_rng_seed(&rng, 7);
    for (size_t i = 0; i < WI_COUNT(x); i++)
        x[i] = 100 + wi_rng_unit(&rng);
    struct wi_interval a = wi_stat_bootstrap_median(x, WI_COUNT(x), 999, 1);
    struct wi_interval b = wi_stat_bootstrap_median(x, WI_COUNT(x), 999, 1);
    assert_memory_equal(&a, &b, sizeof(a));
    assert_true(a.lo < a.mid && a.mid < a.hi);
    assert_true(a.mid == wi_stat_median(x, WI_COUNT(x)));
}

static void bootstrap_of_one_value_is_that_value(void **state) {
    (void)state;
    struct wi_interval i = wi_stat_bootstrap_median(&(double){3.5}, 1, 999, 1);
    assert_true(i.lo == 3.5 && i.mid == 3.5 && i.hi == 3.5);
}

/* Of two values a resample's median is lower, mean, upper with chance 1/4, 1/2, 1/4. */
static void bootstrap_of_two_values_spans_both(void **state) {
    (void)state;
    const double x[] = {1, 3};
    struct wi_interval i = wi_stat_bootstrap_median(x, 2, 999, 1);
    assert_true(i.lo == 1 && i.mid == 2 && i.hi == 3);
}

/* The 95 % interval of a median should hold the truth about 95 times in 100. */
static void bootstrap_covers_the_true_median_as_often_as_it_says(void **state) {
    (void)state;
    int covered = 0, rounds = 400;
    struct wi_rng rng;
    wi_rng_seed(&rng, 42);
    for (int r = 0; r < rounds; r++) {
        double x[41];
        for (size_t i = 0; i < WI_COUNT(x); i++)
            x[i] = wi_rng_unit(&rng);
        struct wi_interval i = wi_stat_bootstrap_median(x, WI_COUNT(x), 399, (uint64_t)r);
        covered += i.lo <= 0.5 && 0.5 <= i.hi;
    }
    assert_in_range(covered, rounds * 90 / 100, rounds * 99 / 100);
}

/* Release builds leave assertions out. */
static void what_is_not_a_number_is_a_bug_of_the_caller(void **state) {
    (void)state;
#ifdef NDEBUG
    skip();
#else
    const double x[] = {1, NAN, 3};
    int how = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)freopen("/dev/null", "w", stderr);
        (void)signal(SIGABRT, SIG_DFL);
        (void)wi_stat_median(x, 3);
        _exit(0);
    }
    assert_true(waitpid(child, &how, 0) == child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT);
#endif
}

/* splitmix64 from seed 1234567: the values that its author's C program prints. */
static void splitmix_matches_the_reference_sequence(void **state) {
    (void)state;
    uint64_t s = 1234567;
    assert_true(wi_splitmix64(&s) == 6457827717110365317u);
    assert_true(wi_splitmix64(&s) == 3203168211198807973u);
    assert_true(wi_splitmix64(&s) == 9817491932198370423u);
}

/* xoshiro256** from state 1 2 3 4: first outputs worked out by hand: 2 x 5 rotated by 7, x 9. */
static void xoshiro_matches_the_reference_sequence(void **state) {
    (void)state;
    struct wi_rng rng = {{1, 2, 3, 4}};
    assert_true(wi_rng_next(&rng) == 11520);
    assert_true(wi_rng_next(&rng) == 0);
    assert_true(wi_rng_next(&rng) == 1509978240);
    assert_true(wi_rng_next(&rng) == 1215971899390074240);
}

static void below_stays_below_and_reaches_all(void **state) {
    (void)state;
    unsigned seen[7] = {0};
    struct wi_rng rng;
    wi_rng_seed(&rng, 0);
    for (int i = 0; i < 7000; i++) {
        uint64_t x = wi_rng_below(&rng, 7);
        assert_true(x < 7);
        seen[x]++;
    }
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 850, 1150);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(median_of_odd_and_even_counts),
        cmocka_unit_test(mad_ignores_one_outlier),
        cmocka_unit_test(quantile_is_the_nearest_rank_from_below),
        cmocka_unit_test(p10_of_ten_or_fewer_is_the_minimum_and_of_eleven_is_not),
        cmocka_unit_test(exact_products_do_not_slip_to_the_next_rank),
        cmocka_unit_test(wilson_matches_published_intervals),
        cmocka_unit_test(wilson_at_the_ends_stays_within_zero_and_one),
        cmocka_unit_test(bootstrap_repeats_for_a_seed_and_moves_with_it),
        cmocka_unit_test(bootstrap_of_one_value_is_that_value),
        cmocka_unit_test(bootstrap_of_two_values_spans_both),
        cmocka_unit_test(bootstrap_covers_the_true_median_as_often_as_it_says),
        cmocka_unit_test(what_is_not_a_number_is_a_bug_of_the_caller),
        cmocka_unit_test(splitmix_matches_the_reference_sequence),
        cmocka_unit_test(xoshiro_matches_the_reference_sequence),
        cmocka_unit_test(below_stays_below_and_reaches_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
