/* cmd_run.c: weighs this device in: probe, plan, measure, store, derive, say what it can run.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Relies on: bench executing the plan and handing over each row as it is finished.
 * Promises: Ctrl-C and any failure after a row was handed over lose nothing (run_log.h stores it).
 */
#include "base/build_info.h"
#include "base/clock.h"
#include "base/os.h"
#include "cli/expect.h"
#include "cli/load.h"
#include "cli/machine.h"
#include "cli/plan_print.h"
#include "cli/request.h"
#include "cli/resume.h"
#include "cli/run_how.h"
#include "cli/run_lock.h"
#include "cli/run_log.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>

struct weigh_in {
    struct wi_cli *cli;
    struct wi_run_request request;
    struct wi_run_how how;
    struct wi_env *env;
    struct wi_inventory *inventory;
    struct wi_plan *plan;
    struct wi_store *store;
    struct wi_run run;
    const struct wi_label *labels;
    size_t label_count;
    bool resumed; /* the run was begun before */
    struct wi_expectation expectation;
    const char **series; /* ids of the runs of this call */
    size_t series_count;
    struct wi_run_log log;
    double took_s;
};

/* ---- the run's own row ---- */

static const char *first_line(struct weigh_in *w, const char *path) {
    struct wi_buf text = {0};
    const char *line = NULL;
    if (wi_os_read_file(path, 4096, &text, NULL) == WI_OK && text.size > 0)
        line = wi_arena_strndup(w->cli->arena, text.data, strcspn(text.data, "\n"));
    wi_buf_fini(&text);
    return line;
}

static void describe_run(struct weigh_in *w) {
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
                             .labels = w->labels,
                             .label_count = w->label_count,
                             .state = "open"};
    memcpy(w->run.suite_hash, w->plan->suite_hash, sizeof w->run.suite_hash);
    memcpy(w->run.plan_hash, w->plan->plan_hash, sizeof w->run.plan_hash);
    wi_store_new_id(w->run.started_utc_ns, w->run.id);
}

static int begin(struct weigh_in *w, struct wi_err *err) {
    WI_TRY(wi_store_put_catalogue(w->store, w->cli->catalogue, err));
    if (w->resumed)
        return WI_OK;
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
    w->log = (struct wi_run_log){.store = w->store,
                                 .run_id = w->run.id,
                                 .device_id = w->inventory->identity.device_id,
                                 .resumed = w->resumed};
    const struct wi_run_sink sink = wi_run_log_sink(&w->log);
    WI_TRY(begin(w, err));
    WI_TRY(wi_store_load_choice(w->store, w->inventory->identity.device_id,
                                w->inventory->cpu.compute_device_id, wi_phase_name(WI_PHASE_decode),
                                w->cli->arena, &w->request.threads_before, err));
    wi_run_log_begin(&w->log, w->plan);
    struct wi_err why = {0};
    uint64_t began_ns = wi_now_ns(&wi_clock_system);
    int status = wi_run_execute(&w->request, w->plan, w->inventory, w->env, &sink, &why);
    w->took_s = (double)(wi_now_ns(&wi_clock_system) - began_ns) / 1e9;
    wi_run_log_stop(&w->log);
    if (status != WI_OK && status != WI_INTERRUPTED) {
        (void)finish(w, status, NULL); /* what was stored stays usable */
        return wi_fail(err, status, "%s", why.message);
    }
    if (status == WI_INTERRUPTED) {
        w->cli->exit_code = 130;
        wi_cli_warn("interrupted: %zu of %zu cases are stored; the same command with --resume%s "
                    "goes on",
                    w->log.done, w->plan->case_count,
                    wi_args_has(&w->cli->args, "repeat") ? " and --repeat 1" : "");
    } else {
        wi_run_log_end(&w->log, w->took_s);
    }
    return finish(w, status, err);
}

/* ---- the answer ---- */

static size_t count_ok(const struct wi_run_view *view) {
    size_t n = 0;
    for (size_t i = 0; i < view->evidence_count; i++)
        n += view->evidence[i].m.kind == WI_KIND_model && view->evidence[i].m.status == WI_CASE_ok;
    return n;
}

/* What used to work and no longer does stays said by the exit code, whatever later runs find. */
static void hold(struct weigh_in *w, struct wi_run_view *view, struct wi_expect_view *expect) {
    if (w->how.expect == NULL)
        return;
    wi_expect_hold(&w->expectation, view->evidence, view->evidence_count, w->cli->arena, expect);
    view->expect = expect;
    if (expect->held == 0 && w->expectation.worked.count > 0) {
        wi_cli_warn(
            "none of the %zu cases that worked in %s was asked: nothing can be told of them",
            w->expectation.worked.count, expect->against);
        if (w->cli->exit_code == 0)
            w->cli->exit_code = 4;
    }
    if (expect->lost_count == 0)
        return;
    wi_cli_warn("%zu of %zu cases that worked in %s no longer do", expect->lost_count, expect->held,
                expect->against);
    if (w->cli->exit_code == 0)
        w->cli->exit_code = 3;
}

