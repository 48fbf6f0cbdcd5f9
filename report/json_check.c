/* json_check.c: a verdict as programs read it: check's answer, and each of run's verdicts.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/json_parts.h"
#include "report/say.h"

#include <math.h>

void wi_json_interval(struct wi_json *json, const char *key, struct wi_interval x) {
    bool unknown = isnan(x.mid);
    wi_json_object(json, key);
    wi_json_f64(json, "lo", unknown ? NAN : x.lo);
    wi_json_f64(json, "mid", x.mid);
    wi_json_f64(json, "hi", unknown ? NAN : x.hi);
    wi_json_object_end(json);
}

static void put_limits(struct wi_json *json, const char *key, double decode, double first_token,
                       double encode) {
    wi_json_object(json, key);
    wi_json_f64(json, "decode_tokens_per_s", decode);
    wi_json_f64(json, "first_token_s", first_token);
    wi_json_f64(json, "encode_s", encode);
    wi_json_object_end(json);
}

static void put_targets(struct wi_json *json, const struct wi_targets *t) {
    wi_json_object(json, "targets");
    wi_json_u64(json, "prompt_tokens", t->prompt_tokens);
    wi_json_u64(json, "output_tokens", t->output_tokens);
    wi_json_u64(json, "context", t->context);
    wi_json_u64(json, "batch", t->batch);
    wi_json_str(json, "kv_precision", wi_format_get(t->kv_precision)->name);
    put_limits(json, "usable", t->usable_decode_tok_s, t->usable_first_token_s, t->usable_encode_s);
    put_limits(json, "comfortable", t->comfortable_decode_tok_s, t->comfortable_first_token_s,
               t->comfortable_encode_s);
    wi_json_object_end(json);
}

/* ---- memory ---- */

static void maybe_of(struct wi_json *json, const char *key, const struct wi_footprint *f,
                     uint64_t bytes) {
    if (f)
        wi_json_u64(json, key, bytes);
    else
        wi_json_null(json, key);
}

void wi_json_footprint(struct wi_json *json, const struct wi_footprint *footprint) {
    static const struct wi_footprint none;
    const struct wi_footprint *f = footprint ? footprint : &none;
    maybe_of(json, "weights_bytes", footprint, f->weights_bytes);
    maybe_of(json, "kv_cache_bytes", footprint, f->kv_cache_bytes);
    maybe_of(json, "compute_bytes", footprint, f->compute_bytes);
    maybe_of(json, "overhead_bytes", footprint, f->overhead_bytes);
    maybe_of(json, "total_bytes", footprint, f->total_bytes);
    maybe_of(json, "load_peak_bytes", footprint, f->load_peak_bytes);
    maybe_of(json, "reclaimable_bytes", footprint, f->reclaimable_bytes);
    maybe_of(json, "largest_tensor_bytes", footprint, f->largest_tensor_bytes);
    wi_json_str(json, "largest_tensor", f->largest_tensor);
}

/* What is left of the budget when the model is loaded, at the worst moment. */
static void put_margin(struct wi_json *json, const struct wi_verdict *v) {
    if (!v->footprint || !wi_has_u64(v->budget_bytes)) {
        wi_json_null(json, "margin_bytes");
        return;
    }
    uint64_t need = v->footprint->total_bytes;
    if (v->footprint->load_peak_bytes > need)
        need = v->footprint->load_peak_bytes;
    wi_json_i64(json, "margin_bytes", (int64_t)v->budget_bytes.value - (int64_t)need);
}

static void put_memory(struct wi_json *json, const struct wi_verdict *v) {
    wi_json_object(json, "memory");
    wi_json_footprint(json, v->footprint);
    wi_json_str(json, "pool", v->pool);
    wi_json_maybe_u64(json, "budget_bytes", v->budget_bytes);
    wi_json_maybe_u64(json, "available_now_bytes", v->available_now_bytes);
    put_margin(json, v);
    wi_json_maybe_u64(json, "largest_allowed_bytes", v->largest_allowed_bytes);
    wi_json_object_end(json);
}

void wi_json_download(struct wi_json *json, const struct wi_footprint *footprint) {
    const struct wi_link *links = wi_report_links();
    wi_json_object(json, "download");
    maybe_of(json, "bytes", footprint, footprint ? footprint->file_bytes : 0);
    wi_json_object(json, "seconds");
    for (int i = 0; i < WI_LINK_COUNT; i++)
        wi_json_f64(json, links[i].name,
                    footprint ? wi_report_download_s(&links[i], footprint->file_bytes) : NAN);
    wi_json_object_end(json);
    wi_json_object(json, "assumed_mbit_per_s");
    for (int i = 0; i < WI_LINK_COUNT; i++)
        wi_json_f64(json, links[i].name, links[i].mbit_per_s);
    wi_json_object_end(json);
    wi_json_object_end(json);
}

