/* test_summary.c: samples to rates, against numbers worked out by hand.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/rng.h"
#include "results/summary.h"

#include <math.h>
#include <string.h>

enum { ROOM = 4096 };
static const double ms = 1e6;

struct made { /* samples made by hand */
    struct wi_sample items[ROOM];
    size_t count;
    uint64_t now_ns;
    uint32_t passes;
};

static void add(struct made *m, enum wi_segment_id id, double ns) {
    assert_true(m->count < ROOM);
    m->items[m->count++] = (struct wi_sample){m->now_ns, (uint64_t)ns, m->passes, (uint8_t)id};
    m->now_ns += (uint64_t)ns;
}

/* A pass of embedding, two global layers and head. */
static void add_pass(struct made *m, double embed, double layer_1, double layer_2, double head) {
    add(m, WI_SEGMENT_embed, embed);
    add(m, WI_SEGMENT_global, layer_1);
    add(m, WI_SEGMENT_global, layer_2);
    add(m, WI_SEGMENT_head, head);
    m->passes++;
    m->now_ns += 1000;
}

static struct wi_summary_input input_of(const struct made *m, uint32_t layers) {
    return (struct wi_summary_input){.samples = m->items,
                                     .count = m->count,
                                     .layer_count = {layers, 0},
                                     .tokens_per_pass = 1,
                                     .seed = 1,
                                     .draws = WI_SUMMARY_DRAWS};
}

static struct wi_summary summary_of(const struct made *m, uint32_t layers) {
    struct wi_summary_input in = input_of(m, layers);
    struct wi_summary s;
    struct wi_err err = {0};
    if (wi_summary_compute(&in, &s, &err) != WI_OK)
        fail_msg("%s", err.message);
    return s;
}

