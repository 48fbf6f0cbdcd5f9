/* test_workers.c: whole runs through real workers: this program is its own worker ("worker"), and a
 * bad one when TEST_WORKER says so. SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/fixture.h"

#include "base/os.h"
#include "bench/frames.h"
#include "probes/facts.h"

#include <signal.h>
#include <unistd.h>

/* ---- workers that misbehave ---- */

static int be_a_bad_worker(const char *how) {
    if (strcmp(how, "garbage") == 0)
        puts("MESA-LOADER: failed to open swrast");
    else if (strcmp(how, "cut") == 0)
        fputs("weighin-frame opened 500\nthreads=1\n", stdout);
    else if (strcmp(how, "foreign case") == 0)
        fputs("weighin-frame step 19\nnumber=99\nstep=dance\n", stdout);
    else if (strcmp(how, "huge") == 0)
        fputs("weighin-frame row 4000000000\n", stdout);
    else if (strcmp(how, "killed") == 0) {
        fputs("cannot go on\n", stderr);
        raise(SIGKILL);
    }
    fflush(stdout);
    return 0; /* "silent": says nothing at all */
}

static int be_the_worker(void) {
    const char *how = getenv("TEST_WORKER");
    return how != NULL ? be_a_bad_worker(how) : wi_worker_main(0, 1);
}

/* ---- a run ---- */

enum { ROWS_MOST = 32 };
struct seen {
    struct row {
        enum wi_phase phase;
        uint32_t depth;
        enum wi_case_status status;
        struct wi_rate rate;
        uint32_t doubts;
        char reason[700];
        size_t samples;
        bool peak_known;
        unsigned threads;
        struct wi_beside beside[WI_BESIDE_COUNT];
        size_t beside_count;
    } rows[ROWS_MOST];
    size_t count, groups, steps, looks, roofs;
    double look_f32[16], roof_f32;
    size_t tunings, rivals;
    char choice[64];
    char warning[1000], noted[2000]; /* every sentence of every row */
    double last_left_s;
    int interrupt_at, refuse_at; /* row, from 1 */
    int status;
    struct wi_err err;
};

static int on_measured(void *state, const struct wi_measurement *m, struct wi_err *err) {
    struct seen *s = state;
    assert_true(s->count < ROWS_MOST);
    struct row *r = &s->rows[s->count++];
    *r = (struct row){m->key.phase, m->key.depth, m->status,       m->tokens_per_s,
                      m->doubts,    "",           m->sample_count, wi_has_u64(m->peak_memory_bytes),
                      m->threads,   {{0}},        m->beside_count};
    for (size_t i = 0; i < m->beside_count; i++)
        r->beside[i] = m->beside[i];
    snprintf(r->reason, sizeof r->reason, "%s", m->reason == NULL ? "" : m->reason);
    for (size_t i = 0; i < m->doubt_note_count; i++) {
        size_t used = strlen(s->noted);
        snprintf(s->noted + used, sizeof s->noted - used, "%s: %s\n",
                 wi_doubt_name(m->doubt_notes[i].doubt), m->doubt_notes[i].seen);
    }
    if ((int)s->count == s->interrupt_at)
        raise(SIGINT);
    if ((int)s->count == s->refuse_at)
        return wi_fail(err, WI_IO, "disk full");
    return WI_OK;
}

static void on_group(void *state, const struct wi_plan_group *group, size_t i, size_t of) {
    struct seen *s = state;
    assert_true(i < of && group->count > 0);
    s->groups++;
}

static void on_progress(void *state, const struct wi_plan_case *c, const char *step,
                        double left_s) {
    struct seen *s = state;
    assert_non_null(c);
    assert_non_null(step);
    assert_true(left_s >= 0);
    s->last_left_s = left_s;
    s->steps++;
}

