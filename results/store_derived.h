/* store_derived.h: how the derived tables are rebuilt: all of them, in one transaction.
 * SPDX-License-Identifier: Apache-2.0
 *
 * derive.c decides, the store writes. begin() empties every derived table, put_*() fill them in any
 * order, commit() makes it so; rollback() (and a crash) leaves what was there. Rows carry no clock
 * and no random id, and readers see them by key: the same evidence gives the same bytes. */
#ifndef WI_STORE_DERIVED_H
#define WI_STORE_DERIVED_H

#include "results/judge.h"
#include "results/store.h"

/* What made the rows; stored in each of them. */
struct wi_derived_by {
    const char *rules_version, *tiers_hash, *catalogue_hash;
};

int wi_store_derived_begin(struct wi_store *store, const struct wi_derived_by *by,
                           struct wi_err *err);
/* Thresholds as loaded: table `tier`; `rank` from 0, ascending. */
int wi_store_derived_put_tier(struct wi_store *store, const struct wi_tier_file *file,
                              uint32_t rank, struct wi_err *err);
int wi_store_derived_put_device_tier(struct wi_store *store, const char *device_id,
                                     const struct wi_tier_result *tier, struct wi_err *err);
/* The whole verdict with footprint, speeds, evidence and what did not count. */
int wi_store_derived_put_feasibility(struct wi_store *store, const struct wi_verdict *verdict,
                                     struct wi_err *err);

/* One cell of the matrix: what the devices of a tier (or one device) say about one question.
 * Counts are of SKUs: a SKU is feasible when its median device is (SEMANTICS "Shares"). */
struct wi_matrix_cell {
    const char *tier; /* tier id, or a device_id in a matrix by device */
    const struct wi_model *model;
    enum wi_format_id precision;
    uint32_t context;
    const char *engine, *claim;
    enum wi_verdict_id verdict; /* of the whole cell: the median SKU's; unknown if undecided */
    uint32_t devices, skus, feasible, infeasible, unknown;
    struct wi_interval share; /* feasible / skus with its Wilson interval; mid NAN: none */
    double decode_p10, decode_median, first_token_p10, first_token_median; /* NAN: unknown */
    bool by_definition;          /* about the ruler of the tiers itself */
    bool stale;                  /* some evidence is older than the limit; never stored */
    int64_t oldest_utc_ns;       /* when the run of its oldest evidence began; 0: it has none */
    const char *const *evidence; /* measurement ids */
    size_t evidence_count;
};
int wi_store_derived_put_tier_feasibility(struct wi_store *store, const struct wi_matrix_cell *cell,
                                          struct wi_err *err);
int wi_store_derived_commit(struct wi_store *store, struct wi_err *err);
void wi_store_derived_rollback(struct wi_store *store);

/* The cells of the matrix as derived, in (tier rank, model order, precision) order. */
int wi_store_load_matrix(struct wi_store *store, const struct wi_catalogue *catalogue,
                         struct wi_arena *arena, struct wi_matrix_cell **cells, size_t *count,
                         struct wi_err *err);

#endif
