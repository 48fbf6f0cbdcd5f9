/* test_page.c: the matrix in every format and the page in both, against golden files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/report/golden.h"
#include "tests/report/views.h"
#include "tests/test.h"

#include "base/status.h"

#include <stdio.h>
#include <string.h>

static const struct {
    enum wi_matrix_format format;
    const char *extension;
} formats[] = {{WI_MATRIX_text, "txt"},
               {WI_MATRIX_md, "md"},
               {WI_MATRIX_csv, "csv"},
               {WI_MATRIX_json, "json"},
               {WI_MATRIX_html, "html"}};

static void check_matrix(enum views_case c, const char *by) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_matrix_view view;
    views_matrix(c, by, arena, &view);
    for (size_t i = 0; i < WI_COUNT(formats); i++) {
        char name[96];
        struct wi_buf out = {0};
        wi_report_matrix(&view, formats[i].format, &out);
        snprintf(name, sizeof name, "matrix-by-%s-%s.%s", by, views_name(c), formats[i].extension);
        (formats[i].format == WI_MATRIX_html ? golden_check_page : golden_check)(name, &out);
        if (formats[i].format == WI_MATRIX_text)
            golden_check_columns(&out, 80);
        wi_buf_fini(&out);
    }
    wi_arena_destroy(arena);
}

static void the_matrix_by_tier_counts_device_types(void **state) {
    (void)state;
    check_matrix(VIEWS_no_gpu, "tier");
}

static void the_matrix_by_device_names_devices(void **state) {
    (void)state;
    check_matrix(VIEWS_no_gpu, "device");
    check_matrix(VIEWS_two_gpus, "device");
    check_matrix(VIEWS_hostile, "device");
}

static void an_empty_matrix_says_so(void **state) {
    (void)state;
    check_matrix(VIEWS_all_failed, "tier");
}

static void a_wide_matrix_breaks_into_blocks(void **state) {
    (void)state;
    struct wi_arena *arena = wi_arena_create();
    struct wi_matrix_view view;
    struct wi_matrix_cell cells[12];
    struct wi_buf out = {0};
    char names[12][24];
    views_matrix(VIEWS_no_gpu, "tier", arena, &view);
    for (int i = 0; i < 12; i++) {
        snprintf(names[i], sizeof names[i], "tier-number-%d", i);
        cells[i] = view.cells[0];
        cells[i].tier = names[i];
    }
    view.cells = cells;
    view.cell_count = 12;
    wi_report_matrix(&view, WI_MATRIX_text, &out);
    golden_check_columns(&out, 80);
    for (int i = 0; i < 12; i++)
        assert_non_null(strstr(wi_buf_str(&out), names[i]));
    wi_buf_fini(&out);
    wi_arena_destroy(arena);
}

static void the_page_is_the_same_in_html_and_markdown(void **state) {
    (void)state;
    for (int c = 0; c < VIEWS_COUNT; c++) {
        char name[64];
        struct wi_buf out = {0};
        struct wi_page_view view;
        struct wi_arena *arena = wi_arena_create();
        views_page((enum views_case)c, arena, &view);
        wi_report_html(&view, &out);
        snprintf(name, sizeof name, "page-%s.html", views_name((enum views_case)c));
        golden_check_page(name, &out);
        wi_buf_clear(&out);
        wi_report_markdown(&view, &out);
        snprintf(name, sizeof name, "page-%s.md", views_name((enum views_case)c));
        golden_check(name, &out);
        wi_buf_fini(&out);
        wi_arena_destroy(arena);
    }
}

static void a_page_without_runs_says_what_to_do(void **state) {
    (void)state;
    const struct wi_page_view view = {.matrix = {.by = "tier"}};
    struct wi_buf out = {0};
    wi_report_html(&view, &out);
    assert_non_null(strstr(wi_buf_str(&out), "weighin run"));
    wi_buf_fini(&out);
}

/* Several devices: a shelf in front, each device below a heading of its own, the matrix behind. */
static void a_page_of_two_devices_names_each(void **state) {
    (void)state;
    struct wi_arena *arena = wi_arena_create();
    struct wi_run_view runs[2];
    struct wi_page_view view;
    struct wi_buf out = {0};
    views_page(VIEWS_no_gpu, arena, &view);
    views_run(VIEWS_no_gpu, arena, &runs[0]);
    views_run(VIEWS_two_gpus, arena, &runs[1]);
    view.runs = runs;
    view.run_count = 2;
    wi_report_html(&view, &out);
    golden_check_page("page-two_devices.html", &out);
    wi_buf_clear(&out);
    wi_report_markdown(&view, &out);
    golden_check("page-two_devices.md", &out);
    wi_buf_fini(&out);
    wi_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix_by_tier_counts_device_types),
        cmocka_unit_test(the_matrix_by_device_names_devices),
        cmocka_unit_test(an_empty_matrix_says_so),
        cmocka_unit_test(a_wide_matrix_breaks_into_blocks),
        cmocka_unit_test(the_page_is_the_same_in_html_and_markdown),
        cmocka_unit_test(a_page_of_two_devices_names_each),
        cmocka_unit_test(a_page_without_runs_says_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
