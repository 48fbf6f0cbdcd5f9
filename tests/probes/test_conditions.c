/* test_conditions.c: one reading of clocks, heat, load and power.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/probes/recorded.h"

#include "probes/facts.h"
#include "probes/probe.h"

#define CPUFREQ "/sys/devices/system/cpu/cpufreq"
#define THERMAL "/sys/class/thermal"
#define SUPPLY  "/sys/class/power_supply"

static const struct wi_facts *read_made(struct made *m) {
    struct wi_conditions *conditions = WI_NEW(m->arena, struct wi_conditions);
    struct wi_env *env = made_env(m);
    struct wi_err err = {0};
    assert_int_equal(wi_probe_conditions(env, 42, m->arena, conditions, &err), WI_OK);
    assert_int_equal(conditions->at_ns, 42);
    wi_env_destroy(env);
    m->recording = wi_recording_create();
    return &conditions->facts;
}

static void expect(const struct wi_facts *facts, const char *key, const char *value) {
    const struct wi_fact *fact = wi_facts_find(facts, key);
    if (!fact || !fact->value || strcmp(fact->value, value) != 0)
        fail_msg("%s is %s, not %s", key,
                 !fact         ? "absent"
                 : fact->value ? fact->value
                               : wi_known_name(fact->known),
                 value);
}

static void expect_absent(const struct wi_facts *facts, const char *key, enum wi_known known) {
    const struct wi_fact *fact = wi_facts_find(facts, key);
    if (!fact || fact->known != known)
        fail_msg("%s is %s, not %s", key, fact ? wi_known_name(fact->known) : "not there",
                 wi_known_name(known));
}

static void a_machine_that_says_nothing_is_unknown_not_zero(void **state) {
    const struct wi_facts *facts = read_made(*state);
    static const char *const keys[] = {"cpu0.mhz",        "thermal",      "load.1m",
                                       "steal_ticks",     "power.source", "battery.percent",
                                       "pressure.cpu_us", "clock.sync",   "throttle.core_events"};
    for (size_t i = 0; i < WI_COUNT(keys); i++) {
        const struct wi_fact *fact = wi_facts_find(facts, keys[i]);
        if (!fact || fact->known == WI_KNOWN_known)
            fail_msg("%s: %s", keys[i], fact ? fact->value : "no fact");
    }
    for (size_t i = 1; i < facts->count; i++)
        assert_true(strcmp(facts->items[i - 1].key, facts->items[i].key) < 0);
}

static void each_frequency_domain_is_read(void **state) {
    struct made *m = *state;
    add_dir(m, CPUFREQ, "boost/policy0/policy4");
    add_file(m, CPUFREQ "/policy0/scaling_governor", "schedutil\n");
    add_file(m, CPUFREQ "/policy0/scaling_cur_freq", "1804000\n");
    add_file(m, CPUFREQ "/policy0/scaling_max_freq", "1804800\n");
    add_file(m, CPUFREQ "/policy4/scaling_governor", "performance\n");
    add_no_file(m, CPUFREQ "/policy4/scaling_cur_freq", WI_UNAVAILABLE);
    add_file(m, CPUFREQ "/policy4/energy_performance_preference", "balance_power\n");
    add_file(m, CPUFREQ "/boost", "1\n");
    const struct wi_facts *facts = read_made(m);
    expect(facts, "cpu0.governor", "schedutil");
    expect(facts, "cpu0.mhz", "1804");
    expect(facts, "cpu0.max_mhz", "1804");
    expect(facts, "cpu4.governor", "performance");
    expect(facts, "cpu4.preference", "balance_power");
    expect_absent(facts, "cpu4.mhz", WI_KNOWN_denied);
    expect(facts, "cpu.boost", "on");
    assert_string_equal(wi_facts_find(facts, "cpu0.mhz")->unit, "MHz");
}

static void intels_no_turbo_is_turned_around(void **state) {
    struct made *m = *state;
    add_file(m, "/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
    expect(read_made(m), "cpu.boost", "off");
}

static void zones_of_one_type_are_told_apart_and_may_freeze_or_fail(void **state) {
    struct made *m = *state;
    add_dir(m, THERMAL, "cooling_device0/thermal_zone0/thermal_zone1/thermal_zone2/thermal_zone3");
    add_file(m, THERMAL "/thermal_zone0/type", "acpitz\n");
    add_file(m, THERMAL "/thermal_zone0/temp", "27800\n");
    add_file(m, THERMAL "/thermal_zone1/type", "acpitz\n");
    add_file(m, THERMAL "/thermal_zone1/temp", "-5000\n");
    add_file(m, THERMAL "/thermal_zone2/type", "x86_pkg_temp\n");
    add_no_file(m, THERMAL "/thermal_zone2/temp", WI_IO);
    add_file(m, THERMAL "/thermal_zone3/type", "B0D4 odd\n");
    add_file(m, THERMAL "/thermal_zone3/temp", "hot\n");
    const struct wi_facts *facts = read_made(m);
    expect(facts, "thermal.acpitz", "27800");
    expect(facts, "thermal.acpitz.1", "-5000");
    expect_absent(facts, "thermal.x86_pkg_temp", WI_KNOWN_unknown);
    expect_absent(facts, "thermal.b0d4_odd", WI_KNOWN_unknown);
    assert_null(wi_facts_find(facts, "thermal"));
    assert_string_equal(wi_facts_find(facts, "thermal.acpitz")->unit, "mC");
}

static void amds_temperature_comes_from_its_monitor(void **state) {
    struct made *m = *state;
    add_dir(m, "/sys/class/hwmon", "hwmon0/hwmon1");
    add_file(m, "/sys/class/hwmon/hwmon0/name", "nvme\n");
    add_file(m, "/sys/class/hwmon/hwmon0/temp1_input", "40850\n");
    add_file(m, "/sys/class/hwmon/hwmon1/name", "k10temp\n");
    add_file(m, "/sys/class/hwmon/hwmon1/temp1_input", "55250\n");
    const struct wi_facts *facts = read_made(m);
    expect(facts, "thermal.k10temp", "55250");
    assert_null(wi_facts_find(facts, "thermal.nvme"));
}

static void core_throttling_adds_up_and_package_throttling_does_not(void **state) {
    struct made *m = *state;
    add_dir(m, "/sys/devices/system/cpu", "cpu0/cpu1/cpufreq/cpuidle");
    for (int i = 0; i < 2; i++) {
        const char *folder =
            wi_arena_printf(m->arena, "/sys/devices/system/cpu/cpu%d/thermal_throttle", i);
        add_file(m, wi_arena_printf(m->arena, "%s/core_throttle_count", folder), i ? "3\n" : "4\n");
        add_file(m, wi_arena_printf(m->arena, "%s/package_throttle_count", folder), "11\n");
    }
    const struct wi_facts *facts = read_made(m);
    expect(facts, "throttle.core_events", "7");
    expect(facts, "throttle.package_events", "11");
    expect_absent(facts, "throttle.core_ms", WI_KNOWN_not_applicable);
}

static void slowing_down_for_heat_is_seen_on_arm_and_on_the_pi(void **state) {
    struct made *m = *state;
    add_dir(m, THERMAL, "cooling_device0/cooling_device1/cooling_device2");
    add_file(m, THERMAL "/cooling_device0/type", "cpufreq-cpu4\n");
    add_file(m, THERMAL "/cooling_device0/cur_state", "3\n");
    add_file(m, THERMAL "/cooling_device1/type", "pwm-fan\n");
    add_file(m, THERMAL "/cooling_device1/cur_state", "2\n");
    add_file(m, THERMAL "/cooling_device2/type", "cpufreq-cpu4\n");
    add_file(m, THERMAL "/cooling_device2/cur_state", "0\n");
    add_file(m, "/sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n");
    const struct wi_facts *facts = read_made(m);
    expect(facts, "throttle.cooling.cpufreq-cpu4", "3");
    expect(facts, "throttle.cooling.cpufreq-cpu4.1", "0");
    assert_null(wi_facts_find(facts, "throttle.cooling.pwm-fan"));
    expect(facts, "throttle.rpi_flags", "50005");
}

static void load_ticks_and_pressure_are_read(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/loadavg", "0.80 0.91 12.50 2/112 27195\n");
    add_file(m, "/proc/stat",
             "cpu  100 20 30 4000 50 6 7 80 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 5\n");
    add_file(m, "/proc/pressure/cpu",
             "some avg10=1.24 avg60=3.84 avg300=13.66 total=369477316\n"
             "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    add_no_file(m, "/proc/pressure/memory", WI_IO); /* psi=0 */
    add_file(m, "/sys/fs/cgroup/cpu.stat", "usage_usec 5\nnr_throttled 2\nthrottled_usec 77\n");
    add_file(m, "/proc/meminfo", "MemTotal: 8 kB\nMemAvailable:   3000 kB\nSwapFree: 0 kB\n");
    add_value(m, "clock_sync", "yes");
    const struct wi_facts *facts = read_made(m);
    expect(facts, "load.1m", "0.8");
    expect(facts, "load.15m", "12.5");
    expect(facts, "load.running", "2");
    expect(facts, "steal_ticks", "80");
    expect(facts, "cpu.total_ticks", "4293");
    expect(facts, "cpu.busy_ticks", "243");
    expect(facts, "pressure.cpu_us", "369477316");
    expect_absent(facts, "pressure.memory_us", WI_KNOWN_unknown);
    expect_absent(facts, "pressure.io_us", WI_KNOWN_not_applicable);
    expect(facts, "throttle.cgroup_us", "77");
    expect(facts, "memory.available_bytes", "3072000");
    expect(facts, "memory.swap_free_bytes", "0");
    expect(facts, "clock.sync", "yes");
}

