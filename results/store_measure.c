/* store_measure.c: measurements and rooflines, in and out.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A measurement is one row: what was asked, what came of it, and its samples packed into the same
 * row, so that it is there whole or not at all. content_hash covers all of it. */
#include "results/store_measure.h"

#include "base/clock.h"
#include "results/store_json.h"
#include "results/store_names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- columns ---- */

#define M(kind, field)               WI_COL(kind, struct wi_measurement, field, #field)
#define M_AS(kind, field, column)    WI_COL(kind, struct wi_measurement, field, column)
#define M_ENUM(field, column, names) WI_COL_NAMED(ENUM, struct wi_measurement, field, column, names)

/* The key of a case; NULL in rows that are about no model. */
const struct wi_col wi_case_cols[] = {
    M_ENUM(key.precision, "precision", wi_format_names),
    M_ENUM(key.kv_precision, "kv_precision", wi_format_names),
    M_ENUM(key.phase, "phase", wi_phase_names),
    M_AS(U32, key.tokens, "tokens"),
    M_AS(U32, key.depth, "depth"),
    M_AS(U32, key.batch, "batch"),
};
const size_t wi_case_col_count = WI_COUNT(wi_case_cols);

const struct wi_col wi_op_cols[] = {
    M_ENUM(key.precision, "precision", wi_format_names),
    M_ENUM(key.phase, "phase", wi_phase_names),
    M_AS(U32, key.tokens, "tokens"),
    M_AS(U32, key.batch, "batch"),
    M_AS(TEXT, key.op.op, "op"),
    M_AS(U32, key.op.m, "m"),
    M_AS(U32, key.op.n, "n"),
    M_AS(U32, key.op.k, "k"),
};
const size_t wi_op_col_count = WI_COUNT(wi_op_cols);

const struct wi_col wi_measurement_cols[] = {
    M_AS(ID, id, "measurement_id"),
    M_ENUM(kind, "kind", wi_kind_names),
    M_ENUM(key.backend, "backend", wi_backend_names),
    M_AS(TEXT, key.compute_device_id, "compute_device_id"),
    M_AS(TEXT, key.cap, "cap"),
    M_ENUM(status, "status", wi_case_status_names),
    M(TEXT, reason),
    M(BOOL, software),
    M(BOOL, what_if),
    M(TEXT, arithmetic),
    M(TEXT, kernel),
    M(U32, kernel_generation),
    M(U32, threads),
    M(TEXT, thread_cpus),
    M(U64, huge_page_bytes),
    M(U32, layers_run),
    M(U32, layers_total),
    M(U32, tokens_per_sample),
    M(U32, passes),
    M(U32, warmups),
    M_AS(F64_0, tokens_per_s.median, "tokens_per_s_median"),
    M_AS(F64_0, tokens_per_s.lo, "tokens_per_s_lo"),
    M_AS(F64_0, tokens_per_s.hi, "tokens_per_s_hi"),
    M_AS(F64_0, tokens_per_s.best, "tokens_per_s_best"),
    M(F64_0, tolerance),
    M(TEXT, worst_op),
    WI_COL_NAMED(BITS32, struct wi_measurement, doubts, "doubts", wi_doubt_names),
    M(U64_0, weight_bytes),
    M(F64_0, bytes_per_token),
    M(F64_0, flops_per_token),
    M(F64_0, achieved_gb_per_s),
    M(F64_0, achieved_gflop_per_s),
    M_ENUM(bound, "bound", wi_bound_names),
    M_ENUM(second, "second_bound", wi_bound_names),
    M(MAYBE_F64, roofline_fraction),
    M(MAYBE_U64, peak_memory_bytes),
    M(U64_TEXT, seed),
    M(F64, wall_s),
};
const size_t wi_measurement_col_count = WI_COUNT(wi_measurement_cols);

#define R(kind, field) WI_COL(kind, struct wi_roofline, field, #field)
static const struct wi_col limit_cols[] = {
    R(MAYBE_F64, read_gb_per_s),         R(MAYBE_F64, copy_gb_per_s),
    R(MAYBE_F64, peak_gflop_per_s_f32),  R(MAYBE_F64, peak_gflop_per_s_bf16),
    R(MAYBE_F64, peak_gflop_per_s_int8), R(MAYBE_F64, launch_us),
};

/* ---- in ---- */

struct putting {
    struct wi_store *store;
    const char *run_id, *device_id;
    struct wi_arena *arena;
    struct wi_err *err;
};

/* Which hardware and software the run used; refuses a run that is not there. */
static int put_identity(const struct putting *p, enum wi_backend_id backend, struct wi_row *row) {
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    WI_TRY(wi_store_prepare(p->store,
                            "SELECT r.hardware_id, b.software_id FROM run AS r "
                            "LEFT JOIN backend_state AS b "
                            "ON b.inventory_id = r.inventory_id AND b.backend = ?3 "
                            "WHERE r.run_id = ?1 AND r.device_id = ?2",
                            &stmt, p->err));
    wi_bind_text(stmt, 1, p->run_id);
    wi_bind_text(stmt, 2, p->device_id);
    wi_bind_text(stmt, 3, wi_backend_id_name(backend));
    int status = wi_store_step(p->store, stmt, &found, p->err);
    if (status == WI_OK && !found)
        status = wi_fail(p->err, WI_INTERNAL,
                         "%s: cannot store a measurement: run %s of device %s was never begun",
                         p->store->path, p->run_id, p->device_id);
    if (found) {
        wi_row_text(row, "hardware_id", wi_read_text(stmt, 0, p->arena));
        wi_row_text(row, "software_id", wi_read_text(stmt, 1, p->arena));
    }
    sqlite3_finalize(stmt);
    return status;
}

