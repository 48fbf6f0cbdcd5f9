/* json_trail.c: how a verdict and a tier came about, for programs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/json_parts.h"
#include "report/trail.h"
#include "report/words.h"

#include <math.h>

static void put_budget(struct wi_json *json, const struct wi_budget *b) {
    wi_json_object(json, "budget");
    wi_json_str(json, "pool", b->pool);
    wi_json_maybe_u64(json, "bytes", b->bytes);
    wi_json_maybe_u64(json, "most_bytes", b->most_bytes);
    wi_json_maybe_u64(json, "available_now_bytes", b->available_now_bytes);
    wi_json_maybe_u64(json, "largest_allowed_bytes", b->largest_allowed_bytes);
    wi_json_str(json, "because", b->because);
    wi_json_object_end(json);
}

static void put_not_counted(struct wi_json *json, const struct wi_not_counted *items, size_t n) {
    wi_json_array(json, "not_counted");
    for (size_t i = 0; i < n; i++) {
        wi_json_object(json, NULL);
        wi_json_str(json, "id", items[i].measurement_id);
        wi_json_str(json, "reason", items[i].reason);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

static void put_figure(struct wi_json *json, const char *key, const struct wi_figure *f) {
    if (f == NULL) {
        wi_json_null(json, key);
        return;
    }
    wi_json_object(json, key);
    wi_json_str(json, "phase", wi_phase_name(f->phase));
    wi_json_u64(json, "tokens", f->tokens);
    wi_json_u64(json, "depth", f->depth);
    wi_json_interval(json, "tokens_per_s", f->tok_s);
    wi_json_array(json, "evidence");
    for (size_t i = 0; i < f->row_count; i++)
        wi_json_str(json, NULL, f->rows[i]->m.id);
    wi_json_array_end(json);
    wi_json_object_end(json);
}

static void put_as_of(struct wi_json *json, const struct wi_rules *rules, struct wi_arena *arena) {
    wi_json_str(json, "rules_version", WI_RULES_VERSION);
    wi_json_str(json, "as_of_utc",
                rules->as_of_utc_ns ? wi_say_utc(arena, rules->as_of_utc_ns) : NULL);
}

/* ---- verdict ---- */

static void put_estimate(struct wi_json *json, const char *key, const struct wi_estimate *e) {
    wi_json_object(json, key);
    wi_json_interval(json, "seconds", e->s);
    wi_json_f64(json, "at_least_s", e->at_least_s);
    wi_json_bound(json, "at_least_by", e->least_by);
    wi_json_bound(json, "bound", e->by);
    wi_json_str(json, "basis", wi_basis_name(isnan(e->s.mid) ? WI_BASIS_none : e->basis));
    wi_json_array(json, "from");
    for (size_t i = 0; i < WI_COUNT(e->from); i++)
        if (e->from[i] != NULL)
            put_figure(json, NULL, e->from[i]);
    wi_json_array_end(json);
    wi_json_object_end(json);
}

static void put_answer(struct wi_json *json, const char *key, const struct wi_answer *a) {
    wi_json_object(json, key);
    wi_json_tri(json, "met", a->met);
    wi_json_bool(json, "borderline", a->borderline);
    wi_json_bool(json, "impossible", a->impossible);
    wi_json_bool(json, "speaks", a->speaks);
    wi_json_object_end(json);
}

static void put_roofline(struct wi_json *json, const struct wi_roofline *r) {
    if (r == NULL) {
        wi_json_null(json, "roofline");
        return;
    }
    wi_json_object(json, "roofline");
    wi_json_maybe_f64(json, "read_gb_per_s", r->read_gb_per_s);
    wi_json_maybe_f64(json, "peak_gflop_per_s_f32", r->peak_gflop_per_s_f32);
    wi_json_maybe_f64(json, "peak_gflop_per_s_bf16", r->peak_gflop_per_s_bf16);
    wi_json_maybe_f64(json, "peak_gflop_per_s_int8", r->peak_gflop_per_s_int8);
    wi_json_maybe_f64(json, "launch_us", r->launch_us);
    wi_json_object_end(json);
}

static void put_speed(struct wi_json *json, const struct wi_speed *s) {
    wi_json_str(json, "not_asked", s->not_asked);
    wi_json_u64(json, "decode_depth", s->depth);
    wi_json_u64(json, "pass_tokens", s->tokens);
    put_estimate(json, "decode", &s->decode);
    put_estimate(json, "pass", &s->pass);
    wi_json_object(json, "answers");
    put_answer(json, "decode_usable", &s->decode_usable);
    put_answer(json, "decode_comfortable", &s->decode_comfortable);
    put_answer(json, "pass_usable", &s->pass_usable);
    put_answer(json, "pass_comfortable", &s->pass_comfortable);
    wi_json_object_end(json);
}

