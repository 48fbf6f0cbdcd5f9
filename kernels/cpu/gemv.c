/* gemv.c: a matrix times few vectors: decode.
 *
 *   y[t][n] = sum_k W[n][k] * x[t][k];  W: n x k, row-major, packed; x: rows x k; rows >= 1
 *
 * Contract: operands as aligned as their elements; y apart from the others; nothing is read past
 * the end.
 *
 * Time goes into reading W, once. Threads split its rows, and a thread cuts its part into STREAMS
 * and takes a row of each at a time: one stream alone leaves the memory waiting, and neighbouring
 * rows would be streams that end before the hardware has learnt them (1,152 bytes for a row of
 * 2,048 at q4_0). f32 from DRAM on one core: 7.5 GB/s by one stream, 13.6 by four; q4_0: 3.0 by
 * four neighbours, 5.0 by one (2-core Zen 3, AVX2, shared with other work, 2026-11-25).
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/load.h"
#include "kernels/cpu/unit.h"

/* Streams of W, rows of x that share one read of W, and sums in flight: 8 independent ones hide the
 * latency of an fma (4 cycles times 2 a cycle on current cores) and stay in registers. AHEAD: bytes
 * of a stream to ask for before they are needed; the core itself looks ahead far less, as its
 * window is full of unpacking. */
enum { STREAMS = 4, XS = 4, SUMS = 8, AHEAD = 1024 };

/* What row_dot works on: ws rows of W, w_stride bytes apart; xs rows of x, x_stride apart. */
struct operands {
    const uint8_t *w;
    const float *x;
    size_t w_stride, x_stride;
};

/* acc[w][x][.] += sum over a block of 32. Row by row of W: what belongs to a row's block (its
 * scale) then leaves the registers before the next row's comes. */
INLINE void block_dot(enum wi_format_id format, struct operands o, int ws, int xs,
                      vf acc[STREAMS][XS][2]) {
    const int chains = 2 * ws * xs <= SUMS ? 2 : 1;
#pragma GCC unroll 4
    for (int a = 0; a < ws; a++) {
#pragma GCC unroll 8
        for (int i = 0; i < VECS; i++) {
            vf weights = load_vec(format, o.w + (size_t)a * o.w_stride, i);
#pragma GCC unroll 8
            for (int b = 0; b < xs; b++) {
                vf *sum = &acc[a][b][i % chains];
                *sum = vf_fma(weights, vf_load(o.x + (size_t)b * o.x_stride + i * LANES), *sum);
            }
        }
    }
}

/* Room for the elements after the last whole block, as a block. */
struct rest {
    uint8_t w[STREAMS * BLOCK_BYTES_MAX];
    float x[XS * BLOCK];
};
INLINE struct operands pad(enum wi_format_id format, struct operands o, size_t n, int ws, int xs,
                           struct rest *rest) {
    for (int a = 0; a < ws; a++)
        pad_block(format, o.w + (size_t)a * o.w_stride, n, rest->w + a * BLOCK_BYTES_MAX);
    for (int b = 0; b < xs; b++)
        pad_floats(o.x + (size_t)b * o.x_stride, n, rest->x + b * BLOCK);
    return (struct operands){rest->w, rest->x, BLOCK_BYTES_MAX, BLOCK};
}

/* Hints: addresses past the end do no harm. */
INLINE void ask_ahead(enum wi_format_id format, struct operands o, int ws) {
#pragma GCC unroll 4
    for (int a = 0; a < ws; a++) {
        __builtin_prefetch(o.w + (size_t)a * o.w_stride + AHEAD);
        if (block_bytes(format) > 64)
            __builtin_prefetch(o.w + (size_t)a * o.w_stride + AHEAD + 64);
    }
}

/* y[x][w], w's being y_step apart, x's y_stride. */
INLINE void rows_dot(enum wi_format_id format, struct operands o, size_t k, int ws, int xs,
                     float *y, size_t y_step, size_t y_stride) {
    vf acc[STREAMS][XS][2];
    struct rest rest;
#pragma GCC unroll 4
    for (int a = 0; a < ws; a++)
#pragma GCC unroll 8
        for (int b = 0; b < xs; b++)
            acc[a][b][0] = acc[a][b][1] = vf_all(0);
    for (size_t at = 0; at < k; at += BLOCK) {
        bool has_blocks = format == WI_FORMAT_q8_0 || format == WI_FORMAT_q4_0;
        if (!has_blocks && k - at < BLOCK)
            o = pad(format, o, k - at, ws, xs, &rest);
        ask_ahead(format, o, ws);
        block_dot(format, o, ws, xs, acc);
        o.w += block_bytes(format);
        o.x += BLOCK;
    }
#pragma GCC unroll 4
    for (int a = 0; a < ws; a++)
#pragma GCC unroll 8
        for (int b = 0; b < xs; b++)
            y[(size_t)a * y_step + (size_t)b * y_stride] = vf_sum(acc[a][b][0] + acc[a][b][1]);
}

/* STREAMS rows of W, `apart` rows from each other, against all rows of x; SUMS sums at once. */
INLINE void all_inputs(const struct wi_call *call, enum wi_format_id format, struct operands o,
                       size_t rows, size_t apart, float *y) {
    size_t t = 0, k = call->k, n = call->n;
    const uint8_t *w = o.w;
    for (; t + 4 <= rows; t += 4, o.x += 4 * o.x_stride, o.w = w)
        for (size_t a = 0; a < STREAMS; a += 2, o.w += 2 * o.w_stride)
            rows_dot(format, o, k, 2, 4, y + a * apart + t * n, apart, n);
    for (; t + 2 <= rows; t += 2, o.x += 2 * o.x_stride)
        rows_dot(format, o, k, 4, 2, y + t * n, apart, n);
    for (; t < rows; t++, o.x += o.x_stride)
        rows_dot(format, o, k, 4, 1, y + t * n, apart, n);
}

INLINE void gemv(const struct wi_call *call, const struct wi_task *task, enum wi_format_id format) {
    const uint8_t *w = wi_in(call->w);
    const float *x = wi_in(call->x);
    float *y = wi_out(call->y);
    size_t rows = wi_call_rows(call, task->dims), stride = row_bytes(format, call->k);
    struct wi_share share = wi_share_of(call->n, task->thread, task->threads);
    size_t apart = (share.end - share.begin) / STREAMS, n = share.begin;
    struct operands o = {.x = x + wi_row_in(call, task, 0) * call->k, .w_stride = apart * stride};
    o.x_stride = (wi_row_in(call, task, 1) - wi_row_in(call, task, 0)) * call->k;
    for (; n < share.begin + apart; n++) {
        o.w = w + n * stride;
        all_inputs(call, format, o, rows, apart, y + n);
    }
    for (n = share.begin + STREAMS * apart; n < share.end; n++) {
        struct operands one = {w + n * stride, o.x, 0, 0};
        for (size_t t = 0; t < rows; t++, one.x += o.x_stride)
            rows_dot(format, one, call->k, 1, 1, y + t * call->n + n, 0, 0);
    }
}

KERNEL(gemv, f32)
KERNEL(gemv, f16)
KERNEL(gemv, bf16)
KERNEL(gemv, q8_0)
KERNEL(gemv, q4_0)
