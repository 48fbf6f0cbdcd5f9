/* test_ops.c: single ops: which are asked for, how they are measured, what their rows say.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/fixture.h"

#include "base/clock.h"
#include "bench/forecast.h"
#include "bench/protocol.h"
#include "bench/row.h"

#include <math.h>

static const enum wi_backend_id on_cpu[] = {WI_BACKEND_cpu};
static const enum wi_format_id q4_0[] = {WI_FORMAT_q4_0};

/* ---- what is asked ---- */

static bool is_op(const struct wi_plan_case *c) {
    return c->key.op.op != NULL;
}

/* Of the plan, by number of rows; 0: any. */
static size_t count_ops(const struct wi_plan *plan, uint32_t m) {
    size_t n = 0;
    for (size_t g = 0; g < plan->group_count; g++)
        for (size_t i = 0; i < plan->groups[g].count; i++) {
            const struct wi_plan_case *c = &plan->groups[g].cases[i];
            n += is_op(c) && (m == 0 || c->key.op.m == m);
        }
    return n;
}

static const struct wi_plan_case *find_op(const struct wi_plan *plan, uint32_t m, uint32_t n,
                                          uint32_t k) {
    for (size_t g = 0; g < plan->group_count; g++)
        for (size_t i = 0; i < plan->groups[g].count; i++) {
            const struct wi_op_shape *op = &plan->groups[g].cases[i].key.op;
            if (op->op != NULL && op->m == m && op->n == n && op->k == k)
                return &plan->groups[g].cases[i];
        }
    return NULL;
}

static const struct wi_plan *plan_of(struct bench *b, const char *model) {
    bench_only(b, model);
    b->request.precisions = q4_0;
    b->request.precision_count = 1;
    b->request.ops = WI_TRI_yes;
    return bench_plan(b);
}

static void a_models_shapes_are_asked_once_each(void **state) {
    const struct wi_plan *plan = plan_of(*state, "gemma-2b");
    /* Query and output projection are of one shape, so are keys and values, gate and up. */
    assert_int_equal(count_ops(plan, 1), 5);
    assert_int_equal(count_ops(plan, 128), 4);
    assert_int_equal(count_ops(plan, 0), 9);
    assert_string_equal(find_op(plan, 1, 16384, 2048)->key.op.op, "gemv");
    assert_string_equal(find_op(plan, 128, 256, 2048)->key.op.op, "gemm");
    assert_non_null(find_op(plan, 1, 256000, 2048)); /* the head works on one row, whatever comes */
    assert_null(find_op(plan, 128, 256000, 2048));
}

static void shapes_that_models_share_are_asked_once(void **state) {
    struct bench *b = *state;
    b->request.profile = "standard";
    b->request.backends = on_cpu;
    b->inventory.memory.available_bytes = wi_some_u64(12 * WI_GIB);
    const struct wi_plan *plan = bench_plan(b);
    size_t groups = 0;
    for (size_t g = 0; g < plan->group_count; g++) {
        const struct wi_plan_group *group = &plan->groups[g];
        groups += is_op(&group->cases[0]);
        for (size_t i = 0; i < group->count && is_op(&group->cases[0]); i++)
            for (size_t j = 0; j < i; j++)
                assert_false(wi_same_op(&group->cases[i].key.op, &group->cases[j].key.op));
    }
    assert_int_equal(groups, 5); /* a worker for each precision */
    assert_int_equal(count_ops(plan, 1), 5 * 15);
    assert_int_equal(count_ops(plan, 128), 5 * (4 + 4 + 4 + 3));
}

static void an_encoder_has_no_gemv(void **state) {
    const struct wi_plan *plan = plan_of(*state, "distilbert-base");
    assert_int_equal(count_ops(plan, 1), 0);
    assert_int_equal(count_ops(plan, 128), 3);
}

