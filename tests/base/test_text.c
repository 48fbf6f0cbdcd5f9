/* test_text.c: "did you mean", errors, buffers and arenas.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/text.h"

#include <string.h>

static void edits_are_counted(void **state) {
    (void)state;
    assert_int_equal(wi_text_distance("kitten", "sitting"), 3);
    assert_int_equal(wi_text_distance("q4_0", "q4_0"), 0);
    assert_int_equal(wi_text_distance("Gemma", "gemma"), 0);
    assert_int_equal(wi_text_distance("", "abc"), 3);
    assert_int_equal(wi_text_distance("abc", ""), 3);
    assert_int_equal(wi_text_distance("ab", "ba"), 1); /* a swap of neighbours */
}

static void a_slip_finds_the_word_and_a_stranger_finds_none(void **state) {
    (void)state;
    static const char *const models[] = {"gemma-2b", "gemma-7b", "mistral-7b", "distilbert"};
    assert_string_equal(wi_text_closest("gema-2b", models, WI_COUNT(models)), "gemma-2b");
    assert_string_equal(wi_text_closest("mistal-7b", models, WI_COUNT(models)), "mistral-7b");
    assert_string_equal(wi_text_closest("DistillBERT", models, WI_COUNT(models)), "distilbert");
    assert_null(wi_text_closest("phi", models, WI_COUNT(models)));
    assert_null(wi_text_closest("x", models, WI_COUNT(models)));
    assert_null(wi_text_closest("gemma", models, 0));
}

static void overlong_words_are_cut_not_overrun(void **state) {
    (void)state;
    char word[300];
    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    assert_int_equal(wi_text_distance(word, ""), 63);
    assert_int_equal(wi_text_distance(word, word), 0);
}

static void words_are_joined_with_commas(void **state) {
    (void)state;
    static const char *const words[] = {"a", "b", "c"};
    struct wi_buf out = {0};
    wi_text_join(&out, words, 3);
    assert_string_equal(wi_buf_str(&out), "a, b, c");
    wi_buf_fini(&out);
}

static int outer(struct wi_err *err) {
    WI_TRY(wi_fail(err, WI_TOO_BIG, "%d bytes", 5));
    return WI_OK;
}

static void a_failure_carries_status_message_and_context(void **state) {
    (void)state;
    struct wi_err err = {0};
    assert_int_equal(outer(&err), WI_TOO_BIG);
    assert_string_equal(err.message, "5 bytes");
    assert_int_equal(wi_fail_prefix(&err, err.status, "%s", "gemma-2b"), WI_TOO_BIG);
    assert_string_equal(err.message, "gemma-2b: 5 bytes");
    assert_int_equal(wi_fail(&err, WI_IO, "again: %s", err.message), WI_IO);
    assert_string_equal(err.message, "again: gemma-2b: 5 bytes");
    assert_int_equal(wi_fail(NULL, WI_BUSY, "nobody listens"), WI_BUSY);
}

static void messages_are_cut_to_their_room(void **state) {
    (void)state;
    struct wi_err err = {0};
    char text[3000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    wi_fail(&err, WI_IO, "%s", text);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    wi_fail_prefix(&err, WI_IO, "before");
    assert_memory_equal(err.message, "before: xxx", 11);
    wi_fail_prefix(&err, WI_IO, "%s", text);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
}

static void statuses_have_names_and_exit_codes(void **state) {
    (void)state;
    assert_string_equal(wi_status_name(WI_TOO_BIG), "TOO_BIG");
    assert_string_equal(wi_status_text(WI_TOO_BIG), "too big");
    assert_int_equal(wi_status_exit_code(WI_OK), 0);
    assert_int_equal(wi_status_exit_code(WI_USAGE), 2);
    assert_int_equal(wi_status_exit_code(WI_INTERRUPTED), 130);
    assert_string_equal(wi_status_name(9999), "INTERNAL");
    assert_string_equal(wi_status_name(-1), "INTERNAL");
}

struct numbers {
    unsigned *items;
    size_t count, capacity;
};

static void arena_blocks_are_zeroed_aligned_and_apart(void **state) {
    (void)state;
    struct wi_arena *arena = wi_arena_create();
    unsigned char *blocks[200];
    for (size_t i = 0; i < WI_COUNT(blocks); i++) {
        size_t bytes = i * 331; /* small ones and ones larger than a chunk */
        blocks[i] = wi_arena_alloc(arena, bytes);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        for (size_t b = 0; b < bytes; b++)
            assert_int_equal(blocks[i][b], 0);
        memset(blocks[i], (int)i, bytes);
    }
    for (size_t i = 0; i < WI_COUNT(blocks); i++)
        for (size_t b = 0; b < i * 331; b++)
            assert_int_equal(blocks[i][b], (unsigned char)i);
    wi_arena_destroy(arena);
}

static void pushed_items_stay_in_order(void **state) {
    (void)state;
    struct wi_arena *arena = wi_arena_create();
    struct numbers list = {0};
    for (unsigned i = 0; i < 1000; i++) {
        unsigned *slot = WI_PUSH(arena, &list, unsigned);
        assert_int_equal(*slot, 0);
        *slot = i;
    }
    assert_int_equal(list.count, 1000);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(list.items[i], i);
    wi_arena_destroy(arena);
}

static void arena_text_is_copied(void **state) {
    (void)state;
    struct wi_arena *arena = wi_arena_create();
    assert_string_equal(wi_arena_printf(arena, "%s-%d", "a", 5), "a-5");
    assert_string_equal(wi_arena_strndup(arena, "abcdef", 3), "abc");
    assert_string_equal(wi_arena_strndup(arena, "ab", 30), "ab");
    assert_null(wi_arena_strdup(arena, NULL));
    wi_arena_destroy(arena);
    wi_arena_destroy(NULL);
}

static void buffers_are_always_strings(void **state) {
    (void)state;
    struct wi_buf buf = {0};
    assert_string_equal(wi_buf_str(&buf), "");
    wi_buf_append(&buf, "", 0);
    for (int i = 0; i < 1000; i++)
        wi_buf_printf(&buf, "%d,", i % 10);
    assert_int_equal(buf.size, 2000);
    assert_int_equal(strlen(buf.data), 2000);
    wi_buf_clear(&buf);
    wi_buf_putc(&buf, 'x');
    assert_string_equal(wi_buf_str(&buf), "x");
    wi_buf_fini(&buf);
    assert_string_equal(wi_buf_str(&buf), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_are_counted),
        cmocka_unit_test(a_slip_finds_the_word_and_a_stranger_finds_none),
        cmocka_unit_test(overlong_words_are_cut_not_overrun),
        cmocka_unit_test(words_are_joined_with_commas),
        cmocka_unit_test(a_failure_carries_status_message_and_context),
        cmocka_unit_test(messages_are_cut_to_their_room),
        cmocka_unit_test(statuses_have_names_and_exit_codes),
        cmocka_unit_test(arena_blocks_are_zeroed_aligned_and_apart),
        cmocka_unit_test(pushed_items_stay_in_order),
        cmocka_unit_test(arena_text_is_copied),
        cmocka_unit_test(buffers_are_always_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
