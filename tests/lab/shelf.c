/* shelf.c: the devices of the lab. Bandwidths and peaks are round numbers of the classes that the
 * names stand for: what matters is that all tiers and verdicts occur.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/lab/lab.h"

#include "base/hash.h"
#include "base/units.h"

#include <stdio.h>
#include <string.h>

static const struct lab_type types[] = {
    /* clang-format off */
    /* name            maker       cpu            arch       form           mains  n  GiB  GB/s GFLOP/s  GPU                 GiB   GB/s  GFLOP/s */
    {"Phone Ultra",    "Acme",     "Snap 8",      "aarch64", WI_FORM_phone,   false, 4, 12,   45,   600, LAB_GPU_integrated, 7,    40,   3000},
    {"Phone Mini",     "Acme",     "Snap 7",      "aarch64", WI_FORM_phone,   false, 3,  6,   14,   120, LAB_GPU_none,       0,     0,      0},
    {"Phone Fold",     "Zenith",   "Dim 9300",    "aarch64", WI_FORM_phone,   false, 3,  8,   35,   400, LAB_GPU_none,       0,     0,      0},
    {"Tower 24",       "Builder",  "Ryzen 9",     "x86_64",  WI_FORM_desktop, true,  2, 64,   60,  1500, LAB_GPU_discrete,  24,   900,  80000},
    {"Office 8",       "Hewlard",  "Core i3",     "x86_64",  WI_FORM_desktop, true,  4,  8,   25,   250, LAB_GPU_none,       0,     0,      0},
    {"Book 13",        "Delta",    "Core i7",     "x86_64",  WI_FORM_laptop,  true,  3, 16,   50,   700, LAB_GPU_integrated, 9,    45,   1800},
    {"Book RTX",       "Delta",    "Core i9",     "x86_64",  WI_FORM_laptop,  true,  2, 32,   60,   900, LAB_GPU_unopened,   0,     0,      0},
    {"Board 5",        "Raspi",    "Cortex-A76",  "aarch64", WI_FORM_sbc,     true,  3, 16,   13,    90, LAB_GPU_none,       0,     0,      0},
    {"Net 2",          "Hewlard",  "Celeron",     "x86_64",  WI_FORM_laptop,  true,  2,  2,    8,    40, LAB_GPU_none,       0,     0,      0},
    {"Machine",        "Cloud",    "EPYC",        "x86_64",  WI_FORM_vm,      true,  2, 24,   30,   300, LAB_GPU_software,   2,   900,  80000},
    {"Tower 10",       "Builder",  "Ryzen 5",     "x86_64",  WI_FORM_desktop, true,  3, 32,   45,   800, LAB_GPU_discrete,  10,   700,  30000},
    {"Think 14",       "Lenox",    "Ryzen 7",     "x86_64",  WI_FORM_laptop,  true,  3, 32,   55,   800, LAB_GPU_none,       0,     0,      0},
    {"Board 4",        "Raspi",    "Cortex-A72",  "aarch64", WI_FORM_sbc,     true,  2,  4,    5,    25, LAB_GPU_none,       0,     0,      0},
    {"Rack 2",         "Superb",   "EPYC 2x",     "x86_64",  WI_FORM_server,  true,  2, 256, 350,  6000, LAB_GPU_none,       0,     0,      0},
    {"Air M",          "Apfel",    "M",           "aarch64", WI_FORM_laptop,  true,  2, 16,  100,  1500, LAB_GPU_integrated, 10,  100,   8000},
    /* clang-format on */
};

double lab_dice(const struct lab_device *device, unsigned run, size_t number, const char *what) {
    struct wi_rng rng;
    char text[160], digest[65];
    uint64_t seed = 0;
    snprintf(text, sizeof(text), "%llu %u %u %zu %s", (unsigned long long)device->seed,
             device->number, run, number, what);
    wi_sha256_hex(text, strlen(text), digest);
    for (int i = 0; i < 16; i++)
        seed = seed << 4 | (uint64_t)(strchr("0123456789abcdef", digest[i]) - "0123456789abcdef");
    wi_rng_seed(&rng, seed);
    return wi_rng_unit(&rng);
}

