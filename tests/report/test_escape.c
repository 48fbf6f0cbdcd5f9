/* test_escape.c: foreign words act nowhere: not in a terminal, a page, a table or a spreadsheet.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/escape.h"
#include "report/lay.h"
#include "tests/test.h"

#include <string.h>

static void check(void (*put)(struct wi_buf *, const char *), const char *in, const char *want) {
    struct wi_buf out = {0};
    put(&out, in);
    assert_string_equal(wi_buf_str(&out), want);
    wi_buf_fini(&out);
}

static void text_has_no_control_and_no_direction(void **state) {
    (void)state;
    check(wi_put_text, "a\x1b[31mb\nc\x7f", "a<U+001B>[31mb<U+000A>c<U+007F>");
    check(wi_put_text,
          "\xc2\x9b"
          "31m",
          "<U+009B>31m"); /* C1 control */
    check(wi_put_text,
          "x\xe2\x80\xae"
          "y\xe2\x81\xa6z",
          "x<U+202E>y<U+2066>z"); /* U+202E, U+2066 */
    check(wi_put_text, "\xff\xc3)",
          "?"
          "?)"); /* not UTF-8 */
    check(wi_put_text, "\xc3\xa9\xd7\xa9\xf0\x9f\x92\xa3", "\xc3\xa9\xd7\xa9\xf0\x9f\x92\xa3");
    check(wi_put_text, NULL, "unknown");
}

static void html_shows_markup_as_text(void **state) {
    (void)state;
    check(wi_put_html, "<b a='x' c=\"y\">&amp;",
          "&lt;b a=&#39;x&#39; c=&quot;y&quot;&gt;&amp;amp;");
    check(wi_put_html,
          "a\x01"
          "b\xff",
          "a\xef\xbf\xbd"
          "b\xef\xbf\xbd");
}

static void markdown_shows_marks_as_text(void **state) {
    (void)state;
    check(wi_put_md, "a|b*c_d`e[f](g)#h\\", "a\\|b\\*c\\_d\\`e\\[f\\]\\(g)\\#h\\\\");
    check(wi_put_md, "<i>&", "&lt;i&gt;&amp;");
    check(wi_put_md, "https://a www.b @c 1.5: d", "https\\://a www\\.b \\@c 1.5: d");
    check(wi_put_md, "a\nb", "a&lt;U+000A&gt;b");
}

static void csv_fields_stay_fields_and_never_formulas(void **state) {
    (void)state;
    check(wi_put_csv, "plain 1.5", "plain 1.5");
    check(wi_put_csv, "a,\"b\"\nc", "\"a,\"\"b\"\"\nc\"");
    check(wi_put_csv, "=1+1", "\"'=1+1\"");
    check(wi_put_csv, "@x", "\"'@x\"");
    check(wi_put_csv, NULL, "");
    check(wi_put_csv, "\x1b", "\xef\xbf\xbd");
}

static void paragraphs_wrap_at_blanks_and_break_only_giants(void **state) {
    (void)state;
    struct wi_buf out = {0};
    char giant[201] = {0};
    memset(giant, 'x', 200);
    wi_lay_wrap(&out, "- ", "one two");
    assert_string_equal(wi_buf_str(&out), "- one two\n");
    wi_buf_clear(&out);
    wi_lay_wrap(&out, "  ", giant);
    assert_int_equal(out.size, 200 + 3 * 3); /* three lines of 78, each with indent and newline */
    wi_buf_clear(&out);
    wi_lay_wrap(&out, "Why: ", "");
    assert_string_equal(wi_buf_str(&out), "Why:\n");
    wi_buf_fini(&out);
}

static void width_counts_columns_not_bytes(void **state) {
    (void)state;
    assert_int_equal(wi_lay_width("a\xc3\xa9"), 2);
    assert_int_equal(wi_lay_width("\xe4\xb8\xad\xf0\x9f\x92\xa3"), 4); /* a wide letter, emoji */
    assert_int_equal(wi_lay_width("e\xcc\x81"), 1);                    /* combining accent */
    assert_int_equal(wi_lay_width("\xe2\x9a\xa1\xf0\x9f\xa7\xaa\xe2\x9c\x93"),
                     5);                               /* two emoji beyond the old blocks, a tick */
    assert_int_equal(wi_lay_width("\xe2\x80\xae"), 8); /* U+202E, by its name */
    struct wi_arena *arena = wi_arena_create();
    assert_string_equal(wi_lay_clip(arena, "abcdefgh", 8), "abcdefgh");
    assert_string_equal(wi_lay_clip(arena, "abcdefghi", 8), "abcde...");
    assert_string_equal(wi_lay_shorten(arena, "abcdefgh", 8), "abcdefgh");
    assert_string_equal(wi_lay_shorten(arena, "abcdefghi", 8), "abc...hi");
    assert_string_equal(wi_lay_shorten(arena, "DeepSeek-R1-Distill-Qwen-7B", 15),
                        "DeepSe...wen-7B");
    assert_string_equal(wi_lay_shorten(arena,
                                       "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"
                                       "\xe4\xb8\xad\xe4\xb8\xad",
                                       9),
                        "\xe4\xb8\xad...\xe4\xb8\xad");
    assert_string_equal(wi_lay_clip(arena,
                                    "ab\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"
                                    "c",
                                    8),
                        "ab\xe4\xb8\xad...");
    wi_arena_destroy(arena);
}

static void tables_align_and_say_unknown(void **state) {
    (void)state;
    struct wi_buf out = {0};
    struct wi_arena *arena = wi_arena_create();
    struct wi_table table;
    wi_table_init(&table, arena, "lr");
    wi_table_add(&table, "name");
    wi_table_add(&table, "n");
    wi_table_add(&table, "a|b");
    wi_table_add(&table, NULL);
    wi_table_text(&table, "> ", &out);
    assert_string_equal(wi_buf_str(&out), "> name        n\n> a|b   unknown\n");
    wi_buf_clear(&out);
    wi_table_md(&table, &out);
    assert_string_equal(wi_buf_str(&out), "| name | n |\n| --- | ---: |\n| a\\|b | unknown |\n");
    wi_buf_clear(&out);
    wi_table_csv(&table, &out);
    assert_string_equal(wi_buf_str(&out), "name,n\r\na|b,\r\n");
    wi_buf_fini(&out);
    wi_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_has_no_control_and_no_direction),
        cmocka_unit_test(html_shows_markup_as_text),
        cmocka_unit_test(markdown_shows_marks_as_text),
        cmocka_unit_test(csv_fields_stay_fields_and_never_formulas),
        cmocka_unit_test(paragraphs_wrap_at_blanks_and_break_only_giants),
        cmocka_unit_test(width_counts_columns_not_bytes),
        cmocka_unit_test(tables_align_and_say_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
