/* unit.h: this unit's kernels, as registry.c declares them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_CPU_UNIT_H
#define WI_CPU_UNIT_H

#include "kernels/cpu/task.h"
#include "kernels/cpu/vec.h"

#define WI_KERNEL_EVERY_UNIT(op, format, ...)                                                      \
    void OF_UNIT(wi_##op##_##format)(const struct wi_call *, const struct wi_task *);
#define WI_KERNEL_DOT_UNITS(op, format, ...)                                                       \
    void INT8_OF_UNIT(wi_##op##_##format)(const struct wi_call *, const struct wi_task *);
#include "kernels/kernels.inc"
#undef WI_KERNEL_EVERY_UNIT
#undef WI_KERNEL_DOT_UNITS

/* Activations as int8: wi_quantise (kernels/quantise.h), bit for bit. */
void OF_UNIT(wi_quantise)(const float *x, size_t k, int8_t *q, float *d);

/* One kernel per format out of a template `op(call, task, format)`, whose format is a constant. */
#define KERNEL(op, format)                                                                         \
    void OF_UNIT(wi_##op##_##format)(const struct wi_call *call, const struct wi_task *task) {     \
        op(call, task, WI_FORMAT_##format);                                                        \
    }
#define KERNEL_INT8(op, format)                                                                    \
    void INT8_OF_UNIT(wi_##op##_##format)(const struct wi_call *call,                              \
                                          const struct wi_task *task) {                            \
        op(call, task, WI_FORMAT_##format);                                                        \
    }

#endif
