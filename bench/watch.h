/* watch.h: what the device was doing while a case ran, and which doubts follow.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_WATCH_H
#define WI_WATCH_H

#include "bench/notes.h"
#include "bench/run.h"

struct wi_moment { /* one reading of both clocks */
    uint64_t mono_ns;
    int64_t utc_ns;
};
struct wi_watch {
    struct wi_env *env; /* NULL: nothing is read */
    const struct wi_run_sink *sink;
    uint64_t origin_ns;
    struct wi_arena *arena; /* of the latest reading */
    struct wi_conditions latest;
    struct wi_arena *before_latest_arena; /* NULL: there was none */
    struct wi_conditions before_latest;
    struct wi_moment latest_at;
};

/* Reads, hands the reading to the sink, and notes what the time since the reading before it casts
 * doubt on; since the one before that, when less than 0.1 s lie between. `notes` may be NULL. */
int wi_watch_read(struct wi_watch *watch, const char *when, struct wi_notes *notes,
                  struct wi_err *err);
void wi_watch_fini(struct wi_watch *watch);
/* The reading from which the time up to at_ns is judged. */
const struct wi_conditions *wi_watch_since(const struct wi_watch *watch, uint64_t at_ns);

/* contended, throttled, on_battery. Pure. */
void wi_watch_doubts(const struct wi_conditions *before, const struct wi_conditions *after,
                     struct wi_notes *notes);
/* clock: the date went another way than the clock that times. Pure. */
void wi_watch_clock(const struct wi_moment *before, const struct wi_moment *after,
                    struct wi_notes *notes);

#endif
