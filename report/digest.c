/* digest.c: what a run's rows have in common.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/digest.h"

#include "report/words.h"

#include <string.h>

/* ---- names of rows ---- */

static const char *where(const struct wi_measurement *m) {
    return m->key.compute_device_id ? m->key.compute_device_id : wi_backend_id_name(m->key.backend);
}

/* A chip is asked through several APIs; the CPU and the null device through one. */
static const char *on(struct wi_arena *arena, const struct wi_measurement *m) {
    bool gpu = m->key.backend == WI_BACKEND_vulkan || m->key.backend == WI_BACKEND_opencl;
    return gpu ? wi_arena_printf(arena, "%s (%s)", where(m), wi_backend_id_name(m->key.backend))
               : where(m);
}

static const char *subject(struct wi_arena *arena, const struct wi_measurement *m) {
    char op[64];
    if (m->key.op.op)
        return wi_arena_printf(arena, "%s %s on %s", wi_op_label(&m->key.op, op, sizeof op),
                               wi_precision_label(m->key.precision), on(arena, m));
    if (!m->key.model)
        return wi_arena_printf(arena, "%s on %s", wi_kind_name(m->kind), on(arena, m));
    return wi_arena_printf(arena, "%s %s on %s", wi_model_label(m->key.model),
                           wi_precision_label(m->key.precision), on(arena, m));
}

const char *wi_digest_case(struct wi_arena *arena, const struct wi_measurement *m) {
    if (!m->key.model)
        return subject(arena, m);
    return wi_arena_printf(arena, "%s %s %s on %s", wi_model_label(m->key.model),
                           wi_precision_label(m->key.precision), wi_say_case(arena, &m->key),
                           on(arena, m));
}

/* ---- grouping ---- */

struct names { /* distinct subjects with how often each came */
    const char **items;
    size_t *times;
    size_t count;
};

static void add_name(struct names *names, const char *name) {
    size_t i = 0;
    while (i < names->count && strcmp(names->items[i], name) != 0)
        i++;
    if (i == names->count) {
        names->items[i] = name;
        names->times[i] = 0;
        names->count++;
    }
    names->times[i]++;
}

static const char *join(struct wi_arena *arena, const struct names *names) {
    enum { SHOWN = 6 }; /* more would bury the reason */
    struct wi_buf text = {0};
    for (size_t i = 0; i < names->count && i < SHOWN; i++) {
        wi_buf_printf(&text, "%s%s", i ? ", " : "", names->items[i]);
        if (names->times[i] > 1)
            wi_buf_printf(&text, " (%zu cases)", names->times[i]);
    }
    if (names->count > SHOWN)
        wi_buf_printf(&text, " and %zu more", names->count - SHOWN);
    const char *joined = wi_arena_strdup(arena, wi_buf_str(&text));
    wi_buf_fini(&text);
    return joined;
}

/* What a row belongs to; NULL: to no group of this kind. `reason` comes along. */
typedef const char *(*group_fn)(const struct wi_run_view *view, size_t i, const char **reason);

static const char *failed(const struct wi_run_view *view, size_t i, const char **reason) {
    const struct wi_measurement *m = &view->evidence[i].m;
    *reason = m->reason ? m->reason : "no reason was stored";
    return m->status == WI_CASE_ok ? NULL : wi_word_status(m->status);
}

static const char *does_not_count(const struct wi_run_view *view, size_t i, const char **reason) {
    const struct wi_measurement *m = &view->evidence[i].m;
    *reason = view->barred ? view->barred[i] : NULL;
    return m->status == WI_CASE_ok && *reason ? "not counted" : NULL;
}

static size_t group_rows(const struct wi_run_view *view, group_fn group_of, struct wi_arena *arena,
                         struct wi_digest_group **groups) {
    size_t n = view->evidence_count, kept = 0;
    struct wi_digest_group *list = WI_NEW_ARRAY(arena, struct wi_digest_group, n + 1);
    bool *done = WI_NEW_ARRAY(arena, bool, n + 1);
    struct names names = {WI_NEW_ARRAY(arena, const char *, n + 1),
                          WI_NEW_ARRAY(arena, size_t, n + 1), 0};
    for (size_t i = 0; i < n; i++) {
        const char *reason, *what = group_of(view, i, &reason);
        if (!what || done[i])
            continue;
        struct wi_digest_group *g = &list[kept++];
        *g = (struct wi_digest_group){.what = what, .reason = reason};
        names.count = 0;
        for (size_t j = i; j < n; j++) {
            const char *other, *same = group_of(view, j, &other);
            if (!same || strcmp(same, what) != 0 || strcmp(other, reason) != 0)
                continue;
            done[j] = true;
            g->times++;
            add_name(&names, subject(arena, &view->evidence[j].m));
        }
        g->cases = join(arena, &names);
    }
    *groups = list;
    return kept;
}

