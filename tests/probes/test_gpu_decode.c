/* test_gpu_decode.c: what drivers said becomes an inventory, and what they made up does not.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/probes/gpu_machine.h"

#define MIB (UINT64_C(1) << 20)

static bool has_feature(const struct wi_gpu *gpu, enum wi_gpu_feature feature) {
    return (gpu->features >> feature & 1) != 0;
}

/* ---- recorded GPUs ---- */

static void an_nvidia_card_is_read_whole(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){.vulkan = "rtx4060-laptop"});
    const struct wi_gpu *gpu = &inv->gpus[0];
    assert_int_equal(inv->gpu_count, 1);
    assert_string_equal(gpu->compute_device_id, "gpu0");
    assert_string_equal(gpu->name, "NVIDIA GeForce RTX 4060 Laptop GPU");
    assert_string_equal(gpu->vendor, "NVIDIA");
    assert_int_equal(gpu->vendor_id.value, 0x10de);
    assert_int_equal(gpu->type, WI_GPU_discrete);
    assert_int_equal(gpu->unified, WI_TRI_no);
    assert_string_equal(gpu->pci, "0000:01:00.0");
    assert_false(gpu->software);
    assert_int_equal(gpu->subgroup_min.value, 32);
    assert_int_equal(gpu->subgroup_max.value, 32);
    for (int f = 0; f < WI_GPU_FEATURE_COUNT; f++)
        assert_true(has_feature(gpu, (enum wi_gpu_feature)f));
    assert_int_equal(gpu->pool_count, 3);
    assert_true(gpu->pools[0].device_local);
    assert_false(gpu->pools[0].host_visible);
    assert_true(gpu->pools[2].device_local && gpu->pools[2].host_visible); /* the BAR window */
    assert_string_equal(gpu->apis[0].driver_name, "NVIDIA");
    assert_non_null(strstr(gpu->apis[0].driver_version, "535.183.01"));
    assert_int_equal(inv->backends[WI_BACKEND_vulkan].status, WI_CASE_ok);
    wi_arena_destroy(inv->arena);
}

static void an_integrated_gpu_shares_memory_with_the_cpu(void **state) {
    (void)state;
    static const char *const names[] = {"iris-xe", "amd-apu", "adreno750"};
    for (size_t i = 0; i < WI_COUNT(names); i++) {
        struct wi_inventory *inv = machine_probe(&(struct machine){.vulkan = names[i]});
        assert_int_equal(inv->gpu_count, 1);
        assert_int_equal(inv->gpus[0].type, WI_GPU_integrated);
        assert_int_equal(inv->gpus[0].unified, WI_TRI_yes);
        assert_false(inv->gpus[0].software);
        wi_arena_destroy(inv->arena);
    }
}

static void limits_are_the_smallest_of_what_binds(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){.vulkan = "iris-xe"});
    const struct wi_gpu *gpu = &inv->gpus[0];
    assert_int_equal(gpu->largest_allocation_bytes.value, UINT64_C(4294967292));
    assert_int_equal(gpu->largest_binding_bytes.value, 1024 * MIB);
    assert_true(wi_has_u64(gpu->pools[0].budget_bytes));
    assert_true(gpu->pools[0].budget_bytes.value < gpu->pools[0].total_bytes.value);
    wi_arena_destroy(inv->arena);
}

static void every_line_of_a_device_is_kept_as_a_fact(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){.vulkan = "iris-xe"});
    assert_string_equal(fact(inv, "gpu0.vulkan.max_compute_shared_memory"), "65536");
    assert_string_equal(fact(inv, "gpu0.vulkan.queue.0.timestamp_bits"), "36");
    assert_string_equal(fact(inv, "vulkan.loader_version"), "1.3.239");
    wi_arena_destroy(inv->arena);
}

static void opencl_alone_describes_a_gpu(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){.opencl = "iris-xe-opencl"});
    const struct wi_gpu *gpu = &inv->gpus[0];
    assert_int_equal(inv->gpu_count, 1);
    assert_string_equal(gpu->name, "Intel(R) Iris(R) Xe Graphics [0x9a49]");
    assert_string_equal(gpu->vendor, "Intel");
    assert_int_equal(gpu->unified, WI_TRI_yes);
    assert_int_equal(gpu->device_id.value, 0x9a49);
    assert_int_equal(gpu->pools[0].total_bytes.value, 12800 * MIB);
    assert_int_equal(gpu->largest_allocation_bytes.value, UINT64_C(4294959104));
    assert_int_equal(gpu->subgroup_min.value, 8);
    assert_int_equal(gpu->subgroup_max.value, 32);
    assert_true(has_feature(gpu, WI_GPU_FEATURE_fp16));
    assert_false(has_feature(gpu, WI_GPU_FEATURE_cooperative_matrix));
    assert_string_equal(gpu->apis[0].platform, "Intel(R) OpenCL HD Graphics");
    assert_int_equal(inv->backends[WI_BACKEND_opencl].status, WI_CASE_ok);
    assert_int_equal(inv->backends[WI_BACKEND_vulkan].status, WI_CASE_unavailable);
    wi_arena_destroy(inv->arena);
}

