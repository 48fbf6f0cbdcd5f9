/* test_plan.c: what is asked becomes cases; what this device has decides how, and whether.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/fixture.h"

static bool has_case(const struct wi_plan *plan, const struct wi_case *k) {
    for (size_t g = 0; g < plan->group_count; g++)
        for (size_t i = 0; i < plan->groups[g].count; i++) {
            const struct wi_case *o = &plan->groups[g].cases[i].key;
            if (o->model == k->model && o->precision == k->precision && o->backend == k->backend &&
                strcmp(o->compute_device_id, k->compute_device_id) == 0 &&
                strcmp(o->cap, k->cap) == 0 && o->kv_precision == k->kv_precision &&
                o->phase == k->phase && o->tokens == k->tokens && o->depth == k->depth &&
                o->batch == k->batch && (k->op.op == NULL || wi_same_op(&o->op, &k->op)))
                return true;
        }
    return false;
}

static void larger_profiles_hold_all_cases_of_smaller_ones(void **state) {
    struct bench *b = *state;
    static const char *const profiles[] = {"quick", "standard", "full"};
    static const size_t least[] = {18, 90, 90};
    struct wi_plan *smaller = NULL;
    for (size_t p = 0; p < 3; p++) {
        b->request.profile = profiles[p];
        const struct wi_plan *plan = bench_plan(b);
        if (plan->case_count < least[p])
            fail_msg("%s has %zu cases only", profiles[p], plan->case_count);
        for (size_t g = 0; smaller != NULL && g < smaller->group_count; g++)
            for (size_t i = 0; i < smaller->groups[g].count; i++)
                if (!has_case(plan, &smaller->groups[g].cases[i].key))
                    fail_msg("%s lacks a case of %s", profiles[p], profiles[p - 1]);
        wi_plan_destroy(smaller);
        smaller = b->plan;
        b->plan = NULL;
    }
    wi_plan_destroy(smaller);
}

static void quick_is_three_models_three_precisions_two_phases(void **state) {
    struct bench *b = *state;
    const struct wi_plan *plan = bench_plan(b);
    assert_int_equal(plan->group_count, 9);
    assert_int_equal(plan->case_count, 18);
    assert_non_null(find_case(plan, "gemma-7b", WI_FORMAT_f16, WI_PHASE_prefill, 512, 0));
    assert_non_null(find_case(plan, "gemma-2b", WI_FORMAT_q4_0, WI_PHASE_decode, 32, 512));
}

static void what_is_named_replaces_the_profile(void **state) {
    struct bench *b = *state;
    static const uint32_t prefill[] = {64, 64}, depths[] = {0, 7};
    static const enum wi_format_id formats[] = {WI_FORMAT_bf16};
    bench_only(b, "gemma-2b");
    b->request.precisions = formats;
    b->request.precision_count = 1;
    b->request.prefill = prefill;
    b->request.prefill_count = 2; /* the same twice is one case */
    b->request.depths = depths;
    b->request.depth_count = 2;
    b->request.decode_tokens = 8;
    const struct wi_plan *plan = bench_plan(b);
    assert_int_equal(plan->case_count, 3);
    assert_non_null(find_case(plan, "gemma-2b", WI_FORMAT_bf16, WI_PHASE_prefill, 64, 0));
    assert_non_null(find_case(plan, "gemma-2b", WI_FORMAT_bf16, WI_PHASE_decode, 8, 7));
    assert_int_equal(plan->groups[0].max_tokens, 64);
    assert_int_equal(plan->groups[0].max_depth, 14); /* the last of 8 tokens */
}

static void an_empty_list_asks_for_none_of_that_phase(void **state) {
    struct bench *b = *state;
    static const uint32_t nothing[1];
    b->request.prefill = nothing;
    const struct wi_plan *plan = bench_plan(b);
    assert_int_equal(plan->case_count, 9);
    assert_null(find_case(plan, "gemma-2b", WI_FORMAT_q4_0, WI_PHASE_prefill, 512, 0));
    b->request.depths = nothing;
    struct wi_plan *none = NULL;
    assert_int_equal(wi_plan_build(&b->request, &b->inventory, b->catalogue, &none, NULL),
                     WI_USAGE);
    assert_null(none);
}