/* ---- the answer ---- */

static void put_question(struct wi_json *json, const struct wi_verdict *v) {
    const struct wi_targets *t = &v->targets;
    wi_json_str(json, "model", v->model->id);
    wi_json_str(json, "model_name", v->model->name);
    wi_json_str(json, "size_class", v->model->size_class);
    wi_json_str(json, "precision", wi_format_get(v->precision)->name);
    wi_json_u64(json, "context", t->context);
    wi_json_u64(json, "prompt_tokens", t->prompt_tokens);
    wi_json_u64(json, "output_tokens", t->output_tokens);
    wi_json_str(json, "kv_precision", wi_format_get(t->kv_precision)->name);
    wi_json_str(json, "engine", v->engine);
    wi_json_str(json, "claim", v->claim);
}

static void put_answer(struct wi_json *json, const struct wi_verdict *v) {
    wi_json_str(json, "verdict", wi_verdict_name(v->verdict));
    wi_json_bool(json, "borderline", v->borderline);
    wi_json_tri(json, "fits", v->fits);
    wi_json_tri(json, "fast_enough", v->fast_enough);
    wi_json_str(json, "binding_limit", wi_limit_name(v->binding_limit));
    wi_json_str(json, "because", v->because);
    wi_json_object(json, "basis");
    wi_json_str(json, "fit", wi_basis_name(v->basis_fit));
    wi_json_str(json, "decode", wi_basis_name(v->basis_decode));
    wi_json_str(json, "prefill", wi_basis_name(v->basis_prefill));
    wi_json_object_end(json);
    wi_json_strings(json, "evidence", v->evidence, v->evidence_count);
    wi_json_array(json, "not_counted");
    for (size_t i = 0; i < v->not_counted_count; i++) {
        wi_json_object(json, NULL);
        wi_json_str(json, "id", v->not_counted[i].measurement_id);
        wi_json_str(json, "reason", v->not_counted[i].reason);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

/* An encoder has passes and no tokens: the verdict's time to the first token is its pass. */
static void put_speed(struct wi_json *json, const struct wi_verdict *v) {
    static const struct wi_interval none = {NAN, NAN, NAN};
    bool encoder = wi_is_encoder(v->model);
    wi_json_object(json, "speed");
    wi_json_interval(json, "decode_tokens_per_s", encoder ? none : v->decode_tok_s);
    wi_json_interval(json, "prefill_tokens_per_s", v->prefill_tok_s);
    wi_json_interval(json, "first_token_s", encoder ? none : v->first_token_s);
    wi_json_interval(json, "encode_s", encoder ? v->first_token_s : none);
    wi_json_u64(json, "prompt_tokens", v->targets.prompt_tokens);
    wi_json_object_end(json);
}

static void put_alternatives(struct wi_json *json, const struct wi_check_view *view) {
    wi_json_array(json, "alternatives");
    for (size_t i = 0; i < view->alternative_count; i++) {
        const struct wi_alternative *a = &view->alternatives[i];
        wi_json_object(json, NULL);
        wi_json_str(json, "precision", wi_format_get(a->precision)->name);
        wi_json_u64(json, "context", a->context);
        wi_json_str(json, "verdict", wi_verdict_name(a->verdict));
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

void wi_json_check_members(struct wi_json *json, const struct wi_check_view *view) {
    const struct wi_verdict *v = view->verdict;
    put_question(json, v);
    wi_json_str(json, "device_id", v->device_id);
    wi_json_str(json, "device_name", view->device_name);
    wi_json_str(json, "compute_device_id", v->compute_device_id);
    put_targets(json, &v->targets);
    put_answer(json, v);
    put_memory(json, v);
    put_speed(json, v);
    wi_json_download(json, v->footprint);
    put_alternatives(json, view);
    wi_json_str(json, "looked_at", view->looked_at);
    wi_json_str(json, "advice", view->advice);
}

void wi_report_check_json(const struct wi_check_view *view, struct wi_buf *out) {
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.check/1");
    wi_json_check_members(&json, view);
    wi_json_object_end(&json);
}
