/* Databases that somebody or something broke: refused or read, never a crash, never a hang.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/results/store_exercise.h"
#include "tests/results/store_fixture.h"

#include "base/rng.h"
#include "results/store_db.h"

enum { BROKEN_FILES = 400 };

/* Opens what is there and asks everything; true when it was opened. A refusal has its sentence. */
static bool survive(const char *path) {
    struct wi_store *store = NULL;
    struct wi_err why = {0};
    int status = wi_store_open(path, WI_STORE_READ, &store, &why);
    if (status != WI_OK) {
        assert_true(strlen(why.message) > 10);
        return false;
    }
    exercise_store(store);
    wi_store_close(store, NULL);
    return true;
}

static void make_bytes(struct wi_buf *bytes, const char *name) {
    char path[64];
    fresh_path(path, sizeof(path), name);
    fixture_whole(path);
    ok(wi_os_read_file(path, 0, bytes, err));
}

static void flipped_bytes_are_survived(void **state) {
    (void)state;
    char path[64];
    struct wi_buf good = {0};
    struct wi_rng rng;
    int opened = 0;
    make_bytes(&good, "hostile-good");
    fresh_path(path, sizeof(path), "hostile-flip");
    assert_true(survive("hostile-good.db"));
    wi_rng_seed(&rng, 1);
    unsigned char *bad = malloc(good.size);
    assert_non_null(bad);
    for (int i = 0; i < BROKEN_FILES; i++) {
        memcpy(bad, good.data, good.size);
        uint64_t flips = 1 + wi_rng_below(&rng, 8);
        for (uint64_t f = 0; f < flips; f++) {
            /* Headers of pages decide most; aim at them half the time. */
            uint64_t at = wi_rng_below(&rng, good.size);
            if (f % 2)
                at = at / 4096 * 4096 + wi_rng_below(&rng, 64);
            bad[at] = (unsigned char)wi_rng_next(&rng);
        }
        ok(wi_os_write_file(path, bad, good.size, err));
        opened += survive(path);
    }
    print_message("%d of %d broken files could be opened\n", opened, BROKEN_FILES);
    assert_in_range(opened, 1, BROKEN_FILES - 1);
    free(bad);
    wi_buf_fini(&good);
}

static void truncated_files_are_survived(void **state) {
    (void)state;
    char path[64];
    struct wi_buf good = {0};
    make_bytes(&good, "hostile-whole");
    fresh_path(path, sizeof(path), "hostile-cut");
    for (size_t n = 0; n < good.size; n += n < 200 ? 7 : 1024 + n % 513) {
        ok(wi_os_write_file(path, good.data, n, err));
        survive(path);
    }
    wi_buf_fini(&good);
}

static void noise_behind_a_good_header_is_survived(void **state) {
    (void)state;
    char path[64];
    struct wi_buf good = {0};
    struct wi_rng rng;
    make_bytes(&good, "hostile-head");
    fresh_path(path, sizeof(path), "hostile-noise");
    wi_rng_seed(&rng, 2);
    for (int i = 0; i < 50; i++) {
        uint64_t keep = i % 2 ? 100 : 4096 * (1 + wi_rng_below(&rng, 8));
        for (size_t b = (size_t)keep; b < good.size; b++)
            good.data[b] = (char)wi_rng_next(&rng);
        ok(wi_os_write_file(path, good.data, good.size, err));
        survive(path);
    }
    wi_buf_fini(&good);
}

