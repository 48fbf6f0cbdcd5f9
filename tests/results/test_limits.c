/* test_limits.c: figures of a roofline, and the least time of a pass by them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "results/limits.h"

#include <math.h>
#include <string.h>

static const uint64_t slow[] = {400, 100, 200}, fast[] = {100, 100, 100};

static struct wi_ceiling ceiling(enum wi_ceiling_id id, const char *how, const char *arithmetic,
                                 double work, const uint64_t ns[3]) {
    return (struct wi_ceiling){.id = id,
                               .how = how,
                               .arithmetic = arithmetic,
                               .threads = 2,
                               .work = work,
                               .samples_ns = ns,
                               .sample_count = 3};
}

static void same(double got, double want) {
    if (!(fabs(got - want) <= 1e-9 * fabs(want)))
        fail_msg("%.12g, not %.12g", got, want);
}

/* ---- figures ---- */

static void a_figure_is_that_of_the_median_pass_and_of_the_best_way(void **state) {
    (void)state;
    const struct wi_ceiling all[] = {ceiling(WI_CEILING_read, "plain", NULL, 1000, slow),
                                     ceiling(WI_CEILING_read, "4 streams", NULL, 1000, fast),
                                     ceiling(WI_CEILING_launch, "x", NULL, 1, slow),
                                     ceiling(WI_CEILING_launch, "y", NULL, 1, fast)};
    struct wi_roofline r = {.ceilings = all, .ceiling_count = 4};
    wi_roofline_sum_up(&r);
    same(wi_ceiling_value(&all[0]), 5); /* 1000 bytes in 200 ns */
    same(r.read_gb_per_s.value, 10);
    same(r.launch_us.value, 0.1);
    assert_string_equal(wi_roofline_best(&r, WI_CEILING_read, NULL, NULL, NULL)->how, "4 streams");
    assert_int_equal(r.copy_gb_per_s.known, WI_KNOWN_unknown);
    assert_int_equal(r.peak_gflop_per_s_f32.known, WI_KNOWN_unknown);
}

static void an_arithmetic_without_instruction_is_not_applicable(void **state) {
    (void)state;
    const struct wi_ceiling f32 = ceiling(WI_CEILING_peak, "fma", "f32", 1000, fast);
    struct wi_roofline r = {.ceilings = &f32, .ceiling_count = 1};
    wi_roofline_sum_up(&r);
    same(r.peak_gflop_per_s_f32.value, 10);
    assert_int_equal(r.peak_gflop_per_s_bf16.known, WI_KNOWN_not_applicable);
}

static void what_is_measured_again_never_lowers_a_figure(void **state) {
    (void)state;
    const struct wi_ceiling first = ceiling(WI_CEILING_read, "plain", NULL, 1000, fast);
    const struct wi_ceiling again[] = {ceiling(WI_CEILING_read, "plain", NULL, 1000, slow),
                                       ceiling(WI_CEILING_peak, "fma", "f32", 1000, slow)};
    struct wi_roofline r = {0}, a = {.ceilings = &first, .ceiling_count = 1},
                       b = {.ceilings = again, .ceiling_count = 2};
    struct wi_arena *arena = wi_arena_create();
    wi_roofline_join(&r, &a, arena);
    wi_roofline_join(&r, &b, arena);
    assert_int_equal(r.ceiling_count, 3);
    same(r.read_gb_per_s.value, 10);
    same(r.peak_gflop_per_s_f32.value, 5);
    assert_ptr_not_equal(r.ceilings[1].samples_ns, again[0].samples_ns);
    assert_memory_equal(r.ceilings[1].samples_ns, slow, sizeof slow);
    wi_arena_destroy(arena);
}

static void units_follow_from_the_kind(void **state) {
    (void)state;
    struct wi_ceiling c = ceiling(WI_CEILING_unpack, "k", "f32", 1, fast);
    c.phase = "decode";
    assert_string_equal(wi_ceiling_unit(&c), "GB/s");
    c.phase = "prefill";
    assert_string_equal(wi_ceiling_unit(&c), "Gop/s");
    c.id = WI_CEILING_launch;
    assert_string_equal(wi_ceiling_unit(&c), "us");
    c.sample_count = 0;
    assert_true(isnan(wi_ceiling_value(&c)));
}

/* ---- least times ---- */