static void put_model(struct wi_row *row, const struct wi_measurement *m) {
    const struct wi_model *model = m->key.model;
    char hash[65];
    if (m->kind == WI_KIND_op)
        wi_row_struct(row, wi_op_cols, wi_op_col_count, m);
    if (!model)
        return;
    wi_row_text(row, "model", model->id);
    wi_row_text(row, "model_hash", model->hash);
    wi_row_struct(row, wi_case_cols, wi_case_col_count, m);
    if (!model->disclosed)
        return;
    if (wi_precision_hash(model, m->key.precision, hash, NULL) == WI_OK)
        wi_row_text(row, "precision_hash", wi_arena_strdup(row->arena, hash));
    wi_row_integer(row, "layers_global", wi_model_layer_count(model, WI_LAYER_global));
    wi_row_integer(row, "layers_local", wi_model_layer_count(model, WI_LAYER_local));
}

/* A roofline without ceilings is one of before they were kept. */
static void put_limits(struct wi_row *row, const struct wi_roofline *r) {
    wi_row_struct(row, limit_cols, WI_COUNT(limit_cols), r);
    if (r->ceiling_count > 0)
        wi_row_text(row, "ceilings", wi_json_ceilings(row->arena, r->ceilings, r->ceiling_count));
}

static int put_row(const struct putting *p, const struct wi_measurement *m,
                   const unsigned char *samples, const struct wi_roofline *roofline) {
    struct wi_row row;
    char hash[65];
    wi_row_init(&row, "measurement", p->arena);
    wi_row_text(&row, "run_id", p->run_id);
    wi_row_text(&row, "device_id", p->device_id);
    int status = put_identity(p, m->key.backend, &row);
    put_model(&row, m);
    wi_row_struct(&row, wi_measurement_cols, wi_measurement_col_count, m);
    /* Both 0: nothing was verified. An error of 0 against a tolerance is a reading. */
    wi_row_real(&row, "error", m->tolerance != 0 || m->error != 0 ? m->error : (double)NAN);
    wi_row_text(&row, "ops", wi_json_ops(p->arena, m->ops, m->op_count));
    wi_row_text(&row, "doubt_notes",
                wi_json_doubt_notes(p->arena, m->doubt_notes, m->doubt_note_count));
    wi_row_text(&row, "beside", wi_json_beside(p->arena, m->beside, m->beside_count));
    if (roofline)
        put_limits(&row, roofline);
    wi_row_states(&row);
    wi_row_integer(&row, "sample_count", (int64_t)m->sample_count);
    wi_row_blob(&row, "samples", samples, m->sample_count * WI_SAMPLE_BYTES);
    wi_row_hash(&row, hash);
    wi_row_text(&row, "content_hash", hash);
    if (status == WI_OK)
        status = wi_row_insert(p->store, &row, p->err);
    wi_row_fini(&row);
    return status;
}

static int put_whole(struct wi_store *store, const char *run_id, const char *device_id,
                     const struct wi_measurement *m, const struct wi_roofline *roofline,
                     struct wi_err *err) {
    unsigned char *samples = malloc(m->sample_count * WI_SAMPLE_BYTES + 1);
    if (!samples)
        return wi_fail(err, WI_NOMEM, "no memory to store %zu samples", m->sample_count);
    wi_samples_pack(m->samples, m->sample_count, samples);
    int status = wi_store_begin(store, err);
    if (status == WI_OK) {
        struct putting p = {store, run_id, device_id, wi_arena_create(), err};
        status = put_row(&p, m, samples, roofline);
        wi_arena_destroy(p.arena);
        if (status == WI_OK)
            status = wi_store_commit(store, err);
        else
            wi_store_rollback(store);
    }
    free(samples);
    return status;
}

int wi_store_put_measurement(struct wi_store *store, const char *run_id, const char *device_id,
                             const struct wi_measurement *measurement, struct wi_err *err) {
    struct wi_measurement m = *measurement;
    if (!m.key.cap)
        m.key.cap = "";
    return put_whole(store, run_id, device_id, &m, NULL, err);
}

int wi_store_put_roofline(struct wi_store *store, const char *run_id, const char *device_id,
                          const struct wi_roofline *roofline, struct wi_err *err) {
    struct wi_measurement row = {
        .kind = WI_KIND_roofline,
        .key = {.backend = roofline->backend,
                .compute_device_id = roofline->compute_device_id,
                .cap = ""},
        .status = WI_CASE_ok,
    };
    memcpy(row.id, roofline->id, sizeof(row.id));
    if (row.id[0] == '\0')
        wi_store_new_id(wi_utc_ns(&wi_clock_system), row.id);
    return put_whole(store, run_id, device_id, &row, roofline, err);
}
