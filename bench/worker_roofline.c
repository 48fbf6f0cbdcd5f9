/* worker_roofline.c: the first worker on a compute device measures its limits, any later one again
 * when they were passed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/worker_parts.h"
#include "kernels/null/null.h"
#include "kernels/roofline.h"

int wi_worker_roofline(const struct wi_job *job, uint64_t budget_ns, unsigned nth,
                       struct wi_roofline *roofline, struct wi_err *err) {
    const struct wi_session_params *s = &job->session;
    if (s->backend == WI_BACKEND_null)
        return wi_null_roofline(s->null_script, nth, roofline, err);
    const struct wi_roofline_params params = {.backend = s->backend,
                                              .inventory = s->inventory,
                                              .compute_device_id = s->compute_device_id,
                                              .cpus = s->cpus,
                                              .cpu_count = s->cpu_count,
                                              .isa_cap = s->isa_cap,
                                              .clock = s->clock,
                                              .budget_ns = budget_ns};
    return wi_roofline_measure(&params, roofline, err);
}
