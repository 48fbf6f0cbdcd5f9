/* Derive: evidence -> derived rows, the same bytes each time, from evidence alone.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/results/judge_fixture.h"

static const char *const derived[] = {"tier", "device_tier", "feasibility", "tier_feasibility"};
static struct wi_tier_file *tiers;
static struct wi_arena *arena;
static int64_t now_ns = INT64_C(1700000000000000000);

static int set_up(void **state) {
    (void)state;
    arena = wi_arena_create();
    ok(wi_tiers_load(NULL, judge_catalogue(), &tiers, err));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    wi_tiers_destroy(tiers);
    wi_arena_destroy(arena);
    return 0;
}

static struct wi_store *fresh(const char *name) {
    char path[64];
    struct wi_store *store = NULL;
    fresh_path(path, sizeof path, name);
    ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
    return store;
}

static void put_device(struct wi_store *store, const char *device, const char *sku,
                       const char *software) {
    struct wi_inventory inv = judge_desktop();
    inv.identity.device_id = device;
    inv.identity.sku_id = sku;
    inv.identity.software_id[WI_BACKEND_cpu] = software;
    ok(wi_store_put_inventory(store, &inv, "", now_ns += 1000000000, err));
}

static void put_row(struct wi_store *store, const char *run, const char *device,
                    enum wi_phase phase, double tok_s) {
    struct wi_measurement m;
    fixture_measurement(&m, "");
    wi_store_new_id(now_ns += 1000000, m.id);
    m.key.model = judge_model("gemma-2b");
    m.key.phase = phase;
    m.key.tokens = phase == WI_PHASE_decode ? 32 : 512;
    m.key.depth = phase == WI_PHASE_decode ? 512 : 0;
    m.key.cap = "";
    m.what_if = false;
    m.doubts = 0;
    m.kernel_generation = 2;
    m.tokens_per_s = (struct wi_rate){tok_s, tok_s * 0.99, tok_s * 1.01, tok_s};
    m.bound = WI_BOUND_unknown;
    m.roofline_fraction.known = WI_KNOWN_unknown;
    ok(wi_store_put_measurement(store, run, device, &m, err));
}

/* A weigh-in of the ruler. Its inventory comes first: that says which software it ran on. */
static void put_run(struct wi_store *store, const char *id, const char *device, const char *sku,
                    const char *software, double decode, double prefill) {
    struct wi_inventory inv = judge_desktop();
    struct wi_run run;
    struct wi_roofline roofline = {.backend = WI_BACKEND_cpu,
                                   .compute_device_id = "cpu0",
                                   .read_gb_per_s = wi_some_f64(decode * 2),
                                   .peak_gflop_per_s_int8 = wi_some_f64(prefill * 6)};
    inv.identity.device_id = device;
    inv.identity.sku_id = sku;
    inv.identity.software_id[WI_BACKEND_cpu] = software;
    fixture_run(&run, id, now_ns += 1000000000);
    ok(wi_store_put_inventory(store, &inv, id, now_ns, err));
    ok(wi_store_put_run(store, &run, device, err));
    ok(wi_store_put_roofline(store, id, device, &roofline, err));
    put_row(store, id, device, WI_PHASE_decode, decode);
    put_row(store, id, device, WI_PHASE_prefill, prefill);
}

static void derive(struct wi_store *store) {
    ok(wi_derive(store, judge_catalogue(), tiers, wi_rules_default(), err));
}

/* ---- looking at it ---- */

static int append_row(void *state, int columns, const char *const *names, const char *const *values,
                      const int *types) {
    (void)names;
    for (int i = 0; i < columns; i++)
        wi_buf_printf(state, "%d:%s|", types[i], values[i] ? values[i] : "");
    wi_buf_putc(state, '\n');
    return WI_OK;
}

static char *dump(struct wi_store *store) {
    struct wi_buf out = {0};
    for (size_t i = 0; i < WI_COUNT(derived); i++)
        ok(wi_store_each_row(store, derived[i], append_row, &out, err));
    char *text = wi_arena_strdup(arena, wi_buf_str(&out));
    wi_buf_fini(&out);
    return text;
}

