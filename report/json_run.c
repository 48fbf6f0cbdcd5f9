/* json_run.c: one weigh-in as programs read it: what was asked, every row with its samples, and
 * what follows from them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/json_parts.h"
#include "report/words.h"

#include <math.h>
#include <stdlib.h>

static void put_utc(struct wi_json *json, const char *key, int64_t utc_ns, struct wi_arena *arena) {
    wi_json_str(json, key, utc_ns ? wi_say_utc(arena, utc_ns) : NULL);
}

/* ---- the run ---- */

static void put_counts(struct wi_json *json, const struct wi_run_view *view) {
    uint64_t counts[WI_CASE_STATUS_COUNT] = {0};
    for (size_t i = 0; i < view->evidence_count; i++)
        counts[view->evidence[i].m.status]++;
    wi_json_object(json, "counts");
    for (int s = 0; s < WI_CASE_STATUS_COUNT; s++)
        wi_json_u64(json, wi_case_status_name((enum wi_case_status)s), counts[s]);
    wi_json_object_end(json);
}

static void put_run(struct wi_json *json, const struct wi_run_view *view, struct wi_arena *arena) {
    const struct wi_run *r = view->run;
    wi_json_object(json, "run");
    wi_json_str(json, "id", r->id);
    put_utc(json, "started_utc", r->started_utc_ns, arena);
    put_utc(json, "finished_utc", r->finished_utc_ns, arena);
    wi_json_str(json, "state", r->state);
    wi_json_str(json, "profile", r->profile);
    wi_json_str(json, "tool_version", r->tool_version);
    wi_json_str(json, "commit", r->commit);
    put_utc(json, "tool_built_utc", r->tool_built_utc_ns, arena);
    wi_json_str(json, "boot_id", r->boot_id);
    wi_json_str(json, "clock_sync", r->clock_sync);
    wi_json_str(json, "suite_hash", r->suite_hash);
    wi_json_str(json, "plan_hash", r->plan_hash);
    wi_json_u64(json, "seed", r->seed);
    wi_json_object(json, "labels");
    for (size_t i = 0; i < r->label_count; i++)
        wi_json_str(json, r->labels[i].key, r->labels[i].value);
    wi_json_object_end(json);
    put_counts(json, view);
    wi_json_object_end(json);
}

/* ---- samples ---- */

