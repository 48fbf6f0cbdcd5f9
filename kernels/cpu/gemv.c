/* gemv.c: a matrix times few vectors, in f32: decode.
 *
 *   y[t][n] = sum_k W[n][k] * x[t][k];  W: n x k, row-major, packed; x: rows x k; rows >= 1
 *
 * Contract: operands as aligned as their elements; y apart from the others; nothing is read past
 * the end. gemv_rows.h walks W; here a row's blocks become f32 and meet x.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/gemv_rows.h"

/* Sums in flight: 8 independent ones hide the latency of an fma (4 cycles times 2 a cycle on
 * current cores) and stay in registers. */
enum { SUMS = 8 };

struct inputs {
    const float *x;
    size_t stride;
};

/* acc[w][x][.] += sum over a block of 32. Row by row of W: what belongs to a row's block (its
 * scale) then leaves the registers before the next row's comes. */
INLINE void block_dot(enum wi_format_id format, struct weights w, struct inputs in, int ws, int xs,
                      vf acc[STREAMS][XS][2]) {
    const int chains = 2 * ws * xs <= SUMS ? 2 : 1;
#pragma GCC unroll 4
    for (int a = 0; a < ws; a++) {
#pragma GCC unroll 8
        for (int i = 0; i < VECS; i++) {
            vf weights = load_vec(format, w.at + (size_t)a * w.stride, i);
#pragma GCC unroll 8
            for (int b = 0; b < xs; b++) {
                vf *sum = &acc[a][b][i % chains];
                *sum = vf_fma(weights, vf_load(in.x + (size_t)b * in.stride + i * LANES), *sum);
            }
        }
    }
}

/* Room for the elements after the last whole block, as a block. */
struct rest {
    uint8_t w[STREAMS * BLOCK_BYTES_MAX];
    float x[XS * BLOCK];
};
INLINE void pad(enum wi_format_id format, struct weights *w, struct inputs *in, size_t n, int ws,
                int xs, struct rest *rest) {
    for (int a = 0; a < ws; a++)
        pad_block(format, w->at + (size_t)a * w->stride, n, rest->w + a * BLOCK_BYTES_MAX);
    for (int b = 0; b < xs; b++)
        pad_floats(in->x + (size_t)b * in->stride, n, rest->x + b * BLOCK);
    *w = (struct weights){rest->w, BLOCK_BYTES_MAX};
    *in = (struct inputs){rest->x, BLOCK};
}

INLINE void rows_dot(enum wi_format_id format, struct weights w, const struct inputs *in, size_t t,
                     size_t k, int ws, int xs, struct results y) {
    struct inputs x = {in->x + t * in->stride, in->stride};
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
            pad(format, &w, &x, k - at, ws, xs, &rest);
        ask_ahead(format, w, ws);
        block_dot(format, w, x, ws, xs, acc);
        w.at += block_bytes(format);
        x.x += BLOCK;
    }
#pragma GCC unroll 4
    for (int a = 0; a < ws; a++)
#pragma GCC unroll 8
        for (int b = 0; b < xs; b++)
            y.at[(size_t)a * y.step + (size_t)b * y.stride] = vf_sum(acc[a][b][0] + acc[a][b][1]);
}

INLINE void gemv(const struct wi_call *call, const struct wi_task *task, enum wi_format_id format) {
    size_t first = wi_row_in(call, task, 0), next = wi_row_in(call, task, 1);
    const float *x = wi_in(call->x);
    const struct inputs in = {x + first * call->k, (next - first) * call->k};
    gemv_rows(call, task, format, &in);
}

KERNEL(gemv, f32)
KERNEL(gemv, f16)
KERNEL(gemv, bf16)
KERNEL(gemv, q8_0)
KERNEL(gemv, q4_0)
