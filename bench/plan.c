/* plan.c: request and inventory become an array of cases, grouped and in seeded order.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The plan is const once built; what cannot run is in it with its reason, so that every case that
 * was asked for becomes a row. */
#include "bench/run.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/rng.h"
#include "bench/forecast.h"
#include "bench/plan_parts.h"

#include <string.h>

struct cases {
    struct wi_plan_case *items;
    size_t count, capacity;
};
struct groups {
    struct wi_plan_group *items;
    size_t count, capacity;
};
struct builder {
    struct wi_fit fit;
    struct wi_plan *plan;
    const struct wi_ask *ask;
    const char *cap;
    struct groups groups;
};

/* ---- the cases of a group ---- */

/* The same length given twice is one case. */
static bool is_there(const struct cases *list, const struct wi_case *key) {
    for (size_t i = 0; i < list->count; i++) {
        const struct wi_case *k = &list->items[i].key;
        if (k->phase == key->phase && k->tokens == key->tokens && k->depth == key->depth)
            return true;
    }
    return false;
}

static void add_case(struct builder *b, const struct wi_target *target,
                     const struct wi_ask_variant *variant, struct wi_case key, struct cases *list) {
    if (is_there(list, &key) ||
        (variant->quick_phases_only && !wi_ask_is_quick(key.phase, key.tokens, key.depth)))
        return;
    struct wi_plan_case *c = WI_PUSH(b->plan->arena, list, struct wi_plan_case);
    c->key = key;
    c->budget_s = key.phase == WI_PHASE_decode ? b->ask->decode_budget_s : b->ask->prefill_budget_s;
    wi_fit_case(&b->fit, target, c);
}

static void add_phases(struct builder *b, const struct wi_target *target,
                       const struct wi_ask_variant *variant, struct wi_case key,
                       struct cases *list) {
    if (key.model->disclosed && key.model->arch == WI_ARCH_encoder) {
        key.phase = WI_PHASE_encode;
        for (size_t i = 0; i < WI_COUNT(wi_ask_encode); i++) {
            key.tokens = wi_ask_encode[i];
            add_case(b, target, variant, key, list);
        }
        return;
    }
    key.phase = WI_PHASE_prefill;
    for (size_t i = 0; i < b->ask->prefill_count; i++) {
        key.tokens = b->ask->prefill[i];
        add_case(b, target, variant, key, list);
    }
    key.phase = WI_PHASE_decode;
    key.tokens = b->ask->decode_tokens;
    for (size_t i = 0; i < b->ask->depth_count; i++) {
        key.depth = b->ask->depths[i];
        add_case(b, target, variant, key, list);
    }
}

static void push_group(struct builder *b, struct wi_plan_case *cases, size_t count, bool software) {
    struct wi_plan_group *g = WI_PUSH(b->plan->arena, &b->groups, struct wi_plan_group);
    *g = (struct wi_plan_group){.cases = cases, .count = count, .software = software};
    wi_fit_group(&b->fit, g);
}

/* Cases that fit one by one and not all in one session get a worker each. */
static void push_groups(struct builder *b, const struct cases *list, bool software) {
    uint64_t limit = b->plan->memory_limit_bytes;
    if (list->count == 0)
        return;
    push_group(b, list->items, list->count, software);
    if (limit == 0 || b->groups.items[b->groups.count - 1].bytes <= limit)
        return;
    b->groups.count--;
    for (size_t i = 0; i < list->count; i++)
        push_group(b, &list->items[i], 1, software);
}

static void add_group(struct builder *b, const struct wi_target *target,
                      const struct wi_ask_variant *variant, const struct wi_model *model,
                      enum wi_format_id precision) {
    struct wi_case key = {.model = model,
                          .precision = precision,
                          .kv_precision = variant->kv_precision,
                          .batch = variant->batch,
                          .backend = target->backend,
                          .compute_device_id = target->compute_device_id,
                          .cap = b->cap};
    struct cases list = {0};
    add_phases(b, target, variant, key, &list);
    push_groups(b, &list, target->software);
}

