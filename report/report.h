/* report.h: what weighin knows, as people and programs read it: text, JSON, Markdown, CSV, HTML.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Renderers are pure: structs in, bytes out. They neither open databases nor judge; the caller
 * (cli) loads and judges, and hands over the structs below, all borrowed. Text is plain, at most 80
 * columns where the content allows, and has no colours. JSON is pretty-printed as CONTRACT says,
 * one object and a newline. Hostile names are shown as text: control characters become '?' in text,
 * are escaped in JSON, HTML and CSV. */
#ifndef WI_REPORT_H
#define WI_REPORT_H

#include "base/buf.h"
#include "results/judge.h"
#include "results/store.h"
#include "results/store_derived.h"
#include "results/summary.h"

/* ---- probe ---- */
void wi_report_probe_json(const struct wi_inventory *inventory, struct wi_buf *out);

/* ---- downloads ---- */
/* Assumed rates, round figures and no measurement; text and pages say them beside the times. 4g:
 * mean mobile download worldwide, 20.3 Mbit/s (Ookla Speedtest data of 2017, when mobile meant 4G).
 * wifi: 100 Mbit/s, a fixed line of today behind one wall. fiber: 500 Mbit/s, a common middle
 * tariff. */
struct wi_link {
    const char *name;
    double mbit_per_s; /* 1e6 bits */
};
enum { WI_LINK_COUNT = 3 };
const struct wi_link *wi_report_links(void);
double wi_report_download_s(const struct wi_link *link, uint64_t bytes);

/* ---- estimate ---- */
struct wi_estimate_view {
    const struct wi_model *model;
    enum wi_format_id precision, kv_precision;
    uint32_t context;
    const char *engine;
    const struct wi_footprint *footprint;
};
void wi_report_estimate_json(const struct wi_estimate_view *view, struct wi_buf *out);
void wi_report_estimate_text(const struct wi_estimate_view *view, struct wi_buf *out);

/* ---- check ---- */
struct wi_alternative {
    enum wi_format_id precision;
    uint32_t context;
    enum wi_verdict_id verdict;
};
struct wi_check_view {
    const struct wi_verdict *verdict; /* of an encoder, first_token_s is one pass (encode_s) and
                                         prefill_tok_s its rate */
    const char *device_name;
    const char *looked_at; /* "weighin.db: 12 measurements", or "weighin.db: no such file;
                              probed this device instead" */
    const char *advice;    /* what to do next ("weigh this device in: weighin run"); NULL */
    const struct wi_alternative *alternatives;
    size_t alternative_count;
};
void wi_report_check_json(const struct wi_check_view *view, struct wi_buf *out);
void wi_report_check_text(const struct wi_check_view *view, struct wi_buf *out);

/* ---- a weigh-in ---- */
struct wi_expect_view {                    /* a run held against what used to work */
    const char *against;                   /* "run 01.. in weighin.db"; NULL: there was nothing */
    size_t held;                           /* cases that worked then and were asked now */
    const struct wi_evidence *const *lost; /* those that no longer do, as they are now */
    size_t lost_count;
};
struct wi_run_view { /* one run of one device, judged */
    const struct wi_run *run;
    const struct wi_inventory *inventory;
    const struct wi_conditions *conditions; /* the first reading; NULL: none */
    const struct wi_evidence *evidence;     /* of this run, of kind model, with samples */
    const char *const *barred;              /* evidence_count reasons; NULL entries are eligible */
    size_t evidence_count;
    const struct wi_evidence *ops; /* of this run, of kind op, with samples */
    const char *const *ops_barred; /* op_count reasons; NULL entries are eligible */
    size_t op_count;
    const struct wi_measurement *loads; /* kind load: weights made, one a session */
    size_t load_count;
    const struct wi_roofline *rooflines;
    size_t roofline_count;
    const struct wi_tier_result *tier; /* NULL: not derived */
    const struct wi_verdict *verdicts; /* of the device, on what this run asked */
    size_t verdict_count;
    const struct wi_verdict *derived; /* of the device, on everything derived; the page */
    size_t derived_count;
    const struct wi_condition_row *readings; /* in order; the page */
    size_t reading_count;
    /* of a run just made; zero: not told */
    const struct wi_expect_view *expect;
    const char *const *series; /* ids of the runs of --repeat, this one the last */
    size_t series_count;
    double forecast_s, took_s; /* as told before; as it was */
};
void wi_report_run_json(const struct wi_run_view *view, struct wi_buf *out);
/* The terminal summary: what this device can run, why, how fast, what went wrong. */
void wi_report_run_text(const struct wi_run_view *view, struct wi_buf *out);

