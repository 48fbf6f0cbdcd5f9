/* Budgets: reserves by form factor, cgroups, GPUs; a missing reading is unknown.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/results/judge_fixture.h"

static struct wi_arena *arena;

static int set_up(void **state) {
    (void)state;
    arena = wi_arena_create();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    wi_arena_destroy(arena);
    return 0;
}

static struct wi_budget of_cpu(enum wi_form form, uint64_t total) {
    struct wi_inventory inv = judge_desktop();
    struct wi_budget b;
    inv.memory.form = form;
    inv.memory.total_bytes = wi_some_u64(total);
    wi_budget_of(&inv, "cpu0", arena, &b);
    assert_int_equal(b.largest_allowed_bytes.known, WI_KNOWN_not_applicable);
    assert_int_equal(b.most_bytes.value, b.bytes.value);
    return b;
}

static void reserves_follow_the_form_factor(void **state) {
    (void)state;
    static const struct {
        enum wi_form form;
        uint64_t total, reserve;
    } cases[] = {
        {WI_FORM_desktop, 16 * WI_GIB, 2 * WI_GIB},
        {WI_FORM_desktop, 4 * WI_GIB, 2 * WI_GIB},
        {WI_FORM_desktop, 32 * WI_GIB, 32 * WI_GIB * 12 / 100},
        {WI_FORM_laptop, 16 * WI_GIB, 2 * WI_GIB},
        {WI_FORM_server, 256 * WI_GIB, 256 * WI_GIB * 12 / 100},
        {WI_FORM_phone, 8 * WI_GIB, 8 * WI_GIB * 35 / 100},
        {WI_FORM_phone, 3 * WI_GIB, 1200000000},
        {WI_FORM_tablet, 8 * WI_GIB, 8 * WI_GIB * 35 / 100},
        {WI_FORM_sbc, 8 * WI_GIB, WI_GIB / 2},
        {WI_FORM_unknown, 16 * WI_GIB, 2 * WI_GIB},
        {WI_FORM_unknown, 4 * WI_GIB, WI_GIB},
        {WI_FORM_vm, 4 * WI_GIB, WI_GIB},
        {WI_FORM_desktop, WI_GIB, WI_GIB}, /* nothing is left, and not less */
    };
    for (size_t i = 0; i < WI_COUNT(cases); i++) {
        struct wi_budget b = of_cpu(cases[i].form, cases[i].total);
        uint64_t want = cases[i].total - cases[i].reserve;
        uint64_t off = b.bytes.value > want ? b.bytes.value - want : want - b.bytes.value;
        if (!wi_has_u64(b.bytes) || off > 1)
            fail_msg("case %zu: %llu, not %llu (%s)", i, (unsigned long long)b.bytes.value,
                     (unsigned long long)want, b.because);
    }
    assert_says(of_cpu(WI_FORM_desktop, 16 * WI_GIB).because,
                "16.0 GiB less 2.00 GiB reserve (desktop)");
}

static void a_cgroup_limit_counts_less_five_per_cent(void **state) {
    (void)state;
    struct wi_inventory inv = judge_desktop();
    struct wi_budget b;
    inv.memory.limit_bytes = wi_some_u64(2 * WI_GIB);
    wi_budget_of(&inv, "cpu0", arena, &b);
    assert_int_equal(b.bytes.value, (uint64_t)(0.95 * 2 * WI_GIB));
    assert_says(b.because, "cgroup limit of 2.00 GiB less 5 %");
    inv.memory.limit_bytes = wi_some_u64(64 * WI_GIB);
    wi_budget_of(&inv, "cpu0", arena, &b);
    assert_says(b.because, "reserve (desktop)");
}

static void missing_readings_leave_it_unknown(void **state) {
    (void)state;
    struct wi_inventory inv = judge_desktop();
    struct wi_budget b;
    inv.memory.limit_bytes.known = WI_KNOWN_denied;
    wi_budget_of(&inv, "cpu0", arena, &b);
    assert_false(wi_has_u64(b.bytes));
    assert_true(wi_has_u64(b.most_bytes)); /* more than that it is not, whatever the limit */
    inv.memory.total_bytes.known = WI_KNOWN_unknown;
    wi_budget_of(&inv, "cpu0", arena, &b);
    assert_false(wi_has_u64(b.bytes));
    assert_false(wi_has_u64(b.most_bytes));
    inv.memory.limit_bytes = wi_some_u64(2 * WI_GIB);
    wi_budget_of(&inv, "cpu0", arena, &b);
    assert_false(wi_has_u64(b.bytes));
    assert_int_equal(b.most_bytes.value, (uint64_t)(0.95 * 2 * WI_GIB));
    wi_budget_of(&inv, "gpu7", arena, &b);
    assert_false(wi_has_u64(b.bytes));
    assert_says(b.because, "no gpu7");
}

