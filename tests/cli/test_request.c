/* test_request.c: `run`'s options as a request; what is refused, and in which words.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "cli/request.h"
#include "cli/run_how.h"
#include "kernels/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int no_run(struct wi_cli *cli, struct wi_err *err) {
    (void)cli, (void)err;
    return WI_OK;
}

struct asked {
    struct wi_cli cli;
    struct wi_command command;
    struct wi_run_request request;
    struct wi_err err;
};

static int begin(void **state) {
    static struct asked a;
    a = (struct asked){.cli = {.arena = wi_arena_create()},
                       .command = {.name = "run",
                                   .operands = "",
                                   .summary = "weighs in",
                                   .use = WI_USE_json | WI_USE_db | WI_USE_models,
                                   .options = wi_run_options,
                                   .run = no_run}};
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1); /* no models of whoever runs the test */
    unsetenv("WEIGHIN_NULL_SCRIPT");
    *state = &a;
    return 0;
}
static int end(void **state) {
    struct asked *a = *state;
    wi_catalogue_destroy(a->cli.catalogue);
    wi_arena_destroy(a->cli.arena);
    return 0;
}

/* Options separated by blanks; the status of reading them. */
static int ask(struct asked *a, const char *line) {
    const char *argv[32] = {"run"};
    int argc = 1;
    char *save = NULL, *text = wi_arena_strdup(a->cli.arena, line);
    for (char *w = strtok_r(text, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    a->err = (struct wi_err){0};
    WI_TRY(wi_args_parse(&a->command, argc, argv, a->cli.arena, &a->cli.args, &a->err));
    return wi_request_read(&a->cli, &a->request, &a->err);
}

static const struct wi_run_request *read_well(struct asked *a, const char *line) {
    if (ask(a, line) != WI_OK)
        fail_msg("%s: %s", line, a->err.message);
    return &a->request;
}

static void nothing_given_is_the_standard_profile(void **state) {
    const struct wi_run_request *r = read_well(*state, "");
    assert_string_equal(r->profile, "standard");
    assert_null(r->models);
    assert_null(r->precisions);
    assert_null(r->backends);
    assert_null(r->compute);
    assert_null(r->prefill);
    assert_null(r->depths);
    assert_null(r->isa_cap);
    assert_null(r->null_script);
    assert_int_equal(r->decode_tokens, 0);
    assert_int_equal(r->kv_precision, WI_FORMAT_f16);
    assert_int_equal(r->batch, 1);
    assert_int_equal(r->seed, 1);
    assert_false(r->every_layer);
}

static void what_is_named_twice_is_asked_once(void **state) {
    const struct wi_run_request *r =
        read_well(*state, "--models gemma-2b,Gemma2B,gemma-7b,gemma-2b --precisions q4_0,f16,q4_0 "
                          "--backends cpu,cpu");
    assert_string_equal(r->models[0]->id, "gemma-2b");
    assert_string_equal(r->models[1]->id, "gemma-7b");
    assert_null(r->models[2]);
    assert_int_equal(r->precision_count, 2);
    assert_int_equal(r->precisions[1], WI_FORMAT_f16);
    assert_int_equal(r->backend_count, 1);
}

static void every_option_arrives(void **state) {
    const struct wi_run_request *r = read_well(
        *state, "--profile quick --models gemma-2b,gemma-7b --precisions q4_0,f16 --backends "
                "cpu,null --compute cpu0,gpu1 --prefill 128,512 --depth 0,2048 --decode 32 "
                "--kv-precision f32 --batch 4 --full --ops no --budget 2.5 --seed 99");
    assert_string_equal(r->profile, "quick");
    assert_string_equal(r->models[0]->id, "gemma-2b");
    assert_string_equal(r->models[1]->id, "gemma-7b");
    assert_null(r->models[2]);
    assert_int_equal(r->precision_count, 2);
    assert_int_equal(r->precisions[1], WI_FORMAT_f16);
    assert_int_equal(r->backend_count, 2);
    assert_int_equal(r->backends[1], WI_BACKEND_null);
    assert_string_equal(r->compute[1], "gpu1");
    assert_null(r->compute[2]);
    assert_int_equal(r->prefill_count, 2);
    assert_int_equal(r->prefill[1], 512);
    assert_int_equal(r->depth_count, 2);
    assert_int_equal(r->depths[0], 0);
    assert_int_equal(r->depths[1], 2048);
    assert_int_equal(r->decode_tokens, 32);
    assert_int_equal(r->kv_precision, WI_FORMAT_f32);
    assert_int_equal(r->batch, 4);
    assert_true(r->every_layer);
    assert_int_equal(r->ops, WI_TRI_no);
    assert_true(r->case_budget_s > 2.4 && r->case_budget_s < 2.6);
    assert_int_equal(r->seed, 99);
}

static void the_null_script_comes_from_the_environment(void **state) {
    setenv("WEIGHIN_NULL_SCRIPT", "wrong=1", 1);
    assert_string_equal(read_well(*state, "")->null_script, "wrong=1");
}

static void every_instruction_set_cap_is_taken(void **state) {
    for (const char *const *cap = wi_isa_caps(); *cap != NULL; cap++) {
        char line[64];
        snprintf(line, sizeof line, "--isa %s", *cap);
        assert_string_equal(read_well(*state, line)->isa_cap, *cap);
    }
}

static void what_is_wrong_is_named_with_what_is_allowed(void **state) {
    static const struct {
        const char *line, *words[2];
    } cases[] = {
        {"--profile huge", {"--profile huge", "standard"}},
        {"--models gemma-2c", {"gemma-2c", "gemma-2b"}},
        {"--models gemma-2b,,gemma-7b", {"--models", "comma"}},
        {"--precisions q4_K_M", {"q4_K_M", "q4_0"}},
        {"--precisions nope", {"nope", "bf16"}},
        {"--backends metal", {"metal", "vulkan"}},
        {"--prefill 0", {"--prefill 0", "from 1"}},
        {"--prefill 12k", {"--prefill 12k", "whole numbers"}},
        {"--depth -1", {"--depth -1", "from 0"}},
        {"--decode 0", {"--decode 0", "from 1"}},
        {"--batch 65", {"--batch 65", "64"}},
        {"--budget 0", {"--budget 0", "0.01"}},
        {"--seed 1.5", {"--seed 1.5", "whole"}},
        {"--isa z80", {"--isa z80", "there are"}},
        {"--kv-precision q99", {"q99", "f16"}},
        {"--compute ,", {"--compute", "comma"}},
    };
    struct asked *a = *state;
    for (size_t i = 0; i < WI_COUNT(cases); i++) {
        int status = ask(a, cases[i].line);
        if (wi_status_exit_code(status) != 2)
            fail_msg("%s: %s", cases[i].line, wi_status_name(status));
        for (size_t w = 0; w < WI_COUNT(cases[i].words); w++)
            if (strstr(a->err.message, cases[i].words[w]) == NULL)
                fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].line, a->err.message,
                         cases[i].words[w]);
    }
}

