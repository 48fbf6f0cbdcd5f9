/* page_limits.c: what each compute device does at most, as the page's tables.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"
#include "report/words.h"

#include <math.h>

static void begin(const struct wi_page_writer *w, struct wi_table *table, const char *columns,
                  const char *const *heading) {
    wi_table_init(table, w->arena, columns);
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
    begin(w, &table, "lrrrrrr", heading);
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

static void put_ways(const struct wi_page_writer *w, const struct wi_roofline *r) {
    static const char *const heading[] = {"limit", "how", "threads", "median", "passes", NULL};
    struct wi_table table;
    if (r->ceiling_count == 0)
        return;
    begin(w, &table, "llrrr", heading);
    for (size_t i = 0; i < r->ceiling_count; i++) {
        const struct wi_ceiling *c = &r->ceilings[i];
        wi_table_add(&table, what_of(c, w->arena));
        wi_table_add(&table, c->how);
        wi_table_add(&table, wi_arena_printf(w->arena, "%u", c->threads));
        wi_table_add(&table, value_of(c, w->arena));
        wi_table_add(&table, wi_arena_printf(w->arena, "%zu", c->sample_count));
    }
    w->heading(w->out, 4, wi_arena_printf(w->arena, "Limits of %s, way by way", device_of(r)));
    w->table(&table, w->out);
}

void wi_page_limits(const struct wi_page_writer *w, const struct wi_run_view *run) {
    if (run->roofline_count == 0)
        return;
    w->heading(w->out, 3, "Measured limits of the device");
    put_figures(w, run);
    w->paragraph(w->out, "The best of each kind, by the median of its passes. Copying counts bytes "
                         "read and bytes written; a multiply-add is two operations.");
    for (size_t i = 0; i < run->roofline_count; i++)
        put_ways(w, &run->rooflines[i]);
}
