/* cmd_verify.c: is this database whole, consistent and of a known schema?
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "report/report.h"

/* A file that cannot be opened as ours is a finding, but one that is not there is wrong usage. */
static int verify_file(struct wi_cli *cli, const char *path, struct wi_verify_view *view,
                       struct wi_err *err) {
    struct wi_store *store = NULL;
    struct wi_err why = {0};
    struct wi_verify_finding *findings = NULL;
    *view = (struct wi_verify_view){.path = path};
    int status = wi_store_open(path, WI_STORE_READ, &store, &why);
    if (status == WI_OK) {
        view->schema_version = wi_store_schema_version(store);
        status = wi_store_verify(store, cli->arena, &findings, &view->finding_count, &why);
        view->findings = findings;
        status = wi_cli_close(store, status, &why);
    }
    if (status == WI_CORRUPT) {
        findings = WI_NEW(cli->arena, struct wi_verify_finding);
        findings->what = wi_arena_strdup(cli->arena, why.message);
        view->findings = findings;
        view->finding_count = 1;
        return WI_OK;
    }
    return status == WI_OK ? WI_OK : wi_fail(err, status, "%s", why.message);
}

static int verify(struct wi_cli *cli, struct wi_err *err) {
    size_t n = cli->args.operand_count;
    struct wi_verify_view *views = WI_NEW_ARRAY(cli->arena, struct wi_verify_view, n);
    for (size_t i = 0; i < n; i++) {
        WI_TRY(verify_file(cli, cli->args.operands[i], &views[i], err));
        if (views[i].finding_count > 0) {
            cli->exit_code = 3;
            wi_cli_warn("%s is not whole: %s", views[i].path, views[i].findings[0].what);
        }
    }
    (cli->json ? wi_report_verify_json : wi_report_verify_text)(views, n, &cli->out);
    return WI_OK;
}

const struct wi_command wi_command_verify = {
    .name = "verify",
    .operands = "FILE..",
    .operand_min = 1,
    .operand_max = 10000,
    .summary = "is this database whole, consistent and of a known schema?",
    .details =
        "Proves that the file is readable, that every row obeys the schema, that hashes belong to\n"
        "their rows and that each rate is that of its samples. Proves neither that a device\n"
        "measured honestly nor that nothing is missing. Exit code 3: not whole.",
    .use = WI_USE_json,
    .run = verify,
};
