/* cpu_hwloc.c: packages, cores, threads, NUMA nodes, caches and kinds of cores, through hwloc.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The live machine is looked at, exported as XML, and read back from that: what a replay will read
 * is what this machine's own answer was made of, so the two cannot differ.
 * hwloc's GPU and I/O components stay off: they would load drivers into this process, and a broken
 * driver is what the GPU probes are careful of.
 * Relies on: hwloc 2.5 or later; only this file knows it. */
#include "probes/cpu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef WI_HAVE_HWLOC

#include <hwloc.h>

enum { XML_MAX_BYTES = 16 << 20 };

/* ---- a topology to read ---- */

static void leave_out_drivers(hwloc_topology_t topology) {
    static const char *const components[] = {"opencl",    "cuda", "nvml", "rsmi",
                                             "levelzero", "gl",   "pci",  "linux:io"};
    for (size_t i = 0; i < WI_COUNT(components); i++) /* an unknown name is none to leave out */
        hwloc_topology_set_components(topology, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST,
                                      components[i]);
}

/* Plugins are opened by init already, before any topology could refuse them. What the user set
 * stays. */
static void keep_plugins_closed(void) {
    setenv("HWLOC_PLUGINS_BLACKLIST",
           "hwloc_opencl.so,hwloc_cuda.so,hwloc_nvml.so,hwloc_rsmi.so,hwloc_levelzero.so,"
           "hwloc_gl.so,hwloc_pci.so",
           0);
}

/* The whole machine, also what a cpuset keeps from us; that is subtracted later. */
static int load(hwloc_topology_t *topology, const char *xml, struct wi_err *err) {
    unsigned long flags =
        HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED | HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING;
    keep_plugins_closed();
    if (hwloc_topology_init(topology) != 0)
        return wi_fail(err, WI_UNAVAILABLE, "hwloc does not start: %s", strerror(errno));
    leave_out_drivers(*topology);
    hwloc_topology_set_flags(*topology, flags);
    hwloc_topology_set_io_types_filter(*topology, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_icache_types_filter(*topology, HWLOC_TYPE_FILTER_KEEP_ALL);
    if ((xml && hwloc_topology_set_xmlbuffer(*topology, xml, (int)strlen(xml)) != 0) ||
        hwloc_topology_load(*topology) != 0) {
        hwloc_topology_destroy(*topology);
        return wi_fail(err, xml ? WI_CORRUPT : WI_UNAVAILABLE,
                       xml ? "hwloc cannot read the recorded topology"
                           : "hwloc cannot look at this machine");
    }
    return WI_OK;
}

static int live_xml(struct wi_env *env, struct wi_buf *xml, struct wi_err *err) {
    hwloc_topology_t topology;
    char *text = NULL;
    int n = 0;
    WI_TRY(load(&topology, NULL, err));
    int status = WI_OK;
    if (hwloc_topology_export_xmlbuffer(topology, &text, &n, 0) != 0)
        status =
            wi_fail(err, WI_UNAVAILABLE, "hwloc cannot export the topology: %s", strerror(errno));
    if (status == WI_OK) {
        wi_buf_clear(xml);
        wi_buf_puts(xml, text); /* some exporters count the closing NUL */
        if (env->topology_seen)
            env->topology_seen(env->state, wi_buf_str(xml), xml->size);
        hwloc_free_xmlbuffer(topology, text);
    }
    hwloc_topology_destroy(topology);
    return status;
}

static int topology_text(struct wi_env *env, struct wi_buf *xml, struct wi_err *err) {
    int status = env->topology_xml ? env->topology_xml(env->state, xml) : WI_NOT_FOUND;
    if (status == WI_UNSUPPORTED)
        return live_xml(env, xml, err);
    if (status != WI_OK)
        return wi_fail(err, WI_NOT_FOUND, "the recording holds no topology");
    if (xml->size > XML_MAX_BYTES || !memchr(wi_buf_str(xml), '<', xml->size + 1))
        return wi_fail(err, WI_CORRUPT, "hwloc cannot read the recorded topology");
    return WI_OK;
}

/* ---- reading it ---- */

static unsigned count_of(hwloc_topology_t topology, hwloc_obj_type_t type) {
    int n = hwloc_get_nbobjs_by_type(topology, type);
    return n > 0 ? (unsigned)n : 0;
}

static struct wi_maybe_u64 number(const char *text) {
    char *end;
    unsigned long long value = text ? strtoull(text, &end, 10) : 0;
    if (!text || *end || value == 0 || value > UINT32_MAX)
        return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    return wi_some_u64(value);
}

static void take_info(struct wi_arena *arena, const struct hwloc_info_s *info,
                      struct wi_cpu_strength *s) {
    if (strcmp(info->name, "CoreType") == 0)
        s->core_type = wi_arena_strdup(arena, info->value);
    else if (strcmp(info->name, "LinuxCapacity") == 0)
        s->capacity = number(info->value);
    else if (strcmp(info->name, "FrequencyMaxMHz") == 0)
        s->max_mhz = number(info->value);
}

static void read_strengths(hwloc_topology_t topology, struct wi_arena *arena,
                           struct wi_cpu_topology *t) {
    int n = hwloc_cpukinds_get_nr(topology, 0);
    for (int i = 0; i < n; i++) {
        struct wi_cpu_strength *s = WI_PUSH(arena, &t->strengths, struct wi_cpu_strength);
        struct hwloc_info_s *infos = NULL;
        unsigned count = 0;
        int rank = -1;
        if (hwloc_cpukinds_get_info(topology, (unsigned)i, NULL, &rank, &count, &infos, 0) != 0)
            continue;
        if (rank >= 0)
            s->rank = wi_some_u64((uint64_t)rank);
        for (unsigned k = 0; k < count; k++)
            take_info(arena, &infos[k], s);
    }
    WI_PUSH(arena, &t->strengths, struct wi_cpu_strength); /* of threads in no kind */
}

static size_t strength_of(hwloc_topology_t topology, hwloc_obj_t pu,
                          const struct wi_cpu_topology *t) {
    int kind = hwloc_cpukinds_get_by_cpuset(topology, pu->cpuset, 0);
    return kind >= 0 && (size_t)kind < t->strengths.count ? (size_t)kind : t->strengths.count - 1;
}

/* Threads of one core follow each other in hwloc's order. */
static void read_threads(hwloc_topology_t topology, struct wi_arena *arena,
                         struct wi_cpu_topology *t) {
    hwloc_const_bitmap_t allowed = hwloc_topology_get_allowed_cpuset(topology);
    hwloc_obj_t last = NULL, pu = NULL;
    unsigned rank = 0;
    while ((pu = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, pu)) != NULL) {
        hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_CORE, pu);
        if (pu->os_index >= WI_CPU_LIST_MAX || t->threads.count >= WI_CPU_LIST_MAX)
            continue;
        bool same = core && core == last;
        rank = same ? rank + 1 : 0;
        t->cores += !same;
        last = core;
        *WI_PUSH(arena, &t->threads, struct wi_cpu_thread) =
            (struct wi_cpu_thread){.cpu = pu->os_index,
                                   .core = t->cores - 1,
                                   .rank = rank,
                                   .strength = strength_of(topology, pu, t),
                                   .allowed = hwloc_bitmap_isset(allowed, pu->os_index)};
    }
}

