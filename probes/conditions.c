/* conditions.c: what the device is doing now: clocks, heat, load, power.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every reading is a fact; one that cannot be read is a fact too, with its reason. Keys:
 *   cpuN.governor, .mhz, .max_mhz, .preference   each frequency domain; N is its first CPU
 *   cpu.boost             "on", "off"
 *   thermal.TYPE          mC; a second zone of one type is TYPE.1
 *   throttle.core_events, .package_events, .core_ms, .package_ms   since boot (x86)
 *   throttle.rpi_flags    hexadecimal (Raspberry Pi: bits 0 to 3 now, 16 to 19 since boot)
 *   throttle.cooling.TYPE steps by which the kernel slows TYPE down now; 0: not
 *   throttle.cgroup_us    time that a CPU quota took from this container
 *   load.1m, .5m, .15m    threads that want to run; load.running of them, now
 *   steal_ticks, cpu.busy_ticks, cpu.total_ticks   since boot, all CPUs
 *   pressure.cpu_us, .memory_us, .io_us   time that some thread waited, since boot
 *   memory.available_bytes, memory.swap_free_bytes
 *   power.source          "mains", "battery"; not_applicable: this machine has no battery
 *   power.mains           "1": a plug gives power, "0": none does; not_applicable: it has a battery
 *                         and no plug at all
 *   power.profile         the firmware's platform profile
 *   battery.percent, battery.status
 *   clock.sync            "yes", "no"
 * Relies on: Linux' sysfs and procfs (Documentation/ABI), through the environment. */
#include "base/units.h"
#include "probes/facts.h"
#include "probes/gpu_seen.h"
#include "probes/probe.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ZONES_MAX = 128 };

struct reading {
    struct wi_env *env;
    struct wi_arena *arena;
    struct wi_facts *facts;
};

/* ---- adding ---- */

static void absent(struct reading *r, const char *key, enum wi_known known, const char *source) {
    wi_facts_add_absent(r->facts, r->arena, key, known, source);
}

static const char *path_of(struct reading *r, const char *folder, const char *file) {
    return wi_arena_printf(r->arena, "%s/%s", folder, file);
}

/* A file that is one word or line. */
static const char *text_fact(struct reading *r, const char *key, const char *path) {
    enum wi_known known;
    const char *text = wi_gpu_clean_text(r->arena, wi_env_text(r->env, r->arena, path, &known));
    if (text)
        wi_facts_add(r->facts, r->arena, key, text, "", path);
    else
        absent(r, key, known, path);
    return text;
}

static void number_fact(struct reading *r, const char *key, const char *path, const char *unit) {
    wi_facts_add_u64(r->facts, r->arena, key, wi_env_u64(r->env, r->arena, path), unit, path);
}

/* Temperatures may be below zero, which wi_parse_u64 refuses. */
static bool is_integer(const char *text) {
    size_t sign = text[0] == '-', digits = strspn(text + sign, "0123456789");
    return digits > 0 && digits < 10 && !text[sign + digits];
}

static const char *key_part(struct reading *r, const char *text) {
    char *out = wi_arena_strdup(r->arena, text);
    for (char *p = out; *p; p++)
        *p = isalnum((unsigned char)*p) || *p == '-' ? (char)tolower((unsigned char)*p) : '_';
    return out;
}

/* KEY, KEY.1, KEY.2 .. */
static const char *free_key(struct reading *r, const char *key) {
    const char *out = key;
    for (unsigned i = 1; wi_facts_find(r->facts, out); i++)
        out = wi_arena_printf(r->arena, "%s.%u", key, i);
    return out;
}

/* ---- clocks ---- */

static void khz_fact(struct reading *r, const char *key, const char *path) {
    struct wi_maybe_u64 khz = wi_env_u64(r->env, r->arena, path);
    khz.value /= 1000;
    wi_facts_add_u64(r->facts, r->arena, key, khz, "MHz", path);
}

static void read_policy(struct reading *r, const char *name) {
    const char *folder = wi_arena_printf(r->arena, "/sys/devices/system/cpu/cpufreq/%s", name);
    const char *cpu = name + strlen("policy");
    text_fact(r, wi_arena_printf(r->arena, "cpu%s.governor", cpu),
              path_of(r, folder, "scaling_governor"));
    khz_fact(r, wi_arena_printf(r->arena, "cpu%s.mhz", cpu),
             path_of(r, folder, "scaling_cur_freq"));
    khz_fact(r, wi_arena_printf(r->arena, "cpu%s.max_mhz", cpu),
             path_of(r, folder, "scaling_max_freq"));
    const char *preference = path_of(r, folder, "energy_performance_preference");
    const char *text = wi_gpu_clean_text(r->arena, wi_env_text(r->env, r->arena, preference, NULL));
    if (text)
        wi_facts_add(r->facts, r->arena, wi_arena_printf(r->arena, "cpu%s.preference", cpu), text,
                     "", preference);
}

