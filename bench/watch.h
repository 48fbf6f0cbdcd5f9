/* watch.h: what the device was doing while a case ran, and which doubts follow.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_WATCH_H
#define WI_WATCH_H

#include "bench/run.h"

struct wi_watch {
    struct wi_env *env; /* NULL: nothing is read */
    const struct wi_run_sink *sink;
    uint64_t origin_ns;
    struct wi_arena *arena; /* of the latest reading */
    struct wi_conditions latest;
};

/* Reads, hands the reading to the sink, and says what the time since the reading before it casts
 * doubt on. `doubts` may be NULL. */
int wi_watch_read(struct wi_watch *watch, const char *when, uint32_t *doubts, struct wi_err *err);
void wi_watch_fini(struct wi_watch *watch);

/* WI_DOUBT_BIT: contended, on_battery. Pure. */
uint32_t wi_watch_doubts(const struct wi_conditions *before, const struct wi_conditions *after);

#endif