static void none_is_a_list_without_members(void **state) {
    const struct wi_run_request *r = read_well(*state, "--prefill none --depth 0");
    assert_non_null(r->prefill);
    assert_int_equal(r->prefill_count, 0);
    assert_int_equal(r->depth_count, 1);
    assert_int_equal(read_well(*state, "--depth none")->depth_count, 0);
    assert_int_equal(ask(*state, "--prefill 1,none"), WI_USAGE);
}

static void how_a_run_goes_is_read_apart(void **state) {
    struct asked *a = *state;
    struct wi_run_how how;
    ask(a, "");
    assert_int_equal(wi_run_how_read(&a->cli, &how, &a->err), WI_OK);
    assert_int_equal(how.repeat, 1);
    assert_null(how.expect);
    assert_false(how.resume || how.dry);
    ask(a, "--repeat 3 --gap 0.5 --expect last --dry-run");
    assert_int_equal(wi_run_how_read(&a->cli, &how, &a->err), WI_OK);
    assert_int_equal(how.repeat, 3);
    assert_true(how.gap_s > 0.4 && how.gap_s < 0.6);
    assert_string_equal(how.expect, "last");
    assert_true(how.dry);
    static const char *const bad[] = {"--repeat 0", "--repeat x", "--gap -1", "--gap soon",
                                      "--resume --repeat 2"};
    for (size_t i = 0; i < WI_COUNT(bad); i++) {
        ask(a, bad[i]);
        if (wi_run_how_read(&a->cli, &how, &a->err) != WI_USAGE)
            fail_msg("%s was taken", bad[i]);
    }
}

