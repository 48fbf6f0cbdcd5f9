/* text_verdict.c: how a verdict came about, step by step, for a reader with a calculator.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/say.h"
#include "report/steps.h"
#include "report/trail.h"
#include "report/words.h"

#include <math.h>
#include <string.h>

struct text {
    const struct wi_verdict_steps *view;
    const struct wi_verdict *v;
    const struct wi_trail_place *at; /* the place that was chosen; NULL: none was judged */
    struct wi_arena *arena;
    struct wi_steps steps;
};

static const char *tri(enum wi_tri t) {
    return t == WI_TRI_yes ? "yes" : t == WI_TRI_no ? "no" : "unknown";
}

/* ---- the question ---- */

static const char *targets_text(struct text *t) {
    const struct wi_targets *g = &t->v->targets;
    if (wi_is_encoder(t->v->model))
        return wi_arena_printf(t->arena, "usable within %g s, comfortable within %g s, one pass",
                               g->usable_encode_s, g->comfortable_encode_s);
    return wi_arena_printf(t->arena,
                           "usable from %g tok/s and a first token within %g s, comfortable from "
                           "%g tok/s and %g s",
                           g->usable_decode_tok_s, g->usable_first_token_s,
                           g->comfortable_decode_tok_s, g->comfortable_first_token_s);
}

static void put_question(struct text *t) {
    const struct wi_targets *g = &t->v->targets;
    wi_step(&t->steps, "The question");
    wi_step_line(&t->steps, "model",
                 wi_arena_printf(t->arena, "%s at %s", t->v->model->id,
                                 wi_precision_label(t->v->precision)));
    wi_step_line(&t->steps, "claim", wi_say_claim(t->arena, t->v->engine, t->v->claim));
    wi_step_line(&t->steps, "tokens",
                 wi_arena_printf(t->arena, "prompt %u, output %u, context %u, batch %u",
                                 g->prompt_tokens, g->output_tokens, g->context, g->batch));
    wi_step_line(&t->steps, "KV cache", wi_precision_label(g->kv_precision));
    wi_step_line(&t->steps, "targets", targets_text(t));
    wi_step_line(&t->steps, "rules",
                 t->view->rules->as_of_utc_ns == 0
                     ? WI_RULES_VERSION ", ages not judged"
                     : wi_arena_printf(t->arena, "%s, as of %s", WI_RULES_VERSION,
                                       wi_say_utc(t->arena, t->view->rules->as_of_utc_ns)));
}

/* ---- places ---- */

static void put_places(struct text *t) {
    static const char *const heads[] = {"", "where", "through", "fits", "fast", "verdict"};
    const struct wi_verdict_trail *trail = t->view->trail;
    struct wi_table table;
    wi_step(&t->steps, "Where it could run");
    wi_table_init(&table, t->arena, "llllll");
    for (size_t i = 0; i < WI_COUNT(heads); i++)
        wi_table_add(&table, heads[i]);
    for (size_t i = 0; i < trail->place_count; i++) {
        const struct wi_trail_place *p = &trail->places[i];
        wi_table_add(&table, i == trail->chosen ? ">" : "");
        wi_table_add(&table, p->place.compute_device_id);
        wi_table_add(&table, wi_backend_id_name(p->place.backend));
        wi_table_add(&table, tri(p->verdict.fits));
        wi_table_add(&table, tri(p->verdict.fast_enough));
        wi_table_add(&table, wi_word_verdict(p->verdict.verdict));
    }
    wi_step_table(&t->steps, &table);
    wi_step_say(&t->steps, trail->place_count > 1
                               ? "The best answers for the device: a yes, then what may still turn "
                                 "out a yes, then a no. The steps below are about the one chosen."
                               : "The only place; software devices answer only when named.");
}

/* ---- memory ---- */

static uint64_t need_of(const struct wi_footprint *f) {
    return f->load_peak_bytes > f->total_bytes ? f->load_peak_bytes : f->total_bytes;
}

