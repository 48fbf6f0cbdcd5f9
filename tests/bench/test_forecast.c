/* test_forecast.c: what is forecast against what a scripted clock says that it took.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/fixture.h"

#include "base/clock.h"
#include "bench/forecast.h"
#include "bench/left.h"
#include "bench/measure.h"

#include <math.h>

static const struct wi_rates scripted = {.gflop_per_s = 100, .gb_per_s = 10, .make_gb_per_s = 1};
/* A quiet machine, whose cases end early; and one that scatters by a third, so that they use their
 * budget. The mean of the scale is 1. */
static const char quiet[] = "gb_per_s=10; gflop_per_s=100; gap_ns=0";
static const char restless[] = "gb_per_s=10; gflop_per_s=100; gap_ns=0; scale=0.7,1.4,0.8,1.1,1";

struct clocked {
    double warm_s, sample_s;
};

static void on_finished(void *state, size_t i) {
    (void)state, (void)i;
}

/* Runs the case on the scripted backend; what its own clock says of warming up and sampling. */
static struct clocked run_case(const struct wi_plan_group *group, const struct wi_plan_case *c,
                               const char *script) {
    struct wi_session_params p = {.model = c->key.model,
                                  .precision = c->key.precision,
                                  .kv_precision = c->key.kv_precision,
                                  .backend = WI_BACKEND_null,
                                  .compute_device_id = "cpu0",
                                  .max_tokens = group->max_tokens,
                                  .max_depth = group->max_depth,
                                  .batch = 1,
                                  .seed = 1,
                                  .null_script = script};
    struct wi_measure_case m = {
        .key = c->key, .whole = c->whole, .budget_s = c->budget_s, .seed = 1};
    struct wi_measure_hooks hooks = {.clock = &wi_clock_system, .finished = on_finished};
    struct wi_arena *arena = wi_arena_create();
    struct wi_session *session = NULL;
    if (c->key.op.op != NULL) {
        p.ops = &c->key.op;
        p.op_count = 1;
    }
    memcpy(p.layers, group->layers, sizeof p.layers);
    memcpy(m.layers, c->layers, sizeof m.layers);
    ok(wi_session_open(&p, &session, err));
    ok(wi_measure_run(session, &m, 1, &hooks, arena, err));
    assert_int_equal(m.result.status, WI_CASE_ok);
    const struct wi_sample *first = &m.result.samples[0];
    const struct wi_sample *last = &m.result.samples[m.result.sample_count - 1];
    /* Null time begins at 1 s; verifying takes none of it. */
    struct clocked t = {.warm_s = (double)first->start_ns / 1e9 - 1,
                        .sample_s = (double)(last->start_ns + last->ns - first->start_ns) / 1e9};
    wi_session_close(session);
    wi_arena_destroy(arena);
    return t;
}

static void near(double is, double should_be, double within) {
    if (!(fabs(is - should_be) <= within))
        fail_msg("%g is not %g", is, should_be);
}

/* All cases of a profile: forecast against what the scripted clock says. */
static void hold(const struct wi_plan *plan, const char *script) {
    double told = 0, took = 0;
    for (size_t g = 0; g < plan->group_count; g++)
        for (size_t i = 0; i < plan->groups[g].count; i++) {
            const struct wi_plan_case *c = &plan->groups[g].cases[i];
            struct wi_case_forecast f;
            if (c->foregone != WI_CASE_ok)
                continue;
            wi_forecast_case(&scripted, c, &f);
            struct clocked t = run_case(&plan->groups[g], c, script);
            /* Scripted verification takes no time, so that even long passes are warmed up by one.
             */
            told += (f.warm_s > 0 ? f.warm_s : f.pass_s) + f.sample_s;
            took += t.warm_s + t.sample_s;
        }
    if (!(told > took / 1.3 && told < took * 1.3))
        fail_msg("forecast %.1f s, the clock of \"%s\" says %.1f s", told, script, took);
}

static void forecasts_are_right_within_thirty_per_cent(void **state) {
    static const char *const profiles[] = {"quick", "standard"};
    struct bench *b = *state;
    for (size_t i = 0; i < WI_COUNT(profiles); i++) {
        b->request.profile = profiles[i];
        const struct wi_plan *plan = bench_plan(b);
        assert_true(plan->case_count >= 18);
        hold(plan, quiet);
        hold(plan, restless);
    }
}

static void a_pass_takes_the_larger_of_work_and_bytes(void **state) {
    struct bench *b = *state;
    bench_only(b, "gemma-2b");
    const struct wi_plan *plan = bench_plan(b);
    struct wi_case_forecast slow, fast;
    struct wi_rates rates = scripted;
    const struct wi_plan_case *decode =
        find_case(plan, "gemma-2b", WI_FORMAT_f16, WI_PHASE_decode, 32, 512);
    const struct wi_plan_case *prefill =
        find_case(plan, "gemma-2b", WI_FORMAT_f16, WI_PHASE_prefill, 512, 0);
    wi_forecast_case(&rates, decode, &slow);
    rates.gb_per_s *= 2;
    wi_forecast_case(&rates, decode, &fast);
    near(slow.pass_s / fast.pass_s, 2, 1e-6);
    wi_forecast_case(&rates, prefill, &slow);
    rates.gflop_per_s *= 2;
    wi_forecast_case(&rates, prefill, &fast);
    near(slow.pass_s / fast.pass_s, 2, 1e-6);
}

