/* transformer.h: a pass through a model as a list of op calls, whatever the backend.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_TRANSFORMER_H
#define WI_TRANSFORMER_H

#include "kernels/op.h"
#include "kernels/session.h"

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

/* The layers that stand for the whole model: the first layers[kind] of each kind, in model order.
 * WI_USAGE when the model has fewer. `index` has room for the sum of layers[]. */
int wi_layers_pick(const struct wi_model *model, const uint32_t layers[WI_LAYER_KIND_COUNT],
                   uint32_t *index, size_t *count, struct wi_err *err);

/* embed, one per layer, head, without calls. */
int wi_program_outline(const struct wi_model *model, const uint32_t layers[WI_LAYER_KIND_COUNT],
                       struct wi_arena *arena, struct wi_program *program, struct wi_err *err);

#endif
