/* page_doubts.c: how sure: doubts with advice, what did not count and why, what was measured twice.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/digest.h"
#include "report/page.h"
#include "report/say.h"

static void put_list(const struct wi_page_writer *w, int level, const char *title,
                     const struct wi_digest_group *groups, size_t n) {
    if (n == 0)
        return;
    w->heading(w->out, level, NULL, title);
    w->list_begin(w->out);
    for (size_t i = 0; i < n; i++) {
        const struct wi_digest_group *g = &groups[i];
        w->item(w->out, wi_arena_printf(w->arena, "%s: %s (%s)", g->what, g->reason, g->cases));
        for (size_t k = 0; k < g->seen_count; k++)
            w->item(w->out, wi_arena_printf(w->arena, "%s, seen: %s", g->what, g->seen[k]));
    }
    w->list_end(w->out);
}

/* Older rows that verdicts left aside: other runs, other software, other hardware. */
static void put_left_aside(const struct wi_page_writer *w, const struct wi_page_part *part) {
    const struct wi_verdict **v = NULL;
    size_t n = wi_page_shown(part, w->arena, &v), total = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        total += v[i]->not_counted_count;
    struct wi_not_counted *all = WI_NEW_ARRAY(w->arena, struct wi_not_counted, total + 1);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < v[i]->not_counted_count; k++)
            if (!wi_page_measured(part, w->arena, v[i]->not_counted[k].measurement_id))
                all[kept++] = v[i]->not_counted[k];
    struct wi_reason_count *reasons = NULL;
    size_t count = wi_say_count_reasons(w->arena, all, kept, &reasons);
    if (count == 0)
        return;
    w->heading(w->out, part->level + 1, NULL, "Rows of other runs that do not count");
    w->list_begin(w->out);
    for (size_t i = 0; i < count; i++)
        w->item(w->out, wi_arena_printf(w->arena, "%s (%zu %s)", reasons[i].reason,
                                        reasons[i].times, reasons[i].times == 1 ? "row" : "rows"));
    w->list_end(w->out);
}

static void put_beside(const struct wi_page_writer *w, const struct wi_page_part *part) {
    const char *const *sentences = NULL;
    size_t n = wi_digest_beside(part->run, w->arena, &sentences);
    if (n == 0)
        return;
    w->heading(w->out, part->level + 1, NULL, "Measured another way as well");
    w->list_begin(w->out);
    for (size_t i = 0; i < n; i++)
        w->item(w->out, sentences[i]);
    w->list_end(w->out);
}

void wi_page_doubts(const struct wi_page_writer *w, const struct wi_page_part *part) {
    struct wi_digest_group *doubts = NULL, *barred = NULL, *failures = NULL;
    size_t doubt_count = wi_digest_doubts(part->run, w->arena, &doubts),
           barred_count = wi_digest_barred(part->run, w->arena, &barred),
           failure_count = wi_digest_failures(part->run, w->arena, &failures);
    w->heading(w->out, part->level, wi_page_anchor(part, w->arena, "sure", 0), "How sure we are");
    if (doubt_count + barred_count + failure_count == 0)
        w->paragraph(w->out, "Every measurement of this run counts, and none carries a doubt.");
    put_list(w, part->level + 1, "Doubts, and what to do about them", doubts, doubt_count);
    put_list(w, part->level + 1, "Measured, but does not count", barred, barred_count);
    put_list(w, part->level + 1, "Could not be measured", failures, failure_count);
    put_left_aside(w, part);
    put_beside(w, part);
}
