/* page_speed.c: how fast, over the depth of the context too, and what memory it takes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/digest.h"
#include "report/page.h"
#include "report/say.h"
#include "report/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BARS = 40, CURVES = 6 }; /* more than an eye takes in; tables have them all */

static const char *label_of(struct wi_arena *arena, const struct wi_verdict *v) {
    return wi_arena_printf(arena, "%s %s", wi_model_label(v->model),
                           wi_precision_label(v->precision));
}

static void heading(struct wi_table *table, struct wi_arena *arena, const char *align,
                    const char *caption, const char *const *words) {
    wi_table_init(table, arena, align);
    table->caption = caption;
    table->sortable = true;
    for (; *words; words++)
        wi_table_add(table, *words);
}

static struct wi_table_cell *put_number(struct wi_table *table, const char *text, double value) {
    struct wi_table_cell *cell = wi_table_put(table, text);
    cell->sort = wi_page_sort(table->arena, value);
    return cell;
}

/* ---- decode, a bar for each model and precision ---- */

static int by_speed(const void *a, const void *b) {
    const struct wi_verdict *x = *(const struct wi_verdict *const *)a,
                            *y = *(const struct wi_verdict *const *)b;
    return (x->decode_tok_s.mid < y->decode_tok_s.mid) -
           (x->decode_tok_s.mid > y->decode_tok_s.mid);
}

static size_t with_speed(const struct wi_verdict **v, size_t n, struct wi_arena *arena,
                         const struct wi_verdict ***kept) {
    size_t k = 0;
    *kept = WI_NEW_ARRAY(arena, const struct wi_verdict *, n + 1);
    for (size_t i = 0; i < n; i++)
        if (!isnan(v[i]->decode_tok_s.mid) && !wi_is_encoder(v[i]->model))
            (*kept)[k++] = v[i];
    qsort(*kept, k, sizeof **kept, by_speed);
    return k;
}

static void put_decode(const struct wi_page_writer *w, const struct wi_page_part *part) {
    static const char *const words[] = {"model", "precision", "decode", "first token", NULL};
    struct wi_arena *arena = w->arena;
    const struct wi_verdict **all = NULL, **v = NULL;
    size_t shown = wi_page_shown(part, arena, &all), n = with_speed(all, shown, arena, &v);
    if (n == 0) {
        w->paragraph(w->out, "No speed is known: no measurement of this run counts.");
        return;
    }
    const struct wi_targets *t = &v[0]->targets;
    struct wi_chart chart = {.kind = WI_CHART_bars,
                             .id = wi_page_anchor(part, arena, "decode", 0),
                             .title = "Decode speed",
                             .x = "tokens a second",
                             .y = ""};
    struct wi_chart_series *series = wi_chart_add(&chart, arena, "decode");
    struct wi_table table;
    heading(&table, arena, "llll", "Decode speed and first token", words);
    for (size_t i = 0; i < n; i++) {
        if (i < BARS) {
            struct wi_chart_point *p =
                wi_chart_point(series, arena, label_of(arena, v[i]), NAN, v[i]->decode_tok_s.mid);
            p->lo = v[i]->decode_tok_s.lo;
            p->hi = v[i]->decode_tok_s.hi;
        }
        wi_table_add(&table, wi_model_label(v[i]->model));
        wi_table_add(&table, wi_precision_label(v[i]->precision));
        put_number(&table, wi_page_speed_of(arena, v[i]), v[i]->decode_tok_s.mid);
        put_number(&table, wi_say_interval_s(arena, v[i]->first_token_s), v[i]->first_token_s.mid);
    }
    wi_chart_line(
        &chart, arena,
        wi_arena_printf(arena, "usable from %s", wi_say_setting(arena, t->usable_decode_tok_s)),
        t->usable_decode_tok_s, 0);
    wi_chart_line(&chart, arena,
                  wi_arena_printf(arena, "comfortable from %s",
                                  wi_say_setting(arena, t->comfortable_decode_tok_s)),
                  t->comfortable_decode_tok_s, 0);
    chart.summary = wi_arena_printf(
        arena, "Decode speed of %zu models at a precision, from %s at %s tok/s to %s at %s tok/s.",
        n, label_of(arena, v[0]), wi_say_g3(arena, v[0]->decode_tok_s.mid),
        label_of(arena, v[n - 1]), wi_say_g3(arena, v[n - 1]->decode_tok_s.mid));
    w->figure(w, &chart, &table);
}

/* ---- over the depth, a chart for each model ---- */

