/* The schema, the enumerations of record.h and docs/database.md say the same.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/results/store_fixture.h"

#include "base/stats.h"
#include "results/store_db.h"
#include "results/store_names.h"
#include "results/store_samples.h"

#include <math.h>

static struct wi_store *open_fresh(const char *name) {
    char path[64];
    struct wi_store *store = NULL;
    fresh_path(path, sizeof(path), name);
    ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
    return store;
}

static void read_source(const char *file, struct wi_buf *text) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", WEIGHIN_SOURCE_DIR, file);
    ok(wi_os_read_file(path, 0, text, err));
}

/* ---- enumerations ---- */

#define LIST(table, column, names)                                                                 \
    { table, column, names, WI_COUNT(names) }
static const char *const run_states[] = {"open", "finished", "interrupted"};
static const char *const arch_names[] = {"decoder", "encoder"};
static const char *const annotation_kinds[] = {"measurement", "run", "device"};
static const char *const actions[] = {"exclude", "relabel", "resolve", "retire"};
static const char *const decision_kinds[] = {"gate", "tier_change"};
static const struct {
    const char *table, *column;
    const char *const *names;
    size_t count;
} lists[] = {
    LIST("inventory", "form", wi_form_names),
    LIST("backend_state", "backend", wi_backend_names),
    LIST("backend_state", "status", wi_case_status_names),
    LIST("gpu", "type", wi_gpu_type_names),
    LIST("gpu_api", "api", wi_backend_names),
    LIST("fact", "state", wi_known_names),
    LIST("run", "state", run_states),
    LIST("condition", "state", wi_known_names),
    LIST("measurement", "kind", wi_kind_names),
    LIST("measurement", "phase", wi_phase_names),
    LIST("measurement", "backend", wi_backend_names),
    LIST("measurement", "status", wi_case_status_names),
    LIST("measurement", "bound", wi_bound_names),
    LIST("measurement", "second_bound", wi_bound_names),
    LIST("engine_result", "phase", wi_phase_names),
    LIST("engine_result", "status", wi_case_status_names),
    LIST("annotation", "kind", annotation_kinds),
    LIST("annotation", "action", actions),
    LIST("decision", "kind", decision_kinds),
    LIST("model", "arch", arch_names),
    LIST("feasibility", "verdict", wi_verdict_names),
    LIST("feasibility", "binding_limit", wi_limit_names),
    LIST("feasibility", "basis_fit", wi_basis_names),
    LIST("feasibility", "basis_decode", wi_basis_names),
    LIST("feasibility", "basis_prefill", wi_basis_names),
    LIST("tier_feasibility", "verdict", wi_verdict_names),
};

/* Definition of an object, without blanks, so that line breaks in it do not matter. */
static void definition(struct wi_store *store, const char *name, struct wi_buf *out) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    wi_buf_clear(out);
    ok(wi_store_prepare(store, "SELECT sql FROM sqlite_schema WHERE name = ?1", &stmt, err));
    wi_bind_text(stmt, 1, name);
    ok(wi_store_step(store, stmt, &row, err));
    assert_true(row);
    for (const char *s = (const char *)sqlite3_column_text(stmt, 0); *s; s++)
        if (*s != ' ' && *s != '\n')
            wi_buf_putc(out, *s);
    sqlite3_finalize(stmt);
}

static size_t count_of(const char *text, const char *word) {
    size_t n = 0;
    for (const char *s = text; (s = strstr(s, word)); s += strlen(word))
        n++;
    return n;
}

static void the_schemas_enumerations_are_those_of_the_records(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("schema-enums");
    struct wi_buf text = {0}, want = {0};
    size_t checked = 0, present = 0;
    for (size_t i = 0; i < WI_COUNT(lists); i++) {
        wi_buf_clear(&want);
        wi_buf_printf(&want, "CHECK(%sIN(", lists[i].column);
        for (size_t n = 0; n < lists[i].count; n++)
            wi_buf_printf(&want, "%s'%s'", n ? "," : "", lists[i].names[n]);
        wi_buf_puts(&want, "))");
        definition(store, lists[i].table, &text);
        if (!strstr(wi_buf_str(&text), wi_buf_str(&want)))
            fail_msg("%s has no %s", lists[i].table, wi_buf_str(&want));
        checked++;
    }
    /* And no enumeration in the schema is without its list here. */
    for (const char *const *t = wi_store_tables(); *t; t++) {
        definition(store, *t, &text);
        present +=
            count_of(wi_buf_str(&text), "IN('") - count_of(wi_buf_str(&text), "CHECK(kindNOTIN('");
    }
    assert_int_equal(checked, present);
    wi_buf_fini(&text);
    wi_buf_fini(&want);
    ok(wi_store_close(store, err));
}

