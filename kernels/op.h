/* op.h: what an op is: its operands, its cost and how far a kernel may be off.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An op is a contract; a kernel (kernel.h) is one way to honour it. A pass through a model is a
 * list of calls of ops (transformer.h). Sizes are in elements; a row is a token of a sequence: row
 * t of a pass over `batch` sequences of `tokens` is token t % tokens of sequence t / tokens. */
#ifndef WI_OP_H
#define WI_OP_H

#include "base/status.h"
#include "models/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wi_op_id {
#define WI_OP(id, ...) WI_OP_##id,
#include "kernels/ops.inc"
#undef WI_OP
    WI_OP_COUNT
};
const char *wi_op_name(enum wi_op_id op);

enum wi_op_kind { WI_OP_KIND_vector, WI_OP_KIND_matrix, WI_OP_KIND_cache };
enum wi_op_kind wi_op_kind(enum wi_op_id op);

/* Memory that a backend owns. `host` is NULL when the CPU cannot read it in place. */
struct wi_buffer {
    uint64_t bytes;
    void *host;
    void *handle; /* the backend's own */
};
struct wi_view { /* an operand: row-major from `offset` on; buffer NULL: operand not given */
    struct wi_buffer *buffer;
    uint64_t offset_bytes;
};

/* Which rows a call computes. gather_last reads row tokens-1 of each sequence and writes row
 * `sequence`; calls after it work on one row a sequence. */
enum wi_rows { WI_ROWS_all, WI_ROWS_gather_last, WI_ROWS_sequences };

enum wi_act { WI_ACT_gelu, WI_ACT_silu };

/* clang-format off */
/* One application of an op. Rows of x, x2 and y are contiguous: their length follows from the op.
 *
 *   op             operands                                shape
 *   embed          x = token ids (u32), w = E,             n = k = row length
 *                  x2 = P, bias = T, y
 *   *norm          x, w, bias (may be absent), y           n = row length, heads = groups a row
 *   gemv gemm      x, w, y                                 n, k
 *   rope           x, turned in place (y = x); x2 = table  heads, head_dim, rotary
 *   kv_store       x = k, x2 = v, y = K, y2 = V            kv_heads, head_dim, cells
 *   attention      x = q, w = K, x2 = V, y                 heads, kv_heads, head_dim, cells
 *   glu            x = gate, x2 = up, y                    n
 *   gelu softcap   x, y                                    n
 *   add            x, x2, y                                n
 *   argmax         x, y (u32)                              n
 *
 * The elementwise ops, rope and nothing else may have y = x. In memory:
 *
 *   P and T of embed  f32, n a row; row position(t) of P, row 0 of T
 *   table of rope     f32, `rotary` a row, a row a position from 0: rotary/2 cosines, then as many
 *                     sines, of position * theta^(-2i/rotary)
 *   K and V           a row is a cell: kv_heads * head_dim elements of `format`; sequence s has
 *                     rows s * cells to (s+1) * cells - 1; position(t) = depth + t within it
 *   norms             w may be absent too (ones); w and bias have n elements, for each head
 */
/* clang-format on */
struct wi_call {
    enum wi_op_id op;
    enum wi_format_id format; /* of w; of K and V for cache ops */
    enum wi_rows rows;
    uint32_t n, k;
    uint32_t heads, kv_heads, head_dim, rotary;
    uint32_t cells;  /* KV cells of a sequence; position p lies in cell p % cells */
    uint32_t window; /* attention: only the last `window` positions are visible; 0: all */
    bool causal;
    bool broadcast;            /* add: x2 is one row */
    enum wi_act act;           /* glu */
    float scale, softcap, eps; /* softcap 0: none */
    struct wi_view x, x2, w, bias, y, y2;
    const char *label;              /* "layer 0 mlp_down", for messages; in the program's arena */
    const struct wi_kernel *kernel; /* chosen by the session before `prepare` */
};

/* What a pass adds to the shapes of its calls. */
struct wi_pass_dims {
    uint32_t tokens, depth, batch;
};
uint32_t wi_call_rows(const struct wi_call *call, const struct wi_pass_dims *dims);
uint32_t wi_call_row_length(const struct wi_call *call); /* of y, in elements */

/* ---- cost: compulsory work, whatever the kernel ---- */
double wi_call_flops(const struct wi_call *call, const struct wi_pass_dims *dims);
/* Least bytes: every operand read once, every result written once. */
double wi_call_bytes(const struct wi_call *call, const struct wi_pass_dims *dims);
/* Positions that row `t` of a sequence may attend to. */
uint32_t wi_call_visible(const struct wi_call *call, const struct wi_pass_dims *dims, uint32_t t);

/* ---- error (SEMANTICS "Verification") ----
 * error = max |y - ref| / scale, where scale is sum_k |w_k x_k| for sums and the matching condition
 * of the other ops (reference.c says which). */
/* int8: weights as they are stored, activations rounded to int8 (quantise.h); sums of products are
 * exact within a block. */
#define WI_ARITHMETIC_LIST(X) X(f32) X(int8)
enum wi_arithmetic {
#define WI_X(name) WI_ARITHMETIC_##name,
    WI_ARITHMETIC_LIST(WI_X)
#undef WI_X
};
const char *wi_arithmetic_name(enum wi_arithmetic arithmetic);
double wi_op_tolerance(enum wi_op_id op, enum wi_arithmetic arithmetic, enum wi_format_id format,
                       uint32_t k);
/* The same for a call: K is what its op sums over. The call's kernel says the arithmetic; f32
 * without one. */
double wi_call_tolerance(const struct wi_call *call);

/* Every op table has its entries in order and complete; WI_INTERNAL names the first that is not. */
int wi_ops_validate(struct wi_err *err);

#endif
