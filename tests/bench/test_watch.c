/* test_watch.c: doubts that readings of conditions tell.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "bench/watch.h"

struct reading {
    struct wi_fact facts[4];
    struct wi_conditions c;
};

/* Two counters and the power source; NULL: not readable. */
static void make(struct reading *r, uint64_t at_ns, const char *stolen, const char *busy,
                 const char *stopped_us, const char *power) {
    const char *values[4] = {stolen, busy, stopped_us, power};
    static const char *const keys[4] = {"steal_ticks", "cpu.busy_ticks", "throttle.cgroup_us",
                                        "power.source"};
    for (size_t i = 0; i < 4; i++)
        r->facts[i] = (struct wi_fact){.key = keys[i],
                                       .known = values[i] ? WI_KNOWN_known : WI_KNOWN_denied,
                                       .value = values[i]};
    r->c = (struct wi_conditions){.at_ns = at_ns, .facts = {r->facts, 4, 4}};
}

static void quiet_time_has_no_doubts(void **state) {
    struct reading a, b;
    (void)state;
    make(&a, 0, "10", "1000", "5", "mains");
    make(&b, 1000000000, "12", "2000", "5", "mains");
    assert_int_equal(wi_watch_doubts(&a.c, &b.c), 0);
}

static void a_hypervisor_that_took_a_tenth_contends(void **state) {
    struct reading a, b;
    (void)state;
    make(&a, 0, "10", "1000", NULL, "mains");
    make(&b, 1000000000, "110", "2000", NULL, "mains");
    assert_int_equal(wi_watch_doubts(&a.c, &b.c), WI_DOUBT_BIT(WI_DOUBT_contended));
}

static void a_quota_that_stopped_us_contends(void **state) {
    struct reading a, b;
    (void)state;
    make(&a, 0, "0", "0", "1000", NULL);
    make(&b, 1000000000, "0", "100", "61000", NULL);
    assert_int_equal(wi_watch_doubts(&a.c, &b.c), WI_DOUBT_BIT(WI_DOUBT_contended));
}

static void programs_that_want_the_same_processors_contend(void **state) {
    struct wi_fact facts[2] = {
        {.key = "pressure.cpu_us", .known = WI_KNOWN_known, .value = "100"},
        {.key = "pressure.cpu_us", .known = WI_KNOWN_known, .value = "100100"}};
    const struct wi_conditions before = {.at_ns = 0, .facts = {&facts[0], 1, 1}};
    struct wi_conditions after = {.at_ns = 1000000000, .facts = {&facts[1], 1, 1}};
    (void)state;
    assert_int_equal(wi_watch_doubts(&before, &after), 0); /* 10 % of a second */
    after.at_ns = 500000000;                               /* 20 % of half a second */
    assert_int_equal(wi_watch_doubts(&before, &after), WI_DOUBT_BIT(WI_DOUBT_contended));
}

static void battery_is_told(void **state) {
    struct reading a, b;
    (void)state;
    make(&a, 0, NULL, NULL, NULL, "mains");
    make(&b, 1, NULL, NULL, NULL, "battery");
    assert_int_equal(wi_watch_doubts(&a.c, &b.c), WI_DOUBT_BIT(WI_DOUBT_on_battery));
}

static void counters_that_began_anew_or_are_hidden_tell_nothing(void **state) {
    struct reading a, b;
    (void)state;
    make(&a, 0, "500", "1000", "99", NULL);
    make(&b, 1000, "400", "2000", NULL, NULL);
    assert_int_equal(wi_watch_doubts(&a.c, &b.c), 0);
    const struct wi_conditions none = {0};
    assert_int_equal(wi_watch_doubts(&none, &b.c), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet_time_has_no_doubts),
        cmocka_unit_test(a_hypervisor_that_took_a_tenth_contends),
        cmocka_unit_test(a_quota_that_stopped_us_contends),
        cmocka_unit_test(programs_that_want_the_same_processors_contend),
        cmocka_unit_test(battery_is_told),
        cmocka_unit_test(counters_that_began_anew_or_are_hidden_tell_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