static struct wi_verdict ruler_verdict(struct wi_store *store, const char *device) {
    struct wi_feasibility_row *rows = NULL;
    size_t n = 0;
    ok(wi_load_feasibility(store, judge_catalogue(), arena, &rows, &n, err));
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].device_id, device) == 0 &&
            strcmp(rows[i].verdict.model->id, "gemma-2b") == 0 &&
            rows[i].verdict.precision == WI_FORMAT_q4_0)
            return rows[i].verdict;
    fail_msg("%s: no verdict about the ruler", device);
    return (struct wi_verdict){0};
}

static const char *tier_of(struct wi_store *store, const char *device) {
    struct wi_device_tier_row *rows = NULL;
    size_t n = 0;
    ok(wi_load_device_tiers(store, arena, &rows, &n, err));
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].device_id, device) == 0)
            return rows[i].tier.id;
    return NULL;
}

static struct wi_matrix_cell ruler_cell(struct wi_store *store, const char *tier) {
    struct wi_matrix_cell *cells = NULL;
    size_t n = 0;
    ok(wi_store_load_matrix(store, judge_catalogue(), arena, &cells, &n, err));
    for (size_t i = 0; i < n; i++)
        if (strcmp(cells[i].tier, tier) == 0 && cells[i].by_definition)
            return cells[i];
    fail_msg("no cell about the ruler in tier %s", tier);
    return (struct wi_matrix_cell){0};
}

/* ---- the same bytes ---- */

static void deleting_derived_rows_and_deriving_gives_the_same_bytes(void **state) {
    (void)state;
    struct wi_store *store = fresh("derive-bytes");
    struct wi_derived_by by = {"x", "y", "z"};
    put_run(store, "run-1", "device-1", "sku1", "sw", 29, 2000);
    put_run(store, "run-2", "device-1", "sku1", "sw", 28.2, 2000);
    put_run(store, "run-3", "device-2", "sku2", "sw", 7, 100);
    derive(store);
    const char *once = dump(store);
    assert_says(once, "gemma-2b");
    derive(store);
    assert_string_equal(dump(store), once);
    ok(wi_store_derived_begin(store, &by, err)); /* empties them */
    ok(wi_store_derived_commit(store, err));
    assert_string_equal(dump(store), "");
    derive(store);
    assert_string_equal(dump(store), once);
    ok(wi_store_close(store, err));
}

static void what_was_derived_between_leaves_no_trace(void **state) {
    (void)state;
    struct wi_store *each = fresh("derive-each"), *last = fresh("derive-last");
    static const double decode[] = {29, 28, 27, 29, 29.5, 28};
    int64_t start = now_ns;
    struct wi_store *const stores[] = {each, last};
    for (size_t s = 0; s < 2; s++) {
        now_ns = start;
        for (size_t i = 0; i < WI_COUNT(decode); i++) {
            char id[16];
            snprintf(id, sizeof id, "run-%zu", i);
            put_run(stores[s], id, "device-1", "sku1", "sw", decode[i], 2000);
            if (s == 0)
                derive(each);
        }
    }
    derive(last);
    assert_string_equal(tier_of(each, "device-1"), tier_of(last, "device-1"));
    ok(wi_store_close(each, err));
    ok(wi_store_close(last, err));
}

static void no_devices_give_no_rows_but_the_tiers(void **state) {
    (void)state;
    struct wi_store *store = fresh("derive-empty");
    struct wi_feasibility_row *rows = NULL;
    size_t n = 1;
    derive(store);
    ok(wi_load_feasibility(store, judge_catalogue(), arena, &rows, &n, err));
    assert_int_equal(n, 0);
    assert_says(dump(store), "ultra");
    ok(wi_store_close(store, err));
}

/* ---- what the rows say ---- */

