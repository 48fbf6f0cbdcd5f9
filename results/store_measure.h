/* store_measure.h: what the files about measurements share. For results/store_*.c only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_STORE_MEASURE_H
#define WI_STORE_MEASURE_H

#include "results/store_db.h"
#include "results/store_row.h"
#include "results/store_samples.h"

/* Columns of struct wi_measurement: the case key (NULL in rows about no model) and the rest. */
extern const struct wi_col wi_case_cols[], wi_measurement_cols[];
extern const size_t wi_case_col_count, wi_measurement_col_count;
/* The key of a row of kind op, in place of that of a case. */
extern const struct wi_col wi_op_cols[];
extern const size_t wi_op_col_count;

/* Models of the rows of one load: the catalogue's when id and hash agree, else a stub; equal rows
 * give the same pointer. */
struct wi_store_models {
    struct wi_arena *arena;
    const struct wi_catalogue *catalogue; /* may be NULL */
    struct wi_model **items;
    size_t count, capacity;
};
/* NULL for a row about no model (id NULL). */
const struct wi_model *wi_store_model(struct wi_store_models *models, const char *id,
                                      const char *hash);

#endif
