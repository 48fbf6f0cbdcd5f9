/* record.c: writes the devices and runs of views.h as databases, for tests/e2e/test_golden.py.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   weighin_views CASE FILE.db      CASE: no_gpu, two_gpus, all_failed, hostile
 *
 * The rows are those of the views; where the views make up what a catalogue or a program would say
 * (hashes, generations), the real ones stand, so that what should count counts. */
#include "tests/report/views.h"

#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DONE(call)                                                                                 \
    do {                                                                                           \
        struct wi_err done_err = {0};                                                              \
        struct wi_err *err = &done_err;                                                            \
        if ((call) != WI_OK) {                                                                     \
            fprintf(stderr, "weighin_views: %s: %s\n", #call, done_err.message);                   \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static const struct wi_model *real_model(const struct wi_catalogue *catalogue,
                                         const struct wi_model *model) {
    for (size_t i = 0; i < catalogue->model_count; i++)
        if (strcmp(catalogue->models[i]->id, model->id) == 0)
            return catalogue->models[i];
    return model;
}

static void put_rows(struct wi_store *store, const struct wi_catalogue *catalogue,
                     const struct wi_run_view *view) {
    const char *device_id = view->inventory->identity.device_id;
    for (size_t i = 0; i < view->evidence_count; i++) {
        struct wi_measurement m = view->evidence[i].m;
        m.key.model = real_model(catalogue, m.key.model);
        m.id[30] = (char)('0' + i / 10 % 10); /* the views repeat theirs */
        m.id[31] = (char)('0' + i % 10);
        m.kernel_generation = wi_rules_default()->comparable_since[m.key.backend];
        DONE(wi_store_put_measurement(store, view->run->id, device_id, &m, err));
    }
    for (size_t i = 0; i < view->roofline_count; i++) {
        struct wi_roofline r = view->rooflines[i];
        snprintf(r.id, sizeof r.id, "%.30s%02u", view->run->id, (unsigned)(50 + i) % 100);
        DONE(wi_store_put_roofline(store, view->run->id, device_id, &r, err));
    }
}

static void put_run(struct wi_store *store, const struct wi_run_view *view) {
    struct wi_run run = *view->run;
    run.state = "open";
    run.tool_built_utc_ns = run.started_utc_ns; /* whatever day the test is built on */
    DONE(wi_store_put_inventory(store, view->inventory, run.id, run.started_utc_ns, err));
    DONE(wi_store_put_run(store, &run, view->inventory->identity.device_id, err));
    if (view->conditions)
        DONE(wi_store_put_conditions(store, run.id, "before", view->conditions, err));
}

static void record(enum views_case c, const char *path) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_catalogue *catalogue = NULL;
    struct wi_tier_file *tiers = NULL;
    struct wi_store *store = NULL;
    struct wi_run_view view;
    views_run(c, arena, &view);
    DONE(wi_catalogue_load(NULL, &catalogue, err));
    DONE(wi_tiers_load(NULL, catalogue, &tiers, err));
    DONE(wi_store_open(path, WI_STORE_WRITE, &store, err));
    DONE(wi_store_put_catalogue(store, catalogue, err));
    put_run(store, &view);
    put_rows(store, catalogue, &view);
    DONE(wi_store_finish_run(store, view.run, err));
    DONE(wi_derive(store, catalogue, tiers, wi_rules_default(), err));
    DONE(wi_store_close(store, err));
    wi_tiers_destroy(tiers);
    wi_catalogue_destroy(catalogue);
    wi_arena_destroy(arena);
}

int main(int argc, char **argv) {
    for (int c = 0; argc == 3 && c < VIEWS_COUNT; c++) {
        if (strcmp(argv[1], views_name((enum views_case)c)) == 0) {
            record((enum views_case)c, argv[2]);
            return 0;
        }
    }
    fprintf(stderr, "usage: weighin_views no_gpu|two_gpus|all_failed|hostile FILE.db\n");
    return 2;
}
