/* clock.c: the system's clocks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

static int64_t read_ns(clockid_t id) {
    struct timespec t = {0};
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static uint64_t system_now_ns(void *state) {
    (void)state;
    return (uint64_t)read_ns(CLOCK_MONOTONIC);
}

static int64_t system_utc_ns(void *state) {
    (void)state;
    return read_ns(CLOCK_REALTIME);
}

const struct wi_clock wi_clock_system = {.now_ns = system_now_ns, .utc_ns = system_utc_ns};
