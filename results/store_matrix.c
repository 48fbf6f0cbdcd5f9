/* store_matrix.c: derived rows as reports read them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store_db.h"
#include "results/store_json.h"
#include "results/store_measure.h"
#include "results/store_verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* When the oldest run of a row's evidence began. */
#define OLDEST(row)                                                                                \
    "(SELECT coalesce(min(r.started_utc_ns), 0) FROM json_each(iif(json_valid(" row                \
    ".evidence), " row ".evidence, '[]')) AS e JOIN measurement AS m ON m.measurement_id = "       \
    "e.value JOIN run AS r ON r.run_id = m.run_id), "

/* ---- order: tier or device, then the catalogue's order of models, then precision ---- */

struct order {
    int64_t rank;    /* of the tier; the last for tiers without thresholds */
    const char *who; /* tier or device id */
    const struct wi_model *model;
    size_t model_position;
    enum wi_format_id precision;
    uint32_t context;
    const char *engine;
    size_t index; /* into the rows as they were read */
};

static int compare_u64(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

static int by_order(const void *a, const void *b) {
    const struct order *x = a, *y = b;
    int c = compare_u64((uint64_t)x->rank, (uint64_t)y->rank);
    c = c ? c : strcmp(x->who, y->who);
    c = c ? c : compare_u64(x->model_position, y->model_position);
    c = c ? c : strcmp(x->model->id, y->model->id);
    c = c ? c : compare_u64(x->precision, y->precision);
    c = c ? c : compare_u64(x->context, y->context);
    c = c ? c : strcmp(x->engine, y->engine);
    return c ? c : compare_u64(x->index, y->index);
}

static size_t position_of(const struct wi_catalogue *catalogue, const struct wi_model *model) {
    size_t i = 0, n = catalogue ? catalogue->model_count : 0;
    while (i < n && catalogue->models[i] != model)
        i++;
    return i; /* behind all others when it is not there */
}

struct order_list {
    struct order *items;
    size_t count, capacity;
};

struct loading {
    struct wi_store *store;
    struct wi_arena *arena;
    struct wi_store_models models;
    struct order_list order;
    struct wi_err *err;
};

static const char *text(const struct loading *l, sqlite3_stmt *stmt, int column) {
    return wi_read_text(stmt, column, l->arena);
}

/* ---- the matrix ---- */

struct cell_list {
    struct wi_matrix_cell *items;
    size_t count, capacity;
};

static int load_cell(struct loading *l, sqlite3_stmt *stmt, struct cell_list *list) {
    struct wi_matrix_cell *cell = WI_PUSH(l->arena, list, struct wi_matrix_cell);
    WI_TRY(wi_read_struct(stmt, 5, -1, wi_cell_cols, wi_cell_col_count, cell, l->arena,
                          "tier_feasibility", l->err));
    cell->model = wi_store_model(&l->models, text(l, stmt, 0), text(l, stmt, 1));
    cell->oldest_utc_ns = sqlite3_column_int64(stmt, 4);
    if (!cell->tier || !cell->engine || !cell->model)
        return wi_fail(l->err, WI_CORRUPT, "the database holds a tier_feasibility without its key");
    WI_TRY(wi_load_ids(l->store, text(l, stmt, 2), l->arena, &cell->evidence, &cell->evidence_count,
                       l->err));
    *WI_PUSH(l->arena, &l->order, struct order) = (struct order){
        sqlite3_column_type(stmt, 3) == SQLITE_NULL ? INT64_MAX : sqlite3_column_int64(stmt, 3),
        cell->tier,
        cell->model,
        position_of(l->models.catalogue, cell->model),
        cell->precision,
        cell->context,
        cell->engine,
        list->count - 1};
    return WI_OK;
}

int wi_store_load_matrix(struct wi_store *store, const struct wi_catalogue *catalogue,
                         struct wi_arena *arena, struct wi_matrix_cell **cells, size_t *count,
                         struct wi_err *err) {
    struct loading l = {store, arena, {arena, catalogue, NULL, 0, 0}, {0}, err};
    struct cell_list list = {0};
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int status =
        wi_select(store, &stmt, "c.model, c.model_hash, c.evidence, t.rank, " OLDEST("c"), "c",
                  wi_cell_cols, wi_cell_col_count,
                  "FROM tier_feasibility AS c LEFT JOIN tier AS t ON t.tier = c.tier", err);
    while (status == WI_OK && (status = wi_store_step(store, stmt, &row, err)) == WI_OK && row)
        status = load_cell(&l, stmt, &list);
    sqlite3_finalize(stmt);
    WI_TRY(status);
    if (list.count)
        qsort(l.order.items, l.order.count, sizeof(struct order), by_order);
    *cells = WI_NEW_ARRAY(arena, struct wi_matrix_cell, list.count);
    *count = list.count;
    for (size_t i = 0; i < list.count; i++)
        (*cells)[i] = list.items[l.order.items[i].index];
    return WI_OK;
}

/* ---- verdicts ---- */

struct verdict_list {
    struct wi_feasibility_row *items;
    size_t count, capacity;
};

/* What stands in front of the verdict's columns. */
enum {
    C_STATES,
    C_TIER,
    C_NAME,
    C_SKU,
    C_MODEL,
    C_HASH,
    C_EVIDENCE,
    C_NOT_COUNTED,
    C_ITEMS,
    C_HAS_FOOTPRINT,
    C_OLDEST,
    C_VERDICT
};
static const char before[] =
    "f.states, t.tier, d.name, d.sku_id, f.model, f.model_hash, f.evidence,"
    " f.not_counted, f.memory_items, f.weights_bytes IS NOT NULL, " OLDEST("f");
static const char after[] =
    "FROM feasibility AS f LEFT JOIN device AS d ON d.device_id = f.device_id "
    "LEFT JOIN device_tier AS t ON t.device_id = f.device_id";

static int load_footprint(struct loading *l, sqlite3_stmt *stmt, struct wi_verdict *v) {
    if (!sqlite3_column_int(stmt, C_HAS_FOOTPRINT))
        return WI_OK;
    v->footprint = WI_NEW(l->arena, struct wi_footprint);
    WI_TRY(wi_read_struct(stmt, C_VERDICT + (int)wi_verdict_col_count, -1, wi_footprint_cols,
                          wi_footprint_col_count, v->footprint, l->arena, "feasibility", l->err));
    return wi_load_items(l->store, text(l, stmt, C_ITEMS), l->arena, &v->footprint->items,
                         &v->footprint->item_count, l->err);
}

static int load_verdict(struct loading *l, sqlite3_stmt *stmt, struct verdict_list *list) {
    struct wi_feasibility_row *row = WI_PUSH(l->arena, list, struct wi_feasibility_row);
    struct wi_verdict *v = &row->verdict;
    WI_TRY(wi_read_struct(stmt, C_VERDICT, C_STATES, wi_verdict_cols, wi_verdict_col_count, v,
                          l->arena, "feasibility", l->err));
    v->model = wi_store_model(&l->models, text(l, stmt, C_MODEL), text(l, stmt, C_HASH));
    if (!v->device_id || !v->engine || !v->model)
        return wi_fail(l->err, WI_CORRUPT, "the database holds a feasibility without its key");
    row->tier = text(l, stmt, C_TIER);
    row->device_id = v->device_id;
    row->device_name = text(l, stmt, C_NAME);
    row->sku_id = text(l, stmt, C_SKU);
    row->oldest_utc_ns = sqlite3_column_int64(stmt, C_OLDEST);
    WI_TRY(load_footprint(l, stmt, v));
    WI_TRY(wi_load_ids(l->store, text(l, stmt, C_EVIDENCE), l->arena, &v->evidence,
                       &v->evidence_count, l->err));
    WI_TRY(wi_load_not_counted(l->store, text(l, stmt, C_NOT_COUNTED), l->arena, &v->not_counted,
                               &v->not_counted_count, l->err));
    *WI_PUSH(l->arena, &l->order, struct order) =
        (struct order){0,
                       v->device_id,
                       v->model,
                       position_of(l->models.catalogue, v->model),
                       v->precision,
                       v->targets.context,
                       v->engine,
                       list->count - 1};
    return WI_OK;
}

static int select_verdicts(struct wi_store *store, const char *device_id, sqlite3_stmt **stmt,
                           struct wi_err *err) {
    struct wi_col cols[64];
    char where[sizeof(after) + 32];
    size_t n = 0;
    snprintf(where, sizeof(where), "%s%s", after, device_id ? " WHERE f.device_id = ?1" : "");
    for (size_t i = 0; i < wi_verdict_col_count; i++)
        cols[n++] = wi_verdict_cols[i];
    for (size_t i = 0; i < wi_footprint_col_count; i++)
        cols[n++] = wi_footprint_cols[i];
    int status = wi_select(store, stmt, before, "f", cols, n, where, err);
    if (status == WI_OK && device_id)
        wi_bind_text(*stmt, 1, device_id);
    return status;
}

int wi_load_feasibility(struct wi_store *store, const struct wi_catalogue *catalogue,
                        struct wi_arena *arena, struct wi_feasibility_row **rows, size_t *count,
                        struct wi_err *err) {
    return wi_load_feasibility_of(store, catalogue, NULL, arena, rows, count, err);
}

int wi_load_feasibility_of(struct wi_store *store, const struct wi_catalogue *catalogue,
                           const char *device_id, struct wi_arena *arena,
                           struct wi_feasibility_row **rows, size_t *count, struct wi_err *err) {
    struct loading l = {store, arena, {arena, catalogue, NULL, 0, 0}, {0}, err};
    struct verdict_list list = {0};
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int status = select_verdicts(store, device_id, &stmt, err);
    while (status == WI_OK && (status = wi_store_step(store, stmt, &row, err)) == WI_OK && row)
        status = load_verdict(&l, stmt, &list);
    sqlite3_finalize(stmt);
    WI_TRY(status);
    if (list.count)
        qsort(l.order.items, l.order.count, sizeof(struct order), by_order);
    *rows = WI_NEW_ARRAY(arena, struct wi_feasibility_row, list.count);
    *count = list.count;
    for (size_t i = 0; i < list.count; i++)
        (*rows)[i] = list.items[l.order.items[i].index];
    return WI_OK;
}

/* ---- tiers of devices ---- */

int wi_load_device_tiers(struct wi_store *store, struct wi_arena *arena,
                         struct wi_device_tier_row **rows, size_t *count, struct wi_err *err) {
    struct {
        struct wi_device_tier_row *items;
        size_t count, capacity;
    } list = {0};
    sqlite3_stmt *stmt = NULL;
    bool got = false;
    int status =
        wi_select(store, &stmt, "t.device_id, d.name, t.evidence, coalesce(d.retired, 0), ", "t",
                  wi_tier_result_cols, wi_tier_result_col_count,
                  "FROM device_tier AS t LEFT JOIN device AS d ON d.device_id = t.device_id "
                  "ORDER BY t.device_id",
                  err);
    while (status == WI_OK && (status = wi_store_step(store, stmt, &got, err)) == WI_OK && got) {
        struct wi_device_tier_row *row = WI_PUSH(arena, &list, struct wi_device_tier_row);
        row->device_id = wi_read_text(stmt, 0, arena);
        row->device_name = wi_read_text(stmt, 1, arena);
        row->retired = sqlite3_column_int(stmt, 3) != 0;
        status = wi_read_struct(stmt, 4, -1, wi_tier_result_cols, wi_tier_result_col_count,
                                &row->tier, arena, "device_tier", err);
        if (status == WI_OK)
            status = wi_load_ids(store, wi_read_text(stmt, 2, arena), arena, &row->tier.evidence,
                                 &row->tier.evidence_count, err);
    }
    sqlite3_finalize(stmt);
    *rows = list.items;
    *count = list.count;
    return status;
}