#define assert_near(a, b)                                                                          \
    do {                                                                                           \
        double near_a = (a), near_b = (b);                                                         \
        if (fabs(near_a - near_b) > 1e-9 * fabs(near_b))                                           \
            fail_msg("%s is %.12g, not %.12g", #a, near_a, near_b);                                \
    } while (0)

static void layers_stand_for_all_of_their_kind(void **state) {
    (void)state;
    struct made m = {0};
    /* medians: embed 2, layer (1 3 5 3 3 9) 3, head 10: 2 + 10 * 3 + 10 = 42 ms */
    add_pass(&m, 1 * ms, 1 * ms, 3 * ms, 10 * ms);
    add_pass(&m, 2 * ms, 5 * ms, 3 * ms, 9 * ms);
    add_pass(&m, 4 * ms, 3 * ms, 9 * ms, 30 * ms);
    struct wi_summary s = summary_of(&m, 10);
    assert_int_equal(s.passes, 3);
    assert_near(s.pass_ns, 42 * ms);
    assert_near(s.rate.median, 1000.0 / 42);
    assert_near(s.rate.best, 1000.0 / 20); /* the fastest of each part: 1 + 10 * 1 + 9 */
    assert_true(s.rate.lo <= s.rate.median && s.rate.median <= s.rate.hi);
    assert_true(s.rate.hi <= s.rate.best);
}

/* What makes the sum of the test above, as a reader with a calculator needs it. */
static void a_summary_says_what_it_is_the_sum_of(void **state) {
    (void)state;
    struct made m = {0}, whole = {0};
    add_pass(&m, 1 * ms, 1 * ms, 3 * ms, 10 * ms);
    add_pass(&m, 2 * ms, 5 * ms, 3 * ms, 9 * ms);
    add_pass(&m, 4 * ms, 3 * ms, 9 * ms, 30 * ms);
    struct wi_summary s = summary_of(&m, 10);
    double sum = 0;
    for (unsigned i = 0; i < WI_SEGMENT_COUNT; i++)
        sum += s.parts[i].median_ns * s.parts[i].times;
    assert_near(sum, s.pass_ns);
    assert_near(s.parts[WI_SEGMENT_global].median_ns, 3 * ms);
    assert_int_equal(s.parts[WI_SEGMENT_global].timings, 6);
    assert_int_equal(s.parts[WI_SEGMENT_global].times, 10);
    assert_int_equal(s.parts[WI_SEGMENT_embed].times, 1);
    assert_int_equal(s.parts[WI_SEGMENT_local].timings, 0);
    assert_int_equal(s.resampled_blocks,
                     3); /* shorter than half a second: the least that is resampled */
    for (unsigned i = 0; i < 2; i++) {
        add(&whole, WI_SEGMENT_all, 7 * ms);
        whole.passes++;
    }
    s = summary_of(&whole, 10);
    assert_near(s.parts[WI_SEGMENT_all].median_ns, s.pass_ns);
    assert_int_equal(s.parts[WI_SEGMENT_embed].timings, 0);
}

static void kinds_of_layers_count_each_for_itself(void **state) {
    (void)state;
    struct made m = {0};
    for (unsigned i = 0; i < 4; i++) {
        add(&m, WI_SEGMENT_embed, 1 * ms);
        add(&m, WI_SEGMENT_local, 2 * ms);
        add(&m, WI_SEGMENT_global, 7 * ms);
        add(&m, WI_SEGMENT_head, 3 * ms);
        m.passes++;
    }
    struct wi_summary_input in = input_of(&m, 0);
    struct wi_summary s;
    in.layer_count[WI_LAYER_global] = 2;
    in.layer_count[WI_LAYER_local] = 10;
    in.tokens_per_pass = 38;
    assert_int_equal(wi_summary_compute(&in, &s, NULL), WI_OK);
    assert_near(s.pass_ns, 38 * ms); /* 1 + 2 * 7 + 10 * 2 + 3 */
    assert_near(s.rate.median, 1000);
}

static void a_whole_pass_needs_no_formula(void **state) {
    (void)state;
    struct made m = {0};
    for (unsigned i = 0; i < 5; i++) {
        add(&m, WI_SEGMENT_all, (10 + i) * ms);
        m.passes++;
    }
    assert_near(summary_of(&m, 18).pass_ns, 12 * ms);
}

static void constant_times_have_no_interval(void **state) {
    (void)state;
    struct made m = {0};
    for (unsigned i = 0; i < 20; i++)
        add_pass(&m, 10 * ms, 100 * ms, 100 * ms, 30 * ms);
    struct wi_summary s = summary_of(&m, 2);
    assert_near(s.rate.lo, s.rate.hi);
    assert_int_equal(s.doubts, 0);
    assert_true(wi_summary_steady(&s));
}

static void the_same_seed_gives_the_same_interval(void **state) {
    (void)state;
    struct made m = {0};
    for (unsigned i = 0; i < 30; i++)
        add_pass(&m, 1 * ms, (20 + i * 7 % 5) * ms, (20 + i * 3 % 7) * ms, 3 * ms);
    struct wi_summary a = summary_of(&m, 2), b = summary_of(&m, 2);
    assert_memory_equal(&a, &b, sizeof a);
    assert_true(a.rate.lo < a.rate.hi);
}

/* One bad half second among twenty good ones: single passes would vote it away twenty times more
 * confidently than blocks may. */
static void the_interval_counts_blocks_not_passes(void **state) {
    (void)state;
    struct made slow = {0}, mixed = {0};
    for (unsigned i = 0; i < 200; i++) {
        /* 10 ms a pass: 50 passes are half a second; half of the blocks are 20 % slower */
        add_pass(&slow, 0, (i / 50 % 2 ? 6 : 5) * ms, 5 * ms, 0);
        add_pass(&mixed, 0, (i % 2 ? 6 : 5) * ms, 5 * ms, 0);
    }
    double wide = summary_of(&slow, 2).half_width, narrow = summary_of(&mixed, 2).half_width;
    if (!(wide > narrow))
        fail_msg("blocks %.4f, single passes %.4f", wide, narrow);
}

static void spikes_are_noisy_and_leave_the_median_alone(void **state) {
    (void)state;
    struct made m = {0};
    for (unsigned i = 0; i < 40; i++)
        add_pass(&m, 1 * ms, (i % 4 == 3 ? 40 : 5) * ms, 5 * ms, 1 * ms);
    struct wi_summary s = summary_of(&m, 2);
    assert_near(s.pass_ns, 12 * ms);
    assert_int_equal(s.doubts, WI_DOUBT_BIT(WI_DOUBT_noisy));
}

static void a_ramp_drifts(void **state) {
    (void)state;
    struct made m = {0};
    for (unsigned i = 0; i < 30; i++)
        add_pass(&m, 0, (100 + i) * ms, (100 + i) * ms, 0);
    struct wi_summary s = summary_of(&m, 2);
    assert_true(s.doubts & WI_DOUBT_BIT(WI_DOUBT_drift));
    if (fabs(s.drift - 29.0 / 114.5) > 1e-6)
        fail_msg("drift %.6f", s.drift);
    assert_false(wi_summary_steady(&s));
}

static void a_small_ramp_and_a_wave_do_not_drift(void **state) {
    (void)state;
    struct made ramp = {0}, wave = {0};
    for (unsigned i = 0; i < 30; i++) {
        add_pass(&ramp, 0, (1000 + i) * ms, 1000 * ms, 0);
        add_pass(&wave, 0, (100 + 10 * sin(i)) * ms, 100 * ms, 0);
    }
    assert_false(summary_of(&ramp, 2).doubts & WI_DOUBT_BIT(WI_DOUBT_drift));
    assert_false(summary_of(&wave, 2).doubts & WI_DOUBT_BIT(WI_DOUBT_drift));
}

static void three_samples_tell_no_trend(void **state) {
    (void)state;
    struct made m = {0};
    for (unsigned i = 0; i < 3; i++)
        add_pass(&m, 0, (100 + 20 * i) * ms, 100 * ms, 0);
    assert_true(summary_of(&m, 2).drift == 0);
}

static void a_sample_near_the_resolution_is_too_short(void **state) {
    (void)state;
    struct made m = {0};
    for (unsigned i = 0; i < 9; i++)
        add_pass(&m, 0, 500, 500, 0);
    struct wi_summary_input in = input_of(&m, 2);
    struct wi_summary s;
    in.resolution_ns = 11;
    assert_int_equal(wi_summary_compute(&in, &s, NULL), WI_OK);
    assert_int_equal(s.doubts, WI_DOUBT_BIT(WI_DOUBT_too_short));
    in.resolution_ns = 10;
    assert_int_equal(wi_summary_compute(&in, &s, NULL), WI_OK);
    assert_int_equal(s.doubts, 0);
}

static void a_clock_that_goes_back_is_doubted(void **state) {
    (void)state;
    struct made m = {0};
    for (unsigned i = 0; i < 9; i++) {
        add_pass(&m, 0, 5 * ms, 5 * ms, 0);
        if (i == 4)
            m.now_ns -= 3000000;
    }
    assert_int_equal(summary_of(&m, 2).doubts, WI_DOUBT_BIT(WI_DOUBT_clock));
}

static void one_pass_without_time_is_doubted(void **state) {
    (void)state;
    struct made m = {0};
    for (unsigned i = 0; i < 21; i++)
        add_pass(&m, 0, i == 7 ? 0 : 5 * ms, i == 7 ? 0 : 5 * ms, 0);
    assert_true(summary_of(&m, 2).doubts & WI_DOUBT_BIT(WI_DOUBT_clock));
}

static void a_clock_that_stands_still_gives_no_number(void **state) {
    (void)state;
    struct made m = {0};
    for (unsigned i = 0; i < 9; i++)
        add_pass(&m, 0, 0, 0, 0);
    struct wi_summary_input in = input_of(&m, 2);
    struct wi_summary s;
    struct wi_err err = {0};
    assert_int_equal(wi_summary_compute(&in, &s, &err), WI_UNAVAILABLE);
    assert_true(s.rate.median == 0);
    assert_int_equal(s.doubts, WI_DOUBT_BIT(WI_DOUBT_clock));
}

static void refused(const struct made *m, uint32_t layers) {
    struct wi_summary_input in = input_of(m, layers);
    struct wi_summary s;
    struct wi_err err = {0};
    assert_int_equal(wi_summary_compute(&in, &s, &err), WI_CORRUPT);
    assert_true(err.message[0] != '\0');
}

static void what_is_no_pass_is_refused(void **state) {
    (void)state;
    struct made m = {0};
    refused(&m, 2); /* none */
    add_pass(&m, 1, 1, 1, 1);
    struct made headless = m, other = m, wrong_kind = m, bad = m, order = m;
    headless.count--;
    refused(&headless, 2);
    add(&other, WI_SEGMENT_all, 5); /* another make than the first */
    refused(&other, 2);
    refused(&wrong_kind, 0); /* global layers in a model that has none */
    bad.items[1].segment = 200;
    refused(&bad, 2);
    add_pass(&order, 1, 1, 1, 1);
    for (size_t i = 4; i < 8; i++)
        order.items[i].pass = 0;
    order.items[0].pass = order.items[1].pass = order.items[2].pass = order.items[3].pass = 5;
    refused(&order, 2);
}

/* ---- does the interval hold what it promises? ---- */

/* Normal by the sum of twelve. */
static double noise(struct wi_rng *rng) {
    double sum = -6;
    for (unsigned i = 0; i < 12; i++)
        sum += wi_rng_unit(rng);
    return sum;
}

/* 4 s of passes of 12 ms with 2 % of noise, `alike` of which each pass inherits from the one
 * before: how many of 100 intervals hold the median that they were made from. */
static unsigned held(double alike) {
    unsigned n = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct made m = {0};
        struct wi_rng rng;
        double e = 0;
        wi_rng_seed(&rng, seed);
        for (unsigned i = 0; i < 333; i++) {
            e = alike * e + sqrt(1 - alike * alike) * noise(&rng);
            add(&m, WI_SEGMENT_all, 12 * ms * (1 + 0.02 * e));
            m.passes++;
        }
        struct wi_summary s = summary_of(&m, 18);
        n += s.rate.lo <= 1e9 / (12 * ms) && 1e9 / (12 * ms) <= s.rate.hi;
    }
    return n;
}

