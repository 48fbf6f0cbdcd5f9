/* values.c: what options and operands take; values.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/values.h"

#include "cli/explain.h"

#include <string.h>

static const struct {
    const char *value, *option; /* option NULL: whichever */
    struct wi_value takes;
} values[] = {
    {"P", NULL, {WI_VALUE_words, false, "precision"}},
    {"P,Q", NULL, {WI_VALUE_words, true, "kernel_precision"}},
    {"A,B", NULL, {WI_VALUE_words, true, "model"}},
    {"B,C", NULL, {WI_VALUE_words, true, "backend"}},
    {"E", NULL, {WI_VALUE_words, false, "engine"}},
    {"T", NULL, {WI_VALUE_words, false, "table"}},
    {"CAP", NULL, {WI_VALUE_words, false, "isa"}},
    {"MODEL", NULL, {WI_VALUE_words, false, "model"}},
    {"DEVICE", NULL, {WI_VALUE_words, false, "device"}},
    {"TOPIC", NULL, {WI_VALUE_words, false, "topic"}},
    {"ID", "device", {WI_VALUE_words, false, "device"}},
    {"FILE", NULL, {WI_VALUE_file, false, NULL}},
    {"FILE..", NULL, {WI_VALUE_file, false, NULL}},
    {"last|FILE", NULL, {WI_VALUE_file, false, NULL}},
    {"DIR", NULL, {WI_VALUE_folder, false, NULL}},
    {"ID", NULL, {WI_VALUE_free, false, NULL}},
    {"ID,ID", NULL, {WI_VALUE_free, false, NULL}},
    {"KEY=VALUE", NULL, {WI_VALUE_free, false, NULL}},
    {"N", NULL, {WI_VALUE_free, false, NULL}},
    {"N,M", NULL, {WI_VALUE_free, false, NULL}},
    {"S", NULL, {WI_VALUE_free, false, NULL}},
    {"UTC", NULL, {WI_VALUE_free, false, NULL}},
    {"X", NULL, {WI_VALUE_free, false, NULL}},
    {"NAME", NULL, {WI_VALUE_free, false, NULL}},
    {"TEXT", NULL, {WI_VALUE_free, false, NULL}},
    {"WHO", NULL, {WI_VALUE_free, false, NULL}},
};

struct wi_value wi_value_of(const char *option, const char *value) {
    if (wi_args_is_choice(value))
        return (struct wi_value){WI_VALUE_choice, false, NULL};
    for (size_t i = 0; i < WI_COUNT(values); i++)
        if (strcmp(values[i].value, value) == 0 &&
            (values[i].option == NULL || (option != NULL && strcmp(values[i].option, option) == 0)))
            return values[i].takes;
    return (struct wi_value){WI_VALUE_unknown, false, NULL};
}

/* ---- words ---- */

static void add(struct wi_cli *cli, struct wi_words *words, const char *word) {
    *WI_PUSH(cli->arena, words, const char *) = word;
}

static int add_models(struct wi_cli *cli, struct wi_words *words, struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    for (size_t i = 0; i < catalogue->model_count; i++)
        add(cli, words, catalogue->models[i]->id);
    return WI_OK;
}

static int add_engines(struct wi_cli *cli, struct wi_words *words, struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    for (size_t i = 0; i < catalogue->engine_count; i++)
        add(cli, words, catalogue->engines[i].id);
    return WI_OK;
}

static void add_formats(struct wi_cli *cli, struct wi_words *words, bool kernel) {
    for (size_t i = 0; i < WI_FORMAT_COUNT; i++) {
        const struct wi_format *f = wi_format_get((enum wi_format_id)i);
        if (f->kernel || !kernel)
            add(cli, words, f->name);
    }
}

static int add_precisions(struct wi_cli *cli, struct wi_words *words, struct wi_err *err) {
    (void)err;
    add_formats(cli, words, false);
    return WI_OK;
}

static int add_kernel_precisions(struct wi_cli *cli, struct wi_words *words, struct wi_err *err) {
    (void)err;
    add_formats(cli, words, true);
    return WI_OK;
}

static int add_backends(struct wi_cli *cli, struct wi_words *words, struct wi_err *err) {
    (void)err;
    for (size_t i = 0; i < WI_BACKEND_COUNT; i++)
        if (i != WI_BACKEND_null) /* for tests */
            add(cli, words, wi_backend_id_name((enum wi_backend_id)i));
    return WI_OK;
}

static int add_isas(struct wi_cli *cli, struct wi_words *words, struct wi_err *err) {
    (void)err;
    for (const char *const *cap = wi_cli_isa_caps(); *cap != NULL; cap++)
        add(cli, words, *cap);
    return WI_OK;
}

static int add_tables(struct wi_cli *cli, struct wi_words *words, struct wi_err *err) {
    (void)err;
    for (const char *const *table = wi_store_tables(); *table != NULL; table++)
        add(cli, words, *table);
    return WI_OK;
}

static int add_devices(struct wi_cli *cli, struct wi_words *words, struct wi_err *err) {
    struct wi_store *store = NULL;
    struct wi_device_row *rows = NULL;
    size_t n = 0;
    if (wi_cli_open(cli, WI_STORE_READ, &store, NULL) != WI_OK)
        return WI_OK;
    WI_TRY(wi_cli_close(store, wi_store_list_devices(store, cli->arena, &rows, &n, err), err));
    for (size_t i = 0; i < n; i++)
        add(cli, words, rows[i].device_id);
    return WI_OK;
}

static const struct {
    const char *name;
    int (*add)(struct wi_cli *cli, struct wi_words *words, struct wi_err *err);
} lists[] = {
    {"model", add_models},
    {"precision", add_precisions},
    {"kernel_precision", add_kernel_precisions},
    {"backend", add_backends},
    {"engine", add_engines},
    {"device", add_devices},
    {"table", add_tables},
    {"topic", wi_explain_words},
    {"isa", add_isas},
};

const char *wi_word_list(size_t i) {
    return i < WI_COUNT(lists) ? lists[i].name : NULL;
}

int wi_words_of(struct wi_cli *cli, const char *list, struct wi_words *words, struct wi_err *err) {
    *words = (struct wi_words){0};
    for (size_t i = 0; i < WI_COUNT(lists); i++)
        if (strcmp(lists[i].name, list) == 0)
            return lists[i].add(cli, words, err);
    return wi_fail(err, WI_USAGE, "no list of words is called %s", list);
}
