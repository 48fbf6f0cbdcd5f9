/* matrix.c: the compatibility matrix as text, CSV, JSON, Markdown and HTML.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/matrix.h"

#include "report/escape.h"
#include "report/html.h"
#include "report/json_parts.h"
#include "report/words.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- what both long formats say of a cell ---- */

struct place { /* a matrix by tier has no device, one by device has both */
    const char *tier, *device_id, *device_name;
};

static struct place place_of(const struct wi_matrix_view *view, const struct wi_matrix_cell *cell) {
    struct place p = {.tier = cell->tier};
    if (strcmp(view->by, "device") != 0)
        return p;
    p = (struct place){.device_id = cell->tier};
    for (size_t i = 0; i < view->device_count; i++) {
        if (cell->tier && strcmp(view->devices[i].device_id, cell->tier) == 0) {
            p.device_name = view->devices[i].device_name;
            p.tier = view->devices[i].tier.id;
        }
    }
    return p;
}

/* ---- JSON ---- */

/* Nearest rank from below: of so few it is the minimum. */
static bool is_minimum(const struct wi_matrix_cell *c) {
    return c->devices < 10;
}

static void put_pair(struct wi_json *json, const char *key, const struct wi_matrix_cell *c,
                     double p10, double median) {
    wi_json_object(json, key);
    wi_json_f64(json, "p10", p10);
    wi_json_f64(json, "median", median);
    wi_json_bool(json, "p10_is_minimum", is_minimum(c));
    wi_json_object_end(json);
}

static void put_share(struct wi_json *json, struct wi_interval share) {
    bool unknown = isnan(share.mid);
    wi_json_object(json, "share");
    wi_json_f64(json, "point", share.mid);
    wi_json_f64(json, "lo", unknown ? NAN : share.lo);
    wi_json_f64(json, "hi", unknown ? NAN : share.hi);
    wi_json_object_end(json);
}

static void put_cell(struct wi_json *json, const struct wi_matrix_view *view,
                     const struct wi_matrix_cell *c) {
    struct place p = place_of(view, c);
    wi_json_object(json, NULL);
    wi_json_str(json, "tier", p.tier);
    wi_json_str(json, "device_id", p.device_id);
    wi_json_str(json, "device_name", p.device_name);
    wi_json_str(json, "model", c->model->id);
    wi_json_str(json, "size_class", c->model->size_class);
    wi_json_str(json, "precision", wi_precision_label(c->precision));
    wi_json_u64(json, "context", c->context);
    wi_json_str(json, "engine", c->engine);
    wi_json_str(json, "claim", c->claim);
    wi_json_str(json, "verdict", wi_verdict_name(c->verdict));
    wi_json_u64(json, "devices", c->devices);
    wi_json_u64(json, "skus", c->skus);
    wi_json_u64(json, "feasible", c->feasible);
    wi_json_u64(json, "infeasible", c->infeasible);
    wi_json_u64(json, "unknown", c->unknown);
    put_share(json, c->share);
    put_pair(json, "decode_tokens_per_s", c, c->decode_p10, c->decode_median);
    put_pair(json, "first_token_s", c, c->first_token_p10, c->first_token_median);
    wi_json_bool(json, "stale", c->stale);
    wi_json_bool(json, "by_definition", c->by_definition);
    wi_json_strings(json, "evidence", c->evidence, c->evidence_count);
    wi_json_object_end(json);
}

void wi_matrix_json(const struct wi_matrix_view *view, struct wi_buf *out) {
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.matrix/1");
    wi_json_str(&json, "by", view->by);
    wi_json_array(&json, "cells");
    for (size_t i = 0; i < view->cell_count; i++)
        put_cell(&json, view, &view->cells[i]);
    wi_json_array_end(&json);
    wi_json_array(&json, "devices");
    for (size_t i = 0; i < view->device_count; i++) {
        const struct wi_device_tier_row *d = &view->devices[i];
        wi_json_object(&json, NULL);
        wi_json_str(&json, "device_id", d->device_id);
        wi_json_str(&json, "name", d->device_name);
        wi_json_bool(&json, "retired", d->retired);
        wi_json_str(&json, "tier", d->tier.id);
        wi_json_str(&json, "compute_device_id", d->tier.compute_device_id);
        wi_json_bool(&json, "borderline", d->tier.borderline);
        wi_json_str(&json, "because", d->tier.because);
        wi_json_object_end(&json);
    }
    wi_json_array_end(&json);
    wi_json_object_end(&json);
}

/* ---- CSV: one line a cell, numbers as JSON writes them, unknown is empty ---- */

static void csv_f64(struct wi_table *table, double value) {
    char text[32];
    wi_json_format_f64(text, value);
    wi_table_add(table, isnan(value) ? "" : wi_arena_strdup(table->arena, text));
}

static void csv_u64(struct wi_table *table, uint64_t value) {
    wi_table_add(table, wi_arena_printf(table->arena, "%" PRIu64, value));
}

static void csv_cell(struct wi_table *table, const struct wi_matrix_view *view,
                     const struct wi_matrix_cell *c) {
    struct place p = place_of(view, c);
    bool none = isnan(c->share.mid);
    wi_table_add(table, p.tier);
    wi_table_add(table, p.device_id);
    wi_table_add(table, p.device_name);
    wi_table_add(table, c->model->id);
    wi_table_add(table, c->model->size_class);
    wi_table_add(table, wi_precision_label(c->precision));
    csv_u64(table, c->context);
    wi_table_add(table, c->engine);
    wi_table_add(table, c->claim);
    wi_table_add(table, wi_verdict_name(c->verdict));
    csv_u64(table, c->devices);
    csv_u64(table, c->skus);
    csv_u64(table, c->feasible);
    csv_u64(table, c->infeasible);
    csv_u64(table, c->unknown);
    csv_f64(table, c->share.mid);
    csv_f64(table, none ? NAN : c->share.lo);
    csv_f64(table, none ? NAN : c->share.hi);
    csv_f64(table, c->decode_p10);
    csv_f64(table, c->decode_median);
    csv_f64(table, c->first_token_p10);
    csv_f64(table, c->first_token_median);
    wi_table_add(table, c->stale ? "true" : "false");
    wi_table_add(table, c->by_definition ? "true" : "false");
    wi_table_add(table, is_minimum(c) ? "true" : "false");
}

