/* cmd_probe.c: what is this device?
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/json.h"
#include "cli/machine.h"
#include "report/report.h"

static const struct wi_option options[] = {
    {"record", 0, "DIR", false, "write what the probes read into a new folder, redacted"},
    {"raw", 0, NULL, false, "with --record: leave serials, addresses and names in"},
    {"replay", 0, "DIR", false, "probe a recording instead of this machine"},
    {"store", 0, NULL, false, "append the facts to the database without measuring"},
    {"asset", 0, "ID", false, "the device's asset tag, as its identity (default $WEIGHIN_ASSET)"},
    {0},
};

static int open_env(const struct wi_args *args, struct wi_env **env, struct wi_err *err) {
    const char *record = wi_args_get(args, "record"), *replay = wi_args_get(args, "replay");
    if (record != NULL && replay != NULL)
        return wi_fail(err, WI_USAGE, "probe: --record and --replay exclude each other");
    if (wi_args_has(args, "raw") && record == NULL)
        return wi_fail(err, WI_USAGE, "probe: --raw says how to record: give --record DIR too");
    if (wi_args_has(args, "store") && replay != NULL)
        return wi_fail(err, WI_USAGE, "probe: --store is for this machine, not for a recording");
    if (record != NULL)
        return wi_env_record(record, wi_args_has(args, "raw"), env, err);
    return replay != NULL ? wi_env_replay(replay, env, err) : wi_env_live(env, err);
}

static int store_facts(struct wi_cli *cli, const struct wi_inventory *inventory,
                       struct wi_err *err) {
    struct wi_store *store = NULL;
    WI_TRY(wi_cli_open(cli, WI_STORE_WRITE, &store, err));
    int status = wi_store_put_inventory(store, inventory, "", wi_utc_ns(&wi_clock_system), err);
    return wi_cli_close(store, status, err);
}

static int probe(struct wi_cli *cli, struct wi_err *err) {
    struct wi_env *env = NULL;
    struct wi_inventory *inventory = NULL;
    bool store = wi_args_has(&cli->args, "store");
    WI_TRY(open_env(&cli->args, &env, err));
    int status = wi_cli_probe(cli, env, store, &inventory, err);
    if (status == WI_OK)
        status = wi_env_finish(env, err);
    if (status == WI_OK && store)
        status = store_facts(cli, inventory, err);
    if (status == WI_OK)
        (cli->json ? wi_report_probe_json : wi_probe_print)(inventory, &cli->out);
    if (inventory != NULL)
        wi_arena_destroy(inventory->arena);
    wi_env_destroy(env);
    return status;
}

const struct wi_command wi_command_probe = {
    .name = "probe",
    .operands = "",
    .summary = "what is this device? CPU, memory, GPUs, drivers, and what is missing",
    .details =
        "Measures nothing. A recording is one folder that replays to the same answer anywhere;\n"
        "serials, addresses, host and user names in it are replaced unless --raw.",
    .use = WI_USE_json | WI_USE_db,
    .options = options,
    .run = probe,
};
