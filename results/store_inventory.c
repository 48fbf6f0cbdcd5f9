/* store_inventory.c: everything that one probing found, in and out.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One row of `inventory` a probing, with its parts in tables of their own; `position` keeps the
 * order. What goes in comes out again, field by field: a report on another machine sees the device
 * as the probe saw it. */
#include "results/store_db.h"
#include "results/store_names.h"
#include "results/store_row.h"

#include <stdio.h>

/* ---- columns ---- */

#define INV(kind, field, column) WI_COL(kind, struct wi_inventory, field, column)
static const struct wi_col inventory_cols[] = {
    INV(TEXT, name, "name"),
    INV(TEXT, maker, "maker"),
    INV(TEXT, product, "product"),
    INV(TEXT, identity.source, "id_source"),
    INV(TEXT, identity.strength, "id_strength"),
    INV(TEXT, identity.hardware_id, "hardware_id"),
    INV(TEXT, identity.sku_id, "sku_id"),
    INV(MAYBE_U64, memory.total_bytes, "memory_total_bytes"),
    INV(MAYBE_U64, memory.available_bytes, "memory_available_bytes"),
    INV(MAYBE_U64, memory.limit_bytes, "memory_limit_bytes"),
    INV(MAYBE_U64, memory.swap_total_bytes, "swap_total_bytes"),
    INV(MAYBE_U64, memory.swap_free_bytes, "swap_free_bytes"),
    INV(TEXT, memory.huge_pages, "huge_pages"),
    INV(MAYBE_U64, memory.hugetlb_free, "hugetlb_free_pages"),
    WI_COL_NAMED(ENUM, struct wi_inventory, memory.form, "form", wi_form_names),
    INV(TEXT, memory.form_because, "form_because"),
    INV(TEXT, storage.path, "storage_path"),
    INV(MAYBE_U64, storage.free_bytes, "storage_free_bytes"),
    INV(MAYBE_U64, storage.total_bytes, "storage_total_bytes"),
    INV(TEXT, software.os, "os"),
    INV(TEXT, software.kernel, "kernel"),
    INV(TEXT, software.distribution, "distribution"),
    INV(TEXT, software.container, "container"),
    INV(TEXT, software.hypervisor, "hypervisor"),
    INV(TEXT, software.compiler, "compiler"),
    INV(TEXT, software.flags, "compiler_flags"),
    INV(TEXT, software.tool_version, "tool_version"),
    INV(TEXT, software.tool_commit, "tool_commit"),
};

#define CPU(kind, field) WI_COL(kind, struct wi_cpu, field, #field)
static const struct wi_col cpu_cols[] = {
    CPU(TEXT, compute_device_id),
    CPU(TEXT, name),
    CPU(TEXT, vendor),
    CPU(TEXT, arch),
    CPU(MAYBE_U64, family),
    CPU(MAYBE_U64, model),
    CPU(MAYBE_U64, stepping),
    CPU(TEXT, microcode),
    CPU(U32, packages),
    CPU(U32, cores),
    CPU(U32, threads),
    CPU(U32, numa_nodes),
    CPU(U32, allowed_threads),
    CPU(MAYBE_F64, quota_cpus),
    WI_COL_NAMED(BITS64, struct wi_cpu, isa, "isa", wi_isa_names),
    CPU(MAYBE_U64, base_mhz),
    CPU(MAYBE_U64, max_mhz),
    CPU(MAYBE_U64, now_mhz),
};

#define KIND(kind, field) WI_COL(kind, struct wi_core_kind, field, #field)
static const struct wi_col kind_cols[] = {
    KIND(TEXT, name),
    KIND(U32, cores),
    KIND(U32, threads),
    KIND(MAYBE_U64, max_mhz),
    {"cpus", WI_COL_U32_LIST, offsetof(struct wi_core_kind, cpus),
     offsetof(struct wi_core_kind, cpu_count), NULL, 0},
};

