/* resident.h: what a session holds: weights, KV cache, activations, and where each of them lies.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A layout is arithmetic (wi_resident_lay_out): it says how many bytes a session needs before
 * anything is allocated. Every matrix has a buffer of its own, so that it may be as large as a
 * device binds; small vectors share one, activations share one, each layer's cache has one for K
 * and one for V.
 *
 * Rows are those of the largest pass: max_tokens * batch. Cells are max_depth + max_tokens, at most
 * the model's context, in every layer: a window then bounds what is read, not what is kept. */
#ifndef WI_RESIDENT_H
#define WI_RESIDENT_H

#include "kernels/backend.h"

struct wi_held { /* a tensor of the model */
    const struct wi_tensor *tensor;
    enum wi_format_id format;
    struct wi_view at;
};
struct wi_resident {      /* not to be copied: views are found by their address */
    struct wi_held *held; /* of the embedding, the layers that are built, the head */
    size_t held_count;
    uint32_t *layers; /* model's index of each built layer */
    size_t layer_count;
    uint32_t rows, cells, batch;
    struct wi_view *k_cache, *v_cache; /* by built layer */
    /* activations, f32 but for ids and token (u32); widths in elements */
    struct wi_view ids, hidden, normed, projected, q, k, v, attended, gate, up, logits, token;
    struct wi_view rope; /* table of op.h; no buffer without RoPE */
    uint64_t weight_bytes, cache_bytes, activation_bytes;

    struct wi_buffer **buffers; /* NULL until created; owned by the device */
    uint64_t *buffer_bytes;
    size_t buffer_count;
    struct wi_view **views; /* every view above, and which buffer it lies in */
    size_t *view_buffer;
    size_t view_count;
};

/* Views get offsets and, once created, buffers. Everything in `arena`. */
int wi_resident_lay_out(const struct wi_session_params *params, struct wi_arena *arena,
                        struct wi_resident *memory, struct wi_err *err);
uint64_t wi_resident_bytes(const struct wi_resident *memory);
/* Creates the buffers and fills them: seeded weights, cache cells, ids, the table of RoPE. */
int wi_resident_create(struct wi_resident *memory, const struct wi_session_params *params,
                       const struct wi_backend *backend, struct wi_device *device,
                       struct wi_err *err);
void wi_resident_destroy(struct wi_resident *memory, const struct wi_backend *backend,
                         struct wi_device *device);
/* "attn_q.weight" of built layer `layer`, or, with layer -1, "output_norm.weight"; a view without
 * buffer when the model has no such tensor. */
struct wi_view wi_resident_tensor(const struct wi_resident *memory, int layer, const char *stem);

#endif
