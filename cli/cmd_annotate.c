/* cmd_annotate.c: withdraws or relabels evidence, by saying so beside it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/annotating.h"
#include "cli/subject.h"
#include "report/device.h"

#include <string.h>

static const struct wi_option options[] = {
    {"action", 0, "exclude|relabel|resolve|retire", false, "what follows from it"},
    {"label", 0, "TEXT", false, "relabel: KEY=VALUE for a run, the new name for a device"},
    {"reason", 0, "TEXT", false, "why, for those who read it later"},
    {"by", 0, "WHO", false, "who says so"},
    {0},
};

static int find_target(struct wi_cli *cli, struct wi_store *store, struct wi_annotation *a,
                       struct wi_err *err) {
    const struct wi_device_row *device = NULL;
    if (strcmp(a->kind, "device") != 0)
        return wi_store_find_id(store, a->kind, a->target, cli->arena, &a->target, err);
    WI_TRY(wi_cli_find_device(cli, store, a->target, &device, err));
    a->target = device->device_id;
    return WI_OK;
}

static int put(struct wi_cli *cli, struct wi_store *store, struct wi_annotation *a, char id[33],
               struct wi_err *err) {
    WI_TRY(find_target(cli, store, a, err));
    return wi_cli_annotate(cli, store, a, id, err);
}

static int check_kind(const char *kind, struct wi_err *err) {
    static const char *const kinds[] = {"measurement", "run", "device"};
    for (size_t i = 0; i < WI_COUNT(kinds); i++)
        if (strcmp(kind, kinds[i]) == 0)
            return WI_OK;
    return wi_fail(err, WI_USAGE, "annotate %s: what can be annotated is measurement, run, device",
                   kind);
}

static int annotate(struct wi_cli *cli, struct wi_err *err) {
    const struct wi_args *args = &cli->args;
    struct wi_annotation a = {.kind = args->operands[0],
                              .target = args->operands[1],
                              .action = wi_args_get(args, "action"),
                              .detail = wi_args_get(args, "label")};
    struct wi_store *store = NULL;
    char id[33] = "";
    WI_TRY(check_kind(a.kind, err));
    if (a.action == NULL)
        return wi_fail(err, WI_USAGE,
                       "annotate: --action is missing: exclude, relabel, resolve or retire");
    if (a.detail != NULL && strcmp(a.action, "relabel") != 0)
        return wi_fail(err, WI_USAGE, "annotate: --label goes with --action relabel, not with %s",
                       a.action);
    WI_TRY(wi_cli_who_and_why(cli, NULL, &a, err));
    WI_TRY(wi_cli_open_existing(cli, &store, err));
    WI_TRY(wi_cli_close(store, put(cli, store, &a, id, err), err));
    const struct wi_annotation_row row = {id, a};
    (cli->json ? wi_report_annotation_json : wi_report_annotation_text)(&row, &cli->out);
    return WI_OK;
}

const struct wi_command wi_command_annotate = {
    .name = "annotate",
    .operands = "KIND ID",
    .operand_values = "measurement|run|device ID",
    .operand_min = 2,
    .operand_max = 2,
    .summary = "withdraws or relabels evidence: who, why and when stay beside it",
    .details =
        "KIND is measurement, run or device; ID may be shortened to as much as no other shares.\n"
        "exclude: it no longer counts as evidence; relabel: another label of a run or name of a\n"
        "device; resolve: a conflict that merge reported is settled; retire: a device leaves\n"
        "the shelf. Evidence itself is never changed, and an annotation is never taken back:\n"
        "what was excluded by mistake is measured again.\n"
        "Example: weighin annotate run 01a2 --action exclude --reason \"fan blocked\" --by asha",
    .use = WI_USE_json | WI_USE_db | WI_USE_models,
    .options = options,
    .run = annotate,
};
