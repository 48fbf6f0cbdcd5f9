/* test_stats_series.c: trend, change, memory, groups and many tests at once, against published
 * examples. SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/arena.h"
#include "base/rng.h"
#include "base/stats.h"
#include "base/status.h"
#include "tests/base/draws.h"
#include "tests/base/nile.h"

#include <math.h>
#include <string.h>

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

/* ---- slope ---- */

/* The example of Sen's paper: slope 4, between 3.71 and 4.38. */
static void slope_matches_sens_example(void **state) {
    const double t[] = {1, 2, 3, 4, 10, 12, 18}, y[] = {9, 15, 19, 20, 45, 55, 78};
    struct wi_slope s = wi_stat_slope(t, y, WI_COUNT(t), *state);
    assert_true(s.per_step.mid == 4);
    assert_near(s.per_step.lo, 3.71, 0.005);
    assert_near(s.per_step.hi, 4.38, 0.005);
    assert_near(s.p, 2.0 / 5040, 1e-12); /* one order of 7! each way */
}

/* Kendall's table for eight values, chance of S or more: 0.031 for 16, 0.199 for 8, 0.274 for 6
 * (R. O. Gilbert, "Statistical methods for environmental pollution monitoring", 1987, table A18).
 */
static void p_matches_the_table_of_kendalls_s(void **state) {
    const double s16[] = {1, 2, 3, 4, 8, 7, 6, 5}; /* 6 of 28 pairs out of order */
    const double s8[] = {6, 5, 1, 2, 3, 4, 8, 7};  /* 10 */
    const double s6[] = {8, 2, 1, 3, 4, 7, 6, 5};  /* 11 */
    assert_near(wi_stat_slope(NULL, s16, 8, *state).p, 2 * 0.031, 0.001);
    assert_near(wi_stat_slope(NULL, s8, 8, *state).p, 2 * 0.199, 0.001);
    assert_near(wi_stat_slope(NULL, s6, 8, *state).p, 2 * 0.274, 0.001);
}

/* S = -1,387 over all 4,950 pairs; median slope -2.6. */
static void the_nile_falls(void **state) {
    struct wi_slope s = wi_stat_slope(NULL, nile, NILE_YEARS, *state);
    assert_near(s.per_step.mid, -2.6, 1e-12);
    assert_true(s.per_step.lo < -2.6 && s.per_step.hi > -2.6 && s.per_step.hi < 0);
    assert_near(s.p, 3.6e-5, 0.1e-5); /* 2 (1 - Phi(1386 / sqrt(112732))) with ties */
}

static void a_third_of_wild_values_does_not_turn_the_slope(void **state) {
    double y[30];
    for (size_t i = 0; i < WI_COUNT(y); i++)
        y[i] = i % 4 == 1 ? 1e6 : 5 + 0.5 * (double)i;
    assert_near(wi_stat_slope(NULL, y, WI_COUNT(y), *state).per_step.mid, 0.5, 1e-9);
}

static void too_few_values_have_an_unbounded_slope(void **state) {
    const double y[] = {1, 2, 3, 4};
    struct wi_slope one = wi_stat_slope(NULL, y, 1, *state);
    assert_true(isnan(one.per_step.mid) && one.p == 1 && isinf(one.per_step.hi));
    struct wi_slope two = wi_stat_slope(NULL, y, 2, *state);
    assert_true(two.per_step.mid == 1 && two.p == 1);
    struct wi_slope four = wi_stat_slope(NULL, y, 4, *state);
    assert_true(isinf(four.per_step.lo) && isinf(four.per_step.hi)); /* 2 of 24 orders: 8 % */
    assert_near(four.p, 2.0 / 24, 1e-12);
    const double five[] = {1, 2, 3, 4, 6};
    assert_true(wi_stat_slope(NULL, five, 5, *state).per_step.lo == 1);
}

static void equal_values_have_no_trend(void **state) {
    const double y[12] = {0};
    struct wi_slope s = wi_stat_slope(NULL, y, WI_COUNT(y), *state);
    assert_true(s.per_step.lo == 0 && s.per_step.mid == 0 && s.per_step.hi == 0 && s.p == 1);
}

/* Two values that no other lies between are made equal: S changes by one, and p comes from the
 * normal approximation instead of the exact distribution. */
static void exact_and_approximate_p_meet(void **state) {
    double y[40];
    struct wi_rng rng;
    size_t nearest = 1;
    wi_rng_seed(&rng, 12);
    for (size_t i = 0; i < WI_COUNT(y); i++)
        y[i] = 0.01 * (double)i + wi_rng_unit(&rng);
    for (size_t i = 1; i < WI_COUNT(y); i++)
        if (fabs(y[i] - y[0]) < fabs(y[nearest] - y[0]))
            nearest = i;
    double p = wi_stat_slope(NULL, y, WI_COUNT(y), *state).p;
    y[nearest] = y[0];
    assert_near(wi_stat_slope(NULL, y, WI_COUNT(y), *state).p, p, 0.05 * p);
}

