/* row.c: makes a measurement of raw samples; row.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/row.h"

#include "results/summary.h"

#include <string.h>

static const double implausible_from = 1.10; /* of the ceiling, SEMANTICS "Roofline" */

/* ---- what is known without measuring ---- */

static uint32_t sum_layers(const uint32_t layers[WI_LAYER_KIND_COUNT]) {
    uint32_t sum = 0;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        sum += layers[kind];
    return sum;
}

static uint32_t pass_tokens(const struct wi_case *key) {
    return (key->phase == WI_PHASE_decode ? 1 : key->tokens) * key->batch;
}

/* Decoding is quoted at the mean depth of its tokens. */
static bool mean_cost(const struct wi_case *key, struct wi_pass_cost *cost) {
    uint32_t depth = key->depth + (key->phase == WI_PHASE_decode ? key->tokens / 2 : 0);
    return wi_model_pass_cost(key->model, key->precision, key->kv_precision, key->phase,
                              key->tokens, depth, key->batch, cost, NULL) == WI_OK;
}

static uint64_t model_bytes(const struct wi_case *key) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_footprint f = {0};
    const struct wi_footprint_request r = {.model = key->model,
                                           .precision = key->precision,
                                           .kv_precision = WI_FORMAT_f16,
                                           .context = 1,
                                           .batch_tokens = 1,
                                           .batch = 1};
    (void)wi_footprint_compute(&r, arena, &f, NULL);
    wi_arena_destroy(arena);
    return f.weights_bytes;
}

static double pass_bytes(const struct wi_pass_cost *cost) {
    return cost->total.weight_bytes + cost->total.kv_read_bytes + cost->total.kv_write_bytes;
}

static void describe(const struct wi_row_context *x, const struct wi_plan_case *c,
                     const struct wi_pass_cost *cost, bool has_cost, struct wi_measurement *row) {
    *row = (struct wi_measurement){.kind = WI_KIND_model,
                                   .key = c->key,
                                   .software = x->group->software,
                                   .what_if = c->key.cap[0] != '\0',
                                   .layers_run = sum_layers(c->layers),
                                   .layers_total = c->key.model->n_layer,
                                   .tokens_per_sample = pass_tokens(&c->key),
                                   .weight_bytes = model_bytes(&c->key),
                                   .seed = x->request->seed};
    if (has_cost) {
        row->bytes_per_token = pass_bytes(cost) / pass_tokens(&c->key);
        row->flops_per_token = cost->total.flops / pass_tokens(&c->key);
    }
    if (x->info != NULL) {
        row->arithmetic = x->info->arithmetic;
        row->threads = x->info->threads;
        row->thread_cpus = x->plan->thread_cpus;
        row->huge_page_bytes = x->info->huge_page_bytes;
        row->kernel_generation = x->info->kernel_generation;
    }
}

/* ---- the rate ---- */

static int rate(const struct wi_plan_case *c, const struct wi_measured *m,
                struct wi_measurement *row, struct wi_err *err) {
    struct wi_summary s;
    struct wi_summary_input in = {.samples = m->samples,
                                  .count = m->sample_count,
                                  .tokens_per_pass = pass_tokens(&c->key),
                                  .seed = row->seed,
                                  .draws = WI_SUMMARY_DRAWS,
                                  .resolution_ns = m->resolution_ns};
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        in.layer_count[kind] = wi_model_layer_count(c->key.model, (enum wi_layer_kind)kind);
    int status = wi_summary_compute(&in, &s, err);
    row->doubts |= s.doubts;
    WI_TRY(status);
    row->passes = s.passes;
    row->tokens_per_s = s.rate;
    row->achieved_gb_per_s = row->bytes_per_token * s.rate.median / 1e9;
    row->achieved_gflop_per_s = row->flops_per_token * s.rate.median / 1e9;
    if (!m->steady)
        row->doubts |= WI_DOUBT_BIT(WI_DOUBT_few_samples);
    return WI_OK;
}

/* A model that may live in cache is not bound by memory as measured on a buffer that does not. */
static void place_under_roof(const struct wi_row_context *x, struct wi_measurement *row) {
    const struct wi_roofline *roof = x->roofline;
    bool f32 = row->arithmetic != NULL && strcmp(row->arithmetic, "f32") == 0;
    if (roof == NULL || !f32 || !wi_has_f64(roof->read_gb_per_s) ||
        !wi_has_f64(roof->peak_gflop_per_s_f32) || row->weight_bytes < 2 * x->plan->cache_bytes ||
        !(roof->read_gb_per_s.value > 0) || !(roof->peak_gflop_per_s_f32.value > 0))
        return;
    double memory = row->achieved_gb_per_s / roof->read_gb_per_s.value;
    double compute = row->achieved_gflop_per_s / roof->peak_gflop_per_s_f32.value;
    row->bound = memory >= compute ? WI_BOUND_memory : WI_BOUND_compute;
    row->second = memory >= compute ? WI_BOUND_compute : WI_BOUND_memory;
    row->roofline_fraction = wi_some_f64(memory >= compute ? memory : compute);
    if (row->roofline_fraction.value > implausible_from)
        row->doubts |= WI_DOUBT_BIT(WI_DOUBT_implausible);
}

/* ---- the row ---- */

static void copy_measured(const struct wi_measured *m, struct wi_measurement *row) {
    row->status = m->status;
    row->reason = m->status == WI_CASE_ok ? NULL : m->reason;
    row->kernel = m->kernel;
    row->warmups = m->warmups;
    row->error = m->error;
    row->tolerance = m->tolerance;
    row->worst_op = m->worst_op;
    row->ops = m->ops;
    row->op_count = m->op_count;
    row->wall_s = m->wall_s;
    if (m->peak_rss_bytes > 0)
        row->peak_memory_bytes = wi_some_u64(m->peak_rss_bytes);
}

void wi_row_make(const struct wi_row_context *x, const struct wi_plan_case *c,
                 const struct wi_measured *m, struct wi_arena *arena, struct wi_measurement *row) {
    struct wi_pass_cost cost = {0};
    struct wi_err why = {0};
    bool has_cost = mean_cost(&c->key, &cost);
    describe(x, c, &cost, has_cost, row);
    copy_measured(m, row);
    if (row->status != WI_CASE_ok)
        return;
    row->doubts = x->doubts;
    if (row->software)
        row->doubts |= WI_DOUBT_BIT(WI_DOUBT_software_device);
    int status = rate(c, m, row, &why);
    if (status != WI_OK) {
        row->status = wi_case_status_of(status);
        row->reason = wi_arena_strdup(arena, why.message);
        return;
    }
    row->samples = m->samples;
    row->sample_count = m->sample_count;
    place_under_roof(x, row);
}
