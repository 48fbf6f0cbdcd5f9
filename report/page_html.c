/* page_html.c: the page as one HTML file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/escape.h"
#include "report/html.h"
#include "report/matrix.h"
#include "report/page.h"

static void list_begin(struct wi_buf *out) {
    wi_buf_puts(out, "<ul>\n");
}

static void list_end(struct wi_buf *out) {
    wi_buf_puts(out, "</ul>\n");
}

static void card_begin(struct wi_buf *out) {
    wi_buf_puts(out, "<div class=\"card\"><dl>\n");
}

static void card_end(struct wi_buf *out) {
    wi_buf_puts(out, "</dl></div>\n");
}

static void row(struct wi_buf *out, const char *what, const char *value) {
    wi_buf_puts(out, "<dt><bdi>");
    wi_put_html(out, what);
    wi_buf_puts(out, "</bdi></dt><dd><bdi>");
    wi_put_html(out, value);
    wi_buf_puts(out, "</bdi></dd>\n");
}

void wi_report_html(const struct wi_page_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    const struct wi_page_writer writer = {.out = out,
                                          .arena = arena,
                                          .heading = wi_html_heading,
                                          .paragraph = wi_html_paragraph,
                                          .list_begin = list_begin,
                                          .item = wi_html_item,
                                          .list_end = list_end,
                                          .card_begin = card_begin,
                                          .row = row,
                                          .card_end = card_end,
                                          .table = wi_table_html,
                                          .matrix = wi_matrix_html};
    wi_html_begin(out, wi_page_title(view, arena));
    wi_page_write(&writer, view);
    wi_html_end(out);
    wi_arena_destroy(arena);
}
