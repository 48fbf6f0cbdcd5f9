/* cmd_estimate.c: how many bytes does a model need? No device involved.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "report/report.h"

static const struct wi_option options[] = {
    {"precision", 0, "P", false, "how weights are stored (default q4_0; weighin list precisions)"},
    {"context", 0, "N", false,
     "tokens that the KV cache holds (default: 4096 or the model's limit)"},
    {"kv-precision", 0, "P", false, "how the KV cache is stored (default f16)"},
    {"engine", 0, "E", false, "what would run the model (default reference; weighin list engines)"},
    {0},
};

static int estimate(struct wi_cli *cli, struct wi_err *err) {
    const struct wi_args *args = &cli->args;
    const struct wi_catalogue *catalogue = NULL;
    const struct wi_engine *engine = NULL;
    struct wi_estimate_view view = {.precision = WI_FORMAT_q4_0, .kv_precision = WI_FORMAT_f16};
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_catalogue_find(catalogue, args->operands[0], &view.model, err));
    if (wi_args_has(args, "precision"))
        WI_TRY(wi_cli_precision("precision", wi_args_get(args, "precision"), false, &view.precision,
                                err));
    if (wi_args_has(args, "kv-precision"))
        WI_TRY(wi_cli_precision("kv-precision", wi_args_get(args, "kv-precision"), false,
                                &view.kv_precision, err));
    view.engine = wi_args_has(args, "engine") ? wi_args_get(args, "engine") : "reference";
    WI_TRY(wi_catalogue_find_engine(catalogue, view.engine, &engine, err));
    struct wi_targets targets;
    wi_targets_default(view.model, &targets);
    view.context = targets.context;
    WI_TRY(wi_args_u32(args, "context", 1, 1u << 30, &view.context, err));
    struct wi_footprint_request request = {.model = view.model,
                                           .engine = engine,
                                           .precision = view.precision,
                                           .kv_precision = view.kv_precision,
                                           .context = view.context};
    struct wi_footprint footprint = {0};
    int status = wi_footprint_compute(&request, cli->arena, &footprint, err);
    if (status == WI_UNSUPPORTED) { /* asked for what cannot be: an answer about the request */
        status = WI_USAGE;
        if (err != NULL)
            err->status = status;
    }
    WI_TRY(status);
    view.footprint = &footprint;
    view.engine = engine->id;
    (cli->json ? wi_report_estimate_json : wi_report_estimate_text)(&view, &cli->out);
    return WI_OK;
}

const struct wi_command wi_command_estimate = {
    .name = "estimate",
    .operands = "MODEL",
    .operand_min = 1,
    .operand_max = 1,
    .summary = "how many bytes a model needs, item by item; asks no device",
    .details = "Weights, KV cache, activations and the engine's own needs, from the model's exact "
               "shapes.\nExample: weighin estimate gemma-2b --precision q4_0 --context 4096",
    .use = WI_USE_json | WI_USE_models,
    .options = options,
    .run = estimate,
};
