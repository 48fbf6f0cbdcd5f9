/* text_run.c: a weigh-in in the terminal: what this device can run, why, what went wrong.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/digest.h"
#include "report/escape.h"
#include "report/ops.h"
#include "report/say.h"
#include "report/words.h"

#include <math.h>
#include <string.h>

enum { MODEL_COLUMNS = 15 }; /* keeps the table within 80 columns */

/* ---- who, when ---- */

static void put_head(const struct wi_run_view *view, struct wi_arena *arena, struct wi_buf *out) {
    const struct wi_run *r = view->run;
    const struct wi_tier_result *t = view->tier;
    const char *name = view->inventory->name ? view->inventory->name : "unknown device";
    if (t)
        wi_lay_wrap(out, "",
                    wi_arena_printf(arena, "%s: tier %s%s%s%s", name, t->id,
                                    t->borderline ? ", borderline" : "",
                                    t->compute_device_id ? ", on " : "",
                                    t->compute_device_id ? t->compute_device_id : ""));
    else
        wi_lay_wrap(out, "", wi_arena_printf(arena, "%s: no tier derived", name));
    if (t && t->because)
        wi_lay_wrap(out, "  ", t->because);
    size_t ok = wi_digest_ok(view);
    wi_lay_wrap(out, "  ",
                wi_arena_printf(arena, "Run %s, profile %s, %s, %s: %zu of %zu cases measured.",
                                r->id, r->profile ? r->profile : "unknown",
                                wi_say_utc(arena, r->started_utc_ns),
                                r->state ? r->state : "state unknown", ok, view->evidence_count));
}

/* ---- verdicts ---- */

/* "14.1 (13.8 to 14.5)": the unit stands in the heading. */
static const char *bare(struct wi_arena *arena, struct wi_interval x) {
    if (isnan(x.mid))
        return "unknown";
    if (isnan(x.lo) || isnan(x.hi))
        return wi_say_g3(arena, x.mid);
    return wi_arena_printf(arena, "%s (%s to %s)", wi_say_g3(arena, x.mid), wi_say_g3(arena, x.lo),
                           wi_say_g3(arena, x.hi));
}

static bool not_measured(struct wi_interval x, enum wi_basis basis) {
    return !isnan(x.mid) && basis != WI_BASIS_measured;
}

static bool any_not_measured(const struct wi_verdict *v) {
    return not_measured(v->decode_tok_s, v->basis_decode) ||
           not_measured(v->first_token_s, v->basis_prefill);
}

static void add_verdict(struct wi_table *table, const struct wi_verdict *v) {
    struct wi_arena *arena = table->arena;
    bool encoder = wi_is_encoder(v->model);
    wi_table_add(table, wi_lay_shorten(arena, wi_model_label(v->model), MODEL_COLUMNS));
    wi_table_add(table, wi_precision_label(v->precision));
    wi_table_add_styled(
        table,
        wi_arena_printf(arena, "%s%s", wi_word_verdict(v->verdict), v->borderline ? "*" : ""),
        wi_verdict_name(v->verdict));
    const char *decode = not_measured(v->decode_tok_s, v->basis_decode) ? "~" : "";
    const char *first = not_measured(v->first_token_s, v->basis_prefill) ? "~" : "";
    wi_table_add(table, encoder
                            ? "encoder"
                            : wi_arena_printf(arena, "%s%s", decode, bare(arena, v->decode_tok_s)));
    wi_table_add(
        table, wi_arena_printf(arena, "%s%s", first, wi_say_seconds(arena, v->first_token_s.mid)));
    wi_table_add(table, v->footprint ? wi_say_mem(arena, v->footprint->total_bytes) : "unknown");
}

