/* plan_print.c: a plan as text and as JSON; plan_print.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/plan_print.h"

#include "base/json.h"
#include "base/units.h"
#include "bench/forecast.h"

#include <stdio.h>
#include <string.h>

/* The rows of an op stand under tokens. */
static const char *subject_of(const struct wi_case *key, char *out, size_t n) {
    if (key->model != NULL)
        return key->model->id;
    snprintf(out, n, "%s %u x %u", key->op.op, key->op.n, key->op.k);
    return out;
}

static void case_line(const struct wi_plan_case *c, struct wi_buf *out) {
    char memory[32], time[32], op[48];
    wi_buf_printf(out, "  %-22s %-5s %-8s %6u %6u  %-7s", subject_of(&c->key, op, sizeof op),
                  wi_format_get(c->key.precision)->name, wi_phase_name(c->key.phase), c->key.tokens,
                  c->key.depth, c->key.compute_device_id);
    if (c->foregone != WI_CASE_ok)
        wi_buf_printf(out, " %s: %s\n", wi_case_status_name(c->foregone), c->foregone_reason);
    else
        wi_buf_printf(out, " %9s %s\n", wi_format_mem(memory, sizeof memory, c->bytes),
                      wi_format_duration(time, sizeof time, c->forecast_s));
}

static void group_line(const struct wi_plan_group *group, struct wi_buf *out) {
    char memory[32], time[32];
    const struct wi_case *k = &group->cases[0].key;
    wi_buf_printf(out, "%s %s on %s", k->model == NULL ? "single ops" : k->model->id,
                  wi_format_get(k->precision)->name, k->compute_device_id);
    if (k->batch > 1)
        wi_buf_printf(out, ", batch %u", k->batch);
    if (k->kv_precision != WI_FORMAT_f16)
        wi_buf_printf(out, ", cache %s", wi_format_get(k->kv_precision)->name);
    if (wi_group_has_work(group))
        wi_buf_printf(out, ": about %s, %s\n",
                      wi_format_duration(time, sizeof time, wi_group_forecast_s(group)),
                      wi_format_mem(memory, sizeof memory, group->bytes));
    else
        wi_buf_puts(out, ": cannot run\n");
}

/* ---- what will come of it, counted ---- */

static const struct wi_plan_case *nth_case(const struct wi_plan *plan, size_t n) {
    size_t g = 0;
    while (n >= plan->groups[g].count)
        n -= plan->groups[g++].count;
    return &plan->groups[g].cases[n];
}

static size_t foregone_count(const struct wi_plan *plan) {
    size_t n = 0;
    for (size_t i = 0; i < plan->case_count; i++)
        n += nth_case(plan, i)->foregone != WI_CASE_ok;
    return n;
}

/* Groups with something to measure. */
static size_t measuring_groups(const struct wi_plan *plan) {
    size_t n = 0;
    for (size_t g = 0; g < plan->group_count; g++)
        n += wi_group_has_work(&plan->groups[g]);
    return n;
}

static bool same_fate(const struct wi_plan_case *a, const struct wi_plan_case *b) {
    const char *why_a = a->foregone_reason ? a->foregone_reason : "",
               *why_b = b->foregone_reason ? b->foregone_reason : "";
    return a->foregone == b->foregone && strcmp(why_a, why_b) == 0;
}

/* A line for each reason, with the number of cases; in the order in which they first occur. */
static void foregone_lines(const struct wi_plan *plan, struct wi_buf *out) {
    for (size_t i = 0; i < plan->case_count; i++) {
        const struct wi_plan_case *c = nth_case(plan, i);
        size_t before = 0, same = 0;
        for (size_t k = 0; k < plan->case_count && c->foregone != WI_CASE_ok; k++) {
            same += same_fate(c, nth_case(plan, k));
            before += k < i && same_fate(c, nth_case(plan, k));
        }
        if (same > 0 && before == 0)
            wi_buf_printf(out, "Foregone: %zu case%s, %s: %s\n", same, same == 1 ? "" : "s",
                          wi_case_status_name(c->foregone),
                          c->foregone_reason ? c->foregone_reason : "no reason given");
    }
}

