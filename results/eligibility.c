/* eligibility.c: which evidence counts: one function for every command (SEMANTICS "Which evidence
 * counts").
 * SPDX-License-Identifier: Apache-2.0
 *
 * Relies on: the row alone, the constants of this program, what the device's newest probing says.
 * Promises: a reason that people understand, or NULL. The first reason in the order below is given:
 * what makes a row meaningless comes before what makes it old. */
#include "results/judge.h"
#include "results/constants.h"

#include <string.h>

static const int64_t day_ns = INT64_C(86400) * 1000000000;

const struct wi_rules *wi_rules_default(void) {
    static const struct wi_rules rules = {
        .max_age_days = 90,
        .between_run_mains = 0.04,
        .between_run_battery = 0.08,
        .newest_runs = 5,
        .tier_leave_margin = 0.03,
        .comparable_since = {
            [WI_BACKEND_cpu] = 2, [WI_BACKEND_vulkan] = 1, [WI_BACKEND_opencl] = 1}};
    return &rules;
}

bool wi_rules_too_old(const struct wi_rules *rules, int64_t run_utc_ns) {
    return rules->as_of_utc_ns != 0 &&
           (rules->as_of_utc_ns - run_utc_ns) / day_ns >= rules->max_age_days;
}

/* ---- one reason each ---- */

static const char *by_status(const struct wi_evidence *e, struct wi_arena *arena) {
    if (e->m.status == WI_CASE_ok)
        return NULL;
    return wi_arena_printf(arena, "its status is %s%s%s", wi_case_status_name(e->m.status),
                           e->m.reason ? ": " : "", e->m.reason ? e->m.reason : "");
}

static const char *by_annotation(const struct wi_evidence *e, struct wi_arena *arena) {
    return e->excluded ? wi_arena_printf(arena, "excluded by hand: %s", e->excluded) : NULL;
}

static const char *by_backend(const struct wi_evidence *e) {
    return e->m.key.backend == WI_BACKEND_null
               ? "the null backend plays back scripted rates: no statement about a device"
               : NULL;
}

static const char *by_cap(const struct wi_evidence *e, struct wi_arena *arena) {
    const char *cap = e->m.key.cap;
    if (cap && cap[0] != '\0')
        return wi_arena_printf(arena, "measured with the cap %s: shows what an older chip would do",
                               cap);
    return e->m.what_if ? "measured under a cap: shows what another device would do" : NULL;
}

static const char *by_doubt(const struct wi_evidence *e) {
    for (unsigned d = 0; e->m.doubts >> d != 0; d++) {
        bool set = (e->m.doubts >> d & 1) != 0;
        if (set && d == WI_DOUBT_on_battery && !e->has_mains)
            continue; /* a phone is always on battery */
        if (set && wi_doubt_bars((enum wi_doubt)d))
            return wi_doubt_advice((enum wi_doubt)d);
    }
    return NULL;
}

static const char *by_software_device(const struct wi_evidence *e, bool about_gpu) {
    bool software = e->m.software || (e->m.doubts & WI_DOUBT_BIT(WI_DOUBT_software_device)) != 0;
    return about_gpu && software ? wi_doubt_advice(WI_DOUBT_software_device) : NULL;
}

static const char *by_generation(const struct wi_evidence *e, const struct wi_rules *rules,
                                 struct wi_arena *arena) {
    uint32_t since = rules->comparable_since[e->m.key.backend];
    if (e->m.kernel_generation >= since)
        return NULL;
    return wi_arena_printf(arena,
                           "measured with generation %u of the %s kernels, comparable are those "
                           "from %u: measure again",
                           e->m.kernel_generation, wi_backend_id_name(e->m.key.backend), since);
}

static const char *by_software(const struct wi_evidence *e, const char *newest,
                               struct wi_arena *arena) {
    const char *backend = wi_backend_id_name(e->m.key.backend);
    if (!newest)
        return wi_arena_printf(arena, "the newest probing found nothing that %s could run on",
                               backend);
    if (!e->software_id)
        return wi_arena_printf(arena, "it is not known which software lay under %s", backend);
    if (strcmp(e->software_id, newest) == 0)
        return NULL;
    return wi_arena_printf(arena,
                           "the software under %s changed since (kernel, driver or firmware): "
                           "measure again",
                           backend);
}

