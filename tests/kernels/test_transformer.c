/* test_transformer.c: programs of every model against the arithmetic of models/.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "kernels/resident.h"
#include "models/catalogue.h"
#include "models/footprint.h"

#include <math.h>
#include <string.h>

struct catalogue {
    struct wi_catalogue *catalogue;
    struct wi_arena *arena;
};

static int setup(void **state) {
    static struct catalogue c;
    struct wi_err err = {0};
    c.arena = wi_arena_create();
    *state = &c;
    return wi_catalogue_load(NULL, &c.catalogue, &err);
}
static int teardown(void **state) {
    struct catalogue *c = *state;
    wi_catalogue_destroy(c->catalogue);
    wi_arena_destroy(c->arena);
    return 0;
}

static struct wi_session_params params_of(const struct wi_model *m, bool every_layer) {
    struct wi_session_params p = {.model = m,
                                  .precision = WI_FORMAT_f16,
                                  .kv_precision = WI_FORMAT_f16,
                                  .backend = WI_BACKEND_cpu,
                                  .max_tokens = 16,
                                  .max_depth = 32,
                                  .batch = 1};
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++) {
        uint32_t has = wi_model_layer_count(m, (enum wi_layer_kind)kind);
        p.layers[kind] = every_layer || has == 0 ? has : 1;
    }
    return p;
}

/* As if the buffers had been created, so that absent tensors differ from present ones. */
static void pretend_created(struct wi_resident *r) {
    static struct wi_buffer somewhere;
    for (size_t i = 0; i < r->view_count; i++)
        r->views[i]->buffer = &somewhere;
}

static const struct wi_model **runnable(const struct catalogue *c, size_t *n) {
    const struct wi_model **list =
        WI_NEW_ARRAY(c->arena, const struct wi_model *, c->catalogue->model_count);
    *n = 0;
    for (size_t i = 0; i < c->catalogue->model_count; i++) {
        const struct wi_model *m = c->catalogue->models[i];
        if (m->disclosed && m->unrunnable == NULL)
            list[(*n)++] = m;
    }
    return list;
}

static void build(const struct catalogue *c, const struct wi_session_params *p, uint32_t rows,
                  struct wi_resident *r, struct wi_program *program) {
    struct wi_err err = {0};
    if (wi_resident_lay_out(p, c->arena, r, &err) != WI_OK)
        fail_msg("%s", err.message);
    pretend_created(r);
    if (wi_program_build(p->model, r, p->precision, p->kv_precision, p->layers, rows, c->arena,
                         program, &err) != WI_OK)
        fail_msg("%s: %s", p->model->id, err.message);
}

static double flops(const struct wi_program *program, const struct wi_program_segment *s,
                    const struct wi_pass_dims *dims) {
    double sum = 0;
    for (uint32_t i = s->first; i < s->first + s->count; i++)
        sum += wi_call_flops(&program->calls[i], dims);
    return sum;
}

/* Causal attention is counted at the mean depth d + n/2 there, position by position here: half a
 * position a token apart. */
static void compare(const struct wi_model *m, enum wi_phase phase, const struct wi_program *program,
                    const struct wi_pass_dims *dims) {
    struct wi_pass_cost cost;
    struct wi_err err = {0};
    assert_int_equal(wi_model_pass_cost(m, WI_FORMAT_f16, WI_FORMAT_f16, phase, dims->tokens,
                                        dims->depth, dims->batch, &cost, &err),
                     WI_OK);
    double half_a_position = 2.0 * m->n_head * m->head_dim * dims->tokens;
    for (size_t s = 0; s < program->segment_count; s++) {
        const struct wi_program_segment *segment = &program->segments[s];
        const struct wi_cost *want = segment->id == WI_SEGMENT_embed ? &cost.embed
                                     : segment->id == WI_SEGMENT_global
                                         ? &cost.layer[WI_LAYER_global]
                                     : segment->id == WI_SEGMENT_local ? &cost.layer[WI_LAYER_local]
                                                                       : &cost.head;
        double got = flops(program, segment, dims);
        if (fabs(got - want->flops) > half_a_position)
            fail_msg("%s %s, segment %s: %.0f operations in the program, %.0f by arithmetic", m->id,
                     wi_phase_name(phase), wi_segment_name(segment->id), got, want->flops);
    }
}

