/* test_stats_coverage.c: how often a 95 % interval holds the truth, and how often a test sees what
 * is not there, over many seeded series like those that runs have.
 * SPDX-License-Identifier: Apache-2.0
 *
 * With the argument "long": ten times as many series, more lengths, and narrower bounds. */
#include "tests/test.h"

#include "base/arena.h"
#include "base/stats.h"
#include "base/status.h"
#include "tests/base/draws.h"

#include <math.h>
#include <string.h>

static bool thorough;

static int series_count(int quick) {
    return thorough ? 10 * quick : quick;
}

static void assert_share(const char *what, int held, int of, double least, double most) {
    double share = (double)held / of;
    if (!(share >= least && share <= most))
        fail_msg("%s: %d of %d, %.2f %%, is not within %.1f and %.1f %%", what, held, of,
                 100 * share, 100 * least, 100 * most);
}

static bool holds(struct wi_interval i, double truth) {
    return i.lo <= truth && truth <= i.hi;
}

/* ---- independent values ---- */

static const struct {
    const char *name;
    double (*draw)(struct wi_rng *rng);
    double median;
} independent[] = {{"normal", draw_normal, 0},
                   {"Student's t with 2 degrees of freedom", draw_student, 0},
                   {"log-normal", draw_log_normal, 1},
                   {"exponential", draw_exponential, 0.6931471805599453}};

static void order_interval_of(size_t n, size_t which, int rounds, struct wi_rng *rng) {
    int held = 0;
    double x[200];
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < n; i++)
            x[i] = independent[which].draw(rng);
        held += holds(wi_stat_median_interval(x, n), independent[which].median);
    }
    assert_share(independent[which].name, held, rounds, 0.93, 0.97);
}

static void order_interval_covers_as_it_says(void **state) {
    (void)state;
    const size_t counts[] = {7, 10, 20, 21, 50, 200};
    struct wi_rng rng;
    wi_rng_seed(&rng, 20);
    for (size_t which = 0; which < WI_COUNT(independent); which++)
        for (size_t c = 0; c < WI_COUNT(counts); c++)
            order_interval_of(counts[c], which, series_count(2000), &rng);
}

static void range_of_five_covers_as_often_as_its_level_says(void **state) {
    (void)state;
    int held = 0, rounds = series_count(4000);
    struct wi_rng rng;
    wi_rng_seed(&rng, 21);
    for (int round = 0; round < rounds; round++) {
        double x[5];
        for (size_t i = 0; i < WI_COUNT(x); i++)
            x[i] = draw_student(&rng);
        held += holds(wi_stat_median_interval(x, WI_COUNT(x)), 0);
    }
    double level = wi_stat_median_interval_level(5);
    assert_share("five values", held, rounds, level - 0.012, level + 0.012);
}

/* ---- series with memory, a drift, or neither ---- */

struct kind {
    const char *name;
    double memory, drift; /* drift: from first to last, in standard deviations of the noise */
    double (*bend)(double z);
    size_t block; /* at least four times as long as the memory */
    double least, most;
};

static double straight(double z) {
    return 100 + z;
}
static double skewed(double z) {
    return exp(0.5 * z);
}
static double wild(double z) { /* a cubed normal value: kurtosis 46 */
    return 100 + z * z * z;
}

static const struct kind kinds[] = {
    {"independent", 0, 0, straight, 5, 0.93, 0.97},
    {"skewed", 0, 0, skewed, 5, 0.93, 0.97},
    {"memory 0.5", 0.5, 0, straight, 15, 0.93, 0.97},
    {"memory 0.5, skewed", 0.5, 0, skewed, 15, 0.93, 0.97},
    {"memory 0.5, heavy-tailed", 0.5, 0, wild, 15, 0.93, 0.97},
    {"memory 0.7", 0.7, 0, straight, 25, 0.93, 0.97},
    {"drift of half a spread", 0, 0.5, straight, 5, 0.93, 0.97},
    /* A drift looks like memory longer than a block: wider than need be, on the safe side. */
    {"drift of four spreads", 0, 4, straight, 5, 0.97, 1},
};

static void make_series(const struct kind *kind, double *x, size_t n, struct wi_rng *rng) {
    draw_remembering(rng, kind->memory, x, n);
    for (size_t i = 0; i < n; i++)
        x[i] = kind->bend(x[i] + kind->drift * (((double)i + 0.5) / (double)n - 0.5));
}

enum { BLOCKS_MOST = 50, BLOCK_MOST = 25, DRAWS = 299 };

static void block_interval_of(const struct kind *kind, size_t blocks, double beyond,
                              struct wi_rng *rng) {
    double x[BLOCKS_MOST * BLOCK_MOST];
    int held = 0, rounds = series_count(500);
    struct wi_series series = {x, blocks * kind->block, kind->block};
    for (int round = 0; round < rounds; round++) {
        struct wi_arena *arena = wi_arena_create();
        make_series(kind, x, series.n, rng);
        struct wi_interval i = wi_stat_block_median(&series, DRAWS, (uint64_t)round, arena);
        held += holds(i, kind->bend(0));
        wi_arena_destroy(arena);
    }
    /* Five hundred series tell the share within 2 %; the long tier holds the bounds themselves. */
    double slack = beyond + (thorough ? 0 : 0.01);
    assert_share(kind->name, held, rounds, kind->least - slack, kind->most + slack);
}

