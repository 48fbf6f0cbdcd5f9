/* reference.c: each op's equation in double precision.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What errors are relative to (`scale`), by op:
 *   gemv, gemm      sum_k |w_k x_k|, over the rounded x where the arithmetic is int8
 *   embed, add      the sum of the terms' magnitudes
 *   rmsnorm         |y|; layernorm: |w| (|x| + |mean|) / sd + |b|, since x - mean cancels
 *   rope            |x cos| + |x' sin|
 *   kv_store        |x|, and what the smallest step of halves amounts to; q8_0: |x| of the block
 *   attention       sum_c p_c |v_c| * (1 + max_c scale * sum |q k|): what scores are off by shows
 *                   as a relative error of the weights
 *   glu             |x u|; gelu, softcap: |x|
 *   argmax          1: right or wrong */
#include "kernels/reference.h"

#include "kernels/kernel.h"
#include "kernels/pack.h"
#include "kernels/quantise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Below this a difference is no error: far under anything that activations hold. */
static const double scale_least = 1e-30;

enum { NO_KEY = -1 };

struct wi_reference {
    struct wi_call call; /* a copy; buffers are borrowed */
    struct wi_pass_dims dims;
    const struct wi_reader *reader;
    uint32_t visible_most;
    double *x, *w;           /* a row of the input; a row of weights or of a cache */
    double *rounded;         /* int8: the row in x as the kernel rounds it; else NULL */
    double *p;               /* attention: weights of the cells of one (row, head) */
    double score_most;       /* of them: max scale * sum |q k| */
    double mean, inverse;    /* of norms: of the row in x */
    int64_t x_key, head_key; /* what x and p hold */
};

/* ---- reading ---- */

static int read_at(const struct wi_reader *reader, struct wi_view view, uint64_t at, uint64_t bytes,
                   const void **data, struct wi_err *err) {
    *data = reader->read(reader->state, view, at, bytes, err);
    if (*data == NULL)
        return wi_fail(err, err != NULL && err->status != WI_OK ? err->status : WI_INTERNAL, "%s",
                       err != NULL && err->message[0] != '\0' ? err->message : "operand not read");
    return WI_OK;
}

static const void *read_host(void *state, struct wi_view view, uint64_t at, uint64_t bytes,
                             struct wi_err *err) {
    (void)state;
    if (view.buffer == NULL || view.buffer->host == NULL ||
        view.offset_bytes + at + bytes > view.buffer->bytes) {
        wi_fail(err, WI_INTERNAL, "an operand lies outside its buffer");
        return NULL;
    }
    return (const char *)view.buffer->host + view.offset_bytes + at;
}
const struct wi_reader wi_reader_host = {.read = read_host};

/* Row `row` of a matrix of `format`, k elements. */
static int read_row(const struct wi_reader *reader, struct wi_view view, enum wi_format_id format,
                    uint64_t row, uint32_t k, double *out, struct wi_err *err) {
    const void *data = NULL;
    uint64_t bytes = wi_format_bytes(wi_format_get(format), 1, k);
    WI_TRY(read_at(reader, view, row * bytes, bytes, &data, err));
    wi_unpack(format, data, 0, k, out);
    return WI_OK;
}

static int read_f32(const struct wi_reader *reader, struct wi_view view, uint64_t i, double *value,
                    struct wi_err *err) {
    const void *data = NULL;
    float x;
    WI_TRY(read_at(reader, view, 4 * i, 4, &data, err));
    memcpy(&x, data, sizeof x);
    *value = x;
    return WI_OK;
}

/* Like read_f32, `otherwise` when the operand is not given. */
static int read_optional(const struct wi_reference *r, struct wi_view view, uint64_t i,
                         double otherwise, double *value, struct wi_err *err) {
    *value = otherwise;
    return view.buffer == NULL ? WI_OK : read_f32(r->reader, view, i, value, err);
}

/* ---- rows of a pass ---- */

static uint32_t source_row(const struct wi_reference *r, uint32_t t) {
    return r->call.rows == WI_ROWS_gather_last ? t * r->dims.tokens + r->dims.tokens - 1 : t;
}
static uint32_t sequence_of(const struct wi_reference *r, uint32_t t) {
    return t / r->dims.tokens;
}
static uint32_t position_of(const struct wi_reference *r, uint32_t t) {
    return r->dims.depth + t % r->dims.tokens;
}

