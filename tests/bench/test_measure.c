/* test_measure.c: the measuring loop on the scripted backend: known times in, known answers out.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/fixture.h"

#include "base/clock.h"
#include "bench/doubts.h"
#include "bench/measure.h"
#include "bench/row.h"
#include "kernels/null/null.h"

#include <math.h>

struct measured_rows {
    struct wi_arena *arena;
    struct wi_measurement rows[4];
    struct wi_measured raw[4];
    size_t count;
    int status;
    char steps[4096]; /* "0:verify 0:warm up ..." */
};

static void on_step(void *state, size_t i, const char *step) {
    struct measured_rows *m = state;
    size_t used = strlen(m->steps);
    snprintf(m->steps + used, sizeof m->steps - used, "%zu:%s ", i, step);
}

/* Measures the cases of the plan's first group in this process. */
static struct measured_rows measure(struct bench *b, const char *script, double budget_s) {
    static const enum wi_format_id q4[] = {WI_FORMAT_q4_0};
    struct measured_rows out = {.arena = wi_arena_create()};
    struct wi_measure_case cases[4] = {0};
    struct wi_session *session = NULL;
    bench_only(b, "gemma-2b");
    b->request.precisions = q4;
    b->request.precision_count = 1;
    b->request.null_script = script;
    const struct wi_plan *plan = bench_plan(b);
    const struct wi_plan_group *g = &plan->groups[0];
    struct wi_session_params params = {.model = b->models[0],
                                       .precision = WI_FORMAT_q4_0,
                                       .kv_precision = WI_FORMAT_f16,
                                       .backend = WI_BACKEND_null,
                                       .inventory = &b->inventory,
                                       .max_tokens = g->max_tokens,
                                       .max_depth = g->max_depth,
                                       .batch = 1,
                                       .clock = &wi_clock_system,
                                       .null_script = script};
    memcpy(params.layers, g->layers, sizeof params.layers);
    ok(wi_session_open(&params, &session, err));
    for (size_t i = 0; i < g->count; i++) {
        cases[i] = (struct wi_measure_case){
            .key = g->cases[i].key, .whole = g->cases[i].whole, .budget_s = budget_s, .seed = 1};
        memcpy(cases[i].layers, g->cases[i].layers, sizeof cases[i].layers);
    }
    const struct wi_measure_hooks hooks = {
        .state = &out, .clock = &wi_clock_system, .step = on_step};
    out.count = g->count;
    out.status = wi_measure_run(session, cases, g->count, &hooks, out.arena, NULL);
    struct wi_session_info info;
    wi_session_info(session, &info);
    const struct wi_row_context context = {
        .request = &b->request, .plan = plan, .group = g, .info = &info};
    for (size_t i = 0; i < g->count; i++) {
        out.raw[i] = cases[i].result;
        wi_row_make(&context, &g->cases[i], &out.raw[i], out.arena, &out.rows[i]);
    }
    wi_session_close(session);
    return out;
}

/* One decode case alone. */
static struct measured_rows measure_decode(struct bench *b, const char *script, double budget_s) {
    static const uint32_t none[] = {0}, depth[] = {512};
    b->request.prefill = none;
    b->request.prefill_count = 0;
    b->request.depths = depth;
    b->request.depth_count = 1;
    return measure(b, script, budget_s);
}

#define FLAT "embed_ns=1000000;head_ns=9000000;layer_ns=5000000;" /* 1 + 18 * 5 + 9 = 100 ms */

static void has_doubts(const struct wi_measurement *row, uint32_t doubts) {
    if (row->doubts == doubts)
        return;
    for (unsigned d = 0; d < WI_DOUBT_COUNT; d++)
        if ((row->doubts ^ doubts) & WI_DOUBT_BIT(d))
            fail_msg("%s: %s", (doubts & WI_DOUBT_BIT(d)) ? "missing" : "unexpected",
                     wi_doubt_name((enum wi_doubt)d));
}

