/* run_log.c: stores what is measured and says so; run_log.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Promises: a row is in the database, durable, before anything is said of it. */
#include "cli/run_log.h"

#include "base/clock.h"
#include "base/units.h"

#include <stdio.h>

/* ---- lines ---- */

static const char *op_text(const struct wi_case *key, char *out, size_t n) {
    char label[64];
    snprintf(out, n, "%s %s on %s", wi_op_label(&key->op, label, sizeof label),
             wi_format_get(key->precision)->name, key->compute_device_id);
    return out;
}

static const char *case_text(const struct wi_case *key, char *out, size_t n) {
    if (key->op.op != NULL)
        return op_text(key, out, n);
    int used = snprintf(out, n, "%s %s %s", key->model == NULL ? "?" : key->model->id,
                        wi_format_get(key->precision)->name, wi_phase_name(key->phase));
    if (used > 0 && (size_t)used < n) {
        if (key->phase == WI_PHASE_decode)
            used += snprintf(out + used, n - (size_t)used, " at depth %u", key->depth);
        else
            used += snprintf(out + used, n - (size_t)used, " %u", key->tokens);
    }
    if (used > 0 && (size_t)used < n)
        snprintf(out + used, n - (size_t)used, " on %s", key->compute_device_id);
    return out;
}

static void say_measured(const struct wi_run_log *l, const struct wi_measurement *m) {
    char text[160], rate[32], lo[32], hi[32], left[32];
    fprintf(stderr, "[%zu/%zu] %s: ", l->done, l->case_count,
            case_text(&m->key, text, sizeof text));
    if (m->status == WI_CASE_ok && m->kind == WI_KIND_op)
        fprintf(stderr, "%s GB/s, %s GFLOP/s", wi_format_g3(lo, sizeof lo, m->achieved_gb_per_s),
                wi_format_g3(hi, sizeof hi, m->achieved_gflop_per_s));
    else if (m->status == WI_CASE_ok)
        fprintf(stderr, "%s tok/s [%s, %s]",
                wi_format_g3(rate, sizeof rate, m->tokens_per_s.median),
                wi_format_g3(lo, sizeof lo, m->tokens_per_s.lo),
                wi_format_g3(hi, sizeof hi, m->tokens_per_s.hi));
    else
        fprintf(stderr, "%s: %s", wi_case_status_name(m->status),
                m->reason == NULL ? "no reason given" : m->reason);
    if (l->left_s > 0)
        fprintf(stderr, "; about %s left", wi_format_duration(left, sizeof left, l->left_s));
    fputc('\n', stderr);
}

/* ---- hooks ---- */

static int on_measured(void *state, const struct wi_measurement *measurement, struct wi_err *err) {
    struct wi_run_log *l = state;
    struct wi_measurement m = *measurement;
    if (l->resumed && m.status == WI_CASE_ok)
        m.doubts |= WI_DOUBT_BIT(WI_DOUBT_resumed);
    if (m.id[0] == '\0')
        wi_store_new_id(wi_utc_ns(&wi_clock_system), m.id);
    WI_TRY(wi_store_put_measurement(l->store, l->run_id, l->device_id, &m, err));
    l->done++;
    say_measured(l, &m);
    return WI_OK;
}

static int on_loaded(void *state, const struct wi_measurement *measurement, struct wi_err *err) {
    struct wi_run_log *l = state;
    struct wi_measurement m = *measurement;
    wi_store_new_id(wi_utc_ns(&wi_clock_system), m.id);
    return wi_store_put_measurement(l->store, l->run_id, l->device_id, &m, err);
}

static int on_conditions(void *state, const char *when, const struct wi_conditions *conditions,
                         struct wi_err *err) {
    struct wi_run_log *l = state;
    return wi_store_put_conditions(l->store, l->run_id, when, conditions, err);
}

static int on_roofline(void *state, const struct wi_roofline *roofline, struct wi_err *err) {
    struct wi_run_log *l = state;
    return wi_store_put_roofline(l->store, l->run_id, l->device_id, roofline, err);
}

static int on_tuned(void *state, const struct wi_tuning *tuning, struct wi_err *err) {
    struct wi_run_log *l = state;
    return wi_store_put_tuning(l->store, l->run_id, l->device_id, tuning, err);
}

static void on_progress(void *state, const struct wi_plan_case *c, const char *step,
                        double left_s) {
    (void)c, (void)step;
    struct wi_run_log *l = state;
    l->left_s = left_s;
}

static void on_forecast(void *state, double total_s) {
    struct wi_run_log *l = state;
    char text[32];
    l->forecast_s = total_s;
    fprintf(stderr, "forecast: about %s in all, now that this device's limits are known\n",
            wi_format_duration(text, sizeof text, total_s));
}

static void on_warning(void *state, const char *sentence) {
    (void)state;
    wi_cli_warn("%s", sentence);
}

/* ---- a run ---- */

struct wi_run_sink wi_run_log_sink(struct wi_run_log *log) {
    return (struct wi_run_sink){.state = log,
                                .progress = on_progress,
                                .measured = on_measured,
                                .loaded = on_loaded,
                                .conditions = on_conditions,
                                .roofline = on_roofline,
                                .tuned = on_tuned,
                                .warning = on_warning,
                                .forecast = on_forecast};
}

void wi_run_log_begin(struct wi_run_log *l, const struct wi_plan *plan) {
    char text[32];
    l->case_count = plan->case_count;
    l->forecast_s = plan->forecast_s;
    if (l->forecast_s > 0)
        fprintf(stderr, "%zu case%s in %zu group%s; forecast: about %s\n", plan->case_count,
                plan->case_count == 1 ? "" : "s", plan->group_count,
                plan->group_count == 1 ? "" : "s",
                wi_format_duration(text, sizeof text, l->forecast_s));
}

void wi_run_log_end(const struct wi_run_log *l, double took_s) {
    char forecast[32], took[32];
    if (l->forecast_s > 0)
        fprintf(stderr, "forecast %s, took %s\n",
                wi_format_duration(forecast, sizeof forecast, l->forecast_s),
                wi_format_duration(took, sizeof took, took_s));
}