static uint32_t input_length(const struct wi_call *call) {
    return call->op == WI_OP_gemv || call->op == WI_OP_gemm ? call->k
           : call->op == WI_OP_argmax                       ? call->n
                                                            : wi_call_row_length(call);
}

static bool rounds_input(const struct wi_call *call) {
    return (call->op == WI_OP_gemv || call->op == WI_OP_gemm) && call->kernel != NULL &&
           call->kernel->arithmetic == WI_ARITHMETIC_int8;
}

/* r->rounded from r->x. */
static void round_row(struct wi_reference *r) {
    enum { BLOCK = WI_QUANTISE_BLOCK };
    for (uint32_t at = 0; at < r->call.k; at += BLOCK) {
        float x[BLOCK], d;
        int8_t q[BLOCK];
        for (uint32_t i = 0; i < BLOCK; i++)
            x[i] = (float)r->x[at + i]; /* exact: they were f32 */
        wi_quantise(x, BLOCK, q, &d);
        for (uint32_t i = 0; i < BLOCK; i++)
            r->rounded[at + i] = (double)d * q[i];
    }
}

/* Input row t into r->x, kept until another is asked for. */
static int take_row(struct wi_reference *r, uint32_t t, struct wi_err *err) {
    if (r->x_key == t)
        return WI_OK;
    r->x_key = NO_KEY;
    WI_TRY(read_row(r->reader, r->call.x, WI_FORMAT_f32, source_row(r, t), input_length(&r->call),
                    r->x, err));
    if (r->rounded != NULL)
        round_row(r);
    r->x_key = t;
    r->head_key = NO_KEY;
    return WI_OK;
}

/* ---- the ops ---- */

static int embed_at(struct wi_reference *r, uint32_t t, uint32_t i, struct wi_expected *e,
                    struct wi_err *err) {
    const struct wi_call *c = &r->call;
    const void *data = NULL;
    uint32_t id;
    double position, type;
    if (r->x_key != t) {
        WI_TRY(read_at(r->reader, c->x, 4ull * t, 4, &data, err));
        memcpy(&id, data, sizeof id);
        WI_TRY(read_row(r->reader, c->w, c->format, id, c->n, r->x, err));
        r->x_key = t;
    }
    WI_TRY(read_optional(r, c->x2, (uint64_t)position_of(r, t) * c->n + i, 0, &position, err));
    WI_TRY(read_optional(r, c->bias, i, 0, &type, err));
    double row = (double)c->scale * r->x[i];
    e->value = row + position + type;
    e->scale = fabs(row) + fabs(position) + fabs(type);
    return WI_OK;
}

static int norm_at(struct wi_reference *r, uint32_t t, uint32_t i, struct wi_expected *e,
                   struct wi_err *err) {
    const struct wi_call *c = &r->call;
    uint32_t head = i / c->n;
    double w, b, mean_square = 0;
    bool layer = c->op == WI_OP_layernorm;
    WI_TRY(take_row(r, t, err));
    const double *x = r->x + (size_t)head * c->n;
    if (r->head_key != head) {
        r->mean = 0;
        for (uint32_t j = 0; j < c->n && layer; j++)
            r->mean += x[j] / c->n;
        for (uint32_t j = 0; j < c->n; j++)
            mean_square += (x[j] - r->mean) * (x[j] - r->mean) / c->n;
        r->inverse = 1 / sqrt(mean_square + (double)c->eps);
        r->head_key = head;
    }
    WI_TRY(read_optional(r, c->w, i % c->n, 1, &w, err));
    WI_TRY(read_optional(r, c->bias, i % c->n, 0, &b, err));
    double xi = x[i % c->n];
    e->value = (xi - r->mean) * r->inverse * w + b;
    e->scale = (fabs(xi) + fabs(r->mean)) * r->inverse * fabs(w) + fabs(b);
    return WI_OK;
}

static int matrix_at(struct wi_reference *r, uint32_t t, uint32_t i, struct wi_expected *e,
                     struct wi_err *err) {
    const struct wi_call *c = &r->call;
    WI_TRY(take_row(r, t, err));
    WI_TRY(read_row(r->reader, c->w, c->format, i, c->k, r->w, err));
    const double *x = r->rounded != NULL ? r->rounded : r->x;
    double off = 0;
    for (uint32_t k = 0; k < c->k; k++) {
        e->value += r->w[k] * x[k];
        e->scale += fabs(r->w[k] * x[k]);
        off += r->w[k] * (x[k] - r->x[k]);
    }
    e->quantisation = fabs(off) / fmax(e->scale, scale_least);
    return WI_OK;
}