static void put_budget(struct text *t) {
    const struct wi_budget *b = &t->at->budget;
    wi_step(&t->steps, "The budget");
    wi_step_line(&t->steps, "pool", b->pool);
    wi_step_line(&t->steps, "budget",
                 wi_arena_printf(t->arena, "%s: %s", wi_say_maybe_mem(t->arena, b->bytes),
                                 b->because ? b->because : "unknown"));
    if (!wi_has_u64(b->bytes) && wi_has_u64(b->most_bytes))
        wi_step_line(&t->steps, "at most", wi_say_mem(t->arena, b->most_bytes.value));
    wi_step_line(&t->steps, "free now",
                 wi_arena_printf(t->arena, "%s, which decides nothing",
                                 wi_say_maybe_mem(t->arena, b->available_now_bytes)));
}

static void put_footprint(struct text *t) {
    const struct wi_footprint *f = t->v->footprint;
    struct wi_table table;
    wi_step(&t->steps, "What the model needs");
    wi_table_init(&table, t->arena, "lr");
    wi_say_footprint(&table, f, t->v->targets.context,
                     wi_precision_label(t->v->targets.kv_precision), wi_is_encoder(t->v->model));
    wi_step_table(&t->steps, &table);
}

static void put_fit(struct text *t) {
    const struct wi_footprint *f = t->v->footprint;
    const struct wi_budget *b = &t->at->budget;
    uint64_t need = need_of(f);
    wi_step(&t->steps, "Does it fit?");
    if (wi_has_u64(b->most_bytes)) {
        bool over = need > b->most_bytes.value;
        wi_step_line(&t->steps, "total",
                     wi_arena_printf(t->arena, "%s %s %s: %s %s", wi_say_mem(t->arena, need),
                                     over ? ">" : "<=", wi_say_mem(t->arena, b->most_bytes.value),
                                     wi_say_mem(t->arena, over ? need - b->most_bytes.value
                                                               : b->most_bytes.value - need),
                                     over ? "missing" : "left"));
    }
    if (wi_has_u64(b->largest_allowed_bytes))
        wi_step_line(
            &t->steps, "one piece",
            wi_arena_printf(t->arena, "%s %s %s allowed (%s)",
                            wi_say_mem(t->arena, f->largest_tensor_bytes),
                            f->largest_tensor_bytes > b->largest_allowed_bytes.value ? ">" : "<=",
                            wi_say_mem(t->arena, b->largest_allowed_bytes.value),
                            f->largest_tensor ? f->largest_tensor : "largest tensor"));
    else if (b->largest_allowed_bytes.known != WI_KNOWN_not_applicable)
        wi_step_line(&t->steps, "one piece", "what may be allocated at once is unknown");
    wi_step_line(&t->steps, "fits",
                 wi_arena_printf(t->arena, "%s (%s)", tri(t->at->verdict.fits),
                                 wi_word_basis(t->v->basis_fit)));
}

/* ---- evidence ---- */

static const char *figure_name(struct text *t, const struct wi_figure *f) {
    const struct wi_case key = {.phase = f->phase, .tokens = f->tokens, .depth = f->depth};
    return wi_say_case(t->arena, &key);
}

static const char *ids_of(struct text *t, const struct wi_figure *f) {
    const char *text = "";
    for (size_t i = 0; i < f->row_count; i++)
        text = wi_arena_printf(t->arena, "%s%s%.12s", text, i ? ", " : "", f->rows[i]->m.id);
    return text;
}

static void put_counted(struct text *t) {
    static const char *const heads[] = {"case", "rows", "tok/s (95 %)", "measurements"};
    struct wi_table table;
    if (t->at->figures.count == 0) {
        wi_step_say(&t->steps, "No row counts.");
        return;
    }
    wi_table_init(&table, t->arena, "lrlw");
    for (size_t i = 0; i < WI_COUNT(heads); i++)
        wi_table_add(&table, heads[i]);
    for (size_t i = 0; i < t->at->figures.count; i++) {
        const struct wi_figure *f = &t->at->figures.items[i];
        wi_table_add(&table, figure_name(t, f));
        wi_table_addf(&table, "%zu", f->row_count);
        wi_table_addf(&table, "%s (%s to %s)", wi_say_g3(t->arena, f->tok_s.mid),
                      wi_say_g3(t->arena, f->tok_s.lo), wi_say_g3(t->arena, f->tok_s.hi));
        wi_table_add(&table, ids_of(t, f));
    }
    wi_step_table(&t->steps, &table);
}