/* ---- software devices ---- */

static const char *one_vulkan(const char *lines) {
    static char text[2048];
    snprintf(text, sizeof(text), "vulkan.device_count=1\nvulkan.status=ok\nvulkan.complete=1\n%s",
             lines);
    return text;
}

static const char *one_opencl(const char *lines) {
    static char text[2048];
    snprintf(text, sizeof(text), "opencl.device_count=1\nopencl.status=ok\nopencl.complete=1\n%s",
             lines);
    return text;
}

static void software_devices_are_never_gpus(void **state) {
    (void)state;
    static const struct {
        const char *vulkan, *opencl;
    } devices[] = {
        {"vulkan.device.0.name=llvmpipe (LLVM 15.0.6, 256 bits)\nvulkan.device.0.type=cpu\n"
         "vulkan.device.0.vendor_id=0x10005\nvulkan.device.0.driver_id=13\n",
         NULL},
        /* calls itself virtual or discrete: its driver's id, then its name, give it away */
        {"vulkan.device.0.name=Fast GPU\nvulkan.device.0.type=discrete\n"
         "vulkan.device.0.driver_id=10\n",
         NULL},
        {"vulkan.device.0.name=SwiftShader Device (Subzero)\nvulkan.device.0.type=virtual\n", NULL},
        {NULL, "opencl.device.0.name=pthread-skylake-avx512-AMD EPYC\nopencl.device.0.type=cpu\n"
               "opencl.device.0.vendor_id=0x8086\nopencl.device.0.vendor=AuthenticAMD\n"},
        {NULL, "opencl.device.0.name=llvmpipe (LLVM 15.0.6, 256 bits)\nopencl.device.0.type=gpu\n"
               "opencl.device.0.host_unified_memory=0\n"},
        {NULL, "opencl.device.0.name=zink Vulkan 1.3(llvmpipe (LLVM 17.0.6, 256 bits))\n"
               "opencl.device.0.type=gpu\n"},
    };
    for (size_t i = 0; i < WI_COUNT(devices); i++) {
        struct machine m = {
            .vulkan = devices[i].vulkan ? one_vulkan(devices[i].vulkan) : NULL,
            .opencl = devices[i].opencl ? one_opencl(devices[i].opencl) : NULL,
        };
        struct wi_inventory *inv = machine_probe(&m);
        assert_int_equal(inv->gpu_count, 1);
        if (!inv->gpus[0].software || inv->gpus[0].type != WI_GPU_software)
            fail_msg("%s was taken for a GPU", inv->gpus[0].name);
        assert_string_equal(inv->gpus[0].compute_device_id, "sw0");
        wi_arena_destroy(inv->arena);
    }
}

static void a_gpu_with_a_suspicious_name_stays_a_gpu(void **state) {
    (void)state;
    struct wi_inventory *inv =
        machine_probe(&(struct machine){.vulkan = one_vulkan("vulkan.device.0.name=Charmpipe 3000\n"
                                                             "vulkan.device.0.type=discrete\n")});
    assert_false(inv->gpus[0].software);
    wi_arena_destroy(inv->arena);
}

/* ---- lies ---- */

static void a_liar_is_not_believed(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){.vulkan = "liar"});
    const struct wi_gpu *gpu = &inv->gpus[0];
    assert_int_equal(inv->gpu_count, 1);
    assert_int_equal(gpu->pool_count, 4);
    assert_int_equal(gpu->pools[0].budget_bytes.value, gpu->pools[0].total_bytes.value);
    assert_false(wi_has_u64(gpu->pools[1].budget_bytes)); /* wrapped below zero */
    assert_false(wi_has_u64(gpu->pools[2].total_bytes));  /* zero */
    assert_false(wi_has_u64(gpu->pools[3].total_bytes));  /* 2^64 - 1 */
    assert_false(wi_has_u64(gpu->pools[3].budget_bytes));
    assert_int_equal(gpu->largest_allocation_bytes.value, 8192 * MIB);
    assert_false(wi_has_u64(gpu->largest_binding_bytes));
    assert_false(wi_has_u64(gpu->subgroup_min));
    assert_false(has_feature(gpu, WI_GPU_FEATURE_subgroups));
    assert_false(has_feature(gpu, WI_GPU_FEATURE_timestamps));
    assert_null(gpu->pci);
    assert_null(gpu->uuid);
    assert_null(strchr(gpu->name, '\033'));
    assert_non_null(fact(inv, "gpu0.vulkan.note.0"));
    wi_arena_destroy(inv->arena);
}

