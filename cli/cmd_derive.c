/* cmd_derive.c: rebuilds tiers and feasibility from the evidence.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "cli/cli.h"

static const struct wi_option options[] = {
    {"tiers", 0, "FILE", false, "a tier file (default: the built-in one)"},
    {0},
};

struct derived {
    struct wi_device_tier_row *devices;
    struct wi_feasibility_row *cells;
    size_t device_count, cell_count;
};

static int rebuild(struct wi_cli *cli, struct wi_store *store, const struct wi_tier_file *tiers,
                   struct derived *d, struct wi_err *err) {
    WI_TRY(wi_derive(store, cli->catalogue, tiers, wi_rules_default(), err));
    WI_TRY(wi_load_device_tiers(store, cli->arena, &d->devices, &d->device_count, err));
    return wi_load_feasibility(store, cli->catalogue, cli->arena, &d->cells, &d->cell_count, err);
}

static void print_json(const struct derived *d, const struct wi_tier_file *tiers,
                       struct wi_buf *out) {
    struct wi_json json;
    wi_json_init(&json, out, true);
    wi_json_object(&json, NULL);
    wi_json_str(&json, "schema", "weighin.derive/1");
    wi_json_str(&json, "rules_version", WI_RULES_VERSION);
    wi_json_str(&json, "tiers", tiers->name);
    wi_json_str(&json, "tiers_hash", tiers->hash);
    wi_json_array(&json, "devices");
    for (size_t i = 0; i < d->device_count; i++) {
        wi_json_object(&json, NULL);
        wi_json_str(&json, "device_id", d->devices[i].device_id);
        wi_json_str(&json, "name", d->devices[i].device_name);
        wi_json_str(&json, "tier", d->devices[i].tier.id);
        wi_json_bool(&json, "borderline", d->devices[i].tier.borderline);
        wi_json_str(&json, "because", d->devices[i].tier.because);
        wi_json_object_end(&json);
    }
    wi_json_array_end(&json);
    wi_json_u64(&json, "feasibility_rows", d->cell_count);
    wi_json_object_end(&json);
    wi_buf_putc(out, '\n');
}

static void print_text(const struct derived *d, const struct wi_tier_file *tiers,
                       struct wi_buf *out) {
    wi_buf_printf(out, "Derived with rules %s and tiers \"%s\": %zu devices, %zu verdicts.\n",
                  WI_RULES_VERSION, tiers->name, d->device_count, d->cell_count);
    for (size_t i = 0; i < d->device_count; i++)
        wi_buf_printf(out, "  %s: %s%s. %s\n", d->devices[i].device_name, d->devices[i].tier.id,
                      d->devices[i].tier.borderline ? " (borderline)" : "",
                      d->devices[i].tier.because);
}

static int derive(struct wi_cli *cli, struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    const struct wi_tier_file *tiers = NULL;
    struct wi_store *store = NULL;
    struct derived d = {0};
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_cli_tiers(cli, wi_args_get(&cli->args, "tiers"), &tiers, err));
    WI_TRY(wi_cli_open_existing(cli, &store, err));
    WI_TRY(wi_cli_close(store, rebuild(cli, store, tiers, &d, err), err));
    (cli->json ? print_json : print_text)(&d, tiers, &cli->out);
    return WI_OK;
}

const struct wi_command wi_command_derive = {
    .name = "derive",
    .operands = "",
    .summary = "rebuilds tiers and feasibility from the evidence",
    .details =
        "Derived rows can be deleted and rebuilt at any time; the same evidence gives the same\n"
        "rows. Evidence is never changed.",
    .use = WI_USE_json | WI_USE_db | WI_USE_models,
    .options = options,
    .run = derive,
};
