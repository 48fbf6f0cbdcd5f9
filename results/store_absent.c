/* store_absent.c: stands in for the database when the program is built without SQLite.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store.h"
#include "results/store_derived.h"

static int not_built(struct wi_err *err) {
    return wi_fail(err, WI_NOT_BUILT,
                   "this weighin was built without SQLite and has no database: install "
                   "libsqlite3-dev (3.38 or newer), then build again");
}

/* No store can be open here, so nothing looks at the arguments. */
#define ABSENT(name, ...)                                                                          \
    int name(__VA_ARGS__) {                                                                        \
        return not_built(err);                                                                     \
    }
#pragma GCC diagnostic ignored "-Wunused-parameter"

int wi_store_open(const char *path, enum wi_store_mode mode, struct wi_store **store,
                  struct wi_err *err) {
    *store = NULL;
    return not_built(err);
}
int wi_store_close(struct wi_store *store, struct wi_err *err) {
    return WI_OK;
}
int wi_store_schema_version(const struct wi_store *store) {
    return 0;
}

ABSENT(wi_store_put_inventory, struct wi_store *store, const struct wi_inventory *inventory,
       const char *run_id, int64_t utc_ns, struct wi_err *err)
ABSENT(wi_store_put_run, struct wi_store *store, const struct wi_run *run, const char *device_id,
       struct wi_err *err)
ABSENT(wi_store_finish_run, struct wi_store *store, const struct wi_run *run, struct wi_err *err)
ABSENT(wi_store_put_conditions, struct wi_store *store, const char *run_id, const char *when,
       const struct wi_conditions *conditions, struct wi_err *err)
ABSENT(wi_store_put_measurement, struct wi_store *store, const char *run_id, const char *device_id,
       const struct wi_measurement *measurement, struct wi_err *err)
ABSENT(wi_store_put_tuning, struct wi_store *store, const char *run_id, const char *device_id,
       const struct wi_tuning *tuning, struct wi_err *err)
ABSENT(wi_store_load_choice, struct wi_store *store, const char *device_id,
       const char *compute_device_id, const char *op, struct wi_arena *arena, const char **choice,
       struct wi_err *err)
ABSENT(wi_store_put_roofline, struct wi_store *store, const char *run_id, const char *device_id,
       const struct wi_roofline *roofline, struct wi_err *err)
ABSENT(wi_store_annotate, struct wi_store *store, const struct wi_annotation *annotation,
       char id[33], struct wi_err *err)
ABSENT(wi_store_load_annotations, struct wi_store *store, const char *device_id,
       struct wi_arena *arena, struct wi_annotation_row **rows, size_t *count, struct wi_err *err)
ABSENT(wi_store_find_id, struct wi_store *store, const char *kind, const char *prefix,
       struct wi_arena *arena, const char **id, struct wi_err *err)
ABSENT(wi_store_copy, struct wi_store *store, const char *path, struct wi_err *err)
ABSENT(wi_store_put_catalogue, struct wi_store *store, const struct wi_catalogue *catalogue,
       struct wi_err *err)
ABSENT(wi_store_load_evidence, struct wi_store *store, const struct wi_catalogue *catalogue,
       const char *device_id, const char *run_id, bool with_samples, struct wi_arena *arena,
       struct wi_evidence_list *list, struct wi_err *err)
ABSENT(wi_store_load_ops, struct wi_store *store, const char *device_id, const char *run_id,
       bool with_samples, struct wi_arena *arena, struct wi_evidence_list *list, struct wi_err *err)
ABSENT(wi_store_load_inventory, struct wi_store *store, const char *device_id,
       struct wi_inventory **inventory, struct wi_err *err)
ABSENT(wi_store_list_devices, struct wi_store *store, struct wi_arena *arena,
       struct wi_device_row **devices, size_t *count, struct wi_err *err)
ABSENT(wi_store_load_runs, struct wi_store *store, const char *device_id, struct wi_arena *arena,
       struct wi_run_row **runs, size_t *count, struct wi_err *err)
ABSENT(wi_store_load_rooflines, struct wi_store *store, const char *run_id, struct wi_arena *arena,
       struct wi_roofline **rooflines, size_t *count, struct wi_err *err)
ABSENT(wi_store_load_conditions, struct wi_store *store, const char *run_id, struct wi_arena *arena,
       struct wi_condition_row **readings, size_t *count, struct wi_err *err)
ABSENT(wi_store_verify, struct wi_store *store, struct wi_arena *arena,
       struct wi_verify_finding **findings, size_t *count, struct wi_err *err)
ABSENT(wi_store_each_row, struct wi_store *store, const char *table, wi_store_row_fn visit,
       void *state, struct wi_err *err)
ABSENT(wi_store_put_decision, struct wi_store *store, const struct wi_decision *decision,
       char id[33], struct wi_err *err)

ABSENT(wi_store_derived_begin, struct wi_store *store, const struct wi_derived_by *by,
       struct wi_err *err)
ABSENT(wi_store_derived_put_tier, struct wi_store *store, const struct wi_tier_file *file,
       uint32_t rank, struct wi_err *err)
ABSENT(wi_store_derived_put_device_tier, struct wi_store *store, const char *device_id,
       const struct wi_tier_result *tier, struct wi_err *err)
ABSENT(wi_store_derived_put_feasibility, struct wi_store *store, const struct wi_verdict *verdict,
       struct wi_err *err)
ABSENT(wi_store_derived_put_tier_feasibility, struct wi_store *store,
       const struct wi_matrix_cell *cell, struct wi_err *err)
ABSENT(wi_store_derived_commit, struct wi_store *store, struct wi_err *err)
void wi_store_derived_rollback(struct wi_store *store) {
}
ABSENT(wi_store_load_matrix, struct wi_store *store, const struct wi_catalogue *catalogue,
       struct wi_arena *arena, struct wi_matrix_cell **cells, size_t *count, struct wi_err *err)
ABSENT(wi_load_feasibility, struct wi_store *store, const struct wi_catalogue *catalogue,
       struct wi_arena *arena, struct wi_feasibility_row **rows, size_t *count, struct wi_err *err)
ABSENT(wi_load_feasibility_of, struct wi_store *store, const struct wi_catalogue *catalogue,
       const char *device_id, struct wi_arena *arena, struct wi_feasibility_row **rows,
       size_t *count, struct wi_err *err)
ABSENT(wi_load_device_tiers, struct wi_store *store, struct wi_arena *arena,
       struct wi_device_tier_row **rows, size_t *count, struct wi_err *err)
