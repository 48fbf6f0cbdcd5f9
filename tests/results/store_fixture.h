/* store_fixture.h: a device, a run and measurements to store; a database file of one's own.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_STORE_FIXTURE_H
#define WI_STORE_FIXTURE_H

#include "tests/ok.h"

#include "base/os.h"
#include "results/store.h"
#include "results/store_derived.h"
#include "results/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A fresh path in the test's folder; whatever was there is gone. */
static inline void fresh_path(char *path, size_t n, const char *name) {
    char side[256];
    snprintf(path, n, "%s.db", name);
    remove(path);
    snprintf(side, sizeof(side), "%s-journal", path);
    remove(side);
}

static inline struct wi_fact *fixture_facts(void) {
    static struct wi_fact facts[] = {
        {"cpu.microcode", WI_KNOWN_known, "0xb4", "", "/proc/cpuinfo"},
        {"dmi.product_uuid", WI_KNOWN_denied, NULL, "", "/sys/class/dmi/id/product_uuid"},
        {"memory.total_bytes", WI_KNOWN_known, "16497971200", "bytes", "/proc/meminfo"},
        {"odd", WI_KNOWN_known, "a 'quote', a\nnewline, \xc3\xa9", NULL, NULL},
        {"thermal.zone0", WI_KNOWN_not_applicable, NULL, "mC", "/sys/class/thermal"},
    };
    return facts;
}

