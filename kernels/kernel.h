/* kernel.h: a kernel: one way to honour an op's contract, and the table of all of them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_KERNEL_H
#define WI_KERNEL_H

#include "kernels/op.h"
#include "results/record.h"

struct wi_task;
/* CPU kernels: thread `task->thread` of `task->threads` does its share of the call. */
typedef void (*wi_cpu_kernel)(const struct wi_call *call, const struct wi_task *task);

struct wi_kernel {
    const char *name; /* "gemv_q4_0__cpu_avx512": what__how */
    enum wi_op_id op;
    enum wi_backend_id backend;
    bool any_format; /* the op reads no packed data: `format` has no meaning */
    enum wi_format_id format;
    enum wi_arithmetic arithmetic;
    uint64_t needs;                  /* WI_ISA_BIT; entered only if the device has all of them */
    uint32_t tile_m, tile_n, tile_k; /* of the result and of the sum; 1: no blocking */
    wi_cpu_kernel run_cpu;           /* NULL on other backends */
};

/* All kernels of this build, the better of two that could do the same after the other. */
const struct wi_kernel *wi_kernels(size_t *count);
/* The best kernel for (op, format) on `backend` that needs no more than `allowed`. WI_UNSUPPORTED
 * names op, format and what is missing. */
int wi_kernel_pick(enum wi_backend_id backend, enum wi_op_id op, enum wi_format_id format,
                   uint64_t allowed, const struct wi_kernel **kernel, struct wi_err *err);

#endif
