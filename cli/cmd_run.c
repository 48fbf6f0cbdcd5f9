/* cmd_run.c: weighs this device in: probe, plan, measure, store, derive, say what it can run.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Relies on: bench executing the plan and handing over each row as it is finished.
 * Promises: every row handed over is in the database, durable, before the next case begins; Ctrl-C
 * and any failure after that lose nothing. */
#include "base/build_info.h"
#include "base/clock.h"
#include "base/os.h"
#include "base/units.h"
#include "cli/load.h"
#include "cli/machine.h"
#include "cli/plan_print.h"
#include "cli/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct weigh_in {
    struct wi_cli *cli;
    struct wi_run_request request;
    struct wi_env *env;
    struct wi_inventory *inventory;
    struct wi_plan *plan;
    struct wi_store *store;
    struct wi_run run;
    size_t done, ok;
    double left_s; /* as last forecast */
};

/* ---- what happens while measuring ---- */

static const char *case_text(const struct wi_case *key, char *out, size_t n) {
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

static void say_measured(const struct weigh_in *w, const struct wi_measurement *m) {
    char text[160], rate[32], lo[32], hi[32], left[32];
    fprintf(stderr, "[%zu/%zu] %s: ", w->done, w->plan->case_count,
            case_text(&m->key, text, sizeof text));
    if (m->status == WI_CASE_ok)
        fprintf(stderr, "%s tok/s [%s, %s]",
                wi_format_g3(rate, sizeof rate, m->tokens_per_s.median),
                wi_format_g3(lo, sizeof lo, m->tokens_per_s.lo),
                wi_format_g3(hi, sizeof hi, m->tokens_per_s.hi));
    else
        fprintf(stderr, "%s: %s", wi_case_status_name(m->status),
                m->reason == NULL ? "no reason given" : m->reason);
    if (w->left_s > 0)
        fprintf(stderr, "; about %s left", wi_format_duration(left, sizeof left, w->left_s));
    fputc('\n', stderr);
}

static int on_measured(void *state, const struct wi_measurement *measurement, struct wi_err *err) {
    struct weigh_in *w = state;
    struct wi_measurement m = *measurement;
    if (m.id[0] == '\0')
        wi_store_new_id(wi_utc_ns(&wi_clock_system), m.id);
    WI_TRY(
        wi_store_put_measurement(w->store, w->run.id, w->inventory->identity.device_id, &m, err));
    w->done++;
    w->ok += m.status == WI_CASE_ok;
    say_measured(w, &m);
    return WI_OK;
}

static int on_conditions(void *state, const char *when, const struct wi_conditions *conditions,
                         struct wi_err *err) {
    struct weigh_in *w = state;
    return wi_store_put_conditions(w->store, w->run.id, when, conditions, err);
}

static int on_roofline(void *state, const struct wi_roofline *roofline, struct wi_err *err) {
    struct weigh_in *w = state;
    return wi_store_put_roofline(w->store, w->run.id, w->inventory->identity.device_id, roofline,
                                 err);
}

static int on_tuned(void *state, const struct wi_tuning *tuning, struct wi_err *err) {
    struct weigh_in *w = state;
    return wi_store_put_tuning(w->store, w->run.id, w->inventory->identity.device_id, tuning, err);
}

static void on_progress(void *state, const struct wi_plan_case *c, const char *step,
                        double left_s) {
    (void)c, (void)step;
    struct weigh_in *w = state;
    w->left_s = left_s;
}

static void on_warning(void *state, const char *sentence) {
    (void)state;
    wi_cli_warn("%s", sentence);
}

/* ---- the run's own row ---- */

static const char *first_line(struct weigh_in *w, const char *path) {
    struct wi_buf text = {0};
    const char *line = NULL;
    if (wi_os_read_file(path, 4096, &text, NULL) == WI_OK && text.size > 0)
        line = wi_arena_strndup(w->cli->arena, text.data, strcspn(text.data, "\n"));
    wi_buf_fini(&text);
    return line;
}

static int describe_run(struct weigh_in *w, struct wi_err *err) {
    const struct wi_build_info *build = wi_build_info();
    w->run = (struct wi_run){.started_utc_ns = wi_utc_ns(&wi_clock_system),
                             .started_mono_ns = wi_now_ns(&wi_clock_system),
                             .boot_id = first_line(w, "/proc/sys/kernel/random/boot_id"),
                             .clock_sync = wi_os_clock_sync(),
                             .profile = w->request.profile,
                             .tool_version = build->version,
                             .commit = build->commit,
                             .tool_built_utc_ns = build->built_utc_ns,
                             .seed = w->request.seed,
                             .state = "open"};
    memcpy(w->run.suite_hash, w->plan->suite_hash, sizeof w->run.suite_hash);
    memcpy(w->run.plan_hash, w->plan->plan_hash, sizeof w->run.plan_hash);
    wi_store_new_id(w->run.started_utc_ns, w->run.id);
    return wi_labels_read(w->cli, &w->run.labels, &w->run.label_count, err);
}

static int begin(struct weigh_in *w, struct wi_err *err) {
    WI_TRY(wi_store_put_catalogue(w->store, w->cli->catalogue, err));
    WI_TRY(wi_store_put_inventory(w->store, w->inventory, w->run.id, w->run.started_utc_ns, err));
    return wi_store_put_run(w->store, &w->run, w->inventory->identity.device_id, err);
}

/* Closes the run and derives; `measured` is how the measuring ended. */
static int finish(struct weigh_in *w, int measured, struct wi_err *err) {
    const struct wi_tier_file *tiers = NULL;
    w->run.finished_utc_ns = wi_utc_ns(&wi_clock_system);
    w->run.state = measured == WI_OK ? "finished" : "interrupted";
    WI_TRY(wi_store_finish_run(w->store, &w->run, err));
    WI_TRY(wi_cli_tiers(w->cli, NULL, &tiers, err));
    return wi_derive(w->store, w->cli->catalogue, tiers, wi_rules_default(), err);
}

static int measure(struct weigh_in *w, struct wi_err *err) {
    const struct wi_run_sink sink = {.state = w,
                                     .progress = on_progress,
                                     .measured = on_measured,
                                     .conditions = on_conditions,
                                     .roofline = on_roofline,
                                     .tuned = on_tuned,
                                     .warning = on_warning};
    WI_TRY(begin(w, err));
    WI_TRY(wi_store_load_choice(w->store, w->inventory->identity.device_id,
                                w->inventory->cpu.compute_device_id, wi_phase_name(WI_PHASE_decode),
                                w->cli->arena, &w->request.threads_before, err));
    wi_os_catch_interrupt();
    struct wi_err why = {0};
    int status = wi_run_execute(&w->request, w->plan, w->inventory, w->env, &sink, &why);
    if (status != WI_OK && status != WI_INTERRUPTED) {
        (void)finish(w, status, NULL); /* what was stored stays usable */
        return wi_fail(err, status, "%s", why.message);
    }
    if (status == WI_INTERRUPTED) {
        w->cli->exit_code = 130;
        wi_cli_warn("interrupted: %zu of %zu cases are stored", w->done, w->plan->case_count);
    }
    return finish(w, status, err);
}

/* ---- the answer ---- */

static int show(struct weigh_in *w, struct wi_err *err) {
    struct wi_run_view view;
    WI_TRY(wi_load_run_view(w->cli, w->store, w->inventory->identity.device_id, w->run.id, &view,
                            err));
    (w->cli->json ? wi_report_run_json : wi_report_run_text)(&view, &w->cli->out);
    if (w->ok == 0 && w->cli->exit_code == 0) {
        w->cli->exit_code = 1;
        wi_cli_warn("no case could be measured; each row says why");
    }
    return WI_OK;
}

static int store_and_measure(struct weigh_in *w, struct wi_err *err) {
    WI_TRY(wi_cli_open(w->cli, WI_STORE_WRITE, &w->store, err));
    int status = measure(w, err);
    if (status == WI_OK)
        status = show(w, err);
    return wi_cli_close(w->store, status, err);
}

/* One run at a time and user: two would disturb each other's numbers. */
static int lock_and_measure(struct weigh_in *w, struct wi_err *err) {
    const char *folder = getenv("XDG_RUNTIME_DIR");
    if (folder == NULL || !wi_os_exists(folder))
        folder = "/tmp";
    const char *path =
        wi_arena_printf(w->cli->arena, "%s/weighin-run-%u.lock", folder, wi_os_user_id());
    int lock = -1;
    int status = wi_os_lock(path, wi_args_has(&w->cli->args, "wait"), &lock, err);
    if (status == WI_BUSY)
        return wi_fail(err, WI_BUSY,
                       "another run measures on this machine (it holds %s): wait for it, or use "
                       "--wait",
                       path);
    WI_TRY(status);
    status = store_and_measure(w, err);
    wi_os_unlock(lock);
    return status;
}

static int probe_and_plan(struct weigh_in *w, struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    bool dry = wi_args_has(&w->cli->args, "dry-run");
    WI_TRY(wi_cli_catalogue(w->cli, &catalogue, err));
    WI_TRY(wi_request_read(w->cli, &w->request, err));
    WI_TRY(wi_env_live(&w->env, err));
    WI_TRY(wi_cli_probe(w->cli, w->env, !dry, &w->inventory, err));
    WI_TRY(wi_plan_build(&w->request, w->inventory, catalogue, &w->plan, err));
    WI_TRY(describe_run(w, err));
    if (!dry)
        return lock_and_measure(w, err);
    (w->cli->json ? wi_plan_json : wi_plan_text)(w->plan, w->inventory, &w->cli->out);
    return WI_OK;
}

static int run(struct wi_cli *cli, struct wi_err *err) {
    struct weigh_in w = {.cli = cli};
    int status = probe_and_plan(&w, err);
    wi_plan_destroy(w.plan);
    if (w.inventory != NULL)
        wi_arena_destroy(w.inventory->arena);
    wi_env_destroy(w.env);
    return status;
}

const struct wi_command wi_command_run = {
    .name = "run",
    .operands = "",
    .summary = "weighs this device in: measures, stores, and says what it can run",
    .details =
        "Runs a reference transformer with synthetic weights at the shapes of real models, each\n"
        "group of cases in a process of its own. A case that crashes, hangs or does not fit is\n"
        "a row with its reason. Ctrl-C keeps what is done (exit code 130).\n"
        "Example: weighin run --profile quick --models gemma-2b --precisions q4_0",
    .use = WI_USE_json | WI_USE_db | WI_USE_models,
    .options = wi_run_options,
    .run = run,
};