#define CACHE(kind, field) WI_COL(kind, struct wi_cpu_cache, field, #field)
static const struct wi_col cache_cols[] = {
    CACHE(U32, level),     CACHE(CHAR, type),          CACHE(U64, bytes),
    CACHE(U32, instances), CACHE(U32, shared_threads), CACHE(U32, line_bytes),
};

#define GPU(kind, field) WI_COL(kind, struct wi_gpu, field, #field)
static const struct wi_col gpu_cols[] = {
    GPU(TEXT, compute_device_id),
    GPU(TEXT, name),
    GPU(TEXT, vendor),
    GPU(MAYBE_U64, vendor_id),
    WI_COL(MAYBE_U64, struct wi_gpu, device_id, "pci_device_id"),
    WI_COL_NAMED(ENUM, struct wi_gpu, type, "type", wi_gpu_type_names),
    GPU(BOOL, software),
    GPU(TEXT, pci),
    GPU(TEXT, uuid),
    GPU(TRI, unified),
    GPU(MAYBE_U64, largest_allocation_bytes),
    GPU(MAYBE_U64, largest_binding_bytes),
    GPU(MAYBE_U64, subgroup_min),
    GPU(MAYBE_U64, subgroup_max),
    WI_COL_NAMED(BITS32, struct wi_gpu, features, "features", wi_gpu_feature_names),
    GPU(TEXT, same_because),
};

#define POOL(kind, field) WI_COL(kind, struct wi_pool, field, #field)
static const struct wi_col pool_cols[] = {
    WI_COL(TEXT, struct wi_pool, id, "pool_id"),
    POOL(MAYBE_U64, total_bytes),
    POOL(MAYBE_U64, budget_bytes),
    POOL(MAYBE_U64, proven_bytes),
    POOL(BOOL, device_local),
    POOL(BOOL, host_visible),
};

#define API(kind, field) WI_COL(kind, struct wi_gpu_api, field, #field)
static const struct wi_col api_cols[] = {
    WI_COL_NAMED(ENUM, struct wi_gpu_api, api, "api", wi_backend_names),
    API(TEXT, device_name),
    API(TEXT, platform),
    API(TEXT, driver_name),
    API(TEXT, driver_version),
    API(TEXT, api_version),
    API(TEXT, loader),
};

#define UNOPENED(kind, field) WI_COL(kind, struct wi_unopened_gpu, field, #field)
static const struct wi_col unopened_cols[] = {
    UNOPENED(TEXT, pci),
    UNOPENED(TEXT, name),
    UNOPENED(MAYBE_U64, vendor_id),
    WI_COL(MAYBE_U64, struct wi_unopened_gpu, device_id, "pci_device_id"),
    UNOPENED(TEXT, kernel_driver),
    UNOPENED(TEXT, advice),
};

#define BACKEND(kind, field) WI_COL(kind, struct wi_backend_state, field, #field)
static const struct wi_col backend_cols[] = {
    WI_COL_NAMED(ENUM, struct wi_backend_state, backend, "backend", wi_backend_names),
    WI_COL_NAMED(ENUM, struct wi_backend_state, status, "status", wi_case_status_names),
    BACKEND(TEXT, reason),
    BACKEND(TEXT, advice),
};

/* ---- in ---- */

struct writing {
    struct wi_store *store;
    const char *inventory_id;
    struct wi_arena *arena;
    struct wi_err *err;
};

enum states { NO_STATES, WITH_STATES };

/* One row of a part: keys first, then the struct. gpu and position -1: the table has no such key.
 */
