/* cmd_doctor.c: one text for a bug report.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything in it is probed through a listener, hidden, and then told out of what was heard: what
 * the redaction of recordings takes out cannot get in. */
#include "base/build_info.h"
#include "base/text.h"
#include "cli/machine.h"
#include "report/doctor.h"
#include "report/words.h"

#include <stdlib.h>
#include <string.h>

/* Where the listener's notes are read back. */
static const char note_environment[] = "/weighin/environment";
static const char note_database[] = "/weighin/database";

/* ---- notes ---- */

extern char **environ;

static bool matters(const char *line) {
    static const char *const begin[] = {"WEIGHIN_", "VK_",   "OCL_", "OMP_",  "GOMP_",
                                        "MESA_",    "LIBGL", "POCL", "CUDA_", "NVIDIA_",
                                        "GGML_",    "LD_",   "LC_",  "LANG"};
    for (size_t i = 0; i < WI_COUNT(begin); i++)
        if (strncmp(line, begin[i], strlen(begin[i])) == 0)
            return true;
    return false;
}

/* The asset tag is a name like any other: nothing in its form would give it away. */
static void note_environ(struct wi_env *listener, bool raw) {
    struct wi_buf text = {0};
    for (char **line = environ; line != NULL && *line != NULL; line++) {
        bool asset = strncmp(*line, "WEIGHIN_ASSET=", 14) == 0;
        if (matters(*line))
            wi_buf_printf(&text, "%s\n", asset && !raw ? "WEIGHIN_ASSET=(set)" : *line);
    }
    wi_env_listen_note(listener, note_environment, wi_buf_str(&text));
    wi_buf_fini(&text);
}

static void put_failed(struct wi_cli *cli, const struct wi_evidence_list *rows,
                       struct wi_buf *text) {
    enum { SHOWN = 50 };
    size_t failed = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct wi_measurement *m = &rows->items[i].m;
        if (m->status == WI_CASE_ok || failed++ >= SHOWN)
            continue;
        wi_buf_printf(text, "%s %s, %s on %s: %s: %s\n", m->key.model->id,
                      wi_precision_label(m->key.precision), wi_say_case(cli->arena, &m->key),
                      m->key.compute_device_id, wi_case_status_name(m->status),
                      m->reason ? m->reason : "no reason was stored");
    }
    if (failed > SHOWN)
        wi_buf_printf(text, "and %zu more\n", failed - SHOWN);
}

static int put_newest_run(struct wi_cli *cli, struct wi_store *store, struct wi_buf *text,
                          struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    struct wi_device_row *devices = NULL;
    struct wi_run_row *runs = NULL;
    struct wi_evidence_list rows = {0};
    size_t device_count = 0, n = 0;
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_store_list_devices(store, cli->arena, &devices, &device_count, err));
    WI_TRY(wi_store_load_runs(store, NULL, cli->arena, &runs, &n, err));
    wi_buf_printf(text, "%zu devices, %zu runs\n", device_count, n);
    if (n == 0)
        return WI_OK;
    const struct wi_run_row *newest = &runs[0];
    for (size_t i = 1; i < n; i++)
        if (runs[i].run.started_utc_ns > newest->run.started_utc_ns)
            newest = &runs[i];
    WI_TRY(wi_store_load_evidence(store, catalogue, newest->device_id, newest->run.id, false,
                                  cli->arena, &rows, err));
    wi_buf_printf(text, "newest run %s: profile %s, %s, by weighin %s, %s; %zu rows\n",
                  newest->run.id, newest->run.profile ? newest->run.profile : "none",
                  wi_say_utc(cli->arena, newest->run.started_utc_ns),
                  newest->run.tool_version ? newest->run.tool_version : "unknown",
                  newest->run.state ? newest->run.state : "unknown", rows.count);
    put_failed(cli, &rows, text);
    return WI_OK;
}

/* A database that cannot be read is a finding here, no failure. */
static void note_db(struct wi_cli *cli, struct wi_env *listener, bool raw) {
    const char *path = wi_cli_db_path(cli), *slash = strrchr(path, '/');
    struct wi_store *store = NULL;
    struct wi_err why = {0};
    struct wi_buf text = {0};
    int status = wi_cli_open(cli, WI_STORE_READ, &store, &why);
    wi_buf_printf(&text, "%s\n", raw || slash == NULL ? path : slash + 1);
    if (status == WI_OK)
        status = wi_cli_close(store, put_newest_run(cli, store, &text, &why), &why);
    if (status != WI_OK) /* the message may name the path */
        wi_buf_printf(&text, "%s\n", raw ? why.message : wi_status_text(status));
    wi_env_listen_note(listener, note_database, wi_buf_str(&text));
    wi_buf_fini(&text);
}

