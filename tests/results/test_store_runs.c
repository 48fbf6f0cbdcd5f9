/* Runs, conditions, annotations, devices: stored once, closed once, only annotated afterwards.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/results/store_fixture.h"

#include "results/store_db.h"

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

static void put_run(struct wi_store *store, const char *id, int64_t utc_ns) {
    struct wi_run run;
    fixture_run(&run, id, utc_ns);
    ok(wi_store_put_run(store, &run, "device-1", err));
}

static void put_measurement(struct wi_store *store, const char *run_id, const char *id) {
    struct wi_measurement m;
    fixture_measurement(&m, id);
    ok(wi_store_put_measurement(store, run_id, "device-1", &m, err));
}

static void annotate(struct wi_store *store, const char *kind, const char *target,
                     const char *action, const char *detail) {
    struct wi_annotation a = {kind, target, action, detail, "because", "me", 5};
    ok(wi_store_annotate(store, &a, NULL, err));
}

static void a_run_comes_back_with_its_labels(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("run");
    struct wi_arena *arena = wi_arena_create();
    struct wi_run_row *rows = NULL;
    struct wi_run want;
    size_t n = 0;
    put_run(store, "run-2", 2000);
    put_run(store, "run-1", 1000);
    ok(wi_store_load_runs(store, NULL, arena, &rows, &n, err));
    assert_int_equal(n, 2);
    fixture_run(&want, "run-1", 1000);
    const struct wi_run *got = &rows[0].run;
    assert_string_equal(got->id, want.id);
    assert_string_equal(rows[0].device_id, "device-1");
    assert_int_equal(got->started_utc_ns, want.started_utc_ns);
    assert_int_equal(got->finished_utc_ns, 0);
    assert_int_equal(got->started_mono_ns, want.started_mono_ns);
    assert_int_equal(got->tool_built_utc_ns, want.tool_built_utc_ns);
    assert_true(got->seed == UINT64_MAX);
    assert_string_equal(got->boot_id, want.boot_id);
    assert_string_equal(got->clock_sync, want.clock_sync);
    assert_string_equal(got->profile, want.profile);
    assert_string_equal(got->tool_version, want.tool_version);
    assert_string_equal(got->commit, want.commit);
    assert_string_equal(got->suite_hash, want.suite_hash);
    assert_string_equal(got->plan_hash, want.plan_hash);
    assert_string_equal(got->state, "open");
    assert_int_equal(got->label_count, 2);
    assert_string_equal(got->labels[0].key, "site");
    assert_string_equal(got->labels[0].value, "lab 3");
    assert_string_equal(got->labels[1].value, "");
    ok(wi_store_load_runs(store, "nobody", arena, &rows, &n, err));
    assert_int_equal(n, 0);
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

static void close_run(struct wi_store *store, const char *state, int64_t finished, int want) {
    struct wi_run run;
    struct wi_err why = {0};
    fixture_run(&run, "run-1", 1000);
    run.state = state;
    run.finished_utc_ns = finished;
    int got = wi_store_finish_run(store, &run, &why);
    if (got != want)
        fail_msg("closing as %s: %s %s", state, wi_status_name(got), why.message);
}

static void a_run_is_closed_once(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("close");
    struct wi_arena *arena = wi_arena_create();
    struct wi_run_row *rows = NULL;
    size_t n = 0;
    close_run(store, "finished", 5000, WI_NOT_FOUND);
    put_run(store, "run-1", 1000);
    close_run(store, "interrupted", 0, WI_OK);
    close_run(store, "finished", 5000, WI_OK); /* it was resumed */
    close_run(store, "finished", 6000, WI_INTERNAL);
    close_run(store, "open", 0, WI_INTERNAL);
    ok(wi_store_load_runs(store, NULL, arena, &rows, &n, err));
    assert_string_equal(rows[0].run.state, "finished");
    assert_int_equal(rows[0].run.finished_utc_ns, 5000);
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

static void a_run_needs_an_inventory(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("no-inventory");
    struct wi_run run;
    struct wi_err why = {0};
    fixture_run(&run, "run-1", 1000);
    assert_int_equal(wi_store_put_run(store, &run, "device-2", &why), WI_INTERNAL);
    assert_non_null(strstr(why.message, "inventory"));
    ok(wi_store_close(store, err));
}

