/* cpu.h: the processor and its memory: what kernels may use, and how fast it may be.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The way of an answer:
 *   cpu_hwloc.c   this machine's topology as hwloc writes it      -> XML
 *   cpu_xml.c     that XML, live or recorded                      -> struct wi_cpu_topology
 *   cpu_sysfs.c   the same from sysfs, where there is no hwloc    -> struct wi_cpu_topology
 *   cpu_kinds.c   groups hardware threads into kinds of cores; pure
 *   cpu_isa.c     cpuid, XCR0, hwcaps -> instruction sets, model, brand; pure
 *   cpu_arm.c     /proc/cpuinfo and MIDR of Arm -> names; pure
 *   cpu_clock.c   base, highest and present clock
 *   cpu_quota.c   which part of the processor the cgroups leave us
 *   cpu.c         reads, calls the above, fills inventory->cpu and facts "cpu.*" */
#ifndef WI_CPU_H
#define WI_CPU_H

#include "probes/env.h"
#include "results/record.h"

/* Fills inventory->cpu and facts "cpu.*"; after wi_probe_software, whose hypervisor says whether
 * clocks are to be believed. Never fails: a processor that says nothing has one thread. */
void wi_probe_cpu(struct wi_env *env, struct wi_inventory *inventory);

/* ---- between the processor's files and their tests ---- */

struct wi_cpu_thread { /* one hardware thread */
    unsigned cpu;      /* OS index */
    unsigned core;     /* cores counted from 0 in the topology's order */
    unsigned rank;     /* 0: the first thread of its core */
    size_t strength;   /* index into strengths */
    bool allowed;      /* by the cpuset as the topology saw it */
};
struct wi_cpu_strength {          /* cores of one make */
    struct wi_maybe_u64 rank;     /* larger: stronger, as the system ranks them */
    const char *core_type;        /* "IntelAtom"; NULL: nobody says */
    struct wi_maybe_u64 capacity; /* Linux' cpu_capacity, 1024 the strongest */
    struct wi_maybe_u64 max_mhz;
};
struct wi_cpu_topology {
    const char *source; /* "hwloc", "/sys/devices/system/cpu" */
    unsigned packages, cores, numa_nodes;
    struct {
        struct wi_cpu_thread *items;
        size_t count, capacity;
    } threads;
    struct {
        struct wi_cpu_strength *items;
        size_t count, capacity;
    } strengths;
    struct {
        struct wi_cpu_cache *items;
        size_t count, capacity;
    } caches;         /* by level, then data, instruction, unified, then as found */
    const char *name; /* what hwloc calls the processor; NULL: nothing */
};

/* Appends hwloc's XML of the live machine; WI_NOT_BUILT, WI_UNAVAILABLE. */
int wi_cpu_hwloc_xml(struct wi_buf *xml, struct wi_err *err);
/* WI_CORRUPT leaves `topology` untouched. */
int wi_cpu_topology_xml(const char *xml, struct wi_arena *arena, struct wi_cpu_topology *topology,
                        struct wi_err *err);
/* The recorded topology, or this machine's; WI_NOT_FOUND: the recording has none. */
int wi_cpu_topology_hwloc(struct wi_env *env, struct wi_arena *arena,
                          struct wi_cpu_topology *topology, struct wi_err *err);
/* Always at least one thread. */
void wi_cpu_topology_sysfs(struct wi_env *env, struct wi_arena *arena,
                           struct wi_cpu_topology *topology);
/* One more cache instance, merged with its likes. */
void wi_cpu_add_cache(struct wi_arena *arena, struct wi_cpu_topology *topology,
                      struct wi_cpu_cache cache);
void wi_cpu_sort_caches(struct wi_cpu_topology *topology);

/* "0-3,8": the numbers in a list as Linux writes them; false: not such a list. At most
 * WI_CPU_LIST_MAX of them, each below that. */
enum { WI_CPU_LIST_MAX = 8192 };
struct wi_cpu_list {
    unsigned *items;
    size_t count, capacity;
};
bool wi_cpu_list_parse(struct wi_arena *arena, const char *text, struct wi_cpu_list *list);
bool wi_cpu_list_has(const struct wi_cpu_list *list, unsigned cpu);
const char *wi_cpu_list_text(struct wi_arena *arena, const unsigned *cpus, size_t count);

/* Fills cpu->kinds (strongest first) and allowed_threads. `allowed` NULL: as the topology says. */
void wi_cpu_kinds(struct wi_arena *arena, const struct wi_cpu_topology *topology,
                  const struct wi_cpu_list *allowed, struct wi_cpu *cpu);

/* `asleep`: what the processor has and the system does not enable. */
uint64_t wi_cpu_isa_x86(const struct wi_kv *cpuid, uint64_t *asleep);
uint64_t wi_cpu_isa_arm64(uint64_t hwcap, uint64_t hwcap2);
/* From the flags or Features line of /proc/cpuinfo, where only what the kernel enables stands. */
uint64_t wi_cpu_isa_flags(const char *arch, const char *flags);
bool wi_cpu_leaf(const struct wi_kv *cpuid, unsigned leaf, unsigned subleaf, uint32_t r[4]);
/* Family, model, stepping, vendor and brand as far as the leaves tell. */
void wi_cpu_identify_x86(const struct wi_kv *cpuid, struct wi_arena *arena, struct wi_cpu *cpu);

/* The value behind "NAME :" in the first (`last`: in the last) block that has it; NULL: none. */
const char *wi_cpu_info(struct wi_arena *arena, const char *cpuinfo, const char *name, bool last);
/* "4x Cortex-A76", "Cortex-X4 + 5x Cortex-A720": from /proc/cpuinfo; fills name, vendor, family,
 * model, stepping. */
void wi_cpu_identify_arm(const char *cpuinfo, struct wi_arena *arena, struct wi_cpu *cpu);
/* A line like those of cpuinfo for one MIDR_EL1, so that both are read alike. */
const char *wi_cpu_midr_text(struct wi_arena *arena, uint64_t midr);
/* "BCM2712" out of a device tree's compatible list; NULL: none of them is a chip. */
const char *wi_cpu_soc(struct wi_arena *arena, const char *compatible, size_t size);

void wi_cpu_clocks(struct wi_env *env, const struct wi_kv *cpuid, const char *cpuinfo,
                   struct wi_inventory *inventory);
struct wi_maybe_f64 wi_cpu_quota(struct wi_env *env, struct wi_arena *arena, const char **source);

#endif