/* The row carries the doubt, and a sentence about it that contains this. */
static void says(const struct wi_measurement *row, enum wi_doubt doubt, const char *sentence) {
    if (!(row->doubts & WI_DOUBT_BIT(doubt)))
        fail_msg("no doubt %s", wi_doubt_name(doubt));
    for (size_t i = 0; i < row->doubt_note_count; i++)
        if (row->doubt_notes[i].doubt == doubt &&
            strstr(row->doubt_notes[i].seen, sentence) != NULL)
            return;
    for (size_t i = 0; i < row->doubt_note_count; i++)
        print_message("%s: %s\n", wi_doubt_name(row->doubt_notes[i].doubt),
                      row->doubt_notes[i].seen);
    fail_msg("none of them says \"%s\"", sentence);
}

static void constant_times_give_their_rate(void **state) {
    struct measured_rows m = measure_decode(*state, FLAT, 10);
    const struct wi_measurement *r = &m.rows[0];
    assert_int_equal(r->status, WI_CASE_ok);
    if (fabs(r->tokens_per_s.median - 10) > 1e-9 || fabs(r->tokens_per_s.lo - 10) > 1e-9)
        fail_msg("%.9f [%.9f, %.9f]", r->tokens_per_s.median, r->tokens_per_s.lo,
                 r->tokens_per_s.hi);
    has_doubts(r, 0);
    assert_int_equal(r->layers_run, 2);
    assert_int_equal(r->layers_total, 18);
    assert_int_equal(r->sample_count, r->passes * 4);
    assert_true(r->warmups >= 2);
    assert_string_equal(m.steps, "0:verify 0:warm up 0:sample 0:sample 0:sample 0:sample 0:sample "
                                 "0:sample 0:sample 0:verify again ");
    wi_arena_destroy(m.arena);
}

static void samples_carry_their_time_and_pass(void **state) {
    struct measured_rows m = measure_decode(*state, FLAT "gap_ns=500", 1);
    const struct wi_sample *s = m.rows[0].samples;
    for (size_t i = 1; i < m.rows[0].sample_count; i++) {
        bool same = s[i].pass == s[i - 1].pass;
        assert_int_equal(s[i].start_ns, s[i - 1].start_ns + s[i - 1].ns + (same ? 0 : 500));
        assert_true(same || s[i].pass == s[i - 1].pass + 1);
    }
    assert_int_equal(s[0].segment, WI_SEGMENT_embed);
    assert_int_equal(s[3].segment, WI_SEGMENT_head);
    wi_arena_destroy(m.arena);
}

static void steady_samples_end_before_the_budget(void **state) {
    struct measured_rows m = measure_decode(*state, FLAT, 1000);
    double spent = 0;
    for (size_t i = 0; i < m.rows[0].sample_count; i++)
        spent += (double)m.rows[0].samples[i].ns / 1e9;
    if (!(spent < 500))
        fail_msg("%.1f s of 1000 s", spent);
    assert_true(m.raw[0].steady);
    wi_arena_destroy(m.arena);
}

static void a_budget_that_ends_early_leaves_three_samples_and_a_doubt(void **state) {
    struct measured_rows m = measure_decode(*state, FLAT, 0.001);
    assert_int_equal(m.rows[0].status, WI_CASE_ok);
    assert_int_equal(m.rows[0].passes, 3);
    assert_true(m.rows[0].tokens_per_s.median > 0);
    has_doubts(&m.rows[0], WI_DOUBT_BIT(WI_DOUBT_few_samples));
    wi_arena_destroy(m.arena);
}

/* Six passes of 1.1 s fit into 1.75 times the budget and are granted; six of 1.3 s do not. */
static void six_long_passes_may_pass_the_budget(void **state) {
    static const char longer[] = "embed_ns=0;head_ns=100000000;layer_ns=500000000;gap_ns=0";
    struct measured_rows m = measure_decode(*state, longer, 4);
    assert_int_equal(m.rows[0].passes, 6);
    has_doubts(&m.rows[0], 0);
    wi_arena_destroy(m.arena);
    m = measure_decode(*state, longer, 3.5);
    assert_int_equal(m.rows[0].passes, 3);
    has_doubts(&m.rows[0], WI_DOUBT_BIT(WI_DOUBT_few_samples));
    wi_arena_destroy(m.arena);
}