static int on_conditions(void *state, const char *when, const struct wi_conditions *c,
                         struct wi_err *err) {
    struct seen *s = state;
    const char *f32 = wi_facts_value(&c->facts, "canary.f32_gflop_per_s");
    (void)err;
    assert_string_equal(when, "during");
    assert_non_null(f32);
    assert_true(s->looks < 16);
    assert_int_equal(wi_parse_f64(f32, 0, 1e6, &s->look_f32[s->looks++]), WI_OK);
    return WI_OK;
}

static int on_roofline(void *state, const struct wi_roofline *r, struct wi_err *err) {
    struct seen *s = state;
    (void)err;
    s->roofs++;
    s->roof_f32 = r->peak_gflop_per_s_f32.value;
    return WI_OK;
}

static int on_tuned(void *state, const struct wi_tuning *t, struct wi_err *err) {
    struct seen *s = state;
    (void)err;
    s->tunings++;
    s->rivals = t->rival_count;
    snprintf(s->choice, sizeof s->choice, "%s", t->choice);
    for (size_t i = 0; i < t->rival_count; i++)
        assert_true(t->rivals[i].tokens_per_s.median > 0);
    return WI_OK;
}

static void on_warning(void *state, const char *sentence) {
    struct seen *s = state;
    snprintf(s->warning, sizeof s->warning, "%s", sentence);
}

/* Gemma 2B q4_0: prefill 512, decode at 0 and 512; forecasts as for something quick. */
static void ask(struct bench *b, const char *script) {
    static const enum wi_format_id q4[] = {WI_FORMAT_q4_0};
    static const uint32_t depths[] = {0, 512};
    bench_only(b, "gemma-2b");
    b->request.precisions = q4;
    b->request.precision_count = 1;
    b->request.depths = depths;
    b->request.depth_count = 2;
    b->request.case_budget_s = 0.3;
    b->request.null_script = script;
    bench_plan(b);
}

static void execute(struct bench *b, struct seen *s) {
    const struct wi_run_sink sink = {.state = s,
                                     .group_begins = on_group,
                                     .progress = on_progress,
                                     .measured = on_measured,
                                     .conditions = on_conditions,
                                     .roofline = on_roofline,
                                     .tuned = on_tuned,
                                     .warning = on_warning};
    s->status = wi_run_execute(&b->request, b->plan, &b->inventory, NULL, &sink, &s->err);
}

static void run(struct bench *b, const char *script, struct seen *s) {
    *s = (struct seen){0};
    ask(b, script);
    execute(b, s);
    if (s->status != WI_OK)
        fail_msg("%s", s->err.message);
}

static const struct row *row_of(const struct seen *s, enum wi_phase phase, uint32_t depth) {
    for (size_t i = 0; i < s->count; i++)
        if (s->rows[i].phase == phase && s->rows[i].depth == depth)
            return &s->rows[i];
    fail_msg("no row of %s at %u", wi_phase_name(phase), depth);
    return NULL;
}

static void is(const struct row *r, enum wi_case_status status, const char *reason_part) {
    if (r->status != status || strstr(r->reason, reason_part) == NULL)
        fail_msg("%s at %u is %s: %s", wi_phase_name(r->phase), r->depth,
                 wi_case_status_name(r->status), r->reason);
    if (status != WI_CASE_ok)
        assert_true(r->rate.median == 0 && r->rate.best == 0 && r->samples == 0);
    else
        assert_true(r->rate.median > 0 && r->rate.lo <= r->rate.hi);
}

static void every_case_becomes_one_row(void **state) {
    struct seen s;
    run(*state, NULL, &s);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.groups, 1);
    assert_true(s.steps > 3);
    for (size_t i = 0; i < 3; i++) {
        is(&s.rows[i], WI_CASE_ok, "");
        assert_true(s.rows[i].peak_known);
        assert_int_equal(s.rows[i].threads, 1);
    }
}

/* ---- the canary and the ceiling ---- */

