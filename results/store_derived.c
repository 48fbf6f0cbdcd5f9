/* store_derived.c: tiers and verdicts into their tables, all of them or none.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One transaction from begin to commit. What was there before stays when anything goes wrong. A
 * device that changes its tier leaves a row in `decision`: that one is evidence and stays. */
#include "results/store_derived.h"

#include "base/clock.h"
#include "results/store_db.h"
#include "results/store_json.h"
#include "results/store_verdict.h"

#include <math.h>
#include <string.h>

/* ---- columns ---- */

#define V(kind, field)               WI_COL(kind, struct wi_verdict, field, #field)
#define V_AS(kind, field, column)    WI_COL(kind, struct wi_verdict, field, column)
#define V_ENUM(field, column, names) WI_COL_NAMED(ENUM, struct wi_verdict, field, column, names)
const struct wi_col wi_verdict_cols[] = {
    V(TEXT, device_id),
    V_ENUM(precision, "precision", wi_format_names),
    V_ENUM(targets.kv_precision, "kv_precision", wi_format_names),
    V_AS(U32, targets.context, "context"),
    V(TEXT, engine),
    V(TEXT, claim),
    V(TEXT, compute_device_id),
    V_ENUM(verdict, "verdict", wi_verdict_names),
    V(BOOL, borderline),
    V(TRI, fits),
    V(TRI, fast_enough),
    V_ENUM(binding_limit, "binding_limit", wi_limit_names),
    V(TEXT, because),
    V_ENUM(basis_fit, "basis_fit", wi_basis_names),
    V_ENUM(basis_decode, "basis_decode", wi_basis_names),
    V_ENUM(basis_prefill, "basis_prefill", wi_basis_names),
    V_AS(U32, targets.prompt_tokens, "prompt_tokens"),
    V_AS(U32, targets.output_tokens, "output_tokens"),
    V_AS(U32, targets.batch, "batch"),
    V_AS(F64, targets.usable_decode_tok_s, "usable_decode_tok_s"),
    V_AS(F64, targets.usable_first_token_s, "usable_first_token_s"),
    V_AS(F64, targets.comfortable_decode_tok_s, "comfortable_decode_tok_s"),
    V_AS(F64, targets.comfortable_first_token_s, "comfortable_first_token_s"),
    V_AS(F64, targets.usable_encode_s, "usable_encode_s"),
    V_AS(F64, targets.comfortable_encode_s, "comfortable_encode_s"),
    V(TEXT, pool),
    V(MAYBE_U64, budget_bytes),
    V(MAYBE_U64, available_now_bytes),
    V(MAYBE_U64, largest_allowed_bytes),
    V_AS(F64, decode_tok_s.lo, "decode_tok_s_lo"),
    V_AS(F64, decode_tok_s.mid, "decode_tok_s"),
    V_AS(F64, decode_tok_s.hi, "decode_tok_s_hi"),
    V_AS(F64, prefill_tok_s.lo, "prefill_tok_s_lo"),
    V_AS(F64, prefill_tok_s.mid, "prefill_tok_s"),
    V_AS(F64, prefill_tok_s.hi, "prefill_tok_s_hi"),
    V_AS(F64, first_token_s.lo, "first_token_s_lo"),
    V_AS(F64, first_token_s.mid, "first_token_s"),
    V_AS(F64, first_token_s.hi, "first_token_s_hi"),
};
const size_t wi_verdict_col_count = WI_COUNT(wi_verdict_cols);

#define F(kind, field) WI_COL(kind, struct wi_footprint, field, #field)
const struct wi_col wi_footprint_cols[] = {
    F(U64, weights_bytes),     F(U64, kv_cache_bytes),       F(U64, compute_bytes),
    F(U64, overhead_bytes),    F(U64, total_bytes),          F(U64, load_peak_bytes),
    F(U64, reclaimable_bytes), F(U64, largest_tensor_bytes), F(TEXT, largest_tensor),
    F(U64, file_bytes),
};
const size_t wi_footprint_col_count = WI_COUNT(wi_footprint_cols);

