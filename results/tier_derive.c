/* tier_derive.c: which tier a device is in (SEMANTICS "Tiers").
 * SPDX-License-Identifier: Apache-2.0
 *
 * A tier once reached is kept until its limit is cleared by 3 %, so that noise does not move
 * devices to and fro. What was reached before is no stored state: the runs are gone through in
 * order of time, each judged as it was judged then, with the evidence that counts today. So the
 * answer follows from evidence alone: deleting derived rows, or merging databases, cannot change
 * it. */
#include "results/trail.h"

#include "base/units.h"

#include <math.h>
#include <string.h>

static const struct wi_figure *newest(const struct wi_figures *figures, enum wi_phase phase,
                                      uint32_t tokens, uint32_t depth) {
    const struct wi_figure *best = NULL;
    for (size_t i = 0; i < figures->count; i++) {
        const struct wi_figure *f = &figures->items[i];
        bool fits = f->phase == phase && f->depth == depth &&
                    (phase == WI_PHASE_decode || f->tokens == tokens);
        if (fits && (!best || wi_evidence_compare_time(best->rows[0], f->rows[0]) < 0))
            best = f;
    }
    return best;
}

static struct wi_maybe_f64 scaled(const struct wi_figure *f, bool upper, double by) {
    if (!f)
        return (struct wi_maybe_f64){WI_KNOWN_unknown, 0};
    return wi_some_f64((upper ? f->tok_s.hi : f->tok_s.lo) * by);
}

static const struct wi_tier *classify(const struct wi_tier_file *tiers,
                                      const struct wi_tier_place *s, bool upper, double by,
                                      enum wi_tri *known) {
    return wi_tier_classify(tiers, s->memory_mib, scaled(s->decode, upper, by),
                            scaled(s->prefill, upper, by), known);
}

/* One run later: `was` is the tier before, NULL: none yet. Tiers ascend in their array. */
static const struct wi_tier *step(const struct wi_tier_file *tiers, const struct wi_tier_place *s,
                                  const struct wi_tier *was, double margin, enum wi_tri *known) {
    const struct wi_tier *plain = classify(tiers, s, false, 1, known);
    if (was == NULL || *known != WI_TRI_yes)
        return plain;
    bool up = classify(tiers, s, false, 1 / (1 + margin), NULL) > was;
    bool down = classify(tiers, s, false, 1 + margin, NULL) < was;
    return up || down ? plain : was;
}

static void judge(const struct wi_tier_file *tiers, struct wi_cell *cell, struct wi_tier_place *s) {
    struct wi_evidence_ptrs runs;
    struct wi_figures figures;
    double margin = cell->rules->tier_leave_margin;
    const struct wi_tier *was = NULL;
    wi_cell_runs(cell, &runs);
    s->steps = WI_NEW_ARRAY(cell->arena, struct wi_tier_step, runs.count + 1);
    s->tier = step(tiers, s, NULL, margin, &s->known); /* memory alone may decide */
    for (size_t i = 0; i < runs.count; i++) {
        wi_cell_figures(cell, runs.items[i], &figures, &s->bars);
        s->decode = newest(&figures, WI_PHASE_decode, 0, tiers->decode_depth);
        s->prefill = newest(&figures, WI_PHASE_prefill, tiers->prefill_tokens, 0);
        s->tier = step(tiers, s, was, margin, &s->known);
        if (s->known == WI_TRI_yes && (s->decode || s->prefill))
            was = s->tier;
        s->steps[s->step_count++] = (struct wi_tier_step){runs.items[i], s->decode, s->prefill,
                                                          classify(tiers, s, false, 1, NULL), was};
    }
    s->borderline = s->known == WI_TRI_yes && (classify(tiers, s, true, 1, NULL) > s->tier ||
                                               classify(tiers, s, false, 1, NULL) != s->tier);
}