/* Looks: one between groups, then before and after the prefill, then of both depths. */
static void looks_are_stored_with_their_times(void **state) {
    struct seen s;
    run(*state, "canary_gflop_per_s=198,197,196,195,194,193,192;canary_gb_per_s=30", &s);
    assert_int_equal(s.looks, 7);
    assert_true(s.look_f32[0] == 198);
    assert_true(s.look_f32[1] == 197 && s.look_f32[2] == 196);
    assert_string_equal(s.warning, "");
    for (size_t i = 0; i < s.count; i++)
        assert_false(s.rows[i].doubts & WI_DOUBT_BIT(WI_DOUBT_drift));
}

static void a_slow_hour_after_a_fast_one_is_drift(void **state) {
    struct seen s;
    run(*state, "canary_gflop_per_s=198,198,198,102,102,102,102;canary_gb_per_s=30", &s);
    assert_false(row_of(&s, WI_PHASE_prefill, 0)->doubts & WI_DOUBT_BIT(WI_DOUBT_drift));
    assert_true(row_of(&s, WI_PHASE_decode, 0)->doubts & WI_DOUBT_BIT(WI_DOUBT_drift));
    assert_non_null(strstr(s.noted, "drift: the processor's arithmetic ran at 52 %"));
    assert_string_equal(s.warning, "");
}

static void a_slow_hour_before_a_fast_one_is_told_at_the_end(void **state) {
    struct seen s;
    run(*state, "canary_gflop_per_s=102,102,102,198,198,198,198;canary_gb_per_s=30", &s);
    assert_false(row_of(&s, WI_PHASE_prefill, 0)->doubts & WI_DOUBT_BIT(WI_DOUBT_drift));
    assert_non_null(strstr(s.warning, "gemma-2b q4_0 prefill 512: measured while the device gave "
                                      "as little as 52 %"));
}

/* 512 tokens of 3.96 GFLOP at 1000 GFLOP/s: what the scripted device does by default. */
static void a_ceiling_from_a_slow_hour_is_measured_again(void **state) {
    struct seen s;
    run(*state, "roof_gflop_per_s=520,1010;roof_gb_per_s=50", &s);
    assert_int_equal(s.roofs, 2);
    assert_true(s.roof_f32 == 1010);
    assert_false(row_of(&s, WI_PHASE_prefill, 0)->doubts & WI_DOUBT_BIT(WI_DOUBT_implausible));
}

static void a_ceiling_that_a_look_passed_is_measured_again(void **state) {
    struct seen s;
    run(*state,
        "gflop_per_s=400;roof_gflop_per_s=520,1010;roof_gb_per_s=50;canary_gflop_per_s=1000", &s);
    assert_int_equal(s.roofs, 2);
    assert_true(s.roof_f32 == 1010);
}

static void what_is_above_the_ceiling_even_then_is_implausible(void **state) {
    struct seen s;
    run(*state, "roof_gflop_per_s=520,530;roof_gb_per_s=50", &s);
    assert_int_equal(s.roofs, 2);
    assert_true(row_of(&s, WI_PHASE_prefill, 0)->doubts & WI_DOUBT_BIT(WI_DOUBT_implausible));
    assert_non_null(strstr(s.noted, "of the most that this device's arithmetic was seen to do"));
}

static void a_ceiling_that_holds_is_measured_once(void **state) {
    struct seen s;
    run(*state, "roof_gflop_per_s=1010,9999;roof_gb_per_s=60;canary_gflop_per_s=1000", &s);
    assert_int_equal(s.roofs, 1);
}

/* ---- the same case, another way ---- */

static void with_every_layer(struct bench *b, const char *script, struct seen *s) {
    *s = (struct seen){0};
    b->request.every_layer = true;
    ask(b, script);
    b->request.case_budget_s = 4;
    bench_plan(b);
    execute(b, s);
    if (s->status != WI_OK)
        fail_msg("%s", s->err.message);
}