static int put_part(const struct writing *w, const char *table, int gpu, int position,
                    const struct wi_col *cols, size_t n, const void *object, enum states states) {
    struct wi_row row;
    wi_row_init(&row, table, w->arena);
    wi_row_text(&row, "inventory_id", w->inventory_id);
    if (gpu >= 0)
        wi_row_integer(&row, "gpu", gpu);
    if (position >= 0)
        wi_row_integer(&row, "position", position);
    wi_row_struct(&row, cols, n, object);
    if (states == WITH_STATES)
        wi_row_states(&row);
    int status = wi_row_insert(w->store, &row, w->err);
    wi_row_fini(&row);
    return status;
}
#define PUT(w, table, gpu, position, cols, object, states)                                         \
    put_part((w), (table), (gpu), (int)(position), (cols), WI_COUNT(cols), (object), (states))

static int put_facts(const struct writing *w, int gpu, int api, const struct wi_facts *facts) {
    int status = WI_OK;
    for (size_t i = 0; status == WI_OK && i < facts->count; i++) {
        struct wi_row row;
        wi_row_init(&row, "fact", w->arena);
        wi_row_text(&row, "inventory_id", w->inventory_id);
        wi_row_integer(&row, "gpu", gpu);
        wi_row_integer(&row, "api", api);
        wi_row_integer(&row, "position", (int64_t)i);
        wi_row_struct(&row, wi_fact_cols, wi_fact_col_count, &facts->items[i]);
        status = wi_row_insert(w->store, &row, w->err);
        wi_row_fini(&row);
    }
    return status;
}

static int put_gpu(const struct writing *w, int position, const struct wi_gpu *gpu) {
    WI_TRY(PUT(w, "gpu", -1, position, gpu_cols, gpu, WITH_STATES));
    for (size_t i = 0; i < gpu->pool_count; i++)
        WI_TRY(PUT(w, "gpu_pool", position, i, pool_cols, &gpu->pools[i], WITH_STATES));
    for (size_t i = 0; i < gpu->api_count; i++) {
        WI_TRY(PUT(w, "gpu_api", position, i, api_cols, &gpu->apis[i], NO_STATES));
        WI_TRY(put_facts(w, position, (int)i, &gpu->apis[i].facts));
    }
    return WI_OK;
}

static int put_backend(const struct writing *w, const struct wi_backend_state *backend,
                       const char *software_id) {
    struct wi_row row;
    wi_row_init(&row, "backend_state", w->arena);
    wi_row_text(&row, "inventory_id", w->inventory_id);
    wi_row_struct(&row, backend_cols, WI_COUNT(backend_cols), backend);
    wi_row_text(&row, "software_id", software_id);
    int status = wi_row_insert(w->store, &row, w->err);
    wi_row_fini(&row);
    return status;
}

static int put_head(const struct writing *w, const struct wi_inventory *inventory,
                    const char *run_id, int64_t utc_ns) {
    struct wi_row row;
    wi_row_init(&row, "inventory", w->arena);
    wi_row_text(&row, "inventory_id", w->inventory_id);
    wi_row_text(&row, "device_id", inventory->identity.device_id);
    wi_row_text(&row, "run_id", run_id ? run_id : "");
    wi_row_integer(&row, "utc_ns", utc_ns);
    wi_row_struct(&row, inventory_cols, WI_COUNT(inventory_cols), inventory);
    wi_row_states(&row);
    int status = wi_row_insert(w->store, &row, w->err);
    wi_row_fini(&row);
    return status;
}

static int put_all(const struct writing *w, const struct wi_inventory *inv, const char *run_id,
                   int64_t utc_ns) {
    WI_TRY(put_head(w, inv, run_id, utc_ns));
    WI_TRY(PUT(w, "cpu", -1, -1, cpu_cols, &inv->cpu, WITH_STATES));
    for (size_t i = 0; i < inv->cpu.kind_count; i++)
        WI_TRY(PUT(w, "cpu_kind", -1, i, kind_cols, &inv->cpu.kinds[i], WITH_STATES));
    for (size_t i = 0; i < inv->cpu.cache_count; i++)
        WI_TRY(PUT(w, "cpu_cache", -1, i, cache_cols, &inv->cpu.caches[i], NO_STATES));
    for (size_t i = 0; i < inv->gpu_count; i++)
        WI_TRY(put_gpu(w, (int)i, &inv->gpus[i]));
    for (size_t i = 0; i < inv->unopened_count; i++)
        WI_TRY(PUT(w, "unopened_gpu", -1, i, unopened_cols, &inv->unopened[i], WITH_STATES));
    for (unsigned b = 0; b < WI_BACKEND_COUNT; b++) {
        struct wi_backend_state backend = inv->backends[b];
        backend.backend = (enum wi_backend_id)b;
        WI_TRY(put_backend(w, &backend, inv->identity.software_id[b]));
    }
    return put_facts(w, -1, -1, &inv->facts);
}

