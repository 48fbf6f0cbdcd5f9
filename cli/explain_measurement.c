/* explain_measurement.c: `explain measurement ID`: how one figure came about.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain.h"
#include "report/report.h"

#include <string.h>

/* ---- which measurement ---- */

static int unclear(const struct wi_cli *cli, const char *prefix,
                   const struct wi_evidence_list *list, size_t matches, struct wi_err *err) {
    const char *path = wi_cli_db_path(cli);
    if (matches > 1)
        return wi_fail(err, WI_USAGE,
                       "%s: the ids of %zu measurements begin with %s; give more of its digits",
                       path, matches, prefix);
    return wi_fail(
        err, WI_USAGE,
        "%s: none of its %zu measurements of models and ops has an id that begins with %s; "
        "'weighin export --table measurement' lists them",
        path, list->count, prefix);
}

/* A "no" may rest on a limit, whose row it cites. */
static bool is_of_device(struct wi_cli *cli, struct wi_store *store, const char *prefix) {
    const char *id = NULL;
    return wi_store_find_id(store, "measurement", prefix, cli->arena, &id, NULL) == WI_OK;
}

/* By id, or by as many of its first digits as no other id shares. */
static int find(struct wi_cli *cli, struct wi_store *store, const struct wi_evidence_list *list,
                const char *prefix, const struct wi_evidence **found, struct wi_err *err) {
    size_t matches = 0, length = strlen(prefix);
    for (size_t i = 0; length > 0 && i < list->count; i++) {
        if (strncmp(list->items[i].m.id, prefix, length) == 0) {
            *found = &list->items[i];
            matches++;
        }
    }
    if (matches == 0 && is_of_device(cli, store, prefix))
        return wi_fail(err, WI_USAGE,
                       "%s: measurement %s is of the device and of no model: its limits, or how "
                       "weights were made; 'weighin report' and 'weighin run --json' show it",
                       wi_cli_db_path(cli), prefix);
    return matches == 1 ? WI_OK : unclear(cli, prefix, list, matches, err);
}

/* ---- its view ---- */

static void recompute(struct wi_cli *cli, struct wi_explain_view *view) {
    const struct wi_measurement *m = &view->evidence->m;
    struct wi_summary *summary = WI_NEW(cli->arena, struct wi_summary);
    struct wi_err why = {0};
    struct wi_summary_input in = {.samples = m->samples,
                                  .count = m->sample_count,
                                  .tokens_per_pass = m->tokens_per_sample,
                                  .seed = m->seed,
                                  .draws = WI_SUMMARY_DRAWS};
    if (m->sample_count == 0) {
        view->no_summary = "No samples are stored: nothing was timed.";
        return;
    }
    bool disclosed = m->key.model != NULL && m->key.model->disclosed;
    if (!disclosed && m->samples[0].segment != WI_SEGMENT_all) {
        view->no_summary = "The catalogue does not know this model, so not how many layers it has; "
                           "the query below does.";
        return;
    }
    for (unsigned kind = 0; disclosed && kind < WI_LAYER_KIND_COUNT; kind++)
        in.layer_count[kind] = wi_model_layer_count(m->key.model, (enum wi_layer_kind)kind);
    if (wi_summary_compute(&in, summary, &why) == WI_OK)
        view->summary = summary;
    else
        view->no_summary = wi_arena_strdup(cli->arena, why.message);
}

static int load_run(struct wi_cli *cli, struct wi_store *store, struct wi_explain_view *view,
                    struct wi_err *err) {
    const struct wi_evidence *e = view->evidence;
    struct wi_run_row *runs = NULL;
    struct wi_roofline *rooflines = NULL;
    struct wi_condition_row *readings = NULL;
    size_t n = 0;
    WI_TRY(wi_store_load_runs(store, e->device_id, cli->arena, &runs, &n, err));
    for (size_t i = 0; i < n; i++)
        if (strcmp(runs[i].run.id, e->run_id) == 0)
            view->run = &runs[i].run;
    if (view->run == NULL)
        return wi_fail(err, WI_CORRUPT, "%s: measurement %s is of run %s, which is not there",
                       wi_cli_db_path(cli), e->m.id, e->run_id);
    WI_TRY(wi_store_load_rooflines(store, e->run_id, cli->arena, &rooflines, &n, err));
    for (size_t i = 0; i < n; i++)
        if (rooflines[i].backend == e->m.key.backend &&
            strcmp(rooflines[i].compute_device_id, e->m.key.compute_device_id) == 0)
            view->roofline = &rooflines[i];
    WI_TRY(wi_store_load_conditions(store, e->run_id, cli->arena, &readings, &view->reading_count,
                                    err));
    view->readings = readings;
    return WI_OK;
}

static int judge(struct wi_cli *cli, struct wi_store *store, struct wi_explain_view *view,
                 struct wi_err *err) {
    const struct wi_evidence *e = view->evidence;
    struct wi_inventory *inventory = NULL; /* freed with the process: the view outlives this call */
    bool gpu = e->m.key.backend == WI_BACKEND_vulkan || e->m.key.backend == WI_BACKEND_opencl;
    WI_TRY(wi_store_load_inventory(store, e->device_id, &inventory, err));
    view->device_name = inventory->name;
    view->rules = wi_rules_default();
    view->barred = wi_evidence_barred_on(e, view->rules, inventory, gpu, cli->arena);
    return WI_OK;
}

/* Rows of models and of single ops. */
static int load_all(struct wi_cli *cli, struct wi_store *store, const char *device_id,
                    const char *run_id, bool with_samples, struct wi_evidence_list *all,
                    struct wi_err *err) {
    struct wi_evidence_list ops = {0};
    WI_TRY(wi_store_load_evidence(store, cli->catalogue, device_id, run_id, with_samples,
                                  cli->arena, all, err));
    WI_TRY(wi_store_load_ops(store, device_id, run_id, with_samples, cli->arena, &ops, err));
    for (size_t i = 0; i < ops.count; i++)
        *WI_PUSH(cli->arena, all, struct wi_evidence) = ops.items[i];
    return WI_OK;
}

static int load(struct wi_cli *cli, struct wi_store *store, const char *prefix,
                struct wi_explain_view *view, struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    struct wi_evidence_list all = {0}, of_run = {0};
    const struct wi_evidence *e = NULL;
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(load_all(cli, store, NULL, NULL, false, &all, err));
    WI_TRY(find(cli, store, &all, prefix, &e, err));
    WI_TRY(load_all(cli, store, e->device_id, e->run_id, true, &of_run, err));
    WI_TRY(find(cli, store, &of_run, e->m.id, &view->evidence, err));
    WI_TRY(load_run(cli, store, view, err));
    recompute(cli, view);
    return judge(cli, store, view, err);
}

/* ---- the subject ---- */

int wi_explain_measurement(struct wi_cli *cli, struct wi_err *err) {
    struct wi_explain_view view = {0};
    struct wi_store *store = NULL;
    if (cli->args.operand_count != 2)
        return wi_fail(err, WI_USAGE, "explain measurement: which one? give its id, and no more");
    WI_TRY(wi_cli_open(cli, WI_STORE_READ, &store, err));
    WI_TRY(wi_cli_close(store, load(cli, store, cli->args.operands[1], &view, err), err));
    (cli->json ? wi_report_explain_json : wi_report_explain_text)(&view, &cli->out);
    return WI_OK;
}
