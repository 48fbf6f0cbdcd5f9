/* test_run_events.c: what a run tells besides rows: forecasts renewed when limits become known.
 * This program is its own worker, which claims limits and then measures as any.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/fixture.h"

#include "bench/forecast.h"
#include "bench/protocol.h"

enum { READ_GB_PER_S = 2, PEAK_GFLOP_PER_S = 10 };

/* ---- the worker ---- */

static void say_roofline(void) {
    static const uint64_t ns[] = {1000000000};
    const struct wi_ceiling ceilings[] = {
        {WI_CEILING_read, "claimed", NULL, NULL, NULL, 1, READ_GB_PER_S * 1e9, ns, 1},
        {WI_CEILING_peak, "claimed", "f32", NULL, NULL, 1, PEAK_GFLOP_PER_S * 1e9, ns, 1}};
    const struct wi_roofline roofline = {.backend = WI_BACKEND_null,
                                         .compute_device_id = "cpu0",
                                         .ceilings = ceilings,
                                         .ceiling_count = WI_COUNT(ceilings)};
    struct wi_arena *arena = wi_arena_create();
    struct wi_buf text = {0};
    struct wi_kv kv;
    wi_kv_init(&kv, arena);
    wi_roofline_put(&roofline, &kv);
    wi_frame_print(WI_FRAME_roofline, &kv, &text);
    fwrite(wi_buf_str(&text), 1, text.size, stdout);
    fflush(stdout);
    wi_buf_fini(&text);
    wi_arena_destroy(arena);
}

static int be_the_worker(void) {
    if (getenv("TEST_LIMITS") != NULL)
        say_roofline();
    return wi_worker_main(0, 1);
}

/* ---- the run ---- */

struct heard {
    size_t forecasts, rows, loads;
    double total_s, left_s;
};

static void on_forecast(void *state, double total_s) {
    struct heard *h = state;
    h->forecasts++;
    h->total_s = total_s;
}

static int on_measured(void *state, const struct wi_measurement *m, struct wi_err *err) {
    struct heard *h = state;
    (void)err;
    if (m->status != WI_CASE_ok)
        fail_msg("%s: %s", wi_case_status_name(m->status), m->reason);
    h->rows++;
    return WI_OK;
}

static int on_loaded(void *state, const struct wi_measurement *m, struct wi_err *err) {
    struct heard *h = state;
    (void)m, (void)err;
    h->loads++;
    return WI_OK;
}

static void on_progress(void *state, const struct wi_plan_case *c, const char *step,
                        double left_s) {
    struct heard *h = state;
    (void)c, (void)step;
    h->left_s = left_s;
}

/* Scripted cases of one group with the forecast of a fast device. */
static const struct heard *run(struct bench *b) {
    static const enum wi_format_id q4[] = {WI_FORMAT_q4_0};
    static struct heard heard;
    const struct wi_run_sink sink = {.state = &heard,
                                     .progress = on_progress,
                                     .measured = on_measured,
                                     .loaded = on_loaded,
                                     .forecast = on_forecast};
    heard = (struct heard){0};
    bench_only(b, "gemma-2b");
    b->request.precisions = q4; /* limits are asked of the first group's worker only */
    b->request.precision_count = 1;
    b->request.case_budget_s = 0.2;
    bench_plan(b);
    for (size_t g = 0; g < b->plan->group_count; g++)
        for (size_t i = 0; i < b->plan->groups[g].count; i++)
            b->plan->groups[g].cases[i].forecast_s = 0.5;
    b->plan->forecast_s = 0.5 * (double)b->plan->case_count;
    ok(wi_run_execute(&b->request, b->plan, &b->inventory, NULL, &sink, err));
    return &heard;
}

static void limits_renew_the_forecast_once(void **state) {
    struct bench *b = *state;
    struct wi_rates slow = wi_rates_assumed(b->inventory.cpu.cores, 0);
    const struct wi_roofline limits = {.read_gb_per_s = wi_some_f64(READ_GB_PER_S),
                                       .peak_gflop_per_s_f32 = wi_some_f64(PEAK_GFLOP_PER_S)};
    double expected = 0;
    setenv("TEST_LIMITS", "1", 1);
    const struct heard *h = run(b);
    unsetenv("TEST_LIMITS");
    wi_rates_learn(&slow, &limits);
    for (size_t g = 0; g < b->plan->group_count; g++)
        for (size_t i = 0; i < b->plan->groups[g].count; i++) {
            struct wi_case_forecast f;
            wi_forecast_case(&slow, &b->plan->groups[g].cases[i], &f);
            expected += wi_forecast_case_s(&f);
        }
    assert_int_equal(h->forecasts, 1);
    assert_true(expected > 10 * b->plan->forecast_s);
    /* With the time until then on top, which is this machine's. */
    if (h->total_s < expected)
        fail_msg("forecast %.1f s, not %.1f s or more", h->total_s, expected);
    assert_int_equal(h->rows, b->plan->case_count);
    assert_true(h->left_s < 1e-6); /* all is done */
}

static void without_limits_nothing_is_renewed(void **state) {
    const struct heard *h = run(*state);
    assert_int_equal(h->forecasts, 0);
    assert_int_equal(h->rows, 2);
}

static void a_script_loads_nothing(void **state) {
    assert_int_equal(run(*state)->loads, 0);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "worker") == 0)
        return be_the_worker();
    const struct CMUnitTest tests[] = {
        TEST(limits_renew_the_forecast_once),
        TEST(without_limits_nothing_is_renewed),
        TEST(a_script_loads_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
