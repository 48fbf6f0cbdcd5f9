/* plan_fit.c: how many layers a case runs, what memory it needs, how long it will take.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Relies on: wi_session_bytes, which lays a session out as opening it would; a backend that holds
 * nothing (null) is planned by the footprint, so that its plans are those of a device. */
#include "bench/plan_parts.h"

#include "base/units.h"
#include "bench/forecast.h"
#include "kernels/session.h"

#include <math.h>
#include <string.h>

enum {
    ROTATE_BELOW_TOKENS = 64,
    MATRICES_MOST = 1024, /* of a pass of an op: smaller ones lie in cache within a model, too */
};

/* ---- layers ---- */

static bool pass_cost(const struct wi_plan_case *c, struct wi_pass_cost *cost) {
    const struct wi_case *k = &c->key;
    return wi_model_pass_cost(k->model, k->precision, k->kv_precision, k->phase, k->tokens,
                              k->depth, k->batch, cost, NULL) == WI_OK;
}

static double rotating(const struct wi_pass_cost *cost,
                       const uint32_t layers[WI_LAYER_KIND_COUNT]) {
    double bytes = cost->head.weight_bytes;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        bytes += layers[kind] * cost->layer[kind].weight_bytes;
    return bytes;
}

/* One more layer, of the kind that is furthest behind its share; false: all are there. */
static bool add_layer(const struct wi_pass_cost *cost, uint32_t layers[WI_LAYER_KIND_COUNT]) {
    unsigned next = WI_LAYER_KIND_COUNT;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++) {
        if (layers[kind] >= cost->layer_count[kind])
            continue;
        if (next == WI_LAYER_KIND_COUNT || (uint64_t)layers[kind] * cost->layer_count[next] <
                                               (uint64_t)layers[next] * cost->layer_count[kind])
            next = kind;
    }
    if (next == WI_LAYER_KIND_COUNT)
        return false;
    layers[next]++;
    return true;
}

/* Weights must come from memory as they would in the whole model. A pass over many tokens uses
 * each weight so often that where it came from does not show: there the least will do. */
static bool must_rotate(const struct wi_case *key) {
    return key->phase == WI_PHASE_decode || key->tokens < ROTATE_BELOW_TOKENS ||
           key->phase == WI_PHASE_encode;
}

/* True: that is every one of them. */
static bool some_layers(const struct wi_case *key, const struct wi_pass_cost *cost, double cache,
                        uint32_t layers[WI_LAYER_KIND_COUNT]) {
    uint32_t least = key->phase == WI_PHASE_decode ? 2 : 1;
    bool all = true;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        layers[kind] = cost->layer_count[kind] < least ? cost->layer_count[kind] : least;
    while (must_rotate(key) && rotating(cost, layers) < 4 * cache)
        if (!add_layer(cost, layers))
            break;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        all = all && layers[kind] == cost->layer_count[kind];
    return all;
}

static void choose_layers(const struct wi_fit *fit, struct wi_plan_case *c,
                          const struct wi_pass_cost *cost) {
    double cache = (double)fit->plan->cache_bytes;
    bool small = rotating(cost, cost->layer_count) < 2 * cache;
    bool asked = fit->request->every_layer || c->key.model == fit->ask->every_layer_of;
    c->whole = some_layers(&c->key, cost, cache, c->layers) || small;
    if (asked && !c->whole)
        memcpy(c->some_layers, c->layers, sizeof c->some_layers);
    c->whole = c->whole || asked;
    if (c->whole)
        memcpy(c->layers, cost->layer_count, sizeof c->layers);
}

/* ---- memory ---- */

static uint32_t deepest(const struct wi_case *key) {
    return key->phase == WI_PHASE_decode ? key->depth + key->tokens - 1 : key->depth;
}
static uint32_t pass_tokens(const struct wi_case *key) {
    return key->phase == WI_PHASE_decode ? 1 : key->tokens;
}

