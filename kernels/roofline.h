/* roofline.h: what a compute device does at most: bytes it reads and operations it does a second.
 * SPDX-License-Identifier: Apache-2.0
 *
 * S. Williams, A. Waterman, D. Patterson, "Roofline: an insightful visual performance model for
 * multicore architectures", CACM 52(4), 2009. Measured with the same threads that run the kernels,
 * so that a kernel's share of it is a share of what this device really gives. */
#ifndef WI_ROOFLINE_H
#define WI_ROOFLINE_H

#include "base/clock.h"
#include "results/record.h"

struct wi_roofline_params {
    enum wi_backend_id backend;
    const struct wi_inventory *inventory; /* borrowed */
    const char *compute_device_id;
    const unsigned *cpus; /* hardware threads, one thread each, pinned */
    size_t cpu_count;
    const char *isa_cap; /* NULL: none */
    const struct wi_clock *clock;
    uint64_t memory_limit_bytes; /* 0: none */
    uint64_t budget_ns;          /* of all that is measured; at least 3 passes each are made */
};
/* Fills what this build can measure on this backend; the rest stays unknown. Ceilings are in the
 * arena; the figures are medians of passes, the best way of each:
 *
 *   read    every byte of a buffer of 4x the last-level cache (at least 256 MiB) once a pass: plain,
 *           non-temporal, several streams a thread; huge and small pages; one thread and all
 *   copy    one half of it to the other, bytes read plus bytes written; plain and past the caches
 *   peak    multiply-adds from registers, for each arithmetic that the cap allows
 *   unpack  each precision's gemv (decode) and gemm (prefill), weights in L1 or L2
 *   launch  a call that does nothing, with its barrier
 *
 * WI_UNSUPPORTED when nothing can be measured (the null backend: scripted rates are no device). */
int wi_roofline_measure(const struct wi_roofline_params *params, struct wi_arena *arena,
                        struct wi_roofline *roofline, struct wi_err *err);
/* The most that this maps at once. */
uint64_t wi_roofline_bytes(enum wi_backend_id backend, const struct wi_inventory *inventory);

#endif
