/* Verdicts: fit and speed apart, three values, and the sentences that say why.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/results/judge_fixture.h"

static struct judge_case c;

static int set_up(void **state) {
    (void)state;
    judge_init(&c, "gemma-2b", WI_FORMAT_q4_0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    judge_fini(&c);
    return 0;
}

static void again(const char *model, enum wi_format_id precision) {
    judge_fini(&c);
    judge_init(&c, model, precision);
}

/* Measured at the very depth and length that is judged. */
static void measured(double decode, double prefill) {
    judge_add(&c, WI_PHASE_decode, 0, 576, decode, 0.01, 0);
    judge_add(&c, WI_PHASE_prefill, 512, 0, prefill, 0.01, 0);
}

/* ---- fit ---- */

static void gemma_7b_in_f32_does_not_fit_24_gib(void **state) {
    (void)state;
    again("gemma-7b", WI_FORMAT_f32);
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, does_not_fit);
    assert_int_equal(v->binding_limit, WI_LIMIT_memory);
    assert_int_equal(v->fits, WI_TRI_no);
    assert_int_equal(v->basis_fit, WI_BASIS_predicted);
    assert_says(v->because, "are needed");
    assert_says(v->because, "short by");
    assert_says(v->because, "24.0 GiB less 2.88 GiB reserve (desktop)");
    assert_true(v->footprint->total_bytes > v->budget_bytes.value);
}

static void without_evidence_the_fit_is_known_and_the_speed_is_not(void **state) {
    (void)state;
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, unknown);
    assert_int_equal(v->fits, WI_TRI_yes);
    assert_int_equal(v->fast_enough, WI_TRI_unknown);
    assert_int_equal(v->basis_decode, WI_BASIS_none);
    assert_true(isnan(v->decode_tok_s.mid));
    assert_says(v->because, "It fits: ");
    assert_says(v->because, "not measured");
    c.request.evidence = NULL;
    assert_verdict(judge(&c), unknown);
}

static void a_missing_reading_is_unknown_and_never_no(void **state) {
    (void)state;
    c.inventory.memory.total_bytes.known = WI_KNOWN_unknown;
    measured(14, 600);
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, unknown);
    assert_int_equal(v->fits, WI_TRI_unknown);
    assert_says(v->because, "could not be read");
}

static void the_largest_tensor_must_fit_one_buffer(void **state) {
    (void)state;
    struct wi_pool pool = {.total_bytes = wi_some_u64(16 * WI_GIB), .device_local = true};
    struct wi_gpu gpu = judge_gpu("gpu0", WI_GPU_discrete, WI_TRI_no, &pool);
    gpu.largest_binding_bytes = wi_some_u64(128 * WI_MIB);
    c.inventory.gpus = &gpu;
    c.inventory.gpu_count = 1;
    c.request.compute_device_id = "gpu0";
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, does_not_fit);
    assert_int_equal(v->binding_limit, WI_LIMIT_largest_buffer);
    assert_says(v->because, "128 MiB");
}

static void a_longer_context_than_the_models_is_unsupported(void **state) {
    (void)state;
    c.targets.context = 8193;
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, unsupported);
    assert_int_equal(v->binding_limit, WI_LIMIT_context);
    assert_null(v->footprint);
    assert_says(v->because, "8193");
}

static void undisclosed_models_are_refused_and_not_guessed(void **state) {
    (void)state;
    again("gpt-4", WI_FORMAT_q4_0);
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, unsupported);
    assert_says(v->because, "not disclosed");
}

static void a_precision_without_kernel_answers_the_fit(void **state) {
    (void)state;
    again("gemma-2b", WI_FORMAT_q4_k);
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, unknown);
    assert_int_equal(v->fits, WI_TRI_yes);
    assert_says(v->because, "No kernel of weighin runs q4_k");
}

/* ---- speed ---- */

