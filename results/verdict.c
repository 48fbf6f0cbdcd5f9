/* verdict.c: can this device run this model? Fit and speed judged apart (SEMANTICS "Verdicts").
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every place where the model could run (the CPU, each real GPU through each API) gets its own
 * verdict; the device's is the best of them. */
#include "results/trail.h"
#include "results/constants.h"

#include <math.h>
#include <string.h>

static const struct wi_interval nothing = {NAN, NAN, NAN};

void wi_targets_default(const struct wi_model *model, struct wi_targets *targets) {
    uint32_t most = model->max_context;
    *targets = (struct wi_targets){.prompt_tokens = 512,
                                   .output_tokens = 128,
                                   .context = most > 0 && most < 4096 ? most : 4096,
                                   .batch = 1,
                                   .kv_precision = WI_FORMAT_f16,
                                   .usable_decode_tok_s = 5,
                                   .usable_first_token_s = 10,
                                   .comfortable_decode_tok_s = 10,
                                   .comfortable_first_token_s = 3,
                                   .usable_encode_s = 1,
                                   .comfortable_encode_s = 0.2};
}

/* ---- fit ---- */

static int measure_model(const struct wi_verdict_request *r, const struct wi_engine *engine,
                         const struct wi_targets *t, struct wi_arena *arena, struct wi_verdict *v,
                         struct wi_err *err) {
    struct wi_footprint_request question = {.model = r->model,
                                            .engine = engine,
                                            .precision = r->precision,
                                            .kv_precision = t->kv_precision,
                                            .context = t->context,
                                            .batch = t->batch};
    struct wi_footprint *f = WI_NEW(arena, struct wi_footprint);
    WI_TRY(wi_footprint_compute(&question, arena, f, err));
    v->footprint = f;
    return WI_OK;
}

static enum wi_tri fits_at_all(const struct wi_footprint *f, const struct wi_budget *b,
                               enum wi_limit *limit) {
    uint64_t need = f->load_peak_bytes > f->total_bytes ? f->load_peak_bytes : f->total_bytes;
    if (wi_has_u64(b->most_bytes) && need > b->most_bytes.value) {
        bool only_mapped = need - f->reclaimable_bytes <= b->most_bytes.value;
        *limit = f->reclaimable_bytes > 0 && only_mapped ? WI_LIMIT_paging
                 : f->total_bytes <= b->most_bytes.value ? WI_LIMIT_load_peak
                                                         : WI_LIMIT_memory;
        return WI_TRI_no;
    }
    if (wi_has_u64(b->largest_allowed_bytes) &&
        f->largest_tensor_bytes > b->largest_allowed_bytes.value) {
        *limit = b->largest_by;
        return WI_TRI_no;
    }
    bool piece_known = b->largest_allowed_bytes.known == WI_KNOWN_known ||
                       b->largest_allowed_bytes.known == WI_KNOWN_not_applicable;
    return wi_has_u64(b->bytes) && piece_known ? WI_TRI_yes : WI_TRI_unknown;
}

static void judge_fit(const struct wi_budget *b, struct wi_verdict *v) {
    v->pool = b->pool;
    v->budget_bytes = b->bytes;
    v->available_now_bytes = b->available_now_bytes;
    v->largest_allowed_bytes = b->largest_allowed_bytes;
    v->fits = fits_at_all(v->footprint, b, &v->binding_limit);
    v->basis_fit = v->fits == WI_TRI_unknown ? WI_BASIS_none : WI_BASIS_predicted;
}

/* ---- evidence ---- */

struct id_list {
    const char **items;
    size_t count, capacity;
};

static void cite(const struct wi_estimate *e, struct wi_arena *arena, struct id_list *ids) {
    for (size_t k = 0; k < WI_COUNT(e->from); k++)
        for (size_t i = 0; e->from[k] && i < e->from[k]->row_count; i++)
            *WI_PUSH(arena, ids, const char *) = e->from[k]->rows[i]->m.id;
}

