/* transformer.c: builds passes out of op calls: the reference transformer.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A decoder's layer, with what not every model has in brackets:
 *   a = norm(h);  q, k, v = Wq a, Wk a, Wv a [+ biases];  [q, k = norm(q), norm(k)]
 *   [q, k turned by RoPE];  K, V <- k, v;  o = Wo attention(q, K, V) [+ bias];  [o = norm(o)];  h
 * += o a = norm(h);  m = Wdown (act(Wgate a) * Wup a) or Wdown gelu(Wup a);  [m = norm(m)];  h += m
 * A parallel block feeds both halves from the h that came in. An encoder norms behind each sum:
 *   h = norm(h + o);  h = norm(h + m)
 * Sources: A. Vaswani et al., "Attention is all you need", 2017; H. Touvron et al., "LLaMA", 2023;
 * Gemma Team, "Gemma", 2024; J. Devlin et al., "BERT", 2019.
 *
 * Factors that cost nothing (Gemma's sqrt(d_model) on embeddings, residual multipliers) are left
 * out: norms undo them. */
#include "kernels/transformer.h"

#include "kernels/resident.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Small enough to change nothing, large enough to keep a row of zeros finite; makers use 1e-5 to
 * 1e-12. */
static const float norm_eps = 1e-6f;

int wi_layers_pick(const struct wi_model *model, const uint32_t layers[WI_LAYER_KIND_COUNT],
                   uint32_t *index, size_t *count, struct wi_err *err) {
    uint32_t left[WI_LAYER_KIND_COUNT];
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++) {
        left[kind] = layers[kind];
        uint32_t has = wi_model_layer_count(model, (enum wi_layer_kind)kind);
        if (layers[kind] > has)
            return wi_fail(err, WI_USAGE, "%s has %u %s layers, %u were asked for", model->id, has,
                           wi_layer_kind_name((enum wi_layer_kind)kind), layers[kind]);
    }
    *count = 0;
    for (uint32_t i = 0; i < model->n_layer; i++) {
        enum wi_layer_kind kind = wi_model_layer_kind(model, i);
        if (left[kind] > 0) {
            left[kind]--;
            index[(*count)++] = i;
        }
    }
    return WI_OK;
}

int wi_program_outline(const struct wi_model *model, const uint32_t layers[WI_LAYER_KIND_COUNT],
                       struct wi_arena *arena, struct wi_program *program, struct wi_err *err) {
    uint32_t *index = WI_NEW_ARRAY(arena, uint32_t, model->n_layer + 1);
    size_t n = 0;
    WI_TRY(wi_layers_pick(model, layers, index, &n, err));
    *program = (struct wi_program){
        .segments = WI_NEW_ARRAY(arena, struct wi_program_segment, n + 2), .segment_count = n + 2};
    program->segments[0].id = WI_SEGMENT_embed;
    for (size_t i = 0; i < n; i++)
        program->segments[i + 1].id = wi_model_layer_kind(model, index[i]) == WI_LAYER_global
                                          ? WI_SEGMENT_global
                                          : WI_SEGMENT_local;
    program->segments[n + 1].id = WI_SEGMENT_head;
    return WI_OK;
}

/* ---- a program ---- */

enum { CALLS_PER_LAYER = 32, CALLS_BESIDES = 8 };

struct builder {
    const struct wi_model *model;
    const struct wi_resident *memory;
    enum wi_format_id precision, kv_precision;
    bool few;          /* rows: gemv instead of gemm */
    enum wi_rows rows; /* of the calls being added */
    struct wi_arena *arena;
    struct wi_program *program;
    int layer; /* being built, as the memory counts; -1: none */
};

static struct wi_call *add(struct builder *b, enum wi_op_id op, const char *what) {
    struct wi_call *c = &b->program->calls[b->program->call_count++];
    *c = (struct wi_call){.op = op, .format = WI_FORMAT_f32, .heads = 1, .rows = b->rows};
    c->label = b->layer < 0
                   ? what
                   : wi_arena_printf(b->arena, "layer %u %s", b->memory->layers[b->layer], what);
    return c;
}

static struct wi_view tensor(const struct builder *b, const char *stem, const char *part) {
    char name[64];
    snprintf(name, sizeof name, "%s.%s", stem, part);
    return wi_resident_tensor(b->memory, b->layer, name);
}

