/* store_verify.c: is the file whole, of a known schema, and does each row say what was stored?
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is found are findings, not failures; verifying goes on after each. A run that is open or was
 * interrupted is no finding: a kill is a legal end, and what it left is whole. Hashes show damage
 * and careless edits; whoever edits a row can also make its hash anew. */
#include "results/store_verify.h"

#include "results/store_derived.h"
#include "results/store_row.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_FINDINGS = 1000 }; /* a ruined file needs no longer list */

void wi_verify_add(struct wi_verifying *v, const char *format, ...) {
    char sentence[1024];
    va_list args;
    if (v->found.count >= MAX_FINDINGS)
        return;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    WI_PUSH(v->arena, &v->found, struct wi_verify_finding)->what =
        wi_arena_strdup(v->arena, sentence);
}

void wi_verify_each(struct wi_verifying *v, const char *sql, wi_verify_fn visit) {
    sqlite3_stmt *stmt = NULL;
    struct wi_err why = {0};
    bool row = false;
    int status = wi_store_prepare(v->store, sql, &stmt, &why);
    while (status == WI_OK && (status = wi_store_step(v->store, stmt, &row, &why)) == WI_OK && row)
        visit(v, stmt);
    if (status != WI_OK)
        wi_verify_add(v, "%s", why.message);
    sqlite3_finalize(stmt);
}

static const char *column(sqlite3_stmt *stmt, int i) {
    const char *text = (const char *)sqlite3_column_text(stmt, i);
    return text ? text : "NULL";
}

/* ---- the file ---- */

static void on_integrity(struct wi_verifying *v, sqlite3_stmt *stmt) {
    if (strcmp(column(stmt, 0), "ok") != 0)
        wi_verify_add(v, "integrity: %s", column(stmt, 0));
}

static void on_foreign_key(struct wi_verifying *v, sqlite3_stmt *stmt) {
    wi_verify_add(v, "a row of %s refers to a row of %s that is missing", column(stmt, 0),
                  column(stmt, 2));
}

/* Is there an object of this type and name in the schema as the migrations make it? */
static bool is_ours(sqlite3 *reference, const char *type, const char *name) {
    sqlite3_stmt *stmt = NULL;
    bool ours = false;
    if (sqlite3_prepare_v2(reference, "SELECT 1 FROM sqlite_schema WHERE type = ?1 AND name = ?2",
                           -1, &stmt, NULL) == SQLITE_OK) {
        wi_bind_text(stmt, 1, type);
        wi_bind_text(stmt, 2, name);
        ours = sqlite3_step(stmt) == SQLITE_ROW;
    }
    sqlite3_finalize(stmt);
    return ours;
}

static void on_object(struct wi_verifying *v, sqlite3_stmt *stmt) {
    const char *type = column(stmt, 0), *name = column(stmt, 1);
    if (!is_ours(v->reference, type, name))
        wi_verify_add(v, "the %s %s is no part of schema %d: somebody added it", type, name,
                      v->store->version);
}

/* Missing and changed objects first, then those that are too many: a trigger that somebody added
 * may change what is stored. What SQLite itself adds (sqlite_...) does not count. */
static void check_schema(struct wi_verifying *v) {
    struct wi_err why = {0};
    int status = wi_store_check_schema(v->store, &why);
    if (status != WI_OK)
        wi_verify_add(v, "%s", why.message);
    if (wi_store_reference(v->store, &v->reference, &why) == WI_OK)
        wi_verify_each(
            v,
            "SELECT type, name FROM sqlite_schema WHERE sql <> '' AND name NOT LIKE 'sqlite\\_%' "
            "ESCAPE '\\' ORDER BY type, name",
            on_object);
    else if (status == WI_OK)
        wi_verify_add(v, "%s", why.message);
    sqlite3_close(v->reference);
}

/* ---- measurements ---- */

static void copy_cell(struct wi_row *row, sqlite3_stmt *stmt, int i) {
    const char *name = sqlite3_column_name(stmt, i);
    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER:
        wi_row_integer(row, name, sqlite3_column_int64(stmt, i));
        break;
    case SQLITE_FLOAT:
        wi_row_real(row, name, sqlite3_column_double(stmt, i));
        break;
    case SQLITE_BLOB:
        wi_row_blob(row, name, sqlite3_column_blob(stmt, i), (size_t)sqlite3_column_bytes(stmt, i));
        break;
    case SQLITE_TEXT:
        wi_row_text_n(row, name, (const char *)sqlite3_column_text(stmt, i),
                      (size_t)sqlite3_column_bytes(stmt, i));
        break;
    default:
        break;
    }
}

