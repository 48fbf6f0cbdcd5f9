/* store_devices.c: which devices and runs there are.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store_db.h"
#include "results/store_names.h"
#include "results/store_run.h"

#include <string.h>

/* ---- devices ---- */

#define DEVICE(kind, field) WI_COL(kind, struct wi_device_row, field, #field)
static const struct wi_col device_cols[] = {
    DEVICE(TEXT, device_id),   DEVICE(TEXT, name), DEVICE(TEXT, sku_id),
    DEVICE(TEXT, hardware_id), DEVICE(TEXT, tier), DEVICE(I64, last_seen_utc_ns),
    DEVICE(BOOL, retired),     DEVICE(U64, runs),
};

int wi_store_list_devices(struct wi_store *store, struct wi_arena *arena,
                          struct wi_device_row **devices, size_t *count, struct wi_err *err) {
    struct {
        struct wi_device_row *items;
        size_t count, capacity;
    } list = {0};
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int status = wi_select(store, &stmt, "", NULL, device_cols, WI_COUNT(device_cols),
                           "FROM (SELECT d.*, t.tier FROM device AS d LEFT JOIN device_tier AS t "
                           "ON t.device_id = d.device_id) ORDER BY device_id",
                           err);
    while (status == WI_OK && (status = wi_store_step(store, stmt, &row, err)) == WI_OK && row)
        status = wi_read_struct(stmt, 0, -1, device_cols, WI_COUNT(device_cols),
                                WI_PUSH(arena, &list, struct wi_device_row), arena, "device", err);
    sqlite3_finalize(stmt);
    *devices = list.items;
    *count = list.count;
    return status;
}

/* ---- runs ---- */

struct labels {
    struct wi_label *items;
    size_t count, capacity;
};

static void set_label(struct labels *labels, const char *key, const char *value,
                      struct wi_arena *arena) {
    for (size_t i = 0; i < labels->count; i++)
        if (strcmp(labels->items[i].key, key) == 0) {
            labels->items[i].value = value;
            return;
        }
    *WI_PUSH(arena, labels, struct wi_label) = (struct wi_label){key, value};
}

/* An annotation's "key=value"; a key alone gets an empty value. */
static void relabel(struct labels *labels, const char *detail, struct wi_arena *arena) {
    const char *equals = strchr(detail, '=');
    size_t n = equals ? (size_t)(equals - detail) : strlen(detail);
    set_label(labels, wi_arena_strndup(arena, detail, n), equals ? equals + 1 : "", arena);
}

/* Labels as given, in their order, then what annotations changed since. */
static int load_labels(struct wi_store *store, struct wi_run *run, struct wi_arena *arena,
                       struct wi_err *err) {
    static const char sql[] =
        "SELECT key, value FROM (SELECT 0 AS stage, position, '' AS id, key, value FROM label "
        "WHERE run_id = ?1 UNION ALL SELECT 1, utc_ns, annotation_id, NULL, detail FROM annotation "
        "WHERE kind = 'run' AND target = ?1 AND action = 'relabel' AND detail <> '') "
        "ORDER BY stage, position, id";
    struct labels labels = {0};
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int status = wi_store_prepare(store, sql, &stmt, err);
    if (status == WI_OK)
        wi_bind_text(stmt, 1, run->id);
    while (status == WI_OK && (status = wi_store_step(store, stmt, &row, err)) == WI_OK && row) {
        const char *key = wi_read_text(stmt, 0, arena), *value = wi_read_text(stmt, 1, arena);
        if (!value)
            status = wi_fail(err, WI_CORRUPT, "run %s has a label without a value", run->id);
        else if (key)
            *WI_PUSH(arena, &labels, struct wi_label) = (struct wi_label){key, value};
        else
            relabel(&labels, value, arena);
    }
    sqlite3_finalize(stmt);
    run->labels = labels.items;
    run->label_count = labels.count;
    return status;
}

struct run_list {
    struct wi_run_row *items;
    size_t count, capacity;
};

static int load_rows(struct wi_store *store, const char *device_id, struct wi_arena *arena,
                     struct run_list *list, struct wi_err *err) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int status = wi_select(store, &stmt, "device_id, ", NULL, wi_run_cols, wi_run_col_count,
                           "FROM run WHERE ?1 IS NULL OR device_id = ?1 "
                           "ORDER BY started_utc_ns, run_id",
                           err);
    if (status == WI_OK)
        wi_bind_text(stmt, 1, device_id);
    while (status == WI_OK && (status = wi_store_step(store, stmt, &row, err)) == WI_OK && row) {
        struct wi_run_row *item = WI_PUSH(arena, list, struct wi_run_row);
        item->device_id = wi_read_text(stmt, 0, arena);
        status = wi_read_struct(stmt, 1, -1, wi_run_cols, wi_run_col_count, &item->run, arena,
                                "run", err);
    }
    sqlite3_finalize(stmt);
    return status;
}

int wi_store_load_runs(struct wi_store *store, const char *device_id, struct wi_arena *arena,
                       struct wi_run_row **runs, size_t *count, struct wi_err *err) {
    struct run_list list = {0};
    int status = load_rows(store, device_id, arena, &list, err);
    for (size_t i = 0; status == WI_OK && i < list.count; i++)
        status = load_labels(store, &list.items[i].run, arena, err);
    *runs = list.items;
    *count = list.count;
    return status;
}
