/* session.c: opens a backend, builds a model on it, runs and verifies passes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/session.h"

#include "base/units.h"
#include "kernels/backend.h"
#include "kernels/isa.h"
#include "kernels/kernel.h"
#include "kernels/resident.h"
#include "kernels/single.h"
#include "kernels/transformer.h"
#include "kernels/verify.h"

#include <string.h>

/* Raised by any commit that changes what a kernel's timing means, or by more than noise; with
 * `comparable_since` (results/eligibility.c) when older timings can stand beside newer ones no
 * more. cpu 2   q8_0 and q4_0 in products of bytes: up to 2 times the tokens a second */
enum { KERNEL_GENERATION_cpu = 2, KERNEL_GENERATION_null = 1 };

enum { PROGRAMS_MAX = 16 };

struct built { /* a program for a part of the layers, for few rows or for many */
    uint32_t layers[WI_LAYER_KIND_COUNT];
    bool few;
    struct wi_program program;
};

struct wi_session {
    struct wi_arena *arena;
    struct wi_session_params params; /* what it points to is borrowed */
    const struct wi_backend *backend;
    struct wi_device *device;
    struct built programs[PROGRAMS_MAX];
    size_t program_count;
    struct wi_program *op_programs; /* one for each op; NULL: none was run yet */
    uint64_t isa;                   /* features that kernels may use */
    struct wi_resident memory;      /* of a backend that computes */
    struct wi_single single;        /* the same, when it is of single ops */
    struct wi_arena *notes;         /* of the latest verification */
    struct wi_op_note note;
    uint64_t *segment_ns; /* room for the largest program */
};

static int check_params(const struct wi_session_params *p, struct wi_err *err) {
    const struct wi_model *m = p->model;
    if (m != NULL && !m->disclosed)
        return wi_fail(err, WI_UNSUPPORTED, "%s: its maker never disclosed its shape", m->name);
    if (m != NULL && m->unrunnable != NULL)
        return wi_fail(err, WI_UNSUPPORTED, "%s: %s", m->name, m->unrunnable);
    if ((m == NULL) != (p->op_count > 0))
        return wi_fail(err, WI_INTERNAL, "a session is of a model or of single ops");
    if (!wi_format_get(p->precision)->kernel)
        return wi_fail(err, WI_UNSUPPORTED, "no kernel runs %s weights",
                       wi_format_get(p->precision)->name);
    if (p->max_tokens == 0 || p->batch == 0)
        return wi_fail(err, WI_USAGE, "a session needs at least one token and one sequence");
    return WI_OK;
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

static bool is_single(const struct wi_session *s) {
    return s->params.op_count > 0;
}

static int refuse_too_big(const struct wi_session *s, struct wi_err *err) {
    char need[32], limit[32];
    uint64_t bytes = is_single(s) ? wi_single_bytes(&s->single) : wi_resident_bytes(&s->memory);
    if (s->params.memory_limit_bytes == 0 || bytes <= s->params.memory_limit_bytes)
        return WI_OK;
    return wi_fail(err, WI_TOO_BIG, "%s in %s needs %s here, the limit is %s",
                   is_single(s) ? "single ops" : s->params.model->name,
                   wi_format_get(s->params.precision)->name,
                   wi_format_mem(need, sizeof need, bytes),
                   wi_format_mem(limit, sizeof limit, s->params.memory_limit_bytes));
}

static int lay_out(struct wi_session *s, struct wi_err *err) {
    WI_TRY(is_single(s) ? wi_single_lay_out(&s->params, &s->single, err)
                        : wi_resident_lay_out(&s->params, s->arena, &s->memory, err));
    return refuse_too_big(s, err);
}

static int create(struct wi_session *s, struct wi_err *err) {
    return is_single(s) ? wi_single_create(&s->single, &s->params, s->backend, s->device, err)
                        : wi_resident_create(&s->memory, &s->params, s->backend, s->device, err);
}

static int open_steps(struct wi_session *s, struct wi_err *err) {
    const struct wi_inventory *inventory = s->params.inventory;
    uint32_t layers = 0;
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++)
        layers += s->params.layers[kind];
    s->segment_ns = WI_NEW_ARRAY(s->arena, uint64_t, layers + 2);
    WI_TRY(wi_isa_apply_cap(s->params.isa_cap, inventory == NULL ? 0 : inventory->cpu.isa, &s->isa,
                            err));
    if (s->backend->computes)
        WI_TRY(lay_out(s, err));
    WI_TRY(s->backend->open(&s->params, &s->device, err));
    return s->backend->computes ? create(s, err) : WI_OK;
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
    if (s->device != NULL) {
        wi_resident_destroy(&s->memory, s->backend, s->device);
        wi_single_destroy(&s->single, s->backend, s->device);
    }
    s->backend->close(s->device);
    wi_arena_destroy(s->notes);
    wi_arena_destroy(s->arena);
}

