/* lay.c: lines of at most 80 columns, and tables.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/lay.h"

#include "report/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- width ---- */

static unsigned shown_width(uint32_t code) {
    return wi_escape_unsafe(code) ? 1 : wi_escape_width(code);
}

size_t wi_lay_width(const char *text) {
    size_t width = 0;
    for (const char *p = text ? text : "unknown"; *p;)
        width += shown_width(wi_escape_next(&p));
    return width;
}

const char *wi_lay_clip(struct wi_arena *arena, const char *text, size_t columns) {
    if (!text || wi_lay_width(text) <= columns)
        return text;
    size_t width = 0;
    const char *p = text, *end = text;
    while (*p) {
        width += shown_width(wi_escape_next(&p));
        if (width + 3 > columns)
            break;
        end = p;
    }
    return wi_arena_printf(arena, "%.*s...", (int)(end - text), text);
}

/* Ends a line without the blanks that padding left behind. */
static void end_line(struct wi_buf *out) {
    while (out->size > 0 && out->data[out->size - 1] == ' ')
        out->data[--out->size] = '\0';
    wi_buf_putc(out, '\n');
}

/* ---- paragraphs ---- */

static void put_blanks(struct wi_buf *out, size_t n) {
    while (n-- > 0)
        wi_buf_putc(out, ' ');
}

static void put_slice(struct wi_buf *out, const char *start, const char *end) {
    struct wi_buf word = {0};
    wi_buf_append(&word, start, (size_t)(end - start));
    wi_put_text(out, wi_buf_str(&word));
    wi_buf_fini(&word);
}

/* Ends a word at a blank, at the NUL, or where `room` columns are full. */
static const char *word_end(const char *p, size_t room, size_t *width) {
    *width = 0;
    while (*p && *p != ' ' && *p != '\n') {
        const char *next = p;
        unsigned w = shown_width(wi_escape_next(&next));
        if (*width + w > room)
            break;
        *width += w;
        p = next;
    }
    return p;
}

/* Paragraph in columns [hang, columns); the cursor stands at `hang` already. */
static void wrap_at(struct wi_buf *out, size_t hang, size_t columns, const char *text) {
    size_t at = hang, room = columns > hang + 8 ? columns - hang : 8;
    for (const char *p = text; *p;) {
        if (*p == ' ' || *p == '\n') {
            p++;
            continue;
        }
        size_t width;
        const char *end = word_end(p, room, &width);
        if (at > hang && at + 1 + width > columns) {
            end_line(out);
            put_blanks(out, hang);
            at = hang;
        }
        if (at > hang) {
            wi_buf_putc(out, ' ');
            at++;
        }
        put_slice(out, p, end);
        at += width;
        p = end;
    }
    end_line(out);
}

void wi_lay_wrap(struct wi_buf *out, const char *first, const char *text) {
    wi_buf_puts(out, first);
    wrap_at(out, wi_lay_width(first), WI_LAY_COLUMNS, text ? text : "unknown");
}

/* ---- tables ---- */

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

static void put_text_row(const struct wi_table *table, size_t row, const size_t *widths,
                         const char *indent, struct wi_buf *out) {
    size_t n = column_count(table), at = wi_lay_width(indent);
    wi_buf_puts(out, indent);
    for (size_t c = 0; c < n; c++) {
        const char *text = shown(cell_at(table, row, c));
        size_t pad = widths[c] - wi_lay_width(text);
        if (table->align[c] == 'w') {
            wrap_at(out, at, WI_LAY_COLUMNS > at + 24 ? WI_LAY_COLUMNS : at + 24, text);
            return;
        }
        if (table->align[c] == 'r')
            put_blanks(out, pad);
        wi_put_text(out, text);
        if (c + 1 < n) {
            if (table->align[c] != 'r')
                put_blanks(out, pad);
            wi_buf_puts(out, "  ");
        }
        at += widths[c] + 2;
    }
    end_line(out);
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

void wi_table_text(const struct wi_table *table, const char *indent, struct wi_buf *out) {
    const size_t *widths = column_widths(table);
    for (size_t r = 0; r < wi_table_rows(table); r++)
        put_text_row(table, r, widths, indent, out);
}

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
