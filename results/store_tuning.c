/* store_tuning.c: which variant or thread set won, with its rivals.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store_db.h"
#include "results/store_row.h"

#include "base/clock.h"
#include "base/json.h"

#include <math.h>

static const char *rivals_of(const struct wi_tuning *t, struct wi_arena *arena) {
    struct wi_buf text = {0};
    struct wi_json json;
    wi_json_init(&json, &text, false);
    wi_json_array(&json, NULL);
    for (size_t i = 0; i < t->rival_count; i++) {
        const struct wi_rate *r = &t->rivals[i].tokens_per_s;
        wi_json_object(&json, NULL);
        wi_json_str(&json, "choice", t->rivals[i].choice);
        wi_json_f64(&json, "median_ns", r->median > 0 ? 1e9 / r->median : NAN);
        wi_json_f64(&json, "lo_ns", r->hi > 0 ? 1e9 / r->hi : NAN);
        wi_json_f64(&json, "hi_ns", r->lo > 0 ? 1e9 / r->lo : NAN);
        wi_json_object_end(&json);
    }
    wi_json_array_end(&json);
    const char *copy = wi_arena_strdup(arena, wi_buf_str(&text));
    wi_buf_fini(&text);
    return copy;
}

/* Which software the run used with this backend. */
static int software_of(struct wi_store *store, const char *run_id, enum wi_backend_id backend,
                       struct wi_arena *arena, const char **software, struct wi_err *err) {
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    *software = NULL;
    WI_TRY(wi_store_prepare(store,
                            "SELECT b.software_id FROM run AS r JOIN backend_state AS b "
                            "ON b.inventory_id = r.inventory_id AND b.backend = ?2 "
                            "WHERE r.run_id = ?1",
                            &stmt, err));
    wi_bind_text(stmt, 1, run_id);
    wi_bind_text(stmt, 2, wi_backend_id_name(backend));
    int status = wi_store_step(store, stmt, &found, err);
    if (found)
        *software = wi_read_text(stmt, 0, arena);
    sqlite3_finalize(stmt);
    return status;
}

static int put(struct wi_store *store, const char *run_id, const char *device_id,
               const struct wi_tuning *t, struct wi_arena *arena, struct wi_err *err) {
    const char *software = NULL;
    struct wi_row row;
    char id[33];
    WI_TRY(software_of(store, run_id, t->backend, arena, &software, err));
    wi_store_new_id(wi_utc_ns(&wi_clock_system), id);
    wi_row_init(&row, "tuning", arena);
    wi_row_text(&row, "tuning_id", id);
    wi_row_text(&row, "run_id", run_id);
    wi_row_text(&row, "device_id", device_id);
    wi_row_text(&row, "compute_device_id", t->compute_device_id);
    wi_row_text(&row, "software_id", software);
    wi_row_integer(&row, "kernel_generation", t->kernel_generation);
    wi_row_text(&row, "op", t->op);
    wi_row_text(&row, "precision", wi_format_get(t->precision)->name);
    wi_row_text(&row, "shape_class", t->shape_class);
    wi_row_text(&row, "choice", t->choice);
    wi_row_text(&row, "rivals", rivals_of(t, arena));
    int status = wi_row_insert(store, &row, err);
    wi_row_fini(&row);
    return status;
}

int wi_store_put_tuning(struct wi_store *store, const char *run_id, const char *device_id,
                        const struct wi_tuning *tuning, struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    int status = wi_store_begin(store, err);
    if (status == WI_OK) {
        status = put(store, run_id, device_id, tuning, arena, err);
        if (status == WI_OK)
            status = wi_store_commit(store, err);
        else
            wi_store_rollback(store);
    }
    wi_arena_destroy(arena);
    return status;
}

int wi_store_load_choice(struct wi_store *store, const char *device_id,
                         const char *compute_device_id, const char *op, struct wi_arena *arena,
                         const char **choice, struct wi_err *err) {
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    *choice = NULL;
    WI_TRY(wi_store_prepare(store,
                            "SELECT choice FROM tuning WHERE device_id = ?1 AND "
                            "compute_device_id = ?2 AND op = ?3 ORDER BY tuning_id DESC LIMIT 1",
                            &stmt, err));
    wi_bind_text(stmt, 1, device_id);
    wi_bind_text(stmt, 2, compute_device_id);
    wi_bind_text(stmt, 3, op);
    int status = wi_store_step(store, stmt, &found, err);
    if (found)
        *choice = wi_read_text(stmt, 0, arena);
    sqlite3_finalize(stmt);
    return status;
}