static void comfortable_says_both_numbers_and_cites_both_rows(void **state) {
    (void)state;
    measured(14, 600);
    judge_roofline(&c, 30, 20000);
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, comfortable);
    assert_int_equal(v->fast_enough, WI_TRI_yes);
    assert_false(v->borderline);
    assert_int_equal(v->basis_decode, WI_BASIS_measured);
    assert_int_equal(v->basis_prefill, WI_BASIS_measured);
    assert_int_equal(v->binding_limit, WI_LIMIT_bandwidth);
    assert_int_equal(v->evidence_count, 2);
    assert_string_equal(v->evidence[0], "m01");
    assert_string_equal(v->evidence[1], "m02");
    assert_string_equal(v->claim, "ceiling");
    assert_near(v->decode_tok_s.mid, 14);
    assert_near(v->decode_tok_s.lo, 14 * 0.99 * 0.96); /* one run: widened by 4 % */
    assert_near(v->decode_tok_s.hi, 14 * 1.01 * 1.04);
    assert_near(v->first_token_s.mid, 512.0 / 600);
    assert_near(v->first_token_s.hi, 512.0 / (600 * 0.99 * 0.96));
    assert_says(v->because, "Decode at 14 tok/s meets 10 tok/s; the first token after 853 ms meets "
                            "3 s.");
    assert_says(v->because, "bound by memory bandwidth, at ");
}

static void usable_lies_between_the_targets(void **state) {
    (void)state;
    measured(7, 100);
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, usable);
    assert_int_equal(v->fast_enough, WI_TRI_yes);
    assert_says(v->because, "Decode at 7 tok/s meets 5 tok/s, not 10 tok/s");
}

static void a_bound_that_misses_is_a_no(void **state) {
    (void)state;
    measured(2, 600);
    judge_roofline(&c, 6, 20000); /* 1.55 GB a token: at most 3.9 tok/s */
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, too_slow);
    assert_int_equal(v->fast_enough, WI_TRI_no);
    assert_int_equal(v->binding_limit, WI_LIMIT_bandwidth);
    assert_says(v->because, "Decode at 2 tok/s misses 5 tok/s: at most 4.");
    assert_says(v->because, " tok/s possible on this device");
    assert_null(strstr(v->because, "%"));
}

static void a_good_kernel_that_misses_is_a_no(void **state) {
    (void)state;
    measured(4.4, 600);
    judge_roofline(&c, 9, 20000); /* at most 5.9 */
    assert_verdict(judge(&c), too_slow);
    assert_int_equal(c.verdict.fast_enough, WI_TRI_no);
    assert_says(c.verdict.because, "misses 5 tok/s, at 69 % of this device's limit");
}

/* What holds our kernels back is not what makes it impossible for all. */
static void unpacking_is_no_reason_for_what_no_kernel_could(void **state) {
    (void)state;
    measured(2, 600);
    c.rows[0].m.bound = WI_BOUND_unpack;
    judge_roofline(&c, 6, 20000); /* at most 3.9 tok/s */
    assert_verdict(judge(&c), too_slow);
    assert_int_equal(c.verdict.binding_limit, WI_LIMIT_bandwidth);
}

static void unpacking_is_named_where_our_kernels_speak(void **state) {
    (void)state;
    measured(4.4, 600);
    c.rows[0].m.bound = WI_BOUND_unpack;
    judge_roofline(&c, 9, 20000); /* at most 5.9 */
    assert_verdict(judge(&c), too_slow);
    assert_int_equal(c.verdict.binding_limit, WI_LIMIT_unpack);
    judge_roofline(&c, 26, 20000);
    assert_says(judge(&c)->because, "our kernel reaches 24 % of this device's bandwidth");
}

static void a_poor_kernel_that_misses_is_unknown(void **state) {
    (void)state;
    measured(4.1, 600);
    judge_roofline(&c, 26, 20000);
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, unknown);
    assert_int_equal(v->fast_enough, WI_TRI_unknown);
    assert_says(v->because, "our kernel reaches 22 % of this device's bandwidth: 4.1 tok/s "
                            "measured, at most 18.5 tok/s possible");
}

static void without_a_roofline_a_miss_is_unknown(void **state) {
    (void)state;
    measured(2, 600);
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, unknown);
    assert_says(v->because, "limits of this device were not measured");
}

static void a_row_that_knows_its_limit_may_speak(void **state) {
    (void)state;
    measured(2, 600);
    c.rows[0].m.bound = WI_BOUND_memory;
    c.rows[0].m.roofline_fraction = wi_some_f64(0.8);
    assert_verdict(judge(&c), too_slow);
    c.rows[0].m.roofline_fraction = wi_some_f64(0.2);
    assert_verdict(judge(&c), unknown);
    c.rows[0].m.bound = WI_BOUND_unpack; /* a limit of the kernel, not of the device */
    c.rows[0].m.roofline_fraction = wi_some_f64(0.9);
    assert_verdict(judge(&c), unknown);
}

