/* test_explain.c: how a measurement came about, as text and JSON, against golden files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/report/golden.h"
#include "tests/report/views.h"
#include "tests/test.h"

#include "base/arena.h"
#include "report/explain.h"
#include "results/judge.h"
#include "results/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct made {
    struct wi_run_view run;
    struct wi_explain_view view;
    struct wi_summary summary;
    struct wi_condition_row readings[3];
};

/* The first row of a run, as the command would hand it over. */
static void make(enum views_case c, struct wi_arena *arena, struct made *made) {
    static const char *const taken[] = {"before", "during", "after"};
    views_run(c, arena, &made->run);
    const struct wi_evidence *e = &made->run.evidence[0];
    struct wi_summary_input in = {.samples = e->m.samples,
                                  .count = e->m.sample_count,
                                  .layer_count = {[WI_LAYER_global] = 18},
                                  .tokens_per_pass = 1,
                                  .seed = e->m.seed,
                                  .draws = WI_SUMMARY_DRAWS};
    made->view = (struct wi_explain_view){
        .evidence = e,
        .run = made->run.run,
        .device_name = made->run.inventory->name,
        .no_summary = "No samples are stored.",
        .barred = made->run.barred ? made->run.barred[0] : NULL,
        .rules = wi_rules_default(),
        .roofline = made->run.roofline_count > 0 ? &made->run.rooflines[0] : NULL};
    if (e->m.sample_count > 0 && wi_summary_compute(&in, &made->summary, NULL) == WI_OK)
        made->view.summary = &made->summary;
    for (size_t i = 0; made->run.conditions != NULL && i < 3; i++) {
        made->readings[i] = (struct wi_condition_row){taken[i], *made->run.conditions};
        made->readings[i].conditions.at_ns = 100 + i * 1000000; /* passes: 1,000 to 229,000 ns */
        made->view.readings = made->readings;
        made->view.reading_count = 3;
    }
}

static void each_case(void (*render)(const struct wi_explain_view *, struct wi_buf *),
                      const char *extension, size_t columns) {
    for (int c = 0; c < VIEWS_COUNT; c++) {
        char name[64];
        struct wi_buf out = {0};
        struct made made = {0};
        struct wi_arena *arena = wi_arena_create();
        make((enum views_case)c, arena, &made);
        render(&made.view, &out);
        snprintf(name, sizeof name, "explain-%s.%s", views_name((enum views_case)c), extension);
        golden_check(name, &out);
        if (columns > 0)
            golden_check_columns(&out, columns);
        wi_buf_fini(&out);
        wi_arena_destroy(arena);
    }
}

static void json_has_every_step(void **state) {
    (void)state;
    each_case(wi_report_explain_json, "json", 0);
}

static void text_fits_a_terminal(void **state) {
    (void)state;
    each_case(wi_report_explain_text, "txt", 80);
}

/* The rows of the fixture have round figures that their samples do not give. */
static void what_is_stored_is_held_against_what_the_samples_give(void **state) {
    (void)state;
    struct made made = {0};
    struct wi_arena *arena = wi_arena_create();
    make(VIEWS_no_gpu, arena, &made);
    struct wi_evidence e = *made.view.evidence;
    made.view.evidence = &e;
    assert_int_equal(wi_explain_agrees(&made.view), WI_TRI_no);
    e.m.tokens_per_s = made.summary.rate;
    assert_int_equal(wi_explain_agrees(&made.view), WI_TRI_yes);
    e.m.tokens_per_s.hi *= 1.0001;
    assert_int_equal(wi_explain_agrees(&made.view), WI_TRI_no);
    made.view.summary = NULL;
    assert_int_equal(wi_explain_agrees(&made.view), WI_TRI_unknown);
    wi_arena_destroy(arena);
}

static const struct wi_explain_reading *read_of(const struct made *made, const char *key,
                                                struct wi_arena *arena) {
    const struct wi_explain_reading *readings = NULL;
    size_t n = wi_explain_readings(&made->view, arena, &readings);
    for (size_t i = 0; i < n; i++)
        if (strcmp(readings[i].key, key) == 0)
            return &readings[i];
    return NULL;
}

/* Passes from 1,000 to 228,900 ns. A look at one thing does not hide what was read of others. */
static void readings_are_those_nearest_to_the_passes(void **state) {
    (void)state;
    struct made made = {0};
    struct wi_arena *arena = wi_arena_create();
    make(VIEWS_no_gpu, arena, &made);
    struct wi_fact load[5], look = {.key = "canary", .known = WI_KNOWN_known, .value = "7"};
    struct wi_condition_row readings[6] = {{.taken = "during"}};
    const uint64_t at[] = {0, 900, 100000, 300000, 400000, 950};
    for (size_t i = 0; i < 6; i++) {
        if (i < 5)
            load[i] = (struct wi_fact){.key = "load", .known = WI_KNOWN_known, .value = "1"};
        readings[i].conditions =
            (struct wi_conditions){at[i], {.items = i < 5 ? &load[i] : &look, .count = 1}};
    }
    made.view.readings = readings;
    made.view.reading_count = 6;
    const struct wi_explain_reading *r = read_of(&made, "load", arena);
    assert_non_null(r);
    assert_ptr_equal(r->before, &load[1]);
    assert_ptr_equal(r->after, &load[3]);
    assert_int_equal(r->before_ns, 900);
    assert_int_equal(r->after_ns, 300000);
    r = read_of(&made, "canary", arena);
    assert_ptr_equal(r->before, &look);
    assert_null(r->after);
    made.view.reading_count = 3;
    assert_null(read_of(&made, "load", arena)->after);
    wi_arena_destroy(arena);
}

/* 20 GB/s of 25; 70.7 GFLOP/s of what nobody measured. */
static void a_limit_that_was_not_measured_gives_no_share(void **state) {
    (void)state;
    struct made made = {0};
    struct wi_arena *arena = wi_arena_create();
    make(VIEWS_no_gpu, arena, &made);
    struct wi_roofline r = {.read_gb_per_s = wi_some_f64(25)};
    made.view.roofline = &r;
    assert_true(fabs(wi_explain_memory(&made.view).fraction - 0.8) < 1e-12);
    assert_true(isnan(wi_explain_compute(&made.view).fraction));
    made.view.roofline = NULL;
    assert_true(isnan(wi_explain_memory(&made.view).fraction));
    assert_true(wi_explain_memory(&made.view).achieved == 20);
    wi_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_every_step),
        cmocka_unit_test(text_fits_a_terminal),
        cmocka_unit_test(what_is_stored_is_held_against_what_the_samples_give),
        cmocka_unit_test(readings_are_those_nearest_to_the_passes),
        cmocka_unit_test(a_limit_that_was_not_measured_gives_no_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
