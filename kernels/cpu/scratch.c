/* scratch.c: how much scratch a call needs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/scratch.h"

#include "kernels/cpu/task.h"

static struct wi_cpu_scratch gemm_scratch(const struct wi_call *call, size_t rows) {
    size_t packed = wi_gemm_rows(rows, call->kernel->tile_m);
    return (struct wi_cpu_scratch){.own = GEMM_NC * GEMM_KC + GEMM_NC * packed,
                                   .shared = packed * call->k};
}

static struct wi_cpu_scratch attention_scratch(const struct wi_attention_cut *c) {
    size_t own = 2 * c->rows * c->dim + 2 * ATTENTION_CELLS * c->dim + c->rows * ATTENTION_CELLS +
                 2 * c->rows;
    size_t shared = c->splits > 1 ? c->items * c->splits * wi_attention_part(c) : 0;
    return (struct wi_cpu_scratch){.own = own, .shared = shared};
}

struct wi_cpu_scratch wi_cpu_scratch(const struct wi_call *call, const struct wi_pass_dims *dims,
                                     unsigned threads) {
    size_t rows = wi_call_rows(call, dims);
    switch (call->op) {
    case WI_OP_gemm:
        return gemm_scratch(call, rows);
    case WI_OP_attention: {
        struct wi_attention_cut cut = wi_attention_cut(call, dims, threads);
        return attention_scratch(&cut);
    }
    case WI_OP_argmax:
        return (struct wi_cpu_scratch){.shared = 2 * rows * threads};
    default:
        return (struct wi_cpu_scratch){0};
    }
}