static void garbage_is_unknown(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/loadavg", "busy\n");
    add_file(m, "/proc/stat", "cpu  1 2 three\n");
    add_file(m, "/proc/pressure/cpu", "some avg10=1 total=\n");
    add_dir(m, CPUFREQ, "policy0/policyX");
    add_file(m, CPUFREQ "/policy0/scaling_cur_freq", "<unknown>\n");
    add_file(m, CPUFREQ "/policy0/scaling_governor", "\x1b[31mred\n");
    const struct wi_facts *facts = read_made(m);
    expect_absent(facts, "load.1m", WI_KNOWN_unknown);
    expect_absent(facts, "load.running", WI_KNOWN_unknown);
    expect_absent(facts, "steal_ticks", WI_KNOWN_unknown);
    expect_absent(facts, "pressure.cpu_us", WI_KNOWN_unknown);
    expect_absent(facts, "cpu0.mhz", WI_KNOWN_unknown);
    expect(facts, "cpu0.governor", "[31mred"); /* no escape reaches a terminal */
    assert_null(wi_facts_find(facts, "cpuX.mhz"));
}

/* ---- power ---- */

static void add_battery(struct made *m, const char *name, const char *status, const char *percent) {
    const char *folder = wi_arena_printf(m->arena, SUPPLY "/%s", name);
    add_file(m, wi_arena_printf(m->arena, "%s/type", folder), "Battery\n");
    add_file(m, wi_arena_printf(m->arena, "%s/status", folder), status);
    add_file(m, wi_arena_printf(m->arena, "%s/capacity", folder), percent);
}

