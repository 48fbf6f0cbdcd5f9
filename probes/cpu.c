/* cpu.c: the processor: topology, what we may use of it, instruction sets, name, clocks.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Facts: cpu.name, .vendor, .arch, .family, .model, .stepping, .microcode, .soc, .topology (which
 * source, and why not the better one), .packages, .cores, .threads, .numa_nodes, .allowed,
 * .allowed_threads, .quota_cpus, .isa, .isa_asleep (the processor has it, the system does not
 * enable it), .base_mhz, .max_mhz, .now_mhz, .kind.NAME.cores, .kind.NAME.threads,
 * .cache.l1d ... Relies on: the
 * environment; cpu.h says who reads and who decodes. */
#include "probes/cpu.h"
#include "probes/facts.h"
#include "probes/gpu_seen.h"

#include "base/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct prober {
    struct wi_env *env;
    struct wi_inventory *inventory;
    struct wi_arena *arena;
    struct wi_cpu *cpu;
    struct wi_cpu_topology topology;
    struct wi_kv cpuid; /* empty where there is none */
    const char *cpuinfo;
};

static void add(struct prober *p, const char *key, const char *value, const char *source) {
    wi_facts_add(&p->inventory->facts, p->arena, key, value, "", source);
}

static void add_number(struct prober *p, const char *key, struct wi_maybe_u64 value,
                       const char *source) {
    wi_facts_add_u64(&p->inventory->facts, p->arena, key, value, "", source);
}

/* ---- topology ---- */

static void look_at_topology(struct prober *p) {
    struct wi_err why = {0};
    int status = wi_cpu_topology_hwloc(p->env, p->arena, &p->topology, &why);
    if (status != WI_OK)
        wi_cpu_topology_sysfs(p->env, p->arena, &p->topology);
    p->cpu->packages = p->topology.packages;
    p->cpu->cores = p->topology.cores;
    p->cpu->threads = (unsigned)p->topology.threads.count;
    p->cpu->numa_nodes = p->topology.numa_nodes;
    p->cpu->caches = p->topology.caches.items;
    p->cpu->cache_count = p->topology.caches.count;
    add(p, "cpu.topology",
        status == WI_OK ? "hwloc" : wi_arena_printf(p->arena, "without hwloc: %s", why.message),
        p->topology.source);
}

static void note_topology(struct prober *p) {
    const char *source = p->topology.source;
    add_number(p, "cpu.packages", wi_some_u64(p->cpu->packages), source);
    add_number(p, "cpu.cores", wi_some_u64(p->cpu->cores), source);
    add_number(p, "cpu.threads", wi_some_u64(p->cpu->threads), source);
    add_number(p, "cpu.numa_nodes", wi_some_u64(p->cpu->numa_nodes), source);
    for (size_t i = 0; i < p->cpu->kind_count; i++) {
        const struct wi_core_kind *k = &p->cpu->kinds[i];
        const char *key = wi_arena_printf(p->arena, "cpu.kind.%s", k->name);
        add_number(p, wi_arena_printf(p->arena, "%s.cores", key), wi_some_u64(k->cores), source);
        add_number(p, wi_arena_printf(p->arena, "%s.threads", key), wi_some_u64(k->threads),
                   source);
    }
    for (size_t i = 0; i < p->cpu->cache_count; i++) {
        const struct wi_cpu_cache *c = &p->cpu->caches[i];
        const char *key = wi_arena_printf(p->arena, "cpu.cache.l%u%c", c->level, c->type);
        for (unsigned n = 1; wi_facts_find(&p->inventory->facts, key); n++)
            key = wi_arena_printf(p->arena, "cpu.cache.l%u%c.%u", c->level, c->type, n);
        wi_facts_add_u64(&p->inventory->facts, p->arena, key, wi_some_u64(c->bytes), "bytes",
                         source);
    }
}

/* ---- what we may use ---- */

static int by_number(const void *a, const void *b) {
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return x < y ? -1 : x > y;
}

static const char *allowed_text(struct prober *p) {
    struct wi_cpu_list all = {0};
    for (size_t k = 0; k < p->cpu->kind_count; k++)
        for (size_t i = 0; i < p->cpu->kinds[k].cpu_count; i++)
            *WI_PUSH(p->arena, &all, unsigned) = p->cpu->kinds[k].cpus[i];
    if (all.count > 1)
        qsort(all.items, all.count, sizeof(*all.items), by_number);
    return wi_cpu_list_text(p->arena, all.items, all.count);
}

/* The affinity is what the kernel made of cpuset, taskset and all else. One that names no thread of
 * this topology is another machine's: then what the topology says holds. */