static void every_layer_stands_beside_some(void **state) {
    struct seen s;
    with_every_layer(*state, "embed_ns=1000000;head_ns=9000000;layer_ns=5000000", &s);
    assert_int_equal(s.count, 3);
    for (size_t i = 0; i < s.count; i++) {
        const struct row *r = &s.rows[i];
        assert_int_equal(r->beside_count, 1);
        assert_int_equal(r->beside[0].what, WI_BESIDE_segmented);
        double apart = r->beside[0].tokens_per_s.median / r->rate.median - 1;
        if (apart > 1e-9 || apart < -1e-9)
            fail_msg("%.12f apart", apart);
        assert_false(r->doubts & WI_DOUBT_BIT(WI_DOUBT_extrapolation));
    }
}

/* Some layers take twice as long, and those that were run for all do not. */
static void layers_that_do_not_stand_for_all_are_doubted(void **state) {
    struct seen s;
    with_every_layer(*state,
                     "embed_ns=1000000;head_ns=9000000;"
                     "layer_ns=5000000,5000000,5000000,5000000,5000000,5000000,5000000,5000000,"
                     "5000000,5000000,5000000,5000000,5000000,5000000,15000000,15000000,15000000,"
                     "15000000,15000000",
                     &s);
    assert_true(row_of(&s, WI_PHASE_decode, 0)->doubts & WI_DOUBT_BIT(WI_DOUBT_extrapolation));
    assert_non_null(strstr(s.noted, "with some layers for all of them"));
}

static void one_case_is_repeated_with_another_seed(void **state) {
    struct bench *b = *state;
    struct seen s;
    b->request.beside = true;
    run(b, NULL, &s);
    size_t repeated = 0;
    assert_int_equal(s.count, 3);
    for (size_t i = 0; i < s.count; i++)
        for (size_t k = 0; k < s.rows[i].beside_count; k++) {
            assert_int_equal(s.rows[i].phase, WI_PHASE_decode);
            assert_int_equal(s.rows[i].beside[k].what, WI_BESIDE_other_seed);
            assert_true(s.rows[i].beside[k].tokens_per_s.median > 0);
            repeated++;
        }
    assert_int_equal(repeated, 1);
}

static void a_repetition_that_crashes_costs_no_row(void **state) {
    struct bench *b = *state;
    struct seen s;
    b->request.beside = true;
    run(b, "case=*/*/decode:crash_at_pass=1", &s);
    assert_int_equal(s.count, 3);
    is(row_of(&s, WI_PHASE_prefill, 0), WI_CASE_ok, "");
    is(row_of(&s, WI_PHASE_decode, 0), WI_CASE_crashed, "signal 11");
    assert_int_equal(row_of(&s, WI_PHASE_decode, 0)->beside_count, 0);
}

/* ---- threads ---- */

/* The fixture's machine: two fast cores of two threads, four slow ones. */
static void all_thread_sets_are_tried_and_told(void **state) {
    struct bench *b = *state;
    struct seen s;
    b->request.try_threads = true;
    run(b, NULL, &s);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.tunings, 2); /* decode, prefill */
    assert_int_equal(s.rivals, 3);
    assert_string_equal(s.choice, "4,6,0,1,2,3"); /* equally fast: what a plan starts from */
}

static void what_was_chosen_before_stays_without_a_winner(void **state) {
    struct bench *b = *state;
    struct seen s;
    b->request.try_threads = true;
    b->request.threads_before = "4,6";
    run(b, NULL, &s);
    assert_string_equal(s.choice, "4,6");
}

static void a_machine_with_one_set_spends_nothing(void **state) {
    struct bench *b = *state;
    struct seen s;
    b->request.try_threads = true;
    b->inventory.cpu.quota_cpus = wi_some_f64(1);
    run(b, NULL, &s);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.tunings, 0);
}

