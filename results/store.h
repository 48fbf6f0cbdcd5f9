/* store.h: the database: evidence appended, derived rows rebuilt, everything readable by others.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One SQLite file. Evidence tables are append-only (triggers refuse UPDATE and DELETE, but for a
 * run's closing columns); derived tables can be dropped and rebuilt to identical rows. Columns are
 * documented in docs/database.md: they are a public interface. A writer leaves journal mode
 * DELETE behind, so the result is one closed file. Readers never create files
 * and work in read-only folders. */
#ifndef WI_STORE_H
#define WI_STORE_H

#include "models/catalogue.h"
#include "results/record.h"

#define WI_STORE_APPLICATION_ID 0x57454947 /* "WEIG" */

struct wi_store;

enum wi_store_mode { WI_STORE_READ, WI_STORE_WRITE }; /* WRITE creates and migrates */

/* READ: WI_NOT_FOUND names the file looked for. Foreign, damaged or newer files: WI_CORRUPT with one
 * sentence. An older schema opened READ is migrated into a private in-memory copy. */
int wi_store_open(const char *path, enum wi_store_mode mode, struct wi_store **store,
                  struct wi_err *err);
/* Checkpoints and leaves one closed file. NULL is fine. */
int wi_store_close(struct wi_store *store, struct wi_err *err);
int wi_store_schema_version(const struct wi_store *store);

/* ---- evidence in ---- */
/* device, compute devices, facts of one probing; run_id "" for `probe --store`. Comes before the
 * run: what hardware and software a run used is what its inventory says. */
int wi_store_put_inventory(struct wi_store *store, const struct wi_inventory *inventory,
                           const char *run_id, int64_t utc_ns, struct wi_err *err);
int wi_store_put_run(struct wi_store *store, const struct wi_run *run, const char *device_id,
                     struct wi_err *err);
/* Sets finished_utc_ns and state of an open run. */
int wi_store_finish_run(struct wi_store *store, const struct wi_run *run, struct wi_err *err);
int wi_store_put_conditions(struct wi_store *store, const char *run_id, const char *when,
                            const struct wi_conditions *conditions, struct wi_err *err);
/* One transaction per case: row and samples, whole or not at all; durable when it returns. */
int wi_store_put_measurement(struct wi_store *store, const char *run_id, const char *device_id,
                             const struct wi_measurement *measurement, struct wi_err *err);
int wi_store_put_roofline(struct wi_store *store, const char *run_id, const char *device_id,
                          const struct wi_roofline *roofline, struct wi_err *err);
int wi_store_put_tuning(struct wi_store *store, const char *run_id, const char *device_id,
                        const struct wi_tuning *tuning, struct wi_err *err);
/* What the newest tuning of this op chose; NULL: there is none. */
int wi_store_load_choice(struct wi_store *store, const char *device_id,
                         const char *compute_device_id, const char *op, struct wi_arena *arena,
                         const char **choice, struct wi_err *err);
struct wi_annotation {
    const char *kind, *target;  /* "measurement", "run", "device"; its id */
    const char *action;         /* "exclude", "relabel", "resolve", "retire" */
    const char *detail, *reason, *author; /* detail: new label etc., NULL */
    int64_t utc_ns;
};
/* A measurement cannot be relabelled: labels belong to runs (detail "key=value"), names to devices.
 * `id` receives the annotation's id; may be NULL. */
int wi_store_annotate(struct wi_store *store, const struct wi_annotation *annotation, char id[33],
                      struct wi_err *err);
struct wi_annotation_row {
    const char *id;
    struct wi_annotation a;
};
/* What was said about a device, its runs and measurements; in order of time. */
int wi_store_load_annotations(struct wi_store *store, const char *device_id,
                              struct wi_arena *arena, struct wi_annotation_row **rows,
                              size_t *count, struct wi_err *err);
/* The id of `kind` (see wi_annotation) that is `prefix` or, alone, begins with it. WI_USAGE: none
 * does, or several. */
int wi_store_find_id(struct wi_store *store, const char *kind, const char *prefix,
                     struct wi_arena *arena, const char **id, struct wi_err *err);
struct wi_decision {            /* a gate's outcome, or a device that changed its tier */
    const char *kind;           /* "gate", "tier_change" (derive stores these itself) */
    const char *subject;        /* policy or device id */
    const char *outcome, *because;
    const char *derived_from;   /* JSON: ids and hashes of all that it was derived from */
    const char *document;       /* JSON: the answer as it was given */
    int64_t utc_ns;
};
/* `id` receives the decision's id; may be NULL. */
int wi_store_put_decision(struct wi_store *store, const struct wi_decision *decision, char id[33],
                          struct wi_err *err);
