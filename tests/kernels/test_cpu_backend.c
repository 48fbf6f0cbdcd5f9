/* test_cpu_backend.c: the CPU backend around its kernels: threads, weights, passes, roofline.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/clock.h"
#include "base/os.h"
#include "kernels/cpu/backend.h"
#include "kernels/cpu/canary.h"
#include "kernels/kernel.h"

#include <string.h>

enum { N = 64 };
static const unsigned cpus[3] = {0, 0, 0}; /* a team may share a hardware thread */

static struct wi_device *open_with(size_t threads, const struct wi_clock *clock) {
    struct wi_session_params params = {
        .cpus = cpus, .cpu_count = threads, .batch = 1, .clock = clock};
    struct wi_device *device = NULL;
    assert_int_equal(wi_backend_cpu.open(&params, &device, NULL), WI_OK);
    return device;
}

static struct wi_buffer *buffer(struct wi_device *d, uint64_t bytes) {
    struct wi_buffer *b = NULL;
    assert_int_equal(wi_backend_cpu.buffer_create(d, bytes, &b, NULL), WI_OK);
    return b;
}

static void weights_do_not_depend_on_the_team(void **state) {
    (void)state;
    enum { ROWS = 37, K = 96, BYTES = ROWS * K / 32 * 18 };
    static unsigned char made[2][BYTES];
    for (size_t i = 0; i < 2; i++) {
        struct wi_device *d = open_with(1 + 2 * i, NULL);
        struct wi_generate what = {
            .format = WI_FORMAT_q4_0, .rows = ROWS, .k = K, .fan_in = K, .seed = 5, .tensor = 7};
        what.at.buffer = buffer(d, BYTES);
        assert_int_equal(wi_backend_cpu.generate(d, &what, NULL), WI_OK);
        assert_int_equal(wi_backend_cpu.download(d, what.at, BYTES, made[i], NULL), WI_OK);
        wi_backend_cpu.close(d);
    }
    assert_memory_equal(made[0], made[1], BYTES);
}

static void what_lies_outside_a_buffer_is_refused(void **state) {
    (void)state;
    struct wi_device *d = open_with(1, NULL);
    struct wi_view view = {.buffer = buffer(d, 64), .offset_bytes = 60};
    char bytes[8] = {0};
    assert_int_equal(wi_backend_cpu.upload(d, view, 8, bytes, NULL), WI_INTERNAL);
    assert_int_equal(wi_backend_cpu.download(d, view, 8, bytes, NULL), WI_INTERNAL);
    assert_int_equal(wi_backend_cpu.upload(d, view, 4, bytes, NULL), WI_OK);
    wi_backend_cpu.close(d);
}

/* Each look takes 10 ns. */
static uint64_t ticking(void *state) {
    return *(uint64_t *)state += 10;
}

