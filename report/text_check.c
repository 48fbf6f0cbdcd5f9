/* text_check.c: can this device run it? The answer for people: the first line answers, the rest
 * says why, with numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/say.h"
#include "report/words.h"

#include <string.h>

static void put_headline(const struct wi_check_view *view, struct wi_arena *arena,
                         struct wi_buf *out) {
    const struct wi_verdict *v = view->verdict;
    wi_lay_wrap_styled(out, "",
                       wi_arena_printf(arena, "%s at %s: ", wi_model_label(v->model),
                                       wi_precision_label(v->precision)),
                       wi_word_verdict(v->verdict), wi_verdict_name(v->verdict),
                       wi_arena_printf(arena, "%s on %s (%s)", v->borderline ? ", borderline," : "",
                                       view->device_name ? view->device_name : "unknown device",
                                       wi_say_claim(arena, v->engine, v->claim)));
}

static const char *tri(enum wi_tri t) {
    return t == WI_TRI_yes ? "yes" : t == WI_TRI_no ? "no" : "unknown";
}

static void put_why(const struct wi_verdict *v, struct wi_arena *arena, struct wi_buf *out) {
    if (v->because)
        wi_lay_wrap(out, "Why:         ", v->because);
    wi_lay_wrap(out, "Fits:        ",
                wi_arena_printf(arena, "%s (%s)", tri(v->fits), wi_word_basis(v->basis_fit)));
    wi_lay_wrap(out, "Fast enough: ",
                wi_arena_printf(arena, "%s (decode: %s, prefill: %s)", tri(v->fast_enough),
                                wi_word_basis(v->basis_decode), wi_word_basis(v->basis_prefill)));
    if (v->binding_limit != WI_LIMIT_none)
        wi_lay_wrap(out, "Limited by:  ", wi_word_limit(v->binding_limit));
    wi_lay_wrap(out, "Computed on: ", v->compute_device_id);
}

/* ---- memory ---- */

static void maybe_row(struct wi_table *table, const char *what, struct wi_maybe_u64 bytes) {
    wi_table_add(table, what);
    wi_table_add(table, wi_say_maybe_mem(table->arena, bytes));
}

static void margin_row(struct wi_table *table, const struct wi_verdict *v) {
    const struct wi_footprint *f = v->footprint;
    uint64_t need = f->load_peak_bytes > f->total_bytes ? f->load_peak_bytes : f->total_bytes;
    if (!wi_has_u64(v->budget_bytes))
        return;
    bool over = need > v->budget_bytes.value;
    wi_table_add(table, over ? "missing" : "left of the budget");
    wi_table_add(table, wi_say_mem(table->arena, over ? need - v->budget_bytes.value
                                                      : v->budget_bytes.value - need));
}

static void put_memory(const struct wi_verdict *v, struct wi_arena *arena, struct wi_buf *out) {
    const char *pool = wi_lay_clip(arena, v->pool ? v->pool : "memory", 32);
    struct wi_table table;
    wi_table_init(&table, arena, "lr");
    wi_buf_puts(out, "\nMemory\n");
    if (!v->footprint) {
        wi_buf_puts(out, "  unknown: nothing can be computed for this model as asked\n");
        return;
    }
    wi_say_footprint(&table, v->footprint, v->targets.context,
                     wi_precision_label(v->targets.kv_precision), wi_is_encoder(v->model));
    maybe_row(&table, wi_arena_printf(arena, "budget of %s", pool), v->budget_bytes);
    margin_row(&table, v);
    maybe_row(&table, "available right now", v->available_now_bytes);
    wi_table_add(&table, wi_arena_printf(arena, "largest tensor (%s)",
                                         v->footprint->largest_tensor ? v->footprint->largest_tensor
                                                                      : "unknown"));
    wi_table_add(&table, wi_say_mem(arena, v->footprint->largest_tensor_bytes));
    if (v->largest_allowed_bytes.known != WI_KNOWN_not_applicable)
        maybe_row(&table, "largest allowed in one piece", v->largest_allowed_bytes);
    wi_table_text(&table, "  ", out);
}

/* ---- speed ---- */

static void speed_row(struct wi_table *table, const char *what, const char *value,
                      enum wi_basis basis) {
    wi_table_add(table, what);
    wi_table_add(table, value);
    wi_table_add(table, strcmp(value, "unknown") == 0 ? "" : wi_word_basis(basis));
}