static void on_measurement(struct wi_verifying *v, sqlite3_stmt *stmt) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_row row;
    const char *id = "", *said = "";
    char hash[65];
    wi_row_init(&row, "measurement", arena);
    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
        const char *name = sqlite3_column_name(stmt, i);
        if (strcmp(name, "content_hash") == 0)
            said = column(stmt, i);
        else
            copy_cell(&row, stmt, i);
        if (strcmp(name, "measurement_id") == 0)
            id = column(stmt, i);
    }
    wi_row_hash(&row, hash);
    if (strcmp(hash, said) != 0)
        wi_verify_add(v, "measurement %s is not what was stored: its content hash differs", id);
    wi_row_fini(&row);
    wi_arena_destroy(arena);
}

static void on_sample_count(struct wi_verifying *v, sqlite3_stmt *stmt) {
    wi_verify_add(v, "measurement %s says %s samples and holds %s bytes of them", column(stmt, 0),
                  column(stmt, 1), column(stmt, 2));
}

static void on_other_run(struct wi_verifying *v, sqlite3_stmt *stmt) {
    wi_verify_add(v, "measurement %s is of device %s, its run of %s", column(stmt, 0),
                  column(stmt, 1), column(stmt, 2));
}

/* ---- does every row say something that exists? ---- */

/* What cannot be loaded is a finding: SQLite's own check leaves constraints of some tables out. */
static void check_loads(struct wi_verifying *v) {
    struct wi_store *store = v->store;
    struct wi_arena *arena = wi_arena_create();
    struct wi_evidence_list evidence;
    struct wi_run_row *runs;
    struct wi_device_row *devices;
    struct wi_matrix_cell *cells;
    struct wi_feasibility_row *verdicts;
    struct wi_device_tier_row *tiers;
    struct wi_err why = {0};
    size_t n = 0;
    if (wi_store_load_runs(store, NULL, arena, &runs, &n, &why) != WI_OK)
        wi_verify_add(v, "%s", why.message);
    if (wi_store_load_evidence(store, NULL, NULL, NULL, true, arena, &evidence, &why) != WI_OK)
        wi_verify_add(v, "%s", why.message);
    if (wi_store_load_ops(store, NULL, NULL, true, arena, &evidence, &why) != WI_OK)
        wi_verify_add(v, "%s", why.message);
    if (wi_store_load_matrix(store, NULL, arena, &cells, &n, &why) != WI_OK)
        wi_verify_add(v, "%s", why.message);
    if (wi_load_feasibility(store, NULL, arena, &verdicts, &n, &why) != WI_OK)
        wi_verify_add(v, "%s", why.message);
    if (wi_load_device_tiers(store, arena, &tiers, &n, &why) != WI_OK)
        wi_verify_add(v, "%s", why.message);
    if (wi_store_list_devices(store, arena, &devices, &n, &why) != WI_OK) {
        wi_verify_add(v, "%s", why.message);
        n = 0;
    }
    for (size_t i = 0; i < n; i++) {
        struct wi_inventory *inventory = NULL;
        const char *id = devices[i].device_id ? devices[i].device_id : "";
        if (wi_store_load_inventory(store, id, &inventory, &why) == WI_OK)
            wi_arena_destroy(inventory->arena);
        else
            wi_verify_add(v, "device %s: %s", id, why.message);
    }
    wi_arena_destroy(arena);
}

int wi_store_verify(struct wi_store *store, struct wi_arena *arena,
                    struct wi_verify_finding **findings, size_t *count, struct wi_err *err) {
    (void)err; /* what goes wrong is a finding */
    struct wi_verifying v = {.store = store, .arena = arena};
    wi_verify_each(&v, "PRAGMA integrity_check", on_integrity);
    wi_verify_each(&v, "PRAGMA foreign_key_check", on_foreign_key);
    check_schema(&v);
    wi_verify_each(&v, "SELECT * FROM measurement ORDER BY measurement_id", on_measurement);
    wi_verify_each(
        &v,
        "SELECT measurement_id, sample_count, length(samples) FROM measurement "
        "WHERE length(samples) <> 21 * sample_count OR sample_count < 0 ORDER BY measurement_id",
        on_sample_count);
    wi_verify_each(&v,
                   "SELECT m.measurement_id, m.device_id, r.device_id FROM measurement AS m "
                   "JOIN run AS r ON r.run_id = m.run_id WHERE r.device_id <> m.device_id "
                   "ORDER BY m.measurement_id",
                   on_other_run);
    wi_verify_rates(&v);
    check_loads(&v);
    *findings = v.found.items;
    *count = v.found.count;
    return WI_OK;
}
