/* lay.c: lines of at most 80 columns, or as many as a terminal has; colour.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/lay.h"

#include "report/escape.h"

#include "base/status.h"

#include <string.h>

/* ---- width ---- */

size_t wi_lay_columns(const struct wi_buf *out) {
    return out->look ? out->look->columns : WI_LAY_COLUMNS;
}

size_t wi_lay_width(const char *text) {
    size_t width = 0;
    for (const char *p = text ? text : "unknown"; *p;)
        width += wi_escape_shown(wi_escape_next(&p));
    return width;
}

const char *wi_lay_clip(struct wi_arena *arena, const char *text, size_t columns) {
    if (!text || wi_lay_width(text) <= columns)
        return text;
    size_t width = 0;
    const char *p = text, *end = text;
    while (*p) {
        width += wi_escape_shown(wi_escape_next(&p));
        if (width + 3 > columns)
            break;
        end = p;
    }
    return wi_arena_printf(arena, "%.*s...", (int)(end - text), text);
}

/* Behind as many characters as fit into the columns. */
static const char *behind(const char *text, size_t columns) {
    size_t width = 0;
    const char *p = text, *end = text;
    while (*p && width <= columns) {
        end = p;
        width += wi_escape_shown(wi_escape_next(&p));
    }
    return width <= columns ? p : end;
}

const char *wi_lay_shorten(struct wi_arena *arena, const char *text, size_t columns) {
    if (!text || wi_lay_width(text) <= columns || columns < 8)
        return wi_lay_clip(arena, text, columns);
    size_t tail = (columns - 3) / 2;
    const char *head_end = behind(text, columns - 3 - tail), *rest = head_end;
    while (*rest && wi_lay_width(rest) > tail)
        (void)wi_escape_next(&rest);
    return wi_arena_printf(arena, "%.*s...%s", (int)(head_end - text), text, rest);
}

void wi_lay_end_line(struct wi_buf *out) {
    while (out->size > 0 && out->data[out->size - 1] == ' ')
        out->data[--out->size] = '\0';
    wi_buf_putc(out, '\n');
}

void wi_lay_blanks(struct wi_buf *out, size_t n) {
    while (n-- > 0)
        wi_buf_putc(out, ' ');
}

/* ---- colour ---- */

/* Of the sixteen colours of every terminal, which its owner has made readable. */
static const struct {
    const char *style, *code;
} colours[] = {
    {"comfortable", "1;32"}, {"usable", "32"},    {"too_slow", "33"}, {"does_not_fit", "31"},
    {"unsupported", "31"},   {"unknown", "2"},    {"heading", "1"},   {"ok", "32"},
    {"wrong", "1;31"},       {"crashed", "1;31"}, {"timeout", "31"},  {"too_big", "33"},
    {"unavailable", "2"},    {"not_built", "2"},  {"skipped", "2"},   {"warning", "33"},
};

static const char *colour_of(const struct wi_buf *out, const char *style) {
    for (size_t i = 0; style && out->look && out->look->colour && i < WI_COUNT(colours); i++)
        if (strcmp(colours[i].style, style) == 0)
            return colours[i].code;
    return NULL;
}

void wi_lay_colour(struct wi_buf *out, const char *style) {
    const char *code = colour_of(out, style);
    if (code)
        wi_buf_printf(out, "\x1b[%sm", code);
}

void wi_lay_plain(struct wi_buf *out, const char *style) {
    if (colour_of(out, style))
        wi_buf_puts(out, "\x1b[0m");
}

/* ---- paragraphs ---- */

struct mark { /* part of a paragraph in a colour; `from` NULL: none */
    const char *from, *to, *style;
};

static void put_slice(struct wi_buf *out, const char *start, const char *end) {
    struct wi_buf word = {0};
    wi_buf_append(&word, start, (size_t)(end - start));
    wi_put_text(out, wi_buf_str(&word));
    wi_buf_fini(&word);
}

static const char *within(const char *p, const char *start, const char *end) {
    return p < start ? start : p > end ? end : p;
}

static void put_word(struct wi_buf *out, const struct mark *mark, const char *start,
                     const char *end) {
    const char *from = mark->from ? within(mark->from, start, end) : end;
    const char *to = mark->from ? within(mark->to, start, end) : end;
    put_slice(out, start, from);
    if (from < to) {
        wi_lay_colour(out, mark->style);
        put_slice(out, from, to);
        wi_lay_plain(out, mark->style);
    }
    put_slice(out, to, end);
}

/* Ends a word at a blank, at the NUL, or where `room` columns are full. */
static const char *word_end(const char *p, size_t room, size_t *width) {
    *width = 0;
    while (*p && *p != ' ' && *p != '\n') {
        const char *next = p;
        unsigned w = wi_escape_shown(wi_escape_next(&next));
        if (*width + w > room)
            break;
        *width += w;
        p = next;
    }
    return p;
}

/* Paragraph in columns [hang, columns); the cursor stands at `hang` already. */
static void wrap_at(struct wi_buf *out, size_t hang, size_t columns, const char *text,
                    const struct mark *mark) {
    size_t at = hang, room = columns > hang + 8 ? columns - hang : 8;
    for (const char *p = text; *p;) {
        if (*p == ' ' || *p == '\n') {
            p++;
            continue;
        }
        size_t width;
        const char *end = word_end(p, room, &width);
        if (at > hang && at + 1 + width > hang + room) {
            wi_lay_end_line(out);
            wi_lay_blanks(out, hang);
            at = hang;
        }
        if (at > hang) {
            wi_buf_putc(out, ' ');
            at++;
        }
        put_word(out, mark, p, end);
        at += width;
        p = end;
    }
    wi_lay_end_line(out);
}

void wi_lay_wrap_at(struct wi_buf *out, size_t hang, size_t columns, const char *text) {
    static const struct mark none;
    wrap_at(out, hang, columns, text ? text : "unknown", &none);
}

void wi_lay_wrap(struct wi_buf *out, const char *first, const char *text) {
    wi_buf_puts(out, first);
    wi_lay_wrap_at(out, wi_lay_width(first), wi_lay_columns(out), text);
}

void wi_lay_wrap_styled(struct wi_buf *out, const char *first, const char *before, const char *word,
                        const char *style, const char *after) {
    struct wi_buf text = {0};
    wi_buf_printf(&text, "%s%s%s", before, word, after);
    struct mark mark = {wi_buf_str(&text) + strlen(before), NULL, style};
    mark.to = mark.from + strlen(word);
    wi_buf_puts(out, first);
    wrap_at(out, wi_lay_width(first), wi_lay_columns(out), wi_buf_str(&text), &mark);
    wi_buf_fini(&text);
}

/* ---- text that was laid out for more columns ---- */

static void fold_line(struct wi_buf *out, const char *line, size_t n, size_t columns) {
    struct wi_buf text = {0};
    size_t indent = 0;
    wi_buf_append(&text, line, n);
    if (wi_lay_width(wi_buf_str(&text)) <= columns) {
        wi_buf_append(out, line, n);
        wi_buf_putc(out, '\n');
    } else {
        while (line[indent] == ' ')
            indent++;
        indent = indent < columns / 2 ? indent : 0;
        wi_lay_blanks(out, indent);
        wi_lay_wrap_at(out, indent, columns, wi_buf_str(&text));
    }
    wi_buf_fini(&text);
}

void wi_lay_fold(struct wi_buf *out, const char *text) {
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        fold_line(out, line, n, wi_lay_columns(out));
        line += n + (line[n] == '\n');
    }
}
