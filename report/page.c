/* page.c: what stands on the page, whatever it is written in.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include "report/digest.h"
#include "report/say.h"
#include "report/words.h"

#include <math.h>

static void add_heading(struct wi_table *table, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        wi_table_add(table, words[i]);
}

/* ---- verdicts ---- */

static const char *need_of(const struct wi_verdict *v, struct wi_arena *arena) {
    if (!v->footprint)
        return "unknown";
    return wi_arena_printf(arena, "%s of %s", wi_say_mem(arena, v->footprint->total_bytes),
                           wi_say_maybe_mem(arena, v->budget_bytes));
}

/* A figure that was not measured says so beside itself. */
static const char *based_on(struct wi_arena *arena, const char *figure, struct wi_interval x,
                            enum wi_basis basis) {
    if (isnan(x.mid) || basis == WI_BASIS_measured)
        return figure;
    return wi_arena_printf(arena, "%s, %s", figure,
                           basis == WI_BASIS_none ? "basis unknown" : wi_basis_name(basis));
}

static void add_verdict(struct wi_table *table, const struct wi_verdict *v) {
    struct wi_arena *arena = table->arena;
    wi_table_add(table, wi_model_label(v->model));
    wi_table_add(table, wi_precision_label(v->precision));
    wi_table_add_styled(table,
                        wi_arena_printf(arena, "%s%s", wi_word_verdict(v->verdict),
                                        v->borderline ? ", borderline" : ""),
                        wi_verdict_name(v->verdict));
    wi_table_add(table, v->compute_device_id);
    wi_table_add(table, wi_is_encoder(v->model)
                            ? "an encoder generates nothing"
                            : based_on(arena, wi_say_interval(arena, v->decode_tok_s, "tok/s"),
                                       v->decode_tok_s, v->basis_decode));
    wi_table_add(table, based_on(arena, wi_say_interval_s(arena, v->first_token_s),
                                 v->first_token_s, v->basis_prefill));
    wi_table_add(table, need_of(v, arena));
    wi_table_add(table, v->because);
}

static void put_verdicts(const struct wi_page_writer *w, const struct wi_run_view *run) {
    static const char *const heading[] = {"model",
                                          "precision",
                                          "verdict",
                                          "on",
                                          "decode",
                                          "first token (encoder: pass)",
                                          "memory needed, of budget",
                                          "why"};
    struct wi_table table;
    if (run->verdict_count == 0) {
        w->paragraph(w->out, "No verdict was derived from this run.");
        return;
    }
    wi_table_init(&table, w->arena, "lllllllw");
    add_heading(&table, heading, WI_COUNT(heading));
    for (size_t i = 0; i < run->verdict_count; i++)
        add_verdict(&table, &run->verdicts[i]);
    w->table(&table, w->out);
    const struct wi_verdict *first = &run->verdicts[0];
    w->paragraph(w->out,
                 wi_arena_printf(w->arena,
                                 "Claim: %s. For a prompt of %u tokens and an answer of "
                                 "%u. In brackets: the 95 %% interval.",
                                 wi_say_claim(w->arena, first->engine, first->claim),
                                 first->targets.prompt_tokens, first->targets.output_tokens));
}

/* ---- measurements ---- */

static const char *doubts_of(const struct wi_measurement *m, struct wi_arena *arena) {
    struct wi_buf text = {0};
    for (int d = 0; d < WI_DOUBT_COUNT; d++)
        if (m->doubts & WI_DOUBT_BIT(d))
            wi_buf_printf(&text, "%s%s", text.size ? ", " : "", wi_doubt_name((enum wi_doubt)d));
    const char *doubts = text.size ? wi_arena_strdup(arena, wi_buf_str(&text)) : "none";
    wi_buf_fini(&text);
    return doubts;
}

static const char *bound_of(const struct wi_measurement *m, struct wi_arena *arena) {
    if (m->bound == WI_BOUND_unknown)
        return "unknown";
    if (!wi_has_f64(m->roofline_fraction))
        return wi_bound_name(m->bound);
    return wi_arena_printf(arena, "%s, at %s %% of it", wi_bound_name(m->bound),
                           wi_say_g3(arena, m->roofline_fraction.value * 100));
}

