/* speed.c: from measured depths and lengths to the one that is asked about.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pass costs a + b * w with a, b >= 0, where w is the work that grows: bytes read for decode
 * (keys and values of the depth), operations for a pass over a prompt. So
 *   - between two measured points the time is linear in w;
 *   - beyond the last one it is at least the last time, and at most as if everything grew with the
 *     depth (a = the least time to read the weights, where a roofline says that);
 *   - before the first one the same the other way round.
 * These bounds need no constant, so evidence that is taken away never makes an answer surer. */
#include "results/judge_parts.h"
#include "results/constants.h"

#include <math.h>

/* Work that differs by less than this is not told apart by two runs: still called measured. */
static const double same_work = 0.02;

struct point {
    double x; /* decode: mean depth; pass: tokens */
    const struct wi_figure *figure;
};

static const struct wi_evidence *newest_of(const struct wi_figure *f) {
    return f->rows[0];
}

/* The nearest points on either side; of equals the one measured last. */
static void enclose(const struct wi_figures *figures, enum wi_phase phase, double x,
                    struct point *below, struct point *above) {
    for (size_t i = 0; i < figures->count; i++) {
        const struct wi_figure *f = &figures->items[i];
        if (f->phase != phase || (phase == WI_PHASE_prefill && f->depth != 0) ||
            (phase != WI_PHASE_decode && f->tokens == 0))
            continue;
        struct point p = {phase == WI_PHASE_decode ? f->depth + f->tokens / 2.0 : f->tokens, f};
        bool later_below = below->figure && p.x == below->x &&
                           wi_evidence_compare_time(newest_of(below->figure), newest_of(f)) < 0;
        bool later_above = above->figure && p.x == above->x &&
                           wi_evidence_compare_time(newest_of(above->figure), newest_of(f)) < 0;
        if (p.x <= x && (!below->figure || p.x > below->x || later_below))
            *below = p;
        if (p.x >= x && (!above->figure || p.x < above->x || later_above))
            *above = p;
    }
}

/* Seconds of what `tokens` tokens stand for; a rate that is not above 0 never gets here. */
static struct wi_interval seconds(const struct wi_figure *f, double tokens) {
    double lo = f->tok_s.lo > 0 ? f->tok_s.lo : f->tok_s.mid * 1e-3; /* a hostile row */
    double hi = f->tok_s.hi > f->tok_s.mid ? f->tok_s.hi : f->tok_s.mid;
    return (struct wi_interval){tokens / hi, tokens / f->tok_s.mid, tokens / lo};
}

static double between(double a, double b, double share) {
    return a + (b - a) * share;
}

static void use(struct wi_estimate *e, const struct point *a, const struct point *b) {
    e->from[0] = a ? a->figure : NULL;
    e->from[1] = b && (!a || b->figure != a->figure) ? b->figure : NULL;
}

static struct wi_interval clamp_mid(struct wi_interval t) {
    t.mid = t.mid < t.lo ? t.lo : t.mid > t.hi ? t.hi : t.mid;
    return t;
}

static int cost_of(const struct wi_cell *cell, enum wi_phase phase, double x,
                   struct wi_pass_cost *cost) {
    bool decode = phase == WI_PHASE_decode;
    return wi_model_pass_cost(cell->model, cell->precision, cell->kv_precision, phase,
                              decode ? 1 : (uint32_t)x, decode ? (uint32_t)x : 0, cell->batch, cost,
                              NULL);
}

static double read_bytes(const struct wi_pass_cost *c) {
    return c->total.weight_bytes + c->total.kv_read_bytes;
}

/* What the newest row says of its own limit, for the work that is asked about: bytes of the memory
 * bound grow with bytes, operations with operations, a launch with nothing. NAN: it does not say.
 */
