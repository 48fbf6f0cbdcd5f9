/* op.c: the op table, costs and tolerances.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/op.h"

#include "kernels/kernel.h"
#include "kernels/session.h"

#include <math.h>
#include <string.h>

#define TOLERANCE_TEXT                                                                             \
    "2^-24 * (8 + 2 sqrt(K)) of sum_k |w_k x_k|, K the length of the sum; int8: K/32 (op.c)"

static const struct wi_op_info infos[] = {
#define WI_OP(id, kind, equation) {#id, equation, TOLERANCE_TEXT},
#include "kernels/ops.inc"
#undef WI_OP
};
static const enum wi_op_kind kinds[] = {
#define WI_OP(id, kind, equation) WI_OP_KIND_##kind,
#include "kernels/ops.inc"
#undef WI_OP
};

const char *wi_op_name(enum wi_op_id op) {
    return infos[op].name;
}
enum wi_op_kind wi_op_kind(enum wi_op_id op) {
    return kinds[op];
}
const struct wi_op_info *wi_ops_list(size_t *count) {
    *count = WI_OP_COUNT;
    return infos;
}
const char *wi_arithmetic_name(enum wi_arithmetic arithmetic) {
    static const char *const names[] = {
#define WI_X(name) #name,
        WI_ARITHMETIC_LIST(WI_X)
#undef WI_X
    };
    return names[arithmetic];
}

/* ---- shapes ---- */

uint32_t wi_call_rows(const struct wi_call *call, const struct wi_pass_dims *dims) {
    return call->rows == WI_ROWS_all ? dims->tokens * dims->batch : dims->batch;
}

uint32_t wi_call_row_length(const struct wi_call *call) {
    switch (call->op) {
    case WI_OP_rmsnorm:
    case WI_OP_layernorm:
        return call->n * call->heads;
    case WI_OP_rope:
    case WI_OP_attention:
        return call->heads * call->head_dim;
    case WI_OP_kv_store:
        return call->kv_heads * call->head_dim;
    case WI_OP_argmax:
        return 1;
    default:
        return call->n;
    }
}

uint32_t wi_call_visible(const struct wi_call *call, const struct wi_pass_dims *dims, uint32_t t) {
    uint32_t upto = call->causal ? dims->depth + t + 1 : dims->depth + dims->tokens;
    return call->window != 0 && upto > call->window ? call->window : upto;
}

/* ---- cost ---- */

/* Visible positions summed over the tokens of one sequence. */
static double visible_sum(const struct wi_call *call, const struct wi_pass_dims *dims) {
    double sum = 0;
    for (uint32_t t = 0; t < dims->tokens; t++)
        sum += wi_call_visible(call, dims, t);
    return sum;
}

/* Matrix products and attention only, as everywhere in the field: the rest is counted as free. */
double wi_call_flops(const struct wi_call *call, const struct wi_pass_dims *dims) {
    switch (call->op) {
    case WI_OP_gemv:
    case WI_OP_gemm:
        return 2.0 * wi_call_rows(call, dims) * call->n * call->k;
    case WI_OP_attention:
        return 4.0 * dims->batch * visible_sum(call, dims) * call->heads * call->head_dim;
    default:
        return 0;
    }
}

static double format_bytes(enum wi_format_id format, double elements) {
    const struct wi_format *f = wi_format_get(format);
    return elements * f->block_bytes / f->block_weights;
}

double wi_call_bytes(const struct wi_call *call, const struct wi_pass_dims *dims) {
    double rows = wi_call_rows(call, dims);
    double y = 4.0 * rows * wi_call_row_length(call);
    switch (call->op) {
    case WI_OP_embed:
        return rows * (4 + format_bytes(call->format, call->n)) + y;
    case WI_OP_gemv:
    case WI_OP_gemm:
        return format_bytes(call->format, (double)call->n * call->k) + 4.0 * rows * call->k + y;
    case WI_OP_kv_store:
        return 2 * (y + format_bytes(call->format, y / 4));
    case WI_OP_attention: {
        /* Each cell that any token sees, once; then q and y. */
        double cells = wi_call_visible(call, dims, dims->tokens - 1);
        double width = (double)call->kv_heads * call->head_dim;
        return 2 * format_bytes(call->format, dims->batch * cells * width) + 2 * y;
    }
    case WI_OP_glu:
        return 3 * y;
    case WI_OP_add:
        return 2 * y + (call->broadcast ? 4.0 * call->n : y);
    case WI_OP_argmax:
        return rows * (4.0 * call->n + 4);
    default:
        return 2 * y + 4.0 * call->n;
    }
}

/* ---- tolerance ----
 * A sum of K products in f32, in any order of accumulators, is off by about sqrt(K) roundings of
 * 2^-24 of sum_k |w_k x_k| (rounding errors behave like a random walk: N. Higham and T. Mary, "A
 * new approach to probabilistic rounding error analysis", 2019); worst seen over all shapes of the
 * tests is below a quarter of it. One missing product of average size shows up to K of about
 * 20,000. int8: the 32 products of a block are an exact integer, so that K / 32 terms are left, of
 * three roundings each: the factor of both scales, the product, the sum. What rounding the
 * activations costs is no error of the kernel: it is reported apart (reference.h). */
double wi_op_tolerance(enum wi_op_id op, enum wi_arithmetic arithmetic, enum wi_format_id format,
                       uint32_t k) {
    const double u = ldexp(1, -24);
    double sum = u * (8 + 2 * sqrt(arithmetic == WI_ARITHMETIC_int8 ? k / 32.0 : k));
    switch (op) {
    case WI_OP_argmax:
        return 0;
    case WI_OP_kv_store: /* the rounding to the format itself, of |x| */
        return format == WI_FORMAT_f32    ? 0
               : format == WI_FORMAT_q8_0 ? 0.5 / 127 + ldexp(1, -10)
                                          : ldexp(1, format == WI_FORMAT_bf16 ? -8 : -11);
    case WI_OP_glu:
    case WI_OP_gelu:
    case WI_OP_softcap: /* exp in f32 by a polynomial: a few roundings */
        return ldexp(1, -20);
    case WI_OP_attention: /* K is the head's length; exp and the sum over cells besides */
        return 4 * sum + ldexp(1, -19);
    default:
        return sum;
    }
}

static uint32_t sum_length(const struct wi_call *call) {
    switch (call->op) {
    case WI_OP_gemv:
    case WI_OP_gemm:
        return call->k;
    case WI_OP_rmsnorm:
    case WI_OP_layernorm:
        return call->n;
    case WI_OP_attention:
        return call->head_dim;
    default: /* a few terms */
        return 1;
    }
}

double wi_call_tolerance(const struct wi_call *call) {
    enum wi_arithmetic arithmetic =
        call->kernel == NULL ? WI_ARITHMETIC_f32 : call->kernel->arithmetic;
    return wi_op_tolerance(call->op, arithmetic, call->format, sum_length(call));
}

int wi_ops_validate(struct wi_err *err) {
    for (size_t i = 0; i < WI_OP_COUNT; i++) {
        if (infos[i].name == NULL || infos[i].equation[0] == '\0')
            return wi_fail(err, WI_INTERNAL, "op %zu: no name or no equation", i);
    }
    return WI_OK;
}
