/* page_answer.c: what a reader of five seconds takes away: tier, best models, how sure.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/digest.h"
#include "report/page.h"
#include "report/words.h"

#include <math.h>

enum { FACTS = 6 };
struct facts {
    struct wi_page_fact items[FACTS];
    size_t count;
};

/* Of the verdicts this good, the one about the most parameters; of equals the fastest. */
static size_t best_of(const struct wi_verdict *const *v, size_t n, enum wi_verdict_id id) {
    size_t best = n;
    for (size_t i = 0; i < n; i++) {
        if (v[i]->verdict != id)
            continue;
        bool more = best == n || v[i]->model->params > v[best]->model->params;
        bool same = best != n && v[i]->model->params == v[best]->model->params;
        if (more || (same && v[i]->decode_tok_s.mid > v[best]->decode_tok_s.mid))
            best = i;
    }
    return best;
}

static void add_best(struct facts *facts, const struct wi_page_part *part, struct wi_arena *arena,
                     const struct wi_verdict *const *v, size_t n, enum wi_verdict_id id) {
    size_t best = best_of(v, n, id);
    struct wi_page_fact *fact = &facts->items[facts->count++];
    *fact = (struct wi_page_fact){
        .what = wi_arena_printf(arena, "Largest %s model", wi_word_verdict(id)), .value = "none"};
    if (best == n)
        return;
    fact->value = wi_arena_printf(arena, "%s %s", wi_model_label(v[best]->model),
                                  wi_precision_label(v[best]->precision));
    fact->small = wi_page_speed_of(arena, v[best]);
    fact->href = wi_page_anchor(part, arena, "v", best + 1);
    fact->style = wi_verdict_name(id);
}

static const char *say_counts(struct wi_arena *arena, const struct wi_verdict *const *v, size_t n) {
    static const enum wi_verdict_id order[] = {WI_VERDICT_comfortable, WI_VERDICT_usable,
                                               WI_VERDICT_too_slow,    WI_VERDICT_does_not_fit,
                                               WI_VERDICT_unsupported, WI_VERDICT_unknown};
    const char *text = NULL;
    for (size_t k = 0; k < WI_COUNT(order); k++) {
        size_t times = 0;
        for (size_t i = 0; i < n; i++)
            times += v[i]->verdict == order[k];
        if (times > 0)
            text = wi_arena_printf(arena, "%s%s%zu %s", text ? text : "", text ? ", " : "", times,
                                   wi_word_verdict(order[k]));
    }
    return text;
}

static void add_sure(struct facts *facts, const struct wi_page_part *part, struct wi_arena *arena) {
    const struct wi_run_view *run = part->run;
    struct wi_digest_group *groups = NULL;
    size_t ok = wi_digest_ok(run), counts = 0, doubts = wi_digest_doubts(run, arena, &groups);
    for (size_t i = 0; i < run->evidence_count; i++)
        counts += run->evidence[i].m.status == WI_CASE_ok && !(run->barred && run->barred[i]);
    facts->items[facts->count++] = (struct wi_page_fact){
        .what = "How sure",
        .value =
            wi_arena_printf(arena, "%zu of %zu measurements count", counts, run->evidence_count),
        .small = wi_arena_printf(arena, "%zu failed, %zu %s of doubt", run->evidence_count - ok,
                                 doubts, doubts == 1 ? "kind" : "kinds"),
        .href = wi_page_anchor(part, arena, "sure", 0)};
}

static void add_tier(struct facts *facts, const struct wi_tier_result *t, struct wi_arena *arena) {
    struct wi_page_fact *fact = &facts->items[facts->count++];
    *fact = (struct wi_page_fact){.what = "Tier", .value = "unrated", .style = "tier"};
    if (!t)
        return;
    fact->value = wi_arena_printf(arena, "%s%s", t->id, t->borderline ? ", borderline" : "");
    if (t->compute_device_id)
        fact->small = wi_arena_printf(arena, "on %s", t->compute_device_id);
}

void wi_page_answer(const struct wi_page_writer *w, const struct wi_page_part *part) {
    const struct wi_verdict **v = NULL;
    size_t n = wi_page_shown(part, w->arena, &v);
    struct facts facts = {.count = 0};
    add_tier(&facts, part->run->tier, w->arena);
    size_t comfortable = best_of(v, n, WI_VERDICT_comfortable),
           usable = best_of(v, n, WI_VERDICT_usable);
    add_best(&facts, part, w->arena, v, n, WI_VERDICT_comfortable);
    if (usable != n &&
        (comfortable == n || v[usable]->model->params > v[comfortable]->model->params))
        add_best(&facts, part, w->arena, v, n, WI_VERDICT_usable);
    add_sure(&facts, part, w->arena);
    w->facts(w->out, facts.items, facts.count);
    w->paragraph(w->out, part->run->tier && part->run->tier->because ? part->run->tier->because
                                                                     : "No tier was derived.");
    const char *counts = say_counts(w->arena, v, n);
    if (counts)
        w->paragraph(
            w->out,
            wi_arena_printf(w->arena, "Of %zu questions, a model at a precision: %s.", n, counts));
}