void wi_matrix_csv(const struct wi_matrix_view *view, struct wi_buf *out) {
    static const char *const heading[] = {"tier",
                                          "device_id",
                                          "device_name",
                                          "model",
                                          "size_class",
                                          "precision",
                                          "context",
                                          "engine",
                                          "claim",
                                          "verdict",
                                          "devices",
                                          "skus",
                                          "feasible",
                                          "infeasible",
                                          "unknown",
                                          "share",
                                          "share_lo",
                                          "share_hi",
                                          "decode_tokens_per_s_p10",
                                          "decode_tokens_per_s_median",
                                          "first_token_s_p10",
                                          "first_token_s_median",
                                          "stale",
                                          "by_definition",
                                          "p10_is_minimum"};
    struct wi_arena *arena = wi_arena_create();
    struct wi_table table;
    wi_table_init(&table, arena, "llllllrlllrrrrrrrrrrrrlll");
    for (size_t i = 0; i < WI_COUNT(heading); i++)
        wi_table_add(&table, heading[i]);
    for (size_t i = 0; i < view->cell_count; i++)
        csv_cell(&table, view, &view->cells[i]);
    wi_table_csv(&table, out);
    wi_arena_destroy(arena);
}

/* ---- grids ---- */

static const char empty[] = "Nothing is derived yet: weighin run measures and derives.";

/* As many columns as fit into a line; the rest below, with the labels again. */
static size_t columns_that_fit(const struct wi_grid *grid, size_t first, size_t width,
                               struct wi_arena *arena) {
    size_t end = first + 1;
    while (end < grid->column_count) {
        struct wi_table table;
        wi_grid_table(grid, first, end + 1, false, arena, &table);
        if (wi_table_width(&table) > width)
            break;
        end++;
    }
    return end;
}

void wi_matrix_text(const struct wi_matrix_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_grid grid;
    const char *legend[WI_GRID_LEGEND];
    wi_grid_build(view, arena, &grid);
    wi_grid_leave_out_unknown(&grid);
    if (view->cell_count == 0)
        wi_lay_wrap(out, "", empty);
    for (size_t first = 0, end; grid.row_count > 0 && first < grid.column_count; first = end) {
        struct wi_table table;
        end = columns_that_fit(&grid, first, wi_lay_columns(out), arena);
        wi_grid_table(&grid, first, end, false, arena, &table);
        wi_table_text(&table, "", out);
        wi_buf_putc(out, '\n');
    }
    if (grid.left_out > 0)
        wi_lay_wrap(out, "",
                    wi_arena_printf(arena,
                                    "Left out: %zu of %zu rows, of which nothing is known here. "
                                    "The other formats have them.",
                                    grid.left_out, grid.left_out + grid.row_count));
    size_t n = view->cell_count ? wi_grid_legend(&grid, false, arena, legend) : 0;
    for (size_t i = 0; i < n; i++)
        wi_lay_wrap(out, "", legend[i]);
    wi_arena_destroy(arena);
}

void wi_matrix_md(const struct wi_matrix_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_grid grid;
    struct wi_table table;
    const char *legend[WI_GRID_LEGEND];
    wi_grid_build(view, arena, &grid);
    if (view->cell_count == 0) {
        wi_put_md(out, empty);
        wi_buf_putc(out, '\n');
    } else {
        wi_grid_table(&grid, 0, grid.column_count, true, arena, &table);
        wi_table_md(&table, out);
        wi_buf_putc(out, '\n');
        for (size_t i = 0, n = wi_grid_legend(&grid, true, arena, legend); i < n; i++) {
            wi_buf_puts(out, "- ");
            wi_put_md(out, legend[i]);
            wi_buf_putc(out, '\n');
        }
    }
    wi_arena_destroy(arena);
}

void wi_matrix_html(const struct wi_matrix_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_grid grid;
    struct wi_table table;
    const char *legend[WI_GRID_LEGEND];
    wi_grid_build(view, arena, &grid);
    if (view->cell_count == 0) {
        wi_html_paragraph(out, empty);
    } else {
        wi_grid_table(&grid, 0, grid.column_count, true, arena, &table);
        table.caption = grid.by_device ? "Verdicts by device" : "Verdicts by tier";
        wi_table_html(&table, out);
        for (size_t i = 0, n = wi_grid_legend(&grid, true, arena, legend); i < n; i++)
            wi_html_paragraph(out, legend[i]);
    }
    wi_arena_destroy(arena);
}

void wi_report_matrix(const struct wi_matrix_view *view, enum wi_matrix_format format,
                      struct wi_buf *out) {
    switch (format) {
    case WI_MATRIX_text:
        wi_matrix_text(view, out);
        break;
    case WI_MATRIX_md:
        wi_buf_puts(out, "# Compatibility matrix\n\n");
        wi_matrix_md(view, out);
        break;
    case WI_MATRIX_csv:
        wi_matrix_csv(view, out);
        break;
    case WI_MATRIX_json:
        wi_matrix_json(view, out);
        break;
    case WI_MATRIX_html:
        wi_html_begin(out, "weighin: compatibility matrix");
        wi_matrix_html(view, out);
        wi_html_end(out);
        break;
    }
}