static void put_decoder_speed(const struct wi_verdict *v, struct wi_arena *arena,
                              struct wi_buf *out) {
    const struct wi_targets *t = &v->targets;
    struct wi_table table;
    wi_table_init(&table, arena, "lll");
    speed_row(&table, "decode", wi_say_interval(arena, v->decode_tok_s, "tok/s"), v->basis_decode);
    speed_row(&table, "prefill", wi_say_interval(arena, v->prefill_tok_s, "tok/s"),
              v->basis_prefill);
    speed_row(&table, wi_arena_printf(arena, "first token of %u", t->prompt_tokens),
              wi_say_interval_s(arena, v->first_token_s), v->basis_prefill);
    wi_table_text(&table, "  ", out);
    wi_lay_wrap(out, "  ",
                wi_arena_printf(
                    arena,
                    "usable from %s tok/s and a first token within %s s; comfortable from %s tok/s "
                    "and %s s; in brackets: 95 %% interval",
                    wi_say_setting(arena, t->usable_decode_tok_s),
                    wi_say_setting(arena, t->usable_first_token_s),
                    wi_say_setting(arena, t->comfortable_decode_tok_s),
                    wi_say_setting(arena, t->comfortable_first_token_s)));
}

static void put_encoder_speed(const struct wi_verdict *v, struct wi_arena *arena,
                              struct wi_buf *out) {
    const struct wi_targets *t = &v->targets;
    struct wi_table table;
    wi_table_init(&table, arena, "lll");
    speed_row(&table, "one pass", wi_say_interval_s(arena, v->first_token_s), v->basis_prefill);
    speed_row(&table, "encode", wi_say_interval(arena, v->prefill_tok_s, "tok/s"),
              v->basis_prefill);
    wi_table_text(&table, "  ", out);
    wi_lay_wrap(out, "  ",
                wi_arena_printf(arena,
                                "an encoder generates nothing; usable when 512 tokens take at most "
                                "%s s, comfortable within %s s; in brackets: 95 %% interval",
                                wi_say_setting(arena, t->usable_encode_s),
                                wi_say_setting(arena, t->comfortable_encode_s)));
}

/* ---- the rest ---- */

static void put_evidence(const struct wi_check_view *view, struct wi_arena *arena,
                         struct wi_buf *out) {
    const struct wi_verdict *v = view->verdict;
    struct wi_reason_count *counts = NULL;
    size_t n = wi_say_count_reasons(arena, v->not_counted, v->not_counted_count, &counts);
    wi_lay_wrap(out, "Evidence:    ",
                wi_arena_printf(arena, "%zu measurement%s counted%s%s", v->evidence_count,
                                v->evidence_count == 1 ? "" : "s",
                                view->looked_at ? "; looked at " : "",
                                view->looked_at ? view->looked_at : ""));
    for (size_t i = 0; i < n; i++)
        wi_lay_wrap(out, i == 0 ? "Not counted: " : "             ",
                    wi_arena_printf(arena, "%zu: %s", counts[i].times, counts[i].reason));
}

static void put_alternatives(const struct wi_check_view *view, struct wi_buf *out) {
    struct wi_buf line = {0};
    uint32_t context = view->verdict->targets.context;
    for (size_t i = 0; i < view->alternative_count; i++) {
        const struct wi_alternative *a = &view->alternatives[i];
        wi_buf_printf(&line, "%s%s", i ? ", " : "", wi_precision_label(a->precision));
        if (a->context != context)
            wi_buf_printf(&line, " with context %u", a->context);
        wi_buf_printf(&line, " %s", wi_word_verdict(a->verdict));
    }
    if (view->alternative_count > 0)
        wi_lay_wrap(out, "Instead:     ", wi_buf_str(&line));
    wi_buf_fini(&line);
}

void wi_report_check_text(const struct wi_check_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    const struct wi_verdict *v = view->verdict;
    put_headline(view, arena, out);
    put_why(v, arena, out);
    put_memory(v, arena, out);
    wi_buf_puts(out, "\nSpeed\n");
    (wi_is_encoder(v->model) ? put_encoder_speed : put_decoder_speed)(v, arena, out);
    wi_buf_putc(out, '\n');
    put_evidence(view, arena, out);
    put_alternatives(view, out);
    if (v->footprint)
        wi_say_download(arena, v->footprint->file_bytes, out);
    wi_say_advice(out, "Next:        ", view->advice);
    wi_arena_destroy(arena);
}
