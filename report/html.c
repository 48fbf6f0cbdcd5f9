/* html.c: the frame of every HTML page.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The policy allows nothing but this page's own style, by its hash: a name that slipped through
 * unescaped could still load nothing, run nothing and send nothing. */
#include "report/html.h"

#include "base/hash.h"
#include "report/escape.h"

#include <stdint.h>

extern const unsigned char wi_report_css[];
extern const size_t wi_report_css_size;

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

static void put_style_hash(struct wi_buf *out) {
    unsigned char digest[32];
    struct wi_sha256 hash;
    wi_sha256_init(&hash);
    wi_sha256_update(&hash, wi_report_css, wi_report_css_size);
    wi_sha256_final(&hash, digest);
    put_base64(out, digest, sizeof digest);
}

void wi_html_begin(struct wi_buf *out, const char *title) {
    wi_buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "style-src 'sha256-");
    put_style_hash(out);
    wi_buf_puts(out, "'; base-uri 'none'; form-action 'none'\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    wi_put_html(out, title);
    wi_buf_puts(out, "</title>\n<style>");
    wi_buf_append(out, wi_report_css, wi_report_css_size);
    wi_buf_puts(out, "</style>\n</head>\n<body>\n");
    wi_html_heading(out, 1, title);
}

void wi_html_end(struct wi_buf *out) {
    wi_buf_puts(out, "</body>\n</html>\n");
}

void wi_html_heading(struct wi_buf *out, int level, const char *text) {
    wi_buf_printf(out, "<h%d><bdi>", level);
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
