/* test_lay.c: text laid out for a terminal: its width, its colours.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/lay.h"
#include "base/status.h"
#include "tests/test.h"

#include <string.h>

static const struct wi_look narrow = {.columns = 20}, coloured = {.columns = 80, .colour = true};

static void fill(struct wi_table *table, struct wi_arena *arena, const char *align,
                 const char *const *cells, size_t n) {
    wi_table_init(table, arena, align);
    for (size_t i = 0; i < n; i++)
        wi_table_add(table, cells[i]);
}

static void paragraphs_are_as_wide_as_the_terminal(void **state) {
    (void)state;
    struct wi_buf out = {.look = &narrow};
    wi_lay_wrap(&out, "Why: ", "one two three four five");
    assert_string_equal(wi_buf_str(&out), "Why: one two three\n     four five\n");
    wi_buf_fini(&out);
}

static void only_the_word_that_was_meant_is_coloured(void **state) {
    (void)state;
    struct wi_buf out = {.look = &coloured}, plain = {0};
    wi_lay_wrap_styled(&out, "", "usable model: ", "usable", "usable", ", really");
    assert_string_equal(wi_buf_str(&out), "usable model: \x1b[32musable\x1b[0m, really\n");
    wi_lay_wrap_styled(&plain, "", "usable model: ", "usable", "usable", ", really");
    assert_string_equal(wi_buf_str(&plain), "usable model: usable, really\n");
    wi_buf_fini(&out);
    wi_buf_fini(&plain);
}

static void colour_of_two_words_ends_with_each_line(void **state) {
    (void)state;
    static const struct wi_look look = {.columns = 20, .colour = true};
    struct wi_buf out = {.look = &look};
    wi_lay_wrap_styled(&out, "", "a model: ", "does not fit", "does_not_fit", "");
    assert_string_equal(wi_buf_str(&out), "a model: \x1b[31mdoes\x1b[0m \x1b[31mnot\x1b[0m\n"
                                          "\x1b[31m"
                                          "fit\x1b[0m\n");
    wi_buf_fini(&out);
}

static void a_foreign_word_brings_no_colour_along(void **state) {
    (void)state;
    struct wi_buf out = {.look = &coloured};
    wi_lay_wrap_styled(&out, "", "\x1b[31m", "ok", "no such style", "\x1b[0m");
    assert_string_equal(wi_buf_str(&out), "<U+001B>[31mok<U+001B>[0m\n");
    wi_buf_fini(&out);
}

static void colours_do_not_move_columns(void **state) {
    (void)state;
    struct wi_buf out = {.look = &coloured};
    struct wi_arena *arena = wi_arena_create();
    struct wi_table table;
    wi_table_init(&table, arena, "ll");
    wi_table_add_styled(&table, "usable", "usable");
    wi_table_add(&table, "x");
    wi_table_add_styled(&table, "comfortable", "comfortable");
    wi_table_add(&table, "y");
    wi_table_text(&table, "", &out);
    assert_string_equal(wi_buf_str(&out), "\x1b[32musable\x1b[0m       x\n"
                                          "\x1b[1;32mcomfortable\x1b[0m  y\n");
    wi_arena_destroy(arena);
    wi_buf_fini(&out);
}

static void a_table_too_wide_becomes_paragraphs(void **state) {
    (void)state;
    static const char *const cells[] = {"model", "decode", "why", "gemma", "14.1 tok/s", "memory"};
    struct wi_buf out = {.look = &narrow};
    struct wi_arena *arena = wi_arena_create();
    struct wi_table table;
    fill(&table, arena, "lrl", cells, WI_COUNT(cells));
    table.headed = true;
    wi_table_text(&table, "", &out);
    assert_string_equal(wi_buf_str(&out), "gemma\n  decode: 14.1 tok/s\n  why: memory\n");
    wi_arena_destroy(arena);
    wi_buf_fini(&out);
}

static void without_a_heading_cells_follow_each_other(void **state) {
    (void)state;
    static const char *const cells[] = {
        "budget of system memory", "5.80 GiB", "all", "2.10 GiB", "decode of 32", "14.1 tok/s"};
    struct wi_buf out = {.look = &narrow};
    struct wi_arena *arena = wi_arena_create();
    struct wi_table table;
    fill(&table, arena, "lr", cells, WI_COUNT(cells));
    wi_table_text(&table, "", &out);
    assert_string_equal(wi_buf_str(&out), "budget of system\nmemory\n    5.80 GiB\n"
                                          "all  2.10 GiB\ndecode of 32\n    14.1 tok/s\n");
    wi_arena_destroy(arena);
    wi_buf_fini(&out);
}

static void finished_lines_are_folded_under_their_indent(void **state) {
    (void)state;
    struct wi_buf out = {.look = &narrow};
    wi_lay_fold(&out, "short\n\n  --option VALUE what it does\n");
    assert_string_equal(wi_buf_str(&out), "short\n\n  --option VALUE\n  what it does\n");
    wi_buf_fini(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paragraphs_are_as_wide_as_the_terminal),
        cmocka_unit_test(only_the_word_that_was_meant_is_coloured),
        cmocka_unit_test(colour_of_two_words_ends_with_each_line),
        cmocka_unit_test(a_foreign_word_brings_no_colour_along),
        cmocka_unit_test(colours_do_not_move_columns),
        cmocka_unit_test(a_table_too_wide_becomes_paragraphs),
        cmocka_unit_test(without_a_heading_cells_follow_each_other),
        cmocka_unit_test(finished_lines_are_folded_under_their_indent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
