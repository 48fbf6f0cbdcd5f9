/* cpu_clock.c: base, highest and present clock of the fastest cores.
 * SPDX-License-Identifier: Apache-2.0
 *
 * cpufreq knows all three where there is a driver for it. Without one the base is what the
 * processor (leaf 16h), the firmware (CPPC) or its name says; the present clock is unknown rather
 * than guessed: guests show a constant in /proc/cpuinfo. */
#include "base/units.h"
#include "probes/cpu.h"
#include "probes/facts.h"

#include <ctype.h>
#include <string.h>

#define CPUFREQ "/sys/devices/system/cpu/cpufreq"

struct clocks {
    struct wi_env *env;
    struct wi_arena *arena;
    struct wi_inventory *inventory;
    const char *fastest; /* folder of the policy; NULL: no cpufreq */
    const char *base_source, *max_source, *now_source;
};

static struct wi_maybe_u64 mhz_of(struct clocks *c, const char *folder, const char *file,
                                  const char **source) {
    const char *path = wi_arena_printf(c->arena, "%s/%s", folder, file);
    struct wi_maybe_u64 khz = wi_env_u64(c->env, c->arena, path);
    if (wi_has_u64(khz) && (khz.value < 1000 || khz.value > UINT32_MAX))
        return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    khz.value /= 1000;
    if (wi_has_u64(khz))
        *source = path;
    return khz;
}

static void raise_kind(struct clocks *c, unsigned cpu, struct wi_maybe_u64 mhz) {
    struct wi_cpu *p = &c->inventory->cpu;
    for (size_t k = 0; k < p->kind_count; k++)
        for (size_t i = 0; i < p->kinds[k].cpu_count; i++)
            if (p->kinds[k].cpus[i] == cpu && mhz.value > p->kinds[k].max_mhz.value)
                p->kinds[k].max_mhz = mhz;
}

static void read_policies(struct clocks *c) {
    struct wi_cpu *p = &c->inventory->cpu;
    size_t count;
    char **names = wi_env_names(c->env, c->arena, CPUFREQ, &count);
    for (size_t i = 0; i < count; i++) {
        const char *digits = names[i] + strcspn(names[i], "0123456789"), *source = CPUFREQ;
        const char *folder = wi_arena_printf(c->arena, CPUFREQ "/%s", names[i]);
        uint64_t cpu;
        if (strncmp(names[i], "policy", 6) != 0 ||
            wi_parse_u64(digits, 0, WI_CPU_LIST_MAX, &cpu) != WI_OK)
            continue;
        struct wi_maybe_u64 mhz = mhz_of(c, folder, "cpuinfo_max_freq", &source);
        if (!wi_has_u64(mhz))
            continue;
        raise_kind(c, (unsigned)cpu, mhz);
        if (mhz.value > p->max_mhz.value) {
            p->max_mhz = mhz;
            c->max_source = source;
            c->fastest = folder;
        }
    }
    if (!c->fastest)
        return;
    p->base_mhz = mhz_of(c, c->fastest, "base_frequency", &c->base_source);
    p->now_mhz = mhz_of(c, c->fastest, "scaling_cur_freq", &c->now_source);
}

/* "... CPU @ 2.50GHz" */
static struct wi_maybe_u64 from_name(struct clocks *c) {
    const char *name = c->inventory->cpu.name, *at = name ? strrchr(name, '@') : NULL;
    double ghz;
    if (!at)
        return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    at += 1 + strspn(at + 1, " ");
    size_t n = strspn(at, "0123456789.");
    if (strcmp(at + n, "GHz") != 0 ||
        wi_parse_f64(wi_arena_strndup(c->arena, at, n), 0.1, 20, &ghz) != WI_OK)
        return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    return wi_some_u64((uint64_t)(ghz * 1000 + 0.5));
}

static void take(struct wi_maybe_u64 *into, const char **into_source, uint64_t mhz,
                 const char *source) {
    if (wi_has_u64(*into) || mhz == 0)
        return;
    *into = wi_some_u64(mhz);
    *into_source = source;
}

/* Leaf 16h: base and highest clock in the low 16 bits, 0 when not told (SDM). */
static void ask_processor(struct clocks *c, const struct wi_kv *cpuid) {
    struct wi_cpu *p = &c->inventory->cpu;
    static const char cppc[] = "/sys/devices/system/cpu/cpu0/acpi_cppc/nominal_freq";
    uint32_t r[4];
    if (wi_cpu_leaf(cpuid, 0x16, 0, r)) {
        take(&p->base_mhz, &c->base_source, r[0] & 0xffff, "cpuid leaf 16h");
        take(&p->max_mhz, &c->max_source, r[1] & 0xffff, "cpuid leaf 16h");
    }
    struct wi_maybe_u64 nominal = wi_env_u64(c->env, c->arena, cppc);
    take(&p->base_mhz, &c->base_source, nominal.value < 100000 ? nominal.value : 0, cppc);
    take(&p->base_mhz, &c->base_source, from_name(c).value, "the processor's name");
}

/* What the kinds know from hwloc, and "cpu MHz" of machines that are no guests. */
static void ask_others(struct clocks *c, const char *cpuinfo) {
    struct wi_cpu *p = &c->inventory->cpu;
    double mhz;
    for (size_t k = 0; k < p->kind_count; k++)
        take(&p->max_mhz, &c->max_source, p->kinds[k].max_mhz.value, "hwloc");
    const char *text = wi_cpu_info(c->arena, cpuinfo, "cpu MHz", false);
    if (!c->inventory->software.hypervisor && text && wi_parse_f64(text, 1, 20000, &mhz) == WI_OK)
        take(&p->now_mhz, &c->now_source, (uint64_t)(mhz + 0.5), "/proc/cpuinfo");
}

void wi_cpu_clocks(struct wi_env *env, const struct wi_kv *cpuid, const char *cpuinfo,
                   struct wi_inventory *inventory) {
    struct clocks c = {env, inventory->arena, inventory, NULL, CPUFREQ, CPUFREQ, CPUFREQ};
    struct wi_cpu *p = &inventory->cpu;
    read_policies(&c);
    ask_processor(&c, cpuid);
    ask_others(&c, cpuinfo);
    wi_facts_add_u64(&inventory->facts, c.arena, "cpu.base_mhz", p->base_mhz, "MHz", c.base_source);
    wi_facts_add_u64(&inventory->facts, c.arena, "cpu.max_mhz", p->max_mhz, "MHz", c.max_source);
    wi_facts_add_u64(&inventory->facts, c.arena, "cpu.now_mhz", p->now_mhz, "MHz", c.now_source);
}
