/* transformer.h: a pass through a model as a list of op calls, whatever the backend.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_TRANSFORMER_H
#define WI_TRANSFORMER_H

#include "kernels/op.h"
#include "kernels/session.h"

struct wi_resident; /* kernels/resident.h */

/* Calls [first, first + count) of a program between two clock reads. */
struct wi_program_segment {
    enum wi_segment_id id; /* embed, global, local, head */
    uint32_t first, count;
    struct wi_view output; /* activations after it, `width` elements a row; checked finite */
    uint32_t width;
};
struct wi_program {
    struct wi_call *calls;
    size_t call_count;
    struct wi_program_segment *segments; /* embed, each layer run, head */
    size_t segment_count;
    uint32_t max_rows; /* rows (tokens * batch) it may be run with */
};

/* Matrix products of at most this many rows are gemv's, of more gemm's: up to here a weight is used
 * too rarely for anything but its reading to matter. */
enum { WI_FEW_ROWS = 8 };

/* The layers that stand for the whole model: the first layers[kind] of each kind, in model order.
 * WI_USAGE when the model has fewer. `index` has room for the sum of layers[]. */
int wi_layers_pick(const struct wi_model *model, const uint32_t layers[WI_LAYER_KIND_COUNT],
                   uint32_t *index, size_t *count, struct wi_err *err);

/* A pass through the layers that `memory` was laid out for, the first layers[kind] of each kind,
 * over `rows` rows at most. Kernels are not chosen yet. */
int wi_program_build(const struct wi_model *model, const struct wi_resident *memory,
                     enum wi_format_id precision, enum wi_format_id kv_precision,
                     const uint32_t layers[WI_LAYER_KIND_COUNT], uint32_t rows,
                     struct wi_arena *arena, struct wi_program *program, struct wi_err *err);

/* embed, one per layer, head, without calls: for backends that compute nothing. */
int wi_program_outline(const struct wi_model *model, const uint32_t layers[WI_LAYER_KIND_COUNT],
                       struct wi_arena *arena, struct wi_program *program, struct wi_err *err);

#endif
