/* store_exercise.h: asks a database everything that can be asked; what it answers does not matter,
 * that it answers does. For hostile files and the fuzzer.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_STORE_EXERCISE_H
#define WI_STORE_EXERCISE_H

#include "results/store.h"
#include "results/store_derived.h"

#include <string.h>

static inline int exercise_row(void *state, int columns, const char *const *names,
                               const char *const *values, const int *types) {
    for (int i = 0; i < columns; i++)
        *(size_t *)state +=
            strlen(names[i]) + (values[i] ? strlen(values[i]) : 0) + (size_t)types[i];
    return WI_OK;
}

/* Touches every string that it was given, so that a bad pointer shows. */
static inline size_t exercise_evidence(const struct wi_evidence_list *list) {
    size_t sum = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct wi_measurement *m = &list->items[i].m;
        sum += strlen(m->key.model->id) + strlen(wi_case_status_name(m->status));
        for (size_t s = 0; m->samples && s < m->sample_count; s++)
            sum += m->samples[s].ns + strlen(wi_segment_name(m->samples[s].segment));
        for (size_t o = 0; o < m->op_count; o++)
            sum += m->ops[o].op ? strlen(m->ops[o].op) : 0;
    }
    return sum;
}

/* All that rules and reports read. */
static inline size_t exercise_loads(struct wi_store *store) {
    struct wi_err why;
    struct wi_arena *arena = wi_arena_create();
    struct wi_evidence_list evidence = {0};
    struct wi_device_row *devices = NULL;
    struct wi_run_row *runs = NULL;
    struct wi_matrix_cell *cells = NULL;
    struct wi_feasibility_row *verdicts = NULL;
    struct wi_device_tier_row *tiers = NULL;
    struct wi_roofline *rooflines = NULL;
    struct wi_condition_row *readings = NULL;
    size_t n = 0, sum = 0;
    if (wi_store_load_evidence(store, NULL, NULL, NULL, true, arena, &evidence, &why) == WI_OK)
        sum += exercise_evidence(&evidence);
    if (wi_store_list_devices(store, arena, &devices, &n, &why) == WI_OK)
        for (size_t i = 0; i < n; i++) {
            struct wi_inventory *inventory = NULL;
            const char *id = devices[i].device_id ? devices[i].device_id : "";
            if (wi_store_load_inventory(store, id, &inventory, &why) == WI_OK)
                wi_arena_destroy(inventory->arena);
        }
    if (wi_store_load_runs(store, NULL, arena, &runs, &n, &why) == WI_OK)
        for (size_t i = 0; i < n; i++) {
            size_t count = 0;
            wi_store_load_rooflines(store, runs[i].run.id, arena, &rooflines, &count, &why);
            wi_store_load_conditions(store, runs[i].run.id, arena, &readings, &count, &why);
        }
    wi_store_load_matrix(store, NULL, arena, &cells, &n, &why);
    wi_load_feasibility(store, NULL, arena, &verdicts, &n, &why);
    wi_load_device_tiers(store, arena, &tiers, &n, &why);
    wi_arena_destroy(arena);
    return sum;
}

/* That, every row of every table, and what asks about the file. */
static inline size_t exercise_store(struct wi_store *store) {
    struct wi_err why;
    struct wi_arena *arena = wi_arena_create();
    struct wi_verify_finding *findings = NULL;
    size_t n = 0, sum = exercise_loads(store);
    for (const char *const *t = wi_store_tables(); *t; t++)
        wi_store_each_row(store, *t, exercise_row, &sum, &why);
    if (wi_store_verify(store, arena, &findings, &n, &why) == WI_OK)
        for (size_t i = 0; i < n; i++)
            sum += strlen(findings[i].what);
    wi_arena_destroy(arena);
    return sum;
}

#endif
