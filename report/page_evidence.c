/* page_evidence.c: the measurements of a run, each with its samples, and what the device was doing.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/digest.h"
#include "report/page.h"
#include "report/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *doubts_of(const struct wi_measurement *m, struct wi_arena *arena) {
    const char *text = NULL;
    for (int d = 0; d < WI_DOUBT_COUNT; d++)
        if (m->doubts & WI_DOUBT_BIT(d))
            text = wi_arena_printf(arena, "%s%s%s", text ? text : "", text ? ", " : "",
                                   wi_doubt_name((enum wi_doubt)d));
    return text ? text : "none";
}

static const char *bound_of(const struct wi_measurement *m, struct wi_arena *arena) {
    if (m->bound == WI_BOUND_unknown)
        return "unknown";
    if (!wi_has_f64(m->roofline_fraction))
        return wi_bound_name(m->bound);
    return wi_arena_printf(arena, "%s, at %s %% of it", wi_bound_name(m->bound),
                           wi_say_g3(arena, m->roofline_fraction.value * 100));
}

static const char *error_of(const struct wi_measurement *m, struct wi_arena *arena) {
    return wi_arena_printf(arena, "%s of at most %s", wi_say_g3(arena, m->error),
                           wi_say_g3(arena, m->tolerance));
}

/* ---- the table ---- */

static const char *counts(const struct wi_measurement *m, const char *barred,
                          struct wi_arena *arena) {
    if (m->status != WI_CASE_ok)
        return wi_arena_printf(arena, "no: %s", m->reason ? m->reason : wi_word_status(m->status));
    return barred ? wi_arena_printf(arena, "no: %s", barred) : "yes";
}

static void put_measurement(struct wi_table *table, const struct wi_page_part *part, size_t i) {
    struct wi_arena *arena = table->arena;
    const struct wi_measurement *m = &part->run->evidence[i].m;
    bool ok = m->status == WI_CASE_ok;
    wi_table_put(table, wi_digest_case(arena, m))->href = wi_page_anchor(part, arena, "m", i + 1);
    struct wi_table_cell *cell =
        wi_table_put(table, ok ? wi_say_interval(arena, wi_rate_interval(m), "tok/s")
                               : wi_word_status(m->status));
    cell->sort = wi_page_sort(arena, ok ? m->tokens_per_s.median : NAN);
    wi_table_add(table, ok ? wi_arena_printf(arena, "%u", m->passes) : "-");
    cell = wi_table_put(table, ok ? error_of(m, arena) : "-");
    cell->sort = wi_page_sort(arena, ok ? m->error : NAN);
    wi_table_add(table, ok ? bound_of(m, arena) : "-");
    wi_table_add(table, ok ? doubts_of(m, arena) : "-");
    wi_table_add(table, counts(m, part->run->barred ? part->run->barred[i] : NULL, arena));
}

static void put_table(const struct wi_page_writer *w, const struct wi_page_part *part) {
    static const char *const heading[] = {"case",     "speed",  "passes", "error",
                                          "bound by", "doubts", "counts"};
    struct wi_table table;
    wi_table_init(&table, w->arena, "llrlllw");
    table.caption = "Measurements of this run";
    table.sortable = true;
    for (size_t i = 0; i < WI_COUNT(heading); i++)
        wi_table_add(&table, heading[i]);
    for (size_t i = 0; i < part->run->evidence_count; i++)
        put_measurement(&table, part, i);
    w->table(&table, w->out);
}

/* ---- samples ---- */

/* Passes as they ran, in ms; samples of one pass stand together. */
static const char *passes_of(const struct wi_measurement *m, struct wi_arena *arena) {
    enum { SHOWN = 24 };
    struct wi_buf text = {0};
    size_t shown = 0, rest = 0;
    for (size_t i = 0; i < m->sample_count;) {
        uint64_t ns = 0;
        uint32_t pass = m->samples[i].pass;
        for (; i < m->sample_count && m->samples[i].pass == pass; i++)
            ns += m->samples[i].ns;
        if (shown < SHOWN)
            wi_buf_printf(&text, "%s%s", shown++ ? ", " : "", wi_say_g3(arena, (double)ns / 1e6));
        else
            rest++;
    }
    wi_buf_puts(&text, " ms");
    if (rest > 0)
        wi_buf_printf(&text, ", and %zu more: weighin explain measurement %s", rest, m->id);
    const char *passes = wi_arena_strdup(arena, wi_buf_str(&text));
    wi_buf_fini(&text);
    return passes;
}

