/* lay_page.c: tables as Markdown and HTML.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/escape.h"
#include "report/lay.h"

#include <string.h>

/* ---- Markdown ---- */

static void put_md_cell(const struct wi_table_cell *cell, struct wi_buf *out) {
    wi_buf_puts(out, "| ");
    wi_put_md(out, cell->text);
    if (cell->small) {
        wi_buf_puts(out, ", ");
        wi_put_md(out, cell->small);
    }
    wi_buf_putc(out, ' ');
}

void wi_table_md(const struct wi_table *table, struct wi_buf *out) {
    size_t n = strlen(table->align), rows = wi_table_rows(table);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < n; c++)
            put_md_cell(&table->items[r * n + c], out);
        wi_buf_puts(out, "|\n");
        for (size_t c = 0; r == 0 && c < n; c++)
            wi_buf_puts(out, table->align[c] == 'r' ? "| ---: " : "| --- ");
        if (r == 0)
            wi_buf_puts(out, "|\n");
    }
}

/* ---- HTML ---- */

static void put_text(const struct wi_table_cell *cell, struct wi_buf *out) {
    if (cell->href)
        wi_buf_printf(out, "<a href=\"#%s\">", cell->href);
    wi_buf_puts(out, "<bdi>");
    wi_put_html(out, cell->text);
    wi_buf_puts(out, cell->href ? "</bdi></a>" : "</bdi>");
    if (cell->small) {
        wi_buf_puts(out, " <small><bdi>");
        wi_put_html(out, cell->small);
        wi_buf_puts(out, "</bdi></small>");
    }
}

static void put_cell(const struct wi_table *table, size_t row, size_t col, struct wi_buf *out) {
    const struct wi_table_cell *cell = &table->items[row * strlen(table->align) + col];
    const char *tag = row == 0 ? "th scope=\"col\"" : col == 0 ? "th scope=\"row\"" : "td";
    const char *side = table->align[col] == 'r' ? "num" : table->align[col] == 'w' ? "wide" : NULL;
    const char *style = cell->style ? cell->style : side;
    wi_buf_printf(out, "<%s", tag);
    if (style)
        wi_buf_printf(out, " class=\"%s%s%s\"", style, cell->style && side ? " " : "",
                      cell->style && side ? side : "");
    if (cell->sort)
        wi_buf_printf(out, " data-sort=\"%s\"", cell->sort);
    wi_buf_putc(out, '>');
    put_text(cell, out);
    wi_buf_printf(out, "</%.2s>", tag);
}

static void begin_row(const struct wi_table *table, size_t row, struct wi_buf *out) {
    const char *id = table->items[row * strlen(table->align)].id;
    wi_buf_puts(out, row == 0 ? "<thead>" : row == 1 ? "<tbody>\n" : "");
    if (id)
        wi_buf_printf(out, "<tr id=\"%s\">", id);
    else
        wi_buf_puts(out, "<tr>");
}

/* What scrolls sideways can be reached by keyboard, so it has a name. */
static void begin_table(const struct wi_table *table, struct wi_buf *out) {
    wi_buf_puts(out, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
    wi_put_html(out, table->caption ? table->caption : "table");
    wi_buf_puts(out, table->sortable ? "\"><table class=\"sortable\">\n"
                     : table->grid   ? "\"><table class=\"grid\">\n"
                                     : "\"><table>\n");
    if (table->caption) {
        wi_buf_puts(out, "<caption><bdi>");
        wi_put_html(out, table->caption);
        wi_buf_puts(out, "</bdi></caption>\n");
    }
}

void wi_table_html(const struct wi_table *table, struct wi_buf *out) {
    size_t n = strlen(table->align), rows = wi_table_rows(table);
    begin_table(table, out);
    for (size_t r = 0; r < rows; r++) {
        begin_row(table, r, out);
        for (size_t c = 0; c < n; c++)
            put_cell(table, r, c, out);
        wi_buf_puts(out, r == 0 ? "</tr></thead>\n" : "</tr>\n");
    }
    wi_buf_puts(out, rows > 1 ? "</tbody></table></div>\n" : "</table></div>\n");
}