/* ---- change ---- */

static void the_nile_changed_after_1898(void **state) {
    struct wi_change c = wi_stat_change(nile, NILE_YEARS, *state);
    assert_int_equal(c.at, NILE_LAST_HIGH + 1);
    assert_near(c.p, 3.59e-7, 0.01e-7); /* K = 1617: 2 exp(-6 K^2 / (n^3 + n^2)) */
    assert_true(c.before == wi_stat_median(nile, 28) && c.before > 1100);
    assert_true(c.after == wi_stat_median(nile + 28, 72) && c.after < 860);
}

/* Five low, then five high: K = 25, the most that ten values can have. */
static void a_clean_step_is_found_where_it_is(void **state) {
    const double x[] = {1, 2, 1.5, 1.2, 1.1, 9, 8, 9.5, 8.5, 9.1};
    struct wi_change c = wi_stat_change(x, WI_COUNT(x), *state);
    assert_int_equal(c.at, 5);
    assert_near(c.p, 2 * exp(-6.0 * 625 / 1100), 1e-12);
    assert_true(c.before == 1.2 && c.after == 9);
}

static void an_outlier_is_no_change(void **state) {
    double x[30];
    for (size_t i = 0; i < WI_COUNT(x); i++)
        x[i] = (double)(i * 7 % 10);
    x[14] = 1e9;
    assert_true(wi_stat_change(x, WI_COUNT(x), *state).p > 0.5);
}

static void nothing_changes_in_equal_or_single_values(void **state) {
    const double x[9] = {4, 4, 4, 4, 4, 4, 4, 4, 4};
    struct wi_change equal = wi_stat_change(x, 9, *state), one = wi_stat_change(x, 1, *state);
    assert_true(equal.at == 0 && equal.p == 1 && equal.before == 4 && equal.after == 4);
    assert_true(one.at == 0 && one.p == 1 && one.before == 4);
    const double two[] = {1, 2};
    assert_true(wi_stat_change(two, 2, *state).p == 1);
}

/* ---- memory ---- */

/* Ranks 1 to 5: deviations -2 -1 0 1 2, products 2 + 0 + 0 + 2 over squares 10. */
static void autocorrelation_of_five_in_order_is_two_fifths(void **state) {
    const double x[] = {10, 20, 25, 26, 1000};
    assert_near(wi_stat_autocorrelation(x, 5, *state), 0.4, 1e-12);
    const double saw[] = {1, 9, 2, 8, 3, 7, 4, 6};
    assert_true(wi_stat_autocorrelation(saw, 8, *state) < -0.5);
}

/* Of the values themselves it is 0.498, and more than noise in either case (2 / sqrt(100)). */
static void the_nile_remembers_the_year_before(void **state) {
    assert_near(wi_stat_autocorrelation(nile, NILE_YEARS, *state), 0.430, 0.001);
}

static void nothing_is_known_of_two_or_equal_values(void **state) {
    const double x[] = {3, 3, 3, 3}, y[] = {1, 2};
    assert_true(isnan(wi_stat_autocorrelation(x, 4, *state)));
    assert_true(isnan(wi_stat_autocorrelation(y, 2, *state)));
    assert_true(wi_stat_effective_count(x, 4, *state) == 4);
    assert_true(wi_stat_effective_count(y, 1, *state) == 1);
}

/* Memory of 0.8 a step: nine values tell what one would. */
static void remembering_values_count_for_less(void **state) {
    enum { N = 4000 };
    double *x = WI_NEW_ARRAY(*state, double, N);
    struct wi_rng rng;
    wi_rng_seed(&rng, 4);
    draw_remembering(&rng, 0.8, x, N);
    assert_near(wi_stat_effective_count(x, N, *state), N / 9.0, 0.2 * N / 9);
    draw_remembering(&rng, 0, x, N);
    assert_near(wi_stat_effective_count(x, N, *state), N, 0.08 * N);
    for (size_t i = 0; i < N; i++)
        x[i] = (double)i;
    assert_true(wi_stat_effective_count(x, N, *state) < 5);
}

/* ---- many tests ---- */

/* Fifteen p-values of Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", 1995:
 * controlling the familywise error at 5 % rejects the first three. */
