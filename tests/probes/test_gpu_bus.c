/* test_gpu_bus.c: GPUs that the kernel sees and no API opened, and what to do about each.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/probes/gpu_machine.h"

#define PCI(address) "/sys/bus/pci/devices/" address "/uevent"

/* One unopened GPU whose advice holds all of `words`. */
static void expect_unopened(const struct machine *m, const char *pci, const char *words) {
    struct wi_inventory *inv = machine_probe(m);
    if (inv->unopened_count != 1)
        fail_msg("%zu GPUs are unopened, not one", inv->unopened_count);
    const struct wi_unopened_gpu *gpu = &inv->unopened[0];
    if (pci == NULL)
        assert_null(gpu->pci);
    else
        assert_string_equal(gpu->pci, pci);
    for (const char *p = words; *p != '\0'; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        char *word = strndup(p, n);
        if (strstr(gpu->advice, word) == NULL)
            fail_msg("no \"%s\" in: %s", word, gpu->advice);
        free(word);
        p += n;
    }
    wi_arena_destroy(inv->arena);
}

static void expect_none(const struct machine *m) {
    struct wi_inventory *inv = machine_probe(m);
    if (inv->unopened_count != 0)
        fail_msg("%s counts as unopened: %s", inv->unopened[0].name, inv->unopened[0].advice);
    wi_arena_destroy(inv->arena);
}

/* ---- unopened ---- */

static void an_nvidia_card_without_driver_is_listed(void **state) {
    (void)state;
    expect_unopened(
        &(struct machine){.files = {{PCI("0000:01:00.0"), "PCI_CLASS=30000\nPCI_ID=10DE:28E0\n"}}},
        "0000:01:00.0", "nvidia-driver nvidia-vulkan-icd");
}

static void the_bound_kernel_driver_makes_the_advice(void **state) {
    static const struct {
        const char *uevent, *words;
    } cases[] = {
        {"DRIVER=nouveau\nPCI_CLASS=30000\nPCI_ID=10DE:28E0\n", "nouveau nvidia-driver"},
        {"DRIVER=nvidia\nPCI_CLASS=30200\nPCI_ID=10DE:28E0\n", "kernel driver runs"},
        {"DRIVER=amdgpu\nPCI_CLASS=38000\nPCI_ID=1002:1636\n", "mesa-vulkan-drivers render"},
        {"PCI_CLASS=30000\nPCI_ID=1002:1636\n", "firmware-amd-graphics"},
        {"DRIVER=i915\nPCI_CLASS=30000\nPCI_ID=8086:9A49\n", "mesa-vulkan-drivers render"},
        {"DRIVER=vfio-pci\nPCI_CLASS=30000\nPCI_ID=10DE:28E0\n", "vfio-pci virtual"},
        {"PCI_CLASS=30000\nPCI_ID=1ED5:0201\n", "Vulkan driver"},
        {"PCI_CLASS=120000\nPCI_ID=1002:740F\n", "firmware-amd-graphics"}, /* an Instinct */
    };
    (void)state;
    for (size_t i = 0; i < WI_COUNT(cases); i++)
        expect_unopened(&(struct machine){.files = {{PCI("0000:03:00.0"), cases[i].uevent}}},
                        "0000:03:00.0", cases[i].words);
}

static void files_beside_uevent_do_as_well(void **state) {
    (void)state;
    expect_unopened(
        &(struct machine){.files = {{"/sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n"},
                                    {"/sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n"},
                                    {"/sys/bus/pci/devices/0000:01:00.0/device", "0x28e0\n"}}},
        "0000:01:00.0", "nvidia-driver");
}

static void a_container_without_device_nodes_is_told_apart(void **state) {
    (void)state;
    expect_unopened(
        &(struct machine){.container = "docker",
                          .files = {{PCI("0000:00:02.0"), "DRIVER=i915\nPCI_CLASS=30000\n"
                                                          "PCI_ID=8086:9A49\n"}}},
        "0000:00:02.0", "container /dev/dri");
    expect_unopened(
        &(struct machine){.container = "docker",
                          .files = {{PCI("0000:01:00.0"), "DRIVER=nvidia\nPCI_CLASS=30000\n"
                                                          "PCI_ID=10DE:28E0\n"}}},
        "0000:01:00.0", "container --gpus");
}

