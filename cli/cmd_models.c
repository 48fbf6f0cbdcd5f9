/* cmd_models.c: one model: what the catalogue knows of it, or what the header of its file says.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "report/model_file.h"
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

/* ---- inspect ---- */

static int inspect(struct wi_cli *cli, const char *path, struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    const struct wi_model **same = NULL;
    struct wi_model_file file = {0};
    struct wi_file_cache cache = {0};
    struct wi_model_file_view view = {.path = path, .file = &file, .cache = &cache};
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_model_file_open(path, cli->arena, &file, err));
    WI_TRY(wi_model_file_same(&file, catalogue, cli->arena, &same, &view.same_count, err));
    WI_TRY(
        wi_model_file_cache(&file, view.same_count > 0 ? same[0] : NULL, cli->arena, &cache, err));
    view.same = same;
    (cli->json ? wi_report_model_file_json : wi_report_model_file_text)(&view, &cli->out);
    return WI_OK;
}

/* ---- the command ---- */

static int models(struct wi_cli *cli, struct wi_err *err) {
    static const struct {
        const char *name;
        int (*answer)(struct wi_cli *cli, const char *word, struct wi_err *err);
    } questions[] = {{"show", show}, {"inspect", inspect}};
    const char *names[WI_COUNT(questions)];
    const char *const *words = cli->args.operands;
    for (size_t i = 0; i < WI_COUNT(questions); i++) {
        names[i] = questions[i].name;
        if (strcmp(words[0], names[i]) == 0)
            return questions[i].answer(cli, words[1], err);
    }
    return wi_cli_no_such("models", words[0], "no such question", names, WI_COUNT(names), err);
}

const struct wi_command wi_command_models = {
    .name = "models",
    .operands = "show MODEL | inspect FILE",
    .operand_values = "show|inspect MODEL",
    .operand_min = 2,
    .operand_max = 2,
    .summary = "a model of the catalogue in full, or a file's header",
    .details =
        "show: a model's exact shape and where that was read, its parameters, its bytes at each\n"
        "precision. Which models there are: weighin list models.\n"
        "inspect: what the header of a GGUF or safetensors file says, what its weights and KV\n"
        "cache take, and which model of the catalogue has its shape; no weight is read.\n"
        "Example: weighin models show gemma-2b",
    .use = WI_USE_json | WI_USE_models,
    .run = models,
};
