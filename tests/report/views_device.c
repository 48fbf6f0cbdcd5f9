/* views_device.c: hand-built devices.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/report/views_parts.h"

const char *views_name(enum views_case c) {
    static const char *const names[] = {"no_gpu", "two_gpus", "all_failed", "hostile"};
    return names[c];
}

/* Markup, a terminal code, a right-to-left override, Hebrew, emoji, a formula; 200 characters. */
const char views_hostile_name[] =
    "=<script src=\"https://x.example/a.js\">alert('1')</script>\x1b[31m\n|`*_[a](javascript:b) "
    "\xe2\x80\xae\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xf0\x9f\x92\xa3 \xff, &amp; \"q\" "
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

static const unsigned cpus[] = {0, 2, 4, 6, 1, 3, 5, 7};

static void fill_cpu(struct wi_cpu *cpu, const char *name, struct wi_arena *arena) {
    *cpu = (struct wi_cpu){.compute_device_id = "cpu0",
                           .name = name,
                           .vendor = "GenuineIntel",
                           .arch = "x86_64",
                           .family = wi_some_u64(6),
                           .model = wi_some_u64(140),
                           .stepping = wi_some_u64(1),
                           .microcode = "0xb4",
                           .packages = 1,
                           .cores = 4,
                           .threads = 8,
                           .numa_nodes = 1,
                           .allowed_threads = 8,
                           .quota_cpus = {WI_KNOWN_not_applicable, 0},
                           .isa = WI_ISA_BIT(WI_ISA_avx2) | WI_ISA_BIT(WI_ISA_fma),
                           .base_mhz = wi_some_u64(2800),
                           .max_mhz = wi_some_u64(4700)};
    cpu->kinds = WI_NEW(arena, struct wi_core_kind);
    cpu->kind_count = 1;
    cpu->kinds[0] = (struct wi_core_kind){
        .name = "uniform", .cores = 4, .threads = 8, .cpus = cpus, .cpu_count = 8};
    cpu->caches = WI_NEW_ARRAY(arena, struct wi_cpu_cache, 2);
    cpu->cache_count = 2;
    cpu->caches[0] = (struct wi_cpu_cache){1, 'd', 48 << 10, 4, 2, 64};
    cpu->caches[1] = (struct wi_cpu_cache){3, 'u', 12 << 20, 1, 8, 64};
}

static void add_fact(struct wi_arena *arena, struct wi_facts *facts, struct wi_fact fact) {
    *WI_PUSH(arena, facts, struct wi_fact) = fact;
}

static void fill_common(struct wi_inventory *v, const char *name) {
    v->name = name;
    v->maker = "Example";
    v->product = name;
    v->identity = (struct wi_identity){.device_id = "asset-7",
                                       .source = "asset",
                                       .strength = "strong",
                                       .hardware_id = "hw-1",
                                       .sku_id = "example-laptop-16"};
    v->identity.software_id[WI_BACKEND_cpu] = "sw-cpu-1";
    fill_cpu(&v->cpu, "Example Core 7 1165", v->arena);
    v->memory = (struct wi_memory){.total_bytes = wi_some_u64(16ull << 30),
                                   .available_bytes = wi_some_u64(9ull << 30),
                                   .limit_bytes = {WI_KNOWN_not_applicable, 0},
                                   .swap_total_bytes = wi_some_u64(0),
                                   .huge_pages = "madvise",
                                   .form = WI_FORM_laptop,
                                   .form_because = "DMI chassis type 10"};
    v->storage = (struct wi_storage){"/home", wi_some_u64(120000000000), {WI_KNOWN_unknown, 0}};
    v->software = (struct wi_software){.os = "Linux",
                                       .kernel = "6.1.0",
                                       .distribution = "Debian GNU/Linux 12",
                                       .compiler = "gcc 12.2.0",
                                       .flags = "-O2",
                                       .tool_version = "0.1.0"};
    for (int i = 0; i < WI_BACKEND_COUNT; i++)
        v->backends[i] =
            (struct wi_backend_state){.backend = (enum wi_backend_id)i, .status = WI_CASE_ok};
    add_fact(v->arena, &v->facts,
             (struct wi_fact){"cpu.microcode", WI_KNOWN_known, "0xb4", "", "/proc/cpuinfo"});
    add_fact(v->arena, &v->facts,
             (struct wi_fact){"dmi.serial", WI_KNOWN_denied, NULL, "", "/sys/class/dmi"});
}

static void no_gpu_backends(struct wi_inventory *v) {
    v->backends[WI_BACKEND_vulkan] = (struct wi_backend_state){
        WI_BACKEND_vulkan, WI_CASE_unavailable, "no Vulkan driver", "install mesa-vulkan-drivers"};
    v->backends[WI_BACKEND_opencl] =
        (struct wi_backend_state){WI_BACKEND_opencl, WI_CASE_unavailable, "no OpenCL driver", NULL};
}