static void the_sample_view_knows_every_segment(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("schema-segments");
    struct wi_buf text = {0};
    definition(store, "sample", &text);
    for (unsigned i = 0; i < WI_SEGMENT_COUNT; i++) {
        char want[64];
        snprintf(want, sizeof(want), "WHEN'%02X'THEN'%s'", i, wi_segment_names[i]);
        if (!strstr(wi_buf_str(&text), want))
            fail_msg("the view has no %s", want);
    }
    assert_int_equal(count_of(wi_buf_str(&text), "WHEN'"), WI_SEGMENT_COUNT);
    definition(store, "measurement", &text);
    assert_int_equal(WI_SAMPLE_BYTES, 21);
    assert_non_null(strstr(wi_buf_str(&text), "length(samples)=21*sample_count"));
    wi_buf_fini(&text);
    ok(wi_store_close(store, err));
}

static void every_table_and_view_can_be_named(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("schema-tables");
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    size_t known = 0, there = 0;
    for (const char *const *t = wi_store_tables(); *t; t++)
        known++;
    ok(wi_store_prepare(store, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')",
                        &stmt, err));
    while (wi_store_step(store, stmt, &row, NULL) == WI_OK && row) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        bool named = false;
        for (const char *const *t = wi_store_tables(); *t; t++)
            named = named || strcmp(*t, name) == 0;
        if (!named)
            fail_msg("%s is not in store_tables.h", name);
        there++;
    }
    sqlite3_finalize(stmt);
    assert_int_equal(known, there);
    ok(wi_store_close(store, err));
}

/* ---- the document ---- */

/* "| `name` | type | is |" lines of a table as "name type" lines, from the schema. */
static void columns_of(struct wi_store *store, const char *table, struct wi_buf *out) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    ok(wi_store_prepare(store,
                        "SELECT c.name, iif(s.type = 'view', '', c.type), c.pk FROM "
                        "pragma_table_info(?1) AS c JOIN sqlite_schema AS s ON s.name = ?1 "
                        "ORDER BY c.cid",
                        &stmt, err));
    wi_bind_text(stmt, 1, table);
    while (wi_store_step(store, stmt, &row, NULL) == WI_OK && row) {
        const char *type = (const char *)sqlite3_column_text(stmt, 1);
        bool key = sqlite3_column_int(stmt, 2) > 0;
        wi_buf_printf(out, "| `%s` |%s%s%s |\n", (const char *)sqlite3_column_text(stmt, 0),
                      *type ? " " : "", type, key ? ", key" : "");
    }
    sqlite3_finalize(stmt);
}

/* The same lines from the section "### `table`" of the document. */
static void columns_documented(const char *document, const char *table, struct wi_buf *out) {
    char heading[64];
    snprintf(heading, sizeof(heading), "\n### `%s`\n", table);
    const char *at = strstr(document, heading);
    if (!at)
        fail_msg("docs/database.md does not describe %s", table);
    at += strlen(heading);
    const char *end = strstr(at, "\n### ");
    end = end ? end : at + strlen(at);
    for (const char *line = strchr(at, '\n'); line && line < end; line = strchr(line + 1, '\n')) {
        if (strncmp(line, "\n| `", 4) != 0)
            continue;
        const char *type = strchr(line + 3, '|'), *is = strchr(type + 1, '|');
        wi_buf_append(out, line + 1, (size_t)(is + 1 - line - 1));
        wi_buf_putc(out, '\n');
        if (strncmp(is, "|  |", 4) == 0 || strncmp(is, "| |", 3) == 0)
            fail_msg("%s: a column is not explained: %.40s", table, line + 1);
    }
}

static void the_document_lists_every_column(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("schema-docs");
    struct wi_buf document = {0}, have = {0}, said = {0};
    size_t tables = 0;
    read_source("docs/database.md", &document);
    for (const char *const *t = wi_store_tables(); *t; t++, tables++) {
        wi_buf_clear(&have);
        wi_buf_clear(&said);
        columns_of(store, *t, &have);
        columns_documented(wi_buf_str(&document), *t, &said);
        assert_string_equal(wi_buf_str(&said), wi_buf_str(&have));
    }
    assert_int_equal(count_of(wi_buf_str(&document), "\n### `"), tables);
    wi_buf_fini(&document);
    wi_buf_fini(&have);
    wi_buf_fini(&said);
    ok(wi_store_close(store, err));
}

