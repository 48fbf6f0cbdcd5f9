/* fit.c: the best that a device can run, as a ranked list; text and JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/fit.h"

#include "report/json_parts.h"
#include "report/say.h"
#include "report/words.h"

#include <math.h>
#include <string.h>

/* ---- JSON ---- */

static void put_short(struct wi_json *json, const char *key, const struct wi_verdict *list,
                      size_t n) {
    wi_json_array(json, key);
    for (size_t i = 0; i < n; i++) {
        const struct wi_verdict *v = &list[i];
        wi_json_object(json, NULL);
        wi_json_str(json, "model", v->model->id);
        wi_json_str(json, "size_class", v->model->size_class);
        wi_json_str(json, "precision", wi_format_get(v->precision)->name);
        wi_json_u64(json, "context", v->targets.context);
        wi_json_str(json, "verdict", wi_verdict_name(v->verdict));
        wi_json_tri(json, "fits", v->fits);
        wi_json_str(json, "binding_limit", wi_limit_name(v->binding_limit));
        wi_json_str(json, "because", v->because);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

void wi_report_fit_json(const struct wi_fit_view *view, struct wi_buf *out) {
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.fit/1");
    wi_json_str(&json, "goal", view->goal);
    wi_json_str(&json, "device_id", view->device_id);
    wi_json_str(&json, "device_name", view->device_name);
    wi_json_str(&json, "engine", view->engine);
    wi_json_str(&json, "claim", view->claim);
    wi_json_array(&json, "ranked");
    for (size_t i = 0; i < view->ranked_count; i++) {
        const struct wi_check_view check = {.verdict = &view->ranked[i],
                                            .device_name = view->device_name};
        wi_json_object(&json, NULL);
        wi_json_u64(&json, "rank", i + 1);
        wi_json_u64(&json, "parameters", view->ranked[i].model->params);
        wi_json_check_members(&json, &check);
        wi_json_object_end(&json);
    }
    wi_json_array_end(&json);
    put_short(&json, "not_feasible", view->no, view->no_count);
    put_short(&json, "unknown", view->unknown, view->unknown_count);
    wi_json_str(&json, "looked_at", view->looked_at);
    wi_json_str(&json, "advice", view->advice);
    wi_json_object_end(&json);
}

/* ---- text ---- */

/* "14.1 (13.8 to 14.5)": the unit stands in the heading. */
static const char *bare(struct wi_arena *arena, struct wi_interval x) {
    if (isnan(x.mid))
        return "unknown";
    return wi_arena_printf(arena, "%s (%s to %s)", wi_say_g3(arena, x.mid), wi_say_g3(arena, x.lo),
                           wi_say_g3(arena, x.hi));
}

static void add_row(struct wi_table *table, const struct wi_verdict *v, size_t rank) {
    struct wi_arena *arena = table->arena;
    wi_table_addf(table, "%zu", rank);
    wi_table_add(table, wi_lay_shorten(arena, wi_model_label(v->model), 15));
    wi_table_add(table, wi_precision_label(v->precision));
    wi_table_addf(table, "%u", v->targets.context);
    wi_table_add_styled(
        table,
        wi_arena_printf(arena, "%s%s", wi_word_verdict(v->verdict), v->borderline ? "*" : ""),
        wi_verdict_name(v->verdict));
    wi_table_add(table, bare(arena, v->decode_tok_s));
    wi_table_add(table, v->footprint ? wi_say_mem(arena, v->footprint->total_bytes) : "unknown");
}

/* What keeps each from being faster, or larger. */
static void put_limits(const struct wi_fit_view *view, struct wi_arena *arena, struct wi_buf *out) {
    wi_buf_puts(out, "\nWhy, and what limits it\n");
    for (size_t i = 0; i < view->ranked_count; i++) {
        const struct wi_verdict *v = &view->ranked[i];
        wi_lay_wrap(out, wi_arena_printf(arena, "%4zu  ", i + 1),
                    wi_arena_printf(
                        arena, "on %s%s%s: %s", v->compute_device_id,
                        v->binding_limit == WI_LIMIT_none ? "" : ", limited by ",
                        v->binding_limit == WI_LIMIT_none ? "" : wi_word_limit(v->binding_limit),
                        v->because ? v->because : "no reason was given"));
    }
}

static void put_ranked(const struct wi_fit_view *view, struct wi_arena *arena, struct wi_buf *out) {
    static const char *const heading[] = {"",        "model",        "prec.", "context",
                                          "verdict", "decode tok/s", "memory"};
    struct wi_table table;
    bool borderline = false;
    wi_table_init(&table, arena, "rllrlrr");
    table.headed = true;
    for (size_t i = 0; i < WI_COUNT(heading); i++)
        wi_table_add(&table, heading[i]);
    for (size_t i = 0; i < view->ranked_count; i++) {
        add_row(&table, &view->ranked[i], i + 1);
        borderline = borderline || view->ranked[i].borderline;
    }
    wi_buf_putc(out, '\n');
    wi_table_text(&table, "", out);
    wi_lay_wrap(out, "",
                wi_arena_printf(arena,
                                "(%s; decode after %u tokens; in brackets: 95 %% interval%s)",
                                wi_say_claim(arena, view->engine, view->claim),
                                view->ranked[0].targets.prompt_tokens +
                                    view->ranked[0].targets.output_tokens / 2,
                                borderline ? "; * borderline: it reaches over the limit" : ""));
    put_limits(view, arena, out);
}

/* "Gemma 7B f16, Gemma 7B f32": of the first few. */
static void put_others(struct wi_buf *out, const char *first, const struct wi_verdict *list,
                       size_t n) {
    enum { SHOWN = 6 };
    struct wi_buf line = {0};
    if (n == 0)
        return;
    wi_buf_printf(&line, "%zu: ", n);
    for (size_t i = 0; i < n && i < SHOWN; i++)
        wi_buf_printf(&line, "%s%s %s (%s)", i ? ", " : "", wi_model_label(list[i].model),
                      wi_precision_label(list[i].precision),
                      list[i].verdict == WI_VERDICT_unknown
                          ? list[i].fits == WI_TRI_yes ? "fits" : "fit unknown"
                          : wi_word_verdict(list[i].verdict));
    if (n > SHOWN)
        wi_buf_puts(&line, ", ...");
    wi_lay_wrap(out, first, wi_buf_str(&line));
    wi_buf_fini(&line);
}

static const char *goal_words(const char *goal) {
    return strcmp(goal, "fastest") == 0           ? "the fastest first"
           : strcmp(goal, "longest-context") == 0 ? "the longest context first"
                                                  : "the largest first";
}

void wi_report_fit_text(const struct wi_fit_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    const char *name = view->device_name ? view->device_name : "unknown device";
    if (view->ranked_count > 0)
        wi_lay_wrap(out, "",
                    wi_arena_printf(arena, "%s runs %zu of the models and precisions asked, %s:",
                                    name, view->ranked_count, goal_words(view->goal)));
    else if (view->unknown_count > 0)
        wi_lay_wrap(out, "",
                    wi_arena_printf(arena,
                                    "%s: nothing is known to run well enough, and "
                                    "of some it is not known.",
                                    name));
    else
        wi_lay_wrap(out, "",
                    wi_arena_printf(arena, "%s: nothing that was asked runs well enough.", name));
    if (view->ranked_count > 0)
        put_ranked(view, arena, out);
    wi_buf_putc(out, '\n');
    put_others(out, "Not feasible: ", view->no, view->no_count);
    put_others(out, "Not known:    ", view->unknown, view->unknown_count);
    wi_lay_wrap(out, "Looked at:    ", view->looked_at);
    wi_say_advice(out, "Next:         ", view->advice);
    wi_arena_destroy(arena);
}
