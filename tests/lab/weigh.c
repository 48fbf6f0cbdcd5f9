/* weigh.c: what the runs of a device measured.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pass takes as long as the slower of its bytes and its operations, a little more by the unit's
 * luck and the run's noise; samples scatter around that, and the stored figures are made of the
 * samples. */
#include "tests/lab/lab.h"

#include "base/hash.h"
#include "base/units.h"
#include "results/judge.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PASSES = 9 };

void lab_id(int64_t utc_ns, const struct lab_device *device, unsigned run, size_t number,
            char id[33]) {
    char text[96], digest[65];
    snprintf(text, sizeof(text), "%llu %u %u %zu", (unsigned long long)device->seed, device->number,
             run, number);
    wi_sha256_hex(text, strlen(text), digest);
    snprintf(id, 33, "%012" PRIx64 "%.20s", (uint64_t)(utc_ns / 1000000), digest);
}

/* ---- what is asked ---- */

static void add(struct wi_arena *arena, struct lab_cases *cases, const struct lab_case *proto,
                enum wi_phase phase, uint32_t tokens, uint32_t depth) {
    struct lab_case *c = WI_PUSH(arena, cases, struct lab_case);
    *c = *proto;
    c->phase = phase;
    c->tokens = tokens;
    c->depth = depth;
}

static void add_model(struct wi_arena *arena, struct lab_cases *cases,
                      const struct lab_case *proto) {
    static const uint32_t lengths[] = {128, 512, 2048}, depths[] = {0, 512, 3968};
    uint32_t most = proto->model->max_context;
    bool encoder = proto->model->arch == WI_ARCH_encoder;
    for (size_t i = 0; i < WI_COUNT(lengths); i++)
        if (lengths[i] <= most)
            add(arena, cases, proto, encoder ? WI_PHASE_encode : WI_PHASE_prefill, lengths[i], 0);
    for (size_t i = 0; !encoder && i < WI_COUNT(depths); i++)
        if (depths[i] + 32 <= most)
            add(arena, cases, proto, WI_PHASE_decode, 32, depths[i]);
}

/* The tiers' ruler and others, so that every device has some that no other of its type has. */
static const struct wi_model *model_of(const struct lab_device *device,
                                       const struct wi_catalogue *catalogue, size_t i) {
    const struct wi_model *ruler = NULL;
    if (i == 0) {
        if (wi_catalogue_find(catalogue, "gemma-2b", &ruler, NULL) != WI_OK)
            lab_die("the catalogue has no gemma-2b");
        return ruler;
    }
    size_t at = (device->number + i * 7) % catalogue->model_count;
    while (!catalogue->models[at]->disclosed || catalogue->models[at]->unrunnable ||
           strcmp(catalogue->models[at]->id, "gemma-2b") == 0)
        at = (at + 1) % catalogue->model_count;
    return catalogue->models[at];
}

void lab_list_cases(const struct lab_device *device, const struct wi_catalogue *catalogue,
                    struct wi_arena *arena, struct lab_cases *cases) {
    bool gpu = device->type->gpu != LAB_GPU_none && device->type->gpu != LAB_GPU_unopened;
    const enum wi_backend_id backends[] = {WI_BACKEND_cpu, WI_BACKEND_vulkan};
    for (size_t b = 0; b < (gpu ? 2u : 1u); b++)
        for (size_t i = 0; i < LAB_MODELS; i++)
            for (unsigned f = 0; f < WI_FORMAT_COUNT; f++) {
                struct lab_case proto = {.model = model_of(device, catalogue, i),
                                         .precision = (enum wi_format_id)f,
                                         .backend = backends[b],
                                         .cap = ""};
                if (!wi_format_get(proto.precision)->kernel || (b == 1 && i > 1))
                    continue; /* on GPUs two models */
                add_model(arena, cases, &proto);
            }
    struct lab_case what_if = cases->items[0]; /* one row as an older processor would be */
    what_if.cap = "isa=avx2";
    *WI_PUSH(arena, cases, struct lab_case) = what_if;
}

