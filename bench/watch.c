/* watch.c: readings of conditions around cases; watch.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/watch.h"
#include "bench/constants.h"

#include "base/clock.h"
#include "base/units.h"
#include "probes/facts.h"
#include "probes/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Shares of the time from which on other work has taken part in a result. */
static const double steal_most = 0.05, quota_most = 0.05;
/* Of the time in which some thread waited for a processor (Linux' pressure stall information). We
 * run one thread a core, which waits for nobody; what the rest of a quiet system does adds a few
 * percent. */
static const double waiting_most = 0.15;
/* A clock this much lower, on a chip this much hotter, has been lowered for the heat. */
static const double slower_most = 0.15, hotter_least_mc = 3000, hot_from_mc = 70000;
/* Shares of less time say nothing: ticks are of 10 ms, and the reading itself wakes threads. */
static const uint64_t window_least_ns = 100000000;
/* NTP slews by 500 ppm at most, 30 ms a minute: what goes further was set. */
static const double date_jump_s = 1;

/* ---- reading readings ---- */

static bool number_of(const struct wi_conditions *c, const char *key, double *value) {
    const char *text = wi_facts_value(&c->facts, key);
    return text != NULL && wi_parse_f64(text, -1e18, 1.9e19, value) == WI_OK;
}

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

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), k = strlen(end);
    return n >= k && strcmp(text + n - k, end) == 0;
}

/* The largest number among the facts whose keys begin and end so; false: there is none. */
static bool largest(const struct wi_conditions *c, const char *begin, const char *end,
                    double *value) {
    bool any = false;
    for (size_t i = 0; i < c->facts.count; i++) {
        const struct wi_fact *f = &c->facts.items[i];
        double x = 0;
        if (f->known != WI_KNOWN_known || f->value == NULL ||
            strncmp(f->key, begin, strlen(begin)) != 0 || !ends_with(f->key, end) ||
            wi_parse_f64(f->value, -1e9, 1e12, &x) != WI_OK || (any && x <= *value))
            continue;
        *value = x;
        any = true;
    }
    return any;
}

/* ---- other work ---- */

/* A hypervisor ran others on our processors, a CPU quota stopped us, or other programs of this
 * system wanted the same processors. */
static void look_for_others(const struct wi_conditions *before, const struct wi_conditions *after,
                            struct wi_notes *notes) {
    double stolen = 0, busy = 0, stopped_us = 0, waited_us = 0;
    double passed_us =
        after->at_ns > before->at_ns ? (double)(after->at_ns - before->at_ns) / 1000 : 0;
    if (moved(before, after, "steal_ticks", &stolen) &&
        moved(before, after, "cpu.busy_ticks", &busy) && stolen > steal_most * fmax(busy, stolen))
        wi_note(notes, WI_DOUBT_contended,
                "%.0f %% steal: the hypervisor ran others on these processors",
                100 * stolen / fmax(busy, stolen));
    if (!(passed_us > 0))
        return;
    if (moved(before, after, "pressure.cpu_us", &waited_us) && waited_us > waiting_most * passed_us)
        wi_note(notes, WI_DOUBT_contended,
                "threads of this system waited for a processor during %.0f %% of the time",
                100 * waited_us / passed_us);
    if (moved(before, after, "throttle.cgroup_us", &stopped_us) &&
        stopped_us > quota_most * passed_us)
        wi_note(notes, WI_DOUBT_contended,
                "a processor quota stopped this container during %.0f %% of the time",
                100 * stopped_us / passed_us);
}

/* ---- heat and power ---- */

static void look_at_counter(const struct wi_conditions *before, const struct wi_conditions *after,
                            const char *key, const char *what, struct wi_notes *notes) {
    double events = 0;
    if (moved(before, after, key, &events) && events > 0)
        wi_note(notes, WI_DOUBT_throttled, "%s throttled %.0f times for heat", what, events);
}

/* The firmware of a Raspberry Pi: bits 0 to 3 say what is now (low voltage, capped clock,
 * throttled, soft limit), 16 to 19 the same of the time since it was started. */
static void look_at_pi(const struct wi_conditions *before, const struct wi_conditions *after,
                       struct wi_notes *notes) {
    const char *a = wi_facts_value(&before->facts, "throttle.rpi_flags");
    const char *b = wi_facts_value(&after->facts, "throttle.rpi_flags");
    if (b == NULL)
        return;
    unsigned long was = a == NULL ? 0 : strtoul(a, NULL, 16), is = strtoul(b, NULL, 16);
    unsigned long news = (is & 0xf) | ((is & ~was) >> 16 & 0xf);
    if (news & 0x1)
        wi_note(notes, WI_DOUBT_throttled, "the supply's voltage was too low");
    if (news & 0xe)
        wi_note(notes, WI_DOUBT_throttled, "the firmware lowered the processor's clock");
}

