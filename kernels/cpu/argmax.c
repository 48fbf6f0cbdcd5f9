/* argmax.c: the most likely token.
 *
 *   y[t] = the least i with x[t][i] = max_j x[t][j]
 *
 * Contract: x holds numbers; y is u32. Threads split each row, since decode has one row of a whole
 * vocabulary; then thread 0 takes the best of theirs, the earlier on a tie.
 * Scratch: shared, threads * rows pairs of (value, index).
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/unit.h"

struct best {
    float value;
    uint32_t i;
};

/* The largest of x[begin, end) by vectors first; then where it stands first. */
INLINE struct best best_of(const float *x, size_t begin, size_t end) {
    size_t i = begin;
    float most = x[begin];
    if (end - begin >= LANES) {
        vf v = vf_load(x + i);
        for (i += LANES; i + LANES <= end; i += LANES)
            v = vf_max(vf_load(x + i), v);
        most = vf_largest(v);
    }
    for (; i < end; i++)
        most = x[i] > most ? x[i] : most;
    for (i = begin; i + 1 < end && !(x[i] >= most); i++)
        continue;
    return (struct best){most, (uint32_t)i};
}

void OF_UNIT(wi_argmax_any)(const struct wi_call *call, const struct wi_task *task) {
    const float *x = wi_in(call->x);
    uint32_t *y = wi_out(call->y);
    struct best *found = (struct best *)(void *)task->shared;
    size_t n = call->n, rows = wi_call_rows(call, task->dims);
    struct wi_share share = wi_share_of(n, task->thread, task->threads);
    for (size_t t = 0; t < rows && share.begin < share.end; t++)
        found[t * task->threads + task->thread] =
            best_of(x + wi_row_in(call, task, t) * n, share.begin, share.end);
    wi_task_barrier(task);
    /* Shares are in order of threads; the first min(threads, n) have any. */
    for (size_t t = 0; t < rows && task->thread == 0; t++) {
        struct best best = found[t * task->threads];
        for (unsigned i = 1; i < task->threads && i < n; i++) {
            struct best other = found[t * task->threads + i];
            best = other.value > best.value ? other : best;
        }
        y[t] = best.i;
    }
}
