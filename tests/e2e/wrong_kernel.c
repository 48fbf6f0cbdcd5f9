/* wrong_kernel.c: gemv_q8_0__cpu_wrong: right but for the sign of one product in each third row.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Part of the program `weighin_wrong`, which is weighin with this kernel registered: what a bug in
 * an otherwise fast kernel looks like. */
#include "kernels/kernel.h"

#include "kernels/cpu/task.h"
#include "kernels/pack.h"

#include <stddef.h>

void wi_gemv_q8_0__cpu_generic(const struct wi_call *call, const struct wi_task *task);
void wi_gemv_q8_0__cpu_wrong(const struct wi_call *call, const struct wi_task *task);

void wi_gemv_q8_0__cpu_wrong(const struct wi_call *call, const struct wi_task *task) {
    wi_gemv_q8_0__cpu_generic(call, task);
    wi_task_barrier(task);
    const float *x = (const float *)((const char *)call->x.buffer->host + call->x.offset_bytes);
    const char *w = (const char *)call->w.buffer->host + call->w.offset_bytes;
    float *y = (float *)((char *)call->y.buffer->host + call->y.offset_bytes);
    uint64_t row_bytes = wi_format_bytes(wi_format_get(WI_FORMAT_q8_0), 1, call->k);
    double block[32];
    for (uint32_t n = 0; n < call->n && task->thread == 0; n += 3) {
        wi_unpack(WI_FORMAT_q8_0, w + n * row_bytes, 0, 32, block);
        y[n] -= 2 * (float)block[7] * x[7];
    }
}
