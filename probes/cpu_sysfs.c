/* cpu_sysfs.c: the topology where there is no hwloc: as Linux shows it, through the environment.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Documentation/admin-guide/cputopology.rst, Documentation/ABI/testing/sysfs-devices-system-cpu.
 * Relies on nothing being there: whatever is missing leaves one package, one node, a core a thread.
 */
#include "base/units.h"
#include "probes/cpu.h"

#include <string.h>

#define CPUS "/sys/devices/system/cpu"

enum { CACHES_MAX = 8 };

struct reader {
    struct wi_env *env;
    struct wi_arena *arena;
    struct wi_cpu_topology *t;
    struct wi_cpu_list packages, cores, core, atom;
};

static const char *text_of(struct reader *r, unsigned cpu, const char *file) {
    return wi_env_text(r->env, r->arena, wi_arena_printf(r->arena, CPUS "/cpu%u/%s", cpu, file),
                       NULL);
}

static struct wi_maybe_u64 number_of(struct reader *r, unsigned cpu, const char *file) {
    return wi_env_u64(r->env, r->arena, wi_arena_printf(r->arena, CPUS "/cpu%u/%s", cpu, file));
}

/* How often `item` was put in before; it is put in again. */
static unsigned count_in(struct reader *r, struct wi_cpu_list *list, unsigned item) {
    unsigned n = 0;
    for (size_t i = 0; i < list->count; i++)
        n += list->items[i] == item;
    *WI_PUSH(r->arena, list, unsigned) = item;
    return n;
}

/* ---- which threads there are ---- */

/* Linux' list, else the number that the C library gives, else the processors of /proc/cpuinfo. */
static void list_threads(struct reader *r, struct wi_cpu_list *online) {
    const char *text = wi_env_text(r->env, r->arena, CPUS "/online", NULL);
    const char *number = wi_env_value(r->env, r->arena, "online_cpus", NULL);
    const char *info = wi_env_text(r->env, r->arena, "/proc/cpuinfo", NULL);
    uint64_t n = 0;
    if (text && wi_cpu_list_parse(r->arena, text, online))
        return;
    *online = (struct wi_cpu_list){0};
    if (!number || wi_parse_u64(number, 1, WI_CPU_LIST_MAX, &n) != WI_OK) {
        n = info && strncmp(info, "processor", 9) == 0;
        for (const char *p = info; p && (p = strstr(p, "\nprocessor")) != NULL; p++)
            n += n < WI_CPU_LIST_MAX;
    }
    for (unsigned cpu = 0; cpu < (n ? n : 1); cpu++)
        *WI_PUSH(r->arena, online, unsigned) = cpu;
}

/* ---- strengths ---- */

static void list_hybrid(struct reader *r) {
    const char *core = wi_env_text(r->env, r->arena, "/sys/devices/cpu_core/cpus", NULL);
    const char *atom = wi_env_text(r->env, r->arena, "/sys/devices/cpu_atom/cpus", NULL);
    if (!core || !atom || !wi_cpu_list_parse(r->arena, core, &r->core) ||
        !wi_cpu_list_parse(r->arena, atom, &r->atom))
        r->core = r->atom = (struct wi_cpu_list){0};
}

static size_t strength_of(struct reader *r, unsigned cpu) {
    struct wi_maybe_u64 khz = number_of(r, cpu, "cpufreq/cpuinfo_max_freq");
    struct wi_cpu_strength s = {.capacity = number_of(r, cpu, "cpu_capacity"),
                                .max_mhz = {khz.known, khz.value / 1000}};
    if (wi_cpu_list_has(&r->core, cpu))
        s.core_type = "IntelCore";
    else if (wi_cpu_list_has(&r->atom, cpu))
        s.core_type = "IntelAtom";
    for (size_t i = 0; i < r->t->strengths.count; i++) {
        const struct wi_cpu_strength *o = &r->t->strengths.items[i];
        if (o->core_type == s.core_type && o->capacity.value == s.capacity.value &&
            o->max_mhz.value == s.max_mhz.value)
            return i;
    }
    *WI_PUSH(r->arena, &r->t->strengths, struct wi_cpu_strength) = s;
    return r->t->strengths.count - 1;
}

/* ---- threads and caches ---- */