/* Guests often have no cpufreq and show a constant in /proc/cpuinfo, which is no reading. */
static void read_clocks(struct reading *r) {
    static const char folder[] = "/sys/devices/system/cpu/cpufreq";
    size_t count, policies = 0;
    char **names = wi_env_names(r->env, r->arena, folder, &count);
    for (size_t i = 0; i < count; i++)
        if (strncmp(names[i], "policy", 6) == 0 && isdigit((unsigned char)names[i][6])) {
            read_policy(r, names[i]);
            policies++;
        }
    if (policies == 0) {
        absent(r, "cpu0.governor", WI_KNOWN_not_applicable, folder);
        absent(r, "cpu0.mhz", WI_KNOWN_unknown, folder);
    }
}

static void read_boost(struct reading *r) {
    static const char boost[] = "/sys/devices/system/cpu/cpufreq/boost";
    static const char no_turbo[] = "/sys/devices/system/cpu/intel_pstate/no_turbo";
    struct wi_maybe_u64 off = wi_env_u64(r->env, r->arena, no_turbo);
    struct wi_maybe_u64 on = wi_env_u64(r->env, r->arena, boost);
    if (wi_has_u64(off))
        wi_facts_add(r->facts, r->arena, "cpu.boost", off.value ? "off" : "on", "", no_turbo);
    else if (wi_has_u64(on))
        wi_facts_add(r->facts, r->arena, "cpu.boost", on.value ? "on" : "off", "", boost);
    else
        absent(r, "cpu.boost", on.known, boost);
}

/* ---- heat ---- */

static void add_temperature(struct reading *r, const char *type, const char *path) {
    enum wi_known known;
    const char *text = wi_env_text(r->env, r->arena, path, &known);
    const char *key =
        free_key(r, wi_arena_printf(r->arena, "thermal.%s", key_part(r, type ? type : "zone")));
    if (text && is_integer(text))
        wi_facts_add(r->facts, r->arena, key, text, "mC", path);
    else
        absent(r, key, text ? WI_KNOWN_unknown : known, path);
}

static size_t read_zones(struct reading *r) {
    size_t count, zones = 0;
    char **names = wi_env_names(r->env, r->arena, "/sys/class/thermal", &count);
    for (size_t i = 0; i < count && zones < ZONES_MAX; i++) {
        if (strncmp(names[i], "thermal_zone", 12) != 0)
            continue;
        const char *folder = path_of(r, "/sys/class/thermal", names[i]);
        const char *type = wi_gpu_clean_text(
            r->arena, wi_env_text(r->env, r->arena, path_of(r, folder, "type"), NULL));
        add_temperature(r, type, path_of(r, folder, "temp"));
        zones++;
    }
    return zones;
}

/* AMD's processors and GPUs have no thermal zone, only a hardware monitor. */
static size_t read_monitors(struct reading *r) {
    static const char *const wanted[] = {"k10temp", "zenpower", "amdgpu", "nouveau", "i915", "xe"};
    size_t count, found = 0;
    char **names = wi_env_names(r->env, r->arena, "/sys/class/hwmon", &count);
    for (size_t i = 0; i < count && found < ZONES_MAX; i++) {
        const char *folder = path_of(r, "/sys/class/hwmon", names[i]);
        const char *name = wi_gpu_clean_text(
            r->arena, wi_env_text(r->env, r->arena, path_of(r, folder, "name"), NULL));
        for (size_t k = 0; name && k < WI_COUNT(wanted); k++)
            if (strcmp(name, wanted[k]) == 0) {
                add_temperature(r, name, path_of(r, folder, "temp1_input"));
                found++;
            }
    }
    return found;
}

static void read_heat(struct reading *r) {
    if (read_zones(r) + read_monitors(r) == 0)
        absent(r, "thermal", WI_KNOWN_unknown, "/sys/class/thermal, /sys/class/hwmon");
}

/* ---- throttling ---- */

struct counter {
    const char *key, *file, *unit;
    bool shared; /* all CPUs of a package show the same: the largest counts, else the sum */
    struct wi_maybe_u64 value;
};