/* All layers ran, weights resident: then the fit was not only reckoned. */
static bool ran_whole(const struct wi_estimate *e) {
    for (size_t k = 0; k < WI_COUNT(e->from); k++) {
        if (!e->from[k])
            continue;
        const struct wi_measurement *m = &e->from[k]->rows[0]->m;
        if (m->layers_total > 0 && m->layers_run >= m->layers_total &&
            wi_has_u64(m->peak_memory_bytes) && m->peak_memory_bytes.value >= m->weight_bytes)
            return true;
    }
    return false;
}

static struct wi_interval rates(const struct wi_estimate *e, double tokens) {
    if (isnan(e->s.mid))
        return nothing;
    return (struct wi_interval){tokens / e->s.hi, tokens / e->s.mid, tokens / e->s.lo};
}

static enum wi_basis basis_of(const struct wi_estimate *e, const struct wi_answer *a) {
    if (!isnan(e->s.mid))
        return e->basis;
    return a->met == WI_TRI_no ? WI_BASIS_predicted : WI_BASIS_none; /* from the roofline */
}

/* Limits that a no rests on, be it that no kernel could meet the target or that ours came near
 * enough to them to speak for the device. */
static void cite_limit(const struct wi_estimate *e, const struct wi_answer *a,
                       struct wi_arena *arena, struct id_list *ids) {
    if (a->met != WI_TRI_no || !e->least_row)
        return;
    for (size_t i = 0; i < ids->count; i++)
        if (strcmp(ids->items[i], e->least_row) == 0)
            return;
    *WI_PUSH(arena, ids, const char *) = e->least_row;
}

static void put_speed(const struct wi_speed *s, struct wi_arena *arena, struct wi_verdict *v) {
    struct id_list ids = {0};
    v->decode_tok_s = rates(&s->decode, 1);
    v->prefill_tok_s = rates(&s->pass, s->tokens);
    v->first_token_s = s->pass.s;
    if (v->model->arch == WI_ARCH_decoder)
        v->basis_decode = basis_of(&s->decode, &s->decode_usable);
    v->basis_prefill = basis_of(&s->pass, &s->pass_usable);
    cite(&s->decode, arena, &ids);
    cite(&s->pass, arena, &ids);
    cite_limit(&s->decode, &s->decode_usable, arena, &ids);
    cite_limit(&s->pass, &s->pass_usable, arena, &ids);
    v->evidence = ids.items;
    v->evidence_count = ids.count;
    if (v->fits == WI_TRI_yes && (ran_whole(&s->decode) || ran_whole(&s->pass)))
        v->basis_fit = WI_BASIS_measured;
}

/* ---- one place ---- */

static void refuse(struct wi_verdict *v, enum wi_limit limit, const char *because) {
    v->verdict = WI_VERDICT_unsupported;
    v->binding_limit = limit;
    v->because = because;
}

static const char *sentence(struct wi_arena *arena, const char *text) {
    size_t n = strlen(text);
    return n > 0 && text[n - 1] == '.' ? wi_arena_strdup(arena, text)
                                       : wi_arena_printf(arena, "%s.", text);
}

/* Why no measurement could answer, whatever the device; NULL. */
static const char *no_speed(const struct wi_verdict_request *r, struct wi_arena *arena) {
    if (strcmp(r->engine, "reference") != 0)
        return wi_arena_printf(arena, "Nothing is known of the speed of %s on this device.",
                               r->engine);
    const struct wi_format *f = wi_format_get(r->precision);
    if (!f->kernel)
        return wi_arena_printf(arena, "No kernel of weighin runs %s, so its speed is unknown.",
                               f->name);
    return NULL;
}

static void judge_speed(const struct wi_verdict_request *r, struct wi_cell *cell,
                        struct wi_arena *arena, struct wi_trail_place *at) {
    struct wi_verdict *v = &at->verdict;
    struct wi_bars bars = {0};
    const char *not_asked = no_speed(r, arena);
    if (strcmp(r->engine, "reference") == 0)
        wi_cell_figures(cell, NULL, &at->figures, &bars);
    else
        cell->roofline = NULL; /* an engine reads other bytes than the pure precision */
    at->roofline = cell->roofline;
    wi_speed_judge(cell, &at->figures, &v->targets, &at->speed);
    at->speed.not_asked = at->figures.count == 0 ? not_asked : NULL;
    v->not_counted = bars.items;
    v->not_counted_count = bars.count;
    put_speed(&at->speed, arena, v);
}

