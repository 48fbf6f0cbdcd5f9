/* cmd_list.c: what there is to choose from.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/units.h"
#include "cli/list.h"
#include "cli/machine.h"
#include "report/report.h"

#include <string.h>

void wi_cells_add(struct wi_cli *cli, struct wi_cells *cells, const char *text) {
    *WI_PUSH(cli->arena, cells, const char *) = text;
}
static void add_u64(struct wi_cli *cli, struct wi_cells *cells, uint64_t n) {
    wi_cells_add(cli, cells, wi_arena_printf(cli->arena, "%llu", (unsigned long long)n));
}
static void add_f64(struct wi_cli *cli, struct wi_cells *cells, struct wi_maybe_f64 x) {
    wi_cells_add(cli, cells, wi_has_f64(x) ? wi_arena_printf(cli->arena, "%g", x.value) : NULL);
}
void wi_cells_add_bool(struct wi_cli *cli, struct wi_cells *cells, bool b) {
    wi_cells_add(cli, cells, b ? "true" : "false");
}

/* ---- data files ---- */

static int list_models(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    for (size_t i = 0; i < catalogue->model_count; i++) {
        const struct wi_model *m = catalogue->models[i];
        wi_cells_add(cli, cells, m->id);
        wi_cells_add(cli, cells, m->name);
        wi_cells_add(cli, cells, m->disclosed ? m->size_class : NULL);
        if (m->disclosed)
            add_u64(cli, cells, m->params);
        else
            wi_cells_add(cli, cells, NULL);
        wi_cells_add_bool(cli, cells, m->disclosed && m->unrunnable == NULL);
        wi_cells_add(cli, cells,
                     m->disclosed ? m->unrunnable : "its maker never disclosed the shapes");
    }
    return WI_OK;
}

static int list_precisions(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err) {
    (void)err;
    for (size_t i = 0; i < WI_FORMAT_COUNT; i++) {
        const struct wi_format *f = wi_format_get((enum wi_format_id)i);
        wi_cells_add(cli, cells, f->name);
        wi_cells_add(cli, cells, f->family);
        wi_cells_add(cli, cells,
                     wi_arena_printf(cli->arena, "%g", 8.0 * f->block_bytes / f->block_weights));
        wi_cells_add_bool(cli, cells, f->kernel);
        wi_cells_add(cli, cells, f->layout);
    }
    return WI_OK;
}

static int list_engines(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    for (size_t i = 0; i < catalogue->engine_count; i++) {
        const struct wi_engine *e = &catalogue->engines[i];
        wi_cells_add(cli, cells, e->id);
        wi_cells_add(cli, cells, e->name);
        wi_cells_add(cli, cells, e->claim);
        wi_cells_add(cli, cells, e->loads);
        add_u64(cli, cells, e->overhead_bytes);
    }
    return WI_OK;
}

static int list_tiers(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err) {
    const struct wi_tier_file *tiers = NULL;
    WI_TRY(wi_cli_tiers(cli, wi_args_get(&cli->args, "tiers"), &tiers, err));
    for (size_t i = 0; i < tiers->tier_count; i++) {
        wi_cells_add(cli, cells, tiers->tiers[i].id);
        add_f64(cli, cells, tiers->tiers[i].usable_memory_mib);
        add_f64(cli, cells, tiers->tiers[i].decode_tok_s);
        add_f64(cli, cells, tiers->tiers[i].prefill_tok_s);
        wi_cells_add(cli, cells, tiers->tiers[i].says);
    }
    return WI_OK;
}

/* ---- devices: of the database; without one, this machine ---- */

static int this_device(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err) {
    struct wi_inventory *inventory = NULL; /* its arena is kept: cells point into it */
    WI_TRY(wi_cli_this_machine(cli, &inventory, err));
    wi_cells_add(cli, cells, inventory->identity.device_id);
    wi_cells_add(cli, cells, inventory->name);
    wi_cells_add(cli, cells, inventory->identity.sku_id);
    wi_cells_add(cli, cells, NULL);
    wi_cells_add(cli, cells, "0");
    wi_cells_add(cli, cells, NULL);
    return WI_OK;
}