/* y = norm(x), `groups` of n elements a row, each with the same weights. */
static struct wi_call *norm(struct builder *b, const char *stem, struct wi_view x, struct wi_view y,
                            uint32_t n, uint32_t groups) {
    struct wi_call *c =
        add(b, b->model->norm == WI_NORM_rmsnorm ? WI_OP_rmsnorm : WI_OP_layernorm, stem);
    c->n = n;
    c->heads = groups;
    c->eps = norm_eps;
    c->x = x;
    c->y = y;
    c->w = tensor(b, stem, "weight");
    c->bias = tensor(b, stem, "bias");
    return c;
}

static struct wi_call *add_rows(struct builder *b, const char *what, struct wi_view y,
                                struct wi_view x2, uint32_t n) {
    struct wi_call *c = add(b, WI_OP_add, what);
    c->n = n;
    c->x = c->y = y;
    c->x2 = x2;
    return c;
}

/* y = W x (+ bias) */
static void matrix(struct builder *b, const char *what, struct wi_view w, struct wi_view bias,
                   struct wi_view x, struct wi_view y, uint32_t n, uint32_t k) {
    struct wi_call *c = add(b, b->few ? WI_OP_gemv : WI_OP_gemm, what);
    c->format = b->precision;
    c->n = n;
    c->k = k;
    c->x = x;
    c->y = y;
    c->w = w;
    if (bias.buffer != NULL)
        add_rows(b, what, y, bias, n)->broadcast = true;
}

static void linear(struct builder *b, const char *stem, struct wi_view x, struct wi_view y,
                   uint32_t n, uint32_t k) {
    matrix(b, stem, tensor(b, stem, "weight"), tensor(b, stem, "bias"), x, y, n, k);
}

static void rope(struct builder *b, const char *what, struct wi_view x, uint32_t heads) {
    struct wi_call *c = add(b, WI_OP_rope, what);
    c->heads = heads;
    c->head_dim = b->model->head_dim;
    c->rotary = b->model->rotary_dim;
    c->x = c->y = x;
    c->x2 = b->memory->rope;
}

static void attend(struct builder *b, struct wi_view q, struct wi_view k, struct wi_view y) {
    const struct wi_model *m = b->model;
    const struct wi_resident *memory = b->memory;
    struct wi_call *c = add(b, WI_OP_kv_store, "kv_store");
    c->format = b->kv_precision;
    c->kv_heads = m->n_kv_head;
    c->head_dim = m->head_dim;
    c->cells = memory->cells;
    c->x = k;
    c->x2 = memory->v;
    c->y = memory->k_cache[b->layer];
    c->y2 = memory->v_cache[b->layer];
    c = add(b, WI_OP_attention, "attention");
    c->format = b->kv_precision;
    c->heads = m->n_head;
    c->kv_heads = m->n_kv_head;
    c->head_dim = m->head_dim;
    c->cells = memory->cells;
    c->causal = m->arch == WI_ARCH_decoder;
    c->scale = (float)(1 / sqrt(m->head_dim));
    c->softcap = (float)m->attn_softcap;
    if (wi_model_layer_kind(m, memory->layers[b->layer]) == WI_LAYER_local)
        c->window = m->window;
    c->x = q;
    c->w = memory->k_cache[b->layer];
    c->x2 = memory->v_cache[b->layer];
    c->y = y;
}

/* projected = Wo attention(...) of rows x */
static void attention_half(struct builder *b, struct wi_view x) {
    const struct wi_model *m = b->model;
    const struct wi_resident *memory = b->memory;
    uint32_t q_width = m->n_head * m->head_dim, kv_width = m->n_kv_head * m->head_dim;
    struct wi_view q = memory->q, k = memory->k, y = memory->attended;
    linear(b, "attn_q", x, q, q_width, m->d_model);
    linear(b, "attn_k", x, k, kv_width, m->d_model);
    linear(b, "attn_v", x, memory->v, kv_width, m->d_model);
    if (m->qk_norm) { /* norms need room of their own: where the others write later */
        norm(b, "attn_q_norm", q, memory->attended, m->head_dim, m->n_head);
        norm(b, "attn_k_norm", k, memory->up, m->head_dim, m->n_kv_head);
        y = q;
        q = memory->attended;
        k = memory->up;
    }
    if (m->rope) {
        rope(b, "rope q", q, m->n_head);
        rope(b, "rope k", k, m->n_kv_head);
    }
    attend(b, q, k, y);
    linear(b, "attn_output", y, memory->projected, m->d_model, q_width);
}