static void rows_cite_what_counted_and_what_did_not(void **state) {
    (void)state;
    struct wi_store *store = fresh("derive-cites");
    put_run(store, "run-1", "device-1", "sku1", "sw", 14, 400);
    derive(store);
    struct wi_verdict v = ruler_verdict(store, "device-1");
    assert_verdict(&v, comfortable);
    assert_int_equal(v.evidence_count, 2);
    assert_int_equal(v.not_counted_count, 0);
    assert_string_equal(v.compute_device_id, "cpu0");
    assert_string_equal(tier_of(store, "device-1"), "mid");
    put_device(store, "device-1", "sku1", "sw, updated"); /* a probe after an update */
    derive(store);
    v = ruler_verdict(store, "device-1");
    assert_verdict(&v, unknown);
    assert_int_equal(v.evidence_count, 0);
    assert_int_equal(v.not_counted_count, 2);
    assert_says(v.not_counted[0].reason, "software under cpu changed since");
    assert_string_equal(tier_of(store, "device-1"), "unrated");
    ok(wi_store_close(store, err));
}

static void every_kernel_precision_of_every_runnable_model_is_asked(void **state) {
    (void)state;
    struct wi_store *store = fresh("derive-all");
    struct wi_feasibility_row *rows = NULL;
    size_t n = 0, want = 0;
    for (size_t i = 0; i < judge_catalogue()->model_count; i++)
        if (judge_catalogue()->models[i]->disclosed && !judge_catalogue()->models[i]->unrunnable)
            want += 5;
    put_device(store, "device-1", "sku1", "sw");
    derive(store);
    ok(wi_load_feasibility(store, judge_catalogue(), arena, &rows, &n, err));
    assert_int_equal(n, want);
    for (size_t i = 0; i < n; i++) {
        const struct wi_verdict *v = &rows[i].verdict;
        if (!v->because || v->because[0] == '\0' || v->evidence_count > 0 ||
            v->verdict >= WI_VERDICT_too_slow)
            fail_msg("%s: %s: %s", v->model->id, wi_verdict_name(v->verdict), v->because);
    }
    ok(wi_store_close(store, err));
}

static void annotations_withdraw_and_the_tier_follows(void **state) {
    (void)state;
    struct wi_store *store = fresh("derive-annotate");
    struct wi_buf rows = {0};
    put_run(store, "run-1", "device-1", "sku1", "sw", 14, 400);
    put_run(store, "run-2", "device-1", "sku1", "sw", 60, 4000);
    put_run(store, "run-3", "device-1", "sku1", "sw", 60, 4000);
    derive(store);
    assert_string_equal(tier_of(store, "device-1"), "mid"); /* the interval spans all runs */
    struct wi_annotation a = {"run", "run-1", "exclude", NULL, "wrong governor", "me", 1};
    ok(wi_store_annotate(store, &a, NULL, err));
    derive(store);
    assert_string_equal(tier_of(store, "device-1"), "ultra");
    struct wi_verdict v = ruler_verdict(store, "device-1");
    assert_int_equal(v.evidence_count, 4);
    assert_int_equal(v.not_counted_count, 2);
    assert_says(v.not_counted[0].reason, "wrong governor");
    ok(wi_store_each_row(store, "decision", append_row, &rows, err));
    assert_says(wi_buf_str(&rows), "\"before\":\"mid\",\"after\":\"ultra\"");
    wi_buf_fini(&rows);
    ok(wi_store_close(store, err));
}

/* ---- shares ---- */

static void shares_count_types_of_device(void **state) {
    (void)state;
    struct wi_store *store = fresh("derive-shares");
    put_run(store, "run-1", "device-1", "sku1", "sw", 14, 400);
    put_run(store, "run-2", "device-2", "sku1", "sw", 15, 400);
    put_run(store, "run-3", "device-3", "sku1", "sw", 16, 400);
    put_run(store, "run-4", "device-4", "sku2", "sw", 12, 400);
    put_run(store, "run-5", "device-5", "sku3", "sw", 6, 80);
    put_device(store, "device-6", "sku4", "sw");
    derive(store);
    struct wi_matrix_cell cell = ruler_cell(store, "mid");
    assert_int_equal(cell.devices, 4);
    assert_int_equal(cell.skus, 2);
    assert_int_equal(cell.feasible, 2);
    assert_int_equal(cell.verdict, WI_VERDICT_comfortable);
    assert_near(cell.share.mid, 1);
    assert_near(cell.share.lo, wi_stat_wilson(2, 2).lo);
    assert_int_equal(cell.evidence_count, 8);
    assert_true(cell.decode_p10 < 12.1 && cell.decode_median < 14.1);
    cell = ruler_cell(store, "entry");
    assert_int_equal(cell.devices, 1);
    assert_int_equal(cell.verdict, WI_VERDICT_usable);
    cell = ruler_cell(store, "unrated");
    assert_int_equal(cell.unknown, 1);
    assert_int_equal(cell.feasible, 0);
    assert_int_equal(cell.verdict, WI_VERDICT_unknown);
    ok(wi_store_close(store, err));
}

