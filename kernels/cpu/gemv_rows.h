/* gemv_rows.h: how a thread walks the rows of W: the part that all gemv kernels share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Time goes into reading W, once. Threads split its rows, and a thread cuts its part into STREAMS
 * and takes a row of each at a time: one stream alone leaves the memory waiting, and neighbouring
 * rows would be streams that end before the hardware has learnt them (1,152 bytes for a row of
 * 2,048 at q4_0). f32 from DRAM on one core: 7.5 GB/s by one stream, 13.6 by four; q4_0: 3.0 by
 * four neighbours, 5.0 by one (2-core Zen 3, AVX2, shared with other work, 2026-11-25).
 *
 * A source that includes this has defined what a row of x is to it, and the products:
 *
 *   struct inputs
 *   rows_dot(format, w, in, t, k, ws, xs, y)   y[x][w] of ws rows of W by xs rows of x from t on */
#ifndef WI_CPU_GEMV_ROWS_H
#define WI_CPU_GEMV_ROWS_H

#include "kernels/cpu/load.h"
#include "kernels/cpu/unit.h"

/* Streams of W, rows of x that share one read of W. AHEAD: bytes of a stream to ask for before they
 * are needed; the core itself looks ahead far less, as its window is full of unpacking. */
enum { STREAMS = 4, XS = 4, AHEAD = 1024 };

struct inputs; /* rows of x, as the products take them */
struct weights {
    const uint8_t *at;
    size_t stride; /* bytes from a row to the next that is taken with it */
};
struct results {
    float *at;
    size_t step, stride; /* from a row of W, of x, to the next */
};
INLINE void rows_dot(enum wi_format_id format, struct weights w, const struct inputs *in, size_t t,
                     size_t k, int ws, int xs, struct results y);

/* Hints: addresses past the end do no harm. */
INLINE void ask_ahead(enum wi_format_id format, struct weights w, int ws) {
#pragma GCC unroll 4
    for (int a = 0; a < ws; a++) {
        __builtin_prefetch(w.at + (size_t)a * w.stride + AHEAD);
        if (block_bytes(format) > 64)
            __builtin_prefetch(w.at + (size_t)a * w.stride + AHEAD + 64);
    }
}

/* STREAMS rows of W against all rows of x; eight sums at once. */
INLINE void all_inputs(enum wi_format_id format, struct weights w, const struct inputs *in,
                       size_t rows, size_t k, struct results y) {
    size_t t = 0;
    for (; t + 4 <= rows; t += 4) {
        struct results half = {y.at + t * y.stride, y.step, y.stride};
        rows_dot(format, w, in, t, k, 2, 4, half);
        half.at += 2 * y.step;
        rows_dot(format, (struct weights){w.at + 2 * w.stride, w.stride}, in, t, k, 2, 4, half);
    }
    for (; t + 2 <= rows; t += 2)
        rows_dot(format, w, in, t, k, 4, 2,
                 (struct results){y.at + t * y.stride, y.step, y.stride});
    for (; t < rows; t++)
        rows_dot(format, w, in, t, k, 4, 1,
                 (struct results){y.at + t * y.stride, y.step, y.stride});
}

INLINE void gemv_rows(const struct wi_call *call, const struct wi_task *task,
                      enum wi_format_id format, const struct inputs *in) {
    const uint8_t *w = wi_in(call->w);
    float *y = wi_out(call->y);
    size_t rows = wi_call_rows(call, task->dims), bytes = row_bytes(format, call->k);
    struct wi_share share = wi_share_of(call->n, task->thread, task->threads);
    size_t apart = (share.end - share.begin) / STREAMS, n = share.begin;
    for (; n < share.begin + apart; n++)
        all_inputs(format, (struct weights){w + n * bytes, apart * bytes}, in, rows, call->k,
                   (struct results){y + n, apart, call->n});
    for (n = share.begin + STREAMS * apart; n < share.end; n++)
        for (size_t t = 0; t < rows; t++)
            rows_dot(format, (struct weights){w + n * bytes, 0}, in, t, call->k, 1, 1,
                     (struct results){y + t * call->n + n, 0, 0});
}

#endif
