/* embed.c: rows of the embedding table, looked up.
 *
 *   y[t][i] = scale * E[token[t]][i] (+ P[position(t)][i]) (+ T[0][i]);  E: rows of n, packed
 *
 * Contract: token ids are below the table's rows; P and T may be absent. Threads split the rows.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/load.h"
#include "kernels/cpu/unit.h"

/* out[i] = scale * w[i] + p[i] + t[i] over n <= BLOCK elements, w whole and padded. */
INLINE void sum_terms(const float w[BLOCK], float scale, const float *p, const float *t, size_t n,
                      float *out) {
    for (size_t i = 0; i < n; i++) {
        float v = scale * w[i];
        v = p == NULL ? v : v + p[i];
        out[i] = t == NULL ? v : v + t[i];
    }
}

INLINE void embed(const struct wi_call *call, const struct wi_task *task,
                  enum wi_format_id format) {
    const uint32_t *token = wi_in(call->x);
    const uint8_t *table = wi_in(call->w);
    const float *p = wi_in(call->x2), *type = wi_in(call->bias);
    float *y = wi_out(call->y), w[BLOCK];
    size_t n = call->n;
    struct wi_share rows = wi_share_of(wi_call_rows(call, task->dims), task->thread, task->threads);
    for (size_t t = rows.begin; t < rows.end; t++) {
        const uint8_t *row = table + token[t] * row_bytes(format, n);
        const float *place =
            p == NULL ? NULL : p + (task->dims->depth + t % task->dims->tokens) * n;
        for (size_t i = 0; i < n; i += BLOCK) {
            size_t left = n - i < BLOCK ? n - i : BLOCK;
            unpack(format, row + row_bytes(format, i), left, w);
            sum_terms(w, call->scale, place == NULL ? NULL : place + i,
                      type == NULL ? NULL : type + i, left, y + t * n + i);
        }
    }
}

KERNEL(embed, f32)
KERNEL(embed, f16)
KERNEL(embed, bf16)
KERNEL(embed, q8_0)
KERNEL(embed, q4_0)
