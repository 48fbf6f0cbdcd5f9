/* attention.c: grouped-query attention over the cache.
 *
 *   y[t][h] = sum_c softmax_c(cap(scale * q[t][h] . K[c][g(h)])) * V[c][g(h)], over visible cells c
 *
 * Contract: heads is a multiple of kv_heads, a head of q8_0 is whole blocks; y apart from the
 * others; cells of positions that no row sees are not read.
 *
 * One pass over the cells with a running maximum (M. Milakov and N. Gimelshein, "Online normalizer
 * calculation for softmax", 2018; T. Dao et al., "FlashAttention", 2022). An item of work is one
 * head of K and V with all query heads that share it and a few tokens, so that a cell is
 * dequantised once for all of them. Blocks of cells that none of its rows sees are skipped. When
 * there are fewer items than threads, an item's cells are split too, and the parts combined after a
 * barrier. SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/load.h"
#include "kernels/cpu/math.h"
#include "kernels/cpu/scratch.h"
#include "kernels/cpu/unit.h"

enum { CELLS = ATTENTION_CELLS };
_Static_assert((int)ATTENTION_PAD == (int)BLOCK && CELLS % LANES == 0,
               "whole blocks, whole vectors");

struct item {
    size_t sequence, kv_head;
    uint32_t token_begin, token_end;
    size_t rows; /* (token, query head), the heads of a token together */
};
struct work {             /* scratch of one item */
    float *q, *sums;      /* rows x dim */
    float *k, *v;         /* CELLS x dim */
    float *scores;        /* rows x CELLS */
    float *most, *weight; /* rows: maximum so far; sum of e^(score - maximum) */
};

/* Positions [begin, end) that a token of the sequence sees. */
struct seen {
    size_t begin, end;
};
INLINE struct seen seen_by(const struct wi_call *call, const struct wi_pass_dims *dims,
                           uint32_t token) {
    size_t end = (size_t)dims->depth + (call->causal ? token + 1 : dims->tokens);
    size_t window = call->window;
    return (struct seen){window != 0 && end > window ? end - window : 0, end};
}

/* ---- the two products ---- */

/* scores[r][c] = q[r] . k[c] for qs rows by 4 cells. */
INLINE void score_tile(const float *q, const float *k, size_t dim, int qs, float *scores) {
    vf acc[2][4] = {{{0}}};
    for (size_t d = 0; d < dim; d += LANES) {
#pragma GCC unroll 4
        for (int c = 0; c < 4; c++) {
            vf key = vf_load(k + (size_t)c * dim + d);
#pragma GCC unroll 2
            for (int r = 0; r < qs; r++)
                acc[r][c] = vf_fma(vf_load(q + (size_t)r * dim + d), key, acc[r][c]);
        }
    }
#pragma GCC unroll 2
    for (int r = 0; r < qs; r++)
#pragma GCC unroll 4
        for (int c = 0; c < 4; c++)
            scores[r * CELLS + c] = vf_sum(acc[r][c]);
}

/* All rows against `cells` cells; scores beyond them, up to a multiple of 4, are of no meaning. */
INLINE void score_cells(const struct work *w, size_t rows, size_t dim, size_t cells) {
    size_t r = 0;
    for (; r + 2 <= rows; r += 2)
        for (size_t c = 0; c < cells; c += 4)
            score_tile(w->q + r * dim, w->k + c * dim, dim, 2, w->scores + r * CELLS + c);
    for (; r < rows; r++)
        for (size_t c = 0; c < cells; c += 4)
            score_tile(w->q + r * dim, w->k + c * dim, dim, 1, w->scores + r * CELLS + c);
}

/* sums[r][d] += sum_c p[r][c] * v[c][d] for ps rows by 32 elements. */
INLINE void value_tile(const float *p, const float *v, size_t dim, size_t cells, int ps,
                       float *sums) {
    vf acc[2][VECS];
#pragma GCC unroll 2
    for (int r = 0; r < ps; r++)
#pragma GCC unroll 8
        for (int i = 0; i < VECS; i++)
            acc[r][i] = vf_load(sums + (size_t)r * dim + (size_t)i * LANES);
    for (size_t c = 0; c < cells; c++) {
#pragma GCC unroll 8
        for (int i = 0; i < VECS; i++) {
            vf value = vf_load(v + c * dim + (size_t)i * LANES);
#pragma GCC unroll 2
            for (int r = 0; r < ps; r++)
                acc[r][i] = vf_fma(vf_all(p[(size_t)r * CELLS + c]), value, acc[r][i]);
        }
    }
#pragma GCC unroll 2
    for (int r = 0; r < ps; r++)
#pragma GCC unroll 8
        for (int i = 0; i < VECS; i++)
            vf_store(sums + (size_t)r * dim + (size_t)i * LANES, acc[r][i]);
}
INLINE void add_values(const struct work *w, size_t rows, size_t dim, size_t cells) {
    for (size_t d = 0; d < dim; d += BLOCK) {
        size_t r = 0;
        for (; r + 2 <= rows; r += 2)
            value_tile(w->scores + r * CELLS, w->v + d, dim, cells, 2, w->sums + r * dim + d);
        for (; r < rows; r++)
            value_tile(w->scores + r * CELLS, w->v + d, dim, cells, 1, w->sums + r * dim + d);
    }
}

