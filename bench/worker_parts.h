/* worker_parts.h: the parts of a worker. For bench/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_WORKER_PARTS_H
#define WI_WORKER_PARTS_H

#include "bench/protocol.h"

/* The nth measuring of this worker, from 0. worker_roofline.c, which is built when there is
 * something to call. */
int wi_worker_roofline(const struct wi_job *job, uint64_t budget_ns, unsigned nth,
                       struct wi_arena *arena, struct wi_roofline *roofline, struct wi_err *err);

#endif