/* y = x + x, then y = y + x, then y = y + y: each needs the one before it whole. */
static void a_pass_runs_in_order_and_reads_the_clock_at_borders(void **state) {
    (void)state;
    uint64_t now = 100, segment_ns[2] = {0}, start_ns = 0;
    const struct wi_clock clock = {.now_ns = ticking, .state = &now};
    const struct wi_kernel *add = NULL;
    wi_kernel_pick(WI_BACKEND_cpu, WI_OP_add, WI_FORMAT_f32, 0, &add, NULL);
    struct wi_device *d = open_with(3, &clock);
    struct wi_view x = {.buffer = buffer(d, 4 * N)}, y = {.buffer = buffer(d, 4 * N)};
    float in[N], out[N];
    for (int i = 0; i < N; i++)
        in[i] = (float)i;
    in[1] = 1e-40f; /* a denormal: zero to the kernels */
    wi_backend_cpu.upload(d, x, sizeof in, in, NULL);
    struct wi_call calls[3] = {
        {.op = WI_OP_add, .n = N, .x = x, .x2 = x, .y = y, .kernel = add},
        {.op = WI_OP_add, .n = N, .x = y, .x2 = x, .y = y, .kernel = add},
        {.op = WI_OP_add, .n = N, .x = y, .x2 = y, .y = y, .kernel = add},
    };
    struct wi_program_segment segments[2] = {{.first = 0, .count = 2}, {.first = 2, .count = 1}};
    const struct wi_program program = {
        .calls = calls, .call_count = 3, .segments = segments, .segment_count = 2, .max_rows = 1};
    const struct wi_pass pass = {.phase = WI_PHASE_decode, .tokens = 1};
    assert_int_equal(wi_backend_cpu.prepare(d, &program, NULL), WI_OK);
    assert_int_equal(wi_backend_cpu.run(d, &program, &pass, segment_ns, &start_ns, NULL), WI_OK);
    assert_int_equal(start_ns, 110);
    assert_int_equal(segment_ns[0], 10);
    assert_int_equal(segment_ns[1], 10);
    wi_backend_cpu.download(d, y, sizeof out, out, NULL);
    for (int i = 2; i < N; i++)
        assert_true(out[i] == 6 * in[i]);
    struct wi_session_info info = {0};
    wi_backend_cpu.describe(d, &info);
    assert_true(info.threads >= 1 && info.threads <= 3);
    assert_true(out[1] == (info.flush_to_zero ? 0 : 6 * in[1]));
    wi_backend_cpu.close(d);
    /* Outside of a pass this thread computes as before. */
    volatile float tiny = 1e-40f;
    assert_true(tiny + tiny != 0);
}

static void a_roofline_is_measured_on_the_cpu_alone(void **state) {
    (void)state;
    struct wi_roofline_params params = {.backend = WI_BACKEND_cpu,
                                        .compute_device_id = "cpu0",
                                        .cpus = cpus,
                                        .cpu_count = 2,
                                        .clock = &wi_clock_system,
                                        .budget_ns = 1};
    struct wi_roofline roofline;
    struct wi_arena *arena = wi_arena_create();
    assert_int_equal(wi_roofline_measure(&params, arena, &roofline, NULL), WI_OK);
    assert_string_equal(roofline.compute_device_id, "cpu0");
    for (size_t i = 0; i < roofline.ceiling_count; i++) {
        const struct wi_ceiling *c = &roofline.ceilings[i];
        print_message("%-7s %-32s %-5s %-5s %-8s %u threads %8.2f %s, %zu passes\n",
                      wi_ceiling_id_name(c->id), c->how, c->arithmetic ? c->arithmetic : "",
                      c->precision ? c->precision : "", c->phase ? c->phase : "", c->threads,
                      wi_ceiling_value(c), wi_ceiling_unit(c), c->sample_count);
    }
    params.backend = WI_BACKEND_null;
    assert_int_equal(wi_roofline_measure(&params, arena, &roofline, NULL), WI_UNSUPPORTED);
    params.backend = WI_BACKEND_cpu;
    params.isa_cap = "no-such";
    assert_int_equal(wi_roofline_measure(&params, arena, &roofline, NULL), WI_USAGE);
    wi_arena_destroy(arena);
}

/* ---- the canary ---- */

enum { MEMORY_BYTES = 64 << 20 };

static struct wi_cpu_canary *canary_over(struct wi_team *team, const void *memory,
                                         const struct wi_clock *clock, uint64_t cache_bytes) {
    const struct wi_canary_span span = {memory, MEMORY_BYTES};
    const struct wi_canary_params params = {
        .team = team, .clock = clock, .cache_bytes = cache_bytes, .spans = &span, .span_count = 1};
    return wi_cpu_canary_create(&params);
}