static void stand(const struct wi_tier_file *tiers, const struct wi_verdict_request *request,
                  const struct wi_place *place, struct wi_arena *arena, struct wi_tier_place *s) {
    struct wi_verdict_request ruler = *request;
    struct wi_cell cell;
    ruler.model = tiers->ruler;
    ruler.precision = tiers->ruler_precision;
    wi_cell_at(&ruler, place, arena, &cell);
    cell.kv_precision = WI_FORMAT_f16;
    cell.batch = 1;
    *s = (struct wi_tier_place){.place = *place};
    wi_budget_of(request->inventory, place->compute_device_id, arena, &s->budget);
    s->memory_mib.known = s->budget.bytes.known;
    if (wi_has_u64(s->budget.bytes))
        s->memory_mib.value = (double)s->budget.bytes.value / (double)WI_MIB;
    judge(tiers, &cell, s);
}

/* ---- sentences ---- */

static const char *say_rate(const struct wi_figure *f, struct wi_arena *arena) {
    if (!f)
        return "not measured";
    return wi_arena_printf(arena, "%s tok/s (%s to %s)", wi_say_number(arena, f->tok_s.mid),
                           wi_say_number(arena, f->tok_s.lo), wi_say_number(arena, f->tok_s.hi));
}

static const char *say_measured(const struct wi_tier_place *s, struct wi_arena *arena) {
    return wi_arena_printf(arena, "%s: decode %s, prefill %s, %s of %s.",
                           s->place.compute_device_id, say_rate(s->decode, arena),
                           say_rate(s->prefill, arena),
                           wi_has_u64(s->budget.bytes) ? wi_say_memory(arena, s->budget.bytes.value)
                                                       : "an unknown amount",
                           s->budget.pool);
}

/* What the next tier asks for and the lower end does not give. */
static const char *say_next(const struct wi_tier_file *tiers, const struct wi_tier_place *s,
                            struct wi_arena *arena) {
    const struct wi_tier *t = s->tier + 1;
    if (t >= tiers->tiers + tiers->tier_count)
        return "";
    struct wi_maybe_f64 decode = scaled(s->decode, false, 1),
                        prefill = scaled(s->prefill, false, 1);
    const struct {
        const char *name, *unit;
        struct wi_maybe_f64 limit, value;
    } asked[] = {{"decode", "tok/s", t->decode_tok_s, decode},
                 {"prefill", "tok/s", t->prefill_tok_s, prefill},
                 {"memory", "MiB", t->usable_memory_mib, s->memory_mib}};
    const char *list = "";
    for (size_t i = 0; i < WI_COUNT(asked); i++) {
        if (!wi_has_f64(asked[i].limit) ||
            (wi_has_f64(asked[i].value) && asked[i].value.value >= asked[i].limit.value))
            continue;
        list = wi_arena_printf(arena, "%s%s %s %s %s", list, list[0] ? "," : "", asked[i].name,
                               wi_arena_printf(arena, "%.5g", asked[i].limit.value), asked[i].unit);
    }
    if (list[0] == '\0')
        return wi_arena_printf(
            arena, " The next tier, %s, asks for 3 %% more than its limits to be entered.", t->id);
    return wi_arena_printf(arena, " The next tier, %s, asks for%s.", t->id, list);
}

static const char *say_bars(const struct wi_tier_place *s, struct wi_arena *arena) {
    if (s->bars.count == 0)
        return "";
    return wi_arena_printf(arena, " %zu of its measurements %s not count: %s.", s->bars.count,
                           s->bars.count == 1 ? "does" : "do",
                           s->bars.items[s->bars.count - 1].reason);
}

/* Parts that might lift the device, had they been measured. */
static const char *say_open(const struct wi_tier_place *all, size_t n,
                            const struct wi_tier_place *best, struct wi_arena *arena) {
    const char *text = "";
    for (size_t i = 0; i < n; i++)
        if (&all[i] != best && all[i].known != WI_TRI_yes &&
            !strstr(text, all[i].place.compute_device_id) &&
            strcmp(all[i].place.compute_device_id, best->place.compute_device_id) != 0)
            text = wi_arena_printf(arena, "%s %s was not measured and might lift it.", text,
                                   all[i].place.compute_device_id);
    return text;
}

/* ---- the device ---- */

