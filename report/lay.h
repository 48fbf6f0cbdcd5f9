/* lay.h: lines of at most 80 columns, or as many as a terminal has, and tables that print as text,
 * Markdown, HTML or CSV.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything put in is foreign text and is escaped here (escape.h), once, for the format asked.
 * Styles are words of ours: names of verdicts and statuses, "heading", "warning". Colour repeats
 * what the words say, and only where the buffer's look asks for it. */
#ifndef WI_LAY_H
#define WI_LAY_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>

enum { WI_LAY_COLUMNS = 80 }; /* where no terminal says otherwise */

struct wi_look { /* how a buffer's text will be shown; see struct wi_buf */
    size_t columns;
    bool colour;
};
size_t wi_lay_columns(const struct wi_buf *out);

/* `text` as a paragraph: `first` in front of its first line, that many blanks in front of the
 * others. A word is broken only when no line could hold it. NULL: "unknown". */
void wi_lay_wrap(struct wi_buf *out, const char *first, const char *text);
/* The same of before, word and after together, the word in the colour of its style. */
void wi_lay_wrap_styled(struct wi_buf *out, const char *first, const char *before, const char *word,
                        const char *style, const char *after);
/* The same in columns [hang, columns); the cursor stands at `hang` already. */
void wi_lay_wrap_at(struct wi_buf *out, size_t hang, size_t columns, const char *text);
/* Finished lines of ours, each that is too long folded at blanks under its own indent. */
void wi_lay_fold(struct wi_buf *out, const char *text);
void wi_lay_end_line(struct wi_buf *out); /* without the blanks that padding left behind */
void wi_lay_blanks(struct wi_buf *out, size_t n);
/* Around what wi_put_text writes; a style without a colour, NULL too, changes nothing. */
void wi_lay_colour(struct wi_buf *out, const char *style);
void wi_lay_plain(struct wi_buf *out, const char *style);
/* At most `columns` wide; what is cut off ends in "...". */
const char *wi_lay_clip(struct wi_arena *arena, const char *text, size_t columns);
/* The same for names, which often differ at their ends: the middle becomes "...". */
const char *wi_lay_shorten(struct wi_arena *arena, const char *text, size_t columns);
/* Columns that the escaped text takes. */
size_t wi_lay_width(const char *text);

struct wi_table_cell {
    const char *text;  /* NULL: unknown */
    const char *style; /* HTML class and colour, a word of ours; NULL: none */
    /* For pages; NULL: none. Terminal and CSV do not show them. */
    const char *small; /* a second line, quieter */
    const char *href;  /* anchor on the same page that the text leads to, a word of ours */
    const char *id;    /* of a row's first cell: the row's own anchor, a word of ours */
    const char *sort;  /* number to sort by, when the text does not begin with it */
};
struct wi_table {
    struct wi_arena *arena; /* borrowed; owns the cells' text */
    const char *align;      /* one letter a column: l, r; w: left, and wraps in text (last only) */
    const char *caption;    /* pages; NULL */
    bool headed;            /* text: the first row is a heading too */
    bool sortable;          /* pages: by any column, where scripts run */
    bool grid;              /* pages: cells are tiles of their style's colour */
    struct wi_table_cell *items; /* row-major; the first row is the heading */
    size_t count, capacity;
};

void wi_table_init(struct wi_table *table, struct wi_arena *arena, const char *align);
void wi_table_add(struct wi_table *table, const char *text);
void wi_table_add_styled(struct wi_table *table, const char *text, const char *style);
/* The same; what it returns may be filled in until the next cell is added. */
struct wi_table_cell *wi_table_put(struct wi_table *table, const char *text);
void wi_table_addf(struct wi_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
size_t wi_table_rows(const struct wi_table *table); /* with the heading */

size_t wi_table_width(const struct wi_table *table); /* columns that its text takes */

void wi_table_text(const struct wi_table *table, const char *indent, struct wi_buf *out);
void wi_table_md(const struct wi_table *table, struct wi_buf *out);
void wi_table_html(const struct wi_table *table, struct wi_buf *out);
void wi_table_csv(const struct wi_table *table, struct wi_buf *out); /* unknown: empty field */

#endif