static void who_names_cases_gets_those_and_quick_has_none(void **state) {
    struct bench *b = *state;
    assert_int_equal(count_ops(bench_plan(b), 0), 0);
    b->request.ops = WI_TRI_yes;
    assert_true(count_ops(bench_plan(b), 0) > 0);
    b->request.profile = "standard";
    b->request.ops = WI_TRI_no;
    assert_int_equal(count_ops(bench_plan(b), 0), 0);
    b->request.ops = WI_TRI_unknown;
    assert_true(count_ops(bench_plan(b), 0) > 0);
    bench_only(b, "gemma-2b");
    assert_int_equal(count_ops(bench_plan(b), 0), 0);
}

static void named_prompts_are_the_rows_of_gemm(void **state) {
    struct bench *b = *state;
    static const uint32_t prefill[] = {512, 64, 4}, nothing[1];
    b->request.prefill = prefill;
    b->request.prefill_count = 3;
    const struct wi_plan *plan = plan_of(b, "gemma-2b");
    assert_int_equal(count_ops(plan, 512), 4);
    assert_int_equal(count_ops(plan, 64), 4);
    assert_int_equal(count_ops(plan, 4), 0); /* a prompt that gemv runs */
    b->request.prefill_count = 0;
    b->request.depths = nothing;
    struct wi_plan *none = NULL;
    assert_int_equal(wi_plan_build(&b->request, &b->inventory, b->catalogue, &none, NULL),
                     WI_USAGE);
}

static void ops_come_last_and_change_both_hashes(void **state) {
    struct bench *b = *state;
    char suite[65], hash[65];
    snprintf(suite, sizeof suite, "%s", bench_plan(b)->suite_hash);
    snprintf(hash, sizeof hash, "%s", b->plan->plan_hash);
    b->request.ops = WI_TRI_yes;
    const struct wi_plan *plan = bench_plan(b);
    bool seen = false;
    for (size_t g = 0; g < plan->group_count; g++) {
        assert_false(seen && !is_op(&plan->groups[g].cases[0]));
        seen = seen || is_op(&plan->groups[g].cases[0]);
    }
    assert_true(seen);
    assert_string_not_equal(suite, plan->suite_hash);
    assert_string_not_equal(hash, plan->plan_hash);
}

/* ---- how they fit ---- */

static void weights_of_gemv_come_out_of_memory(void **state) {
    struct bench *b = *state;
    b->request.backends = on_cpu;
    const struct wi_plan *plan = plan_of(b, "gemma-2b");
    uint64_t least = 4 * plan->cache_bytes;
    for (size_t g = 0; g < plan->group_count; g++)
        for (size_t i = 0; i < plan->groups[g].count; i++) {
            const struct wi_plan_case *c = &plan->groups[g].cases[i];
            if (!is_op(c))
                continue;
            uint64_t one = wi_format_bytes(wi_format_get(WI_FORMAT_q4_0), c->key.op.n, c->key.op.k);
            if (c->key.op.m == 1 && c->key.op.matrices * one < least)
                fail_msg("%u x %u: %u matrices", c->key.op.n, c->key.op.k, c->key.op.matrices);
            if (c->key.op.m > 1)
                assert_int_equal(c->key.op.matrices, 1);
            assert_true(c->bytes >= c->key.op.matrices * one);
            assert_true(plan->groups[g].bytes >= c->bytes);
        }
}

static void what_does_not_fit_is_a_row_and_the_others_run(void **state) {
    struct bench *b = *state;
    b->request.backends = on_cpu;
    b->inventory.memory.available_bytes = wi_some_u64(400 * WI_MIB);
    const struct wi_plan *plan = plan_of(b, "gemma-2b");
    assert_int_equal(find_op(plan, 1, 256000, 2048)->foregone, WI_CASE_too_big);
    assert_non_null(strstr(find_op(plan, 1, 256000, 2048)->foregone_reason, "needs"));
    assert_int_equal(find_op(plan, 1, 256, 2048)->foregone, WI_CASE_ok);
}

/* What a run spends on them: within a minute on two cores. */
static void those_of_standard_take_less_than_a_minute(void **state) {
    struct bench *b = *state;
    double sum = 0;
    b->request.backends = on_cpu;
    b->request.profile = "standard";
    b->inventory.cpu.allowed_threads = 2;
    b->inventory.cpu.isa =
        WI_ISA_BIT(WI_ISA_avx2) | WI_ISA_BIT(WI_ISA_fma) | WI_ISA_BIT(WI_ISA_f16c);
    const struct wi_plan *plan = bench_plan(b);
    for (size_t g = 0; g < plan->group_count; g++)
        if (is_op(&plan->groups[g].cases[0]))
            sum += wi_group_forecast_s(&plan->groups[g]);
    if (!(sum > 10 && sum < 60))
        fail_msg("%.1f s", sum);
}