int wi_store_put_inventory(struct wi_store *store, const struct wi_inventory *inventory,
                           const char *run_id, int64_t utc_ns, struct wi_err *err) {
    char id[33];
    wi_store_new_id(utc_ns, id);
    if (!inventory->identity.device_id || !inventory->identity.device_id[0])
        return wi_fail(err, WI_INTERNAL, "%s: cannot store a device without an identity",
                       store->path);
    WI_TRY(wi_store_begin(store, err));
    struct writing w = {store, id, wi_arena_create(), err};
    int status = put_all(&w, inventory, run_id, utc_ns);
    wi_arena_destroy(w.arena);
    if (status != WI_OK) {
        wi_store_rollback(store);
        return status;
    }
    return wi_store_commit(store, err);
}

/* ---- out ---- */

struct loading {
    struct wi_store *store;
    const char *inventory_id;
    struct wi_inventory *inv;
    struct wi_err *err;
};

/* What to do with each row of a part; the row's columns begin at `first`. */
typedef int (*row_fn)(const struct loading *l, sqlite3_stmt *stmt);

/* Visits the rows of a query whose ?1 is the inventory. */
static int each(const struct loading *l, const char *before, const char *alias,
                const struct wi_col *cols, size_t n, const char *after, row_fn visit) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int status = wi_select(l->store, &stmt, before, alias, cols, n, after, l->err);
    if (status == WI_OK)
        wi_bind_text(stmt, 1, l->inventory_id);
    while (status == WI_OK && (status = wi_store_step(l->store, stmt, &row, l->err)) == WI_OK &&
           row)
        status = visit(l, stmt);
    sqlite3_finalize(stmt);
    return status;
}

/* Parts come as "states, [gpu,] columns"; a table without states selects ''. */
#define READ(l, stmt, first, cols, object, table)                                                  \
    wi_read_struct((stmt), (first), 0, (cols), WI_COUNT(cols), (object), (l)->inv->arena, (table), \
                   (l)->err)

static int load_head(const struct loading *l, sqlite3_stmt *stmt) {
    l->inv->identity.device_id = wi_read_text(stmt, 1, l->inv->arena);
    return READ(l, stmt, 2, inventory_cols, l->inv, "inventory");
}

static int load_cpu(const struct loading *l, sqlite3_stmt *stmt) {
    return READ(l, stmt, 1, cpu_cols, &l->inv->cpu, "cpu");
}

/* An array that grows in the arena; capacities are 8 times powers of two. */
static void *push(const struct loading *l, void **items, size_t *count, size_t item_bytes) {
    size_t capacity = *count ? 8 : 0;
    while (capacity && capacity < *count)
        capacity *= 2;
    return wi_arena_grow(l->inv->arena, items, count, &capacity, item_bytes);
}
#define PUSH(l, items, count, type) ((type *)push((l), (void **)&(items), &(count), sizeof(type)))

static int load_kind(const struct loading *l, sqlite3_stmt *stmt) {
    struct wi_core_kind *kind =
        PUSH(l, l->inv->cpu.kinds, l->inv->cpu.kind_count, struct wi_core_kind);
    return READ(l, stmt, 1, kind_cols, kind, "cpu_kind");
}

