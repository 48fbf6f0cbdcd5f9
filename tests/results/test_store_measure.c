/* A measurement comes out of the database as it went in, and its samples can be read in SQL.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/results/store_fixture.h"

#include "results/store_db.h"

#include <math.h>

static struct wi_store *open_with_run(const char *name, char *path, size_t n) {
    struct wi_store *store = NULL;
    struct wi_inventory inventory;
    struct wi_run run;
    fresh_path(path, n, name);
    fixture_inventory(&inventory, "device-1");
    fixture_run(&run, "run-1", 1000);
    ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
    ok(wi_store_put_inventory(store, &inventory, run.id, 1000, err));
    ok(wi_store_put_run(store, &run, "device-1", err));
    return store;
}

static void same_text(const char *what, const char *a, const char *b) {
    if ((a == NULL) != (b == NULL) || (a && strcmp(a, b) != 0))
        fail_msg("%s: '%s' became '%s'", what, a ? a : "NULL", b ? b : "NULL");
}
static void same_bits(const char *what, double a, double b) {
    if (memcmp(&a, &b, sizeof(a)) != 0)
        fail_msg("%s: %.17g became %.17g", what, a, b);
}
#define TEXT(field) same_text(#field, a->field, b->field)
#define SAME(field) assert_int_equal(a->field, b->field)
/* Bit for bit. */
#define REAL(field) same_bits(#field, a->field, b->field)

static void same_measurement(const struct wi_measurement *a, const struct wi_measurement *b) {
    TEXT(id), TEXT(key.model->id), TEXT(key.model->hash);
    SAME(kind), SAME(key.precision), SAME(key.kv_precision), SAME(key.phase), SAME(key.tokens);
    SAME(key.depth), SAME(key.batch), SAME(key.backend);
    TEXT(key.compute_device_id), TEXT(key.cap), TEXT(reason), TEXT(arithmetic), TEXT(kernel);
    SAME(status), SAME(software), SAME(what_if), SAME(threads), SAME(huge_page_bytes);
    TEXT(thread_cpus), SAME(layers_run), SAME(layers_total), SAME(tokens_per_sample);
    SAME(passes), SAME(warmups), SAME(doubts), SAME(weight_bytes), SAME(bound), SAME(second);
    REAL(tokens_per_s.median), REAL(tokens_per_s.lo), REAL(tokens_per_s.hi);
    REAL(tokens_per_s.best), REAL(error), REAL(tolerance), REAL(bytes_per_token);
    REAL(flops_per_token), REAL(achieved_gb_per_s), REAL(achieved_gflop_per_s), REAL(wall_s);
    SAME(roofline_fraction.known), REAL(roofline_fraction.value);
    SAME(peak_memory_bytes.known), SAME(peak_memory_bytes.value);
    SAME(kernel_generation), SAME(seed), TEXT(worst_op), SAME(op_count), SAME(sample_count);
    for (size_t i = 0; i < a->op_count; i++) {
        TEXT(ops[i].op), TEXT(ops[i].kernel);
        REAL(ops[i].error), REAL(ops[i].tolerance), REAL(ops[i].quantisation);
    }
    SAME(doubt_note_count), SAME(beside_count);
    for (size_t i = 0; i < a->doubt_note_count; i++)
        SAME(doubt_notes[i].doubt), TEXT(doubt_notes[i].seen);
    for (size_t i = 0; i < a->beside_count; i++) {
        SAME(beside[i].what), REAL(beside[i].tokens_per_s.median);
        REAL(beside[i].tokens_per_s.lo), REAL(beside[i].tokens_per_s.hi);
        REAL(beside[i].tokens_per_s.best);
    }
    for (size_t i = 0; i < a->sample_count; i++) {
        SAME(samples[i].start_ns), SAME(samples[i].ns), SAME(samples[i].pass);
        SAME(samples[i].segment);
    }
}