static void put_evidence(struct text *t) {
    const struct wi_rules *r = t->view->rules;
    wi_step(&t->steps, "Which rows count");
    wi_step_say(
        &t->steps,
        wi_arena_printf(t->arena,
                        "Of each case the newest %u runs: the median of their medians. A "
                        "single run's interval is moved outward by %g %% on mains, %g %% on "
                        "battery or without a fan. Looked at: %s.",
                        r->newest_runs, 100 * r->between_run_mains, 100 * r->between_run_battery,
                        t->view->looked_at ? t->view->looked_at : "the database"));
    put_counted(t);
    for (size_t i = 0; i < t->v->not_counted_count; i++)
        wi_step_line(&t->steps, "not counted",
                     wi_arena_printf(t->arena, "%.12s: %s", t->v->not_counted[i].measurement_id,
                                     t->v->not_counted[i].reason));
}

/* ---- speed ---- */

static const char *rate(struct text *t, double seconds, double tokens) {
    return isnan(seconds)
               ? "unknown"
               : wi_arena_printf(t->arena, "%s tok/s", wi_say_g3(t->arena, tokens / seconds));
}

static void put_device(struct text *t) {
    const struct wi_roofline *r = t->at->roofline;
    wi_step(&t->steps, "What the device allows");
    if (r == NULL) {
        wi_step_say(&t->steps, "No roofline of this place counts.");
        return;
    }
    wi_step_line(&t->steps, "reading", wi_say_maybe(t->arena, r->read_gb_per_s, "GB/s"));
    wi_step_line(&t->steps, "f32", wi_say_maybe(t->arena, r->peak_gflop_per_s_f32, "Gflop/s"));
    wi_step_line(&t->steps, "bf16", wi_say_maybe(t->arena, r->peak_gflop_per_s_bf16, "Gflop/s"));
    wi_step_line(&t->steps, "int8", wi_say_maybe(t->arena, r->peak_gflop_per_s_int8, "Gop/s"));
    wi_step_line(&t->steps, "a call", wi_say_maybe(t->arena, r->launch_us, "us"));
}

static void put_from(struct text *t, const struct wi_estimate *e) {
    for (size_t i = 0; i < WI_COUNT(e->from); i++)
        if (e->from[i] != NULL)
            wi_step_line(&t->steps, "from",
                         wi_arena_printf(t->arena, "%s: %s tok/s", figure_name(t, e->from[i]),
                                         wi_say_g3(t->arena, e->from[i]->tok_s.mid)));
}

static void put_estimate(struct text *t, const char *name, const struct wi_estimate *e,
                         double tokens, enum wi_basis basis) {
    wi_step_line(&t->steps, name,
                 isnan(e->s.mid)
                     ? "unknown"
                     : wi_arena_printf(
                           t->arena, "%s (%s to %s), so %s; %s", wi_say_seconds(t->arena, e->s.mid),
                           wi_say_seconds(t->arena, e->s.lo), wi_say_seconds(t->arena, e->s.hi),
                           rate(t, e->s.mid, tokens), wi_word_basis(basis)));
    put_from(t, e);
    if (!isnan(e->at_least_s))
        wi_step_line(
            &t->steps, "limit",
            wi_arena_printf(t->arena, "at least %s by %s, so at most %s; reached: %s of it",
                            wi_say_seconds(t->arena, e->at_least_s), wi_bound_name(e->least_by),
                            rate(t, e->at_least_s, tokens),
                            isnan(e->s.mid)
                                ? "unknown"
                                : wi_arena_printf(t->arena, "%.0f %%",
                                                  100 * fmin(1, e->at_least_s / e->s.mid))));
}

static void put_speed(struct text *t) {
    const struct wi_speed *s = &t->at->speed;
    wi_step(&t->steps, "How fast");
    if (s->not_asked)
        wi_step_say(&t->steps, s->not_asked);
    if (!wi_is_encoder(t->v->model)) {
        wi_step_say(&t->steps,
                    wi_arena_printf(t->arena,
                                    "Decode at depth %u (prompt + output / 2), time of a "
                                    "token:",
                                    s->depth));
        put_estimate(t, "decode", &s->decode, 1, t->v->basis_decode);
    }
    wi_step_say(&t->steps,
                wi_arena_printf(t->arena, "A pass over %u tokens into an empty cache:", s->tokens));
    put_estimate(t, wi_is_encoder(t->v->model) ? "encode" : "first token", &s->pass, s->tokens,
                 t->v->basis_prefill);
}