static bool is_decode(const void *state, const struct wi_plan_case *c) {
    (void)state;
    return c->key.phase == WI_PHASE_decode;
}

static void what_is_left_out_leaves_the_rest_as_it_was(void **state) {
    struct bench *b = *state;
    bench_plan(b);
    uint32_t depth = b->plan->groups[0].max_depth, layers = b->plan->groups[0].layers[0];
    char hash[65];
    memcpy(hash, b->plan->plan_hash, sizeof hash);
    wi_plan_leave_out(b->plan, is_decode, NULL);
    assert_int_equal(b->plan->case_count, 9);
    assert_int_equal(b->plan->group_count, 9);
    for (size_t g = 0; g < 9; g++) {
        assert_int_equal(b->plan->groups[g].count, 1);
        assert_int_equal(b->plan->groups[g].cases[0].index, g);
        assert_int_equal(b->plan->groups[g].cases[0].key.phase, WI_PHASE_prefill);
    }
    assert_int_equal(b->plan->groups[0].max_depth, depth);
    assert_int_equal(b->plan->groups[0].layers[0], layers);
    assert_string_equal(b->plan->plan_hash, hash);
}

static void encoders_encode_and_do_not_decode(void **state) {
    struct bench *b = *state;
    bench_only(b, "distilbert-base");
    const struct wi_plan *plan = bench_plan(b);
    for (size_t g = 0; g < plan->group_count; g++)
        for (size_t i = 0; i < plan->groups[g].count; i++)
            assert_int_equal(plan->groups[g].cases[i].key.phase, WI_PHASE_encode);
    assert_non_null(find_case(plan, "distilbert-base", WI_FORMAT_f16, WI_PHASE_encode, 128, 0));
    assert_non_null(find_case(plan, "distilbert-base", WI_FORMAT_f16, WI_PHASE_encode, 512, 0));
}

static void a_context_above_the_model_is_a_row(void **state) {
    struct bench *b = *state;
    static const uint32_t depths[] = {512, 8190};
    b->request.depths = depths;
    b->request.depth_count = 2;
    bench_only(b, "gemma-2b");
    const struct wi_plan_case *c =
        find_case(bench_plan(b), "gemma-2b", WI_FORMAT_q4_0, WI_PHASE_decode, 32, 8190);
    assert_int_equal(c->foregone, WI_CASE_unsupported);
    assert_string_equal(c->foregone_reason,
                        "a context of 8222 tokens: that of Gemma 2B is at most 8192");
    assert_true(b->plan->groups[0].max_depth < 1000);
}

static void what_does_not_fit_is_a_row_with_numbers(void **state) {
    struct bench *b = *state;
    b->inventory.memory.available_bytes = wi_some_u64(1 * WI_GIB);
    const struct wi_plan *plan = bench_plan(b);
    const struct wi_plan_case *big =
        find_case(plan, "gemma-7b", WI_FORMAT_f16, WI_PHASE_prefill, 512, 0);
    const struct wi_plan_case *small =
        find_case(plan, "gemma-2b", WI_FORMAT_q4_0, WI_PHASE_prefill, 512, 0);
    assert_int_equal(big->foregone, WI_CASE_too_big);
    assert_non_null(strstr(big->foregone_reason, "GiB"));
    assert_true(big->bytes > plan->memory_limit_bytes);
    assert_int_equal(small->foregone, WI_CASE_ok);
    assert_true(small->bytes <= plan->memory_limit_bytes);
}

/* With room for what a process holds besides: libraries, stacks, the samples. */
static void quick_holds_at_most_three_gib(void **state) {
    struct bench *b = *state;
    static const enum wi_backend_id cpu[] = {WI_BACKEND_cpu};
    b->request.backends = cpu;
    b->cache.bytes = 32 * WI_MIB;
    const struct wi_plan *plan = bench_plan(b);
    for (size_t g = 0; g < plan->group_count; g++)
        if (plan->groups[g].bytes + 128 * WI_MIB > 3 * WI_GIB)
            fail_msg("%s %s: %llu MiB", plan->groups[g].cases[0].key.model->id,
                     wi_format_get(plan->groups[g].cases[0].key.precision)->name,
                     (unsigned long long)(plan->groups[g].bytes / WI_MIB));
}

