/* cpu_kinds.c: lists of CPUs; hardware threads into kinds of cores.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure. Makers and kernels tell cores apart by rank, type, capacity or clock. Cores that differ by
 * less than a tenth are one kind: a "favoured" core that boosts 100 MHz higher is no other core,
 * and a run that used it alone would say nothing. */
#include "base/units.h"
#include "probes/cpu.h"

#include <stdlib.h>
#include <string.h>

enum { CACHES_MAX = 64 };

/* ---- lists ---- */

static bool add_range(struct wi_arena *arena, const char *text, struct wi_cpu_list *list) {
    size_t n = strcspn(text, "-");
    uint64_t from, to;
    if (wi_parse_u64(wi_arena_strndup(arena, text, n), 0, WI_CPU_LIST_MAX - 1, &from) != WI_OK)
        return false;
    to = from;
    if (text[n] && wi_parse_u64(text + n + 1, from, WI_CPU_LIST_MAX - 1, &to) != WI_OK)
        return false;
    for (uint64_t cpu = from; cpu <= to; cpu++) {
        if (list->count >= WI_CPU_LIST_MAX)
            return false;
        *WI_PUSH(arena, list, unsigned) = (unsigned)cpu;
    }
    return true;
}

bool wi_cpu_list_parse(struct wi_arena *arena, const char *text, struct wi_cpu_list *list) {
    *list = (struct wi_cpu_list){0};
    for (const char *p = text; p && *p;) {
        size_t n = strcspn(p, ",");
        if (!add_range(arena, wi_arena_strndup(arena, p, n), list))
            return false;
        p += n + (p[n] == ',');
    }
    return list->count > 0;
}

bool wi_cpu_list_has(const struct wi_cpu_list *list, unsigned cpu) {
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == cpu)
            return true;
    return false;
}

const char *wi_cpu_list_text(struct wi_arena *arena, const unsigned *cpus, size_t count) {
    struct wi_buf out = {0};
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && cpus[end] == cpus[end - 1] + 1)
            end++;
        wi_buf_printf(&out, i ? ",%u" : "%u", cpus[i]);
        if (end - i > 1)
            wi_buf_printf(&out, end - i > 2 ? "-%u" : ",%u", cpus[end - 1]);
        i = end;
    }
    const char *text = wi_arena_strdup(arena, wi_buf_str(&out));
    wi_buf_fini(&out);
    return text;
}

/* ---- strengths into groups ---- */

/* One number to compare two makes by; 0: nothing is known. */
static uint64_t measure(const struct wi_cpu_strength *s, bool by_capacity) {
    struct wi_maybe_u64 m = by_capacity ? s->capacity : s->max_mhz;
    return wi_has_u64(m) ? m.value : 0;
}

/* Intel's names tell without a number. */
static uint64_t core_rank(const struct wi_cpu_strength *s) {
    return s->core_type && strcmp(s->core_type, "IntelAtom") == 0   ? 1
           : s->core_type && strcmp(s->core_type, "IntelCore") == 0 ? 2
                                                                    : 0;
}

static int weaker_first(const void *a, const void *b) {
    const struct wi_cpu_strength *x = *(const struct wi_cpu_strength *const *)a;
    const struct wi_cpu_strength *y = *(const struct wi_cpu_strength *const *)b;
    uint64_t mx = core_rank(x), my = core_rank(y);
    if (wi_has_u64(x->rank) && wi_has_u64(y->rank)) {
        mx = x->rank.value;
        my = y->rank.value;
    } else if (mx == my) {
        bool capacity = wi_has_u64(x->capacity) && wi_has_u64(y->capacity);
        mx = measure(x, capacity);
        my = measure(y, capacity);
    }
    return mx != my ? (mx < my ? -1 : 1) : (x > y) - (x < y);
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Neighbours in the order of strength. */
static bool alike(const struct wi_cpu_strength *weak, const struct wi_cpu_strength *strong) {
    bool capacity = wi_has_u64(weak->capacity) && wi_has_u64(strong->capacity);
    uint64_t w = measure(weak, capacity), s = measure(strong, capacity);
    if (!same_text(weak->core_type, strong->core_type))
        return false;
    if (w == 0 || s == 0) /* ranked apart by those who know, without a number */
        return !(wi_has_u64(weak->rank) && wi_has_u64(strong->rank) &&
                 weak->rank.value != strong->rank.value);
    return s < w || (s - w) * 10 < s;
}

/* Those that some thread has, in any order. */
static size_t list_used(struct wi_arena *arena, const struct wi_cpu_topology *t,
                        const struct wi_cpu_strength **list) {
    bool *used = WI_NEW_ARRAY(arena, bool, t->strengths.count + 1);
    size_t n = 0;
    for (size_t i = 0; i < t->threads.count; i++)
        used[t->threads.items[i].strength] = true;
    for (size_t i = 0; i < t->strengths.count; i++)
        if (used[i])
            list[n++] = &t->strengths.items[i];
    return n;
}

/* group[strength]: 0 the weakest; returns how many groups there are. */
static size_t group_strengths(struct wi_arena *arena, const struct wi_cpu_topology *t,
                              size_t *group) {
    const struct wi_cpu_strength **order =
        WI_NEW_ARRAY(arena, const struct wi_cpu_strength *, t->strengths.count + 1);
    size_t n = list_used(arena, t, order), groups = 0;
    if (n > 1)
        qsort(order, n, sizeof(*order), weaker_first);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && !alike(order[i - 1], order[i]))
            groups++;
        group[order[i] - t->strengths.items] = groups;
    }
    return groups + 1;
}

