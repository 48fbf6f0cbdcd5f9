/* page_parts.c: anchors, and what a verdict is called wherever the page names it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include "base/json.h"
#include "report/say.h"
#include "report/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *wi_page_anchor(const struct wi_page_part *part, struct wi_arena *arena,
                           const char *kind, size_t n) {
    return n ? wi_arena_printf(arena, "d%u-%s%zu", part->number, kind, n)
             : wi_arena_printf(arena, "d%u-%s", part->number, kind);
}

const char *wi_page_measured(const struct wi_page_part *part, struct wi_arena *arena,
                             const char *measurement_id) {
    for (size_t i = 0; i < part->run->evidence_count; i++)
        if (strcmp(part->run->evidence[i].m.id, measurement_id) == 0)
            return wi_page_anchor(part, arena, "m", i + 1);
    for (size_t i = 0; i < part->run->roofline_count; i++)
        if (strcmp(part->run->rooflines[i].id, measurement_id) == 0)
            return wi_page_anchor(part, arena, "limits", 0);
    return NULL;
}

const char *wi_page_sort(struct wi_arena *arena, double value) {
    char text[32];
    if (isnan(value))
        return NULL;
    wi_json_format_f64(text, value);
    return wi_arena_strdup(arena, text);
}

/* ---- verdicts ---- */

static bool asked(const struct wi_run_view *run, const struct wi_model *model) {
    for (size_t i = 0; i < run->verdict_count; i++)
        if (strcmp(run->verdicts[i].model->id, model->id) == 0)
            return true;
    return false;
}

/* Small models first, then small weights; equals by name, so that the order is always the same. */
static int small_first(const void *a, const void *b) {
    const struct wi_verdict *x = *(const struct wi_verdict *const *)a,
                            *y = *(const struct wi_verdict *const *)b;
    if (x->model->params != y->model->params)
        return x->model->params < y->model->params ? -1 : 1;
    int by_name = strcmp(x->model->id, y->model->id);
    if (by_name != 0)
        return by_name;
    int by_engine = strcmp(x->engine, y->engine);
    if (by_engine != 0)
        return by_engine;
    uint64_t p = wi_format_bytes(wi_format_get(x->precision), 1, 4096),
             q = wi_format_bytes(wi_format_get(y->precision), 1, 4096);
    return p != q ? (p < q ? -1 : 1)
                  : (x->precision > y->precision) - (x->precision < y->precision);
}

size_t wi_page_shown(const struct wi_page_part *part, struct wi_arena *arena,
                     const struct wi_verdict ***verdicts) {
    const struct wi_run_view *run = part->run;
    const struct wi_verdict *all = run->derived_count ? run->derived : run->verdicts;
    size_t n = run->derived_count ? run->derived_count : run->verdict_count, kept = 0;
    *verdicts = WI_NEW_ARRAY(arena, const struct wi_verdict *, n + 1);
    for (size_t i = 0; i < n; i++)
        if (asked(run, all[i].model))
            (*verdicts)[kept++] = &all[i];
    qsort(*verdicts, kept, sizeof **verdicts, small_first);
    return kept;
}

/* A figure that was not measured says so beside itself. */
static const char *based_on(struct wi_arena *arena, const char *figure, enum wi_basis basis) {
    if (basis == WI_BASIS_measured)
        return figure;
    return wi_arena_printf(arena, "%s, %s", figure,
                           basis == WI_BASIS_none ? "basis unknown" : wi_basis_name(basis));
}

const char *wi_page_speed_of(struct wi_arena *arena, const struct wi_verdict *v) {
    if (wi_is_encoder(v->model))
        return isnan(v->first_token_s.mid)
                   ? NULL
                   : based_on(arena,
                              wi_arena_printf(arena, "a pass in %s",
                                              wi_say_interval_s(arena, v->first_token_s)),
                              v->basis_prefill);
    if (isnan(v->decode_tok_s.mid))
        return NULL;
    return based_on(arena, wi_say_interval(arena, v->decode_tok_s, "tok/s"), v->basis_decode);
}

const char *wi_page_verdict_word(struct wi_arena *arena, const struct wi_verdict *v) {
    const char *word = wi_word_verdict(v->verdict);
    return v->borderline ? wi_arena_printf(arena, "%s, borderline", word) : word;
}