/* projected = MLP of rows x */
static void mlp_half(struct builder *b, struct wi_view x) {
    const struct wi_model *m = b->model;
    const struct wi_resident *memory = b->memory;
    bool gated = m->mlp != WI_MLP_gelu;
    if (gated)
        linear(b, "ffn_gate", x, memory->gate, m->d_ff, m->d_model);
    linear(b, "ffn_up", x, memory->up, m->d_ff, m->d_model);
    struct wi_call *c = add(b, gated ? WI_OP_glu : WI_OP_gelu, "mlp activation");
    c->n = m->d_ff;
    c->act = m->mlp == WI_MLP_geglu ? WI_ACT_gelu : WI_ACT_silu;
    c->x = gated ? memory->gate : memory->up;
    c->x2 = gated ? memory->up : (struct wi_view){0};
    c->y = c->x;
    linear(b, "ffn_down", c->y, memory->projected, m->d_model, m->d_ff);
}

/* h += projected, normed before if the model norms each half's end too. */
static void into_residual(struct builder *b, const char *post_norm, const char *what) {
    const struct wi_model *m = b->model;
    struct wi_view from = b->memory->projected;
    if (m->norms_per_layer == 4) {
        norm(b, post_norm, from, b->memory->normed, m->d_model, 1); /* was read: free again */
        from = b->memory->normed;
    }
    add_rows(b, what, b->memory->hidden, from, m->d_model);
}

static void decoder_layer(struct builder *b) {
    const struct wi_model *m = b->model;
    const struct wi_resident *memory = b->memory;
    norm(b, "attn_norm", memory->hidden, memory->normed, m->d_model, 1);
    attention_half(b, memory->normed);
    bool second_norm = m->norms_per_layer >= 2;
    if (second_norm && m->parallel_block)
        norm(b, "ffn_norm", memory->hidden, memory->normed, m->d_model, 1);
    into_residual(b, "post_attention_norm", "residual 1");
    if (second_norm && !m->parallel_block)
        norm(b, "ffn_norm", memory->hidden, memory->normed, m->d_model, 1);
    mlp_half(b, memory->normed);
    into_residual(b, "post_ffw_norm", "residual 2");
}

static void encoder_layer(struct builder *b) {
    const struct wi_model *m = b->model;
    const struct wi_resident *memory = b->memory;
    attention_half(b, memory->hidden);
    add_rows(b, "residual 1", memory->hidden, memory->projected, m->d_model);
    norm(b, "attn_output_norm", memory->hidden, memory->normed, m->d_model, 1);
    mlp_half(b, memory->normed);
    add_rows(b, "residual 2", memory->normed, memory->projected, m->d_model);
    norm(b, "layer_output_norm", memory->normed, memory->hidden, m->d_model, 1);
}

static void embedding(struct builder *b) {
    const struct wi_model *m = b->model;
    const struct wi_resident *memory = b->memory;
    struct wi_call *c = add(b, WI_OP_embed, "token_embd");
    c->format = b->precision;
    c->n = c->k = m->d_model;
    c->scale = 1;
    c->x = memory->ids;
    c->w = tensor(b, "token_embd", "weight");
    c->x2 = tensor(b, "position_embd", "weight");
    c->bias = tensor(b, "token_types", "weight");
    c->y = m->embedding_norm ? memory->normed : memory->hidden;
    if (m->embedding_norm)
        norm(b, "token_embd_norm", memory->normed, memory->hidden, m->d_model, 1);
}