static void read_cache(hwloc_obj_t obj, struct wi_arena *arena, struct wi_cpu_topology *t) {
    const struct hwloc_cache_attr_s *a = &obj->attr->cache;
    int shared = obj->cpuset ? hwloc_bitmap_weight(obj->cpuset) : 0;
    if (a->size == 0 || a->depth < 1 || a->depth > 4)
        return;
    wi_cpu_add_cache(arena, t,
                     (struct wi_cpu_cache){
                         .level = a->depth,
                         .type = a->type == HWLOC_OBJ_CACHE_DATA          ? 'd'
                                 : a->type == HWLOC_OBJ_CACHE_INSTRUCTION ? 'i'
                                                                          : 'u',
                         .bytes = a->size,
                         .shared_threads = shared > 0 ? (unsigned)shared : 0,
                         .line_bytes = a->linesize,
                     });
}

static void read_caches(hwloc_topology_t topology, struct wi_arena *arena,
                        struct wi_cpu_topology *t) {
    static const hwloc_obj_type_t types[] = {
        HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L1ICACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L2ICACHE,
        HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L3ICACHE, HWLOC_OBJ_L4CACHE};
    for (size_t i = 0; i < WI_COUNT(types); i++)
        for (hwloc_obj_t obj = NULL;
             (obj = hwloc_get_next_obj_by_type(topology, types[i], obj)) != NULL;)
            read_cache(obj, arena, t);
    wi_cpu_sort_caches(t);
}

static void read_name(hwloc_topology_t topology, struct wi_arena *arena,
                      struct wi_cpu_topology *t) {
    hwloc_obj_t package = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PACKAGE, NULL);
    const char *name = package ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;
    t->name = wi_arena_strdup(arena, name);
}

static int read_topology(const char *xml, struct wi_arena *arena, struct wi_cpu_topology *out,
                         struct wi_err *err) {
    hwloc_topology_t topology;
    struct wi_cpu_topology t = {.source = "hwloc"};
    WI_TRY(load(&topology, xml, err));
    t.packages = count_of(topology, HWLOC_OBJ_PACKAGE);
    t.numa_nodes = count_of(topology, HWLOC_OBJ_NUMANODE);
    read_strengths(topology, arena, &t);
    read_threads(topology, arena, &t);
    read_caches(topology, arena, &t);
    read_name(topology, arena, &t);
    hwloc_topology_destroy(topology);
    if (t.threads.count == 0)
        return wi_fail(err, WI_CORRUPT, "the recorded topology has no hardware thread");
    t.packages = t.packages ? t.packages : 1;
    t.numa_nodes = t.numa_nodes ? t.numa_nodes : 1;
    *out = t;
    return WI_OK;
}

int wi_cpu_topology_hwloc(struct wi_env *env, struct wi_arena *arena,
                          struct wi_cpu_topology *topology, struct wi_err *err) {
    struct wi_buf xml = {0};
    int status = topology_text(env, &xml, err);
    if (status == WI_OK)
        status = read_topology(wi_buf_str(&xml), arena, topology, err);
    wi_buf_fini(&xml);
    return status;
}

#else

int wi_cpu_topology_hwloc(struct wi_env *env, struct wi_arena *arena,
                          struct wi_cpu_topology *topology, struct wi_err *err) {
    (void)env;
    (void)arena;
    (void)topology;
    return wi_fail(err, WI_NOT_BUILT, "this program was built without hwloc");
}

#endif
