/* judge.h: what the evidence allows one to say: eligibility, budgets, verdicts, tiers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure rules over evidence and inventory (SEMANTICS "Which evidence counts", "Verdicts", "Tiers").
 * They do not depend on the clock but through `as_of_utc_ns`, and on nothing else in the database. */
#ifndef WI_JUDGE_H
#define WI_JUDGE_H

#include "results/record.h"
#include "results/store.h"

#define WI_RULES_VERSION "3"

struct wi_rules {               /* constants, defaults from wi_rules_default(); never mutated */
    int64_t as_of_utc_ns;       /* 0: ages are not judged (derive) */
    uint32_t max_age_days;      /* 90 */
    double between_run_mains, between_run_battery; /* 0.04, 0.08 */
    uint32_t newest_runs;       /* 5 */
    double tier_leave_margin;   /* 0.03 */
    uint32_t comparable_since[WI_BACKEND_COUNT]; /* oldest kernel generation that still counts */
};
const struct wi_rules *wi_rules_default(void);
/* Is what was measured then too old as of the rules' moment? Without a moment nothing is. */
bool wi_rules_too_old(const struct wi_rules *rules, int64_t run_utc_ns);

/* NULL: it counts. Else the reason, a sentence in the arena. newest_software_id: of the device's
 * newest probe or run row for that backend. about_gpu: the claim is about a GPU. */
const char *wi_evidence_barred(const struct wi_evidence *evidence, const struct wi_rules *rules,
                               const char *newest_software_id, bool about_gpu,
                               struct wi_arena *arena);
/* The same, asked of the newest inventory: its software ids, and its hardware, since verdicts belong
 * to the newest configuration of a device. Verdicts and tiers use this one. */
const char *wi_evidence_barred_on(const struct wi_evidence *evidence, const struct wi_rules *rules,
                                  const struct wi_inventory *inventory, bool about_gpu,
                                  struct wi_arena *arena);

/* The limits of each (backend, compute device) of `inventory`'s device: the best of each limit over
 * the rooflines that still count, those of runs that did not use other hardware or software and
 * that nobody excluded. `evidence`: of that device, as wi_store_load_evidence gives it. */
int wi_rooflines_load(struct wi_store *store, const struct wi_inventory *inventory,
                      const struct wi_evidence_list *evidence, struct wi_arena *arena,
                      struct wi_roofline **rooflines, size_t *count, struct wi_err *err);

/* ---- memory budgets ---- */
struct wi_budget {
    const char *pool;           /* "system memory", "device memory", "unified memory" */
    struct wi_maybe_u64 bytes;  /* capability, not mood; unknown: some reading is missing */
    struct wi_maybe_u64 most_bytes; /* the largest credible budget: above it nothing fits, even where
                                       `bytes` is unknown. Equals `bytes` when that is known */
    struct wi_maybe_u64 available_now_bytes;
    struct wi_maybe_u64 largest_allowed_bytes; /* one buffer; not_applicable on a CPU */
    enum wi_limit largest_by;   /* largest_buffer or largest_allocation: which is the tighter */
    const char *because;        /* "15.6 GiB less 2.00 GiB reserve (desktop)" */
};
void wi_budget_of(const struct wi_inventory *inventory, const char *compute_device_id,
                  struct wi_arena *arena, struct wi_budget *budget);

/* ---- verdicts ---- */
void wi_targets_default(const struct wi_model *model, struct wi_targets *targets);

struct wi_verdict_request {
    const struct wi_catalogue *catalogue;
    const struct wi_inventory *inventory;
    const struct wi_evidence_list *evidence; /* may be empty; of this device */
    const struct wi_roofline *rooflines;
    size_t roofline_count;
    const struct wi_model *model;
    enum wi_format_id precision;
    const char *engine;         /* "reference" */
    const char *compute_device_id; /* NULL: best of the device's */
    const struct wi_targets *targets; /* NULL: defaults */
    const struct wi_rules *rules;
};
int wi_verdict_derive(const struct wi_verdict_request *request, struct wi_arena *arena,
                      struct wi_verdict *verdict, struct wi_err *err);

/* ---- tiers ---- */
struct wi_tier {
    const char *id;
    struct wi_maybe_f64 usable_memory_mib, decode_tok_s, prefill_tok_s; /* not_applicable: none */
    const char *says;
};
struct wi_tier_file {
    struct wi_arena *arena;     /* owned */
    const char *name;
    const struct wi_model *ruler;
    enum wi_format_id ruler_precision;
    uint32_t prefill_tokens, decode_depth;
    const struct wi_tier *tiers; /* ascending */
    size_t tier_count;
    char hash[65];
};
/* path NULL: the embedded default. WI_USAGE with line for a bad file. */
int wi_tiers_load(const char *path, const struct wi_catalogue *catalogue,
                  struct wi_tier_file **tiers, struct wi_err *err);
void wi_tiers_destroy(struct wi_tier_file *tiers);
/* Uses the request's catalogue, inventory, evidence, rules and compute_device_id; the question is
 * the file's own. A tier once reached is left only when its limit is cleared by tier_leave_margin:
 * what was reached before follows from the runs in order of time, never from derived rows. */
int wi_tier_derive(const struct wi_tier_file *tiers, const struct wi_verdict_request *request,
                   struct wi_arena *arena, struct wi_tier_result *result, struct wi_err *err);

/* Classifies bare numbers; used by the above and by the golden classification test. A number that
 * is not known meets no threshold; `certain` (may be NULL) is yes when it could not change the
 * answer, else unknown. */
const struct wi_tier *wi_tier_classify(const struct wi_tier_file *tiers,
                                       struct wi_maybe_f64 usable_memory_mib,
                                       struct wi_maybe_f64 decode_tok_s,
                                       struct wi_maybe_f64 prefill_tok_s, enum wi_tri *certain);

/* ---- derive: evidence -> device_tier, feasibility, tier_feasibility rows ---- */
int wi_derive(struct wi_store *store, const struct wi_catalogue *catalogue,
              const struct wi_tier_file *tiers, const struct wi_rules *rules, struct wi_err *err);

struct wi_feasibility_row {     /* one derived cell, as the matrix reads it */
    const char *tier, *device_id, *device_name, *sku_id;
    int64_t oldest_utc_ns;      /* when the run of its oldest evidence began; 0: it has none */
    struct wi_verdict verdict;
};
int wi_load_feasibility(struct wi_store *store, const struct wi_catalogue *catalogue,
                        struct wi_arena *arena, struct wi_feasibility_row **rows, size_t *count,
                        struct wi_err *err);
/* Those of one device; NULL: of all. */
int wi_load_feasibility_of(struct wi_store *store, const struct wi_catalogue *catalogue,
                           const char *device_id, struct wi_arena *arena,
                           struct wi_feasibility_row **rows, size_t *count, struct wi_err *err);
struct wi_device_tier_row {
    const char *device_id, *device_name;
    bool retired;
    struct wi_tier_result tier;
};
int wi_load_device_tiers(struct wi_store *store, struct wi_arena *arena,
                         struct wi_device_tier_row **rows, size_t *count, struct wi_err *err);

#endif