/* ---- measuring ---- */

static void on_finished(void *state, size_t i) {
    (void)state, (void)i;
}

/* Measures on the scripted backend and makes the row. */
static void measure(struct bench *b, const struct wi_plan_case *c, const char *script,
                    const struct wi_roofline *roofline, struct wi_arena *arena,
                    struct wi_measurement *row) {
    const struct wi_session_params p = {.precision = c->key.precision,
                                        .kv_precision = c->key.kv_precision,
                                        .backend = WI_BACKEND_null,
                                        .compute_device_id = "null0",
                                        .max_tokens = 1,
                                        .batch = 1,
                                        .seed = 1,
                                        .ops = &c->key.op,
                                        .op_count = 1,
                                        .null_script = script};
    struct wi_measure_case m = {
        .key = c->key, .whole = c->whole, .budget_s = c->budget_s, .seed = 1};
    const struct wi_measure_hooks hooks = {.clock = &wi_clock_system, .finished = on_finished};
    const struct wi_plan_group group = {.cases = NULL};
    struct wi_session *session = NULL;
    struct wi_session_info *info = WI_NEW(arena, struct wi_session_info);
    ok(wi_session_open(&p, &session, err));
    ok(wi_measure_run(session, &m, 1, &hooks, arena, err));
    wi_session_info(session, info);
    const struct wi_row_context context = {.request = &b->request,
                                           .plan = b->plan,
                                           .group = &group,
                                           .info = info,
                                           .roofline = roofline};
    wi_row_make(&context, c, &m.result, arena, row);
    wi_session_close(session);
}

static void near(double is, double should_be) {
    if (!(fabs(is - should_be) <= 1e-3 * fabs(should_be)))
        fail_msg("%g is not %g", is, should_be);
}

static void a_row_says_what_its_clock_said(void **state) {
    struct bench *b = *state;
    const struct wi_plan *plan = plan_of(b, "gemma-2b");
    const struct wi_plan_case *c = find_op(plan, 1, 16384, 2048);
    struct wi_arena *arena = wi_arena_create();
    const struct wi_roofline roofline = {.backend = WI_BACKEND_null,
                                         .compute_device_id = "null0",
                                         .read_gb_per_s = wi_some_f64(16),
                                         .peak_gflop_per_s_f32 = wi_some_f64(1000)};
    struct wi_measurement row;
    measure(b, c, "gb_per_s=10; gflop_per_s=1e9; gap_ns=0", &roofline, arena, &row);
    assert_int_equal(row.kind, WI_KIND_op);
    assert_int_equal(row.status, WI_CASE_ok);
    assert_null(row.key.model);
    near(row.achieved_gb_per_s, 10);
    near((double)row.weight_bytes, 16384.0 * 2048 / 32 * 18);
    near(row.bytes_per_token, (double)row.weight_bytes);
    near(row.flops_per_token, 2.0 * 16384 * 2048);
    near(row.tokens_per_s.median, 10e9 / (double)row.weight_bytes);
    assert_int_equal(row.bound, WI_BOUND_memory);
    near(row.roofline_fraction.value, 10.0 / 16);
    assert_true(row.tolerance > 0 && row.sample_count >= 3);
    assert_string_equal(row.worst_op, "gemv");
    if (row.doubts != 0)
        fail_msg("doubts %#x: %s", row.doubts, row.doubt_notes[0].seen);
    wi_arena_destroy(arena);
}

