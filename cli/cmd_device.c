/* cmd_device.c: the devices of a database: which there are, what they are called, which are gone.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/annotating.h"
#include "cli/subject.h"
#include "report/device.h"

#include <string.h>

static const struct wi_option options[] = {
    {"reason", 0, "TEXT", false, "name, retire: why, for those who read it later"},
    {"by", 0, "WHO", false, "name, retire: who says so"},
    {0},
};

/* ---- what is known ---- */

static int load_one(struct wi_cli *cli, struct wi_store *store, const struct wi_device_row *row,
                    struct wi_device_entry *entry, struct wi_err *err) {
    struct wi_inventory *inventory = NULL; /* freed with the process: views outlive this call */
    struct wi_annotation_row *said = NULL;
    *entry = (struct wi_device_entry){.row = row};
    WI_TRY(wi_store_load_inventory(store, row->device_id, &inventory, err));
    WI_TRY(wi_store_load_annotations(store, row->device_id, cli->arena, &said, &entry->said_count,
                                     err));
    entry->inventory = inventory;
    entry->said = said;
    return WI_OK;
}

static int load(struct wi_cli *cli, struct wi_store *store, const char *only,
                struct wi_device_view *view, struct wi_err *err) {
    struct wi_device_row *rows = NULL;
    struct wi_device_tier_row *tiers = NULL;
    size_t n = 0, tier_count = 0;
    WI_TRY(wi_store_list_devices(store, cli->arena, &rows, &n, err));
    WI_TRY(wi_load_device_tiers(store, cli->arena, &tiers, &tier_count, err));
    struct wi_device_entry *entries = WI_NEW_ARRAY(cli->arena, struct wi_device_entry, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct wi_device_entry *entry = &entries[view->count];
        if (only != NULL && strcmp(rows[i].device_id, only) != 0)
            continue;
        WI_TRY(load_one(cli, store, &rows[i], entry, err));
        for (size_t t = 0; t < tier_count; t++)
            if (strcmp(tiers[t].device_id, rows[i].device_id) == 0)
                entry->tier = &tiers[t].tier;
        view->count++;
    }
    view->entries = entries;
    return WI_OK;
}

/* ---- list, show ---- */

static int read(struct wi_cli *cli, struct wi_store *store, const char *word,
                struct wi_device_view *view, struct wi_err *err) {
    const struct wi_device_row *row = NULL;
    if (strcmp(view->action, "show") == 0)
        WI_TRY(wi_cli_find_device(cli, store, word, &row, err));
    return load(cli, store, row == NULL ? NULL : row->device_id, view, err);
}

/* ---- name, retire ---- */

static int change(struct wi_cli *cli, struct wi_store *store, const char *word,
                  struct wi_annotation *a, char id[33], struct wi_device_view *view,
                  struct wi_err *err) {
    const struct wi_device_row *row = NULL;
    WI_TRY(wi_cli_find_device(cli, store, word, &row, err));
    if (strcmp(a->action, "retire") == 0 && row->retired)
        return wi_fail(err, WI_USAGE, "device retire: %s (%s) is retired already", row->name,
                       row->device_id);
    a->target = row->device_id;
    WI_TRY(wi_cli_annotate(cli, store, a, id, err));
    return load(cli, store, row->device_id, view, err);
}

/* ---- the command ---- */

static const struct subcommand {
    const char *name, *needs;
    size_t operand_min, operand_max; /* behind the name */
    const char *action;              /* of the annotation; NULL: only reads */
} subcommands[] = {
    {"list", "no more words", 0, 0, NULL},
    {"show", "at most DEVICE", 0, 1, NULL},
    {"name", "DEVICE and NAME", 2, 2, "relabel"},
    {"retire", "DEVICE", 1, 1, "retire"},
};

static int find(const struct wi_args *args, const struct subcommand **found, struct wi_err *err) {
    const char *word = args->operands[0];
    for (size_t i = 0; i < WI_COUNT(subcommands); i++) {
        const struct subcommand *s = &subcommands[i];
        size_t n = args->operand_count - 1;
        if (strcmp(s->name, word) != 0)
            continue;
        *found = s;
        if (n < s->operand_min || n > s->operand_max)
            return wi_fail(err, WI_USAGE, "device %s: takes %s", word, s->needs);
        if (s->action == NULL && (wi_args_has(args, "reason") || wi_args_has(args, "by")))
            return wi_fail(err, WI_USAGE,
                           "device %s: only reads; --reason and --by go with name "
                           "and retire",
                           word);
        return WI_OK;
    }
    return wi_fail(err, WI_USAGE, "device %s: there are list, show, name and retire", word);
}

static int device(struct wi_cli *cli, struct wi_err *err) {
    const struct wi_args *args = &cli->args;
    const struct subcommand *sub = NULL;
    const char *word = args->operand_count > 1 ? args->operands[1] : NULL;
    struct wi_store *store = NULL;
    char id[33] = "";
    WI_TRY(find(args, &sub, err));
    struct wi_device_view view = {.action = sub->name};
    struct wi_annotation a = {.kind = "device",
                              .action = sub->action,
                              .detail = args->operand_count > 2 ? args->operands[2] : NULL};
    if (sub->action == NULL) {
        WI_TRY(wi_cli_open(cli, WI_STORE_READ, &store, err));
        WI_TRY(wi_cli_close(store, read(cli, store, word, &view, err), err));
    } else {
        bool naming = strcmp(sub->name, "name") == 0;
        WI_TRY(wi_cli_who_and_why(cli, naming ? "a name for people" : NULL, &a, err));
        WI_TRY(wi_cli_open_existing(cli, &store, err));
        WI_TRY(wi_cli_close(store, change(cli, store, word, &a, id, &view, err), err));
        view.annotation_id = id;
    }
    (cli->json ? wi_report_device_json : wi_report_device_text)(&view, &cli->out);
    return WI_OK;
}

const struct wi_command wi_command_device = {
    .name = "device",
    .operands = "list|show|name|retire [DEVICE] [NAME]",
    .operand_values = "list|show|name|retire DEVICE NAME",
    .operand_min = 1,
    .operand_max = 3,
    .summary = "the devices of the database: list, show, name, retire them",
    .details =
        "DEVICE is an id, the beginning of one, or a name; show without it: this device.\n"
        "A retired device keeps its evidence and verdicts and leaves the shelf: shares and the\n"
        "matrix by tier no longer count it.\n"
        "Example: weighin device name 3f2a91 \"bench 4, left\" --by asha",
    .use = WI_USE_json | WI_USE_db | WI_USE_models,
    .options = options,
    .run = device,
};
