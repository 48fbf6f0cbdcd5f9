/* store_evidence.c: measurements and rooflines as the rules of judgement ask for them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store_json.h"
#include "results/store_measure.h"
#include "results/store_names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- models ---- */

static const char *const no_aliases[] = {NULL};

static struct wi_model *make_stub(struct wi_arena *arena, const char *id, const char *hash) {
    struct wi_model *stub = WI_NEW(arena, struct wi_model);
    stub->id = wi_arena_strdup(arena, id);
    stub->name = stub->id;
    stub->aliases = no_aliases;
    strncpy(stub->hash, hash, sizeof(stub->hash) - 1);
    return stub;
}

static bool is_model(const struct wi_model *model, const char *id, const char *hash) {
    return strcmp(model->id, id) == 0 && strncmp(model->hash, hash, sizeof(model->hash) - 1) == 0;
}

const struct wi_model *wi_store_model(struct wi_store_models *models, const char *id,
                                      const char *hash) {
    if (!id)
        return NULL;
    hash = hash ? hash : "";
    for (size_t i = 0; models->catalogue && i < models->catalogue->model_count; i++)
        if (is_model(models->catalogue->models[i], id, hash))
            return models->catalogue->models[i];
    for (size_t i = 0; i < models->count; i++)
        if (is_model(models->items[i], id, hash))
            return models->items[i];
    struct wi_model **slot = WI_PUSH(models->arena, models, struct wi_model *);
    *slot = make_stub(models->arena, id, hash);
    return *slot;
}

/* ---- evidence ---- */

/* What stands in front of the columns of a measurement. */
enum {
    C_STATES,
    C_RUN,
    C_DEVICE,
    C_SOFTWARE,
    C_HARDWARE,
    C_RUN_UTC,
    C_BUILT,
    C_EXCLUDED,
    C_MAINS,
    C_MODEL,
    C_MODEL_HASH,
    C_ERROR,
    C_OPS,
    C_NOTES,
    C_BESIDE,
    C_COUNT,
    C_SAMPLES,
    C_CASE
};
static const char before[] =
    "m.states, m.run_id, m.device_id, m.software_id, m.hardware_id, r.started_utc_ns, "
    "r.tool_built_utc_ns, "
    "(SELECT a.reason FROM annotation AS a WHERE a.action = 'exclude' AND "
    " ((a.kind = 'measurement' AND a.target = m.measurement_id) OR "
    " (a.kind = 'run' AND a.target = m.run_id) OR "
    " (a.kind = 'device' AND a.target = m.device_id)) ORDER BY a.utc_ns, a.annotation_id LIMIT 1), "
    "r.mains, m.model, m.model_hash, m.error, m.ops, m.doubt_notes, m.beside, m.sample_count, "
    "iif(?3, m.samples, x''), ";
/* LIMIT keeps SQLite from asking about a run's mains once more for each of its measurements. */
static const char from[] =
    "FROM measurement AS m JOIN (SELECT x.run_id, x.started_utc_ns, x.tool_built_utc_ns, "
    "NOT EXISTS (SELECT 1 FROM fact AS f WHERE f.inventory_id = x.inventory_id AND f.gpu = -1 "
    " AND f.key = 'power.mains' AND f.state = 'not_applicable') AND "
    "NOT EXISTS (SELECT 1 FROM condition AS c WHERE c.run_id = x.run_id "
    " AND c.key = 'power.mains' AND c.state = 'not_applicable') AS mains "
    "FROM run AS x LIMIT -1) AS r ON r.run_id = m.run_id ";

/* Which rows, and what their key is. */
struct about {
    const char *where, *order;
    const struct wi_col *key;
    const size_t *key_count;
};
static const struct about models = {
    "WHERE m.model IS NOT NULL ",
    "ORDER BY m.device_id, m.model, m.model_hash, m.precision, m.precision_hash, m.kv_precision, "
    "m.phase, m.tokens, m.depth, m.batch, m.backend, m.compute_device_id, m.cap, "
    "r.started_utc_ns, m.measurement_id",
    wi_case_cols, &wi_case_col_count};
static const struct about ops = {"WHERE m.kind = 'op' AND m.model IS NULL ",
                                 "ORDER BY m.device_id, r.started_utc_ns, m.measurement_id",
                                 wi_op_cols, &wi_op_col_count};

struct loading {
    struct wi_store *store;
    const struct about *about;
    struct wi_arena *arena;
    struct wi_store_models models;
    bool with_samples;
    struct wi_err *err;
};

