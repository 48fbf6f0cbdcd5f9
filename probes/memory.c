/* memory.c: how much memory there is, how much of it we may use, and in which pages.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Facts: memory.total_bytes, .available_bytes, .limit_bytes, .swap_total_bytes, .swap_free_bytes,
 * .huge_pages, .hugetlb_free.
 * The limit is the tightest of the control groups that hold us: memory.max and memory.high
 * (version 2), memory.limit_in_bytes (version 1). memory.high kills nobody, but a process above it
 * is slowed down until it is of no use, so to a model it is a limit.
 * Relies on: /proc/meminfo (proc(5)); Documentation/admin-guide/cgroup-v2.rst and cgroup-v1. */
#include "base/units.h"
#include "probes/cgroup.h"
#include "probes/facts.h"
#include "probes/gpu_seen.h"
#include "probes/system.h"

#include <string.h>

#define HUGETLB "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"
#define THP     "/sys/kernel/mm/transparent_hugepage/enabled"

/* Version 1 says "no limit" with the largest page count times the page size: near 2^63. */
#define NO_LIMIT (UINT64_C(1) << 60)

struct prober {
    struct wi_env *env;
    struct wi_arena *arena;
    struct wi_facts *facts;
    const char *meminfo; /* NULL: unreadable, and why: */
    enum wi_known why;
};

static void add(struct prober *p, const char *key, struct wi_maybe_u64 value, const char *unit,
                const char *source) {
    wi_facts_add_u64(p->facts, p->arena, key, value, unit, source);
}

/* ---- /proc/meminfo ---- */

/* The number in "NAME:   123 kB"; unknown when it is no number or 16 EiB and more. */
static struct wi_maybe_u64 field(struct prober *p, const char *name, uint64_t scale) {
    size_t n = strlen(name);
    uint64_t value;
    if (!p->meminfo)
        return (struct wi_maybe_u64){p->why, 0};
    for (const char *line = p->meminfo; *line;) {
        size_t length = strcspn(line, "\n");
        if (length > n && strncmp(line, name, n) == 0 && line[n] == ':') {
            const char *start = line + n + 1 + strspn(line + n + 1, " \t");
            const char *word = wi_arena_strndup(p->arena, start, strcspn(start, " \t\n"));
            if (wi_parse_u64(word, 0, UINT64_MAX / scale, &value) == WI_OK)
                return wi_some_u64(value * scale);
            return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
        }
        line += length + (line[length] == '\n');
    }
    return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
}

static struct wi_maybe_u64 bytes_fact(struct prober *p, const char *key, const char *name) {
    struct wi_maybe_u64 value = field(p, name, WI_KIB);
    add(p, key, value, "bytes", "/proc/meminfo");
    return value;
}

/* A machine has memory: 0 is damage, and missing is no answer. */
static struct wi_maybe_u64 total_of(struct prober *p) {
    struct wi_maybe_u64 total = field(p, "MemTotal", WI_KIB);
    if (total.value == 0 && total.known != WI_KNOWN_denied)
        total.known = WI_KNOWN_unknown;
    add(p, "memory.total_bytes", total, "bytes", "/proc/meminfo");
    return total;
}

/* ---- limits ---- */

struct limit {
    struct wi_maybe_u64 tightest;
    const char *source;
    enum wi_known worst; /* of files that said nothing of use */
};

static void look_at_limit(struct prober *p, const char *folder, const char *file,
                          struct limit *limit) {
    const char *path = wi_arena_printf(p->arena, "%s/%s", folder, file);
    enum wi_known known;
    const char *text = wi_env_text(p->env, p->arena, path, &known);
    uint64_t bytes;
    if (text && strcmp(text, "max") == 0)
        return;
    if (text && wi_parse_u64(text, 0, UINT64_MAX, &bytes) == WI_OK) {
        if (bytes < NO_LIMIT && (!wi_has_u64(limit->tightest) || bytes < limit->tightest.value)) {
            limit->tightest = wi_some_u64(bytes);
            limit->source = path;
        }
        return;
    }
    known = text ? WI_KNOWN_unknown : known;
    if (known != WI_KNOWN_not_applicable && limit->worst == WI_KNOWN_not_applicable)
        limit->worst = known;
}