static void every_query_of_the_document_runs(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("schema-queries");
    struct wi_buf document = {0};
    struct wi_arena *arena = wi_arena_create();
    int queries = 0;
    read_source("docs/database.md", &document);
    for (const char *s = wi_buf_str(&document); (s = strstr(s, "```sql\n")); queries++) {
        const char *end = strstr(s + 7, "```");
        assert_non_null(end);
        ok(wi_store_exec(store, wi_arena_strndup(arena, s + 7, (size_t)(end - s - 7)),
                         "run a documented query", err));
        s = end + 3;
    }
    assert_true(queries >= 4);
    wi_arena_destroy(arena);
    wi_buf_fini(&document);
    ok(wi_store_close(store, err));
}

/* ---- tokens per second from samples ---- */

/* SEMANTICS "From some layers to all", in C. */
static double tokens_per_s(const struct wi_measurement *m) {
    const struct wi_model *model = m->key.model;
    double total_ns = 0, ns[FIXTURE_SAMPLES];
    for (unsigned segment = 0; segment < WI_SEGMENT_COUNT; segment++) {
        double times = segment == WI_SEGMENT_global  ? wi_model_layer_count(model, WI_LAYER_global)
                       : segment == WI_SEGMENT_local ? wi_model_layer_count(model, WI_LAYER_local)
                                                     : 1;
        size_t n = 0;
        for (size_t i = 0; i < m->sample_count; i++)
            if (m->samples[i].segment == segment)
                ns[n++] = (double)m->samples[i].ns;
        total_ns += n ? times * wi_stat_median(ns, n) : 0;
    }
    return m->tokens_per_sample * 1e9 / total_ns;
}

static struct wi_store *open_with_run(const char *name) {
    struct wi_store *store = open_fresh(name);
    struct wi_inventory inventory;
    struct wi_run run;
    fixture_inventory(&inventory, "device-1");
    fixture_run(&run, "run-1", 1000);
    ok(wi_store_put_inventory(store, &inventory, "", 1000, err));
    ok(wi_store_put_run(store, &run, "device-1", err));
    return store;
}

static void put(struct wi_store *store, struct wi_measurement *m, const char *id) {
    snprintf(m->id, sizeof(m->id), "%s", id);
    m->tokens_per_s.median = tokens_per_s(m);
    ok(wi_store_put_measurement(store, "run-1", "device-1", m, err));
}

static void the_documented_query_gives_the_rows_median(void **state) {
    (void)state;
    struct wi_store *store = open_with_run("schema-rate");
    struct wi_measurement m;
    struct wi_sample whole[4];
    struct wi_buf document = {0}, sql = {0};
    fixture_measurement(&m, "");
    put(store, &m, "some-layers");
    m.sample_count = FIXTURE_SAMPLES - 5; /* an even number of passes */
    m.tokens_per_sample = 512;
    put(store, &m, "even-passes");
    for (unsigned i = 0; i < 4; i++)
        whole[i] = (struct wi_sample){i * 100, 900000 + 1001 * i * i, i, WI_SEGMENT_all};
    m.samples = whole;
    m.sample_count = 4;
    put(store, &m, "whole-passes");

    read_source("docs/database.md", &document);
    const char *query =
        strstr(wi_buf_str(&document), "<!-- query: tokens per second -->\n```sql\n");
    assert_non_null(query);
    query = strchr(strchr(query, '\n') + 1, '\n') + 1;
    wi_buf_append(&sql, query, strcspn(query, ";"));
    struct wi_buf compare = {0};
    wi_buf_printf(&compare,
                  "SELECT q.measurement_id, q.tokens_per_s, m.tokens_per_s_median FROM (%s) AS q "
                  "JOIN measurement AS m USING (measurement_id)",
                  wi_buf_str(&sql));
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int rows = 0;
    ok(wi_store_prepare(store, wi_buf_str(&compare), &stmt, err));
    while (wi_store_step(store, stmt, &row, NULL) == WI_OK && row) {
        double computed = sqlite3_column_double(stmt, 1), said = sqlite3_column_double(stmt, 2);
        if (!(fabs(computed / said - 1) < 1e-12))
            fail_msg("%s: %.17g from the samples, the row says %.17g",
                     (const char *)sqlite3_column_text(stmt, 0), computed, said);
        rows++;
    }
    assert_int_equal(rows, 3);
    sqlite3_finalize(stmt);
    wi_buf_fini(&document);
    wi_buf_fini(&sql);
    wi_buf_fini(&compare);
    ok(wi_store_close(store, err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schemas_enumerations_are_those_of_the_records),
        cmocka_unit_test(the_sample_view_knows_every_segment),
        cmocka_unit_test(every_table_and_view_can_be_named),
        cmocka_unit_test(the_document_lists_every_column),
        cmocka_unit_test(every_query_of_the_document_runs),
        cmocka_unit_test(the_documented_query_gives_the_rows_median),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
