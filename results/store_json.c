/* store_json.c: short lists as JSON text and back.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SQLite itself takes the text apart. Numbers come back as the text that was written and are parsed
 * here: SQLite's own conversion may be off in the last digit. */
#include "results/store_json.h"

#include "base/json.h"
#include "base/units.h"
#include "results/store_row.h"

#include <math.h>
#include <string.h>

/* ---- writing ---- */

static const char *take(struct wi_arena *arena, struct wi_buf *text) {
    const char *copy = wi_arena_strdup(arena, wi_buf_str(text));
    wi_buf_fini(text);
    return copy;
}

const char *wi_json_ids(struct wi_arena *arena, const char *const *ids, size_t n) {
    struct wi_buf text = {0};
    struct wi_json json;
    wi_json_init(&json, &text, false);
    wi_json_array(&json, NULL);
    for (size_t i = 0; i < n; i++)
        wi_json_str(&json, NULL, ids[i]);
    wi_json_array_end(&json);
    return take(arena, &text);
}

const char *wi_json_ops(struct wi_arena *arena, const struct wi_op_note *ops, size_t n) {
    struct wi_buf text = {0};
    struct wi_json json;
    wi_json_init(&json, &text, false);
    wi_json_array(&json, NULL);
    for (size_t i = 0; i < n; i++) {
        wi_json_object(&json, NULL);
        wi_json_str(&json, "op", ops[i].op);
        wi_json_str(&json, "kernel", ops[i].kernel);
        wi_json_f64(&json, "error", ops[i].error);
        wi_json_f64(&json, "tolerance", ops[i].tolerance);
        wi_json_object_end(&json);
    }
    wi_json_array_end(&json);
    return take(arena, &text);
}

const char *wi_json_not_counted(struct wi_arena *arena, const struct wi_not_counted *items,
                                size_t n) {
    struct wi_buf text = {0};
    struct wi_json json;
    wi_json_init(&json, &text, false);
    wi_json_array(&json, NULL);
    for (size_t i = 0; i < n; i++) {
        wi_json_object(&json, NULL);
        wi_json_str(&json, "id", items[i].measurement_id);
        wi_json_str(&json, "reason", items[i].reason);
        wi_json_object_end(&json);
    }
    wi_json_array_end(&json);
    return take(arena, &text);
}

const char *wi_json_items(struct wi_arena *arena, const struct wi_footprint_item *items, size_t n) {
    struct wi_buf text = {0};
    struct wi_json json;
    wi_json_init(&json, &text, false);
    wi_json_array(&json, NULL);
    for (size_t i = 0; i < n; i++) {
        wi_json_object(&json, NULL);
        wi_json_str(&json, "name", items[i].name);
        wi_json_u64(&json, "bytes", items[i].bytes);
        wi_json_object_end(&json);
    }
    wi_json_array_end(&json);
    return take(arena, &text);
}

/* ---- reading ---- */

/* What is wanted of each element of a list. */
static const char *const wanted[WI_STORE_LIST_COUNT] = {
    [WI_STORE_LIST_IDS] = "value",
    [WI_STORE_LIST_OPS] = ("value ->> '$.op', value ->> '$.kernel', value -> '$.error', "
                           "value -> '$.tolerance'"),
    [WI_STORE_LIST_NOT_COUNTED] = "value ->> '$.id', value ->> '$.reason'",
    [WI_STORE_LIST_ITEMS] = "value ->> '$.name', value ->> '$.bytes'",
};

/* A walk over the elements of a JSON array. */
struct walk {
    struct wi_store *store;
    sqlite3_stmt *stmt; /* the store's; NULL: nothing to walk over */
    struct wi_arena *arena;
    struct wi_err *err;
};

static int walk_begin(struct walk *walk, enum wi_store_list list, const char *text) {
    sqlite3_stmt **kept = &walk->store->lists[list];
    struct wi_buf sql = {0};
    int status = WI_OK;
    if (!text || strcmp(text, "[]") == 0)
        return WI_OK;
    wi_buf_printf(&sql, "SELECT %s FROM json_each(?1) ORDER BY key", wanted[list]);
    if (!*kept)
        status = wi_store_prepare(walk->store, wi_buf_str(&sql), kept, walk->err);
    wi_buf_fini(&sql);
    if (status == WI_OK)
        wi_bind_text(*kept, 1, text);
    walk->stmt = status == WI_OK ? *kept : NULL;
    return status;
}