static void count_cpu(struct reading *r, const char *cpu, struct counter *c) {
    const char *path =
        wi_arena_printf(r->arena, "/sys/devices/system/cpu/%s/thermal_throttle/%s", cpu, c->file);
    struct wi_maybe_u64 one = wi_env_u64(r->env, r->arena, path);
    if (!wi_has_u64(one)) {
        if (!wi_has_u64(c->value) && one.known == WI_KNOWN_denied)
            c->value.known = WI_KNOWN_denied;
        return;
    }
    if (!wi_has_u64(c->value))
        c->value = wi_some_u64(0);
    if (!c->shared)
        c->value.value += one.value;
    else if (one.value > c->value.value)
        c->value.value = one.value;
}

static bool is_cpu(const char *name) {
    return strncmp(name, "cpu", 3) == 0 && name[3] &&
           strspn(name + 3, "0123456789") == strlen(name + 3);
}

static void read_x86_throttling(struct reading *r) {
    struct counter counters[] = {
        {.key = "throttle.core_events", .file = "core_throttle_count", .unit = "events"},
        {.key = "throttle.package_events",
         .file = "package_throttle_count",
         .unit = "events",
         .shared = true},
        {.key = "throttle.core_ms", .file = "core_throttle_total_time_ms", .unit = "ms"},
        {.key = "throttle.package_ms",
         .file = "package_throttle_total_time_ms",
         .unit = "ms",
         .shared = true},
    };
    size_t count;
    char **names = wi_env_names(r->env, r->arena, "/sys/devices/system/cpu", &count);
    for (size_t c = 0; c < WI_COUNT(counters); c++) {
        counters[c].value.known = WI_KNOWN_not_applicable;
        for (size_t i = 0; i < count; i++)
            if (is_cpu(names[i]))
                count_cpu(r, names[i], &counters[c]);
        wi_facts_add_u64(r->facts, r->arena, counters[c].key, counters[c].value, counters[c].unit,
                         "/sys/devices/system/cpu/cpu*/thermal_throttle");
    }
}

/* How far the kernel slows processors down because they are hot: arm64's counterpart. */
static void read_cooling(struct reading *r) {
    size_t count, found = 0;
    char **names = wi_env_names(r->env, r->arena, "/sys/class/thermal", &count);
    for (size_t i = 0; i < count && found < ZONES_MAX; i++) {
        const char *folder = path_of(r, "/sys/class/thermal", names[i]);
        if (strncmp(names[i], "cooling_device", 14) != 0)
            continue;
        const char *type = wi_gpu_clean_text(
            r->arena, wi_env_text(r->env, r->arena, path_of(r, folder, "type"), NULL));
        if (!type || (!strstr(type, "cpufreq") && !strstr(type, "devfreq") &&
                      strcmp(type, "Processor") != 0))
            continue;
        number_fact(
            r, free_key(r, wi_arena_printf(r->arena, "throttle.cooling.%s", key_part(r, type))),
            path_of(r, folder, "cur_state"), "steps");
        found++;
    }
}

static void read_rpi_throttling(struct reading *r) {
    static const char path[] = "/sys/devices/platform/soc/soc:firmware/get_throttled";
    enum wi_known known;
    wi_env_text(r->env, r->arena, path, &known);
    if (known != WI_KNOWN_not_applicable) /* other machines have nothing of the kind */
        text_fact(r, "throttle.rpi_flags", path);
}

/* The value of "name VALUE" in a file of such lines. */
static struct wi_maybe_u64 field(struct reading *r, const char *path, const char *name) {
    enum wi_known known;
    const char *text = wi_env_text(r->env, r->arena, path, &known);
    size_t n = strlen(name);
    uint64_t value;
    for (const char *p = text; p && *p;) {
        size_t line = strcspn(p, "\n");
        if (line > n && strncmp(p, name, n) == 0 && strchr(" \t:", p[n])) {
            const char *start = p + n + strspn(p + n, " \t:");
            const char *word = wi_arena_strndup(r->arena, start, strspn(start, "0123456789"));
            if (wi_parse_u64(word, 0, UINT64_MAX, &value) == WI_OK)
                return wi_some_u64(value);
        }
        p += line + (p[line] == '\n');
    }
    return (struct wi_maybe_u64){text ? WI_KNOWN_not_applicable : known, 0};
}

static void read_quota(struct reading *r) {
    static const char v2[] = "/sys/fs/cgroup/cpu.stat", v1[] = "/sys/fs/cgroup/cpu/cpu.stat";
    struct wi_maybe_u64 us = field(r, v2, "throttled_usec");
    const char *source = v2;
    if (!wi_has_u64(us)) {
        us = field(r, v1, "throttled_time"); /* nanoseconds there */
        us.value /= 1000;
        source = v1;
    }
    wi_facts_add_u64(r->facts, r->arena, "throttle.cgroup_us", us, "us", source);
}

