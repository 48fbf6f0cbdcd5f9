/* cost.c: operations and least bytes of one pass, segment by segment.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Flops count matrix products and attention; one multiply-add is 2 (SEMANTICS "What is timed"):
 *   matrices   2 * rows * k per token and matrix
 *   attention  4 * n_head * head_dim * visible per token: scores and their weighted sum
 * Norms, RoPE, activations and softmax are left out as everywhere in this field: under 1 %.
 * Bytes are compulsory: every weight once a pass, the visible keys and values once, new ones
 * written once. A tied head reads the embedding table whole; the look-up reads rows of it. */
#include "models/model.h"

/* Mean number of positions a token of the pass sees, of `depth` cached and `n` new ones. Causal:
 * the mean of min(x, limit) over x in [depth, depth + n], so without a limit depth + n/2. Decode
 * attends to its own token too: depth + 1. */
static double mean_visible(enum wi_phase phase, double depth, double n, double limit) {
    if (phase == WI_PHASE_encode)
        return n;
    if (phase == WI_PHASE_decode)
        return depth + 1 < limit ? depth + 1 : limit;
    double end = depth + n;
    if (end <= limit)
        return depth + n / 2;
    if (depth >= limit)
        return limit;
    double below = (limit * limit - depth * depth) / 2; /* integral up to the limit */
    return (below + (end - limit) * limit) / n;
}

struct pass {
    const struct wi_model *m;
    enum wi_format_id precision, kv;
    enum wi_phase phase;
    double tokens, depth, batch;
};

static double matrix_bytes(const struct pass *p, double rows, uint32_t k) {
    const struct wi_format *f = wi_format_get(p->precision);
    return rows * (double)wi_format_bytes(f, 1, k);
}

static struct wi_cost layer_cost(const struct pass *p, enum wi_layer_kind kind) {
    const struct wi_model *m = p->m;
    double d = m->d_model, q = (double)m->n_head * m->head_dim;
    double kv = (double)m->n_kv_head * m->head_dim, ff = m->d_ff;
    double mlp_in = m->mlp == WI_MLP_gelu ? ff : 2 * ff;
    double limit = kind == WI_LAYER_local ? m->window : 1e18;
    double visible = mean_visible(p->phase, p->depth, p->tokens, limit);
    double all_tokens = p->tokens * p->batch;
    uint32_t q_width = m->n_head * m->head_dim;

    struct wi_cost c = {0};
    c.flops = all_tokens *
              (2 * d * (q + 2 * kv) + 2 * q * d + 2 * d * mlp_in + 2 * ff * d + 4 * q * visible);
    c.weight_bytes = matrix_bytes(p, q + 2 * kv, m->d_model) + matrix_bytes(p, d, q_width) +
                     matrix_bytes(p, mlp_in, m->d_model) + matrix_bytes(p, d, m->d_ff);
    double vectors = (m->norm_weight + m->norm_bias) * m->norms_per_layer * d;
    vectors += m->qk_norm ? 2.0 * m->head_dim : 0;
    vectors += m->qkv_bias ? q + 2 * kv : 0;
    vectors += m->attn_out_bias ? d : 0;
    vectors += m->ffn_bias ? mlp_in + d : 0;
    c.weight_bytes += 4 * vectors;
    if (p->phase != WI_PHASE_encode) {
        double cell = 2 * (double)wi_format_bytes(wi_format_get(p->kv), m->n_kv_head, m->head_dim);
        double cached = p->depth < limit ? p->depth : limit;
        c.kv_read_bytes = p->batch * cell * (p->phase == WI_PHASE_decode ? visible : cached);
        c.kv_write_bytes = all_tokens * cell;
    }
    return c;
}

static struct wi_cost embed_cost(const struct pass *p) {
    const struct wi_model *m = p->m;
    double rows = p->tokens * p->batch;
    struct wi_cost c = {0};
    c.weight_bytes = matrix_bytes(p, rows < m->vocab ? rows : m->vocab, m->d_model);
    if (m->learned_positions > 0)
        c.weight_bytes += 4 * p->tokens * m->d_model;
    return c;
}

static struct wi_cost head_cost(const struct pass *p) {
    const struct wi_model *m = p->m;
    struct wi_cost c = {0};
    if (m->arch == WI_ARCH_encoder) {
        if (m->pooler) { /* of the first position only */
            c.flops = 2.0 * m->d_model * m->d_model * p->batch;
            c.weight_bytes = matrix_bytes(p, m->d_model, m->d_model) + 4.0 * m->d_model;
        }
        return c;
    }
    c.flops = 2.0 * m->vocab * m->d_model * p->batch; /* the last position of each sequence */
    c.weight_bytes = matrix_bytes(p, m->vocab, m->d_model) + (m->lm_head_bias ? 4.0 * m->vocab : 0);
    c.weight_bytes += 4.0 * (m->norm_weight + m->norm_bias) * m->d_model;
    return c;
}

static void accumulate(struct wi_cost *sum, const struct wi_cost *c, double times) {
    sum->flops += times * c->flops;
    sum->weight_bytes += times * c->weight_bytes;
    sum->kv_read_bytes += times * c->kv_read_bytes;
    sum->kv_write_bytes += times * c->kv_write_bytes;
}

int wi_model_pass_cost(const struct wi_model *model, enum wi_format_id precision,
                       enum wi_format_id kv_precision, enum wi_phase phase, uint32_t tokens,
                       uint32_t depth, uint32_t batch, struct wi_pass_cost *cost,
                       struct wi_err *err) {
    if (!model->disclosed)
        return wi_fail(err, WI_UNSUPPORTED, "%s: its maker has not disclosed its shape",
                       model->name);
    if ((model->arch == WI_ARCH_encoder) != (phase == WI_PHASE_encode))
        return wi_fail(err, WI_UNSUPPORTED, "%s is %s: %s does not apply to it", model->name,
                       model->arch == WI_ARCH_encoder ? "an encoder" : "a decoder",
                       wi_phase_name(phase));
    struct pass p = {.m = model,
                     .precision = precision,
                     .kv = kv_precision,
                     .phase = phase,
                     .tokens = phase == WI_PHASE_decode ? 1 : tokens,
                     .depth = phase == WI_PHASE_encode ? 0 : depth,
                     .batch = batch == 0 ? 1 : batch};
    *cost = (struct wi_pass_cost){.embed = embed_cost(&p), .head = head_cost(&p)};
    accumulate(&cost->total, &cost->embed, 1);
    accumulate(&cost->total, &cost->head, 1);
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++) {
        cost->layer[kind] = layer_cost(&p, (enum wi_layer_kind)kind);
        cost->layer_count[kind] = wi_model_layer_count(model, (enum wi_layer_kind)kind);
        accumulate(&cost->total, &cost->layer[kind], cost->layer_count[kind]);
    }
    return WI_OK;
}