static double own_limit_s(const struct wi_cell *cell, const struct wi_figure *f,
                          const struct wi_pass_cost *asked) {
    const struct wi_measurement *m = &newest_of(f)->m;
    bool decode = f->phase == WI_PHASE_decode;
    double x = decode ? f->depth + f->tokens / 2.0 : f->tokens;
    struct wi_pass_cost own;
    if (!wi_has_f64(m->roofline_fraction) || !(m->roofline_fraction.value > 0) ||
        m->roofline_fraction.value > 1.1 || cost_of(cell, f->phase, x, &own) != WI_OK)
        return NAN;
    double limit_s = seconds(f, decode ? 1 : x).mid * m->roofline_fraction.value;
    switch (m->bound) {
    case WI_BOUND_memory:
        return limit_s * read_bytes(asked) / read_bytes(&own);
    case WI_BOUND_compute:
        return limit_s * asked->total.flops / own.total.flops;
    case WI_BOUND_launch:
        return limit_s;
    default:
        return NAN;
    }
}

/* The bound of the device: a roofline's, else what the newest row says about itself. A kernel that
 * was faster than the bound shows that the bound is too low. A prediction shows nothing and is held
 * to the bound, unless even its slow end, which rests on a measured pass, was faster. */
static void bound_it(const struct wi_cell *cell, const struct wi_pass_cost *cost,
                     struct wi_estimate *e) {
    const struct wi_figure *f = e->from[0] ? e->from[0] : e->from[1];
    const struct wi_measurement *m = f ? &newest_of(f)->m : NULL;
    enum wi_bound by = WI_BOUND_unknown;
    e->at_least_s = wi_bound_pass_s(cell, cost, m ? m->arithmetic : NULL, &by, &e->least_row);
    if (isnan(e->at_least_s) && f) {
        e->at_least_s = own_limit_s(cell, f, cost);
        by = m->bound;
    }
    double evidence_s = e->basis == WI_BASIS_predicted ? e->s.hi : e->s.lo;
    if (e->at_least_s > evidence_s)
        e->at_least_s = evidence_s;
    if (e->at_least_s > e->s.lo)
        e->s.lo = e->at_least_s;
    e->s = clamp_mid(e->s);
    e->least_by = by;
    e->by = m && m->bound != WI_BOUND_unknown ? m->bound : by;
}

double wi_estimate_share(const struct wi_estimate *estimate) {
    double share = estimate->at_least_s / estimate->s.mid;
    return share > 1 ? 1 : share;
}

/* ---- decode ---- */

/* One point alone: everything, or all but reading the weights, may grow with the depth. */
static void stretch_decode(const struct wi_cell *cell, const struct point *p, double depth,
                           const struct wi_pass_cost *asked, const struct wi_pass_cost *measured,
                           struct wi_estimate *e) {
    struct wi_interval t = seconds(p->figure, 1);
    double fixed = fmin(wi_bound_weights_s(cell, measured), t.lo);
    double grow = (depth + 1) / (p->x + 1), work = read_bytes(asked) / read_bytes(measured);
    e->s = (struct wi_interval){t.lo, t.mid * work, t.hi};
    if (grow > 1)
        e->s.hi = fixed + (t.hi - fixed) * grow;
    else
        e->s.lo = fixed + (t.lo - fixed) * grow;
    e->s = clamp_mid(e->s);
    e->basis = fabs(work - 1) <= same_work ? WI_BASIS_measured : WI_BASIS_predicted;
}

void wi_estimate_decode(const struct wi_cell *cell, const struct wi_figures *figures,
                        uint32_t depth, struct wi_estimate *e) {
    struct point below = {0}, above = {0};
    struct wi_pass_cost asked, c0, c1;
    *e = (struct wi_estimate){.s = {NAN, NAN, NAN}, .at_least_s = NAN};
    if (cost_of(cell, WI_PHASE_decode, depth, &asked) != WI_OK)
        return;
    enclose(figures, WI_PHASE_decode, depth, &below, &above);
    use(e, below.figure ? &below : NULL, above.figure ? &above : NULL);
    if (below.figure && above.figure && cost_of(cell, WI_PHASE_decode, below.x, &c0) == WI_OK &&
        cost_of(cell, WI_PHASE_decode, above.x, &c1) == WI_OK) {
        struct wi_interval a = seconds(below.figure, 1), b = seconds(above.figure, 1);
        double way = read_bytes(&c1) - read_bytes(&c0);
        double share = way > 0 ? (read_bytes(&asked) - read_bytes(&c0)) / way : 0;
        share = share < 0 ? 0 : share > 1 ? 1 : share;
        e->s = (struct wi_interval){between(a.lo, b.lo, share), between(a.mid, b.mid, share),
                                    between(a.hi, b.hi, share)};
        e->basis = WI_BASIS_measured;
        e->between = true;
    } else if (below.figure || above.figure) {
        const struct point *p = below.figure ? &below : &above;
        if (cost_of(cell, WI_PHASE_decode, p->x, &c0) == WI_OK)
            stretch_decode(cell, p, depth, &asked, &c0, e);
    }
    bound_it(cell, &asked, e);
}