static void put_verdicts(const struct wi_run_view *view, struct wi_arena *arena,
                         struct wi_buf *out) {
    struct wi_table table;
    bool borderline = false, encoder = false, predicted = false;
    wi_table_init(&table, arena, "lllrrr");
    table.headed = true;
    static const char *const heading[] = {"model",        "prec.",       "verdict",
                                          "decode tok/s", "first token", "memory"};
    for (size_t i = 0; i < WI_COUNT(heading); i++)
        wi_table_add(&table, heading[i]);
    for (size_t i = 0; i < view->verdict_count; i++) {
        add_verdict(&table, &view->verdicts[i]);
        borderline = borderline || view->verdicts[i].borderline;
        encoder = encoder || wi_is_encoder(view->verdicts[i].model);
        predicted = predicted || any_not_measured(&view->verdicts[i]);
    }
    wi_buf_putc(out, '\n');
    wi_table_text(&table, "", out);
    wi_lay_wrap(
        out, "",
        wi_arena_printf(arena, "(%s; in brackets: 95 %% interval)",
                        wi_say_claim(arena, view->verdicts[0].engine, view->verdicts[0].claim)));
    if (borderline)
        wi_lay_wrap(out, "", "(* borderline: the interval reaches over the limit)");
    if (predicted)
        wi_lay_wrap(out, "", "(~ predicted, not measured)");
    if (encoder)
        wi_lay_wrap(out, "", "(encoder: under first token stands one pass over the prompt)");
}

static void put_reasons(const struct wi_run_view *view, struct wi_arena *arena,
                        struct wi_buf *out) {
    wi_buf_puts(out, "\nWhy\n");
    for (size_t i = 0; i < view->verdict_count; i++) {
        const struct wi_verdict *v = &view->verdicts[i];
        wi_lay_wrap(out, "  ",
                    wi_arena_printf(arena, "%s %s on %s: %s", wi_model_label(v->model),
                                    wi_precision_label(v->precision),
                                    v->compute_device_id ? v->compute_device_id : "unknown",
                                    v->because ? v->because : "no reason was stored"));
    }
}

/* ---- without verdicts: the bare measurements ---- */

static void put_measured(const struct wi_run_view *view, struct wi_arena *arena,
                         struct wi_buf *out) {
    wi_buf_puts(out, "\nMeasured (no verdict was derived)\n");
    for (size_t i = 0; i < view->evidence_count; i++) {
        const struct wi_measurement *m = &view->evidence[i].m;
        if (m->status == WI_CASE_ok)
            wi_lay_wrap(out, "  ",
                        wi_arena_printf(arena, "%s: %s", wi_digest_case(arena, m),
                                        wi_say_interval(arena, wi_rate_interval(m), "tok/s")));
    }
}

/* ---- what went wrong ---- */

static void put_groups(const char *title, const struct wi_digest_group *groups, size_t n,
                       bool reason_is_advice, struct wi_arena *arena, struct wi_buf *out) {
    if (n == 0)
        return;
    wi_buf_printf(out, "\n%s\n", title);
    for (size_t i = 0; i < n; i++) {
        const struct wi_digest_group *g = &groups[i];
        wi_lay_wrap(out, "  ",
                    wi_arena_printf(arena, reason_is_advice ? "%s: %s. %s" : "%s: %s: %s", g->what,
                                    reason_is_advice ? g->reason : g->cases,
                                    reason_is_advice ? g->cases : g->reason));
        for (size_t k = 0; k < g->seen_count; k++)
            wi_lay_wrap(out, "    ", g->seen[k]);
    }
}

static void put_beside(const struct wi_run_view *view, struct wi_arena *arena, struct wi_buf *out) {
    const char *const *sentences = NULL;
    size_t n = wi_digest_beside(view, arena, &sentences);
    if (n > 0)
        wi_buf_puts(out, "\nMeasured another way as well\n");
    for (size_t i = 0; i < n; i++)
        wi_lay_wrap(out, "  ", sentences[i]);
}

static void put_trouble(const struct wi_run_view *view, struct wi_arena *arena,
                        struct wi_buf *out) {
    struct wi_digest_group *groups = NULL;
    size_t n = wi_digest_failures(view, arena, &groups);
    put_groups("Not measured", groups, n, false, arena, out);
    n = wi_digest_doubts(view, arena, &groups);
    put_groups("Doubts", groups, n, true, arena, out);
    n = wi_digest_barred(view, arena, &groups);
    put_groups("Measured, but does not count", groups, n, true, arena, out);
    put_beside(view, arena, out);
}