/* Without the layers that are not built. */
static int footprint_bytes(const struct wi_session_params *p, uint64_t *bytes, struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_footprint f;
    struct wi_pass_cost cost = {0};
    uint64_t context = (uint64_t)p->max_depth + p->max_tokens;
    struct wi_footprint_request r = {
        .model = p->model,
        .precision = p->precision,
        .kv_precision = p->kv_precision,
        .context = context < p->model->max_context ? (uint32_t)context : p->model->max_context,
        .batch_tokens = p->max_tokens,
        .batch = p->batch};
    enum wi_phase phase = p->model->arch == WI_ARCH_encoder ? WI_PHASE_encode : WI_PHASE_prefill;
    int status = wi_footprint_compute(&r, arena, &f, err);
    if (status == WI_OK)
        status =
            wi_model_pass_cost(p->model, p->precision, p->kv_precision, phase, 1, 0, 1, &cost, err);
    double sum = status == WI_OK ? (double)f.total_bytes : 0, all = 0, built = 0;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++) {
        all += cost.layer_count[kind];
        built += p->layers[kind];
        sum -= (cost.layer_count[kind] - p->layers[kind]) * cost.layer[kind].weight_bytes;
    }
    if (status == WI_OK && all > 0)
        sum -= (double)f.kv_cache_bytes * (all - built) / all;
    *bytes = sum > 0 ? (uint64_t)sum : 0;
    wi_arena_destroy(arena);
    return status;
}

static int needed_bytes(const struct wi_fit *fit, const struct wi_case *key,
                        const uint32_t layers[WI_LAYER_KIND_COUNT], uint32_t max_tokens,
                        uint32_t max_depth, uint64_t *bytes, struct wi_err *err) {
    struct wi_session_params p = {.model = key->model,
                                  .precision = key->precision,
                                  .kv_precision = key->kv_precision,
                                  .backend = key->backend,
                                  .inventory = fit->inventory,
                                  .compute_device_id = key->compute_device_id,
                                  .cpus = fit->plan->cpus,
                                  .cpu_count = fit->plan->cpu_count,
                                  .isa_cap = fit->request->isa_cap,
                                  .max_tokens = max_tokens,
                                  .max_depth = max_depth,
                                  .batch = key->batch,
                                  .seed = fit->request->seed};
    memcpy(p.layers, layers, sizeof p.layers);
    WI_TRY(wi_session_bytes(&p, bytes, err));
    return *bytes > 0 ? WI_OK : footprint_bytes(&p, bytes, err);
}

static int op_bytes(const struct wi_fit *fit, const struct wi_case *key,
                    const struct wi_op_shape *ops, size_t count, uint64_t *bytes,
                    struct wi_err *err) {
    const struct wi_session_params p = {.precision = key->precision,
                                        .kv_precision = key->kv_precision,
                                        .backend = key->backend,
                                        .inventory = fit->inventory,
                                        .compute_device_id = key->compute_device_id,
                                        .cpus = fit->plan->cpus,
                                        .cpu_count = fit->plan->cpu_count,
                                        .isa_cap = fit->request->isa_cap,
                                        .max_tokens = 1,
                                        .batch = 1,
                                        .ops = ops,
                                        .op_count = count};
    return wi_session_bytes(&p, bytes, err);
}

/* ---- time ---- */

static struct wi_rates assumed(const struct wi_fit *fit) {
    return wi_rates_assumed(fit->plan->cpu_count, fit->inventory->cpu.isa);
}

static void forecast(const struct wi_fit *fit, struct wi_plan_case *c) {
    struct wi_rates rates = assumed(fit);
    struct wi_case_forecast f;
    if (c->key.backend == WI_BACKEND_null)
        return; /* it computes nothing */
    wi_forecast_case(&rates, c, &f);
    c->pass_s = f.pass_s;
    c->forecast_s = wi_forecast_case_s(&f);
}

/* ---- a case, a group ---- */

static void forego(const struct wi_fit *fit, struct wi_plan_case *c, enum wi_case_status status,
                   const char *reason) {
    c->foregone = status;
    c->foregone_reason = wi_arena_strdup(fit->plan->arena, reason);
}

static bool context_is_too_long(const struct wi_fit *fit, struct wi_plan_case *c) {
    const struct wi_case *k = &c->key;
    uint64_t context = (uint64_t)k->depth + k->tokens;
    if (!k->model->disclosed || context <= k->model->max_context)
        return false;
    forego(fit, c, WI_CASE_unsupported,
           wi_arena_printf(fit->plan->arena, "a context of %llu tokens: that of %s is at most %u",
                           (unsigned long long)context, k->model->name, k->model->max_context));
    return true;
}

static void check_memory(const struct wi_fit *fit, struct wi_plan_case *c) {
    char need[32], limit[32];
    uint64_t most = fit->plan->memory_limit_bytes;
    if (most == 0 || c->bytes <= most)
        return;
    forego(fit, c, WI_CASE_too_big,
           wi_arena_printf(fit->plan->arena,
                           "needs %s for the layers that would be run; %s may be used now (what "
                           "is available less a margin)",
                           wi_format_mem(need, sizeof need, c->bytes),
                           wi_format_mem(limit, sizeof limit, most)));
}

