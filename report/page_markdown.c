/* page_markdown.c: the page as Markdown (CommonMark with tables), for wikis and merge requests.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/escape.h"
#include "report/matrix.h"
#include "report/page.h"

static void heading(struct wi_buf *out, int level, const char *id, const char *text) {
    (void)id;
    wi_buf_printf(out, "%.*s ", level, "######");
    wi_put_md(out, text);
    wi_buf_puts(out, "\n\n");
}

static void paragraph(struct wi_buf *out, const char *text) {
    wi_put_md(out, text);
    wi_buf_puts(out, "\n\n");
}

static void item(struct wi_buf *out, const char *text) {
    wi_buf_puts(out, "- ");
    wi_put_md(out, text);
    wi_buf_putc(out, '\n');
}

static void nothing(struct wi_buf *out) {
    (void)out;
}

static void end_block(struct wi_buf *out) {
    wi_buf_putc(out, '\n');
}

static void row(struct wi_buf *out, const char *what, const char *value) {
    wi_buf_puts(out, "- **");
    wi_put_md(out, what);
    wi_buf_puts(out, "**: ");
    wi_put_md(out, value);
    wi_buf_putc(out, '\n');
}

static void facts(struct wi_buf *out, const struct wi_page_fact *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        wi_buf_puts(out, "- **");
        wi_put_md(out, items[i].what);
        wi_buf_puts(out, "**: ");
        wi_put_md(out, items[i].value);
        if (items[i].small) {
            wi_buf_puts(out, ", ");
            wi_put_md(out, items[i].small);
        }
        wi_buf_putc(out, '\n');
    }
    wi_buf_putc(out, '\n');
}

static void table(const struct wi_table *t, struct wi_buf *out) {
    wi_table_md(t, out);
    wi_buf_putc(out, '\n');
}

static void figure(const struct wi_page_writer *w, const struct wi_chart *chart,
                   const struct wi_table *twin) {
    wi_buf_puts(w->out, "**");
    wi_put_md(w->out, chart->title);
    wi_buf_puts(w->out, "**\n\n");
    table(twin, w->out);
}

static void matrix(const struct wi_matrix_view *view, struct wi_buf *out) {
    wi_matrix_md(view, out);
    wi_buf_putc(out, '\n');
}

void wi_report_markdown(const struct wi_page_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    const struct wi_page_writer writer = {.out = out,
                                          .arena = arena,
                                          .heading = heading,
                                          .lead = paragraph,
                                          .paragraph = paragraph,
                                          .list_begin = nothing,
                                          .item = item,
                                          .list_end = end_block,
                                          .card_begin = nothing,
                                          .row = row,
                                          .card_end = end_block,
                                          .facts = facts,
                                          .fold_begin = heading,
                                          .fold_end = nothing,
                                          .table = table,
                                          .figures_begin = nothing,
                                          .figures_end = nothing,
                                          .figure = figure,
                                          .matrix = matrix};
    wi_buf_puts(out, "# ");
    wi_put_md(out, wi_page_title(view, arena));
    wi_buf_puts(out, "\n\n");
    wi_page_write(&writer, view);
    wi_arena_destroy(arena);
}
