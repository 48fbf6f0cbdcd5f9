/* run_log.c: stores what is measured and says so; run_log.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Promises: a row is in the database, durable, before anything is said of it. */
#include "cli/run_log.h"

#include "cli/terminal.h"
#include "base/clock.h"
#include "base/os.h"
#include "base/units.h"
#include "report/escape.h"

#include <stdio.h>

/* ---- lines ---- */

/* "gemma-2b q4_0 decode at depth 512 on cpu0", "gemv 1 x 2048 x 2048 q4_0 on cpu0" */
static void put_case(const struct wi_case *key, struct wi_buf *text) {
    char label[64];
    if (key->op.op != NULL) {
        wi_buf_printf(text, "%s %s on %s", wi_op_label(&key->op, label, sizeof label),
                      wi_format_get(key->precision)->name, key->compute_device_id);
        return;
    }
    wi_buf_printf(text, "%s %s %s", key->model == NULL ? "?" : key->model->id,
                  wi_format_get(key->precision)->name, wi_phase_name(key->phase));
    if (key->phase == WI_PHASE_decode)
        wi_buf_printf(text, " at depth %u", key->depth);
    else
        wi_buf_printf(text, " %u", key->tokens);
    wi_buf_printf(text, " on %s", key->compute_device_id);
}

static void put_left(const struct wi_run_log *l, struct wi_buf *text) {
    char left[32];
    if (l->left_s > 0)
        wi_buf_printf(text, "about %s left", wi_format_duration(left, sizeof left, l->left_s));
}

/* One line, or on a terminal a paragraph of its width; `word` in the colour of its style. */
static void say(struct wi_run_log *l, const char *first, const char *before, const char *word,
                const char *style, const char *after) {
    const struct wi_look look = wi_terminal_look(WI_STDERR);
    struct wi_buf lines = {0};
    if (wi_os_terminal_columns(WI_STDERR) > 0) {
        lines.look = &look;
        wi_lay_wrap_styled(&lines, first, before, word, style, after);
    } else {
        const char *const parts[] = {first, before, word, after};
        for (size_t i = 0; i < WI_COUNT(parts); i++)
            wi_put_text(&lines, parts[i]);
        wi_buf_putc(&lines, '\n');
    }
    wi_progress_say(&l->progress, &lines);
    wi_buf_fini(&lines);
}

static void say_measured(struct wi_run_log *l, const struct wi_measurement *m) {
    char count[64], rate[32], lo[32], hi[32];
    struct wi_buf before = {0}, after = {0};
    const char *status = m->status == WI_CASE_ok ? "" : wi_case_status_name(m->status);
    snprintf(count, sizeof count, "[%zu/%zu] ", l->done, l->case_count);
    put_case(&m->key, &before);
    wi_buf_puts(&before, ": ");
    if (m->status == WI_CASE_ok && m->kind == WI_KIND_op)
        wi_buf_printf(&after, "%s GB/s, %s GFLOP/s",
                      wi_format_g3(lo, sizeof lo, m->achieved_gb_per_s),
                      wi_format_g3(hi, sizeof hi, m->achieved_gflop_per_s));
    else if (m->status == WI_CASE_ok)
        wi_buf_printf(&after, "%s tok/s [%s, %s]",
                      wi_format_g3(rate, sizeof rate, m->tokens_per_s.median),
                      wi_format_g3(lo, sizeof lo, m->tokens_per_s.lo),
                      wi_format_g3(hi, sizeof hi, m->tokens_per_s.hi));
    else
        wi_buf_printf(&after, ": %s", m->reason == NULL ? "no reason given" : m->reason);
    if (!l->progress.live && l->left_s > 0) {
        wi_buf_puts(&after, "; ");
        put_left(l, &after);
    }
    say(l, count, wi_buf_str(&before), status, status, wi_buf_str(&after));
    wi_buf_fini(&before);
    wi_buf_fini(&after);
}

/* What matters most comes first: a narrow terminal cuts off the rest. */
static void show_status(struct wi_run_log *l, const struct wi_case *key, const char *step) {
    struct wi_buf text = {0};
    if (!l->progress.live)
        return;
    wi_buf_printf(&text, "[%zu/%zu] ", l->done, l->case_count);
    put_left(l, &text);
    wi_buf_puts(&text, l->left_s > 0 ? ": " : "");
    put_case(key, &text);
    wi_buf_printf(&text, ", %s", step);
    wi_progress_status(&l->progress, wi_buf_str(&text));
    wi_buf_fini(&text);
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
    struct wi_run_log *l = state;
    l->left_s = left_s;
    show_status(l, &c->key, step);
}

static void on_forecast(void *state, double total_s) {
    struct wi_run_log *l = state;
    char text[32];
    l->forecast_s = total_s;
    say(l, "forecast: ", "about ", wi_format_duration(text, sizeof text, total_s), NULL,
        " in all, now that this device's limits are known");
}

static void on_warning(void *state, const char *sentence) {
    say(state, "weighin: ", "", "warning: ", "warning", sentence);
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
    char text[32], what[96];
    wi_progress_begin(&l->progress);
    l->case_count = plan->case_count;
    l->forecast_s = plan->forecast_s;
    snprintf(what, sizeof what, "%zu case%s in %zu group%s; forecast: about ", plan->case_count,
             plan->case_count == 1 ? "" : "s", plan->group_count,
             plan->group_count == 1 ? "" : "s");
    if (l->forecast_s > 0)
        say(l, "", what, wi_format_duration(text, sizeof text, l->forecast_s), NULL, "");
}

void wi_run_log_stop(struct wi_run_log *l) {
    wi_progress_end(&l->progress);
}

void wi_run_log_end(struct wi_run_log *l, double took_s) {
    char forecast[32], took[32], what[96];
    snprintf(what, sizeof what, "forecast %s, took ",
             wi_format_duration(forecast, sizeof forecast, l->forecast_s));
    if (l->forecast_s > 0)
        say(l, "", what, wi_format_duration(took, sizeof took, took_s), NULL, "");
}
