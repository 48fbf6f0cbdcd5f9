/* load.c: database -> what the renderers show; load.h.
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: derived rows that `run` and `derive` left; judges nothing anew but eligibility. */
#include "cli/load.h"

#include <math.h>
#include <string.h>

/* ---- one run ---- */

static int newest_run(struct wi_cli *cli, struct wi_store *store, const char *device_id,
                      const char *run_id, const struct wi_run **run, struct wi_err *err) {
    struct wi_run_row *rows = NULL;
    size_t n = 0;
    WI_TRY(wi_store_load_runs(store, device_id, cli->arena, &rows, &n, err));
    *run = NULL;
    for (size_t i = 0; i < n; i++) {
        bool match = run_id == NULL || strcmp(rows[i].run.id, run_id) == 0;
        if (match && (*run == NULL || strcmp(rows[i].run.id, (*run)->id) > 0))
            *run = &rows[i].run;
    }
    if (*run == NULL)
        return wi_fail(err, WI_NOT_FOUND, "%s: no weigh-in of device %s", wi_cli_db_path(cli),
                       device_id);
    return WI_OK;
}

static bool is_gpu(const struct wi_evidence *e) {
    return e->m.key.backend == WI_BACKEND_vulkan || e->m.key.backend == WI_BACKEND_opencl;
}

static const char *const *judge_all(struct wi_cli *cli, const struct wi_evidence_list *list,
                                    const struct wi_run_view *view) {
    const char **barred = WI_NEW_ARRAY(cli->arena, const char *, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        const struct wi_evidence *e = &list->items[i];
        barred[i] =
            wi_evidence_barred_on(e, wi_rules_default(), view->inventory, is_gpu(e), cli->arena);
    }
    return barred;
}

static void judge_evidence(struct wi_cli *cli, const struct wi_evidence_list *list,
                           struct wi_run_view *view) {
    view->evidence = list->items;
    view->evidence_count = list->count;
    view->barred = judge_all(cli, list, view);
}

static int load_ops(struct wi_cli *cli, struct wi_store *store, const char *device_id,
                    struct wi_run_view *view, struct wi_err *err) {
    struct wi_evidence_list list = {0};
    WI_TRY(wi_store_load_ops(store, device_id, view->run->id, true, cli->arena, &list, err));
    view->ops = list.items;
    view->op_count = list.count;
    view->ops_barred = judge_all(cli, &list, view);
    return WI_OK;
}

static bool asked(const struct wi_run_view *view, const struct wi_verdict *v) {
    for (size_t i = 0; i < view->evidence_count; i++) {
        const struct wi_case *key = &view->evidence[i].m.key;
        if (key->model != NULL && strcmp(key->model->id, v->model->id) == 0 &&
            key->precision == v->precision)
            return true;
    }
    return false;
}

/* Cases to one side, what making their weights took to the other. */
static void sort_out(struct wi_cli *cli, struct wi_evidence_list *list, struct wi_run_view *view) {
    struct wi_measurement *loads = WI_NEW_ARRAY(cli->arena, struct wi_measurement, list->count + 1);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].m.kind == WI_KIND_load)
            loads[view->load_count++] = list->items[i].m;
        else if (list->items[i].m.kind == WI_KIND_model)
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
    view->loads = loads;
}

/* The verdicts on what this run asked: each (model, precision) of its cases. */
static int load_verdicts(struct wi_cli *cli, struct wi_store *store, const char *device_id,
                         struct wi_run_view *view, struct wi_err *err) {
    struct wi_feasibility_row *rows = NULL;
    size_t n = 0, kept = 0;
    WI_TRY(wi_load_feasibility_of(store, cli->catalogue, device_id, cli->arena, &rows, &n, err));
    struct wi_verdict *verdicts = WI_NEW_ARRAY(cli->arena, struct wi_verdict, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (asked(view, &rows[i].verdict))
            verdicts[kept++] = rows[i].verdict;
    }
    view->verdicts = verdicts;
    view->verdict_count = kept;
    struct wi_verdict *derived = WI_NEW_ARRAY(cli->arena, struct wi_verdict, n + 1);
    for (size_t i = 0; i < n; i++)
        derived[i] = rows[i].verdict;
    view->derived = derived;
    view->derived_count = n;
    return WI_OK;
}

static int load_tier(struct wi_cli *cli, struct wi_store *store, const char *device_id,
                     struct wi_run_view *view, struct wi_err *err) {
    struct wi_device_tier_row *rows = NULL;
    size_t n = 0;
    WI_TRY(wi_load_device_tiers(store, cli->arena, &rows, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].device_id, device_id) == 0)
            view->tier = &rows[i].tier;
    }
    return WI_OK;
}

int wi_load_run_view(struct wi_cli *cli, struct wi_store *store, const char *device_id,
                     const char *run_id, struct wi_run_view *view, struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    struct wi_inventory *inventory = NULL;
    struct wi_roofline *rooflines = NULL;
    struct wi_evidence_list list = {0};
    *view = (struct wi_run_view){0};
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(newest_run(cli, store, device_id, run_id, &view->run, err));
    WI_TRY(wi_store_load_inventory(store, device_id, &inventory, err));
    view->inventory = inventory; /* freed with the process: views outlive this call */
    WI_TRY(wi_store_load_evidence(store, catalogue, device_id, view->run->id, true, cli->arena,
                                  &list, err));
    sort_out(cli, &list, view);
    judge_evidence(cli, &list, view);
    WI_TRY(load_ops(cli, store, device_id, view, err));
    WI_TRY(wi_store_load_rooflines(store, view->run->id, cli->arena, &rooflines,
                                   &view->roofline_count, err));
    view->rooflines = rooflines;
    WI_TRY(load_tier(cli, store, device_id, view, err));
    return load_verdicts(cli, store, device_id, view, err);
}

