/* matrix_grid.c: the cells of the matrix laid out as a grid.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/matrix.h"

#include "report/words.h"

#include <math.h>
#include <string.h>

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_row(const struct wi_matrix_cell *a, const struct wi_matrix_cell *b) {
    return a->precision == b->precision && a->context == b->context &&
           (a->model == b->model || same_text(a->model->id, b->model->id)) &&
           same_text(a->engine, b->engine);
}

/* ---- axes ---- */

static void name_column(const struct wi_matrix_view *view, struct wi_grid_column *column) {
    column->name = column->key;
    for (size_t i = 0; i < view->device_count; i++) {
        const struct wi_device_tier_row *d = &view->devices[i];
        if (!same_text(d->device_id, column->key))
            continue;
        column->name = d->device_name ? d->device_name : d->device_id;
        column->note = d->retired ? "retired" : d->tier.id;
    }
}

static size_t column_of(struct wi_grid *grid, const char *key) {
    for (size_t i = 0; i < grid->column_count; i++)
        if (same_text(grid->columns[i].key, key))
            return i;
    struct wi_grid_column *column = &grid->columns[grid->column_count];
    *column = (struct wi_grid_column){.key = key, .name = key};
    if (grid->by_device)
        name_column(grid->view, column);
    return grid->column_count++;
}

static size_t row_of(struct wi_grid *grid, const struct wi_matrix_cell *cell) {
    for (size_t i = 0; i < grid->row_count; i++)
        if (same_row(grid->rows[i], cell))
            return i;
    grid->rows[grid->row_count] = cell;
    return grid->row_count++;
}

static void place_cells(struct wi_grid *grid, const size_t *rows, const size_t *columns,
                        struct wi_arena *arena) {
    grid->at = WI_NEW_ARRAY(arena, const struct wi_matrix_cell *,
                            grid->row_count * grid->column_count + 1);
    for (size_t i = 0; i < grid->view->cell_count; i++)
        grid->at[rows[i] * grid->column_count + columns[i]] = &grid->view->cells[i];
}

void wi_grid_build(const struct wi_matrix_view *view, struct wi_arena *arena,
                   struct wi_grid *grid) {
    *grid = (struct wi_grid){
        .view = view,
        .columns = WI_NEW_ARRAY(arena, struct wi_grid_column, view->cell_count + 1),
        .rows = WI_NEW_ARRAY(arena, const struct wi_matrix_cell *, view->cell_count + 1),
        .by_device = same_text(view->by, "device")};
    size_t *rows = WI_NEW_ARRAY(arena, size_t, view->cell_count + 1);
    size_t *columns = WI_NEW_ARRAY(arena, size_t, view->cell_count + 1);
    for (size_t i = 0; i < view->cell_count; i++) {
        columns[i] = column_of(grid, view->cells[i].tier);
        rows[i] = row_of(grid, &view->cells[i]);
        grid->any_stale |= view->cells[i].stale;
        grid->any_by_definition |= view->cells[i].by_definition;
    }
    place_cells(grid, rows, columns, arena);
}

static bool is_unknown(const struct wi_grid *grid, size_t row) {
    for (size_t c = 0; c < grid->column_count; c++) {
        const struct wi_matrix_cell *cell = grid->at[row * grid->column_count + c];
        if (cell && (cell->verdict != WI_VERDICT_unknown || cell->feasible + cell->infeasible > 0))
            return false;
    }
    return true;
}

void wi_grid_leave_out_unknown(struct wi_grid *grid) {
    size_t kept = 0, n = grid->column_count;
    for (size_t r = 0; r < grid->row_count; r++) {
        if (is_unknown(grid, r))
            continue;
        grid->rows[kept] = grid->rows[r];
        memmove(&grid->at[kept * n], &grid->at[r * n], n * sizeof *grid->at);
        kept++;
    }
    grid->left_out = grid->row_count - kept;
    grid->row_count = kept;
}

/* ---- cells ---- */

static const char *say_share(const struct wi_matrix_cell *cell, bool detail,
                             struct wi_arena *arena) {
    const char *text = wi_arena_printf(arena, " %u/%u", cell->feasible, cell->skus);
    if (detail && !isnan(cell->share.mid))
        text = wi_arena_printf(arena, "%s (%.0f to %.0f %%)", text, 100 * cell->share.lo,
                               100 * cell->share.hi);
    return cell->unknown > 0 ? wi_arena_printf(arena, "%s, %u?", text, cell->unknown) : text;
}

