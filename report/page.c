/* page.c: what stands on the page, in which order, whatever it is written in.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include "report/words.h"

#include <string.h>

static const char *name_of(const struct wi_run_view *run) {
    return run->inventory->name ? run->inventory->name : "unknown device";
}

/* ---- a device ---- */

static void put_device(const struct wi_page_writer *w, const struct wi_page_part *part) {
    if (part->level > 2) /* else the page's title names it */
        w->heading(w->out, 2, wi_page_anchor(part, w->arena, "device", 0), name_of(part->run));
    wi_page_answer(w, part);
    wi_page_grids(w, part);
    wi_page_verdicts(w, part);
    wi_page_speed(w, part);
    wi_page_memory(w, part);
    wi_page_doubts(w, part);
    wi_page_limits(w, part);
    wi_page_ops(w, part);
    w->heading(w->out, part->level, wi_page_anchor(part, w->arena, "card", 0), "The device");
    wi_page_device(w, part->run);
    wi_page_evidence(w, part);
}

/* ---- the shelf, when there are several ---- */

static void put_shelf(const struct wi_page_writer *w, const struct wi_page_view *view) {
    struct wi_table table;
    wi_table_init(&table, w->arena, "llw");
    table.caption = "Devices";
    table.sortable = true;
    wi_table_add(&table, "device");
    wi_table_add(&table, "tier");
    wi_table_add(&table, "why");
    for (size_t i = 0; i < view->run_count; i++) {
        const struct wi_page_part part = {view, &view->runs[i], (unsigned)i + 1, 3};
        const struct wi_tier_result *t = part.run->tier;
        wi_table_put(&table, name_of(part.run))->href =
            wi_page_anchor(&part, w->arena, "device", 0);
        wi_table_add(&table, !t              ? "unrated"
                             : t->borderline ? wi_arena_printf(w->arena, "%s, borderline", t->id)
                                             : t->id);
        wi_table_add(&table, t ? t->because : "No tier was derived.");
    }
    w->heading(w->out, 2, "shelf", "All devices");
    w->table(&table, w->out);
}

/* ---- how to read it ---- */

/* The limits that the page's verdicts were judged by; NULL: there is no verdict. */
static const struct wi_targets *targets_of(const struct wi_page_view *view) {
    for (size_t i = 0; i < view->run_count; i++)
        if (view->runs[i].verdict_count > 0)
            return &view->runs[i].verdicts[0].targets;
    return NULL;
}

static void put_words(const struct wi_page_writer *w, const struct wi_page_view *view) {
    const struct wi_targets *t = targets_of(view);
    struct wi_arena *arena = w->arena;
    w->card_begin(w->out);
    if (t) {
        w->row(w->out, "comfortable",
               wi_arena_printf(arena,
                               "at least %s tokens a second and the first one within %s s "
                               "(encoders: a pass within %s s)",
                               wi_say_setting(arena, t->comfortable_decode_tok_s),
                               wi_say_setting(arena, t->comfortable_first_token_s),
                               wi_say_setting(arena, t->comfortable_encode_s)));
        w->row(w->out, "usable",
               wi_arena_printf(arena, "at least %s and within %s s (encoders: %s s)",
                               wi_say_setting(arena, t->usable_decode_tok_s),
                               wi_say_setting(arena, t->usable_first_token_s),
                               wi_say_setting(arena, t->usable_encode_s)));
    } else
        w->row(w->out, "comfortable, usable", "by tokens a second and the time to the first one");
    w->row(w->out, "too slow", "it fits, and is slower than usable");
    w->row(w->out, "does not fit", "more memory than the device may use");
    w->row(w->out, "unsupported", "a feature or a limit forbids it");
    w->row(w->out, "unknown", "there is not enough evidence to say");
    w->row(w->out, "borderline",
           "the 95 % interval reaches over the limit; the lower class is shown");
    w->card_end(w->out);
}

void wi_page_help(const struct wi_page_writer *w, const struct wi_page_view *view) {
    static const char *const sentences[] = {
        "Verdicts of the engine \"reference\" are a ceiling: what weighin's own kernels reach on "
        "this device. A product's engine may be slower.",
        "first token: prefill of the prompt with the model in memory; loading comes on top.",
        "The budget is what the device may spend on a model, not what happened to be free.",
        "The interval beside a measurement is that of its own samples; a verdict from a single run "
        "widens it by what two runs on an unchanged device differ by (4 % on mains, 8 % on battery "
        "or without a fan).",
        "measured, predicted: a figure comes from a timing of that very question, or follows from "
        "timings of others.",
        "A doubt names what was seen and what to try. Rows that do not count say why; they never "
        "carry a verdict.",
        "What is not known is written as unknown: nothing on this page is a guess."};
    w->heading(w->out, 2, "help", "How to read this page");
    put_words(w, view);
    w->list_begin(w->out);
    for (size_t i = 0; i < WI_COUNT(sentences); i++)
        w->item(w->out, sentences[i]);
    w->list_end(w->out);
}

/* ---- the page ---- */

const char *wi_page_title(const struct wi_page_view *view, struct wi_arena *arena) {
    if (view->run_count == 1 && view->runs[0].inventory->name)
        return wi_arena_printf(arena, "Weigh-in of %s", view->runs[0].inventory->name);
    return wi_arena_printf(arena, "Weigh-in of %zu devices", view->run_count);
}

void wi_page_write(const struct wi_page_writer *w, const struct wi_page_view *view) {
    const char *made = view->made_utc_ns ? wi_arena_printf(w->arena, ", made %s",
                                                           wi_say_utc(w->arena, view->made_utc_ns))
                                         : "";
    w->lead(w->out, "Which language models can run here, at which precision, how fast, and how "
                    "sure are we?");
    w->paragraph(w->out,
                 wi_arena_printf(w->arena, "From %s by weighin %s%s.",
                                 view->source ? view->source : "an unnamed database",
                                 view->tool_version ? view->tool_version : "unknown", made));
    if (view->run_count == 0)
        w->paragraph(w->out, "There is no finished weigh-in yet: weighin run makes one.");
    if (view->run_count > 1)
        put_shelf(w, view);
    int level = view->run_count > 1 ? 3 : 2;
    for (size_t i = 0; i < view->run_count; i++)
        put_device(w, &(const struct wi_page_part){view, &view->runs[i], (unsigned)i + 1, level});
    if (view->run_count > 1) { /* of one device it would say what its own grid says */
        w->heading(w->out, 2, "matrix", "Compatibility matrix");
        w->matrix(&view->matrix, w->out);
    }
    wi_page_help(w, view);
}