/* ---- targets ---- */

static const char *met(struct text *t, const struct wi_estimate *e, const struct wi_answer *a) {
    bool silent = !isnan(e->s.mid) && a->met != WI_TRI_yes && !a->impossible && !a->speaks;
    return wi_arena_printf(t->arena, "%s%s%s%s", tri(a->met), a->borderline ? ", borderline" : "",
                           a->impossible ? ", no kernel could" : "",
                           silent ? ", the kernel does not speak for the device" : "");
}

static void put_target(struct text *t, struct wi_table *table, const char *what, double target_s,
                       const struct wi_estimate *e, const struct wi_answer *a) {
    wi_table_add(table, what);
    wi_table_add(table, wi_say_seconds(t->arena, target_s));
    wi_table_add(table, isnan(e->s.mid) ? "unknown" : wi_say_seconds(t->arena, e->s.lo));
    wi_table_add(table, isnan(e->s.mid) ? "unknown" : wi_say_seconds(t->arena, e->s.hi));
    wi_table_add(table, met(t, e, a));
}

static void put_targets(struct text *t) {
    static const char *const heads[] = {"target", "at most", "best", "worst", "met"};
    const struct wi_speed *s = &t->at->speed;
    const struct wi_targets *g = &t->v->targets;
    bool encoder = wi_is_encoder(t->v->model);
    struct wi_table table;
    wi_step(&t->steps, "Against the targets");
    wi_table_init(&table, t->arena, "lrrrw");
    for (size_t i = 0; i < WI_COUNT(heads); i++)
        wi_table_add(&table, heads[i]);
    if (!encoder) {
        put_target(t, &table, "usable, a token", 1 / g->usable_decode_tok_s, &s->decode,
                   &s->decode_usable);
        put_target(t, &table, "comfortable, a token", 1 / g->comfortable_decode_tok_s, &s->decode,
                   &s->decode_comfortable);
    }
    put_target(t, &table, encoder ? "usable, a pass" : "usable, the first",
               encoder ? g->usable_encode_s : g->usable_first_token_s, &s->pass, &s->pass_usable);
    put_target(t, &table, encoder ? "comfortable, a pass" : "comfortable, the first",
               encoder ? g->comfortable_encode_s : g->comfortable_first_token_s, &s->pass,
               &s->pass_comfortable);
    wi_step_table(&t->steps, &table);
    wi_step_line(&t->steps, "fast enough", tri(t->v->fast_enough));
}

static void put_verdict(struct text *t) {
    wi_step(&t->steps, "The verdict");
    wi_step_line(&t->steps, "verdict",
                 wi_arena_printf(t->arena, "%s%s", wi_word_verdict(t->v->verdict),
                                 t->v->borderline ? ", borderline" : ""));
    wi_step_line(&t->steps, "limited by", wi_word_limit(t->v->binding_limit));
    wi_step_line(&t->steps, "because", t->v->because);
    for (size_t i = 0; i < t->v->evidence_count; i++)
        wi_step_line(&t->steps, i == 0 ? "evidence" : "", t->v->evidence[i]);
    if (t->v->evidence_count == 0)
        wi_step_line(&t->steps, "evidence", "none");
}

void wi_report_verdict_steps_text(const struct wi_verdict_steps *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    struct text t = {view, view->verdict, NULL, arena, {arena, out, 0}};
    if (view->trail->place_count > 0)
        t.at = &view->trail->places[view->trail->chosen];
    wi_lay_wrap(out, "",
                wi_arena_printf(arena, "%s at %s on %s: %s", wi_model_label(t.v->model),
                                wi_precision_label(t.v->precision),
                                view->device_name ? view->device_name : "unknown device",
                                wi_word_verdict(t.v->verdict)));
    put_question(&t);
    if (t.at != NULL) {
        put_places(&t);
        put_budget(&t);
        put_footprint(&t);
        put_fit(&t);
        put_evidence(&t);
        put_device(&t);
        put_speed(&t);
        put_targets(&t);
    }
    put_verdict(&t);
    wi_arena_destroy(arena);
}