static bool is_decode(const struct wi_evidence *e, const struct wi_model *model) {
    return e->m.status == WI_CASE_ok && e->m.key.phase == WI_PHASE_decode && e->m.key.model &&
           e->m.key.batch <= 1 && (!model || strcmp(e->m.key.model->id, model->id) == 0);
}

static const char *curve_of(const struct wi_page_part *part, const struct wi_measurement *m,
                            struct wi_arena *arena) {
    bool one = true; /* compute device, so that its name says nothing */
    for (size_t i = 0; i < part->run->evidence_count && one; i++) {
        const struct wi_case *key = &part->run->evidence[i].m.key;
        one = key->backend == m->key.backend &&
              (!key->compute_device_id || !m->key.compute_device_id ||
               strcmp(key->compute_device_id, m->key.compute_device_id) == 0);
    }
    const char *precision = wi_precision_label(m->key.precision);
    if (one)
        return precision;
    if (m->key.backend == WI_BACKEND_cpu)
        return wi_arena_printf(arena, "%s on CPU", precision);
    return wi_arena_printf(arena, "%s on %s (%s)", precision,
                           m->key.compute_device_id ? m->key.compute_device_id : "unknown",
                           wi_backend_id_name(m->key.backend));
}

static struct wi_chart_series *series_named(struct wi_chart *chart, struct wi_arena *arena,
                                            const char *name) {
    for (size_t i = 0; i < chart->series.count; i++)
        if (strcmp(chart->series.items[i].name, name) == 0)
            return &chart->series.items[i];
    return wi_chart_add(chart, arena, name);
}

static bool spans_depths(const struct wi_chart *chart) {
    for (size_t i = 0; i < chart->series.count; i++)
        if (chart->series.items[i].count > 1)
            return true;
    return false;
}

/* Points of a curve in order of depth. */
static int by_x(const void *a, const void *b) {
    const struct wi_chart_point *p = a, *q = b;
    return (p->x > q->x) - (p->x < q->x);
}

static bool put_model(const struct wi_page_writer *w, const struct wi_page_part *part,
                      const struct wi_model *model, size_t number) {
    static const char *const words[] = {"case", "depth", "decode", NULL};
    struct wi_arena *arena = w->arena;
    struct wi_chart chart = {.kind = WI_CHART_curves,
                             .id = wi_page_anchor(part, arena, "depth", number),
                             .title = wi_model_label(model),
                             .x = "tokens of context before",
                             .y = "tokens a second"};
    struct wi_table table;
    heading(&table, arena, "lrl", wi_arena_printf(arena, "Decode over depth, %s", chart.title),
            words);
    for (size_t i = 0; i < part->run->evidence_count; i++) {
        const struct wi_measurement *m = &part->run->evidence[i].m;
        if (!is_decode(&part->run->evidence[i], model))
            continue;
        const char *name = curve_of(part, m, arena);
        struct wi_chart_point *p = wi_chart_point(series_named(&chart, arena, name), arena, name,
                                                  m->key.depth, m->tokens_per_s.median);
        p->lo = m->tokens_per_s.lo;
        p->hi = m->tokens_per_s.hi;
        wi_table_put(&table, name)->href = wi_page_anchor(part, arena, "m", i + 1);
        wi_table_addf(&table, "%u", m->key.depth);
        put_number(&table, wi_say_interval(arena, wi_rate_interval(m), "tok/s"),
                   m->tokens_per_s.median);
    }
    if (!spans_depths(&chart))
        return false;
    for (size_t i = 0; i < chart.series.count; i++)
        qsort(chart.series.items[i].items, chart.series.items[i].count,
              sizeof(struct wi_chart_point), by_x);
    if (chart.series.count > CURVES)
        chart.series.count = CURVES;
    chart.summary = wi_arena_printf(arena,
                                    "Decode speed of %s over the depth of the context, "
                                    "%zu curves.",
                                    chart.title, chart.series.count);
    w->figure(w, &chart, &table);
    return true;
}

static bool first_of_model(const struct wi_run_view *run, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (is_decode(&run->evidence[i], run->evidence[at].m.key.model))
            return false;
    return is_decode(&run->evidence[at], NULL);
}