#define CELL(kind, field)            WI_COL(kind, struct wi_matrix_cell, field, #field)
#define CELL_AS(kind, field, column) WI_COL(kind, struct wi_matrix_cell, field, column)
const struct wi_col wi_cell_cols[] = {
    CELL(TEXT, tier),
    WI_COL_NAMED(ENUM, struct wi_matrix_cell, precision, "precision", wi_format_names),
    CELL(U32, context),
    CELL(TEXT, engine),
    CELL(TEXT, claim),
    WI_COL_NAMED(ENUM, struct wi_matrix_cell, verdict, "verdict", wi_verdict_names),
    CELL(U32, devices),
    CELL(U32, skus),
    CELL(U32, feasible),
    CELL(U32, infeasible),
    CELL(U32, unknown),
    CELL_AS(F64, share.mid, "share"),
    CELL_AS(F64, share.lo, "share_lo"),
    CELL_AS(F64, share.hi, "share_hi"),
    CELL_AS(F64, decode_p10, "decode_tok_s_p10"),
    CELL_AS(F64, decode_median, "decode_tok_s_median"),
    CELL_AS(F64, first_token_p10, "first_token_s_p10"),
    CELL_AS(F64, first_token_median, "first_token_s_median"),
    CELL(BOOL, by_definition),
};
const size_t wi_cell_col_count = WI_COUNT(wi_cell_cols);

#define TIER(kind, field) WI_COL(kind, struct wi_tier_result, field, #field)
const struct wi_col wi_tier_result_cols[] = {
    WI_COL(TEXT, struct wi_tier_result, id, "tier"),
    TIER(TEXT, compute_device_id),
    TIER(BOOL, borderline),
    TIER(TEXT, because),
};
const size_t wi_tier_result_col_count = WI_COUNT(wi_tier_result_cols);

#define LIMIT(kind, field) WI_COL(kind, struct wi_tier, field, #field)
static const struct wi_col tier_cols[] = {
    WI_COL(TEXT, struct wi_tier, id, "tier"),
    LIMIT(MAYBE_F64, usable_memory_mib),
    LIMIT(MAYBE_F64, decode_tok_s),
    LIMIT(MAYBE_F64, prefill_tok_s),
    LIMIT(TEXT, says),
};

/* ---- the transaction ---- */

static void leave(struct wi_store *store) {
    wi_arena_destroy(store->deriving);
    store->deriving = NULL;
}

int wi_store_derived_begin(struct wi_store *store, const struct wi_derived_by *by,
                           struct wi_err *err) {
    WI_TRY(wi_store_begin(store, err));
    int status = wi_store_exec(store,
                               "DROP TABLE IF EXISTS temp.tier_before;"
                               "CREATE TEMP TABLE tier_before AS SELECT * FROM main.device_tier;"
                               "DELETE FROM tier; DELETE FROM device_tier;"
                               "DELETE FROM feasibility; DELETE FROM tier_feasibility",
                               "empty the derived tables", err);
    if (status != WI_OK) {
        wi_store_rollback(store);
        return status;
    }
    store->deriving = wi_arena_create();
    store->by.rules_version = wi_arena_strdup(store->deriving, by->rules_version);
    store->by.tiers_hash = wi_arena_strdup(store->deriving, by->tiers_hash);
    store->by.catalogue_hash = wi_arena_strdup(store->deriving, by->catalogue_hash);
    return WI_OK;
}

/* One row for each device whose tier is not what it was by the same yardstick: before this
 * transaction, else (the derived rows were deleted, or made by another tier file) as the newest
 * such decision says. */
static int note_changes(struct wi_store *store, struct wi_err *err) {
    static const char sql[] =
        "WITH was AS (SELECT d.*, b.evidence AS evidence_before,"
        " coalesce(b.tier, (SELECT x.outcome FROM decision AS x WHERE x.kind = 'tier_change' AND"
        " x.subject = d.device_id AND CASE WHEN json_valid(x.document) THEN"
        " x.document ->> '$.tiers_hash' END = d.tiers_hash ORDER BY x.utc_ns DESC, x.decision_id "
        "DESC LIMIT 1)) AS before"
        " FROM device_tier AS d LEFT JOIN temp.tier_before AS b ON b.device_id = d.device_id"
        " AND b.tiers_hash = d.tiers_hash) "
        "INSERT INTO decision (decision_id, kind, subject, outcome, because, derived_from,"
        " document, utc_ns) SELECT ?1 || substr(lower(hex(randomblob(10))), 1, 20), 'tier_change',"
        " w.device_id, w.tier, w.because, w.evidence, json_object('before', w.before, 'after',"
        " w.tier, 'evidence_before', json(w.evidence_before), 'evidence', json(w.evidence),"
        " 'rules_version', w.rules_version, 'tiers_hash', w.tiers_hash,"
        " 'catalogue_hash', w.catalogue_hash), ?2"
        " FROM was AS w WHERE w.before <> w.tier ORDER BY w.device_id";
    int64_t now_ns = wi_utc_ns(&wi_clock_system);
    char id[33];
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    wi_store_new_id(now_ns, id);
    int status = wi_store_prepare(store, sql, &stmt, err);
    if (status == WI_OK) {
        sqlite3_bind_text(stmt, 1, id, 12, SQLITE_STATIC); /* the time; random digits follow */
        sqlite3_bind_int64(stmt, 2, now_ns);
        status = wi_store_step(store, stmt, &row, err);
    }
    sqlite3_finalize(stmt);
    return status;
}