static struct wi_maybe_u64 limit_of(struct prober *p) {
    size_t count;
    enum wi_known known;
    struct wi_cgroup_folder *f = wi_cgroup_folders(p->env, p->arena, "memory", &count, &known);
    struct limit limit = {.source = "/proc/self/cgroup, /sys/fs/cgroup",
                          .worst = WI_KNOWN_not_applicable};
    for (size_t i = 0; i < count; i++) {
        if (f[i].version == 1) {
            look_at_limit(p, f[i].path, "memory.limit_in_bytes", &limit);
        } else {
            look_at_limit(p, f[i].path, "memory.max", &limit);
            look_at_limit(p, f[i].path, "memory.high", &limit);
        }
    }
    if (!wi_has_u64(limit.tightest))
        limit.tightest.known = limit.worst;
    add(p, "memory.limit_bytes", limit.tightest, "bytes", limit.source);
    return limit.tightest;
}

/* ---- huge pages ---- */

/* "always [madvise] never": the word in brackets. */
static const char *huge_pages_of(struct prober *p) {
    static const char *const modes[] = {"always", "madvise", "never"};
    enum wi_known known;
    const char *text = wi_env_text(p->env, p->arena, THP, &known);
    const char *open = text ? strchr(text, '[') : NULL, *mode = NULL;
    for (size_t i = 0; open && i < WI_COUNT(modes); i++) {
        size_t n = strlen(modes[i]);
        if (strncmp(open + 1, modes[i], n) == 0 && open[1 + n] == ']')
            mode = modes[i];
    }
    if (mode)
        wi_facts_add(p->facts, p->arena, "memory.huge_pages", mode, "", THP);
    else
        wi_facts_add_absent(p->facts, p->arena, "memory.huge_pages",
                            text ? WI_KNOWN_unknown : known, THP);
    return mode;
}

/* meminfo counts pages of the default size only, which need not be 2 MiB. */
static struct wi_maybe_u64 hugetlb_of(struct prober *p) {
    struct wi_maybe_u64 free_pages = wi_env_u64(p->env, p->arena, HUGETLB);
    const char *source = HUGETLB;
    struct wi_maybe_u64 size = field(p, "Hugepagesize", WI_KIB);
    if (!wi_has_u64(free_pages) && wi_has_u64(size) && size.value == 2 * WI_MIB) {
        free_pages = field(p, "HugePages_Free", 1);
        source = "/proc/meminfo";
    }
    add(p, "memory.hugetlb_free", free_pages, "pages of 2 MiB", source);
    return free_pages;
}

/* ---- the whole ---- */

void wi_probe_memory(struct wi_env *env, struct wi_inventory *inventory) {
    struct prober p = {.env = env, .arena = inventory->arena, .facts = &inventory->facts};
    p.meminfo = wi_env_text(env, p.arena, "/proc/meminfo", &p.why);
    if (p.why == WI_KNOWN_not_applicable)
        p.why = WI_KNOWN_unknown; /* every machine has memory */
    inventory->memory = (struct wi_memory){
        .total_bytes = total_of(&p),
        .available_bytes = bytes_fact(&p, "memory.available_bytes", "MemAvailable"),
        .limit_bytes = limit_of(&p),
        .swap_total_bytes = bytes_fact(&p, "memory.swap_total_bytes", "SwapTotal"),
        .swap_free_bytes = bytes_fact(&p, "memory.swap_free_bytes", "SwapFree"),
        .huge_pages = huge_pages_of(&p),
        .hugetlb_free = hugetlb_of(&p),
        .form = inventory->memory.form,
        .form_because = inventory->memory.form_because,
    };
}
