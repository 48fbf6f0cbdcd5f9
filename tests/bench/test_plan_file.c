/* test_plan_file.c: a plan file is a list of options with their lines.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "bench/plan_file.h"

#include <stdbool.h>
#include <string.h>

static const char whole[] = "# what the lab runs at night\n"
                            "name: nightly\n"
                            "profile: quick\n"
                            "models: [gemma-2b, mistral-7b]\n"
                            "precisions:\n"
                            "  - q4_0\n"
                            "  - f16\n"
                            "backends: [cpu]\n"
                            "compute: [cpu0]\n"
                            "phases:\n"
                            "  prefill: {tokens: [128, 512]}\n"
                            "  decode:\n"
                            "    tokens: 16\n"
                            "    depths: [0, 2048]\n"
                            "kv_precision: q8_0\n"
                            "batch: 4\n"
                            "isa: generic\n"
                            "full: true\n"
                            "budgets: {case_s: 2.5}\n"
                            "seed: 99\n"
                            "repeat: 3\n"
                            "gap_s: 60\n"
                            "labels: [driver=new, room=7]\n"
                            "expect: last\n"
                            "asset: tag-12\n";

static int set_up(void **state) {
    *state = wi_arena_create();
    return 0;
}
static int tear_down(void **state) {
    wi_arena_destroy(*state);
    return 0;
}

static int read_text(void **state, const char *text, struct wi_plan_file *file,
                     struct wi_err *err) {
    return wi_plan_file_read("lab.yaml", text, strlen(text), *state, file, err);
}

static void has(const struct wi_plan_file *file, const char *option, const char *value,
                unsigned line) {
    for (size_t i = 0; i < file->count; i++) {
        const struct wi_plan_setting *s = &file->items[i];
        bool same =
            s->value == NULL || value == NULL ? s->value == value : strcmp(s->value, value) == 0;
        if (strcmp(s->option, option) == 0 && same) {
            if (s->line != line)
                fail_msg("--%s: line %u, not %u", option, s->line, line);
            return;
        }
    }
    fail_msg("--%s %s is not set", option, value == NULL ? "" : value);
}

static void every_key_becomes_its_option(void **state) {
    struct wi_plan_file file;
    struct wi_err err = {0};
    if (read_text(state, whole, &file, &err) != WI_OK)
        fail_msg("%s", err.message);
    has(&file, "profile", "quick", 3);
    has(&file, "models", "gemma-2b,mistral-7b", 4);
    has(&file, "precisions", "q4_0,f16", 5);
    has(&file, "backends", "cpu", 8);
    has(&file, "compute", "cpu0", 9);
    has(&file, "prefill", "128,512", 11);
    has(&file, "decode", "16", 12);
    has(&file, "depth", "0,2048", 14);
    has(&file, "kv-precision", "q8_0", 15);
    has(&file, "batch", "4", 16);
    has(&file, "isa", "generic", 17);
    has(&file, "full", NULL, 18);
    has(&file, "budget", "2.5", 19);
    has(&file, "seed", "99", 20);
    has(&file, "repeat", "3", 21);
    has(&file, "gap", "60", 22);
    has(&file, "label", "driver=new", 23);
    has(&file, "label", "room=7", 23);
    has(&file, "expect", "last", 24);
    has(&file, "asset", "tag-12", 25);
    assert_int_equal(file.count, 20);
}

static void what_is_not_said_is_not_set(void **state) {
    struct wi_plan_file file;
    assert_int_equal(read_text(state, "models: [gemma-2b]\nfull: false\n", &file, NULL), WI_OK);
    assert_int_equal(file.count, 1);
    /* What a profile may ask by itself can be left out as well. */
    assert_int_equal(read_text(state, "ops: false\n", &file, NULL), WI_OK);
    has(&file, "ops", "no", 1);
    assert_int_equal(read_text(state, "seed: 1\nops: true\n", &file, NULL), WI_OK);
    has(&file, "ops", "yes", 2);
}

static void a_phase_that_is_not_listed_is_not_asked(void **state) {
    struct wi_plan_file file;
    assert_int_equal(read_text(state, "phases:\n  decode: {depths: [0]}\n", &file, NULL), WI_OK);
    has(&file, "prefill", "none", 1);
    has(&file, "depth", "0", 2);
    assert_int_equal(file.count, 2);
    assert_int_equal(read_text(state, "phases:\n  prefill: {tokens: [9]}\n", &file, NULL), WI_OK);
    has(&file, "depth", "none", 1);
}

static void a_bad_file_is_refused_with_file_and_line(void **state) {
    static const char *const bad[][2] = {
        {"models: [gemma-2b]\nprecison: q4_0\n", "lab.yaml: line 2: Unexpected key: precison"},
        {"batch: 1\n\nphases:\n  encode: {tokens: [1]}\n", "line 4: Unexpected key: encode"},
        {"models: gemma-2b\n", "lab.yaml: line 1"},
        {"batch: many\n", "lab.yaml: line 1"},
        {"batch: -1\n", "lab.yaml: line 1"},
        {"seed: 1\nphases:\n  decode: {depths: [one]}\n", "lab.yaml: line 3"},
        {"phases:\n  prefill: {}\n", "tokens"},
        {"full: perhaps\n", "lab.yaml: line 1"},
        {"ops: perhaps\n", "lab.yaml: line 1"},
        {"models: []\n", "lab.yaml: line 1"},
        {"models: [a\n", "lab.yaml"},
        {"a: &x [b]\nc: *x\n", "lab.yaml"},
        {"", "lab.yaml: the file is empty"},
        {"name: nightly\n", "lab.yaml: a plan that asks for nothing"},
        {"\x01\x02\xff", "lab.yaml"},
    };
    for (size_t i = 0; i < WI_COUNT(bad); i++) {
        struct wi_plan_file file;
        struct wi_err err = {0};
        if (read_text(state, bad[i][0], &file, &err) != WI_USAGE)
            fail_msg("%s was taken", bad[i][0]);
        if (strstr(err.message, bad[i][1]) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.message, bad[i][1]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_key_becomes_its_option),
        TEST(what_is_not_said_is_not_set),
        TEST(a_phase_that_is_not_listed_is_not_asked),
        TEST(a_bad_file_is_refused_with_file_and_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