static void block_interval_covers_from_twenty_blocks_on(void **state) {
    (void)state;
    struct wi_rng rng;
    wi_rng_seed(&rng, 22);
    for (size_t k = 0; k < WI_COUNT(kinds); k++)
        block_interval_of(&kinds[k], 20, 0, &rng);
    for (size_t k = 0; thorough && k < WI_COUNT(kinds); k++) {
        block_interval_of(&kinds[k], BLOCKS_MOST, 0, &rng);
        block_interval_of(&kinds[k], 8, 0.01, &rng);
    }
}

/* What blocks are for: the same series with each value taken for independent. */
static void single_values_of_a_series_with_memory_cover_too_little(void **state) {
    (void)state;
    double x[400];
    int held = 0, rounds = series_count(300);
    struct wi_rng rng;
    wi_rng_seed(&rng, 23);
    for (int round = 0; round < rounds; round++) {
        draw_remembering(&rng, 0.7, x, WI_COUNT(x));
        held += holds(wi_stat_median_interval(x, WI_COUNT(x)), 0);
    }
    assert_share("taken for independent", held, rounds, 0.4, 0.75);
}

static void ratio_covers_from_twenty_blocks_on(void **state) {
    (void)state;
    double a[300], b[300];
    int held = 0, rounds = series_count(500);
    struct wi_rng rng;
    wi_rng_seed(&rng, 24);
    for (int round = 0; round < rounds; round++) {
        struct wi_arena *arena = wi_arena_create();
        draw_remembering(&rng, 0.5, a, WI_COUNT(a));
        draw_remembering(&rng, 0.5, b, WI_COUNT(b));
        for (size_t i = 0; i < WI_COUNT(a); i++) {
            a[i] = 30 * exp(0.2 * a[i]);
            b[i] = 20 * exp(0.1 * b[i]);
        }
        struct wi_series sa = {a, WI_COUNT(a), 15}, sb = {b, WI_COUNT(b), 15};
        held += holds(wi_stat_median_ratio(&sa, &sb, DRAWS, (uint64_t)round, arena), 1.5);
        wi_arena_destroy(arena);
    }
    double slack = thorough ? 0 : 0.01;
    assert_share("ratio", held, rounds, 0.93 - slack, 0.975 + slack);
}

/* ---- tests of nothing ---- */

/* No trend and no change: 5 in 100 may seem one; Pettitt's approximation says fewer when n is
 * small. */
static void trend_and_change_are_seldom_seen_where_there_is_none(void **state) {
    (void)state;
    const size_t counts[] = {8, 20, 40, 60};
    struct wi_rng rng;
    wi_rng_seed(&rng, 25);
    for (size_t c = 0; c < WI_COUNT(counts); c++) {
        int rounds = series_count(800), trends = 0, held = 0, changes = 0;
        for (int round = 0; round < rounds; round++) {
            double x[60];
            struct wi_arena *arena = wi_arena_create();
            for (size_t i = 0; i < counts[c]; i++)
                x[i] = draw_student(&rng) + 3 * (double)i;
            held += holds(wi_stat_slope(NULL, x, counts[c], arena).per_step, 3);
            for (size_t i = 0; i < counts[c]; i++)
                x[i] -= 3 * (double)i;
            trends += wi_stat_slope(NULL, x, counts[c], arena).p <= 0.05;
            changes += wi_stat_change(x, counts[c], arena).p <= 0.05;
            wi_arena_destroy(arena);
        }
        assert_share("slope within its interval", held, rounds, 0.93, 0.98);
        assert_share("trends of nothing", trends, rounds, 0.02, 0.07);
        assert_share("changes of nothing", changes, rounds, 0, 0.06);
    }
}

/* A step as large as the noise in the middle of forty values. */
static void a_change_is_seen_where_there_is_one(void **state) {
    (void)state;
    int rounds = series_count(300), seen = 0, near = 0;
    struct wi_rng rng;
    wi_rng_seed(&rng, 26);
    for (int round = 0; round < rounds; round++) {
        double x[40];
        struct wi_arena *arena = wi_arena_create();
        for (size_t i = 0; i < WI_COUNT(x); i++)
            x[i] = draw_normal(&rng) + (i >= 20 ? 2 : 0);
        struct wi_change c = wi_stat_change(x, WI_COUNT(x), arena);
        seen += c.p <= 0.05;
        near += c.at >= 17 && c.at <= 23;
        wi_arena_destroy(arena);
    }
    assert_share("seen", seen, rounds, 0.95, 1);
    assert_share("within three values of its place", near, rounds, 0.9, 1);
}

int main(int argc, char **argv) {
    thorough = argc > 1 && strcmp(argv[1], "long") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_interval_covers_as_it_says),
        cmocka_unit_test(range_of_five_covers_as_often_as_its_level_says),
        cmocka_unit_test(block_interval_covers_from_twenty_blocks_on),
        cmocka_unit_test(single_values_of_a_series_with_memory_cover_too_little),
        cmocka_unit_test(ratio_covers_from_twenty_blocks_on),
        cmocka_unit_test(trend_and_change_are_seldom_seen_where_there_is_none),
        cmocka_unit_test(a_change_is_seen_where_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
