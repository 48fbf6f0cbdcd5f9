/* html.c: the frame of every HTML page.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The policy allows nothing but this page's own style and scripts, by their hashes: a name that
 * slipped through unescaped could still load nothing, run nothing and send nothing. */
#include "report/html.h"

#include "base/hash.h"
#include "report/escape.h"

#include <stdint.h>
#include <string.h>

extern const unsigned char wi_report_css[];
extern const size_t wi_report_css_size;

/* ---- policy ---- */

/* RFC 4648, for the 32 bytes of a digest. */
static void put_base64(struct wi_buf *out, const unsigned char *bytes, size_t n) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= i + 1 < n ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= i + 2 < n ? bytes[i + 2] : 0;
        for (size_t d = 0; d < 4; d++)
            wi_buf_putc(out, i + d > n ? '=' : digits[group >> (18 - 6 * d) & 63]);
    }
}

static void put_hash(struct wi_buf *out, const void *bytes, size_t n) {
    unsigned char digest[32];
    struct wi_sha256 hash;
    wi_sha256_init(&hash);
    wi_sha256_update(&hash, bytes, n);
    wi_sha256_final(&hash, digest);
    wi_buf_puts(out, " 'sha256-");
    put_base64(out, digest, sizeof digest);
    wi_buf_putc(out, '\'');
}

static void put_policy(struct wi_buf *out, const struct wi_html_script *scripts, size_t count) {
    wi_buf_puts(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "style-src");
    put_hash(out, wi_report_css, wi_report_css_size);
    for (size_t i = 0; i < count; i++) {
        wi_buf_puts(out, i == 0 ? "; script-src" : "");
        put_hash(out, scripts[i].text, scripts[i].size);
    }
    wi_buf_puts(out, "; base-uri 'none'; form-action 'none'\">\n");
}

/* ---- frame ---- */

void wi_html_begin_with(struct wi_buf *out, const char *title, const struct wi_html_script *scripts,
                        size_t count) {
    wi_buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    put_policy(out, scripts, count);
    wi_buf_puts(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    wi_put_html(out, title);
    wi_buf_puts(out, "</title>\n<style>");
    wi_buf_append(out, wi_report_css, wi_report_css_size);
    wi_buf_puts(out, "</style>\n</head>\n<body>\n<main>\n");
    wi_html_heading(out, 1, NULL, title);
}

void wi_html_begin(struct wi_buf *out, const char *title) {
    wi_html_begin_with(out, title, NULL, 0);
}

/* JSON inside a page: '<', '>' and '&' stand in strings only, and there as escapes; so do the two
 * line ends that JSON knows and older scripts do not. */
static void put_data(struct wi_buf *out, const char *json) {
    wi_buf_puts(out, "<script type=\"application/json\" id=\"data\">");
    for (const char *p = json; *p; p++) {
        if (strchr("<>&", *p))
            wi_buf_printf(out, "\\u%04x", (unsigned)*p);
        else if (strncmp(p, "\xe2\x80\xa8", 3) == 0 || strncmp(p, "\xe2\x80\xa9", 3) == 0) {
            wi_buf_puts(out, p[2] == '\xa8' ? "\\u2028" : "\\u2029");
            p += 2;
        } else
            wi_buf_putc(out, *p);
    }
    wi_buf_puts(out, "</script>\n");
}

void wi_html_end_with(struct wi_buf *out, const char *data, const struct wi_html_script *scripts,
                      size_t count) {
    wi_buf_puts(out, "</main>\n");
    if (data)
        put_data(out, data);
    for (size_t i = 0; i < count; i++) {
        wi_buf_puts(out, "<script>");
        wi_buf_append(out, scripts[i].text, scripts[i].size);
        wi_buf_puts(out, "</script>\n");
    }
    wi_buf_puts(out, "</body>\n</html>\n");
}

void wi_html_end(struct wi_buf *out) {
    wi_html_end_with(out, NULL, NULL, 0);
}

/* ---- blocks ---- */

void wi_html_heading(struct wi_buf *out, int level, const char *id, const char *text) {
    wi_buf_printf(out, "<h%d", level);
    if (id)
        wi_buf_printf(out, " id=\"%s\"", id);
    wi_buf_puts(out, "><bdi>");
    wi_put_html(out, text);
    wi_buf_printf(out, "</bdi></h%d>\n", level);
}

void wi_html_paragraph(struct wi_buf *out, const char *text) {
    wi_buf_puts(out, "<p><bdi>");
    wi_put_html(out, text);
    wi_buf_puts(out, "</bdi></p>\n");
}

void wi_html_item(struct wi_buf *out, const char *text) {
    wi_buf_puts(out, "<li><bdi>");
    wi_put_html(out, text);
    wi_buf_puts(out, "</bdi></li>\n");
}
