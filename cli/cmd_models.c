/* cmd_models.c: one model: what the catalogue knows of it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "report/models.h"

#include <string.h>

/* ---- show ---- */

static int add_bytes(struct wi_cli *cli, const struct wi_engine *engine, struct wi_model_view *view,
                     struct wi_err *err) {
    struct wi_model_bytes *list = WI_NEW_ARRAY(cli->arena, struct wi_model_bytes, WI_FORMAT_COUNT);
    for (size_t i = 0; i < WI_FORMAT_COUNT; i++) {
        struct wi_model_bytes *b = &list[view->byte_count];
        struct wi_err why = {0};
        if (!wi_format_get((enum wi_format_id)i)->kernel)
            continue;
        b->precision = (enum wi_format_id)i;
        struct wi_footprint_request request = {.model = view->model,
                                               .engine = engine,
                                               .precision = b->precision,
                                               .kv_precision = view->kv_precision,
                                               .context = view->context};
        int status = wi_footprint_compute(&request, cli->arena, &b->footprint, &why);
        if (status == WI_UNSUPPORTED)
            b->why_not = wi_arena_strdup(cli->arena, why.message);
        else if (status != WI_OK)
            return wi_fail(err, status, "%s", why.message);
        view->byte_count++;
    }
    view->bytes = list;
    return WI_OK;
}

static int show(struct wi_cli *cli, const char *word, struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    const struct wi_engine *engine = NULL;
    struct wi_model_view view = {.kv_precision = WI_FORMAT_f16};
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_catalogue_find(catalogue, word, &view.model, err));
    WI_TRY(wi_catalogue_find_engine(catalogue, "reference", &engine, err));
    if (view.model->disclosed) {
        struct wi_targets targets;
        wi_targets_default(view.model, &targets);
        view.context = targets.context;
        WI_TRY(add_bytes(cli, engine, &view, err));
    }
    (cli->json ? wi_report_model_json : wi_report_model_text)(&view, &cli->out);
    return WI_OK;
}

/* ---- the command ---- */

static int models(struct wi_cli *cli, struct wi_err *err) {
    const char *const *words = cli->args.operands;
    const char *const names[] = {"show"};
    if (strcmp(words[0], "show") == 0)
        return show(cli, words[1], err);
    return wi_cli_no_such("models", words[0], "no such question", names, WI_COUNT(names), err);
}

const struct wi_command wi_command_models = {
    .name = "models",
    .operands = "show MODEL",
    .operand_values = "NAME MODEL",
    .operand_min = 2,
    .operand_max = 2,
    .summary = "what the catalogue knows of a model: shape, source, bytes",
    .details = "Its exact shape and where that was read, the parameters, the bytes at each "
               "precision.\nWhich models there are: weighin list models.\n"
               "Example: weighin models show gemma-2b",
    .use = WI_USE_json | WI_USE_models,
    .run = models,
};