static int load_cache(const struct loading *l, sqlite3_stmt *stmt) {
    struct wi_cpu_cache *cache =
        PUSH(l, l->inv->cpu.caches, l->inv->cpu.cache_count, struct wi_cpu_cache);
    return READ(l, stmt, 1, cache_cols, cache, "cpu_cache");
}

static int load_gpu(const struct loading *l, sqlite3_stmt *stmt) {
    struct wi_gpu *gpu = PUSH(l, l->inv->gpus, l->inv->gpu_count, struct wi_gpu);
    return READ(l, stmt, 1, gpu_cols, gpu, "gpu");
}

static int find_gpu(const struct loading *l, int64_t position, struct wi_gpu **gpu) {
    if (position < 0 || (uint64_t)position >= l->inv->gpu_count)
        return wi_fail(l->err, WI_CORRUPT, "the database holds a part of a GPU that is not there");
    *gpu = &l->inv->gpus[position];
    return WI_OK;
}

static int load_pool(const struct loading *l, sqlite3_stmt *stmt) {
    struct wi_gpu *gpu = NULL;
    WI_TRY(find_gpu(l, sqlite3_column_int64(stmt, 1), &gpu));
    struct wi_pool *pool = PUSH(l, gpu->pools, gpu->pool_count, struct wi_pool);
    return READ(l, stmt, 2, pool_cols, pool, "gpu_pool");
}

static int load_api(const struct loading *l, sqlite3_stmt *stmt) {
    struct wi_gpu *gpu = NULL;
    WI_TRY(find_gpu(l, sqlite3_column_int64(stmt, 1), &gpu));
    struct wi_gpu_api *api = PUSH(l, gpu->apis, gpu->api_count, struct wi_gpu_api);
    return READ(l, stmt, 2, api_cols, api, "gpu_api");
}

static int load_unopened(const struct loading *l, sqlite3_stmt *stmt) {
    struct wi_unopened_gpu *gpu =
        PUSH(l, l->inv->unopened, l->inv->unopened_count, struct wi_unopened_gpu);
    return READ(l, stmt, 1, unopened_cols, gpu, "unopened_gpu");
}

static int load_backend(const struct loading *l, sqlite3_stmt *stmt) {
    struct wi_backend_state backend = {0};
    WI_TRY(READ(l, stmt, 2, backend_cols, &backend, "backend_state"));
    l->inv->backends[backend.backend] = backend;
    l->inv->identity.software_id[backend.backend] = wi_read_text(stmt, 1, l->inv->arena);
    return WI_OK;
}

static int load_fact(const struct loading *l, sqlite3_stmt *stmt) {
    struct wi_facts *facts = &l->inv->facts;
    int64_t gpu_index = sqlite3_column_int64(stmt, 1), api = sqlite3_column_int64(stmt, 2);
    if (gpu_index >= 0) {
        struct wi_gpu *gpu = NULL;
        WI_TRY(find_gpu(l, gpu_index, &gpu));
        if (api < 0 || (uint64_t)api >= gpu->api_count)
            return wi_fail(l->err, WI_CORRUPT,
                           "the database holds a fact of an API that is not there");
        facts = &gpu->apis[api].facts;
    }
    struct wi_fact *fact = WI_PUSH(l->inv->arena, facts, struct wi_fact);
    return wi_read_struct(stmt, 3, -1, wi_fact_cols, wi_fact_col_count, fact, l->inv->arena, "fact",
                          l->err);
}

/* A backend that this version knows and the file does not: nobody looked. */
static void preset_backends(struct wi_inventory *inv) {
    for (unsigned b = 0; b < WI_BACKEND_COUNT; b++)
        inv->backends[b] = (struct wi_backend_state){
            .backend = (enum wi_backend_id)b,
            .status = WI_CASE_not_built,
            .reason = "the weighin that probed this device did not know this backend"};
}

