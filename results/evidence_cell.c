/* evidence_cell.c: the evidence of one cell, summed up by case key (SEMANTICS "Which evidence
 * counts": the newest five runs, median of run medians).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Promises: the same answer in whatever order the rows come. */
#include "results/judge_parts.h"
#include "results/constants.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BOOTSTRAP_DRAWS = 1000, BOOTSTRAP_SEED = 1, RUNS_MAX = 64, REPEATS_MAX = 64 };

/* ---- places ---- */

struct place_list {
    struct wi_place *items;
    size_t count, capacity;
};

static void add_gpu(struct place_list *list, const struct wi_gpu *gpu, struct wi_arena *arena) {
    for (size_t i = 0; i < gpu->api_count; i++)
        *WI_PUSH(arena, list, struct wi_place) =
            (struct wi_place){gpu->compute_device_id, gpu->apis[i].api, gpu};
    if (gpu->api_count == 0)
        *WI_PUSH(arena, list, struct wi_place) =
            (struct wi_place){gpu->compute_device_id, WI_BACKEND_vulkan, gpu};
}

size_t wi_places(const struct wi_inventory *inventory, const char *compute_device_id,
                 struct wi_arena *arena, struct wi_place **places) {
    struct place_list list = {0};
    const char *cpu = inventory->cpu.compute_device_id, *asked = compute_device_id;
    if (cpu && (!asked || strcmp(asked, cpu) == 0))
        *WI_PUSH(arena, &list, struct wi_place) = (struct wi_place){cpu, WI_BACKEND_cpu, NULL};
    for (size_t i = 0; i < inventory->gpu_count; i++) {
        const struct wi_gpu *gpu = &inventory->gpus[i];
        if (asked ? strcmp(asked, gpu->compute_device_id) == 0 : !gpu->software)
            add_gpu(&list, gpu, arena);
    }
    *places = list.items;
    return list.count;
}

static const struct wi_roofline *roofline_at(const struct wi_verdict_request *r,
                                             const struct wi_place *place) {
    for (size_t i = 0; i < r->roofline_count; i++) {
        const struct wi_roofline *line = &r->rooflines[i];
        if (line->backend == place->backend && line->compute_device_id &&
            strcmp(line->compute_device_id, place->compute_device_id) == 0)
            return line;
    }
    return NULL;
}

void wi_cell_at(const struct wi_verdict_request *request, const struct wi_place *place,
                struct wi_arena *arena, struct wi_cell *cell) {
    *cell = (struct wi_cell){.inventory = request->inventory,
                             .rules = request->rules ? request->rules : wi_rules_default(),
                             .list = request->evidence,
                             .roofline = roofline_at(request, place),
                             .model = request->model,
                             .precision = request->precision,
                             .compute_device_id = place->compute_device_id,
                             .backend = place->backend,
                             .gpu = place->gpu,
                             .arena = arena};
}

/* ---- which rows are about the cell ---- */

static bool is_of(const struct wi_cell *cell, const struct wi_evidence *e) {
    const struct wi_case *key = &e->m.key;
    return e->m.kind == WI_KIND_model && key->backend == cell->backend && key->model &&
           key->compute_device_id && strcmp(key->compute_device_id, cell->compute_device_id) == 0 &&
           strcmp(key->model->id, cell->model->id) == 0 &&
           strcmp(key->model->hash, cell->model->hash) == 0 && key->precision == cell->precision &&
           (key->kv_precision == cell->kv_precision || key->phase == WI_PHASE_encode) &&
           (key->batch == 0 ? 1 : key->batch) == cell->batch;
}

int wi_evidence_compare_time(const struct wi_evidence *a, const struct wi_evidence *b) {
    if (a->run_utc_ns != b->run_utc_ns)
        return a->run_utc_ns < b->run_utc_ns ? -1 : 1;
    int c = strcmp(a->run_id ? a->run_id : "", b->run_id ? b->run_id : "");
    return c ? c : strcmp(a->m.id, b->m.id);
}

static bool same_run(const struct wi_evidence *a, const struct wi_evidence *b) {
    return a->run_utc_ns == b->run_utc_ns &&
           strcmp(a->run_id ? a->run_id : "", b->run_id ? b->run_id : "") == 0;
}

static bool same_key(const struct wi_evidence *a, const struct wi_evidence *b) {
    return a->m.key.phase == b->m.key.phase && a->m.key.depth == b->m.key.depth &&
           a->m.key.tokens == b->m.key.tokens;
}