static void judge_at(const struct wi_verdict_request *r, struct wi_arena *arena,
                     struct wi_trail_place *at) {
    struct wi_verdict *v = &at->verdict;
    struct wi_cell cell;
    v->compute_device_id = at->place.compute_device_id;
    wi_cell_at(r, &at->place, arena, &cell);
    cell.kv_precision = v->targets.kv_precision;
    cell.batch = v->targets.batch;
    wi_budget_of(r->inventory, at->place.compute_device_id, arena, &at->budget);
    judge_fit(&at->budget, v);
    judge_speed(r, &cell, arena, at);
    const char *refused = wi_cell_unsupported(&cell);
    if (v->fits == WI_TRI_no && v->binding_limit == WI_LIMIT_paging) {
        v->fits = WI_TRI_yes;
        v->fast_enough = WI_TRI_no;
        v->verdict = WI_VERDICT_too_slow;
    } else if (v->fits == WI_TRI_no) {
        struct wi_verdict fast = *v;
        v->verdict = WI_VERDICT_does_not_fit;
        wi_speed_decide(&at->speed, &fast);
        v->fast_enough = fast.fast_enough;
    } else if (refused && isnan(at->speed.decode.s.mid) && isnan(at->speed.pass.s.mid)) {
        refuse(v, WI_LIMIT_feature, sentence(arena, refused));
        return;
    } else {
        wi_speed_decide(&at->speed, v);
    }
    wi_verdict_say(&at->speed, &at->budget, arena, v);
}

/* ---- the best place ---- */

/* A yes beats all; what may still turn out a yes beats a no. */
static int rank(const struct wi_verdict *v) {
    switch (v->verdict) {
    case WI_VERDICT_comfortable:
        return 7;
    case WI_VERDICT_usable:
        return 6;
    case WI_VERDICT_unknown:
        return v->fits == WI_TRI_yes ? 4 : 3;
    case WI_VERDICT_too_slow:
        return v->fast_enough == WI_TRI_no ? 2 : 5;
    case WI_VERDICT_does_not_fit:
        return 1;
    case WI_VERDICT_unsupported:
        break;
    }
    return 0;
}

static bool better(const struct wi_verdict *a, const struct wi_verdict *b) {
    if (rank(a) != rank(b))
        return rank(a) > rank(b);
    if ((a->evidence_count > 0) != (b->evidence_count > 0))
        return a->evidence_count > 0;
    if (a->decode_tok_s.lo > b->decode_tok_s.lo || a->decode_tok_s.lo < b->decode_tok_s.lo)
        return a->decode_tok_s.lo > b->decode_tok_s.lo;
    return a->first_token_s.hi < b->first_token_s.hi;
}

/* A no that was not chosen stays said: it explains why the question is about another part. */
static void mention(struct wi_verdict *chosen, const struct wi_verdict *other,
                    struct wi_arena *arena) {
    if (chosen->verdict == WI_VERDICT_unknown && other->verdict == WI_VERDICT_too_slow &&
        strcmp(chosen->compute_device_id, other->compute_device_id) != 0)
        chosen->because =
            wi_arena_printf(arena, "%s On %s it is too slow, on %s it may be fast enough.",
                            chosen->because, other->compute_device_id, chosen->compute_device_id);
}