/* The kernel of the matrix products: its name and what it computes in. */
static const struct wi_kernel *matrix_kernel(const struct wi_session *s, enum wi_op_id op) {
    const struct wi_kernel *kernel = NULL;
    (void)wi_kernel_pick(s->backend->id, op, s->params.precision, s->isa, &kernel, NULL);
    return kernel;
}

uint32_t wi_session_kernel_generation(enum wi_backend_id backend) {
    return backend == WI_BACKEND_null ? KERNEL_GENERATION_null : KERNEL_GENERATION_cpu;
}

/* Built once more, for counting: what a pass runs does not depend on what was run so far. */
static void count_calls(const struct wi_session *s, struct wi_session_info *info) {
    const struct wi_session_params *p = &s->params;
    struct wi_program program = {0};
    struct wi_arena *arena = wi_arena_create();
    uint32_t *const counts[WI_SEGMENT_COUNT] = {[WI_SEGMENT_embed] = &info->calls_embed,
                                                [WI_SEGMENT_global] = &info->calls_global,
                                                [WI_SEGMENT_local] = &info->calls_local,
                                                [WI_SEGMENT_head] = &info->calls_head};
    if (wi_program_build(p->model, &s->memory, p->precision, p->kv_precision, p->layers, 1, arena,
                         &program, NULL) == WI_OK)
        for (size_t i = 0; i < program.segment_count; i++)
            if (counts[program.segments[i].id] != NULL)
                *counts[program.segments[i].id] = program.segments[i].count;
    wi_arena_destroy(arena);
}

void wi_session_info(const struct wi_session *s, struct wi_session_info *info) {
    *info =
        (struct wi_session_info){.kernel_generation = wi_session_kernel_generation(s->backend->id)};
    s->backend->describe(s->device, info);
    if (!s->backend->computes)
        return;
    const struct wi_kernel *gemm = matrix_kernel(s, WI_OP_gemm);
    const struct wi_kernel *gemv = matrix_kernel(s, WI_OP_gemv);
    info->arithmetic = gemm == NULL ? NULL : wi_arithmetic_name(gemm->arithmetic);
    info->kernel_prefill = gemm == NULL ? NULL : gemm->name;
    info->kernel_decode = gemv == NULL ? NULL : gemv->name;
    /* All that was built is touched by a pass, but for the rows of an embedding that is no head. */
    info->weight_bytes_resident = info->rotating_bytes =
        is_single(s) ? s->single.weight_bytes : s->memory.weight_bytes;
    if (!is_single(s))
        count_calls(s, info);
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
    uint64_t end = (uint64_t)pass->depth + pass->tokens;
    if (end > (uint64_t)p->max_depth + p->max_tokens || end > p->model->max_context)
        return wi_fail(
            err, WI_USAGE, "a pass of %u tokens at depth %u: this session holds %u, the model %u",
            pass->tokens, pass->depth, p->max_depth + p->max_tokens, p->model->max_context);
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++) {
        if (pass->layers[kind] > p->layers[kind])
            return wi_fail(err, WI_USAGE, "a pass through %u %s layers: this session has %u",
                           pass->layers[kind], wi_layer_kind_name((enum wi_layer_kind)kind),
                           p->layers[kind]);
    }
    return WI_OK;
}

/* ---- programs ---- */

static int pick_kernels(const struct wi_session *s, struct wi_program *program,
                        struct wi_err *err) {
    for (size_t i = 0; i < program->call_count; i++) {
        struct wi_call *c = &program->calls[i];
        WI_TRY(wi_kernel_pick(s->backend->id, c->op, c->format, s->isa, &c->kernel, err));
    }
    return WI_OK;
}

static int build_program(struct wi_session *s, struct built *b, struct wi_err *err) {
    const struct wi_session_params *p = &s->params;
    if (!s->backend->computes)
        return wi_program_outline(p->model, b->layers, s->arena, &b->program, err);
    uint32_t rows = b->few && s->memory.rows > WI_FEW_ROWS ? WI_FEW_ROWS : s->memory.rows;
    WI_TRY(wi_program_build(p->model, &s->memory, p->precision, p->kv_precision, b->layers, rows,
                            s->arena, &b->program, err));
    WI_TRY(pick_kernels(s, &b->program, err));
    return s->backend->prepare(s->device, &b->program, err);
}