static void holm_rejects_three_of_the_fifteen_published(void **state) {
    const double p[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                        0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
    double out[WI_COUNT(p)];
    wi_stat_holm(p, WI_COUNT(p), out, *state);
    assert_near(out[0], 0.0015, 1e-12);
    assert_near(out[2], 0.0247, 1e-12);
    assert_near(out[3], 0.1140, 1e-12);
    assert_true(out[2] <= 0.05 && out[3] > 0.05 && out[14] == 1);
}

static void holm_keeps_the_order_of_its_input_and_may_write_over_it(void **state) {
    double p[] = {0.01, 0.04, 0.03, 0.005};
    const double want[] = {0.03, 0.06, 0.06, 0.02};
    wi_stat_holm(p, 4, p, *state);
    for (size_t i = 0; i < 4; i++)
        assert_near(p[i], want[i], 1e-12);
    wi_stat_holm(p, 0, p, *state);
    double one = 0.02;
    wi_stat_holm(&one, 1, &one, *state);
    assert_true(one == 0.02);
}

/* ---- groups ---- */

static void two_speeds_are_two_groups(void **state) {
    double x[40];
    struct wi_rng rng;
    wi_rng_seed(&rng, 6);
    for (size_t i = 0; i < WI_COUNT(x); i++)
        x[i] = (i % 10 < 3 ? 150 : 100) + draw_normal(&rng);
    struct wi_modes m = wi_stat_modes(x, WI_COUNT(x), *state);
    assert_true(m.two);
    assert_near(m.low, 100, 1);
    assert_near(m.high, 150, 1.5);
    assert_near(m.high_share, 0.3, 1e-12);
}

static void two_exact_values_are_infinitely_apart(void **state) {
    const double x[] = {1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2};
    struct wi_modes m = wi_stat_modes(x, WI_COUNT(x), *state);
    assert_true(m.two && isinf(m.separation) && m.low == 1 && m.high == 2 && m.high_share == 0.5);
    assert_false(wi_stat_modes(x, 11, *state).two); /* too few to tell */
}

static void equal_values_and_a_few_outliers_are_one_group(void **state) {
    double x[40];
    for (size_t i = 0; i < WI_COUNT(x); i++)
        x[i] = 100;
    struct wi_modes equal = wi_stat_modes(x, WI_COUNT(x), *state);
    assert_true(!equal.two && equal.separation == 0 && equal.low == 100 && equal.high == 100);
    for (size_t i = 0; i < WI_COUNT(x); i++)
        x[i] = 100 + (double)(i * 7 % 40) / 40 + (i < 3 ? 50 : 0);
    assert_false(wi_stat_modes(x, WI_COUNT(x), *state).two);
    assert_false(wi_stat_modes(x, 1, *state).two);
}

/* Skewed, heavy-tailed, flat: one group nearly always; the counts of separation_of_one. */
static void one_group_is_hardly_ever_taken_for_two(void **state) {
    (void)state;
    double (*const draws[])(struct wi_rng *) = {draw_normal, draw_uniform, draw_exponential,
                                                draw_student, draw_log_normal};
    const size_t counts[] = {12, 20, 50, 200};
    struct wi_rng rng;
    wi_rng_seed(&rng, 15);
    for (size_t d = 0; d < WI_COUNT(draws); d++) {
        for (size_t c = 0; c < WI_COUNT(counts); c++) {
            int two = 0;
            for (int round = 0; round < 1000; round++) {
                double x[200];
                struct wi_arena *arena = wi_arena_create();
                for (size_t i = 0; i < counts[c]; i++)
                    x[i] = draws[d](&rng);
                two += wi_stat_modes(x, counts[c], arena).two;
                wi_arena_destroy(arena);
            }
            if (two > 25)
                fail_msg("distribution %zu, %zu values: %d of 1,000 are two groups", d, counts[c],
                         two);
        }
    }
}

int main(void) {
#define WITH_ARENA(f) cmocka_unit_test_setup_teardown(f, make_arena, drop_arena)
    const struct CMUnitTest tests[] = {
        WITH_ARENA(slope_matches_sens_example),
        WITH_ARENA(p_matches_the_table_of_kendalls_s),
        WITH_ARENA(the_nile_falls),
        WITH_ARENA(a_third_of_wild_values_does_not_turn_the_slope),
        WITH_ARENA(too_few_values_have_an_unbounded_slope),
        WITH_ARENA(equal_values_have_no_trend),
        WITH_ARENA(exact_and_approximate_p_meet),
        WITH_ARENA(the_nile_changed_after_1898),
        WITH_ARENA(a_clean_step_is_found_where_it_is),
        WITH_ARENA(an_outlier_is_no_change),
        WITH_ARENA(nothing_changes_in_equal_or_single_values),
        WITH_ARENA(autocorrelation_of_five_in_order_is_two_fifths),
        WITH_ARENA(the_nile_remembers_the_year_before),
        WITH_ARENA(nothing_is_known_of_two_or_equal_values),
        WITH_ARENA(remembering_values_count_for_less),
        WITH_ARENA(holm_rejects_three_of_the_fifteen_published),
        WITH_ARENA(holm_keeps_the_order_of_its_input_and_may_write_over_it),
        WITH_ARENA(two_speeds_are_two_groups),
        WITH_ARENA(two_exact_values_are_infinitely_apart),
        WITH_ARENA(equal_values_and_a_few_outliers_are_one_group),
        WITH_ARENA(one_group_is_hardly_ever_taken_for_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