static void add_plug(struct made *m, const char *name, const char *type, const char *online) {
    const char *folder = wi_arena_printf(m->arena, SUPPLY "/%s", name);
    add_file(m, wi_arena_printf(m->arena, "%s/type", folder), type);
    add_file(m, wi_arena_printf(m->arena, "%s/online", folder), online);
}

static void a_laptop_on_battery_says_so(void **state) {
    struct made *m = *state;
    add_dir(m, SUPPLY, "AC/BAT0/BAT1");
    add_plug(m, "AC", "Mains\n", "0\n");
    add_battery(m, "BAT0", "Discharging\n", "61\n");
    add_battery(m, "BAT1", "Unknown\n", "97\n");
    const struct wi_facts *facts = read_made(m);
    expect(facts, "power.source", "battery");
    expect(facts, "battery.percent", "61");
    expect(facts, "battery.status", "Discharging");
    expect(facts, "power.mains", "0");
}

static void a_plug_counts_even_while_the_battery_drains(void **state) {
    struct made *m = *state;
    add_dir(m, SUPPLY, "BAT0/ucsi-source-psy-1");
    add_plug(m, "ucsi-source-psy-1", "USB\n", "1\n");
    add_battery(m, "BAT0", "Discharging\n", "80\n");
    const struct wi_facts *facts = read_made(m);
    expect(facts, "power.source", "mains");
    expect(facts, "power.mains", "1");
}

