/* single.c: operands and programs of single ops; single.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Packed weights are blocks without gaps between rows, so that any run of them is a matrix of any
 * shape: its values are as good as any. */
#include "kernels/single.h"

#include "base/rng.h"

#include <string.h>

/* Weights and x are made in rows of so many elements: whole blocks of every format. */
enum { ROW = 4096 };

static int find_op(const char *name, enum wi_op_id *op, struct wi_err *err) {
    static const enum wi_op_id known[] = {WI_OP_gemv, WI_OP_gemm};
    for (size_t i = 0; name != NULL && i < WI_COUNT(known); i++)
        if (strcmp(name, wi_op_name(known[i])) == 0) {
            *op = known[i];
            return WI_OK;
        }
    return wi_fail(err, WI_USAGE, "no op '%s' can be run by itself", name == NULL ? "" : name);
}

static uint64_t matrix_bytes(const struct wi_op_shape *op, enum wi_format_id precision) {
    return wi_format_bytes(wi_format_get(precision), op->n, op->k);
}

/* ---- bytes ---- */

static int check(const struct wi_op_shape *op, enum wi_format_id precision, struct wi_err *err) {
    const struct wi_format *f = wi_format_get(precision);
    enum wi_op_id id;
    WI_TRY(find_op(op->op, &id, err));
    if (op->m == 0 || op->n == 0 || op->k == 0 || op->matrices == 0)
        return wi_fail(err, WI_USAGE, "%s: a shape of nothing", op->op);
    if (op->k % f->block_weights != 0)
        return wi_fail(err, WI_UNSUPPORTED,
                       "rows of %u weights are no multiple of the %u in a block of %s", op->k,
                       f->block_weights, f->name);
    return WI_OK;
}

static uint64_t larger(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* Up to whole rows, as they are made. */
static uint64_t whole_rows(uint64_t bytes, enum wi_format_id format) {
    uint64_t row = wi_format_bytes(wi_format_get(format), 1, ROW);
    return (bytes + row - 1) / row * row;
}

int wi_single_lay_out(const struct wi_session_params *p, struct wi_single *single,
                      struct wi_err *err) {
    *single = (struct wi_single){0};
    for (size_t i = 0; i < p->op_count; i++) {
        const struct wi_op_shape *op = &p->ops[i];
        WI_TRY(check(op, p->precision, err));
        single->weight_bytes =
            larger(single->weight_bytes, op->matrices * matrix_bytes(op, p->precision));
        single->x_bytes = larger(single->x_bytes, sizeof(float) * op->m * (uint64_t)op->k);
        single->y_bytes = larger(single->y_bytes, sizeof(float) * op->m * (uint64_t)op->n);
    }
    single->weight_bytes = whole_rows(single->weight_bytes, p->precision);
    single->x_bytes = whole_rows(single->x_bytes, WI_FORMAT_f32);
    return WI_OK;
}

uint64_t wi_single_bytes(const struct wi_single *single) {
    return single->weight_bytes + single->x_bytes + single->y_bytes;
}

/* ---- operands ---- */

/* fan_in 1: a deviation of 1, as that of normed activations. */
static int fill(const struct wi_backend *backend, struct wi_device *device,
                struct wi_buffer *buffer, enum wi_format_id format, uint32_t fan_in, uint64_t seed,
                uint64_t tensor, struct wi_err *err) {
    const struct wi_generate g = {.format = format,
                                  .at = {.buffer = buffer},
                                  .rows = buffer->bytes /
                                          wi_format_bytes(wi_format_get(format), 1, ROW),
                                  .k = ROW,
                                  .fan_in = fan_in,
                                  .seed = seed,
                                  .tensor = tensor};
    return backend->generate(device, &g, err);
}

int wi_single_create(struct wi_single *s, const struct wi_session_params *p,
                     const struct wi_backend *backend, struct wi_device *device,
                     struct wi_err *err) {
    WI_TRY(backend->buffer_create(device, s->weight_bytes, &s->weights, err));
    WI_TRY(backend->buffer_create(device, s->x_bytes, &s->x, err));
    WI_TRY(backend->buffer_create(device, s->y_bytes, &s->y, err));
    WI_TRY(fill(backend, device, s->weights, p->precision, ROW, p->seed, 0, err));
    return fill(backend, device, s->x, WI_FORMAT_f32, 1, p->seed, 1, err);
}

void wi_single_destroy(struct wi_single *s, const struct wi_backend *backend,
                       struct wi_device *device) {
    struct wi_buffer *const buffers[] = {s->weights, s->x, s->y};
    for (size_t i = 0; i < WI_COUNT(buffers); i++)
        if (buffers[i] != NULL)
            backend->buffer_destroy(device, buffers[i]);
    *s = (struct wi_single){0};
}

/* ---- programs ---- */

static void add_calls(const struct wi_single *s, const struct wi_op_shape *op,
                      enum wi_format_id precision, struct wi_arena *arena,
                      struct wi_program *program) {
    char label[64];
    struct wi_call call = {.format = precision,
                           .n = op->n,
                           .k = op->k,
                           .heads = 1,
                           .x = {.buffer = s->x},
                           .w = {.buffer = s->weights},
                           .y = {.buffer = s->y}};
    (void)find_op(op->op, &call.op, NULL); /* it was found when bytes were counted */
    call.label = wi_arena_strdup(arena, wi_op_label(op, label, sizeof label));
    program->calls = WI_NEW_ARRAY(arena, struct wi_call, op->matrices);
    program->call_count = op->matrices;
    for (uint32_t i = 0; i < op->matrices; i++) {
        call.w.offset_bytes = i * matrix_bytes(op, precision);
        program->calls[i] = call;
    }
}

void wi_single_program(const struct wi_single *s, const struct wi_op_shape *op,
                       enum wi_format_id precision, bool computes, struct wi_arena *arena,
                       struct wi_program *program) {
    *program = (struct wi_program){.segments = WI_NEW(arena, struct wi_program_segment),
                                   .segment_count = 1,
                                   .max_rows = op->m};
    if (computes)
        add_calls(s, op, precision, arena, program);
    program->segments[0] = (struct wi_program_segment){.id = WI_SEGMENT_all,
                                                       .count = (uint32_t)program->call_count,
                                                       .output = {.buffer = s->y},
                                                       .width = op->n};
}

const struct wi_program *wi_single_one_matrix(const struct wi_program *program, uint64_t seed,
                                              struct wi_program *one,
                                              struct wi_program_segment *segment) {
    uint64_t state = seed;
    *segment = program->segments[0];
    segment->count = 1;
    *one = *program;
    one->calls = &program->calls[wi_splitmix64(&state) % program->call_count];
    one->call_count = 1;
    one->segments = segment;
    return one;
}