static void a_retired_device_leaves_the_shelf(void **state) {
    (void)state;
    struct wi_store *store = fresh("derive-retired");
    struct wi_annotation a = {"device", "device-2", "retire", NULL, "broken", "me", 1};
    put_run(store, "run-1", "device-1", "sku1", "sw", 14, 400);
    put_run(store, "run-2", "device-2", "sku2", "sw", 15, 400);
    ok(wi_store_annotate(store, &a, NULL, err));
    derive(store);
    assert_int_equal(ruler_cell(store, "mid").devices, 1);
    assert_string_equal(tier_of(store, "device-2"), "mid");
    ok(wi_store_close(store, err));
}

/* Takes each case of each device away in turn: nothing becomes feasible that was not. */
static void withdrawing_evidence_never_makes_a_cell_feasible(void **state) {
    (void)state;
    static const double decode[] = {14, 5.02, 2.5};
    for (size_t gone = 0; gone < 3; gone++) {
        char name[32], run[16];
        snprintf(name, sizeof name, "derive-monotone-%zu", gone);
        struct wi_store *store = fresh(name);
        for (size_t i = 0; i < 3; i++) {
            char device[16], sku[16];
            snprintf(device, sizeof device, "device-%zu", i);
            snprintf(sku, sizeof sku, "sku-%zu", i);
            snprintf(run, sizeof run, "run-%zu", i);
            put_run(store, run, device, sku, "sw", decode[i], 400);
        }
        derive(store);
        bool before[3], after[3];
        for (size_t i = 0; i < 3; i++) {
            snprintf(run, sizeof run, "device-%zu", i);
            before[i] = ruler_verdict(store, run).fast_enough == WI_TRI_yes;
        }
        snprintf(run, sizeof run, "run-%zu", gone);
        struct wi_annotation a = {"run", run, "exclude", NULL, "test", "me", 1};
        ok(wi_store_annotate(store, &a, NULL, err));
        derive(store);
        for (size_t i = 0; i < 3; i++) {
            snprintf(run, sizeof run, "device-%zu", i);
            after[i] = ruler_verdict(store, run).fast_enough == WI_TRI_yes;
            assert_true(before[i] || !after[i]);
        }
        assert_false(after[gone]);
        ok(wi_store_close(store, err));
    }
}

static void a_tier_change_is_noted_even_when_derived_rows_were_deleted(void **state) {
    (void)state;
    struct wi_store *store = fresh("derive-decision");
    struct wi_derived_by by = {"x", "y", "z"};
    struct wi_buf rows = {0};
    put_run(store, "run-1", "device-1", "sku1", "sw", 6, 80);
    derive(store);
    put_run(store, "run-2", "device-1", "sku1", "sw2", 14, 400);
    derive(store); /* entry -> mid: a decision */
    ok(wi_store_derived_begin(store, &by, err));
    ok(wi_store_derived_commit(store, err));
    put_run(store, "run-3", "device-1", "sku1", "sw3", 60, 4000);
    derive(store);
    ok(wi_store_each_row(store, "decision", append_row, &rows, err));
    assert_says(wi_buf_str(&rows), "\"before\":\"entry\",\"after\":\"mid\"");
    assert_says(wi_buf_str(&rows), "\"before\":\"mid\",\"after\":\"ultra\"");
    wi_buf_fini(&rows);
    ok(wi_store_close(store, err));
}

