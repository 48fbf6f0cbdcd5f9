/* row.h: from what a worker measured to the row that is stored.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_ROW_H
#define WI_ROW_H

#include "bench/measure.h"
#include "bench/notes.h"
#include "bench/run.h"

struct wi_row_context {
    const struct wi_run_request *request;
    const struct wi_plan *plan;
    const struct wi_plan_group *group;
    const struct wi_session_info *info; /* NULL: no session was opened */
    const struct wi_roofline *roofline; /* NULL: not measured */
    const struct wi_beside *beside;     /* the same case measured another way */
    size_t beside_count;
    const struct wi_notes *notes; /* from the conditions and the canary; NULL: none */
};

/* Computes rate, interval, bounds and doubts from the raw samples; `measured` may have come from a
 * worker that is not trusted: samples that are no passes make the row `crashed`. Text is borrowed
 * from the arguments or lies in the arena. */
void wi_row_make(const struct wi_row_context *context, const struct wi_plan_case *c,
                 const struct wi_measured *measured, struct wi_arena *arena,
                 struct wi_measurement *row);

/* The raw samples are faster than a ceiling says that they can be, be it one of the device or what
 * the kernel did with weights in cache: then the ceiling was measured in a worse hour. */
bool wi_row_is_above(const struct wi_measure_case *c, const struct wi_session_info *info,
                     const struct wi_roofline *ceiling, uint64_t cache_bytes);

#endif
