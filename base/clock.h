/* clock.h: time as something that is handed in, so that tests can script it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_CLOCK_H
#define WI_CLOCK_H

#include <stdint.h>

struct wi_clock {
    uint64_t (*now_ns)(void *state); /* monotonic, since an arbitrary origin */
    int64_t (*utc_ns)(void *state);  /* nanoseconds since 1970 */
    void *state;
};

extern const struct wi_clock wi_clock_system; /* CLOCK_MONOTONIC, CLOCK_REALTIME */

static inline uint64_t wi_now_ns(const struct wi_clock *clock) {
    return clock->now_ns(clock->state);
}
static inline int64_t wi_utc_ns(const struct wi_clock *clock) {
    return clock->utc_ns(clock->state);
}

#endif