/* ---- probing twice: to hear, and to tell ---- */

static int probe_once(struct wi_cli *cli, struct wi_env *env, bool asset,
                      struct wi_inventory **inventory, struct wi_conditions *conditions,
                      struct wi_err *err) {
    const struct wi_probe_options none = {0};
    WI_TRY(asset ? wi_cli_probe(cli, env, false, inventory, err)
                 : wi_probe(env, &none, inventory, err));
    return wi_probe_conditions(env, 0, (*inventory)->arena, conditions, err);
}

static int hear(struct wi_cli *cli, bool raw, struct wi_env *listener, struct wi_env **heard,
                struct wi_err *err) {
    struct wi_inventory *inventory = NULL;
    struct wi_conditions conditions = {0};
    int status = probe_once(cli, listener, true, &inventory, &conditions, err);
    if (inventory != NULL)
        wi_arena_destroy(inventory->arena);
    WI_TRY(status);
    note_environ(listener, raw);
    note_db(cli, listener, raw);
    return wi_env_replay_heard(listener, raw, heard, err);
}

static int tell(struct wi_cli *cli, bool raw, struct wi_env *heard, struct wi_err *err) {
    const struct wi_build_info *build = wi_build_info();
    struct wi_inventory *inventory = NULL;
    struct wi_conditions conditions = {0};
    struct wi_findings findings = {0};
    struct wi_buf readings = {0};
    int status = probe_once(cli, heard, false, &inventory, &conditions, err);
    if (status == WI_OK) {
        wi_findings_of(inventory, &conditions, cli->arena, &findings);
        wi_probe_print(inventory, &readings);
        const struct wi_doctor_view view = {
            .version = build->version,
            .commit = build->commit,
            .compiler = build->compiler,
            .flags = build->flags,
            .redacted = !raw,
            .findings = &findings,
            .inventory = inventory,
            .conditions = &conditions,
            .readings = wi_buf_str(&readings),
            .environment = wi_env_text(heard, cli->arena, note_environment, NULL),
            .database = wi_env_text(heard, cli->arena, note_database, NULL)};
        (cli->json ? wi_report_doctor_json : wi_report_doctor_text)(&view, &cli->out);
    }
    wi_buf_fini(&readings);
    if (inventory != NULL)
        wi_arena_destroy(inventory->arena);
    return status;
}

/* ---- the command ---- */

static int open_listener(const struct wi_args *args, struct wi_env **listener, struct wi_err *err) {
    const char *replay = wi_args_get(args, "replay");
    struct wi_env *inner = NULL;
    WI_TRY(replay != NULL ? wi_env_replay(replay, &inner, err) : wi_env_live(&inner, err));
    int status = wi_env_listen(inner, listener, err);
    if (status != WI_OK)
        wi_env_destroy(inner);
    return status;
}

static int doctor(struct wi_cli *cli, struct wi_err *err) {
    bool raw = wi_args_has(&cli->args, "raw");
    struct wi_env *listener = NULL, *heard = NULL;
    WI_TRY(open_listener(&cli->args, &listener, err));
    int status = hear(cli, raw, listener, &heard, err);
    wi_env_destroy(listener);
    if (status == WI_OK)
        status = tell(cli, raw, heard, err);
    wi_env_destroy(heard);
    return status;
}

static const struct wi_option options[] = {
    {"raw", 0, NULL, false, "leave serials, addresses, host and user names in"},
    {"replay", 0, "DIR", false, "look at a recording of `probe --record` instead of this machine"},
    {0},
};

const struct wi_command wi_command_doctor = {
    .name = "doctor",
    .operands = "",
    .summary = "one text for a bug report: readings, what they mean, what is missing",
    .details =
        "What is missing comes first, with the command that brings it. Measures nothing and\n"
        "changes nothing. Text as it stands can be pasted into a public report.",
    .use = WI_USE_json | WI_USE_db | WI_USE_models,
    .options = options,
    .run = doctor,
};