/* ---- load ---- */

static void read_load(struct reading *r) {
    static const char path[] = "/proc/loadavg";
    static const char *const keys[] = {"load.1m", "load.5m", "load.15m"};
    enum wi_known known;
    const char *text = wi_env_text(r->env, r->arena, path, &known);
    for (size_t i = 0; i < WI_COUNT(keys); i++) {
        size_t n = text ? strcspn(text, " ") : 0;
        const char *word = text ? wi_arena_strndup(r->arena, text, n) : NULL;
        double value;
        if (word && wi_parse_f64(word, 0, 1e9, &value) == WI_OK)
            wi_facts_add_f64(r->facts, r->arena, keys[i], wi_some_f64(value), "threads", path);
        else
            absent(r, keys[i], text ? WI_KNOWN_unknown : known, path);
        text = text ? text + n + (text[n] == ' ') : NULL;
    }
    size_t n = text ? strspn(text, "0123456789") : 0;
    if (n && text[n] == '/')
        wi_facts_add(r->facts, r->arena, "load.running", wi_arena_strndup(r->arena, text, n),
                     "threads", path);
    else
        absent(r, "load.running", text ? WI_KNOWN_unknown : known, path);
}

/* proc(5): user nice system idle iowait irq softirq steal; guest time is in user already. */
static void read_ticks(struct reading *r) {
    static const char path[] = "/proc/stat";
    enum wi_known known;
    const char *text = wi_env_text(r->env, r->arena, path, &known);
    uint64_t t[8] = {0}, total = 0;
    int got = text ? sscanf(text,
                            "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                            " %" SCNu64 " %" SCNu64 " %" SCNu64,
                            &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7])
                   : 0;
    struct wi_maybe_u64 none = {text ? WI_KNOWN_unknown : known, 0};
    for (size_t i = 0; i < WI_COUNT(t); i++)
        total += t[i];
    struct wi_maybe_u64 busy = wi_some_u64(total - t[3] - t[4]);
    wi_facts_add_u64(r->facts, r->arena, "steal_ticks", got == 8 ? wi_some_u64(t[7]) : none,
                     "ticks", path);
    wi_facts_add_u64(r->facts, r->arena, "cpu.busy_ticks", got == 8 ? busy : none, "ticks", path);
    wi_facts_add_u64(r->facts, r->arena, "cpu.total_ticks", got == 8 ? wi_some_u64(total) : none,
                     "ticks", path);
}

static void read_pressure(struct reading *r) {
    static const char *const what[] = {"cpu", "memory", "io"};
    for (size_t i = 0; i < WI_COUNT(what); i++) {
        const char *path = wi_arena_printf(r->arena, "/proc/pressure/%s", what[i]);
        enum wi_known known;
        const char *text = wi_env_text(r->env, r->arena, path, &known);
        const char *some = text && strncmp(text, "some ", 5) == 0 ? strstr(text, "total=") : NULL;
        uint64_t us;
        size_t n = some ? strspn(some + 6, "0123456789") : 0;
        const char *key = wi_arena_printf(r->arena, "pressure.%s_us", what[i]);
        if (n && wi_parse_u64(wi_arena_strndup(r->arena, some + 6, n), 0, UINT64_MAX, &us) == WI_OK)
            wi_facts_add_u64(r->facts, r->arena, key, wi_some_u64(us), "us", path);
        else
            absent(r, key, text ? WI_KNOWN_unknown : known, path);
    }
}

static void kib_fact(struct reading *r, const char *key, const char *name) {
    struct wi_maybe_u64 kib = field(r, "/proc/meminfo", name);
    kib.value *= 1024;
    wi_facts_add_u64(r->facts, r->arena, key, kib, "bytes", "/proc/meminfo");
}

/* ---- power ---- */

struct supplies {
    unsigned mains, mains_online, batteries, draining, resting;
    struct wi_maybe_u64 percent; /* the lowest */
    const char *status, *percent_source, *status_source;
};

static const char *supply_text(struct reading *r, const char *folder, const char *file) {
    return wi_gpu_clean_text(r->arena,
                             wi_env_text(r->env, r->arena, path_of(r, folder, file), NULL));
}

