/* rope.c: rotary position embedding (J. Su et al., "RoFormer", 2021), halves paired.
 *
 *   a = position(t) * theta^(-2i/r): (x[i], x[i+r/2]) turned by a, for i < r/2 of each head
 *
 * Contract: y may be x, otherwise what is not turned is copied; x2 has the cosines and sines of a
 * position, made when the session opens. Threads split the heads of all rows.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/unit.h"

INLINE void turn(const float *x, const float *cosine, const float *sine, size_t half, float *y) {
    size_t i = 0;
    for (; i + LANES <= half; i += LANES) {
        vf a = vf_load(x + i), b = vf_load(x + half + i);
        vf c = vf_load(cosine + i), s = vf_load(sine + i);
        vf_store(y + i, a * c - b * s);
        vf_store(y + half + i, a * s + b * c);
    }
    for (; i < half; i++) {
        float a = x[i], b = x[half + i];
        y[i] = a * cosine[i] - b * sine[i];
        y[half + i] = a * sine[i] + b * cosine[i];
    }
}

void OF_UNIT(wi_rope_any)(const struct wi_call *call, const struct wi_task *task) {
    const float *x = wi_in(call->x), *table = wi_in(call->x2);
    float *y = wi_out(call->y);
    size_t heads = call->heads, dim = call->head_dim, half = call->rotary / 2, turned = 2 * half;
    struct wi_share share =
        wi_share_of(heads * wi_call_rows(call, task->dims), task->thread, task->threads);
    for (size_t h = share.begin; h < share.end; h++) {
        size_t t = h / heads, position = task->dims->depth + t % task->dims->tokens;
        const float *in = x + (wi_row_in(call, task, t) * heads + h % heads) * dim;
        const float *cosine = table + position * call->rotary;
        turn(in, cosine, cosine + half, half, y + h * dim);
        if (y + h * dim != in)
            memcpy(y + h * dim + turned, in + turned, (dim - turned) * sizeof *y);
    }
}