static void gemm_is_held_against_the_peak(void **state) {
    struct bench *b = *state;
    const struct wi_plan *plan = plan_of(b, "gemma-2b");
    const struct wi_plan_case *c = find_op(plan, 128, 2048, 16384);
    struct wi_arena *arena = wi_arena_create();
    const struct wi_roofline roofline = {.backend = WI_BACKEND_null,
                                         .compute_device_id = "null0",
                                         .read_gb_per_s = wi_some_f64(20),
                                         .peak_gflop_per_s_f32 = wi_some_f64(400)};
    struct wi_measurement row;
    measure(b, c, "gb_per_s=1000; gflop_per_s=100; gap_ns=0", &roofline, arena, &row);
    near(row.achieved_gflop_per_s, 100);
    near(row.tokens_per_s.median, 100e9 / (2.0 * 2048 * 16384));
    near(row.roofline_fraction.value, 0.25);
    assert_int_equal(row.tokens_per_sample, 128);
    wi_arena_destroy(arena);
}

static void scattering_passes_are_doubted_and_wrong_ones_have_no_figure(void **state) {
    struct bench *b = *state;
    const struct wi_plan *plan = plan_of(b, "gemma-2b");
    const struct wi_plan_case *c = find_op(plan, 1, 16384, 2048);
    struct wi_arena *arena = wi_arena_create();
    struct wi_measurement row;
    measure(b, c, "case=op/*/decode:scale=1,1.9,0.8,1.4,2.2,0.7", NULL, arena, &row);
    assert_true(row.doubts & WI_DOUBT_BIT(WI_DOUBT_noisy));
    measure(b, c, "case=op/q4_0/decode:wrong=1", NULL, arena, &row);
    assert_int_equal(row.status, WI_CASE_wrong);
    assert_int_equal(row.kind, WI_KIND_op);
    assert_true(row.tokens_per_s.median == 0 && row.sample_count == 0);
    wi_arena_destroy(arena);
}

/* ---- to a worker ---- */

static void a_job_of_ops_reads_back_as_it_was(void **state) {
    struct bench *b = *state;
    struct wi_arena *arena = wi_arena_create();
    struct wi_kv kv;
    struct wi_measure_case cases[] = {
        {.key = {.phase = WI_PHASE_decode, .tokens = 1, .op = {"gemv", 1, 2048, 4096, 9}}},
        {.key = {.phase = WI_PHASE_prefill, .tokens = 128, .op = {"gemm", 128, 64, 96, 1}}}};
    uint32_t numbers[] = {0, 3};
    struct wi_job job = {.inventory = b->inventory,
                         .session = {.precision = WI_FORMAT_q8_0,
                                     .backend = WI_BACKEND_null,
                                     .compute_device_id = "null0",
                                     .cpus = fixture_fast,
                                     .cpu_count = 1,
                                     .max_tokens = 1,
                                     .batch = 1},
                         .cases = cases,
                         .numbers = numbers,
                         .case_count = 2};
    struct wi_job *read = NULL;
    wi_kv_init(&kv, arena);
    wi_job_put(&job, &kv);
    ok(wi_job_get(&kv, &read, err));
    assert_null(read->session.model);
    assert_int_equal(read->session.op_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(wi_same_op(&read->session.ops[i], &cases[i].key.op));
        assert_int_equal(read->session.ops[i].matrices, cases[i].key.op.matrices);
    }
    cases[1].key.op.op = NULL; /* neither a model nor an op */
    wi_kv_init(&kv, arena);
    wi_job_put(&job, &kv);
    assert_int_equal(wi_job_get(&kv, &read, NULL), WI_CORRUPT);
    wi_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_models_shapes_are_asked_once_each),
        TEST(shapes_that_models_share_are_asked_once),
        TEST(an_encoder_has_no_gemv),
        TEST(who_names_cases_gets_those_and_quick_has_none),
        TEST(named_prompts_are_the_rows_of_gemm),
        TEST(ops_come_last_and_change_both_hashes),
        TEST(weights_of_gemv_come_out_of_memory),
        TEST(what_does_not_fit_is_a_row_and_the_others_run),
        TEST(those_of_standard_take_less_than_a_minute),
        TEST(a_row_says_what_its_clock_said),
        TEST(gemm_is_held_against_the_peak),
        TEST(scattering_passes_are_doubted_and_wrong_ones_have_no_figure),
        TEST(a_job_of_ops_reads_back_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
