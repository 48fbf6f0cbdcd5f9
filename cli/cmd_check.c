/* cmd_check.c: can this device run it?
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/subject.h"
#include "report/report.h"

#include <string.h>

static const struct wi_option options[] = {
    {"precision", 0, "P", false, "how weights are stored (default q4_0; weighin list precisions)"},
    {"context", 0, "N", false, "tokens that must fit (default: 4096 or the model's limit)"},
    {"prompt", 0, "N", false, "tokens of the prompt (default 512)"},
    {"output", 0, "N", false, "tokens of the answer (default 128)"},
    {"kv-precision", 0, "P", false, "how the KV cache is stored (default f16)"},
    {"engine", 0, "E", false, "what would run the model (default reference: a ceiling)"},
    {"device", 0, "ID", false, "a device of the database (default: its only one, or this machine)"},
    {"compute", 0, "ID", false, "the CPU or one GPU of it (default: the best)"},
    {"min-decode", 0, "X", false, "tokens per second that make it usable (default 5)"},
    {"max-first-token", 0, "S", false,
     "seconds to the first token that make it usable (default 10)"},
    {0},
};

static int read_targets(const struct wi_args *args, const struct wi_model *model,
                        struct wi_targets *t, struct wi_err *err) {
    wi_targets_default(model, t);
    WI_TRY(wi_args_u32(args, "prompt", 1, 1u << 24, &t->prompt_tokens, err));
    WI_TRY(wi_args_u32(args, "output", 1, 1u << 24, &t->output_tokens, err));
    WI_TRY(wi_args_u32(args, "context", 1, 1u << 30, &t->context, err));
    if (wi_args_has(args, "kv-precision"))
        WI_TRY(wi_cli_precision("kv-precision", wi_args_get(args, "kv-precision"), false,
                                &t->kv_precision, err));
    WI_TRY(wi_args_f64(args, "min-decode", 0.001, 1e6, &t->usable_decode_tok_s, err));
    WI_TRY(wi_args_f64(args, "max-first-token", 0.001, 1e6, &t->usable_first_token_s, err));
    if (t->comfortable_decode_tok_s < t->usable_decode_tok_s)
        t->comfortable_decode_tok_s = t->usable_decode_tok_s;
    if (t->comfortable_first_token_s > t->usable_first_token_s)
        t->comfortable_first_token_s = t->usable_first_token_s;
    /* A longer conversation needs a longer context, unless the user fixed that too. */
    uint32_t need = t->prompt_tokens + t->output_tokens;
    if (t->context < need && model->arch == WI_ARCH_decoder) {
        if (wi_args_has(args, "context"))
            return wi_fail(
                err, WI_USAGE,
                "--context %u: prompt and output need %u tokens (--prompt %u --output %u)",
                t->context, need, t->prompt_tokens, t->output_tokens);
        t->context = need;
    }
    return WI_OK;
}

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
                                         .rules = wi_rules_default(),
                                         .compute_device_id = wi_args_get(args, "compute")};
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_catalogue_find(catalogue, args->operands[0], &request.model, err));
    if (wi_args_has(args, "precision"))
        WI_TRY(wi_cli_precision("precision", wi_args_get(args, "precision"), false,
                                &request.precision, err));
    const char *word = wi_args_get(args, "engine");
    WI_TRY(wi_catalogue_find_engine(catalogue, word == NULL ? "reference" : word, &engine, err));
    WI_TRY(read_targets(args, request.model, &targets, err));
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
