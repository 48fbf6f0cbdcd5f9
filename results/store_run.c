/* store_run.c: runs with their labels, and readings of what the device was doing.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A run belongs to an inventory: which hardware and software it ran on follows from there, so the
 * inventory of a device is stored before its run. */
#include "results/store_run.h"

#include "results/store_db.h"
#include "results/store_names.h"

#include <stdio.h>
#include <string.h>

#define FACT(kind, field) WI_COL(kind, struct wi_fact, field, #field)
const struct wi_col wi_fact_cols[] = {
    FACT(TEXT, key),    WI_COL_NAMED(ENUM, struct wi_fact, known, "state", wi_known_names),
    FACT(TEXT, value),  FACT(TEXT, unit),
    FACT(TEXT, source),
};
const size_t wi_fact_col_count = WI_COUNT(wi_fact_cols);

#define RUN(kind, field) WI_COL(kind, struct wi_run, field, #field)
const struct wi_col wi_run_cols[] = {
    WI_COL(ID, struct wi_run, id, "run_id"),
    RUN(I64, started_utc_ns),
    RUN(I64_0, finished_utc_ns),
    RUN(TEXT, state),
    RUN(U64, started_mono_ns),
    RUN(TEXT, boot_id),
    RUN(TEXT, clock_sync),
    RUN(TEXT, profile),
    RUN(TEXT, tool_version),
    WI_COL(TEXT, struct wi_run, commit, "tool_commit"),
    RUN(I64, tool_built_utc_ns),
    RUN(HASH, suite_hash),
    RUN(HASH, plan_hash),
    RUN(U64_TEXT, seed),
};
const size_t wi_run_col_count = WI_COUNT(wi_run_cols);

/* ---- in ---- */

/* The probing that the run belongs to: the one that names it, else the device's newest. */
struct belongs {
    const char *inventory_id, *hardware_id, *sku_id; /* in the arena */
};

static int find_inventory(struct wi_store *store, const char *run_id, const char *device_id,
                          struct wi_arena *arena, struct belongs *to, struct wi_err *err) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    WI_TRY(wi_store_prepare(store,
                            "SELECT inventory_id, hardware_id, sku_id FROM inventory "
                            "WHERE device_id = ?1 "
                            "ORDER BY run_id = ?2 DESC, utc_ns DESC, inventory_id DESC LIMIT 1",
                            &stmt, err));
    wi_bind_text(stmt, 1, device_id);
    wi_bind_text(stmt, 2, run_id);
    int status = wi_store_step(store, stmt, &row, err);
    if (status == WI_OK && !row)
        status = wi_fail(err, WI_INTERNAL,
                         "%s: cannot store run %s: no inventory of device %s was stored before it",
                         store->path, run_id, device_id);
    if (row)
        *to = (struct belongs){wi_read_text(stmt, 0, arena), wi_read_text(stmt, 1, arena),
                               wi_read_text(stmt, 2, arena)};
    sqlite3_finalize(stmt);
    return status;
}

static int put_labels(struct wi_store *store, const struct wi_run *run, struct wi_arena *arena,
                      struct wi_err *err) {
    int status = WI_OK;
    for (size_t i = 0; status == WI_OK && i < run->label_count; i++) {
        struct wi_row row;
        wi_row_init(&row, "label", arena);
        wi_row_text(&row, "run_id", run->id);
        wi_row_integer(&row, "position", (int64_t)i);
        wi_row_text(&row, "key", run->labels[i].key);
        wi_row_text(&row, "value", run->labels[i].value);
        status = wi_row_insert(store, &row, err);
        wi_row_fini(&row);
    }
    return status;
}

static int put_run(struct wi_store *store, const struct wi_run *run, const char *device_id,
                   struct wi_arena *arena, struct wi_err *err) {
    struct belongs to = {0};
    struct wi_row row;
    WI_TRY(find_inventory(store, run->id, device_id, arena, &to, err));
    wi_row_init(&row, "run", arena);
    wi_row_text(&row, "device_id", device_id);
    wi_row_text(&row, "inventory_id", to.inventory_id);
    wi_row_text(&row, "hardware_id", to.hardware_id);
    wi_row_text(&row, "sku_id", to.sku_id);
    wi_row_struct(&row, wi_run_cols, wi_run_col_count, run);
    int status = wi_row_insert(store, &row, err);
    wi_row_fini(&row);
    WI_TRY(status);
    return put_labels(store, run, arena, err);
}

int wi_store_put_run(struct wi_store *store, const struct wi_run *run, const char *device_id,
                     struct wi_err *err) {
    WI_TRY(wi_store_begin(store, err));
    struct wi_arena *arena = wi_arena_create();
    int status = put_run(store, run, device_id, arena, err);
    wi_arena_destroy(arena);
    if (status != WI_OK) {
        wi_store_rollback(store);
        return status;
    }
    return wi_store_commit(store, err);
}