static int load_samples(const struct loading *l, sqlite3_stmt *stmt, struct wi_measurement *m) {
    int64_t count = sqlite3_column_int64(stmt, C_COUNT);
    if (count < 0)
        return wi_fail(l->err, WI_CORRUPT, "measurement %s holds %lld samples", m->id,
                       (long long)count);
    m->sample_count = (size_t)count;
    if (!l->with_samples || count == 0)
        return WI_OK;
    const unsigned char *bytes = sqlite3_column_blob(stmt, C_SAMPLES);
    if (sqlite3_column_bytes(stmt, C_SAMPLES) / WI_SAMPLE_BYTES != count || !bytes ||
        sqlite3_column_bytes(stmt, C_SAMPLES) % WI_SAMPLE_BYTES != 0)
        return wi_fail(l->err, WI_CORRUPT, "measurement %s: its samples are not %lld of %d bytes",
                       m->id, (long long)count, WI_SAMPLE_BYTES);
    struct wi_sample *samples = WI_NEW_ARRAY(l->arena, struct wi_sample, m->sample_count);
    wi_samples_unpack(bytes, m->sample_count, samples);
    for (size_t i = 0; i < m->sample_count; i++)
        if (samples[i].segment >= WI_SEGMENT_COUNT)
            return wi_fail(l->err, WI_CORRUPT, "measurement %s: sample %zu is of no segment", m->id,
                           i);
    m->samples = samples;
    return WI_OK;
}

/* How many matrices a pass went through follows from its rows. */
static int check_op(const struct loading *l, struct wi_measurement *m) {
    struct wi_op_shape *op = &m->key.op;
    if (!op->op || op->m == 0 || m->tokens_per_sample % op->m != 0)
        return wi_fail(l->err, WI_CORRUPT, "measurement %s is of an op, but not of which", m->id);
    op->matrices = m->tokens_per_sample / op->m;
    return WI_OK;
}

static int load_measurement(struct loading *l, sqlite3_stmt *stmt, struct wi_measurement *m) {
    size_t key_count = *l->about->key_count;
    int own = C_CASE + (int)key_count;
    WI_TRY(wi_read_struct(stmt, C_CASE, -1, l->about->key, key_count, m, l->arena, "measurement",
                          l->err));
    WI_TRY(wi_read_struct(stmt, own, C_STATES, wi_measurement_cols, wi_measurement_col_count, m,
                          l->arena, "measurement", l->err));
    m->key.model = wi_store_model(&l->models, wi_read_text(stmt, C_MODEL, l->arena),
                                  wi_read_text(stmt, C_MODEL_HASH, l->arena));
    bool read = sqlite3_column_type(stmt, C_ERROR) != SQLITE_NULL;
    m->error = read ? sqlite3_column_double(stmt, C_ERROR) : m->tolerance != 0 ? (double)NAN : 0;
    WI_TRY(wi_load_ops(l->store, wi_read_text(stmt, C_OPS, l->arena), l->arena, &m->ops,
                       &m->op_count, l->err));
    WI_TRY(wi_load_doubt_notes(l->store, wi_read_text(stmt, C_NOTES, l->arena), l->arena,
                               &m->doubt_notes, &m->doubt_note_count, l->err));
    WI_TRY(wi_load_beside(l->store, wi_read_text(stmt, C_BESIDE, l->arena), l->arena, &m->beside,
                          &m->beside_count, l->err));
    if (l->about == &ops)
        WI_TRY(check_op(l, m));
    return load_samples(l, stmt, m);
}

static int load_row(struct loading *l, sqlite3_stmt *stmt, struct wi_evidence *e) {
    e->run_id = wi_read_text(stmt, C_RUN, l->arena);
    e->device_id = wi_read_text(stmt, C_DEVICE, l->arena);
    e->software_id = wi_read_text(stmt, C_SOFTWARE, l->arena);
    e->hardware_id = wi_read_text(stmt, C_HARDWARE, l->arena);
    e->run_utc_ns = sqlite3_column_int64(stmt, C_RUN_UTC);
    e->tool_built_utc_ns = sqlite3_column_int64(stmt, C_BUILT);
    e->excluded = wi_read_text(stmt, C_EXCLUDED, l->arena);
    e->has_mains = sqlite3_column_int(stmt, C_MAINS) != 0;
    return load_measurement(l, stmt, &e->m);
}

/* What is not asked about is no condition: "?1 IS NULL OR .." would read the whole table each time.
 */
static int select_evidence(const struct loading *l, const char *device_id, const char *run_id,
                           sqlite3_stmt **stmt) {
    struct wi_col cols[64];
    char after[sizeof(from) + 512];
    size_t n = 0;
    snprintf(after, sizeof(after), "%s%s%s%s%s", from, l->about->where,
             device_id ? "AND m.device_id = ?1 " : "", run_id ? "AND m.run_id = ?2 " : "",
             l->about->order);
    for (size_t i = 0; i < *l->about->key_count; i++)
        cols[n++] = l->about->key[i];
    for (size_t i = 0; i < wi_measurement_col_count; i++)
        cols[n++] = wi_measurement_cols[i];
    return wi_select(l->store, stmt, before, "m", cols, n, after, l->err);
}

