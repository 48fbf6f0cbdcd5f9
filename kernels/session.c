/* session.c: opens a backend, builds a model on it, runs and verifies passes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/session.h"

#include "kernels/backend.h"
#include "kernels/isa.h"
#include "kernels/transformer.h"

#include <string.h>

/* Raised by any commit that changes what a kernel's timing means, or by more than noise. */
enum { KERNEL_GENERATION_cpu = 1, KERNEL_GENERATION_null = 1 };

enum { PROGRAMS_MAX = 16 };

struct built { /* a program that was built for a part of the layers */
    uint32_t layers[WI_LAYER_KIND_COUNT];
    struct wi_program program;
};

struct wi_session {
    struct wi_arena *arena;
    struct wi_session_params params; /* what it points to is borrowed */
    const struct wi_backend *backend;
    struct wi_device *device;
    struct built programs[PROGRAMS_MAX];
    size_t program_count;
    struct wi_op_note note;
    uint64_t *segment_ns; /* room for the largest program */
};

static int check_params(const struct wi_session_params *p, struct wi_err *err) {
    const struct wi_model *m = p->model;
    if (!m->disclosed)
        return wi_fail(err, WI_UNSUPPORTED, "%s: its maker never disclosed its shape", m->name);
    if (m->unrunnable != NULL)
        return wi_fail(err, WI_UNSUPPORTED, "%s: %s", m->name, m->unrunnable);
    if (!wi_format_get(p->precision)->kernel)
        return wi_fail(err, WI_UNSUPPORTED, "no kernel runs %s weights",
                       wi_format_get(p->precision)->name);
    if (p->max_tokens == 0 || p->batch == 0)
        return wi_fail(err, WI_USAGE, "a session needs at least one token and one sequence");
    uint64_t allowed = 0;
    return wi_isa_apply_cap(p->isa_cap, p->inventory == NULL ? 0 : p->inventory->cpu.isa, &allowed,
                            err);
}

static int find_backend(enum wi_backend_id id, const struct wi_backend **backend,
                        struct wi_err *err) {
    WI_TRY(wi_ops_validate(err));
    WI_TRY(wi_backends_validate(err));
    *backend = wi_backend_find(id);
    if (*backend == NULL)
        return wi_fail(err, WI_NOT_BUILT, "this build has no kernels for %s",
                       wi_backend_id_name(id));
    return WI_OK;
}

static int open_steps(struct wi_session *s, struct wi_err *err) {
    uint32_t layers = 0;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        layers += s->params.layers[kind];
    s->segment_ns = WI_NEW_ARRAY(s->arena, uint64_t, layers + 2);
    WI_TRY(s->backend->open(&s->params, &s->device, err));
    return WI_OK;
}

int wi_session_open(const struct wi_session_params *params, struct wi_session **session,
                    struct wi_err *err) {
    const struct wi_backend *backend = NULL;
    *session = NULL;
    WI_TRY(find_backend(params->backend, &backend, err));
    WI_TRY(check_params(params, err));
    struct wi_arena *arena = wi_arena_create();
    struct wi_session *s = WI_NEW(arena, struct wi_session);
    s->arena = arena;
    s->params = *params;
    s->backend = backend;
    int status = open_steps(s, err);
    if (status != WI_OK) {
        wi_session_close(s);
        return status;
    }
    *session = s;
    return WI_OK;
}

void wi_session_close(struct wi_session *s) {
    if (s == NULL)
        return;
    s->backend->close(s->device);
    wi_arena_destroy(s->arena);
}

void wi_session_info(const struct wi_session *s, struct wi_session_info *info) {
    *info = (struct wi_session_info){.kernel_generation = s->backend->id == WI_BACKEND_null
                                                              ? KERNEL_GENERATION_null
                                                              : KERNEL_GENERATION_cpu};
    s->backend->describe(s->device, info);
}

/* ---- running ---- */

static bool layers_all_zero(const uint32_t layers[WI_LAYER_KIND_COUNT]) {
    uint32_t sum = 0;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        sum += layers[kind];
    return sum == 0;
}

static int check_pass(const struct wi_session *s, const struct wi_pass *pass, struct wi_err *err) {
    const struct wi_session_params *p = &s->params;
    if (pass->tokens == 0 || pass->tokens > p->max_tokens)
        return wi_fail(err, WI_USAGE, "a pass of %u tokens: this session was opened for 1 to %u",
                       pass->tokens, p->max_tokens);
    if (pass->depth > p->max_depth)
        return wi_fail(err, WI_USAGE, "a pass at depth %u: this session was opened for up to %u",
                       pass->depth, p->max_depth);
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++) {
        if (pass->layers[kind] > p->layers[kind])
            return wi_fail(err, WI_USAGE, "a pass through %u %s layers: this session has %u",
                           pass->layers[kind], wi_layer_kind_name((enum wi_layer_kind)kind),
                           p->layers[kind]);
    }
    return WI_OK;
}

/* The program for this pass, built at its first use. */
static int program_for(struct wi_session *s, const struct wi_pass *pass,
                       const struct wi_program **program, struct wi_err *err) {
    WI_TRY(check_pass(s, pass, err));
    const uint32_t *layers = layers_all_zero(pass->layers) ? s->params.layers : pass->layers;
    for (size_t i = 0; i < s->program_count; i++) {
        if (memcmp(s->programs[i].layers, layers, sizeof s->programs[i].layers) == 0) {
            *program = &s->programs[i].program;
            return WI_OK;
        }
    }
    if (s->program_count == PROGRAMS_MAX)
        return wi_fail(err, WI_USAGE, "more than %d ways to run one session", PROGRAMS_MAX);
    struct built *b = &s->programs[s->program_count];
    memcpy(b->layers, layers, sizeof b->layers);
    WI_TRY(wi_program_outline(s->params.model, layers, s->arena, &b->program, err));
    s->program_count++;
    *program = &b->program;
    return WI_OK;
}

int wi_session_run(struct wi_session *s, const struct wi_pass *pass,
                   struct wi_pass_segment *segments, size_t capacity, size_t *count,
                   uint64_t *start_ns, struct wi_err *err) {
    const struct wi_program *program = NULL;
    WI_TRY(program_for(s, pass, &program, err));
    WI_TRY(s->backend->run(s->device, program, pass, s->segment_ns, start_ns, err));
    *count = program->segment_count < capacity ? program->segment_count : capacity;
    for (size_t i = 0; i < *count; i++)
        segments[i] =
            (struct wi_pass_segment){.id = program->segments[i].id, .ns = s->segment_ns[i]};
    return WI_OK;
}

int wi_session_verify(struct wi_session *s, const struct wi_pass *pass, uint32_t samples,
                      uint64_t seed, uint64_t budget_ns, struct wi_verify_result *result,
                      struct wi_err *err) {
    (void)samples, (void)seed, (void)budget_ns;
    const struct wi_program *program = NULL;
    WI_TRY(program_for(s, pass, &program, err));
    *result = (struct wi_verify_result){.ops = &s->note, .count = 1};
    WI_TRY(s->backend->verify(s->device, pass, &s->note, &result->first_wrong, err));
    result->worst_error = s->note.error;
    result->worst_tolerance = s->note.tolerance;
    result->worst_op = s->note.op;
    return WI_OK;
}

int wi_session_bytes(const struct wi_session_params *params, uint64_t *bytes, struct wi_err *err) {
    const struct wi_backend *backend = NULL;
    WI_TRY(find_backend(params->backend, &backend, err));
    WI_TRY(check_params(params, err));
    *bytes = 0;
    return WI_OK;
}
