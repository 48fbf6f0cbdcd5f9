/* run_roofs.c: what each compute device can do at most, and what it gave beside each case.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/run_parts.h"

#include "base/buf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- rooflines ---- */

struct wi_roof *wi_run_roof_of(struct wi_execution *x, const struct wi_case *key) {
    for (size_t i = 0; i < x->roof_count; i++) {
        const struct wi_roofline *r = &x->roofs[i].measured;
        if (r->backend == key->backend && strcmp(r->compute_device_id, key->compute_device_id) == 0)
            return &x->roofs[i];
    }
    return NULL;
}

/* True once for each compute device, and again when what came of it was not believed: a worker that
 * dies of it is not given it again. */
bool wi_run_claim_roofline(struct wi_execution *x, const struct wi_case *key) {
    struct wi_roof *roof = wi_run_roof_of(x, key);
    if (roof != NULL) {
        bool again = roof->doubted && !roof->known;
        roof->doubted = false;
        return again;
    }
    if (x->roof_count == WI_ROOFLINES_MOST)
        return false;
    x->roofs[x->roof_count++].measured =
        (struct wi_roofline){.backend = key->backend, .compute_device_id = key->compute_device_id};
    return true;
}

void wi_run_warning(void *state, const char *sentence) {
    const struct wi_execution *x = state;
    if (x->sink->warning != NULL)
        x->sink->warning(x->sink->state, sentence);
}

/* A ceiling that was measured while other work took the processor is too low, and would let a
 * verdict say "no" to what the device can do: it is not believed, and not kept. Of several that are
 * believed the best counts. */
int wi_run_roofline(void *state, const struct wi_plan_group *group, struct wi_roofline *r,
                    struct wi_err *err) {
    struct wi_execution *x = state;
    struct wi_roof *roof = wi_run_roof_of(x, &group->cases[0].key);
    struct wi_notes notes = {.arena = wi_arena_create()};
    if (roof == NULL)
        return WI_OK;
    int status = wi_watch_read(&x->watch, "during", &notes, err);
    bool contended = (notes.doubts & WI_DOUBT_BIT(WI_DOUBT_contended)) != 0;
    wi_arena_destroy(notes.arena);
    WI_TRY(status);
    roof->doubted = contended;
    if (contended) {
        wi_run_warning(
            x,
            roof->known
                ? "other work took the processor while this device's limits were measured "
                  "again: what was measured before stands"
                : "other work took the processor while this device's limits were measured: "
                  "they are left out for now, and what is too slow cannot be told; stop it, then "
                  "repeat");
        return WI_OK;
    }
    wi_roof_raise(roof, r, x->arena);
    wi_left_learn(&x->left, &roof->measured, x->inventory->cpu.isa);
    if (x->sink->forecast != NULL)
        x->sink->forecast(x->sink->state, wi_run_elapsed_s(x) + wi_run_left_s(x));
    return x->sink->roofline == NULL ? WI_OK
                                     : x->sink->roofline(x->sink->state, &roof->measured, err);
}

/* ---- the canary ---- */

static int store_look(struct wi_execution *x, const struct wi_canary *look, struct wi_err *err) {
    if (x->sink->conditions == NULL ||
        (!wi_has_f64(look->read_gb_per_s) && !wi_has_f64(look->f32_gflop_per_s)))
        return WI_OK;
    struct wi_arena *arena = wi_arena_create();
    const struct wi_conditions c = wi_canary_conditions(look, arena);
    int status = x->sink->conditions(x->sink->state, "during", &c, err);
    wi_arena_destroy(arena);
    return status;
}

int wi_run_canary(void *state, const struct wi_plan_group *group, const struct wi_canary *look,
                  struct wi_err *err) {
    struct wi_execution *x = state;
    struct wi_roof *roof = wi_run_roof_of(x, &group->cases[0].key);
    if (roof != NULL)
        wi_canary_raise(&roof->best, look);
    return store_look(x, look, err);
}

static double lower(struct wi_maybe_f64 a, struct wi_maybe_f64 b) {
    double x = wi_has_f64(a) ? a.value : INFINITY, y = wi_has_f64(b) ? b.value : INFINITY;
    double least = fmin(x, y);
    return isinf(least) ? 0 : least;
}

static void name_op(const struct wi_case *key, char *name, size_t n) {
    char label[64];
    snprintf(name, n, "%s %s", wi_op_label(&key->op, label, sizeof label),
             wi_format_get(key->precision)->name);
}

/* What was seen beside a case is kept, because the best may be seen later. */
static void remember(struct wi_execution *x, struct wi_roof *roof, const struct wi_plan_case *c,
                     const struct wi_measured *m, bool told) {
    struct wi_slow_case *s = WI_PUSH(x->arena, &x->beside, struct wi_slow_case);
    *s = (struct wi_slow_case){.roof = roof, .told = told};
    if (c->key.model == NULL)
        name_op(&c->key, s->name, sizeof s->name);
    else
        snprintf(s->name, sizeof s->name, "%s %s %s %u", c->key.model->id,
                 wi_format_get(c->key.precision)->name, wi_phase_name(c->key.phase),
                 c->key.phase == WI_PHASE_decode ? c->key.depth : c->key.tokens);
    s->read_gb_per_s = lower(m->before.read_gb_per_s, m->after.read_gb_per_s);
    s->f32_gflop_per_s = lower(m->before.f32_gflop_per_s, m->after.f32_gflop_per_s);
}

int wi_run_judge_looks(struct wi_execution *x, const struct wi_plan_case *c,
                       const struct wi_measured *m, struct wi_notes *notes, struct wi_err *err) {
    struct wi_roof *roof = wi_run_roof_of(x, &c->key);
    if (roof == NULL || m->status != WI_CASE_ok)
        return WI_OK;
    wi_canary_raise(&roof->best, &m->before);
    wi_canary_raise(&roof->best, &m->after);
    WI_TRY(store_look(x, &m->before, err));
    WI_TRY(store_look(x, &m->after, err));
    struct wi_canary_best best = wi_roof_best(roof);
    wi_canary_judge(&best, &m->before, &m->after, notes);
    remember(x, roof, c, m, wi_canary_is_short(wi_canary_share(&best, &m->before, &m->after)));
    return WI_OK;
}

/* Rows are stored as they come; the device may have shown only later what it can do. */
void wi_run_warn_of_slow_hours(struct wi_execution *x) {
    struct wi_buf names = {0};
    size_t n = 0;
    double least = 1;
    for (size_t i = 0; i < x->beside.count; i++) {
        const struct wi_slow_case *s = &x->beside.items[i];
        const struct wi_canary_best best = wi_roof_best(s->roof);
        const struct wi_canary seen = {
            .read_gb_per_s = {s->read_gb_per_s > 0 ? WI_KNOWN_known : WI_KNOWN_unknown,
                              s->read_gb_per_s},
            .f32_gflop_per_s = {s->f32_gflop_per_s > 0 ? WI_KNOWN_known : WI_KNOWN_unknown,
                                s->f32_gflop_per_s}};
        struct wi_canary_share share = wi_canary_share(&best, &seen, &seen);
        if (s->told || !wi_canary_is_short(share))
            continue;
        wi_buf_printf(&names, "%s%s", n++ == 0 ? "" : ", ", s->name);
        least = fmin(least, fmin(share.read, share.f32));
    }
    if (n > 0) {
        wi_buf_printf(&names,
                      ": measured while the device gave as little as %.0f %% of what it gave later "
                      "in this run, which their rows could not know; repeat the run",
                      100 * least);
        wi_run_warning(x, wi_buf_str(&names));
    }
    wi_buf_fini(&names);
}
