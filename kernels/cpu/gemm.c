/* gemm.c: a matrix times many vectors, in f32: prefill.
 *
 *   y[t][n] = sum_k W[n][k] * x[t][k];  W: n x k, row-major, packed; x: rows x k; rows >= 1
 *
 * Contract: operands as aligned as their elements; y apart from the others; nothing is read past
 * the end.
 *
 * The blocking is that of K. Goto and R. van de Geijn, "Anatomy of high-performance matrix
 * multiplication" (2008), with the vectors along the rows of x: x is packed and transposed once a
 * call, by all threads together, and W, whose rows are what it stores, is dequantised without being
 * transposed; a microkernel broadcasts its elements. Transposing W instead would cost about a cycle
 * an element, a quarter of the product at 64 rows.
 *
 *   x    panels of MR rows, [k][MR], zero rows at the end     shared scratch
 *   W    NC rows of KC elements in f32: stays in L2           own scratch
 *   y    NC x rows sums as tiles [NR][MR], until k is done    own scratch
 *
 * For each (NC, KC) a panel of x (MR * KC: L1) meets all of W's NC rows, NR at a time: MR x NR sums
 * in registers. Threads split the outputs, and the panels of x when there are few outputs. One core
 * reaches 73 % of its f32 peak at 512 x 96 x 256 and 60 % at 512 x 2048 x 2048, of f32; KC of 128
 * loses a tenth of it, 384 gains nothing (2-core Zen 3, AVX2, shared with other work, 2026-11-25).
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/gemm_grid.h"
#include "kernels/cpu/load.h"

_Static_assert(GEMM_KC % BLOCK == 0, "a block of k is whole blocks of the format");
_Static_assert(MR == 2 * LANES && GEMM_MC % MR == 0 && GEMM_NC % NR == 0, "whole tiles");

/* ---- x ---- */

/* out[k][r] = x[r][k] for MR rows of one panel and k in [0, n); rows that are not there are 0. */
INLINE void pack_panel(const float *const *x, size_t rows, size_t from, size_t n, float *out) {
    for (size_t r = 0; r < (size_t)MR; r++) {
        if (r >= rows) {
            for (size_t k = 0; k < n; k++)
                out[k * (size_t)MR + r] = 0;
            continue;
        }
        const float *row = x[r] + from;
        for (size_t k = 0; k < n; k++)
            out[k * (size_t)MR + r] = row[k];
    }
}

/* Rows [first, first + rows) of x, all of k; threads split (panel, block of k). */
INLINE void pack_rows(const struct wi_call *call, const struct wi_task *task, size_t first,
                      size_t rows, float *packed) {
    size_t k = call->k, panels = (rows + (size_t)MR - 1) / (size_t)MR;
    size_t steps = (k + GEMM_KC - 1) / GEMM_KC;
    struct wi_share share = wi_share_of(panels * steps, task->thread, task->threads);
    for (size_t i = share.begin; i < share.end; i++) {
        size_t panel = i / steps, from = i % steps * GEMM_KC;
        const float *inputs[MR];
        size_t left = panel_rows(call, task, first, rows, panel, inputs);
        pack_panel(inputs, left, from, k - from < GEMM_KC ? k - from : GEMM_KC,
                   packed + panel * k * (size_t)MR + from * (size_t)MR);
    }
}

/* ---- the microkernel ---- */

/* sums[n][r] (+)= sum_k w[n][k] * x[k][r]: MR x NR tile, w with a stride of KC. */
INLINE void tile(const float *x, const float *w, size_t k, int first, float *sums) {
    vf acc[NR][2];
#pragma GCC unroll 16
    for (int n = 0; n < NR; n++) {
        acc[n][0] = first ? vf_all(0) : vf_load(sums + n * MR);
        acc[n][1] = first ? vf_all(0) : vf_load(sums + n * MR + LANES);
    }
    for (size_t i = 0; i < k; i++) {
        vf low = vf_load(x + i * (size_t)MR), high = vf_load(x + i * (size_t)MR + LANES);
#pragma GCC unroll 16
        for (int n = 0; n < NR; n++) {
            vf weight = vf_all(w[n * GEMM_KC + (ptrdiff_t)i]);
            acc[n][0] = vf_fma(weight, low, acc[n][0]);
            acc[n][1] = vf_fma(weight, high, acc[n][1]);
        }
    }
#pragma GCC unroll 16
    for (int n = 0; n < NR; n++) {
        vf_store(sums + n * MR, acc[n][0]);
        vf_store(sums + n * MR + LANES, acc[n][1]);
    }
}

/* ---- a block of outputs ---- */

/* Rows [n, n + count) of W, elements [from, from + k), as f32; then zeros up to a multiple of NR.
 */
INLINE void unpack_weights(enum wi_format_id format, const uint8_t *w, size_t stride, size_t count,
                           size_t from, size_t k, float *out) {
    for (size_t i = 0; i < count; i++)
        unpack(format, w + i * stride + row_bytes(format, from), k, out + i * GEMM_KC);
    for (size_t i = count; i < wi_round_up(count, (size_t)NR); i++)
        memset(out + i * GEMM_KC, 0, GEMM_KC * sizeof *out);
}

/* Outputs [n, n + count), count <= NC, for the part's panels. */
INLINE void outputs_block(const struct wi_call *call, const struct wi_task *task,
                          enum wi_format_id format, const struct part *part, size_t n,
                          size_t count) {
    size_t k = call->k, stride = row_bytes(format, k);
    const uint8_t *w = (const uint8_t *)wi_in(call->w) + n * stride;
    float *weights = task->own, *sums = task->own + GEMM_NC * GEMM_KC;
    for (size_t from = 0; from < k; from += GEMM_KC) {
        size_t step = k - from < GEMM_KC ? k - from : GEMM_KC;
        unpack_weights(format, w, stride, count, from, step, weights);
        float *at = sums;
        for (size_t p = part->panels.begin; p < part->panels.end; p++) {
            const float *x = task->shared + (p * k + from) * (size_t)MR;
            for (size_t i = 0; i < count; i += (size_t)NR, at += MR * NR)
                tile(x, weights + i * GEMM_KC, step, from == 0, at);
        }
    }
    write_block(call, part, (size_t)NR, n, count, sums);
}

INLINE void gemm(const struct wi_call *call, const struct wi_task *task, enum wi_format_id format) {
    size_t rows = wi_call_rows(call, task->dims);
    for (size_t first = 0; first < rows; first += GEMM_MC) {
        size_t block = rows - first < GEMM_MC ? rows - first : GEMM_MC;
        if (first > 0)
            wi_task_barrier(task); /* the others may still read what was packed */
        pack_rows(call, task, first, block, task->shared);
        wi_task_barrier(task);
        struct part part = part_of(call, task, (size_t)NR, first, block);
        for (size_t n = part.outputs.begin; n < part.outputs.end; n += GEMM_NC) {
            size_t left = part.outputs.end - n;
            outputs_block(call, task, format, &part, n, left < GEMM_NC ? left : GEMM_NC);
        }
    }
}

KERNEL(gemm, f32)
KERNEL(gemm, f16)
KERNEL(gemm, bf16)
KERNEL(gemm, q8_0)
KERNEL(gemm, q4_0)
