/* forecast.c: how long cases take; forecast.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Follows measure.c step by step: a pass to verify, warming up, sampling until steady or out of
 * budget, a pass to verify again. */
#include "bench/forecast.h"

#include "bench/measure_parts.h"
#include "results/summary.h"

#include <string.h>

/* What the kernels reach on one core until it is measured: with vectors of 256 bits and more, and
 * otherwise. More cores share one memory. */
static const double core_gflop_per_s_wide = 65, core_gflop_per_s = 20;
static const double core_gb_per_s = 12, memory_gb_per_s = 40;
/* Of the measured peak of multiply-adds, which has no operands to fetch and nothing to unpack. */
static const double peak_share = 0.7;
static const double core_make_gb_per_s = 0.5;
static const double look_s = 0.02;  /* beside an op: its budget is not much more */
static const double worker_s = 0.3; /* to begin, to read conditions, to store rows */

/* measure.c's: shares of the budget. */
static const double verify_share = 0.05, warm_share = 0.2;
/* Sampling ends between an eighth of the budget, where all is quiet, and the whole of it. */
static const double sample_share = 0.6;

struct wi_rates wi_rates_assumed(size_t cpu_count, uint64_t isa) {
    double cores = cpu_count > 0 ? (double)cpu_count : 1;
    double gb_per_s = cores * core_gb_per_s;
    bool wide = (isa & WI_ISA_BIT(WI_ISA_avx2)) != 0;
    return (struct wi_rates){.gflop_per_s =
                                 cores * (wide ? core_gflop_per_s_wide : core_gflop_per_s),
                             .gb_per_s = gb_per_s < memory_gb_per_s ? gb_per_s : memory_gb_per_s,
                             .make_gb_per_s = cores * core_make_gb_per_s};
}

static bool is_positive(struct wi_maybe_f64 x) {
    return wi_has_f64(x) && x.value > 0;
}

void wi_rates_learn(struct wi_rates *rates, const struct wi_roofline *roofline) {
    if (is_positive(roofline->read_gb_per_s))
        rates->gb_per_s = roofline->read_gb_per_s.value;
    if (is_positive(roofline->peak_gflop_per_s_f32))
        rates->gflop_per_s = peak_share * roofline->peak_gflop_per_s_f32.value;
}

/* ---- a case ---- */

static bool pass_work(const struct wi_plan_case *c, double *flops, double *bytes) {
    const struct wi_case *k = &c->key;
    struct wi_pass_cost cost = {0};
    if (k->op.op != NULL) {
        const struct wi_format *format = wi_format_get(k->precision);
        *flops = 2.0 * k->op.matrices * k->op.m * k->op.n * k->op.k;
        *bytes = (double)k->op.matrices * (double)wi_format_bytes(format, k->op.n, k->op.k);
        return true;
    }
    if (wi_model_pass_cost(k->model, k->precision, k->kv_precision, k->phase, k->tokens, k->depth,
                           k->batch, &cost, NULL) != WI_OK)
        return false;
    *flops = cost.head.flops;
    *bytes = cost.head.weight_bytes;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++) {
        *flops += c->layers[kind] * cost.layer[kind].flops;
        *bytes +=
            c->layers[kind] * (cost.layer[kind].weight_bytes + cost.layer[kind].kv_read_bytes);
    }
    return true;
}

static double larger(double a, double b) {
    return a > b ? a : b;
}

void wi_forecast_case(const struct wi_rates *rates, const struct wi_plan_case *c,
                      struct wi_case_forecast *out) {
    double flops = 0, bytes = 0, budget = c->budget_s;
    *out = (struct wi_case_forecast){0};
    if (!pass_work(c, &flops, &bytes))
        return;
    out->pass_s = larger(flops / (rates->gflop_per_s * 1e9), bytes / (rates->gb_per_s * 1e9));
    out->verify_s = 2 * (out->pass_s + verify_share * budget);
    /* Longer passes are warm from verification. */
    out->warm_s = out->pass_s > warm_share * budget ? 0 : warm_share * budget;
    double enough_s = WI_SUMMARY_BLOCKS_ENOUGH * out->pass_s;
    out->sample_s = larger(WI_MEASURE_SAMPLES_LEAST * out->pass_s, sample_share * budget);
    if (enough_s <= WI_MEASURE_BUDGET_LONGER * budget)
        out->sample_s = larger(out->sample_s, enough_s);
    if (c->key.op.op == NULL)
        return;
    /* Of an op one matrix is verified. Its budget is too short for it to be steady before. */
    out->verify_s = 2 * (out->pass_s / c->key.op.matrices + verify_share * budget + look_s);
    out->warm_s = c->key.op.matrices > 1 ? larger(out->pass_s, warm_share * budget) : out->warm_s;
    out->sample_s = larger(out->sample_s, budget);
}

double wi_forecast_case_s(const struct wi_case_forecast *f) {
    return f->verify_s + f->warm_s + f->sample_s;
}

double wi_forecast_open_s(const struct wi_rates *rates, uint64_t bytes) {
    return worker_s + (double)bytes / (rates->make_gb_per_s * 1e9);
}

/* ---- a group ---- */

bool wi_group_has_work(const struct wi_plan_group *group) {
    for (size_t i = 0; i < group->count; i++)
        if (group->cases[i].foregone == WI_CASE_ok)
            return true;
    return false;
}

double wi_group_forecast_s(const struct wi_plan_group *group) {
    double sum = wi_group_has_work(group) ? group->open_s : 0;
    for (size_t i = 0; i < group->count; i++)
        if (group->cases[i].foregone == WI_CASE_ok)
            sum += group->cases[i].forecast_s;
    return sum;
}

static bool same_device(const struct wi_case *a, const struct wi_case *b) {
    return a->backend == b->backend && strcmp(a->compute_device_id, b->compute_device_id) == 0;
}

double wi_forecast_rooflines_s(const struct wi_plan *plan) {
    double sum = 0;
    for (size_t g = 0; g < plan->group_count; g++) {
        bool first = plan->groups[g].cases[0].key.backend != WI_BACKEND_null &&
                     wi_group_has_work(&plan->groups[g]);
        for (size_t h = 0; first && h < g; h++)
            first = !wi_group_has_work(&plan->groups[h]) ||
                    !same_device(&plan->groups[g].cases[0].key, &plan->groups[h].cases[0].key);
        sum += first ? (double)WI_ROOFLINE_BUDGET_NS / 1e9 : 0;
    }
    return sum;
}