static void a_cgroup_limit_is_kept_with_a_margin(void **state) {
    struct bench *b = *state;
    b->inventory.memory.limit_bytes = wi_some_u64(2000 * WI_MIB);
    assert_int_equal(bench_plan(b)->memory_limit_bytes, 1900 * WI_MIB);
}

static void cases_that_fit_only_one_by_one_get_a_worker_each(void **state) {
    struct bench *b = *state;
    static const enum wi_format_id formats[] = {WI_FORMAT_q4_0};
    static const uint32_t prefill[] = {4096}, depths[] = {4000};
    bench_only(b, "gemma-7b");
    b->request.precisions = formats;
    b->request.precision_count = 1;
    b->request.prefill = prefill;
    b->request.depths = depths;
    b->request.prefill_count = b->request.depth_count = 1;
    const struct wi_plan *plan = bench_plan(b);
    assert_int_equal(plan->group_count, 1);
    uint64_t together = plan->groups[0].bytes, alone = 0;
    for (size_t i = 0; i < 2; i++)
        if (plan->groups[0].cases[i].bytes > alone)
            alone = plan->groups[0].cases[i].bytes;
    assert_true(alone < together);
    b->inventory.memory.limit_bytes = wi_some_u64((alone + together) / 2 * 20 / 19);
    plan = bench_plan(b);
    assert_int_equal(plan->group_count, 2);
    assert_int_equal(plan->groups[0].cases[0].foregone, WI_CASE_ok);
    assert_int_equal(plan->groups[1].cases[0].foregone, WI_CASE_ok);
}

static void a_backend_without_kernels_gives_rows(void **state) {
    struct bench *b = *state;
    static const enum wi_backend_id backends[] = {WI_BACKEND_vulkan};
    b->request.backends = backends;
    const struct wi_plan *plan = bench_plan(b);
    assert_int_equal(plan->case_count, 18);
    assert_int_equal(plan->groups[0].cases[0].foregone, WI_CASE_not_built);
    assert_string_equal(plan->groups[0].cases[0].foregone_reason,
                        "this build has no kernels for vulkan");
}

/* A rasteriser beside a GPU, both seen by Vulkan. */
static void add_gpus(struct bench *b, struct wi_gpu gpus[2], struct wi_gpu_api *api) {
    static const enum wi_backend_id backends[] = {WI_BACKEND_vulkan};
    *api = (struct wi_gpu_api){.api = WI_BACKEND_vulkan};
    gpus[0] = (struct wi_gpu){.compute_device_id = "gpu0", .apis = api, .api_count = 1};
    gpus[1] =
        (struct wi_gpu){.compute_device_id = "sw0", .software = true, .apis = api, .api_count = 1};
    b->inventory.gpus = gpus;
    b->inventory.gpu_count = 2;
    b->request.backends = backends;
}

static size_t count_on(const struct wi_plan *plan, const char *compute) {
    size_t n = 0;
    for (size_t g = 0; g < plan->group_count; g++)
        if (strcmp(plan->groups[g].cases[0].key.compute_device_id, compute) == 0)
            n += plan->groups[g].count;
    return n;
}

static void a_software_device_is_asked_only_whether_it_works(void **state) {
    struct bench *b = *state;
    struct wi_gpu gpus[2];
    struct wi_gpu_api api;
    add_gpus(b, gpus, &api);
    const struct wi_plan *plan = bench_plan(b);
    assert_int_equal(count_on(plan, "gpu0"), 18);
    assert_int_equal(count_on(plan, "sw0"), 2);
    size_t seen = 0;
    for (size_t g = 0; g < plan->group_count; g++)
        for (size_t i = 0; i < plan->groups[g].count; i++) {
            const struct wi_case *k = &plan->groups[g].cases[i].key;
            if (strcmp(k->compute_device_id, "sw0") != 0)
                continue;
            assert_string_equal(k->model->id, "gemma-2b");
            assert_int_equal(k->precision, WI_FORMAT_q4_0);
            seen |= k->phase == WI_PHASE_prefill && k->tokens == 32 ? 1 : 0;
            seen |= k->phase == WI_PHASE_decode && k->tokens == 8 ? 2 : 0;
        }
    assert_int_equal(seen, 3);
}