int wi_store_finish_run(struct wi_store *store, const struct wi_run *run, struct wi_err *err) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    WI_TRY(wi_store_begin(store, err));
    int status = wi_store_prepare(
        store, "UPDATE run SET finished_utc_ns = ?1, state = ?2 WHERE run_id = ?3", &stmt, err);
    if (status == WI_OK) {
        if (run->finished_utc_ns)
            sqlite3_bind_int64(stmt, 1, run->finished_utc_ns);
        wi_bind_text(stmt, 2, run->state);
        wi_bind_text(stmt, 3, run->id);
        status = wi_store_step(store, stmt, &row, err);
    }
    if (status == WI_OK && sqlite3_changes(store->db) != 1)
        status = wi_fail(err, WI_NOT_FOUND, "%s: cannot close run %s: it was never begun",
                         store->path, run->id);
    sqlite3_finalize(stmt);
    if (status != WI_OK) {
        wi_store_rollback(store);
        return status;
    }
    return wi_store_commit(store, err);
}

static int next_reading(struct wi_store *store, const char *run_id, int64_t *reading,
                        struct wi_err *err) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    WI_TRY(wi_store_prepare(store,
                            "SELECT coalesce(max(reading) + 1, 0) FROM condition WHERE run_id = ?1",
                            &stmt, err));
    wi_bind_text(stmt, 1, run_id);
    int status = wi_store_step(store, stmt, &row, err);
    *reading = row ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return status;
}

static int put_reading(struct wi_store *store, const char *run_id, const char *when,
                       const struct wi_conditions *conditions, struct wi_err *err) {
    int64_t reading = 0;
    WI_TRY(next_reading(store, run_id, &reading, err));
    struct wi_arena *arena = wi_arena_create();
    int status = WI_OK;
    for (size_t i = 0; status == WI_OK && i < conditions->facts.count; i++) {
        struct wi_row row;
        wi_row_init(&row, "condition", arena);
        wi_row_text(&row, "run_id", run_id);
        wi_row_integer(&row, "reading", reading);
        wi_row_integer(&row, "position", (int64_t)i);
        wi_row_text(&row, "taken", when);
        wi_row_integer(&row, "at_ns", (int64_t)conditions->at_ns);
        wi_row_struct(&row, wi_fact_cols, wi_fact_col_count, &conditions->facts.items[i]);
        status = wi_row_insert(store, &row, err);
        wi_row_fini(&row);
    }
    wi_arena_destroy(arena);
    return status;
}

int wi_store_put_conditions(struct wi_store *store, const char *run_id, const char *when,
                            const struct wi_conditions *conditions, struct wi_err *err) {
    WI_TRY(wi_store_begin(store, err));
    int status = put_reading(store, run_id, when, conditions, err);
    if (status != WI_OK) {
        wi_store_rollback(store);
        return status;
    }
    return wi_store_commit(store, err);
}

/* ---- out ---- */

static int load_fact(sqlite3_stmt *stmt, struct wi_arena *arena, struct wi_condition_row *last,
                     struct wi_err *err) {
    struct wi_fact *fact = WI_PUSH(arena, &last->conditions.facts, struct wi_fact);
    return wi_read_struct(stmt, 3, -1, wi_fact_cols, wi_fact_col_count, fact, arena, "condition",
                          err);
}

int wi_store_load_conditions(struct wi_store *store, const char *run_id, struct wi_arena *arena,
                             struct wi_condition_row **readings, size_t *count,
                             struct wi_err *err) {
    struct {
        struct wi_condition_row *items;
        size_t count, capacity;
    } list = {0};
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int64_t reading = -1;
    int status =
        wi_select(store, &stmt, "reading, taken, at_ns, ", NULL, wi_fact_cols, wi_fact_col_count,
                  "FROM condition WHERE run_id = ?1 ORDER BY reading, position", err);
    if (status == WI_OK)
        wi_bind_text(stmt, 1, run_id);
    while (status == WI_OK && (status = wi_store_step(store, stmt, &row, err)) == WI_OK && row) {
        if (!list.count || sqlite3_column_int64(stmt, 0) != reading) {
            struct wi_condition_row *next = WI_PUSH(arena, &list, struct wi_condition_row);
            next->taken = wi_read_text(stmt, 1, arena);
            next->conditions.at_ns = (uint64_t)sqlite3_column_int64(stmt, 2);
        }
        reading = sqlite3_column_int64(stmt, 0);
        status = load_fact(stmt, arena, &list.items[list.count - 1], err);
    }
    sqlite3_finalize(stmt);
    *readings = list.items;
    *count = list.count;
    return status;
}