static void look_at_allowed(struct prober *p) {
    enum wi_known known;
    const char *text = wi_env_value(p->env, p->arena, "sched_affinity", &known);
    struct wi_cpu_list list = {0};
    bool told = text && wi_cpu_list_parse(p->arena, text, &list);
    const char *source = "sched_getaffinity";
    wi_cpu_kinds(p->arena, &p->topology, told ? &list : NULL, p->cpu);
    if (!told || p->cpu->allowed_threads == 0) {
        source = p->topology.source;
        wi_cpu_kinds(p->arena, &p->topology, NULL, p->cpu);
    }
    add(p, "cpu.allowed", allowed_text(p), source);
    add_number(p, "cpu.allowed_threads", wi_some_u64(p->cpu->allowed_threads), source);
}

static void look_at_quota(struct prober *p) {
    const char *source;
    p->cpu->quota_cpus = wi_cpu_quota(p->env, p->arena, &source);
    wi_facts_add_f64(&p->inventory->facts, p->arena, "cpu.quota_cpus", p->cpu->quota_cpus, "CPUs",
                     source);
}

/* ---- what it is ---- */

static const char *arch_of(struct prober *p) {
    static const char *const names[][2] = {
        {"amd64", "x86_64"}, {"arm64", "aarch64"}, {"armv8l", "aarch64"}, {"armv8b", "aarch64"}};
    const char *machine =
        wi_gpu_clean_text(p->arena, wi_env_value(p->env, p->arena, "uname.machine", NULL));
    for (size_t i = 0; machine && i < WI_COUNT(names); i++)
        if (strcmp(machine, names[i][0]) == 0)
            return names[i][1];
    return machine ? machine : "unknown";
}

static struct wi_maybe_u64 info_number(struct prober *p, const char *name) {
    const char *text = wi_cpu_info(p->arena, p->cpuinfo, name, false);
    uint64_t value;
    if (!text || wi_parse_u64(text, 0, UINT32_MAX, &value) != WI_OK)
        return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    return wi_some_u64(value);
}

static void take_number(struct wi_maybe_u64 *into, struct wi_maybe_u64 value) {
    if (!wi_has_u64(*into))
        *into = value;
}

/* cpuid first; the kernel's words where it is silent. */
static void identify_x86(struct prober *p) {
    struct wi_cpu *c = p->cpu;
    wi_cpu_identify_x86(&p->cpuid, p->arena, c);
    c->vendor = c->vendor ? c->vendor : wi_cpu_info(p->arena, p->cpuinfo, "vendor_id", false);
    c->name = c->name ? c->name : wi_cpu_info(p->arena, p->cpuinfo, "model name", false);
    take_number(&c->family, info_number(p, "cpu family"));
    take_number(&c->model, info_number(p, "model"));
    take_number(&c->stepping, info_number(p, "stepping"));
}

/* Where cpuinfo is silent the registers themselves, as sysfs shows them. */
static const char *midr_blocks(struct prober *p) {
    const char *out = "";
    for (size_t i = 0; i < p->topology.threads.count && i < 256; i++) {
        const char *path =
            wi_arena_printf(p->arena, "/sys/devices/system/cpu/cpu%u/regs/identification/midr_el1",
                            p->topology.threads.items[i].cpu);
        const char *text = wi_env_text(p->env, p->arena, path, NULL);
        unsigned long long midr = text ? strtoull(text, NULL, 16) : 0;
        if (midr)
            out = wi_arena_printf(p->arena, "%s%s", out, wi_cpu_midr_text(p->arena, midr));
    }
    return out;
}

static const char *soc_of(struct prober *p) {
    static const char path[] = "/proc/device-tree/compatible";
    struct wi_buf text = {0};
    const char *soc = NULL;
    if (p->env->read_file(p->env->state, path, &text) == WI_OK)
        soc = wi_cpu_soc(p->arena, wi_buf_str(&text), text.size);
    wi_buf_fini(&text);
    if (soc)
        add(p, "cpu.soc", soc, path);
    return soc;
}

static void identify_arm(struct prober *p) {
    const char *soc = soc_of(p);
    wi_cpu_identify_arm(p->cpuinfo, p->arena, p->cpu);
    if (!p->cpu->name)
        wi_cpu_identify_arm(midr_blocks(p), p->arena, p->cpu);
    if (soc && p->cpu->name)
        p->cpu->name = wi_arena_printf(p->arena, "%s (%s)", soc, p->cpu->name);
    else if (soc)
        p->cpu->name = soc;
}

static const char *microcode_of(struct prober *p, const char **source) {
    static const char path[] = "/sys/devices/system/cpu/cpu0/microcode/version";
    const char *text = wi_cpu_info(p->arena, p->cpuinfo, "microcode", false);
    *source = "/proc/cpuinfo";
    if (text)
        return text;
    *source = path;
    return wi_gpu_clean_text(p->arena, wi_env_text(p->env, p->arena, path, NULL));
}

