/* test_session.c: whole passes on the CPU backend, verified as a run verifies them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "kernels/cpu/task.h"
#include "kernels/kernel.h"
#include "kernels/resident.h"
#include "kernels/verify.h"
#include "models/catalogue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t second_ns = 1000000000;

static int setup(void **state) {
    struct wi_err err = {0};
    return wi_catalogue_load(NULL, (struct wi_catalogue **)state, &err);
}
static int teardown(void **state) {
    wi_catalogue_destroy(*state);
    return 0;
}

/* A decoder small enough to be run hundreds of times, with everything that a model may have set by
 * the caller. */
static struct wi_model small_model(void) {
    return (struct wi_model){.id = "small",
                             .name = "Small",
                             .disclosed = true,
                             .arch = WI_ARCH_decoder,
                             .n_layer = 2,
                             .d_model = 96,
                             .n_head = 4,
                             .n_kv_head = 2,
                             .head_dim = 32,
                             .d_ff = 160,
                             .vocab = 515,
                             .max_context = 128,
                             .mlp = WI_MLP_geglu,
                             .norm = WI_NORM_rmsnorm,
                             .norms_per_layer = 2,
                             .norm_weight = true,
                             .tie_embeddings = true,
                             .rope = true,
                             .rotary_dim = 32,
                             .rope_theta = 10000};
}

/* Enough to enter the best unit of this machine that was built; the others are for the kernels' own
 * test. */
static uint64_t isa_here(void) {
    uint64_t isa = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        isa = WI_ISA_BIT(WI_ISA_avx2) | WI_ISA_BIT(WI_ISA_fma) | WI_ISA_BIT(WI_ISA_f16c);
#elif defined(__aarch64__)
    isa = WI_ISA_BIT(WI_ISA_neon);
#endif
    return isa;
}

static struct wi_session_params params_of(const struct wi_model *m, enum wi_format_id precision) {
    static struct wi_inventory here;
    here.cpu.isa = isa_here();
    struct wi_session_params p = {.model = m,
                                  .precision = precision,
                                  .kv_precision = WI_FORMAT_f16,
                                  .backend = WI_BACKEND_cpu,
                                  .inventory = &here,
                                  .compute_device_id = "cpu0",
                                  .max_tokens = 24,
                                  .max_depth = 40,
                                  .batch = 1,
                                  .seed = 3,
                                  .clock = &wi_clock_system};
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        p.layers[kind] = wi_model_layer_count(m, (enum wi_layer_kind)kind);
    return p;
}

static struct wi_session *open_session(const struct wi_session_params *p) {
    struct wi_session *s = NULL;
    struct wi_err err = {0};
    if (wi_session_open(p, &s, &err) != WI_OK)
        fail_msg("%s in %s: %s", p->model->id, wi_format_get(p->precision)->name, err.message);
    return s;
}

static void verify(struct wi_session *s, enum wi_phase phase, uint32_t tokens, uint32_t depth) {
    struct wi_pass pass = {.phase = phase, .tokens = tokens, .depth = depth};
    struct wi_verify_result r;
    struct wi_err err = {0};
    if (wi_session_verify(s, &pass, 1024, 7, 30 * second_ns, &r, &err) != WI_OK)
        fail_msg("%s", err.message);
    if (r.first_wrong != NULL)
        fail_msg("%s", r.first_wrong);
    assert_true(r.count >= 8);
    assert_non_null(r.worst_op);
    assert_true(r.worst_error > 0 && r.worst_error <= r.worst_tolerance);
    /* Rounding x to one in 254 of a block's largest costs something, and less than that. */
    for (size_t i = 0; i < r.count; i++) {
        bool int8 = strstr(r.ops[i].kernel, "_int8") != NULL;
        double cost = r.ops[i].quantisation;
        if (int8 ? !(cost > 0 && cost < 0.02) : cost != 0)
            fail_msg("%s: rounding the activations costs %g", r.ops[i].kernel, cost);
    }
}

static void run(struct wi_session *s, enum wi_phase phase, uint32_t tokens, uint32_t depth,
                size_t segments) {
    struct wi_pass pass = {.phase = phase, .tokens = tokens, .depth = depth};
    struct wi_pass_segment seg[16];
    size_t n = 0;
    uint64_t start = 0;
    struct wi_err err = {0};
    if (wi_session_run(s, &pass, seg, 16, &n, &start, &err) != WI_OK)
        fail_msg("%s", err.message);
    assert_int_equal(n, segments);
    assert_int_equal(seg[0].id, WI_SEGMENT_embed);
    assert_int_equal(seg[n - 1].id, WI_SEGMENT_head);
    assert_true(start > 0);
}

