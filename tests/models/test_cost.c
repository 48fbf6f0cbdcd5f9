/* test_cost.c: operations and bytes of a pass against figures worked out by hand.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/catalogue.h"
#include "tests/test.h"

#include <math.h>

static struct wi_catalogue *catalogue;

static int load(void **state) {
    (void)state;
    return wi_catalogue_load(NULL, &catalogue, NULL);
}
static int unload(void **state) {
    (void)state;
    wi_catalogue_destroy(catalogue);
    return 0;
}

static struct wi_pass_cost cost(const char *name, enum wi_format_id precision, enum wi_phase phase,
                                uint32_t tokens, uint32_t depth) {
    const struct wi_model *m = NULL;
    struct wi_pass_cost c;
    struct wi_err err = {0};
    assert_int_equal(wi_catalogue_find(catalogue, name, &m, &err), WI_OK);
    if (wi_model_pass_cost(m, precision, WI_FORMAT_f16, phase, tokens, depth, 1, &c, &err) != WI_OK)
        fail_msg("%s", err.message);
    return c;
}

static void assert_near(double a, double b, double relative) {
    if (fabs(a - b) > relative * fabs(b))
        fail_msg("%.10g is not within %g of %.10g", a, relative, b);
}

/* SEMANTICS: 3.96 GFLOP a token of matrix products, not 5.01 with a head on every position. */
static void gemma_2b_prefill_has_the_head_on_one_position_only(void **state) {
    (void)state;
    struct wi_pass_cost c = cost("gemma-2b", WI_FORMAT_q4_0, WI_PHASE_prefill, 512, 0);
    double attention = 18.0 * 4 * 8 * 256 * 256 * 512; /* causal: mean depth n/2 */
    double layers = c.layer[WI_LAYER_global].flops * 18;
    assert_near((layers - attention) / 512, 3.9636e9, 1e-4);
    assert_near(c.head.flops, 2.0 * 256000 * 2048, 1e-12);
    assert_near(c.total.flops, layers + c.head.flops, 1e-12);
}

static void decode_reads_every_weight_once(void **state) {
    (void)state;
    struct wi_pass_cost c = cost("gemma-2b", WI_FORMAT_q4_0, WI_PHASE_decode, 1, 0);
    double matrices = 2506096640.0; /* published: weights multiplied for one token */
    double row = 2048.0 * 18 / 32;  /* the look-up */
    double norms = 4.0 * 2048 * (18 * 2 + 1);
    assert_near(c.total.weight_bytes, matrices * 18 / 32 + row + norms, 1e-12);
    assert_near(c.total.flops, 2 * matrices + 18 * 4.0 * 8 * 256 * 1, 1e-12);
}

static void decode_reads_the_cache_and_its_own_cell(void **state) {
    (void)state;
    struct wi_pass_cost c = cost("gemma-2b", WI_FORMAT_q4_0, WI_PHASE_decode, 1, 512);
    assert_near(c.total.kv_read_bytes, 513.0 * 18432, 1e-12); /* 18,432 bytes a token, published */
    assert_near(c.total.kv_write_bytes, 18432.0, 1e-12);
}

static void a_window_bounds_what_a_local_layer_sees(void **state) {
    (void)state;
    struct wi_pass_cost c = cost("gemma-3-1b", WI_FORMAT_f16, WI_PHASE_decode, 1, 4096);
    double cell = 2.0 * 1 * 256 * 2;
    assert_near(c.layer[WI_LAYER_local].kv_read_bytes, 512 * cell, 1e-12);
    assert_near(c.layer[WI_LAYER_global].kv_read_bytes, 4097 * cell, 1e-12);
    /* Prefill across the border: mean of min(x, 512) over [0, 1024] is 256/2 + 512/2 = 384. */
    struct wi_pass_cost a = cost("gemma-3-1b", WI_FORMAT_f16, WI_PHASE_prefill, 1024, 0);
    double q = 4 * 256, without = a.layer[WI_LAYER_global].flops - 4 * q * 512 * 1024;
    assert_near(a.layer[WI_LAYER_local].flops - without, 4 * q * 384 * 1024, 1e-9);
}

static void an_encoder_has_no_head_and_no_cache(void **state) {
    (void)state;
    struct wi_pass_cost c = cost("distilbert", WI_FORMAT_f32, WI_PHASE_encode, 128, 0);
    assert_true(c.head.flops == 0 && c.total.kv_read_bytes == 0 && c.total.kv_write_bytes == 0);
    assert_near(c.total.flops, 128 * (84934656.0 + 6.0 * 4 * 768 * 128), 1e-12);
}

static void phases_that_do_not_apply_are_refused(void **state) {
    (void)state;
    const struct wi_model *bert = NULL, *gpt4 = NULL;
    struct wi_pass_cost c;
    struct wi_err err = {0};
    assert_int_equal(wi_catalogue_find(catalogue, "distilbert", &bert, &err), WI_OK);
    assert_int_equal(wi_catalogue_find(catalogue, "gpt-4", &gpt4, &err), WI_OK);
    assert_int_equal(
        wi_model_pass_cost(bert, WI_FORMAT_f32, WI_FORMAT_f16, WI_PHASE_decode, 1, 0, 1, &c, &err),
        WI_UNSUPPORTED);
    assert_int_equal(
        wi_model_pass_cost(gpt4, WI_FORMAT_f32, WI_FORMAT_f16, WI_PHASE_decode, 1, 0, 1, &c, &err),
        WI_UNSUPPORTED);
}

static void a_batch_shares_weights_and_not_caches(void **state) {
    (void)state;
    const struct wi_model *m = NULL;
    struct wi_pass_cost one, four;
    assert_int_equal(wi_catalogue_find(catalogue, "mistral-7b", &m, NULL), WI_OK);
    assert_int_equal(wi_model_pass_cost(m, WI_FORMAT_q8_0, WI_FORMAT_f16, WI_PHASE_decode, 1, 512,
                                        1, &one, NULL),
                     WI_OK);
    assert_int_equal(wi_model_pass_cost(m, WI_FORMAT_q8_0, WI_FORMAT_f16, WI_PHASE_decode, 1, 512,
                                        4, &four, NULL),
                     WI_OK);
    assert_near(four.head.weight_bytes, one.head.weight_bytes, 1e-12);
    assert_near(four.total.kv_read_bytes, 4 * one.total.kv_read_bytes, 1e-12);
    assert_near(four.total.flops, 4 * one.total.flops, 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gemma_2b_prefill_has_the_head_on_one_position_only),
        cmocka_unit_test(decode_reads_every_weight_once),
        cmocka_unit_test(decode_reads_the_cache_and_its_own_cell),
        cmocka_unit_test(a_window_bounds_what_a_local_layer_sees),
        cmocka_unit_test(an_encoder_has_no_head_and_no_cache),
        cmocka_unit_test(phases_that_do_not_apply_are_refused),
        cmocka_unit_test(a_batch_shares_weights_and_not_caches),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