static int load(struct loading *l, const char *device_id, const char *run_id,
                struct wi_evidence_list *list) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    *list = (struct wi_evidence_list){0};
    int status = select_evidence(l, device_id, run_id, &stmt);
    if (status == WI_OK) {
        wi_bind_text(stmt, 1, device_id);
        wi_bind_text(stmt, 2, run_id);
        sqlite3_bind_int(stmt, 3, l->with_samples);
    }
    while (status == WI_OK && (status = wi_store_step(l->store, stmt, &row, l->err)) == WI_OK &&
           row)
        status = load_row(l, stmt, WI_PUSH(l->arena, list, struct wi_evidence));
    sqlite3_finalize(stmt);
    return status;
}

int wi_store_load_evidence(struct wi_store *store, const struct wi_catalogue *catalogue,
                           const char *device_id, const char *run_id, bool with_samples,
                           struct wi_arena *arena, struct wi_evidence_list *list,
                           struct wi_err *err) {
    struct loading l = {store, &models, arena, {arena, catalogue, NULL, 0, 0}, with_samples, err};
    return load(&l, device_id, run_id, list);
}

int wi_store_load_ops(struct wi_store *store, const char *device_id, const char *run_id,
                      bool with_samples, struct wi_arena *arena, struct wi_evidence_list *list,
                      struct wi_err *err) {
    struct loading l = {store, &ops, arena, {arena, NULL, NULL, 0, 0}, with_samples, err};
    return load(&l, device_id, run_id, list);
}

/* ---- rooflines ---- */

#define R(kind, field) WI_COL(kind, struct wi_roofline, field, #field)
static const struct wi_col roofline_cols[] = {
    WI_COL_NAMED(ENUM, struct wi_roofline, backend, "backend", wi_backend_names),
    R(TEXT, compute_device_id),
    R(MAYBE_F64, read_gb_per_s),
    R(MAYBE_F64, copy_gb_per_s),
    R(MAYBE_F64, peak_gflop_per_s_f32),
    R(MAYBE_F64, peak_gflop_per_s_bf16),
    R(MAYBE_F64, peak_gflop_per_s_int8),
    R(MAYBE_F64, launch_us),
};

static const char before_roofline[] =
    "m.states, m.ceilings, m.measurement_id, "
    "(SELECT a.reason FROM annotation AS a WHERE a.action = 'exclude' AND a.kind = 'measurement' "
    " AND a.target = m.measurement_id ORDER BY a.utc_ns, a.annotation_id LIMIT 1), ";
/* A resumed run measures again: the newest row of a compute device counts. */
static const char rooflines_of_run[] =
    "FROM measurement AS m WHERE m.run_id = ?1 AND m.kind = 'roofline' AND NOT EXISTS "
    "(SELECT 1 FROM measurement AS n WHERE n.run_id = m.run_id AND n.kind = 'roofline' "
    " AND n.backend = m.backend AND n.compute_device_id = m.compute_device_id "
    " AND n.measurement_id > m.measurement_id) ORDER BY m.compute_device_id, m.backend";

int wi_store_load_rooflines(struct wi_store *store, const char *run_id, struct wi_arena *arena,
                            struct wi_roofline **rooflines, size_t *count, struct wi_err *err) {
    struct {
        struct wi_roofline *items;
        size_t count, capacity;
    } list = {0};
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int status = wi_select(store, &stmt, before_roofline, "m", roofline_cols,
                           WI_COUNT(roofline_cols), rooflines_of_run, err);
    if (status == WI_OK)
        wi_bind_text(stmt, 1, run_id);
    while (status == WI_OK && (status = wi_store_step(store, stmt, &row, err)) == WI_OK && row) {
        struct wi_roofline *r = WI_PUSH(arena, &list, struct wi_roofline);
        status = wi_read_struct(stmt, 4, 0, roofline_cols, WI_COUNT(roofline_cols), r, arena,
                                "roofline", err);
        if (status == WI_OK)
            status = wi_load_ceilings(store, wi_read_text(stmt, 1, arena), arena, &r->ceilings,
                                      &r->ceiling_count, err);
        const char *id = wi_read_text(stmt, 2, arena);
        snprintf(r->id, sizeof(r->id), "%s", id ? id : "");
        r->rows = (struct wi_roofline_rows){id, id, id, id, id};
        r->excluded = wi_read_text(stmt, 3, arena);
    }
    sqlite3_finalize(stmt);
    *rooflines = list.items;
    *count = list.count;
    return status;
}