/* The program of one op, built at its first use. */
static int program_of_op(struct wi_session *s, const struct wi_pass *pass,
                         const struct wi_program **program, struct wi_err *err) {
    size_t i = 0;
    while (i < s->params.op_count && !wi_same_op(&s->params.ops[i], &pass->op))
        i++;
    if (i == s->params.op_count || pass->tokens != pass->op.m)
        return wi_fail(err, WI_USAGE, "a pass of an op that this session was not opened for");
    if (s->op_programs == NULL)
        s->op_programs = WI_NEW_ARRAY(s->arena, struct wi_program, s->params.op_count);
    struct wi_program *p = &s->op_programs[i];
    *program = p;
    if (p->segment_count > 0)
        return WI_OK;
    struct wi_program built;
    wi_single_program(&s->single, &s->params.ops[i], s->params.precision, s->backend->computes,
                      s->arena, &built);
    if (s->backend->computes) {
        WI_TRY(pick_kernels(s, &built, err));
        WI_TRY(s->backend->prepare(s->device, &built, err));
    }
    *p = built;
    return WI_OK;
}

/* The program for this pass, built at its first use. */
static int program_for(struct wi_session *s, const struct wi_pass *pass,
                       const struct wi_program **program, struct wi_err *err) {
    if (is_single(s))
        return program_of_op(s, pass, program, err);
    WI_TRY(check_pass(s, pass, err));
    const uint32_t *layers = layers_all_zero(pass->layers) ? s->params.layers : pass->layers;
    bool few = (uint64_t)pass->tokens * s->params.batch <= WI_FEW_ROWS;
    for (size_t i = 0; i < s->program_count; i++) {
        struct built *b = &s->programs[i];
        if (b->few == few && memcmp(b->layers, layers, sizeof b->layers) == 0) {
            *program = &b->program;
            return WI_OK;
        }
    }
    if (s->program_count == PROGRAMS_MAX)
        return wi_fail(err, WI_USAGE, "more than %d ways to run one session", PROGRAMS_MAX);
    struct built *b = &s->programs[s->program_count];
    memcpy(b->layers, layers, sizeof b->layers);
    b->few = few;
    WI_TRY(build_program(s, b, err));
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

/* What a backend that computes nothing was told to find. */
static int verify_scripted(struct wi_session *s, const struct wi_pass *pass,
                           struct wi_verify_result *result, struct wi_err *err) {
    *result = (struct wi_verify_result){.ops = &s->note, .count = 1};
    WI_TRY(s->backend->verify(s->device, pass, &s->note, &result->first_wrong, err));
    result->worst_error = s->note.error;
    result->worst_tolerance = s->note.tolerance;
    result->worst_op = s->note.op;
    return WI_OK;
}

int wi_session_verify(struct wi_session *s, const struct wi_pass *pass, uint32_t samples,
                      uint64_t seed, uint64_t budget_ns, struct wi_verify_result *result,
                      struct wi_err *err) {
    const struct wi_program *program = NULL;
    struct wi_program one;
    struct wi_program_segment segment;
    WI_TRY(program_for(s, pass, &program, err));
    if (!s->backend->computes)
        return verify_scripted(s, pass, result, err);
    if (is_single(s))
        program = wi_single_one_matrix(program, seed, &one, &segment);
    const struct wi_verify_params params = {
        .backend = s->backend,
        .device = s->device,
        .program = program,
        .dims = {.tokens = pass->tokens, .depth = pass->depth, .batch = s->params.batch},
        .samples = samples,
        .seed = seed,
        .budget_ns = budget_ns,
        .clock = s->params.clock == NULL ? &wi_clock_system : s->params.clock};
    wi_arena_destroy(s->notes);
    s->notes = wi_arena_create();
    return wi_verify_program(&params, s->notes, result, err);
}

int wi_session_canary(struct wi_session *s, uint64_t budget_ns, struct wi_canary *look,
                      struct wi_err *err) {
    *look = (struct wi_canary){0};
    if (s->backend->canary == NULL)
        return wi_fail(err, WI_UNSUPPORTED, "the %s backend has no canary", s->backend->name);
    return s->backend->canary(s->device, budget_ns, look, err);
}

int wi_session_bytes(const struct wi_session_params *params, uint64_t *bytes, struct wi_err *err) {
    const struct wi_backend *backend = NULL;
    WI_TRY(find_backend(params->backend, &backend, err));
    WI_TRY(check_params(params, err));
    *bytes = 0;
    if (!backend->computes && params->op_count == 0)
        return WI_OK;
    struct wi_arena *arena = wi_arena_create();
    struct wi_resident memory;
    struct wi_single single;
    int status = params->op_count > 0 ? wi_single_lay_out(params, &single, err)
                                      : wi_resident_lay_out(params, arena, &memory, err);
    if (status == WI_OK)
        *bytes = params->op_count > 0 ? wi_single_bytes(&single) : wi_resident_bytes(&memory);
    wi_arena_destroy(arena);
    return status;
}
