/* views_run.c: hand-built weigh-ins and matrices.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/report/views_parts.h"

#include "models/catalogue.h"

#include <math.h>
#include <stdio.h>

/* ---- rows ---- */

static const struct wi_sample whole[] = {{1000, 70921986, 0, WI_SEGMENT_all},
                                         {71000000, 70000000, 1, WI_SEGMENT_all},
                                         {142000000, 72000000, 2, WI_SEGMENT_all}};
static const struct wi_sample parts[] = {
    {1000, 1000, 0, WI_SEGMENT_embed},    {2000, 50000, 0, WI_SEGMENT_global},
    {52000, 20000, 0, WI_SEGMENT_head},   {80000, 1100, 1, WI_SEGMENT_embed},
    {81100, 51000, 1, WI_SEGMENT_global}, {132100, 21000, 1, WI_SEGMENT_head},
    {160000, 900, 2, WI_SEGMENT_embed},   {160900, 49000, 2, WI_SEGMENT_global},
    {209900, 19000, 2, WI_SEGMENT_head}};
static const struct wi_op_note ops[] = {{"gemm", "gemm__avx2_q4_0", 0.0011, 0.004, 0.0021},
                                        {"norm", "norm__avx2", 1e-7, 1e-5, 0}};

static void decode_row(struct wi_measurement *m) {
    *m = (struct wi_measurement){.kind = WI_KIND_model,
                                 .key = {.model = &views_gemma,
                                         .precision = WI_FORMAT_q4_0,
                                         .kv_precision = WI_FORMAT_f16,
                                         .phase = WI_PHASE_decode,
                                         .tokens = 32,
                                         .depth = 512,
                                         .batch = 1,
                                         .backend = WI_BACKEND_cpu,
                                         .compute_device_id = "cpu0",
                                         .cap = ""},
                                 .status = WI_CASE_ok,
                                 .arithmetic = "int8",
                                 .kernel = "gemv__avx2_q4_0",
                                 .threads = 4,
                                 .thread_cpus = "0,2,4,6",
                                 .layers_run = 2,
                                 .layers_total = 18,
                                 .tokens_per_sample = 1,
                                 .samples = parts,
                                 .sample_count = 9,
                                 .passes = 3,
                                 .warmups = 1,
                                 .tokens_per_s = {14.1, 13.8, 14.5, 14.6},
                                 .error = 0.0011,
                                 .tolerance = 0.004,
                                 .worst_op = "gemm",
                                 .ops = ops,
                                 .op_count = 2,
                                 .weight_bytes = 1409877504,
                                 .bytes_per_token = 1419314688,
                                 .flops_per_token = 5.01e9,
                                 .achieved_gb_per_s = 20.0,
                                 .achieved_gflop_per_s = 70.7,
                                 .bound = WI_BOUND_memory,
                                 .second = WI_BOUND_unpack,
                                 .roofline_fraction = wi_some_f64(0.81),
                                 .peak_memory_bytes = wi_some_u64(1700000000),
                                 .kernel_generation = 1,
                                 .seed = 7,
                                 .wall_s = 3.5};
    snprintf(m->id, sizeof m->id, "%s", "0193000000000000000000000000aa01");
}

static const struct wi_doubt_note noted[] = {
    {WI_DOUBT_noisy, "the middle 80 % of the passes spread over 31 % of the median"}};
static const struct wi_beside beside[] = {{WI_BESIDE_other_seed, {560, 548, 571, 580}}};

