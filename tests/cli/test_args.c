/* test_args.c: one option table: parsing, messages and help follow from it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "cli/args.h"

#include <stdio.h>
#include <string.h>

static const struct wi_option options[] = {
    {"precision", 0, "P", false, "how weights are stored"},
    {"output", 'o', "FILE", false, "where the answer goes"},
    {"label", 0, "KEY=VALUE", true, "a note"},
    {"dry-run", 0, NULL, false, "measure nothing"},
    {0},
};
static int no_run(struct wi_cli *cli, struct wi_err *err) {
    (void)cli, (void)err;
    return WI_OK;
}
static const struct wi_command command = {
    .name = "weigh",
    .operands = "MODEL",
    .operand_min = 1,
    .operand_max = 2,
    .summary = "weighs a model",
    .use = WI_USE_json | WI_USE_db,
    .options = options,
    .run = no_run,
};

struct parsed {
    struct wi_arena *arena;
    struct wi_args args;
    struct wi_err err;
    int status;
};

static int begin(void **state) {
    static struct parsed parsed;
    parsed = (struct parsed){.arena = wi_arena_create()};
    *state = &parsed;
    return 0;
}
static int end(void **state) {
    struct parsed *p = *state;
    wi_arena_destroy(p->arena);
    return 0;
}

/* Words after the command's name, separated by blanks. */
static struct parsed *parse(void **state, const char *line) {
    struct parsed *p = *state;
    const char *argv[32] = {"weigh"};
    int argc = 1;
    char *save = NULL, *text = wi_arena_strdup(p->arena, line);
    for (char *w = strtok_r(text, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    p->err = (struct wi_err){0};
    p->status = wi_args_parse(&command, argc, argv, p->arena, &p->args, &p->err);
    return p;
}

#define EXPECT_USAGE(line, ...)                                                                    \
    do {                                                                                           \
        static const char *const words[] = {__VA_ARGS__};                                          \
        const struct parsed *bad = parse(state, line);                                             \
        if (bad->status != WI_USAGE)                                                               \
            fail_msg("%s: status %s", line, wi_status_name(bad->status));                          \
        for (size_t w = 0; w < WI_COUNT(words); w++) {                                             \
            if (strstr(bad->err.message, words[w]) == NULL)                                        \
                fail_msg("%s: \"%s\" does not say \"%s\"", line, bad->err.message, words[w]);      \
        }                                                                                          \
    } while (0)

static void options_and_operands_come_in_any_order(void **state) {
    static const char *const lines[] = {
        "gemma --precision q4_0 -o out --dry-run", "--precision=q4_0 gemma --output out --dry-run",
        "--dry-run -oout --precision q4_0 gemma", "-o out --dry-run --precision q4_0 -- gemma"};
    for (size_t i = 0; i < WI_COUNT(lines); i++) {
        const struct parsed *p = parse(state, lines[i]);
        if (p->status != WI_OK)
            fail_msg("%s: %s", lines[i], p->err.message);
        assert_string_equal(wi_args_get(&p->args, "precision"), "q4_0");
        assert_string_equal(wi_args_get(&p->args, "output"), "out");
        assert_true(wi_args_has(&p->args, "dry-run"));
        assert_int_equal(p->args.operand_count, 1);
        assert_string_equal(p->args.operands[0], "gemma");
    }
}

static void what_is_not_given_is_absent(void **state) {
    const struct parsed *p = parse(state, "gemma");
    assert_int_equal(p->status, WI_OK);
    assert_null(wi_args_get(&p->args, "precision"));
    assert_false(wi_args_has(&p->args, "json"));
    assert_int_equal(wi_args_all(&p->args, "label")->count, 0);
}

static void only_options_that_repeat_may_be_repeated(void **state) {
    const struct parsed *p = parse(state, "gemma --label a=1 --label b=2");
    assert_int_equal(p->status, WI_OK);
    assert_int_equal(wi_args_all(&p->args, "label")->count, 2);
    assert_string_equal(wi_args_all(&p->args, "label")->values[0], "a=1");
    assert_string_equal(wi_args_get(&p->args, "label"), "b=2");
    EXPECT_USAGE("gemma --precision f16 --precision f32", "--precision", "twice");
}

static void a_flag_may_be_given_twice(void **state) {
    assert_int_equal(parse(state, "gemma --json --json")->status, WI_OK);
}

static void an_unknown_option_names_itself_and_its_neighbour(void **state) {
    EXPECT_USAGE("gemma --precison q4_0", "--precison", "--precision", "weighin weigh --help");
    EXPECT_USAGE("gemma -x", "-x");
    EXPECT_USAGE("gemma --models-file f", "--models-file"); /* this command reads no catalogue */
}

static void a_missing_value_is_said(void **state) {
    EXPECT_USAGE("gemma --precision", "--precision", "needs a value");
}

static void operands_are_counted(void **state) {
    EXPECT_USAGE("--json", "MODEL", "missing");
    EXPECT_USAGE("a b c", "'c'", "too many");
    assert_int_equal(parse(state, "a b")->status, WI_OK);
}

static void help_needs_no_operand(void **state) {
    assert_true(parse(state, "--help")->args.help);
    assert_true(parse(state, "-h")->args.help);
    assert_int_equal(parse(state, "--help")->status, WI_OK);
}

static void numbers_have_a_range(void **state) {
    struct {
        const char *text;
        int status;
        unsigned value;
    } cases[] = {
        {"1", WI_OK, 1},      {"100", WI_OK, 100},   {"0", WI_USAGE, 7},
        {"101", WI_USAGE, 7}, {"-5", WI_USAGE, 7},   {"1e2", WI_USAGE, 7},
        {"3x", WI_USAGE, 7},  {"0x10", WI_USAGE, 7}, {"99999999999999999999", WI_USAGE, 7}};
    for (size_t i = 0; i < WI_COUNT(cases); i++) {
        char line[64];
        unsigned value = 7;
        struct wi_err err = {0};
        snprintf(line, sizeof line, "gemma --precision=%s", cases[i].text);
        const struct parsed *p = parse(state, line);
        int status = wi_args_u32(&p->args, "precision", 1, 100, &value, &err);
        if (status != cases[i].status || value != cases[i].value)
            fail_msg("%s: %s, %u", cases[i].text, wi_status_name(status), value);
        if (status != WI_OK && strstr(err.message, "from 1 to 100") == NULL)
            fail_msg("%s: %s", cases[i].text, err.message);
    }
}

static void real_numbers_have_a_range(void **state) {
    static const char *const bad[] = {"nan", "inf", "-1", "1e99", "", "2,5", "1 "};
    double value = 7;
    const struct parsed *p = parse(state, "gemma --precision=2.5");
    assert_int_equal(wi_args_f64(&p->args, "precision", 0.1, 10, &value, NULL), WI_OK);
    assert_true(value > 2.4 && value < 2.6);
    for (size_t i = 0; i < WI_COUNT(bad); i++) {
        const char *argv[] = {"weigh", "gemma", "--precision", bad[i]};
        struct wi_args args;
        struct parsed *q = *state;
        assert_int_equal(wi_args_parse(&command, 4, argv, q->arena, &args, NULL), WI_OK);
        if (wi_args_f64(&args, "precision", 0.1, 10, &value, NULL) != WI_USAGE)
            fail_msg("'%s' was taken as %g", bad[i], value);
    }
}

static void lists_are_split_at_commas(void **state) {
    static const char *const bad[] = {",", "a,", ",a", "a,,b", ""};
    const char **words = NULL;
    size_t n = 0;
    const struct parsed *p = parse(state, "gemma --precision=q4_0,f16,f32");
    assert_int_equal(wi_args_words(&p->args, "precision", p->arena, &words, &n, NULL), WI_OK);
    assert_int_equal(n, 3);
    assert_string_equal(words[2], "f32");
    assert_null(words[3]);
    for (size_t i = 0; i < WI_COUNT(bad); i++) {
        const char *argv[] = {"weigh", "gemma", "--precision", bad[i]};
        struct wi_args args;
        assert_int_equal(wi_args_parse(&command, 4, argv, p->arena, &args, NULL), WI_OK);
        if (wi_args_words(&args, "precision", p->arena, &words, &n, NULL) != WI_USAGE)
            fail_msg("'%s' was taken", bad[i]);
    }
}

static void help_shows_every_option_in_80_columns(void **state) {
    struct wi_buf out = {0};
    (void)state;
    wi_args_help(&command, &out);
    const char *text = wi_buf_str(&out);
    assert_non_null(strstr(text, "Usage: weighin weigh MODEL [OPTIONS]"));
    assert_non_null(strstr(text, "weighs a model"));
    for (size_t i = 0; options[i].name != NULL; i++)
        if (strstr(text, options[i].name) == NULL || strstr(text, options[i].help) == NULL)
            fail_msg("--%s is not explained", options[i].name);
    assert_non_null(strstr(text, "-o, --output FILE"));
    assert_non_null(strstr(text, "--json"));
    assert_non_null(strstr(text, "--db FILE"));
    assert_null(strstr(text, "--models-file"));
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 80)
            fail_msg("longer than 80: %.100s", line);
    wi_buf_fini(&out);
}

static void help_keeps_words_apart_at_any_width(void **state) {
    /* Words of 1 to 40 letters put the break at every place of the line. */
    char text[64];
    (void)state;
    for (int n = 1; n <= 40; n++) {
        snprintf(text, sizeof text, "%.*s or b", n, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        const char *const sentence = wi_arena_printf(((struct parsed *)*state)->arena,
                                                     "%s of three words and %s", text, text);
        struct wi_option table[] = {{"name", 0, "P", false, sentence}, {0}};
        struct wi_command one = command;
        struct wi_buf out = {0};
        one.options = table;
        wi_args_help(&one, &out);
        const char *shown = wi_buf_str(&out);
        if (strstr(shown, "aor") != NULL || strstr(shown, "orb") != NULL ||
            strstr(shown, "bof") != NULL || strstr(shown, "ofthree") != NULL ||
            strstr(shown, "threewords") != NULL || strstr(shown, "wordsand") != NULL)
            fail_msg("words are glued: %s", shown);
        wi_buf_fini(&out);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(options_and_operands_come_in_any_order),
        TEST(what_is_not_given_is_absent),
        TEST(only_options_that_repeat_may_be_repeated),
        TEST(a_flag_may_be_given_twice),
        TEST(an_unknown_option_names_itself_and_its_neighbour),
        TEST(a_missing_value_is_said),
        TEST(operands_are_counted),
        TEST(help_needs_no_operand),
        TEST(numbers_have_a_range),
        TEST(real_numbers_have_a_range),
        TEST(lists_are_split_at_commas),
        TEST(help_shows_every_option_in_80_columns),
        TEST(help_keeps_words_apart_at_any_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
