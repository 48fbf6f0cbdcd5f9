/* gemm_int8.c: a matrix times many vectors, in products of bytes: prefill at q8_0 and q4_0.
 *
 *   y[t][n] = sum_b dw[n][b] * dx[t][b] * sum_{i<32} qw[n][b][i] * qx[t][b][i]
 *   W: n x k, packed, k a multiple of 32; x: rows x k of f32, rounded to dx * qx (quantise.h)
 *
 * Contract: operands as aligned as their elements; y apart from the others; nothing is read past
 * the end.
 *
 * Blocked as gemm.c is, with the vectors along the rows of x: a lane holds four bytes of a row, W's
 * bytes are broadcast by fours, and a lane's sum over a block is that row's, with no sum across
 * lanes. x is rounded and packed once a call by all threads together, block by block of a panel:
 *
 *   q    [8][MR] of four bytes   element 4 j + i of row r is byte i of q[j][r]
 *   d    [MR] f32                its scale
 *   c    [MR] i32                -bias * sum of its q, where sums start (dot.h)
 *
 *   W    QC rows of QK elements as bytes u and scales in f32: L2   own scratch
 *   y    QC x rows sums as tiles [QR][MR], until k is done         own scratch
 *
 * A tile's integer sums are registers, its f32 sums are memory: they are touched once in 32 k.
 * 512 rows are 1.4 to 1.6 times as fast as by gemm.c at q8_0, 1.8 to 2.1 times at q4_0 with
 * AVX2, 1.6 and 1.7 times by the baseline (ratios of runs in turns on one core, 2,048 x 2,048 and
 * 1,024 x 8,192; 2-core Zen 3, shared with other work, 2026-11-25), so that every unit multiplies
 * bytes. SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/dot.h"
#include "kernels/cpu/gemm_grid.h"
#include "kernels/cpu/load.h"

enum {
    GROUPS = BLOCK / 4,         /* four bytes each */
    PACKED = (GROUPS + 2) * MR, /* a block of a panel, in 32-bit words */
    PACKED_D = GROUPS * MR,     /* where its scales begin */
    PACKED_C = (GROUPS + 1) * MR,
    STEP_BLOCKS = GEMM_QK / BLOCK,
};
_Static_assert(GEMM_QK % BLOCK == 0, "a step of k is whole blocks");
_Static_assert(MR == 2 * LANES && GEMM_MC % MR == 0 && GEMM_QC % QR == 0, "whole tiles");
_Static_assert(PACKED == GEMM_PACKED_WORDS * MR, "as scratch.c reckons");

/* ---- x ---- */

/* Row r of a panel, `blocks` blocks from x on; packed: of the panel, from the first of them on. */
INLINE void pack_row(const float *x, size_t r, size_t blocks, uint32_t *packed) {
    int8_t q[GEMM_QK];
    float d[STEP_BLOCKS];
    OF_UNIT(wi_quantise)(x, blocks * BLOCK, q, d);
    for (size_t b = 0; b < blocks; b++, packed += PACKED) {
        uint32_t words[GROUPS];
        memcpy(words, q + b * BLOCK, BLOCK);
        for (size_t j = 0; j < GROUPS; j++)
            packed[j * (size_t)MR + r] = words[j];
        memcpy(packed + PACKED_D + r, d + b, sizeof *d);
    }
}
INLINE void clear_row(size_t r, size_t blocks, uint32_t *packed) {
    for (size_t b = 0; b < blocks; b++, packed += PACKED)
        for (size_t j = 0; j < GROUPS + 1; j++)
            packed[j * (size_t)MR + r] = 0;
}

/* c of a block of a panel. */
INLINE void correct(enum wi_format_id format, uint32_t *packed) {
    const vi bias = (vi)vu_all(0x01010101u * (unsigned)dot_bias(format)), zero = {0};
    for (int v = 0; v < MR; v += LANES) {
        vi sum = dot_begin(WI_FORMAT_q4_0, zero);
        for (int j = 0; j < GROUPS; j++)
            sum = dot_more(WI_FORMAT_q4_0, sum, bias, vi_load(packed + j * MR + v));
        vi_store(packed + PACKED_C + v, -dot_end(WI_FORMAT_q4_0, sum, zero));
    }
}

/* Rows [first, first + rows) of x, all of k; threads split (panel, step of k). */
INLINE void pack_rows(const struct wi_call *call, const struct wi_task *task,
                      enum wi_format_id format, size_t first, size_t rows, uint32_t *packed) {
    size_t all = call->k / BLOCK, steps = (all + STEP_BLOCKS - 1) / STEP_BLOCKS;
    size_t panels = (rows + (size_t)MR - 1) / (size_t)MR;
    struct wi_share share = wi_share_of(panels * steps, task->thread, task->threads);
    for (size_t i = share.begin; i < share.end; i++) {
        const float *inputs[MR];
        size_t from = i % steps * STEP_BLOCKS, blocks = least(all - from, STEP_BLOCKS);
        size_t count = panel_rows(call, task, first, rows, i / steps, inputs);
        uint32_t *to = packed + (i / steps * all + from) * PACKED;
        for (size_t r = 0; r < count; r++)
            pack_row(inputs[r] + from * BLOCK, r, blocks, to);
        for (size_t r = count; r < (size_t)MR; r++)
            clear_row(r, blocks, to);
        for (size_t b = 0; b < blocks; b++)
            correct(format, to + b * PACKED);
    }
}

/* ---- W ---- */

struct weights { /* QC rows of a step of k */
    uint8_t *u;  /* [QC][QK] */
    float *d;    /* [QC][STEP_BLOCKS] */
};

