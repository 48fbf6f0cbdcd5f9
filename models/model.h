/* model.h: what a language model is to weighin: exact hyper-parameters and what follows from them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure arithmetic over shapes; nothing here touches a device. Formulas and their sources stand in
 * model.c; hyper-parameters are data (models/data). All pointers live in the catalogue's arena. */
#ifndef WI_MODEL_H
#define WI_MODEL_H

#include "base/arena.h"
#include "base/status.h"
#include "models/format.h"

#include <stdbool.h>
#include <stdint.h>

enum wi_arch { WI_ARCH_decoder, WI_ARCH_encoder };
enum wi_norm { WI_NORM_rmsnorm, WI_NORM_layernorm };
enum wi_mlp { WI_MLP_geglu, WI_MLP_swiglu, WI_MLP_gelu };
const char *wi_arch_name(enum wi_arch arch); /* as data files spell them */
const char *wi_norm_name(enum wi_norm norm);
const char *wi_mlp_name(enum wi_mlp mlp);

/* Layer kinds differ in what a pass through them costs: a local layer attends to a window only. */
#define WI_LAYER_KIND_LIST(X) X(global) X(local)
enum wi_layer_kind {
#define WI_X(name) WI_LAYER_##name,
    WI_LAYER_KIND_LIST(WI_X)
#undef WI_X
        WI_LAYER_KIND_COUNT
};
const char *wi_layer_kind_name(enum wi_layer_kind kind);

struct wi_model {
    const char *id;   /* "gemma-2b" */
    const char *name; /* "Gemma 2B" */
    const char *vendor, *family, *license, *released, *source;
    const char *const *aliases; /* NULL-terminated */
    bool disclosed;             /* false: the maker never said; nothing below is set */
    enum wi_arch arch;
    uint32_t n_layer, d_model, n_head, n_kv_head, head_dim, d_ff, vocab, max_context;
    enum wi_mlp mlp;
    enum wi_norm norm;
    uint32_t norms_per_layer; /* 1 (parallel block), 2, or 4 (pre and post of both halves) */
    bool norm_weight, norm_bias;
    bool tie_embeddings;
    bool parallel_block; /* attention and MLP read the same normed input */
    bool rope;
    uint32_t rotary_dim; /* of head_dim; 0 without rope */
    double rope_theta;
    uint32_t learned_positions; /* rows of a learned position table; 0: none */
    bool qkv_bias, attn_out_bias, ffn_bias, lm_head_bias, qk_norm;
    double attn_softcap, final_softcap; /* 0: none */
    uint32_t window;                    /* of local layers, tokens; 0: no local layers */
    uint32_t local_per_global; /* pattern: this many local layers, then one global; all local if
                                  every_layer_local */
    bool every_layer_local;
    uint32_t token_types; /* encoder: rows of the token-type table */
    bool embedding_norm, pooler;
    uint64_t params_published; /* 0: nobody published an exact count */
    const char *unrunnable;    /* why the reference transformer cannot run it; NULL: it can */
    /* computed at load from the shapes: */
    uint64_t params;        /* exact */
    const char *size_class; /* "2B", see size_class.h */
    char hash[65];          /* model_hash: SHA-256 over the hyper-parameters in canonical text */
};

enum wi_layer_kind wi_model_layer_kind(const struct wi_model *model, uint32_t layer);
uint32_t wi_model_layer_count(const struct wi_model *model, enum wi_layer_kind kind);

/* ---- tensors ---- */

/* Roles group tensors for precision maps, footprints and the LM head question. */
#define WI_ROLE_LIST(X)                                                                            \
    X(embedding)                                                                                   \
    X(position)                                                                                    \
    X(token_type)                                                                                  \
    X(attn_q)                                                                                      \
    X(attn_k)                                                                                      \
    X(attn_v)                                                                                      \
    X(attn_out)                                                                                    \
    X(mlp_gate)                                                                                    \
    X(mlp_up)                                                                                      \
    X(mlp_down)                                                                                    \
    X(norm)                                                                                        \
    X(bias)                                                                                        \
    X(lm_head)
enum wi_role {
#define WI_X(name) WI_ROLE_##name,
    WI_ROLE_LIST(WI_X)
#undef WI_X
        WI_ROLE_COUNT
};
const char *wi_role_name(enum wi_role role);

struct wi_tensor {
    const char *name; /* GGUF spelling: "blk.3.attn_q.weight", "token_embd.weight" */
    enum wi_role role;
    int layer;        /* -1: not in a layer */
    uint64_t rows, k; /* matrix rows x k, row-major, k contiguous; vectors have rows = 1 */
};
/* Every tensor of the model once, in file order. */
int wi_model_tensors(const struct wi_model *model, struct wi_arena *arena,
                     struct wi_tensor **tensors, size_t *count, struct wi_err *err);

/* Which format each tensor has. `reference` is pure: every matrix in `format`, vectors (norms,
 * biases) and learned positions in f32. */
enum wi_format_id wi_precision_reference_format(const struct wi_tensor *tensor,
                                                enum wi_format_id precision);
/* precision_hash: SHA-256 over (role, layer) -> format. */
int wi_precision_hash(const struct wi_model *model, enum wi_format_id precision, char hash[65],
                      struct wi_err *err);

/* ---- cost of a pass (SEMANTICS "What is timed") ---- */

#define WI_PHASE_LIST(X) X(prefill) X(decode) X(encode)
enum wi_phase {
#define WI_X(name) WI_PHASE_##name,
    WI_PHASE_LIST(WI_X)
#undef WI_X
        WI_PHASE_COUNT
};
const char *wi_phase_name(enum wi_phase phase);

struct wi_cost {         /* of one segment once: embedding, one layer of a kind, or head */
    double flops;        /* one multiply-add is 2 */
    double weight_bytes; /* compulsory reads of weights */
    double kv_read_bytes, kv_write_bytes;
};
struct wi_pass_cost {
    struct wi_cost embed, layer[WI_LAYER_KIND_COUNT], head;
    uint32_t layer_count[WI_LAYER_KIND_COUNT]; /* of the whole model */
    struct wi_cost total;                      /* all layers: of one pass, not of one token */
};
/* A pass of `tokens` (decode: 1; batch rows add to tokens' flops) at cache depth `depth`. */
int wi_model_pass_cost(const struct wi_model *model, enum wi_format_id precision,
                       enum wi_format_id kv_precision, enum wi_phase phase, uint32_t tokens,
                       uint32_t depth, uint32_t batch, struct wi_pass_cost *cost,
                       struct wi_err *err);

#endif