static void what_was_measured_replaces_what_was_assumed(void **state) {
    (void)state;
    struct wi_rates rates = wi_rates_assumed(2, 0);
    struct wi_roofline roofline = {.read_gb_per_s = wi_some_f64(55),
                                   .peak_gflop_per_s_f32 = {WI_KNOWN_unknown, 0}};
    double assumed = rates.gflop_per_s;
    wi_rates_learn(&rates, &roofline);
    near(rates.gb_per_s, 55, 0);
    near(rates.gflop_per_s, assumed, 0);
}

/* A plan of the CPU, which has a forecast, in a machine of the fixture. */
static const struct wi_plan *cpu_plan(struct bench *b) {
    static const enum wi_backend_id cpu[] = {WI_BACKEND_cpu};
    b->request.backends = cpu;
    return bench_plan(b);
}

/* The most that a plan takes: no case ends before its budget. */
static double most_s(const struct wi_plan *plan, uint64_t isa) {
    struct wi_rates rates = wi_rates_assumed(plan->cpu_count, isa);
    double sum = plan->forecast_s;
    for (size_t g = 0; g < plan->group_count; g++)
        for (size_t i = 0; i < plan->groups[g].count; i++) {
            const struct wi_plan_case *c = &plan->groups[g].cases[i];
            struct wi_case_forecast f;
            wi_forecast_case(&rates, c, &f);
            sum += c->foregone == WI_CASE_ok ? fmax(c->budget_s, f.sample_s) - f.sample_s : 0;
        }
    return sum;
}

/* What the profiles may take on two cores: 3 and 20 minutes. */
static void profiles_keep_their_time_on_two_cores(void **state) {
    struct bench *b = *state;
    static const enum wi_backend_id cpu[] = {WI_BACKEND_cpu};
    b->request.backends = cpu;
    b->inventory.cpu.allowed_threads = 2;
    b->inventory.cpu.isa =
        WI_ISA_BIT(WI_ISA_avx2) | WI_ISA_BIT(WI_ISA_fma) | WI_ISA_BIT(WI_ISA_f16c);
    double quick = most_s(bench_plan(b), b->inventory.cpu.isa);
    if (quick > 180)
        fail_msg("quick takes %.0f s", quick);
    b->request.profile = "standard";
    double standard = most_s(bench_plan(b), b->inventory.cpu.isa);
    if (standard > 1200)
        fail_msg("standard takes %.0f s", standard);
    assert_true(standard > 3 * quick);
}

static void the_plan_sums_its_groups_and_the_roofline(void **state) {
    const struct wi_plan *plan = cpu_plan(*state);
    double sum = (double)WI_ROOFLINE_BUDGET_NS / 1e9;
    for (size_t g = 0; g < plan->group_count; g++) {
        double group = plan->groups[g].open_s;
        for (size_t i = 0; i < plan->groups[g].count; i++)
            group += plan->groups[g].cases[i].forecast_s;
        near(wi_group_forecast_s(&plan->groups[g]), group, 1e-9);
        sum += group;
    }
    near(plan->forecast_s, sum, 1e-6);
}

static void what_is_done_is_no_longer_left(void **state) {
    const struct wi_plan *plan = cpu_plan(*state);
    struct wi_left left;
    wi_left_init(&left, plan);
    double before = wi_left_s(&left, 0);
    wi_left_case_done(&left, &plan->groups[0].cases[0]);
    double after = wi_left_s(&left, plan->groups[0].cases[0].forecast_s);
    near(before - after, plan->groups[0].cases[0].forecast_s, 1e-6);
    /* Slower than forecast: so is the rest, a little after one case, more after half the plan. */
    double slow = wi_left_s(&left, 2 * plan->groups[0].cases[0].forecast_s);
    assert_true(slow > after && slow < 1.2 * after);
    left.done_s = plan->forecast_s / 2;
    near(wi_left_s(&left, plan->forecast_s) / left.left_s, 1.5, 1e-6);
    for (size_t g = 0; g < plan->group_count; g++) {
        wi_left_group_done(&left, &plan->groups[g]);
        for (size_t i = 0; i < plan->groups[g].count; i++)
            wi_left_case_done(&left, &plan->groups[g].cases[i]);
    }
    wi_left_roofline_done(&left);
    near(wi_left_s(&left, 100), 0, 1e-6);
    wi_left_fini(&left);
}

static void a_roofline_renews_what_is_left_on_its_device(void **state) {
    const struct wi_plan *plan = cpu_plan(*state);
    struct wi_roofline roofline = {.backend = WI_BACKEND_cpu,
                                   .compute_device_id = "cpu0",
                                   .read_gb_per_s = wi_some_f64(2),
                                   .peak_gflop_per_s_f32 = wi_some_f64(10)};
    struct wi_left left;
    wi_left_init(&left, plan);
    double before = left.left_s;
    wi_left_learn(&left, &roofline, 0);
    assert_true(left.left_s > 2 * before); /* a slow device */
    double renewed = left.left_s;
    roofline.compute_device_id = "gpu0";
    roofline.read_gb_per_s = wi_some_f64(1);
    wi_left_learn(&left, &roofline, 0);
    near(left.left_s, renewed, 0);
    wi_left_fini(&left);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(forecasts_are_right_within_thirty_per_cent),
        TEST(a_pass_takes_the_larger_of_work_and_bytes),
        TEST(what_was_measured_replaces_what_was_assumed),
        TEST(profiles_keep_their_time_on_two_cores),
        TEST(the_plan_sums_its_groups_and_the_roofline),
        TEST(what_is_done_is_no_longer_left),
        TEST(a_roofline_renews_what_is_left_on_its_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
