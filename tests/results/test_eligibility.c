/* Which evidence counts: one reason at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/results/judge_fixture.h"

static struct wi_arena *arena;
static struct judge_case c;

static int set_up(void **state) {
    (void)state;
    judge_init(&c, "gemma-2b", WI_FORMAT_q4_0);
    judge_add(&c, WI_PHASE_decode, 32, 512, 14, 0.01, 0);
    arena = c.arena;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    judge_fini(&c);
    return 0;
}

static const char *barred(void) {
    return wi_evidence_barred(&c.rows[0], wi_rules_default(), "sw-cpu", false, arena);
}

static void an_ok_row_counts(void **state) {
    (void)state;
    assert_null(barred());
    assert_null(wi_evidence_barred_on(&c.rows[0], wi_rules_default(), &c.inventory, true, arena));
}

static void only_status_ok_counts(void **state) {
    (void)state;
    for (int s = WI_CASE_ok + 1; s < WI_CASE_STATUS_COUNT; s++) {
        c.rows[0].m.status = (enum wi_case_status)s;
        c.rows[0].m.reason = "the driver said so";
        assert_says(barred(), wi_case_status_name((enum wi_case_status)s));
        assert_says(barred(), "the driver said so");
    }
}

static void caps_do_not_count(void **state) {
    (void)state;
    c.rows[0].m.what_if = true;
    assert_says(barred(), "cap");
    c.rows[0].m.key.cap = "isa=avx2";
    assert_says(barred(), "isa=avx2");
}

static void doubts_bar_as_their_table_says(void **state) {
    (void)state;
    const uint32_t barring = WI_DOUBT_BIT(WI_DOUBT_throttled) | WI_DOUBT_BIT(WI_DOUBT_contended) |
                             WI_DOUBT_BIT(WI_DOUBT_implausible) |
                             WI_DOUBT_BIT(WI_DOUBT_on_battery) | WI_DOUBT_BIT(WI_DOUBT_clock);
    for (unsigned d = 0; d <= WI_DOUBT_resumed; d++) {
        c.rows[0].m.doubts = 1u << d;
        if ((barred() != NULL) != ((barring >> d & 1) != 0))
            fail_msg("doubt %s: %s", wi_doubt_name((enum wi_doubt)d),
                     barred() ? barred() : "counts");
    }
}

static void battery_bars_only_devices_with_mains(void **state) {
    (void)state;
    c.rows[0].m.doubts = WI_DOUBT_BIT(WI_DOUBT_on_battery) | WI_DOUBT_BIT(WI_DOUBT_noisy);
    assert_says(barred(), "battery");
    c.rows[0].has_mains = false;
    assert_null(barred());
    c.rows[0].m.doubts |= WI_DOUBT_BIT(WI_DOUBT_throttled);
    assert_says(barred(), "throttled");
}

static void software_devices_say_nothing_about_gpus(void **state) {
    (void)state;
    c.rows[0].m.software = true;
    assert_null(barred());
    assert_says(wi_evidence_barred(&c.rows[0], wi_rules_default(), "sw-cpu", true, arena),
                "disguise");
}

static void older_kernels_and_the_null_backend_do_not_count(void **state) {
    (void)state;
    struct wi_rules rules = *wi_rules_default();
    rules.comparable_since[WI_BACKEND_cpu] = 4;
    c.rows[0].m.kernel_generation = 3;
    assert_says(wi_evidence_barred(&c.rows[0], &rules, "sw-cpu", false, arena), "generation 3");
    c.rows[0].m.kernel_generation = 4;
    assert_null(wi_evidence_barred(&c.rows[0], &rules, "sw-cpu", false, arena));
    c.rows[0].m.key.backend = WI_BACKEND_null;
    assert_says(barred(), "null backend");
}

static void another_software_or_hardware_does_not_count(void **state) {
    (void)state;
    c.rows[0].software_id = "sw-older";
    assert_says(barred(), "changed since");
    c.rows[0].software_id = NULL;
    assert_says(barred(), "not known which software");
    assert_says(wi_evidence_barred(&c.rows[0], wi_rules_default(), NULL, false, arena),
                "newest probing found nothing");
    c.rows[0].software_id = "sw-cpu";
    c.rows[0].hardware_id = "hw0";
    assert_null(barred());
    assert_says(wi_evidence_barred_on(&c.rows[0], wi_rules_default(), &c.inventory, false, arena),
                "another configuration");
}

static void annotations_exclude_with_their_reason(void **state) {
    (void)state;
    c.rows[0].excluded = "fan was unplugged";
    assert_says(barred(), "fan was unplugged");
}

static void age_is_judged_only_as_of_a_day(void **state) {
    (void)state;
    const int64_t day = INT64_C(86400) * 1000000000;
    struct wi_rules rules = *wi_rules_default();
    c.rows[0].run_utc_ns = 1000 * day;
    assert_null(wi_evidence_barred(&c.rows[0], &rules, "sw-cpu", false, arena));
    rules.as_of_utc_ns = 1000 * day + 90 * day - 1;
    assert_null(wi_evidence_barred(&c.rows[0], &rules, "sw-cpu", false, arena));
    rules.as_of_utc_ns = 1000 * day + 90 * day;
    assert_says(wi_evidence_barred(&c.rows[0], &rules, "sw-cpu", false, arena), "90 days old");
    rules.as_of_utc_ns = 999 * day;
    assert_says(wi_evidence_barred(&c.rows[0], &rules, "sw-cpu", false, arena), "later than");
    c.rows[0].tool_built_utc_ns = 1001 * day;
    assert_says(barred(), "before its own program was built");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(an_ok_row_counts),
        T(only_status_ok_counts),
        T(caps_do_not_count),
        T(doubts_bar_as_their_table_says),
        T(battery_bars_only_devices_with_mains),
        T(software_devices_say_nothing_about_gpus),
        T(older_kernels_and_the_null_backend_do_not_count),
        T(another_software_or_hardware_does_not_count),
        T(annotations_exclude_with_their_reason),
        T(age_is_judged_only_as_of_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