static const char *by_age(const struct wi_evidence *e, const struct wi_rules *rules,
                          struct wi_arena *arena) {
    if (e->run_utc_ns != 0 && e->run_utc_ns < e->tool_built_utc_ns)
        return "its run is dated before its own program was built: synchronise the clock, repeat";
    if (rules->as_of_utc_ns == 0)
        return NULL;
    int64_t age_ns = rules->as_of_utc_ns - e->run_utc_ns;
    if (age_ns < 0)
        return "its run is later than the day that is asked about";
    if (!wi_rules_too_old(rules, e->run_utc_ns))
        return NULL;
    return wi_arena_printf(arena, "%lld days old, the limit is %u: measure again",
                           (long long)(age_ns / day_ns), rules->max_age_days);
}

const char *wi_evidence_barred(const struct wi_evidence *evidence, const struct wi_rules *rules,
                               const char *newest_software_id, bool about_gpu,
                               struct wi_arena *arena) {
    const char *why = by_status(evidence, arena);
    why = why ? why : by_annotation(evidence, arena);
    why = why ? why : by_backend(evidence);
    why = why ? why : by_cap(evidence, arena);
    why = why ? why : by_doubt(evidence);
    why = why ? why : by_software_device(evidence, about_gpu);
    why = why ? why : by_generation(evidence, rules, arena);
    why = why ? why : by_software(evidence, newest_software_id, arena);
    return why ? why : by_age(evidence, rules, arena);
}

const char *wi_evidence_barred_on(const struct wi_evidence *evidence, const struct wi_rules *rules,
                                  const struct wi_inventory *inventory, bool about_gpu,
                                  struct wi_arena *arena) {
    const struct wi_identity *newest = &inventory->identity;
    const char *software = newest->software_id[evidence->m.key.backend];
    const char *why = wi_evidence_barred(evidence, rules, software, about_gpu, arena);
    if (why || !newest->hardware_id)
        return why;
    if (!evidence->hardware_id || strcmp(evidence->hardware_id, newest->hardware_id) != 0)
        return "measured on another configuration of this device: parts changed since";
    return NULL;
}

/* ---- rooflines ---- */

/* A roofline stands and falls with the rows of its run: it counts when one of them does, and when
 * nobody withdrew it by itself. Nobody else says which cap was on, whether the clock could be
 * trusted, what else took the processor. */
static bool roofline_counts(const struct wi_roofline *r, const char *run_id,
                            const struct wi_inventory *inventory,
                            const struct wi_evidence_list *evidence, struct wi_arena *arena) {
    const struct wi_rules *rules = wi_rules_default();
    for (size_t i = 0; i < evidence->count; i++) {
        const struct wi_evidence *e = &evidence->items[i];
        if (e->m.key.backend == r->backend && strcmp(e->run_id, run_id) == 0 &&
            wi_evidence_barred_on(e, rules, inventory, false, arena) == NULL)
            return true;
    }
    return false;
}

struct roofline_list {
    struct wi_roofline *items;
    size_t count, capacity;
};

static struct wi_roofline *roofline_like(const struct roofline_list *list,
                                         const struct wi_roofline *r) {
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].backend == r->backend &&
            strcmp(list->items[i].compute_device_id, r->compute_device_id) == 0)
            return &list->items[i];
    return NULL;
}

static void keep_better(struct wi_maybe_f64 *best, struct wi_maybe_f64 seen, bool less_is_better) {
    if (!wi_has_f64(seen))
        return;
    if (!wi_has_f64(*best) ||
        (less_is_better ? seen.value < best->value : seen.value > best->value))
        *best = seen;
}

/* The row of the better one of two limits, as keep_better tells. */
static void credit(const char **row, struct wi_maybe_f64 best, struct wi_maybe_f64 seen,
                   const char *seen_row, bool less_is_better) {
    if (!wi_has_f64(seen))
        return;
    if (!wi_has_f64(best) || (less_is_better ? seen.value < best.value : seen.value > best.value))
        *row = seen_row;
}