/* Units of all types in turn, so that a small lab has several types too. */
static const struct lab_type *type_of(unsigned number, unsigned *unit) {
    unsigned left = number;
    for (unsigned round = 0;; round++) {
        bool any = false;
        for (size_t t = 0; t < WI_COUNT(types); t++) {
            if (types[t].units <= round)
                continue;
            any = true;
            *unit = round;
            if (left-- == 0)
                return &types[t];
        }
        if (!any)
            lab_die("there is no device %u: the lab has %d", number, LAB_DEVICES);
    }
}

static void name_sku(struct lab_device *device) {
    int n = snprintf(device->sku, sizeof(device->sku), "%s/%s/%.0fgib", device->type->maker,
                     device->type->name, device->type->memory_gib);
    for (int i = 0; i < n; i++)
        if (device->sku[i] == ' ')
            device->sku[i] = '-';
}

void lab_device_at(unsigned number, uint64_t seed, struct lab_device *device) {
    unsigned unit = 0;
    *device = (struct lab_device){.number = number, .seed = seed};
    device->type = type_of(number, &unit);
    snprintf(device->id, sizeof(device->id), "lab-%02u", number);
    name_sku(device);
    device->luck = 0.95 + 0.1 * lab_dice(device, 0, 0, "luck");
    device->retired = number % 17 == 16;
    device->never_weighed = number % 23 == 22;
    device->updated = number % 7 == 3;
    device->upgraded = number % 11 == 7;
}

/* A device a day, ten days between its runs. */
int64_t lab_run_utc_ns(const struct lab_device *device, unsigned run) {
    const int64_t day_ns = INT64_C(86400) * 1000000000, first = INT64_C(1767225600) * 1000000000;
    return first + (device->number + 10 * (int64_t)run) * day_ns;
}

void lab_run_id(const struct lab_device *device, unsigned run, char id[33]) {
    lab_id(lab_run_utc_ns(device, run), device, run, 0, id);
}

/* ---- what the probe found ---- */

static char *say(struct wi_arena *arena, const char *what, const struct lab_device *device,
                 unsigned version) {
    return wi_arena_printf(arena, "%s of %s, version %u", what, device->sku, version);
}

static void put_gpu(const struct lab_device *device, struct wi_arena *arena,
                    struct wi_inventory *inv) {
    const struct lab_type *t = device->type;
    bool software = t->gpu == LAB_GPU_software, discrete = t->gpu == LAB_GPU_discrete;
    struct wi_pool *pool = WI_NEW(arena, struct wi_pool);
    struct wi_gpu_api *api = WI_NEW(arena, struct wi_gpu_api);
    struct wi_gpu *gpu = WI_NEW(arena, struct wi_gpu);
    uint64_t bytes = (uint64_t)(t->gpu_gib * (double)WI_GIB);
    *pool =
        (struct wi_pool){.id = "heap0", .total_bytes = wi_some_u64(bytes), .device_local = true};
    *api = (struct wi_gpu_api){.api = WI_BACKEND_vulkan,
                               .device_name = t->name,
                               .driver_name = software ? "llvmpipe" : "drv",
                               .driver_version = "1",
                               .api_version = "1.3"};
    *gpu = (struct wi_gpu){.compute_device_id = software ? "sw0" : "gpu0",
                           .name = say(arena, "GPU", device, 1),
                           .type = software   ? WI_GPU_software
                                   : discrete ? WI_GPU_discrete
                                              : WI_GPU_integrated,
                           .software = software,
                           .unified = discrete ? WI_TRI_no : WI_TRI_yes,
                           .pools = pool,
                           .pool_count = 1,
                           .largest_allocation_bytes = wi_some_u64(bytes / 2),
                           .largest_binding_bytes = wi_some_u64(bytes / 2),
                           .subgroup_min = wi_some_u64(32),
                           .subgroup_max = wi_some_u64(32),
                           .features = 1u << WI_GPU_FEATURE_fp16,
                           .apis = api,
                           .api_count = 1};
    inv->gpus = gpu;
    inv->gpu_count = 1;
}

