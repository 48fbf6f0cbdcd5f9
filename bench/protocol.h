/* protocol.h: what the frames between parent and worker hold. For bench/ only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Both ends are this very executable; even so a reader believes nothing that it did not check,
 * because drivers write to stdout and crash halfway through a line. */
#ifndef WI_PROTOCOL_H
#define WI_PROTOCOL_H

#include "bench/frames.h"
#include "bench/measure.h"
#include "bench/roofs.h"
#include "bench/run.h"

/* A group as its worker needs it: the model and the CPU travel along, so that a worker loads no
 * catalogue and probes nothing. */
struct wi_job {
    struct wi_model model;            /* zero: of single ops */
    struct wi_inventory inventory;    /* cpu.isa, caches, counts; the rest is zero */
    struct wi_session_params session; /* model and inventory point to the two above; ops: those
                                         of the cases */
    uint64_t origin_ns;               /* when the run began, CLOCK_MONOTONIC */
    uint64_t cache_bytes;             /* last-level, as the plan has it */
    bool measure_roofline;
    uint64_t roofline_budget_ns;
    struct wi_roof roof; /* known so far */
    struct wi_measure_case *cases;
    uint32_t *numbers; /* of each case within its group: what steps and rows name */
    size_t case_count;
};

enum { WI_JOB_CASES_MOST = 4096 };

void wi_job_put(const struct wi_job *job, struct wi_kv *kv);
/* Text lies in the kv's arena, and so does the job. WI_CORRUPT. */
int wi_job_get(const struct wi_kv *kv, struct wi_job **job, struct wi_err *err);

/* The session as the worker found it, and what opening it took. */
struct wi_load {
    uint64_t bytes; /* of weights made; 0: none were */
    uint64_t ns;
    uint64_t peak_rss_bytes; /* of the worker since it began */
};
void wi_opened_put(const struct wi_session_info *info, const struct wi_load *load,
                   struct wi_kv *kv);
int wi_opened_get(const struct wi_kv *kv, struct wi_session_info *info, struct wi_load *load,
                  struct wi_err *err);

void wi_refused_put(enum wi_case_status status, const char *reason, struct wi_kv *kv);
int wi_refused_get(const struct wi_kv *kv, enum wi_case_status *status, const char **reason,
                   struct wi_err *err);

void wi_step_put(uint32_t number, const char *step, struct wi_kv *kv);
int wi_step_get(const struct wi_kv *kv, uint32_t *number, const char **step, struct wi_err *err);

/* Marks a row as that of a shadow: of the case's number, measured another way. */
void wi_row_put_shadow(struct wi_kv *kv);
bool wi_row_is_shadow(const struct wi_kv *kv);
void wi_row_put(uint32_t number, const struct wi_measured *m, struct wi_kv *kv);
int wi_row_get(const struct wi_kv *kv, uint32_t *number, struct wi_measured *m, struct wi_err *err);

void wi_canary_put(const struct wi_canary *look, struct wi_kv *kv);
int wi_canary_get(const struct wi_kv *kv, struct wi_canary *look, struct wi_err *err);

/* Its ceilings; the figures follow from them. */
void wi_roofline_put(const struct wi_roofline *r, struct wi_kv *kv);
int wi_roofline_get(const struct wi_kv *kv, struct wi_roofline *r, struct wi_err *err);

#endif
