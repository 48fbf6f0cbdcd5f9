/* escape.c: foreign words shown as text.
 * SPDX-License-Identifier: Apache-2.0
 * Sources: Unicode 15 (bidirectional controls: UAX #9; wide letters: UAX #11, ranges rounded to
 * blocks); CommonMark 0.30 (backslash escapes); OWASP "CSV Injection". */
#include "report/escape.h"

#include "base/status.h"
#include "base/utf8.h"

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

unsigned wi_escape_width(uint32_t code) {
    static const struct range none[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},
                                        {0x64b, 0x65f},   {0x1ab0, 0x1aff}, {0x200d, 0x200d},
                                        {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
    static const struct range wide[] = {{0x1100, 0x115f},   {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                                        {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                                        {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
                                        {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
    if (code < 0x300)
        return 1;
    return inside(code, none, WI_COUNT(none)) ? 0 : inside(code, wide, WI_COUNT(wide)) ? 2 : 1;
}

/* Calls `plain` for each safe character's bytes; unsafe ones become `instead`. */
static void each(struct wi_buf *out, const char *s, const char *instead,
                 void (*plain)(struct wi_buf *out, const char *bytes, size_t n)) {
    const char *p = s ? s : "unknown";
    while (*p) {
        const char *start = p;
        uint32_t code = wi_escape_next(&p);
        if (wi_escape_unsafe(code))
            wi_buf_puts(out, instead);
        else
            plain(out, start, (size_t)(p - start));
    }
}

static void put_as_is(struct wi_buf *out, const char *bytes, size_t n) {
    wi_buf_append(out, bytes, n);
}

void wi_put_text(struct wi_buf *out, const char *s) {
    each(out, s, "?", put_as_is);
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
    each(out, s, "?", put_md_char);
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
