/* cmd_export.c: evidence for other tools: rows of tables as CSV or JSON Lines.
 * SPDX-License-Identifier: Apache-2.0
 *
 * CSV is RFC 4180 with a header line. JSON Lines carry the table's name in each object, so that one
 * stream can hold all tables. NULL is an empty CSV field and JSON null; BLOBs are hex. */
#include "base/json.h"
#include "base/units.h"
#include "cli/anonymous.h"
#include "cli/cli.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

static const struct wi_option options[] = {
    {"format", 0, "csv|jsonl", false, "of the rows (default jsonl)"},
    {"table", 0, "T", false, "one table or view (default: all; csv needs one)"},
    {"anonymous", 0, NULL, false,
     "ids, names, serials and free text of people become salted hashes"},
    {0},
};

/* SQLite's fundamental type codes, as the store hands them on. */
enum { TYPE_INTEGER = 1, TYPE_REAL = 2, TYPE_TEXT = 3, TYPE_BLOB = 4, TYPE_NULL = 5 };

struct state {
    const char *table;
    struct wi_buf *out;
    struct wi_json *json;           /* of --json; NULL */
    struct wi_anonymous *anonymous; /* NULL: rows as they are */
    bool csv, header_done;
};

/* ---- writing ---- */

static void csv_field(struct wi_buf *out, const char *text, bool first) {
    if (!first)
        wi_buf_putc(out, ',');
    if (text == NULL)
        return;
    if (strpbrk(text, ",\"\r\n") == NULL && text[0] != '\0') {
        wi_buf_puts(out, text);
        return;
    }
    wi_buf_putc(out, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"')
            wi_buf_putc(out, '"');
        wi_buf_putc(out, *p);
    }
    wi_buf_putc(out, '"');
}

static void json_value(struct wi_json *json, const char *name, const char *value, int type) {
    double real;
    if (value == NULL || type == TYPE_NULL)
        wi_json_null(json, name);
    else if (type == TYPE_INTEGER)
        wi_json_i64(json, name, strtoll(value, NULL, 10));
    else if (type == TYPE_REAL && wi_parse_f64(value, -1e308, 1e308, &real) == WI_OK)
        wi_json_f64(json, name, real);
    else
        wi_json_str(json, name, value);
}

static int visit(void *state, int n, const char *const *names, const char *const *values,
                 const int *types) {
    struct state *s = state;
    struct wi_json line;
    if (s->csv && !s->header_done) {
        for (int i = 0; i < n; i++)
            csv_field(s->out, names[i], i == 0);
        wi_buf_puts(s->out, "\r\n");
        s->header_done = true;
    }
    if (values == NULL) /* an empty table: names alone */
        return WI_OK;
    struct wi_json *json = s->json != NULL ? s->json : &line;
    if (!s->csv) {
        if (s->json == NULL)
            wi_json_init(&line, s->out, false);
        wi_json_object(json, NULL);
        if (s->json == NULL)
            wi_json_str(json, "table", s->table);
    }
    struct wi_arena *arena = wi_arena_create();
    for (int i = 0; i < n; i++) {
        const char *value = values[i];
        if (s->anonymous != NULL)
            value = wi_anonymous_value(s->anonymous, s->table, n, names, values, i, arena);
        if (s->csv)
            csv_field(s->out, value, i == 0);
        else
            json_value(json, names[i], value, value == values[i] ? types[i] : TYPE_TEXT);
    }
    wi_arena_destroy(arena);
    if (s->csv) {
        wi_buf_puts(s->out, "\r\n");
        return WI_OK;
    }
    wi_json_object_end(json);
    if (s->json == NULL)
        wi_buf_putc(s->out, '\n');
    return WI_OK;
}

/* ---- the command ---- */

static int each_table(struct wi_store *store, struct state *s, const char *only,
                      struct wi_err *err) {
    for (const char *const *t = wi_store_tables(); *t != NULL; t++) {
        if (only != NULL && strcmp(*t, only) != 0)
            continue;
        s->table = *t;
        if (s->json != NULL)
            wi_json_array(s->json, *t);
        WI_TRY(wi_store_each_row(store, *t, visit, s, err));
        if (s->json != NULL)
            wi_json_array_end(s->json);
    }
    return WI_OK;
}

static int known_table(const char *table, struct wi_err *err) {
    struct wi_buf all = {0};
    for (const char *const *t = wi_store_tables(); *t != NULL; t++) {
        if (strcmp(*t, table) == 0) {
            wi_buf_fini(&all);
            return WI_OK;
        }
        wi_buf_printf(&all, "%s%s", all.size == 0 ? "" : ", ", *t);
    }
    int status = wi_fail(err, WI_USAGE, "--table %s: there are %s", table, wi_buf_str(&all));
    wi_buf_fini(&all);
    return status;
}

static int export_rows(struct wi_cli *cli, struct state *s, struct wi_err *err) {
    struct wi_store *store = NULL;
    struct wi_json json;
    WI_TRY(wi_cli_open(cli, WI_STORE_READ, &store, err));
    if (wi_args_has(&cli->args, "anonymous")) {
        int made = wi_anonymous_create(store, cli->arena, &s->anonymous, err);
        if (made != WI_OK)
            return wi_cli_close(store, made, err);
    }
    if (cli->json) {
        wi_json_init(&json, s->out, true);
        wi_json_object(&json, NULL);
        wi_json_str(&json, "schema", "weighin.export/1");
        wi_json_bool(&json, "anonymous", s->anonymous != NULL);
        wi_json_object(&json, "tables");
        s->json = &json;
    }
    int status = each_table(store, s, wi_args_get(&cli->args, "table"), err);
    if (cli->json) {
        wi_json_object_end(&json);
        wi_json_object_end(&json);
        wi_buf_putc(s->out, '\n');
    }
    return wi_cli_close(store, status, err);
}

static int export_command(struct wi_cli *cli, struct wi_err *err) {
    const char *format = wi_args_get(&cli->args, "format"),
               *table = wi_args_get(&cli->args, "table");
    struct state s = {.out = &cli->out};
    if (format != NULL && strcmp(format, "csv") != 0 && strcmp(format, "jsonl") != 0)
        return wi_fail(err, WI_USAGE, "--format %s: allowed are csv and jsonl", format);
    if (format != NULL && cli->json)
        return wi_fail(err, WI_USAGE, "export: --json and --format exclude each other");
    s.csv = format != NULL && strcmp(format, "csv") == 0;
    if (s.csv && table == NULL)
        return wi_fail(err, WI_USAGE, "export: CSV holds one table; name it with --table");
    if (table != NULL)
        WI_TRY(known_table(table, err));
    return export_rows(cli, &s, err);
}

const struct wi_command wi_command_export = {
    .name = "export",
    .operands = "",
    .summary = "evidence for other tools: rows as CSV or JSON Lines",
    .use = WI_USE_json | WI_USE_db,
    .options = options,
    .run = export_command,
};