/* Known to within 5 % when the budget ends, though never to within 2 %. */
static void an_interval_that_a_budget_ends_at_may_be_enough(void **state) {
    struct measured_rows m = measure_decode(
        *state, FLAT "scale=1,1.06,0.97,1.01,0.94,1.03,1.05,0.96,0.99,1.02,0.95,1.04,0.98", 3.6);
    assert_true(m.raw[0].steady);
    has_doubts(&m.rows[0], 0);
    wi_arena_destroy(m.arena);
}

static void a_ramp_is_reported_as_drift(void **state) {
    char script[1024] = FLAT "scale=1";
    for (unsigned i = 1; i < 100; i++)
        snprintf(script + strlen(script), sizeof script - strlen(script), ",%u.%02u", 1 + i / 100,
                 i % 100);
    struct measured_rows m = measure_decode(*state, script, 5);
    assert_true(m.rows[0].doubts & WI_DOUBT_BIT(WI_DOUBT_drift));
    assert_false(m.raw[0].steady);
    wi_arena_destroy(m.arena);
}

static void spikes_are_noise_and_leave_the_rate_alone(void **state) {
    struct measured_rows m = measure_decode(*state, FLAT "scale=1,1,1,8", 20);
    if (fabs(m.rows[0].tokens_per_s.median - 10) > 1e-9)
        fail_msg("%.9f", m.rows[0].tokens_per_s.median);
    assert_true(m.rows[0].doubts & WI_DOUBT_BIT(WI_DOUBT_noisy));
    wi_arena_destroy(m.arena);
}

static void two_speeds_are_noise(void **state) {
    struct measured_rows m =
        measure_decode(*state, FLAT "scale=1,1,1,1,1,1,1,1,1.5,1.5,1.5,1.5,1.5,1.5,1.5,1.5", 20);
    const struct wi_rate *r = &m.rows[0].tokens_per_s;
    assert_true(m.rows[0].doubts & WI_DOUBT_BIT(WI_DOUBT_noisy));
    assert_true(r->lo <= r->median && r->median <= r->hi && r->hi <= r->best + 1e-9);
    wi_arena_destroy(m.arena);
}

static void a_clock_that_stands_still_gives_no_number(void **state) {
    struct measured_rows m = measure_decode(*state, "embed_ns=0;head_ns=0;layer_ns=0;gap_ns=0", 1);
    assert_int_equal(m.rows[0].status, WI_CASE_unavailable);
    assert_non_null(m.rows[0].reason);
    assert_true(m.rows[0].tokens_per_s.median == 0);
    assert_true(m.rows[0].doubts & WI_DOUBT_BIT(WI_DOUBT_clock));
    wi_arena_destroy(m.arena);
}

static void a_clock_that_goes_back_is_doubted(void **state) {
    struct measured_rows m =
        measure_decode(*state, FLAT "gap_ns=1000,1000,1000,1000,1000,-50000000", 60);
    assert_int_equal(m.rows[0].status, WI_CASE_ok);
    says(&m.rows[0], WI_DOUBT_clock, "the clock went back between passes");
    wi_arena_destroy(m.arena);
}

static void constant_times_end_as_soon_as_may_be(void **state) {
    struct measured_rows m = measure_decode(*state, FLAT, 1000);
    assert_true(m.raw[0].steady);
    has_doubts(&m.rows[0], 0);
    assert_int_equal(m.rows[0].doubt_note_count, 0);
    wi_arena_destroy(m.arena);
}

/* Passes of 20 ms as run: slower by a third after a quarter of a second, before anything looked
 * steady. */
static void a_step_is_drift_and_says_where(void **state) {
    char script[4096] = FLAT "scale=1";
    for (unsigned i = 1; i < 400; i++)
        strcat(script, i < 24 ? ",1" : ",1.33");
    struct measured_rows m = measure_decode(*state, script, 4);
    says(&m.rows[0], WI_DOUBT_drift, "33 % slower at once");
    assert_false(m.raw[0].steady);
    wi_arena_destroy(m.arena);
}

