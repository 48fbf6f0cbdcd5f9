/* common.c: what commands share: the catalogue with users' files, the database, this machine.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/os.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/cli.h"
#include "report/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wi_cli_say(const char *first, const char *text) {
    struct wi_buf line = {0};
    wi_buf_puts(&line, first);
    wi_put_text(&line, text); /* names of files and drivers may be in it */
    wi_buf_putc(&line, '\n');
    fwrite(wi_buf_str(&line), 1, line.size, stderr);
    wi_buf_fini(&line);
}

void wi_cli_warn(const char *format, ...) {
    va_list args;
    char text[2048];
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wi_cli_say("weighin: warning: ", text);
}

/* ---- catalogue ---- */

struct paths {
    const char **items;
    size_t count, capacity;
};

static const char *config_models(struct wi_arena *arena) {
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config != NULL && config[0] == '/')
        return wi_arena_printf(arena, "%s/weighin/models", config);
    return home == NULL ? NULL : wi_arena_printf(arena, "%s/.config/weighin/models", home);
}

/* $XDG_CONFIG_HOME/weighin/models/ *.yaml in order of their names, then each --models-file. */
static const char *const *model_files(struct wi_cli *cli) {
    struct paths paths = {0};
    const char *folder = config_models(cli->arena);
    char **names = NULL;
    size_t n = 0;
    if (folder != NULL && wi_os_exists(folder))
        (void)wi_os_list_dir(folder, cli->arena, &names, &n, NULL);
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(names[i]);
        if (length > 5 && strcmp(names[i] + length - 5, ".yaml") == 0)
            *WI_PUSH(cli->arena, &paths, const char *) =
                wi_arena_printf(cli->arena, "%s/%s", folder, names[i]);
    }
    const struct wi_given *given = wi_args_all(&cli->args, "models-file");
    for (size_t i = 0; i < given->count; i++)
        *WI_PUSH(cli->arena, &paths, const char *) = given->values[i];
    *WI_PUSH(cli->arena, &paths, const char *) = NULL;
    return paths.items;
}

int wi_cli_catalogue(struct wi_cli *cli, const struct wi_catalogue **catalogue,
                     struct wi_err *err) {
    if (cli->catalogue == NULL)
        WI_TRY(wi_catalogue_load(model_files(cli), &cli->catalogue, err));
    *catalogue = cli->catalogue;
    return WI_OK;
}

int wi_cli_tiers(struct wi_cli *cli, const char *path, const struct wi_tier_file **tiers,
                 struct wi_err *err) {
    if (cli->tiers == NULL) {
        const struct wi_catalogue *catalogue = NULL;
        WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
        WI_TRY(wi_tiers_load(path, catalogue, &cli->tiers, err));
    }
    *tiers = cli->tiers;
    return WI_OK;
}

int wi_cli_no_such(const char *what, const char *text, const char *why, const char *const *names,
                   size_t n, struct wi_err *err) {
    const char *near = wi_text_closest(text, names, n);
    struct wi_buf all = {0};
    wi_text_join(&all, names, n);
    int status = wi_fail(err, WI_USAGE, "%s %s: %s%s%s%s; allowed are %s", what, text, why,
                         near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
                         near == NULL ? "" : "?", wi_buf_str(&all));
    wi_buf_fini(&all);
    return status;
}

int wi_cli_precision(const char *option, const char *text, bool kernel, enum wi_format_id *format,
                     struct wi_err *err) {
    const struct wi_format *f = wi_format_find(text);
    if (f != NULL && (f->kernel || !kernel)) {
        *format = f->id;
        return WI_OK;
    }
    const char *names[WI_FORMAT_COUNT];
    size_t n = 0;
    for (size_t i = 0; i < WI_FORMAT_COUNT; i++) {
        const struct wi_format *each = wi_format_get((enum wi_format_id)i);
        if (each->kernel || !kernel)
            names[n++] = each->name;
    }
    char what[64];
    snprintf(what, sizeof what, "--%s", option);
    return wi_cli_no_such(what, text, f == NULL ? "no such precision" : "no kernel runs it", names,
                          n, err);
}

int wi_cli_rules(const struct wi_cli *cli, const struct wi_rules **rules, struct wi_err *err) {
    const char *as_of = wi_args_get(&cli->args, "as-of");
    struct wi_rules *own = WI_NEW(cli->arena, struct wi_rules);
    *own = *wi_rules_default();
    own->as_of_utc_ns = wi_utc_ns(&wi_clock_system);
    if (as_of != NULL && wi_parse_utc(as_of, &own->as_of_utc_ns) != 0)
        return wi_fail(err, WI_USAGE, "--as-of %s: expected a moment like 2026-01-31T12:00:00Z",
                       as_of);
    *rules = own;
    return WI_OK;
}

/* ---- the database ---- */

const char *wi_cli_db_path(const struct wi_cli *cli) {
    const char *given = wi_args_get(&cli->args, "db"), *env = getenv("WEIGHIN_DB");
    return given != NULL ? given : env != NULL && env[0] != '\0' ? env : "weighin.db";
}

int wi_cli_open(struct wi_cli *cli, enum wi_store_mode mode, struct wi_store **store,
                struct wi_err *err) {
    if (mode == WI_STORE_WRITE) /* whoever has begun to write ends in order */
        wi_os_catch_interrupt();
    return wi_store_open(wi_cli_db_path(cli), mode, store, err);
}

int wi_cli_open_existing(struct wi_cli *cli, struct wi_store **store, struct wi_err *err) {
    WI_TRY(wi_cli_open(cli, WI_STORE_READ, store, err));
    WI_TRY(wi_store_close(*store, err));
    return wi_cli_open(cli, WI_STORE_WRITE, store, err);
}

static bool is_sqlite(const char *path) {
    char head[16] = {0};
    FILE *file = wi_os_file_kind(path) == WI_FILE_regular ? fopen(path, "rb") : NULL;
    size_t n = file != NULL ? fread(head, 1, sizeof(head), file) : 0;
    if (file != NULL)
        fclose(file);
    return n == sizeof(head) && memcmp(head, "SQLite format 3", sizeof(head)) == 0;
}

int wi_cli_check_output(const struct wi_cli *cli, const char *path, struct wi_err *err) {
    const char *db = wi_cli_db_path(cli);
    if (wi_os_same_file(path, db))
        return wi_fail(err, WI_USAGE, "-o %s: that is the database; name another file", path);
    if (is_sqlite(path))
        return wi_fail(err, WI_USAGE,
                       "-o %s: an SQLite database is there and is not overwritten; name another "
                       "file",
                       path);
    return WI_OK;
}

int wi_cli_close(struct wi_store *store, int status, struct wi_err *err) {
    int closed = wi_store_close(store, status == WI_OK ? err : NULL);
    return status != WI_OK ? status : closed;
}
