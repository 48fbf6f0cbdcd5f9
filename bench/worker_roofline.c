/* worker_roofline.c: the first worker on a compute device measures its limits, any later one again
 * when they were passed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/worker_parts.h"

#include "base/os.h"
#include "kernels/null/null.h"
#include "kernels/roofline.h"

/* What this worker may still take: it holds its model when it measures again. 0: no limit. */
static uint64_t memory_left(uint64_t limit) {
    uint64_t held = wi_os_peak_rss_bytes();
    return limit == 0 ? 0 : limit > held ? limit - held : 1;
}

int wi_worker_roofline(const struct wi_job *job, uint64_t budget_ns, unsigned nth,
                       struct wi_arena *arena, struct wi_roofline *roofline, struct wi_err *err) {
    const struct wi_session_params *s = &job->session;
    if (s->backend == WI_BACKEND_null)
        return wi_null_roofline(s->null_script, nth, arena, roofline, err);
    const struct wi_roofline_params params = {.backend = s->backend,
                                              .inventory = s->inventory,
                                              .compute_device_id = s->compute_device_id,
                                              .cpus = s->cpus,
                                              .cpu_count = s->cpu_count,
                                              .isa_cap = s->isa_cap,
                                              .clock = s->clock,
                                              .memory_limit_bytes =
                                                  memory_left(s->memory_limit_bytes),
                                              .budget_ns = budget_ns};
    return wi_roofline_measure(&params, arena, roofline, err);
}
