/* model.c: small questions about a model, its canonical text and hashes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/model_load.h"

#include "base/buf.h"
#include "base/hash.h"

static const char *const layer_kind_names[] = {
#define WI_X(name) #name,
    WI_LAYER_KIND_LIST(WI_X)
#undef WI_X
};
static const char *const role_names[] = {
#define WI_X(name) #name,
    WI_ROLE_LIST(WI_X)
#undef WI_X
};
static const char *const phase_names[] = {
#define WI_X(name) #name,
    WI_PHASE_LIST(WI_X)
#undef WI_X
};
static const char *const arch_names[] = {"decoder", "encoder"};
static const char *const norm_names[] = {"rmsnorm", "layernorm"};
static const char *const mlp_names[] = {"geglu", "swiglu", "gelu"};

const char *wi_arch_name(enum wi_arch arch) {
    return arch_names[arch];
}

const char *wi_norm_name(enum wi_norm norm) {
    return norm_names[norm];
}

const char *wi_mlp_name(enum wi_mlp mlp) {
    return mlp_names[mlp];
}

const char *wi_layer_kind_name(enum wi_layer_kind kind) {
    return layer_kind_names[kind];
}

const char *wi_role_name(enum wi_role role) {
    return role_names[role];
}

const char *wi_phase_name(enum wi_phase phase) {
    return phase_names[phase];
}

/* Gemma 3's pattern: `local_per_global` local layers come first, then a global one, and so on
 * (google-deepmind/gemma gemma/gm/nn/_gemma.py, make_attention_layers_types). */
enum wi_layer_kind wi_model_layer_kind(const struct wi_model *model, uint32_t layer) {
    if (model->every_layer_local)
        return WI_LAYER_local;
    if (model->local_per_global == 0)
        return WI_LAYER_global;
    uint32_t period = model->local_per_global + 1;
    return layer % period == model->local_per_global ? WI_LAYER_global : WI_LAYER_local;
}

uint32_t wi_model_layer_count(const struct wi_model *model, enum wi_layer_kind kind) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < model->n_layer; i++)
        n += wi_model_layer_kind(model, i) == kind;
    return n;
}

/* ---- precisions ---- */

static bool is_matrix(const struct wi_tensor *tensor) {
    return tensor->role != WI_ROLE_norm && tensor->role != WI_ROLE_bias &&
           tensor->role != WI_ROLE_position && tensor->role != WI_ROLE_token_type;
}

enum wi_format_id wi_precision_reference_format(const struct wi_tensor *tensor,
                                                enum wi_format_id precision) {
    return is_matrix(tensor) ? precision : WI_FORMAT_f32;
}

int wi_precision_hash(const struct wi_model *model, enum wi_format_id precision, char hash[65],
                      struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_buf text = {0};
    struct wi_tensor *tensors = NULL;
    size_t n = 0;
    int status = wi_model_tensors(model, arena, &tensors, &n, err);
    if (status == WI_OK) {
        wi_buf_puts(&text, "weighin-precision-v1\n");
        for (size_t i = 0; i < n; i++) {
            enum wi_format_id f = wi_precision_reference_format(&tensors[i], precision);
            wi_buf_printf(&text, "%s %d %s\n", wi_role_name(tensors[i].role), tensors[i].layer,
                          wi_format_get(f)->name);
        }
        wi_sha256_hex(wi_buf_str(&text), text.size, hash);
    }
    wi_buf_fini(&text);
    wi_arena_destroy(arena);
    return status;
}

/* ---- what the loader computes ---- */

/* The hyper-parameters in one fixed order: what is in here makes another model, what is not (names,
 * licence, sources) does not. */