static void a_slow_first_token_is_named(void **state) {
    (void)state;
    measured(14, 40);
    judge_roofline(&c, 30, 300); /* 512 tokens: 2027 GFLOP, at least 6.8 s */
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, too_slow);
    assert_int_equal(v->binding_limit, WI_LIMIT_first_token);
    assert_says(v->because, "the first token after 12.8 s misses 10 s");
}

static void usable_for_the_first_token_alone_names_it(void **state) {
    (void)state;
    judge_roofline(&c, 30, 20000);
    measured(14, 100); /* comfortable, and 5.1 s */
    assert_verdict(judge(&c), usable);
    assert_int_equal(c.verdict.binding_limit, WI_LIMIT_first_token);
    c.list.count = 0;
    measured(7, 600); /* the other way round */
    assert_verdict(judge(&c), usable);
    assert_int_equal(c.verdict.binding_limit, WI_LIMIT_bandwidth);
    c.list.count = 0;
    measured(7, 100); /* both */
    assert_verdict(judge(&c), usable);
    assert_int_equal(c.verdict.binding_limit, WI_LIMIT_bandwidth);
    c.list.count = 0;
    measured(14, 600); /* neither: what decode is bound by */
    assert_verdict(judge(&c), comfortable);
    assert_int_equal(c.verdict.binding_limit, WI_LIMIT_bandwidth);
}

static void an_interval_over_the_limit_is_borderline(void **state) {
    (void)state;
    measured(5.1, 600);
    judge_roofline(&c, 12, 20000);
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, too_slow); /* shown as the lower class */
    assert_true(v->borderline);
    assert_int_equal(v->fast_enough, WI_TRI_unknown); /* and inconclusive to a gate */
    assert_says(v->because,
                "Decode at 5.1 tok/s (4.85 to 5.36 tok/s) may or may not meet 5 tok/s: the "
                "interval spans it");
    c.request.roofline_count = 0; /* nothing says that the kernel may speak */
    assert_verdict(judge(&c), unknown);
    c.list.count = 0;
    measured(10.1, 600);
    assert_verdict(judge(&c), usable);
    assert_true(c.verdict.borderline);
    assert_int_equal(c.verdict.fast_enough, WI_TRI_yes);
    assert_says(c.verdict.because, "meets 5 tok/s and may or may not meet 10 tok/s");
}

static void half_a_measurement_is_no_answer(void **state) {
    (void)state;
    judge_add(&c, WI_PHASE_decode, 0, 576, 14, 0.01, 0);
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, unknown);
    assert_says(v->because, "the first token was not measured");
    assert_int_equal(v->basis_prefill, WI_BASIS_none);
}

static void a_roofline_alone_can_say_no(void **state) {
    (void)state;
    again("gemma-7b", WI_FORMAT_q8_0);
    judge_roofline(&c, 20, 20000); /* 9 GB a token */
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, too_slow);
    assert_int_equal(v->basis_decode, WI_BASIS_predicted);
    assert_true(isnan(v->decode_tok_s.mid));
    assert_says(v->because, "ecode was not measured; with at most 2.");
}

/* Ends with the row of the limit that it rests on, once. */
static void cites_after(const struct wi_verdict *v, size_t rows, const char *limit) {
    assert_int_equal(v->evidence_count, rows + (limit != NULL));
    for (size_t i = 0; i < rows; i++)
        assert_int_equal(v->evidence[i][0], 'm');
    if (limit != NULL)
        assert_string_equal(v->evidence[rows], limit);
}

