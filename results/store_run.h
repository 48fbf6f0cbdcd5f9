/* store_run.h: the columns of a run. For results/store_*.c only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_STORE_RUN_H
#define WI_STORE_RUN_H

#include "results/store_row.h"

extern const struct wi_col wi_run_cols[]; /* of struct wi_run, in table `run`; store_run.c */
extern const size_t wi_run_col_count;

#endif
