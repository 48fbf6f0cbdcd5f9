/* cpu_quota.c: how many CPUs' worth of time the control groups leave us.
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: cgroup.h. Version 2: cpu.max, "QUOTA PERIOD" or "max PERIOD"; version 1:
 * cpu.cfs_quota_us, -1 for none, over cpu.cfs_period_us. */
#include "base/units.h"
#include "probes/cgroup.h"
#include "probes/cpu.h"

#include <string.h>

struct quota {
    struct wi_env *env;
    struct wi_arena *arena;
    struct wi_maybe_f64 tightest;
    const char *source;
    enum wi_known worst; /* of files that said nothing of use */
};

/* Neither quota nor period is ever above a day; more is damage. */
static bool microseconds(const char *text, uint64_t *us) {
    return wi_parse_u64(text, 1, UINT64_C(86400000000), us) == WI_OK;
}

static void take(struct quota *q, const char *path, const char *quota, const char *period) {
    uint64_t used, of;
    if (!microseconds(quota, &used) || !microseconds(period, &of)) {
        q->worst = WI_KNOWN_unknown;
        return;
    }
    double cpus = (double)used / (double)of;
    if (!wi_has_f64(q->tightest) || cpus < q->tightest.value) {
        q->tightest = wi_some_f64(cpus);
        q->source = path;
    }
}

static void note(struct quota *q, enum wi_known known) {
    if (known != WI_KNOWN_not_applicable && q->worst == WI_KNOWN_not_applicable)
        q->worst = known;
}

static void look_v2(struct quota *q, const char *folder) {
    const char *path = wi_arena_printf(q->arena, "%s/cpu.max", folder);
    enum wi_known known;
    const char *text = wi_env_text(q->env, q->arena, path, &known);
    size_t n = text ? strcspn(text, " ") : 0;
    if (!text)
        note(q, known);
    else if (strncmp(text, "max", 3) != 0 || n != 3)
        take(q, path, wi_arena_strndup(q->arena, text, n), text[n] ? text + n + 1 : "100000");
}

static void look_v1(struct quota *q, const char *folder) {
    const char *path = wi_arena_printf(q->arena, "%s/cpu.cfs_quota_us", folder);
    const char *period_path = wi_arena_printf(q->arena, "%s/cpu.cfs_period_us", folder);
    enum wi_known known;
    const char *text = wi_env_text(q->env, q->arena, path, &known);
    if (!text) {
        note(q, known);
    } else if (text[0] != '-') {
        const char *period = wi_env_text(q->env, q->arena, period_path, NULL);
        take(q, path, text, period ? period : "");
    }
}

struct wi_maybe_f64 wi_cpu_quota(struct wi_env *env, struct wi_arena *arena, const char **source) {
    size_t count;
    enum wi_known known;
    struct wi_cgroup_folder *folders = wi_cgroup_folders(env, arena, "cpu", &count, &known);
    struct quota q = {.env = env,
                      .arena = arena,
                      .source = "/proc/self/cgroup, /sys/fs/cgroup",
                      .worst = WI_KNOWN_not_applicable};
    for (size_t i = 0; i < count; i++) {
        if (folders[i].version == 2)
            look_v2(&q, folders[i].path);
        else
            look_v1(&q, folders[i].path);
    }
    *source = q.source;
    if (!wi_has_f64(q.tightest))
        q.tightest.known = q.worst;
    return q.tightest;
}