static void a_no_by_a_limit_cites_the_row_of_the_limit(void **state) {
    (void)state;
    c.roofline.rows =
        (struct wi_roofline_rows){"row-read", "row-f32", "row-bf16", "row-int8", "row-launch"};
    judge_roofline(&c, 6, 20000);
    assert_verdict(judge(&c), too_slow); /* nothing was measured: the limit alone says so */
    cites_after(&c.verdict, 0, "row-read");
    measured(2, 600);
    assert_verdict(judge(&c), too_slow);
    cites_after(&c.verdict, 2, "row-read");
    judge_roofline(&c, 26, 20000); /* unknown: the kernel says nothing of the device */
    assert_verdict(judge(&c), unknown);
    cites_after(&c.verdict, 2, NULL);
    c.list.count = 0;
    measured(4.4, 600); /* at 69 % of the limit it speaks, by that limit */
    judge_roofline(&c, 9, 20000);
    assert_verdict(judge(&c), too_slow);
    cites_after(&c.verdict, 2, "row-read");
    c.list.count = 0;
    measured(14, 40);
    judge_roofline(&c, 30, 300); /* the first token, by arithmetic */
    assert_verdict(judge(&c), too_slow);
    cites_after(&c.verdict, 2, "row-int8");
    c.list.count = 0;
    measured(14, 600);
    judge_roofline(&c, 30, 20000);
    assert_verdict(judge(&c), comfortable);
    cites_after(&c.verdict, 2, NULL);
}

/* A row of the evidence that knows its own limit is cited as evidence already. */
static void a_no_by_a_rows_own_limit_cites_no_roofline(void **state) {
    (void)state;
    measured(2, 600);
    c.rows[0].m.bound = WI_BOUND_memory;
    c.rows[0].m.roofline_fraction = wi_some_f64(0.8);
    assert_verdict(judge(&c), too_slow);
    cites_after(&c.verdict, 2, NULL);
}

/* ---- which runs, which depth ---- */

static void the_newest_five_runs_count(void **state) {
    (void)state;
    static const double rates[] = {100, 14, 15, 13, 14.5, 14.2};
    for (int i = 0; i < 6; i++) {
        judge_add(&c, WI_PHASE_decode, 0, 576, rates[i], 0.01, i);
        judge_add(&c, WI_PHASE_prefill, 512, 0, 600, 0.01, i);
    }
    const struct wi_verdict *v = judge(&c);
    assert_near(v->decode_tok_s.mid, 14.2);
    assert_true(v->decode_tok_s.lo >= 13 && v->decode_tok_s.hi <= 15);
    assert_int_equal(v->evidence_count, 10);
    assert_int_equal(v->not_counted_count, 2);
    assert_string_equal(v->not_counted[0].measurement_id, "m01");
    assert_says(v->not_counted[0].reason, "older than the newest 5 runs");
}

static void between_two_depths_time_is_linear(void **state) {
    (void)state;
    judge_add(&c, WI_PHASE_decode, 0, 0, 20, 0, 0);
    judge_add(&c, WI_PHASE_decode, 0, 1152, 10, 0, 0);
    judge_add(&c, WI_PHASE_prefill, 512, 0, 600, 0, 0);
    const struct wi_verdict *v = judge(&c);
    assert_near(v->decode_tok_s.mid, 1 / (0.5 / 20 + 0.5 / 10)); /* 576 is half way */
    assert_int_equal(v->basis_decode, WI_BASIS_measured);
    assert_int_equal(v->evidence_count, 3);
}

static void beyond_the_last_depth_the_bound_is_honest(void **state) {
    (void)state;
    judge_add(&c, WI_PHASE_decode, 32, 512, 14, 0, 0); /* mean depth 528 */
    judge_add(&c, WI_PHASE_prefill, 512, 0, 600, 0, 0);
    const struct wi_verdict *v = judge(&c);
    assert_near(v->decode_tok_s.hi, 14 * 1.04);
    assert_near(v->decode_tok_s.lo, 14 * 0.96 * 529 / 577);
    assert_true(v->decode_tok_s.mid < 14 && v->decode_tok_s.mid > 13.9);
    assert_int_equal(v->basis_decode, WI_BASIS_measured); /* 0.1 % more bytes */
    assert_says(v->because, "measured at depth 512; the question is about 576");
    judge_roofline(&c, 28, 0); /* reading the weights does not grow with the depth */
    double lo = c.verdict.decode_tok_s.lo;
    assert_true(judge(&c)->decode_tok_s.lo > lo * 1.02);
}

