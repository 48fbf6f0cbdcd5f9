/* row.c: makes a measurement of raw samples; row.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/row.h"

#include "bench/beside.h"
#include "bench/doubts.h"
#include "bench/constants.h"
#include "results/limits.h"
#include "results/summary.h"

#include <string.h>

static const double unpack_most = 1.10;
static const double implausible_from = 1.10; /* of the ceiling, SEMANTICS "Roofline" */

/* ---- what is known without measuring ---- */

static uint32_t sum_layers(const uint32_t layers[WI_LAYER_KIND_COUNT]) {
    uint32_t sum = 0;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        sum += layers[kind];
    return sum;
}

static bool is_op(const struct wi_case *key) {
    return key->op.op != NULL;
}

/* Of an op: rows, of all matrices that it went through. */
static uint32_t pass_tokens(const struct wi_case *key) {
    if (is_op(key))
        return key->op.m * key->op.matrices;
    return (key->phase == WI_PHASE_decode ? 1 : key->tokens) * key->batch;
}

static double matrix_bytes(const struct wi_case *key) {
    return (double)wi_format_bytes(wi_format_get(key->precision), key->op.n, key->op.k);
}

static struct wi_pass_cost op_cost(const struct wi_case *key) {
    const struct wi_op_shape *op = &key->op;
    return (struct wi_pass_cost){.total = {.weight_bytes = op->matrices * matrix_bytes(key),
                                           .flops = 2.0 * op->matrices * op->m * op->n * op->k}};
}

/* Decoding is quoted at the mean depth of its tokens. */
static bool mean_cost(const struct wi_case *key, struct wi_pass_cost *cost) {
    if (is_op(key)) {
        *cost = op_cost(key);
        return true;
    }
    uint32_t depth = key->depth + (key->phase == WI_PHASE_decode ? key->tokens / 2 : 0);
    return wi_model_pass_cost(key->model, key->precision, key->kv_precision, key->phase,
                              key->tokens, depth, key->batch, cost, NULL) == WI_OK;
}