int wi_store_derived_commit(struct wi_store *store, struct wi_err *err) {
    if (!store->deriving)
        return wi_fail(err, WI_INTERNAL, "%s: nothing is being derived", store->path);
    int status = note_changes(store, err);
    if (status == WI_OK)
        status = wi_store_exec(store, "DROP TABLE temp.tier_before", "tidy up", err);
    if (status != WI_OK) {
        wi_store_derived_rollback(store);
        return status;
    }
    leave(store);
    return wi_store_commit(store, err);
}

void wi_store_derived_rollback(struct wi_store *store) {
    leave(store);
    wi_store_rollback(store);
}

/* ---- rows ---- */

static int begin_row(struct wi_store *store, struct wi_row *row, const char *table,
                     struct wi_err *err) {
    if (!store->deriving)
        return wi_fail(err, WI_INTERNAL, "%s: a derived row outside begin and commit", store->path);
    wi_row_init(row, table, wi_arena_create());
    return WI_OK;
}

static int end_row(struct wi_store *store, struct wi_row *row, struct wi_err *err) {
    wi_row_text(row, "rules_version", store->by.rules_version);
    wi_row_text(row, "tiers_hash", store->by.tiers_hash);
    wi_row_text(row, "catalogue_hash", store->by.catalogue_hash);
    int status = wi_row_insert(store, row, err);
    struct wi_arena *arena = row->arena;
    wi_row_fini(row);
    wi_arena_destroy(arena);
    return status;
}

int wi_store_derived_put_tier(struct wi_store *store, const struct wi_tier_file *file,
                              uint32_t rank, struct wi_err *err) {
    struct wi_row row;
    WI_TRY(begin_row(store, &row, "tier", err));
    wi_row_integer(&row, "rank", rank);
    wi_row_struct(&row, tier_cols, WI_COUNT(tier_cols), &file->tiers[rank]);
    wi_row_states(&row);
    wi_row_text(&row, "ruler", file->ruler->id);
    wi_row_text(&row, "ruler_hash", file->ruler->hash);
    wi_row_text(&row, "ruler_precision", wi_format_get(file->ruler_precision)->name);
    wi_row_integer(&row, "prefill_tokens", file->prefill_tokens);
    wi_row_integer(&row, "decode_depth", file->decode_depth);
    wi_row_text(&row, "tiers_name", file->name);
    return end_row(store, &row, err);
}

int wi_store_derived_put_device_tier(struct wi_store *store, const char *device_id,
                                     const struct wi_tier_result *tier, struct wi_err *err) {
    struct wi_row row;
    WI_TRY(begin_row(store, &row, "device_tier", err));
    wi_row_text(&row, "device_id", device_id);
    wi_row_struct(&row, wi_tier_result_cols, wi_tier_result_col_count, tier);
    wi_row_text(&row, "evidence", wi_json_ids(row.arena, tier->evidence, tier->evidence_count));
    return end_row(store, &row, err);
}

int wi_store_derived_put_feasibility(struct wi_store *store, const struct wi_verdict *v,
                                     struct wi_err *err) {
    struct wi_row row;
    WI_TRY(begin_row(store, &row, "feasibility", err));
    wi_row_text(&row, "model", v->model->id);
    wi_row_text(&row, "model_hash", v->model->hash);
    wi_row_struct(&row, wi_verdict_cols, wi_verdict_col_count, v);
    if (v->footprint) {
        wi_row_struct(&row, wi_footprint_cols, wi_footprint_col_count, v->footprint);
        wi_row_text(&row, "memory_items",
                    wi_json_items(row.arena, v->footprint->items, v->footprint->item_count));
    }
    wi_row_text(&row, "evidence", wi_json_ids(row.arena, v->evidence, v->evidence_count));
    wi_row_text(&row, "not_counted",
                wi_json_not_counted(row.arena, v->not_counted, v->not_counted_count));
    wi_row_states(&row);
    return end_row(store, &row, err);
}

int wi_store_derived_put_tier_feasibility(struct wi_store *store, const struct wi_matrix_cell *cell,
                                          struct wi_err *err) {
    struct wi_row row;
    WI_TRY(begin_row(store, &row, "tier_feasibility", err));
    wi_row_text(&row, "model", cell->model->id);
    wi_row_text(&row, "model_hash", cell->model->hash);
    wi_row_text(&row, "size_class", cell->model->size_class);
    wi_row_struct(&row, wi_cell_cols, wi_cell_col_count, cell);
    wi_row_text(&row, "evidence", wi_json_ids(row.arena, cell->evidence, cell->evidence_count));
    return end_row(store, &row, err);
}