static void a_shorter_prompt_takes_at_most_as_long(void **state) {
    (void)state;
    judge_add(&c, WI_PHASE_decode, 0, 576, 14, 0, 0);
    judge_add(&c, WI_PHASE_prefill, 2048, 0, 600, 0, 0);
    const struct wi_verdict *v = judge(&c);
    assert_int_equal(v->basis_prefill, WI_BASIS_predicted);
    assert_near(v->first_token_s.hi, 2048 / (600 * 0.96));
    assert_true(v->first_token_s.mid < 512.0 / 600 && v->first_token_s.mid > 0.9 * 512 / 600);
}

/* 32 tokens read the weights as 512 do: neither the device's limit nor a decode step is beaten. */
static void a_short_prompt_reads_the_weights_once(void **state) {
    (void)state;
    judge_add(&c, WI_PHASE_decode, 0, 0, 12, 0, 0);
    judge_add(&c, WI_PHASE_prefill, 512, 0, 2000, 0, 0);
    c.targets.prompt_tokens = 32;
    const struct wi_verdict *v = judge(&c);
    assert_int_equal(v->basis_prefill, WI_BASIS_predicted);
    assert_near(v->first_token_s.mid, 1.0 / 12); /* by operations alone: 16 ms */
    assert_near(v->first_token_s.hi, 512 / (2000 * 0.96));
    judge_roofline(&c, 10, 20000); /* 1.4 GB: no pass takes less than 0.14 s */
    v = judge(&c);
    assert_true(v->first_token_s.lo > 0.13 && v->first_token_s.mid >= v->first_token_s.lo);
    c.list.count = 0; /* without the decode step the limit alone is the floor */
    judge_add(&c, WI_PHASE_prefill, 512, 0, 2000, 0, 0);
    v = judge(&c);
    assert_true(v->first_token_s.lo > 0.13 && v->first_token_s.mid == v->first_token_s.lo);
    assert_near(v->first_token_s.hi, 512 / (2000 * 0.96));
}

static void a_measured_pass_lifts_a_bound_that_it_beats(void **state) {
    (void)state;
    judge_add(&c, WI_PHASE_decode, 0, 0, 14, 0, 0);
    judge_add(&c, WI_PHASE_prefill, 512, 0, 2000, 0, 0);
    judge_roofline(&c, 1, 20000); /* says 1.4 s for any pass; 512 tokens took 0.26 s */
    c.targets.prompt_tokens = 32;
    const struct wi_verdict *v = judge(&c);
    assert_near(v->first_token_s.lo, 512 / (2000 * 0.96));
    assert_near(v->first_token_s.hi, 512 / (2000 * 0.96));
}

static void the_own_limit_of_a_row_grows_with_what_bounds_it(void **state) {
    (void)state;
    judge_add(&c, WI_PHASE_decode, 0, 0, 14, 0, 0);
    struct wi_evidence *e = judge_add(&c, WI_PHASE_prefill, 512, 0, 2000, 0, 0);
    e->m.bound = WI_BOUND_memory;
    e->m.roofline_fraction = wi_some_f64(0.5);
    c.targets.prompt_tokens = 256; /* as many weights */
    assert_true(judge(&c)->first_token_s.lo > 0.49 * 512 / 2000);
    e->m.bound = WI_BOUND_compute; /* half of the operations */
    assert_true(judge(&c)->first_token_s.lo < 0.49 * 512 / 2000);
}

static void a_longer_prompt_is_cut_into_pieces(void **state) {
    (void)state;
    judge_add(&c, WI_PHASE_decode, 0, 576, 14, 0, 0);
    judge_add(&c, WI_PHASE_prefill, 128, 0, 600, 0, 0);
    const struct wi_verdict *v = judge(&c);
    assert_int_equal(v->basis_prefill, WI_BASIS_predicted);
    assert_true(v->first_token_s.hi > 512 / (600 * 0.96));
    assert_true(v->first_token_s.hi < 1.1 * 512 / (600 * 0.96));
    assert_near(v->first_token_s.lo, 128 / (600 * 1.04));
}

