/* test_watch.c: doubts that readings of conditions tell.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "bench/watch.h"

#include <string.h>

struct reading {
    struct wi_fact facts[6];
    struct wi_conditions c;
};

/* What the time between two readings is doubted for. */
struct doubted {
    struct wi_arena *arena;
    struct wi_notes notes;
};
static struct doubted between(const struct wi_conditions *before,
                              const struct wi_conditions *after) {
    struct doubted d = {.arena = wi_arena_create()};
    d.notes.arena = d.arena;
    wi_watch_doubts(before, after, &d.notes);
    return d;
}

static void is(struct doubted d, uint32_t doubts, const char *sentence) {
    if (d.notes.doubts != doubts)
        fail_msg("doubts %x, not %x: %s", d.notes.doubts, doubts,
                 d.notes.count > 0 ? d.notes.items[0].seen : "none");
    if (sentence != NULL && strstr(d.notes.items[0].seen, sentence) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", sentence, d.notes.items[0].seen);
    wi_arena_destroy(d.arena);
}

/* Pairs of key and value up to NULL; a value "" is not readable. */
static void make(struct reading *r, uint64_t at_ns, const char *const *pairs) {
    size_t n = 0;
    for (; pairs[2 * n] != NULL; n++) {
        bool known = pairs[2 * n + 1][0] != '\0';
        r->facts[n] = (struct wi_fact){.key = pairs[2 * n],
                                       .known = known ? WI_KNOWN_known : WI_KNOWN_denied,
                                       .value = known ? pairs[2 * n + 1] : NULL};
    }
    r->c = (struct wi_conditions){.at_ns = at_ns, .facts = {r->facts, n, n}};
}
#define READING(name, at_ns, ...)                                                                  \
    struct reading name;                                                                           \
    make(&name, at_ns, (const char *const[]){__VA_ARGS__, NULL})

enum { SECOND = 1000000000 };

/* A ceiling was measured at the end of a case, and its own reading was taken just before the
 * row's: a few milliseconds in which threads begin and end say nothing of the case. */
static void a_moment_is_judged_with_what_came_before_it(void **state) {
    (void)state;
    struct wi_watch w = {.latest = {.at_ns = 5 * (uint64_t)SECOND}};
    const uint64_t soon = w.latest.at_ns + SECOND / 100, later = w.latest.at_ns + SECOND;
    assert_ptr_equal(wi_watch_since(&w, soon), &w.latest); /* there is no other */
    w.before_latest_arena = wi_arena_create();
    assert_ptr_equal(wi_watch_since(&w, soon), &w.before_latest);
    assert_ptr_equal(wi_watch_since(&w, later), &w.latest);
    wi_watch_fini(&w);
}

static void quiet_time_has_no_doubts(void **state) {
    (void)state;
    READING(a, 0, "steal_ticks", "10", "cpu.busy_ticks", "1000", "throttle.cgroup_us", "5",
            "power.source", "mains", "throttle.core_events", "7");
    READING(b, SECOND, "steal_ticks", "12", "cpu.busy_ticks", "2000", "throttle.cgroup_us", "5",
            "power.source", "mains", "throttle.core_events", "7");
    is(between(&a.c, &b.c), 0, NULL);
}

static void a_hypervisor_that_took_a_tenth_contends(void **state) {
    (void)state;
    READING(a, 0, "steal_ticks", "10", "cpu.busy_ticks", "1000");
    READING(b, SECOND, "steal_ticks", "110", "cpu.busy_ticks", "2000");
    is(between(&a.c, &b.c), WI_DOUBT_BIT(WI_DOUBT_contended), "10 % steal");
}

static void a_quota_that_stopped_us_contends(void **state) {
    (void)state;
    READING(a, 0, "throttle.cgroup_us", "1000");
    READING(b, SECOND, "throttle.cgroup_us", "61000");
    is(between(&a.c, &b.c), WI_DOUBT_BIT(WI_DOUBT_contended),
       "quota stopped this container during 6 %");
}

static void programs_that_want_the_same_processors_contend(void **state) {
    (void)state;
    READING(a, 0, "pressure.cpu_us", "100");
    READING(b, SECOND, "pressure.cpu_us", "100100");
    is(between(&a.c, &b.c), 0, NULL); /* 10 % of a second */
    b.c.at_ns = SECOND / 2;           /* 20 % of half a second */
    is(between(&a.c, &b.c), WI_DOUBT_BIT(WI_DOUBT_contended), "during 20 % of the time");
}

static void battery_is_told(void **state) {
    (void)state;
    READING(a, 0, "power.source", "mains");
    READING(b, 1, "power.source", "battery", "battery.percent", "41");
    is(between(&a.c, &b.c), WI_DOUBT_BIT(WI_DOUBT_on_battery), "at 41 %");
}

static void a_throttle_counter_that_moved_is_throttling(void **state) {
    (void)state;
    READING(a, 0, "throttle.core_events", "7", "throttle.package_events", "1");
    READING(b, SECOND, "throttle.core_events", "10", "throttle.package_events", "1");
    is(between(&a.c, &b.c), WI_DOUBT_BIT(WI_DOUBT_throttled), "3 times");
}

static void clocks_that_fall_while_the_chip_heats_are_throttling(void **state) {
    (void)state;
    READING(a, 0, "cpu0.mhz", "4400", "cpu4.mhz", "3000", "thermal.x86_pkg_temp", "61000");
    READING(b, SECOND, "cpu0.mhz", "2900", "cpu4.mhz", "2800", "thermal.x86_pkg_temp", "97000");
    is(between(&a.c, &b.c), WI_DOUBT_BIT(WI_DOUBT_throttled), "4400 to 2900 MHz");
}

static void clocks_that_fall_on_a_cool_chip_are_idle(void **state) {
    (void)state;
    READING(a, 0, "cpu0.mhz", "4400", "thermal.x86_pkg_temp", "55000");
    READING(b, SECOND, "cpu0.mhz", "800", "thermal.x86_pkg_temp", "48000");
    is(between(&a.c, &b.c), 0, NULL);
}

static void a_raspberry_pi_tells_low_voltage_and_caps(void **state) {
    (void)state;
    READING(a, 0, "throttle.rpi_flags", "0x50000"); /* of the time before: not ours */
    READING(b, SECOND, "throttle.rpi_flags", "0x50000");
    is(between(&a.c, &b.c), 0, NULL);
    READING(c, SECOND, "throttle.rpi_flags", "0xd0008");
    is(between(&a.c, &c.c), WI_DOUBT_BIT(WI_DOUBT_throttled), "lowered the processor's clock");
    READING(d, SECOND, "throttle.rpi_flags", "0x50001");
    is(between(&a.c, &d.c), WI_DOUBT_BIT(WI_DOUBT_throttled), "voltage was too low");
}

static void a_kernel_that_cools_by_slowing_is_throttling(void **state) {
    (void)state;
    READING(a, 0, "throttle.cooling.cpufreq-cpu0", "0");
    READING(b, SECOND, "throttle.cooling.cpufreq-cpu0", "3");
    is(between(&a.c, &b.c), WI_DOUBT_BIT(WI_DOUBT_throttled), "3 steps");
}

static void counters_that_began_anew_or_are_hidden_tell_nothing(void **state) {
    (void)state;
    READING(a, 0, "steal_ticks", "500", "cpu.busy_ticks", "1000", "throttle.cgroup_us", "99");
    READING(b, 1000, "steal_ticks", "400", "cpu.busy_ticks", "2000", "throttle.cgroup_us", "");
    is(between(&a.c, &b.c), 0, NULL);
    const struct wi_conditions none = {0};
    is(between(&none, &b.c), 0, NULL);
}

static struct doubted of_clocks(struct wi_moment before, struct wi_moment after) {
    struct doubted d = {.arena = wi_arena_create()};
    d.notes.arena = d.arena;
    wi_watch_clock(&before, &after, &d.notes);
    return d;
}

static void a_date_that_jumps_is_doubted(void **state) {
    (void)state;
    const int64_t utc = INT64_C(1700000000) * SECOND;
    is(of_clocks((struct wi_moment){5, utc},
                 (struct wi_moment){5 + 10ull * SECOND, utc + 10ll * SECOND}),
       0, NULL);
    is(of_clocks((struct wi_moment){5, utc},
                 (struct wi_moment){5 + 10ull * SECOND, utc + 3600ll * SECOND}),
       WI_DOUBT_BIT(WI_DOUBT_clock), "the date moved by 3600.0 s");
    is(of_clocks((struct wi_moment){5, utc}, (struct wi_moment){5 + 10ull * SECOND, utc - SECOND}),
       WI_DOUBT_BIT(WI_DOUBT_clock), "-1.0 s");
    is(of_clocks((struct wi_moment){9ull * SECOND, utc}, (struct wi_moment){SECOND, utc}),
       WI_DOUBT_BIT(WI_DOUBT_clock), "went back by 8.0 s");
}

/* Slewed by NTP's most, 500 ppm, over ten minutes. */
static void a_date_that_is_slewed_is_not(void **state) {
    (void)state;
    const int64_t utc = INT64_C(1700000000) * SECOND;
    is(of_clocks((struct wi_moment){5, utc},
                 (struct wi_moment){5 + 600ull * SECOND, utc + 600ll * SECOND + 300000000}),
       0, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_is_judged_with_what_came_before_it),
        cmocka_unit_test(quiet_time_has_no_doubts),
        cmocka_unit_test(a_hypervisor_that_took_a_tenth_contends),
        cmocka_unit_test(a_quota_that_stopped_us_contends),
        cmocka_unit_test(programs_that_want_the_same_processors_contend),
        cmocka_unit_test(battery_is_told),
        cmocka_unit_test(a_throttle_counter_that_moved_is_throttling),
        cmocka_unit_test(clocks_that_fall_while_the_chip_heats_are_throttling),
        cmocka_unit_test(clocks_that_fall_on_a_cool_chip_are_idle),
        cmocka_unit_test(a_raspberry_pi_tells_low_voltage_and_caps),
        cmocka_unit_test(a_kernel_that_cools_by_slowing_is_throttling),
        cmocka_unit_test(counters_that_began_anew_or_are_hidden_tell_nothing),
        cmocka_unit_test(a_date_that_jumps_is_doubted),
        cmocka_unit_test(a_date_that_is_slewed_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
