/* test_kv.c: key=value lines, there and back, and what they refuse.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/kv.h"

#include <string.h>

static int setup(void **state) {
    *state = wi_arena_create();
    return 0;
}

static int teardown(void **state) {
    wi_arena_destroy(*state);
    return 0;
}

static int parse(struct wi_kv *kv, const char *text, struct wi_err *err) {
    return wi_kv_parse(kv, text, strlen(text), err);
}

static void values_of_any_text_come_back_unchanged(void **state) {
    static const char *const values[] = {
        "",
        "plain",
        "a=b=c",
        "# no comment",
        "two\nlines\n",
        "carriage\rreturn",
        "back\\slash\\n",
        " blanks ",
        "\xff\x01\t",
    };
    struct wi_kv kv, again;
    struct wi_buf text = {0}, twice = {0};
    struct wi_err err;
    wi_kv_init(&kv, *state);
    wi_kv_init(&again, *state);
    for (size_t i = 0; i < WI_COUNT(values); i++)
        wi_kv_set(&kv, wi_arena_printf(*state, "v.%zu", i), values[i]);
    wi_kv_print(&kv, &text);
    assert_int_equal(wi_kv_parse(&again, text.data, text.size, &err), WI_OK);
    assert_int_equal(again.count, WI_COUNT(values));
    for (size_t i = 0; i < WI_COUNT(values); i++)
        assert_string_equal(wi_kv_getf(&again, "v.%zu", i), values[i]);
    wi_kv_print(&again, &twice);
    assert_string_equal(text.data, twice.data);
    wi_buf_fini(&text);
    wi_buf_fini(&twice);
}

static void the_last_of_equal_keys_wins(void **state) {
    struct wi_kv kv;
    wi_kv_init(&kv, *state);
    assert_int_equal(parse(&kv, "a=1\nb=2\na=3\n", NULL), WI_OK);
    assert_string_equal(wi_kv_get(&kv, "a"), "3");
    assert_int_equal(kv.count, 3);
    assert_null(wi_kv_get(&kv, "c"));
}

static void comments_blank_lines_and_a_missing_last_newline_are_fine(void **state) {
    struct wi_kv kv;
    wi_kv_init(&kv, *state);
    assert_int_equal(parse(&kv, "# made by a test\n\na=1\n#a=2\nb=", NULL), WI_OK);
    assert_string_equal(wi_kv_get(&kv, "a"), "1");
    assert_string_equal(wi_kv_get(&kv, "b"), "");
}

static void a_bad_line_is_named_by_its_number(void **state) {
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"a=1\n\nno equals sign\n", "line 3: no '='"},
        {"a=1\nKey=2\n", "line 2: a key"},
        {"=2\n", "line 1: a key"},
        {"a b=2\n", "line 1: a key"},
        {"a=tab\\t\n", "line 1: a value"},
        {"a=ends in \\", "line 1: a value"},
        {"a=dos\r\n", "line 1: a value"},
    };
    for (size_t i = 0; i < WI_COUNT(rows); i++) {
        struct wi_kv kv;
        struct wi_err err = {0};
        wi_kv_init(&kv, *state);
        assert_int_equal(parse(&kv, rows[i].text, &err), WI_CORRUPT);
        assert_int_equal(err.status, WI_CORRUPT);
        assert_memory_equal(err.message, rows[i].says, strlen(rows[i].says));
    }
}

static void a_nul_inside_is_refused(void **state) {
    struct wi_kv kv;
    wi_kv_init(&kv, *state);
    assert_int_equal(wi_kv_parse(&kv, "a=b\0c\n", 6, NULL), WI_CORRUPT);
}

static void numbers_are_known_only_when_they_are_numbers(void **state) {
    struct wi_kv kv;
    wi_kv_init(&kv, *state);
    wi_kv_setf(&kv, "n", "%d", 12);
    wi_kv_setf(&kv, "x", "%.2f", -1.5);
    wi_kv_set(&kv, "word", "many");
    assert_true(wi_has_u64(wi_kv_u64(&kv, "n")) && wi_kv_u64(&kv, "n").value == 12);
    assert_true(wi_has_f64(wi_kv_f64(&kv, "x")) && wi_kv_f64(&kv, "x").value == -1.5);
    assert_false(wi_has_u64(wi_kv_u64(&kv, "x")));
    assert_false(wi_has_f64(wi_kv_f64(&kv, "word")));
    assert_false(wi_has_u64(wi_kv_u64(&kv, "absent")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_of_any_text_come_back_unchanged, setup, teardown),
        cmocka_unit_test_setup_teardown(the_last_of_equal_keys_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(comments_blank_lines_and_a_missing_last_newline_are_fine,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_bad_line_is_named_by_its_number, setup, teardown),
        cmocka_unit_test_setup_teardown(a_nul_inside_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_are_known_only_when_they_are_numbers, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
