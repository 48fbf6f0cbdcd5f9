/* plan_parts.h: the parts of planning. For bench/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_PLAN_PARTS_H
#define WI_PLAN_PARTS_H

#include "base/buf.h"
#include "bench/run.h"

/* ---- plan_ask.c: the request with the profile's answers filled in ---- */

struct wi_ask_variant { /* how the cache is kept, how many sequences */
    enum wi_format_id kv_precision;
    uint32_t batch;
    bool quick_phases_only; /* the full profile's extras */
};
struct wi_ask {
    const struct wi_model **models;
    size_t model_count;
    const enum wi_format_id *precisions;
    size_t precision_count;
    const uint32_t *prefill, *depths;
    size_t prefill_count, depth_count;
    uint32_t decode_tokens;
    struct wi_ask_variant variants[3];
    size_t variant_count;
    double prefill_budget_s, decode_budget_s;
    bool ops;                /* the shapes of the models by themselves, too */
    const uint32_t *op_rows; /* of gemm; gemv has one */
    size_t op_row_count;
    double op_budget_s;
    const struct wi_model *every_layer_of; /* the full profile's smallest decoder; NULL */
};
/* Encoders are asked these, whatever the profile. */
extern const uint32_t wi_ask_encode[2];
/* A phase of the quick profile, which the full profile repeats in other variants. */
bool wi_ask_is_quick(enum wi_phase phase, uint32_t tokens, uint32_t depth);

/* Neither models nor precisions nor phases are named. */
bool wi_ask_is_profile(const struct wi_run_request *request);
/* What a software device is asked that was not named (SEMANTICS "Profiles nest"): does it work? */
struct wi_ask wi_ask_software(const struct wi_ask *ask);

int wi_ask_fill(const struct wi_run_request *request, const struct wi_catalogue *catalogue,
                struct wi_arena *arena, struct wi_ask *ask, struct wi_err *err);
void wi_ask_hash(const struct wi_run_request *request, const struct wi_ask *ask, char hash[65]);

/* ---- plan_ops.c: single ops ---- */

void wi_ask_fill_ops(const struct wi_run_request *request, struct wi_arena *arena,
                     struct wi_ask *ask);
void wi_ask_print_ops(const struct wi_ask *ask, struct wi_buf *text); /* for the suite's hash */
/* Every shape of a matrix product that the models' passes make, once: gemv of one row as in
 * decoding, gemm of ask->op_rows. */
void wi_ask_ops(const struct wi_ask *ask, struct wi_arena *arena, struct wi_op_shape **shapes,
                size_t *count);

/* ---- plan_device.c: what this device offers ---- */

struct wi_target { /* a compute device through a backend */
    enum wi_backend_id backend;
    const char *compute_device_id;
    bool software;
    bool probe_only;            /* a software device that was not named: wi_ask_software alone */
    enum wi_case_status status; /* ok, or why nothing can run on it */
    const char *reason;
};
/* The request's backends and compute devices that this device has. WI_USAGE: an id that is not
 * there. */
int wi_targets_list(const struct wi_run_request *request, const struct wi_inventory *inventory,
                    struct wi_arena *arena, struct wi_target **targets, size_t *count,
                    struct wi_err *err);
/* Fills cpus, thread_cpus, memory_limit_bytes and cache_bytes of the plan. */
void wi_plan_resources(const struct wi_inventory *inventory, struct wi_plan *plan);

/* ---- plan_fit.c: layers, bytes, time ---- */

struct wi_fit {
    const struct wi_run_request *request;
    const struct wi_inventory *inventory;
    const struct wi_plan *plan; /* resources are set */
    const struct wi_ask *ask;
};
/* Layers, bytes, forecast; sets `foregone` when the case cannot run here. */
void wi_fit_case(const struct wi_fit *fit, const struct wi_target *target, struct wi_plan_case *c);
/* The same for a case of a single op: how many matrices it goes through, too. */
void wi_fit_op(const struct wi_fit *fit, const struct wi_target *target, struct wi_plan_case *c);
/* Maxima, bytes and forecast over the cases that will run. */
void wi_fit_group(const struct wi_fit *fit, struct wi_plan_group *group);

#endif