/* ---- the softmax ---- */

/* Scores of one row become weights e^(cap(scale * score) - maximum); cells outside of [begin, end)
 * weigh nothing. What was summed before is scaled to the new maximum. */
INLINE void weigh_row(const struct wi_call *call, const struct work *w, size_t r, size_t dim,
                      size_t begin, size_t end) {
    float lane[LANES], *scores = w->scores + r * CELLS;
    for (int i = 0; i < LANES; i++)
        lane[i] = (float)i;
    vf most = vf_all(-__builtin_inff()), index = vf_load(lane);
    for (size_t c = 0; c < CELLS; c += LANES) {
        vf s = vf_load(scores + c) * call->scale, at = index + (float)c;
        if (call->softcap > 0)
            s = call->softcap * vf_tanh(s / call->softcap);
        vi inside = (vi)(at >= (float)begin) & (vi)(at < (float)end);
        s = vf_select(inside, s, vf_all(-__builtin_inff()));
        vf_store(scores + c, s);
        most = vf_max(s, most);
    }
    float before = w->most[r], now = vf_largest(most);
    now = now > before ? now : before;
    vf sum = vf_all(0);
    for (size_t c = 0; c < CELLS; c += LANES) {
        vf p = vf_exp(vf_load(scores + c) - now);
        vf_store(scores + c, p);
        sum += p;
    }
    if (now > before) {
        vf shrink = vf_exp(vf_all(before - now));
        w->weight[r] *= shrink[0];
        for (size_t d = 0; d < dim; d += LANES)
            vf_store(w->sums + r * dim + d, vf_load(w->sums + r * dim + d) * shrink);
    }
    w->most[r] = now;
    w->weight[r] += vf_sum(sum);
}

/* ---- an item ---- */

INLINE struct item item_at(const struct wi_call *call, const struct wi_pass_dims *dims,
                           const struct wi_attention_cut *cut, size_t i) {
    struct item item = {.kv_head = i % call->kv_heads};
    item.sequence = i / call->kv_heads % dims->batch;
    item.token_begin = (uint32_t)(i / call->kv_heads / dims->batch * cut->block);
    item.token_end = item.token_begin + (uint32_t)cut->block;
    item.token_end = item.token_end < dims->tokens ? item.token_end : dims->tokens;
    item.rows = (item.token_end - item.token_begin) * cut->group;
    return item;
}

/* Where row r of an item lies in q and y. */
INLINE size_t row_offset(const struct wi_call *call, const struct wi_pass_dims *dims,
                         const struct wi_attention_cut *cut, const struct item *item, size_t r) {
    size_t t = item->sequence * dims->tokens + item->token_begin + r / cut->group;
    return (t * call->heads + item->kv_head * cut->group + r % cut->group) * call->head_dim;
}

INLINE struct work begin_item(const struct wi_call *call, const struct wi_task *task,
                              const struct wi_attention_cut *cut, const struct item *item) {
    const float *q = wi_in(call->x);
    size_t dim = cut->dim, rows = cut->rows;
    struct work w = {.q = task->own};
    w.sums = w.q + rows * dim;
    w.k = w.sums + rows * dim;
    w.v = w.k + CELLS * dim;
    w.scores = w.v + CELLS * dim;
    w.most = w.scores + rows * CELLS;
    w.weight = w.most + rows;
    memset(w.q, 0, 2 * rows * dim * sizeof *w.q);
    for (size_t r = 0; r < item->rows; r++) {
        memcpy(w.q + r * dim, q + row_offset(call, task->dims, cut, item, r),
               call->head_dim * sizeof *q);
        w.most[r] = -__builtin_inff();
        w.weight[r] = 0;
    }
    return w;
}

/* Cells of positions [from, from + n) of the item's sequence and head, as f32. */
INLINE void take_cells(const struct wi_call *call, enum wi_format_id format,
                       const struct wi_attention_cut *cut, const struct item *item, size_t from,
                       size_t n, const struct work *w) {
    const uint8_t *keys = wi_in(call->w), *values = wi_in(call->x2);
    size_t bytes = row_bytes(format, (size_t)call->kv_heads * call->head_dim);
    size_t head = row_bytes(format, item->kv_head * call->head_dim);
    for (size_t i = 0; i < n; i++) {
        size_t cell = item->sequence * call->cells + (from + i) % call->cells;
        unpack(format, keys + cell * bytes + head, call->head_dim, w->k + i * cut->dim);
        unpack(format, values + cell * bytes + head, call->head_dim, w->v + i * cut->dim);
    }
}

