/* page_grids.c: verdicts as a grid: models by precisions, and size classes by precisions.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"
#include "report/words.h"

#include "models/catalogue.h"

#include <math.h>
#include <string.h>

struct precisions { /* those that are judged, smallest weights first */
    enum wi_format_id items[WI_FORMAT_COUNT];
    size_t count;
};

static double bits(enum wi_format_id id) {
    const struct wi_format *f = wi_format_get(id);
    return (double)f->block_bytes * 8 / f->block_weights;
}

static void add_precision(struct precisions *p, enum wi_format_id id) {
    size_t at = 0;
    while (at < p->count && p->items[at] != id)
        at++;
    if (at < p->count)
        return;
    while (at > 0 && bits(p->items[at - 1]) > bits(id)) {
        p->items[at] = p->items[at - 1];
        at--;
    }
    p->items[at] = id;
    p->count++;
}

static const char *align_of(struct wi_arena *arena, const struct precisions *p) {
    char *align = wi_arena_alloc(arena, p->count + 2);
    memset(align, 'l', p->count + 1);
    align[p->count + 1] = '\0';
    return align;
}

static void begin(struct wi_table *table, struct wi_arena *arena, const struct precisions *p,
                  const char *first, const char *caption) {
    wi_table_init(table, arena, align_of(arena, p));
    table->caption = caption;
    table->grid = true;
    wi_table_add(table, first);
    for (size_t i = 0; i < p->count; i++)
        wi_table_add(table, wi_precision_label(p->items[i]));
}