static void every_precision_passes_verification(void **state) {
    (void)state;
    static const enum wi_format_id formats[] = {WI_FORMAT_f32, WI_FORMAT_f16, WI_FORMAT_bf16,
                                                WI_FORMAT_q8_0, WI_FORMAT_q4_0};
    struct wi_model m = small_model();
    for (size_t i = 0; i < 5; i++) {
        struct wi_session_params p = params_of(&m, formats[i]);
        struct wi_session *s = open_session(&p);
        verify(s, WI_PHASE_prefill, 24, 0);
        verify(s, WI_PHASE_decode, 1, 40);
        run(s, WI_PHASE_prefill, 24, 0, 4);
        run(s, WI_PHASE_decode, 1, 40, 4);
        run(s, WI_PHASE_decode, 1, 63, 4);
        wi_session_close(s);
    }
}

static void every_kv_precision_passes_verification(void **state) {
    (void)state;
    static const enum wi_format_id formats[] = {WI_FORMAT_f32, WI_FORMAT_bf16, WI_FORMAT_q8_0};
    struct wi_model m = small_model();
    for (size_t i = 0; i < 3; i++) {
        struct wi_session_params p = params_of(&m, WI_FORMAT_q4_0);
        p.kv_precision = formats[i];
        p.batch = 3;
        struct wi_session *s = open_session(&p);
        verify(s, WI_PHASE_prefill, 24, 8);
        verify(s, WI_PHASE_decode, 1, 40);
        wi_session_close(s);
    }
}

/* Each feature that some model has, one after the other and all at once. */
static void every_shape_of_a_layer_passes_verification(void **state) {
    (void)state;
    enum { VARIANTS = 9 };
    for (unsigned v = 0; v < VARIANTS; v++) {
        struct wi_model m = small_model();
        bool all = v == VARIANTS - 1;
        if (v == 0 || all)
            m.norms_per_layer = 4;
        if (v == 1 || all)
            m.qk_norm = true;
        if (v == 2 || all)
            m.qkv_bias = m.attn_out_bias = m.ffn_bias = m.lm_head_bias = true;
        if (v == 3 || all)
            m.attn_softcap = 50, m.final_softcap = 30;
        if (v == 4 || all)
            m.window = 16, m.local_per_global = 1;
        if (v == 5) /* GPT-2's */
            m.norm = WI_NORM_layernorm, m.norm_bias = true, m.mlp = WI_MLP_gelu, m.rope = false,
            m.rotary_dim = 0, m.learned_positions = 128;
        if (v == 6)
            m.parallel_block = true, m.norms_per_layer = 1, m.rotary_dim = 16;
        if (v == 7 || all)
            m.tie_embeddings = false, m.mlp = WI_MLP_swiglu, m.embedding_norm = true;
        struct wi_session_params p = params_of(&m, WI_FORMAT_q8_0);
        struct wi_session *s = open_session(&p);
        verify(s, WI_PHASE_prefill, 24, 8);
        verify(s, WI_PHASE_decode, 1, 40);
        wi_session_close(s);
    }
}

static void an_encoder_passes_verification(void **state) {
    (void)state;
    struct wi_model m = small_model();
    m.arch = WI_ARCH_encoder;
    m.norm = WI_NORM_layernorm;
    m.norm_bias = m.embedding_norm = m.pooler = true;
    m.qkv_bias = m.attn_out_bias = m.ffn_bias = true;
    m.mlp = WI_MLP_gelu;
    m.rope = false;
    m.rotary_dim = 0;
    m.learned_positions = 128;
    m.token_types = 2;
    m.n_kv_head = m.n_head;
    struct wi_session_params p = params_of(&m, WI_FORMAT_f32);
    struct wi_session *s = open_session(&p);
    verify(s, WI_PHASE_encode, 24, 0);
    run(s, WI_PHASE_encode, 24, 0, 4);
    wi_session_close(s);
}

/* The real shapes: a layer of each kind, few tokens. The large matrices are what blocking is for.
 */
static void gemma_2b_passes_verification(void **state) {
    const struct wi_catalogue *catalogue = *state;
    const struct wi_model *m = NULL;
    struct wi_err err = {0};
    assert_int_equal(wi_catalogue_find(catalogue, "gemma-2b", &m, &err), WI_OK);
    struct wi_session_params p = params_of(m, WI_FORMAT_q4_0);
    p.layers[WI_LAYER_global] = 1;
    struct wi_session *s = open_session(&p);
    verify(s, WI_PHASE_prefill, 24, 8);
    verify(s, WI_PHASE_decode, 1, 40);
    struct wi_session_info info;
    wi_session_info(s, &info);
    assert_true(info.weight_bytes_resident > 300000000);
    assert_non_null(strstr(info.kernel_prefill, "gemm_q4_0"));
    assert_string_equal(info.arithmetic, "int8");
    wi_session_close(s);
}