static void the_order_of_rows_does_not_matter(void **state) {
    (void)state;
    struct wi_evidence copy[JUDGE_ROWS];
    for (int i = 0; i < 7; i++) {
        judge_add(&c, WI_PHASE_decode, 0, 576, 12 + i, 0.01, i);
        judge_add(&c, WI_PHASE_prefill, 512, 0, 500 + 10 * i, 0.01, i);
    }
    struct wi_verdict first = *judge(&c);
    char ids[JUDGE_ROWS][33];
    for (size_t i = 0; i < first.evidence_count; i++)
        snprintf(ids[i], sizeof ids[i], "%s", first.evidence[i]);
    memcpy(copy, c.rows, sizeof copy);
    for (size_t i = 0; i < c.list.count; i++)
        c.rows[i] = copy[(i * 5 + 3) % c.list.count];
    const struct wi_verdict *v = judge(&c);
    assert_string_equal(v->because, first.because);
    assert_int_equal(v->evidence_count, first.evidence_count);
    for (size_t i = 0; i < v->evidence_count; i++)
        assert_string_equal(v->evidence[i], ids[i]);
}

/* ---- what does not count ---- */

static void barred_evidence_is_listed_and_answers_nothing(void **state) {
    (void)state;
    measured(14, 600);
    c.rows[0].m.doubts = WI_DOUBT_BIT(WI_DOUBT_throttled);
    c.rows[1].software_id = "sw-before";
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, unknown);
    assert_int_equal(v->evidence_count, 0);
    assert_int_equal(v->not_counted_count, 2);
    assert_says(v->not_counted[0].reason, "throttled");
    assert_says(v->not_counted[1].reason, "changed since");
    assert_says(v->because, "None of the 2 measurements counts, the newest for this reason: ");
    assert_null(strstr(v->because, "not measured"));
    c.list.count = 1;
    assert_says(judge(&c)->because, "The one measurement does not count: ");
    c.rows[0].m.doubts = 0; /* one part counts, the other does not */
    c.list.count = 2;
    assert_says(judge(&c)->because, "Decode at 14 tok/s meets");
    assert_says(judge(&c)->because, "no measurement of the first token counts");
}

/* Removing rows never makes an answer surer: a yes or no that was not there before. */
static void removing_evidence_never_makes_a_yes_out_of_unknown(void **state) {
    (void)state;
    static const double decode[] = {3, 5.05, 9.9, 14}, prefill[] = {45, 55, 165, 600};
    for (size_t d = 0; d < 4; d++) {
        for (size_t p = 0; p < 4; p++) {
            again("gemma-2b", WI_FORMAT_q4_0);
            judge_roofline(&c, 14, 2000);
            measured(decode[d], prefill[p]);
            judge_add(&c, WI_PHASE_decode, 0, 4096, decode[d] * 0.9, 0.01, 0);
            judge_add(&c, WI_PHASE_prefill, 128, 0, prefill[p] * 0.9, 0.01, 0);
            struct wi_verdict all = *judge(&c);
            struct wi_evidence rows[4];
            memcpy(rows, c.rows, sizeof rows);
            for (unsigned keep = 0; keep < 16; keep++) {
                c.list.count = 0;
                for (unsigned i = 0; i < 4; i++)
                    if (keep >> i & 1)
                        c.rows[c.list.count++] = rows[i];
                const struct wi_verdict *v = judge(&c);
                bool yes = v->fast_enough == WI_TRI_yes;
                if (yes && all.fast_enough != WI_TRI_yes)
                    fail_msg("decode %g, prefill %g, rows %x: %s; with all: %s", decode[d],
                             prefill[p], keep, v->because, all.because);
            }
        }
    }
}

/* The same of a prompt that nobody measured, whose time is bounded and not known: no answer, yes or
 * no, that all the evidence together does not give. */