static void look_at_clocks(const struct wi_conditions *before, const struct wi_conditions *after,
                           struct wi_notes *notes) {
    double fast = 0, slow = 0, cool = 0, hot = 0, steps = 0;
    if (largest(after, "throttle.cooling.", "", &steps) && steps > 0)
        wi_note(notes, WI_DOUBT_throttled,
                "the kernel slows the device down by %.0f steps: it is "
                "hot",
                steps);
    if (!largest(before, "cpu", ".mhz", &fast) || !largest(after, "cpu", ".mhz", &slow) ||
        !largest(before, "thermal.", "", &cool) || !largest(after, "thermal.", "", &hot))
        return;
    if (slow < (1 - slower_most) * fast && hot >= hot_from_mc && hot - cool >= hotter_least_mc)
        wi_note(notes, WI_DOUBT_throttled,
                "clocks fell from %.0f to %.0f MHz while the chip went from %.0f to %.0f degrees",
                fast, slow, cool / 1000, hot / 1000);
}

void wi_watch_doubts(const struct wi_conditions *before, const struct wi_conditions *after,
                     struct wi_notes *notes) {
    const char *source = wi_facts_value(&after->facts, "power.source");
    double percent = 0;
    look_for_others(before, after, notes);
    look_at_counter(before, after, "throttle.core_events", "cores were", notes);
    look_at_counter(before, after, "throttle.package_events", "the package was", notes);
    look_at_pi(before, after, notes);
    look_at_clocks(before, after, notes);
    if (source == NULL || strcmp(source, "battery") != 0)
        return;
    if (number_of(after, "battery.percent", &percent))
        wi_note(notes, WI_DOUBT_on_battery, "on battery, at %.0f %%", percent);
    else
        wi_note(notes, WI_DOUBT_on_battery, "on battery");
}

/* ---- clocks ---- */

void wi_watch_clock(const struct wi_moment *before, const struct wi_moment *after,
                    struct wi_notes *notes) {
    double mono_s = ((double)after->mono_ns - (double)before->mono_ns) / 1e9;
    double date_s = (double)(after->utc_ns - before->utc_ns) / 1e9;
    if (mono_s < 0)
        wi_note(notes, WI_DOUBT_clock, "the clock that times went back by %.1f s", -mono_s);
    else if (fabs(date_s - mono_s) > date_jump_s)
        wi_note(notes, WI_DOUBT_clock,
                "the date moved by %.1f s while the clock that times moved by %.1f s: it was set, "
                "or the device slept",
                date_s, mono_s);
}

/* ---- reading ---- */

static struct wi_moment now(void) {
    return (struct wi_moment){wi_now_ns(&wi_clock_system), wi_utc_ns(&wi_clock_system)};
}

const struct wi_conditions *wi_watch_since(const struct wi_watch *w, uint64_t at_ns) {
    bool short_time = at_ns < w->latest.at_ns + window_least_ns;
    return short_time && w->before_latest_arena != NULL ? &w->before_latest : &w->latest;
}

/* The reading before stays the one that a time worth judging lies after. */
static void take(struct wi_watch *w, struct wi_conditions read, struct wi_arena *arena) {
    if (wi_watch_since(w, read.at_ns) == &w->latest) {
        wi_arena_destroy(w->before_latest_arena);
        w->before_latest = w->latest;
        w->before_latest_arena = w->arena;
    } else {
        wi_arena_destroy(w->arena);
    }
    w->arena = arena;
    w->latest = read;
}

int wi_watch_read(struct wi_watch *w, const char *when, struct wi_notes *notes,
                  struct wi_err *err) {
    struct wi_conditions read = {0};
    struct wi_moment moment = now();
    if (notes != NULL && w->latest_at.mono_ns > 0)
        wi_watch_clock(&w->latest_at, &moment, notes);
    w->latest_at = moment;
    if (w->env == NULL)
        return WI_OK;
    struct wi_arena *arena = wi_arena_create();
    int status = wi_probe_conditions(w->env, moment.mono_ns - w->origin_ns, arena, &read, err);
    if (status != WI_OK) {
        wi_arena_destroy(arena);
        return status;
    }
    if (notes != NULL)
        wi_watch_doubts(wi_watch_since(w, read.at_ns), &read, notes);
    take(w, read, arena);
    return w->sink->conditions == NULL ? WI_OK
                                       : w->sink->conditions(w->sink->state, when, &read, err);
}

void wi_watch_fini(struct wi_watch *w) {
    wi_arena_destroy(w->before_latest_arena);
    wi_arena_destroy(w->arena);
    *w = (struct wi_watch){0};
}

void wi_constants_of_watch(struct wi_constants *list) {
    wi_constants_add(
        list, "doubts.steal", steal_most, "share",
        "of the time given to other virtual machines, beyond which a row is contended");
    wi_constants_add(list, "doubts.quota", quota_most, "share",
                     "of the time stopped by a quota, beyond which a row is contended");
    wi_constants_add(list, "doubts.waiting", waiting_most, "share",
                     "of the time with threads waiting, beyond which a row is contended");
    wi_constants_add(list, "doubts.slower", slower_most, "share",
                     "that clocks fell by while it grew hot, beyond which a row is throttled");
    wi_constants_add(list, "doubts.hotter", hotter_least_mc / 1000, "degrees",
                     "hotter at least, for lower clocks to be throttling");
    wi_constants_add(list, "doubts.hot_from", hot_from_mc / 1000, "degrees",
                     "Celsius, below which lower clocks are not throttling");
    wi_constants_add(list, "doubts.date_jump", date_jump_s, "s",
                     "that the date moved beside the clock, beyond which it is doubted");
}