static void put_place(struct wi_json *json, const struct wi_trail_place *p, bool chosen) {
    wi_json_object(json, NULL);
    wi_json_str(json, "compute_device_id", p->place.compute_device_id);
    wi_json_str(json, "backend", wi_backend_id_name(p->place.backend));
    wi_json_bool(json, "chosen", chosen);
    wi_json_str(json, "verdict", wi_verdict_name(p->verdict.verdict));
    wi_json_tri(json, "fits", p->verdict.fits);
    wi_json_tri(json, "fast_enough", p->verdict.fast_enough);
    put_budget(json, &p->budget);
    wi_json_array(json, "figures");
    for (size_t i = 0; i < p->figures.count; i++)
        put_figure(json, NULL, &p->figures.items[i]);
    wi_json_array_end(json);
    put_not_counted(json, p->verdict.not_counted, p->verdict.not_counted_count);
    put_roofline(json, p->roofline);
    put_speed(json, &p->speed);
    wi_json_object_end(json);
}

void wi_report_verdict_steps_json(const struct wi_verdict_steps *view, struct wi_buf *out) {
    const struct wi_check_view check = {
        .verdict = view->verdict, .device_name = view->device_name, .looked_at = view->looked_at};
    struct wi_arena *arena = wi_arena_create();
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.explain/1");
    wi_json_str(&json, "subject", "verdict");
    put_as_of(&json, view->rules, arena);
    wi_json_object(&json, "answer");
    wi_json_check_members(&json, &check);
    wi_json_object_end(&json);
    wi_json_array(&json, "places");
    for (size_t i = 0; i < view->trail->place_count; i++)
        put_place(&json, &view->trail->places[i], i == view->trail->chosen);
    wi_json_array_end(&json);
    wi_json_object_end(&json);
    wi_arena_destroy(arena);
}

/* ---- tier ---- */

static void put_step(struct wi_json *json, const struct wi_tier_step *s, struct wi_arena *arena) {
    wi_json_object(json, NULL);
    wi_json_str(json, "run_id", s->run->run_id);
    wi_json_str(json, "run_utc", wi_say_utc(arena, s->run->run_utc_ns));
    put_figure(json, "decode", s->decode);
    put_figure(json, "prefill", s->prefill);
    wi_json_str(json, "numbers_say", s->plain->id);
    wi_json_str(json, "tier", s->kept ? s->kept->id : NULL);
    wi_json_object_end(json);
}

static void put_tier_place(struct wi_json *json, const struct wi_tier_place *p, bool chosen,
                           struct wi_arena *arena) {
    wi_json_object(json, NULL);
    wi_json_str(json, "compute_device_id", p->place.compute_device_id);
    wi_json_str(json, "backend", wi_backend_id_name(p->place.backend));
    wi_json_bool(json, "chosen", chosen);
    wi_json_str(json, "tier", p->known == WI_TRI_yes ? p->tier->id : NULL);
    wi_json_bool(json, "borderline", p->borderline);
    put_budget(json, &p->budget);
    put_figure(json, "decode", p->decode);
    put_figure(json, "prefill", p->prefill);
    put_not_counted(json, p->bars.items, p->bars.count);
    wi_json_array(json, "runs");
    for (size_t i = 0; i < p->step_count; i++)
        put_step(json, &p->steps[i], arena);
    wi_json_array_end(json);
    wi_json_object_end(json);
}

void wi_report_tier_steps_json(const struct wi_tier_steps *view, struct wi_buf *out) {
    const struct wi_tier_result *r = view->result;
    struct wi_arena *arena = wi_arena_create();
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.explain/1");
    wi_json_str(&json, "subject", "tier");
    put_as_of(&json, view->rules, arena);
    wi_json_str(&json, "tiers", view->tiers->name);
    wi_json_str(&json, "tiers_hash", view->tiers->hash);
    wi_json_f64(&json, "leave_margin", view->rules->tier_leave_margin);
    wi_json_str(&json, "device_id", view->device_id);
    wi_json_str(&json, "device_name", view->device_name);
    wi_json_str(&json, "tier", r->id);
    wi_json_str(&json, "compute_device_id", r->compute_device_id);
    wi_json_bool(&json, "borderline", r->borderline);
    wi_json_str(&json, "because", r->because);
    wi_json_strings(&json, "evidence", r->evidence, r->evidence_count);
    wi_json_array(&json, "places");
    for (size_t i = 0; i < view->trail->place_count; i++)
        put_tier_place(&json, &view->trail->places[i], i == view->trail->chosen, arena);
    wi_json_array_end(&json);
    wi_json_object_end(&json);
    wi_arena_destroy(arena);
}
