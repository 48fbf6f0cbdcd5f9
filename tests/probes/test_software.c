/* test_software.c: system, container, hypervisor, storage.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/probes/recorded.h"

#include "probes/facts.h"
#include "probes/system.h"

static struct wi_inventory *look(struct made *m) {
    struct wi_inventory *inventory = WI_NEW(m->arena, struct wi_inventory);
    struct wi_env *env = made_env(m);
    inventory->arena = m->arena;
    wi_probe_software(env, inventory);
    wi_probe_storage(env, NULL, inventory);
    wi_env_destroy(env);
    m->recording = wi_recording_create();
    return inventory;
}

static void the_system_is_named(void **state) {
    struct made *m = *state;
    add_value(m, "uname.sysname", "Linux");
    add_value(m, "uname.release", "6.1.0-25-amd64");
    add_file(m, "/etc/os-release",
             "NAME=\"Debian GNU/Linux\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"
             "VERSION_ID='12'\nID=debian\n");
    struct wi_inventory *i = look(m);
    assert_string_equal(i->software.os, "Linux");
    assert_string_equal(i->software.kernel, "6.1.0-25-amd64");
    assert_string_equal(i->software.distribution, "Debian GNU/Linux 12 (bookworm)");
    assert_string_equal(wi_facts_value(&i->facts, "software.distribution_id"), "debian");
    assert_string_equal(wi_facts_value(&i->facts, "software.distribution_version"), "12");
    assert_non_null(i->software.compiler);
    assert_non_null(i->software.tool_commit);
}

static void android_has_no_os_release(void **state) {
    struct made *m = *state;
    add_file(m, "/system/build.prop", "# x\nro.build.version.release=14\n");
    assert_string_equal(look(m)->software.distribution, "Android 14");
    assert_null(look(m)->software.distribution);
}

static void quotes_and_escapes_do_no_harm(void **state) {
    struct made *m = *state;
    add_file(m, "/etc/os-release", "PRETTY_NAME=\"\nNAME='\x1b[2J'\n");
    assert_string_equal(look(m)->software.distribution, "\"");
}

/* ---- containers ---- */

static void every_container_is_known_by_its_sign(void **state) {
    static const struct {
        const char *path, *text, *expected;
    } cases[] = {
        {"/.dockerenv", "", "docker"},
        {"/run/.containerenv", "engine=\"podman-4.3.1\"\n", "podman"},
        {"/run/systemd/container", "systemd-nspawn\n", "systemd-nspawn"},
        {"/run/systemd/container", "lxc\n", "lxc"},
        {"/run/systemd/container", "proot\n", "proot"},
        {"/var/run/secrets/kubernetes.io/serviceaccount/namespace", "default", "kubernetes"},
        {"/proc/1/cgroup", "0::/kubepods/burstable/pod1/x\n", "kubernetes"},
        {"/proc/1/cgroup", "12:cpu:/docker/0123\n", "docker"},
        {"/proc/1/cgroup", "0::/machine.slice/libpod-1.scope\n", "podman"},
        {"/proc/1/cgroup", "4:memory:/lxc/web\n", "lxc"},
        {"/etc/debian_chroot", "sid\n", "chroot sid"},
    };
    struct made *m = *state;
    for (size_t i = 0; i < WI_COUNT(cases); i++) {
        add_file(m, cases[i].path, cases[i].text);
        const char *found = look(m)->software.container;
        if (!found || strcmp(found, cases[i].expected) != 0)
            fail_msg("%s \"%s\": %s", cases[i].path, cases[i].text, found ? found : "none");
    }
}

static void the_first_process_may_name_its_container(void **state) {
    struct made *m = *state;
    static const char environ[] = "TERM=linux\0container=lxc\0PATH=/bin";
    wi_recording_add(m->recording, &m->recording->files, "/proc/1/environ", WI_OK, environ,
                     sizeof(environ));
    assert_string_equal(look(m)->software.container, "lxc");
}

static void no_sign_is_no_container(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/1/cgroup", "0::/init.scope\n");
    struct wi_inventory *i = look(m);
    assert_null(i->software.container);
    assert_int_equal(wi_facts_find(&i->facts, "software.container")->known,
                     WI_KNOWN_not_applicable);
}

static void a_sign_that_may_not_be_read_is_a_sign(void **state) {
    struct made *m = *state;
    add_no_file(m, "/run/.containerenv", WI_UNAVAILABLE);
    assert_string_equal(look(m)->software.container, "podman");
}

/* ---- hypervisors ---- */

