/* chart.c: charts as the page's script reads them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include "base/json.h"
#include "report/escape.h"

#include <math.h>

static const char *const kind_names[] = {
#define WI_X(name) #name,
    WI_CHART_LIST(WI_X)
#undef WI_X
};

struct wi_chart_series *wi_chart_add(struct wi_chart *chart, struct wi_arena *arena,
                                     const char *name) {
    struct wi_chart_series *series = WI_PUSH(arena, &chart->series, struct wi_chart_series);
    *series = (struct wi_chart_series){.name = name};
    return series;
}

struct wi_chart_point *wi_chart_point(struct wi_chart_series *series, struct wi_arena *arena,
                                      const char *label, double x, double y) {
    struct wi_chart_point *point = WI_PUSH(arena, series, struct wi_chart_point);
    *point = (struct wi_chart_point){.label = label, .x = x, .y = y, .lo = NAN, .hi = NAN};
    return point;
}

void wi_chart_line(struct wi_chart *chart, struct wi_arena *arena, const char *name, double level,
                   double slope) {
    *WI_PUSH(arena, &chart->lines, struct wi_chart_line) =
        (struct wi_chart_line){name, level, slope};
}

/* A canvas knows no isolation: what would turn the text around goes here, and so does what no axis
 * has room for. */
static void put_text(struct wi_json *json, const char *key, const char *text) {
    enum { SHOWN = 40 };
    struct wi_arena *arena = wi_arena_create();
    struct wi_buf clean = {0};
    wi_put_text(&clean, wi_lay_clip(arena, text, SHOWN));
    wi_json_str(json, key, wi_buf_str(&clean));
    wi_buf_fini(&clean);
    wi_arena_destroy(arena);
}

static void put_point(struct wi_json *json, const struct wi_chart_point *p) {
    wi_json_object(json, NULL);
    put_text(json, "label", p->label);
    if (!isnan(p->x))
        wi_json_f64(json, "x", p->x);
    wi_json_f64(json, "y", p->y);
    if (!isnan(p->lo) && !isnan(p->hi)) {
        wi_json_f64(json, "lo", p->lo);
        wi_json_f64(json, "hi", p->hi);
    }
    wi_json_object_end(json);
}

static void put_series(struct wi_json *json, const struct wi_chart_series *s) {
    wi_json_object(json, NULL);
    put_text(json, "name", s->name);
    wi_json_array(json, "points");
    for (size_t i = 0; i < s->count; i++)
        put_point(json, &s->items[i]);
    wi_json_array_end(json);
    wi_json_object_end(json);
}

void wi_chart_put(struct wi_json *json, const struct wi_chart *chart) {
    wi_json_object(json, NULL);
    wi_json_str(json, "id", chart->id);
    wi_json_str(json, "kind", kind_names[chart->kind]);
    wi_json_str(json, "x", chart->x);
    wi_json_str(json, "y", chart->y);
    wi_json_array(json, "series");
    for (size_t i = 0; i < chart->series.count; i++)
        put_series(json, &chart->series.items[i]);
    wi_json_array_end(json);
    wi_json_array(json, "lines");
    for (size_t i = 0; i < chart->lines.count; i++) {
        const struct wi_chart_line *line = &chart->lines.items[i];
        wi_json_object(json, NULL);
        put_text(json, "name", line->name);
        wi_json_f64(json, "level", line->level);
        wi_json_f64(json, "slope", line->slope);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
    wi_json_object_end(json);
}