static void counts_beyond_all_measure_are_bounded(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){
        .vulkan = "vulkan.device_count=18446744073709551615\nvulkan.status=ok\n"
                  "vulkan.device.0.name=A\nvulkan.device.0.heap_count=4000000000\n"
                  "vulkan.device.0.heap.0.size=1073741824\n"
                  "vulkan.device.0.memory_type.31.heap=99\n"
                  "vulkan.device.0.memory_type.31.flags=host_visible\n"
                  "vulkan.device.0.subgroup_min=5000000000\n"
                  "vulkan.icd_count=99999999\n"});
    assert_int_equal(inv->gpu_count, 1);
    assert_int_equal(inv->gpus[0].pool_count, 1);
    assert_false(wi_has_u64(inv->gpus[0].subgroup_min));
    wi_arena_destroy(inv->arena);
}

static void text_that_could_fool_a_terminal_is_cleaned(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){
        .vulkan = one_vulkan("vulkan.device.0.name=  A\x1b[31m\\nB\xff\xe2\x80\xae"
                             "C\xc2\x9b \n")});
    assert_string_equal(inv->gpus[0].name, "A [31m B? C");
    wi_arena_destroy(inv->arena);
}

static void nonsense_instead_of_numbers_is_unknown(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){
        .vulkan = one_vulkan("vulkan.device.0.name=A\nvulkan.device.0.vendor_id=0xzz\n"
                             "vulkan.device.0.heap_count=1\nvulkan.device.0.heap.0.size=-5\n"
                             "vulkan.device.0.pci=../../etc\nvulkan.device.0.device_uuid=12\n"),
        .opencl = one_opencl("opencl.device.0.name=B\nopencl.device.0.global_mem_size=1e30\n"
                             "opencl.device.0.platform=999999999999\n"
                             "opencl.device.0.subgroup_sizes=x -1 0 99999\n")});
    assert_int_equal(inv->gpu_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_false(wi_has_u64(inv->gpus[i].pools[0].total_bytes));
        assert_false(wi_has_u64(inv->gpus[i].vendor_id));
        assert_false(wi_has_u64(inv->gpus[i].subgroup_min));
        assert_null(inv->gpus[i].pci);
        assert_null(inv->gpus[i].uuid);
    }
    wi_arena_destroy(inv->arena);
}

/* Cut anywhere: a child that died while writing, a disk that was full. */
static void damaged_answers_are_survived(void **state) {
    (void)state;
    struct wi_buf whole = {0};
    struct machine reader = {.vulkan = "two-gpus"};
    assert_int_equal(machine_answer(&reader, "vulkan", &whole, NULL), WI_OK);
    for (size_t cut = 30; cut < whole.size; cut += 97) {
        char *text = strndup(whole.data, cut);
        struct wi_inventory *inv = machine_probe(&(struct machine){.vulkan = text});
        assert_true(inv->gpu_count <= 2);
        wi_arena_destroy(inv->arena);
        free(text);
    }
    wi_buf_fini(&whole);
}

/* ---- what stands instead of a GPU ---- */

static void a_missing_loader_says_what_to_install(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){0});
    for (int b = WI_BACKEND_vulkan; b <= WI_BACKEND_opencl; b++) {
        assert_int_equal(inv->backends[b].backend, b);
        assert_int_equal(inv->backends[b].status, WI_CASE_unavailable);
        assert_non_null(inv->backends[b].reason);
    }
    assert_non_null(strstr(inv->backends[WI_BACKEND_vulkan].advice, "libvulkan1"));
    assert_non_null(strstr(inv->backends[WI_BACKEND_opencl].advice, "ocl-icd-libopencl1"));
    assert_int_equal(inv->gpu_count, 0);
    wi_arena_destroy(inv->arena);
}

static void a_build_without_headers_says_not_built(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){
        .vulkan = "vulkan.status=not_built\nvulkan.reason=built without the Vulkan headers\n"});
    assert_int_equal(inv->backends[WI_BACKEND_vulkan].status, WI_CASE_not_built);
    assert_non_null(strstr(inv->backends[WI_BACKEND_vulkan].advice, "libvulkan-dev"));
    wi_arena_destroy(inv->arena);
}

