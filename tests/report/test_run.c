/* test_run.c: one weigh-in, as text and JSON, against golden files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/report/golden.h"
#include "tests/report/views.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static void run_json_has_every_row_whatever_became_of_it(void **state) {
    (void)state;
    for (int c = 0; c < VIEWS_COUNT; c++) {
        char name[64];
        struct wi_buf out = {0};
        struct wi_run_view view;
        struct wi_arena *arena = wi_arena_create();
        views_run((enum views_case)c, arena, &view);
        wi_report_run_json(&view, &out);
        snprintf(name, sizeof name, "run-%s.json", views_name((enum views_case)c));
        golden_check(name, &out);
        wi_buf_fini(&out);
        wi_arena_destroy(arena);
    }
}

static void run_text_fits_a_terminal(void **state) {
    (void)state;
    for (int c = 0; c < VIEWS_COUNT; c++) {
        char name[64];
        struct wi_buf out = {0};
        struct wi_run_view view;
        struct wi_arena *arena = wi_arena_create();
        views_run((enum views_case)c, arena, &view);
        wi_report_run_text(&view, &out);
        snprintf(name, sizeof name, "run-%s.txt", views_name((enum views_case)c));
        golden_check(name, &out);
        golden_check_columns(&out, 80);
        wi_buf_fini(&out);
        wi_arena_destroy(arena);
    }
}

/* Segments of a pass are one sample: 1000 + 50000 + 20000. */
static void samples_are_whole_passes_in_pass_order(void **state) {
    (void)state;
    struct wi_buf out = {0};
    struct wi_run_view view;
    struct wi_arena *arena = wi_arena_create();
    views_run(VIEWS_no_gpu, arena, &view);
    struct wi_measurement *m = (struct wi_measurement *)&view.evidence[0].m;
    struct wi_sample shuffled[9];
    for (int i = 0; i < 9; i++)
        shuffled[i] = m->samples[8 - i];
    m->samples = shuffled;
    view.evidence_count = 1;
    wi_report_run_json(&view, &out);
    const char *at = strstr(wi_buf_str(&out), "\"samples_ns\"");
    assert_non_null(at);
    unsigned long long a = 0, b = 0, c = 0;
    assert_int_equal(sscanf(at, "\"samples_ns\": [ %llu, %llu, %llu ]", &a, &b, &c), 3);
    assert_int_equal(a, 71000);
    assert_int_equal(b, 73100);
    assert_int_equal(c, 68900);
    wi_buf_fini(&out);
    wi_arena_destroy(arena);
}

static void without_verdicts_the_measurements_are_shown(void **state) {
    (void)state;
    struct wi_buf out = {0};
    struct wi_run_view view;
    struct wi_arena *arena = wi_arena_create();
    views_run(VIEWS_no_gpu, arena, &view);
    view.verdict_count = 0;
    view.tier = NULL;
    wi_report_run_text(&view, &out);
    assert_non_null(strstr(wi_buf_str(&out), "no tier derived"));
    assert_non_null(strstr(wi_buf_str(&out), "14.1 tok/s (13.8 to 14.5)"));
    wi_buf_fini(&out);
    wi_arena_destroy(arena);
}

static void predictions_are_marked_as_such(void **state) {
    (void)state;
    struct wi_buf out = {0};
    struct wi_run_view view;
    struct wi_arena *arena = wi_arena_create();
    views_run(VIEWS_no_gpu, arena, &view);
    struct wi_verdict predicted = view.verdicts[0];
    predicted.basis_decode = WI_BASIS_predicted;
    view.verdicts = &predicted;
    view.verdict_count = 1;
    wi_report_run_text(&view, &out);
    assert_non_null(strstr(wi_buf_str(&out), "~14.1 (13.8 to 14.5)"));
    assert_non_null(strstr(wi_buf_str(&out), "(~ predicted"));
    assert_null(strstr(wi_buf_str(&out), "~905 ms"));
    wi_buf_fini(&out);
    wi_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_json_has_every_row_whatever_became_of_it),
        cmocka_unit_test(run_text_fits_a_terminal),
        cmocka_unit_test(samples_are_whole_passes_in_pass_order),
        cmocka_unit_test(predictions_are_marked_as_such),
        cmocka_unit_test(without_verdicts_the_measurements_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