static struct wi_gpu *new_gpus(struct wi_inventory *v, size_t n) {
    v->gpus = WI_NEW_ARRAY(v->arena, struct wi_gpu, n);
    v->gpu_count = n;
    return v->gpus;
}

static void one_pool(struct wi_inventory *v, struct wi_gpu *gpu, uint64_t total) {
    gpu->pools = WI_NEW(v->arena, struct wi_pool);
    gpu->pool_count = 1;
    gpu->pools[0] = (struct wi_pool){.id = "heap0",
                                     .total_bytes = wi_some_u64(total),
                                     .budget_bytes = wi_some_u64(total - (512ull << 20)),
                                     .device_local = true};
}

static void one_api(struct wi_inventory *v, struct wi_gpu *gpu, enum wi_backend_id api) {
    struct wi_gpu_api *apis = WI_NEW_ARRAY(v->arena, struct wi_gpu_api, gpu->api_count + 1);
    for (size_t i = 0; i < gpu->api_count; i++)
        apis[i] = gpu->apis[i];
    apis[gpu->api_count] = (struct wi_gpu_api){.api = api,
                                               .device_name = gpu->name,
                                               .driver_name = "example",
                                               .driver_version = "535.1",
                                               .api_version = "1.3"};
    gpu->apis = apis;
    gpu->api_count++;
}

static void two_gpus(struct wi_inventory *v) {
    struct wi_gpu *g = new_gpus(v, 3);
    g[0] = (struct wi_gpu){.compute_device_id = "gpu0",
                           .name = "Example RTX 4060",
                           .vendor = "Example",
                           .type = WI_GPU_discrete,
                           .pci = "0000:01:00.0",
                           .unified = WI_TRI_no,
                           .largest_allocation_bytes = wi_some_u64(4ull << 30),
                           .largest_binding_bytes = wi_some_u64((4ull << 30) - 1),
                           .features = 1u << WI_GPU_FEATURE_fp16 | 1u << WI_GPU_FEATURE_subgroups,
                           .same_because = "PCI address"};
    one_api(v, &g[0], WI_BACKEND_vulkan);
    one_api(v, &g[0], WI_BACKEND_opencl);
    one_pool(v, &g[0], 8ull << 30);
    g[1] = (struct wi_gpu){.compute_device_id = "gpu1",
                           .name = "Example Iris Xe",
                           .type = WI_GPU_integrated,
                           .unified = WI_TRI_yes};
    one_api(v, &g[1], WI_BACKEND_vulkan);
    g[2] = (struct wi_gpu){.compute_device_id = "sw0",
                           .name = "llvmpipe",
                           .type = WI_GPU_software,
                           .software = true,
                           .unified = WI_TRI_unknown};
    one_api(v, &g[2], WI_BACKEND_vulkan);
    v->identity.software_id[WI_BACKEND_vulkan] = "sw-vulkan-1";
}

static void unopened(struct wi_inventory *v, const char *name) {
    v->unopened = WI_NEW(v->arena, struct wi_unopened_gpu);
    v->unopened_count = 1;
    v->unopened[0] = (struct wi_unopened_gpu){.pci = "0000:01:00.0",
                                              .name = name,
                                              .vendor_id = wi_some_u64(0x10de),
                                              .kernel_driver = "nouveau",
                                              .advice = "install nvidia-driver"};
}

const struct wi_inventory *views_inventory(enum views_case c, struct wi_arena *arena) {
    struct wi_inventory *v = WI_NEW(arena, struct wi_inventory);
    v->arena = arena;
    fill_common(v, c == VIEWS_hostile ? views_hostile_name : "Example Laptop 13");
    no_gpu_backends(v);
    if (c == VIEWS_two_gpus) {
        two_gpus(v);
        v->backends[WI_BACKEND_vulkan] = (struct wi_backend_state){.backend = WI_BACKEND_vulkan};
        v->backends[WI_BACKEND_opencl] = (struct wi_backend_state){.backend = WI_BACKEND_opencl};
    } else if (c == VIEWS_all_failed) {
        v->memory = (struct wi_memory){.form = WI_FORM_unknown};
        v->cpu.microcode = NULL;
        v->cpu.cores = 0; /* nobody said */
        unopened(v, "Example RTX 4060");
    } else if (c == VIEWS_hostile) {
        struct wi_gpu *g = new_gpus(v, 1);
        g[0] = (struct wi_gpu){.compute_device_id = "gpu0", .name = views_hostile_name};
        one_api(v, &g[0], WI_BACKEND_vulkan);
        v->cpu.name = views_hostile_name;
        v->product = views_hostile_name;
        unopened(v, views_hostile_name);
    }
    return v;
}
