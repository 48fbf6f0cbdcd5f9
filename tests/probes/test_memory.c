/* test_memory.c: memory, the limits of control groups, huge pages, form factors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/probes/recorded.h"

#include "probes/facts.h"
#include "probes/redact.h"
#include "probes/system.h"

#define CG "/sys/fs/cgroup"

static struct wi_inventory *look(struct made *m) {
    struct wi_inventory *inventory = WI_NEW(m->arena, struct wi_inventory);
    struct wi_env *env = made_env(m);
    inventory->arena = m->arena;
    wi_probe_software(env, inventory);
    wi_probe_memory(env, inventory);
    wi_probe_form(env, inventory);
    wi_env_destroy(env);
    m->recording = wi_recording_create();
    return inventory;
}

/* ---- /proc/meminfo ---- */

static void memory_and_swap_are_bytes(void **state) {
    struct made *m = *state;
    add_file(
        m, "/proc/meminfo",
        "MemTotal:       15687192 kB\nMemFree:        8123456 kB\nMemAvailable:   11804432 kB\n"
        "SwapTotal:      1000444 kB\nSwapFree:       5 kB\n");
    struct wi_inventory *i = look(m);
    assert_int_equal(i->memory.total_bytes.value, UINT64_C(15687192) * 1024);
    assert_int_equal(i->memory.available_bytes.value, UINT64_C(11804432) * 1024);
    assert_int_equal(i->memory.swap_total_bytes.value, 1000444 * 1024);
    assert_int_equal(i->memory.swap_free_bytes.value, 5 * 1024);
    assert_string_equal(wi_facts_value(&i->facts, "memory.swap_free_bytes"), "5120");
}

static void a_machine_that_says_nothing_is_unknown_not_zero(void **state) {
    struct wi_inventory *i = look(*state);
    assert_int_equal(i->memory.total_bytes.known, WI_KNOWN_unknown);
    assert_int_equal(i->memory.available_bytes.known, WI_KNOWN_unknown);
    assert_int_equal(i->memory.swap_total_bytes.known, WI_KNOWN_unknown);
    assert_int_equal(i->memory.limit_bytes.known, WI_KNOWN_not_applicable);
    assert_int_equal(i->memory.hugetlb_free.known, WI_KNOWN_not_applicable);
    assert_null(i->memory.huge_pages);
}

static void denied_memory_is_denied(void **state) {
    struct made *m = *state;
    add_no_file(m, "/proc/meminfo", WI_UNAVAILABLE);
    add_no_file(m, "/sys/kernel/mm/transparent_hugepage/enabled", WI_UNAVAILABLE);
    struct wi_inventory *i = look(m);
    assert_int_equal(i->memory.total_bytes.known, WI_KNOWN_denied);
    assert_int_equal(i->memory.swap_free_bytes.known, WI_KNOWN_denied);
    assert_int_equal(wi_facts_find(&i->facts, "memory.huge_pages")->known, WI_KNOWN_denied);
}

static void damaged_numbers_are_unknown(void **state) {
    static const char *const damaged[] = {"MemTotal: -1 kB\n",
                                          "MemTotal:\n",
                                          "MemTotal: kB\n",
                                          "MemTotal: 0 kB\n",
                                          "MemTotal 12 kB\n",
                                          "XMemTotal: 12 kB\n",
                                          "MemTotal: 18446744073709551615 kB\n",
                                          "MemTotal: 1e9 kB\n",
                                          "MemTotalX: 12 kB\n"};
    struct made *m = *state;
    for (size_t k = 0; k < WI_COUNT(damaged); k++) {
        add_file(m, "/proc/meminfo", damaged[k]);
        struct wi_maybe_u64 total = look(m)->memory.total_bytes;
        if (total.known != WI_KNOWN_unknown || total.value != 0)
            fail_msg("\"%s\": %s", damaged[k], wi_known_name(total.known));
    }
}

/* ---- limits ---- */

static uint64_t limit(struct made *m) {
    struct wi_maybe_u64 limit_bytes = look(m)->memory.limit_bytes;
    if (!wi_has_u64(limit_bytes))
        fail_msg("the limit is %s", wi_known_name(limit_bytes.known));
    return limit_bytes.value;
}