static void what_does_not_fit_is_refused_with_numbers(void **state) {
    const struct wi_catalogue *catalogue = *state;
    const struct wi_model *m = NULL;
    struct wi_session *s = NULL;
    struct wi_err err = {0};
    uint64_t bytes = 0;
    assert_int_equal(wi_catalogue_find(catalogue, "gemma-7b", &m, &err), WI_OK);
    struct wi_session_params p = params_of(m, WI_FORMAT_f32);
    assert_int_equal(wi_session_bytes(&p, &bytes, &err), WI_OK);
    assert_true(bytes > 34000000000);
    p.memory_limit_bytes = 1 << 30;
    assert_int_equal(wi_session_open(&p, &s, &err), WI_TOO_BIG);
    assert_null(s);
    assert_non_null(strstr(err.message, "GiB"));
    assert_non_null(strstr(err.message, "1.00 GiB"));
}

static void passes_beyond_the_session_are_refused(void **state) {
    (void)state;
    struct wi_model m = small_model();
    struct wi_session_params p = params_of(&m, WI_FORMAT_f32);
    struct wi_session *s = open_session(&p);
    struct wi_pass_segment seg[16];
    size_t n = 0;
    uint64_t start = 0;
    struct wi_err err = {0};
    struct wi_pass passes[] = {{.phase = WI_PHASE_prefill, .tokens = 25},
                               {.phase = WI_PHASE_prefill, .tokens = 0},
                               {.phase = WI_PHASE_decode, .tokens = 1, .depth = 64},
                               {.phase = WI_PHASE_decode, .tokens = 1, .layers = {3}}};
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++)
        assert_int_equal(wi_session_run(s, &passes[i], seg, 16, &n, &start, &err), WI_USAGE);
    wi_session_close(s);
}

/* ---- a wrong kernel ---- */

static wi_cpu_kernel right_kernel;

/* Right but for the last element of the first row. */
static void wrong_in_one_element(const struct wi_call *call, const struct wi_task *task) {
    right_kernel(call, task);
    if (task->thread != 0)
        return;
    float *y = (float *)((char *)call->y.buffer->host + call->y.offset_bytes);
    y[call->n - 1] *= 1.001f;
}

/* One call of many is off by a thousandth in one of its 2,304 elements. */
static void a_wrong_kernel_is_caught_and_named(void **state) {
    (void)state;
    struct wi_model m = small_model();
    struct wi_session_params p = params_of(&m, WI_FORMAT_q4_0);
    struct wi_arena *arena = wi_arena_create();
    const struct wi_backend *backend = wi_backend_find(WI_BACKEND_cpu);
    struct wi_device *device = NULL;
    struct wi_resident r;
    struct wi_program program;
    struct wi_verify_result result;
    struct wi_err err = {0};
    assert_int_equal(wi_resident_lay_out(&p, arena, &r, &err), WI_OK);
    assert_int_equal(backend->open(&p, &device, &err), WI_OK);
    assert_int_equal(wi_resident_create(&r, &p, backend, device, &err), WI_OK);
    assert_int_equal(
        wi_program_build(&m, &r, p.precision, p.kv_precision, p.layers, 24, arena, &program, &err),
        WI_OK);
    struct wi_kernel wrong = {0};
    for (size_t i = 0; i < program.call_count; i++) {
        struct wi_call *c = &program.calls[i];
        assert_int_equal(wi_kernel_pick(WI_BACKEND_cpu, c->op, c->format, 0, &c->kernel, &err),
                         WI_OK);
        if (strcmp(c->label, "layer 1 ffn_down") != 0)
            continue;
        wrong = *c->kernel;
        right_kernel = wrong.run_cpu;
        wrong.run_cpu = wrong_in_one_element;
        wrong.name = "gemm_q4_0__wrong";
        c->kernel = &wrong;
    }
    assert_non_null(wrong.name);
    assert_int_equal(backend->prepare(device, &program, &err), WI_OK);
    const struct wi_verify_params params = {.backend = backend,
                                            .device = device,
                                            .program = &program,
                                            .dims = {.tokens = 24, .depth = 0, .batch = 1},
                                            .samples = 4096,
                                            .seed = 1,
                                            .budget_ns = 30 * second_ns,
                                            .clock = &wi_clock_system};
    assert_int_equal(wi_verify_program(&params, arena, &result, &err), WI_OK);
    assert_non_null(result.first_wrong);
    assert_non_null(strstr(result.first_wrong, "layer 1 ffn_down: gemm_q4_0__wrong gives"));
    assert_true(result.worst_error > result.worst_tolerance);
    wi_resident_destroy(&r, backend, device);
    backend->close(device);
    wi_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_precision_passes_verification),
        cmocka_unit_test(every_kv_precision_passes_verification),
        cmocka_unit_test(every_shape_of_a_layer_passes_verification),
        cmocka_unit_test(an_encoder_passes_verification),
        cmocka_unit_test(gemma_2b_passes_verification),
        cmocka_unit_test(what_does_not_fit_is_refused_with_numbers),
        cmocka_unit_test(passes_beyond_the_session_are_refused),
        cmocka_unit_test(a_wrong_kernel_is_caught_and_named),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
