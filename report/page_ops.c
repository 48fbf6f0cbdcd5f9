/* page_ops.c: single ops on the page: how much of its limits the device gives at a model's shapes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/ops.h"
#include "report/page.h"

void wi_page_ops(const struct wi_page_writer *w, const struct wi_page_part *part) {
    const struct wi_ops_table *tables = NULL;
    size_t n = wi_ops_tables(part->run, WI_OPS_CELL_share_and_rate, w->arena, &tables);
    if (n == 0)
        return;
    w->heading(w->out, part->level, wi_page_anchor(part, w->arena, "ops", 0),
               "Single ops at the models' shapes");
    for (size_t i = 0; i < n; i++) {
        struct wi_table table = tables[i].table;
        table.caption = wi_arena_printf(w->arena, "Single ops on %s", tables[i].where);
        w->table(&table, w->out);
    }
    w->paragraph(w->out, wi_arena_printf(w->arena, "A cell: %s.", wi_ops_legend));
}