static void a_ramp_says_how_far_it_went(void **state) {
    char script[4096] = FLAT "scale=1";
    for (unsigned i = 1; i < 400; i++)
        snprintf(script + strlen(script), sizeof script - strlen(script), ",%.3f", 1 + i * 0.002);
    struct measured_rows m = measure_decode(*state, script, 8);
    says(&m.rows[0], WI_DOUBT_drift, "slower from the first to the last");
    wi_arena_destroy(m.arena);
}

static void two_speeds_say_so(void **state) {
    struct measured_rows m =
        measure_decode(*state, FLAT "scale=1,1,1,1,1,1,1,1,1.5,1.5,1.5,1.5,1.5,1.5,1.5,1.5", 20);
    says(&m.rows[0], WI_DOUBT_noisy, "take 50 % longer than the others");
    wi_arena_destroy(m.arena);
}

static void a_gap_between_passes_is_a_stop(void **state) {
    char script[4096] = FLAT "gap_ns=1000";
    for (unsigned i = 1; i < 300; i++)
        strcat(script, i == 22 ? ",1200000000" : ",1000");
    struct measured_rows m = measure_decode(*state, script, 6);
    says(&m.rows[0], WI_DOUBT_contended, "stood still for 1.2 s between two passes");
    wi_arena_destroy(m.arena);
}

static void one_pass_that_takes_a_second_longer_is_a_stop(void **state) {
    char script[4096] = FLAT "scale=1";
    for (unsigned i = 1; i < 300; i++)
        strcat(script, i == 25 ? ",61" : ",1");
    struct measured_rows m = measure_decode(*state, script, 6);
    says(&m.rows[0], WI_DOUBT_contended,
         "stood still for 1.2 s: a pass took 1.2 s that takes 0.02 s");
    if (fabs(m.rows[0].tokens_per_s.median - 10) > 1e-9)
        fail_msg("%.9f", m.rows[0].tokens_per_s.median);
    wi_arena_destroy(m.arena);
}

/* The turns of other depths lie between the passes of one: nobody stood still. */
static void turns_of_others_are_no_stop(void **state) {
    static const uint32_t none[] = {0}, depths[] = {0, 512};
    struct bench *b = *state;
    b->request.prefill = none;
    b->request.prefill_count = 0;
    b->request.depths = depths;
    b->request.depth_count = 2;
    struct measured_rows m = measure(b, FLAT, 4);
    has_doubts(&m.rows[0], 0);
    has_doubts(&m.rows[1], 0);
    wi_arena_destroy(m.arena);
}

static void the_canary_looks_before_and_after_a_case(void **state) {
    struct measured_rows m =
        measure_decode(*state, FLAT "canary_gb_per_s=30,29;canary_gflop_per_s=198,102", 4);
    assert_true(m.raw[0].before.f32_gflop_per_s.value == 198);
    assert_true(m.raw[0].before.read_gb_per_s.value == 30);
    assert_true(m.raw[0].after.f32_gflop_per_s.value == 102);
    assert_true(m.raw[0].before.at_ns < m.raw[0].samples[0].start_ns);
    assert_true(m.raw[0].after.at_ns > m.raw[0].samples[m.raw[0].sample_count - 1].start_ns);
    wi_arena_destroy(m.arena);
}

/* ---- processor time ---- */

static struct wi_notes of_share(struct wi_maybe_f64 share, struct wi_arena *arena) {
    const struct wi_measured m = {.steady = true, .cpu_share = share};
    const struct wi_summary s = {.passes = 10, .run_ns = 1e6, .longest_ns = 1.1e6};
    struct wi_notes notes = {.arena = arena};
    wi_doubts_of_worker(&m, &s, &notes);
    return notes;
}

static void threads_that_lacked_half_of_their_time_are_contended(void **state) {
    struct wi_arena *arena = wi_arena_create();
    (void)state;
    struct wi_notes notes = of_share(wi_some_f64(0.52), arena);
    assert_int_equal(notes.doubts, WI_DOUBT_BIT(WI_DOUBT_contended));
    assert_non_null(strstr(notes.items[0].seen, "52 % of the processor time"));
    assert_int_equal(of_share(wi_some_f64(0.97), arena).doubts, 0);
    assert_int_equal(of_share((struct wi_maybe_f64){0}, arena).doubts, 0);
    wi_arena_destroy(arena);
}