static void credit_rows(struct wi_roofline *best, const struct wi_roofline *seen) {
    credit(&best->rows.read, best->read_gb_per_s, seen->read_gb_per_s, seen->rows.read, false);
    credit(&best->rows.f32, best->peak_gflop_per_s_f32, seen->peak_gflop_per_s_f32, seen->rows.f32,
           false);
    credit(&best->rows.bf16, best->peak_gflop_per_s_bf16, seen->peak_gflop_per_s_bf16,
           seen->rows.bf16, false);
    credit(&best->rows.int8, best->peak_gflop_per_s_int8, seen->peak_gflop_per_s_int8,
           seen->rows.int8, false);
    credit(&best->rows.launch, best->launch_us, seen->launch_us, seen->rows.launch, true);
}

/* A limit is what the device can do: a run that saw less of it saw the device in a bad moment (its
 * cores shared with another virtual machine, say), and would make verdicts say "no" too early. */
static void raise_limits(struct wi_roofline *best, const struct wi_roofline *seen,
                         struct wi_arena *arena) {
    const struct wi_roofline before = *best, *const both[] = {&before, seen};
    credit_rows(best, seen);
    best->id[0] = '\0';
    wi_roofline_join(best, seen, arena);
    for (size_t i = 0; i < WI_COUNT(both); i++) { /* rows of before ceilings were kept have none */
        keep_better(&best->read_gb_per_s, both[i]->read_gb_per_s, false);
        keep_better(&best->copy_gb_per_s, both[i]->copy_gb_per_s, false);
        keep_better(&best->peak_gflop_per_s_f32, both[i]->peak_gflop_per_s_f32, false);
        keep_better(&best->peak_gflop_per_s_bf16, both[i]->peak_gflop_per_s_bf16, false);
        keep_better(&best->peak_gflop_per_s_int8, both[i]->peak_gflop_per_s_int8, false);
        keep_better(&best->launch_us, both[i]->launch_us, true);
    }
}

int wi_rooflines_load(struct wi_store *store, const struct wi_inventory *inventory,
                      const struct wi_evidence_list *evidence, struct wi_arena *arena,
                      struct wi_roofline **rooflines, size_t *count, struct wi_err *err) {
    struct wi_run_row *runs = NULL;
    struct roofline_list list = {0};
    size_t n = 0;
    WI_TRY(wi_store_load_runs(store, inventory->identity.device_id, arena, &runs, &n, err));
    for (size_t i = n; i-- > 0;) {
        struct wi_roofline *of_run = NULL;
        size_t of_run_count = 0;
        WI_TRY(wi_store_load_rooflines(store, runs[i].run.id, arena, &of_run, &of_run_count, err));
        for (size_t k = 0; k < of_run_count; k++) {
            if (!of_run[k].compute_device_id || of_run[k].excluded ||
                !roofline_counts(&of_run[k], runs[i].run.id, inventory, evidence, arena))
                continue;
            struct wi_roofline *best = roofline_like(&list, &of_run[k]);
            if (best == NULL)
                *WI_PUSH(arena, &list, struct wi_roofline) = of_run[k];
            else
                raise_limits(best, &of_run[k], arena);
        }
    }
    *rooflines = list.items;
    *count = list.count;
    return WI_OK;
}

void wi_constants_of_evidence(struct wi_constants *list) {
    const struct wi_rules *r = wi_rules_default();
    wi_constants_add(list, "evidence.max_age", r->max_age_days, "days",
                     "older rows do not count, judged only with --as-of");
    wi_constants_add(list, "evidence.newest_runs", r->newest_runs, "runs",
                     "of a case that count, the newest ones");
    wi_constants_add(list, "evidence.between_run_mains", r->between_run_mains, "share",
                     "a single run's interval is widened by, on mains and with a fan");
    wi_constants_add(list, "evidence.between_run_battery", r->between_run_battery, "share",
                     "a single run's interval is widened by, on battery or without a fan");
    wi_constants_add(list, "evidence.tier_leave_margin", r->tier_leave_margin, "share",
                     "a limit must be cleared by, before a device leaves its tier");
    wi_constants_add(list, "evidence.comparable_since_cpu", r->comparable_since[WI_BACKEND_cpu],
                     "(generation)", "oldest CPU kernels whose rows count");
    wi_constants_add(list, "evidence.comparable_since_vulkan",
                     r->comparable_since[WI_BACKEND_vulkan], "(generation)",
                     "oldest Vulkan kernels whose rows count");
    wi_constants_add(list, "evidence.comparable_since_opencl",
                     r->comparable_since[WI_BACKEND_opencl], "(generation)",
                     "oldest OpenCL kernels whose rows count");
}