static enum wi_case_status row_status(int status) {
    return status == WI_NOT_BUILT     ? WI_CASE_not_built
           : status == WI_UNAVAILABLE ? WI_CASE_unavailable
           : status == WI_TOO_BIG     ? WI_CASE_too_big
                                      : WI_CASE_unsupported;
}

void wi_fit_case(const struct wi_fit *fit, const struct wi_target *target, struct wi_plan_case *c) {
    struct wi_pass_cost cost = {0};
    struct wi_err why = {0};
    if (target->status != WI_CASE_ok) {
        forego(fit, c, target->status, target->reason);
        return;
    }
    if (context_is_too_long(fit, c))
        return;
    if (pass_cost(c, &cost))
        choose_layers(fit, c, &cost);
    int status = needed_bytes(fit, &c->key, c->layers, pass_tokens(&c->key), deepest(&c->key),
                              &c->bytes, &why);
    if (status != WI_OK) {
        forego(fit, c, row_status(status), why.message);
        return;
    }
    forecast(fit, c);
    check_memory(fit, c);
}

/* Its weights come out of memory, as they would within a model. */
static uint32_t matrices_of(const struct wi_fit *fit, const struct wi_case *key) {
    const struct wi_format *format = wi_format_get(key->precision);
    double bytes = (double)wi_format_bytes(format, key->op.n, key->op.k);
    double n = ceil(4 * (double)fit->plan->cache_bytes / bytes);
    if (key->op.m >= ROTATE_BELOW_TOKENS || !(n > 1))
        return 1;
    return n < MATRICES_MOST ? (uint32_t)n : MATRICES_MOST;
}

void wi_fit_op(const struct wi_fit *fit, const struct wi_target *target, struct wi_plan_case *c) {
    struct wi_err why = {0};
    c->key.op.matrices = matrices_of(fit, &c->key);
    if (target->status != WI_CASE_ok) {
        forego(fit, c, target->status, target->reason);
        return;
    }
    int status = op_bytes(fit, &c->key, &c->key.op, 1, &c->bytes, &why);
    if (status != WI_OK) {
        forego(fit, c, row_status(status), why.message);
        return;
    }
    forecast(fit, c);
    check_memory(fit, c);
}

static void fit_op_group(const struct wi_fit *fit, struct wi_plan_group *g) {
    struct wi_op_shape *ops = WI_NEW_ARRAY(fit->plan->arena, struct wi_op_shape, g->count);
    struct wi_rates rates = assumed(fit);
    size_t n = 0;
    for (size_t i = 0; i < g->count; i++)
        if (g->cases[i].foregone == WI_CASE_ok)
            ops[n++] = g->cases[i].key.op;
    if (n == 0 || op_bytes(fit, &g->cases[0].key, ops, n, &g->bytes, NULL) != WI_OK)
        return;
    g->max_tokens = 1; /* of no meaning: each op has its own */
    if (g->cases[0].key.backend != WI_BACKEND_null)
        g->open_s = wi_forecast_open_s(&rates, g->bytes);
}

void wi_fit_group(const struct wi_fit *fit, struct wi_plan_group *g) {
    const struct wi_plan_case *any = NULL;
    if (g->cases[0].key.op.op != NULL) {
        fit_op_group(fit, g);
        return;
    }
    for (size_t i = 0; i < g->count; i++) {
        const struct wi_plan_case *c = &g->cases[i];
        if (c->foregone != WI_CASE_ok)
            continue;
        any = c;
        for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
            if (c->layers[kind] > g->layers[kind])
                g->layers[kind] = c->layers[kind];
        if (pass_tokens(&c->key) > g->max_tokens)
            g->max_tokens = pass_tokens(&c->key);
        if (deepest(&c->key) > g->max_depth)
            g->max_depth = deepest(&c->key);
    }
    if (any == NULL)
        return;
    if (needed_bytes(fit, &any->key, g->layers, g->max_tokens, g->max_depth, &g->bytes, NULL) !=
        WI_OK)
        g->bytes = any->bytes;
    struct wi_rates rates = assumed(fit);
    if (any->key.backend != WI_BACKEND_null)
        g->open_s = wi_forecast_open_s(&rates, g->bytes);
}