static void the_newest_choice_of_a_device_is_found(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("tuning");
    struct wi_arena *arena = wi_arena_create();
    const struct wi_tuning_rival rivals[] = {{"0,1", {10, 9, 11, 12}}, {"0,1,2,3", {0, 0, 0, 0}}};
    struct wi_tuning t = {.backend = WI_BACKEND_cpu,
                          .compute_device_id = "cpu0",
                          .kernel_generation = 3,
                          .op = "decode",
                          .precision = WI_FORMAT_q4_0,
                          .shape_class = "gemma-2b",
                          .choice = "0,1",
                          .rivals = rivals,
                          .rival_count = 2};
    const char *choice = "?";
    put_run(store, "run-1", 1000);
    ok(wi_store_load_choice(store, "device-1", "cpu0", "decode", arena, &choice, err));
    assert_null(choice);
    ok(wi_store_put_tuning(store, "run-1", "device-1", &t, err));
    ok(wi_store_load_choice(store, "device-1", "cpu0", "decode", arena, &choice, err));
    assert_string_equal(choice, "0,1");
    ok(wi_store_load_choice(store, "device-1", "cpu0", "prefill", arena, &choice, err));
    assert_null(choice);
    /* 10 tokens a second are 1e8 ns each; what could not be measured is null */
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    ok(wi_store_prepare(store,
                        "SELECT rivals ->> '$[0].median_ns', rivals ->> '$[1].median_ns' IS NULL, "
                        "software_id FROM tuning",
                        &stmt, err));
    ok(wi_store_step(store, stmt, &row, err));
    assert_true(sqlite3_column_double(stmt, 0) == 1e8);
    assert_int_equal(sqlite3_column_int(stmt, 1), 1);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 2), "sw-cpu");
    sqlite3_finalize(stmt);
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

static void refused(struct wi_store *store, const char *sql, const char *says) {
    struct wi_err why = {0};
    if (wi_store_exec(store, sql, "try", &why) == WI_OK)
        fail_msg("%s was allowed (or the table is empty)", sql);
    if (!strstr(why.message, says))
        fail_msg("%s: '%s' does not say '%s'", sql, why.message, says);
}

/* The tables in which evidence stands, as the schema's triggers must guard them. */
static void evidence_is_never_changed_or_deleted(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("append-only");
    struct wi_conditions conditions = {1, {fixture_facts(), 5, 5}};
    struct wi_decision decision = {"gate", "policy", "pass", NULL, "{}", "{}", 7};
    put_run(store, "run-1", 1000);
    put_measurement(store, "run-1", "m1");
    ok(wi_store_put_conditions(store, "run-1", "before", &conditions, err));
    annotate(store, "run", "run-1", "resolve", NULL);
    ok(wi_store_put_decision(store, &decision, NULL, err));
    ok(wi_store_exec(
        store,
        "INSERT INTO tuning VALUES ('t','run-1','device-1','cpu0','s',1,'gemv','q4_0','x','y','');"
        "INSERT INTO engine_result (engine_result_id, device_id, engine, model, precision, phase,"
        " tokens, depth, batch, status, imported_utc_ns, source_name, source_sha256) VALUES"
        " ('e','d','llama.cpp','tiny','q4_0','decode',1,1,1,'ok',1,'f','h')",
        "fill", err));
    static const struct {
        const char *table, *column;
    } guarded[] = {
        {"inventory", "name"},      {"backend_state", "reason"}, {"cpu", "name"},
        {"cpu_kind", "name"},       {"cpu_cache", "bytes"},      {"gpu", "name"},
        {"gpu_pool", "pool_id"},    {"gpu_api", "platform"},     {"unopened_gpu", "name"},
        {"fact", "value"},          {"run", "profile"},          {"label", "value"},
        {"condition", "value"},     {"measurement", "error"},    {"tuning", "choice"},
        {"engine_result", "model"}, {"annotation", "reason"},    {"decision", "outcome"}};
    for (size_t i = 0; i < WI_COUNT(guarded); i++) {
        char sql[128];
        const char *table = guarded[i].table;
        snprintf(sql, sizeof(sql), "UPDATE %s SET %s = '7'", table, guarded[i].column);
        refused(store, sql, strcmp(table, "run") ? "never changed" : "only an open run");
        snprintf(sql, sizeof(sql), "DELETE FROM %s", table);
        refused(store, sql, "never deleted");
        snprintf(sql, sizeof(sql), "REPLACE INTO %s SELECT * FROM %s", table, table);
        refused(store, sql, "already there");
    }
    ok(wi_store_close(store, err));
}