/* Positions [begin, end), at most CELLS, for all rows of the item. */
INLINE void add_cells(const struct wi_call *call, const struct wi_task *task,
                      enum wi_format_id format, const struct wi_attention_cut *cut,
                      const struct item *item, size_t begin, size_t end, const struct work *w) {
    size_t n = end - begin;
    take_cells(call, format, cut, item, begin, n, w);
    score_cells(w, item->rows, cut->dim, n);
    for (size_t r = 0; r < item->rows; r++) {
        struct seen seen =
            seen_by(call, task->dims, item->token_begin + (uint32_t)(r / cut->group));
        size_t from = seen.begin > begin ? seen.begin - begin : 0;
        size_t to = seen.end < end ? seen.end - begin : n;
        if (seen.end > begin && from < to)
            weigh_row(call, w, r, cut->dim, from, to);
        else
            memset(w->scores + r * CELLS, 0, CELLS * sizeof *w->scores);
    }
    add_values(w, item->rows, cut->dim, n);
}

/* Part `part` of `parts` of the item's cells into w. */
INLINE struct work attend(const struct wi_call *call, const struct wi_task *task,
                          enum wi_format_id format, const struct wi_attention_cut *cut,
                          const struct item *item, size_t part, size_t parts) {
    struct work w = begin_item(call, task, cut, item);
    size_t begin = seen_by(call, task->dims, item->token_begin).begin;
    size_t end = seen_by(call, task->dims, item->token_end - 1).end;
    size_t blocks = (end - begin + CELLS - 1) / CELLS;
    struct wi_share share = wi_share_of(blocks, (unsigned)part, (unsigned)parts);
    for (size_t b = share.begin; b < share.end; b++) {
        size_t from = begin + b * CELLS;
        add_cells(call, task, format, cut, item, from, from + CELLS < end ? from + CELLS : end, &w);
    }
    return w;
}

/* ---- results ---- */

INLINE void write_whole(const struct wi_call *call, const struct wi_task *task,
                        const struct wi_attention_cut *cut, const struct item *item,
                        const struct work *w) {
    float *y = wi_out(call->y);
    for (size_t r = 0; r < item->rows; r++) {
        float *out = y + row_offset(call, task->dims, cut, item, r), inverse = 1 / w->weight[r];
        for (size_t d = 0; d < call->head_dim; d++)
            out[d] = w->sums[r * cut->dim + d] * inverse;
    }
}

/* A part's sums, maxima and weights into shared scratch, for combine(). */
INLINE void leave_part(const struct wi_attention_cut *cut, const struct item *item,
                       const struct work *w, float *to) {
    size_t sums = item->rows * cut->dim;
    memcpy(to, w->sums, sums * sizeof *to);
    memcpy(to + cut->rows * cut->dim, w->most, item->rows * sizeof *to);
    memcpy(to + cut->rows * (cut->dim + 1), w->weight, item->rows * sizeof *to);
}

/* Row r of an item out of its parts: each scaled to the largest maximum. */
INLINE void combine_row(const struct wi_attention_cut *cut, const float *parts, size_t r,
                        size_t head_dim, float *out) {
    size_t stride = wi_attention_part(cut), at_most = cut->rows * cut->dim + r;
    float most = -__builtin_inff(), weight = 0;
    for (size_t p = 0; p < cut->splits; p++)
        most = parts[p * stride + at_most] > most ? parts[p * stride + at_most] : most;
    memset(out, 0, head_dim * sizeof *out);
    for (size_t p = 0; p < cut->splits; p++) {
        const float *part = parts + p * stride;
        vf scale = vf_exp(vf_all(part[at_most] - most));
        weight += scale[0] * part[at_most + cut->rows];
        for (size_t d = 0; d < head_dim; d++)
            out[d] += scale[0] * part[r * cut->dim + d];
    }
    for (size_t d = 0; d < head_dim; d++)
        out[d] /= weight;
}

INLINE void combine(const struct wi_call *call, const struct wi_task *task,
                    const struct wi_attention_cut *cut) {
    float *y = wi_out(call->y);
    struct wi_share rows = wi_share_of(cut->items * cut->rows, task->thread, task->threads);
    for (size_t i = rows.begin; i < rows.end; i++) {
        struct item item = item_at(call, task->dims, cut, i / cut->rows);
        if (i % cut->rows < item.rows)
            combine_row(cut, task->shared + i / cut->rows * cut->splits * wi_attention_part(cut),
                        i % cut->rows, call->head_dim,
                        y + row_offset(call, task->dims, cut, &item, i % cut->rows));
    }
}

INLINE void attention(const struct wi_call *call, const struct wi_task *task,
                      enum wi_format_id format) {
    struct wi_attention_cut cut = wi_attention_cut(call, task->dims, task->threads);
    /* Dealt out in turn: later tokens see more cells. */
    for (size_t u = task->thread; u < cut.items * cut.splits; u += task->threads) {
        struct item item = item_at(call, task->dims, &cut, u / cut.splits);
        struct work w = attend(call, task, format, &cut, &item, u % cut.splits, cut.splits);
        if (cut.splits == 1)
            write_whole(call, task, &cut, &item, &w);
        else
            leave_part(&cut, &item, &w, task->shared + u * wi_attention_part(&cut));
    }
    if (cut.splits > 1) {
        wi_task_barrier(task);
        combine(call, task, &cut);
    }
}

KERNEL(attention, f32)
KERNEL(attention, f16)
KERNEL(attention, bf16)
KERNEL(attention, q8_0)
