/* test_gpu_merge.c: one chip seen through several APIs is one chip; two cards stay two.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/probes/gpu_machine.h"

/* ---- the same chip ---- */

static void one_chip_through_two_apis_is_one(void **state) {
    static const struct {
        const char *vulkan, *opencl, *because;
    } cases[] = {
        {"rtx4060-laptop", "rtx4060-laptop-opencl", "PCI address"},
        {"iris-xe", "iris-xe-opencl", "vendor and device id"}, /* this OpenCL gives no address */
        {"adreno750", "adreno750-opencl", "name"},
    };
    (void)state;
    for (size_t i = 0; i < WI_COUNT(cases); i++) {
        struct wi_inventory *inv =
            machine_probe(&(struct machine){.vulkan = cases[i].vulkan, .opencl = cases[i].opencl});
        if (inv->gpu_count != 1)
            fail_msg("%s is %zu GPUs", cases[i].vulkan, inv->gpu_count);
        const struct wi_gpu *gpu = &inv->gpus[0];
        assert_int_equal(gpu->api_count, 2);
        assert_int_equal(gpu->apis[0].api, WI_BACKEND_vulkan);
        assert_int_equal(gpu->apis[1].api, WI_BACKEND_opencl);
        if (strncmp(gpu->same_because, cases[i].because, strlen(cases[i].because)) != 0)
            fail_msg("%s: the same because of %s", cases[i].vulkan, gpu->same_because);
        wi_arena_destroy(inv->arena);
    }
}

static void pools_of_two_apis_never_add(void **state) {
    (void)state;
    struct wi_inventory *both = machine_probe(
        &(struct machine){.vulkan = "rtx4060-laptop", .opencl = "rtx4060-laptop-opencl"});
    struct wi_inventory *one = machine_probe(&(struct machine){.vulkan = "rtx4060-laptop"});
    assert_int_equal(both->gpus[0].pool_count, one->gpus[0].pool_count);
    assert_int_equal(both->gpus[0].largest_allocation_bytes.value,
                     one->gpus[0].largest_allocation_bytes.value);
    wi_arena_destroy(both->arena);
    wi_arena_destroy(one->arena);
}

static void the_order_of_the_answers_does_not_matter(void **state) {
    (void)state;
    struct wi_inventory *inv =
        machine_probe(&(struct machine){.vulkan = "two-gpus", .opencl = "rtx4060-laptop-opencl"});
    assert_int_equal(inv->gpu_count, 2);
    assert_string_equal(inv->gpus[0].pci, "0000:00:02.0"); /* listed second, sorted first */
    assert_string_equal(inv->gpus[0].compute_device_id, "gpu0");
    assert_int_equal(inv->gpus[0].api_count, 1);
    assert_string_equal(inv->gpus[1].pci, "0000:01:00.0");
    assert_int_equal(inv->gpus[1].api_count, 2);
    wi_arena_destroy(inv->arena);
}

/* ---- short answers of our own ---- */

enum { TEXT_MAX = 4096 };

static const char *answer(char *text, const char *api, unsigned devices, const char *lines) {
    snprintf(text, TEXT_MAX, "%s.device_count=%u\n%s.status=ok\n%s", api, devices, api, lines);
    return text;
}

static struct wi_inventory *probe_both(unsigned vulkan_count, const char *vulkan,
                                       unsigned opencl_count, const char *opencl) {
    char v[TEXT_MAX], o[TEXT_MAX];
    return machine_probe(&(struct machine){.vulkan = answer(v, "vulkan", vulkan_count, vulkan),
                                           .opencl = answer(o, "opencl", opencl_count, opencl)});
}

