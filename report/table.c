/* table.c: one table that prints as text and CSV; as Markdown and HTML: lay_page.c.
 * SPDX-License-Identifier: Apache-2.0
 *
 * As text a row is a line. Where the columns are too many for that, a row is a paragraph: of a
 * table with a heading one line a cell, "heading: cell"; else its cells one after the other. */
#include "report/lay.h"

#include "report/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void wi_table_init(struct wi_table *table, struct wi_arena *arena, const char *align) {
    *table = (struct wi_table){.arena = arena, .align = align};
}

struct wi_table_cell *wi_table_put(struct wi_table *table, const char *text) {
    struct wi_table_cell *cell = WI_PUSH(table->arena, table, struct wi_table_cell);
    *cell = (struct wi_table_cell){.text = text};
    return cell;
}

void wi_table_add_styled(struct wi_table *table, const char *text, const char *style) {
    wi_table_put(table, text)->style = style;
}

void wi_table_add(struct wi_table *table, const char *text) {
    wi_table_add_styled(table, text, NULL);
}

void wi_table_addf(struct wi_table *table, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = wi_arena_alloc(table->arena, n < 0 ? 1 : (size_t)n + 1);
    if (n > 0)
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    wi_table_add(table, text);
}

static size_t column_count(const struct wi_table *table) {
    return strlen(table->align);
}

size_t wi_table_rows(const struct wi_table *table) {
    return table->count / column_count(table);
}

static const struct wi_table_cell *cell_at(const struct wi_table *table, size_t row, size_t col) {
    return &table->items[row * column_count(table) + col];
}

static const char *shown(const struct wi_table_cell *cell) {
    return cell->text ? cell->text : "unknown";
}

static size_t *column_widths(const struct wi_table *table) {
    size_t n = column_count(table), rows = wi_table_rows(table);
    size_t *widths = WI_NEW_ARRAY(table->arena, size_t, n);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < n; c++) {
            size_t width = wi_lay_width(shown(cell_at(table, r, c)));
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    return widths;
}

size_t wi_table_width(const struct wi_table *table) {
    size_t n = column_count(table), sum = 2 * (n - 1);
    const size_t *widths = column_widths(table);
    for (size_t c = 0; c < n; c++)
        sum += widths[c];
    return sum;
}

/* ---- text: a row is a line ---- */

static void put_cell(const struct wi_table *table, size_t row, size_t col, struct wi_buf *out) {
    const struct wi_table_cell *cell = cell_at(table, row, col);
    const char *style = row == 0 && table->headed ? "heading" : cell->style;
    wi_lay_colour(out, style);
    wi_put_text(out, shown(cell));
    wi_lay_plain(out, style);
}

static void put_line(const struct wi_table *table, size_t row, const size_t *widths,
                     const char *indent, struct wi_buf *out) {
    size_t n = column_count(table), at = wi_lay_width(indent);
    wi_buf_puts(out, indent);
    for (size_t c = 0; c < n; c++) {
        const char *text = shown(cell_at(table, row, c));
        size_t pad = widths[c] - wi_lay_width(text);
        if (table->align[c] == 'w') {
            wi_lay_wrap_at(out, at, wi_lay_columns(out), text);
            return;
        }
        if (table->align[c] == 'r')
            wi_lay_blanks(out, pad);
        put_cell(table, row, c, out);
        if (c + 1 < n) {
            if (table->align[c] != 'r')
                wi_lay_blanks(out, pad);
            wi_buf_puts(out, "  ");
        }
        at += widths[c] + 2;
    }
    wi_lay_end_line(out);
}

/* Does every row fit into a line? Of a column that wraps, enough of it to be read. */
static bool is_narrow(const struct wi_table *table, const size_t *widths, size_t indent,
                      size_t columns) {
    enum { READABLE = 24 };
    size_t n = column_count(table), at = indent + 2 * (n - 1);
    for (size_t c = 0; c < n; c++)
        at += table->align[c] == 'w' && widths[c] > READABLE ? (size_t)READABLE : widths[c];
    return at <= columns;
}

/* ---- text: a row is a paragraph ---- */

static void put_named_cell(const struct wi_table *table, size_t row, size_t col, const char *indent,
                           struct wi_buf *out) {
    const struct wi_table_cell *cell = cell_at(table, row, col);
    const char *name = shown(cell_at(table, 0, col));
    if (shown(cell)[0] == '\0')
        return;
    if (col == 0)
        wi_lay_wrap_styled(out, indent, "", shown(cell), "heading", "");
    else
        wi_lay_wrap_styled(out, wi_arena_printf(table->arena, "%s  ", indent),
                           wi_arena_printf(table->arena, "%s%s", name, name[0] ? ": " : ""),
                           shown(cell), cell->style, "");
}

/* Cells one after the other, as many as a line holds; what does not fit goes below, set off. */
static void put_flow(const struct wi_table *table, size_t row, const char *indent,
                     struct wi_buf *out) {
    size_t columns = wi_lay_columns(out), at = wi_lay_width(indent), hang = at + 4;
    bool begun = false, ended = false; /* the line: has a cell, went out with a long one */
    wi_buf_puts(out, indent);
    for (size_t c = 0; c < column_count(table); c++) {
        const char *text = shown(cell_at(table, row, c));
        size_t width = wi_lay_width(text);
        if (text[0] == '\0')
            continue;
        if (ended || (begun && at + 2 + width > columns)) {
            if (!ended)
                wi_lay_end_line(out);
            wi_lay_blanks(out, at = hang);
        } else if (begun) {
            wi_lay_blanks(out, 2);
            at += 2;
        }
        begun = true;
        ended = at + width > columns;
        if (ended)
            wi_lay_wrap_at(out, at, columns, text);
        else
            put_cell(table, row, c, out);
        at += width;
    }
    if (!ended)
        wi_lay_end_line(out);
}

static void put_paragraphs(const struct wi_table *table, const char *indent, struct wi_buf *out) {
    for (size_t r = table->headed ? 1 : 0; r < wi_table_rows(table); r++) {
        if (!table->headed) {
            put_flow(table, r, indent, out);
            continue;
        }
        for (size_t c = 0; c < column_count(table); c++)
            put_named_cell(table, r, c, indent, out);
    }
}

void wi_table_text(const struct wi_table *table, const char *indent, struct wi_buf *out) {
    const size_t *widths = column_widths(table);
    if (!is_narrow(table, widths, wi_lay_width(indent), wi_lay_columns(out))) {
        put_paragraphs(table, indent, out);
        return;
    }
    for (size_t r = 0; r < wi_table_rows(table); r++)
        put_line(table, r, widths, indent, out);
}

/* ---- CSV ---- */

void wi_table_csv(const struct wi_table *table, struct wi_buf *out) {
    size_t n = column_count(table), rows = wi_table_rows(table);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < n; c++) {
            if (c > 0)
                wi_buf_putc(out, ',');
            wi_put_csv(out, cell_at(table, r, c)->text);
        }
        wi_buf_puts(out, "\r\n");
    }
}
