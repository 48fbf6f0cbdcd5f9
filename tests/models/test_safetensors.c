/* test_safetensors.c: headers of safetensors files: what they say, and what is refused.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/models/model_bytes.h"

static void make(struct wi_buf *out, const char *json, size_t weights) {
    wi_buf_clear(out);
    put_le(out, strlen(json), 8);
    wi_buf_puts(out, json);
    for (size_t i = 0; i < weights; i++)
        wi_buf_putc(out, 'w');
}

static const char whole[] = "{\"__metadata__\":{\"format\":\"pt\"},"
                            "\"a\":{\"dtype\":\"BF16\",\"shape\":[3,4],\"data_offsets\":[0,24]},"
                            "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]},"
                            "\"c\":{\"dtype\":\"F6_E3M2\",\"shape\":[4],\"data_offsets\":[32,35]}}";

static void a_header_says_what_it_says(void **state) {
    struct wi_buf bytes = {0};
    struct wi_arena *arena = wi_arena_create();
    struct wi_model_file f;
    struct wi_file_cache cache;
    struct wi_err err = {0};
    (void)state;
    make(&bytes, whole, 35);
    if (read_model(&bytes, bytes.size, arena, &f, &err) != WI_OK)
        fail_msg("%s", err.message);
    assert_string_equal(f.format, "safetensors");
    assert_int_equal(f.header_bytes, 8 + strlen(whole));
    assert_int_equal(f.tensors.count, 3);
    assert_int_equal(f.params, 12 + 2 + 4);
    assert_int_equal(f.weight_bytes, 35);
    assert_string_equal(f.types.items[0].name, "bf16");
    assert_int_equal(f.types.items[0].bytes, 24);
    assert_string_equal(f.largest->name, "a");
    assert_int_equal(f.largest->rows, 3);
    assert_int_equal(f.largest->k, 4);
    assert_int_equal(wi_model_file_cache(&f, NULL, arena, &cache, &err), WI_OK);
    assert_false(wi_has_u64(cache.bytes));
    wi_arena_destroy(arena);
    wi_buf_fini(&bytes);
}

static void damage_is_refused_wherever_it_is(void **state) {
    struct wi_buf bytes = {0};
    (void)state;
    make(&bytes, whole, 35);
    each_beginning_is_refused(&bytes);
    no_changed_byte_crashes(&bytes);
    wi_buf_fini(&bytes);
}

static void what_makes_no_sense_is_refused(void **state) {
    static const struct {
        const char *json;
        size_t weights;
        const char *because;
    } files[] = {
        {"{\"a\":{}}", 0, "no dtype, shape and data_offsets"},
        {"{\"a\":3}", 0, "no dtype, shape and data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "make sense"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "make sense"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
         "not what its shape and dtype F32 take"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4611686018427387904],"
         "\"data_offsets\":[0,4]}}",
         4, "not what its shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3,
         "1 bytes before the tensor \"a\" does"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 9,
         "9 bytes follow the header, its tensors have 4"},
        {"{\"a\":{\"dtype\":\"X\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"a\":{\"dtype\":\"X\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         4, "the header is no JSON: duplicate"},
        {"{\"a\":", 4, "the header is no JSON"},
    };
    struct wi_buf bytes = {0};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct wi_arena *arena = wi_arena_create();
        struct wi_model_file f;
        struct wi_err err = {0};
        make(&bytes, files[i].json, files[i].weights);
        assert_int_equal(read_model(&bytes, bytes.size, arena, &f, &err), WI_USAGE);
        if (strstr(err.message, files[i].because) == NULL)
            fail_msg("not \"%s\": %s", files[i].because, err.message);
        wi_arena_destroy(arena);
    }
    wi_buf_fini(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_says_what_it_says),
        cmocka_unit_test(damage_is_refused_wherever_it_is),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