static void a_measurement_comes_back_bit_for_bit(void **state) {
    (void)state;
    char path[64];
    struct wi_measurement in;
    struct wi_evidence_list list;
    struct wi_store *store = open_with_run("measure", path, sizeof(path));
    struct wi_arena *arena = wi_arena_create();
    fixture_measurement(&in, "m1");
    ok(wi_store_put_measurement(store, "run-1", "device-1", &in, err));
    ok(wi_store_close(store, err));
    ok(wi_store_open(path, WI_STORE_READ, &store, err));
    ok(wi_store_load_evidence(store, NULL, NULL, NULL, true, arena, &list, err));
    assert_int_equal(list.count, 1);
    same_measurement(&in, &list.items[0].m);
    assert_string_equal(list.items[0].run_id, "run-1");
    assert_string_equal(list.items[0].device_id, "device-1");
    assert_string_equal(list.items[0].software_id, "sw-cpu");
    assert_string_equal(list.items[0].hardware_id, "hw1");
    assert_int_equal(list.items[0].run_utc_ns, 1000);
    assert_int_equal(list.items[0].tool_built_utc_ns, 7);
    assert_null(list.items[0].excluded);
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

/* A row of an op is about no model: readers of models do not see it, nor the other way round. */
static void an_op_comes_back_by_itself(void **state) {
    (void)state;
    char path[64];
    struct wi_measurement in, model;
    struct wi_evidence_list list;
    struct wi_store *store = open_with_run("op", path, sizeof(path));
    struct wi_arena *arena = wi_arena_create();
    fixture_measurement(&model, "m1");
    fixture_measurement(&in, "m2");
    in.kind = WI_KIND_op;
    in.key.model = NULL;
    in.key.op = (struct wi_op_shape){"gemm", 128, 16384, 2048, 3};
    in.key.phase = WI_PHASE_prefill;
    in.key.tokens = 128;
    in.tokens_per_sample = 3 * 128;
    ok(wi_store_put_measurement(store, "run-1", "device-1", &model, err));
    ok(wi_store_put_measurement(store, "run-1", "device-1", &in, err));
    ok(wi_store_load_evidence(store, NULL, NULL, NULL, true, arena, &list, err));
    assert_int_equal(list.count, 1);
    assert_string_equal(list.items[0].m.id, "m1");
    ok(wi_store_load_ops(store, "device-1", "run-1", true, arena, &list, err));
    assert_int_equal(list.count, 1);
    struct wi_measurement *out = &list.items[0].m;
    assert_true(wi_same_op(&out->key.op, &in.key.op));
    assert_int_equal(out->key.op.matrices, 3);
    assert_null(out->key.model);
    in.key.depth = 0; /* not asked of an op */
    in.key.kv_precision = out->key.kv_precision;
    in.key.model = out->key.model = fixture_model();
    same_measurement(&in, out);
    assert_string_equal(list.items[0].software_id, "sw-cpu");
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

/* What somebody wrote who knows the columns only. */
static void an_op_that_names_none_is_refused(void **state) {
    (void)state;
    char path[64];
    struct wi_measurement in;
    struct wi_evidence_list list;
    struct wi_err why = {0};
    struct wi_store *store = open_with_run("op-none", path, sizeof(path));
    struct wi_arena *arena = wi_arena_create();
    fixture_measurement(&in, "m1");
    in.kind = WI_KIND_op;
    in.key.model = NULL;
    ok(wi_store_put_measurement(store, "run-1", "device-1", &in, err));
    assert_int_equal(wi_store_load_ops(store, NULL, NULL, true, arena, &list, &why), WI_CORRUPT);
    assert_non_null(strstr(why.message, "m1"));
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

/* A row that failed has no figures: NULL in SQL, as empty as before in C. */
static void a_failure_is_stored_without_figures(void **state) {
    (void)state;
    char path[64];
    struct wi_measurement in;
    struct wi_evidence_list list;
    struct wi_store *store = open_with_run("failure", path, sizeof(path));
    struct wi_arena *arena = wi_arena_create();
    fixture_measurement(&in, "m1");
    in = (struct wi_measurement){.key = in.key, .status = WI_CASE_crashed, .reason = "signal 11"};
    snprintf(in.id, sizeof(in.id), "m1");
    in.key.cap = NULL;
    ok(wi_store_put_measurement(store, "run-1", "device-1", &in, err));
    in.key.cap = "";
    ok(wi_store_load_evidence(store, NULL, "device-1", "run-1", true, arena, &list, err));
    assert_int_equal(list.count, 1);
    same_measurement(&in, &list.items[0].m);
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    ok(wi_store_prepare(store,
                        "SELECT count(*) FROM measurement WHERE tokens_per_s_median IS NULL AND "
                        "error IS NULL AND tolerance IS NULL AND weight_bytes IS NULL AND "
                        "achieved_gb_per_s IS NULL AND peak_memory_bytes IS NULL",
                        &stmt, err));
    ok(wi_store_step(store, stmt, &row, err));
    assert_int_equal(sqlite3_column_int(stmt, 0), 1);
    sqlite3_finalize(stmt);
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

static void the_sample_view_unpacks_every_sample(void **state) {
    (void)state;
    char path[64];
    struct wi_measurement in;
    struct wi_store *store = open_with_run("samples", path, sizeof(path));
    struct wi_sample odd[FIXTURE_SAMPLES];
    fixture_measurement(&in, "m1");
    memcpy(odd, in.samples, sizeof(odd));
    odd[3] = (struct wi_sample){UINT64_C(0x0123456789abcdef), UINT64_C(0x7edcba9876543210),
                                0xfedcba98u, WI_SEGMENT_all};
    in.samples = odd;
    ok(wi_store_put_measurement(store, "run-1", "device-1", &in, err));
    fixture_measurement(&in, "m0");
    in.samples = odd;
    in.sample_count = 1;
    ok(wi_store_put_measurement(store, "run-1", "device-1", &in, err));
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    ok(wi_store_prepare(store,
                        "SELECT i, start_ns, ns, pass, segment FROM sample "
                        "WHERE measurement_id = 'm1' ORDER BY i",
                        &stmt, err));
    for (int i = 0; i < FIXTURE_SAMPLES; i++) {
        ok(wi_store_step(store, stmt, &row, err));
        assert_true(row);
        assert_int_equal(sqlite3_column_int(stmt, 0), i);
        assert_true((uint64_t)sqlite3_column_int64(stmt, 1) == odd[i].start_ns);
        assert_true((uint64_t)sqlite3_column_int64(stmt, 2) == odd[i].ns);
        assert_int_equal(sqlite3_column_int64(stmt, 3), odd[i].pass);
        assert_string_equal((const char *)sqlite3_column_text(stmt, 4),
                            wi_segment_name((enum wi_segment_id)odd[i].segment));
    }
    ok(wi_store_step(store, stmt, &row, err));
    assert_false(row);
    sqlite3_finalize(stmt);
    ok(wi_store_close(store, err));
}

static void a_measurement_of_an_unknown_run_is_refused(void **state) {
    (void)state;
    char path[64];
    struct wi_measurement in;
    struct wi_err why = {0};
    struct wi_store *store = open_with_run("unknown-run", path, sizeof(path));
    fixture_measurement(&in, "m1");
    assert_int_equal(wi_store_put_measurement(store, "run-2", "device-1", &in, &why), WI_INTERNAL);
    assert_non_null(strstr(why.message, "run-2"));
    assert_int_equal(wi_store_put_measurement(store, "run-1", "device-2", &in, &why), WI_INTERNAL);
    ok(wi_store_put_measurement(store, "run-1", "device-1", &in, err));
    assert_int_not_equal(wi_store_put_measurement(store, "run-1", "device-1", &in, &why), WI_OK);
    assert_non_null(strstr(why.message, "already there"));
    ok(wi_store_close(store, err));
}

/* In SQL a ceiling is a row. */
static void sql_says(struct wi_store *store, const char *sql, const char *want) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    ok(wi_store_prepare(store, sql, &stmt, err));
    ok(wi_store_step(store, stmt, &row, err));
    assert_true(row);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), want);
    sqlite3_finalize(stmt);
}

static void ceilings_come_back_with_all_passes(void **state) {
    (void)state;
    char path[64];
    const uint64_t read_ns[] = {30, 10, 20}, unpack_ns[] = {UINT64_C(1) << 62, 7};
    const struct wi_ceiling ceilings[] = {{.id = WI_CEILING_read,
                                           .how = "4 streams, \"huge\" pages",
                                           .threads = 2,
                                           .work = 1234.5,
                                           .samples_ns = read_ns,
                                           .sample_count = 3},
                                          {.id = WI_CEILING_unpack,
                                           .how = "gemv_q4_0__cpu_avx2",
                                           .arithmetic = "f32",
                                           .precision = "q4_0",
                                           .phase = "decode",
                                           .threads = 1,
                                           .work = 1e300,
                                           .samples_ns = unpack_ns,
                                           .sample_count = 2}};
    struct wi_roofline in = {.backend = WI_BACKEND_cpu,
                             .compute_device_id = "cpu0",
                             .ceilings = ceilings,
                             .ceiling_count = 2},
                       *out = NULL;
    struct wi_store *store = open_with_run("ceilings", path, sizeof(path));
    struct wi_arena *arena = wi_arena_create();
    size_t n = 0;
    wi_roofline_sum_up(&in);
    ok(wi_store_put_roofline(store, "run-1", "device-1", &in, err));
    ok(wi_store_load_rooflines(store, "run-1", arena, &out, &n, err));
    assert_int_equal(n, 1);
    assert_int_equal(out->ceiling_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct wi_ceiling *a = &ceilings[i], *b = &out->ceilings[i];
        assert_int_equal(a->id, b->id);
        assert_string_equal(a->how, b->how);
        assert_true(a->threads == b->threads && a->work == b->work);
        assert_int_equal(a->sample_count, b->sample_count);
        assert_memory_equal(a->samples_ns, b->samples_ns, a->sample_count * sizeof(uint64_t));
    }
    assert_null(out->ceilings[0].arithmetic);
    assert_string_equal(out->ceilings[1].precision, "q4_0");
    assert_string_equal(out->ceilings[1].phase, "decode");
    sql_says(store, "SELECT group_concat(ceiling || ' ' || how || ' ' || unit, '; ') FROM ceiling",
             "read 4 streams, \"huge\" pages GB/s; unpack gemv_q4_0__cpu_avx2 GB/s");
    sql_says(store, "SELECT value = 1234.5 / 20 FROM ceiling WHERE i = 0", "1");
    sql_says(store, "SELECT samples_ns FROM ceiling WHERE i = 0", "[30,10,20]");
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

static void rooflines_come_back_and_the_newest_counts(void **state) {
    (void)state;
    char path[64];
    struct wi_roofline in = {.backend = WI_BACKEND_vulkan,
                             .compute_device_id = "gpu0",
                             .read_gb_per_s = wi_some_f64(50),
                             .peak_gflop_per_s_bf16 = {WI_KNOWN_not_applicable, 0},
                             .launch_us = wi_some_f64(0.1)};
    struct wi_roofline *out = NULL;
    struct wi_store *store = open_with_run("roofline", path, sizeof(path));
    struct wi_arena *arena = wi_arena_create();
    size_t n = 0;
    ok(wi_store_put_roofline(store, "run-1", "device-1", &in, err));
    in.backend = WI_BACKEND_cpu;
    in.compute_device_id = "cpu0";
    ok(wi_store_put_roofline(store, "run-1", "device-1", &in, err));
    ok(wi_store_load_rooflines(store, "run-1", arena, &out, &n, err));
    assert_int_equal(n, 2);
    assert_string_equal(out[0].compute_device_id, "cpu0");
    assert_int_equal(out[1].backend, WI_BACKEND_vulkan);
    assert_true(out[1].read_gb_per_s.value == 50 && out[1].launch_us.value == 0.1);
    assert_int_equal(out[1].copy_gb_per_s.known, WI_KNOWN_unknown);
    assert_int_equal(out[1].peak_gflop_per_s_bf16.known, WI_KNOWN_not_applicable);
    ok(wi_store_load_rooflines(store, "run-2", arena, &out, &n, err));
    assert_int_equal(n, 0);
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_measurement_comes_back_bit_for_bit),
        cmocka_unit_test(an_op_comes_back_by_itself),
        cmocka_unit_test(an_op_that_names_none_is_refused),
        cmocka_unit_test(a_failure_is_stored_without_figures),
        cmocka_unit_test(the_sample_view_unpacks_every_sample),
        cmocka_unit_test(a_measurement_of_an_unknown_run_is_refused),
        cmocka_unit_test(rooflines_come_back_and_the_newest_counts),
        cmocka_unit_test(ceilings_come_back_with_all_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