/* ---- a pass over many tokens ---- */

/* Every pass reads every weight, as a decode step does: operations alone would make a short pass
 * too fast. The middle only: another kernel may read faster than the decode that was measured. */
static void floor_by_decode(const struct wi_cell *cell, const struct wi_figures *figures,
                            struct wi_estimate *e) {
    struct wi_estimate step;
    wi_estimate_decode(cell, figures, 0, &step);
    if (e->basis == WI_BASIS_predicted && step.s.mid > e->s.mid)
        e->s.mid = fmin(step.s.mid, e->s.hi);
}

/* A shorter pass takes at most as long as the longer one. A longer one can be cut into passes of
 * the measured length; attention to what came before adds the operations that the model counts. */
static void stretch_pass(const struct point *p, double tokens, const struct wi_pass_cost *asked,
                         const struct wi_pass_cost *measured, struct wi_estimate *e) {
    struct wi_interval t = seconds(p->figure, p->x);
    double work = asked->total.flops / measured->total.flops;
    double pieces = ceil(tokens / p->x);
    if (work <= 1)
        e->s = (struct wi_interval){t.lo * work, t.mid * work, t.hi};
    else
        e->s = (struct wi_interval){t.lo, t.mid * work,
                                    t.hi * fmax(work, pieces * work * p->x / tokens)};
    e->s = clamp_mid(e->s);
    e->basis = fabs(work - 1) <= same_work ? WI_BASIS_measured : WI_BASIS_predicted;
}

void wi_estimate_pass(const struct wi_cell *cell, const struct wi_figures *figures,
                      enum wi_phase phase, uint32_t tokens, struct wi_estimate *e) {
    struct point below = {0}, above = {0};
    struct wi_pass_cost asked, c0, c1;
    *e = (struct wi_estimate){.s = {NAN, NAN, NAN}, .at_least_s = NAN};
    if (cost_of(cell, phase, tokens, &asked) != WI_OK)
        return;
    enclose(figures, phase, tokens, &below, &above);
    use(e, below.figure ? &below : NULL, above.figure ? &above : NULL);
    if (below.figure && above.figure && cost_of(cell, phase, below.x, &c0) == WI_OK &&
        cost_of(cell, phase, above.x, &c1) == WI_OK) {
        struct wi_interval a = seconds(below.figure, below.x), b = seconds(above.figure, above.x);
        double way = c1.total.flops - c0.total.flops;
        double share = way > 0 ? (asked.total.flops - c0.total.flops) / way : 0;
        e->s = (struct wi_interval){between(a.lo, b.lo, share), between(a.mid, b.mid, share),
                                    between(a.hi, b.hi, share)};
        e->basis = WI_BASIS_measured;
        e->between = true;
    } else if (below.figure || above.figure) {
        const struct point *p = below.figure ? &below : &above;
        if (cost_of(cell, phase, p->x, &c0) == WI_OK)
            stretch_pass(p, tokens, &asked, &c0, e);
        if (phase == WI_PHASE_prefill)
            floor_by_decode(cell, figures, e);
    }
    bound_it(cell, &asked, e);
}

void wi_constants_of_speed(struct wi_constants *list) {
    wi_constants_add(list, "speed.same_work", same_work, "share",
                     "work that differs by up to this is still called measured, not predicted");
}