static int by_pass(const void *a, const void *b) {
    const struct wi_sample *x = a, *y = b;
    if (x->pass != y->pass)
        return x->pass < y->pass ? -1 : 1;
    return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

static struct wi_sample *in_pass_order(const struct wi_measurement *m, struct wi_arena *arena) {
    struct wi_sample *sorted = WI_NEW_ARRAY(arena, struct wi_sample, m->sample_count + 1);
    for (size_t i = 0; i < m->sample_count; i++)
        sorted[i] = m->samples[i];
    qsort(sorted, m->sample_count, sizeof *sorted, by_pass);
    return sorted;
}

/* One number a pass: the sum of its segments, so of the layers that ran, not of the whole model. */
static void put_samples(struct wi_json *json, const struct wi_sample *s, size_t n) {
    wi_json_array(json, "samples_ns");
    for (size_t i = 0; i < n;) {
        uint64_t sum = 0;
        uint32_t pass = s[i].pass;
        for (; i < n && s[i].pass == pass; i++)
            sum += s[i].ns;
        wi_json_u64(json, NULL, sum);
    }
    wi_json_array_end(json);
}

void wi_json_passes(struct wi_json *json, const struct wi_measurement *m) {
    struct wi_arena *arena = wi_arena_create();
    put_samples(json, in_pass_order(m, arena), m->sample_count);
    wi_json_u64(json, "passes", m->passes);
    wi_json_u64(json, "warmups", m->warmups);
    wi_arena_destroy(arena);
}

static void put_segments(struct wi_json *json, const struct wi_sample *s, size_t n) {
    wi_json_array(json, "segments");
    for (size_t i = 0; i < n; i++) {
        if (s[i].segment == WI_SEGMENT_all)
            continue; /* already said whole */
        wi_json_object(json, NULL);
        wi_json_u64(json, "pass", s[i].pass);
        wi_json_str(json, "segment", wi_segment_name((enum wi_segment_id)s[i].segment));
        wi_json_u64(json, "start_ns", s[i].start_ns);
        wi_json_u64(json, "ns", s[i].ns);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

/* ---- a measurement ---- */

static void put_key(struct wi_json *json, const struct wi_measurement *m) {
    const struct wi_case *k = &m->key;
    wi_json_str(json, "kind", wi_kind_name(m->kind));
    wi_json_str(json, "backend", wi_backend_id_name(k->backend));
    wi_json_str(json, "compute_device_id", k->compute_device_id);
    wi_json_bool(json, "software", m->software);
    wi_json_bool(json, "what_if", m->what_if);
    wi_json_str(json, "cap", k->cap && *k->cap ? k->cap : NULL);
    wi_json_str(json, "model", k->model ? k->model->id : NULL);
    wi_json_str(json, "size_class", k->model ? k->model->size_class : NULL);
    wi_json_str(json, "precision", wi_precision_label(k->precision));
    wi_json_str(json, "kv_precision", wi_precision_label(k->kv_precision));
    wi_json_str(json, "phase", k->model ? wi_phase_name(k->phase) : NULL);
    wi_json_u64(json, "tokens", k->tokens);
    wi_json_u64(json, "depth", k->depth);
    wi_json_u64(json, "batch", k->batch);
}

static void put_rate(struct wi_json *json, const struct wi_measurement *m) {
    bool ok = m->status == WI_CASE_ok && m->tokens_per_s.median > 0;
    wi_json_object(json, "tokens_per_s");
    wi_json_f64(json, "median", ok ? m->tokens_per_s.median : NAN);
    wi_json_f64(json, "lo", ok ? m->tokens_per_s.lo : NAN);
    wi_json_f64(json, "hi", ok ? m->tokens_per_s.hi : NAN);
    wi_json_f64(json, "best", ok ? m->tokens_per_s.best : NAN);
    wi_json_object_end(json);
}

void wi_json_doubts(struct wi_json *json, const struct wi_measurement *m) {
    wi_json_array(json, "doubts");
    for (int d = 0; d < WI_DOUBT_COUNT; d++)
        if (m->doubts & WI_DOUBT_BIT(d))
            wi_json_str(json, NULL, wi_doubt_name((enum wi_doubt)d));
    wi_json_array_end(json);
    wi_json_array(json, "doubt_notes");
    for (size_t i = 0; i < m->doubt_note_count; i++) {
        wi_json_object(json, NULL);
        wi_json_str(json, "doubt", wi_doubt_name(m->doubt_notes[i].doubt));
        wi_json_str(json, "seen", m->doubt_notes[i].seen);
        wi_json_str(json, "advice", wi_doubt_advice(m->doubt_notes[i].doubt));
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

/* The same case, measured another way in the same run. */
void wi_json_beside_members(struct wi_json *json, const struct wi_measurement *m) {
    wi_json_array(json, "beside");
    for (size_t i = 0; i < m->beside_count; i++) {
        const struct wi_beside *b = &m->beside[i];
        wi_json_object(json, NULL);
        wi_json_str(json, "what", wi_beside_name(b->what));
        wi_json_object(json, "tokens_per_s");
        wi_json_f64(json, "median", b->tokens_per_s.median);
        wi_json_f64(json, "lo", b->tokens_per_s.lo);
        wi_json_f64(json, "hi", b->tokens_per_s.hi);
        wi_json_f64(json, "best", b->tokens_per_s.best);
        wi_json_object_end(json);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

void wi_json_op_members(struct wi_json *json, const struct wi_measurement *m) {
    wi_json_array(json, "ops");
    for (size_t i = 0; i < m->op_count; i++) {
        wi_json_object(json, NULL);
        wi_json_str(json, "op", m->ops[i].op);
        wi_json_str(json, "kernel", m->ops[i].kernel);
        wi_json_f64(json, "error", m->ops[i].error);
        wi_json_f64(json, "tolerance", m->ops[i].tolerance);
        if (m->ops[i].quantisation > 0)
            wi_json_f64(json, "quantisation", m->ops[i].quantisation);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

/* An error stands only where the results were looked at: in rows that are right or wrong. */
void wi_json_verification(struct wi_json *json, const struct wi_measurement *m) {
    bool looked = m->status == WI_CASE_ok || m->status == WI_CASE_wrong;
    wi_json_f64(json, "error", looked ? m->error : NAN);
    wi_json_f64(json, "tolerance", looked ? m->tolerance : NAN);
    wi_json_str(json, "worst_op", looked ? m->worst_op : NULL);
    wi_json_op_members(json, m);
}

static void put_positive(struct wi_json *json, const char *key, double value) {
    wi_json_f64(json, key, value > 0 ? value : NAN);
}

void wi_json_bound(struct wi_json *json, const char *key, enum wi_bound bound) {
    wi_json_str(json, key, bound == WI_BOUND_unknown ? NULL : wi_bound_name(bound));
}

void wi_json_reached(struct wi_json *json, const struct wi_measurement *m) {
    bool ok = m->status == WI_CASE_ok;
    put_positive(json, "achieved_gb_per_s", ok ? m->achieved_gb_per_s : NAN);
    put_positive(json, "achieved_gflop_per_s", ok ? m->achieved_gflop_per_s : NAN);
    wi_json_object(json, "roofline");
    wi_json_bound(json, "bound", m->bound);
    wi_json_maybe_f64(json, "fraction", m->roofline_fraction);
    wi_json_str(json, "arithmetic", m->arithmetic);
    wi_json_bound(json, "second", m->second);
    wi_json_object_end(json);
    wi_json_maybe_u64(json, "peak_memory_bytes", m->peak_memory_bytes);
}

static void put_work(struct wi_json *json, const struct wi_measurement *m) {
    wi_json_count(json, "layers_run", m->layers_run);
    wi_json_count(json, "layers_total", m->layers_total);
    wi_json_count(json, "weight_bytes", m->weight_bytes);
    put_positive(json, "bytes_per_token", m->bytes_per_token);
    put_positive(json, "flops_per_token", m->flops_per_token);
    wi_json_reached(json, m);
}

void wi_json_how(struct wi_json *json, const struct wi_measurement *m) {
    wi_json_str(json, "kernel", m->kernel);
    wi_json_count(json, "kernel_generation", m->kernel_generation);
    wi_json_str(json, "arithmetic", m->arithmetic);
    wi_json_count(json, "threads", m->threads);
    wi_json_str(json, "thread_cpus", m->thread_cpus);
    wi_json_u64(json, "huge_page_bytes", m->huge_page_bytes);
    wi_json_u64(json, "seed", m->seed);
    put_positive(json, "wall_s", m->wall_s);
}

static void put_measurement(struct wi_json *json, const struct wi_measurement *m,
                            const char *barred) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_sample *samples = in_pass_order(m, arena);
    wi_json_object(json, NULL);
    wi_json_str(json, "id", m->id);
    wi_json_bool(json, "eligible", m->status == WI_CASE_ok && barred == NULL);
    wi_json_str(json, "barred_because", barred);
    put_key(json, m);
    wi_json_str(json, "status", wi_case_status_name(m->status));
    wi_json_str(json, "reason", m->reason);
    wi_json_how(json, m);
    put_rate(json, m);
    put_samples(json, samples, m->sample_count);
    put_segments(json, samples, m->sample_count);
    wi_json_count(json, "tokens_per_sample", m->tokens_per_sample);
    wi_json_u64(json, "passes", m->passes);
    wi_json_u64(json, "warmups", m->warmups);
    wi_json_doubts(json, m);
    wi_json_beside_members(json, m);
    wi_json_verification(json, m);
    put_work(json, m);
    wi_json_object_end(json);
    wi_arena_destroy(arena);
}

/* ---- what follows ---- */

/* What the matrix kernels of each precision do with weights in cache. */
static void put_unpack(struct wi_json *json, const struct wi_roofline *r) {
    wi_json_array(json, "unpack");
    for (unsigned f = 0; f < WI_FORMAT_COUNT; f++) {
        const char *name = wi_format_get((enum wi_format_id)f)->name;
        const struct wi_ceiling *decode =
            wi_roofline_best(r, WI_CEILING_unpack, NULL, name, wi_phase_name(WI_PHASE_decode));
        const struct wi_ceiling *prefill =
            wi_roofline_best(r, WI_CEILING_unpack, NULL, name, wi_phase_name(WI_PHASE_prefill));
        if (decode == NULL && prefill == NULL)
            continue;
        wi_json_object(json, NULL);
        wi_json_str(json, "precision", name);
        wi_json_f64(json, "decode_gb_per_s", decode ? wi_ceiling_value(decode) : NAN);
        wi_json_f64(json, "prefill_gflop_per_s", prefill ? wi_ceiling_value(prefill) : NAN);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

static void put_roofline(struct wi_json *json, const struct wi_roofline *r) {
    wi_json_object(json, NULL);
    wi_json_str(json, "backend", wi_backend_id_name(r->backend));
    wi_json_str(json, "compute_device_id", r->compute_device_id);
    wi_json_maybe_f64(json, "read_gb_per_s", r->read_gb_per_s);
    wi_json_maybe_f64(json, "copy_gb_per_s", r->copy_gb_per_s);
    wi_json_object(json, "peak_gflop_per_s");
    wi_json_maybe_f64(json, "f32", r->peak_gflop_per_s_f32);
    wi_json_maybe_f64(json, "bf16", r->peak_gflop_per_s_bf16);
    wi_json_maybe_f64(json, "int8", r->peak_gflop_per_s_int8);
    wi_json_object_end(json);
    wi_json_maybe_f64(json, "launch_us", r->launch_us);
    put_unpack(json, r);
    wi_json_array(json, "ceilings");
    for (size_t i = 0; i < r->ceiling_count; i++)
        wi_ceiling_put(json, &r->ceilings[i]);
    wi_json_array_end(json);
    wi_json_object_end(json);
}

static void put_load(struct wi_json *json, const struct wi_measurement *m) {
    wi_json_object(json, NULL);
    wi_json_str(json, "id", m->id);
    wi_json_str(json, "backend", wi_backend_id_name(m->key.backend));
    wi_json_str(json, "compute_device_id", m->key.compute_device_id);
    wi_json_str(json, "model", m->key.model ? m->key.model->id : NULL);
    wi_json_str(json, "precision", wi_precision_label(m->key.precision));
    wi_json_count(json, "layers_run", m->layers_run);
    wi_json_count(json, "layers_total", m->layers_total);
    wi_json_count(json, "made_bytes", m->weight_bytes);
    put_positive(json, "made_s", m->wall_s);
    put_positive(json, "made_gb_per_s", m->achieved_gb_per_s);
    wi_json_u64(json, "huge_page_bytes", m->huge_page_bytes);
    wi_json_maybe_u64(json, "peak_memory_bytes", m->peak_memory_bytes);
    wi_json_object_end(json);
}

static void put_tier(struct wi_json *json, const struct wi_tier_result *tier) {
    if (!tier) {
        wi_json_null(json, "tier");
        return;
    }
    wi_json_object(json, "tier");
    wi_json_str(json, "id", tier->id);
    wi_json_str(json, "compute_device_id", tier->compute_device_id);
    wi_json_bool(json, "borderline", tier->borderline);
    wi_json_str(json, "because", tier->because);
    wi_json_strings(json, "evidence", tier->evidence, tier->evidence_count);
    wi_json_object_end(json);
}

static void put_expect(struct wi_json *json, const struct wi_expect_view *expect) {
    if (!expect)
        return;
    wi_json_object(json, "expect");
    wi_json_str(json, "against", expect->against);
    wi_json_u64(json, "held", expect->held);
    wi_json_array(json, "lost");
    for (size_t i = 0; i < expect->lost_count; i++) {
        const struct wi_measurement *m = &expect->lost[i]->m;
        wi_json_object(json, NULL);
        wi_json_str(json, "id", m->id);
        put_key(json, m);
        wi_json_str(json, "status", wi_case_status_name(m->status));
        wi_json_str(json, "reason", m->reason);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
    wi_json_object_end(json);
}

/* What is known only of a run just made. */
static void put_making(struct wi_json *json, const struct wi_run_view *view) {
    if (view->took_s > 0) {
        put_positive(json, "forecast_s", view->forecast_s);
        put_positive(json, "took_s", view->took_s);
    }
    if (view->series_count > 1)
        wi_json_strings(json, "series", view->series, view->series_count);
    put_expect(json, view->expect);
}

void wi_report_run_json(const struct wi_run_view *view, struct wi_buf *out) {
    struct wi_json json;
    struct wi_arena *arena = wi_arena_create();
    wi_json_begin(&json, out, "weighin.run/1");
    put_run(&json, view, arena);
    wi_json_device(&json, "device", view->inventory, view->conditions);
    wi_json_array(&json, "measurements");
    for (size_t i = 0; i < view->evidence_count; i++)
        put_measurement(&json, &view->evidence[i].m, view->barred ? view->barred[i] : NULL);
    wi_json_array_end(&json);
    wi_json_single_ops(&json, "ops", view);
    wi_json_array(&json, "loads");
    for (size_t i = 0; i < view->load_count; i++)
        put_load(&json, &view->loads[i]);
    wi_json_array_end(&json);
    wi_json_array(&json, "roofline");
    for (size_t i = 0; i < view->roofline_count; i++)
        put_roofline(&json, &view->rooflines[i]);
    wi_json_array_end(&json);
    put_tier(&json, view->tier);
    wi_json_array(&json, "verdicts");
    for (size_t i = 0; i < view->verdict_count; i++) {
        const struct wi_check_view check = {.verdict = &view->verdicts[i],
                                            .device_name = view->inventory->name};
        wi_json_object(&json, NULL);
        wi_json_check_members(&json, &check);
        wi_json_object_end(&json);
    }
    wi_json_array_end(&json);
    put_making(&json, view);
    wi_json_object_end(&json);
    wi_arena_destroy(arena);
}