void wi_plan_text(const struct wi_plan *plan, const struct wi_inventory *inventory,
                  struct wi_buf *out) {
    char time[32];
    size_t n = plan->case_count - foregone_count(plan), groups = measuring_groups(plan);
    if (n == 0)
        wi_buf_printf(out, "None of %zu cases would be measured on %s.\n", plan->case_count,
                      inventory->name);
    else
        wi_buf_printf(out,
                      "Would measure %zu case%s in %zu group%s on %s, about %s. Nothing was "
                      "measured.\n",
                      n, n == 1 ? "" : "s", groups, groups == 1 ? "" : "s", inventory->name,
                      wi_format_duration(time, sizeof time, plan->forecast_s));
    foregone_lines(plan, out);
    wi_buf_putc(out, '\n');
    wi_buf_printf(out, "  %-22s %-5s %-8s %6s %6s  %-7s %9s %s\n", "model", "prec.", "phase",
                  "tokens", "depth", "compute", "memory", "time");
    for (size_t g = 0; g < plan->group_count; g++) {
        group_line(&plan->groups[g], out);
        for (size_t i = 0; i < plan->groups[g].count; i++)
            case_line(&plan->groups[g].cases[i], out);
    }
}

/* A model's case has none. */
static void op_size_json(struct wi_json *json, const char *key, uint32_t size) {
    if (size > 0)
        wi_json_u64(json, key, size);
    else
        wi_json_null(json, key);
}

static void case_json(const struct wi_plan_case *c, struct wi_json *json) {
    wi_json_object(json, NULL);
    wi_json_u64(json, "index", c->index);
    wi_json_str(json, "model", c->key.model == NULL ? NULL : c->key.model->id);
    wi_json_str(json, "op", c->key.op.op);
    op_size_json(json, "m", c->key.op.m);
    op_size_json(json, "n", c->key.op.n);
    op_size_json(json, "k", c->key.op.k);
    wi_json_str(json, "precision", wi_format_get(c->key.precision)->name);
    wi_json_str(json, "kv_precision", wi_format_get(c->key.kv_precision)->name);
    wi_json_str(json, "phase", wi_phase_name(c->key.phase));
    wi_json_u64(json, "tokens", c->key.tokens);
    wi_json_u64(json, "depth", c->key.depth);
    wi_json_u64(json, "batch", c->key.batch);
    wi_json_str(json, "backend", wi_backend_id_name(c->key.backend));
    wi_json_str(json, "compute_device_id", c->key.compute_device_id);
    wi_json_str(json, "cap", c->key.cap);
    wi_json_array(json, "layers");
    for (size_t i = 0; i < WI_LAYER_KIND_COUNT; i++)
        wi_json_u64(json, NULL, c->layers[i]);
    wi_json_array_end(json);
    wi_json_u64(json, "memory_bytes", c->bytes);
    wi_json_f64(json, "forecast_s", c->forecast_s);
    wi_json_str(json, "foregone",
                c->foregone == WI_CASE_ok ? NULL : wi_case_status_name(c->foregone));
    wi_json_str(json, "reason", c->foregone_reason);
    wi_json_object_end(json);
}

static void group_json(const struct wi_plan_group *group, struct wi_json *json) {
    const struct wi_case *k = &group->cases[0].key;
    wi_json_object(json, NULL);
    wi_json_str(json, "model", k->model == NULL ? NULL : k->model->id);
    wi_json_str(json, "precision", wi_format_get(k->precision)->name);
    wi_json_str(json, "kv_precision", wi_format_get(k->kv_precision)->name);
    wi_json_u64(json, "batch", k->batch);
    wi_json_str(json, "backend", wi_backend_id_name(k->backend));
    wi_json_str(json, "compute_device_id", k->compute_device_id);
    wi_json_u64(json, "cases", group->count);
    wi_json_u64(json, "memory_bytes", group->bytes);
    wi_json_f64(json, "open_s", group->open_s);
    wi_json_f64(json, "forecast_s", wi_group_forecast_s(group));
    wi_json_object_end(json);
}

void wi_plan_json(const struct wi_plan *plan, const struct wi_inventory *inventory,
                  struct wi_buf *out) {
    struct wi_json json;
    wi_json_init(&json, out, true);
    wi_json_object(&json, NULL);
    wi_json_str(&json, "schema", "weighin.plan/1");
    wi_json_str(&json, "device_id", inventory->identity.device_id);
    wi_json_str(&json, "suite_hash", plan->suite_hash);
    wi_json_str(&json, "plan_hash", plan->plan_hash);
    wi_json_f64(&json, "forecast_s", plan->forecast_s);
    wi_json_u64(&json, "to_measure", plan->case_count - foregone_count(plan));
    wi_json_u64(&json, "foregone", foregone_count(plan));
    wi_json_array(&json, "groups");
    for (size_t g = 0; g < plan->group_count; g++)
        group_json(&plan->groups[g], &json);
    wi_json_array_end(&json);
    wi_json_array(&json, "cases");
    for (size_t g = 0; g < plan->group_count; g++) {
        for (size_t i = 0; i < plan->groups[g].count; i++)
            case_json(&plan->groups[g].cases[i], &json);
    }
    wi_json_array_end(&json);
    wi_json_object_end(&json);
    wi_buf_putc(out, '\n');
}
