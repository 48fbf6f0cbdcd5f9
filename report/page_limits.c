/* page_limits.c: what each compute device does at most: a roofline and the tables behind it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/digest.h"
#include "report/page.h"
#include "report/words.h"

#include <math.h>
#include <string.h>

static void begin(const struct wi_page_writer *w, struct wi_table *table, const char *columns,
                  const char *caption, const char *const *heading) {
    wi_table_init(table, w->arena, columns);
    table->caption = caption;
    for (; *heading != NULL; heading++)
        wi_table_add(table, *heading);
}

static const char *device_of(const struct wi_roofline *r) {
    return r->compute_device_id ? r->compute_device_id : wi_backend_id_name(r->backend);
}

static void put_figures(const struct wi_page_writer *w, const struct wi_run_view *run) {
    static const char *const heading[] = {"device", "read", "copy",   "f32",
                                          "bf16",   "int8", "launch", NULL};
    struct wi_table table;
    begin(w, &table, "lrrrrrr", "Measured limits", heading);
    for (size_t i = 0; i < run->roofline_count; i++) {
        const struct wi_roofline *r = &run->rooflines[i];
        wi_table_add(&table, device_of(r));
        wi_table_add(&table, wi_say_maybe(w->arena, r->read_gb_per_s, "GB/s"));
        wi_table_add(&table, wi_say_maybe(w->arena, r->copy_gb_per_s, "GB/s"));
        wi_table_add(&table, wi_say_maybe(w->arena, r->peak_gflop_per_s_f32, "Gflop/s"));
        wi_table_add(&table, wi_say_maybe(w->arena, r->peak_gflop_per_s_bf16, "Gflop/s"));
        wi_table_add(&table, wi_say_maybe(w->arena, r->peak_gflop_per_s_int8, "Gop/s"));
        wi_table_add(&table, wi_say_maybe(w->arena, r->launch_us, "us"));
    }
    w->table(&table, w->out);
}

/* ---- the roofline ---- */

static bool ran_on(const struct wi_measurement *m, const struct wi_roofline *r) {
    return m->status == WI_CASE_ok && m->key.backend == r->backend && m->key.compute_device_id &&
           r->compute_device_id && strcmp(m->key.compute_device_id, r->compute_device_id) == 0 &&
           m->achieved_gb_per_s > 0 && m->achieved_gflop_per_s > 0;
}

static void add_roof(struct wi_chart *chart, struct wi_arena *arena, const char *name,
                     struct wi_maybe_f64 level) {
    if (wi_has_f64(level))
        wi_chart_line(chart, arena,
                      wi_arena_printf(arena, "%s: %s Gop/s", name, wi_say_g3(arena, level.value)),
                      level.value, 0);
}

static void put_points(const struct wi_page_part *part, const struct wi_roofline *r,
                       struct wi_chart *chart, struct wi_table *table) {
    struct wi_arena *arena = table->arena;
    wi_chart_add(chart, arena, "decode");
    wi_chart_add(chart, arena, "prefill and encoders");
    for (size_t i = 0; i < part->run->evidence_count; i++) {
        const struct wi_measurement *m = &part->run->evidence[i].m;
        if (!ran_on(m, r))
            continue;
        double intensity = m->achieved_gflop_per_s / m->achieved_gb_per_s;
        bool decode = m->key.phase == WI_PHASE_decode;
        wi_chart_point(&chart->series.items[decode ? 0 : 1], arena, wi_digest_case(arena, m),
                       intensity, m->achieved_gflop_per_s);
        wi_table_put(table, wi_digest_case(arena, m))->href =
            wi_page_anchor(part, arena, "m", i + 1);
        wi_table_add(table, wi_say_g3(arena, intensity));
        wi_table_add(table, wi_say_g3(arena, m->achieved_gb_per_s));
        wi_table_add(table, wi_say_g3(arena, m->achieved_gflop_per_s));
        wi_table_add(table, wi_bound_name(m->bound));
    }
}