INLINE void unpack_block(enum wi_format_id format, const uint8_t *block, uint8_t *u, float *d) {
    vf scale = vf_all_f16(block);
    *d = scale[0];
    if (format == WI_FORMAT_q8_0) {
        for (int i = 0; i < BLOCK; i++)
            u[i] = (uint8_t)(block[2 + i] ^ (DOT_VNNI ? 0x80 : 0));
        return;
    }
    for (int i = 0; i < BLOCK / 2; i++) {
        u[i] = block[2 + i] & 15;
        u[i + BLOCK / 2] = block[2 + i] >> 4;
    }
}

/* `count` rows from w on, `blocks` blocks of each; then rows of zeros up to a multiple of QR. */
INLINE void unpack_weights(enum wi_format_id format, const uint8_t *w, size_t stride, size_t count,
                           size_t blocks, struct weights to) {
    for (size_t i = 0; i < count; i++)
        for (size_t b = 0; b < blocks; b++)
            unpack_block(format, w + i * stride + b * block_bytes(format),
                         to.u + i * GEMM_QK + b * BLOCK, to.d + i * STEP_BLOCKS + b);
    for (size_t i = count; i < wi_round_up(count, (size_t)QR); i++) {
        memset(to.u + i * GEMM_QK, 0, GEMM_QK);
        memset(to.d + i * STEP_BLOCKS, 0, STEP_BLOCKS * sizeof *to.d);
    }
}

/* ---- the microkernel ---- */

INLINE vi broadcast(const uint8_t *four) {
    int32_t word;
    memcpy(&word, four, sizeof word);
    return vi_all(word);
}

/* sums[n][r] += dw[n] * dx[r] * sum over a block; W's rows QK bytes apart. */
INLINE void tile_block(enum wi_format_id format, const uint32_t *x, const uint8_t *u,
                       const float *d, float *sums) {
    vi acc[QR][2], c[2] = {vi_load(x + PACKED_C), vi_load(x + PACKED_C + LANES)};
#pragma GCC unroll 16
    for (int n = 0; n < QR; n++)
        for (int v = 0; v < 2; v++)
            acc[n][v] = dot_begin(format, c[v]);
#pragma GCC unroll 1
    for (int j = 0; j < GROUPS; j++) {
        vi low = vi_load(x + j * MR), high = vi_load(x + j * MR + LANES);
#pragma GCC unroll 16
        for (int n = 0; n < QR; n++) {
            vi four = broadcast(u + n * GEMM_QK + 4 * j);
            acc[n][0] = dot_more(format, acc[n][0], four, low);
            acc[n][1] = dot_more(format, acc[n][1], four, high);
        }
    }
#pragma GCC unroll 16
    for (int n = 0; n < QR; n++) {
        vf dw = vf_all(d[n * STEP_BLOCKS]);
#pragma GCC unroll 2
        for (int v = 0; v < 2; v++) {
            vf dx, exact = __builtin_convertvector(dot_end(format, acc[n][v], c[v]), vf);
            memcpy(&dx, x + PACKED_D + v * LANES, sizeof dx);
            float *to = sums + n * MR + v * LANES;
            vf_store(to, vf_fma(dw * dx, exact, vf_load(to)));
        }
    }
}

/* ---- a block of outputs ---- */

/* Outputs [n, n + count), count <= QC, for the part's panels. */
INLINE void outputs_block(const struct wi_call *call, const struct wi_task *task,
                          enum wi_format_id format, const struct part *part, size_t n,
                          size_t count) {
    size_t all = call->k / BLOCK, stride = row_bytes(format, call->k);
    size_t panels = part->panels.end - part->panels.begin;
    const uint8_t *w = (const uint8_t *)wi_in(call->w) + n * stride;
    const uint32_t *x = (const uint32_t *)(const void *)task->shared;
    float *sums = task->own;
    struct weights weights = {.d = sums + GEMM_QC * wi_gemm_rows(part->rows, (size_t)MR)};
    weights.u = (uint8_t *)(weights.d + GEMM_QC * STEP_BLOCKS);
    memset(sums, 0, panels * (size_t)MR * wi_round_up(count, (size_t)QR) * sizeof *sums);
    for (size_t from = 0; from < all; from += STEP_BLOCKS) {
        size_t blocks = least(all - from, STEP_BLOCKS);
        unpack_weights(format, w + from * block_bytes(format), stride, count, blocks, weights);
        float *at = sums;
        for (size_t p = part->panels.begin; p < part->panels.end; p++)
            for (size_t i = 0; i < count; i += (size_t)QR, at += MR * QR)
                for (size_t b = 0; b < blocks; b++)
                    tile_block(format, x + (p * all + from + b) * PACKED,
                               weights.u + i * GEMM_QK + b * BLOCK, weights.d + i * STEP_BLOCKS + b,
                               at);
    }
    write_block(call, part, (size_t)QR, n, count, sums);
}

INLINE void gemm(const struct wi_call *call, const struct wi_task *task, enum wi_format_id format) {
    size_t rows = wi_call_rows(call, task->dims);
    for (size_t first = 0; first < rows; first += GEMM_MC) {
        size_t block = least(rows - first, GEMM_MC);
        if (first > 0)
            wi_task_barrier(task); /* the others may still read what was packed */
        pack_rows(call, task, format, first, block, (uint32_t *)(void *)task->shared);
        wi_task_barrier(task);
        struct part part = part_of(call, task, (size_t)QR, first, block);
        for (size_t n = part.outputs.begin; n < part.outputs.end; n += GEMM_QC)
            outputs_block(call, task, format, &part, n, least(part.outputs.end - n, GEMM_QC));
    }
}

KERNEL_INT8(gemm, q8_0)
KERNEL_INT8(gemm, q4_0)