static void prefill_row(struct wi_measurement *m) {
    decode_row(m);
    snprintf(m->id, sizeof m->id, "%s", "0193000000000000000000000000aa02");
    m->key.phase = WI_PHASE_prefill;
    m->key.tokens = 512;
    m->key.depth = 0;
    m->samples = whole;
    m->sample_count = 3;
    m->tokens_per_s = (struct wi_rate){566, 540, 580, 590};
    m->doubts = WI_DOUBT_BIT(WI_DOUBT_noisy) | WI_DOUBT_BIT(WI_DOUBT_small_pages);
    m->doubt_notes = noted;
    m->doubt_note_count = 1;
    m->beside = beside;
    m->beside_count = 1;
    m->bound = m->second = WI_BOUND_unknown;
    m->roofline_fraction = (struct wi_maybe_f64){WI_KNOWN_unknown, 0};
    m->peak_memory_bytes = (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    m->achieved_gb_per_s = 0;
}

static void failed_row(struct wi_measurement *m, enum wi_case_status status, const char *reason) {
    decode_row(m);
    m->status = status;
    m->reason = reason;
    m->samples = NULL;
    m->sample_count = m->passes = 0;
    m->tokens_per_s = (struct wi_rate){0, 0, 0, 0};
    m->achieved_gb_per_s = m->achieved_gflop_per_s = 0;
    m->peak_memory_bytes = (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    m->ops = NULL;
    m->op_count = 0;
    if (status != WI_CASE_wrong)
        m->error = m->tolerance = 0;
}

/* ---- single ops ---- */

static void op_row(struct wi_measurement *m, const struct wi_op_shape *op, const char *id) {
    decode_row(m);
    snprintf(m->id, sizeof m->id, "%s", id);
    m->kind = WI_KIND_op;
    m->key.model = NULL;
    m->key.op = *op;
    m->key.tokens = op->m;
    m->key.depth = 0;
    m->samples = whole;
    m->sample_count = 3;
    m->layers_run = m->layers_total = 0;
    m->tokens_per_sample = op->m * op->matrices;
    m->tokens_per_s = (struct wi_rate){1000, 990, 1010, 1020};
    m->weight_bytes = 18874368;
    m->bytes_per_token = 18874368.0 / op->m;
    m->flops_per_token = 67108864;
    m->achieved_gb_per_s = 18.9;
    m->achieved_gflop_per_s = 67.1;
}

static void add_ops(struct wi_arena *arena, struct wi_run_view *view) {
    static const struct wi_op_shape gemv = {"gemv", 1, 16384, 2048, 8},
                                    gemm = {"gemm", 128, 16384, 2048, 1};
    struct wi_evidence *single = WI_NEW_ARRAY(arena, struct wi_evidence, 4);
    const char **barred = WI_NEW_ARRAY(arena, const char *, 4);
    op_row(&single[0].m, &gemm, "0193000000000000000000000000aa11");
    single[0].m.key.phase = WI_PHASE_prefill;
    single[0].m.doubts = WI_DOUBT_BIT(WI_DOUBT_throttled);
    barred[0] = "the device throttled: let it cool, then repeat";
    op_row(&single[1].m, &gemv, "0193000000000000000000000000aa12");
    op_row(&single[2].m, &gemv, "0193000000000000000000000000aa13");
    single[2].m.key.precision = WI_FORMAT_f16;
    single[2].m.roofline_fraction = (struct wi_maybe_f64){WI_KNOWN_unknown, 0};
    op_row(&single[3].m, &gemv, "0193000000000000000000000000aa14");
    single[3].m = (struct wi_measurement){.kind = WI_KIND_op,
                                          .key = single[3].m.key,
                                          .status = WI_CASE_too_big,
                                          .reason = "1.50 GiB are needed, 1.00 GiB may be used"};
    single[3].m.key.precision = WI_FORMAT_f32;
    snprintf(single[3].m.id, sizeof single[3].m.id, "%s", "0193000000000000000000000000aa14");
    barred[3] = "its status is not ok";
    view->ops = single;
    view->ops_barred = barred;
    view->op_count = 4;
}

/* ---- runs ---- */

static const char *const gpu_barred[] = {NULL, "the device throttled: let it cool, then repeat",
                                         NULL};

static size_t gpu_rows(struct wi_evidence *e) {
    decode_row(&e[0].m);
    prefill_row(&e[1].m);
    e[1].m.doubts = WI_DOUBT_BIT(WI_DOUBT_throttled);
    failed_row(&e[2].m, WI_CASE_crashed, "the driver took the worker down (signal 11)");
    for (int i = 0; i < 3; i++) {
        e[i].m.key.backend = i == 1 ? WI_BACKEND_opencl : WI_BACKEND_vulkan;
        e[i].m.key.compute_device_id = "gpu0";
    }
    return 3;
}

static size_t failed_rows(struct wi_evidence *e) {
    static const struct {
        enum wi_case_status status;
        const char *reason;
    } ends[] = {
        {WI_CASE_wrong, "gemm: error 0.2, tolerance 0.004"},
        {WI_CASE_crashed, "the worker ended with signal 11"},
        {WI_CASE_timeout, "no answer within 60 s"},
        {WI_CASE_too_big, "1.50 GiB are needed, 1.00 GiB may be used"},
        {WI_CASE_too_big, "1.50 GiB are needed, 1.00 GiB may be used"},
        {WI_CASE_unsupported, "bf16 needs avx512bf16"},
        {WI_CASE_unavailable, "no Vulkan driver"},
        {WI_CASE_not_built, "built without OpenCL"},
        {WI_CASE_skipped, NULL},
    };
    for (size_t i = 0; i < WI_COUNT(ends); i++) {
        failed_row(&e[i].m, ends[i].status, ends[i].reason);
        snprintf(e[i].m.id, sizeof e[i].m.id, "0193000000000000000000000000cc%02zu", i);
    }
    return WI_COUNT(ends);
}

static size_t fill_rows(enum views_case c, struct wi_evidence *e) {
    if (c == VIEWS_two_gpus)
        return gpu_rows(e);
    if (c == VIEWS_all_failed)
        return failed_rows(e);
    decode_row(&e[0].m);
    prefill_row(&e[1].m);
    if (c == VIEWS_no_gpu)
        return 2;
    e[0].m.key.model = &views_hostile_model;
    e[0].m.kernel = views_hostile_name;
    failed_row(&e[1].m, WI_CASE_crashed, views_hostile_name);
    e[1].m.key.compute_device_id = views_hostile_name;
    return 2;
}

static const struct wi_run *new_run(enum views_case c, struct wi_arena *arena) {
    static const struct wi_label labels[] = {{"bench", "shelf 3"}};
    struct wi_run *run = WI_NEW(arena, struct wi_run);
    *run = (struct wi_run){.started_utc_ns = 1764550000000000000,
                           .finished_utc_ns = 1764550093000000000,
                           .boot_id = "b1",
                           .clock_sync = "yes",
                           .profile = "quick",
                           .tool_version = "0.1.0",
                           .commit = "0123abc",
                           .seed = 1,
                           .labels = labels,
                           .label_count = 1,
                           .state = "finished"};
    snprintf(run->id, sizeof run->id, "%s", "01930000000000000000000000000001");
    snprintf(run->suite_hash, sizeof run->suite_hash, "%s", "5017e");
    snprintf(run->plan_hash, sizeof run->plan_hash, "%s", "91a4");
    if (c == VIEWS_all_failed) {
        run->finished_utc_ns = 0;
        run->state = "interrupted";
        run->clock_sync = NULL;
        run->label_count = 0;
    }
    if (c == VIEWS_hostile)
        run->profile = views_hostile_name;
    return run;
}

static const struct wi_tier_result *new_tier(enum views_case c, struct wi_arena *arena) {
    struct wi_tier_result *t = WI_NEW(arena, struct wi_tier_result);
    static const char *const evidence[] = {"0193000000000000000000000000aa01"};
    *t = (struct wi_tier_result){"mid",    "cpu0", true, "decode 14.1 tok/s meets 10 of mid.",
                                 evidence, 1};
    if (c == VIEWS_all_failed)
        *t = (struct wi_tier_result){
            .id = "unrated", .because = "GPU present, no usable driver: install nvidia-driver."};
    if (c == VIEWS_hostile)
        t->because = views_hostile_name;
    return t;
}

static void add_conditions(struct wi_arena *arena, struct wi_run_view *view) {
    struct wi_conditions *c = WI_NEW(arena, struct wi_conditions);
    c->at_ns = 1000;
    *WI_PUSH(arena, &c->facts, struct wi_fact) =
        (struct wi_fact){"cpu0.governor", WI_KNOWN_known, "performance", "", "/sys"};
    *WI_PUSH(arena, &c->facts, struct wi_fact) =
        (struct wi_fact){"battery.percent", WI_KNOWN_not_applicable, NULL, "%", "/sys"};
    view->conditions = c;
}

/* The figures beside them are not those that would follow: what is shown is what is stored. */
static void add_ceilings(struct wi_roofline *r) {
    static const uint64_t ns[] = {20000000, 21000000, 40000000};
    static const struct wi_ceiling ceilings[] = {
        {WI_CEILING_read, "plain, small pages", NULL, NULL, NULL, 1, 268435456, ns, 3},
        {WI_CEILING_read, "4 streams, huge pages", NULL, NULL, NULL, 4, 536870912, ns, 3},
        {WI_CEILING_peak, "avx2 fma", "f32", NULL, NULL, 4, 1e10, ns, 3},
        {WI_CEILING_unpack, "gemv_q4_0__cpu_avx2", "f32", "q4_0", "decode", 4, 2e8, ns, 3},
        {WI_CEILING_unpack, "gemm_q4_0__cpu_avx2", "f32", "q4_0", "prefill", 4, 5e9, ns, 3},
        {WI_CEILING_launch, "empty call and barrier", NULL, NULL, NULL, 4, 64, ns, 3}};
    r->ceilings = ceilings;
    r->ceiling_count = WI_COUNT(ceilings);
}

static void add_roofline(struct wi_arena *arena, struct wi_run_view *view) {
    struct wi_roofline *r = WI_NEW(arena, struct wi_roofline);
    *r = (struct wi_roofline){.backend = WI_BACKEND_cpu,
                              .compute_device_id = "cpu0",
                              .read_gb_per_s = wi_some_f64(24.7),
                              .peak_gflop_per_s_f32 = wi_some_f64(310)};
    add_ceilings(r);
    view->rooflines = r;
    view->roofline_count = 1;
}

void views_run(enum views_case c, struct wi_arena *arena, struct wi_run_view *view) {
    struct wi_evidence *evidence = WI_NEW_ARRAY(arena, struct wi_evidence, 16);
    size_t n = fill_rows(c, evidence);
    const char **barred = WI_NEW_ARRAY(arena, const char *, 16);
    for (size_t i = 0; i < n; i++) {
        bool ok = evidence[i].m.status == WI_CASE_ok;
        barred[i] = !ok ? "its status is not ok" : c == VIEWS_two_gpus ? gpu_barred[i] : NULL;
    }
    struct wi_verdict *verdicts = WI_NEW_ARRAY(arena, struct wi_verdict, 2);
    views_verdict(c, arena, &verdicts[0]);
    verdicts[1] = verdicts[0];
    verdicts[1].model = &views_bert;
    *view = (struct wi_run_view){.run = new_run(c, arena),
                                 .inventory = views_inventory(c, arena),
                                 .evidence = evidence,
                                 .barred = barred,
                                 .evidence_count = n,
                                 .tier = new_tier(c, arena),
                                 .verdicts = verdicts,
                                 .verdict_count = c == VIEWS_no_gpu ? 2 : 1};
    if (c == VIEWS_no_gpu) {
        add_conditions(arena, view);
        add_roofline(arena, view);
        add_ops(arena, view);
    }
    if (c == VIEWS_all_failed)
        view->verdict_count = 0;
}

/* ---- matrices ---- */

static const char *const cited[] = {"0193000000000000000000000000aa01"};

static void add_cell(struct wi_matrix_cell *cell, const char *row, const struct wi_model *model,
                     enum wi_format_id precision, enum wi_verdict_id verdict) {
    bool yes = verdict == WI_VERDICT_usable || verdict == WI_VERDICT_comfortable;
    bool unknown = verdict == WI_VERDICT_unknown;
    *cell = (struct wi_matrix_cell){.tier = row,
                                    .model = model,
                                    .precision = precision,
                                    .context = 4096,
                                    .engine = "reference",
                                    .claim = "ceiling",
                                    .verdict = verdict,
                                    .devices = 11,
                                    .skus = 10,
                                    .feasible = yes ? 9 : 0,
                                    .infeasible = unknown ? 0
                                                  : yes   ? 1
                                                          : 10,
                                    .unknown = unknown ? 10 : 0,
                                    .share = wi_stat_wilson(yes ? 9 : 0, 10),
                                    .decode_p10 = unknown ? NAN : 9.1,
                                    .decode_median = unknown ? NAN : 14.1,
                                    .first_token_p10 = unknown ? NAN : 0.7,
                                    .first_token_median = unknown ? NAN : 0.905,
                                    .evidence = cited,
                                    .evidence_count = unknown ? 0 : 1};
}

void views_matrix(enum views_case c, const char *by, struct wi_arena *arena,
                  struct wi_matrix_view *view) {
    struct wi_matrix_cell *cells = WI_NEW_ARRAY(arena, struct wi_matrix_cell, 8);
    struct wi_device_tier_row *devices = WI_NEW_ARRAY(arena, struct wi_device_tier_row, 2);
    bool device = by[0] == 'd';
    const char *first = device ? "asset-7" : "mid", *second = device ? "asset-8" : "high";
    const struct wi_model *model = c == VIEWS_hostile ? &views_hostile_model : &views_gemma;
    if (c == VIEWS_hostile)
        first = views_hostile_name;
    *view = (struct wi_matrix_view){.by = by, .cells = cells, .devices = devices};
    devices[0] = (struct wi_device_tier_row){.device_id = device ? first : "asset-7",
                                             .device_name = views_inventory(c, arena)->name,
                                             .tier = *new_tier(c, arena)};
    devices[1] = (struct wi_device_tier_row){.device_id = "asset-8",
                                             .device_name = "Example Tower",
                                             .retired = device,
                                             .tier = *new_tier(c, arena)};
    view->device_count = 2;
    if (c == VIEWS_all_failed)
        return; /* nothing derived: no cells */
    add_cell(&cells[0], first, model, WI_FORMAT_q4_0, WI_VERDICT_comfortable);
    cells[0].by_definition = !device;
    add_cell(&cells[1], first, model, WI_FORMAT_f16, WI_VERDICT_too_slow);
    add_cell(&cells[2], first, &views_bert, WI_FORMAT_f16, WI_VERDICT_unknown);
    add_cell(&cells[3], second, model, WI_FORMAT_q4_0, WI_VERDICT_usable);
    cells[3].stale = true;
    add_cell(&cells[4], second, model, WI_FORMAT_f16, WI_VERDICT_does_not_fit);
    view->cell_count = 5;
}

/* ---- what pages show besides ---- */

/* A second depth, so that there is a curve; the chart's labels are as hostile as the model. */
static void add_depth(struct wi_run_view *run) {
    struct wi_evidence *e = (struct wi_evidence *)&run->evidence[run->evidence_count];
    decode_row(&e->m);
    e->m.key.model = run->evidence[0].m.key.model;
    e->m.key.depth = 4096;
    e->m.tokens_per_s = (struct wi_rate){12.2, 12.0, 12.4, 12.5};
    snprintf(e->m.id, sizeof e->m.id, "%s", "0193000000000000000000000000aa03");
    run->evidence_count++;
}

static void add_readings(struct wi_arena *arena, struct wi_run_view *run) {
    static const char *const taken[] = {"before", "during", "during", "after"};
    static const char *const loads[] = {"0.10", "1.90", "2.05", "1.40"};
    struct wi_condition_row *rows = WI_NEW_ARRAY(arena, struct wi_condition_row, 4);
    for (size_t i = 0; i < 4; i++) {
        struct wi_facts *facts = &rows[i].conditions.facts;
        rows[i].taken = taken[i];
        *WI_PUSH(arena, facts, struct wi_fact) =
            (struct wi_fact){"load.1m", WI_KNOWN_known, loads[i], "", "/proc/loadavg"};
        *WI_PUSH(arena, facts, struct wi_fact) =
            (struct wi_fact){"battery.percent", WI_KNOWN_not_applicable, NULL, "%", "/sys"};
    }
    run->readings = rows;
    run->reading_count = 4;
}

/* What was derived beyond what was asked, and the classes that it falls into. */
static void add_derived(struct wi_arena *arena, struct wi_run_view *run) {
    struct wi_verdict *all = WI_NEW_ARRAY(arena, struct wi_verdict, run->verdict_count + 1);
    for (size_t i = 0; i < run->verdict_count; i++)
        all[i] = run->verdicts[i];
    all[run->verdict_count] = run->verdicts[0];
    all[run->verdict_count].precision = WI_FORMAT_f32;
    all[run->verdict_count].verdict = WI_VERDICT_does_not_fit;
    run->derived = all;
    run->derived_count = run->verdict_count + 1;
}

static const struct wi_size_class classes[] = {{"tiny", 0.2e9, "distilbert-base"},
                                               {"2B", 2.9e9, "gemma-2b"}};
static const struct wi_model *models[] = {&views_gemma, &views_bert};
static const struct wi_catalogue catalogue = {
    .models = models, .model_count = 2, .classes = classes, .class_count = 2};

void views_page(enum views_case c, struct wi_arena *arena, struct wi_page_view *view) {
    struct wi_run_view *runs = WI_NEW_ARRAY(arena, struct wi_run_view, 1);
    views_run(c, arena, &runs[0]);
    if (c == VIEWS_no_gpu || c == VIEWS_hostile)
        add_depth(&runs[0]);
    if (c == VIEWS_no_gpu) {
        add_readings(arena, &runs[0]);
        add_derived(arena, &runs[0]);
    }
    *view = (struct wi_page_view){.runs = runs,
                                  .run_count = 1,
                                  .tool_version = "0.1.0",
                                  .catalogue = &catalogue,
                                  .chart_js = c == VIEWS_all_failed ? NULL : "/* Chart.js */",
                                  .source = c == VIEWS_hostile ? views_hostile_name : "weighin.db"};
    views_matrix(c, "tier", arena, &view->matrix);
}
