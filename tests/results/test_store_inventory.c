/* What one probing found comes out of the database as it went in.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/results/store_fixture.h"

static void text_same(const char *what, const char *a, const char *b) {
    if ((a == NULL) != (b == NULL) || (a && strcmp(a, b) != 0))
        fail_msg("%s: '%s' became '%s'", what, a ? a : "NULL", b ? b : "NULL");
}
static void u64_same(const char *what, struct wi_maybe_u64 a, struct wi_maybe_u64 b) {
    if (a.known != b.known || a.value != b.value)
        fail_msg("%s: %s %llu became %s %llu", what, wi_known_name(a.known),
                 (unsigned long long)a.value, wi_known_name(b.known), (unsigned long long)b.value);
}
#define TEXT(field) text_same(#field, a->field, b->field)
#define U64(field)  u64_same(#field, a->field, b->field)
#define SAME(field) assert_int_equal(a->field, b->field)

static void facts_same(const struct wi_facts *a, const struct wi_facts *b) {
    SAME(count);
    for (size_t i = 0; i < a->count; i++) {
        TEXT(items[i].key);
        TEXT(items[i].value);
        TEXT(items[i].unit);
        TEXT(items[i].source);
        SAME(items[i].known);
    }
}

static void head_same(const struct wi_inventory *a, const struct wi_inventory *b) {
    TEXT(name), TEXT(maker), TEXT(product);
    TEXT(identity.device_id), TEXT(identity.source), TEXT(identity.strength);
    TEXT(identity.hardware_id), TEXT(identity.sku_id);
    for (unsigned i = 0; i < WI_BACKEND_COUNT; i++) {
        TEXT(identity.software_id[i]);
        SAME(backends[i].backend), SAME(backends[i].status);
        TEXT(backends[i].reason), TEXT(backends[i].advice);
    }
    U64(memory.total_bytes), U64(memory.available_bytes), U64(memory.limit_bytes);
    U64(memory.swap_total_bytes), U64(memory.swap_free_bytes), U64(memory.hugetlb_free);
    TEXT(memory.huge_pages), TEXT(memory.form_because);
    SAME(memory.form);
    TEXT(storage.path), U64(storage.free_bytes), U64(storage.total_bytes);
    TEXT(software.os), TEXT(software.kernel), TEXT(software.distribution);
    TEXT(software.container), TEXT(software.hypervisor), TEXT(software.compiler);
    TEXT(software.flags), TEXT(software.tool_version), TEXT(software.tool_commit);
}

static void cpu_same(const struct wi_cpu *a, const struct wi_cpu *b) {
    TEXT(compute_device_id), TEXT(name), TEXT(vendor), TEXT(arch), TEXT(microcode);
    U64(family), U64(model), U64(stepping), U64(base_mhz), U64(max_mhz), U64(now_mhz);
    SAME(packages), SAME(cores), SAME(threads), SAME(numa_nodes), SAME(allowed_threads);
    SAME(quota_cpus.known), SAME(isa), SAME(kind_count), SAME(cache_count);
    assert_true(a->quota_cpus.value == b->quota_cpus.value);
    for (size_t i = 0; i < a->kind_count; i++) {
        TEXT(kinds[i].name), U64(kinds[i].max_mhz);
        SAME(kinds[i].cores), SAME(kinds[i].threads), SAME(kinds[i].cpu_count);
        for (size_t c = 0; c < a->kinds[i].cpu_count; c++)
            SAME(kinds[i].cpus[c]);
    }
    for (size_t i = 0; i < a->cache_count; i++) {
        SAME(caches[i].level), SAME(caches[i].type), SAME(caches[i].bytes);
        SAME(caches[i].instances), SAME(caches[i].shared_threads), SAME(caches[i].line_bytes);
    }
}

static void gpu_same(const struct wi_gpu *a, const struct wi_gpu *b) {
    TEXT(compute_device_id), TEXT(name), TEXT(vendor), TEXT(pci), TEXT(uuid), TEXT(same_because);
    U64(vendor_id), U64(device_id), U64(largest_allocation_bytes), U64(largest_binding_bytes);
    U64(subgroup_min), U64(subgroup_max);
    SAME(type), SAME(software), SAME(unified), SAME(features), SAME(pool_count), SAME(api_count);
    for (size_t i = 0; i < a->pool_count; i++) {
        TEXT(pools[i].id), U64(pools[i].total_bytes), U64(pools[i].budget_bytes);
        U64(pools[i].proven_bytes), SAME(pools[i].device_local), SAME(pools[i].host_visible);
    }
    for (size_t i = 0; i < a->api_count; i++) {
        SAME(apis[i].api), TEXT(apis[i].device_name), TEXT(apis[i].platform);
        TEXT(apis[i].driver_name), TEXT(apis[i].driver_version), TEXT(apis[i].api_version);
        TEXT(apis[i].loader);
        facts_same(&a->apis[i].facts, &b->apis[i].facts);
    }
}

static void inventory_same(const struct wi_inventory *a, const struct wi_inventory *b) {
    head_same(a, b);
    cpu_same(&a->cpu, &b->cpu);
    SAME(gpu_count), SAME(unopened_count);
    for (size_t i = 0; i < a->gpu_count; i++)
        gpu_same(&a->gpus[i], &b->gpus[i]);
    for (size_t i = 0; i < a->unopened_count; i++) {
        TEXT(unopened[i].pci), TEXT(unopened[i].name), TEXT(unopened[i].kernel_driver);
        TEXT(unopened[i].advice), U64(unopened[i].vendor_id), U64(unopened[i].device_id);
    }
    facts_same(&a->facts, &b->facts);
}

static void an_inventory_comes_back_field_by_field(void **state) {
    (void)state;
    char path[64];
    struct wi_inventory in, *out = NULL;
    struct wi_store *store = NULL;
    fresh_path(path, sizeof(path), "inventory");
    fixture_inventory(&in, "device-1");
    ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
    ok(wi_store_put_inventory(store, &in, "", 1000, err));
    ok(wi_store_close(store, err));
    ok(wi_store_open(path, WI_STORE_READ, &store, err));
    ok(wi_store_load_inventory(store, "device-1", &out, err));
    inventory_same(&in, out);
    wi_arena_destroy(out->arena);
    ok(wi_store_close(store, err));
}

static void the_newest_probing_speaks_for_the_device(void **state) {
    (void)state;
    char path[64];
    struct wi_inventory in, *out = NULL;
    struct wi_store *store = NULL;
    fresh_path(path, sizeof(path), "newest");
    fixture_inventory(&in, "device-1");
    ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
    in.name = "newer";
    ok(wi_store_put_inventory(store, &in, "", 2000000000, err));
    in.name = "older";
    ok(wi_store_put_inventory(store, &in, "", 1000000000, err));
    ok(wi_store_load_inventory(store, "device-1", &out, err));
    assert_string_equal(out->name, "newer");
    wi_arena_destroy(out->arena);
    struct wi_err why = {0};
    assert_int_equal(wi_store_load_inventory(store, "nobody", &out, &why), WI_NOT_FOUND);
    assert_non_null(strstr(why.message, "nobody"));
    ok(wi_store_close(store, err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inventory_comes_back_field_by_field),
        cmocka_unit_test(the_newest_probing_speaks_for_the_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
