/* limits.h: how long a pass takes at least, term by term, by a roofline.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   memory    bytes that do not stay in cache / read bandwidth
 *   compute   operations / peak of the arithmetic
 *   unpack    packed bytes of the weights (decode) or operations (prefill) / what the very kernel
 *             does when its weights lie in cache: a limit of the kernel, not of the device
 *   launch    calls * cost of a call
 *
 * After Williams, Waterman and Patterson, "Roofline", CACM 52(4), 2009. Pure. Measuring places its
 * rows by it, verdicts say by it what no program can reach: one place for both. */
#ifndef WI_LIMITS_H
#define WI_LIMITS_H

#include "results/record.h"

struct wi_work {                     /* of one pass */
    double weight_bytes, read_bytes; /* packed weights; those and what the cache of keys holds */
    double cached_bytes;             /* as much of read_bytes may stay in caches between passes */
    double flops, calls;
    enum wi_format_id precision;
    enum wi_phase phase;
    const char *arithmetic; /* of its matrix products; NULL: not known */
};

/* Whose least time: of the kernels that ran (their arithmetic, their way to unpack, their calls),
 * or of the device, whatever runs on it: the fastest arithmetic that the precision allows, one
 * call. */
enum wi_limits_of { WI_LIMITS_of_kernels, WI_LIMITS_of_device };

struct wi_limits { /* seconds; 0: not known, or nothing to do */
    double memory_s, compute_s, unpack_s, launch_s;
};
struct wi_limits wi_limits_of(const struct wi_roofline *roofline, const struct wi_work *work,
                              enum wi_limits_of whose);

/* Id of the row that set the device's limit behind the term `by`; NULL: of none. */
const char *wi_limits_row(const struct wi_roofline *roofline, const struct wi_work *work,
                          enum wi_bound by);

/* The largest of memory, compute and launch, which no kernel can pass; 0: none is known. */
double wi_limits_physical_s(const struct wi_limits *limits, enum wi_bound *by);

/* What bounds a pass that took `s`, and what comes next. The largest term; when none explains half
 * of the time, the pass waits for something that no term counts: latency. */
void wi_limits_bound(const struct wi_limits *limits, double s, enum wi_bound *bound,
                     enum wi_bound *second);

#endif