/* ---- the matrix ---- */

/* A device's own verdict as a cell, so that both matrices are drawn by the same code. */
static void cell_of_device(const struct wi_feasibility_row *row, struct wi_matrix_cell *cell) {
    const struct wi_verdict *v = &row->verdict;
    bool yes = v->verdict == WI_VERDICT_usable || v->verdict == WI_VERDICT_comfortable;
    bool unknown = v->verdict == WI_VERDICT_unknown;
    *cell = (struct wi_matrix_cell){.tier = row->device_id,
                                    .model = v->model,
                                    .precision = v->precision,
                                    .context = v->targets.context,
                                    .engine = v->engine,
                                    .claim = v->claim,
                                    .verdict = v->verdict,
                                    .devices = 1,
                                    .skus = 1,
                                    .feasible = yes,
                                    .infeasible = !yes && !unknown,
                                    .unknown = unknown,
                                    .share = {.lo = NAN, .mid = NAN, .hi = NAN},
                                    .decode_p10 = v->decode_tok_s.mid, /* of one: itself */
                                    .decode_median = v->decode_tok_s.mid,
                                    .first_token_p10 = v->first_token_s.mid,
                                    .first_token_median = v->first_token_s.mid,
                                    .oldest_utc_ns = row->oldest_utc_ns,
                                    .evidence = v->evidence,
                                    .evidence_count = v->evidence_count};
}

/* Is the question the tiers' own? The cells by tier know. */
static bool is_ruler(const struct wi_matrix_cell *by_tier, size_t n, const struct wi_verdict *v) {
    for (size_t i = 0; i < n; i++)
        if (by_tier[i].by_definition && by_tier[i].precision == v->precision &&
            strcmp(by_tier[i].model->id, v->model->id) == 0)
            return true;
    return false;
}

static int cells_by_device(struct wi_cli *cli, struct wi_store *store, struct wi_matrix_view *view,
                           struct wi_matrix_cell **cells, struct wi_err *err) {
    struct wi_feasibility_row *rows = NULL;
    struct wi_matrix_cell *by_tier = NULL;
    size_t n = 0, tier_cells = 0;
    WI_TRY(wi_load_feasibility(store, cli->catalogue, cli->arena, &rows, &n, err));
    WI_TRY(wi_store_load_matrix(store, cli->catalogue, cli->arena, &by_tier, &tier_cells, err));
    size_t rulers = 0;
    for (size_t i = 0; i < tier_cells; i++)
        if (by_tier[i].by_definition)
            by_tier[rulers++] = by_tier[i];
    *cells = WI_NEW_ARRAY(cli->arena, struct wi_matrix_cell, n + 1);
    for (size_t i = 0; i < n; i++) {
        cell_of_device(&rows[i], &(*cells)[i]);
        (*cells)[i].by_definition = is_ruler(by_tier, rulers, &rows[i].verdict);
    }
    view->cell_count = n;
    return WI_OK;
}

int wi_load_matrix_view(struct wi_cli *cli, struct wi_store *store, const char *engine,
                        const struct wi_rules *rules, struct wi_matrix_view *view,
                        struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    struct wi_matrix_cell *cells = NULL;
    struct wi_device_tier_row *devices = NULL;
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_load_device_tiers(store, cli->arena, &devices, &view->device_count, err));
    view->devices = devices;
    if (strcmp(view->by, "device") == 0)
        WI_TRY(cells_by_device(cli, store, view, &cells, err));
    else
        WI_TRY(wi_store_load_matrix(store, catalogue, cli->arena, &cells, &view->cell_count, err));
    size_t kept = 0;
    for (size_t i = 0; i < view->cell_count; i++) {
        if (strcmp(cells[i].engine, engine) != 0)
            continue;
        cells[kept] = cells[i];
        /* Memory does not age, and a no for want of it stands whatever the speed was. */
        cells[kept].stale = cells[i].verdict != WI_VERDICT_does_not_fit &&
                            cells[i].oldest_utc_ns != 0 &&
                            wi_rules_too_old(rules, cells[i].oldest_utc_ns);
        kept++;
    }
    view->cells = cells;
    view->cell_count = kept;
    return WI_OK;
}

/* ---- the page ---- */

static int load_readings(struct wi_cli *cli, struct wi_store *store, struct wi_run_view *run,
                         struct wi_err *err) {
    struct wi_condition_row *readings = NULL;
    WI_TRY(wi_store_load_conditions(store, run->run->id, cli->arena, &readings, &run->reading_count,
                                    err));
    run->readings = readings;
    return WI_OK;
}

int wi_load_page_view(struct wi_cli *cli, struct wi_store *store, const struct wi_rules *rules,
                      struct wi_page_view *view, struct wi_err *err) {
    struct wi_device_row *devices = NULL;
    size_t n = 0;
    WI_TRY(wi_store_list_devices(store, cli->arena, &devices, &n, err));
    struct wi_run_view *runs = WI_NEW_ARRAY(cli->arena, struct wi_run_view, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (devices[i].runs == 0)
            continue;
        WI_TRY(
            wi_load_run_view(cli, store, devices[i].device_id, NULL, &runs[view->run_count], err));
        WI_TRY(load_readings(cli, store, &runs[view->run_count], err));
        view->run_count++;
    }
    view->runs = runs;
    view->catalogue = cli->catalogue;
    view->matrix.by = "tier";
    return wi_load_matrix_view(cli, store, "reference", rules, &view->matrix, err);
}