static void put_unopened(const struct lab_device *device, struct wi_arena *arena,
                         struct wi_inventory *inv) {
    struct wi_unopened_gpu *gpu = WI_NEW(arena, struct wi_unopened_gpu);
    *gpu = (struct wi_unopened_gpu){.pci = "0000:01:00.0",
                                    .name = say(arena, "GPU", device, 1),
                                    .vendor_id = wi_some_u64(0x10de),
                                    .advice = "install the vendor's driver"};
    inv->unopened = gpu;
    inv->unopened_count = 1;
}

static void put_facts(const struct lab_device *device, struct wi_arena *arena,
                      struct wi_inventory *inv) {
    struct wi_fact *facts = WI_NEW_ARRAY(arena, struct wi_fact, 2);
    facts[0] = (struct wi_fact){"cpu.microcode", WI_KNOWN_known, "0x1", "", "/proc/cpuinfo"};
    facts[1] = (struct wi_fact){"power.mains",
                                device->type->mains ? WI_KNOWN_known : WI_KNOWN_not_applicable,
                                device->type->mains ? "1" : NULL, "", "/sys/class/power_supply"};
    inv->facts = (struct wi_facts){facts, 2, 2};
}

void lab_inventory(const struct lab_device *device, unsigned run, struct wi_arena *arena,
                   struct wi_inventory *inventory) {
    const struct lab_type *t = device->type;
    bool last = run + 1 == LAB_RUNS;
    unsigned parts = device->upgraded && last ? 2 : 1, software = device->updated && last ? 2 : 1;
    struct wi_cpu_cache *cache = WI_NEW(arena, struct wi_cpu_cache);
    uint64_t memory = (uint64_t)(t->memory_gib * (double)WI_GIB) * parts;
    bool gpu = t->gpu != LAB_GPU_none && t->gpu != LAB_GPU_unopened;
    *cache = (struct wi_cpu_cache){3, 'u', 16u << 20, 1, 8, 64};
    *inventory = (struct wi_inventory){
        .arena = arena,
        .name = t->name,
        .maker = t->maker,
        .product = t->name,
        .identity = {.device_id = device->id,
                     .source = "asset",
                     .strength = "strong",
                     .hardware_id = say(arena, "hardware", device, parts),
                     .sku_id = device->sku,
                     .software_id = {[WI_BACKEND_cpu] = say(arena, "software", device, 1),
                                     [WI_BACKEND_vulkan] =
                                         gpu ? say(arena, "driver", device, software) : NULL}},
        .cpu = {.compute_device_id = "cpu0",
                .name = t->cpu,
                .arch = t->arch,
                .packages = 1,
                .cores = 8,
                .threads = 8,
                .numa_nodes = 1,
                .allowed_threads = 8,
                .quota_cpus = {WI_KNOWN_not_applicable, 0},
                .caches = cache,
                .cache_count = 1},
        .memory = {.total_bytes = wi_some_u64(memory),
                   .available_bytes = wi_some_u64(memory / 2),
                   .limit_bytes = {WI_KNOWN_not_applicable, 0},
                   .form = t->form,
                   .form_because = "as generated"},
        .storage = {"/", wi_some_u64(UINT64_C(100000000000)), wi_some_u64(UINT64_C(500000000000))},
        .software = {"Linux", "6.1", "Debian 12", NULL, NULL, "gcc", "-O2", "0.1.0", "lab"}};
    for (unsigned b = 0; b < WI_BACKEND_COUNT; b++)
        inventory->backends[b] = (struct wi_backend_state){(enum wi_backend_id)b,
                                                           WI_CASE_unavailable, "no loader", NULL};
    inventory->backends[WI_BACKEND_cpu].status = WI_CASE_ok;
    inventory->backends[WI_BACKEND_cpu].reason = NULL;
    if (gpu) {
        inventory->backends[WI_BACKEND_vulkan] =
            (struct wi_backend_state){WI_BACKEND_vulkan, WI_CASE_ok, NULL, NULL};
        put_gpu(device, arena, inventory);
    }
    if (t->gpu == LAB_GPU_unopened)
        put_unopened(device, arena, inventory);
    put_facts(device, arena, inventory);
}
