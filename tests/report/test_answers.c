/* test_answers.c: probe, estimate, check, list and verify, as text and JSON, against golden files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/report/golden.h"
#include "tests/report/views.h"
#include "tests/test.h"

#include "report/lay.h"

#include <stdio.h>
#include <string.h>

static const char *file_name(char out[64], const char *what, enum views_case c, const char *ext) {
    snprintf(out, 64, "%s-%s.%s", what, views_name(c), ext);
    return out;
}

static void probe_says_what_is_there_and_null_for_the_rest(void **state) {
    (void)state;
    for (int c = 0; c < VIEWS_COUNT; c++) {
        char name[64];
        struct wi_buf out = {0};
        struct wi_arena *arena = wi_arena_create();
        wi_report_probe_json(views_inventory((enum views_case)c, arena), &out);
        golden_check(file_name(name, "probe", (enum views_case)c, "json"), &out);
        wi_buf_fini(&out);
        wi_arena_destroy(arena);
    }
}

static void check_has_every_key_whatever_is_known(void **state) {
    (void)state;
    for (int c = 0; c < VIEWS_COUNT; c++) {
        char name[64];
        struct wi_buf out = {0};
        struct wi_check_view view;
        struct wi_arena *arena = wi_arena_create();
        views_check((enum views_case)c, arena, &view);
        wi_report_check_json(&view, &out);
        golden_check(file_name(name, "check", (enum views_case)c, "json"), &out);
        wi_buf_fini(&out);
        wi_arena_destroy(arena);
    }
}

static void check_answers_in_its_first_line(void **state) {
    (void)state;
    for (int c = 0; c < VIEWS_COUNT; c++) {
        char name[64];
        struct wi_buf out = {0};
        struct wi_check_view view;
        struct wi_arena *arena = wi_arena_create();
        views_check((enum views_case)c, arena, &view);
        wi_report_check_text(&view, &out);
        golden_check(file_name(name, "check", (enum views_case)c, "txt"), &out);
        wi_buf_clear(&out);
        view.advice = NULL; /* a command, which is not wrapped */
        wi_report_check_text(&view, &out);
        golden_check_columns(&out, 80);
        wi_buf_fini(&out);
        wi_arena_destroy(arena);
    }
}

static void an_encoder_has_passes_and_no_tokens(void **state) {
    (void)state;
    struct wi_buf out = {0};
    struct wi_check_view view;
    struct wi_arena *arena = wi_arena_create();
    views_check(VIEWS_no_gpu, arena, &view);
    struct wi_model encoder = *view.verdict->model;
    struct wi_verdict verdict = *view.verdict;
    encoder.arch = WI_ARCH_encoder;
    verdict.model = &encoder;
    view.verdict = &verdict;
    wi_report_check_text(&view, &out);
    assert_non_null(strstr(wi_buf_str(&out), "one pass"));
    assert_null(strstr(wi_buf_str(&out), "decode  "));
    assert_null(strstr(wi_buf_str(&out), "KV cache"));
    wi_buf_fini(&out);
    wi_arena_destroy(arena);
}

static void estimate_itemises_the_bytes(void **state) {
    (void)state;
    for (int c = 0; c < VIEWS_COUNT; c += VIEWS_hostile) {
        char name[64];
        struct wi_buf out = {0};
        struct wi_estimate_view view;
        struct wi_arena *arena = wi_arena_create();
        views_estimate((enum views_case)c, arena, &view);
        wi_report_estimate_json(&view, &out);
        golden_check(file_name(name, "estimate", (enum views_case)c, "json"), &out);
        wi_buf_clear(&out);
        wi_report_estimate_text(&view, &out);
        golden_check(file_name(name, "estimate", (enum views_case)c, "txt"), &out);
        golden_check_columns(&out, 80);
        wi_buf_fini(&out);
        wi_arena_destroy(arena);
    }
}

static void lists_keep_kinds_and_unknowns(void **state) {
    (void)state;
    static const char *const columns[] = {"id", "parameters", "bits", "runnable", "why_not", NULL};
    const char *const cells[] = {
        "gemma-2b", "2506172416",   "4.5",   "true",  NULL,
        "gpt-4",    NULL,           NULL,    "false", "its maker never disclosed the shapes",
        "hostile",  "not a number", "1e+09", NULL,    views_hostile_name};
    struct wi_list_view view = {"models", columns, cells, "snnbs", 3};
    struct wi_buf out = {0};
    wi_report_list_json(&view, &out);
    golden_check("list-models.json", &out);
    wi_buf_clear(&out);
    wi_report_list_text(&view, &out);
    golden_check("list-models.txt", &out);
    golden_check_columns(&out, 80);
    wi_buf_clear(&out);
    view.row_count = 0;
    wi_report_list_text(&view, &out);
    assert_string_equal(wi_buf_str(&out), "No models.\n");
    wi_buf_fini(&out);
}

static void verify_says_what_it_proves(void **state) {
    (void)state;
    const struct wi_verify_finding finding = {"row 3 of sample has a hash of other bytes"};
    const struct wi_verify_view views[] = {
        {"whole.db", 1, NULL, 0}, {"torn.db", 1, &finding, 1}, {"letter.txt", 0, &finding, 1}};
    struct wi_buf out = {0};
    wi_report_verify_json(views, 3, &out);
    golden_check("verify-three.json", &out);
    wi_buf_clear(&out);
    wi_report_verify_text(views, 3, &out);
    golden_check("verify-three.txt", &out);
    golden_check_columns(&out, 80);
    wi_buf_fini(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probe_says_what_is_there_and_null_for_the_rest),
        cmocka_unit_test(check_has_every_key_whatever_is_known),
        cmocka_unit_test(check_answers_in_its_first_line),
        cmocka_unit_test(an_encoder_has_passes_and_no_tokens),
        cmocka_unit_test(estimate_itemises_the_bytes),
        cmocka_unit_test(lists_keep_kinds_and_unknowns),
        cmocka_unit_test(verify_says_what_it_proves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