static void the_tightest_group_up_to_the_root_limits(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/self/cgroup", "0::/a.slice/b.slice/c.scope\n");
    add_file(m, CG "/a.slice/b.slice/c.scope/memory.max", "max\n");
    add_file(m, CG "/a.slice/b.slice/memory.max", "3000000000\n");
    add_file(m, CG "/a.slice/memory.max", "2000000000\n");
    assert_int_equal(limit(m), 2000000000);
    add_file(m, "/proc/self/cgroup", "0::/a.slice/b.slice/c.scope\n");
    add_file(m, CG "/a.slice/b.slice/c.scope/memory.max", "1000000000\n");
    add_file(m, CG "/a.slice/memory.max", "2000000000\n");
    struct wi_inventory *i = look(m);
    assert_int_equal(i->memory.limit_bytes.value, 1000000000);
    assert_string_equal(wi_facts_find(&i->facts, "memory.limit_bytes")->source,
                        CG "/a.slice/b.slice/c.scope/memory.max");
}

static void a_neighbour_does_not_limit(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/self/cgroup", "0::/a/b\n");
    add_file(m, CG "/a/bb/memory.max", "1000\n");
    add_file(m, CG "/b/memory.max", "1000\n");
    assert_int_equal(look(m)->memory.limit_bytes.known, WI_KNOWN_not_applicable);
}

static void the_high_mark_limits_too(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/self/cgroup", "0::/\n");
    add_file(m, CG "/memory.max", "2147483648\n");
    add_file(m, CG "/memory.high", "1073741824\n");
    assert_int_equal(limit(m), 1073741824);
}