static void the_gpu_of_a_board_is_seen_through_its_render_node(void **state) {
    (void)state;
    expect_unopened(&(struct machine){.files = {{"/sys/class/drm/card0/x", ""},
                                                {"/sys/class/drm/renderD128/device/uevent",
                                                 "DRIVER=v3d\nOF_COMPATIBLE_0=brcm,2712-v3d\n"}}},
                    NULL, "mesa-vulkan-drivers");
}

static void the_gpu_of_a_phone_is_seen_without_render_node(void **state) {
    (void)state;
    expect_unopened(
        &(struct machine){.files = {{"/sys/class/kgsl/kgsl-3d0/gpu_model", "Adreno750v2\n"}}}, NULL,
        "vendor's Vulkan driver");
}

static void a_driver_in_trouble_is_part_of_the_advice(void **state) {
    (void)state;
    expect_unopened(
        &(struct machine){.vulkan = "vulkan.status=crashed\nvulkan.icd_count=1\n"
                                    "vulkan.icd.0.file=/usr/share/vulkan/icd.d/intel_icd.json\n"
                                    "vulkan.icd.0.state=crashed\n",
                          .files = {{PCI("0000:00:02.0"), "DRIVER=i915\nPCI_CLASS=30000\n"
                                                          "PCI_ID=8086:9A49\n"}}},
        "0000:00:02.0", "intel_icd.json crashes");
}

static void a_build_without_gpu_support_is_what_to_mend(void **state) {
    (void)state;
    expect_unopened(
        &(struct machine){.vulkan = "vulkan.status=not_built\n",
                          .opencl = "opencl.status=not_built\n",
                          .files = {{PCI("0000:00:02.0"), "DRIVER=i915\nPCI_CLASS=30000\n"
                                                          "PCI_ID=8086:9A49\n"}}},
        "0000:00:02.0", "libvulkan-dev build again");
}

static void one_of_two_gpus_may_be_unopened(void **state) {
    (void)state;
    expect_unopened(
        &(struct machine){.vulkan = "iris-xe",
                          .files = {{PCI("0000:00:02.0"), "DRIVER=i915\nPCI_CLASS=30000\n"
                                                          "PCI_ID=8086:9A49\n"},
                                    {PCI("0000:01:00.0"), "DRIVER=nouveau\nPCI_CLASS=30000\n"
                                                          "PCI_ID=10DE:28E0\n"}}},
        "0000:01:00.0", "nouveau");
}

/* llvmpipe draws for a card whose driver is missing: it is not the card. */
static void a_rasteriser_does_not_open_a_gpu(void **state) {
    (void)state;
    expect_unopened(
        &(struct machine){.vulkan = "vulkan.device_count=1\nvulkan.status=ok\n"
                                    "vulkan.device.0.name=llvmpipe\nvulkan.device.0.type=cpu\n"
                                    "vulkan.device.0.vendor_id=0x10de\n",
                          .files = {{PCI("0000:01:00.0"), "PCI_CLASS=30000\nPCI_ID=10DE:28E0\n"}}},
        "0000:01:00.0", "nvidia-driver");
}

/* ---- not unopened ---- */

static void an_opened_gpu_is_not_listed(void **state) {
    (void)state;
    expect_none(&(struct machine){.vulkan = "rtx4060-laptop",
                                  .files = {{PCI("0000:01:00.0"), "DRIVER=nvidia\nPCI_CLASS=30000\n"
                                                                  "PCI_ID=10DE:28E0\n"}}});
}

