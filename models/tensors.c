/* tensors.c: every tensor of a model, from its hyper-parameters.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names and shapes are GGUF's (llama.cpp gguf-py/gguf/constants.py, MODEL_TENSOR names); the order
 * is that of a file: embeddings, layers, output. The exact parameter count is the sum over this
 * list, and a test holds it against the published counts. */
#include "models/model.h"

#include <stdarg.h>

struct list {
    struct wi_arena *arena;
    struct wi_tensor *items;
    size_t count, capacity;
};

static void add(struct list *list, enum wi_role role, int layer, uint64_t rows, uint64_t k,
                const char *name) {
    struct wi_tensor *t = WI_PUSH(list->arena, list, struct wi_tensor);
    *t = (struct wi_tensor){.role = role, .layer = layer, .rows = rows, .k = k};
    t->name = layer < 0 ? wi_arena_strdup(list->arena, name)
                        : wi_arena_printf(list->arena, "blk.%d.%s", layer, name);
}

/* A matrix and, if the model has one, the bias of its rows. */
static void add_linear(struct list *list, enum wi_role role, int layer, uint64_t rows, uint64_t k,
                       bool bias, const char *stem) {
    add(list, role, layer, rows, k, wi_arena_printf(list->arena, "%s.weight", stem));
    if (bias)
        add(list, WI_ROLE_bias, layer, 1, rows, wi_arena_printf(list->arena, "%s.bias", stem));
}

static void add_norm(struct list *list, const struct wi_model *m, int layer, uint64_t k,
                     const char *stem) {
    if (m->norm_weight)
        add(list, WI_ROLE_norm, layer, 1, k, wi_arena_printf(list->arena, "%s.weight", stem));
    if (m->norm_bias)
        add(list, WI_ROLE_bias, layer, 1, k, wi_arena_printf(list->arena, "%s.bias", stem));
}

static void add_layer(struct list *list, const struct wi_model *m, int i) {
    uint64_t d = m->d_model, q = (uint64_t)m->n_head * m->head_dim;
    uint64_t kv = (uint64_t)m->n_kv_head * m->head_dim;
    bool decoder = m->arch == WI_ARCH_decoder;
    if (decoder)
        add_norm(list, m, i, d, "attn_norm");
    add_linear(list, WI_ROLE_attn_q, i, q, d, m->qkv_bias, "attn_q");
    add_linear(list, WI_ROLE_attn_k, i, kv, d, m->qkv_bias, "attn_k");
    add_linear(list, WI_ROLE_attn_v, i, kv, d, m->qkv_bias, "attn_v");
    if (m->qk_norm) {
        add(list, WI_ROLE_norm, i, 1, m->head_dim, "attn_q_norm.weight");
        add(list, WI_ROLE_norm, i, 1, m->head_dim, "attn_k_norm.weight");
    }
    add_linear(list, WI_ROLE_attn_out, i, d, q, m->attn_out_bias, "attn_output");
    if (decoder && m->norms_per_layer == 4)
        add_norm(list, m, i, d, "post_attention_norm");
    if (!decoder)
        add_norm(list, m, i, d, "attn_output_norm");
    else if (m->norms_per_layer >= 2)
        add_norm(list, m, i, d, "ffn_norm");
    if (m->mlp != WI_MLP_gelu)
        add_linear(list, WI_ROLE_mlp_gate, i, m->d_ff, d, m->ffn_bias, "ffn_gate");
    add_linear(list, WI_ROLE_mlp_up, i, m->d_ff, d, m->ffn_bias, "ffn_up");
    add_linear(list, WI_ROLE_mlp_down, i, d, m->d_ff, m->ffn_bias, "ffn_down");
    if (decoder && m->norms_per_layer == 4)
        add_norm(list, m, i, d, "post_ffw_norm");
    if (!decoder)
        add_norm(list, m, i, d, "layer_output_norm");
}

int wi_model_tensors(const struct wi_model *m, struct wi_arena *arena, struct wi_tensor **tensors,
                     size_t *count, struct wi_err *err) {
    if (!m->disclosed)
        return wi_fail(err, WI_UNSUPPORTED,
                       "%s: its maker has not disclosed its shape, so nothing can be computed",
                       m->name);
    struct list list = {.arena = arena};
    add(&list, WI_ROLE_embedding, -1, m->vocab, m->d_model, "token_embd.weight");
    if (m->learned_positions > 0)
        add(&list, WI_ROLE_position, -1, m->learned_positions, m->d_model, "position_embd.weight");
    if (m->token_types > 0)
        add(&list, WI_ROLE_token_type, -1, m->token_types, m->d_model, "token_types.weight");
    if (m->embedding_norm)
        add_norm(&list, m, -1, m->d_model, "token_embd_norm");
    for (uint32_t i = 0; i < m->n_layer; i++)
        add_layer(&list, m, (int)i);
    if (m->arch == WI_ARCH_decoder) {
        add_norm(&list, m, -1, m->d_model, "output_norm");
        if (!m->tie_embeddings)
            add(&list, WI_ROLE_lm_head, -1, m->vocab, m->d_model, "output.weight");
        if (m->lm_head_bias)
            add(&list, WI_ROLE_bias, -1, 1, m->vocab, "output.bias");
    } else if (m->pooler) {
        add_linear(&list, WI_ROLE_attn_out, -1, m->d_model, m->d_model, true, "pooler");
    }
    *tensors = list.items;
    *count = list.count;
    return WI_OK;
}