static void programs_do_the_work_that_cost_counts(void **state) {
    const struct catalogue *c = *state;
    size_t n = 0;
    const struct wi_model **models = runnable(c, &n);
    assert_true(n > 40);
    for (size_t i = 0; i < n; i++) {
        struct wi_session_params p = params_of(models[i], false);
        struct wi_resident r;
        struct wi_program program;
        bool decoder = models[i]->arch == WI_ARCH_decoder;
        build(c, &p, 16, &r, &program);
        compare(models[i], decoder ? WI_PHASE_prefill : WI_PHASE_encode, &program,
                &(struct wi_pass_dims){.tokens = 16, .depth = decoder ? 32 : 0, .batch = 1});
        if (!decoder)
            continue;
        build(c, &p, 1, &r, &program);
        compare(models[i], WI_PHASE_decode, &program,
                &(struct wi_pass_dims){.tokens = 1, .depth = 32, .batch = 1});
    }
}

static void whole_models_weigh_what_the_footprint_says(void **state) {
    const struct catalogue *c = *state;
    size_t n = 0;
    const struct wi_model **models = runnable(c, &n);
    for (size_t i = 0; i < n; i++) {
        struct wi_session_params p = params_of(models[i], true);
        struct wi_resident r;
        struct wi_footprint f;
        struct wi_err err = {0};
        assert_int_equal(wi_resident_lay_out(&p, c->arena, &r, &err), WI_OK);
        assert_int_equal(
            wi_footprint_compute(&(struct wi_footprint_request){.model = models[i],
                                                                .precision = WI_FORMAT_f16,
                                                                .kv_precision = WI_FORMAT_f16,
                                                                .context = 48,
                                                                .batch_tokens = 16},
                                 c->arena, &f, &err),
            WI_OK);
        if (r.weight_bytes != f.weights_bytes)
            fail_msg("%s: %llu bytes laid out, %llu in the footprint", models[i]->id,
                     (unsigned long long)r.weight_bytes, (unsigned long long)f.weights_bytes);
        assert_true(wi_resident_bytes(&r) >= r.weight_bytes + r.cache_bytes);
    }
}

/* No operand of a call may lie beyond its buffer, nor a result over an operand that is not its own.
 */
static void operands_lie_within_their_buffers(void **state) {
    const struct catalogue *c = *state;
    size_t n = 0;
    const struct wi_model **models = runnable(c, &n);
    for (size_t i = 0; i < n; i++) {
        struct wi_session_params p = params_of(models[i], false);
        struct wi_resident r;
        struct wi_program program;
        build(c, &p, 16, &r, &program);
        const struct wi_pass_dims dims = {.tokens = 16, .depth = 0, .batch = 1};
        for (size_t j = 0; j < program.call_count; j++) {
            const struct wi_call *call = &program.calls[j];
            if (call->op == WI_OP_kv_store)
                continue;
            uint64_t y = call->y.offset_bytes;
            uint64_t end = y + 4ull * wi_call_rows(call, &dims) * wi_call_row_length(call);
            if (end > r.activation_bytes)
                fail_msg("%s, %s: ends at byte %llu of %llu", models[i]->id, call->label,
                         (unsigned long long)end, (unsigned long long)r.activation_bytes);
            for (size_t v = 0; v < r.view_count; v++) {
                /* The next view behind this one in the activations' buffer. */
                uint64_t other = r.views[v]->offset_bytes;
                if (r.view_buffer[v] == 1 && other > y && other < end)
                    fail_msg("%s, %s: writes over what lies behind its result", models[i]->id,
                             call->label);
            }
        }
    }
}

static void more_rows_than_there_is_room_for_are_refused(void **state) {
    const struct catalogue *c = *state;
    const struct wi_model *m = NULL;
    struct wi_err err = {0};
    assert_int_equal(wi_catalogue_find(c->catalogue, "gemma-2b", &m, &err), WI_OK);
    struct wi_session_params p = params_of(m, false);
    struct wi_resident r;
    struct wi_program program;
    assert_int_equal(wi_resident_lay_out(&p, c->arena, &r, &err), WI_OK);
    assert_int_equal(wi_program_build(m, &r, WI_FORMAT_f16, WI_FORMAT_f16, p.layers, 17, c->arena,
                                      &program, &err),
                     WI_USAGE);
    p.layers[WI_LAYER_global] = m->n_layer + 1;
    assert_int_equal(wi_resident_lay_out(&p, c->arena, &r, &err), WI_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_do_the_work_that_cost_counts),
        cmocka_unit_test(whole_models_weigh_what_the_footprint_says),
        cmocka_unit_test(operands_lie_within_their_buffers),
        cmocka_unit_test(more_rows_than_there_is_room_for_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
