/* footprint.c: how many bytes a model needs, item by item.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Activations are f32 and all alive at once, as the reference transformer keeps them
 * (kernels/transformer.c): residual stream, normed copy, queries, keys, values, attended values,
 * the MLP's hidden vectors and a projection, each for every token of a pass, and one row of logits
 * a sequence. Attention scores are computed block by block and are not in the list. */
#include "models/footprint.h"

#include "models/catalogue.h"

#include <inttypes.h>

enum group { EMBEDDING, ATTENTION, MLP, NORMS, HEAD, GROUPS };
static const char *const group_names[GROUPS] = {"weights/embedding", "weights/attention",
                                                "weights/mlp", "weights/norms_and_biases",
                                                "weights/lm_head"};

static enum group group_of(enum wi_role role) {
    switch (role) {
    case WI_ROLE_embedding:
    case WI_ROLE_position:
    case WI_ROLE_token_type:
        return EMBEDDING;
    case WI_ROLE_attn_q:
    case WI_ROLE_attn_k:
    case WI_ROLE_attn_v:
    case WI_ROLE_attn_out:
        return ATTENTION;
    case WI_ROLE_mlp_gate:
    case WI_ROLE_mlp_up:
    case WI_ROLE_mlp_down:
        return MLP;
    case WI_ROLE_lm_head:
        return HEAD;
    default:
        return NORMS;
    }
}

/* A GGUF's header: tensor infos, hyper-parameters, and per vocabulary entry a length (8 bytes),
 * about 7 characters, a score and a type (4 bytes each). An estimate: a tokenizer is not ours to
 * know. */
static uint64_t metadata_bytes(const struct wi_model *m, size_t tensors) {
    return 4096 + 80 * (uint64_t)tensors + 23 * (uint64_t)m->vocab;
}

static int sum_weights(const struct wi_footprint_request *r, struct wi_arena *arena,
                       uint64_t bytes[GROUPS], struct wi_footprint *f, struct wi_err *err) {
    struct wi_tensor *tensors = NULL;
    size_t n = 0;
    WI_TRY(wi_model_tensors(r->model, arena, &tensors, &n, err));
    for (size_t i = 0; i < n; i++) {
        const struct wi_tensor *t = &tensors[i];
        const struct wi_format *format =
            wi_format_get(wi_precision_reference_format(t, r->precision));
        if (t->k % format->block_weights != 0)
            return wi_fail(err, WI_UNSUPPORTED,
                           "%s: the rows of %s have %" PRIu64
                           " weights, which is no multiple of the %u that a block of %s holds",
                           r->model->name, t->name, t->k, format->block_weights, format->name);
        uint64_t size = wi_format_bytes(format, t->rows, t->k);
        bytes[group_of(t->role)] += size;
        f->weights_bytes += size;
        if (size > f->largest_tensor_bytes) {
            f->largest_tensor_bytes = size;
            f->largest_tensor = t->name;
        }
    }
    f->file_bytes = f->weights_bytes + metadata_bytes(r->model, n);
    return WI_OK;
}

static uint64_t kv_bytes(const struct wi_footprint_request *r) {
    const struct wi_model *m = r->model;
    if (m->arch == WI_ARCH_encoder)
        return 0;
    uint64_t cell = 2 * wi_format_bytes(wi_format_get(r->kv_precision), m->n_kv_head, m->head_dim);
    uint64_t local = m->window < r->context ? m->window : r->context;
    return r->batch * cell *
           (wi_model_layer_count(m, WI_LAYER_global) * (uint64_t)r->context +
            wi_model_layer_count(m, WI_LAYER_local) * local);
}

static void add_item(struct wi_footprint *f, const char *name, uint64_t bytes) {
    if (bytes > 0)
        f->items[f->item_count++] = (struct wi_footprint_item){name, bytes};
}

static uint64_t list_activations(const struct wi_footprint_request *r, struct wi_footprint *f) {
    const struct wi_model *m = r->model;
    uint64_t rows = (uint64_t)r->batch_tokens * r->batch;
    uint64_t q = (uint64_t)m->n_head * m->head_dim, kv = (uint64_t)m->n_kv_head * m->head_dim;
    uint64_t hidden = (m->mlp == WI_MLP_gelu ? 1ull : 2ull) * m->d_ff;
    const struct wi_footprint_item parts[] = {
        {"compute/residual", 4 * rows * 3 * m->d_model}, /* stream, normed, projected */
        {"compute/attention", 4 * rows * (2 * q + 2 * kv)},
        {"compute/mlp", 4 * rows * hidden},
        {"compute/logits", m->arch == WI_ARCH_encoder ? 0 : 4ull * m->vocab * r->batch},
    };
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        add_item(f, parts[i].name, parts[i].bytes);
        sum += parts[i].bytes;
    }
    return sum;
}

int wi_footprint_compute(const struct wi_footprint_request *request, struct wi_arena *arena,
                         struct wi_footprint *footprint, struct wi_err *err) {
    struct wi_footprint_request r = *request;
    *footprint = (struct wi_footprint){0};
    if (!r.model->disclosed)
        return wi_fail(err, WI_UNSUPPORTED,
                       "%s: its maker has not disclosed its shape, so nothing can be computed",
                       r.model->name);
    if (r.context == 0 || r.context > r.model->max_context)
        return wi_fail(err, WI_UNSUPPORTED,
                       "%s: a context of %u tokens was asked for, the model's is at most %u",
                       r.model->name, r.context, r.model->max_context);
    if (r.batch == 0)
        r.batch = 1;
    if (r.batch_tokens == 0)
        r.batch_tokens = r.context < 512 ? r.context : 512;
    uint32_t unit = wi_format_get(r.kv_precision)->block_weights;
    if (r.model->arch == WI_ARCH_decoder && r.model->head_dim % unit != 0)
        return wi_fail(err, WI_UNSUPPORTED,
                       "%s: heads of %u dimensions are no whole blocks of a %s KV cache (%u)",
                       r.model->name, r.model->head_dim, wi_format_get(r.kv_precision)->name, unit);
    uint64_t groups[GROUPS] = {0};
    WI_TRY(sum_weights(&r, arena, groups, footprint, err));
    footprint->items = WI_NEW_ARRAY(arena, struct wi_footprint_item, GROUPS + 8);
    for (unsigned g = 0; g < GROUPS; g++)
        add_item(footprint, group_names[g], groups[g]);
    footprint->kv_cache_bytes = kv_bytes(&r);
    add_item(footprint, "kv_cache", footprint->kv_cache_bytes);
    footprint->compute_bytes = list_activations(&r, footprint);
    footprint->overhead_bytes = r.engine == NULL ? 0 : r.engine->overhead_bytes;
    add_item(footprint, "overhead", footprint->overhead_bytes);
    footprint->total_bytes = footprint->weights_bytes + footprint->kv_cache_bytes +
                             footprint->compute_bytes + footprint->overhead_bytes;
    footprint->load_peak_bytes = footprint->total_bytes;
    return WI_OK;
}
