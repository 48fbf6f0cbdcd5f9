/* page.h: the page's content is written once; a writer makes HTML or Markdown of it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_PAGE_H
#define WI_PAGE_H

#include "report/lay.h"
#include "report/report.h"

/* ---- charts: what is drawn beside a table that says the same ---- */

#define WI_CHART_LIST(X)                                                                           \
    X(bars)     /* one value with its interval for each label; `lines` are limits to meet */       \
    X(curves)   /* series of (x, y) with intervals */                                              \
    X(roofline) /* points under `lines`, both axes logarithmic */                                  \
    X(stack)    /* parts of a whole for each label; `lines` are budgets */
enum wi_chart_kind {
#define WI_X(name) WI_CHART_##name,
    WI_CHART_LIST(WI_X)
#undef WI_X
};
struct wi_chart_point { /* NAN: unknown, not drawn */
    const char *label;  /* foreign text; curves, roofline: said in the tooltip */
    double x, y, lo, hi;
};
struct wi_chart_series {
    const char *name; /* foreign text */
    struct wi_chart_point *items;
    size_t count, capacity;
};
struct wi_chart_line {
    const char *name; /* "usable from 5" */
    double level;     /* a value on the axis of figures; roofline: height of a horizontal */
    double slope;     /* roofline: y = slope * x, up to the highest horizontal; 0: horizontal */
};
struct wi_chart {
    enum wi_chart_kind kind;
    const char *id;      /* a word of ours */
    const char *title;   /* foreign text */
    const char *summary; /* what it shows, for those who do not see it */
    const char *x, *y;   /* titles of the axes, with units */
    struct {
        struct wi_chart_series *items;
        size_t count, capacity;
    } series;
    struct {
        struct wi_chart_line *items;
        size_t count, capacity;
    } lines;
};
struct wi_chart_series *wi_chart_add(struct wi_chart *chart, struct wi_arena *arena,
                                     const char *name);
struct wi_chart_point *wi_chart_point(struct wi_chart_series *series, struct wi_arena *arena,
                                      const char *label, double x, double y);
void wi_chart_line(struct wi_chart *chart, struct wi_arena *arena, const char *name, double level,
                   double slope);
struct wi_json;
void wi_chart_put(struct wi_json *json, const struct wi_chart *chart); /* an array's element */

/* ---- the answer in front: a tier and a few facts ---- */

struct wi_page_fact {
    const char *what, *value;
    const char *small; /* NULL */
    const char *href;  /* NULL; a word of ours */
    const char *style; /* NULL; a verdict's name */
};

/* ---- a writer ---- */

struct wi_page_writer {
    struct wi_buf *out;
    struct wi_buf *charts; /* HTML: their JSON; else NULL */
    struct wi_arena *arena;
    bool samples; /* also what folds away: samples one by one */
    void (*heading)(struct wi_buf *out, int level, const char *id, const char *text);
    void (*lead)(struct wi_buf *out, const char *text); /* the paragraph under a title */
    void (*paragraph)(struct wi_buf *out, const char *text);
    void (*list_begin)(struct wi_buf *out);
    void (*item)(struct wi_buf *out, const char *text);
    void (*list_end)(struct wi_buf *out);
    void (*card_begin)(struct wi_buf *out); /* rows of (what, value) */
    void (*row)(struct wi_buf *out, const char *what, const char *value);
    void (*card_end)(struct wi_buf *out);
    void (*facts)(struct wi_buf *out, const struct wi_page_fact *facts, size_t count);
    /* What is folded away at first; `level`: of the heading that it is elsewhere. */
    void (*fold_begin)(struct wi_buf *out, int level, const char *id, const char *title);
    void (*fold_end)(struct wi_buf *out);
    void (*table)(const struct wi_table *table, struct wi_buf *out);
    /* Figures that may stand side by side. */
    void (*figures_begin)(struct wi_buf *out);
    void (*figures_end)(struct wi_buf *out);
    /* A chart and the table that says the same. */
    void (*figure)(const struct wi_page_writer *w, const struct wi_chart *chart,
                   const struct wi_table *twin);
    void (*matrix)(const struct wi_matrix_view *view, struct wi_buf *out);
};

/* ---- content ---- */

/* One device's part of the page. Anchors are "dN-...", N counting devices from 1. */
struct wi_page_part {
    const struct wi_page_view *view;
    const struct wi_run_view *run;
    unsigned number;
    int level; /* of the headings of its sections: 2, or 3 below the device's own */
};
const char *wi_page_anchor(const struct wi_page_part *part, struct wi_arena *arena,
                           const char *kind, size_t n); /* "d1-v12" */
/* Anchor of a measurement that the page shows; NULL: of another run, not shown. */
const char *wi_page_measured(const struct wi_page_part *part, struct wi_arena *arena,
                             const char *measurement_id);

/* Everything below the page's title. */
void wi_page_write(const struct wi_page_writer *w, const struct wi_page_view *view);
const char *wi_page_title(const struct wi_page_view *view, struct wi_arena *arena);

/* Tier, best models, how sure. */
void wi_page_answer(const struct wi_page_writer *w, const struct wi_page_part *part);
/* Grid of models by precisions, grid of size classes. */
void wi_page_grids(const struct wi_page_writer *w, const struct wi_page_part *part);
/* Each verdict with its reason and evidence. */
void wi_page_verdicts(const struct wi_page_writer *w, const struct wi_page_part *part);
/* Speed, depth, memory. */
void wi_page_speed(const struct wi_page_writer *w, const struct wi_page_part *part);
void wi_page_memory(const struct wi_page_writer *w, const struct wi_page_part *part);
/* Doubts, what did not count, what was measured another way. */
void wi_page_doubts(const struct wi_page_writer *w, const struct wi_page_part *part);
/* Measurements with samples and conditions. */
void wi_page_evidence(const struct wi_page_writer *w, const struct wi_page_part *part);
/* The device card of one run. */
void wi_page_device(const struct wi_page_writer *w, const struct wi_run_view *run);
/* Its rooflines, with every way in which each limit was measured; nothing when there are none. */
void wi_page_limits(const struct wi_page_writer *w, const struct wi_page_part *part);
/* Its single ops; nothing when there are none. */
void wi_page_ops(const struct wi_page_writer *w, const struct wi_page_part *part);
void wi_page_help(const struct wi_page_writer *w, const struct wi_page_view *view);

/* ---- what the parts share ---- */

/* The verdicts that the page shows: of models that this run asked about; all of a run view that
 * brings no derived ones; small models first. */
size_t wi_page_shown(const struct wi_page_part *part, struct wi_arena *arena,
                     const struct wi_verdict ***verdicts);
/* A decoder's decode rate, an encoder's pass, with interval and basis; NULL: unknown. */
const char *wi_page_speed_of(struct wi_arena *arena, const struct wi_verdict *v);
const char *wi_page_verdict_word(struct wi_arena *arena, const struct wi_verdict *v);
const char *wi_page_sort(struct wi_arena *arena, double value); /* NULL for NAN */

#endif