/* ---- how long it takes ---- */

static double seconds_of(const struct lab_device *device, const struct lab_case *c,
                         const struct wi_pass_cost *cost) {
    const struct lab_type *t = device->type;
    bool cpu = c->backend == WI_BACKEND_cpu;
    double gb_per_s = cpu ? t->gb_per_s : t->gpu_gb_per_s;
    double gflop_per_s = cpu ? t->gflop_per_s : t->gpu_gflop_per_s;
    double memory_s = (cost->total.weight_bytes + cost->total.kv_read_bytes) / (gb_per_s * 1e9);
    double compute_s = cost->total.flops / (gflop_per_s * 1e9);
    return fmax(memory_s / 0.85, compute_s / 0.7) / device->luck;
}

static void put_samples(const struct lab_device *device, unsigned run, size_t number, double pass_s,
                        struct wi_arena *arena, struct wi_measurement *m) {
    struct wi_sample *samples = WI_NEW_ARRAY(arena, struct wi_sample, PASSES);
    double rates[PASSES];
    uint64_t now = 1000000000u * (uint64_t)(number + 1);
    double tokens = m->key.phase == WI_PHASE_decode ? 1 : m->key.tokens;
    double run_noise = 1 + 0.02 * (lab_dice(device, run, 0, "run") - 0.5);
    for (uint32_t i = 0; i < PASSES; i++) {
        double noise = 1 + 0.01 * lab_dice(device, run, number * PASSES + i, "sample");
        uint64_t ns = (uint64_t)(pass_s * run_noise * noise * 1e9) + 1;
        samples[i] = (struct wi_sample){now, ns, i, WI_SEGMENT_all};
        rates[i] = tokens / ((double)ns * 1e-9);
        now += ns + 100;
    }
    struct wi_interval of = wi_stat_bootstrap_median(rates, PASSES, 100, 1);
    m->samples = samples;
    m->sample_count = PASSES;
    m->passes = PASSES;
    m->tokens_per_sample = (uint32_t)tokens;
    m->tokens_per_s = (struct wi_rate){of.mid, of.lo, of.hi, wi_stat_quantile(rates, PASSES, 1)};
}

/* ---- what befalls a case ---- */

static void fail_case(struct wi_measurement *m, enum wi_case_status status, const char *reason) {
    m->status = status;
    m->reason = reason;
}

/* Fails some, and says whether. */
static bool befalls(const struct lab_device *device, unsigned run, size_t number,
                    struct wi_measurement *m) {
    const struct lab_type *t = device->type;
    double dice = lab_dice(device, run, number, "fate");
    double gib = m->key.backend == WI_BACKEND_cpu ? t->memory_gib : t->gpu_gib;
    if ((double)m->weight_bytes > gib * 0.9 * (double)WI_GIB)
        fail_case(m, WI_CASE_too_big, "the weights are larger than the memory");
    else if (m->key.backend == WI_BACKEND_vulkan && m->key.precision == WI_FORMAT_bf16)
        fail_case(m, WI_CASE_unsupported, "the GPU has no bf16");
    else if (dice < 0.01)
        fail_case(m, WI_CASE_crashed, "the worker ended by signal 11");
    else if (dice < 0.015)
        fail_case(m, WI_CASE_timeout, "no sample within the budget");
    else if (dice < 0.018)
        fail_case(m, WI_CASE_wrong, "error above the tolerance");
    return m->status != WI_CASE_ok;
}

