/* judge_fixture.h: devices and evidence to judge, small enough to reckon by hand.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_JUDGE_FIXTURE_H
#define WI_JUDGE_FIXTURE_H

#include "tests/model.h"
#include "tests/results/store_fixture.h"

#include "base/units.h"
#include "results/judge.h"

#include <math.h>

static inline struct wi_catalogue *judge_catalogue(void) {
    static struct wi_catalogue *catalogue;
    if (!catalogue)
        ok(wi_catalogue_load(NULL, &catalogue, err));
    return catalogue;
}

static inline const struct wi_model *judge_model(const char *id) {
    return model_in(judge_catalogue(), id);
}

/* A desktop of 24 GiB with a CPU and nothing else. */
static inline struct wi_inventory judge_desktop(void) {
    static struct wi_cpu_cache caches[1] = {{3, 'u', 16u << 20, 1, 8, 64}};
    return (struct wi_inventory){
        .name = "Desk",
        .identity = {.device_id = "device-1",
                     .source = "asset",
                     .strength = "strong",
                     .hardware_id = "hw1",
                     .sku_id = "sku1",
                     .software_id = {[WI_BACKEND_cpu] = "sw-cpu", [WI_BACKEND_vulkan] = "sw-vk"}},
        .cpu = {.compute_device_id = "cpu0",
                .name = "Core",
                .vendor = "Intel",
                .arch = "x86_64",
                .packages = 1,
                .cores = 8,
                .threads = 8,
                .numa_nodes = 1,
                .allowed_threads = 8,
                .quota_cpus = {WI_KNOWN_not_applicable, 0},
                .caches = caches,
                .cache_count = 1},
        .memory = {.total_bytes = wi_some_u64(24 * WI_GIB),
                   .available_bytes = wi_some_u64(20 * WI_GIB),
                   .limit_bytes = {WI_KNOWN_not_applicable, 0},
                   .form = WI_FORM_desktop}};
}

static inline struct wi_gpu judge_gpu(const char *id, enum wi_gpu_type type, enum wi_tri unified,
                                      struct wi_pool *pool) {
    static struct wi_gpu_api apis[1] = {{.api = WI_BACKEND_vulkan, .device_name = "GPU"}};
    return (struct wi_gpu){.compute_device_id = id,
                           .name = "GPU",
                           .type = type,
                           .software = type == WI_GPU_software,
                           .unified = unified,
                           .pools = pool,
                           .pool_count = 1,
                           .largest_allocation_bytes = wi_some_u64(4 * WI_GIB),
                           .largest_binding_bytes = wi_some_u64(4 * WI_GIB),
                           .apis = apis,
                           .api_count = 1};
}

enum { JUDGE_ROWS = 64 };
struct judge_case { /* one device, its evidence, what was asked */
    struct wi_inventory inventory;
    struct wi_evidence rows[JUDGE_ROWS];
    struct wi_evidence_list list;
    struct wi_roofline roofline;
    struct wi_verdict_request request;
    struct wi_targets targets;
    struct wi_verdict verdict;
    struct wi_arena *arena;
};

static inline void judge_init(struct judge_case *c, const char *model,
                              enum wi_format_id precision) {
    *c = (struct judge_case){.inventory = judge_desktop(), .arena = wi_arena_create()};
    c->list = (struct wi_evidence_list){c->rows, 0, JUDGE_ROWS};
    c->roofline = (struct wi_roofline){.backend = WI_BACKEND_cpu, .compute_device_id = "cpu0"};
    c->request = (struct wi_verdict_request){.catalogue = judge_catalogue(),
                                             .inventory = &c->inventory,
                                             .evidence = &c->list,
                                             .rooflines = &c->roofline,
                                             .model = judge_model(model),
                                             .precision = precision,
                                             .engine = "reference",
                                             .targets = &c->targets,
                                             .rules = wi_rules_default()};
    wi_targets_default(c->request.model, &c->targets);
}

static inline void judge_fini(struct judge_case *c) {
    wi_arena_destroy(c->arena);
}

/* A limit of `gb_per_s` and `gflop_per_s` (0: not measured). */
static inline void judge_roofline(struct judge_case *c, double gb_per_s, double gflop_per_s) {
    c->request.roofline_count = 1;
    c->roofline.read_gb_per_s = wi_some_f64(gb_per_s);
    if (gflop_per_s > 0)
        c->roofline.peak_gflop_per_s_int8 = wi_some_f64(gflop_per_s);
}

/* One row that counts; `spread` is half the width of its interval, as a share. */
static inline struct wi_evidence *judge_add(struct judge_case *c, enum wi_phase phase,
                                            uint32_t tokens, uint32_t depth, double tok_s,
                                            double spread, int run) {
    static char runs[JUDGE_ROWS][16];
    struct wi_evidence *e = &c->rows[c->list.count++];
    snprintf(runs[run], sizeof runs[run], "run-%02d", run);
    *e = (struct wi_evidence){
        .m = {.kind = WI_KIND_model,
              .key = {.model = c->request.model,
                      .precision = c->request.precision,
                      .kv_precision = WI_FORMAT_f16,
                      .phase = phase,
                      .tokens = tokens,
                      .depth = depth,
                      .batch = 1,
                      .backend = WI_BACKEND_cpu,
                      .compute_device_id = "cpu0",
                      .cap = ""},
              .status = WI_CASE_ok,
              .arithmetic = "int8",
              .tokens_per_s = {tok_s, tok_s * (1 - spread), tok_s * (1 + spread), tok_s * 1.1},
              .kernel_generation = 2},
        .run_id = runs[run],
        .device_id = "device-1",
        .software_id = "sw-cpu",
        .hardware_id = "hw1",
        .run_utc_ns = (int64_t)(run + 1) * 1000000000,
        .tool_built_utc_ns = 7,
        .has_mains = true};
    snprintf(e->m.id, sizeof e->m.id, "m%02zu", c->list.count);
    return e;
}

static inline const struct wi_verdict *judge(struct judge_case *c) {
    ok(wi_verdict_derive(&c->request, c->arena, &c->verdict, err));
    return &c->verdict;
}

#define assert_says(text, part)                                                                    \
    do {                                                                                           \
        if (!strstr((text) ? (text) : "", (part)))                                                 \
            fail_msg("\"%s\" does not say \"%s\"", (text) ? (text) : "(null)", (part));            \
    } while (0)
#define assert_verdict(v, id)                                                                      \
    do {                                                                                           \
        if ((v)->verdict != WI_VERDICT_##id)                                                       \
            fail_msg("%s, not %s: %s", wi_verdict_name((v)->verdict), #id, (v)->because);          \
    } while (0)
#define assert_near(a, b)                                                                          \
    do {                                                                                           \
        double near_a = (a), near_b = (b);                                                         \
        if (!(fabs(near_a - near_b) <= 1e-6 * fabs(near_b)))                                       \
            fail_msg("%s is %.9g, not %.9g", #a, near_a, near_b);                                  \
    } while (0)

#endif
