/* cpu_xml.c: a topology in hwloc's XML -> threads, cores, caches, kinds.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads the little that is needed of the format (hwloc2.dtd): the tree of <object>, its caches and
 * processing units, and <cpukind>. Of our own, because recordings come from strangers and hwloc's
 * reader is not made for that; and so that a build without hwloc replays the same text.
 * Promises: reads within the text, at most DEPTH_MAX deep; what it does not know it passes over. */
#include "base/units.h"
#include "probes/cpu.h"
#include "probes/gpu_seen.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64, WORDS_MAX = WI_CPU_LIST_MAX / 32 };

/* ---- tags ---- */

enum tag_kind { TAG_open, TAG_close, TAG_alone, TAG_end, TAG_broken };

struct tag {
    const char *name, *attributes; /* of what stands between the brackets */
    size_t name_size, size;
};

/* The next tag at or after *at, which moves behind it; comments, DTD and text are passed over. */
static enum tag_kind next_tag(const char **at, struct tag *tag) {
    const char *open = strchr(*at, '<');
    while (open && (open[1] == '?' || open[1] == '!')) {
        const char *end = strstr(open, strncmp(open, "<!--", 4) == 0 ? "-->" : ">");
        open = end ? strchr(end, '<') : NULL;
    }
    const char *end = open ? strchr(open, '>') : NULL;
    if (!open)
        return TAG_end;
    if (!end)
        return TAG_broken;
    bool close = open[1] == '/', alone = end[-1] == '/' && !close;
    tag->name = open + 1 + close;
    tag->name_size = strcspn(tag->name, " \t\r\n/>");
    tag->attributes = tag->name + tag->name_size;
    tag->size = (size_t)(end - tag->attributes) - (alone && end > tag->attributes);
    *at = end + 1;
    return close ? TAG_close : alone ? TAG_alone : TAG_open;
}

static bool is_named(const struct tag *tag, const char *name) {
    return strlen(name) == tag->name_size && memcmp(tag->name, name, tag->name_size) == 0;
}

/* In the arena; NULL: no such attribute. hwloc writes NAME="VALUE" with one blank before. */
static const char *attribute(struct wi_arena *arena, const struct tag *tag, const char *name) {
    size_t n = strlen(name);
    for (size_t i = 0; i + n + 3 < tag->size; i++) {
        const char *p = tag->attributes + i;
        if (*p == '"') { /* a value is no name */
            const char *close = memchr(p + 1, '"', tag->size - i - 1);
            if (!close)
                return NULL;
            i = (size_t)(close - tag->attributes);
        } else if (*p == ' ' && strncmp(p + 1, name, n) == 0 && p[n + 1] == '=' &&
                   p[n + 2] == '"') {
            const char *value = p + n + 3;
            const char *close = memchr(value, '"', tag->size - i - n - 3);
            return close ? wi_arena_strndup(arena, value, (size_t)(close - value)) : NULL;
        }
    }
    return NULL;
}

static uint64_t number(struct wi_arena *arena, const struct tag *tag, const char *name, uint64_t hi,
                       uint64_t otherwise) {
    const char *text = attribute(arena, tag, name);
    uint64_t value;
    return text && wi_parse_u64(text, 0, hi, &value) == WI_OK ? value : otherwise;
}

/* ---- sets of CPUs ---- */

/* "0xf...f,0x00000001,,0x000000ff": words of 32 bits, the highest first, "" for 0; a first word of
 * "0xf...f" stands for all above. */
struct set {
    uint32_t words[WORDS_MAX]; /* the lowest first */
    bool above;
};

static void parse_set(const char *text, struct set *set) {
    size_t length = strlen(text), count = 0;
    memset(set, 0, sizeof(*set));
    set->above = strncmp(text, "0xf...f", 7) == 0;
    for (size_t end = length; count < WORDS_MAX;) {
        size_t start = end;
        while (start > 0 && text[start - 1] != ',')
            start--;
        if (start == 0 && set->above)
            break;
        set->words[count++] = (uint32_t)strtoul(text + start, NULL, 16);
        if (start == 0)
            break;
        end = start - 1;
    }
    for (; set->above && count < WORDS_MAX; count++)
        set->words[count] = UINT32_MAX;
}

static bool is_in(const struct set *set, unsigned cpu) {
    return set->words[cpu / 32] >> cpu % 32 & 1;
}

/* ---- the tree ---- */

enum element { ELEMENT_other, ELEMENT_package, ELEMENT_core, ELEMENT_cache, ELEMENT_kind };