static void doubt(const struct lab_device *device, unsigned run, size_t number,
                  struct wi_measurement *m) {
    double dice = lab_dice(device, run, number, "doubt");
    if (!device->type->mains || (device->type->form == WI_FORM_laptop && run == 0 && dice < 0.2))
        m->doubts |= WI_DOUBT_BIT(WI_DOUBT_on_battery);
    if (!device->type->mains && dice < 0.1)
        m->doubts |= WI_DOUBT_BIT(WI_DOUBT_throttled);
    if (dice > 0.97)
        m->doubts |= WI_DOUBT_BIT(WI_DOUBT_contended);
    else if (dice > 0.9)
        m->doubts |= WI_DOUBT_BIT(WI_DOUBT_noisy);
    if (m->software)
        m->doubts |= WI_DOUBT_BIT(WI_DOUBT_software_device);
}

void lab_measure(const struct lab_device *device, unsigned run, size_t number,
                 const struct lab_case *c, struct wi_arena *arena, struct wi_measurement *m) {
    struct wi_pass_cost cost;
    bool decode = c->phase == WI_PHASE_decode, cpu = c->backend == WI_BACKEND_cpu;
    const uint32_t counted = wi_rules_default()->comparable_since[c->backend];
    bool software = !cpu && device->type->gpu == LAB_GPU_software;
    if (wi_model_pass_cost(c->model, c->precision, WI_FORMAT_f16, c->phase, decode ? 1 : c->tokens,
                           decode ? c->depth + c->tokens / 2 : 0, 1, &cost, NULL) != WI_OK)
        lab_die("%s has no cost", c->model->id);
    *m = (struct wi_measurement){
        .kind = WI_KIND_model,
        .key = {.model = c->model,
                .precision = c->precision,
                .kv_precision = WI_FORMAT_f16,
                .phase = c->phase,
                .tokens = c->tokens,
                .depth = c->depth,
                .batch = 1,
                .backend = c->backend,
                .compute_device_id = cpu        ? "cpu0"
                                     : software ? "sw0"
                                                : "gpu0",
                .cap = c->cap},
        .software = software,
        .what_if = c->cap[0] != '\0',
        .arithmetic = "f32",
        .kernel = "lab",
        .threads = 8,
        .layers_run = 2,
        .layers_total = c->model->n_layer,
        .weight_bytes = (uint64_t)cost.total.weight_bytes,
        .bytes_per_token = cost.total.weight_bytes + cost.total.kv_read_bytes,
        .flops_per_token = cost.total.flops / (decode ? 1 : c->tokens),
        .bound = decode ? WI_BOUND_memory : WI_BOUND_compute,
        .kernel_generation = run == 0 && device->number % 5 == 1 ? counted - 1 : counted,
        .seed = device->seed,
        .wall_s = 1};
    lab_id(lab_run_utc_ns(device, run), device, run, number + 1, m->id);
    if (befalls(device, run, number, m))
        return;
    doubt(device, run, number, m);
    m->error = 1e-4;
    m->tolerance = 1e-2;
    m->worst_op = "gemv";
    put_samples(device, run, number, seconds_of(device, c, &cost), arena, m);
}

void lab_roofline(const struct lab_device *device, unsigned run, enum wi_backend_id backend,
                  struct wi_roofline *roofline) {
    const struct lab_type *t = device->type;
    bool cpu = backend == WI_BACKEND_cpu;
    const struct wi_maybe_f64 peak =
        wi_some_f64((cpu ? t->gflop_per_s : t->gpu_gflop_per_s) * device->luck);
    *roofline = (struct wi_roofline){
        .backend = backend,
        .compute_device_id = cpu                          ? "cpu0"
                             : t->gpu == LAB_GPU_software ? "sw0"
                                                          : "gpu0",
        .read_gb_per_s = wi_some_f64((cpu ? t->gb_per_s : t->gpu_gb_per_s) * device->luck),
        .peak_gflop_per_s_f32 = peak,
        .peak_gflop_per_s_bf16 = peak,
        .peak_gflop_per_s_int8 = peak,
        .launch_us = wi_some_f64(1)};
    /* Numbers that no case has. */
    lab_id(lab_run_utc_ns(device, run), device, run, cpu ? 9998 : 9999, roofline->id);
}