static void put_how(const struct wi_page_writer *w, const struct wi_measurement *m) {
    struct wi_arena *arena = w->arena;
    w->row(w->out, "samples: passes, as they ran", passes_of(m, arena));
    w->row(w->out, "a pass",
           wi_arena_printf(arena, "%u of %u layers, %u token%s a sample, after %u to warm up",
                           m->layers_run, m->layers_total, m->tokens_per_sample,
                           m->tokens_per_sample == 1 ? "" : "s", m->warmups));
    w->row(w->out, "kernel",
           wi_arena_printf(arena, "%s, arithmetic %s, generation %u",
                           m->kernel ? m->kernel : "unknown",
                           m->arithmetic ? m->arithmetic : "unknown", m->kernel_generation));
    w->row(w->out, "threads",
           wi_arena_printf(arena, "%u, on processors %s", m->threads,
                           m->thread_cpus ? m->thread_cpus : "unknown"));
    w->row(w->out, "error",
           wi_arena_printf(arena, "%s, worst in %s", error_of(m, arena),
                           m->worst_op ? m->worst_op : "unknown"));
    w->row(w->out, "reached",
           wi_arena_printf(arena, "%s GB/s, %s Gop/s; bound by %s",
                           wi_say_g3(arena, m->achieved_gb_per_s),
                           wi_say_g3(arena, m->achieved_gflop_per_s), bound_of(m, arena)));
    w->row(w->out, "memory",
           wi_arena_printf(arena, "weights %s, %s of them in huge pages; peak of the worker %s",
                           wi_say_mem(arena, m->weight_bytes),
                           wi_say_mem(arena, m->huge_page_bytes),
                           wi_say_maybe_mem(arena, m->peak_memory_bytes)));
}

static void put_samples(const struct wi_page_writer *w, const struct wi_page_part *part, size_t i) {
    const struct wi_evidence *e = &part->run->evidence[i];
    const struct wi_measurement *m = &e->m;
    struct wi_arena *arena = w->arena;
    bool ok = m->status == WI_CASE_ok;
    w->fold_begin(w->out, part->level + 2, wi_page_anchor(part, arena, "m", i + 1),
                  wi_arena_printf(arena, "%s: %s", wi_digest_case(arena, m),
                                  ok ? wi_say_interval(arena, wi_rate_interval(m), "tok/s")
                                     : wi_word_status(m->status)));
    w->card_begin(w->out);
    w->row(w->out, "counts", counts(m, part->run->barred ? part->run->barred[i] : NULL, arena));
    if (ok)
        put_how(w, m);
    for (size_t d = 0; d < m->doubt_note_count; d++)
        w->row(w->out, wi_doubt_name(m->doubt_notes[d].doubt), m->doubt_notes[d].seen);
    w->row(w->out, "seed", wi_arena_printf(arena, "%" PRIu64, m->seed));
    w->row(w->out, "measurement id", m->id);
    w->card_end(w->out);
    w->fold_end(w->out);
}

/* ---- conditions ---- */

struct span { /* what one reading said before, during and after */
    const struct wi_fact *first, *last;
    double lo, hi; /* of numbers while it ran */
    size_t during, changes;
    const char *said;
};

static double number_of(const struct wi_fact *f) {
    char *end = NULL;
    double value = f->known == WI_KNOWN_known && f->value ? strtod(f->value, &end) : NAN;
    return end && *end == '\0' && end != f->value ? value : NAN;
}

static const struct wi_fact *fact_named(const struct wi_facts *facts, const char *key) {
    for (size_t i = 0; i < facts->count; i++)
        if (strcmp(facts->items[i].key, key) == 0)
            return &facts->items[i];
    return NULL;
}