static int stored_devices(struct wi_cli *cli, struct wi_store *store, struct wi_cells *cells,
                          struct wi_err *err) {
    struct wi_device_row *rows = NULL;
    size_t n = 0;
    WI_TRY(wi_store_list_devices(store, cli->arena, &rows, &n, err));
    for (size_t i = 0; i < n; i++) {
        char when[32];
        wi_cells_add(cli, cells, rows[i].device_id);
        wi_cells_add(cli, cells, rows[i].name);
        wi_cells_add(cli, cells, rows[i].sku_id);
        wi_cells_add(cli, cells, rows[i].tier);
        add_u64(cli, cells, rows[i].runs);
        wi_cells_add(cli, cells,
                     wi_arena_strdup(cli->arena,
                                     wi_format_utc(when, sizeof when, rows[i].last_seen_utc_ns)));
    }
    return WI_OK;
}

static int list_devices(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err) {
    struct wi_store *store = NULL;
    struct wi_err why = {0};
    int status = wi_cli_open(cli, WI_STORE_READ, &store, &why);
    if (status == WI_NOT_FOUND) {
        wi_cli_warn("%s; this machine, as probed now, is listed instead", why.message);
        return this_device(cli, cells, err);
    }
    if (status != WI_OK)
        return wi_fail(err, status, "%s", why.message);
    return wi_cli_close(store, stored_devices(cli, store, cells, err), err);
}

/* ---- the table of tables ---- */

static const struct thing {
    const char *name, *columns[9], *numeric;
    int (*list)(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err);
} things[] = {
    {"devices",
     {"device_id", "name", "sku_id", "tier", "runs", "last_seen_utc"},
     "ssssns",
     list_devices},
    {"backends", {"backend", "status", "reason", "advice"}, "ssss", wi_list_backends},
    {"models",
     {"id", "name", "size_class", "parameters", "runnable", "why_not"},
     "sssnbs",
     list_models},
    {"precisions",
     {"id", "family", "bits_per_weight", "kernels", "layout"},
     "ssnbs",
     list_precisions},
    {"ops", {"name", "equation", "tolerance"}, "sss", wi_list_ops},
    {"kernels",
     {"name", "op", "backend", "precision", "arithmetic", "needs", "runs_here", "why_not"},
     "ssssssbs",
     wi_list_kernels},
    {"tiers",
     {"id", "usable_memory_mib", "decode_tok_s", "prefill_tok_s", "says"},
     "snnns",
     list_tiers},
    {"engines", {"id", "name", "claim", "loads", "overhead_bytes"}, "ssssn", list_engines},
};

static int find_thing(const char *word, const struct thing **thing, struct wi_err *err) {
    for (size_t i = 0; i < WI_COUNT(things); i++) {
        if (strcmp(things[i].name, word) == 0) {
            *thing = &things[i];
            return WI_OK;
        }
    }
    const char *names[WI_COUNT(things)];
    for (size_t i = 0; i < WI_COUNT(things); i++)
        names[i] = things[i].name;
    return wi_cli_no_such("list", word, "no such thing", names, WI_COUNT(names), err);
}

static int list(struct wi_cli *cli, struct wi_err *err) {
    const struct thing *thing = NULL;
    struct wi_cells cells = {0};
    WI_TRY(find_thing(cli->args.operands[0], &thing, err));
    WI_TRY(thing->list(cli, &cells, err));
    struct wi_list_view view = {.thing = thing->name,
                                .columns = thing->columns,
                                .cells = cells.items,
                                .numeric = thing->numeric,
                                .row_count = cells.count / strlen(thing->numeric)};
    (cli->json ? wi_report_list_json : wi_report_list_text)(&view, &cli->out);
    return WI_OK;
}

static const struct wi_option options[] = {
    {"tiers", 0, "FILE", false, "with `tiers`: a tier file (default: the built-in one)"},
    {0},
};

const struct wi_command wi_command_list = {
    .name = "list",
    .operands = "THING",
    .operand_min = 1,
    .operand_max = 1,
    .operand_values = "devices|backends|models|precisions|ops|kernels|tiers|engines",
    .summary = "what there is to choose from",
    .details = "THING is devices, backends, models, precisions, ops, kernels, tiers or engines.",
    .use = WI_USE_json | WI_USE_db | WI_USE_models,
    .options = options,
    .run = list,
};