static void a_full_battery_without_a_listed_plug_is_on_mains(void **state) {
    struct made *m = *state;
    add_dir(m, SUPPLY, "BAT0");
    add_battery(m, "BAT0", "Full\n", "100\n");
    const struct wi_facts *facts = read_made(m);
    expect(facts, "power.source", "mains");
    expect_absent(facts, "power.mains", WI_KNOWN_not_applicable);
}

static void a_battery_that_says_nothing_is_unknown(void **state) {
    struct made *m = *state;
    add_dir(m, SUPPLY, "BAT0");
    add_battery(m, "BAT0", "Unknown\n", "250\n");
    const struct wi_facts *facts = read_made(m);
    expect_absent(facts, "power.source", WI_KNOWN_unknown);
    expect_absent(facts, "battery.percent", WI_KNOWN_unknown);
}

static void a_machine_without_a_battery_has_no_battery_state(void **state) {
    struct made *m = *state;
    add_dir(m, SUPPLY, "hidpp_battery_0");
    add_battery(m, "hidpp_battery_0", "Discharging\n", "50\n");
    add_file(m, SUPPLY "/hidpp_battery_0/scope", "Device\n");
    const struct wi_facts *facts = read_made(m);
    expect_absent(facts, "power.source", WI_KNOWN_not_applicable);
    expect_absent(facts, "power.mains", WI_KNOWN_unknown);
    expect_absent(facts, "battery.percent", WI_KNOWN_not_applicable);
}

static void this_machine_can_be_read(void **state) {
    struct made *m = *state;
    struct wi_conditions conditions;
    struct wi_env *env;
    struct wi_err err = {0};
    assert_int_equal(wi_env_live(&env, &err), WI_OK);
    assert_int_equal(wi_probe_conditions(env, 0, m->arena, &conditions, &err), WI_OK);
    assert_non_null(wi_facts_value(&conditions.facts, "load.1m"));
    assert_non_null(wi_facts_value(&conditions.facts, "steal_ticks"));
    wi_env_destroy(env);
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, made_setup, made_teardown)
    const struct CMUnitTest tests[] = {
        T(a_machine_that_says_nothing_is_unknown_not_zero),
        T(each_frequency_domain_is_read),
        T(intels_no_turbo_is_turned_around),
        T(zones_of_one_type_are_told_apart_and_may_freeze_or_fail),
        T(amds_temperature_comes_from_its_monitor),
        T(core_throttling_adds_up_and_package_throttling_does_not),
        T(slowing_down_for_heat_is_seen_on_arm_and_on_the_pi),
        T(load_ticks_and_pressure_are_read),
        T(garbage_is_unknown),
        T(a_laptop_on_battery_says_so),
        T(a_plug_counts_even_while_the_battery_drains),
        T(a_full_battery_without_a_listed_plug_is_on_mains),
        T(a_battery_that_says_nothing_is_unknown),
        T(a_machine_without_a_battery_has_no_battery_state),
        T(this_machine_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
