/* text_topics.c: what a word means, and the list of all words, for the terminal.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/units.h"
#include "models/catalogue.h"
#include "report/lay.h"
#include "report/topics.h"

#include <string.h>

static const char *const headings[] = {
#define WI_X(name, plural, heading) heading,
    WI_TOPIC_FAMILY_LIST(WI_X)
#undef WI_X
};

/* ---- one or a few ---- */

static void put_doubt(enum wi_doubt doubt, struct wi_arena *arena, struct wi_buf *out) {
    wi_lay_wrap(out, "  Advice: ", wi_doubt_advice(doubt));
    wi_lay_wrap(out, "  ",
                wi_arena_printf(arena, "A row that carries it %s.",
                                wi_doubt_bars(doubt) ? "does not count as evidence"
                                                     : "counts as evidence even so"));
}

static void put_topic(const struct wi_topics_view *view, const struct wi_topic *t,
                      struct wi_arena *arena, struct wi_buf *out) {
    wi_lay_wrap(out, "",
                wi_arena_printf(arena, "%s (%s)", t->name, wi_topic_family_name(t->family)));
    wi_lay_wrap(out, "  ", wi_topic_text(t, view->constants, arena));
    for (unsigned d = 0; t->family == WI_TOPIC_doubt && d < WI_DOUBT_COUNT; d++)
        if (strcmp(wi_doubt_name((enum wi_doubt)d), t->name) == 0)
            put_doubt((enum wi_doubt)d, arena, out);
}

/* ---- all ---- */

static void put_family(const struct wi_topics_view *view, enum wi_topic_family family,
                       struct wi_buf *out) {
    struct wi_buf names = {0};
    for (size_t i = 0; i < view->found_count; i++)
        if (view->found[i]->family == family)
            wi_buf_printf(&names, "%s%s", names.size ? ", " : "", view->found[i]->name);
    if (names.size > 0) {
        wi_buf_printf(out, "\n%s\n", headings[family]);
        wi_lay_wrap(out, "  ", wi_buf_str(&names));
    }
    wi_buf_fini(&names);
}

static void put_index(const struct wi_topics_view *view, struct wi_buf *out) {
    wi_buf_puts(out,
                "weighin explain TOPIC says what a word means; a heading in the plural, as in\n"
                "\"explain doubts\", all words under it; \"explain limit memory\" one of them.\n");
    for (int f = 0; f < WI_TOPIC_FAMILY_COUNT; f++)
        put_family(view, (enum wi_topic_family)f, out);
    wi_buf_puts(out, "\nHow an answer came about\n"
                     "  weighin explain defaults              every number that rules rest on\n"
                     "  weighin explain verdict DEVICE MODEL  one verdict, step by step\n"
                     "  weighin explain tier DEVICE           one device's tier\n"
                     "  weighin explain measurement ID        one figure, from its samples\n");
}

void wi_report_topics_text(const struct wi_topics_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    if (view->asked == NULL)
        put_index(view, out);
    for (size_t i = 0; view->asked != NULL && i < view->found_count; i++) {
        if (i > 0)
            wi_buf_putc(out, '\n');
        put_topic(view, view->found[i], arena, out);
    }
    wi_arena_destroy(arena);
}

/* ---- defaults ---- */

static size_t group_length(const char *name) {
    return strcspn(name, ".");
}

static bool same_group(const char *a, const char *b) {
    return group_length(a) == group_length(b) && memcmp(a, b, group_length(a)) == 0;
}

/* Groups come in order, but a group's constants may come from several files. */
static bool seen_before(const struct wi_constants *list, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (same_group(list->items[k].name, list->items[i].name))
            return true;
    return false;
}

static void put_group(const struct wi_constants *list, size_t first, struct wi_arena *arena,
                      struct wi_buf *out) {
    struct wi_table table;
    const char *of = list->items[first].name;
    wi_table_init(&table, arena, "lrw");
    wi_table_add(&table, wi_arena_strndup(arena, of, group_length(of)));
    wi_table_add(&table, "value");
    wi_table_add(&table, "what it is");
    for (size_t i = first; i < list->count; i++) {
        const struct wi_constant *c = &list->items[i];
        if (!same_group(c->name, of))
            continue;
        wi_table_add(&table, c->name + group_length(of) + 1);
        wi_table_add(&table, wi_constant_text(c, arena));
        wi_table_add(&table, c->says);
    }
    wi_table_text(&table, "", out);
    wi_buf_putc(out, '\n');
}

static const char *limit(struct wi_maybe_f64 value, struct wi_arena *arena) {
    return wi_has_f64(value) ? wi_arena_printf(arena, "%.6g", value.value) : "-";
}

static void put_tiers(const struct wi_tier_file *file, struct wi_arena *arena, struct wi_buf *out) {
    static const char *const heads[] = {"tier", "memory MiB", "decode tok/s", "prefill tok/s",
                                        "says"};
    struct wi_table table;
    wi_lay_wrap(
        out, "",
        wi_arena_printf(arena, "Tiers \"%s\", by %s at %s, prefill %u and decode at depth %u:",
                        file->name, file->ruler->id, wi_format_get(file->ruler_precision)->name,
                        file->prefill_tokens, file->decode_depth));
    wi_table_init(&table, arena, "lrrrw");
    for (size_t i = 0; i < WI_COUNT(heads); i++)
        wi_table_add(&table, heads[i]);
    for (size_t i = 0; i < file->tier_count; i++) {
        const struct wi_tier *t = &file->tiers[i];
        wi_table_add(&table, t->id);
        wi_table_add(&table, limit(t->usable_memory_mib, arena));
        wi_table_add(&table, limit(t->decode_tok_s, arena));
        wi_table_add(&table, limit(t->prefill_tok_s, arena));
        wi_table_add(&table, t->says);
    }
    wi_table_text(&table, "", out);
}

void wi_report_defaults_text(const struct wi_defaults_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    wi_buf_printf(out,
                  "Rules %s. Options of check and files take the place of targets and tiers.\n\n",
                  WI_RULES_VERSION);
    for (size_t i = 0; i < view->constants->count; i++)
        if (!seen_before(view->constants, i))
            put_group(view->constants, i, arena, out);
    wi_lay_wrap(out, "",
                wi_arena_printf(arena, "The KV cache is stored as %s unless asked otherwise.",
                                wi_format_get(view->targets->kv_precision)->name));
    for (size_t i = 0; i < view->engine_count; i++)
        wi_lay_wrap(out, "",
                    wi_arena_printf(arena, "Engine %s itself needs %.6g MiB.", view->engines[i].id,
                                    (double)view->engines[i].overhead_bytes / (double)WI_MIB));
    wi_buf_putc(out, '\n');
    put_tiers(view->tiers, arena, out);
    wi_arena_destroy(arena);
}