static bool same_case_twice(const enum wi_format_id *list, size_t i) {
    for (size_t j = 0; j < i; j++)
        if (list[j] == list[i])
            return true;
    return false;
}

static void add_groups(struct builder *b, const struct wi_target *target) {
    for (size_t m = 0; m < b->ask->model_count; m++)
        for (size_t p = 0; p < b->ask->precision_count; p++)
            for (size_t v = 0; v < b->ask->variant_count; v++) {
                bool encoder = b->ask->models[m]->arch == WI_ARCH_encoder;
                if (same_case_twice(b->ask->precisions, p) || (encoder && v > 0))
                    continue;
                add_group(b, target, &b->ask->variants[v], b->ask->models[m],
                          b->ask->precisions[p]);
            }
}

/* ---- single ops: a group for each precision ---- */

static void add_ops_of(struct builder *b, const struct wi_target *target,
                       enum wi_format_id precision, const struct wi_op_shape *shapes,
                       size_t count) {
    struct cases list = {0};
    for (size_t i = 0; i < count; i++) {
        struct wi_plan_case *c = WI_PUSH(b->plan->arena, &list, struct wi_plan_case);
        bool one_row = shapes[i].m == 1;
        c->key = (struct wi_case){.precision = precision,
                                  .kv_precision = WI_FORMAT_f16,
                                  .phase = one_row ? WI_PHASE_decode : WI_PHASE_prefill,
                                  .tokens = shapes[i].m,
                                  .batch = 1,
                                  .backend = target->backend,
                                  .compute_device_id = target->compute_device_id,
                                  .cap = b->cap,
                                  .op = shapes[i]};
        c->whole = true;
        c->budget_s = b->ask->op_budget_s;
        wi_fit_op(&b->fit, target, c);
    }
    push_groups(b, &list, target->software);
}

static void add_ops(struct builder *b, const struct wi_target *target) {
    struct wi_op_shape *shapes = NULL;
    size_t count = 0;
    if (target->backend != WI_BACKEND_cpu && target->backend != WI_BACKEND_null)
        return; /* no kernels that could be run by themselves */
    wi_ask_ops(b->ask, b->plan->arena, &shapes, &count);
    for (size_t p = 0; p < b->ask->precision_count; p++)
        if (!same_case_twice(b->ask->precisions, p))
            add_ops_of(b, target, b->ask->precisions[p], shapes, count);
}

/* ---- order, sums, identity ---- */

/* Fisher-Yates. */
static void shuffle(struct groups *groups, uint64_t seed) {
    struct wi_rng rng;
    wi_rng_seed(&rng, seed);
    for (size_t i = groups->count; i > 1; i--) {
        size_t j = (size_t)wi_rng_below(&rng, i);
        struct wi_plan_group swapped = groups->items[i - 1];
        groups->items[i - 1] = groups->items[j];
        groups->items[j] = swapped;
    }
}

static void sum_up(struct wi_plan *plan) {
    uint32_t index = 0;
    plan->forecast_s = 0;
    for (size_t g = 0; g < plan->group_count; g++) {
        struct wi_plan_group *group = &plan->groups[g];
        plan->forecast_s += wi_group_forecast_s(group);
        for (size_t i = 0; i < group->count; i++)
            group->cases[i].index = index++;
    }
    plan->case_count = index;
    plan->forecast_s += wi_forecast_rooflines_s(plan);
}

static void print_op(struct wi_buf *text, const struct wi_plan_case *c) {
    const struct wi_case *k = &c->key;
    wi_buf_printf(text, "%s %u %u %u x %u %s %s %s [%s] %s\n", k->op.op, k->op.m, k->op.n, k->op.k,
                  k->op.matrices, wi_format_get(k->precision)->name, wi_backend_id_name(k->backend),
                  k->compute_device_id, k->cap, wi_case_status_name(c->foregone));
}

