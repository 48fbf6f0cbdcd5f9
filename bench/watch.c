/* watch.c: readings of conditions around cases; watch.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/watch.h"

#include "base/clock.h"
#include "base/units.h"
#include "probes/facts.h"
#include "probes/probe.h"

#include <string.h>

/* Shares of the time from which on other work has taken part in a result. */
static const double steal_most = 0.05, quota_most = 0.05;
/* Of the time in which some thread waited for a processor (Linux' pressure stall information). We
 * run one thread a core, which waits for nobody; what the rest of a quiet system does adds a few
 * percent. */
static const double waiting_most = 0.15;

/* How far a counter went; false: one of the two readings has none, or it began anew. */
static bool moved(const struct wi_conditions *before, const struct wi_conditions *after,
                  const char *key, double *by) {
    const char *a = wi_facts_value(&before->facts, key), *b = wi_facts_value(&after->facts, key);
    uint64_t from = 0, to = 0;
    if (a == NULL || b == NULL || wi_parse_u64(a, 0, UINT64_MAX, &from) != WI_OK ||
        wi_parse_u64(b, 0, UINT64_MAX, &to) != WI_OK || to < from)
        return false;
    *by = (double)(to - from);
    return true;
}

/* A hypervisor ran others on our processors, a CPU quota stopped us, or other programs of this
 * system wanted the same processors. */
static bool contended(const struct wi_conditions *before, const struct wi_conditions *after) {
    double stolen = 0, busy = 0, stopped_us = 0, waited_us = 0;
    double passed_us =
        after->at_ns > before->at_ns ? (double)(after->at_ns - before->at_ns) / 1000 : 0;
    if (moved(before, after, "steal_ticks", &stolen) &&
        moved(before, after, "cpu.busy_ticks", &busy) &&
        stolen > steal_most * (busy > stolen ? busy : stolen))
        return true;
    if (moved(before, after, "pressure.cpu_us", &waited_us) && passed_us > 0 &&
        waited_us > waiting_most * passed_us)
        return true;
    return moved(before, after, "throttle.cgroup_us", &stopped_us) && passed_us > 0 &&
           stopped_us > quota_most * passed_us;
}

uint32_t wi_watch_doubts(const struct wi_conditions *before, const struct wi_conditions *after) {
    const char *source = wi_facts_value(&after->facts, "power.source");
    uint32_t doubts = 0;
    if (contended(before, after))
        doubts |= WI_DOUBT_BIT(WI_DOUBT_contended);
    if (source != NULL && strcmp(source, "battery") == 0)
        doubts |= WI_DOUBT_BIT(WI_DOUBT_on_battery);
    return doubts;
}

int wi_watch_read(struct wi_watch *w, const char *when, uint32_t *doubts, struct wi_err *err) {
    struct wi_conditions now = {0};
    if (w->env == NULL)
        return WI_OK;
    struct wi_arena *arena = wi_arena_create();
    uint64_t at_ns = wi_now_ns(&wi_clock_system) - w->origin_ns;
    int status = wi_probe_conditions(w->env, at_ns, arena, &now, err);
    if (status != WI_OK) {
        wi_arena_destroy(arena);
        return status;
    }
    if (doubts != NULL)
        *doubts = wi_watch_doubts(&w->latest, &now);
    wi_arena_destroy(w->arena);
    w->arena = arena;
    w->latest = now;
    return w->sink->conditions == NULL ? WI_OK
                                       : w->sink->conditions(w->sink->state, when, &now, err);
}

void wi_watch_fini(struct wi_watch *w) {
    wi_arena_destroy(w->arena);
    *w = (struct wi_watch){0};
}
