/* norm.c: normalisation of rows.
 *
 *   rmsnorm    y[t][i] = x[t][i] / sqrt(mean_j x[t][j]^2 + eps) * w[i]
 *   layernorm  y[t][i] = (x[t][i] - mean x[t]) / sqrt(var x[t] + eps) * w[i] + b[i]
 *
 * Contract: x and y apart; a row has `heads` groups of n that are normalised each for itself; w and
 * b may be absent. Threads split the groups. The variance is a second pass over x - mean, since
 * E[x^2] - E[x]^2 cancels.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/load.h"
#include "kernels/cpu/unit.h"

#include <math.h>

/* sum_i (x[i] - mean)^power over n elements; what pads the end has to count as nothing. */
INLINE float sum_of(const float *x, size_t n, float mean, int power) {
    vf sum[2] = {{0}, {0}};
    size_t i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        for (int j = 0; j < 2; j++) {
            vf d = vf_load(x + i + j * LANES) - mean;
            sum[j] = power == 1 ? sum[j] + d : vf_fma(d, d, sum[j]);
        }
    }
    float rest = 0;
    for (; i < n; i++)
        rest += power == 1 ? x[i] - mean : (x[i] - mean) * (x[i] - mean);
    return vf_sum(sum[0] + sum[1]) + rest;
}

/* y = (x - mean) * inverse * w + b */
INLINE void scale_group(const float *x, const float *w, const float *b, size_t n, float mean,
                        float inverse, float *y) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        vf v = (vf_load(x + i) - mean) * inverse;
        v = w == NULL ? v : v * vf_load(w + i);
        vf_store(y + i, b == NULL ? v : v + vf_load(b + i));
    }
    for (; i < n; i++)
        y[i] = (x[i] - mean) * inverse * (w == NULL ? 1 : w[i]) + (b == NULL ? 0 : b[i]);
}

INLINE void norm(const struct wi_call *call, const struct wi_task *task, int layer) {
    const float *x = wi_in(call->x), *w = wi_in(call->w), *b = wi_in(call->bias);
    float *y = wi_out(call->y);
    size_t n = call->n, heads = call->heads;
    struct wi_share groups =
        wi_share_of(heads * wi_call_rows(call, task->dims), task->thread, task->threads);
    for (size_t g = groups.begin; g < groups.end; g++) {
        const float *in = x + (wi_row_in(call, task, g / heads) * heads + g % heads) * n;
        float mean = layer ? sum_of(in, n, 0, 1) / (float)n : 0;
        float inverse = 1 / sqrtf(sum_of(in, n, mean, 2) / (float)n + call->eps);
        scale_group(in, w, b, n, mean, inverse, y + g * n);
    }
}

void OF_UNIT(wi_rmsnorm_any)(const struct wi_call *call, const struct wi_task *task) {
    norm(call, task, 0);
}
void OF_UNIT(wi_layernorm_any)(const struct wi_call *call, const struct wi_task *task) {
    norm(call, task, 1);
}