/* Writes a plan file and asks with it. */
static int ask_plan(struct asked *a, const char *text, const char *more) {
    char path[] = "/tmp/weighin-test-plan-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    fputs(text, file);
    fclose(file);
    const char *argv[8] = {"run", "--plan", path};
    int argc = 3;
    char *save = NULL, *words = wi_arena_strdup(a->cli.arena, more);
    for (char *w = strtok_r(words, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    a->err = (struct wi_err){0};
    assert_int_equal(wi_args_parse(&a->command, argc, argv, a->cli.arena, &a->cli.args, &a->err),
                     WI_OK);
    int status = wi_plan_take(&a->cli, &a->err);
    remove(path);
    return status != WI_OK ? status : wi_request_read(&a->cli, &a->request, &a->err);
}

static void a_plan_file_gives_options_and_those_given_come_first(void **state) {
    struct asked *a = *state;
    static const char text[] = "models: [gemma-2b]\nphases:\n  decode: {depths: [7]}\n"
                               "batch: 2\nlabels: [a=1, b=2]\nfull: true\n";
    if (ask_plan(a, text, "--batch 4 --precisions f16") != WI_OK)
        fail_msg("%s", a->err.message);
    assert_string_equal(a->request.models[0]->id, "gemma-2b");
    assert_int_equal(a->request.batch, 4);
    assert_int_equal(a->request.depths[0], 7);
    assert_int_equal(a->request.prefill_count, 0);
    assert_int_equal(a->request.precisions[0], WI_FORMAT_f16);
    assert_true(a->request.every_layer);
    const struct wi_label *labels = NULL;
    size_t n = 0;
    assert_int_equal(wi_labels_read(&a->cli, &labels, &n, &a->err), WI_OK);
    assert_int_equal(n, 2);
    assert_string_equal(labels[1].value, "2");
    ask_plan(a, text, "--label c=3"); /* in the place of all of the file's */
    assert_int_equal(wi_labels_read(&a->cli, &labels, &n, &a->err), WI_OK);
    assert_int_equal(n, 1);
}

static void what_is_wrong_in_a_plan_is_named_with_its_line(void **state) {
    static const char *const bad[][2] = {
        {"batch: 1\nmodels: [gemma-2c]\n", ": line 2: "},
        {"precisions: [q4_K_M]\n", ": line 1: "},
        {"profile: quick\n\nbatch: 65\n", ": line 3: "},
        {"phases:\n  prefill: {tokens: [0]}\n", ": line 2: "},
        {"isa: z80\n", ": line 1: "},
        {"moddels: [a]\n", ": line 1: Unexpected key: moddels"},
    };
    struct asked *a = *state;
    for (size_t i = 0; i < WI_COUNT(bad); i++) {
        int status = ask_plan(a, bad[i][0], "");
        if (wi_status_exit_code(status) != 2 || strstr(a->err.message, bad[i][1]) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", bad[i][0], a->err.message, bad[i][1]);
    }
    const char *argv[] = {"run", "--plan", "/nonexistent/plan.yaml"};
    assert_int_equal(wi_args_parse(&a->command, 3, argv, a->cli.arena, &a->cli.args, NULL), WI_OK);
    assert_int_equal(wi_plan_take(&a->cli, &a->err), WI_USAGE);
}

static void labels_are_pairs_with_keys_of_their_own(void **state) {
    struct asked *a = *state;
    const struct wi_label *labels = NULL;
    size_t n = 0;
    ask(a, "--label driver=new --label room=a=b --label empty=");
    assert_int_equal(wi_labels_read(&a->cli, &labels, &n, &a->err), WI_OK);
    assert_int_equal(n, 3);
    assert_string_equal(labels[0].key, "driver");
    assert_string_equal(labels[1].value, "a=b");
    assert_string_equal(labels[2].value, "");
    static const char *const bad[] = {"--label nokey", "--label =v", "--label a=1 --label a=2"};
    for (size_t i = 0; i < WI_COUNT(bad); i++) {
        ask(a, bad[i]);
        assert_int_equal(wi_labels_read(&a->cli, &labels, &n, &a->err), WI_USAGE);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_given_is_the_standard_profile),
        TEST(what_is_named_twice_is_asked_once),
        TEST(every_option_arrives),
        TEST(the_null_script_comes_from_the_environment),
        TEST(every_instruction_set_cap_is_taken),
        TEST(what_is_wrong_is_named_with_what_is_allowed),
        TEST(none_is_a_list_without_members),
        TEST(how_a_run_goes_is_read_apart),
        TEST(a_plan_file_gives_options_and_those_given_come_first),
        TEST(what_is_wrong_in_a_plan_is_named_with_its_line),
        TEST(labels_are_pairs_with_keys_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
