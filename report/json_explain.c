/* json_explain.c: how one measurement came about, as programs read it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/explain.h"
#include "report/json_parts.h"
#include "report/words.h"

#include <math.h>

static void put_case(struct wi_json *json, const struct wi_measurement *m) {
    const struct wi_case *k = &m->key;
    wi_json_object(json, "case");
    wi_json_str(json, "model", k->model ? k->model->id : NULL);
    wi_json_str(json, "model_hash", k->model && k->model->hash[0] ? k->model->hash : NULL);
    wi_json_str(json, "op", k->op.op);
    wi_json_count(json, "m", k->op.m);
    wi_json_count(json, "n", k->op.n);
    wi_json_count(json, "k", k->op.k);
    wi_json_str(json, "precision", wi_precision_label(k->precision));
    wi_json_str(json, "kv_precision", k->model ? wi_precision_label(k->kv_precision) : NULL);
    wi_json_str(json, "phase", wi_phase_name(k->phase));
    wi_json_u64(json, "tokens", k->tokens);
    wi_json_u64(json, "depth", k->depth);
    wi_json_u64(json, "batch", k->batch);
    wi_json_str(json, "backend", wi_backend_id_name(k->backend));
    wi_json_str(json, "compute_device_id", k->compute_device_id);
    wi_json_str(json, "cap", k->cap && *k->cap ? k->cap : NULL);
    wi_json_object_end(json);
}

static void put_run(struct wi_json *json, const struct wi_explain_view *view,
                    struct wi_arena *arena) {
    const struct wi_measurement *m = &view->evidence->m;
    wi_json_object(json, "run");
    wi_json_str(json, "id", view->run->id);
    wi_json_str(json, "started_utc", wi_say_utc(arena, view->run->started_utc_ns));
    wi_json_str(json, "tool_version", view->run->tool_version);
    wi_json_str(json, "device_id", view->evidence->device_id);
    wi_json_str(json, "device_name", view->device_name);
    wi_json_str(json, "kernel", m->kernel);
    wi_json_str(json, "arithmetic", m->arithmetic);
    wi_json_count(json, "kernel_generation", m->kernel_generation);
    wi_json_count(json, "threads", m->threads);
    wi_json_str(json, "thread_cpus", m->thread_cpus);
    wi_json_object_end(json);
}

static void put_segments(struct wi_json *json, const struct wi_summary *s) {
    wi_json_array(json, "segments");
    for (unsigned i = 0; s != NULL && i < WI_SEGMENT_COUNT; i++) {
        if (s->parts[i].timings == 0)
            continue;
        wi_json_object(json, NULL);
        wi_json_str(json, "segment", wi_segment_name((enum wi_segment_id)i));
        wi_json_u64(json, "timings", s->parts[i].timings);
        wi_json_f64(json, "median_ns", s->parts[i].median_ns);
        wi_json_u64(json, "times_in_model", s->parts[i].times);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

static void put_passes(struct wi_json *json, const struct wi_explain_view *view) {
    const struct wi_measurement *m = &view->evidence->m;
    wi_json_object(json, "passes");
    wi_json_u64(json, "count", m->passes);
    wi_json_u64(json, "warmups", m->warmups);
    wi_json_count(json, "layers_run", m->layers_run);
    wi_json_count(json, "layers_total", m->layers_total);
    wi_json_count(json, "tokens_per_pass", m->tokens_per_sample);
    put_segments(json, view->summary);
    wi_json_f64(json, "pass_ns",
                view->summary && view->summary->pass_ns > 0 ? view->summary->pass_ns : (double)NAN);
    wi_json_object_end(json);
}

static void put_rate(struct wi_json *json, const char *key, const struct wi_rate *rate) {
    bool known = rate != NULL && rate->median > 0;
    wi_json_object(json, key);
    wi_json_f64(json, "median", known ? rate->median : (double)NAN);
    wi_json_f64(json, "lo", known ? rate->lo : (double)NAN);
    wi_json_f64(json, "hi", known ? rate->hi : (double)NAN);
    wi_json_f64(json, "best", known ? rate->best : (double)NAN);
    wi_json_object_end(json);
}

static void put_interval(struct wi_json *json, const struct wi_explain_view *view,
                         struct wi_arena *arena) {
    wi_json_object(json, "interval");
    wi_json_count(json, "blocks", view->summary ? view->summary->resampled_blocks : 0);
    wi_json_f64(json, "block_least_s", WI_SUMMARY_BLOCK_NS / 1e9);
    wi_json_u64(json, "draws", WI_SUMMARY_DRAWS);
    wi_json_u64(json, "seed", view->evidence->m.seed);
    wi_json_str(json, "how", wi_explain_interval(view, arena));
    wi_json_f64(json, "between_run_mains", view->rules->between_run_mains);
    wi_json_f64(json, "between_run_battery", view->rules->between_run_battery);
    wi_json_str(json, "widening", wi_explain_widening(view, arena));
    wi_json_object_end(json);
}

static void put_roofline(struct wi_json *json, const struct wi_explain_view *view) {
    const struct wi_measurement *m = &view->evidence->m;
    struct wi_explain_term memory = wi_explain_memory(view), compute = wi_explain_compute(view);
    wi_json_object(json, "roofline");
    wi_json_f64(json, "bytes_per_token", memory.per_token);
    wi_json_f64(json, "achieved_gb_per_s", memory.achieved);
    wi_json_f64(json, "read_gb_per_s", memory.limit);
    wi_json_f64(json, "memory_fraction", memory.fraction);
    wi_json_f64(json, "flops_per_token", compute.per_token);
    wi_json_f64(json, "achieved_gflop_per_s", compute.achieved);
    wi_json_f64(json, "peak_gflop_per_s", compute.limit);
    wi_json_f64(json, "compute_fraction", compute.fraction);
    wi_json_bound(json, "bound", m->bound);
    wi_json_bound(json, "second", m->second);
    wi_json_maybe_f64(json, "fraction", m->roofline_fraction);
    wi_json_object_end(json);
}

static void put_verification(struct wi_json *json, const struct wi_measurement *m) {
    bool looked = m->status == WI_CASE_ok || m->status == WI_CASE_wrong;
    wi_json_object(json, "verification");
    wi_json_str(json, "worst_op", looked ? m->worst_op : NULL);
    wi_json_f64(json, "error", looked ? m->error : (double)NAN);
    wi_json_f64(json, "tolerance", looked ? m->tolerance : (double)NAN);
    wi_json_op_members(json, m);
    wi_json_object_end(json);
}

static void put_doubts(struct wi_json *json, const struct wi_explain_view *view) {
    wi_json_array(json, "doubts");
    for (unsigned d = 0; d < WI_DOUBT_COUNT; d++) {
        enum wi_doubt doubt = (enum wi_doubt)d;
        if ((view->evidence->m.doubts & WI_DOUBT_BIT(d)) == 0)
            continue;
        wi_json_object(json, NULL);
        wi_json_str(json, "doubt", wi_doubt_name(doubt));
        wi_json_str(json, "seen", wi_explain_seen(view, doubt));
        wi_json_str(json, "advice", wi_doubt_advice(doubt));
        wi_json_bool(json, "bars", wi_doubt_bars(doubt));
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

static void put_reading(struct wi_json *json, const char *key, const struct wi_fact *fact,
                        uint64_t at_ns) {
    if (fact == NULL) {
        wi_json_null(json, key);
        return;
    }
    wi_json_object(json, key);
    wi_json_u64(json, "at_ns", at_ns);
    wi_json_str(json, "known", wi_known_name(fact->known));
    wi_json_str(json, "value", fact->known == WI_KNOWN_known ? fact->value : NULL);
    wi_json_str(json, "unit", fact->unit);
    wi_json_str(json, "source", fact->source);
    wi_json_object_end(json);
}

static void put_conditions(struct wi_json *json, const struct wi_explain_view *view,
                           struct wi_arena *arena) {
    const struct wi_explain_reading *readings = NULL;
    size_t n = wi_explain_readings(view, arena, &readings);
    wi_json_array(json, "conditions");
    for (size_t i = 0; i < n; i++) {
        wi_json_object(json, NULL);
        wi_json_str(json, "key", readings[i].key);
        put_reading(json, "before", readings[i].before, readings[i].before_ns);
        put_reading(json, "after", readings[i].after, readings[i].after_ns);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

void wi_report_explain_json(const struct wi_explain_view *view, struct wi_buf *out) {
    const struct wi_measurement *m = &view->evidence->m;
    struct wi_arena *arena = wi_arena_create();
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.explain/1");
    wi_json_str(&json, "subject", "measurement");
    wi_json_str(&json, "id", m->id);
    wi_json_str(&json, "status", wi_case_status_name(m->status));
    wi_json_str(&json, "reason", m->reason);
    put_case(&json, m);
    put_run(&json, view, arena);
    put_passes(&json, view);
    put_rate(&json, "stored_tokens_per_s", m->status == WI_CASE_ok ? &m->tokens_per_s : NULL);
    put_rate(&json, "recomputed_tokens_per_s", view->summary ? &view->summary->rate : NULL);
    wi_json_tri(&json, "agrees", wi_explain_agrees(view));
    put_interval(&json, view, arena);
    wi_json_beside_members(&json, m);
    put_roofline(&json, view);
    put_verification(&json, m);
    put_doubts(&json, view);
    wi_json_bool(&json, "eligible", view->barred == NULL);
    wi_json_str(&json, "barred_because", view->barred);
    put_conditions(&json, view, arena);
    wi_json_str(&json, "sql", wi_explain_sql(view, arena));
    wi_json_object_end(&json);
    wi_arena_destroy(arena);
}