static void the_uuid_decides_where_no_address_is(void **state) {
    (void)state;
    struct wi_inventory *inv = probe_both(
        1,
        "vulkan.device.0.name=AMD Radeon RX 6600 (RADV NAVI23)\nvulkan.device.0.vendor_id=0x1002\n"
        "vulkan.device.0.device_uuid=00000000030000000000000000000000\n",
        1,
        "opencl.device.0.name=gfx1032\nopencl.device.0.vendor_id=0x1002\n"
        "opencl.device.0.device_uuid=00000000030000000000000000000000\nopencl.device.0.type=gpu\n");
    assert_int_equal(inv->gpu_count, 1);
    assert_string_equal(inv->gpus[0].same_because, "device UUID");
    wi_arena_destroy(inv->arena);
}

/* Two AMD GPUs in each API and not one id in common: the spelling of the names pairs them. */
static void names_pair_what_ids_do_not(void **state) {
    (void)state;
    struct wi_inventory *inv = probe_both(
        2,
        "vulkan.device.0.name=AMD Radeon RX 6600 (RADV NAVI23)\nvulkan.device.0.vendor_id=0x1002\n"
        "vulkan.device.0.driver_name=radv\nvulkan.device.1.driver_name=radv\n"
        "vulkan.device.1.name=AMD Radeon(TM) RX 6800 XT\nvulkan.device.1.vendor_id=0x1002\n",
        2,
        "opencl.device.0.name=AMD Radeon RX 6800 XT (radeonsi, navi21, LLVM 15.0.6)\n"
        "opencl.device.0.vendor=AMD\nopencl.device.0.type=gpu\nopencl.device.0.platform=0\n"
        "opencl.device.1.name=AMD  Radeon RX 6600 (radeonsi, navi23, LLVM 15.0.6)\n"
        "opencl.device.1.vendor=AMD\nopencl.device.1.type=gpu\nopencl.device.1.platform=0\n"
        "opencl.platform.0.name=rusticl\n");
    assert_int_equal(inv->gpu_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(inv->gpus[i].api_count, 2);
        assert_string_equal(inv->gpus[i].same_because, "name, with no other candidate");
        const char *model = strstr(inv->gpus[i].apis[0].device_name, "6600") ? "6600" : "6800";
        assert_non_null(strstr(inv->gpus[i].apis[1].device_name, model));
    }
    wi_arena_destroy(inv->arena);
}

static void a_driver_installed_twice_shows_one_chip(void **state) {
    (void)state;
    struct wi_inventory *inv =
        probe_both(2,
                   "vulkan.device.0.name=A\nvulkan.device.0.pci=0000:03:00.0\n"
                   "vulkan.device.1.name=A\nvulkan.device.1.pci=0000:03:00.0\n",
                   0, "");
    assert_int_equal(inv->gpu_count, 1);
    assert_int_equal(inv->gpus[0].api_count, 2);
    wi_arena_destroy(inv->arena);
}

/* ---- not the same ---- */

static void two_equal_cards_stay_two(void **state) {
    (void)state;
    static const char *const vulkan =
        "vulkan.device.0.name=Card\nvulkan.device.0.vendor_id=0x10de\n"
        "vulkan.device.0.pci=0000:01:00.0\nvulkan.device.0.type=discrete\n"
        "vulkan.device.1.name=Card\nvulkan.device.1.vendor_id=0x10de\n"
        "vulkan.device.1.pci=0000:02:00.0\nvulkan.device.1.type=discrete\n";
    struct wi_inventory *alone = probe_both(2, vulkan, 0, "");
    assert_int_equal(alone->gpu_count, 2);
    wi_arena_destroy(alone->arena);

    struct wi_inventory *paired = probe_both(
        2, vulkan, 2,
        "opencl.device.0.name=Card\nopencl.device.0.vendor_id=0x10de\nopencl.device.0.type=gpu\n"
        "opencl.device.1.name=Card\nopencl.device.1.vendor_id=0x10de\nopencl.device.1.type=gpu\n");
    assert_int_equal(paired->gpu_count, 2);
    assert_int_equal(paired->gpus[0].api_count, 2);
    assert_int_equal(paired->gpus[1].api_count, 2);
    wi_arena_destroy(paired->arena);
}