/* A shape a line, a precision a column; wider than a screen only with more of them than kernels
 * run. */
static void put_ops(const struct wi_run_view *view, struct wi_arena *arena, struct wi_buf *out) {
    const struct wi_ops_table *tables = NULL;
    size_t n = wi_ops_tables(view, WI_OPS_CELL_share, arena, &tables);
    for (size_t i = 0; i < n; i++) {
        wi_buf_putc(out, '\n');
        wi_lay_wrap(out, "", wi_arena_printf(arena, "Single ops on %s", tables[i].where));
        wi_table_text(&tables[i].table, "  ", out);
    }
    if (n > 0)
        wi_lay_wrap(out, "  ", wi_arena_printf(arena, "(%s)", wi_ops_legend));
}

static void put_missing(const struct wi_inventory *v, struct wi_arena *arena, struct wi_buf *out) {
    struct wi_buf lines = {.look = out->look};
    for (size_t i = 0; i < v->unopened_count; i++) {
        const struct wi_unopened_gpu *g = &v->unopened[i];
        wi_lay_wrap(&lines, "  ",
                    wi_arena_printf(arena, "GPU %s: present, no usable driver%s%s",
                                    g->name ? g->name : "of unknown name", g->advice ? ": " : "",
                                    g->advice ? g->advice : ""));
    }
    for (size_t i = 0; i < WI_BACKEND_COUNT; i++) {
        const struct wi_backend_state *b = &v->backends[i];
        if (b->status != WI_CASE_ok && i != WI_BACKEND_null)
            wi_lay_wrap(&lines, "  ",
                        wi_arena_printf(arena, "%s: %s: %s%s%s",
                                        wi_backend_id_name((enum wi_backend_id)i),
                                        wi_word_status(b->status),
                                        b->reason ? b->reason : "no reason was given",
                                        b->advice ? "; " : "", b->advice ? b->advice : ""));
    }
    if (lines.size > 0) {
        wi_buf_puts(out, "\nNot available here\n");
        wi_buf_append(out, lines.data, lines.size);
    }
    wi_buf_fini(&lines);
}

/* ---- what used to work ---- */

static void put_expect(const struct wi_expect_view *expect, struct wi_arena *arena,
                       struct wi_buf *out) {
    if (!expect || !expect->against)
        return;
    wi_buf_puts(out, "\nWhat used to work\n");
    if (expect->held == 0)
        wi_lay_wrap(out, "  ",
                    wi_arena_printf(arena,
                                    "No case of %s was asked again: nothing is known of them.",
                                    expect->against));
    else if (expect->lost_count == 0)
        wi_lay_wrap(out, "  ",
                    wi_arena_printf(arena, "All %zu cases of %s that were asked again still work.",
                                    expect->held, expect->against));
    else
        wi_lay_wrap(out, "  ",
                    wi_arena_printf(arena, "%zu of %zu cases that worked in %s no longer do:",
                                    expect->lost_count, expect->held, expect->against));
    for (size_t i = 0; i < expect->lost_count; i++) {
        const struct wi_measurement *m = &expect->lost[i]->m;
        wi_lay_wrap(out, "  ",
                    wi_arena_printf(arena, "%s: %s: %s", wi_digest_case(arena, m),
                                    wi_word_status(m->status),
                                    m->reason ? m->reason : "no reason was given"));
    }
}

void wi_report_run_text(const struct wi_run_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    put_head(view, arena, out);
    if (view->verdict_count > 0) {
        put_verdicts(view, arena, out);
        put_reasons(view, arena, out);
    } else if (wi_digest_ok(view) > 0) {
        put_measured(view, arena, out);
    } else {
        wi_buf_puts(out, "\nNo case could be measured.\n");
    }
    put_expect(view->expect, arena, out);
    put_ops(view, arena, out);
    put_trouble(view, arena, out);
    put_missing(view->inventory, arena, out);
    wi_arena_destroy(arena);
}