static void read_battery(struct reading *r, const char *folder, struct supplies *s) {
    const char *status = supply_text(r, folder, "status");
    struct wi_maybe_u64 percent = wi_env_u64(r->env, r->arena, path_of(r, folder, "capacity"));
    bool lower = wi_has_u64(percent) && percent.value <= 100 &&
                 (!wi_has_u64(s->percent) || percent.value < s->percent.value);
    s->batteries++;
    if (lower) {
        s->percent = percent;
        s->percent_source = path_of(r, folder, "capacity");
    }
    if (status && strcmp(status, "Discharging") == 0)
        s->draining++;
    else if (status && strcmp(status, "Unknown") != 0)
        s->resting++;
    if (status && (!s->status || strcmp(status, "Discharging") == 0)) {
        s->status = status;
        s->status_source = path_of(r, folder, "status");
    }
}

/* A mouse's battery (scope Device) is not this machine's. */
static void read_supply(struct reading *r, const char *name, struct supplies *s) {
    const char *folder = path_of(r, "/sys/class/power_supply", name);
    const char *type = supply_text(r, folder, "type"), *scope = supply_text(r, folder, "scope");
    if (!type || (scope && strcmp(scope, "Device") == 0))
        return;
    if (strcmp(type, "Battery") == 0) {
        read_battery(r, folder, s);
    } else if (strcmp(type, "Mains") == 0 || strncmp(type, "USB", 3) == 0 ||
               strcmp(type, "Wireless") == 0) {
        struct wi_maybe_u64 online = wi_env_u64(r->env, r->arena, path_of(r, folder, "online"));
        s->mains++;
        s->mains_online += wi_has_u64(online) && online.value > 0;
    }
}

/* A plug counts even while the battery drains: some chargers give less than a busy machine takes.
 */
static void add_source(struct reading *r, const struct supplies *s, bool listed) {
    static const char folder[] = "/sys/class/power_supply";
    const char *source = NULL;
    if (s->mains_online || (s->batteries && !s->draining && s->resting))
        source = "mains";
    else if (s->draining || (s->batteries && s->mains))
        source = "battery";
    if (source)
        wi_facts_add(r->facts, r->arena, "power.source", source, "", folder);
    else
        absent(r, "power.source",
               listed && !s->batteries ? WI_KNOWN_not_applicable : WI_KNOWN_unknown, folder);
}

static void add_battery(struct reading *r, const struct supplies *s, bool listed) {
    static const char folder[] = "/sys/class/power_supply";
    enum wi_known none = listed && !s->batteries ? WI_KNOWN_not_applicable : WI_KNOWN_unknown;
    if (wi_has_u64(s->percent))
        wi_facts_add_u64(r->facts, r->arena, "battery.percent", s->percent, "%", s->percent_source);
    else
        absent(r, "battery.percent", none, folder);
    if (s->status)
        wi_facts_add(r->facts, r->arena, "battery.status", s->status, "", s->status_source);
    else
        absent(r, "battery.status", none, folder);
}

static void read_power(struct reading *r) {
    static const char folder[] = "/sys/class/power_supply";
    struct supplies s = {0};
    char **names = NULL;
    size_t count = 0;
    bool listed = r->env->list_dir(r->env->state, folder, r->arena, &names, &count) == WI_OK;
    for (size_t i = 0; listed && i < count; i++)
        read_supply(r, names[i], &s);
    add_source(r, &s, listed);
    add_battery(r, &s, listed);
    if (s.mains)
        wi_facts_add(r->facts, r->arena, "power.mains", s.mains_online ? "1" : "0", "", folder);
    else
        absent(r, "power.mains", s.batteries ? WI_KNOWN_not_applicable : WI_KNOWN_unknown, folder);
    text_fact(r, "power.profile", "/sys/firmware/acpi/platform_profile");
}

/* ---- the whole ---- */

int wi_probe_conditions(struct wi_env *env, uint64_t at_ns, struct wi_arena *arena,
                        struct wi_conditions *conditions, struct wi_err *err) {
    *conditions = (struct wi_conditions){.at_ns = at_ns};
    struct reading r = {env, arena, &conditions->facts};
    (void)err; /* what cannot be read is a fact */
    read_clocks(&r);
    read_boost(&r);
    read_heat(&r);
    read_x86_throttling(&r);
    read_cooling(&r);
    read_rpi_throttling(&r);
    read_quota(&r);
    read_load(&r);
    read_ticks(&r);
    read_pressure(&r);
    kib_fact(&r, "memory.available_bytes", "MemAvailable");
    kib_fact(&r, "memory.swap_free_bytes", "SwapFree");
    read_power(&r);
    wi_facts_add(&conditions->facts, arena, "clock.sync",
                 wi_env_value(env, arena, "clock_sync", NULL), "", "adjtimex");
    wi_facts_sort(&conditions->facts);
    return WI_OK;
}
