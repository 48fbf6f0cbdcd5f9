/* run.h: weighs one device in: plan, workers, measuring loop; hands rows to a sink as they finish.
 * SPDX-License-Identifier: Apache-2.0
 *
 * request + inventory -> plan (an array of cases, grouped; its hash goes into the run) -> each
 * group in a worker process executed anew -> one measurement per case. Nothing flows back but
 * events. */
#ifndef WI_RUN_H
#define WI_RUN_H

#include "models/catalogue.h"
#include "probes/env.h"
#include "results/record.h"

struct wi_run_request {  /* what was asked: equal across devices; suite_hash covers it */
    const char *profile; /* "quick", "standard", "full" */
    /* NULL-terminated, canonical names; NULL: the profile's */
    const struct wi_model *const *models; /* NULL-terminated */
    const enum wi_format_id *precisions;
    size_t precision_count;
    const enum wi_backend_id *backends;
    size_t backend_count;
    const char *const *compute; /* ids; NULL: all, of software devices a sample */
    const uint32_t *prefill;    /* NULL: the profile's; a list without members: none */
    size_t prefill_count;
    const uint32_t *depths; /* the same */
    size_t depth_count;
    uint32_t decode_tokens; /* 0: the profile's */
    enum wi_format_id kv_precision;
    uint32_t batch;
    const char *isa_cap;        /* NULL: none */
    bool every_layer;           /* --full */
    enum wi_tri ops;            /* single ops too; unknown: as the profile has it, when it
                                   is asked as it is */
    bool try_threads;           /* thread sets are tried on the first cases */
    const char *threads_before; /* the set that this device chose last: "0,2,4"; NULL: none */
    bool beside; /* one case is measured with another seed, and on small pages, as well */
    uint64_t seed;
    const char *null_script; /* null backend's script; from WEIGHIN_NULL_SCRIPT */
    double case_budget_s;    /* 0: the profile's */
};

struct wi_plan_case {
    struct wi_case key;
    uint32_t layers[WI_LAYER_KIND_COUNT];
    bool whole;                                /* these are all layers: a pass is one segment */
    uint32_t some_layers[WI_LAYER_KIND_COUNT]; /* that would have stood for all, had not all been
                                                  asked for; all 0: none would */
    uint64_t bytes;                            /* memory the worker will need */
    double pass_s;                             /* forecast of one pass */
    double forecast_s;
    double budget_s;              /* the measuring loop's */
    uint32_t index;               /* order of execution */
    enum wi_case_status foregone; /* ok: will run; else the row is known without trying */
    const char *foregone_reason;
};
/* One worker: same model (or none: single ops), precisions, batch, backend and device. The maxima
 * are those of the cases that will run. */
struct wi_plan_group {
    struct wi_plan_case *cases;
    size_t count;
    uint32_t layers[WI_LAYER_KIND_COUNT];
    uint32_t max_tokens, max_depth;
    uint64_t bytes;
    double open_s; /* forecast of making the weights */
    bool software;
};
struct wi_plan {
    struct wi_arena *arena; /* owned */
    struct wi_plan_group *groups;
    size_t group_count, case_count;
    double forecast_s;
    const unsigned *cpus; /* hardware threads that CPU kernels run on, one thread each */
    size_t cpu_count;
    const char *thread_cpus;     /* the same as text, "0,2,4" */
    uint64_t memory_limit_bytes; /* that a worker may hold; 0: not known, none */
    uint64_t cache_bytes;        /* last-level, of all its instances; assumed when not known */
    char suite_hash[65], plan_hash[65];
};
int wi_plan_build(const struct wi_run_request *request, const struct wi_inventory *inventory,
                  const struct wi_catalogue *catalogue, struct wi_plan **plan, struct wi_err *err);
void wi_plan_destroy(struct wi_plan *plan);
/* Takes out the cases that `is_done` names. What is left runs as it would have: same layers, same
 * sessions, same hash. */
void wi_plan_leave_out(struct wi_plan *plan,
                       bool (*is_done)(const void *state, const struct wi_plan_case *c),
                       const void *state);
/* Some layers are measured beside all of them, to see whether they stand for them. */
bool wi_plan_has_shadow(const struct wi_plan_case *c);

/* Events of a run; every hook may be NULL. Non-zero from `measured` stops the run (disk full). */
struct wi_run_sink {
    void *state;
    void (*group_begins)(void *state, const struct wi_plan_group *group, size_t index, size_t of);
    void (*progress)(void *state, const struct wi_plan_case *c, const char *step, double left_s);
    int (*measured)(void *state, const struct wi_measurement *m, struct wi_err *err);
    /* A row of kind `load`, for each session that made weights. */
    int (*loaded)(void *state, const struct wi_measurement *m, struct wi_err *err);
    int (*conditions)(void *state, const char *when, const struct wi_conditions *c,
                      struct wi_err *err);
    int (*roofline)(void *state, const struct wi_roofline *r, struct wi_err *err);
    int (*tuned)(void *state, const struct wi_tuning *tuning, struct wi_err *err);
    void (*warning)(void *state, const char *sentence);
    void (*forecast)(void *state, double total_s); /* renewed: of the whole run */
};
/* WI_INTERRUPTED after Ctrl-C (what was finished was handed over). `env` NULL: conditions are not
 * read. What a hook is given lives until it returns. */
int wi_run_execute(const struct wi_run_request *request, const struct wi_plan *plan,
                   const struct wi_inventory *inventory, struct wi_env *env,
                   const struct wi_run_sink *sink, struct wi_err *err);

/* The worker's main loop: `weighin worker`, request on stdin, rows on stdout (kv frames). */
int wi_worker_main(int in_fd, int out_fd);

#endif
