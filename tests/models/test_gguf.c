/* test_gguf.c: headers of GGUF files: what they say, and what is refused.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/models/model_bytes.h"

enum { U32 = 4, STRING = 8, ARRAY = 9, U64 = 10 };

static void put_string(struct wi_buf *out, const char *text) {
    put_le(out, strlen(text), 8);
    wi_buf_puts(out, text);
}

static void put_key(struct wi_buf *out, const char *key, unsigned type) {
    put_string(out, key);
    put_le(out, type, 4);
}

static void put_u32(struct wi_buf *out, const char *key, uint32_t value) {
    put_key(out, key, U32);
    put_le(out, value, 4);
}

static void put_head(struct wi_buf *out, uint32_t version, uint64_t tensors, uint64_t entries) {
    wi_buf_puts(out, "GGUF");
    put_le(out, version, 4);
    put_le(out, tensors, 8);
    put_le(out, entries, 8);
}

static void put_tensor(struct wi_buf *out, const char *name, uint64_t k, uint64_t rows,
                       unsigned type, uint64_t offset) {
    put_string(out, name);
    put_le(out, rows == 0 ? 1 : 2, 4);
    put_le(out, k, 8);
    if (rows > 0)
        put_le(out, rows, 8);
    put_le(out, type, 4);
    put_le(out, offset, 8);
}

static void put_weights(struct wi_buf *out, size_t n) {
    while (out->size % 32 != 0)
        wi_buf_putc(out, 0);
    for (size_t i = 0; i < n; i++)
        wi_buf_putc(out, 'w');
}

/* Two layers of a toy; a q4_0 matrix of 64 x 4 and a vector of 8. */
static void make(struct wi_buf *out) {
    put_head(out, 3, 2, 9);
    put_u32(out, "toy.block_count", 2); /* before the architecture, which may come at any place */
    put_key(out, "general.architecture", STRING);
    put_string(out, "toy");
    put_key(out, "general.name", STRING);
    put_string(out, "A toy");
    put_key(out, "toy.context_length", U64);
    put_le(out, 100, 8);
    put_u32(out, "toy.embedding_length", 64);
    put_u32(out, "toy.attention.head_count", 4);
    put_u32(out, "toy.attention.head_count_kv", 2);
    put_u32(out, "toy.feed_forward_length", 96);
    put_key(out, "tokenizer.ggml.tokens", ARRAY);
    put_le(out, STRING, 4);
    put_le(out, 3, 8);
    put_string(out, "a");
    put_string(out, "");
    put_string(out, "ccc");
    put_tensor(out, "token_embd.weight", 64, 4, 2, 0);
    put_tensor(out, "output_norm.weight", 8, 0, 0, 160);
    put_weights(out, 160 + 32);
}

static void refused(const struct wi_buf *bytes, const char *because) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_model_file file;
    struct wi_err err = {0};
    assert_int_equal(read_model(bytes, bytes->size, arena, &file, &err), WI_USAGE);
    if (strstr(err.message, because) == NULL)
        fail_msg("not \"%s\": %s", because, err.message);
    wi_arena_destroy(arena);
}

static void a_header_says_what_it_says(void **state) {
    struct wi_buf bytes = {0};
    struct wi_arena *arena = wi_arena_create();
    struct wi_model_file f;
    struct wi_file_cache cache;
    struct wi_err err = {0};
    (void)state;
    make(&bytes);
    if (read_model(&bytes, bytes.size, arena, &f, &err) != WI_OK)
        fail_msg("%s", err.message);
    assert_string_equal(f.format, "gguf");
    assert_string_equal(f.architecture, "toy");
    assert_string_equal(f.name, "A toy");
    assert_int_equal(f.version, 3);
    assert_int_equal(f.header_bytes, bytes.size - 192);
    assert_int_equal(f.layers.value, 2);
    assert_int_equal(f.heads.value, 4);
    assert_int_equal(f.kv_heads.value, 2);
    assert_int_equal(f.key_dim.value, 16);
    assert_int_equal(f.d_ff.value, 96);
    assert_int_equal(f.vocab.value, 3);
    assert_int_equal(f.max_context.value, 100);
    assert_int_equal(f.params, 64 * 4 + 8);
    assert_int_equal(f.weight_bytes, 4 * 2 * 18 + 32);
    assert_int_equal(f.types.count, 2);
    assert_string_equal(f.types.items[0].name, "q4_0");
    assert_int_equal(f.types.items[0].bytes, 144);
    assert_string_equal(f.largest->name, "token_embd.weight");
    assert_int_equal(wi_model_file_cache(&f, NULL, arena, &cache, &err), WI_OK);
    assert_int_equal(cache.bytes.value, 2 * 100 * 2 * (16 + 16) * 2);
    wi_arena_destroy(arena);
    wi_buf_fini(&bytes);
}