static void add_measurement(struct wi_table *table, const struct wi_measurement *m,
                            const char *barred) {
    struct wi_arena *arena = table->arena;
    bool ok = m->status == WI_CASE_ok;
    wi_table_add(table, wi_digest_case(arena, m));
    wi_table_add(table, ok ? wi_say_interval(arena, wi_rate_interval(m), "tok/s")
                           : wi_word_status(m->status));
    wi_table_add(table, ok ? wi_arena_printf(arena, "%u", m->passes) : "-");
    wi_table_add(table, ok ? wi_arena_printf(arena, "%s of at most %s", wi_say_g3(arena, m->error),
                                             wi_say_g3(arena, m->tolerance))
                           : "-");
    wi_table_add(table, ok ? bound_of(m, arena) : "-");
    wi_table_add(table, ok ? doubts_of(m, arena) : "-");
    wi_table_add(table, ok ? (barred ? wi_arena_printf(arena, "no: %s", barred) : "yes")
                           : wi_arena_printf(arena, "no: %s",
                                             m->reason ? m->reason : wi_word_status(m->status)));
}

static void put_measurements(const struct wi_page_writer *w, const struct wi_run_view *run) {
    static const char *const heading[] = {"case",     "speed",  "passes", "error",
                                          "bound by", "doubts", "counts"};
    struct wi_table table;
    wi_table_init(&table, w->arena, "llrlllw");
    add_heading(&table, heading, WI_COUNT(heading));
    for (size_t i = 0; i < run->evidence_count; i++)
        add_measurement(&table, &run->evidence[i].m, run->barred ? run->barred[i] : NULL);
    w->heading(w->out, 3, "Measurements");
    if (run->evidence_count > 0)
        w->table(&table, w->out);
    else
        w->paragraph(w->out, "None.");
}

static void put_seen(const struct wi_page_writer *w, const struct wi_digest_group *g) {
    for (size_t i = 0; i < g->seen_count; i++)
        w->item(w->out, wi_arena_printf(w->arena, "%s, seen: %s", g->what, g->seen[i]));
}

static void put_doubts(const struct wi_page_writer *w, const struct wi_run_view *run) {
    struct wi_digest_group *groups = NULL;
    size_t n = wi_digest_doubts(run, w->arena, &groups);
    if (n == 0)
        return;
    w->heading(w->out, 3, "What the doubts mean");
    w->list_begin(w->out);
    for (size_t i = 0; i < n; i++) {
        w->item(w->out, wi_arena_printf(w->arena, "%s: %s (%s)", groups[i].what, groups[i].reason,
                                        groups[i].cases));
        put_seen(w, &groups[i]);
    }
    w->list_end(w->out);
}

static void put_beside(const struct wi_page_writer *w, const struct wi_run_view *run) {
    const char *const *sentences = NULL;
    size_t n = wi_digest_beside(run, w->arena, &sentences);
    if (n == 0)
        return;
    w->heading(w->out, 3, "Measured another way as well");
    w->list_begin(w->out);
    for (size_t i = 0; i < n; i++)
        w->item(w->out, sentences[i]);
    w->list_end(w->out);
}

/* ---- a device ---- */

static void put_tier(const struct wi_page_writer *w, const struct wi_tier_result *t) {
    if (!t) {
        w->paragraph(w->out, "No tier was derived.");
        return;
    }
    w->paragraph(w->out, wi_arena_printf(w->arena, "Tier %s%s%s%s. %s", t->id,
                                         t->borderline ? ", borderline" : "",
                                         t->compute_device_id ? ", on " : "",
                                         t->compute_device_id ? t->compute_device_id : "",
                                         t->because ? t->because : ""));
}