/* A core is named by its first thread. */
static unsigned core_of(struct reader *r, unsigned cpu) {
    static const char *const files[] = {"topology/core_cpus_list", "topology/thread_siblings_list"};
    struct wi_cpu_list siblings;
    for (size_t i = 0; i < WI_COUNT(files); i++) {
        const char *text = text_of(r, cpu, files[i]);
        if (text && wi_cpu_list_parse(r->arena, text, &siblings) && wi_cpu_list_has(&siblings, cpu))
            return siblings.items[0];
    }
    return cpu;
}

static void add_thread(struct reader *r, unsigned cpu) {
    struct wi_maybe_u64 package = number_of(r, cpu, "topology/physical_package_id");
    unsigned place = wi_has_u64(package) && package.value < WI_CPU_LIST_MAX
                         ? (unsigned)package.value
                         : 0; /* some boards say -1 */
    unsigned core = core_of(r, cpu), rank = count_in(r, &r->cores, core);
    r->t->packages += count_in(r, &r->packages, place) == 0;
    r->t->cores += rank == 0;
    *WI_PUSH(r->arena, &r->t->threads, struct wi_cpu_thread) = (struct wi_cpu_thread){
        .cpu = cpu, .core = core, .rank = rank, .strength = strength_of(r, cpu), .allowed = true};
}

/* "48K", "2048K", "32M" */
static uint64_t size_of(struct wi_arena *arena, const char *text) {
    size_t n = text ? strspn(text, "0123456789") : 0;
    uint64_t value = 0;
    if (n == 0 || wi_parse_u64(wi_arena_strndup(arena, text, n), 0, UINT32_MAX, &value) != WI_OK)
        return 0;
    return text[n] == 'K' ? value * WI_KIB : text[n] == 'M' ? value * WI_MIB : value;
}

/* Threads that share an instance all show it: only the first of them counts. */
static void add_cache(struct reader *r, unsigned cpu, unsigned index) {
    const char *folder = wi_arena_printf(r->arena, "cache/index%u", index);
    struct wi_maybe_u64 level = number_of(r, cpu, wi_arena_printf(r->arena, "%s/level", folder));
    struct wi_maybe_u64 line =
        number_of(r, cpu, wi_arena_printf(r->arena, "%s/coherency_line_size", folder));
    const char *type = text_of(r, cpu, wi_arena_printf(r->arena, "%s/type", folder));
    uint64_t bytes =
        size_of(r->arena, text_of(r, cpu, wi_arena_printf(r->arena, "%s/size", folder)));
    const char *text = text_of(r, cpu, wi_arena_printf(r->arena, "%s/shared_cpu_list", folder));
    struct wi_cpu_list shared = {0};
    bool told = text && wi_cpu_list_parse(r->arena, text, &shared);
    if (!wi_has_u64(level) || level.value < 1 || level.value > 4 || bytes == 0 ||
        (told && shared.items[0] != cpu))
        return;
    wi_cpu_add_cache(
        r->arena, r->t,
        (struct wi_cpu_cache){
            .level = (unsigned)level.value,
            .type = type && *type == 'D'   ? 'd'
                    : type && *type == 'I' ? 'i'
                                           : 'u',
            .bytes = bytes,
            .shared_threads = told ? (unsigned)shared.count : 1,
            .line_bytes = wi_has_u64(line) && line.value <= 4096 ? (unsigned)line.value : 0,
        });
}

static unsigned count_nodes(struct reader *r) {
    size_t count;
    unsigned nodes = 0;
    char **names = wi_env_names(r->env, r->arena, "/sys/devices/system/node", &count);
    for (size_t i = 0; i < count; i++)
        nodes += strncmp(names[i], "node", 4) == 0 && names[i][4] &&
                 strspn(names[i] + 4, "0123456789") == strlen(names[i] + 4);
    return nodes ? nodes : 1;
}

void wi_cpu_topology_sysfs(struct wi_env *env, struct wi_arena *arena,
                           struct wi_cpu_topology *topology) {
    struct reader r = {.env = env, .arena = arena, .t = topology};
    struct wi_cpu_list online = {0};
    *topology = (struct wi_cpu_topology){.source = CPUS};
    list_threads(&r, &online);
    list_hybrid(&r);
    for (size_t i = 0; i < online.count; i++) {
        add_thread(&r, online.items[i]);
        for (unsigned index = 0; index < CACHES_MAX; index++)
            add_cache(&r, online.items[i], index);
    }
    topology->numa_nodes = count_nodes(&r);
    wi_cpu_sort_caches(topology);
}
