/* ops.h: single ops of a run as tables: a row for each shape, a column for each precision. For
 * report/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_OPS_H
#define WI_OPS_H

#include "report/lay.h"
#include "report/report.h"

struct wi_ops_table {
    const char *where; /* the compute device */
    struct wi_table table;
};
/* How much a cell says: "92 %", or "92 % (18.3 GB/s)". */
enum wi_ops_cell { WI_OPS_CELL_share, WI_OPS_CELL_share_and_rate };
/* One table for each compute device, shapes and precisions in the order in which they came. A cell
 * is the share of the device's limit, without limits the rate, else what went wrong; '*' behind it:
 * a doubt. */
size_t wi_ops_tables(const struct wi_run_view *view, enum wi_ops_cell cell, struct wi_arena *arena,
                     const struct wi_ops_table **tables);
extern const char *const wi_ops_legend;

#endif