static void walk_end(struct walk *walk) {
    sqlite3_reset(walk->stmt);
    if (walk->stmt)
        sqlite3_clear_bindings(walk->stmt);
}

static int walk_next(struct walk *walk, bool *row) {
    *row = false;
    if (!walk->stmt)
        return WI_OK;
    if (wi_store_step(walk->store, walk->stmt, row, walk->err) == WI_OK)
        return WI_OK;
    *row = false;
    return wi_fail(walk->err, WI_CORRUPT, "%s holds a list that cannot be read: %s",
                   walk->store->path, sqlite3_errmsg(walk->store->db));
}

static const char *text_at(const struct walk *walk, int column) {
    return wi_read_text(walk->stmt, column, walk->arena);
}

/* A number as it was written; NAN for null. */
static double number_at(const struct walk *walk, int column) {
    const char *text = (const char *)sqlite3_column_text(walk->stmt, column);
    double value = NAN;
    if (!text || wi_parse_f64(text, -INFINITY, INFINITY, &value) != WI_OK)
        return NAN;
    return value;
}

int wi_load_ids(struct wi_store *store, const char *text, struct wi_arena *arena,
                const char *const **ids, size_t *n, struct wi_err *err) {
    struct walk walk = {store, NULL, arena, err};
    struct {
        const char **items;
        size_t count, capacity;
    } list = {0};
    bool row = false;
    int status = walk_begin(&walk, WI_STORE_LIST_IDS, text);
    while (status == WI_OK && (status = walk_next(&walk, &row)) == WI_OK && row)
        if (!(*WI_PUSH(arena, &list, const char *) = text_at(&walk, 0)))
            status = wi_fail(err, WI_CORRUPT, "%s holds a list with a hole in it", store->path);
    walk_end(&walk);
    *ids = list.items;
    *n = list.count;
    return status;
}

int wi_load_ops(struct wi_store *store, const char *text, struct wi_arena *arena,
                const struct wi_op_note **ops, size_t *n, struct wi_err *err) {
    struct walk walk = {store, NULL, arena, err};
    struct {
        struct wi_op_note *items;
        size_t count, capacity;
    } list = {0};
    bool row = false;
    int status = walk_begin(&walk, WI_STORE_LIST_OPS, text);
    while (status == WI_OK && (status = walk_next(&walk, &row)) == WI_OK && row)
        *WI_PUSH(arena, &list, struct wi_op_note) = (struct wi_op_note){
            text_at(&walk, 0), text_at(&walk, 1), number_at(&walk, 2), number_at(&walk, 3)};
    walk_end(&walk);
    *ops = list.items;
    *n = list.count;
    return status;
}

int wi_load_not_counted(struct wi_store *store, const char *text, struct wi_arena *arena,
                        const struct wi_not_counted **items, size_t *n, struct wi_err *err) {
    struct walk walk = {store, NULL, arena, err};
    struct {
        struct wi_not_counted *items;
        size_t count, capacity;
    } list = {0};
    bool row = false;
    int status = walk_begin(&walk, WI_STORE_LIST_NOT_COUNTED, text);
    while (status == WI_OK && (status = walk_next(&walk, &row)) == WI_OK && row)
        *WI_PUSH(arena, &list, struct wi_not_counted) =
            (struct wi_not_counted){text_at(&walk, 0), text_at(&walk, 1)};
    walk_end(&walk);
    *items = list.items;
    *n = list.count;
    return status;
}

int wi_load_items(struct wi_store *store, const char *text, struct wi_arena *arena,
                  struct wi_footprint_item **items, size_t *n, struct wi_err *err) {
    struct walk walk = {store, NULL, arena, err};
    struct {
        struct wi_footprint_item *items;
        size_t count, capacity;
    } list = {0};
    bool row = false;
    int status = walk_begin(&walk, WI_STORE_LIST_ITEMS, text);
    while (status == WI_OK && (status = walk_next(&walk, &row)) == WI_OK && row)
        *WI_PUSH(arena, &list, struct wi_footprint_item) = (struct wi_footprint_item){
            text_at(&walk, 0), (uint64_t)sqlite3_column_int64(walk.stmt, 1)};
    walk_end(&walk);
    *items = list.items;
    *n = list.count;
    return status;
}