static void look_at_name(struct prober *p) {
    struct wi_cpu *c = p->cpu;
    bool arm = strcmp(c->arch, "aarch64") == 0;
    const char *source = arm ? "/proc/cpuinfo, MIDR_EL1" : "cpuid, /proc/cpuinfo";
    const char *microcode_source;
    if (arm)
        identify_arm(p);
    else
        identify_x86(p);
    if (!c->name)
        c->name = wi_gpu_clean_text(p->arena, p->topology.name);
    c->microcode = arm ? NULL : microcode_of(p, &microcode_source);
    add(p, "cpu.arch", c->arch, "uname");
    add(p, "cpu.name", c->name, source);
    add(p, "cpu.vendor", c->vendor, source);
    add_number(p, "cpu.family", c->family, source);
    add_number(p, "cpu.model", c->model, source);
    add_number(p, "cpu.stepping", c->stepping, source);
    if (arm)
        wi_facts_add_absent(&p->inventory->facts, p->arena, "cpu.microcode",
                            WI_KNOWN_not_applicable, source);
    else
        add(p, "cpu.microcode", c->microcode, microcode_source);
}

/* ---- instruction sets ---- */

static const char *isa_text(struct prober *p, uint64_t isa) {
    const char *out = "";
    for (size_t i = 0; i < WI_ISA_COUNT; i++)
        if (isa & WI_ISA_BIT(i))
            out = wi_arena_printf(p->arena, "%s%s%s", out, *out ? " " : "",
                                  wi_isa_name((enum wi_isa)i));
    return out;
}

/* NULL: nothing tells. */
static const char *read_isa(struct prober *p, uint64_t *asleep) {
    const char *hwcap = wi_env_value(p->env, p->arena, "auxv.hwcap", NULL);
    const char *hwcap2 = wi_env_value(p->env, p->arena, "auxv.hwcap2", NULL);
    bool arm = strcmp(p->cpu->arch, "aarch64") == 0;
    const char *flags = wi_cpu_info(p->arena, p->cpuinfo, arm ? "Features" : "flags", false);
    uint64_t a = 0, b = 0;
    *asleep = 0;
    if (!arm && p->cpuid.count > 0) {
        p->cpu->isa = wi_cpu_isa_x86(&p->cpuid, asleep);
        return "cpuid";
    }
    if (arm && hwcap && wi_parse_u64(hwcap, 1, UINT64_MAX, &a) == WI_OK) {
        if (!hwcap2 || wi_parse_u64(hwcap2, 0, UINT64_MAX, &b) != WI_OK)
            b = 0;
        p->cpu->isa = wi_cpu_isa_arm64(a, b);
        return "AT_HWCAP, AT_HWCAP2";
    }
    p->cpu->isa = wi_cpu_isa_flags(p->cpu->arch, flags);
    return flags ? "/proc/cpuinfo" : NULL;
}

static void look_at_isa(struct prober *p) {
    uint64_t asleep;
    const char *source = read_isa(p, &asleep);
    if (source)
        add(p, "cpu.isa", isa_text(p, p->cpu->isa), source);
    else
        wi_facts_add_absent(&p->inventory->facts, p->arena, "cpu.isa", WI_KNOWN_unknown,
                            "cpuid, AT_HWCAP, /proc/cpuinfo");
    if (asleep)
        add(p, "cpu.isa_asleep", isa_text(p, asleep), source);
}

/* ---- the whole ---- */

static void read_cpuid(struct prober *p) {
    const char *text = wi_env_value(p->env, p->arena, "cpuid", NULL);
    uint32_t r[4];
    wi_kv_init(&p->cpuid, p->arena);
    if (text && wi_kv_parse(&p->cpuid, text, strlen(text), NULL) == WI_OK &&
        wi_cpu_leaf(&p->cpuid, 1, 0, r))
        return;
    wi_kv_init(&p->cpuid, p->arena); /* damaged or without its first leaf: as if absent */
}

void wi_probe_cpu(struct wi_env *env, struct wi_inventory *inventory) {
    struct prober p = {
        .env = env, .inventory = inventory, .arena = inventory->arena, .cpu = &inventory->cpu};
    *p.cpu = (struct wi_cpu){.compute_device_id = "cpu0", .arch = arch_of(&p)};
    p.cpuinfo = wi_env_text(env, p.arena, "/proc/cpuinfo", NULL);
    read_cpuid(&p);
    look_at_topology(&p);
    look_at_allowed(&p);
    look_at_name(&p);
    look_at_isa(&p);
    look_at_quota(&p);
    wi_cpu_clocks(env, &p.cpuid, p.cpuinfo, inventory);
    note_topology(&p);
}
