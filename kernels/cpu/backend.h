/* backend.h: the backend of the processor itself.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_CPU_BACKEND_H
#define WI_CPU_BACKEND_H

#include "kernels/backend.h"
#include "kernels/roofline.h"

extern const struct wi_backend wi_backend_cpu;

/* See roofline.h; params->backend is the CPU. */
int wi_cpu_roofline_measure(const struct wi_roofline_params *params, struct wi_arena *arena,
                            struct wi_roofline *roofline, struct wi_err *err);
uint64_t wi_cpu_roofline_bytes(const struct wi_inventory *inventory);

#endif