static void a_crash_costs_the_case_it_was_at(void **state) {
    struct seen s;
    run(*state, "case=*/*/prefill:crash_at_pass=2", &s);
    assert_int_equal(s.count, 3);
    is(row_of(&s, WI_PHASE_prefill, 0), WI_CASE_crashed, "signal 11");
    is(row_of(&s, WI_PHASE_decode, 0), WI_CASE_ok, "");
    is(row_of(&s, WI_PHASE_decode, 512), WI_CASE_ok, "");
}

static void a_crash_while_depths_take_turns_costs_one_of_them(void **state) {
    struct seen s;
    /* After both have warmed up (12 passes each), and later than one of them alone will come. */
    run(*state, "case=*/*/decode:crash_at_pass=60", &s);
    assert_int_equal(s.count, 3);
    is(row_of(&s, WI_PHASE_prefill, 0), WI_CASE_ok, "");
    unsigned crashed = 0;
    for (size_t i = 0; i < s.count; i++)
        crashed += s.rows[i].status == WI_CASE_crashed;
    assert_int_equal(crashed, 1);
}

static void a_hang_is_a_timeout(void **state) {
    struct seen s;
    run(*state, "case=*/*/prefill:hang_at_pass=2", &s);
    is(row_of(&s, WI_PHASE_prefill, 0), WI_CASE_timeout, "no sign of life");
    is(row_of(&s, WI_PHASE_decode, 512), WI_CASE_ok, "");
}

static void an_exit_is_a_crash_with_its_code(void **state) {
    struct seen s;
    run(*state, "case=*/*/prefill:exit_at_pass=1", &s);
    is(row_of(&s, WI_PHASE_prefill, 0), WI_CASE_crashed, "exit code 70");
    is(row_of(&s, WI_PHASE_decode, 0), WI_CASE_ok, "");
}

static void a_lost_device_costs_one_case(void **state) {
    struct seen s;
    run(*state, "case=*/*/prefill:error_at_pass=2", &s);
    is(row_of(&s, WI_PHASE_prefill, 0), WI_CASE_crashed, "loses the device");
    is(row_of(&s, WI_PHASE_decode, 0), WI_CASE_ok, "");
}

static void a_wrong_kernel_gets_no_number(void **state) {
    struct seen s;
    run(*state, "case=*/*/decode:wrong=1", &s);
    is(row_of(&s, WI_PHASE_decode, 0), WI_CASE_wrong, "off by 1");
    is(row_of(&s, WI_PHASE_decode, 512), WI_CASE_wrong, "off by 1");
    is(row_of(&s, WI_PHASE_prefill, 0), WI_CASE_ok, "");
}

static void all_are(struct bench *b, const char *script, enum wi_case_status status,
                    const char *reason) {
    struct seen s;
    run(b, script, &s);
    assert_int_equal(s.count, 3);
    for (size_t i = 0; i < 3; i++)
        is(&s.rows[i], status, reason);
}

static void a_crash_while_opening_costs_the_group(void **state) {
    all_are(*state, "crash_at_open=1", WI_CASE_crashed, "while opening");
    all_are(*state, "exit_at_open=1", WI_CASE_crashed, "exit code 70, while opening");
}

static void a_hang_while_opening_is_a_timeout(void **state) {
    all_are(*state, "hang_at_open=1", WI_CASE_timeout, "while opening");
}

static void a_refusal_is_a_row_with_its_reason(void **state) {
    all_are(*state, "refuse=too_big", WI_CASE_too_big, "the script refuses");
    all_are(*state, "refuse=unavailable", WI_CASE_unavailable, "the script refuses");
    all_are(*state, "no such key=1", WI_CASE_crashed, "unknown key");
}

static void as_bad_worker(struct bench *b, const char *how, const char *reason) {
    setenv("TEST_WORKER", how, 1);
    all_are(b, NULL, WI_CASE_crashed, reason);
    unsetenv("TEST_WORKER");
}