/* Every field set, so that one that is lost shows. Pointers are static. */
static inline void fixture_inventory(struct wi_inventory *inv, const char *device_id) {
    static const unsigned p_cpus[] = {0, 2, 1, 3}, e_cpus[] = {4};
    static struct wi_core_kind kinds[2];
    static struct wi_cpu_cache caches[2];
    static struct wi_gpu gpus[2];
    static struct wi_pool pools[2];
    static struct wi_gpu_api apis[2];
    static struct wi_unopened_gpu unopened[1];
    kinds[0] = (struct wi_core_kind){"performance", 2, 4, wi_some_u64(5000), p_cpus, 4};
    kinds[1] = (struct wi_core_kind){"efficiency", 1, 1, {WI_KNOWN_denied, 0}, e_cpus, 1};
    caches[0] = (struct wi_cpu_cache){1, 'd', 49152, 2, 2, 64};
    caches[1] = (struct wi_cpu_cache){3, 'u', 12582912, 1, 5, 64};
    pools[0] = (struct wi_pool){"heap0",
                                wi_some_u64(UINT64_C(8) << 30),
                                {WI_KNOWN_unknown, 0},
                                {WI_KNOWN_not_applicable, 0},
                                true,
                                false};
    pools[1] = (struct wi_pool){
        "heap1", wi_some_u64(UINT64_MAX), wi_some_u64(0), wi_some_u64(7), false, true};
    apis[0] =
        (struct wi_gpu_api){WI_BACKEND_vulkan, "Arc",     "libvulkan_intel.so",   "Mesa", "22.3.6",
                            "1.3.230",         "1.3.239", {fixture_facts(), 3, 3}};
    apis[1] =
        (struct wi_gpu_api){WI_BACKEND_opencl,          "Arc OpenCL", NULL, NULL, NULL, "3.0", NULL,
                            {fixture_facts() + 3, 2, 2}};
    gpus[0] =
        (struct wi_gpu){.compute_device_id = "gpu0",
                        .name = "Arc A770",
                        .vendor = "Intel",
                        .vendor_id = wi_some_u64(0x8086),
                        .device_id = wi_some_u64(0x56a0),
                        .type = WI_GPU_discrete,
                        .pci = "0000:03:00.0",
                        .uuid = "00112233445566778899aabbccddeeff",
                        .unified = WI_TRI_no,
                        .pools = pools,
                        .pool_count = 2,
                        .largest_allocation_bytes = wi_some_u64(4294959104),
                        .largest_binding_bytes = {WI_KNOWN_denied, 0},
                        .subgroup_min = wi_some_u64(8),
                        .subgroup_max = wi_some_u64(32),
                        .features = 1u << WI_GPU_FEATURE_fp16 | 1u << WI_GPU_FEATURE_timestamps,
                        .apis = apis,
                        .api_count = 2,
                        .same_because = "PCI address"};
    gpus[1] = (struct wi_gpu){.compute_device_id = "sw0",
                              .name = "llvmpipe",
                              .software = true,
                              .type = WI_GPU_software,
                              .unified = WI_TRI_yes};
    unopened[0] =
        (struct wi_unopened_gpu){"0000:01:00.0",        "GeForce", wi_some_u64(0x10de),
                                 {WI_KNOWN_unknown, 0}, NULL,      "install nvidia-driver"};
    *inv = (struct wi_inventory){
        .name = "Dell XPS",
        .maker = "Dell",
        .product = "XPS 13",
        .identity = {.device_id = device_id,
                     .source = "asset",
                     .strength = "strong",
                     .hardware_id = "hw1",
                     .sku_id = "sku1",
                     .software_id = {[WI_BACKEND_cpu] = "sw-cpu", [WI_BACKEND_vulkan] = "sw-vk"}},
        .cpu = {.compute_device_id = "cpu0",
                .name = "Core i7",
                .vendor = "Intel",
                .arch = "x86_64",
                .family = wi_some_u64(6),
                .model = wi_some_u64(140),
                .stepping = {WI_KNOWN_unknown, 0},
                .microcode = "0xb4",
                .packages = 1,
                .cores = 3,
                .threads = 5,
                .numa_nodes = 1,
                .allowed_threads = 4,
                .quota_cpus = wi_some_f64(2.5),
                .kinds = kinds,
                .kind_count = 2,
                .caches = caches,
                .cache_count = 2,
                .isa = WI_ISA_BIT(WI_ISA_avx2) | WI_ISA_BIT(WI_ISA_sve),
                .base_mhz = wi_some_u64(2800),
                .max_mhz = {WI_KNOWN_denied, 0},
                .now_mhz = {WI_KNOWN_not_applicable, 0}},
        .memory = {.total_bytes = wi_some_u64(16497971200),
                   .available_bytes = wi_some_u64(0),
                   .limit_bytes = {WI_KNOWN_not_applicable, 0},
                   .swap_total_bytes = wi_some_u64(1024),
                   .swap_free_bytes = {WI_KNOWN_denied, 0},
                   .huge_pages = "madvise",
                   .hugetlb_free = wi_some_u64(3),
                   .form = WI_FORM_laptop,
                   .form_because = "DMI chassis type 10"},
        .storage = {"/home", wi_some_u64(123456789), {WI_KNOWN_unknown, 0}},
        .software = {"Linux", "6.1.0", "Debian 12", NULL, NULL, "gcc 12.2", "-O2", "0.1.0", "abc"},
        .gpus = gpus,
        .gpu_count = 2,
        .unopened = unopened,
        .unopened_count = 1,
        .facts = {fixture_facts(), 5, 5}};
    for (unsigned b = 0; b < WI_BACKEND_COUNT; b++)
        inv->backends[b] = (struct wi_backend_state){(enum wi_backend_id)b, WI_CASE_unavailable,
                                                     "no loader", "install one"};
    inv->backends[WI_BACKEND_cpu] =
        (struct wi_backend_state){WI_BACKEND_cpu, WI_CASE_ok, NULL, NULL};
}