static void damage_is_refused_wherever_it_is(void **state) {
    struct wi_buf bytes = {0};
    (void)state;
    make(&bytes);
    each_beginning_is_refused(&bytes);
    no_changed_byte_crashes(&bytes);
    wi_buf_fini(&bytes);
}

static void versions_and_counts_beyond_ours_are_refused(void **state) {
    static const struct {
        uint32_t version;
        uint64_t tensors, entries;
        const char *because;
    } heads[] = {
        {1, 0, 0, "version 1"},
        {4, 0, 0, "version 4"},
        {3u << 24, 0, 0, "big-endian"},
        {3, UINT64_MAX, 0, "18446744073709551615 tensors"},
        {3, 0, 1ull << 40, "metadata entries"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct wi_buf bytes = {0};
        put_head(&bytes, heads[i].version, heads[i].tensors, heads[i].entries);
        refused(&bytes, heads[i].because);
        wi_buf_fini(&bytes);
    }
}

static void lengths_beyond_the_file_are_refused(void **state) {
    struct wi_buf bytes = {0};
    (void)state;
    put_head(&bytes, 3, 0, 1);
    put_le(&bytes, UINT64_MAX, 8); /* a key */
    refused(&bytes, "byte 24: a key of 18446744073709551615 bytes");
    wi_buf_clear(&bytes);
    put_head(&bytes, 3, 0, 1);
    put_key(&bytes, "k", ARRAY);
    put_le(&bytes, U64, 4);
    put_le(&bytes, 1ull << 61, 8); /* 2^64 bytes */
    refused(&bytes, "an array needs 18446744073709551615 bytes");
    wi_buf_clear(&bytes);
    put_head(&bytes, 3, 0, 1);
    put_key(&bytes, "k", ARRAY);
    for (int i = 0; i < 100; i++) { /* one in the other */
        put_le(&bytes, ARRAY, 4);
        put_le(&bytes, 1, 8);
    }
    refused(&bytes, "too deep");
    wi_buf_fini(&bytes);
}

static void shapes_that_cannot_be_are_refused(void **state) {
    static const struct {
        uint64_t k, rows, type, offset;
        const char *because;
    } tensors[] = {
        {1ull << 40, 1ull << 40, 0, 0, "impossible shape"},
        {48, 1, 2, 0, "no multiple of the 32 in a block of q4_0"},
        {32, 1, 77, 0, "type 77"},
        {32, 1, 2, 5, "offset 5"},
        {32, 1, 2, UINT64_MAX - 31, "the file ends here"},
        {64, 1, 0, 0, "128 bytes before its weights do"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        struct wi_buf bytes = {0};
        put_head(&bytes, 3, 1, 0);
        put_tensor(&bytes, "t", tensors[i].k, tensors[i].rows, (unsigned)tensors[i].type,
                   tensors[i].offset);
        put_weights(&bytes, 128);
        refused(&bytes, tensors[i].because);
        wi_buf_fini(&bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_says_what_it_says),
        cmocka_unit_test(damage_is_refused_wherever_it_is),
        cmocka_unit_test(versions_and_counts_beyond_ours_are_refused),
        cmocka_unit_test(lengths_beyond_the_file_are_refused),
        cmocka_unit_test(shapes_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