size_t wi_digest_failures(const struct wi_run_view *view, struct wi_arena *arena,
                          struct wi_digest_group **groups) {
    return group_rows(view, failed, arena, groups);
}

size_t wi_digest_barred(const struct wi_run_view *view, struct wi_arena *arena,
                        struct wi_digest_group **groups) {
    return group_rows(view, does_not_count, arena, groups);
}

/* What rows with this doubt say of it, each sentence with its case. */
static void add_seen(struct wi_digest_group *g, enum wi_doubt doubt, const struct wi_measurement *m,
                     struct wi_arena *arena) {
    enum { SHOWN = 4 };
    if (g->seen == NULL)
        g->seen = WI_NEW_ARRAY(arena, const char *, SHOWN);
    for (size_t i = 0; i < m->doubt_note_count && g->seen_count < SHOWN; i++)
        if (m->doubt_notes[i].doubt == doubt && m->doubt_notes[i].seen != NULL)
            g->seen[g->seen_count++] =
                wi_arena_printf(arena, "%s: %s", wi_digest_case(arena, m), m->doubt_notes[i].seen);
}

size_t wi_digest_doubts(const struct wi_run_view *view, struct wi_arena *arena,
                        struct wi_digest_group **groups) {
    size_t n = view->evidence_count, kept = 0;
    struct wi_digest_group *list = WI_NEW_ARRAY(arena, struct wi_digest_group, WI_DOUBT_COUNT);
    struct names names = {WI_NEW_ARRAY(arena, const char *, n + 1),
                          WI_NEW_ARRAY(arena, size_t, n + 1), 0};
    for (int d = 0; d < WI_DOUBT_COUNT; d++) {
        struct wi_digest_group g = {.what = wi_doubt_name((enum wi_doubt)d),
                                    .reason = wi_doubt_advice((enum wi_doubt)d)};
        names.count = 0;
        for (size_t i = 0; i < n; i++) {
            const struct wi_measurement *m = &view->evidence[i].m;
            if (m->status != WI_CASE_ok || !(m->doubts & WI_DOUBT_BIT(d)))
                continue;
            g.times++;
            add_name(&names, subject(arena, m));
            add_seen(&g, (enum wi_doubt)d, m, arena);
        }
        g.cases = join(arena, &names);
        if (g.times > 0)
            list[kept++] = g;
    }
    *groups = list;
    return kept;
}

static const char *say_beside(const struct wi_measurement *m, struct wi_arena *arena) {
    struct wi_buf text = {0};
    wi_buf_printf(&text, "%s: %s", wi_digest_case(arena, m),
                  wi_say_interval(arena, wi_rate_interval(m), "tok/s"));
    for (size_t i = 0; i < m->beside_count; i++) {
        const struct wi_rate *r = &m->beside[i].tokens_per_s;
        const struct wi_interval rate = {r->lo, r->median, r->hi};
        wi_buf_printf(&text, "; with %s %s", wi_beside_differs(m->beside[i].what),
                      wi_say_interval(arena, rate, "tok/s"));
    }
    const char *sentence = wi_arena_strdup(arena, wi_buf_str(&text));
    wi_buf_fini(&text);
    return sentence;
}

size_t wi_digest_beside(const struct wi_run_view *view, struct wi_arena *arena,
                        const char *const **sentences) {
    const char **list = WI_NEW_ARRAY(arena, const char *, view->evidence_count + 1);
    size_t n = 0;
    for (size_t i = 0; i < view->evidence_count; i++)
        if (view->evidence[i].m.status == WI_CASE_ok && view->evidence[i].m.beside_count > 0)
            list[n++] = say_beside(&view->evidence[i].m, arena);
    *sentences = list;
    return n;
}

size_t wi_digest_ok(const struct wi_run_view *view) {
    size_t ok = 0;
    for (size_t i = 0; i < view->evidence_count; i++)
        ok += view->evidence[i].m.status == WI_CASE_ok;
    return ok;
}
