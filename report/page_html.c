/* page_html.c: the page as one HTML file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "report/escape.h"
#include "report/html.h"
#include "report/matrix.h"
#include "report/page.h"

#include <string.h>

extern const unsigned char wi_report_js[];
extern const size_t wi_report_js_size;

/* ---- blocks ---- */

static void put_tagged(struct wi_buf *out, const char *begin, const char *text, const char *end) {
    wi_buf_puts(out, begin);
    wi_buf_puts(out, "<bdi>");
    wi_put_html(out, text);
    wi_buf_puts(out, "</bdi>");
    wi_buf_puts(out, end);
}

static void lead(struct wi_buf *out, const char *text) {
    put_tagged(out, "<p class=\"lead\">", text, "</p>\n");
}

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
    put_tagged(out, "<dt>", what, "</dt>");
    put_tagged(out, "<dd>", value, "</dd>\n");
}

static void put_fact(struct wi_buf *out, const struct wi_page_fact *f) {
    wi_buf_puts(out, "<div");
    if (f->style)
        wi_buf_printf(out, " class=\"%s\"", f->style);
    put_tagged(out, "><dt>", f->what, "</dt><dd>");
    if (f->href)
        wi_buf_printf(out, "<a href=\"#%s\">", f->href);
    put_tagged(out, "", f->value, f->href ? "</a>" : "");
    if (f->small)
        put_tagged(out, " <small>", f->small, "</small>");
    wi_buf_puts(out, "</dd></div>\n");
}

static void facts(struct wi_buf *out, const struct wi_page_fact *items, size_t count) {
    wi_buf_puts(out, "<dl class=\"facts\">\n");
    for (size_t i = 0; i < count; i++)
        put_fact(out, &items[i]);
    wi_buf_puts(out, "</dl>\n");
}

static void fold_begin(struct wi_buf *out, int level, const char *id, const char *title) {
    (void)level;
    wi_buf_puts(out, "<details");
    if (id)
        wi_buf_printf(out, " id=\"%s\"", id);
    put_tagged(out, "><summary>", title, "</summary>\n");
}

static void fold_end(struct wi_buf *out) {
    wi_buf_puts(out, "</details>\n");
}

/* ---- charts ---- */

static void figures_begin(struct wi_buf *out) {
    wi_buf_puts(out, "<div class=\"plots\">\n");
}

static void figures_end(struct wi_buf *out) {
    wi_buf_puts(out, "</div>\n");
}

static void figure(const struct wi_page_writer *w, const struct wi_chart *chart,
                   const struct wi_table *twin) {
    wi_buf_puts(w->out, "<figure>\n");
    put_tagged(w->out, "<figcaption>", chart->title, "</figcaption>\n");
    if (!w->charts) {
        wi_table_html(twin, w->out);
        wi_buf_puts(w->out, "</figure>\n");
        return;
    }
    struct wi_json json;
    wi_buf_puts(w->charts, w->charts->size ? "," : "[");
    wi_json_init(&json, w->charts, false);
    wi_chart_put(&json, chart);
    wi_buf_printf(w->out, "<div class=\"plot\" hidden><canvas id=\"%s\" role=\"img\" aria-label=\"",
                  chart->id);
    wi_put_html(w->out, chart->summary);
    wi_buf_puts(w->out, "\"></canvas></div>\n");
    fold_begin(w->out, 0, NULL, "The same as a table");
    wi_table_html(twin, w->out);
    fold_end(w->out);
    wi_buf_puts(w->out, "</figure>\n");
}

/* ---- the page ---- */

static const char no_charts[] =
    "Charts are left out: Chart.js was not there when this weighin was built (Debian: "
    "libjs-chart.js). Their figures stand in tables.";

static void write_page(const struct wi_page_view *view, struct wi_buf *out, struct wi_buf *charts,
                       struct wi_arena *arena) {
    const struct wi_html_script scripts[] = {
        {view->chart_js, view->chart_js ? strlen(view->chart_js) : 0},
        {(const char *)wi_report_js, wi_report_js_size}};
    const struct wi_page_writer writer = {.out = out,
                                          .charts = view->chart_js ? charts : NULL,
                                          .arena = arena,
                                          .samples = true,
                                          .heading = wi_html_heading,
                                          .lead = lead,
                                          .paragraph = wi_html_paragraph,
                                          .list_begin = list_begin,
                                          .item = wi_html_item,
                                          .list_end = list_end,
                                          .card_begin = card_begin,
                                          .row = row,
                                          .card_end = card_end,
                                          .facts = facts,
                                          .fold_begin = fold_begin,
                                          .fold_end = fold_end,
                                          .table = wi_table_html,
                                          .figures_begin = figures_begin,
                                          .figures_end = figures_end,
                                          .figure = figure,
                                          .matrix = wi_matrix_html};
    size_t first = view->chart_js ? 0 : 1;
    wi_html_begin_with(out, wi_page_title(view, arena), scripts + first, 2 - first);
    wi_page_write(&writer, view);
    if (!view->chart_js)
        wi_html_paragraph(out, no_charts);
    if (charts->size)
        wi_buf_putc(charts, ']');
    wi_html_end_with(out, charts->size ? wi_buf_str(charts) : NULL, scripts + first, 2 - first);
}

void wi_report_html(const struct wi_page_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_buf charts = {0};
    write_page(view, out, &charts, arena);
    wi_buf_fini(&charts);
    wi_arena_destroy(arena);
}