/* A file whose schema is right and whose rows are not: constraints can be switched off. */
static void edit(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    char *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    struct wi_buf script = {0};
    wi_buf_printf(&script,
                  "PRAGMA ignore_check_constraints = 1; BEGIN;"
                  "CREATE TEMP TABLE held AS SELECT name, sql FROM main.sqlite_schema "
                  "WHERE type = 'trigger' AND name IN ('measurement_no_update', 'run_no_update', "
                  "'gpu_pool_no_update', 'fact_no_update', 'cpu_no_update', 'label_no_update');"
                  "DROP TRIGGER measurement_no_update; DROP TRIGGER run_no_update;"
                  "DROP TRIGGER gpu_pool_no_update; DROP TRIGGER fact_no_update;"
                  "DROP TRIGGER cpu_no_update; DROP TRIGGER label_no_update; %s;",
                  sql);
    if (sqlite3_exec(db, wi_buf_str(&script), NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_stmt *stmt = NULL;
    sqlite3_prepare_v2(db, "SELECT sql FROM temp.held", -1, &stmt, NULL);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        assert_int_equal(
            sqlite3_exec(db, (const char *)sqlite3_column_text(stmt, 0), NULL, NULL, NULL),
            SQLITE_OK);
    sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    wi_buf_fini(&script);
    sqlite3_close(db);
}

static const char *const lies[] = {
    "UPDATE measurement SET sample_count = -1",
    "UPDATE measurement SET sample_count = 9223372036854775807",
    "UPDATE measurement SET samples = x'00'",
    "UPDATE measurement SET samples = zeroblob(100000)",
    "UPDATE measurement SET samples = replace(hex(samples), '0', 'F') || 'x' WHERE 0; "
    "UPDATE measurement SET samples = randomblob(length(samples))",
    "UPDATE measurement SET status = 'fine'",
    "UPDATE measurement SET precision = 'q3_z'",
    "UPDATE measurement SET precision = NULL",
    "UPDATE measurement SET threads = -5",
    "UPDATE measurement SET seed = 'x'",
    "UPDATE measurement SET doubts = 'noisy,,unheard'",
    "UPDATE measurement SET ops = 'no json'",
    "UPDATE measurement SET ops = '[1, null, \"x\", {\"op\": 3}]'",
    "UPDATE measurement SET model_hash = hex(randomblob(500))",
    "UPDATE measurement SET states = '====  peak_memory_bytes'",
    "UPDATE measurement SET peak_memory_bytes = NULL, states = 'peak_memory_bytes=known'",
    "UPDATE measurement SET measurement_id = hex(randomblob(50))",
    "UPDATE run SET suite_hash = hex(randomblob(50))",
    "UPDATE run SET seed = '99999999999999999999999'",
    "UPDATE run SET state = 'asleep'",
    "UPDATE gpu_pool SET gpu = 77",
    "UPDATE fact SET gpu = 0, api = 9, position = position + 100 WHERE gpu = -1",
    "UPDATE fact SET state = ''",
    "UPDATE cpu SET isa = 'avx2,magic'",
    "UPDATE cpu SET cores = 99999999999",
    "DELETE FROM device_tier; INSERT INTO device_tier VALUES ('d', 'entry', NULL, 0, NULL, '{', "
    "'1', 't', 'c')",
    "UPDATE feasibility SET evidence = '[null]'",
    "UPDATE feasibility SET not_counted = '{\"a\": 1}'",
    "UPDATE feasibility SET weights_bytes = -7, total_bytes = NULL",
    "UPDATE feasibility SET verdict = 'maybe'",
    "UPDATE tier_feasibility SET devices = -1",
};

static void rows_that_lie_are_survived(void **state) {
    (void)state;
    char path[64];
    for (size_t i = 0; i < WI_COUNT(lies); i++) {
        fresh_path(path, sizeof(path), "hostile-lie");
        fixture_whole(path);
        edit(path, lies[i]);
        if (!survive(path))
            fail_msg("%s: was not even opened", lies[i]);
    }
}

/* What verify is for: each of these has to be found. */
static void verify_finds_what_was_changed(void **state) {
    (void)state;
    static const struct {
        const char *sql, *says;
    } changes[] = {
        {"UPDATE measurement SET tokens_per_s_median = 1e9 WHERE measurement_id = 'm1'",
         "measurement m1 is not what was stored"},
        {"UPDATE measurement SET samples = zeroblob(length(samples)) WHERE measurement_id = 'm1'",
         "content hash"},
        {"UPDATE measurement SET sample_count = 3 WHERE measurement_id = 'm1'", "3 samples"},
        {"UPDATE run SET inventory_id = 'gone'", "missing"},
        {"CREATE TABLE guest (x)", "table guest"},
        {"CREATE TRIGGER thief AFTER INSERT ON fact BEGIN SELECT 1; END", "trigger thief"},
        {"UPDATE gpu_pool SET gpu = 77", "GPU"},
        {"UPDATE fact SET state = 'asleep'", "fact whose state makes no sense"},
        {"UPDATE feasibility SET verdict = 'maybe'", "feasibility whose verdict"},
    };
    char path[64];
    for (size_t i = 0; i < WI_COUNT(changes); i++) {
        struct wi_store *store = NULL;
        struct wi_arena *arena = wi_arena_create();
        struct wi_verify_finding *findings = NULL;
        size_t n = 0;
        bool said = false;
        fresh_path(path, sizeof(path), "hostile-verify");
        fixture_whole(path);
        edit(path, changes[i].sql);
        ok(wi_store_open(path, WI_STORE_READ, &store, err));
        ok(wi_store_verify(store, arena, &findings, &n, err));
        for (size_t f = 0; f < n; f++)
            said = said || strstr(findings[f].what, changes[i].says);
        if (!said)
            fail_msg("%s: %zu findings, the first '%s', none says '%s'", changes[i].sql, n,
                     n ? findings[0].what : "", changes[i].says);
        ok(wi_store_close(store, err));
        wi_arena_destroy(arena);
    }
}

/* Hashes agree in rows that were wrong when they were stored. */
static void verify_reckons_rates_anew(void **state) {
    (void)state;
    struct wi_measurement m;
    struct wi_store *store = NULL;
    struct wi_arena *arena = wi_arena_create();
    struct wi_verify_finding *findings = NULL;
    struct wi_rate rate;
    char path[64];
    size_t n = 0;
    fresh_path(path, sizeof(path), "hostile-rates");
    fixture_whole(path);
    ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
    fixture_measurement(&m, "m2");
    rate = m.tokens_per_s;
    m.tokens_per_s.median *= 1.001;
    m.achieved_gb_per_s *= 1.001;
    m.achieved_gflop_per_s *= 1.001;
    ok(wi_store_put_measurement(store, "run-1", "device-1", &m, err));
    fixture_measurement(&m, "m3");
    m.achieved_gflop_per_s += 1;
    ok(wi_store_put_measurement(store, "run-1", "device-1", &m, err));
    fixture_measurement(&m, "m4");
    m.tokens_per_s.lo = rate.hi;
    ok(wi_store_put_measurement(store, "run-1", "device-1", &m, err));
    fixture_measurement(&m, "m5");
    m.samples = NULL;
    m.sample_count = 0;
    ok(wi_store_put_measurement(store, "run-1", "device-1", &m, err));
    fixture_measurement(&m, "m6");
    m.sample_count -= 1; /* the last pass has no head */
    ok(wi_store_put_measurement(store, "run-1", "device-1", &m, err));
    fixture_measurement(&m, "m7");
    m.status = WI_CASE_crashed;
    m.tokens_per_s = (struct wi_rate){0, 0, 0, 0};
    m.achieved_gb_per_s = m.achieved_gflop_per_s = 0;
    ok(wi_store_put_measurement(store, "run-1", "device-1", &m, err));
    ok(wi_store_verify(store, arena, &findings, &n, err));
    static const char *const says[] = {
        "measurement m2 says ",
        "measurement m3 says ",
        "measurement m4: a median of ",
        "measurement m5 says ",
        "measurement m6: its rate does not follow",
    };
    static const char *const what[] = {"its samples say", "Gflop/s", "lies outside of",
                                       "holds no samples", "segments of a pass"};
    for (size_t i = 0; i < n && i < WI_COUNT(says); i++)
        if (!strstr(findings[i].what, says[i]) || !strstr(findings[i].what, what[i]))
            fail_msg("'%s' does not say '%s'", findings[i].what, what[i]);
    assert_int_equal(n, WI_COUNT(says));
    ok(wi_store_close(store, err));
    wi_arena_destroy(arena);
}

static void verify_finds_nothing_in_a_good_file(void **state) {
    (void)state;
    char path[64];
    struct wi_store *store = NULL;
    struct wi_arena *arena = wi_arena_create();
    struct wi_verify_finding *findings = NULL;
    size_t n = 0;
    fresh_path(path, sizeof(path), "hostile-none");
    fixture_whole(path);
    ok(wi_store_open(path, WI_STORE_READ, &store, err));
    ok(wi_store_verify(store, arena, &findings, &n, err));
    if (n)
        fail_msg("%s", findings[0].what);
    ok(wi_store_close(store, err));
    wi_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flipped_bytes_are_survived),
        cmocka_unit_test(truncated_files_are_survived),
        cmocka_unit_test(noise_behind_a_good_header_is_survived),
        cmocka_unit_test(rows_that_lie_are_survived),
        cmocka_unit_test(verify_finds_what_was_changed),
        cmocka_unit_test(verify_reckons_rates_anew),
        cmocka_unit_test(verify_finds_nothing_in_a_good_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
