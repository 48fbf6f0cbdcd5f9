/* cmd_check.c: can this device run it?
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask.h"
#include "cli/subject.h"
#include "report/report.h"

#include <string.h>

static const struct wi_option options[] = {
    {"precision", 0, "P", false, "how weights are stored (default q4_0; weighin list precisions)"},
    WI_ASK_OPTIONS,
    {0},
};

/* The same question at the other precisions that kernels run. */
static int find_alternatives(struct wi_cli *cli, const struct wi_verdict_request *asked,
                             struct wi_check_view *view, struct wi_err *err) {
    struct wi_alternative *list = WI_NEW_ARRAY(cli->arena, struct wi_alternative, WI_FORMAT_COUNT);
    for (size_t i = 0; i < WI_FORMAT_COUNT; i++) {
        if (!wi_format_get((enum wi_format_id)i)->kernel || i == asked->precision)
            continue;
        struct wi_verdict_request request = *asked;
        struct wi_verdict verdict = {0};
        request.precision = (enum wi_format_id)i;
        WI_TRY(wi_verdict_derive(&request, cli->arena, &verdict, err));
        list[view->alternative_count++] = (struct wi_alternative){
            .precision = request.precision,
            .context = verdict.targets.context,
            .verdict = verdict.verdict,
        };
    }
    view->alternatives = list;
    return WI_OK;
}

static const char *advice(struct wi_cli *cli, const struct wi_subject *subject,
                          const struct wi_verdict *v) {
    if (v->verdict != WI_VERDICT_unknown)
        return NULL;
    return wi_arena_printf(cli->arena, "%s: weighin run --models %s --precisions %s --db %s",
                           subject->evidence.count == 0 ? "weigh this device in"
                                                        : "measure this case",
                           v->model->id, wi_format_get(v->precision)->name, wi_cli_db_path(cli));
}

static int exit_code(enum wi_verdict_id verdict) {
    return verdict == WI_VERDICT_unknown                                       ? 4
           : verdict == WI_VERDICT_usable || verdict == WI_VERDICT_comfortable ? 0
                                                                               : 3;
}

static int check(struct wi_cli *cli, struct wi_err *err) {
    const struct wi_args *args = &cli->args;
    const struct wi_catalogue *catalogue = NULL;
    const struct wi_engine *engine = NULL;
    struct wi_targets targets;
    struct wi_subject subject;
    struct wi_verdict_request request = {.precision = WI_FORMAT_q4_0,
                                         .targets = &targets,
                                         .compute_device_id = wi_args_get(args, "compute")};
    WI_TRY(wi_cli_rules(cli, &request.rules, err));
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_catalogue_find(catalogue, args->operands[0], &request.model, err));
    if (wi_args_has(args, "precision"))
        WI_TRY(wi_cli_precision("precision", wi_args_get(args, "precision"), false,
                                &request.precision, err));
    const char *word = wi_args_get(args, "engine");
    WI_TRY(wi_catalogue_find_engine(catalogue, word == NULL ? "reference" : word, &engine, err));
    WI_TRY(wi_cli_targets(args, request.model, &targets, err));
    WI_TRY(wi_cli_subject(cli, wi_args_get(args, "device"), &subject, err));
    WI_TRY(wi_cli_known_compute(subject.inventory, request.compute_device_id, err));
    request.catalogue = catalogue;
    request.engine = engine->id;
    request.inventory = subject.inventory;
    request.evidence = &subject.evidence;
    request.rooflines = subject.rooflines;
    request.roofline_count = subject.roofline_count;
    struct wi_verdict verdict = {0};
    WI_TRY(wi_verdict_derive(&request, cli->arena, &verdict, err));
    struct wi_check_view view = {.verdict = &verdict,
                                 .device_name = subject.inventory->name,
                                 .looked_at = subject.looked_at,
                                 .advice = advice(cli, &subject, &verdict)};
    WI_TRY(find_alternatives(cli, &request, &view, err));
    (cli->json ? wi_report_check_json : wi_report_check_text)(&view, &cli->out);
    if (subject.probed_now && cli->json)
        wi_cli_warn("%s", subject.looked_at);
    cli->exit_code = exit_code(verdict.verdict);
    return WI_OK;
}

const struct wi_command wi_command_check = {
    .name = "check",
    .operands = "MODEL",
    .operand_min = 1,
    .operand_max = 1,
    .summary = "can this device run this model, how fast, and why (not)?",
    .details =
        "Answers from the database; without one it probes this device on the spot: whether the\n"
        "model fits can be answered then, its speed is unknown.\n"
        "Exit codes: 0 comfortable or usable, 3 too slow, does not fit or unsupported,\n"
        "4 unknown.\nExample: weighin check mistral-7b --precision q4_0",
    .use = WI_USE_json | WI_USE_db | WI_USE_models,
    .options = options,
    .run = check,
};