static void weights_on_small_pages_are_told(void **state) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_notes notes = {.arena = arena};
    (void)state;
    struct wi_session_info info = {.weight_bytes_resident = WI_GIB, .huge_page_bytes = WI_GIB / 8};
    wi_doubts_of_pages(&info, WI_BACKEND_cpu, &notes);
    assert_int_equal(notes.doubts, WI_DOUBT_BIT(WI_DOUBT_small_pages));
    assert_non_null(strstr(notes.items[0].seen, "12 % of the weights"));
    notes = (struct wi_notes){.arena = arena};
    info.huge_page_bytes = WI_GIB - 4096;
    wi_doubts_of_pages(&info, WI_BACKEND_cpu, &notes);
    wi_doubts_of_pages(&info, WI_BACKEND_vulkan, &notes);
    assert_int_equal(notes.doubts, 0);
    wi_arena_destroy(arena);
}

static void a_wrong_kernel_gets_no_number(void **state) {
    struct measured_rows m = measure_decode(*state, FLAT "wrong=1", 1);
    const struct wi_measurement *r = &m.rows[0];
    assert_int_equal(r->status, WI_CASE_wrong);
    assert_non_null(strstr(r->reason, "scripted__null is off by 1"));
    assert_true(r->tokens_per_s.median == 0 && r->tokens_per_s.best == 0);
    assert_int_equal(r->sample_count, 0);
    assert_true(r->error > r->tolerance);
    assert_string_equal(r->worst_op, "gemv");
    assert_string_equal(m.steps, "0:verify ");
    wi_arena_destroy(m.arena);
}

static void depths_are_measured_in_turns(void **state) {
    static const uint32_t none[] = {0}, depths[] = {0, 512};
    struct bench *b = *state;
    b->request.prefill = none;
    b->request.prefill_count = 0;
    b->request.depths = depths;
    b->request.depth_count = 2;
    struct measured_rows m = measure(b, FLAT "scale=1,1.3", 4);
    assert_non_null(strstr(m.steps, "0:sample 1:sample 0:sample 1:sample "));
    assert_int_equal(m.rows[0].status, WI_CASE_ok);
    assert_int_equal(m.rows[1].status, WI_CASE_ok);
    wi_arena_destroy(m.arena);
}

/* 4,000 tokens were asked for and time was for a few of them. The row's bytes are those of the mean
 * depth, so a device that reads 50 GB/s is one of 50 GB/s only if its passes were at that depth. */
static void a_case_cut_short_stands_for_its_mean_depth(void **state) {
    static const uint32_t none[] = {0}, depths[] = {0};
    struct bench *b = *state;
    b->request.prefill = none;
    b->request.prefill_count = 0;
    b->request.depths = depths;
    b->request.depth_count = 1;
    b->request.decode_tokens = 4000;
    struct measured_rows m = measure(b, "gb_per_s=50;gflop_per_s=1000000", 1);
    assert_true(m.rows[0].passes < 400);
    if (fabs(m.rows[0].achieved_gb_per_s / 50 - 1) > 0.005)
        fail_msg("%.3f GB/s of 50", m.rows[0].achieved_gb_per_s);
    wi_arena_destroy(m.arena);
}

static void a_lost_device_ends_the_session(void **state) {
    struct measured_rows m = measure(*state, FLAT "case=*/*/prefill:error_at_pass=3", 1);
    assert_int_equal(m.status, WI_CRASHED);
    assert_int_equal(m.rows[0].status, WI_CASE_crashed);
    assert_non_null(strstr(m.rows[0].reason, "loses the device"));
    assert_null(m.raw[1].samples); /* not begun */
    wi_arena_destroy(m.arena);
}

static void prefill_counts_all_its_tokens(void **state) {
    struct measured_rows m = measure(*state, FLAT, 4);
    const struct wi_measurement *r = &m.rows[0];
    assert_int_equal(r->key.phase, WI_PHASE_prefill);
    assert_int_equal(r->tokens_per_sample, 512);
    if (fabs(r->tokens_per_s.median - 5120) > 1e-6)
        fail_msg("%.6f", r->tokens_per_s.median);
    assert_int_equal(r->layers_run, 1);
    /* 3.96 GFLOP a token (SEMANTICS) */
    if (fabs(r->flops_per_token / 1e9 - 3.96) > 0.05)
        fail_msg("%.3f GFLOP a token", r->flops_per_token / 1e9);
    wi_arena_destroy(m.arena);
}

