/* fixture.h: a machine to plan for, a catalogue, a request.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_BENCH_FIXTURE_H
#define WI_BENCH_FIXTURE_H

#include "tests/model.h"

#include "base/units.h"
#include "bench/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench { /* one test's things */
    struct wi_catalogue *catalogue;
    struct wi_inventory inventory;
    struct wi_core_kind kinds[2];
    struct wi_cpu_cache cache;
    struct wi_run_request request;
    const struct wi_model *models[4];
    struct wi_plan *plan;
};

static const unsigned fixture_fast[] = {4, 6, 5, 7}, fixture_slow[] = {0, 1, 2, 3};
static const enum wi_backend_id fixture_null[] = {WI_BACKEND_null};

static inline const struct wi_model *fixture_model(const struct bench *b, const char *id) {
    return model_in(b->catalogue, id);
}

/* Two fast cores of two threads, four slow ones; 16 GiB; the null backend; the quick profile. */
static inline int bench_setup(void **state) {
    struct bench *b = calloc(1, sizeof *b);
    ok(wi_catalogue_load(NULL, &b->catalogue, err));
    b->kinds[0] = (struct wi_core_kind){"efficiency", 4, 4, wi_some_u64(2000), fixture_slow, 4};
    b->kinds[1] = (struct wi_core_kind){"performance", 2, 4, wi_some_u64(4000), fixture_fast, 4};
    b->cache = (struct wi_cpu_cache){3, 'u', 8 * WI_MIB, 1, 8, 64};
    b->inventory.cpu = (struct wi_cpu){.compute_device_id = "cpu0",
                                       .arch = "x86_64",
                                       .cores = 6,
                                       .threads = 8,
                                       .allowed_threads = 8,
                                       .quota_cpus = {WI_KNOWN_not_applicable, 0},
                                       .kinds = b->kinds,
                                       .kind_count = 2,
                                       .caches = &b->cache,
                                       .cache_count = 1};
    b->inventory.memory = (struct wi_memory){.total_bytes = wi_some_u64(16 * WI_GIB),
                                             .available_bytes = wi_some_u64(12 * WI_GIB),
                                             .limit_bytes = {WI_KNOWN_not_applicable, 0}};
    b->request = (struct wi_run_request){.profile = "quick",
                                         .backends = fixture_null,
                                         .backend_count = 1,
                                         .kv_precision = WI_FORMAT_f16,
                                         .batch = 1,
                                         .seed = 1};
    *state = b;
    return 0;
}

static inline int bench_teardown(void **state) {
    struct bench *b = *state;
    wi_plan_destroy(b->plan);
    wi_catalogue_destroy(b->catalogue);
    free(b);
    return 0;
}

static inline const struct wi_plan *bench_plan(struct bench *b) {
    wi_plan_destroy(b->plan);
    b->plan = NULL;
    ok(wi_plan_build(&b->request, &b->inventory, b->catalogue, &b->plan, err));
    return b->plan;
}

/* Asks for one model only. */
static inline void bench_only(struct bench *b, const char *model) {
    b->models[0] = fixture_model(b, model);
    b->models[1] = NULL;
    b->request.models = b->models;
}

static inline const struct wi_plan_case *find_case(const struct wi_plan *plan, const char *model,
                                                   enum wi_format_id precision, enum wi_phase phase,
                                                   uint32_t tokens, uint32_t depth) {
    for (size_t g = 0; g < plan->group_count; g++) {
        for (size_t i = 0; i < plan->groups[g].count; i++) {
            const struct wi_plan_case *c = &plan->groups[g].cases[i];
            if (c->key.model != NULL && strcmp(c->key.model->id, model) == 0 &&
                c->key.precision == precision && c->key.phase == phase && c->key.tokens == tokens &&
                c->key.depth == depth)
                return c;
        }
    }
    return NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

#endif
