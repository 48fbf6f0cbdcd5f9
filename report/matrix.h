/* matrix.h: the cells of the matrix laid out as a grid: one row a model and precision, one column a
 * tier or device.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_MATRIX_H
#define WI_MATRIX_H

#include "report/lay.h"
#include "report/report.h"

struct wi_grid_column {
    const char *key;  /* tier or device id, as in the cells */
    const char *name; /* what people read: tier, or the device's name */
    const char *note; /* by device: its tier; else NULL */
};
struct wi_grid {
    const struct wi_matrix_view *view;
    struct wi_grid_column *columns;
    size_t column_count;
    const struct wi_matrix_cell **rows; /* a cell of each row: its model, precision and context */
    size_t row_count, left_out;
    const struct wi_matrix_cell **at; /* row_count x column_count; NULL: nothing is said about it */
    bool by_device;
    bool any_stale, any_by_definition;
};

void wi_grid_build(const struct wi_matrix_view *view, struct wi_arena *arena, struct wi_grid *grid);
/* Takes out the rows of which no cell says yes or no; `left_out` counts them. */
void wi_grid_leave_out_unknown(struct wi_grid *grid);
/* "comfortable* 9/10"; detail adds the share's interval and the speeds. "-": no such cell. */
const char *wi_grid_say(const struct wi_grid *grid, const struct wi_matrix_cell *cell, bool detail,
                        struct wi_arena *arena);
/* The columns [first, end) as a table with the rows' labels in front. */
void wi_grid_table(const struct wi_grid *grid, size_t first, size_t end, bool detail,
                   struct wi_arena *arena, struct wi_table *table);
/* Sentences that explain the marks and numbers in the cells. */
enum { WI_GRID_LEGEND = 6 }; /* at most */
size_t wi_grid_legend(const struct wi_grid *grid, bool detail, struct wi_arena *arena,
                      const char *sentences[WI_GRID_LEGEND]);

void wi_matrix_json(const struct wi_matrix_view *view, struct wi_buf *out);
void wi_matrix_csv(const struct wi_matrix_view *view, struct wi_buf *out);
void wi_matrix_text(const struct wi_matrix_view *view, struct wi_buf *out);
/* Fragments: a table and its legend, without heading. */
void wi_matrix_md(const struct wi_matrix_view *view, struct wi_buf *out);
void wi_matrix_html(const struct wi_matrix_view *view, struct wi_buf *out);

#endif