/* ---- explain ---- */
struct wi_explain_view {                /* how one measurement came about */
    const struct wi_evidence *evidence; /* with its samples */
    const struct wi_run *run;
    const char *device_name;
    const struct wi_summary *summary; /* recomputed from the samples; NULL: it cannot be, because */
    const char *no_summary;           /* of this sentence */
    const struct wi_roofline *roofline;      /* of the same run and compute device; NULL: none */
    const struct wi_condition_row *readings; /* of the run, in order */
    size_t reading_count;
    const char *barred; /* why it does not count; NULL: it counts */
    const struct wi_rules *rules;
};
void wi_report_explain_json(const struct wi_explain_view *view, struct wi_buf *out);
void wi_report_explain_text(const struct wi_explain_view *view, struct wi_buf *out);

/* ---- matrix ---- */
enum wi_matrix_format {
    WI_MATRIX_text,
    WI_MATRIX_md,
    WI_MATRIX_csv,
    WI_MATRIX_json,
    WI_MATRIX_html
};
struct wi_matrix_view {
    const char *by; /* "tier" or "device" */
    const struct wi_matrix_cell *cells;
    size_t cell_count;
    const struct wi_device_tier_row *devices;
    size_t device_count;
};
void wi_report_matrix(const struct wi_matrix_view *view, enum wi_matrix_format format,
                      struct wi_buf *out);

/* ---- the page ---- */
/* Chart.js, out of its Debian package when the build found it, else NULL: pages then have their
 * tables alone. Ends with a NUL. */
const char *wi_report_chart_js(void);

struct wi_page_view {
    const struct wi_run_view *runs; /* the newest finished run of each device */
    size_t run_count;
    struct wi_matrix_view matrix;
    const char *tool_version, *source;    /* source: the database's file name */
    int64_t made_utc_ns;                  /* 0: not printed (golden files) */
    const struct wi_catalogue *catalogue; /* whose size classes are shown; NULL: none */
    const char *chart_js; /* drawn by this library; NULL: the page says that charts are left out */
};
/* One self-contained file: no request, strict content-security policy. */
void wi_report_html(const struct wi_page_view *view, struct wi_buf *out);
void wi_report_markdown(const struct wi_page_view *view, struct wi_buf *out);

/* ---- list ---- */
struct wi_list_view {           /* `weighin list THING`: rows of named columns */
    const char *thing;          /* "models" */
    const char *const *columns; /* names, NULL-terminated; JSON keys */
    const char *const *cells;   /* row_count x columns, row-major; NULL: unknown (null, "-") */
    const char *numeric;        /* one character a column: 'n' a number in JSON, 's' text,
                                   'b' "true"/"false" */
    size_t row_count;
};
void wi_report_list_json(const struct wi_list_view *view, struct wi_buf *out);
void wi_report_list_text(const struct wi_list_view *view, struct wi_buf *out);

/* ---- derive, verify ---- */
struct wi_verify_view {
    const char *path;
    int schema_version; /* 0: not readable as a database of ours */
    const struct wi_verify_finding *findings;
    size_t finding_count;
};
void wi_report_verify_json(const struct wi_verify_view *views, size_t count, struct wi_buf *out);
void wi_report_verify_text(const struct wi_verify_view *views, size_t count, struct wi_buf *out);

#endif