/* Leaf 1 with or without bit 31 of ecx; leaf 0x40000000 with twelve characters. */
static void add_cpuid(struct made *m, bool guest, const char *sign) {
    unsigned r[3] = {0};
    memcpy(r, sign, strlen(sign) < 12 ? strlen(sign) : 12);
    const char *text = wi_arena_printf(m->arena, "00000001.0=000906a3 00000000 %s 00000000\n%s",
                                       guest ? "80000000" : "7ffafbff",
                                       guest ? wi_arena_printf(m->arena,
                                                               "40000000.0=40000001 %08x %08x "
                                                               "%08x\n",
                                                               r[0], r[1], r[2])
                                             : "");
    add_value(m, "cpuid", text);
}

static void hypervisors_name_themselves(void **state) {
    static const char *const cases[][2] = {
        {"KVMKVMKVM", "KVM"},    {"VMwareVMware", "VMware"}, {"Microsoft Hv", "Hyper-V"},
        {"XenVMMXenVMM", "Xen"}, {"TCGTCGTCGTCG", "QEMU"},   {"NewFangledVM", "NewFangledVM"},
        {"", "unnamed"}};
    struct made *m = *state;
    for (size_t i = 0; i < WI_COUNT(cases); i++) {
        add_cpuid(m, true, cases[i][0]);
        assert_string_equal(look(m)->software.hypervisor, cases[i][1]);
    }
}

static void a_processor_without_the_bit_is_no_guest(void **state) {
    struct made *m = *state;
    add_cpuid(m, false, "");
    add_file(m, "/sys/class/dmi/id/sys_vendor", "QEMU\n"); /* cpuid knows better */
    struct wi_inventory *i = look(m);
    assert_null(i->software.hypervisor);
    assert_int_equal(wi_facts_find(&i->facts, "software.hypervisor")->known,
                     WI_KNOWN_not_applicable);
}

static void xens_first_domain_is_the_machine_itself(void **state) {
    struct made *m = *state;
    add_cpuid(m, true, "XenVMMXenVMM");
    add_file(m, "/proc/xen/capabilities", "control_d\n");
    assert_null(look(m)->software.hypervisor);
}

static void without_cpuid_firmware_and_device_tree_tell(void **state) {
    struct made *m = *state;
    add_file(m, "/sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n");
    add_file(m, "/sys/class/dmi/id/product_name", "Virtual Machine\n");
    assert_string_equal(look(m)->software.hypervisor, "Hyper-V");
    add_file(m, "/sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n");
    add_file(m, "/sys/class/dmi/id/product_name", "Surface Pro X\n");
    struct wi_inventory *surface = look(m);
    assert_null(surface->software.hypervisor);
    assert_int_equal(wi_facts_find(&surface->facts, "software.hypervisor")->known,
                     WI_KNOWN_unknown);
    add_file(m, "/proc/device-tree/hypervisor/compatible", "linux,kvm");
    assert_string_equal(look(m)->software.hypervisor, "KVM");
}

/* ---- storage ---- */

static void room_for_a_model_is_read(void **state) {
    struct made *m = *state;
    add_value(m, "storage:", "path=/data\nfree=1000\ntotal=4000\n");
    struct wi_inventory *i = look(m);
    assert_string_equal(i->storage.path, "/data");
    assert_int_equal(i->storage.free_bytes.value, 1000);
    assert_int_equal(i->storage.total_bytes.value, 4000);
}

static void storage_that_says_nothing_is_unknown(void **state) {
    static const char *const damaged[] = {"", "path=/x\n", "free=-1\ntotal=4x\n", "garbage"};
    struct made *m = *state;
    for (size_t i = 0; i < WI_COUNT(damaged); i++) {
        add_value(m, "storage:", damaged[i]);
        struct wi_inventory *inventory = look(m);
        assert_int_equal(inventory->storage.free_bytes.known, WI_KNOWN_unknown);
        assert_int_equal(inventory->storage.total_bytes.value, 0);
    }
    assert_int_equal(look(m)->storage.free_bytes.known, WI_KNOWN_unknown);
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, made_setup, made_teardown)
    const struct CMUnitTest tests[] = {
        T(the_system_is_named),
        T(android_has_no_os_release),
        T(quotes_and_escapes_do_no_harm),
        T(every_container_is_known_by_its_sign),
        T(the_first_process_may_name_its_container),
        T(no_sign_is_no_container),
        T(a_sign_that_may_not_be_read_is_a_sign),
        T(hypervisors_name_themselves),
        T(a_processor_without_the_bit_is_no_guest),
        T(xens_first_domain_is_the_machine_itself),
        T(without_cpuid_firmware_and_device_tree_tell),
        T(room_for_a_model_is_read),
        T(storage_that_says_nothing_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