static void version_one_is_walked_as_well(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/self/cgroup", "12:pids:/x\n4:memory:/docker/0123\n0::/\n");
    add_file(m, CG "/memory/docker/0123/memory.limit_in_bytes", "9223372036854771712\n");
    add_file(m, CG "/memory/docker/memory.limit_in_bytes", "536870912\n");
    add_file(m, CG "/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(limit(m), 536870912);
}

/* A container sees its own group as the root, and its path as the host names it. */
static void a_container_shows_its_group_as_the_root(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/self/cgroup", "4:cpu,memory:/docker/0123\n");
    add_file(m, CG "/memory/memory.limit_in_bytes", "2147483648\n");
    assert_int_equal(limit(m), UINT64_C(2147483648));
    add_file(m, "/proc/self/cgroup", "4:cpu,memory:/docker/0123\n");
    add_file(m, CG "/cpu,memory/docker/0123/memory.limit_in_bytes", "2147483647\n");
    assert_int_equal(limit(m), 2147483647);
    add_file(m, "/proc/self/cgroup", "0::/../../other\n"); /* outside our namespace */
    add_file(m, CG "/memory.max", "4096\n");
    assert_int_equal(limit(m), 4096);
}

static void no_limit_is_none(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/self/cgroup", "4:memory:/\n0::/a\n");
    add_file(m, CG "/a/memory.max", "max\n");
    add_file(m, CG "/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(look(m)->memory.limit_bytes.known, WI_KNOWN_not_applicable);
}

static void a_limit_that_cannot_be_read_is_no_missing_one(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/self/cgroup", "0::/a\n");
    add_no_file(m, CG "/a/memory.max", WI_UNAVAILABLE);
    assert_int_equal(look(m)->memory.limit_bytes.known, WI_KNOWN_denied);
    static const char *const damaged[] = {"", "-1", "maximum", "12 34", "1e9", "0x10"};
    for (size_t k = 0; k < WI_COUNT(damaged); k++) {
        add_file(m, "/proc/self/cgroup", "0::/a\n");
        add_file(m, CG "/a/memory.max", damaged[k]);
        assert_int_equal(look(m)->memory.limit_bytes.known, WI_KNOWN_unknown);
    }
    /* One that can be read still counts. */
    add_file(m, "/proc/self/cgroup", "0::/a/b\n");
    add_file(m, CG "/a/memory.max", "4096\n");
    add_no_file(m, CG "/a/b/memory.max", WI_IO);
    assert_int_equal(limit(m), 4096);
}

static void odd_lines_of_groups_do_no_harm(void **state) {
    static const char *const odd[] = {
        "",     ":",      "::",       "0:",        "0::",
        "0::x", "memory", "4:memory", "4:memory:", "0:://///\n0::/a/b/c/d/e/f/g/h/i/j/k/l/m/n\n"};
    struct made *m = *state;
    for (size_t k = 0; k < WI_COUNT(odd); k++) {
        add_file(m, "/proc/self/cgroup", odd[k]);
        add_file(m, CG "/memory.max", "4096\n"); /* the root is looked at whatever it says */
        assert_int_equal(limit(m), 4096);
    }
    add_no_file(m, "/proc/self/cgroup", WI_UNAVAILABLE);
    add_file(m, CG "/memory.max", "4096\n");
    assert_int_equal(limit(m), 4096);
}

static void a_redacted_container_keeps_its_limit(void **state) {
    static const char id[] = "3f4e1c2a9b8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f";
    static const unsigned char salt[32] = {7};
    struct made *m = *state;
    add_file(m, "/proc/self/cgroup", wi_arena_printf(m->arena, "0::/docker/%s\n", id));
    add_file(m, wi_arena_printf(m->arena, CG "/docker/%s/memory.max", id), "4096\n");
    wi_redact(m->recording, salt);
    struct wi_inventory *i = look(m);
    assert_int_equal(i->memory.limit_bytes.value, 4096);
    assert_null(strstr(wi_facts_find(&i->facts, "memory.limit_bytes")->source, id));
}

/* ---- huge pages ---- */

static void the_mode_in_brackets_holds(void **state) {
    static const char *const cases[][2] = {{"[always] madvise never\n", "always"},
                                           {"always [madvise] never\n", "madvise"},
                                           {"always madvise [never]\n", "never"},
                                           {"always madvise never\n", NULL},
                                           {"[sometimes]\n", NULL},
                                           {"[never\n", NULL},
                                           {"[", NULL},
                                           {"", NULL}};
    struct made *m = *state;
    for (size_t k = 0; k < WI_COUNT(cases); k++) {
        add_file(m, "/sys/kernel/mm/transparent_hugepage/enabled", cases[k][0]);
        const char *mode = look(m)->memory.huge_pages;
        if ((mode == NULL) != (cases[k][1] == NULL) || (mode && strcmp(mode, cases[k][1]) != 0))
            fail_msg("\"%s\": %s", cases[k][0], mode ? mode : "none");
    }
}

static void pages_of_another_size_are_not_counted(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/meminfo", "HugePages_Free:  12\nHugepagesize: 2048 kB\n");
    assert_int_equal(look(m)->memory.hugetlb_free.value, 12);
    add_file(m, "/proc/meminfo", "HugePages_Free:  12\nHugepagesize: 1048576 kB\n");
    assert_int_equal(look(m)->memory.hugetlb_free.known, WI_KNOWN_not_applicable);
    add_file(m, "/proc/meminfo", "HugePages_Free:  12\nHugepagesize: 1048576 kB\n");
    add_file(m, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "7\n");
    assert_int_equal(look(m)->memory.hugetlb_free.value, 7);
}

/* ---- form ---- */

static void expect_form(struct made *m, enum wi_form form, const char *because) {
    const struct wi_memory memory = look(m)->memory;
    assert_string_equal(wi_form_name(memory.form), wi_form_name(form));
    assert_string_equal(memory.form_because, because);
}

static void the_chassis_tells(void **state) {
    static const struct {
        const char *type;
        enum wi_form form;
    } cases[] = {{"3", WI_FORM_desktop}, {"10", WI_FORM_laptop}, {"17", WI_FORM_server},
                 {"23", WI_FORM_server}, {"30", WI_FORM_tablet}, {"31", WI_FORM_laptop},
                 {"35", WI_FORM_desktop}};
    struct made *m = *state;
    for (size_t k = 0; k < WI_COUNT(cases); k++) {
        add_file(m, "/sys/class/dmi/id/chassis_type", cases[k].type);
        expect_form(m, cases[k].form,
                    wi_arena_printf(m->arena, "DMI chassis type %s", cases[k].type));
    }
}

static void a_chassis_that_tells_nothing_is_passed_over(void **state) {
    static const char *const vague[] = {"1", "2", "0", "99", "ten", ""};
    struct made *m = *state;
    for (size_t k = 0; k < WI_COUNT(vague); k++) {
        add_file(m, "/sys/class/dmi/id/chassis_type", vague[k]);
        add_dir(m, "/sys/class/power_supply", "AC/BAT0");
        add_file(m, "/sys/class/power_supply/AC/type", "Mains\n");
        add_file(m, "/sys/class/power_supply/BAT0/type", "Battery\n");
        expect_form(m, WI_FORM_laptop, "a battery and no chassis type");
    }
}

static void a_mouses_battery_makes_no_laptop(void **state) {
    struct made *m = *state;
    add_dir(m, "/sys/class/power_supply", "hidpp_battery_0/ups");
    add_file(m, "/sys/class/power_supply/hidpp_battery_0/type", "Battery\n");
    add_file(m, "/sys/class/power_supply/hidpp_battery_0/scope", "Device\n");
    add_file(m, "/sys/class/power_supply/ups/type", "UPS\n");
    expect_form(m, WI_FORM_unknown, "no chassis type, device tree or battery tells");
}

static void a_guest_is_a_guest_whatever_its_chassis(void **state) {
    struct made *m = *state;
    add_file(m, "/sys/class/dmi/id/sys_vendor", "QEMU\n");
    add_file(m, "/sys/class/dmi/id/chassis_type", "10\n");
    expect_form(m, WI_FORM_vm, "runs under QEMU");
}

static void android_is_a_phone_or_says_tablet(void **state) {
    struct made *m = *state;
    add_file(m, "/system/build.prop", "ro.build.version.release=14\n");
    expect_form(m, WI_FORM_phone, "runs Android");
    add_file(m, "/system/build.prop",
             "ro.build.version.release=14\nro.build.characteristics=nosdcard,tablet\n");
    expect_form(m, WI_FORM_tablet, "Android that calls itself a tablet");
    add_file(m, "/system/build.prop",
             "ro.build.version.release=14\nro.build.characteristics=\nx=tablet\n");
    expect_form(m, WI_FORM_phone, "runs Android");
}

static void boards_have_a_device_tree_and_no_battery(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0");
    expect_form(m, WI_FORM_sbc, "a device tree and no battery");
    add_file(m, "/sys/firmware/devicetree/base/model", "Radxa ROCK 5B");
    expect_form(m, WI_FORM_sbc, "a device tree and no battery");
    add_file(m, "/proc/device-tree/model", "PINE64 PinePhone");
    add_dir(m, "/sys/class/power_supply", "axp20x-battery");
    add_file(m, "/sys/class/power_supply/axp20x-battery/type", "Battery\n");
    expect_form(m, WI_FORM_phone, "a device tree and a battery");
    add_file(m, "/proc/device-tree/model", "Apple MacBook Air (13-inch, M1, 2020)");
    add_file(m, "/proc/device-tree/chassis-type", "laptop");
    expect_form(m, WI_FORM_laptop, "device tree chassis type laptop");
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, made_setup, made_teardown)
    const struct CMUnitTest tests[] = {
        T(memory_and_swap_are_bytes),
        T(a_machine_that_says_nothing_is_unknown_not_zero),
        T(denied_memory_is_denied),
        T(damaged_numbers_are_unknown),
        T(the_tightest_group_up_to_the_root_limits),
        T(a_neighbour_does_not_limit),
        T(the_high_mark_limits_too),
        T(version_one_is_walked_as_well),
        T(a_container_shows_its_group_as_the_root),
        T(no_limit_is_none),
        T(a_limit_that_cannot_be_read_is_no_missing_one),
        T(odd_lines_of_groups_do_no_harm),
        T(a_redacted_container_keeps_its_limit),
        T(the_mode_in_brackets_holds),
        T(pages_of_another_size_are_not_counted),
        T(the_chassis_tells),
        T(a_chassis_that_tells_nothing_is_passed_over),
        T(a_mouses_battery_makes_no_laptop),
        T(a_guest_is_a_guest_whatever_its_chassis),
        T(android_is_a_phone_or_says_tablet),
        T(boards_have_a_device_tree_and_no_battery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