static void a_software_device_that_is_named_is_asked_everything(void **state) {
    struct bench *b = *state;
    struct wi_gpu gpus[2];
    struct wi_gpu_api api;
    static const char *const named[] = {"sw0", NULL};
    add_gpus(b, gpus, &api);
    bench_only(b, "gemma-7b"); /* other cases than the sample: it has no part in them */
    assert_int_equal(count_on(bench_plan(b), "sw0"), 0);
    b->request.compute = named;
    b->request.models = NULL;
    assert_int_equal(count_on(bench_plan(b), "sw0"), 18);
    assert_int_equal(count_on(b->plan, "gpu0"), 0);
}

static void an_unknown_compute_device_is_refused(void **state) {
    struct bench *b = *state;
    static const char *const ids[] = {"gpu7", NULL};
    struct wi_err err = {0};
    b->request.compute = ids;
    assert_int_equal(wi_plan_build(&b->request, &b->inventory, b->catalogue, &b->plan, &err),
                     WI_USAGE);
    assert_non_null(strstr(err.message, "gpu7"));
}

static void fast_cores_come_first_one_thread_each(void **state) {
    struct bench *b = *state;
    assert_string_equal(bench_plan(b)->thread_cpus, "4,6,0,1,2,3");
}

static void a_quota_bounds_the_threads(void **state) {
    struct bench *b = *state;
    b->inventory.cpu.quota_cpus = wi_some_f64(2.5);
    assert_string_equal(bench_plan(b)->thread_cpus, "4,6,0");
}

static void layers_rotate_more_than_the_cache_holds(void **state) {
    struct bench *b = *state;
    bench_only(b, "mistral-7b");
    const struct wi_plan_case *decode =
        find_case(bench_plan(b), "mistral-7b-v0.1", WI_FORMAT_q4_0, WI_PHASE_decode, 32, 512);
    assert_int_equal(decode->layers[WI_LAYER_local], 2);
    b->cache.bytes = 256 * WI_MIB; /* 1 GiB must rotate: 74 MB of head, 123 MB a layer */
    const struct wi_plan *plan = bench_plan(b);
    decode = find_case(plan, "mistral-7b-v0.1", WI_FORMAT_q4_0, WI_PHASE_decode, 32, 512);
    assert_int_equal(decode->layers[WI_LAYER_local], 9);
    assert_int_equal(decode->layers[WI_LAYER_global], 0);
    assert_int_equal(find_case(plan, "mistral-7b-v0.1", WI_FORMAT_q4_0, WI_PHASE_prefill, 512, 0)
                         ->layers[WI_LAYER_local],
                     1);
}

static void both_kinds_of_layer_are_run(void **state) {
    struct bench *b = *state;
    bench_only(b, "gemma-3-4b");
    const struct wi_plan *plan = bench_plan(b);
    const struct wi_plan_case *c =
        find_case(plan, "gemma-3-4b", WI_FORMAT_f16, WI_PHASE_decode, 32, 512);
    assert_true(c->layers[WI_LAYER_global] >= 2 && c->layers[WI_LAYER_local] >= 2);
    c = find_case(plan, "gemma-3-4b", WI_FORMAT_f16, WI_PHASE_prefill, 512, 0);
    assert_int_equal(c->layers[WI_LAYER_global], 1);
    assert_int_equal(c->layers[WI_LAYER_local], 1);
    assert_false(c->whole);
}

static void a_small_model_is_run_whole(void **state) {
    struct bench *b = *state;
    b->cache.bytes = 512 * WI_MIB;
    bench_only(b, "gemma-3-270m");
    const struct wi_plan_case *c =
        find_case(bench_plan(b), "gemma-3-270m", WI_FORMAT_q8_0, WI_PHASE_prefill, 512, 0);
    assert_true(c->whole);
    assert_int_equal(c->layers[0] + c->layers[1], c->key.model->n_layer);
}

