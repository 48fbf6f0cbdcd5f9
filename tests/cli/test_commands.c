/* test_commands.c: every command's table, as help, manual and completion read it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "cli/help.h"
#include "cli/values.h"

#include <stdio.h>
#include <string.h>

enum { OPTIONS_MOST = 64 };

static bool is_shown(const struct wi_command *c) {
    return (c->use & WI_USE_hidden) == 0;
}

static void check_columns(const char *what, const struct wi_buf *text, size_t most) {
    for (const char *line = wi_buf_str(text); *line != '\0';) {
        size_t n = strcspn(line, "\n");
        if (n > most)
            fail_msg("%s: %zu columns: %.*s", what, n, (int)n, line);
        line += n + (line[n] == '\n');
    }
}

static void help_of_every_command_fits_80_columns(void **state) {
    struct wi_buf text = {0};
    (void)state;
    for (size_t i = 0; wi_commands[i] != NULL; i++) {
        wi_buf_clear(&text);
        wi_args_help(wi_commands[i], &text);
        check_columns(wi_commands[i]->name, &text, 80);
    }
    wi_buf_clear(&text);
    wi_help_top(&text);
    check_columns("--help", &text, 80);
    wi_buf_fini(&text);
}

static void every_command_says_what_it_is_for(void **state) {
    (void)state;
    for (size_t i = 0; wi_commands[i] != NULL; i++) {
        const struct wi_command *c = wi_commands[i];
        if (c->summary == NULL || strlen(c->summary) < 15 ||
            c->summary[strlen(c->summary) - 1] == '.')
            fail_msg("%s: its summary is half a sentence: %s", c->name, c->summary);
    }
}

/* A new word of help for a value needs its line in cli/values.c. */
static void what_options_take_is_known(void **state) {
    (void)state;
    for (size_t i = 0; wi_commands[i] != NULL; i++) {
        const struct wi_option *list[OPTIONS_MOST];
        size_t n = wi_args_options(wi_commands[i], list, OPTIONS_MOST);
        for (size_t k = 0; is_shown(wi_commands[i]) && k < n; k++)
            if (list[k]->value != NULL &&
                wi_value_of(list[k]->name, list[k]->value).kind == WI_VALUE_unknown)
                fail_msg("%s --%s %s: cli/values.c does not know it", wi_commands[i]->name,
                         list[k]->name, list[k]->value);
    }
}

static void what_operands_take_is_known(void **state) {
    (void)state;
    for (size_t i = 0; wi_commands[i] != NULL; i++) {
        const struct wi_command *c = wi_commands[i];
        char text[400], *save = NULL;
        if (!is_shown(c))
            continue;
        snprintf(text, sizeof text, "%s", c->operand_values ? c->operand_values : c->operands);
        for (char *w = strtok_r(text, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
            if (wi_value_of(NULL, w).kind == WI_VALUE_unknown)
                fail_msg("%s: cli/values.c does not know the operand %s", c->name, w);
    }
}

static void lists_of_words_are_there(void **state) {
    (void)state;
    struct wi_cli cli = {.arena = wi_arena_create()};
    static const struct wi_option option = {.name = "models-file"};
    static struct wi_given no_files = {.option = &option};
    struct wi_words words;
    const char *list;
    cli.args = (struct wi_args){.given = &no_files, .given_count = 1};
    for (size_t i = 0; (list = wi_word_list(i)) != NULL; i++) {
        if (strcmp(list, "device") == 0) /* of a database */
            continue;
        assert_int_equal(wi_words_of(&cli, list, &words, NULL), WI_OK);
        if (words.count == 0 && strcmp(list, "isa") != 0)
            fail_msg("%s: no words", list);
    }
    assert_int_equal(wi_words_of(&cli, "spells", &words, NULL), WI_USAGE);
    wi_tiers_destroy(cli.tiers);
    wi_catalogue_destroy(cli.catalogue);
    wi_arena_destroy(cli.arena);
}

static void the_manual_has_every_command_and_option(void **state) {
    struct wi_buf text = {0};
    (void)state;
    for (size_t i = 0; wi_commands[i] != NULL; i++) {
        const struct wi_option *list[OPTIONS_MOST];
        size_t n = wi_args_options(wi_commands[i], list, OPTIONS_MOST);
        wi_buf_clear(&text);
        wi_manual(wi_commands[i], &text);
        for (size_t k = 0; k < n; k++) {
            char want[80] = "\\fB\\-\\-", *w = want + strlen(want);
            for (const char *p = list[k]->name; *p != '\0' && w < want + 76; p++) {
                if (*p == '-')
                    *w++ = '\\';
                *w++ = *p;
            }
            snprintf(w, 4, "\\fR");
            if (strstr(wi_buf_str(&text), want) == NULL)
                fail_msg("%s: no %s in the manual", wi_commands[i]->name, want);
        }
    }
    wi_buf_clear(&text);
    wi_manual(NULL, &text);
    for (size_t i = 0; wi_commands[i] != NULL; i++) { /* names of shown ones have no '-' */
        char entry[80];
        snprintf(entry, sizeof entry, ".BR weighin\\-%s (1)", wi_commands[i]->name);
        assert_int_equal(is_shown(wi_commands[i]), strstr(wi_buf_str(&text), entry) != NULL);
    }
    wi_buf_fini(&text);
}

static void commands_are_found_or_something_is_suggested(void **state) {
    const struct wi_command *found = NULL;
    struct wi_err err = {0};
    (void)state;
    assert_int_equal(wi_help_find("check", &found, &err), WI_OK);
    assert_string_equal(found->name, "check");
    assert_int_equal(wi_help_find("chekc", &found, &err), WI_USAGE);
    assert_non_null(strstr(err.message, "did you mean check?"));
    assert_null(strstr(err.message, "worker"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_of_every_command_fits_80_columns),
        cmocka_unit_test(every_command_says_what_it_is_for),
        cmocka_unit_test(what_options_take_is_known),
        cmocka_unit_test(what_operands_take_is_known),
        cmocka_unit_test(lists_of_words_are_there),
        cmocka_unit_test(the_manual_has_every_command_and_option),
        cmocka_unit_test(commands_are_found_or_something_is_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
