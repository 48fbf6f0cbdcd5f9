/* test_threads.c: sets of hardware threads on recorded machines, and which of them wins.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/buf.h"
#include "bench/threads.h"
#include "probes/probe.h"

#include <stdio.h>
#include <string.h>

#define MACHINES WEIGHIN_SOURCE_DIR "/tests/fixtures/machines/"

/* "cores 0,2; threads 0,2,1,3" */
static void sets_are(const struct wi_cpu *cpu, const char *wanted) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_thread_sets sets;
    struct wi_buf text = {0};
    wi_thread_sets(cpu, arena, &sets);
    for (size_t i = 0; i < sets.count; i++)
        wi_buf_printf(&text, "%s%s %s", i == 0 ? "" : "; ", wi_thread_set_name(sets.items[i].id),
                      sets.items[i].text);
    if (strcmp(wi_buf_str(&text), wanted) != 0)
        fail_msg("\"%s\", not \"%s\"", wi_buf_str(&text), wanted);
    wi_buf_fini(&text);
    wi_arena_destroy(arena);
}

static void machine_has(const char *name, const char *wanted) {
    struct wi_env *env = NULL;
    struct wi_inventory *inventory = NULL;
    struct wi_err err = {0};
    const struct wi_probe_options options = {.skip_gpu = true};
    char folder[512];
    snprintf(folder, sizeof folder, MACHINES "%s", name);
    if (wi_env_replay(folder, &env, &err) != WI_OK ||
        wi_probe(env, &options, &inventory, &err) != WI_OK)
        fail_msg("%s: %s", name, err.message);
    sets_are(&inventory->cpu, wanted);
    wi_arena_destroy(inventory->arena);
    wi_env_destroy(env);
}

static void a_board_of_four_cores_has_one_set(void **state) {
    (void)state;
    machine_has("board-raspberry-pi-5", "cores 0,1,2,3");
}

static void a_quota_of_two_leaves_one_set(void **state) {
    (void)state;
    machine_has("container-2gib-on-vm", "cores 0,1");
}

static void a_hybrid_laptop_has_three(void **state) {
    (void)state;
    machine_has("laptop-i7-1260p", "cores 0,2,4,6,8,9,10,11,12,13,14,15; "
                                   "threads 0,2,4,6,8,9,10,11,12,13,14,15,1,3,5,7; "
                                   "performance 0,2,4,6");
}

static void a_phone_of_three_kinds_may_leave_out_its_slowest(void **state) {
    (void)state;
    machine_has("phone-snapdragon8gen3",
                "cores 7,2,3,4,5,6,0,1; performance 7; without_slowest 7,2,3,4,5,6");
}

static void two_threads_a_core_are_a_set_of_their_own(void **state) {
    (void)state;
    machine_has("rtx-laptop-no-driver",
                "cores 0,2,4,6,8,10,12,14; threads 0,2,4,6,8,10,12,14,1,3,5,7,9,11,13,15");
}

static void a_machine_that_tells_no_kinds_runs_on_its_first_cores(void **state) {
    const struct wi_cpu cpu = {
        .cores = 2, .allowed_threads = 4, .quota_cpus = {WI_KNOWN_not_applicable, 0}};
    (void)state;
    sets_are(&cpu, "cores 0,1");
}

/* ---- the choice ---- */

static struct wi_rate rate(double median) {
    return (struct wi_rate){median, median * 0.99, median * 1.01, median};
}

static void a_rival_within_three_percent_does_not_win(void **state) {
    (void)state;
    const struct wi_thread_figures f[] = {{rate(10), rate(100)}, {rate(10.4), rate(104)}};
    assert_int_equal(wi_thread_choice(f, 2, 0), 0);
    assert_int_equal(wi_thread_choice(f, 2, 1), 1); /* and stays when it was chosen before */
}

static void a_rival_that_wins_beyond_its_interval_is_chosen(void **state) {
    (void)state;
    const struct wi_thread_figures f[] = {
        {rate(10), rate(100)}, {rate(11), rate(110)}, {rate(12), rate(120)}};
    assert_int_equal(wi_thread_choice(f, 3, 0), 2);
}

static void a_gain_in_one_phase_may_not_cost_the_other(void **state) {
    (void)state;
    const struct wi_thread_figures f[] = {{rate(10), rate(100)}, {rate(7), rate(130)}};
    assert_int_equal(wi_thread_choice(f, 2, 0), 0);
}

static void a_set_that_could_not_be_measured_does_not_win(void **state) {
    (void)state;
    const struct wi_thread_figures f[] = {
        {rate(10), rate(100)}, {rate(20), rate(0)}, {rate(0), rate(0)}};
    assert_int_equal(wi_thread_choice(f, 3, 0), 0);
}

static void without_a_prefill_decode_decides(void **state) {
    (void)state;
    const struct wi_thread_figures f[] = {{rate(10), rate(0)}, {rate(11), rate(0)}};
    assert_int_equal(wi_thread_choice(f, 2, 0), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_board_of_four_cores_has_one_set),
        cmocka_unit_test(a_quota_of_two_leaves_one_set),
        cmocka_unit_test(a_hybrid_laptop_has_three),
        cmocka_unit_test(a_phone_of_three_kinds_may_leave_out_its_slowest),
        cmocka_unit_test(two_threads_a_core_are_a_set_of_their_own),
        cmocka_unit_test(a_machine_that_tells_no_kinds_runs_on_its_first_cores),
        cmocka_unit_test(a_rival_within_three_percent_does_not_win),
        cmocka_unit_test(a_rival_that_wins_beyond_its_interval_is_chosen),
        cmocka_unit_test(a_gain_in_one_phase_may_not_cost_the_other),
        cmocka_unit_test(a_set_that_could_not_be_measured_does_not_win),
        cmocka_unit_test(without_a_prefill_decode_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
