/* run_how.c: `run`'s options that are not part of the question: how often, after what, with which
 * notes; and the plan file that options may come from. run_how.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/run_how.h"

#include "base/os.h"
#include "base/units.h"
#include "bench/plan_file.h"

#include <string.h>

/* ---- the plan file ---- */

static struct wi_given *given_of(const struct wi_args *args, const char *option) {
    for (size_t i = 0; i < args->given_count; i++)
        if (strcmp(args->given[i].option->name, option) == 0)
            return &args->given[i];
    return NULL;
}

/* What was given on the command line stays, and takes the place of all that the file says of it. */
static void take(struct wi_cli *cli, const char *path, const struct wi_plan_setting *setting) {
    struct wi_given *given = given_of(&cli->args, setting->option);
    if (given == NULL || (given->count > 0 && given->from == NULL))
        return;
    const char **slot = wi_arena_grow(cli->arena, (void **)&given->values, &given->count,
                                      &given->capacity, sizeof *given->values);
    *slot = setting->value;
    given->from = wi_arena_printf(cli->arena, "%s: line %u", path, setting->line);
}

int wi_plan_take(struct wi_cli *cli, struct wi_err *err) {
    const char *path = wi_args_get(&cli->args, "plan");
    struct wi_plan_file file = {0};
    struct wi_buf text = {0};
    if (path == NULL)
        return WI_OK;
    enum { MOST = 1 << 20 };
    int status = wi_os_read_file(path, MOST, &text, err);
    if (status != WI_OK)
        status = wi_fail_prefix(err, WI_USAGE, "--plan");
    else
        status = wi_plan_file_read(path, wi_buf_str(&text), text.size, cli->arena, &file, err);
    wi_buf_fini(&text);
    for (size_t i = 0; status == WI_OK && i < file.count; i++)
        take(cli, path, &file.items[i]);
    return status;
}

int wi_plan_blame(const struct wi_args *args, const char *option, int status, struct wi_err *err) {
    const char *from = given_of(args, option)->from;
    return from == NULL ? status : wi_fail_prefix(err, status, "%s", from);
}

/* ---- how it goes ---- */

int wi_run_how_read(struct wi_cli *cli, struct wi_run_how *how, struct wi_err *err) {
    const struct wi_args *args = &cli->args;
    *how = (struct wi_run_how){.repeat = 1,
                               .dry = wi_args_has(args, "dry-run"),
                               .resume = wi_args_has(args, "resume"),
                               .expect = wi_args_get(args, "expect")};
    int status = wi_args_u32(args, "repeat", 1, 10000, &how->repeat, err);
    if (status != WI_OK)
        return wi_plan_blame(args, "repeat", status, err);
    status = wi_args_f64(args, "gap", 0, 7 * 86400, &how->gap_s, err);
    if (status != WI_OK)
        return wi_plan_blame(args, "gap", status, err);
    if (how->resume && given_of(args, "repeat")->from != NULL)
        how->repeat = 1; /* a plan's series was interrupted: this run of it is to end */
    if (how->resume && how->repeat > 1)
        return wi_fail(err, WI_USAGE,
                       "--resume ends one run and --repeat begins %u: resume first, then repeat",
                       how->repeat);
    return WI_OK;
}

static int read_labels(struct wi_cli *cli, const struct wi_label **labels, size_t *count,
                       struct wi_err *err) {
    const struct wi_given *given = wi_args_all(&cli->args, "label");
    struct wi_label *list = WI_NEW_ARRAY(cli->arena, struct wi_label, given->count + 1);
    for (size_t i = 0; i < given->count; i++) {
        const char *equals = strchr(given->values[i], '=');
        if (equals == NULL || equals == given->values[i])
            return wi_fail(err, WI_USAGE, "--label %s: expected KEY=VALUE", given->values[i]);
        list[i].key =
            wi_arena_strndup(cli->arena, given->values[i], (size_t)(equals - given->values[i]));
        list[i].value = equals + 1;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(list[i].key, list[j].key) == 0)
                return wi_fail(err, WI_USAGE, "--label %s: the key was given before",
                               given->values[i]);
        }
    }
    *labels = list;
    *count = given->count;
    return WI_OK;
}

int wi_labels_read(struct wi_cli *cli, const struct wi_label **labels, size_t *count,
                   struct wi_err *err) {
    int status = read_labels(cli, labels, count, err);
    return status == WI_OK ? WI_OK : wi_plan_blame(&cli->args, "label", status, err);
}