static void put_device(const struct wi_page_writer *w, const struct wi_run_view *run) {
    w->heading(w->out, 2, run->inventory->name ? run->inventory->name : "unknown device");
    put_tier(w, run->tier);
    put_verdicts(w, run);
    w->heading(w->out, 3, "The device");
    wi_page_device(w, run);
    put_measurements(w, run);
    put_doubts(w, run);
    put_beside(w, run);
    wi_page_limits(w, run);
    wi_page_ops(w, run);
}

/* ---- how to read it ---- */

/* The limits that the page's verdicts were judged by; NULL: there is no verdict. */
static const struct wi_targets *targets_of(const struct wi_page_view *view) {
    for (size_t i = 0; i < view->run_count; i++)
        if (view->runs[i].verdict_count > 0)
            return &view->runs[i].verdicts[0].targets;
    return NULL;
}

static const char *speeds(const struct wi_page_view *view, struct wi_arena *arena) {
    const struct wi_targets *t = targets_of(view);
    if (!t)
        return "comfortable, usable, too slow: by tokens a second and the time to the first one.";
    return wi_arena_printf(
        arena,
        "comfortable: at least %s tokens a second and the first one within %s s; usable: %s and "
        "%s s; too slow: less than that. Encoders: a pass within %s s and %s s.",
        wi_say_setting(arena, t->comfortable_decode_tok_s),
        wi_say_setting(arena, t->comfortable_first_token_s),
        wi_say_setting(arena, t->usable_decode_tok_s),
        wi_say_setting(arena, t->usable_first_token_s),
        wi_say_setting(arena, t->comfortable_encode_s), wi_say_setting(arena, t->usable_encode_s));
}

static void put_help(const struct wi_page_writer *w, const struct wi_page_view *view) {
    static const char *const sentences[] = {
        "does not fit: more memory than the device may use. unsupported: a feature or a limit "
        "forbids it. unknown: there is not enough evidence to say.",
        "Verdicts of the engine \"reference\" are a ceiling: what weighin's own kernels reach on "
        "this device. A product's engine may be slower.",
        "borderline: the 95 % interval reaches over the limit; the lower class is shown.",
        "first token: prefill of the prompt with the model in memory; loading comes on top.",
        "The budget is what the device may spend on a model, not what happened to be free.",
        "The interval beside a measurement is that of its own samples; a verdict from a single run "
        "widens it by what two runs on an unchanged device differ by (4 % on mains, 8 % on battery "
        "or without a fan).",
        "A doubt names what was seen and what to try. Rows that do not count say why; they never "
        "carry a verdict.",
        "What is not known is written as unknown: nothing on this page is a guess."};
    w->heading(w->out, 2, "How to read this page");
    w->list_begin(w->out);
    w->item(w->out, speeds(view, w->arena));
    for (size_t i = 0; i < WI_COUNT(sentences); i++)
        w->item(w->out, sentences[i]);
    w->list_end(w->out);
}

const char *wi_page_title(const struct wi_page_view *view, struct wi_arena *arena) {
    if (view->run_count == 1 && view->runs[0].inventory->name)
        return wi_arena_printf(arena, "Weigh-in of %s", view->runs[0].inventory->name);
    return wi_arena_printf(arena, "Weigh-in of %zu devices", view->run_count);
}

void wi_page_write(const struct wi_page_writer *w, const struct wi_page_view *view) {
    const char *made = view->made_utc_ns ? wi_arena_printf(w->arena, ", made %s",
                                                           wi_say_utc(w->arena, view->made_utc_ns))
                                         : "";
    w->paragraph(w->out,
                 wi_arena_printf(w->arena,
                                 "Which language models can run here, at which "
                                 "precision, how fast, and how sure are we? From "
                                 "%s by weighin %s%s.",
                                 view->source ? view->source : "an unnamed database",
                                 view->tool_version ? view->tool_version : "unknown", made));
    if (view->run_count == 0)
        w->paragraph(w->out, "There is no finished weigh-in yet: weighin run makes one.");
    for (size_t i = 0; i < view->run_count; i++)
        put_device(w, &view->runs[i]);
    w->heading(w->out, 2, "Compatibility matrix");
    w->matrix(&view->matrix, w->out);
    put_help(w, view);
}