static int show(struct weigh_in *w, struct wi_err *err) {
    struct wi_run_view view;
    struct wi_expect_view expect;
    WI_TRY(wi_load_run_view(w->cli, w->store, w->inventory->identity.device_id, w->run.id, &view,
                            err));
    view.series = w->series;
    view.series_count = w->series_count;
    view.forecast_s = w->log.forecast_s;
    view.took_s = w->took_s;
    hold(w, &view, &expect);
    wi_buf_clear(&w->cli->out);                 /* of a series the last run is shown */
    w->cli->look = wi_terminal_look(WI_STDOUT); /* it may have been resized meanwhile */
    (w->cli->json ? wi_report_run_json : wi_report_run_text)(&view, &w->cli->out);
    if (count_ok(&view) == 0 && w->cli->exit_code == 0) {
        w->cli->exit_code = 1;
        wi_cli_warn("no case could be measured; each row says why");
    }
    return WI_OK;
}

/* ---- runs ---- */

/* The first of the series decides what is expected of all. */
static int expect(struct weigh_in *w, struct wi_err *err) {
    if (w->how.expect == NULL || w->series_count > 0)
        return WI_OK;
    const char *device_id = w->inventory->identity.device_id;
    int status =
        wi_expect_load(w->cli, w->store, device_id, w->how.expect, w->run.id, &w->expectation, err);
    if (status != WI_OK)
        return wi_plan_blame(&w->cli->args, "expect", status, err);
    if (w->expectation.against == NULL)
        wi_cli_warn("%s holds no finished run of device %s: there is nothing to expect",
                    wi_cli_db_path(w->cli), device_id);
    return WI_OK;
}

static int resume(struct weigh_in *w, struct wi_err *err) {
    struct wi_resumed resumed;
    if (!w->how.resume)
        return WI_OK;
    WI_TRY(wi_resume(w->cli, w->store, w->inventory, &w->request, w->plan, &resumed, err));
    w->run = *resumed.run;
    w->resumed = true;
    fprintf(stderr, "resuming run %s: %zu cases have their row, %zu are left\n", w->run.id,
            resumed.stored, w->plan->case_count);
    return WI_OK;
}

/* A run to go on with is in a database that is there: none is made for a name that is wrong. */
static int open_store(struct weigh_in *w, struct wi_err *err) {
    if (w->how.resume && !wi_os_exists(wi_cli_db_path(w->cli)))
        return wi_fail(err, WI_NOT_FOUND, "%s: no such database: there is no run to resume",
                       wi_cli_db_path(w->cli));
    return wi_cli_open(w->cli, WI_STORE_WRITE, &w->store, err);
}

static int store_and_measure(struct weigh_in *w, struct wi_err *err) {
    describe_run(w);
    WI_TRY(open_store(w, err));
    int status = resume(w, err);
    if (status == WI_OK)
        status = expect(w, err);
    if (status == WI_OK)
        status = measure(w, err);
    w->series[w->series_count++] = wi_arena_strdup(w->cli->arena, w->run.id);
    if (status == WI_OK)
        status = show(w, err);
    return wi_cli_close(w->store, status, err);
}

static int repeat(struct weigh_in *w, struct wi_err *err) {
    w->series = WI_NEW_ARRAY(w->cli->arena, const char *, w->how.repeat);
    for (unsigned i = 0; i < w->how.repeat; i++) {
        if (i > 0 && wi_os_pause(w->how.gap_s) != WI_OK) {
            wi_cli_warn("interrupted: %u of %u runs are made", i, w->how.repeat);
            w->cli->exit_code = 130;
            return WI_OK;
        }
        if (w->how.repeat > 1)
            fprintf(stderr, "run %u of %u\n", i + 1, w->how.repeat);
        WI_TRY(store_and_measure(w, err));
        if (w->cli->exit_code == 130)
            return WI_OK;
    }
    return WI_OK;
}

static int lock_and_measure(struct weigh_in *w, struct wi_err *err) {
    int lock = -1;
    wi_os_catch_interrupt();
    WI_TRY(wi_run_lock(w->cli, &lock, err));
    int status = repeat(w, err);
    wi_os_unlock(lock);
    return status;
}

/* ---- the plan ---- */

static int show_plan(struct weigh_in *w, struct wi_err *err) {
    if (w->how.resume) {
        WI_TRY(wi_cli_open(w->cli, WI_STORE_READ, &w->store, err));
        WI_TRY(wi_cli_close(w->store, resume(w, err), err));
    }
    (w->cli->json ? wi_plan_json : wi_plan_text)(w->plan, w->inventory, &w->cli->out);
    return WI_OK;
}

static int probe_and_plan(struct weigh_in *w, struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    WI_TRY(wi_plan_take(w->cli, err));
    WI_TRY(wi_run_how_read(w->cli, &w->how, err));
    WI_TRY(wi_cli_catalogue(w->cli, &catalogue, err));
    WI_TRY(wi_request_read(w->cli, &w->request, err));
    WI_TRY(wi_labels_read(w->cli, &w->labels, &w->label_count, err));
    WI_TRY(wi_env_live(&w->env, err));
    WI_TRY(wi_cli_probe(w->cli, w->env, !w->how.dry, &w->inventory, err));
    WI_TRY(wi_plan_build(&w->request, w->inventory, catalogue, &w->plan, err));
    return w->how.dry ? show_plan(w, err) : lock_and_measure(w, err);
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
        "a row with its reason. Ctrl-C keeps what is done (exit code 130); --resume goes on.\n"
        "Exit code 3: a case that --expect asks for no longer works; 4: none of its cases was "
        "asked.\n"
        "More: docs/run.md\n"
        "Example: weighin run --profile quick --models gemma-2b --precisions q4_0",
    .use = WI_USE_json | WI_USE_db | WI_USE_models,
    .options = wi_run_options,
    .run = run,
};