static void different_addresses_are_different_chips(void **state) {
    (void)state;
    struct wi_inventory *inv = probe_both(
        1,
        "vulkan.device.0.name=Card\nvulkan.device.0.vendor_id=0x10de\n"
        "vulkan.device.0.pci=0000:01:00.0\n",
        1,
        "opencl.device.0.name=Card\nopencl.device.0.vendor_id=0x10de\nopencl.device.0.type=gpu\n"
        "opencl.device.0.pci=0000:02:00.0\n");
    assert_int_equal(inv->gpu_count, 2);
    wi_arena_destroy(inv->arena);
}

/* One vendor, but one is on the board and the other in the socket. */
static void integrated_and_discrete_are_never_one(void **state) {
    (void)state;
    struct wi_inventory *inv =
        probe_both(1,
                   "vulkan.device.0.name=AMD Radeon Graphics\nvulkan.device.0.vendor_id=0x1002\n"
                   "vulkan.device.0.type=integrated\n",
                   1,
                   "opencl.device.0.name=AMD Radeon Graphics\nopencl.device.0.vendor_id=0x1002\n"
                   "opencl.device.0.type=gpu\nopencl.device.0.host_unified_memory=0\n");
    assert_int_equal(inv->gpu_count, 2);
    wi_arena_destroy(inv->arena);
}

static void rasterisers_of_two_apis_are_two_programs(void **state) {
    (void)state;
    struct wi_inventory *inv = probe_both(
        1,
        "vulkan.device.0.name=llvmpipe (LLVM 15.0.6, 256 bits)\nvulkan.device.0.type=cpu\n"
        "vulkan.device.0.device_uuid=6d65736132322e332e36000000000000\n",
        1,
        "opencl.device.0.name=llvmpipe (LLVM 15.0.6, 256 bits)\nopencl.device.0.type=cpu\n"
        "opencl.device.0.device_uuid=6d65736132322e332e36000000000000\n");
    assert_int_equal(inv->gpu_count, 2);
    assert_string_equal(inv->gpus[0].compute_device_id, "sw0");
    assert_string_equal(inv->gpus[1].compute_device_id, "sw1");
    wi_arena_destroy(inv->arena);
}

/* A rasteriser named like the GPU it stands in for, with its vendor's id, is not the GPU. */
static void software_never_joins_a_gpu(void **state) {
    (void)state;
    struct wi_inventory *inv =
        probe_both(1,
                   "vulkan.device.0.name=Intel Arc\nvulkan.device.0.vendor_id=0x8086\n"
                   "vulkan.device.0.type=discrete\nvulkan.device.0.pci=0000:03:00.0\n",
                   1,
                   "opencl.device.0.name=Intel Arc\nopencl.device.0.vendor_id=0x8086\n"
                   "opencl.device.0.type=cpu\nopencl.device.0.pci=0000:03:00.0\n");
    assert_int_equal(inv->gpu_count, 2);
    assert_false(inv->gpus[0].software); /* real ones first */
    assert_true(inv->gpus[1].software);
    wi_arena_destroy(inv->arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_chip_through_two_apis_is_one),
        cmocka_unit_test(pools_of_two_apis_never_add),
        cmocka_unit_test(the_order_of_the_answers_does_not_matter),
        cmocka_unit_test(the_uuid_decides_where_no_address_is),
        cmocka_unit_test(names_pair_what_ids_do_not),
        cmocka_unit_test(a_driver_installed_twice_shows_one_chip),
        cmocka_unit_test(two_equal_cards_stay_two),
        cmocka_unit_test(different_addresses_are_different_chips),
        cmocka_unit_test(integrated_and_discrete_are_never_one),
        cmocka_unit_test(rasterisers_of_two_apis_are_two_programs),
        cmocka_unit_test(software_never_joins_a_gpu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
