/* json_ops.c: single ops of a run as programs read them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/json_parts.h"
#include "report/words.h"

#include <math.h>

static void put_key(struct wi_json *json, const struct wi_measurement *m) {
    const struct wi_case *k = &m->key;
    wi_json_str(json, "backend", wi_backend_id_name(k->backend));
    wi_json_str(json, "compute_device_id", k->compute_device_id);
    wi_json_bool(json, "software", m->software);
    wi_json_bool(json, "what_if", m->what_if);
    wi_json_str(json, "cap", k->cap && *k->cap ? k->cap : NULL);
    wi_json_str(json, "op", k->op.op);
    wi_json_u64(json, "m", k->op.m);
    wi_json_u64(json, "n", k->op.n);
    wi_json_u64(json, "k", k->op.k);
    wi_json_str(json, "precision", wi_precision_label(k->precision));
    wi_json_str(json, "phase", wi_phase_name(k->phase));
}

/* Of one application, whose rows came at the stored rate. */
static void put_time(struct wi_json *json, const struct wi_measurement *m) {
    const struct wi_rate *r = &m->tokens_per_s;
    bool ok = m->status == WI_CASE_ok && r->median > 0;
    double us = 1e6 * m->key.op.m;
    wi_json_object(json, "time_us");
    wi_json_f64(json, "median", ok ? us / r->median : (double)NAN);
    wi_json_f64(json, "lo", ok ? us / r->hi : (double)NAN);
    wi_json_f64(json, "hi", ok ? us / r->lo : (double)NAN);
    wi_json_f64(json, "best", ok ? us / r->best : (double)NAN);
    wi_json_object_end(json);
}

static void put_work(struct wi_json *json, const struct wi_measurement *m) {
    wi_json_count(json, "weight_bytes", m->weight_bytes);
    wi_json_f64(json, "flops", m->flops_per_token * m->key.op.m);
    wi_json_reached(json, m);
}

static void put_op(struct wi_json *json, const struct wi_measurement *m, const char *barred) {
    wi_json_object(json, NULL);
    wi_json_str(json, "id", m->id);
    wi_json_bool(json, "eligible", m->status == WI_CASE_ok && barred == NULL);
    wi_json_str(json, "barred_because", barred);
    put_key(json, m);
    wi_json_str(json, "status", wi_case_status_name(m->status));
    wi_json_str(json, "reason", m->reason);
    wi_json_how(json, m);
    put_time(json, m);
    wi_json_passes(json, m);
    wi_json_u64(json, "matrices", m->key.op.matrices);
    wi_json_doubts(json, m);
    wi_json_verification(json, m);
    put_work(json, m);
    wi_json_object_end(json);
}

void wi_json_single_ops(struct wi_json *json, const char *key, const struct wi_run_view *view) {
    wi_json_array(json, key);
    for (size_t i = 0; i < view->op_count; i++)
        put_op(json, &view->ops[i].m, view->ops_barred ? view->ops_barred[i] : NULL);
    wi_json_array_end(json);
}