static void judge_places(const struct wi_verdict_request *r, struct wi_arena *arena,
                         struct wi_verdict_trail *trail, struct wi_verdict *v) {
    struct wi_place *places = NULL;
    size_t n = wi_places(r->inventory, r->compute_device_id, arena, &places), best = 0;
    struct wi_trail_place *each = WI_NEW_ARRAY(arena, struct wi_trail_place, n + 1);
    for (size_t i = 0; i < n; i++) {
        each[i] = (struct wi_trail_place){.place = places[i], .verdict = *v};
        judge_at(r, arena, &each[i]);
        if (better(&each[i].verdict, &each[best].verdict))
            best = i;
    }
    *trail = (struct wi_verdict_trail){each, n, best};
    if (n == 0) {
        v->because = "The newest probing found no such part of this device.";
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (i != best)
            mention(&each[best].verdict, &each[i].verdict, arena);
    *v = each[best].verdict;
}

int wi_verdict_trail(const struct wi_verdict_request *request, struct wi_arena *arena,
                     struct wi_verdict_trail *trail, struct wi_verdict *verdict,
                     struct wi_err *err) {
    const struct wi_engine *engine = NULL;
    const struct wi_model *model = request->model;
    struct wi_err why = {0};
    *trail = (struct wi_verdict_trail){0};
    WI_TRY(wi_catalogue_find_engine(request->catalogue, request->engine, &engine, err));
    *verdict = (struct wi_verdict){.model = model,
                                   .precision = request->precision,
                                   .engine = engine->id,
                                   .claim = engine->claim,
                                   .device_id = request->inventory->identity.device_id,
                                   .compute_device_id = request->compute_device_id,
                                   .decode_tok_s = nothing,
                                   .prefill_tok_s = nothing,
                                   .first_token_s = nothing};
    if (request->targets)
        verdict->targets = *request->targets;
    else
        wi_targets_default(model, &verdict->targets);
    if (!verdict->compute_device_id)
        verdict->compute_device_id = request->inventory->cpu.compute_device_id;
    bool too_long = model->disclosed && verdict->targets.context > model->max_context;
    int status = measure_model(request, engine, &verdict->targets, arena, verdict, &why);
    if (status != WI_OK && status != WI_UNSUPPORTED)
        return wi_fail(err, status, "%s", why.message);
    if (status != WI_OK)
        refuse(verdict,
               too_long           ? WI_LIMIT_context
               : model->disclosed ? WI_LIMIT_feature
                                  : WI_LIMIT_none,
               sentence(arena, why.message));
    else
        judge_places(request, arena, trail, verdict);
    if (model->unrunnable && status == WI_OK && strcmp(engine->id, "reference") == 0)
        refuse(verdict, WI_LIMIT_feature, sentence(arena, model->unrunnable));
    return WI_OK;
}

int wi_verdict_derive(const struct wi_verdict_request *request, struct wi_arena *arena,
                      struct wi_verdict *verdict, struct wi_err *err) {
    struct wi_verdict_trail trail;
    return wi_verdict_trail(request, arena, &trail, verdict, err);
}

void wi_constants_of_targets(struct wi_constants *list) {
    const struct wi_model any = {.max_context = UINT32_MAX};
    struct wi_targets t;
    wi_targets_default(&any, &t);
    wi_constants_add(list, "targets.prompt", t.prompt_tokens, "tokens", "length of the prompt");
    wi_constants_add(list, "targets.output", t.output_tokens, "tokens", "length of the answer");
    wi_constants_add(list, "targets.context", t.context, "tokens",
                     "that must fit, or the model's limit when that is less");
    wi_constants_add(list, "targets.batch", t.batch, "sequences", "at once");
    wi_constants_add(list, "targets.usable_decode", t.usable_decode_tok_s, "tok/s",
                     "usable from this decode speed on");
    wi_constants_add(list, "targets.usable_first_token", t.usable_first_token_s, "s",
                     "usable up to this time to the first token");
    wi_constants_add(list, "targets.comfortable_decode", t.comfortable_decode_tok_s, "tok/s",
                     "comfortable from this decode speed on");
    wi_constants_add(list, "targets.comfortable_first_token", t.comfortable_first_token_s, "s",
                     "comfortable up to this time to the first token");
    wi_constants_add(list, "targets.usable_encode", t.usable_encode_s, "s",
                     "an encoder is usable up to this time of a pass");
    wi_constants_add(list, "targets.comfortable_encode", t.comfortable_encode_s, "s",
                     "an encoder is comfortable up to this time of a pass");
}