static const char *say_speed(const struct wi_grid *grid, const struct wi_matrix_cell *cell,
                             struct wi_arena *arena) {
    const char *text = "";
    if (!isnan(cell->decode_median))
        text = wi_arena_printf(arena, ", %s tok/s", wi_say_g3(arena, cell->decode_median));
    if (!grid->by_device && !isnan(cell->decode_p10))
        text = wi_arena_printf(arena, "%s (p10 %s)", text, wi_say_g3(arena, cell->decode_p10));
    if (!isnan(cell->first_token_median))
        text = wi_arena_printf(arena, "%s, first token %s", text,
                               wi_say_seconds(arena, cell->first_token_median));
    return text;
}

const char *wi_grid_say(const struct wi_grid *grid, const struct wi_matrix_cell *cell, bool detail,
                        struct wi_arena *arena) {
    if (!cell)
        return "-";
    const char *marks = cell->stale && cell->by_definition ? "*="
                        : cell->stale                      ? "*"
                        : cell->by_definition              ? "="
                                                           : "";
    return wi_arena_printf(arena, "%s%s%s%s", wi_word_verdict(cell->verdict), marks,
                           grid->by_device ? "" : say_share(cell, detail, arena),
                           detail ? say_speed(grid, cell, arena) : "");
}

static void add_heading(const struct wi_grid *grid, size_t first, size_t end, bool detail,
                        struct wi_table *table) {
    wi_table_add(table, "model");
    wi_table_add(table, detail ? "precision" : "prec.");
    wi_table_add(table, "context");
    for (size_t c = first; c < end; c++) {
        const struct wi_grid_column *column = &grid->columns[c];
        const char *name = detail ? column->name : wi_lay_shorten(table->arena, column->name, 16);
        wi_table_add(table, detail && column->note
                                ? wi_arena_printf(table->arena, "%s (%s)", name, column->note)
                                : name);
    }
}

void wi_grid_table(const struct wi_grid *grid, size_t first, size_t end, bool detail,
                   struct wi_arena *arena, struct wi_table *table) {
    struct wi_buf align = {0};
    wi_buf_puts(&align, "llr");
    for (size_t c = first; c < end; c++)
        wi_buf_putc(&align, 'l');
    wi_table_init(table, arena, wi_arena_strdup(arena, wi_buf_str(&align)));
    wi_buf_fini(&align);
    table->headed = true;
    add_heading(grid, first, end, detail, table);
    for (size_t r = 0; r < grid->row_count; r++) {
        const struct wi_matrix_cell *row = grid->rows[r];
        const char *model = wi_model_label(row->model);
        wi_table_add(table, detail ? model : wi_lay_shorten(arena, model, 15));
        wi_table_add(table, wi_precision_label(row->precision));
        wi_table_add(table, wi_arena_printf(arena, "%u", row->context));
        for (size_t c = first; c < end; c++) {
            const struct wi_matrix_cell *cell = grid->at[r * grid->column_count + c];
            wi_table_add_styled(table, wi_grid_say(grid, cell, detail, arena),
                                cell ? wi_verdict_name(cell->verdict) : "none");
        }
    }
}

size_t wi_grid_legend(const struct wi_grid *grid, bool detail, struct wi_arena *arena,
                      const char *sentences[WI_GRID_LEGEND]) {
    size_t n = 0;
    const struct wi_matrix_cell *first = grid->view->cell_count ? grid->view->cells : NULL;
    if (first)
        sentences[n++] =
            wi_arena_printf(arena, "Engine: %s (%s).", first->engine ? first->engine : "unknown",
                            wi_say_claim(arena, first->engine, first->claim));
    if (!grid->by_device)
        sentences[n++] = "9/10: feasible on 9 of the 10 device types (SKUs) of that tier that are "
                         "in the database, whatever their share of the market. 1?: too little "
                         "evidence about one of them.";
    if (!grid->by_device && detail)
        sentences[n++] = "In brackets behind a share: its 95 % Wilson interval, if the shelf were "
                         "a random sample.";
    if (!grid->by_device && detail)
        sentences[n++] = "Speeds are medians over devices; p10: nearest rank from below, which of "
                         "fewer than ten devices is the minimum.";
    if (grid->any_stale)
        sentences[n++] = "*: rests on evidence that is older than the limit; measure again.";
    if (grid->any_by_definition)
        sentences[n++] = "=: about the model that defines the tiers, so true by definition.";
    return n;
}