static int rope_at(struct wi_reference *r, uint32_t t, uint32_t i, struct wi_expected *e,
                   struct wi_err *err) {
    const struct wi_call *c = &r->call;
    uint32_t half = c->rotary / 2, j = i % c->head_dim;
    double cosine, sine;
    WI_TRY(take_row(r, t, err));
    if (j >= c->rotary) { /* the rest of a head is not turned */
        e->value = r->x[i];
        e->scale = fabs(r->x[i]);
        return WI_OK;
    }
    uint64_t table = (uint64_t)position_of(r, t) * c->rotary + j % half;
    WI_TRY(read_f32(r->reader, c->x2, table, &cosine, err));
    WI_TRY(read_f32(r->reader, c->x2, table + half, &sine, err));
    /* (a, b) -> (a cos - b sin, a sin + b cos) */
    double other = j < half ? -r->x[i + half] : r->x[i - half];
    e->value = r->x[i] * cosine + other * sine;
    e->scale = fabs(r->x[i] * cosine) + fabs(other * sine);
    return WI_OK;
}

/* What rounding to the nearest stores: a kernel that rounds otherwise is off by a step at most,
 * which is what the tolerance allows. */
static int kv_store_at(struct wi_reference *r, uint32_t t, uint32_t i, struct wi_expected *e,
                       struct wi_err *err) {
    enum { BLOCK_MOST = 256 };
    const struct wi_call *c = &r->call;
    const struct wi_format *f = wi_format_get(c->format);
    uint32_t n = wi_call_row_length(c), first = i % n / f->block_weights * f->block_weights;
    const void *data = NULL;
    float x[BLOCK_MOST];
    unsigned char packed[4 * BLOCK_MOST];
    double rounded[BLOCK_MOST], most = 0;
    WI_TRY(read_at(r->reader, i < n ? c->x : c->x2, 4 * ((uint64_t)t * n + first),
                   4ull * f->block_weights, &data, err));
    memcpy(x, data, sizeof *x * f->block_weights);
    wi_pack_round(c->format, x, f->block_weights, packed);
    wi_unpack(c->format, packed, 0, f->block_weights, rounded);
    for (uint32_t j = 0; j < f->block_weights; j++)
        most = fmax(most, fabs((double)x[j]));
    e->value = rounded[i % n - first];
    /* Halves have steps of 2^-24 below 2^-14. */
    e->scale = c->format == WI_FORMAT_f16 ? most + 0x1p-14 : most;
    return WI_OK;
}

/* Cell of K or V that holds the v-th visible position of row t, `visible` in all. */
static uint64_t cell_row(const struct wi_reference *r, uint32_t t, uint32_t v, uint32_t visible) {
    const struct wi_call *c = &r->call;
    uint32_t last = c->causal ? position_of(r, t) : r->dims.depth + r->dims.tokens - 1;
    uint32_t position = last - (visible - 1) + v;
    return (uint64_t)sequence_of(r, t) * c->cells + position % c->cells;
}

/* Elements [begin, begin + count) of the head that starts at element `first` of a cell's row, into
 * the same places of r->w; all of it in whole blocks. */
static int read_cell(const struct wi_reference *r, struct wi_view view, uint64_t row,
                     uint32_t first, uint32_t begin, uint32_t count, struct wi_err *err) {
    const struct wi_call *c = &r->call;
    const struct wi_format *f = wi_format_get(c->format);
    uint64_t row_bytes = wi_format_bytes(f, 1, (uint64_t)c->kv_heads * c->head_dim);
    uint64_t head_bytes = wi_format_bytes(f, 1, c->head_dim);
    const void *data = NULL;
    WI_TRY(read_at(r->reader, view, row * row_bytes + first / c->head_dim * head_bytes, head_bytes,
                   &data, err));
    wi_unpack(c->format, data, begin, count, r->w + begin);
    return WI_OK;
}