#define COLS(cols) cols, WI_COUNT(cols)
static int load_all(const struct loading *l) {
    preset_backends(l->inv);
    WI_TRY(each(l, "states, device_id, ", NULL, COLS(inventory_cols),
                "FROM inventory WHERE inventory_id = ?1", load_head));
    WI_TRY(each(l, "states, ", NULL, COLS(cpu_cols), "FROM cpu WHERE inventory_id = ?1", load_cpu));
    WI_TRY(each(l, "states, ", NULL, COLS(kind_cols),
                "FROM cpu_kind WHERE inventory_id = ?1 ORDER BY position", load_kind));
    WI_TRY(each(l, "'', ", NULL, COLS(cache_cols),
                "FROM cpu_cache WHERE inventory_id = ?1 ORDER BY position", load_cache));
    WI_TRY(each(l, "states, ", NULL, COLS(gpu_cols),
                "FROM gpu WHERE inventory_id = ?1 ORDER BY position", load_gpu));
    WI_TRY(each(l, "states, gpu, ", NULL, COLS(pool_cols),
                "FROM gpu_pool WHERE inventory_id = ?1 ORDER BY gpu, position", load_pool));
    WI_TRY(each(l, "'', gpu, ", NULL, COLS(api_cols),
                "FROM gpu_api WHERE inventory_id = ?1 ORDER BY gpu, position", load_api));
    WI_TRY(each(l, "states, ", NULL, COLS(unopened_cols),
                "FROM unopened_gpu WHERE inventory_id = ?1 ORDER BY position", load_unopened));
    WI_TRY(each(l, "'', software_id, ", NULL, COLS(backend_cols),
                "FROM backend_state WHERE inventory_id = ?1", load_backend));
    return each(l, "'', gpu, api, ", NULL, wi_fact_cols, wi_fact_col_count,
                "FROM fact WHERE inventory_id = ?1 ORDER BY gpu, api, position", load_fact);
}

/* The newest probing of a device, as the view `device` picks it. */
static int find_newest(struct wi_store *store, const char *device_id, char id[33],
                       struct wi_err *err) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    WI_TRY(wi_store_prepare(store,
                            "SELECT inventory_id FROM inventory WHERE device_id = ?1 "
                            "ORDER BY utc_ns DESC, inventory_id DESC LIMIT 1",
                            &stmt, err));
    wi_bind_text(stmt, 1, device_id);
    int status = wi_store_step(store, stmt, &row, err);
    if (status == WI_OK && !row)
        status =
            wi_fail(err, WI_NOT_FOUND, "%s knows no device %s: `weighin device list` shows them",
                    store->path, device_id);
    const char *text = row ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    snprintf(id, 33, "%s", text ? text : "");
    sqlite3_finalize(stmt);
    return status;
}

/* What people call it, when they gave it a name. */
static int load_name(const struct loading *l, const char *device_id) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    WI_TRY(
        wi_store_prepare(l->store, "SELECT name FROM device WHERE device_id = ?1", &stmt, l->err));
    wi_bind_text(stmt, 1, device_id);
    int status = wi_store_step(l->store, stmt, &row, l->err);
    if (row)
        l->inv->name = wi_read_text(stmt, 0, l->inv->arena);
    sqlite3_finalize(stmt);
    return status;
}

int wi_store_load_inventory(struct wi_store *store, const char *device_id,
                            struct wi_inventory **inventory, struct wi_err *err) {
    char id[33];
    *inventory = NULL;
    WI_TRY(find_newest(store, device_id, id, err));
    struct wi_arena *arena = wi_arena_create();
    struct loading l = {store, id, WI_NEW(arena, struct wi_inventory), err};
    l.inv->arena = arena;
    int status = load_all(&l);
    if (status == WI_OK)
        status = load_name(&l, device_id);
    if (status != WI_OK) {
        wi_arena_destroy(arena);
        return status;
    }
    *inventory = l.inv;
    return WI_OK;
}
