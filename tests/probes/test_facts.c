/* test_facts.c: the list of facts.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "probes/facts.h"

#include <string.h>

static int setup(void **state) {
    *state = wi_arena_create();
    return 0;
}

static int teardown(void **state) {
    wi_arena_destroy(*state);
    return 0;
}

static void a_fact_without_a_value_is_unknown(void **state) {
    struct wi_facts facts = {0};
    wi_facts_add(&facts, *state, "cpu.microcode", NULL, "", "/proc/cpuinfo");
    assert_int_equal(facts.items[0].known, WI_KNOWN_unknown);
    assert_null(facts.items[0].value);
    assert_null(wi_facts_value(&facts, "cpu.microcode"));
}

static void absent_facts_are_never_known(void **state) {
    struct wi_facts facts = {0};
    wi_facts_add_absent(&facts, *state, "a", WI_KNOWN_denied, "x");
    wi_facts_add_absent(&facts, *state, "b", WI_KNOWN_known, "x");
    assert_int_equal(facts.items[0].known, WI_KNOWN_denied);
    assert_int_equal(facts.items[1].known, WI_KNOWN_unknown);
}

static void an_unknown_number_has_no_value(void **state) {
    struct wi_facts facts = {0};
    wi_facts_add_u64(&facts, *state, "a", (struct wi_maybe_u64){WI_KNOWN_denied, 0}, "bytes", "x");
    wi_facts_add_u64(&facts, *state, "b", wi_some_u64(UINT64_MAX), "bytes", "x");
    wi_facts_add_f64(&facts, *state, "c", wi_some_f64(0.5), "", "x");
    assert_null(facts.items[0].value);
    assert_int_equal(facts.items[0].known, WI_KNOWN_denied);
    assert_string_equal(facts.items[1].value, "18446744073709551615");
    assert_string_equal(facts.items[1].unit, "bytes");
    assert_string_equal(facts.items[2].value, "0.5");
}

static void text_is_copied(void **state) {
    struct wi_facts facts = {0};
    char key[] = "key", value[] = "value";
    wi_facts_add(&facts, *state, key, value, NULL, "x");
    key[0] = value[0] = '?';
    assert_string_equal(wi_facts_value(&facts, "key"), "value");
    assert_string_equal(facts.items[0].unit, "");
}

static void facts_are_sorted_by_key_and_kept_once(void **state) {
    struct wi_facts facts = {0};
    wi_facts_add(&facts, *state, "b", "first", "", "x");
    wi_facts_add_absent(&facts, *state, "c", WI_KNOWN_denied, "x");
    wi_facts_add(&facts, *state, "a", "1", "", "x");
    wi_facts_add(&facts, *state, "c", "known", "", "x");
    wi_facts_add(&facts, *state, "b", "second", "", "x");
    wi_facts_add_absent(&facts, *state, "B", WI_KNOWN_unknown, "x");
    wi_facts_sort(&facts);
    assert_int_equal(facts.count, 4);
    assert_string_equal(facts.items[0].key, "B");
    assert_string_equal(facts.items[1].key, "a");
    assert_string_equal(wi_facts_value(&facts, "b"), "first");
    assert_string_equal(wi_facts_value(&facts, "c"), "known");
}

static void many_facts_are_sorted(void **state) {
    struct wi_facts facts = {0};
    for (unsigned i = 0; i < 1000; i++)
        wi_facts_add(&facts, *state, wi_arena_printf(*state, "%03u", i * 7919 % 1000), "v", "",
                     "x");
    wi_facts_sort(&facts);
    assert_int_equal(facts.count, 1000);
    for (size_t i = 1; i < facts.count; i++)
        assert_true(strcmp(facts.items[i - 1].key, facts.items[i].key) < 0);
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_fact_without_a_value_is_unknown),     T(absent_facts_are_never_known),
        T(an_unknown_number_has_no_value),        T(text_is_copied),
        T(facts_are_sorted_by_key_and_kept_once), T(many_facts_are_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
