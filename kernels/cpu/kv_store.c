/* kv_store.c: new keys and values into their cells.
 *
 *   K[cell(t)] = round(k[t]), V[cell(t)] = round(v[t]);  rows of kv_heads * head_dim
 *
 * Contract: rows of q8_0 are whole blocks. Of tokens that share a cell (more tokens than cells) the
 * last is stored. Threads split the rows.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/load.h"
#include "kernels/cpu/unit.h"

#include <math.h>

/* 32 elements as ggml rounds them: d = max |x| / 127, q = x / d, half away from zero. */
INLINE void store_q8_0(uint8_t *block, const float *x) {
    vf most = vf_all(0);
    for (int i = 0; i < BLOCK; i += LANES)
        most = vf_max(vf_abs(vf_load(x + i)), most);
    float d = vf_largest(most) / 127, inverse = d > 0 ? 1 / d : 0, lanes[LANES];
    uint8_t half[2 * LANES];
    int8_t q[BLOCK];
    vf_store(lanes, vf_all(d));
    vf_store_f16(half, vf_load(lanes));
    memcpy(block, half, 2);
    for (int i = 0; i < BLOCK; i++)
        q[i] = (int8_t)roundf(x[i] * inverse);
    memcpy(block + 2, q, sizeof q);
}

INLINE void store_block(enum wi_format_id format, uint8_t *block, const float *x) {
    if (format == WI_FORMAT_q8_0) {
        store_q8_0(block, x);
        return;
    }
    for (int i = 0; i < BLOCK; i += LANES) {
        if (format == WI_FORMAT_f16)
            vf_store_f16(block + 2 * i, vf_load(x + i));
        else if (format == WI_FORMAT_bf16)
            vf_store_bf16(block + 2 * i, vf_load(x + i));
        else
            vf_store((float *)(void *)(block + 4 * i), vf_load(x + i));
    }
}

INLINE void store_row(enum wi_format_id format, uint8_t *row, const float *x, size_t n) {
    size_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK)
        store_block(format, row + row_bytes(format, i), x + i);
    if (i < n) {
        uint8_t block[BLOCK_BYTES_MAX];
        float padded[BLOCK];
        store_block(format, block, pad_floats(x + i, n - i, padded));
        memcpy(row + row_bytes(format, i), block, row_bytes(format, n - i));
    }
}

INLINE void kv_store(const struct wi_call *call, const struct wi_task *task,
                     enum wi_format_id format) {
    const float *k = wi_in(call->x), *v = wi_in(call->x2);
    uint8_t *keys = wi_out(call->y), *values = wi_out(call->y2);
    size_t n = (size_t)call->kv_heads * call->head_dim, bytes = row_bytes(format, n);
    size_t tokens = task->dims->tokens;
    struct wi_share rows = wi_share_of(wi_call_rows(call, task->dims), task->thread, task->threads);
    for (size_t t = rows.begin; t < rows.end; t++) {
        if (t % tokens + call->cells < tokens)
            continue; /* a later one takes its cell */
        size_t position = task->dims->depth + t % tokens;
        size_t cell = t / tokens * call->cells + position % call->cells;
        store_row(format, keys + cell * bytes, k + t * n, n);
        store_row(format, values + cell * bytes, v + t * n, n);
    }
}

KERNEL(kv_store, f32)
KERNEL(kv_store, f16)
KERNEL(kv_store, bf16)
KERNEL(kv_store, q8_0)