/* The catalogue that derived rows use: model and size_class, precision_family tables. */
int wi_store_put_catalogue(struct wi_store *store, const struct wi_catalogue *catalogue,
                           struct wi_err *err);

/* ---- evidence out (all in the caller's arena) ---- */
struct wi_evidence {            /* a measurement as stored, with what eligibility asks about it */
    struct wi_measurement m;
    const char *run_id, *device_id;
    const char *software_id, *hardware_id; /* NULL: the probing could not say */
    int64_t run_utc_ns, tool_built_utc_ns;
    bool has_mains;             /* false: the device has no mains (then on_battery does not bar):
                                   the fact "power.mains" of its probing or of a reading of the run
                                   is not_applicable */
    const char *excluded;       /* reason of an annotation that excludes it or its run; NULL */
};
/* Rows about models only (kinds model, sustained, load). */
struct wi_evidence_list {
    struct wi_evidence *items;
    size_t count, capacity;
};
/* device_id NULL: all. Models absent from the catalogue keep key.model pointing at a stub entry
 * with the stored id and hash. Ordered by (device, case, run time, id). with_samples loads them. */
int wi_store_load_evidence(struct wi_store *store, const struct wi_catalogue *catalogue,
                           const char *device_id, const char *run_id, bool with_samples,
                           struct wi_arena *arena, struct wi_evidence_list *list,
                           struct wi_err *err);
/* The same for rows of kind op, which are about no model: key.op instead. Ordered by (device, run
 * time, id), so as they were measured. */
int wi_store_load_ops(struct wi_store *store, const char *device_id, const char *run_id,
                      bool with_samples, struct wi_arena *arena, struct wi_evidence_list *list,
                      struct wi_err *err);
/* The newest probed inventory of a device, rebuilt from the stored rows; WI_NOT_FOUND. */
int wi_store_load_inventory(struct wi_store *store, const char *device_id,
                            struct wi_inventory **inventory, struct wi_err *err);
struct wi_device_row {
    const char *device_id, *name, *sku_id, *hardware_id, *tier;
    int64_t last_seen_utc_ns;
    bool retired;
    uint64_t runs;
};
int wi_store_list_devices(struct wi_store *store, struct wi_arena *arena,
                          struct wi_device_row **devices, size_t *count, struct wi_err *err);
struct wi_run_row {
    struct wi_run run;
    const char *device_id;
};
int wi_store_load_runs(struct wi_store *store, const char *device_id, struct wi_arena *arena,
                       struct wi_run_row **runs, size_t *count, struct wi_err *err);
int wi_store_load_rooflines(struct wi_store *store, const char *run_id, struct wi_arena *arena,
                            struct wi_roofline **rooflines, size_t *count, struct wi_err *err);

struct wi_condition_row {       /* one reading */
    const char *taken;          /* "before", "during", "after" */
    struct wi_conditions conditions;
};
/* In the order in which they were stored. */
int wi_store_load_conditions(struct wi_store *store, const char *run_id, struct wi_arena *arena,
                             struct wi_condition_row **readings, size_t *count,
                             struct wi_err *err);

/* ---- whole, consistent, known? ---- */
struct wi_verify_finding {
    const char *what;           /* one sentence */
};
/* PRAGMA integrity_check, foreign keys, schema, measurement hashes, sample counts, open runs.
 * Findings empty: whole. Proves neither honesty nor completeness; the caller says so. */
int wi_store_verify(struct wi_store *store, struct wi_arena *arena,
                    struct wi_verify_finding **findings, size_t *count, struct wi_err *err);

/* Writes all that the database holds, as of now, into a new closed file of the present schema. A
 * file that is there is not touched: WI_USAGE. */
int wi_store_copy(struct wi_store *store, const char *path, struct wi_err *err);

/* Rows of a table or view as text, for export and tests: visits rows in key order. A value is NULL
 * when its type is NULL, hex digits for a blob; anything but 0 from `visit` stops and is returned. */
enum wi_store_type {            /* the numbers are SQLite's */
    WI_STORE_INTEGER = 1,
    WI_STORE_REAL,
    WI_STORE_TEXT,
    WI_STORE_BLOB,
    WI_STORE_NULL
};
typedef int (*wi_store_row_fn)(void *state, int columns, const char *const *names,
                               const char *const *values, const int *types);
int wi_store_each_row(struct wi_store *store, const char *table, wi_store_row_fn visit,
                      void *state, struct wi_err *err);
/* NULL-terminated names of tables and views that export may name. */
const char *const *wi_store_tables(void);

/* 32 hex digits: 48 bits of UTC milliseconds, 80 random bits: sorts by time, survives a merge. */
void wi_store_new_id(int64_t utc_ns, char id[33]);

#endif
