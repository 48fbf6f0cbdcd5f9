/* summary_parts.h: stored samples as passes made of parts. For summary*.c only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_SUMMARY_PARTS_H
#define WI_SUMMARY_PARTS_H

#include "base/arena.h"
#include "results/summary.h"

enum wi_part { WI_PART_first, WI_PART_global, WI_PART_local, WI_PART_head, WI_PART_COUNT };

struct wi_timing {
    double ns;
    uint32_t pass; /* index, from 0 */
};
struct wi_part_series { /* all timings of one part */
    struct wi_timing *items;
    size_t count;
    double times; /* how often the part stands in the whole model */
};
struct wi_passes {
    struct wi_part_series parts[WI_PART_COUNT];
    uint32_t count;
    double *run_ns;   /* as run, index by pass */
    double *model_ns; /* as the whole model, by the segment formula within the pass */
    uint32_t clock_stood, clock_back; /* as in struct wi_summary */
};

/* WI_CORRUPT: passes of different make, or none. */
int wi_passes_read(const struct wi_summary_input *input, struct wi_arena *arena,
                   struct wi_passes *passes, struct wi_err *err);

#endif