static const char *say_fact(struct wi_arena *arena, const struct wi_fact *f) {
    if (!f)
        return "-";
    if (f->known == WI_KNOWN_not_applicable)
        return "not applicable";
    if (f->known != WI_KNOWN_known || !f->value)
        return "unknown";
    return wi_arena_printf(arena, "%s%s%s", f->value, f->unit && *f->unit ? " " : "",
                           f->unit ? f->unit : "");
}

static void look(struct span *s, const struct wi_fact *f, struct wi_arena *arena) {
    double value = number_of(f);
    const char *said = say_fact(arena, f);
    s->changes += s->said == NULL || strcmp(s->said, said) != 0;
    s->said = said;
    s->during++;
    s->lo = isnan(s->lo) || value < s->lo ? value : s->lo;
    s->hi = isnan(s->hi) || value > s->hi ? value : s->hi;
}

static struct span span_of(const struct wi_run_view *run, const char *key, struct wi_arena *arena) {
    struct span s = {.lo = NAN, .hi = NAN};
    for (size_t i = 0; i < run->reading_count; i++) {
        const struct wi_condition_row *r = &run->readings[i];
        const struct wi_fact *f = fact_named(&r->conditions.facts, key);
        if (!f)
            continue;
        if (r->taken && strcmp(r->taken, "before") == 0)
            s.first = s.first ? s.first : f;
        else if (r->taken && strcmp(r->taken, "after") == 0)
            s.last = f;
        else
            look(&s, f, arena);
    }
    return s;
}

static const char *say_during(struct wi_arena *arena, const struct span *s) {
    if (s->during == 0)
        return "-";
    if (!isnan(s->lo) && s->lo < s->hi)
        return wi_arena_printf(arena, "%s to %s", wi_say_setting(arena, s->lo),
                               wi_say_setting(arena, s->hi));
    return s->changes > 1 ? wi_arena_printf(arena, "changed %zu times", s->changes - 1) : s->said;
}

static bool met_before(const struct wi_run_view *run, size_t reading, const char *key) {
    for (size_t i = 0; i < reading; i++)
        if (fact_named(&run->readings[i].conditions.facts, key))
            return true;
    return false;
}

static void put_conditions(const struct wi_page_writer *w, const struct wi_page_part *part) {
    static const char *const heading[] = {"reading", "before", "while it ran", "after"};
    const struct wi_run_view *run = part->run;
    struct wi_table table;
    if (run->reading_count == 0)
        return;
    wi_table_init(&table, w->arena, "llll");
    table.caption = "What the device was doing";
    for (size_t i = 0; i < WI_COUNT(heading); i++)
        wi_table_add(&table, heading[i]);
    for (size_t r = 0; r < run->reading_count; r++) {
        const struct wi_facts *facts = &run->readings[r].conditions.facts;
        for (size_t i = 0; i < facts->count; i++) {
            if (met_before(run, r, facts->items[i].key))
                continue;
            struct span s = span_of(run, facts->items[i].key, w->arena);
            wi_table_add(&table, facts->items[i].key);
            wi_table_add(&table, say_fact(w->arena, s.first));
            wi_table_add(&table, say_during(w->arena, &s));
            wi_table_add(&table, say_fact(w->arena, s.last));
        }
    }
    w->fold_begin(w->out, part->level + 1, wi_page_anchor(part, w->arena, "conditions", 0),
                  "Conditions: what the device was doing");
    w->table(&table, w->out);
    w->fold_end(w->out);
}

/* ---- together ---- */

void wi_page_evidence(const struct wi_page_writer *w, const struct wi_page_part *part) {
    w->heading(w->out, part->level, wi_page_anchor(part, w->arena, "measurements", 0),
               "Measurements");
    if (part->run->evidence_count == 0) {
        w->paragraph(w->out, "None.");
        return;
    }
    w->fold_begin(w->out, part->level + 1, NULL,
                  wi_arena_printf(w->arena, "All %zu measurements", part->run->evidence_count));
    put_table(w, part);
    w->fold_end(w->out);
    if (w->samples) {
        w->fold_begin(w->out, part->level + 1, NULL, "Samples, measurement by measurement");
        for (size_t i = 0; i < part->run->evidence_count; i++)
            put_samples(w, part, i);
        w->fold_end(w->out);
    }
    put_conditions(w, part);
}
