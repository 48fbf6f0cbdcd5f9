/* gemv_int8.c: a matrix times few vectors, in products of bytes: decode at q8_0 and q4_0.
 *
 *   y[t][n] = sum_b dw[n][b] * dx[t][b] * sum_{i<32} qw[n][b][i] * qx[t][b][i]
 *   W: n x k, packed, k a multiple of 32; x: rows x k of f32, rounded to dx * qx (quantise.h)
 *
 * Contract: operands as aligned as their elements; y apart from the others; nothing is read past
 * the end. gemv_rows.h walks W.
 *
 * Each thread rounds all of x for itself: a block takes some 30 instructions, a row of Gemma 7B's
 * widest layer (24,576) 3 us, where a barrier costs as much and leaves x in another core's cache.
 * Then a block of W is a vector of bytes, one product and one conversion, and the two scales make
 * one f32 factor: sums are exact integers up to there.
 *
 * With weights in L2 one core takes 4.7 bytes a cycle at q4_0, 8.9 at q8_0, where unpacking to f32
 * took 2.2 and 4.7 (2-core Zen 3, AVX2, 2026-11-25).
 *
 * 256 bits also where there are 512: a vector is one block then, and joining two blocks, 18 or 34
 * bytes each, with their scales takes the instructions that the wider product saves.
 * SPDX-License-Identifier: Apache-2.0 */
#define WI_VEC_HALF 1
#include "kernels/cpu/dot.h"
#include "kernels/cpu/gemv_rows.h"
#include "kernels/cpu/scratch.h"

struct inputs { /* row t, block b: element t * blocks + b, times 32 of q, times LANES of c */
    const int8_t *q;
    const int32_t *c; /* per lane: -bias * sum of its q */
    const float *d;
    size_t blocks;
};

/* Vector i of VECS of a block's weights. q4_0: elements 0 to 15 are the low nibbles, 16 to 31 the
 * high ones; a vector of 32 bytes holds both. */
enum { DOTS = BLOCK / (4 * LANES) };
INLINE vi load_u(enum wi_format_id format, const uint8_t *block, int i) {
    if (format == WI_FORMAT_q8_0)
        return dot_form_q8_0(vi_load(block + 2 + 4 * LANES * i));
#if LANES == 8
    __m256i nibbles = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)(block + 2)));
    nibbles = _mm256_srlv_epi64(nibbles, _mm256_set_epi64x(4, 4, 0, 0));
    return (vi)nibbles & 0x0f0f0f0f;
#else
    vu nibbles = (vu)vi_load(block + 2);
    return (vi)((i == 0 ? nibbles : nibbles >> 4) & 0x0f0f0f0fu);
#endif
}

/* dw in lane 0, which is multiplied before it is spread: one instruction less than dw in all. What
 * follows it in the block is converted too, and not looked at. */
#if LANES == 8
typedef __m128 scale;
INLINE scale scale_load(const uint8_t *block) {
    return _mm_cvtph_ps(_mm_loadl_epi64((const void *)block));
}
INLINE vf scale_times(scale dw, float dx) {
    return (vf)_mm256_broadcastss_ps(_mm_mul_ss(dw, _mm_set_ss(dx)));
}
#else
typedef vf scale;
INLINE scale scale_load(const uint8_t *block) {
    return vf_all_f16(block);
}
INLINE vf scale_times(scale dw, float dx) {
    return dw * vf_all(dx);
}
#endif

/* acc[w][x] += sum over a block, whose factor is dw * dx. */
INLINE void block_dot(enum wi_format_id format, struct weights w, const struct inputs *in, size_t x,
                      int ws, int xs, vf acc[STREAMS][XS]) {
#pragma GCC unroll 4
    for (int a = 0; a < ws; a++) {
        const uint8_t *block = w.at + (size_t)a * w.stride;
        scale dw = scale_load(block);
#pragma GCC unroll 8
        for (int b = 0; b < xs; b++) {
            size_t at = x + (size_t)b * in->blocks;
            vi c = dot_bias(format) != 0 ? vi_load(in->c + at * LANES) : (vi){0};
            vi sum = dot_begin(format, c);
#pragma GCC unroll 2
            for (int i = 0; i < DOTS; i++)
                sum = dot_more(format, sum, load_u(format, block, i),
                               vi_load(in->q + at * BLOCK + 4 * LANES * i));
            vf exact = __builtin_convertvector(dot_end(format, sum, c), vf);
            acc[a][b] = vf_fma(scale_times(dw, in->d[at]), exact, acc[a][b]);
        }
    }
}

INLINE void rows_dot(enum wi_format_id format, struct weights w, const struct inputs *in, size_t t,
                     size_t k, int ws, int xs, struct results y) {
    vf acc[STREAMS][XS];
#pragma GCC unroll 4
    for (int a = 0; a < ws; a++)
#pragma GCC unroll 8
        for (int b = 0; b < xs; b++)
            acc[a][b] = vf_all(0);
    for (size_t b = 0; b < k / BLOCK; b++, w.at += block_bytes(format)) {
        ask_ahead(format, w, ws);
        block_dot(format, w, in, t * in->blocks + b, ws, xs, acc);
    }
#pragma GCC unroll 4
    for (int a = 0; a < ws; a++)
#pragma GCC unroll 8
        for (int b = 0; b < xs; b++)
            y.at[(size_t)a * y.step + (size_t)b * y.stride] = vf_sum(acc[a][b]);
}

/* c of n blocks. */
INLINE void correct(enum wi_format_id format, const int8_t *q, size_t n, int32_t *c) {
    const vi bias = (vi)vu_all(0x01010101u * (unsigned)dot_bias(format));
    for (size_t b = 0; b < n; b++) {
        vi sum = dot_begin(WI_FORMAT_q4_0, (vi){0});
#pragma GCC unroll 2
        for (int i = 0; i < DOTS; i++)
            sum = dot_more(WI_FORMAT_q4_0, sum, bias, vi_load(q + b * BLOCK + 4 * LANES * i));
        vi_store(c + b * LANES, -dot_end(WI_FORMAT_q4_0, sum, (vi){0}));
    }
}

INLINE void gemv(const struct wi_call *call, const struct wi_task *task, enum wi_format_id format) {
    size_t rows = wi_call_rows(call, task->dims), k = call->k, blocks = k / BLOCK;
    int8_t *q = (int8_t *)task->own;
    int32_t *c = (int32_t *)(void *)(q + rows * k);
    float *d = (float *)(void *)(c + rows * blocks * LANES);
    for (size_t t = 0; t < rows; t++)
        OF_UNIT(wi_quantise)
    ((const float *)wi_in(call->x) + wi_row_in(call, task, t) * k, k, q + t * k, d + t * blocks);
    if (dot_bias(format) != 0)
        correct(format, q, rows * blocks, c);
    const struct inputs in = {q, c, d, blocks};
    gemv_rows(call, task, format, &in);
}

KERNEL_INT8(gemv, q8_0)
KERNEL_INT8(gemv, q4_0)