static void removing_evidence_never_decides_a_prediction(void **state) {
    (void)state;
    static const struct {
        double gb_per_s, decode, prefill; /* none beats the bandwidth: 1.4 GB a pass */
    } devices[] = {{4, 0.9, 45}, {4, 1.3, 50},   {4, 2.2, 600}, {60, 5.05, 165},
                   {60, 14, 45}, {60, 14, 4000}, {60, 40, 600}, {60, 40, 4000}};
    static const double targets[] = {0.05, 0.1, 0.3, 0.6, 1, 4};
    static const uint32_t prompts[] = {1, 32, 300, 700, 4000};
    for (size_t i = 0; i < WI_COUNT(devices) * 6 * 5; i++) {
        again("gemma-2b", WI_FORMAT_q4_0);
        judge_roofline(&c, devices[i % 8].gb_per_s, 20000);
        measured(devices[i % 8].decode, devices[i % 8].prefill);
        judge_add(&c, WI_PHASE_decode, 0, 4096, devices[i % 8].decode * 0.9, 0.01, 0);
        c.targets.usable_decode_tok_s = 1;
        c.targets.usable_first_token_s = targets[i / 8 % 6];
        c.targets.comfortable_first_token_s = targets[i / 8 % 6] / 2;
        c.targets.prompt_tokens = prompts[i / 48];
        struct wi_verdict all = *judge(&c);
        struct wi_evidence rows[3];
        memcpy(rows, c.rows, sizeof rows);
        for (unsigned keep = 0; keep < 8; keep++) {
            c.list.count = 0;
            for (unsigned k = 0; k < 3; k++)
                if (keep >> k & 1)
                    c.rows[c.list.count++] = rows[k];
            const struct wi_verdict *v = judge(&c);
            if (v->fast_enough != WI_TRI_unknown && v->fast_enough != all.fast_enough)
                fail_msg("prompt %u, rows %x: %s; with all: %s", c.targets.prompt_tokens, keep,
                         v->because, all.because);
        }
    }
}

/* ---- where ---- */

static void software_devices_never_answer_for_a_gpu(void **state) {
    (void)state;
    struct wi_pool pool = {.total_bytes = wi_some_u64(24 * WI_GIB)};
    struct wi_gpu gpu = judge_gpu("sw0", WI_GPU_software, WI_TRI_yes, &pool);
    c.inventory.gpus = &gpu;
    c.inventory.gpu_count = 1;
    measured(14, 600);
    for (size_t i = 0; i < 2; i++) {
        c.rows[i].m.key.compute_device_id = "sw0";
        c.rows[i].m.key.backend = WI_BACKEND_vulkan;
        c.rows[i].software_id = "sw-vk";
        c.rows[i].m.software = true;
    }
    assert_verdict(judge(&c), unknown);
    assert_string_equal(c.verdict.compute_device_id, "cpu0");
    c.request.compute_device_id = "sw0"; /* asked about itself it answers */
    assert_verdict(judge(&c), comfortable);
}

static void the_best_compute_device_answers(void **state) {
    (void)state;
    struct wi_pool pool = {.total_bytes = wi_some_u64(16 * WI_GIB), .device_local = true};
    struct wi_gpu gpu = judge_gpu("gpu0", WI_GPU_discrete, WI_TRI_no, &pool);
    c.inventory.gpus = &gpu;
    c.inventory.gpu_count = 1;
    measured(4.4, 600);
    judge_roofline(&c, 9, 20000);
    assert_verdict(judge(&c), unknown); /* the CPU is too slow, the GPU was not measured */
    assert_string_equal(c.verdict.compute_device_id, "gpu0");
    assert_says(c.verdict.because, "On cpu0 it is too slow");
    for (int i = 0; i < 2; i++) {
        struct wi_evidence *e = judge_add(&c, i ? WI_PHASE_prefill : WI_PHASE_decode, i ? 512 : 0,
                                          i ? 0 : 576, i ? 5000 : 90, 0.01, 1);
        e->m.key.compute_device_id = "gpu0";
        e->m.key.backend = WI_BACKEND_vulkan;
        e->software_id = "sw-vk";
    }
    assert_verdict(judge(&c), comfortable);
    assert_string_equal(c.verdict.compute_device_id, "gpu0");
    assert_string_equal(c.verdict.pool, "device memory");
    c.request.compute_device_id = "cpu0";
    assert_verdict(judge(&c), too_slow);
}

static void what_the_device_lacks_is_unsupported(void **state) {
    (void)state;
    measured(14, 600);
    for (size_t i = 0; i < 2; i++) {
        c.rows[i].m.status = WI_CASE_unsupported;
        c.rows[i].m.reason = "needs fp16, the device has none";
    }
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, unsupported);
    assert_int_equal(v->binding_limit, WI_LIMIT_feature);
    assert_says(v->because, "needs fp16");
}