static void put_roofline(const struct wi_page_writer *w, const struct wi_page_part *part,
                         const struct wi_roofline *r, size_t number) {
    static const char *const heading[] = {"case",  "operations a byte", "GB/s",
                                          "Gop/s", "bound by",          NULL};
    struct wi_arena *arena = w->arena;
    struct wi_chart chart = {.kind = WI_CHART_roofline,
                             .id = wi_page_anchor(part, arena, "roofline", number),
                             .title = wi_arena_printf(arena, "Roofline of %s", device_of(r)),
                             .x = "operations for each byte read",
                             .y = "Gop/s"};
    struct wi_table table;
    begin(w, &table, "lrrrl", chart.title, heading);
    table.sortable = true;
    put_points(part, r, &chart, &table);
    if (wi_table_rows(&table) == 1 || !wi_has_f64(r->read_gb_per_s))
        return;
    wi_chart_line(
        &chart, arena,
        wi_arena_printf(arena, "memory: %s GB/s", wi_say_g3(arena, r->read_gb_per_s.value)), 0,
        r->read_gb_per_s.value);
    add_roof(&chart, arena, "f32", r->peak_gflop_per_s_f32);
    add_roof(&chart, arena, "bf16", r->peak_gflop_per_s_bf16);
    add_roof(&chart, arena, "int8", r->peak_gflop_per_s_int8);
    chart.summary = wi_arena_printf(
        arena,
        "%zu measurements under the limits of %s: reading at %s GB/s, and the peaks of its "
        "arithmetics. A point on a line is as fast as the device allows.",
        wi_table_rows(&table) - 1, device_of(r), wi_say_g3(arena, r->read_gb_per_s.value));
    w->figure(w, &chart, &table);
}

/* ---- way by way ---- */

static const char *what_of(const struct wi_ceiling *c, struct wi_arena *arena) {
    if (c->id == WI_CEILING_unpack)
        return wi_arena_printf(arena, "%s %s, weights in cache", c->precision ? c->precision : "?",
                               c->phase ? c->phase : "?");
    if (c->id == WI_CEILING_peak)
        return wi_arena_printf(arena, "peak %s", c->arithmetic ? c->arithmetic : "?");
    return wi_ceiling_id_name(c->id);
}

static const char *value_of(const struct wi_ceiling *c, struct wi_arena *arena) {
    double value = wi_ceiling_value(c);
    return isnan(value)
               ? "unknown"
               : wi_arena_printf(arena, "%s %s", wi_say_g3(arena, value), wi_ceiling_unit(c));
}

static void put_ways(const struct wi_page_writer *w, const struct wi_page_part *part,
                     const struct wi_roofline *r) {
    static const char *const heading[] = {"limit", "how", "threads", "median", "passes", NULL};
    struct wi_table table;
    if (r->ceiling_count == 0)
        return;
    const char *title = wi_arena_printf(w->arena, "Limits of %s, way by way", device_of(r));
    begin(w, &table, "llrrr", title, heading);
    for (size_t i = 0; i < r->ceiling_count; i++) {
        const struct wi_ceiling *c = &r->ceilings[i];
        wi_table_add(&table, what_of(c, w->arena));
        wi_table_add(&table, c->how);
        wi_table_add(&table, wi_arena_printf(w->arena, "%u", c->threads));
        wi_table_add(&table, value_of(c, w->arena));
        wi_table_add(&table, wi_arena_printf(w->arena, "%zu", c->sample_count));
    }
    w->fold_begin(w->out, part->level + 1, NULL, title);
    w->table(&table, w->out);
    w->fold_end(w->out);
}

void wi_page_limits(const struct wi_page_writer *w, const struct wi_page_part *part) {
    const struct wi_run_view *run = part->run;
    if (run->roofline_count == 0)
        return;
    w->heading(w->out, part->level, wi_page_anchor(part, w->arena, "limits", 0),
               "Measured limits of the device");
    for (size_t i = 0; i < run->roofline_count; i++)
        put_roofline(w, part, &run->rooflines[i], i + 1);
    put_figures(w, run);
    w->paragraph(w->out, "The best of each kind, by the median of its passes. Copying counts bytes "
                         "read and bytes written; a multiply-add is two operations.");
    for (size_t i = 0; i < run->roofline_count; i++)
        put_ways(w, part, &run->rooflines[i]);
}