static void unrate(struct wi_tier_result *result, const char *because) {
    *result = (struct wi_tier_result){.id = "unrated", .because = because};
}

static bool better(const struct wi_tier_place *a, const struct wi_tier_place *b) {
    if ((a->known == WI_TRI_yes) != (b->known == WI_TRI_yes))
        return a->known == WI_TRI_yes;
    if (a->tier != b->tier)
        return a->tier > b->tier;
    double x = a->decode ? a->decode->tok_s.lo : 0, y = b->decode ? b->decode->tok_s.lo : 0;
    return x > y;
}

static void cite(const struct wi_tier_place *s, struct wi_arena *arena,
                 struct wi_tier_result *result) {
    const struct wi_figure *used[] = {s->decode, s->prefill};
    size_t n = 0;
    const char **ids = WI_NEW_ARRAY(arena, const char *,
                                    (s->decode ? s->decode->row_count : 0) +
                                        (s->prefill ? s->prefill->row_count : 0) + 1);
    for (size_t k = 0; k < WI_COUNT(used); k++)
        for (size_t i = 0; used[k] && i < used[k]->row_count; i++)
            ids[n++] = used[k]->rows[i]->m.id;
    result->evidence = ids;
    result->evidence_count = n;
}

static void rate_device(const struct wi_tier_file *tiers, struct wi_tier_trail *trail,
                        struct wi_arena *arena, struct wi_tier_result *result) {
    const struct wi_tier_place *all = trail->places, *best = all;
    size_t n = trail->place_count;
    for (size_t i = 1; i < n; i++)
        if (better(&all[i], best))
            best = &all[i];
    trail->chosen = (size_t)(best - all);
    if (best->known != WI_TRI_yes) {
        unrate(result,
               wi_arena_printf(arena,
                               "Not enough was measured of %s at %s, prefill %u and decode "
                               "at depth %u. %s%s",
                               tiers->ruler->name, wi_format_get(tiers->ruler_precision)->name,
                               tiers->prefill_tokens, tiers->decode_depth,
                               say_measured(best, arena), say_bars(best, arena)));
        return;
    }
    *result = (struct wi_tier_result){.id = best->tier->id,
                                      .compute_device_id = best->place.compute_device_id,
                                      .borderline = best->borderline};
    result->because =
        wi_arena_printf(arena, "%s%s%s%s", say_measured(best, arena), say_next(tiers, best, arena),
                        say_bars(best, arena), say_open(all, n, best, arena));
    cite(best, arena, result);
}

int wi_tier_trail(const struct wi_tier_file *tiers, const struct wi_verdict_request *request,
                  struct wi_arena *arena, struct wi_tier_trail *trail,
                  struct wi_tier_result *result, struct wi_err *err) {
    const struct wi_inventory *inventory = request->inventory;
    struct wi_place *places = NULL;
    (void)err; /* rules do not fail; the signature is that of its siblings */
    *trail = (struct wi_tier_trail){0};
    if (inventory->unopened_count > 0) {
        const char *advice = inventory->unopened[0].advice;
        unrate(result, wi_arena_printf(arena, "GPU present, no usable driver: %s.",
                                       advice ? advice : "install one"));
        return WI_OK;
    }
    size_t n = wi_places(inventory, request->compute_device_id, arena, &places);
    struct wi_tier_place *all = WI_NEW_ARRAY(arena, struct wi_tier_place, n + 1);
    for (size_t i = 0; i < n; i++)
        stand(tiers, request, &places[i], arena, &all[i]);
    *trail = (struct wi_tier_trail){all, n, 0};
    if (n == 0)
        unrate(result, "The newest probing found nothing that computes.");
    else
        rate_device(tiers, trail, arena, result);
    return WI_OK;
}

int wi_tier_derive(const struct wi_tier_file *tiers, const struct wi_verdict_request *request,
                   struct wi_arena *arena, struct wi_tier_result *result, struct wi_err *err) {
    struct wi_tier_trail trail;
    return wi_tier_trail(tiers, request, arena, &trail, result, err);
}