/* Drivers are there: to say "install the driver" alone would send people in circles. */
static void drivers_without_a_gpu_lead_to_permissions(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){
        .vulkan = "vulkan.status=unavailable\nvulkan.reason=no driver offers a device\n"
                  "vulkan.icd_count=1\nvulkan.icd.0.file=radeon.json\n"
                  "vulkan.icd.0.state=loaded\n"});
    assert_non_null(strstr(inv->backends[WI_BACKEND_vulkan].advice, "group render"));
    wi_arena_destroy(inv->arena);
}

static void a_crashing_driver_is_named(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){
        .vulkan = "vulkan.status=crashed\nvulkan.reason=signal 11\nvulkan.icd_count=1\n"
                  "vulkan.icd.0.file=/usr/share/vulkan/icd.d/bad.json\n"
                  "vulkan.icd.0.state=crashed\n"});
    assert_int_equal(inv->backends[WI_BACKEND_vulkan].status, WI_CASE_crashed);
    assert_string_equal(inv->backends[WI_BACKEND_vulkan].reason, "signal 11");
    assert_non_null(strstr(inv->backends[WI_BACKEND_vulkan].advice, "bad.json crashes"));
    wi_arena_destroy(inv->arena);
}

static void an_answer_that_shows_no_device_is_not_ok(void **state) {
    (void)state;
    struct wi_inventory *inv =
        machine_probe(&(struct machine){.vulkan = "vulkan.status=ok\nvulkan.device_count=7\n"});
    assert_int_equal(inv->backends[WI_BACKEND_vulkan].status, WI_CASE_unavailable);
    assert_non_null(inv->backends[WI_BACKEND_vulkan].reason);
    wi_arena_destroy(inv->arena);
}

static void text_that_is_no_answer_is_unavailable(void **state) {
    (void)state;
    struct wi_inventory *inv = machine_probe(&(struct machine){.vulkan = "A = B\n\x01"});
    assert_int_equal(inv->backends[WI_BACKEND_vulkan].status, WI_CASE_unavailable);
    assert_non_null(strstr(inv->backends[WI_BACKEND_vulkan].reason, "no answer"));
    wi_arena_destroy(inv->arena);
}

static void gpus_not_asked_for_are_skipped(void **state) {
    (void)state;
    struct wi_inventory inventory = {0};
    wi_probe_gpus_skipped(&inventory);
    assert_int_equal(inventory.backends[WI_BACKEND_vulkan].status, WI_CASE_skipped);
    assert_int_equal(inventory.backends[WI_BACKEND_opencl].status, WI_CASE_skipped);
}

static void an_interrupt_is_passed_on(void **state) {
    (void)state;
    struct machine m = {.vulkan = "interrupted"};
    struct wi_env env = machine_env(&m);
    struct wi_arena *arena = wi_arena_create();
    struct wi_inventory inventory = {.arena = arena};
    struct wi_err err = {0};
    assert_int_equal(wi_probe_gpus(&env, &inventory, &err), WI_INTERRUPTED);
    wi_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_nvidia_card_is_read_whole),
        cmocka_unit_test(an_integrated_gpu_shares_memory_with_the_cpu),
        cmocka_unit_test(limits_are_the_smallest_of_what_binds),
        cmocka_unit_test(every_line_of_a_device_is_kept_as_a_fact),
        cmocka_unit_test(opencl_alone_describes_a_gpu),
        cmocka_unit_test(software_devices_are_never_gpus),
        cmocka_unit_test(a_gpu_with_a_suspicious_name_stays_a_gpu),
        cmocka_unit_test(a_liar_is_not_believed),
        cmocka_unit_test(counts_beyond_all_measure_are_bounded),
        cmocka_unit_test(text_that_could_fool_a_terminal_is_cleaned),
        cmocka_unit_test(nonsense_instead_of_numbers_is_unknown),
        cmocka_unit_test(damaged_answers_are_survived),
        cmocka_unit_test(a_missing_loader_says_what_to_install),
        cmocka_unit_test(a_build_without_headers_says_not_built),
        cmocka_unit_test(drivers_without_a_gpu_lead_to_permissions),
        cmocka_unit_test(a_crashing_driver_is_named),
        cmocka_unit_test(an_answer_that_shows_no_device_is_not_ok),
        cmocka_unit_test(text_that_is_no_answer_is_unavailable),
        cmocka_unit_test(gpus_not_asked_for_are_skipped),
        cmocka_unit_test(an_interrupt_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