/* OpenCL alone, without address: the vendor's only GPU on the bus is the one. */
static void a_gpu_without_address_gets_that_of_the_only_candidate(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(
        &(struct machine){.opencl = "iris-xe-opencl",
                          .files = {{PCI("0000:00:02.0"), "DRIVER=i915\nPCI_CLASS=30000\n"
                                                          "PCI_ID=8086:9A49\n"}}});
    assert_int_equal(inv->unopened_count, 0);
    assert_string_equal(inv->gpus[0].pci, "0000:00:02.0");
    wi_arena_destroy(inv->arena);
}

static void a_phone_gpu_that_vulkan_opened_is_not_listed(void **state) {
    (void)state;
    expect_none(&(struct machine){
        .vulkan = "adreno750", .files = {{"/sys/class/kgsl/kgsl-3d0/gpu_model", "Adreno750v2\n"}}});
}

/* Asahi's Vulkan has Khronos' id of Mesa; the name says whose chip it is. */
static void a_vendor_known_by_name_matches_the_bus(void **state) {
    (void)state;
    expect_none(&(struct machine){
        .vulkan = "vulkan.device_count=1\nvulkan.status=ok\nvulkan.device.0.type=integrated\n"
                  "vulkan.device.0.name=Apple M1 (G13G B1)\nvulkan.device.0.vendor_id=0x10005\n",
        .files = {{"/sys/class/drm/renderD128/device/uevent", "DRIVER=asahi\n"}}});
}

static void adapters_that_only_show_a_picture_are_facts(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){
        .files = {{PCI("0000:02:00.0"), "DRIVER=ast\nPCI_CLASS=30000\nPCI_ID=1A03:2000\n"},
                  {PCI("0000:03:00.0"), "DRIVER=virtio-pci\nPCI_CLASS=38000\nPCI_ID=1AF4:1050\n"},
                  {PCI("0000:04:00.0"), "DRIVER=intel_vpu\nPCI_CLASS=120000\nPCI_ID=8086:7D1D\n"},
                  {PCI("0000:05:00.0"), "DRIVER=nvme\nPCI_CLASS=10802\nPCI_ID=144D:A80A\n"}}});
    assert_int_equal(inv->unopened_count, 0);
    assert_non_null(fact(inv, "display.0000:02:00.0"));
    assert_non_null(fact(inv, "display.0000:03:00.0"));
    assert_non_null(fact(inv, "accelerator.0000:04:00.0"));
    wi_arena_destroy(inv->arena);
}

static void a_bus_full_of_nonsense_is_survived(void **state) {
    (void)state;
    expect_none(&(struct machine){.files = {{PCI("x"), "PCI_CLASS=\nPCI_ID=:\n"},
                                            {PCI("y"), "PCI_CLASS=zz\n===\n"},
                                            {PCI("z"), ""},
                                            {PCI("w"), "PCI_CLASS=30000\nPCI_ID=10DE\n"},
                                            {"/sys/class/drm/renderD128/device/uevent", "="}}});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_nvidia_card_without_driver_is_listed),
        cmocka_unit_test(the_bound_kernel_driver_makes_the_advice),
        cmocka_unit_test(files_beside_uevent_do_as_well),
        cmocka_unit_test(a_container_without_device_nodes_is_told_apart),
        cmocka_unit_test(the_gpu_of_a_board_is_seen_through_its_render_node),
        cmocka_unit_test(the_gpu_of_a_phone_is_seen_without_render_node),
        cmocka_unit_test(a_driver_in_trouble_is_part_of_the_advice),
        cmocka_unit_test(a_build_without_gpu_support_is_what_to_mend),
        cmocka_unit_test(one_of_two_gpus_may_be_unopened),
        cmocka_unit_test(a_rasteriser_does_not_open_a_gpu),
        cmocka_unit_test(an_opened_gpu_is_not_listed),
        cmocka_unit_test(a_gpu_without_address_gets_that_of_the_only_candidate),
        cmocka_unit_test(a_phone_gpu_that_vulkan_opened_is_not_listed),
        cmocka_unit_test(a_vendor_known_by_name_matches_the_bus),
        cmocka_unit_test(adapters_that_only_show_a_picture_are_facts),
        cmocka_unit_test(a_bus_full_of_nonsense_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