static uint64_t weight_bytes(const struct wi_case *key) {
    if (is_op(key))
        return (uint64_t)matrix_bytes(key);
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
    *row = (struct wi_measurement){.kind = is_op(&c->key) ? WI_KIND_op : WI_KIND_model,
                                   .key = c->key,
                                   .software = x->group->software,
                                   .what_if = c->key.cap[0] != '\0',
                                   .layers_run = sum_layers(c->layers),
                                   .layers_total = is_op(&c->key) ? 0 : c->key.model->n_layer,
                                   .tokens_per_sample = pass_tokens(&c->key),
                                   .weight_bytes = weight_bytes(&c->key),
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

static int sum_up(const struct wi_case *key, const struct wi_measured *m, unsigned draws,
                  uint64_t seed, struct wi_summary *s, struct wi_err *err) {
    struct wi_summary_input in = {.samples = m->samples,
                                  .count = m->sample_count,
                                  .tokens_per_pass = pass_tokens(key),
                                  .seed = seed,
                                  .draws = draws,
                                  .resolution_ns = m->resolution_ns};
    for (unsigned kind = 0; !is_op(key) && kind < WI_LAYER_KIND_COUNT; kind++)
        in.layer_count[kind] = wi_model_layer_count(key->model, (enum wi_layer_kind)kind);
    return wi_summary_compute(&in, s, err);
}

/* An op's budget is too short on purpose for as many parts of half a second as a steady case has:
 * only an interval that came out wide for it is worth a word. */
static const double op_half_width_most = 0.05;

static int rate(const struct wi_plan_case *c, const struct wi_measured *measured,
                struct wi_measurement *row, struct wi_notes *notes, struct wi_err *err) {
    struct wi_measured copy = *measured, *m = &copy;
    struct wi_summary s;
    int status = sum_up(&c->key, m, WI_SUMMARY_DRAWS, row->seed, &s, err);
    wi_doubts_of_samples(&s, m->resolution_ns, notes);
    WI_TRY(status);
    m->steady = m->steady || (is_op(&c->key) && s.half_width <= op_half_width_most);
    wi_doubts_of_worker(m, &s, notes);
    row->passes = s.passes;
    row->tokens_per_s = s.rate;
    row->achieved_gb_per_s = row->bytes_per_token * s.rate.median / 1e9;
    row->achieved_gflop_per_s = row->flops_per_token * s.rate.median / 1e9;
    return WI_OK;
}

/* ---- the roof ---- */

static double calls_of(const struct wi_case *key, const struct wi_session_info *info) {
    const struct wi_model *model = key->model;
    if (is_op(key))
        return key->op.matrices;
    return info->calls_embed + info->calls_head +
           (double)wi_model_layer_count(model, WI_LAYER_global) * info->calls_global +
           (double)wi_model_layer_count(model, WI_LAYER_local) * info->calls_local;
}

/* Of what a pass reads: a model is read in turns with much else; an op reads the same several times
 * the cache over and over, of which next to nothing is left when it comes again. */
static double stays_cached(const struct wi_case *key, const struct wi_pass_cost *cost,
                           uint64_t cache_bytes) {
    bool passes_it = is_op(key) && cost->total.weight_bytes >= 3 * (double)cache_bytes;
    return passes_it ? 0 : (double)cache_bytes;
}

/* Least times of a pass of the case by what its kernels do; all 0 unless both memory and the
 * kernels' arithmetic were measured, since the larger of the two is not known then. */
static struct wi_limits limits_of(const struct wi_case *key, const struct wi_session_info *info,
                                  const struct wi_roofline *roof, uint64_t cache_bytes) {
    struct wi_pass_cost cost = {0};
    if (!mean_cost(key, &cost) || !wi_has_f64(roof->read_gb_per_s))
        return (struct wi_limits){0};
    const struct wi_work work = {.weight_bytes = cost.total.weight_bytes,
                                 .read_bytes = cost.total.weight_bytes + cost.total.kv_read_bytes,
                                 .cached_bytes = stays_cached(key, &cost, cache_bytes),
                                 .flops = cost.total.flops,
                                 .calls = calls_of(key, info),
                                 .precision = key->precision,
                                 .phase = key->phase,
                                 .arithmetic = info->arithmetic};
    const struct wi_limits l = wi_limits_of(roof, &work, WI_LIMITS_of_kernels);
    return l.compute_s > 0 ? l : (struct wi_limits){0};
}

static void place_under_roof(const struct wi_row_context *x, struct wi_measurement *row,
                             struct wi_notes *notes) {
    if (x->roofline == NULL || x->info == NULL || !(row->tokens_per_s.median > 0))
        return;
    double pass_s = pass_tokens(&row->key) / row->tokens_per_s.median;
    const struct wi_limits l = limits_of(&row->key, x->info, x->roofline, x->plan->cache_bytes);
    enum wi_bound by = WI_BOUND_unknown;
    double fraction = wi_limits_physical_s(&l, &by) / pass_s;
    if (!(fraction > 0))
        return;
    wi_limits_bound(&l, pass_s, &row->bound, &row->second);
    row->roofline_fraction = wi_some_f64(fraction);
    if (fraction > implausible_from)
        wi_note(notes, WI_DOUBT_implausible,
                "%.0f %% of the most that this device's %s was seen to do", 100 * fraction,
                by == WI_BOUND_memory    ? "memory"
                : by == WI_BOUND_compute ? "arithmetic"
                                         : "threads' meeting after each call");
}

bool wi_row_is_above(const struct wi_measure_case *c, const struct wi_session_info *info,
                     const struct wi_roofline *ceiling, uint64_t cache_bytes) {
    struct wi_summary s;
    enum wi_bound by;
    if (c->result.status != WI_CASE_ok || sum_up(&c->key, &c->result, 0, 0, &s, NULL) != WI_OK)
        return false;
    const struct wi_limits l = limits_of(&c->key, info, ceiling, cache_bytes);
    double pass_s = s.pass_ns / 1e9;
    /* A kernel that its own unpacking holds back is at that limit, so above it half of the time. */
    return wi_limits_physical_s(&l, &by) > pass_s || l.unpack_s > unpack_most * pass_s;
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
    struct wi_notes notes = {.arena = arena};
    bool has_cost = mean_cost(&c->key, &cost);
    describe(x, c, &cost, has_cost, row);
    copy_measured(m, row);
    if (row->status != WI_CASE_ok)
        return;
    if (x->notes != NULL)
        wi_notes_add(&notes, x->notes);
    if (row->software)
        wi_note(&notes, WI_DOUBT_software_device, "%s runs on the processor",
                c->key.compute_device_id);
    int status = rate(c, m, row, &notes, &why);
    if (status == WI_OK) {
        row->samples = m->samples;
        row->sample_count = m->sample_count;
        place_under_roof(x, row, &notes);
        row->beside = x->beside;
        row->beside_count = x->beside_count;
        wi_beside_judge(&row->tokens_per_s, x->beside, x->beside_count, &notes);
        if (x->info != NULL)
            wi_doubts_of_pages(x->info, c->key.backend, &notes);
    } else {
        row->status = wi_case_status_of(status);
        row->reason = wi_arena_strdup(arena, why.message);
    }
    row->doubts = notes.doubts;
    row->doubt_notes = notes.items;
    row->doubt_note_count = notes.count;
}

/* ---- loading ---- */

void wi_row_load(const struct wi_row_context *x, const struct wi_load *load,
                 struct wi_measurement *row) {
    const struct wi_case *key = &x->group->cases[0].key;
    double seconds = (double)load->ns / 1e9;
    *row = (struct wi_measurement){.kind = WI_KIND_load,
                                   .key = *key,
                                   .status = WI_CASE_ok,
                                   .software = x->group->software,
                                   .what_if = key->cap[0] != '\0',
                                   .threads = x->info->threads,
                                   .thread_cpus = x->plan->thread_cpus,
                                   .huge_page_bytes = x->info->huge_page_bytes,
                                   .kernel_generation = x->info->kernel_generation,
                                   .layers_run = sum_layers(x->group->layers),
                                   .layers_total = key->model->n_layer,
                                   .weight_bytes = load->bytes,
                                   .seed = x->request->seed,
                                   .wall_s = seconds};
    if (x->notes != NULL) {
        row->doubts = x->notes->doubts;
        row->doubt_notes = x->notes->items;
        row->doubt_note_count = x->notes->count;
    }
    row->key.tokens = row->key.depth = 0;
    if (seconds > 0)
        row->achieved_gb_per_s = (double)load->bytes / seconds / 1e9;
    if (load->peak_rss_bytes > 0)
        row->peak_memory_bytes = wi_some_u64(load->peak_rss_bytes);
}

void wi_constants_of_row(struct wi_constants *list) {
    wi_constants_add(list, "doubts.implausible", implausible_from, "times",
                     "the device's own limit, beyond which a row is not believed");
}