static void full_runs_every_layer(void **state) {
    struct bench *b = *state;
    b->request.every_layer = true;
    const struct wi_plan_case *c =
        find_case(bench_plan(b), "gemma-7b", WI_FORMAT_q4_0, WI_PHASE_decode, 32, 512);
    assert_int_equal(c->layers[WI_LAYER_global], 28);
    assert_true(c->whole);
}

static void suite_is_equal_across_devices_and_plan_is_not(void **state) {
    struct bench *b = *state;
    char suite[65], plan_hash[65];
    const struct wi_plan *plan = bench_plan(b);
    memcpy(suite, plan->suite_hash, sizeof suite);
    memcpy(plan_hash, plan->plan_hash, sizeof plan_hash);
    assert_string_equal(bench_plan(b)->plan_hash, plan_hash); /* the same device again */
    b->inventory.memory.available_bytes = wi_some_u64(1 * WI_GIB);
    plan = bench_plan(b);
    assert_string_equal(plan->suite_hash, suite);
    assert_string_not_equal(plan->plan_hash, plan_hash);
    b->request.seed = 2;
    assert_string_not_equal(bench_plan(b)->suite_hash, suite);
}

static void order_follows_the_seed(void **state) {
    struct bench *b = *state;
    char first[512] = "", second[512] = "";
    for (uint64_t seed = 1; seed <= 2; seed++) {
        b->request.seed = seed;
        const struct wi_plan *plan = bench_plan(b);
        char *out = seed == 1 ? first : second;
        uint32_t index = 0;
        for (size_t g = 0; g < plan->group_count; g++) {
            const struct wi_plan_case *c = &plan->groups[g].cases[0];
            assert_int_equal(c->index, index);
            index += (uint32_t)plan->groups[g].count;
            strcat(out, c->key.model->id);
            strcat(out, wi_format_get(c->key.precision)->name);
        }
    }
    assert_string_not_equal(first, second);
    assert_int_equal(strlen(first), strlen(second));
}

static void a_cap_is_part_of_the_key(void **state) {
    struct bench *b = *state;
    b->request.isa_cap = "generic";
    assert_string_equal(bench_plan(b)->groups[0].cases[0].key.cap, "isa=generic");
}

static void an_undisclosed_model_is_a_row(void **state) {
    struct bench *b = *state;
    const struct wi_model *hidden = NULL;
    for (size_t i = 0; i < b->catalogue->model_count && hidden == NULL; i++)
        if (!b->catalogue->models[i]->disclosed)
            hidden = b->catalogue->models[i];
    assert_non_null(hidden);
    bench_only(b, hidden->id);
    const struct wi_plan *plan = bench_plan(b);
    assert_int_equal(plan->groups[0].cases[0].foregone, WI_CASE_unsupported);
    assert_non_null(plan->groups[0].cases[0].foregone_reason);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(larger_profiles_hold_all_cases_of_smaller_ones),
        TEST(quick_is_three_models_three_precisions_two_phases),
        TEST(what_is_named_replaces_the_profile),
        TEST(an_empty_list_asks_for_none_of_that_phase),
        TEST(what_is_left_out_leaves_the_rest_as_it_was),
        TEST(encoders_encode_and_do_not_decode),
        TEST(a_context_above_the_model_is_a_row),
        TEST(what_does_not_fit_is_a_row_with_numbers),
        TEST(quick_holds_at_most_three_gib),
        TEST(a_cgroup_limit_is_kept_with_a_margin),
        TEST(cases_that_fit_only_one_by_one_get_a_worker_each),
        TEST(a_backend_without_kernels_gives_rows),
        TEST(a_software_device_is_asked_only_whether_it_works),
        TEST(a_software_device_that_is_named_is_asked_everything),
        TEST(an_unknown_compute_device_is_refused),
        TEST(fast_cores_come_first_one_thread_each),
        TEST(a_quota_bounds_the_threads),
        TEST(layers_rotate_more_than_the_cache_holds),
        TEST(both_kinds_of_layer_are_run),
        TEST(a_small_model_is_run_whole),
        TEST(full_runs_every_layer),
        TEST(suite_is_equal_across_devices_and_plan_is_not),
        TEST(order_follows_the_seed),
        TEST(a_cap_is_part_of_the_key),
        TEST(an_undisclosed_model_is_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
