/* page_verdicts.c: each verdict with its figures, its reason and the evidence that it rests on.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"
#include "report/say.h"
#include "report/words.h"

#include <math.h>

static const char *need_of(const struct wi_verdict *v, struct wi_arena *arena) {
    if (!v->footprint)
        return "unknown";
    return wi_arena_printf(arena, "%s of %s", wi_say_mem(arena, v->footprint->total_bytes),
                           wi_say_maybe_mem(arena, v->budget_bytes));
}

static const char *basis_of(const struct wi_verdict *v, struct wi_arena *arena) {
    return wi_arena_printf(arena, "memory %s, decode %s, prefill %s", wi_word_basis(v->basis_fit),
                           wi_word_basis(v->basis_decode), wi_word_basis(v->basis_prefill));
}

/* The evidence, with a way to it where the page shows it. */
static void put_evidence(struct wi_table *table, const struct wi_page_part *part,
                         const struct wi_verdict *v) {
    struct wi_arena *arena = table->arena;
    size_t here = 0;
    const char *first = NULL;
    for (size_t i = 0; i < v->evidence_count; i++) {
        const char *anchor = wi_page_measured(part, arena, v->evidence[i]);
        here += anchor != NULL;
        first = first ? first : anchor;
    }
    struct wi_table_cell *cell =
        wi_table_put(table, v->evidence_count == 0
                                ? "none"
                                : wi_arena_printf(arena, "%zu measurement%s", v->evidence_count,
                                                  v->evidence_count == 1 ? "" : "s"));
    cell->href = first;
    if (here < v->evidence_count)
        cell->small = wi_arena_printf(arena, "%zu of earlier runs", v->evidence_count - here);
    if (v->not_counted_count > 0)
        cell->small = wi_arena_printf(arena, "%s%s%zu not counted", cell->small ? cell->small : "",
                                      cell->small ? ", " : "", v->not_counted_count);
}

static void put_verdict(struct wi_table *table, const struct wi_page_part *part,
                        const struct wi_verdict *v, size_t number) {
    struct wi_arena *arena = table->arena;
    struct wi_table_cell *cell = wi_table_put(table, wi_model_label(v->model));
    cell->id = wi_page_anchor(part, arena, "v", number);
    wi_table_add(table, wi_precision_label(v->precision));
    cell = wi_table_put(table, wi_page_verdict_word(arena, v));
    cell->style = wi_verdict_name(v->verdict);
    cell->sort = wi_page_sort(arena, v->verdict);
    wi_table_add(table, v->compute_device_id);
    cell = wi_table_put(table, wi_is_encoder(v->model)      ? "an encoder generates nothing"
                               : isnan(v->decode_tok_s.mid) ? "unknown"
                                                            : wi_page_speed_of(arena, v));
    cell->sort = wi_page_sort(arena, v->decode_tok_s.mid);
    cell = wi_table_put(table, wi_say_interval_s(arena, v->first_token_s));
    cell->sort = wi_page_sort(arena, v->first_token_s.mid);
    cell = wi_table_put(table, need_of(v, arena));
    cell->sort = v->footprint ? wi_page_sort(arena, (double)v->footprint->total_bytes) : NULL;
    put_evidence(table, part, v);
    wi_table_put(table, v->because)->small = basis_of(v, arena);
}

void wi_page_verdicts(const struct wi_page_writer *w, const struct wi_page_part *part) {
    static const char *const heading[] = {"model",
                                          "precision",
                                          "verdict",
                                          "on",
                                          "decode",
                                          "first token (encoder: pass)",
                                          "memory needed, of budget",
                                          "rests on",
                                          "why; basis"};
    const struct wi_verdict **v = NULL;
    size_t n = wi_page_shown(part, w->arena, &v);
    struct wi_table table;
    if (n == 0)
        return;
    wi_table_init(&table, w->arena, "llllllllw");
    table.caption = "Every verdict, with its reason and what it rests on";
    table.sortable = true;
    for (size_t i = 0; i < WI_COUNT(heading); i++)
        wi_table_add(&table, heading[i]);
    for (size_t i = 0; i < n; i++)
        put_verdict(&table, part, v[i], i + 1);
    w->fold_begin(w->out, part->level + 1, wi_page_anchor(part, w->arena, "why", 0),
                  "Why: verdict by verdict");
    w->table(&table, w->out);
    w->paragraph(w->out, wi_arena_printf(w->arena,
                                         "Claim: %s. For a prompt of %u tokens and an answer of "
                                         "%u. In brackets: the 95 %% interval.",
                                         wi_say_claim(w->arena, v[0]->engine, v[0]->claim),
                                         v[0]->targets.prompt_tokens, v[0]->targets.output_tokens));
    w->fold_end(w->out);
}