static void a_refusal_of_something_else_is_no_refusal_of_the_model(void **state) {
    (void)state;
    struct wi_evidence *e = judge_add(&c, WI_PHASE_decode, 32, 8192, 14, 0.01, 0);
    e->m.status = WI_CASE_unsupported;
    e->m.reason = "a context of 8224 tokens: that of Gemma 2B is at most 8192";
    assert_verdict(judge(&c), unknown); /* 4096 were asked about */
    e->m.key.depth = 512;
    e->m.reason = "needs dotprod, the device has none";
    assert_verdict(judge(&c), unsupported);
    e->m.what_if = true;
    assert_verdict(judge(&c), unknown); /* an older chip would have none */
    e->m.what_if = false;
    e->software_id = "sw-before";
    assert_verdict(judge(&c), unknown); /* an update may have brought it */
    e->software_id = "sw-cpu";
    e->hardware_id = "hw-before";
    assert_verdict(judge(&c), unknown);
}

/* ---- encoders ---- */

static void encoders_are_judged_by_one_pass(void **state) {
    (void)state;
    again("distilbert-base", WI_FORMAT_f32);
    judge_add(&c, WI_PHASE_encode, 512, 0, 3000, 0.01, 0);
    const struct wi_verdict *v = judge(&c);
    assert_verdict(v, comfortable);
    assert_near(v->first_token_s.mid, 512.0 / 3000);
    assert_int_equal(v->basis_decode, WI_BASIS_none);
    assert_true(isnan(v->decode_tok_s.mid));
    assert_says(v->because, "A pass over 512 tokens in 171 ms meets 0.2 s");
    c.rows[0].m.tokens_per_s = (struct wi_rate){1000, 990, 1010, 1100};
    assert_verdict(judge(&c), usable);
}

static void an_engine_nobody_knows_is_refused(void **state) {
    (void)state;
    struct wi_err why = {0};
    c.request.engine = "nosuch";
    assert_int_equal(wi_verdict_derive(&c.request, c.arena, &c.verdict, &why), WI_USAGE);
    assert_says(why.message, "nosuch");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(gemma_7b_in_f32_does_not_fit_24_gib),
        T(without_evidence_the_fit_is_known_and_the_speed_is_not),
        T(a_missing_reading_is_unknown_and_never_no),
        T(the_largest_tensor_must_fit_one_buffer),
        T(a_longer_context_than_the_models_is_unsupported),
        T(undisclosed_models_are_refused_and_not_guessed),
        T(a_precision_without_kernel_answers_the_fit),
        T(comfortable_says_both_numbers_and_cites_both_rows),
        T(usable_lies_between_the_targets),
        T(a_bound_that_misses_is_a_no),
        T(a_good_kernel_that_misses_is_a_no),
        T(unpacking_is_no_reason_for_what_no_kernel_could),
        T(unpacking_is_named_where_our_kernels_speak),
        T(a_poor_kernel_that_misses_is_unknown),
        T(without_a_roofline_a_miss_is_unknown),
        T(a_row_that_knows_its_limit_may_speak),
        T(a_slow_first_token_is_named),
        T(usable_for_the_first_token_alone_names_it),
        T(an_interval_over_the_limit_is_borderline),
        T(half_a_measurement_is_no_answer),
        T(a_roofline_alone_can_say_no),
        T(a_no_by_a_limit_cites_the_row_of_the_limit),
        T(a_no_by_a_rows_own_limit_cites_no_roofline),
        T(the_newest_five_runs_count),
        T(between_two_depths_time_is_linear),
        T(beyond_the_last_depth_the_bound_is_honest),
        T(a_shorter_prompt_takes_at_most_as_long),
        T(a_short_prompt_reads_the_weights_once),
        T(a_measured_pass_lifts_a_bound_that_it_beats),
        T(the_own_limit_of_a_row_grows_with_what_bounds_it),
        T(a_longer_prompt_is_cut_into_pieces),
        T(the_order_of_rows_does_not_matter),
        T(barred_evidence_is_listed_and_answers_nothing),
        T(removing_evidence_never_makes_a_yes_out_of_unknown),
        T(removing_evidence_never_decides_a_prediction),
        T(software_devices_never_answer_for_a_gpu),
        T(the_best_compute_device_answers),
        T(what_the_device_lacks_is_unsupported),
        T(a_refusal_of_something_else_is_no_refusal_of_the_model),
        T(encoders_are_judged_by_one_pass),
        T(an_engine_nobody_knows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
