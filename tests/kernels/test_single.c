/* test_single.c: single ops on the CPU backend, verified as a run verifies them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "kernels/session.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t second_ns = 1000000000;
static const struct wi_op_shape shapes[] = {
    {"gemv", 1, 96, 256, 5}, {"gemv", 1, 515, 64, 3}, {"gemm", 40, 96, 128, 1}};

static int open_with(const struct wi_op_shape *ops, size_t n, enum wi_format_id precision,
                     uint64_t limit, struct wi_session **session, struct wi_err *err) {
    static struct wi_inventory here;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        here.cpu.isa = WI_ISA_BIT(WI_ISA_avx2) | WI_ISA_BIT(WI_ISA_fma) | WI_ISA_BIT(WI_ISA_f16c);
#elif defined(__aarch64__)
    here.cpu.isa = WI_ISA_BIT(WI_ISA_neon);
#endif
    const struct wi_session_params p = {.precision = precision,
                                        .kv_precision = WI_FORMAT_f16,
                                        .backend = WI_BACKEND_cpu,
                                        .inventory = &here,
                                        .compute_device_id = "cpu0",
                                        .max_tokens = 1,
                                        .batch = 1,
                                        .seed = 3,
                                        .memory_limit_bytes = limit,
                                        .clock = &wi_clock_system,
                                        .ops = ops,
                                        .op_count = n};
    return wi_session_open(&p, session, err);
}

static struct wi_pass pass_of(const struct wi_op_shape *op) {
    return (struct wi_pass){
        .phase = op->m == 1 ? WI_PHASE_decode : WI_PHASE_prefill, .tokens = op->m, .op = *op};
}

static void run_and_verify(struct wi_session *s, const struct wi_op_shape *op, const char *format) {
    struct wi_err err = {0};
    struct wi_pass pass = pass_of(op);
    struct wi_pass_segment segment;
    struct wi_verify_result v;
    size_t count = 0;
    uint64_t start_ns = 0;
    assert_int_equal(wi_session_run(s, &pass, &segment, 1, &count, &start_ns, &err), WI_OK);
    assert_int_equal(count, 1);
    assert_int_equal(segment.id, WI_SEGMENT_all);
    assert_true(segment.ns > 0 && start_ns > 0);
    for (uint64_t seed = 0; seed < 4; seed++) { /* other matrices of the pass */
        assert_int_equal(wi_session_verify(s, &pass, 256, seed, second_ns, &v, &err), WI_OK);
        if (v.first_wrong != NULL)
            fail_msg("%s %s %u x %u: %s", format, op->op, op->n, op->k, v.first_wrong);
        assert_string_equal(v.worst_op, op->op);
        assert_int_equal(v.count, 1);
        assert_true(v.worst_error > 0 && v.worst_error <= v.worst_tolerance);
    }
}

static void every_format_is_right_at_every_shape(void **state) {
    (void)state;
    for (unsigned f = 0; f < WI_FORMAT_COUNT; f++) {
        struct wi_session *s = NULL;
        struct wi_session_info info;
        struct wi_err err = {0};
        if (!wi_format_get((enum wi_format_id)f)->kernel)
            continue;
        assert_int_equal(open_with(shapes, 3, (enum wi_format_id)f, 0, &s, &err), WI_OK);
        wi_session_info(s, &info);
        assert_non_null(info.kernel_decode);
        assert_true(info.weight_bytes_resident >=
                    5 * wi_format_bytes(wi_format_get((enum wi_format_id)f), 96, 256));
        for (size_t i = 0; i < 3; i++)
            run_and_verify(s, &shapes[i], wi_format_get((enum wi_format_id)f)->name);
        wi_session_close(s);
    }
}

static void another_shape_is_refused(void **state) {
    (void)state;
    struct wi_session *s = NULL;
    struct wi_err err = {0};
    struct wi_op_shape other = shapes[0];
    struct wi_pass_segment segment;
    size_t count;
    uint64_t start_ns;
    assert_int_equal(open_with(shapes, 1, WI_FORMAT_f32, 0, &s, &err), WI_OK);
    other.k *= 2; /* would read past the weights */
    struct wi_pass pass = pass_of(&other);
    assert_int_equal(wi_session_run(s, &pass, &segment, 1, &count, &start_ns, &err), WI_USAGE);
    wi_session_close(s);
}

static void what_cannot_be_held_is_refused_with_its_size(void **state) {
    (void)state;
    struct wi_session *s = NULL;
    struct wi_err err = {0};
    assert_int_equal(open_with(shapes, 3, WI_FORMAT_f32, 4096, &s, &err), WI_TOO_BIG);
    assert_non_null(strstr(err.message, "single ops"));
    const struct wi_op_shape odd = {"gemv", 1, 64, 40, 1};
    assert_int_equal(open_with(&odd, 1, WI_FORMAT_q4_0, 0, &s, &err), WI_UNSUPPORTED);
    assert_non_null(strstr(err.message, "40"));
    const struct wi_op_shape foreign = {"rope", 1, 64, 64, 1};
    assert_int_equal(open_with(&foreign, 1, WI_FORMAT_f32, 0, &s, &err), WI_USAGE);
    assert_null(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_right_at_every_shape),
        cmocka_unit_test(another_shape_is_refused),
        cmocka_unit_test(what_cannot_be_held_is_refused_with_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
