/* Derived rows: all or nothing, the same bytes from the same evidence, back as they went in.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/results/store_fixture.h"

#include "results/store_derived.h"

#include <math.h>

static const struct wi_derived_by by = {"1", "tiers-hash", "catalogue-hash"};
static const char *const evidence[] = {"m1", "m2"};
static const struct wi_not_counted not_counted[] = {{"m3", "on \"battery\""}};
static struct wi_footprint_item items[] = {{"weights/attention", 1000}, {"kv_cache", 24}};
static struct wi_footprint footprint = {1000, 24,    3, 4, 1031, 1031, 0, 900, "token_embd.weight",
                                        1234, items, 2};

static void fixture_verdict(struct wi_verdict *v, enum wi_format_id precision) {
    *v = (struct wi_verdict){
        .model = fixture_model(),
        .precision = precision,
        .engine = "reference",
        .claim = "ceiling",
        .device_id = "device-1",
        .compute_device_id = "cpu0",
        .targets = {512, 128, 4096, 1, WI_FORMAT_f16, 5, 10, 10, 3, 1, 0.2},
        .verdict = WI_VERDICT_usable,
        .borderline = true,
        .fits = WI_TRI_yes,
        .fast_enough = WI_TRI_unknown,
        .binding_limit = WI_LIMIT_bandwidth,
        .because = "it's 7.3 tok/s",
        .basis_fit = WI_BASIS_measured,
        .basis_decode = WI_BASIS_predicted,
        .evidence = evidence,
        .evidence_count = 2,
        .not_counted = not_counted,
        .not_counted_count = 1,
        .footprint = &footprint,
        .pool = "system memory",
        .budget_bytes = wi_some_u64(4096),
        .largest_allowed_bytes = {WI_KNOWN_not_applicable, 0},
        .decode_tok_s = {7.1, 7.3, 7.3000000000000007},
        .prefill_tok_s = {NAN, NAN, NAN},
        .first_token_s = {0.1, 0.2, 0.3},
    };
}

static void fixture_cell(struct wi_matrix_cell *cell, const char *tier,
                         enum wi_format_id precision) {
    *cell = (struct wi_matrix_cell){.tier = tier,
                                    .model = fixture_model(),
                                    .precision = precision,
                                    .context = 4096,
                                    .engine = "reference",
                                    .claim = "ceiling",
                                    .verdict = WI_VERDICT_comfortable,
                                    .devices = 3,
                                    .skus = 2,
                                    .feasible = 1,
                                    .infeasible = 1,
                                    .unknown = 0,
                                    .share = {0.1, 0.5, 0.9},
                                    .decode_p10 = 1.0 / 3,
                                    .decode_median = NAN,
                                    .first_token_p10 = 1,
                                    .first_token_median = 2,
                                    .by_definition = true,
                                    .evidence = evidence,
                                    .evidence_count = 2};
}

static const struct wi_tier tiers[] = {
    {"minimal",
     {WI_KNOWN_not_applicable, 0},
     {WI_KNOWN_not_applicable, 0},
     {WI_KNOWN_not_applicable, 0},
     "no 2B model is usable"},
    {"entry", {WI_KNOWN_known, 2300}, {WI_KNOWN_known, 5}, {WI_KNOWN_known, 51.2}, "usable"},
};

static void put_all(struct wi_store *store, const char *tier) {
    struct wi_tier_file file = {.name = "default",
                                .ruler = fixture_model(),
                                .ruler_precision = WI_FORMAT_q4_0,
                                .prefill_tokens = 512,
                                .decode_depth = 512,
                                .tiers = tiers,
                                .tier_count = 2};
    struct wi_tier_result result = {tier, "cpu0", true, "2 tok/s", evidence, 2};
    struct wi_verdict verdict;
    struct wi_matrix_cell cell;
    ok(wi_store_derived_put_tier(store, &file, 0, err));
    ok(wi_store_derived_put_tier(store, &file, 1, err));
    ok(wi_store_derived_put_device_tier(store, "device-1", &result, err));
    fixture_verdict(&verdict, WI_FORMAT_q4_0);
    ok(wi_store_derived_put_feasibility(store, &verdict, err));
    fixture_verdict(&verdict, WI_FORMAT_f32);
    verdict.footprint = NULL;
    ok(wi_store_derived_put_feasibility(store, &verdict, err));
    fixture_cell(&cell, "entry", WI_FORMAT_bf16);
    ok(wi_store_derived_put_tier_feasibility(store, &cell, err));
    fixture_cell(&cell, "entry", WI_FORMAT_f16);
    ok(wi_store_derived_put_tier_feasibility(store, &cell, err));
    fixture_cell(&cell, "minimal", WI_FORMAT_q8_0);
    ok(wi_store_derived_put_tier_feasibility(store, &cell, err));
}

static struct wi_store *open_fresh(const char *name) {
    char path[64];
    struct wi_store *store = NULL;
    struct wi_inventory inventory;
    fresh_path(path, sizeof(path), name);
    fixture_inventory(&inventory, "device-1");
    ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
    ok(wi_store_put_inventory(store, &inventory, "", 1000, err));
    return store;
}

static int append_row(void *state, int columns, const char *const *names, const char *const *values,
                      const int *types) {
    (void)names;
    for (int i = 0; i < columns; i++)
        wi_buf_printf(state, "%d:%s|", types[i], values[i] ? values[i] : "");
    wi_buf_putc(state, '\n');
    return WI_OK;
}

static void dump_derived(struct wi_store *store, struct wi_buf *out) {
    static const char *const derived[] = {"tier", "device_tier", "feasibility", "tier_feasibility"};
    wi_buf_clear(out);
    for (size_t i = 0; i < WI_COUNT(derived); i++)
        ok(wi_store_each_row(store, derived[i], append_row, out, err));
}

static void deriving_twice_gives_the_same_bytes(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("derive-twice");
    struct wi_buf once = {0}, twice = {0};
    ok(wi_store_derived_begin(store, &by, err));
    put_all(store, "entry");
    ok(wi_store_derived_commit(store, err));
    dump_derived(store, &once);
    ok(wi_store_derived_begin(store, &by, err));
    put_all(store, "entry");
    ok(wi_store_derived_commit(store, err));
    dump_derived(store, &twice);
    assert_non_null(strstr(wi_buf_str(&once), "it's 7.3 tok/s"));
    assert_string_equal(wi_buf_str(&once), wi_buf_str(&twice));
    wi_buf_fini(&once);
    wi_buf_fini(&twice);
    ok(wi_store_close(store, err));
}

static void rolling_back_keeps_what_was_there(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("derive-rollback");
    struct wi_buf before = {0}, after = {0};
    struct wi_verdict verdict;
    struct wi_err why = {0};
    ok(wi_store_derived_begin(store, &by, err));
    put_all(store, "entry");
    ok(wi_store_derived_commit(store, err));
    dump_derived(store, &before);
    ok(wi_store_derived_begin(store, &by, err));
    dump_derived(store, &after);
    assert_string_equal(wi_buf_str(&after), "");
    wi_store_derived_rollback(store);
    dump_derived(store, &after);
    assert_string_equal(wi_buf_str(&before), wi_buf_str(&after));
    fixture_verdict(&verdict, WI_FORMAT_q4_0);
    assert_int_equal(wi_store_derived_put_feasibility(store, &verdict, &why), WI_INTERNAL);
    assert_int_equal(wi_store_derived_commit(store, &why), WI_INTERNAL);
    wi_buf_fini(&before);
    wi_buf_fini(&after);
    ok(wi_store_close(store, err));
}

static void real_same(const char *what, double a, double b) {
    if (!(isnan(a) && isnan(b)) && memcmp(&a, &b, sizeof(a)) != 0)
        fail_msg("%s: %.17g became %.17g", what, a, b);
}
#define REAL(field) real_same(#field, a->field, b->field)
#define SAME(field) assert_int_equal(a->field, b->field)
#define TEXT(field) assert_string_equal(a->field, b->field)

static void same_verdict(const struct wi_verdict *a, const struct wi_verdict *b) {
    TEXT(model->id), TEXT(model->hash), TEXT(engine), TEXT(claim), TEXT(device_id);
    TEXT(compute_device_id), TEXT(because), TEXT(pool);
    SAME(precision), SAME(targets.prompt_tokens), SAME(targets.output_tokens);
    SAME(targets.context), SAME(targets.batch), SAME(targets.kv_precision);
    REAL(targets.usable_decode_tok_s), REAL(targets.usable_first_token_s);
    REAL(targets.comfortable_decode_tok_s), REAL(targets.comfortable_first_token_s);
    REAL(targets.usable_encode_s), REAL(targets.comfortable_encode_s);
    SAME(verdict), SAME(borderline), SAME(fits), SAME(fast_enough), SAME(binding_limit);
    SAME(basis_fit), SAME(basis_decode), SAME(basis_prefill), SAME(evidence_count);
    SAME(not_counted_count), SAME(budget_bytes.known), SAME(budget_bytes.value);
    SAME(available_now_bytes.known), SAME(largest_allowed_bytes.known);
    REAL(decode_tok_s.lo), REAL(decode_tok_s.mid), REAL(decode_tok_s.hi);
    REAL(prefill_tok_s.lo), REAL(prefill_tok_s.mid), REAL(prefill_tok_s.hi);
    REAL(first_token_s.lo), REAL(first_token_s.mid), REAL(first_token_s.hi);
    for (size_t i = 0; i < a->evidence_count; i++)
        TEXT(evidence[i]);
    for (size_t i = 0; i < a->not_counted_count; i++)
        TEXT(not_counted[i].measurement_id), TEXT(not_counted[i].reason);
}

static void same_footprint(const struct wi_footprint *a, const struct wi_footprint *b) {
    SAME(weights_bytes), SAME(kv_cache_bytes), SAME(compute_bytes), SAME(overhead_bytes);
    SAME(total_bytes), SAME(load_peak_bytes), SAME(reclaimable_bytes), SAME(largest_tensor_bytes);
    TEXT(largest_tensor), SAME(file_bytes), SAME(item_count);
    for (size_t i = 0; i < a->item_count; i++)
        TEXT(items[i].name), SAME(items[i].bytes);
}

static void verdicts_come_back_as_they_went_in(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("verdicts");
    struct wi_arena *arena = wi_arena_create();
    struct wi_feasibility_row *rows = NULL;
    struct wi_verdict want;
    size_t n = 0;
    ok(wi_store_derived_begin(store, &by, err));
    put_all(store, "entry");
    ok(wi_store_derived_commit(store, err));
    ok(wi_load_feasibility(store, NULL, arena, &rows, &n, err));
    assert_int_equal(n, 2);
    fixture_verdict(&want, WI_FORMAT_f32);
    same_verdict(&want, &rows[0].verdict);
    assert_null(rows[0].verdict.footprint);
    fixture_verdict(&want, WI_FORMAT_q4_0);
    same_verdict(&want, &rows[1].verdict);
    same_footprint(&footprint, rows[1].verdict.footprint);
    assert_string_equal(rows[1].tier, "entry");
    assert_string_equal(rows[1].device_name, "Dell XPS");
    assert_string_equal(rows[1].sku_id, "sku1");
    ok(wi_load_feasibility_of(store, NULL, rows[1].device_id, arena, &rows, &n, err));
    assert_int_equal(n, 2);
    ok(wi_load_feasibility_of(store, NULL, "nobody's", arena, &rows, &n, err));
    assert_int_equal(n, 0);
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

static void same_cell(const struct wi_matrix_cell *a, const struct wi_matrix_cell *b) {
    TEXT(tier), TEXT(model->id), TEXT(engine), TEXT(claim);
    SAME(precision), SAME(context), SAME(verdict), SAME(devices), SAME(skus), SAME(feasible);
    SAME(infeasible), SAME(unknown), SAME(by_definition), SAME(evidence_count), SAME(stale);
    REAL(share.lo), REAL(share.mid), REAL(share.hi), REAL(decode_p10), REAL(decode_median);
    REAL(first_token_p10), REAL(first_token_median);
    for (size_t i = 0; i < a->evidence_count; i++)
        TEXT(evidence[i]);
}

static void the_matrix_comes_in_order_of_tier_and_precision(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("matrix");
    struct wi_arena *arena = wi_arena_create();
    struct wi_matrix_cell *cells = NULL, want;
    struct wi_device_tier_row *device_tiers = NULL;
    size_t n = 0;
    ok(wi_store_derived_begin(store, &by, err));
    put_all(store, "entry");
    ok(wi_store_derived_commit(store, err));
    ok(wi_store_load_matrix(store, NULL, arena, &cells, &n, err));
    assert_int_equal(n, 3);
    fixture_cell(&want, "minimal", WI_FORMAT_q8_0);
    same_cell(&want, &cells[0]);
    fixture_cell(&want, "entry", WI_FORMAT_f16);
    same_cell(&want, &cells[1]);
    fixture_cell(&want, "entry", WI_FORMAT_bf16);
    same_cell(&want, &cells[2]);
    ok(wi_load_device_tiers(store, arena, &device_tiers, &n, err));
    assert_int_equal(n, 1);
    assert_string_equal(device_tiers[0].tier.id, "entry");
    assert_string_equal(device_tiers[0].tier.because, "2 tok/s");
    assert_true(device_tiers[0].tier.borderline);
    assert_int_equal(device_tiers[0].tier.evidence_count, 2);
    assert_string_equal(device_tiers[0].device_name, "Dell XPS");
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

static void a_changed_tier_leaves_a_decision(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("tier-change");
    struct wi_buf rows = {0};
    const char *const history[] = {"entry", "entry", "mid"};
    for (size_t i = 0; i < WI_COUNT(history); i++) {
        ok(wi_store_derived_begin(store, &by, err));
        put_all(store, history[i]);
        ok(wi_store_derived_commit(store, err));
        wi_buf_clear(&rows);
        ok(wi_store_each_row(store, "decision", append_row, &rows, err));
        assert_int_equal(rows.size > 0, i == 2);
    }
    assert_non_null(strstr(wi_buf_str(&rows), "\"before\":\"entry\",\"after\":\"mid\""));
    wi_buf_fini(&rows);
    ok(wi_store_close(store, err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deriving_twice_gives_the_same_bytes),
        cmocka_unit_test(rolling_back_keeps_what_was_there),
        cmocka_unit_test(verdicts_come_back_as_they_went_in),
        cmocka_unit_test(the_matrix_comes_in_order_of_tier_and_precision),
        cmocka_unit_test(a_changed_tier_leaves_a_decision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
