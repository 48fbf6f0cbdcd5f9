/* escape.c: foreign words shown as text.
 * SPDX-License-Identifier: Apache-2.0
 * Sources: Unicode 14 (bidirectional controls: UAX #9; wide letters: UAX #11, see width.py);
 * CommonMark 0.30 (backslash escapes); OWASP "CSV Injection". */
#include "report/escape.h"

#include "base/status.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct range {
    uint32_t first, last;
};

static int inside(uint32_t code, const struct range *ranges, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return 1;
    return 0;
}

uint32_t wi_escape_next(const char **p) {
    const unsigned char *s = (const unsigned char *)*p;
    size_t n = wi_utf8_length(s);
    if (n <= 1) {
        *p += 1;
        return n == 1 ? s[0] : UINT32_MAX;
    }
    uint32_t code = s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        code = code << 6 | (s[i] & 0x3fu);
    *p += n;
    return code;
}

int wi_escape_unsafe(uint32_t code) {
    static const struct range unsafe[] = {
        {0x00, 0x1f},       {0x7f, 0x9f},          {0xad, 0xad},     {0x61c, 0x61c},
        {0x180e, 0x180e},   {0x200b, 0x200c},      {0x200e, 0x200f}, {0x2028, 0x202e},
        {0x2060, 0x206f},   {0xfeff, 0xfeff},      {0xfff9, 0xfffb}, {0xe000, 0xf8ff},
        {0xe0000, 0xe007f}, {0xf0000, UINT32_MAX},
    };
    return inside(code, unsafe, WI_COUNT(unsafe));
}

#include "report/width.inc"

unsigned wi_escape_width(uint32_t code) {
    if (code < 0x300)
        return 1;
    return inside(code, width_none, WI_COUNT(width_none)) ? 0
           : inside(code, width_two, WI_COUNT(width_two)) ? 2
                                                          : 1;
}

/* A character that must not act, by name: two names that differ in one of them look different. */
static void name_unsafe(uint32_t code, char out[16]) {
    if (code == UINT32_MAX)
        snprintf(out, 16, "?");
    else
        snprintf(out, 16, "<U+%04" PRIX32 ">", code);
}

unsigned wi_escape_shown(uint32_t code) {
    char name[16];
    if (!wi_escape_unsafe(code))
        return wi_escape_width(code);
    name_unsafe(code, name);
    return (unsigned)strlen(name);
}

/* Calls `plain` for each safe character's bytes; unsafe ones become `instead`, or their names where
 * that is NULL. */
static void each(struct wi_buf *out, const char *s, const char *instead,
                 void (*plain)(struct wi_buf *out, const char *bytes, size_t n)) {
    const char *p = s ? s : "unknown";
    while (*p) {
        const char *start = p;
        uint32_t code = wi_escape_next(&p);
        if (!wi_escape_unsafe(code)) {
            plain(out, start, (size_t)(p - start));
        } else if (instead) {
            wi_buf_puts(out, instead);
        } else {
            char name[16];
            name_unsafe(code, name);
            for (const char *c = name; *c; c++)
                plain(out, c, 1);
        }
    }
}

static void put_as_is(struct wi_buf *out, const char *bytes, size_t n) {
    wi_buf_append(out, bytes, n);
}

void wi_put_text(struct wi_buf *out, const char *s) {
    each(out, s, NULL, put_as_is);
}

/* ---- HTML ---- */

static void put_html_char(struct wi_buf *out, const char *bytes, size_t n) {
    switch (bytes[0]) {
    case '&':
        wi_buf_puts(out, "&amp;");
        break;
    case '<':
        wi_buf_puts(out, "&lt;");
        break;
    case '>':
        wi_buf_puts(out, "&gt;");
        break;
    case '"':
        wi_buf_puts(out, "&quot;");
        break;
    case '\'':
        wi_buf_puts(out, "&#39;");
        break;
    default:
        wi_buf_append(out, bytes, n);
    }
}

void wi_put_html(struct wi_buf *out, const char *s) {
    each(out, s, "\xef\xbf\xbd", put_html_char);
}

/* ---- Markdown ---- */

/* Dots, dashes and digits mean something at the start of a line only, where no name stands. */
static void put_md_char(struct wi_buf *out, const char *bytes, size_t n) {
    if (strchr("<>&", bytes[0]))
        put_html_char(out, bytes, n);
    else if (strchr("\\`*_{}[]#|~@$", bytes[0]))
        wi_buf_printf(out, "\\%c", bytes[0]);
    else if (bytes[0] == '(' && out->size > 0 && out->data[out->size - 1] == ']')
        wi_buf_puts(out, "\\("); /* for readers that look for links without minding escapes */
    else if (bytes[0] == ':' && bytes[1] == '/') /* or it becomes a link */
        wi_buf_puts(out, "\\:");
    else if (bytes[0] == '.' && out->size >= 3 && memcmp(out->data + out->size - 3, "www", 3) == 0)
        wi_buf_puts(out, "\\.");
    else
        wi_buf_append(out, bytes, n);
}

void wi_put_md(struct wi_buf *out, const char *s) {
    each(out, s, NULL, put_md_char);
}

/* ---- CSV (RFC 4180) ---- */

static void put_csv_char(struct wi_buf *out, const char *bytes, size_t n) {
    if (bytes[0] == '"')
        wi_buf_putc(out, '"');
    wi_buf_append(out, bytes, n);
}

void wi_put_csv(struct wi_buf *out, const char *s) {
    if (!s)
        return;
    int formula = *s && strchr("=+-@\t\r", *s);
    int quote = formula || strpbrk(s, ",\"\r\n") || *s == ' ';
    if (quote)
        wi_buf_putc(out, '"');
    if (formula)
        wi_buf_putc(out, '\'');
    for (const char *p = s; *p;) {
        const char *start = p;
        uint32_t code = wi_escape_next(&p);
        if (wi_escape_unsafe(code) && !(code < 0x20 && strchr("\t\r\n", (int)code)))
            wi_buf_puts(out, "\xef\xbf\xbd");
        else
            put_csv_char(out, start, (size_t)(p - start));
    }
    if (quote)
        wi_buf_putc(out, '"');
}