static inline void fixture_run(struct wi_run *run, const char *id, int64_t utc_ns) {
    static const struct wi_label labels[] = {{"site", "lab 3"}, {"build", ""}};
    *run = (struct wi_run){.started_utc_ns = utc_ns,
                           .started_mono_ns = 42,
                           .boot_id = "boot",
                           .clock_sync = "yes",
                           .profile = "quick",
                           .tool_version = "0.1.0",
                           .commit = "abc",
                           .tool_built_utc_ns = 7,
                           .suite_hash = "suite",
                           .plan_hash = "plan",
                           .seed = UINT64_MAX,
                           .labels = labels,
                           .label_count = 2,
                           .state = "open"};
    snprintf(run->id, sizeof(run->id), "%s", id);
}

/* A model small enough to think about: two local layers, one global. */
static inline const struct wi_model *fixture_model(void) {
    static struct wi_model model = {
        .id = "tiny",
        .name = "Tiny",
        .disclosed = true,
        .arch = WI_ARCH_decoder,
        .n_layer = 3,
        .d_model = 64,
        .n_head = 2,
        .n_kv_head = 1,
        .head_dim = 32,
        .d_ff = 128,
        .vocab = 1000,
        .max_context = 512,
        .mlp = WI_MLP_swiglu,
        .norm = WI_NORM_rmsnorm,
        .norms_per_layer = 2,
        .norm_weight = true,
        .tie_embeddings = true,
        .rope = true,
        .rotary_dim = 32,
        .rope_theta = 10000,
        .window = 128,
        .local_per_global = 2,
        .size_class = "tiny",
        .params = 123456,
        .hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
    return &model;
}

enum { FIXTURE_PASSES = 5, FIXTURE_SAMPLES = FIXTURE_PASSES * 5 };

/* Passes of embed, two globals, one local, head; uneven, so that medians matter. */
static inline const struct wi_sample *fixture_samples(void) {
    static struct wi_sample samples[FIXTURE_SAMPLES];
    static const uint8_t segments[] = {WI_SEGMENT_embed, WI_SEGMENT_global, WI_SEGMENT_local,
                                       WI_SEGMENT_global, WI_SEGMENT_head};
    uint64_t now = UINT64_C(1) << 40;
    for (uint32_t i = 0; i < FIXTURE_SAMPLES; i++) {
        uint64_t ns = 1000003u * (1 + segments[i % 5]) + (i * 7919u) % 1013;
        samples[i] = (struct wi_sample){now, ns, i / 5, segments[i % 5]};
        now += ns + 50;
    }
    return samples;
}

static inline void fixture_measurement(struct wi_measurement *m, const char *id) {
    static const struct wi_doubt_note notes[] = {{WI_DOUBT_noisy, "they \"scatter\" by 31 %"}};
    static const struct wi_beside beside[] = {{WI_BESIDE_segmented, {101.25, 1.0 / 3, 103, 1e300}},
                                              {WI_BESIDE_small_pages, {1, 1, 1, 1}}};
    static const struct wi_op_note ops[] = {
        {"gemv", "gemv_q4_0__avx2", 0.1 + 0.2, 1e-3, 1.0 / 3},
        {"rmsnorm", "rmsnorm__scalar", 0, 2.2250738585072014e-308, 0}};
    *m = (struct wi_measurement){.kind = WI_KIND_model,
                                 .key = {.model = fixture_model(),
                                         .precision = WI_FORMAT_q4_0,
                                         .kv_precision = WI_FORMAT_f16,
                                         .phase = WI_PHASE_decode,
                                         .tokens = 32,
                                         .depth = 512,
                                         .batch = 1,
                                         .backend = WI_BACKEND_cpu,
                                         .compute_device_id = "cpu0",
                                         .cap = "isa=avx2"},
                                 .status = WI_CASE_ok,
                                 .what_if = true,
                                 .arithmetic = "int8",
                                 .kernel = "gemv_q4_0__avx2",
                                 .threads = 4,
                                 .thread_cpus = "0,2,1,3",
                                 .huge_page_bytes = 2097152,
                                 .layers_run = 3,
                                 .layers_total = 3,
                                 .tokens_per_sample = 1,
                                 .samples = fixture_samples(),
                                 .sample_count = FIXTURE_SAMPLES,
                                 .passes = FIXTURE_PASSES,
                                 .warmups = 2,
                                 .error = 1.0 / 3,
                                 .tolerance = 0.5,
                                 .worst_op = "gemv",
                                 .ops = ops,
                                 .op_count = 2,
                                 .doubts =
                                     WI_DOUBT_BIT(WI_DOUBT_noisy) | WI_DOUBT_BIT(WI_DOUBT_resumed),
                                 .doubt_notes = notes,
                                 .doubt_note_count = 1,
                                 .beside = beside,
                                 .beside_count = 2,
                                 .weight_bytes = 1234567,
                                 .bytes_per_token = 1.5e9,
                                 .flops_per_token = 5e9,
                                 .bound = WI_BOUND_memory,
                                 .second = WI_BOUND_unpack,
                                 .roofline_fraction = wi_some_f64(0.75),
                                 .peak_memory_bytes = wi_some_u64(99999999),
                                 .kernel_generation = 3,
                                 .seed = UINT64_C(0x8000000000000001),
                                 .wall_s = 3.5};
    struct wi_summary_input in = {.samples = m->samples, .count = m->sample_count};
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        in.layer_count[kind] = wi_model_layer_count(m->key.model, (enum wi_layer_kind)kind);
    double pass_ns = 0;
    ok(wi_summary_pass_ns(&in, &pass_ns, err));
    m->tokens_per_s = (struct wi_rate){1e9 / pass_ns, 1e9 / pass_ns / 7, 1e9 / pass_ns + 1, 1e300};
    m->achieved_gb_per_s = m->bytes_per_token * m->tokens_per_s.median / 1e9;
    m->achieved_gflop_per_s = m->flops_per_token * m->tokens_per_s.median / 1e9;
    snprintf(m->id, sizeof(m->id), "%s", id);
}

/* A database with a row in every table that something reads. */
static inline void fixture_whole(const char *path) {
    struct wi_store *store = NULL;
    struct wi_inventory inventory;
    struct wi_run run;
    struct wi_measurement m;
    struct wi_conditions conditions = {1, {fixture_facts(), 5, 5}};
    struct wi_annotation annotation = {"run", "run-1", "relabel", "a=b", "r", "me", 1};
    struct wi_roofline roofline = {.compute_device_id = "cpu0", .launch_us = wi_some_f64(1)};
    struct wi_derived_by by = {"1", "t", "c"};
    struct wi_tier_result tier = {"entry", "cpu0", false, NULL, NULL, 0};
    struct wi_verdict verdict = {.model = fixture_model(),
                                 .engine = "reference",
                                 .claim = "ceiling",
                                 .device_id = "device-1"};
    struct wi_matrix_cell cell = {
        .tier = "entry", .model = fixture_model(), .engine = "reference", .claim = "ceiling"};
    fixture_inventory(&inventory, "device-1");
    fixture_run(&run, "run-1", 1000);
    fixture_measurement(&m, "m1");
    ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
    ok(wi_store_put_inventory(store, &inventory, "run-1", 1000, err));
    ok(wi_store_put_run(store, &run, "device-1", err));
    ok(wi_store_put_conditions(store, "run-1", "before", &conditions, err));
    ok(wi_store_put_measurement(store, "run-1", "device-1", &m, err));
    ok(wi_store_put_roofline(store, "run-1", "device-1", &roofline, err));
    ok(wi_store_annotate(store, &annotation, NULL, err));
    ok(wi_store_derived_begin(store, &by, err));
    ok(wi_store_derived_put_device_tier(store, "device-1", &tier, err));
    ok(wi_store_derived_put_feasibility(store, &verdict, err));
    ok(wi_store_derived_put_tier_feasibility(store, &cell, err));
    ok(wi_store_derived_commit(store, err));
    ok(wi_store_close(store, err));
}

#endif