/* Of the last position of each sequence: final norm, LM head, argmax. */
static void decoder_head(struct builder *b) {
    const struct wi_model *m = b->model;
    const struct wi_resident *memory = b->memory;
    const char *stem = m->tie_embeddings ? "token_embd" : "output";
    b->rows = WI_ROWS_gather_last;
    norm(b, "output_norm", memory->hidden, memory->normed, m->d_model, 1);
    b->rows = WI_ROWS_sequences;
    b->few = memory->batch <= WI_FEW_ROWS;
    matrix(b, "lm_head", tensor(b, stem, "weight"), tensor(b, "output", "bias"), memory->normed,
           memory->logits, m->vocab, m->d_model);
    if (m->final_softcap > 0) {
        struct wi_call *c = add(b, WI_OP_softcap, "softcap");
        c->n = m->vocab;
        c->softcap = (float)m->final_softcap;
        c->x = c->y = memory->logits;
    }
    struct wi_call *c = add(b, WI_OP_argmax, "argmax");
    c->n = m->vocab;
    c->x = memory->logits;
    c->y = memory->token;
}

/* BERT's pooler, of one row a sequence (the first rows stand for the first positions); its tanh is
 * under a thousandth of its product. */
static void encoder_head(struct builder *b) {
    const struct wi_model *m = b->model;
    if (!m->pooler)
        return;
    b->rows = WI_ROWS_sequences;
    b->few = b->memory->batch <= WI_FEW_ROWS;
    linear(b, "pooler", b->memory->hidden, b->memory->projected, m->d_model, m->d_model);
}

static void segment(struct builder *b, enum wi_segment_id id, void (*build)(struct builder *b),
                    struct wi_view output, uint32_t width) {
    struct wi_program *p = b->program;
    struct wi_program_segment *s = &p->segments[p->segment_count++];
    s->id = id;
    s->first = (uint32_t)p->call_count;
    build(b);
    s->count = (uint32_t)p->call_count - s->first;
    s->output = output;
    s->width = width;
}

/* Which of the memory's layers a pass through layers[] runs: the first of each kind. */
static size_t pick_built(const struct wi_model *m, const struct wi_resident *memory,
                         const uint32_t layers[WI_LAYER_KIND_COUNT], int *picked) {
    uint32_t left[WI_LAYER_KIND_COUNT];
    size_t n = 0;
    memcpy(left, layers, sizeof left);
    for (size_t i = 0; i < memory->layer_count; i++) {
        enum wi_layer_kind kind = wi_model_layer_kind(m, memory->layers[i]);
        if (left[kind] > 0) {
            left[kind]--;
            picked[n++] = (int)i;
        }
    }
    return n;
}

int wi_program_build(const struct wi_model *model, const struct wi_resident *memory,
                     enum wi_format_id precision, enum wi_format_id kv_precision,
                     const uint32_t layers[WI_LAYER_KIND_COUNT], uint32_t rows,
                     struct wi_arena *arena, struct wi_program *program, struct wi_err *err) {
    struct builder b = {.model = model,
                        .memory = memory,
                        .precision = precision,
                        .kv_precision = kv_precision,
                        .few = rows <= WI_FEW_ROWS,
                        .arena = arena,
                        .program = program,
                        .layer = -1};
    int *picked = WI_NEW_ARRAY(arena, int, memory->layer_count + 1);
    size_t n = pick_built(model, memory, layers, picked);
    if (rows == 0 || rows > memory->rows)
        return wi_fail(err, WI_USAGE, "a pass of %u rows: there is room for 1 to %u", rows,
                       memory->rows);
    *program = (struct wi_program){
        .calls = WI_NEW_ARRAY(arena, struct wi_call, CALLS_BESIDES + CALLS_PER_LAYER * n),
        .segments = WI_NEW_ARRAY(arena, struct wi_program_segment, n + 2),
        .max_rows = rows};
    bool decoder = model->arch == WI_ARCH_decoder;
    segment(&b, WI_SEGMENT_embed, embedding, memory->hidden, model->d_model);
    for (size_t i = 0; i < n; i++) {
        b.layer = picked[i];
        enum wi_layer_kind kind = wi_model_layer_kind(model, memory->layers[b.layer]);
        segment(&b, kind == WI_LAYER_global ? WI_SEGMENT_global : WI_SEGMENT_local,
                decoder ? decoder_layer : encoder_layer, memory->hidden, model->d_model);
    }
    b.layer = -1;
    segment(&b, WI_SEGMENT_head, decoder ? decoder_head : encoder_head,
            decoder ? memory->logits : memory->hidden, decoder ? model->vocab : model->d_model);
    return WI_OK;
}