struct open {
    enum element element;
    struct wi_cpu_cache cache;
    size_t threads_before;
    unsigned core, rank; /* of a core: its number, and of its next thread */
};
struct reader {
    struct wi_arena *arena;
    struct wi_cpu_topology *t;
    struct open stack[DEPTH_MAX];
    size_t depth;
    struct set allowed;
    bool limited;            /* allowed is told */
    size_t *strength_of_cpu; /* by OS index; 0: in no kind, else the index + 1 */
};

static struct open *innermost(struct reader *r, enum element element) {
    for (size_t i = r->depth; i-- > 0;)
        if (r->stack[i].element == element)
            return &r->stack[i];
    return NULL;
}

static void take_thread(struct reader *r, const struct tag *tag) {
    uint64_t cpu = number(r->arena, tag, "os_index", WI_CPU_LIST_MAX - 1, WI_CPU_LIST_MAX);
    struct open *core = innermost(r, ELEMENT_core);
    if (cpu == WI_CPU_LIST_MAX || r->t->threads.count >= WI_CPU_LIST_MAX)
        return;
    unsigned number_of_core = core ? core->core : r->t->cores++;
    *WI_PUSH(r->arena, &r->t->threads, struct wi_cpu_thread) =
        (struct wi_cpu_thread){.cpu = (unsigned)cpu,
                               .core = number_of_core,
                               .rank = core ? core->rank++ : 0,
                               .allowed = !r->limited || is_in(&r->allowed, (unsigned)cpu)};
}