static int compare_u32(uint32_t a, uint32_t b) {
    return (a > b) - (a < b);
}

/* By case key, then the newest first. */
static int by_key(const void *a, const void *b) {
    const struct wi_evidence *x = *(const struct wi_evidence *const *)a;
    const struct wi_evidence *y = *(const struct wi_evidence *const *)b;
    int c = compare_u32(x->m.key.phase, y->m.key.phase);
    c = c ? c : compare_u32(x->m.key.depth, y->m.key.depth);
    c = c ? c : compare_u32(x->m.key.tokens, y->m.key.tokens);
    return c ? c : -wi_evidence_compare_time(x, y);
}

static int by_id(const void *a, const void *b) {
    const struct wi_not_counted *x = a, *y = b;
    return strcmp(x->measurement_id, y->measurement_id);
}

static bool same_text(const char *a, const char *b) {
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Says the row that this device, with today's software, cannot run the model? Not one that asked
 * for more context than the model has, one under a cap, one of before an update or a repair. */
static bool refuses_model(const struct wi_cell *cell, const struct wi_evidence *e) {
    const struct wi_identity *now = &cell->inventory->identity;
    const struct wi_case *key = &e->m.key;
    bool capped = e->m.what_if || (key->cap && key->cap[0] != '\0');
    return e->m.status == WI_CASE_unsupported && !e->excluded && !capped &&
           (uint64_t)key->depth + key->tokens <= cell->model->max_context &&
           same_text(e->software_id, now->software_id[cell->backend]) &&
           (!now->hardware_id || same_text(e->hardware_id, now->hardware_id));
}

const char *wi_cell_unsupported(const struct wi_cell *cell) {
    const struct wi_evidence *newest = NULL;
    for (size_t i = 0; cell->list && i < cell->list->count; i++) {
        const struct wi_evidence *e = &cell->list->items[i];
        if (is_of(cell, e) && refuses_model(cell, e) &&
            (!newest || wi_evidence_compare_time(newest, e) < 0))
            newest = e;
    }
    return newest ? (newest->m.reason ? newest->m.reason : "no reason was stored") : NULL;
}

static int by_time(const void *a, const void *b) {
    return wi_evidence_compare_time(*(const struct wi_evidence *const *)a,
                                    *(const struct wi_evidence *const *)b);
}

void wi_cell_runs(const struct wi_cell *cell, struct wi_evidence_ptrs *runs) {
    struct wi_evidence_ptrs all = {0};
    *runs = (struct wi_evidence_ptrs){0};
    for (size_t i = 0; cell->list && i < cell->list->count; i++)
        if (is_of(cell, &cell->list->items[i]))
            *WI_PUSH(cell->arena, &all, const struct wi_evidence *) = &cell->list->items[i];
    if (all.count)
        qsort(all.items, all.count, sizeof(*all.items), by_time);
    for (size_t i = 0; i < all.count; i++)
        if (i + 1 == all.count || !same_run(all.items[i], all.items[i + 1]))
            *WI_PUSH(cell->arena, runs, const struct wi_evidence *) = all.items[i];
}

/* ---- figures ---- */

/* What differs between two runs on an unchanged device. */
static double between_runs(const struct wi_cell *cell, const struct wi_evidence *e) {
    enum wi_form form = cell->inventory->memory.form;
    bool no_fan = form == WI_FORM_phone || form == WI_FORM_tablet || form == WI_FORM_sbc;
    return e->has_mains && !no_fan ? cell->rules->between_run_mains
                                   : cell->rules->between_run_battery;
}

/* Of one run: the median over its rows, which are more than one when it repeated the case (the
 * newest REPEATS_MAX of them). Returns how many rows the run has. */
static size_t sum_up_run(const struct wi_evidence *const *rows, size_t n, struct wi_interval *out) {
    double median[REPEATS_MAX], lo[REPEATS_MAX], hi[REPEATS_MAX];
    size_t end = 0, k = 0;
    for (; end < n && same_run(rows[0], rows[end]); end++) {
        if (k == REPEATS_MAX)
            continue;
        median[k] = rows[end]->m.tokens_per_s.median;
        lo[k] = rows[end]->m.tokens_per_s.lo;
        hi[k++] = rows[end]->m.tokens_per_s.hi;
    }
    *out = (struct wi_interval){wi_stat_median(lo, k), wi_stat_median(median, k),
                                wi_stat_median(hi, k)};
    return end;
}

/* Two runs that happened to be equal do not tell the speed exactly. */
static struct wi_interval at_least(struct wi_interval i, double share) {
    return (struct wi_interval){fmin(i.lo, i.mid * (1 - share)), i.mid,
                                fmax(i.hi, i.mid * (1 + share))};
}

static struct wi_interval sum_up(const struct wi_cell *cell, const struct wi_evidence *const *rows,
                                 size_t n) {
    double medians[RUNS_MAX];
    struct wi_interval run = {0};
    size_t runs = 0;
    for (size_t i = 0; i < n; runs++) {
        i += sum_up_run(rows + i, n - i, &run);
        medians[runs] = run.mid;
    }
    double spread = between_runs(cell, rows[0]);
    if (runs > 1)
        return at_least(wi_stat_bootstrap_median(medians, runs, BOOTSTRAP_DRAWS, BOOTSTRAP_SEED),
                        spread / sqrt((double)runs));
    run.lo = (run.lo < run.mid ? run.lo : run.mid) * (1 - spread);
    run.hi = (run.hi > run.mid ? run.hi : run.mid) * (1 + spread);
    return run;
}

static void bar(const struct wi_cell *cell, struct wi_bars *bars, const struct wi_evidence *e,
                const char *why) {
    *WI_PUSH(cell->arena, bars, struct wi_not_counted) = (struct wi_not_counted){e->m.id, why};
}

/* rows: of one key, newest first. Returns how many there are. */
static size_t add_figure(const struct wi_cell *cell, const struct wi_evidence *const *rows,
                         size_t n, struct wi_figures *figures, struct wi_bars *bars) {
    uint32_t most = cell->rules->newest_runs < RUNS_MAX ? cell->rules->newest_runs : RUNS_MAX;
    size_t end = 0, runs = 0, kept = 0;
    for (; end < n && same_key(rows[0], rows[end]); end++) {
        runs += end == 0 || !same_run(rows[end - 1], rows[end]);
        if (runs <= most)
            kept = end + 1;
        else
            bar(cell, bars, rows[end],
                wi_arena_printf(cell->arena, "older than the newest %u runs", most));
    }
    *WI_PUSH(cell->arena, figures, struct wi_figure) =
        (struct wi_figure){.phase = rows[0]->m.key.phase,
                           .tokens = rows[0]->m.key.tokens,
                           .depth = rows[0]->m.key.depth,
                           .tok_s = sum_up(cell, rows, kept),
                           .rows = rows,
                           .row_count = kept};
    return end;
}

void wi_cell_figures(const struct wi_cell *cell, const struct wi_evidence *upto,
                     struct wi_figures *figures, struct wi_bars *bars) {
    struct wi_evidence_ptrs counted = {0};
    bool about_gpu = cell->gpu && !cell->gpu->software;
    *figures = (struct wi_figures){0};
    *bars = (struct wi_bars){0};
    for (size_t i = 0; cell->list && i < cell->list->count; i++) {
        const struct wi_evidence *e = &cell->list->items[i];
        if (!is_of(cell, e) ||
            (upto && wi_evidence_compare_time(e, upto) > 0 && !same_run(e, upto)))
            continue;
        const char *why =
            wi_evidence_barred_on(e, cell->rules, cell->inventory, about_gpu, cell->arena);
        if (!why && !(e->m.tokens_per_s.median > 0))
            why = "it holds no speed";
        if (why)
            bar(cell, bars, e, why);
        else
            *WI_PUSH(cell->arena, &counted, const struct wi_evidence *) = e;
    }
    if (counted.count)
        qsort(counted.items, counted.count, sizeof(*counted.items), by_key);
    for (size_t i = 0; i < counted.count;)
        i += add_figure(cell, counted.items + i, counted.count - i, figures, bars);
    if (bars->count)
        qsort(bars->items, bars->count, sizeof(*bars->items), by_id);
}

void wi_constants_of_runs(struct wi_constants *list) {
    wi_constants_add(list, "evidence.resample_runs", BOOTSTRAP_DRAWS, "draws",
                     "make the interval of several runs");
    wi_constants_add(list, "evidence.repeats_most", REPEATS_MAX, "rows",
                     "of one case within one run are looked at, the newest ones");
}