static void put_depths(const struct wi_page_writer *w, const struct wi_page_part *part) {
    size_t drawn = 0;
    w->heading(w->out, part->level + 1, NULL, "Over the depth of the context");
    w->figures_begin(w->out);
    for (size_t i = 0; i < part->run->evidence_count; i++)
        if (first_of_model(part->run, i))
            drawn += put_model(w, part, part->run->evidence[i].m.key.model, drawn + 1);
    w->figures_end(w->out);
    if (drawn == 0)
        w->paragraph(w->out, "This run measured at one depth only: weighin run --depth 0,512,4096 "
                             "tells how decoding slows down as the context fills.");
}

void wi_page_speed(const struct wi_page_writer *w, const struct wi_page_part *part) {
    w->heading(w->out, part->level, wi_page_anchor(part, w->arena, "speed", 0), "How fast");
    put_decode(w, part);
    put_depths(w, part);
}

/* ---- memory ---- */

static double gib(uint64_t bytes) {
    return (double)bytes / (1024.0 * 1024 * 1024);
}

static int by_need(const void *a, const void *b) {
    const struct wi_footprint *x = (*(const struct wi_verdict *const *)a)->footprint,
                              *y = (*(const struct wi_verdict *const *)b)->footprint;
    return (x->total_bytes > y->total_bytes) - (x->total_bytes < y->total_bytes);
}

static size_t with_footprint(const struct wi_verdict **v, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (v[i]->footprint)
            v[kept++] = v[i];
    qsort(v, kept, sizeof *v, by_need);
    return kept;
}

static void put_need(struct wi_table *table, struct wi_chart *chart, const struct wi_verdict *v,
                     size_t at) {
    const struct wi_footprint *f = v->footprint;
    const uint64_t parts[] = {f->weights_bytes, f->kv_cache_bytes, f->compute_bytes,
                              f->overhead_bytes};
    struct wi_table_cell *cell;
    wi_table_add(table, wi_model_label(v->model));
    wi_table_add(table, wi_precision_label(v->precision));
    for (size_t i = 0; i < WI_COUNT(parts); i++) {
        if (at < BARS)
            wi_chart_point(&chart->series.items[i], table->arena, label_of(table->arena, v), NAN,
                           gib(parts[i]));
        put_number(table, wi_say_mem(table->arena, parts[i]), (double)parts[i]);
    }
    put_number(table, wi_say_mem(table->arena, f->total_bytes), (double)f->total_bytes);
    cell = put_number(table, wi_say_maybe_mem(table->arena, v->budget_bytes),
                      wi_has_u64(v->budget_bytes) ? (double)v->budget_bytes.value : NAN);
    cell->small = v->pool;
}

static void add_budgets(struct wi_chart *chart, struct wi_arena *arena,
                        const struct wi_verdict *const *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool known = !wi_has_u64(v[i]->budget_bytes);
        for (size_t j = 0; j < i && !known; j++)
            known = wi_has_u64(v[j]->budget_bytes) &&
                    v[j]->budget_bytes.value == v[i]->budget_bytes.value;
        if (!known)
            wi_chart_line(chart, arena, wi_arena_printf(arena, "budget: %s", v[i]->pool),
                          gib(v[i]->budget_bytes.value), 0);
    }
}

void wi_page_memory(const struct wi_page_writer *w, const struct wi_page_part *part) {
    static const char *const words[] = {"model",    "precision",   "weights",
                                        "KV cache", "activations", "the engine itself",
                                        "total",    "budget",      NULL};
    struct wi_arena *arena = w->arena;
    const struct wi_verdict **v = NULL;
    size_t shown = wi_page_shown(part, arena, &v), n = with_footprint(v, shown);
    if (n == 0)
        return;
    struct wi_chart chart = {.kind = WI_CHART_stack,
                             .id = wi_page_anchor(part, arena, "memory-bars", 0),
                             .title = "Memory needed",
                             .x = "GiB",
                             .y = ""};
    struct wi_table table;
    heading(&table, arena, "llrrrrrl", "Memory that each model needs", words);
    for (size_t i = 2; i < 6; i++)
        wi_chart_add(&chart, arena, words[i]);
    for (size_t i = 0; i < n; i++)
        put_need(&table, &chart, v[i], i);
    add_budgets(&chart, arena, v, n);
    chart.summary = wi_arena_printf(
        arena, "Memory of %zu models at a precision with a context of %u tokens, from %s to %s.", n,
        v[0]->targets.context, wi_say_mem(arena, v[0]->footprint->total_bytes),
        wi_say_mem(arena, v[n - 1]->footprint->total_bytes));
    w->heading(w->out, part->level, wi_page_anchor(part, arena, "memory", 0),
               "What memory it takes");
    w->figure(w, &chart, &table);
}