/* The same device in a bad moment: half of everything. */
static void the_best_that_was_seen_of_a_limit_is_the_limit(void **state) {
    (void)state;
    struct wi_store *store = fresh("derive-limits");
    struct wi_inventory inv = judge_desktop();
    struct wi_evidence_list evidence;
    struct wi_roofline *lines = NULL;
    size_t n = 0;
    put_run(store, "run-1", "device-1", "sku1", "old", 30, 600);
    put_run(store, "run-2", "device-1", "sku1", "sw", 14, 400);
    put_run(store, "run-3", "device-1", "sku1", "sw", 7, 200);
    inv.identity.device_id = "device-1";
    inv.identity.software_id[WI_BACKEND_cpu] = "sw";
    ok(wi_store_load_evidence(store, judge_catalogue(), "device-1", NULL, false, arena, &evidence,
                              err));
    ok(wi_rooflines_load(store, &inv, &evidence, arena, &lines, &n, err));
    assert_int_equal(n, 1);
    assert_true(lines[0].read_gb_per_s.value == 28); /* of run-2; run-1 ran on other software */
    assert_true(lines[0].peak_gflop_per_s_int8.value == 2400);
    struct wi_roofline *of_run = NULL;
    ok(wi_store_load_rooflines(store, "run-2", arena, &of_run, &n, err));
    assert_string_equal(lines[0].rows.read, of_run[0].rows.read);
    assert_string_equal(lines[0].rows.int8, of_run[0].rows.read);
    ok(wi_store_close(store, err));
}

/* 14 tok/s were measured, of at most 28: a 7B model of f16 cannot be usable, and the row that shows
 * it is cited, until somebody withdraws it. */
static void a_limit_that_is_withdrawn_says_no_to_nothing(void **state) {
    (void)state;
    struct wi_store *store = fresh("derive-withdrawn");
    struct wi_feasibility_row *rows = NULL;
    struct wi_roofline *limits = NULL;
    size_t n = 0, limit_count = 0, no = 0;
    put_run(store, "run-1", "device-1", "sku1", "sw", 14, 400);
    derive(store);
    ok(wi_store_load_rooflines(store, "run-1", arena, &limits, &limit_count, err));
    ok(wi_load_feasibility(store, judge_catalogue(), arena, &rows, &n, err));
    for (size_t i = 0; i < n; i++) {
        const struct wi_verdict *v = &rows[i].verdict;
        if (v->verdict != WI_VERDICT_too_slow)
            continue;
        no++;
        assert_int_equal(v->evidence_count, 1);
        assert_string_equal(v->evidence[0], limits[0].rows.read);
    }
    assert_true(no > 10);
    struct wi_annotation a = {
        "measurement", limits[0].rows.read, "exclude", NULL, "one module of memory", "me", 1};
    ok(wi_store_annotate(store, &a, NULL, err));
    derive(store);
    ok(wi_load_feasibility(store, judge_catalogue(), arena, &rows, &n, err));
    for (size_t i = 0; i < n; i++)
        if (rows[i].verdict.verdict == WI_VERDICT_too_slow)
            fail_msg("%s: %s", rows[i].verdict.model->id, rows[i].verdict.because);
    ok(wi_store_close(store, err));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(deleting_derived_rows_and_deriving_gives_the_same_bytes),
        T(what_was_derived_between_leaves_no_trace),
        T(no_devices_give_no_rows_but_the_tiers),
        T(rows_cite_what_counted_and_what_did_not),
        T(every_kernel_precision_of_every_runnable_model_is_asked),
        T(annotations_withdraw_and_the_tier_follows),
        T(shares_count_types_of_device),
        T(a_retired_device_leaves_the_shelf),
        T(withdrawing_evidence_never_makes_a_cell_feasible),
        T(a_tier_change_is_noted_even_when_derived_rows_were_deleted),
        T(the_best_that_was_seen_of_a_limit_is_the_limit),
        T(a_limit_that_is_withdrawn_says_no_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
