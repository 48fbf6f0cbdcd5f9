/* task.h: what a CPU kernel is told besides the call: which share of it is this thread's.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All threads of a team enter a kernel with the same call; each writes its own part of the results.
 * The caller puts a barrier between two calls. */
#ifndef WI_CPU_TASK_H
#define WI_CPU_TASK_H

#include "kernels/cpu/team.h"
#include "kernels/kernel.h"

struct wi_task {
    unsigned thread, threads;
    const struct wi_pass_dims *dims;
    float *own;    /* scratch of this thread, wi_cpu_scratch().own floats, 64-byte aligned */
    float *shared; /* scratch of the call, wi_cpu_scratch().shared floats, 64-byte aligned */
};

/* Scratch that a call needs on `threads` threads, in floats, whatever the split of `rows` into
 * sequences and tokens. Kernels that use scratch cut it up by scratch.h. */
struct wi_cpu_scratch {
    size_t own, shared;
};
struct wi_cpu_scratch wi_cpu_scratch(const struct wi_call *call, size_t rows, unsigned threads);

/* All threads of the call are here; what they wrote before is seen by all after. */
static inline void wi_task_barrier(const struct wi_task *task) {
    if (task->threads > 1)
        wi_team_barrier();
}

/* [begin, end) of `count` things for this thread, in order of threads; sizes differ by at most one.
 * Weights are made by the same split, so that a thread finds its rows in its own NUMA node. */
struct wi_share {
    size_t begin, end;
};
static inline struct wi_share wi_share_of(size_t count, unsigned part, unsigned parts) {
    size_t each = count / parts, more = count % parts;
    size_t begin = part * each + (part < more ? part : more);
    return (struct wi_share){begin, begin + each + (part < more ? 1 : 0)};
}

/* ---- operands ---- */
static inline const void *wi_in(struct wi_view view) {
    return view.buffer == NULL ? NULL : (const char *)view.buffer->host + view.offset_bytes;
}
static inline void *wi_out(struct wi_view view) {
    return (char *)view.buffer->host + view.offset_bytes;
}
/* The row of x that result row t is made from. */
static inline size_t wi_row_in(const struct wi_call *call, const struct wi_task *task, size_t t) {
    size_t tokens = task->dims->tokens;
    return call->rows == WI_ROWS_gather_last ? t * tokens + tokens - 1 : t;
}

#endif
