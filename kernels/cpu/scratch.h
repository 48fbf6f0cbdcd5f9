/* scratch.h: block sizes of the kernels that need scratch, and how their scratch is cut up; read by
 * the kernels and by scratch.c, which sizes it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_CPU_SCRATCH_H
#define WI_CPU_SCRATCH_H

#include "kernels/op.h"

static inline size_t wi_round_up(size_t n, size_t to) {
    return (n + to - 1) / to * to;
}

/* ---- gemm: see gemm.c. NC is a multiple of every unit's NR, MC of every MR. ---- */
enum { GEMM_MC = 512, GEMM_NC = 96, GEMM_KC = 256 };
/* gemm_int8.c: QC is a multiple of every unit's QR; words of 32 bits of a row's block. */
enum { GEMM_QC = 96, GEMM_QK = 512, GEMM_PACKED_WORDS = 10 };

/* Rows that are packed at once. */
static inline size_t wi_gemm_rows(size_t rows, size_t mr) {
    return rows < GEMM_MC ? wi_round_up(rows, mr) : GEMM_MC;
}

/* ---- attention: see attention.c ---- */
enum { ATTENTION_ROWS = 32, ATTENTION_CELLS = 32, ATTENTION_PAD = 32 };

struct wi_attention_cut {
    size_t group;         /* query heads that share a head of K and V */
    size_t block, blocks; /* tokens of an item; items that a sequence's tokens make */
    size_t items, splits; /* sequences * kv_heads * blocks; parts that an item's cells make */
    size_t rows;          /* of an item: group * block */
    size_t dim;           /* head_dim, padded */
};
static inline struct wi_attention_cut
wi_attention_cut(const struct wi_call *call, const struct wi_pass_dims *dims, size_t threads) {
    struct wi_attention_cut c = {.group = call->heads / call->kv_heads,
                                 .dim = wi_round_up(call->head_dim, ATTENTION_PAD)};
    c.block = c.group < ATTENTION_ROWS ? ATTENTION_ROWS / c.group : 1;
    c.block = c.block < dims->tokens ? c.block : dims->tokens;
    c.blocks = (dims->tokens + c.block - 1) / c.block;
    c.items = (size_t)dims->batch * call->kv_heads * c.blocks;
    /* Fewer items than threads: so many parts that the threads' loads differ by little. */
    c.splits = c.items >= threads       ? 1
               : threads % c.items == 0 ? threads / c.items
                                        : (2 * threads + c.items - 1) / c.items;
    c.rows = c.group * c.block;
    return c;
}
/* q and sums, K and V, scores, two numbers a row. */
static inline size_t wi_attention_own(const struct wi_attention_cut *c) {
    return 2 * c->rows * c->dim + 2 * ATTENTION_CELLS * c->dim + c->rows * (ATTENTION_CELLS + 2);
}
/* What a part leaves for the others: sums of rows, their maxima, their weights. */
static inline size_t wi_attention_part(const struct wi_attention_cut *c) {
    return wi_round_up(c->rows * (c->dim + 2), 16);
}

#endif
