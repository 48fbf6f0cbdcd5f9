/* store_verdict.h: columns of the derived tables, shared by writing and reading. For
 * results/store_*.c only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_STORE_VERDICT_H
#define WI_STORE_VERDICT_H

#include "results/store_derived.h"
#include "results/store_names.h"
#include "results/store_row.h"

/* Of struct wi_verdict, wi_footprint (table feasibility), wi_matrix_cell, wi_tier_result. */
extern const struct wi_col wi_verdict_cols[], wi_footprint_cols[], wi_cell_cols[],
    wi_tier_result_cols[];
extern const size_t wi_verdict_col_count, wi_footprint_col_count, wi_cell_col_count,
    wi_tier_result_col_count;

#endif
