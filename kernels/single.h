/* single.h: what a session of single ops holds, and the programs that run them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All shapes share their operands: one run of packed weights that is as long as the longest pass
 * needs, out of which every shape takes its matrices, one behind the other; one x; one y. A pass
 * goes through the matrices of its shape, so that each comes out of memory although its cache would
 * hold it. */
#ifndef WI_SINGLE_H
#define WI_SINGLE_H

#include "kernels/backend.h"

struct wi_single {
    uint64_t weight_bytes, x_bytes, y_bytes;
    struct wi_buffer *weights, *x, *y; /* NULL until created; owned by the device */
};

/* Bytes alone. WI_UNSUPPORTED: rows that are no whole blocks of the format; WI_USAGE: no such op.
 */
int wi_single_lay_out(const struct wi_session_params *params, struct wi_single *single,
                      struct wi_err *err);
uint64_t wi_single_bytes(const struct wi_single *single);
/* Creates the buffers and fills weights and x, seeded. */
int wi_single_create(struct wi_single *single, const struct wi_session_params *params,
                     const struct wi_backend *backend, struct wi_device *device,
                     struct wi_err *err);
void wi_single_destroy(struct wi_single *single, const struct wi_backend *backend,
                       struct wi_device *device);

/* One segment: a call for each matrix; without calls for backends that compute nothing. Kernels are
 * not chosen yet. */
void wi_single_program(const struct wi_single *single, const struct wi_op_shape *op,
                       enum wi_format_id precision, bool computes, struct wi_arena *arena,
                       struct wi_program *program);
/* The part of a program that is one of its matrices, by the seed. Returns `one`. */
const struct wi_program *wi_single_one_matrix(const struct wi_program *program, uint64_t seed,
                                              struct wi_program *one,
                                              struct wi_program_segment *segment);

#endif
