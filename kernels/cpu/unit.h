/* unit.h: this unit's kernels, as registry.c declares them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_CPU_UNIT_H
#define WI_CPU_UNIT_H

#include "kernels/cpu/task.h"
#include "kernels/cpu/vec.h"

#define WI_KERNEL_EVERY_UNIT(op, format, ...)                                                      \
    void OF_UNIT(wi_##op##_##format)(const struct wi_call *, const struct wi_task *);
#include "kernels/kernels.inc"
#undef WI_KERNEL_EVERY_UNIT

/* One kernel per format out of a template `op(call, task, format)`, whose format is a constant. */
#define KERNEL(op, format)                                                                         \
    void OF_UNIT(wi_##op##_##format)(const struct wi_call *call, const struct wi_task *task) {     \
        op(call, task, WI_FORMAT_##format);                                                        \
    }

#endif