static void canonical_text(const struct wi_model *m, struct wi_buf *out) {
    wi_buf_printf(out, "weighin-model-v1\ndisclosed=%d\narch=%s\n", m->disclosed,
                  arch_names[m->arch]);
    wi_buf_printf(out, "layers=%u d=%u heads=%u kv=%u hd=%u ff=%u vocab=%u context=%u\n",
                  m->n_layer, m->d_model, m->n_head, m->n_kv_head, m->head_dim, m->d_ff, m->vocab,
                  m->max_context);
    wi_buf_printf(out, "mlp=%s norm=%s norms=%u weight=%d bias=%d\n", mlp_names[m->mlp],
                  norm_names[m->norm], m->norms_per_layer, m->norm_weight, m->norm_bias);
    wi_buf_printf(out, "tied=%d parallel=%d rope=%d rotary=%u theta=%.17g positions=%u\n",
                  m->tie_embeddings, m->parallel_block, m->rope, m->rotary_dim, m->rope_theta,
                  m->learned_positions);
    wi_buf_printf(out, "qkv_bias=%d out_bias=%d ffn_bias=%d head_bias=%d qk_norm=%d\n", m->qkv_bias,
                  m->attn_out_bias, m->ffn_bias, m->lm_head_bias, m->qk_norm);
    wi_buf_printf(out, "softcap=%.17g,%.17g window=%u pattern=%u all_local=%d\n", m->attn_softcap,
                  m->final_softcap, m->window, m->local_per_global, m->every_layer_local);
    wi_buf_printf(out, "types=%u embedding_norm=%d pooler=%d\n", m->token_types, m->embedding_norm,
                  m->pooler);
}

int wi_model_complete(struct wi_model *model, struct wi_err *err) {
    struct wi_buf text = {0};
    canonical_text(model, &text);
    wi_sha256_hex(wi_buf_str(&text), text.size, model->hash);
    wi_buf_fini(&text);
    if (!model->disclosed)
        return WI_OK;
    struct wi_arena *arena = wi_arena_create();
    struct wi_tensor *tensors = NULL;
    size_t n = 0;
    int status = wi_model_tensors(model, arena, &tensors, &n, err);
    model->params = 0;
    for (size_t i = 0; status == WI_OK && i < n; i++)
        model->params += tensors[i].rows * tensors[i].k;
    wi_arena_destroy(arena);
    return status;
}

/* One of the checks below as a sentence; true when it holds. */
#define REQUIRE(condition, ...)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return wi_fail(err, WI_USAGE, __VA_ARGS__);                                            \
    } while (0)

int wi_model_check(const struct wi_model *m, struct wi_err *err) {
    if (!m->disclosed)
        return WI_OK;
    REQUIRE(m->n_layer >= 1 && m->n_layer <= 1000, "layers must be 1 to 1000, not %u", m->n_layer);
    REQUIRE(m->d_model >= 1 && m->d_model <= (1u << 20), "d_model must be 1 to 1048576, not %u",
            m->d_model);
    REQUIRE(m->d_ff >= 1 && m->d_ff <= (1u << 20), "d_ff must be 1 to 1048576, not %u", m->d_ff);
    REQUIRE(m->vocab >= 1 && m->vocab <= (1u << 24), "vocab must be 1 to 16777216, not %u",
            m->vocab);
    REQUIRE(m->max_context >= 1 && m->max_context <= (1u << 24),
            "max_context must be 1 to 16777216, not %u", m->max_context);
    REQUIRE(m->n_head >= 1 && m->n_head <= 4096, "heads must be 1 to 4096, not %u", m->n_head);
    REQUIRE(m->n_kv_head >= 1 && m->n_head % m->n_kv_head == 0,
            "kv_heads must divide heads: %u heads, %u kv_heads", m->n_head, m->n_kv_head);
    REQUIRE(m->head_dim >= 1 && m->head_dim <= 4096, "head_dim must be 1 to 4096, not %u",
            m->head_dim);
    REQUIRE(m->norms_per_layer == 1 || m->norms_per_layer == 2 || m->norms_per_layer == 4,
            "norms_per_layer must be 1, 2 or 4, not %u", m->norms_per_layer);
    REQUIRE(!m->rope || (m->rotary_dim % 2 == 0 && m->rotary_dim <= m->head_dim),
            "rotary_dim must be even and at most head_dim, not %u", m->rotary_dim);
    REQUIRE(m->norms_per_layer != 1 || m->parallel_block,
            "norms_per_layer 1 needs parallel_block: true");
    REQUIRE((m->local_per_global == 0 && !m->every_layer_local) || m->window > 0,
            "a pattern of local layers needs a window");
    REQUIRE(m->window == 0 || m->local_per_global > 0 || m->every_layer_local,
            "a window needs local_per_global or every_layer_local");
    REQUIRE(m->arch == WI_ARCH_decoder || m->window == 0, "an encoder has no window");
    return WI_OK;
}