static void intervals_of_independent_passes_hold_the_median(void **state) {
    (void)state;
    unsigned n = held(0);
    if (n < 89)
        fail_msg("%u of 100", n);
}

static void intervals_of_passes_that_are_alike_hold_the_median(void **state) {
    (void)state;
    unsigned n = held(0.7);
    if (n < 85)
        fail_msg("%u of 100", n);
}

static void four_half_seconds_are_not_steady(void **state) {
    (void)state;
    struct made m = {0};
    for (unsigned i = 0; i < 200; i++) {
        add(&m, WI_SEGMENT_all, 10 * ms);
        m.passes++;
    }
    assert_int_equal(summary_of(&m, 18).blocks, 4);
    struct wi_summary s = summary_of(&m, 18);
    assert_false(wi_summary_steady(&s));
    assert_false(wi_summary_enough(&s));
}

static void what_is_within_five_per_cent_is_enough_and_not_steady(void **state) {
    (void)state;
    struct wi_summary s = {.blocks = 6, .half_width = 0.03};
    assert_false(wi_summary_steady(&s));
    assert_true(wi_summary_enough(&s));
    s.half_width = 0.051;
    assert_false(wi_summary_enough(&s));
    s.half_width = 0.01;
    assert_true(wi_summary_steady(&s));
    s.step = -0.06;
    assert_false(wi_summary_enough(&s));
    s.step = 0;
    s.drift = 0.06;
    assert_false(wi_summary_enough(&s));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_stand_for_all_of_their_kind),
        cmocka_unit_test(a_summary_says_what_it_is_the_sum_of),
        cmocka_unit_test(kinds_of_layers_count_each_for_itself),
        cmocka_unit_test(a_whole_pass_needs_no_formula),
        cmocka_unit_test(constant_times_have_no_interval),
        cmocka_unit_test(the_same_seed_gives_the_same_interval),
        cmocka_unit_test(the_interval_counts_blocks_not_passes),
        cmocka_unit_test(spikes_are_noisy_and_leave_the_median_alone),
        cmocka_unit_test(a_ramp_drifts),
        cmocka_unit_test(a_small_ramp_and_a_wave_do_not_drift),
        cmocka_unit_test(three_samples_tell_no_trend),
        cmocka_unit_test(a_sample_near_the_resolution_is_too_short),
        cmocka_unit_test(a_clock_that_goes_back_is_doubted),
        cmocka_unit_test(one_pass_without_time_is_doubted),
        cmocka_unit_test(a_clock_that_stands_still_gives_no_number),
        cmocka_unit_test(what_is_no_pass_is_refused),
        cmocka_unit_test(intervals_of_independent_passes_hold_the_median),
        cmocka_unit_test(intervals_of_passes_that_are_alike_hold_the_median),
        cmocka_unit_test(four_half_seconds_are_not_steady),
        cmocka_unit_test(what_is_within_five_per_cent_is_enough_and_not_steady),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
