/* scratch.c: how much scratch a call needs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/scratch.h"

#include "kernels/cpu/task.h"

static struct wi_cpu_scratch gemm_scratch(const struct wi_call *call, size_t rows) {
    size_t packed = wi_gemm_rows(rows, call->kernel->tile_m);
    if (call->kernel->arithmetic == WI_ARITHMETIC_int8)
        return (struct wi_cpu_scratch){.own = GEMM_QC *
                                              (packed + GEMM_QK / 32 + GEMM_QK / sizeof(float)),
                                       .shared = packed * (call->k / 32) * GEMM_PACKED_WORDS};
    return (struct wi_cpu_scratch){.own = GEMM_NC * GEMM_KC + GEMM_NC * packed,
                                   .shared = packed * call->k};
}

/* Rows of x as int8: of blocks of 32, 32 bytes, at most 8 lanes of c and d; see gemv_int8.c. */
static struct wi_cpu_scratch gemv_scratch(const struct wi_call *call, size_t rows) {
    bool int8 = call->kernel->arithmetic == WI_ARITHMETIC_int8;
    return (struct wi_cpu_scratch){.own = int8 ? rows * (call->k / 32) * (32 / 4 + 8 + 1) : 0};
}

/* Parts are fewer than three a thread: see wi_attention_cut. */
static struct wi_cpu_scratch attention_scratch(const struct wi_call *call, size_t rows,
                                               size_t threads) {
    const struct wi_pass_dims dims = {.tokens = (uint32_t)rows, .batch = 1};
    struct wi_attention_cut c = wi_attention_cut(call, &dims, threads);
    return (struct wi_cpu_scratch){.own = wi_attention_own(&c),
                                   .shared = threads > 1 ? 3 * threads * wi_attention_part(&c) : 0};
}

struct wi_cpu_scratch wi_cpu_scratch(const struct wi_call *call, size_t rows, unsigned threads) {
    switch (call->op) {
    case WI_OP_gemm:
        return gemm_scratch(call, rows);
    case WI_OP_gemv:
        return gemv_scratch(call, rows);
    case WI_OP_attention:
        return attention_scratch(call, rows, threads);
    case WI_OP_argmax:
        return (struct wi_cpu_scratch){.shared = 2 * rows * threads};
    default:
        return (struct wi_cpu_scratch){0};
    }
}
