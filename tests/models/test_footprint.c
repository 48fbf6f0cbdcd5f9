/* test_footprint.c: itemised bytes against published sizes and hand arithmetic.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/catalogue.h"
#include "models/footprint.h"
#include "tests/test.h"

#include <string.h>

static struct wi_catalogue *catalogue;
static struct wi_arena *arena;

static int load(void **state) {
    (void)state;
    arena = wi_arena_create();
    return wi_catalogue_load(NULL, &catalogue, NULL);
}
static int unload(void **state) {
    (void)state;
    wi_catalogue_destroy(catalogue);
    wi_arena_destroy(arena);
    return 0;
}

static struct wi_footprint_request request(const char *name, enum wi_format_id precision,
                                           uint32_t context) {
    struct wi_footprint_request r = {
        .precision = precision, .kv_precision = WI_FORMAT_f16, .context = context};
    assert_int_equal(wi_catalogue_find(catalogue, name, &r.model, NULL), WI_OK);
    return r;
}

static struct wi_footprint footprint(struct wi_footprint_request r) {
    struct wi_footprint f;
    struct wi_err err = {0};
    if (wi_footprint_compute(&r, arena, &f, &err) != WI_OK)
        fail_msg("%s", err.message);
    return f;
}

static void items_sum_to_the_total_for_every_model(void **state) {
    (void)state;
    static const enum wi_format_id five[] = {WI_FORMAT_f32, WI_FORMAT_f16, WI_FORMAT_bf16,
                                             WI_FORMAT_q8_0, WI_FORMAT_q4_0};
    for (size_t i = 0; i < catalogue->model_count; i++) {
        if (!catalogue->models[i]->disclosed)
            continue;
        for (size_t p = 0; p < 5; p++) {
            struct wi_footprint f = footprint(request(catalogue->models[i]->id, five[p], 512));
            uint64_t sum = 0;
            for (size_t k = 0; k < f.item_count; k++)
                sum += f.items[k].bytes;
            assert_int_equal(sum, f.total_bytes);
            assert_true(f.load_peak_bytes >= f.total_bytes);
            assert_true(f.largest_tensor_bytes > 0 && f.file_bytes > f.weights_bytes);
        }
    }
}

static void f32_weights_are_four_bytes_a_parameter(void **state) {
    (void)state;
    struct wi_footprint f = footprint(request("mistral-7b", WI_FORMAT_f32, 4096));
    assert_int_equal(f.weights_bytes, 4ull * 7241732096);
}

/* 18,432 bytes a token (published for Gemma 2B); Mistral's window holds the cache at 4,096 cells.
 */
static void the_cache_grows_with_context_up_to_the_window(void **state) {
    (void)state;
    assert_int_equal(footprint(request("gemma-2b", WI_FORMAT_q4_0, 4096)).kv_cache_bytes,
                     4096ull * 18432);
    uint64_t at_window = footprint(request("mistral-7b", WI_FORMAT_q4_0, 4096)).kv_cache_bytes;
    assert_int_equal(at_window, 4096ull * 131072);
    assert_int_equal(footprint(request("mistral-7b", WI_FORMAT_q4_0, 8192)).kv_cache_bytes,
                     at_window);
}

static void a_quantised_cache_is_smaller(void **state) {
    (void)state;
    struct wi_footprint_request r = request("gemma-2b", WI_FORMAT_q4_0, 4096);
    uint64_t f16 = footprint(r).kv_cache_bytes;
    r.kv_precision = WI_FORMAT_q8_0;
    assert_int_equal(footprint(r).kv_cache_bytes, f16 / 2 * 34 / 32);
}

static void an_encoder_keeps_no_cache(void **state) {
    (void)state;
    assert_int_equal(footprint(request("distilbert", WI_FORMAT_f32, 512)).kv_cache_bytes, 0);
}

static void a_context_above_the_models_is_unsupported(void **state) {
    (void)state;
    struct wi_footprint f;
    struct wi_err err = {0};
    struct wi_footprint_request r = request("gemma-2b", WI_FORMAT_q4_0, 8193);
    assert_int_equal(wi_footprint_compute(&r, arena, &f, &err), WI_UNSUPPORTED);
    assert_non_null(strstr(err.message, "8192"));
    r.context = 0;
    assert_int_equal(wi_footprint_compute(&r, arena, &f, &err), WI_UNSUPPORTED);
}

static void rows_that_are_no_whole_blocks_are_unsupported(void **state) {
    (void)state;
    struct wi_footprint f;
    struct wi_err err = {0};
    struct wi_footprint_request r = request("gpt2", WI_FORMAT_q4_k, 512);
    assert_int_equal(r.model->d_model % 256, 0);      /* 768: whole */
    r = request("qwen2.5-0.5b", WI_FORMAT_q4_k, 512); /* 896 = 3.5 x 256 */
    assert_int_equal(wi_footprint_compute(&r, arena, &f, &err), WI_UNSUPPORTED);
    assert_non_null(strstr(err.message, "q4_k"));
}

static void undisclosed_models_are_refused(void **state) {
    (void)state;
    struct wi_footprint f;
    struct wi_err err = {0};
    struct wi_footprint_request r = request("gemini-pro", WI_FORMAT_q4_0, 512);
    assert_int_equal(wi_footprint_compute(&r, arena, &f, &err), WI_UNSUPPORTED);
}

static void an_engine_adds_its_overhead(void **state) {
    (void)state;
    struct wi_footprint_request r = request("gemma-2b", WI_FORMAT_q4_0, 512);
    uint64_t bare = footprint(r).total_bytes;
    assert_int_equal(wi_catalogue_find_engine(catalogue, "Reference", &r.engine, NULL), WI_OK);
    struct wi_footprint f = footprint(r);
    assert_true(f.overhead_bytes > 0);
    assert_int_equal(f.total_bytes, bare + f.overhead_bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_sum_to_the_total_for_every_model),
        cmocka_unit_test(f32_weights_are_four_bytes_a_parameter),
        cmocka_unit_test(the_cache_grows_with_context_up_to_the_window),
        cmocka_unit_test(a_quantised_cache_is_smaller),
        cmocka_unit_test(an_encoder_keeps_no_cache),
        cmocka_unit_test(a_context_above_the_models_is_unsupported),
        cmocka_unit_test(rows_that_are_no_whole_blocks_are_unsupported),
        cmocka_unit_test(undisclosed_models_are_refused),
        cmocka_unit_test(an_engine_adds_its_overhead),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
