/* element.c: ops that go element by element.
 *
 *   glu      y[t][i] = act(x[t][i]) * u[t][i]
 *   gelu     y[t][i] = x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))
 *   add      y[t][i] = x[t][i] + b[t or 0][i]
 *   softcap  y[t][i] = c * tanh(x[t][i] / c)
 *
 * Contract: f32, 4-byte alignment; y may be x; nothing is read past a row's end. Threads split the
 * elements, not the rows, since decode has one row.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/math.h"
#include "kernels/cpu/unit.h"

typedef vf (*element_op)(const struct wi_call *call, vf x, vf x2);

INLINE vf glu(const struct wi_call *call, vf x, vf u) {
    return (call->act == WI_ACT_gelu ? vf_gelu(x) : vf_silu(x)) * u;
}
INLINE vf gelu(const struct wi_call *call, vf x, vf unused) {
    (void)call, (void)unused;
    return vf_gelu(x);
}
INLINE vf add(const struct wi_call *call, vf x, vf b) {
    (void)call;
    return x + b;
}
INLINE vf softcap(const struct wi_call *call, vf x, vf unused) {
    (void)unused;
    return call->softcap * vf_tanh(x / call->softcap);
}

/* Fewer than LANES elements: by way of vectors of zeros. */
INLINE void span_end(element_op op, const struct wi_call *call, const float *x, const float *x2,
                     float *y, size_t n) {
    float in[LANES] = {0}, in2[LANES] = {0}, out[LANES];
    memcpy(in, x, n * sizeof *x);
    if (x2 != NULL)
        memcpy(in2, x2, n * sizeof *x2);
    vf_store(out, op(call, vf_load(in), vf_load(in2)));
    memcpy(y, out, n * sizeof *y);
}

INLINE void span(element_op op, const struct wi_call *call, const float *x, const float *x2,
                 float *y, size_t n) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        vf_store(y + i, op(call, vf_load(x + i), x2 == NULL ? vf_all(0) : vf_load(x2 + i)));
    if (i < n)
        span_end(op, call, x + i, x2 == NULL ? NULL : x2 + i, y + i, n - i);
}

/* Shares are cut at multiples of a cache line of y, so that no two threads write to the same. */
INLINE void every_element(element_op op, const struct wi_call *call, const struct wi_task *task) {
    enum { LINE = 16 };
    const float *x = wi_in(call->x), *x2 = wi_in(call->x2);
    float *y = wi_out(call->y);
    size_t n = call->n, total = n * wi_call_rows(call, task->dims);
    struct wi_share lines = wi_share_of((total + LINE - 1) / LINE, task->thread, task->threads);
    size_t at = lines.begin * LINE, end = lines.end * LINE < total ? lines.end * LINE : total;
    while (at < end) {
        size_t t = at / n, i = at % n, left = n - i < end - at ? n - i : end - at;
        size_t from = wi_row_in(call, task, t) * n + i;
        span(op, call, x + from, x2 == NULL ? NULL : x2 + (call->broadcast ? i : from), y + at,
             left);
        at += left;
    }
}

void OF_UNIT(wi_glu_any)(const struct wi_call *call, const struct wi_task *task) {
    every_element(glu, call, task);
}
void OF_UNIT(wi_gelu_any)(const struct wi_call *call, const struct wi_task *task) {
    every_element(gelu, call, task);
}
void OF_UNIT(wi_add_any)(const struct wi_call *call, const struct wi_task *task) {
    every_element(add, call, task);
}
void OF_UNIT(wi_softcap_any)(const struct wi_call *call, const struct wi_task *task) {
    every_element(softcap, call, task);
}