/* p_c = softmax_c(cap(scale * q . k_c)) of one (row, head), into r->p. */
static int attention_weights(struct wi_reference *r, uint32_t t, uint32_t head, uint32_t first,
                             uint32_t visible, struct wi_err *err) {
    const struct wi_call *c = &r->call;
    const double *q = r->x + (size_t)head * c->head_dim;
    double most = -INFINITY, sum = 0;
    r->score_most = 0;
    for (uint32_t v = 0; v < visible; v++) {
        WI_TRY(read_cell(r, c->w, cell_row(r, t, v, visible), first, 0, c->head_dim, err));
        double dot = 0, magnitude = 0;
        for (uint32_t d = 0; d < c->head_dim; d++) {
            dot += q[d] * r->w[d];
            magnitude += fabs(q[d] * r->w[d]);
        }
        dot *= (double)c->scale;
        r->p[v] = c->softcap > 0 ? (double)c->softcap * tanh(dot / (double)c->softcap) : dot;
        r->score_most = fmax(r->score_most, fabs((double)c->scale) * magnitude);
        most = fmax(most, r->p[v]);
    }
    for (uint32_t v = 0; v < visible; v++) {
        r->p[v] = exp(r->p[v] - most);
        sum += r->p[v];
    }
    for (uint32_t v = 0; v < visible; v++)
        r->p[v] /= sum;
    return WI_OK;
}

static int attention_at(struct wi_reference *r, uint32_t t, uint32_t i, struct wi_expected *e,
                        struct wi_err *err) {
    const struct wi_call *c = &r->call;
    uint32_t head = i / c->head_dim, d = i % c->head_dim;
    uint32_t first = head / (c->heads / c->kv_heads) * c->head_dim;
    uint32_t visible = wi_call_visible(c, &r->dims, t % r->dims.tokens);
    uint32_t block = wi_format_get(c->format)->block_weights, begin = d / block * block;
    WI_TRY(take_row(r, t, err));
    if (r->head_key != head) {
        WI_TRY(attention_weights(r, t, head, first, visible, err));
        r->head_key = head;
    }
    for (uint32_t v = 0; v < visible; v++) {
        WI_TRY(read_cell(r, c->x2, cell_row(r, t, v, visible), first, begin, block, err));
        e->value += r->p[v] * r->w[d];
        e->scale += r->p[v] * fabs(r->w[d]);
    }
    e->scale *= 1 + r->score_most;
    return WI_OK;
}

static double gelu(double x) {
    const double pi = 3.14159265358979323846;
    return x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x)));
}

/* The elementwise ops: y[t][i] of x[t][i] and, for two of them, of x2. */
static int element_at(struct wi_reference *r, uint32_t t, uint32_t i, struct wi_expected *e,
                      struct wi_err *err) {
    const struct wi_call *c = &r->call;
    uint64_t at = (uint64_t)source_row(r, t) * c->n + i;
    double x, other = 0;
    WI_TRY(read_f32(r->reader, c->x, at, &x, err));
    if (c->op == WI_OP_glu || c->op == WI_OP_add)
        WI_TRY(read_f32(r->reader, c->x2, c->broadcast ? i : at, &other, err));
    switch (c->op) {
    case WI_OP_glu:
        e->value = (c->act == WI_ACT_gelu ? gelu(x) : x / (1 + exp(-x))) * other;
        e->scale = fabs(x * other);
        break;
    case WI_OP_gelu:
        e->value = gelu(x);
        e->scale = fabs(x);
        break;
    case WI_OP_add:
        e->value = x + other;
        e->scale = fabs(x) + fabs(other);
        break;
    default: /* softcap */
        e->value = (double)c->softcap * tanh(x / (double)c->softcap);
        e->scale = fabs(x);
        break;
    }
    return WI_OK;
}

static int argmax_at(struct wi_reference *r, uint32_t t, struct wi_expected *e,
                     struct wi_err *err) {
    uint32_t most = 0;
    WI_TRY(take_row(r, t, err));
    for (uint32_t i = 1; i < r->call.n; i++)
        most = r->x[i] > r->x[most] ? i : most;
    e->value = most;
    e->scale = 1;
    return WI_OK;
}

/* ---- the interface ---- */