static void every_layer_is_one_segment(void **state) {
    struct bench *b = *state;
    b->request.every_layer = true;
    struct measured_rows m = measure_decode(b, FLAT, 4);
    assert_int_equal(m.rows[0].layers_run, 18);
    assert_int_equal(m.rows[0].sample_count, m.rows[0].passes);
    assert_int_equal(m.rows[0].samples[0].segment, WI_SEGMENT_all);
    if (fabs(m.rows[0].tokens_per_s.median - 10) > 1e-9)
        fail_msg("%.9f", m.rows[0].tokens_per_s.median);
    wi_arena_destroy(m.arena);
}

/* ---- under a roof that was measured: 10 tokens a second of Gemma 2B ---- */

static struct wi_session_info f32_info(void) {
    return (struct wi_session_info){
        .arithmetic = "f32", .threads = 1, .calls_embed = 1, .calls_global = 15, .calls_head = 3};
}
static void place(struct bench *b, const struct measured_rows *m, const struct wi_roofline *roof,
                  struct wi_measurement *row) {
    const struct wi_session_info info = f32_info();
    const struct wi_row_context x = {.request = &b->request,
                                     .plan = b->plan,
                                     .group = &b->plan->groups[0],
                                     .info = &info,
                                     .roofline = roof};
    wi_row_make(&x, &b->plan->groups[0].cases[0], &m->raw[0], m->arena, row);
}
static struct wi_roofline roof_of(double gb_per_s) {
    return (struct wi_roofline){.read_gb_per_s = wi_some_f64(gb_per_s),
                                .peak_gflop_per_s_f32 = wi_some_f64(1000)};
}

static void more_than_the_device_can_is_implausible(void **state) {
    struct bench *b = *state;
    struct measured_rows m = measure_decode(b, FLAT, 4);
    struct wi_roofline roof = roof_of(20);
    struct wi_measurement row;
    place(b, &m, &roof, &row);
    assert_int_equal(row.bound, WI_BOUND_memory);
    assert_int_equal(row.second, WI_BOUND_compute);
    double from_memory = row.bytes_per_token - (double)b->plan->cache_bytes;
    double fraction = from_memory * 10 / 20e9;
    if (fabs(row.roofline_fraction.value - fraction) > 1e-3) /* what is written is not read */
        fail_msg("%.6f, not %.6f", row.roofline_fraction.value, fraction);
    has_doubts(&row, 0);
    roof = roof_of(from_memory * 10 / 1e9 / 1.2);
    place(b, &m, &roof, &row);
    has_doubts(&row, WI_DOUBT_BIT(WI_DOUBT_implausible));
    roof.peak_gflop_per_s_f32 = (struct wi_maybe_f64){0};
    place(b, &m, &roof, &row);
    assert_int_equal(row.bound, WI_BOUND_unknown);
    assert_false(wi_has_f64(row.roofline_fraction));
    wi_arena_destroy(m.arena);
}

