/* gemv.c: a matrix times few vectors: decode.
 *
 *   y[t][n] = sum_k W[n][k] * x[t][k];  W: n x k, row-major, packed; x: rows x k; rows >= 1
 *
 * Contract: operands as aligned as their elements; y apart from the others; nothing is read past
 * the end. Time goes into reading W, once: threads split its rows, and a thread reads a few rows at
 * a time, so that a vector of x serves all of them and there are enough streams and accumulators in
 * flight. Up to XS rows of x share one read of W; more take turns on rows that are cached by then.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/load.h"
#include "kernels/cpu/unit.h"

/* WS rows of W by XS rows of x: WS * XS * CHAINS accumulators hide the latency of an fma (4 cycles
 * times 2 a cycle on current cores). */
enum { WS = 4, XS = 4 };

/* acc[w][x] += sum over a block of 32. */
INLINE void block_dot(enum wi_format_id format, const uint8_t *const *w, const float *const *x,
                      int ws, int xs, int chains, vf acc[WS][XS][2]) {
#pragma GCC unroll 8
    for (int i = 0; i < VECS; i++) {
#pragma GCC unroll 4
        for (int a = 0; a < ws; a++) {
            vf weights = load_vec(format, w[a], i);
#pragma GCC unroll 4
            for (int b = 0; b < xs; b++) {
                vf *sum = &acc[a][b][i % chains];
                *sum = vf_fma(weights, vf_load(x[b] + i * LANES), *sum);
            }
        }
    }
}

/* y[x][w] for ws rows of W from `w` on and xs rows of x. */
INLINE void rows_dot(enum wi_format_id format, const uint8_t *w, const float *x, size_t k, int ws,
                     int xs, float *y, size_t y_stride) {
    size_t stride = row_bytes(format, k);
    const int chains = xs == 1 ? 2 : 1;
    vf acc[WS][XS][2] = {{{{0}}}};
    const uint8_t *rows[WS];
    const float *inputs[XS];
    for (int a = 0; a < ws; a++)
        rows[a] = w + (size_t)a * stride;
    for (int b = 0; b < xs; b++)
        inputs[b] = x + (size_t)b * k;
    for (size_t at = 0; at + BLOCK <= k; at += BLOCK) {
        block_dot(format, rows, inputs, ws, xs, chains, acc);
        for (int a = 0; a < ws; a++)
            rows[a] += block_bytes(format);
        for (int b = 0; b < xs; b++)
            inputs[b] += BLOCK;
    }
    if (k % BLOCK != 0) {
        uint8_t last[WS][BLOCK_BYTES_MAX];
        float last_x[XS][BLOCK];
        for (int a = 0; a < ws; a++)
            rows[a] = pad_block(format, rows[a], k % BLOCK, last[a]);
        for (int b = 0; b < xs; b++)
            inputs[b] = pad_floats(inputs[b], k % BLOCK, last_x[b]);
        block_dot(format, rows, inputs, ws, xs, chains, acc);
    }
    for (int a = 0; a < ws; a++)
        for (int b = 0; b < xs; b++)
            y[(size_t)b * y_stride + (size_t)a] = vf_sum(acc[a][b][0] + acc[a][b][1]);
}

/* ws rows of W against all rows of x. */
INLINE void all_inputs(enum wi_format_id format, const uint8_t *w, const float *x, size_t k,
                       size_t rows, int ws, float *y, size_t n) {
    size_t t = 0;
    for (; t + 4 <= rows; t += 4)
        rows_dot(format, w, x + t * k, k, ws, 4, y + t * n, n);
    for (; t + 2 <= rows; t += 2)
        rows_dot(format, w, x + t * k, k, ws, 2, y + t * n, n);
    for (; t < rows; t++)
        rows_dot(format, w, x + t * k, k, ws, 1, y + t * n, n);
}

INLINE void gemv(const struct wi_call *call, const struct wi_task *task, enum wi_format_id format) {
    const uint8_t *w = wi_in(call->w);
    const float *x = wi_in(call->x);
    float *y = wi_out(call->y);
    size_t k = call->k, rows = wi_call_rows(call, task->dims), stride = row_bytes(format, k);
    struct wi_share share = wi_share_of(call->n, task->thread, task->threads);
    if (call->rows == WI_ROWS_gather_last) { /* one row a sequence, `tokens` rows apart */
        for (size_t t = 0; t < rows; t++)
            for (size_t n = share.begin; n < share.end; n++)
                rows_dot(format, w + n * stride, x + wi_row_in(call, task, t) * k, k, 1, 1,
                         y + t * call->n + n, call->n);
        return;
    }
    size_t n = share.begin;
    for (; n + WS <= share.end; n += WS)
        all_inputs(format, w + n * stride, x, k, rows, WS, y + n, call->n);
    for (; n < share.end; n++)
        all_inputs(format, w + n * stride, x, k, rows, 1, y + n, call->n);
}

KERNEL(gemv, f32)
KERNEL(gemv, f16)
KERNEL(gemv, bf16)
KERNEL(gemv, q8_0)
KERNEL(gemv, q4_0)
