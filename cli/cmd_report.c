/* cmd_report.c: the page and the matrix, out of a database.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/build_info.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/os.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "report/report.h"

#include <string.h>

/* ---- matrix ---- */

static const struct wi_option matrix_options[] = {
    {"by", 0, "tier|device", false, "what the columns are (default tier)"},
    {"engine", 0, "E", false, "what would run the models (default reference)"},
    {"format", 0, "text|md|csv|json|html", false, "of the matrix (default text)"},
    {"as-of", 0, "UTC", false, "the moment as of which evidence is stale (default now)"},
    {0},
};

static int matrix_format(const struct wi_cli *cli, enum wi_matrix_format *format,
                         struct wi_err *err) {
    static const char *const names[] = {"text", "md", "csv", "json", "html"};
    const char *text = wi_args_get(&cli->args, "format");
    *format = cli->json ? WI_MATRIX_json : WI_MATRIX_text;
    if (text == NULL)
        return WI_OK;
    for (size_t i = 0; i < WI_COUNT(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            if (cli->json && i != WI_MATRIX_json)
                return wi_fail(err, WI_USAGE, "matrix: --json and --format %s exclude each other",
                               text);
            *format = (enum wi_matrix_format)i;
            return WI_OK;
        }
    }
    return wi_fail(err, WI_USAGE, "--format %s: allowed are text, md, csv, json and html", text);
}

static int matrix(struct wi_cli *cli, struct wi_err *err) {
    const char *by = wi_args_get(&cli->args, "by"), *engine = wi_args_get(&cli->args, "engine");
    const struct wi_engine *found = NULL;
    const struct wi_rules *rules = NULL;
    const struct wi_catalogue *catalogue = NULL;
    enum wi_matrix_format format;
    struct wi_store *store = NULL;
    struct wi_matrix_view view = {.by = by == NULL ? "tier" : by};
    if (strcmp(view.by, "tier") != 0 && strcmp(view.by, "device") != 0)
        return wi_fail(err, WI_USAGE, "--by %s: allowed are tier and device", by);
    WI_TRY(matrix_format(cli, &format, err));
    WI_TRY(wi_cli_rules(cli, &rules, err));
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_catalogue_find_engine(catalogue, engine == NULL ? "reference" : engine, &found, err));
    WI_TRY(wi_cli_open(cli, WI_STORE_READ, &store, err));
    WI_TRY(wi_cli_close(store, wi_load_matrix_view(cli, store, found->id, rules, &view, err), err));
    wi_report_matrix(&view, format, &cli->out);
    return WI_OK;
}

const struct wi_command wi_command_matrix = {
    .name = "matrix",
    .operands = "",
    .summary = "the compatibility matrix: what runs on which devices",
    .use = WI_USE_json | WI_USE_db | WI_USE_models,
    .options = matrix_options,
    .run = matrix,
};

/* ---- report ---- */

static const struct wi_option report_options[] = {
    {"format", 0, "html|md", false, "of the page (default html)"},
    {"output", 'o', "FILE", false,
     "where to write it (default weighin.html or weighin.md; - is stdout)"},
    {"as-of", 0, "UTC", false, "the moment as of which evidence is stale (default now)"},
    {0},
};

static int write_page(struct wi_cli *cli, const char *format, const char *path,
                      const struct wi_buf *page, struct wi_err *err) {
    if (strcmp(path, "-") == 0) {
        wi_buf_append(&cli->out, page->data, page->size);
        return WI_OK;
    }
    WI_TRY(wi_os_write_file(path, page->data, page->size, err));
    if (!cli->json) {
        wi_buf_printf(&cli->out, "Wrote %s (%zu bytes).\n", path, page->size);
        return WI_OK;
    }
    struct wi_json json;
    wi_json_init(&json, &cli->out, true);
    wi_json_object(&json, NULL);
    wi_json_str(&json, "schema", "weighin.report/1");
    wi_json_str(&json, "format", format);
    wi_json_str(&json, "path", path);
    wi_json_u64(&json, "bytes", page->size);
    wi_json_object_end(&json);
    wi_buf_putc(&cli->out, '\n');
    return WI_OK;
}

static int report(struct wi_cli *cli, struct wi_err *err) {
    const char *format = wi_args_get(&cli->args, "format"),
               *path = wi_args_get(&cli->args, "output");
    const struct wi_catalogue *catalogue = NULL;
    const struct wi_rules *rules = NULL;
    struct wi_store *store = NULL;
    struct wi_page_view view = {.tool_version = wi_build_info()->version,
                                .source = wi_cli_db_path(cli),
                                .made_utc_ns = wi_utc_ns(&wi_clock_system),
                                .chart_js = wi_report_chart_js()};
    format = format == NULL ? "html" : format;
    if (strcmp(format, "html") != 0 && strcmp(format, "md") != 0)
        return wi_fail(err, WI_USAGE, "--format %s: allowed are html and md", format);
    if (cli->json && path != NULL && strcmp(path, "-") == 0)
        return wi_fail(err, WI_USAGE, "report: --json and -o - would share stdout; name a file");
    if (path == NULL)
        path = strcmp(format, "html") == 0 ? "weighin.html" : "weighin.md";
    if (strcmp(path, "-") != 0)
        WI_TRY(wi_cli_check_output(cli, path, err));
    WI_TRY(wi_cli_rules(cli, &rules, err));
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_cli_open(cli, WI_STORE_READ, &store, err));
    WI_TRY(wi_cli_close(store, wi_load_page_view(cli, store, rules, &view, err), err));
    struct wi_buf page = {0};
    (strcmp(format, "html") == 0 ? wi_report_html : wi_report_markdown)(&view, &page);
    int status = write_page(cli, format, path, &page, err);
    wi_buf_fini(&page);
    return status;
}

const struct wi_command wi_command_report = {
    .name = "report",
    .operands = "",
    .summary = "one self-contained page of everything in the database",
    .use = WI_USE_json | WI_USE_db | WI_USE_models,
    .options = report_options,
    .run = report,
};