static bool same(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* ---- models ---- */

struct grid {
    const struct wi_page_part *part;
    const struct wi_verdict **v; /* the verdicts shown; their anchors count them */
    size_t n;
    struct precisions precisions;
};

static void put_cell(const struct grid *g, struct wi_table *table, size_t at) {
    struct wi_arena *arena = table->arena;
    if (at == g->n) {
        wi_table_add(table, "-");
        return;
    }
    const struct wi_verdict *v = g->v[at];
    struct wi_table_cell *cell = wi_table_put(table, wi_page_verdict_word(arena, v));
    cell->style = wi_verdict_name(v->verdict);
    cell->href = wi_page_anchor(g->part, arena, "v", at + 1);
    cell->small = wi_page_speed_of(arena, v);
    if (!cell->small && v->verdict == WI_VERDICT_unknown && v->fits == WI_TRI_yes)
        cell->small = "fits; speed not known";
    if (v->verdict == WI_VERDICT_does_not_fit && v->footprint)
        cell->small =
            wi_arena_printf(arena, "needs %s", wi_say_mem(arena, v->footprint->total_bytes));
}

static size_t find(const struct grid *g, const struct wi_verdict *like, enum wi_format_id p) {
    size_t i = 0;
    while (i < g->n && !(same(g->v[i]->model->id, like->model->id) && g->v[i]->precision == p &&
                         same(g->v[i]->engine, like->engine)))
        i++;
    return i;
}

static bool first_of_row(const struct grid *g, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (same(g->v[i]->model->id, g->v[at]->model->id) &&
            same(g->v[i]->engine, g->v[at]->engine))
            return false;
    return true;
}

static void put_engine(const struct wi_page_writer *w, const struct grid *g,
                       const struct wi_verdict *first) {
    struct wi_table table;
    begin(&table, w->arena, &g->precisions, "model, size class",
          wi_arena_printf(w->arena, "Verdicts, %s; prompt of %u tokens, answer of %u",
                          wi_say_claim(w->arena, first->engine, first->claim),
                          first->targets.prompt_tokens, first->targets.output_tokens));
    for (size_t i = 0; i < g->n; i++) {
        if (!same(g->v[i]->engine, first->engine) || !first_of_row(g, i))
            continue;
        wi_table_put(&table, wi_model_label(g->v[i]->model))->small = g->v[i]->model->size_class;
        for (size_t p = 0; p < g->precisions.count; p++)
            put_cell(g, &table, find(g, g->v[i], g->precisions.items[p]));
    }
    w->table(&table, w->out);
}

static void put_models(const struct wi_page_writer *w, struct grid *g) {
    for (size_t i = 0; i < g->n; i++) {
        bool first = true;
        for (size_t j = 0; j < i && first; j++)
            first = !same(g->v[i]->engine, g->v[j]->engine);
        if (first)
            put_engine(w, g, g->v[i]);
    }
    w->paragraph(w->out, "Words in a cell: the verdict, then the speed of decoding with its 95 % "
                         "interval. A verdict of weighin's own kernels is a ceiling: what the "
                         "device allows. A product's engine may be slower.");
}

/* ---- size classes ---- */

struct class_answer {
    const struct wi_verdict *representative, *best, *worst; /* NULL: none is known */
};

static void answer(const struct wi_run_view *run, const struct wi_size_class *c,
                   enum wi_format_id precision, struct class_answer *a) {
    *a = (struct class_answer){0};
    for (size_t i = 0; i < run->derived_count; i++) {
        const struct wi_verdict *v = &run->derived[i];
        if (v->precision != precision || !same(v->model->size_class, c->id) ||
            !same(v->engine, "reference"))
            continue;
        if (same(v->model->id, c->representative))
            a->representative = v;
        if (v->verdict == WI_VERDICT_unknown)
            continue;
        if (!a->best || v->verdict > a->best->verdict)
            a->best = v;
        if (!a->worst || v->verdict < a->worst->verdict)
            a->worst = v;
    }
}

static void put_class_cell(struct wi_table *table, const struct class_answer *a) {
    struct wi_arena *arena = table->arena;
    if (!a->representative) {
        wi_table_add(table, "-");
        return;
    }
    struct wi_table_cell *cell =
        wi_table_put(table, wi_page_verdict_word(arena, a->representative));
    cell->style = wi_verdict_name(a->representative->verdict);
    if (a->best && a->best->verdict != a->worst->verdict)
        cell->small =
            wi_arena_printf(arena, "from %s (%s) to %s (%s)", wi_word_verdict(a->worst->verdict),
                            wi_model_label(a->worst->model), wi_word_verdict(a->best->verdict),
                            wi_model_label(a->best->model));
}

static const char *representative(const struct wi_catalogue *catalogue, const char *id) {
    for (size_t i = 0; id && i < catalogue->model_count; i++)
        if (same(catalogue->models[i]->id, id))
            return wi_model_label(catalogue->models[i]);
    return "none";
}

static void put_classes(const struct wi_page_writer *w, const struct wi_page_part *part) {
    const struct wi_catalogue *catalogue = part->view->catalogue;
    struct precisions precisions = {.count = 0};
    struct wi_table table;
    for (size_t i = 0; i < part->run->derived_count; i++)
        add_precision(&precisions, part->run->derived[i].precision);
    if (!catalogue || precisions.count == 0)
        return;
    w->fold_begin(w->out, part->level + 1, NULL,
                  "By size class, with models that were not measured");
    begin(&table, w->arena, &precisions, "size class, answered by",
          "Size classes, ceiling: weighin's own kernels");
    for (size_t c = 0; c < catalogue->class_count; c++) {
        const struct wi_size_class *class = &catalogue->classes[c];
        if (!class->representative)
            continue;
        wi_table_put(&table, class->id)->small = representative(catalogue, class->representative);
        for (size_t p = 0; p < precisions.count; p++) {
            struct class_answer a;
            answer(part->run, class, precisions.items[p], &a);
            put_class_cell(&table, &a);
        }
    }
    w->table(&table, w->out);
    w->paragraph(w->out, "A class answers by one model; where its members differ, the worst and "
                         "the best of those that are known stand beside it.");
    w->fold_end(w->out);
}

void wi_page_grids(const struct wi_page_writer *w, const struct wi_page_part *part) {
    struct grid g = {.part = part};
    g.n = wi_page_shown(part, w->arena, &g.v);
    for (size_t i = 0; i < g.n; i++)
        add_precision(&g.precisions, g.v[i]->precision);
    w->heading(w->out, part->level, wi_page_anchor(part, w->arena, "grid", 0), "What it can run");
    if (g.n > 0)
        put_models(w, &g);
    else
        w->paragraph(w->out, "No verdict was derived from this run.");
    put_classes(w, part);
}
