/* footprint.h: bytes that a model needs, itemised; no device involved.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   weights  = sum over tensors of the format's bytes
 *   kv_cache = sum over layers of 2 * n_kv_head * head_dim * cells * bytes(kv precision);
 *              local layers hold min(context, window) cells
 *   compute  = largest set of activations alive at once in a pass of `batch_tokens` (see
 * footprint.c) overhead = what the engine itself needs besides (an engine's data row) */
#ifndef WI_FOOTPRINT_H
#define WI_FOOTPRINT_H

#include "models/model.h"

struct wi_engine; /* models/catalogue.h */

struct wi_footprint_request {
    const struct wi_model *model;
    const struct wi_engine *engine; /* whose overhead to add; NULL: none */
    enum wi_format_id precision, kv_precision;
    uint32_t context;      /* tokens the cache holds */
    uint32_t batch_tokens; /* tokens in one prefill pass; 0: min(512, context) */
    uint32_t batch;        /* sequences; 0: 1 */
};
struct wi_footprint_item {
    const char *name; /* "weights/attention", "kv_cache", "compute/logits", ... */
    uint64_t bytes;
};
struct wi_footprint {
    uint64_t weights_bytes, kv_cache_bytes, compute_bytes, overhead_bytes;
    uint64_t total_bytes;       /* sum of the four */
    uint64_t load_peak_bytes;   /* while loading; `reference` generates in place: = total */
    uint64_t reclaimable_bytes; /* mapped weights the OS may drop; reference: 0 */
    uint64_t largest_tensor_bytes;
    const char *largest_tensor;
    uint64_t file_bytes; /* the download: weights plus metadata and tokenizer estimate */
    struct wi_footprint_item *items; /* sums to total_bytes; in the caller's arena */
    size_t item_count;
};
/* WI_UNSUPPORTED: not disclosed, context above the model's, rows not a multiple of the block. */
int wi_footprint_compute(const struct wi_footprint_request *request, struct wi_arena *arena,
                         struct wi_footprint *footprint, struct wi_err *err);

#endif
