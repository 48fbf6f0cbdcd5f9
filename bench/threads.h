/* threads.h: which hardware threads kernels might run on, and which of these sets wins. Pure. For
 * bench/ only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Memory is often full from one thread a core; arithmetic may gain from both; slow cores may hold
 * up fast ones at every barrier. Nobody knows beforehand: the sets are tried. */
#ifndef WI_THREADS_H
#define WI_THREADS_H

#include "results/record.h"

#define WI_THREAD_SET_LIST(X)                                                                      \
    X(cores, "one thread a core, fast cores first: what a plan starts from")                       \
    X(threads, "every hardware thread")                                                            \
    X(performance, "one thread a core of the fastest kind")                                        \
    X(without_slowest, "one thread a core of all kinds but the slowest, of three or more")
enum wi_thread_set_id {
#define WI_X(name, is) WI_THREAD_SET_##name,
    WI_THREAD_SET_LIST(WI_X)
#undef WI_X
        WI_THREAD_SET_COUNT
};
const char *wi_thread_set_name(enum wi_thread_set_id id);

struct wi_thread_set {
    enum wi_thread_set_id id;
    const unsigned *cpus; /* OS indices */
    size_t count;
    const char *text; /* "0,2,4" */
};
struct wi_thread_sets { /* different ones; the first is `cores` */
    struct wi_thread_set items[WI_THREAD_SET_COUNT];
    size_t count;
};
/* At most as many threads as may run, and as the quota has processors, rounded up. */
void wi_thread_sets(const struct wi_cpu *cpu, struct wi_arena *arena, struct wi_thread_sets *sets);

struct wi_thread_figures { /* of one set; a phase that was not tried has a median of 0 */
    struct wi_rate decode, prefill;
};
/* A rival must win by this beyond its interval, so that a device does not change its mind between
 * runs (SEMANTICS "Threads"). */
#define WI_THREADS_WIN 0.03
/* By the geometric mean of both phases' gains: the set to use, `before` unless a rival wins. */
size_t wi_thread_choice(const struct wi_thread_figures *figures, size_t count, size_t before);

#endif