static void babble_is_not_believed(void **state) {
    as_bad_worker(*state, "garbage", "not a frame");
    as_bad_worker(*state, "huge", "not a frame");
    as_bad_worker(*state, "cut", "cut short");
    as_bad_worker(*state, "foreign case", "case 99");
    as_bad_worker(*state, "silent", "exit code 0");
}

static void a_killed_worker_is_told_with_what_it_said(void **state) {
    as_bad_worker(*state, "killed", "signal 9");
    as_bad_worker(*state, "killed", "cannot go on");
}

static void what_does_not_fit_starts_no_worker(void **state) {
    struct bench *b = *state;
    struct seen s = {0};
    b->inventory.memory.available_bytes = wi_some_u64(100 * WI_MIB);
    setenv("TEST_WORKER", "garbage", 1);
    ask(b, NULL);
    execute(b, &s);
    unsetenv("TEST_WORKER");
    assert_int_equal(s.status, WI_OK);
    assert_int_equal(s.count, 3);
    for (size_t i = 0; i < 3; i++)
        is(&s.rows[i], WI_CASE_too_big, "iB may be used now");
}

static void a_sink_that_cannot_store_stops_the_run(void **state) {
    struct bench *b = *state;
    struct seen s = {.refuse_at = 1};
    ask(b, NULL);
    execute(b, &s);
    assert_int_equal(s.status, WI_IO);
    assert_string_equal(s.err.message, "disk full");
    assert_int_equal(s.count, 1);
}

/* Last: the interrupt stays noted in this process. */
static void an_interrupt_keeps_what_is_done(void **state) {
    struct bench *b = *state;
    struct seen s = {.interrupt_at = 1};
    ask(b, "case=*/*/decode:hang_at_pass=1");
    wi_os_catch_interrupt();
    execute(b, &s);
    assert_int_equal(s.status, WI_INTERRUPTED);
    assert_int_equal(s.count, 1);
    is(&s.rows[0], WI_CASE_ok, "");
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "worker") == 0)
        return be_the_worker();
    const struct CMUnitTest tests[] = {
        TEST(every_case_becomes_one_row),
        TEST(looks_are_stored_with_their_times),
        TEST(a_slow_hour_after_a_fast_one_is_drift),
        TEST(a_slow_hour_before_a_fast_one_is_told_at_the_end),
        TEST(a_ceiling_from_a_slow_hour_is_measured_again),
        TEST(a_ceiling_that_a_look_passed_is_measured_again),
        TEST(what_is_above_the_ceiling_even_then_is_implausible),
        TEST(a_ceiling_that_holds_is_measured_once),
        TEST(every_layer_stands_beside_some),
        TEST(layers_that_do_not_stand_for_all_are_doubted),
        TEST(one_case_is_repeated_with_another_seed),
        TEST(a_repetition_that_crashes_costs_no_row),
        TEST(all_thread_sets_are_tried_and_told),
        TEST(what_was_chosen_before_stays_without_a_winner),
        TEST(a_machine_with_one_set_spends_nothing),
        TEST(a_crash_costs_the_case_it_was_at),
        TEST(a_crash_while_depths_take_turns_costs_one_of_them),
        TEST(a_hang_is_a_timeout),
        TEST(an_exit_is_a_crash_with_its_code),
        TEST(a_lost_device_costs_one_case),
        TEST(a_wrong_kernel_gets_no_number),
        TEST(a_crash_while_opening_costs_the_group),
        TEST(a_hang_while_opening_is_a_timeout),
        TEST(a_refusal_is_a_row_with_its_reason),
        TEST(babble_is_not_believed),
        TEST(a_killed_worker_is_told_with_what_it_said),
        TEST(what_does_not_fit_starts_no_worker),
        TEST(a_sink_that_cannot_store_stops_the_run),
        TEST(an_interrupt_keeps_what_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
