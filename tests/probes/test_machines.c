/* test_machines.c: the recorded machines of tests/fixtures/machines, each with what is special.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/os.h"
#include "probes/env.h"
#include "probes/facts.h"
#include "probes/gpu.h"
#include "probes/identity.h"
#include "probes/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MACHINES WEIGHIN_SOURCE_DIR "/tests/fixtures/machines"

struct probed {
    struct wi_arena *arena;
    struct wi_env *env;
    struct wi_inventory *inventory;
    struct wi_conditions conditions;
};

static int setup(void **state) {
    *state = calloc(1, sizeof(struct probed));
    return *state ? 0 : -1;
}

static int teardown(void **state) {
    struct probed *p = *state;
    wi_env_destroy(p->env);
    wi_arena_destroy(p->arena);
    free(p);
    return 0;
}

/* All that does not need a topology. */
static struct probed *probe(void **state, const char *name) {
    struct probed *p = *state;
    struct wi_err err = {0};
    p->arena = wi_arena_create();
    const char *folder = wi_arena_printf(p->arena, MACHINES "/%s", name);
    if (wi_env_replay(folder, &p->env, &err) != WI_OK)
        fail_msg("%s", err.message);
    p->inventory = WI_NEW(p->arena, struct wi_inventory);
    p->inventory->arena = p->arena;
    p->inventory->cpu.name = "the processor";
    wi_probe_software(p->env, p->inventory);
    wi_probe_storage(p->env, NULL, p->inventory);
    wi_probe_product(p->env, p->inventory);
    assert_int_equal(wi_probe_gpus(p->env, p->inventory, &err), WI_OK);
    assert_int_equal(wi_probe_identity(p->env, NULL, p->inventory, &err), WI_OK);
    assert_int_equal(wi_probe_conditions(p->env, 0, p->arena, &p->conditions, &err), WI_OK);
    return p;
}

static void expect(const char *what, const char *got, const char *wanted) {
    if (!got || strcmp(got, wanted) != 0)
        fail_msg("%s: \"%s\", not \"%s\"", what, got ? got : "nothing", wanted);
}

static void expect_condition(const struct probed *p, const char *key, const char *wanted) {
    expect(key, wi_facts_value(&p->conditions.facts, key), wanted);
}

static enum wi_known known(const struct wi_facts *facts, const char *key) {
    const struct wi_fact *fact = wi_facts_find(facts, key);
    if (!fact)
        fail_msg("%s: no such fact", key);
    return fact->known;
}

static void the_hybrid_laptop(void **state) {
    const struct probed *p = probe(state, "laptop-i7-1260p");
    const struct wi_inventory *i = p->inventory;
    expect("name", i->name, "LENOVO ThinkPad X1 Carbon Gen 10");
    expect("distribution", i->software.distribution, "Debian GNU/Linux 12 (bookworm)");
    assert_null(i->software.hypervisor);
    assert_null(i->software.container);
    assert_int_equal(i->gpu_count, 1);
    expect("GPU", i->gpus[0].pci, "0000:00:02.0");
    assert_int_equal(i->unopened_count, 0);
    /* An ordinary user may not read serials, and nothing was saved. */
    expect("source", i->identity.source, "random");
    assert_int_equal(known(&i->facts, "identity.product_uuid"), WI_KNOWN_denied);
    expect("CPU software", i->identity.software_id[WI_BACKEND_cpu],
           "Linux 6.1; microcode unknown; governor powersave");
    expect_condition(p, "power.source", "mains");
    expect_condition(p, "battery.percent", "100");
    expect_condition(p, "cpu0.max_mhz", "4700");
    expect_condition(p, "cpu8.max_mhz", "3400");
    expect_condition(p, "cpu.boost", "on");
    expect_condition(p, "throttle.core_events", "0");
    expect_condition(p, "throttle.package_events", "4");
    expect_condition(p, "thermal.x86_pkg_temp", "51000");
}

static void the_two_socket_server(void **state) {
    const struct probed *p = probe(state, "server-2x-epyc-7313");
    const struct wi_inventory *i = p->inventory;
    expect("name", i->name, "Supermicro Super Server");
    expect("source", i->identity.source, "dmi:product_uuid");
    expect("strength", i->identity.strength, "strong");
    /* Its management controller shows a picture and is no GPU. */
    assert_int_equal(i->gpu_count, 0);
    assert_int_equal(i->unopened_count, 0);
    assert_int_equal(i->backends[WI_BACKEND_vulkan].status, WI_CASE_unavailable);
    assert_null(i->identity.software_id[WI_BACKEND_vulkan]);
    assert_int_equal(known(&p->conditions.facts, "power.source"), WI_KNOWN_not_applicable);
    expect_condition(p, "thermal.k10temp", "43500");
    expect_condition(p, "thermal.k10temp.1", "45875");
    assert_int_equal(i->storage.total_bytes.value, 7681501126656);
}