/* 10 GB/s; 100 Gop/s in f32, 400 in int8; 2 GB/s and 50 Gop/s by the kernels of q4_0; 1 us. */
static const uint64_t second[] = {1000000000};
static struct wi_ceiling unpack(const char *phase, double work) {
    return (struct wi_ceiling){.id = WI_CEILING_unpack,
                               .how = "k",
                               .arithmetic = "f32",
                               .precision = "q4_0",
                               .phase = phase,
                               .threads = 1,
                               .work = work,
                               .samples_ns = second,
                               .sample_count = 1};
}
static struct wi_ceiling kernels[2];
static struct wi_roofline roofline(void) {
    kernels[0] = unpack("decode", 2e9);
    kernels[1] = unpack("prefill", 50e9);
    return (struct wi_roofline){.read_gb_per_s = wi_some_f64(10),
                                .peak_gflop_per_s_f32 = wi_some_f64(100),
                                .peak_gflop_per_s_int8 = wi_some_f64(400),
                                .launch_us = wi_some_f64(1),
                                .ceilings = kernels,
                                .ceiling_count = 2};
}
static struct wi_work decode(void) {
    return (struct wi_work){.weight_bytes = 1e9,
                            .read_bytes = 1.2e9,
                            .cached_bytes = 0.2e9,
                            .flops = 2e9,
                            .calls = 300,
                            .precision = WI_FORMAT_q4_0,
                            .phase = WI_PHASE_decode,
                            .arithmetic = "f32"};
}

static void kernels_are_held_against_their_own_arithmetic(void **state) {
    (void)state;
    const struct wi_roofline r = roofline();
    struct wi_work w = decode();
    struct wi_limits l = wi_limits_of(&r, &w, WI_LIMITS_of_kernels);
    same(l.memory_s, 0.1);
    same(l.compute_s, 0.02);
    same(l.unpack_s, 0.5);
    same(l.launch_s, 300e-6);
    w.arithmetic = "int8";
    l = wi_limits_of(&r, &w, WI_LIMITS_of_kernels);
    same(l.compute_s, 0.005);
    same(l.unpack_s, 0); /* that kernel was not measured */
    w.arithmetic = "f32";
    w.phase = WI_PHASE_prefill;
    same(wi_limits_of(&r, &w, WI_LIMITS_of_kernels).unpack_s, 0.04);
    w.precision = WI_FORMAT_f16;
    same(wi_limits_of(&r, &w, WI_LIMITS_of_kernels).unpack_s, 0);
}

static void the_device_may_do_what_no_kernel_did(void **state) {
    (void)state;
    struct wi_roofline r = roofline();
    struct wi_work w = decode();
    struct wi_limits l = wi_limits_of(&r, &w, WI_LIMITS_of_device);
    same(l.compute_s, 0.005); /* int8, since the weights are quantised */
    same(l.unpack_s, 0);
    same(l.launch_s, 1e-6);
    w.precision = WI_FORMAT_f16;
    same(wi_limits_of(&r, &w, WI_LIMITS_of_device).compute_s, 0.02);
    w.arithmetic = NULL; /* nothing ran: bf16 might, and nobody measured it */
    same(wi_limits_of(&r, &w, WI_LIMITS_of_device).compute_s, 0);
    r.peak_gflop_per_s_bf16.known = WI_KNOWN_not_applicable;
    same(wi_limits_of(&r, &w, WI_LIMITS_of_device).compute_s, 0.02);
    w.cached_bytes = 2e9; /* all of it may stay in cache */
    same(wi_limits_of(&r, &w, WI_LIMITS_of_device).memory_s, 0);
}

static void unpacking_bounds_a_kernel_and_never_the_device(void **state) {
    (void)state;
    const struct wi_limits l = {.memory_s = 0.1, .compute_s = 0.02, .unpack_s = 0.5};
    enum wi_bound bound, second_bound;
    same(wi_limits_physical_s(&l, &bound), 0.1);
    assert_int_equal(bound, WI_BOUND_memory);
    wi_limits_bound(&l, 0.6, &bound, &second_bound);
    assert_int_equal(bound, WI_BOUND_unpack);
    assert_int_equal(second_bound, WI_BOUND_memory);
}

static void what_no_term_explains_by_half_is_latency(void **state) {
    (void)state;
    const struct wi_limits l = {.memory_s = 0.1, .compute_s = 0.02};
    enum wi_bound bound, second_bound;
    wi_limits_bound(&l, 0.19, &bound, &second_bound);
    assert_int_equal(bound, WI_BOUND_memory);
    assert_int_equal(second_bound, WI_BOUND_compute);
    wi_limits_bound(&l, 0.21, &bound, &second_bound);
    assert_int_equal(bound, WI_BOUND_latency);
    assert_int_equal(second_bound, WI_BOUND_memory);
    wi_limits_bound(&(struct wi_limits){0}, 1, &bound, &second_bound);
    assert_int_equal(bound, WI_BOUND_unknown);
    assert_int_equal(second_bound, WI_BOUND_unknown);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_figure_is_that_of_the_median_pass_and_of_the_best_way),
        cmocka_unit_test(an_arithmetic_without_instruction_is_not_applicable),
        cmocka_unit_test(what_is_measured_again_never_lowers_a_figure),
        cmocka_unit_test(units_follow_from_the_kind),
        cmocka_unit_test(kernels_are_held_against_their_own_arithmetic),
        cmocka_unit_test(the_device_may_do_what_no_kernel_did),
        cmocka_unit_test(unpacking_bounds_a_kernel_and_never_the_device),
        cmocka_unit_test(what_no_term_explains_by_half_is_latency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