int wi_reference_create(const struct wi_call *call, const struct wi_pass_dims *dims,
                        const struct wi_reader *reader, struct wi_reference **reference,
                        struct wi_err *err) {
    size_t row = input_length(call), visible = 1;
    row = row > call->k ? row : call->k;
    row = row > call->n ? row : call->n;
    if (call->op == WI_OP_attention)
        visible = wi_call_visible(call, dims, dims->tokens - 1);
    struct wi_reference *r = calloc(1, sizeof *r);
    if (r != NULL) {
        *r = (struct wi_reference){.call = *call,
                                   .dims = *dims,
                                   .reader = reader,
                                   .x = calloc(row, sizeof *r->x),
                                   .w = calloc(row, sizeof *r->w),
                                   .p = calloc(visible, sizeof *r->p),
                                   .rounded = rounds_input(call) ? calloc(row, sizeof *r->x) : NULL,
                                   .x_key = NO_KEY,
                                   .head_key = NO_KEY};
    }
    *reference = r;
    if (r == NULL || r->x == NULL || r->w == NULL || r->p == NULL ||
        (rounds_input(call) && r->rounded == NULL)) {
        wi_reference_destroy(r);
        *reference = NULL;
        return wi_fail(err, WI_NOMEM, "no memory for the reference of %s", wi_op_name(call->op));
    }
    return WI_OK;
}

void wi_reference_destroy(struct wi_reference *r) {
    if (r == NULL)
        return;
    free(r->x);
    free(r->w);
    free(r->p);
    free(r->rounded);
    free(r);
}

uint32_t wi_reference_row_length(const struct wi_call *call) {
    return wi_call_row_length(call) * (call->op == WI_OP_kv_store ? 2 : 1);
}

static int value_at(struct wi_reference *r, uint32_t t, uint32_t i, struct wi_expected *e,
                    struct wi_err *err) {
    switch (r->call.op) {
    case WI_OP_embed:
        return embed_at(r, t, i, e, err);
    case WI_OP_rmsnorm:
    case WI_OP_layernorm:
        return norm_at(r, t, i, e, err);
    case WI_OP_gemv:
    case WI_OP_gemm:
        return matrix_at(r, t, i, e, err);
    case WI_OP_rope:
        return rope_at(r, t, i, e, err);
    case WI_OP_kv_store:
        return kv_store_at(r, t, i, e, err);
    case WI_OP_attention:
        return attention_at(r, t, i, e, err);
    case WI_OP_argmax:
        return argmax_at(r, t, e, err);
    default:
        return element_at(r, t, i, e, err);
    }
}

int wi_reference_at(struct wi_reference *r, uint32_t t, uint32_t i, struct wi_expected *expected,
                    struct wi_err *err) {
    *expected = (struct wi_expected){0};
    WI_TRY(value_at(r, t, i, expected, err));
    expected->scale = fmax(expected->scale, scale_least);
    return WI_OK;
}

/* The element of the cache that row t stored as its i-th (K's elements, then V's). */
static int stored_at(const struct wi_call *call, const struct wi_pass_dims *dims,
                     const struct wi_reader *reader, uint32_t t, uint32_t i, double *value,
                     struct wi_err *err) {
    const struct wi_format *f = wi_format_get(call->format);
    uint32_t n = wi_call_row_length(call), element = i % n;
    uint32_t position = dims->depth + t % dims->tokens;
    uint64_t row = (uint64_t)(t / dims->tokens) * call->cells + position % call->cells;
    uint64_t block = wi_format_bytes(f, 1, n) * row + element / f->block_weights * f->block_bytes;
    const void *data = NULL;
    double out[256];
    WI_TRY(read_at(reader, i < n ? call->y : call->y2, block, f->block_bytes, &data, err));
    wi_unpack(call->format, data, 0, f->block_weights, out);
    *value = out[element % f->block_weights];
    return WI_OK;
}

int wi_result_at(const struct wi_call *call, const struct wi_pass_dims *dims,
                 const struct wi_reader *reader, uint32_t t, uint32_t i, double *value,
                 struct wi_err *err) {
    const void *data = NULL;
    uint32_t index;
    if (call->op == WI_OP_kv_store)
        return stored_at(call, dims, reader, t, i, value, err);
    uint64_t at = (uint64_t)t * wi_call_row_length(call) + i;
    if (call->op != WI_OP_argmax)
        return read_f32(reader, call->y, at, value, err);
    WI_TRY(read_at(reader, call->y, 4 * at, 4, &data, err));
    memcpy(&index, data, sizeof index);
    *value = index;
    return WI_OK;
}

double wi_reference_error(const struct wi_expected *expected, double got) {
    double error = fabs(got - expected->value) / expected->scale;
    return isfinite(error) ? error : INFINITY;
}