static const char *excluded(struct wi_store *store, struct wi_arena *arena, const char *run_id) {
    struct wi_evidence_list list;
    ok(wi_store_load_evidence(store, NULL, NULL, run_id, false, arena, &list, err));
    assert_int_equal(list.count, 1);
    assert_null(list.items[0].m.samples);
    assert_int_equal(list.items[0].m.sample_count, FIXTURE_SAMPLES);
    return list.items[0].excluded;
}

static void an_annotation_excludes_a_row_its_run_or_its_device(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("exclude");
    struct wi_arena *arena = wi_arena_create();
    put_run(store, "run-1", 1000);
    put_run(store, "run-2", 2000);
    put_run(store, "run-3", 3000);
    put_measurement(store, "run-1", "m1");
    put_measurement(store, "run-2", "m2");
    put_measurement(store, "run-3", "m3");
    annotate(store, "measurement", "m1", "exclude", NULL);
    annotate(store, "run", "run-2", "exclude", NULL);
    annotate(store, "run", "run-3", "resolve", NULL);
    assert_string_equal(excluded(store, arena, "run-1"), "because");
    assert_string_equal(excluded(store, arena, "run-2"), "because");
    assert_null(excluded(store, arena, "run-3"));
    annotate(store, "device", "device-1", "exclude", NULL);
    assert_string_equal(excluded(store, arena, "run-3"), "because");
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

static void relabelling_shows_and_keeps_what_was_stored(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("relabel");
    struct wi_arena *arena = wi_arena_create();
    struct wi_run_row *rows = NULL;
    struct wi_device_row *devices = NULL;
    size_t n = 0;
    put_run(store, "run-1", 1000);
    annotate(store, "run", "run-1", "relabel", "site=lab 4");
    annotate(store, "run", "run-1", "relabel", "new=a=b");
    annotate(store, "device", "device-1", "relabel", "Asha's laptop");
    ok(wi_store_load_runs(store, NULL, arena, &rows, &n, err));
    assert_int_equal(rows[0].run.label_count, 3);
    assert_string_equal(rows[0].run.labels[0].value, "lab 4");
    assert_string_equal(rows[0].run.labels[2].key, "new");
    assert_string_equal(rows[0].run.labels[2].value, "a=b");
    ok(wi_store_list_devices(store, arena, &devices, &n, err));
    assert_int_equal(n, 1);
    assert_string_equal(devices[0].name, "Asha's laptop");
    assert_string_equal(devices[0].hardware_id, "hw1");
    assert_string_equal(devices[0].sku_id, "sku1");
    assert_null(devices[0].tier);
    assert_int_equal(devices[0].runs, 1);
    assert_int_equal(devices[0].last_seen_utc_ns, 1000);
    assert_false(devices[0].retired);
    annotate(store, "device", "device-1", "retire", NULL);
    ok(wi_store_list_devices(store, arena, &devices, &n, err));
    assert_true(devices[0].retired);
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

static void a_wrong_annotation_is_refused_with_what_is_allowed(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("annotate");
    static const struct {
        struct wi_annotation a;
        int status;
        const char *says;
    } wrong[] = {
        {{"runs", "x", "exclude", NULL, "r", "a", 1}, WI_USAGE, "measurement, run, device"},
        {{"run", "x", "delete", NULL, "r", "a", 1}, WI_USAGE, "exclude, relabel"},
        {{"run", "x", "exclude", NULL, " ", "a", 1}, WI_USAGE, "reason"},
        {{"run", "x", "exclude", NULL, "r", NULL, 1}, WI_USAGE, "author"},
        {{"run", "x", "relabel", NULL, "r", "a", 1}, WI_USAGE, "label"},
        {{"run", "x", "retire", NULL, "r", "a", 1}, WI_USAGE, "device"},
        {{"run", "nope", "exclude", NULL, "r", "a", 1}, WI_NOT_FOUND, "no run nope"},
    };
    for (size_t i = 0; i < WI_COUNT(wrong); i++) {
        struct wi_err why = {0};
        assert_int_equal(wi_store_annotate(store, &wrong[i].a, NULL, &why), wrong[i].status);
        if (!strstr(why.message, wrong[i].says))
            fail_msg("'%s' does not say '%s'", why.message, wrong[i].says);
    }
    ok(wi_store_close(store, err));
}

static void conditions_come_back_in_order(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("conditions");
    struct wi_arena *arena = wi_arena_create();
    struct wi_conditions first = {10, {fixture_facts(), 5, 5}},
                         second = {20, {fixture_facts() + 1, 1, 1}};
    struct wi_condition_row *rows = NULL;
    size_t n = 0;
    put_run(store, "run-1", 1000);
    ok(wi_store_put_conditions(store, "run-1", "before", &first, err));
    ok(wi_store_put_conditions(store, "run-1", "after", &second, err));
    ok(wi_store_load_conditions(store, "run-1", arena, &rows, &n, err));
    assert_int_equal(n, 2);
    assert_string_equal(rows[0].taken, "before");
    assert_int_equal(rows[0].conditions.at_ns, 10);
    assert_int_equal(rows[0].conditions.facts.count, 5);
    assert_string_equal(rows[0].conditions.facts.items[3].value, first.facts.items[3].value);
    assert_string_equal(rows[1].taken, "after");
    assert_int_equal(rows[1].conditions.facts.items[0].known, WI_KNOWN_denied);
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

static bool has_mains(struct wi_store *store, const char *run_id) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_evidence_list list;
    ok(wi_store_load_evidence(store, NULL, NULL, run_id, false, arena, &list, err));
    bool mains = list.items[0].has_mains;
    wi_arena_destroy(arena);
    return mains;
}

static void a_reading_says_whether_the_device_has_mains(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("mains");
    struct wi_fact none = {"power.mains", WI_KNOWN_not_applicable, NULL, "", "power_supply"};
    struct wi_fact off = {"power.mains", WI_KNOWN_known, "0", "", "power_supply"};
    struct wi_conditions without = {1, {&none, 1, 1}}, unplugged = {1, {&off, 1, 1}};
    struct wi_inventory inventory;
    put_run(store, "run-1", 1000);
    put_run(store, "run-2", 2000);
    put_measurement(store, "run-1", "m1");
    put_measurement(store, "run-2", "m2");
    ok(wi_store_put_conditions(store, "run-1", "before", &without, err));
    ok(wi_store_put_conditions(store, "run-2", "before", &unplugged, err));
    assert_false(has_mains(store, "run-1"));
    assert_true(has_mains(store, "run-2"));
    fixture_inventory(&inventory, "device-1");
    inventory.facts = (struct wi_facts){&none, 1, 1};
    ok(wi_store_put_inventory(store, &inventory, "run-3", 3000, err));
    put_run(store, "run-3", 3000);
    put_measurement(store, "run-3", "m3");
    assert_false(has_mains(store, "run-3"));
    ok(wi_store_close(store, err));
}

static int count_rows(void *state, int columns, const char *const *names, const char *const *values,
                      const int *types) {
    (void)columns, (void)names, (void)values, (void)types;
    ++*(int *)state;
    return WI_OK;
}

static void every_table_can_be_walked_and_no_other(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("tables");
    struct wi_err why = {0};
    int rows = 0;
    put_run(store, "run-1", 1000);
    put_measurement(store, "run-1", "m1");
    for (const char *const *t = wi_store_tables(); *t; t++)
        ok(wi_store_each_row(store, *t, count_rows, &rows, err));
    rows = 0;
    ok(wi_store_each_row(store, "sample", count_rows, &rows, err));
    assert_int_equal(rows, FIXTURE_SAMPLES);
    assert_int_equal(wi_store_each_row(store, "sqlite_schema", count_rows, &rows, &why), WI_USAGE);
    assert_non_null(strstr(why.message, "tier_feasibility"));
    ok(wi_store_close(store, err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_comes_back_with_its_labels),
        cmocka_unit_test(a_run_is_closed_once),
        cmocka_unit_test(a_run_needs_an_inventory),
        cmocka_unit_test(the_newest_choice_of_a_device_is_found),
        cmocka_unit_test(evidence_is_never_changed_or_deleted),
        cmocka_unit_test(an_annotation_excludes_a_row_its_run_or_its_device),
        cmocka_unit_test(relabelling_shows_and_keeps_what_was_stored),
        cmocka_unit_test(a_wrong_annotation_is_refused_with_what_is_allowed),
        cmocka_unit_test(conditions_come_back_in_order),
        cmocka_unit_test(a_reading_says_whether_the_device_has_mains),
        cmocka_unit_test(every_table_can_be_walked_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
