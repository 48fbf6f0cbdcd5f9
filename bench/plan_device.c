/* plan_device.c: compute devices to measure, threads to run on, memory that may be used.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/plan_parts.h"

#include "base/units.h"
#include "bench/threads.h"
#include "kernels/backend.h"

#include <string.h>

/* ---- compute devices ---- */

struct targets {
    struct wi_target *items;
    size_t count, capacity;
};

static bool listed(const char *const *ids, const char *id) {
    for (size_t i = 0; ids != NULL && ids[i] != NULL; i++)
        if (strcmp(ids[i], id) == 0)
            return true;
    return false;
}

static void add_target(struct wi_arena *arena, struct targets *list, enum wi_backend_id backend,
                       const char *id, bool software) {
    struct wi_target *t = WI_PUSH(arena, list, struct wi_target);
    *t = (struct wi_target){.backend = backend, .compute_device_id = id, .software = software};
    if (wi_backend_find(backend) == NULL) {
        t->status = WI_CASE_not_built;
        t->reason =
            wi_arena_printf(arena, "this build has no kernels for %s", wi_backend_id_name(backend));
    }
}

static bool seen_by(const struct wi_gpu *gpu, enum wi_backend_id api) {
    for (size_t i = 0; i < gpu->api_count; i++)
        if (gpu->apis[i].api == api)
            return true;
    return false;
}

/* Software devices only when they are named. */
static void add_gpus(const struct wi_run_request *r, const struct wi_inventory *inv,
                     enum wi_backend_id api, struct wi_arena *arena, struct targets *list) {
    for (size_t i = 0; i < inv->gpu_count; i++) {
        const struct wi_gpu *gpu = &inv->gpus[i];
        bool wanted =
            r->compute == NULL ? !gpu->software : listed(r->compute, gpu->compute_device_id);
        if (wanted && seen_by(gpu, api))
            add_target(arena, list, api, gpu->compute_device_id, gpu->software);
    }
}

/* A GPU backend that was named and has no device here is an answer as well. */
static void add_absent(const struct wi_inventory *inv, enum wi_backend_id api,
                       struct wi_arena *arena, struct targets *list) {
    add_target(arena, list, api, wi_backend_id_name(api), false);
    struct wi_target *t = &list->items[list->count - 1];
    if (t->status != WI_CASE_ok)
        return;
    const struct wi_backend_state *state = &inv->backends[api];
    t->status = state->status == WI_CASE_ok ? WI_CASE_unavailable : state->status;
    t->reason = state->reason != NULL ? state->reason
                                      : wi_arena_printf(arena, "this device has no %s device",
                                                        wi_backend_id_name(api));
}

static void add_backend(const struct wi_run_request *r, const struct wi_inventory *inv,
                        enum wi_backend_id backend, struct wi_arena *arena, struct targets *list) {
    size_t before = list->count;
    if (backend == WI_BACKEND_cpu || backend == WI_BACKEND_null) {
        if (r->compute == NULL || listed(r->compute, inv->cpu.compute_device_id))
            add_target(arena, list, backend, inv->cpu.compute_device_id, false);
        return;
    }
    if (r->backend_count == 0 && wi_backend_find(backend) == NULL)
        return;
    add_gpus(r, inv, backend, arena, list);
    if (list->count == before && r->backend_count > 0 && r->compute == NULL)
        add_absent(inv, backend, arena, list);
}

static int check_ids(const struct wi_run_request *r, const struct wi_inventory *inv,
                     struct wi_err *err) {
    for (size_t i = 0; r->compute != NULL && r->compute[i] != NULL; i++) {
        bool there = strcmp(r->compute[i], inv->cpu.compute_device_id) == 0;
        for (size_t g = 0; g < inv->gpu_count; g++)
            there = there || strcmp(r->compute[i], inv->gpus[g].compute_device_id) == 0;
        if (!there)
            return wi_fail(err, WI_USAGE,
                           "compute device '%s': this device has %s%s (weighin probe lists them)",
                           r->compute[i], inv->cpu.compute_device_id,
                           inv->gpu_count > 0 ? " and others" : "");
    }
    return WI_OK;
}

int wi_targets_list(const struct wi_run_request *r, const struct wi_inventory *inv,
                    struct wi_arena *arena, struct wi_target **targets, size_t *count,
                    struct wi_err *err) {
    static const enum wi_backend_id usual[] = {WI_BACKEND_cpu, WI_BACKEND_vulkan,
                                               WI_BACKEND_opencl};
    const enum wi_backend_id *backends = r->backend_count > 0 ? r->backends : usual;
    size_t n = r->backend_count > 0 ? r->backend_count : WI_COUNT(usual);
    struct targets list = {0};
    WI_TRY(check_ids(r, inv, err));
    for (size_t i = 0; i < n; i++)
        add_backend(r, inv, backends[i], arena, &list);
    *targets = list.items;
    *count = list.count;
    if (list.count == 0)
        return wi_fail(err, WI_USAGE,
                       "none of the compute devices that were named is one of the "
                       "backends that were named");
    return WI_OK;
}

/* ---- threads ---- */

/* What a plan starts from; a run may try others. */
static void choose_threads(const struct wi_cpu *cpu, struct wi_plan *plan) {
    struct wi_thread_sets sets;
    wi_thread_sets(cpu, plan->arena, &sets);
    plan->cpus = sets.items[0].cpus;
    plan->cpu_count = sets.items[0].count;
    plan->thread_cpus = sets.items[0].text;
}

/* ---- memory ---- */

/* What is available now, less a margin so that the device stays usable while it is measured; a
 * cgroup kills at its limit, so 5 % stay free below that. */
static uint64_t memory_limit(const struct wi_memory *m) {
    uint64_t limit = 0;
    struct wi_maybe_u64 now = wi_has_u64(m->available_bytes) ? m->available_bytes : m->total_bytes;
    if (wi_has_u64(now)) {
        uint64_t margin = now.value / 20 > 256 * WI_MIB ? now.value / 20 : 256 * WI_MIB;
        limit = now.value > 2 * margin ? now.value - margin : now.value / 2;
    }
    if (wi_has_u64(m->limit_bytes)) {
        uint64_t group = m->limit_bytes.value - m->limit_bytes.value / 20;
        limit = limit == 0 || group < limit ? group : limit;
    }
    return limit;
}

enum { ASSUMED_CACHE_MIB = 32 };

static uint64_t last_level_cache(const struct wi_cpu *cpu) {
    unsigned level = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < cpu->cache_count; i++) {
        const struct wi_cpu_cache *c = &cpu->caches[i];
        if (c->type != 'i' && c->level >= level) {
            level = c->level;
            bytes = c->bytes * (c->instances > 0 ? c->instances : 1);
        }
    }
    return bytes > 0 ? bytes : ASSUMED_CACHE_MIB * WI_MIB;
}

void wi_plan_resources(const struct wi_inventory *inventory, struct wi_plan *plan) {
    choose_threads(&inventory->cpu, plan);
    plan->memory_limit_bytes = memory_limit(&inventory->memory);
    plan->cache_bytes = last_level_cache(&inventory->cpu);
}