static void a_canary_sees_memory_and_arithmetic(void **state) {
    (void)state;
    struct wi_team *team = NULL;
    struct wi_canary look;
    void *memory = NULL;
    assert_int_equal(wi_os_pages_map(MEMORY_BYTES, &memory, NULL), WI_OK);
    memset(memory, 3, MEMORY_BYTES);
    assert_int_equal(wi_team_create(cpus, 2, &team, NULL), WI_OK);
    struct wi_cpu_canary *c = canary_over(team, memory, &wi_clock_system, MEMORY_BYTES / 4);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(wi_cpu_canary_look(c, 2000000, &look, NULL), WI_OK);
        assert_true(look.at_ns > 0);
        assert_true(look.f32_gflop_per_s.value > 0 && look.read_gb_per_s.value > 0);
    }
    wi_cpu_canary_destroy(c);
    wi_team_destroy(team);
    wi_os_pages_unmap(memory, MEMORY_BYTES);
}

/* Less than four times the caches would be read from them. */
static void a_canary_does_not_take_caches_for_memory(void **state) {
    (void)state;
    struct wi_team *team = NULL;
    struct wi_canary look;
    void *memory = NULL;
    assert_int_equal(wi_os_pages_map(MEMORY_BYTES, &memory, NULL), WI_OK);
    assert_int_equal(wi_team_create(cpus, 1, &team, NULL), WI_OK);
    struct wi_cpu_canary *c = canary_over(team, memory, &wi_clock_system, MEMORY_BYTES / 4 + 1);
    assert_int_equal(wi_cpu_canary_look(c, 2000000, &look, NULL), WI_OK);
    assert_true(wi_has_f64(look.f32_gflop_per_s) && !wi_has_f64(look.read_gb_per_s));
    wi_cpu_canary_destroy(c);
    wi_team_destroy(team);
    wi_os_pages_unmap(memory, MEMORY_BYTES);
}

static void memory_that_reads_differently_than_before_is_wrong(void **state) {
    (void)state;
    struct wi_team *team = NULL;
    struct wi_canary look;
    struct wi_err err = {0};
    void *memory = NULL;
    assert_int_equal(wi_os_pages_map(MEMORY_BYTES, &memory, NULL), WI_OK);
    assert_int_equal(wi_team_create(cpus, 1, &team, NULL), WI_OK);
    struct wi_cpu_canary *c = canary_over(team, memory, &wi_clock_system, 1);
    assert_int_equal(wi_cpu_canary_look(c, 200000000, &look, NULL), WI_OK);
    memset(memory, 1, MEMORY_BYTES);
    assert_int_equal(wi_cpu_canary_look(c, 200000000, &look, &err), WI_WRONG);
    assert_non_null(strstr(err.message, "weights read differently"));
    wi_cpu_canary_destroy(c);
    wi_team_destroy(team);
    wi_os_pages_unmap(memory, MEMORY_BYTES);
}

/* Passes take 10 ns by this clock, whatever they do: looking ends even so. */
static void a_canary_ends_under_a_clock_that_hardly_moves(void **state) {
    (void)state;
    uint64_t now = 0;
    const struct wi_clock clock = {.now_ns = ticking, .state = &now};
    struct wi_device *d = open_with(1, &clock);
    struct wi_canary look;
    assert_int_equal(wi_backend_cpu.canary(d, 100, &look, NULL), WI_OK);
    assert_false(wi_has_f64(look.read_gb_per_s)); /* no weights were made */
    wi_backend_cpu.close(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_do_not_depend_on_the_team),
        cmocka_unit_test(what_lies_outside_a_buffer_is_refused),
        cmocka_unit_test(a_pass_runs_in_order_and_reads_the_clock_at_borders),
        cmocka_unit_test(a_roofline_is_measured_on_the_cpu_alone),
        cmocka_unit_test(a_canary_sees_memory_and_arithmetic),
        cmocka_unit_test(a_canary_does_not_take_caches_for_memory),
        cmocka_unit_test(memory_that_reads_differently_than_before_is_wrong),
        cmocka_unit_test(a_canary_ends_under_a_clock_that_hardly_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