/* ---- groups into kinds ---- */

static const char *kind_name(size_t group, size_t groups) {
    if (groups == 1)
        return "uniform";
    return group == groups - 1 ? "performance" : group == 0 ? "efficiency" : "mid";
}

static bool is_allowed(const struct wi_cpu_thread *t, const struct wi_cpu_list *allowed) {
    return allowed ? wi_cpu_list_has(allowed, t->cpu) : t->allowed;
}

/* Within a kind: first threads of cores, faster cores, the topology's order. */
struct place {
    unsigned rank;
    uint64_t mhz;
    size_t index;
};

static int by_place(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->mhz != y->mhz)
        return x->mhz > y->mhz ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void fill_kind(struct wi_arena *arena, const struct wi_cpu_topology *t, const bool *member,
                      const struct wi_cpu_list *allowed, struct wi_core_kind *kind) {
    struct place *places = WI_NEW_ARRAY(arena, struct place, t->threads.count + 1);
    unsigned *cpus = WI_NEW_ARRAY(arena, unsigned, t->threads.count + 1);
    for (size_t i = 0; i < t->threads.count; i++) {
        const struct wi_cpu_thread *thread = &t->threads.items[i];
        if (!member[thread->strength])
            continue;
        struct wi_maybe_u64 mhz = t->strengths.items[thread->strength].max_mhz;
        kind->threads++;
        kind->cores += thread->rank == 0;
        if (wi_has_u64(mhz) && mhz.value > kind->max_mhz.value)
            kind->max_mhz = mhz;
        if (is_allowed(thread, allowed))
            places[kind->cpu_count++] = (struct place){thread->rank, mhz.value, i};
    }
    if (kind->cpu_count > 1)
        qsort(places, kind->cpu_count, sizeof(*places), by_place);
    for (size_t i = 0; i < kind->cpu_count; i++)
        cpus[i] = t->threads.items[places[i].index].cpu;
    kind->cpus = cpus;
}

void wi_cpu_kinds(struct wi_arena *arena, const struct wi_cpu_topology *topology,
                  const struct wi_cpu_list *allowed, struct wi_cpu *cpu) {
    static const char *const names[] = {"performance", "mid", "efficiency", "uniform"};
    size_t n = topology->strengths.count;
    size_t *group = WI_NEW_ARRAY(arena, size_t, n + 1);
    size_t groups = group_strengths(arena, topology, group);
    cpu->kinds = WI_NEW_ARRAY(arena, struct wi_core_kind, WI_COUNT(names));
    cpu->kind_count = 0;
    cpu->allowed_threads = 0;
    for (size_t k = 0; k < WI_COUNT(names); k++) {
        struct wi_core_kind *kind = &cpu->kinds[cpu->kind_count];
        bool *member = WI_NEW_ARRAY(arena, bool, n + 1);
        *kind = (struct wi_core_kind){.name = names[k]};
        for (size_t i = 0; i < n; i++)
            member[i] = strcmp(kind_name(group[i], groups), names[k]) == 0;
        fill_kind(arena, topology, member, allowed, kind);
        cpu->allowed_threads += (unsigned)kind->cpu_count;
        cpu->kind_count += kind->threads > 0;
    }
}

/* ---- caches ---- */

void wi_cpu_add_cache(struct wi_arena *arena, struct wi_cpu_topology *topology,
                      struct wi_cpu_cache cache) {
    if (topology->caches.count >= CACHES_MAX)
        return; /* no machine has so many kinds */
    for (size_t i = 0; i < topology->caches.count; i++) {
        struct wi_cpu_cache *c = &topology->caches.items[i];
        if (c->level == cache.level && c->type == cache.type && c->bytes == cache.bytes &&
            c->shared_threads == cache.shared_threads && c->line_bytes == cache.line_bytes) {
            c->instances++;
            return;
        }
    }
    cache.instances = 1;
    *WI_PUSH(arena, &topology->caches, struct wi_cpu_cache) = cache;
}

/* Insertion keeps equals in the order in which they were found. */
void wi_cpu_sort_caches(struct wi_cpu_topology *topology) {
    struct wi_cpu_cache *items = topology->caches.items;
    for (size_t i = 1; i < topology->caches.count; i++)
        for (size_t k = i; k > 0; k--) {
            struct wi_cpu_cache *a = &items[k - 1], *b = &items[k];
            if (a->level < b->level || (a->level == b->level && a->type <= b->type))
                break;
            struct wi_cpu_cache swap = *a;
            *a = *b;
            *b = swap;
        }
}
