/* measure_parts.h: the parts of the measuring loop. For bench/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_MEASURE_PARTS_H
#define WI_MEASURE_PARTS_H

#include "bench/measure.h"

struct wi_measuring { /* one case while it is measured */
    struct wi_measure_case *c;
    size_t index;
    struct wi_pass_segment *segments; /* of one pass */
    size_t segment_room;
    struct wi_sample *samples;
    size_t sample_room, sample_count;
    uint32_t passes, tokens_done;
    uint64_t sampled_ns, last_pass_ns;
    uint64_t last_end_ns;  /* of the pass before, by the session's clock */
    bool follows;          /* nothing was done between that pass and the next */
    uint64_t next_look_ns; /* when to ask again whether it is steady */
    uint64_t wall_ns;
    uint64_t verified_ns;    /* what a pass took call by call, when it was verified */
    uint64_t ran_ns, cpu_ns; /* of passes: by the clock; processor time of all threads */
    bool done;
};
struct wi_measure_loop {
    struct wi_session *session;
    const struct wi_measure_hooks *hooks;
    struct wi_arena *arena;
    uint64_t resolution_ns;
};

enum {
    WI_MEASURE_SAMPLES_LEAST = 3,
    WI_MEASURE_PASSES_MOST = 2000, /* of a case: more would tell nothing new */
    WI_MEASURE_SAMPLES_MOST = 65536,
};

struct wi_pass wi_measure_pass_of(const struct wi_measuring *r);
void wi_measure_say(const struct wi_measure_loop *l, const struct wi_measuring *r,
                    const char *step);

/* ---- measure_warm.c, measure_sample.c ---- */

int wi_measure_one_pass(const struct wi_measure_loop *l, struct wi_measuring *r, size_t *count,
                        uint64_t *start_ns, struct wi_err *err);
int wi_measure_warm_up(const struct wi_measure_loop *l, struct wi_measuring *r, struct wi_err *err);
/* One turn of a case; alone it needs as many. */
int wi_measure_sample_turn(const struct wi_measure_loop *l, struct wi_measuring *r,
                           struct wi_err *err);

/* What a budget may be passed by for the sake of WI_SUMMARY_BLOCKS_ENOUGH passes. */
#define WI_MEASURE_BUDGET_LONGER 1.75

#endif