static void print_case(struct wi_buf *text, const struct wi_plan_case *c) {
    const struct wi_case *k = &c->key;
    if (k->op.op != NULL) {
        print_op(text, c);
        return;
    }
    wi_buf_printf(text, "%s %s %s %s %u %u %u %s %s [%s] %s", k->model->hash,
                  wi_format_get(k->precision)->name, wi_format_get(k->kv_precision)->name,
                  wi_phase_name(k->phase), k->tokens, k->depth, k->batch,
                  wi_backend_id_name(k->backend), k->compute_device_id, k->cap,
                  wi_case_status_name(c->foregone));
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        wi_buf_printf(text, " %u", c->layers[kind]);
    wi_buf_putc(text, '\n');
}

/* Not the bytes that happen to be free: the same device plans the same twice. */
static void hash_plan(struct wi_plan *plan) {
    struct wi_buf text = {0};
    wi_buf_printf(&text, "weighin-plan-v1\n%s\nthreads %s\n", plan->suite_hash, plan->thread_cpus);
    for (size_t g = 0; g < plan->group_count; g++)
        for (size_t i = 0; i < plan->groups[g].count; i++)
            print_case(&text, &plan->groups[g].cases[i]);
    wi_sha256_hex(text.data, text.size, plan->plan_hash);
    wi_buf_fini(&text);
}

static int build(const struct wi_run_request *request, const struct wi_inventory *inventory,
                 const struct wi_catalogue *catalogue, struct wi_plan *plan, struct wi_err *err) {
    struct wi_ask ask;
    struct wi_target *targets = NULL;
    size_t target_count = 0;
    WI_TRY(wi_ask_fill(request, catalogue, plan->arena, &ask, err));
    wi_ask_hash(request, &ask, plan->suite_hash);
    WI_TRY(wi_targets_list(request, inventory, plan->arena, &targets, &target_count, err));
    wi_plan_resources(inventory, plan);
    struct builder b = {.fit = {request, inventory, plan, &ask}, .plan = plan, .ask = &ask};
    b.cap =
        request->isa_cap == NULL ? "" : wi_arena_printf(plan->arena, "isa=%s", request->isa_cap);
    const struct wi_ask software = wi_ask_software(&ask);
    for (size_t i = 0; i < target_count; i++) {
        b.ask = b.fit.ask = targets[i].probe_only ? &software : &ask;
        add_groups(&b, &targets[i]);
    }
    shuffle(&b.groups, request->seed);
    /* Last, so that what verdicts rest on is there when a run is cut short. */
    for (size_t i = 0; i < target_count; i++) {
        b.ask = b.fit.ask = targets[i].probe_only ? &software : &ask;
        add_ops(&b, &targets[i]);
    }
    plan->groups = b.groups.items;
    plan->group_count = b.groups.count;
    sum_up(plan);
    hash_plan(plan);
    return plan->case_count > 0 ? WI_OK : wi_fail(err, WI_USAGE, "nothing was asked for");
}

int wi_plan_build(const struct wi_run_request *request, const struct wi_inventory *inventory,
                  const struct wi_catalogue *catalogue, struct wi_plan **plan, struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_plan *p = WI_NEW(arena, struct wi_plan);
    p->arena = arena;
    int status = build(request, inventory, catalogue, p, err);
    if (status != WI_OK) {
        wi_plan_destroy(p);
        p = NULL;
    }
    *plan = p;
    return status;
}

/* Groups keep their maxima, so that their sessions stay what they were. */
void wi_plan_leave_out(struct wi_plan *plan,
                       bool (*is_done)(const void *state, const struct wi_plan_case *c),
                       const void *state) {
    size_t groups = 0;
    for (size_t g = 0; g < plan->group_count; g++) {
        struct wi_plan_group *group = &plan->groups[g];
        size_t left = 0;
        for (size_t i = 0; i < group->count; i++)
            if (!is_done(state, &group->cases[i]))
                group->cases[left++] = group->cases[i];
        group->count = left;
        if (left > 0)
            plan->groups[groups++] = *group;
    }
    plan->group_count = groups;
    sum_up(plan);
}

bool wi_plan_has_shadow(const struct wi_plan_case *c) {
    uint32_t some = 0;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        some += c->some_layers[kind];
    return some > 0;
}

void wi_plan_destroy(struct wi_plan *plan) {
    if (plan != NULL)
        wi_arena_destroy(plan->arena);
}