static struct wi_cpu_cache cache_of(struct reader *r, const struct tag *tag) {
    static const char types[] = {'u', 'd', 'i'};
    return (struct wi_cpu_cache){
        .level = (unsigned)number(r->arena, tag, "depth", 4, 0),
        .type = types[number(r->arena, tag, "cache_type", 2, 0)],
        .bytes = number(r->arena, tag, "cache_size", UINT64_C(1) << 40, 0),
        .line_bytes = (unsigned)number(r->arena, tag, "cache_linesize", 4096, 0),
    };
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static void take_object(struct reader *r, const struct tag *tag, struct open *open) {
    const char *type = attribute(r->arena, tag, "type");
    const char *allowed = attribute(r->arena, tag, "allowed_cpuset");
    if (allowed && !r->limited) {
        parse_set(allowed, &r->allowed);
        r->limited = true;
    }
    if (!type)
        return;
    if (strcmp(type, "Package") == 0) {
        open->element = ELEMENT_package;
        r->t->packages++;
    } else if (strcmp(type, "NUMANode") == 0) {
        r->t->numa_nodes++;
    } else if (strcmp(type, "Core") == 0) {
        open->element = ELEMENT_core;
        open->core = r->t->cores++;
    } else if (strcmp(type, "PU") == 0) {
        take_thread(r, tag);
    } else if (type[0] == 'L' && ends_with(type, "Cache")) {
        open->element = ELEMENT_cache;
        open->cache = cache_of(r, tag);
    }
}

/* ---- kinds ---- */

/* The first kind that claims a CPU has it. */
static void take_kind(struct reader *r, const struct tag *tag) {
    const char *cpuset = attribute(r->arena, tag, "cpuset");
    uint64_t forced = number(r->arena, tag, "forced_efficiency", 1000, UINT64_MAX);
    struct set set;
    if (r->t->strengths.count >= DEPTH_MAX)
        return;
    struct wi_cpu_strength *s = WI_PUSH(r->arena, &r->t->strengths, struct wi_cpu_strength);
    if (forced != UINT64_MAX)
        s->rank = wi_some_u64(forced);
    if (!cpuset)
        return;
    parse_set(cpuset, &set);
    for (unsigned cpu = 0; cpu < WI_CPU_LIST_MAX; cpu++)
        if (is_in(&set, cpu) && r->strength_of_cpu[cpu] == 0)
            r->strength_of_cpu[cpu] = r->t->strengths.count;
}

static struct wi_maybe_u64 positive(const char *text) {
    uint64_t value;
    if (wi_parse_u64(text, 1, 1000000, &value) != WI_OK)
        return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    return wi_some_u64(value);
}

/* <info> within a kind or a package. */
static void take_info(struct reader *r, const struct tag *tag) {
    const char *name = attribute(r->arena, tag, "name"), *value = attribute(r->arena, tag, "value");
    const struct open *within = r->depth ? &r->stack[r->depth - 1] : NULL;
    if (!name || !value || !within)
        return;
    if (within->element == ELEMENT_package && strcmp(name, "CPUModel") == 0 && !r->t->name)
        r->t->name = wi_gpu_clean_text(r->arena, value);
    if (within->element != ELEMENT_kind || r->t->strengths.count == 0)
        return;
    struct wi_cpu_strength *s = &r->t->strengths.items[r->t->strengths.count - 1];
    if (strcmp(name, "CoreType") == 0)
        s->core_type = wi_gpu_clean_text(r->arena, value);
    else if (strcmp(name, "LinuxCapacity") == 0)
        s->capacity = positive(value);
    else if (strcmp(name, "FrequencyMaxMHz") == 0)
        s->max_mhz = positive(value);
}

/* ---- the whole ---- */

static int open_tag(struct reader *r, const struct tag *tag, bool alone, struct wi_err *err) {
    struct open open = {.threads_before = r->t->threads.count};
    if (is_named(tag, "object")) {
        take_object(r, tag, &open);
    } else if (is_named(tag, "cpukind")) {
        open.element = ELEMENT_kind;
        take_kind(r, tag);
    } else if (is_named(tag, "info")) {
        take_info(r, tag);
    }
    if (alone)
        return WI_OK;
    if (r->depth >= DEPTH_MAX)
        return wi_fail(err, WI_CORRUPT, "the recorded topology is nested too deeply");
    r->stack[r->depth++] = open;
    return WI_OK;
}

static int close_tag(struct reader *r, struct wi_err *err) {
    if (r->depth == 0)
        return wi_fail(err, WI_CORRUPT, "the recorded topology closes what it did not open");
    struct open *open = &r->stack[--r->depth];
    open->cache.shared_threads = (unsigned)(r->t->threads.count - open->threads_before);
    if (open->element == ELEMENT_cache && open->cache.bytes && open->cache.level &&
        open->cache.shared_threads)
        wi_cpu_add_cache(r->arena, r->t, open->cache);
    return WI_OK;
}

static int read_tags(struct reader *r, const char *xml, struct wi_err *err) {
    struct tag tag;
    for (const char *at = xml;;) {
        enum tag_kind kind = next_tag(&at, &tag);
        if (kind == TAG_broken)
            return wi_fail(err, WI_CORRUPT, "the recorded topology ends within a tag");
        if (kind == TAG_end)
            break;
        WI_TRY(kind == TAG_close ? close_tag(r, err) : open_tag(r, &tag, kind == TAG_alone, err));
    }
    if (r->depth > 0)
        return wi_fail(err, WI_CORRUPT, "the recorded topology ends too early");
    if (r->t->threads.count == 0)
        return wi_fail(err, WI_CORRUPT, "the recorded topology has no hardware thread");
    return WI_OK;
}

/* Threads in no kind share a make of which nothing is known. */
static void settle(struct reader *r) {
    struct wi_cpu_topology *t = r->t;
    size_t none = t->strengths.count;
    WI_PUSH(r->arena, &t->strengths, struct wi_cpu_strength);
    for (size_t i = 0; i < t->threads.count; i++) {
        size_t strength = r->strength_of_cpu[t->threads.items[i].cpu];
        t->threads.items[i].strength = strength ? strength - 1 : none;
    }
    t->packages = t->packages ? t->packages : 1;
    t->numa_nodes = t->numa_nodes ? t->numa_nodes : 1;
    t->cores = t->cores ? t->cores : 1;
    wi_cpu_sort_caches(t);
}

int wi_cpu_topology_xml(const char *xml, struct wi_arena *arena, struct wi_cpu_topology *topology,
                        struct wi_err *err) {
    struct wi_cpu_topology t = {.source = "hwloc"};
    struct reader *r = WI_NEW(arena, struct reader);
    r->arena = arena;
    r->t = &t;
    r->strength_of_cpu = WI_NEW_ARRAY(arena, size_t, WI_CPU_LIST_MAX);
    WI_TRY(read_tags(r, xml, err));
    settle(r);
    *topology = t;
    return WI_OK;
}

/* The live machine is read back from what is recorded of it, so a replay cannot differ. */
static int topology_text(struct wi_env *env, struct wi_buf *xml, struct wi_err *err) {
    int status = env->topology_xml ? env->topology_xml(env->state, xml) : WI_NOT_FOUND;
    if (status == WI_UNSUPPORTED) {
        wi_buf_clear(xml);
        WI_TRY(wi_cpu_hwloc_xml(xml, err));
        if (env->topology_seen)
            env->topology_seen(env->state, wi_buf_str(xml), xml->size);
        return WI_OK;
    }
    return status == WI_OK ? WI_OK : wi_fail(err, WI_NOT_FOUND, "the recording has no topology");
}

int wi_cpu_topology_hwloc(struct wi_env *env, struct wi_arena *arena,
                          struct wi_cpu_topology *topology, struct wi_err *err) {
    struct wi_buf xml = {0};
    int status = topology_text(env, &xml, err);
    if (status == WI_OK)
        status = wi_cpu_topology_xml(wi_buf_str(&xml), arena, topology, err);
    wi_buf_fini(&xml);
    return status;
}