static void the_raspberry_pi(void **state) {
    const struct probed *p = probe(state, "board-raspberry-pi-5");
    const struct wi_inventory *i = p->inventory;
    expect("name", i->name, "Raspberry Pi 5 Model B Rev 1.0");
    expect("maker", i->maker, "Raspberry Pi");
    expect("source", i->identity.source, "soc:serial");
    assert_int_equal(i->gpu_count, 1);
    assert_false(i->gpus[0].software);
    assert_int_equal(i->unopened_count, 0);
    expect_condition(p, "throttle.rpi_flags", "0");
    expect_condition(p, "cpu0.max_mhz", "2400");
    assert_int_equal(known(&p->conditions.facts, "throttle.core_events"), WI_KNOWN_not_applicable);
    assert_int_equal(known(&p->conditions.facts, "pressure.cpu_us"), WI_KNOWN_not_applicable);
}

static void the_container_on_a_larger_machine(void **state) {
    const struct probed *p = probe(state, "container-2gib-on-vm");
    const struct wi_inventory *i = p->inventory;
    expect("container", i->software.container, "docker");
    expect("hypervisor", i->software.hypervisor, "KVM");
    expect("strength", i->identity.strength, "weak"); /* a container's made-up address is none */
    assert_int_equal(i->gpu_count + i->unopened_count, 0);
    expect_condition(p, "throttle.cgroup_us", "1834412");
    expect_condition(p, "steal_ticks", "90211");
    assert_int_equal(known(&p->conditions.facts, "cpu0.mhz"), WI_KNOWN_unknown);
    assert_int_equal(known(&p->conditions.facts, "thermal"), WI_KNOWN_unknown);
}

static void the_laptop_whose_gpu_has_no_driver(void **state) {
    const struct probed *p = probe(state, "rtx-laptop-no-driver");
    const struct wi_inventory *i = p->inventory;
    assert_int_equal(i->gpu_count, 0);
    assert_int_equal(i->unopened_count, 1);
    expect("PCI", i->unopened[0].pci, "0000:01:00.0");
    assert_null(i->unopened[0].kernel_driver);
    assert_non_null(strstr(i->unopened[0].advice, "install nvidia-driver"));
    assert_non_null(strstr(i->identity.sku_id, "10de-28e0"));
    expect_condition(p, "power.source", "battery");
    expect_condition(p, "power.mains", "0");
    expect_condition(p, "battery.percent", "74");
}

static void the_phone(void **state) {
    const struct probed *p = probe(state, "phone-snapdragon8gen3");
    const struct wi_inventory *i = p->inventory;
    expect("distribution", i->software.distribution, "Android 14");
    expect("maker", i->maker, "Qualcomm");
    assert_int_equal(i->gpu_count, 1); /* one chip through two APIs */
    assert_int_equal(i->gpus[0].api_count, 2);
    assert_int_equal(i->unopened_count, 0);
    expect("source", i->identity.source, "random");
    assert_int_equal(known(&i->facts, "identity.soc_serial"), WI_KNOWN_denied);
    expect_condition(p, "power.source", "battery");
    expect_condition(p, "battery.percent", "62");
    expect_condition(p, "throttle.cooling.cpufreq-cpu7", "2");
    expect_condition(p, "cpu7.max_mhz", "3302");
    expect_condition(p, "clock.sync", "no");
    assert_int_equal(known(&p->conditions.facts, "steal_ticks"), WI_KNOWN_denied);
    assert_int_equal(known(&p->conditions.facts, "pressure.cpu_us"), WI_KNOWN_denied);
}

/* A fixture that nobody mentions here would be dead weight. */
static void every_machine_has_its_test(void **state) {
    static const char *const tested[] = {"board-raspberry-pi-5", "container-2gib-on-vm",
                                         "laptop-i7-1260p",      "phone-snapdragon8gen3",
                                         "rtx-laptop-no-driver", "server-2x-epyc-7313"};
    struct probed *p = *state;
    struct wi_err err = {0};
    char **names;
    size_t count;
    p->arena = wi_arena_create();
    assert_int_equal(wi_os_list_dir(MACHINES, p->arena, &names, &count, &err), WI_OK);
    assert_int_equal(count, WI_COUNT(tested));
    for (size_t i = 0; i < count; i++)
        assert_string_equal(names[i], tested[i]);
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_hybrid_laptop),
        T(the_two_socket_server),
        T(the_raspberry_pi),
        T(the_container_on_a_larger_machine),
        T(the_laptop_whose_gpu_has_no_driver),
        T(the_phone),
        T(every_machine_has_its_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