static void the_largest_term_bounds_and_half_of_the_time_needs_one(void **state) {
    struct bench *b = *state;
    struct measured_rows m = measure_decode(b, FLAT, 4);
    struct wi_roofline roof = roof_of(50);
    struct wi_measurement row;
    place(b, &m, &roof, &row);
    assert_int_equal(row.bound, WI_BOUND_latency); /* memory explains 31 ms of 100 */
    assert_int_equal(row.second, WI_BOUND_memory);
    roof.launch_us = wi_some_f64(250); /* of 274 calls: 1 + 18 * 15 + 3 */
    place(b, &m, &roof, &row);
    assert_int_equal(row.bound, WI_BOUND_launch);
    if (fabs(row.roofline_fraction.value - 274 * 250e-6 / 0.1) > 1e-9)
        fail_msg("%.6f", row.roofline_fraction.value);
    static const uint64_t second_ns[] = {1000000000};
    const struct wi_ceiling unpack = {.id = WI_CEILING_unpack,
                                      .how = "k",
                                      .arithmetic = "f32",
                                      .precision = "q4_0",
                                      .phase = "decode",
                                      .threads = 1,
                                      .work = 17e9,
                                      .samples_ns = second_ns,
                                      .sample_count = 1};
    roof.ceilings = &unpack;
    roof.ceiling_count = 1;
    place(b, &m, &roof, &row);
    assert_int_equal(row.bound, WI_BOUND_unpack);
    assert_int_equal(row.second, WI_BOUND_launch);
    if (fabs(row.roofline_fraction.value - 274 * 250e-6 / 0.1) > 1e-9) /* the device's share */
        fail_msg("%.6f", row.roofline_fraction.value);
    wi_arena_destroy(m.arena);
}

static void faster_than_a_ceiling_asks_for_another_measuring(void **state) {
    struct bench *b = *state;
    struct measured_rows m = measure_decode(b, FLAT, 4);
    const struct wi_plan_case *c = &b->plan->groups[0].cases[0];
    const struct wi_measure_case measured = {.key = c->key, .result = m.raw[0]};
    const struct wi_session_info info = f32_info();
    struct wi_roofline roof = roof_of(20);
    assert_false(wi_row_is_above(&measured, &info, &roof, 0));
    roof = roof_of(13);
    assert_true(wi_row_is_above(&measured, &info, &roof, 0));
    assert_false(wi_row_is_above(&measured, &info, &roof, 1000000000)); /* much may be cached */
    static const uint64_t second_ns[] = {1000000000};
    struct wi_ceiling unpack = {.id = WI_CEILING_unpack,
                                .how = "k",
                                .arithmetic = "f32",
                                .precision = "q4_0",
                                .phase = "decode",
                                .threads = 1,
                                .work = 12e9,
                                .samples_ns = second_ns,
                                .sample_count = 1};
    roof = roof_of(20);
    roof.ceilings = &unpack;
    roof.ceiling_count = 1;
    assert_true(wi_row_is_above(&measured, &info, &roof, 0)); /* the very kernel did less */
    unpack.work = 13.5e9; /* and this much less is no wonder at its own limit */
    assert_false(wi_row_is_above(&measured, &info, &roof, 0));
    wi_arena_destroy(m.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(constant_times_give_their_rate),
        TEST(samples_carry_their_time_and_pass),
        TEST(steady_samples_end_before_the_budget),
        TEST(six_long_passes_may_pass_the_budget),
        TEST(an_interval_that_a_budget_ends_at_may_be_enough),
        TEST(a_budget_that_ends_early_leaves_three_samples_and_a_doubt),
        TEST(a_ramp_is_reported_as_drift),
        TEST(spikes_are_noise_and_leave_the_rate_alone),
        TEST(two_speeds_are_noise),
        TEST(a_clock_that_stands_still_gives_no_number),
        TEST(a_clock_that_goes_back_is_doubted),
        TEST(constant_times_end_as_soon_as_may_be),
        TEST(a_step_is_drift_and_says_where),
        TEST(a_ramp_says_how_far_it_went),
        TEST(two_speeds_say_so),
        TEST(a_gap_between_passes_is_a_stop),
        TEST(one_pass_that_takes_a_second_longer_is_a_stop),
        TEST(turns_of_others_are_no_stop),
        TEST(the_canary_looks_before_and_after_a_case),
        TEST(threads_that_lacked_half_of_their_time_are_contended),
        TEST(weights_on_small_pages_are_told),
        TEST(a_wrong_kernel_gets_no_number),
        TEST(depths_are_measured_in_turns),
        TEST(a_case_cut_short_stands_for_its_mean_depth),
        TEST(a_lost_device_ends_the_session),
        TEST(prefill_counts_all_its_tokens),
        TEST(every_layer_is_one_segment),
        TEST(more_than_the_device_can_is_implausible),
        TEST(the_largest_term_bounds_and_half_of_the_time_needs_one),
        TEST(faster_than_a_ceiling_asks_for_another_measuring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