static void what_is_free_now_never_enters(void **state) {
    (void)state;
    struct wi_inventory inv = judge_desktop();
    struct wi_budget b;
    inv.memory.available_bytes = wi_some_u64(1);
    wi_budget_of(&inv, "cpu0", arena, &b);
    assert_int_equal(b.available_now_bytes.value, 1);
    assert_true(b.bytes.value > 20 * WI_GIB);
}

static struct wi_budget of_gpu(struct wi_gpu gpu) {
    struct wi_inventory inv = judge_desktop();
    struct wi_budget b;
    inv.gpus = &gpu;
    inv.gpu_count = 1;
    wi_budget_of(&inv, gpu.compute_device_id, arena, &b);
    return b;
}

static void discrete_gpus_have_their_own_memory(void **state) {
    (void)state;
    struct wi_pool pools[2] = {
        {.id = "bar", .total_bytes = wi_some_u64(256 * WI_MIB), .device_local = true},
        {.id = "heap", .total_bytes = wi_some_u64(8 * WI_GIB), .device_local = true}};
    struct wi_gpu gpu = judge_gpu("gpu0", WI_GPU_discrete, WI_TRI_no, pools);
    gpu.pool_count = 2;
    struct wi_budget b = of_gpu(gpu);
    assert_int_equal(b.bytes.value, 8 * WI_GIB - WI_GIB / 2);
    assert_string_equal(b.pool, "device memory");
    assert_int_equal(b.largest_allowed_bytes.value, 4 * WI_GIB);
    pools[1].proven_bytes = wi_some_u64(7 * WI_GIB);
    assert_int_equal(of_gpu(gpu).bytes.value, 7 * WI_GIB - WI_GIB / 2);
    pools[1].proven_bytes.known = WI_KNOWN_unknown;
    pools[1].total_bytes = wi_some_u64(24 * WI_GIB);
    b = of_gpu(gpu);
    assert_true(b.bytes.value <= 24 * WI_GIB * 94 / 100 + 1);
    assert_true(b.bytes.value >= 24 * WI_GIB * 94 / 100 - 1);
}

static void unified_gpus_share_the_machines_memory(void **state) {
    (void)state;
    struct wi_pool pool = {.id = "heap", .total_bytes = wi_some_u64(24 * WI_GIB)};
    struct wi_budget b = of_gpu(judge_gpu("gpu0", WI_GPU_integrated, WI_TRI_unknown, &pool));
    assert_int_equal(b.bytes.value, (uint64_t)(0.6 * 24 * WI_GIB));
    assert_says(b.because, "60 %");
    pool.total_bytes = wi_some_u64(18 * WI_GIB); /* the driver states a working set */
    b = of_gpu(judge_gpu("gpu0", WI_GPU_integrated, WI_TRI_yes, &pool));
    assert_int_equal(b.bytes.value, 18 * WI_GIB);
    assert_string_equal(b.pool, "unified memory");
}

static void what_kind_of_memory_is_not_guessed(void **state) {
    (void)state;
    struct wi_pool pool = {.id = "heap", .total_bytes = wi_some_u64(8 * WI_GIB)};
    struct wi_budget b = of_gpu(judge_gpu("gpu0", WI_GPU_virtual, WI_TRI_unknown, &pool));
    assert_false(wi_has_u64(b.bytes));
    assert_false(wi_has_u64(b.most_bytes));
    assert_says(b.because, "could not be read");
}

static void the_tighter_piece_names_its_limit(void **state) {
    (void)state;
    struct wi_pool pool = {.total_bytes = wi_some_u64(8 * WI_GIB), .device_local = true};
    struct wi_gpu gpu = judge_gpu("gpu0", WI_GPU_discrete, WI_TRI_no, &pool);
    gpu.largest_allocation_bytes = wi_some_u64(WI_GIB);
    assert_int_equal(of_gpu(gpu).largest_by, WI_LIMIT_largest_allocation);
    gpu.largest_binding_bytes = wi_some_u64(128 * WI_MIB);
    assert_int_equal(of_gpu(gpu).largest_by, WI_LIMIT_largest_buffer);
    assert_int_equal(of_gpu(gpu).largest_allowed_bytes.value, 128 * WI_MIB);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(reserves_follow_the_form_factor),     T(a_cgroup_limit_counts_less_five_per_cent),
        T(missing_readings_leave_it_unknown),   T(what_is_free_now_never_enters),
        T(discrete_gpus_have_their_own_memory), T(unified_gpus_share_the_machines_memory),
        T(what_kind_of_memory_is_not_guessed),  T(the_tighter_piece_names_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
