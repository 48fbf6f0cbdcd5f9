/* peak.h: multiplying and adding at most: loops over registers, one for each arithmetic and way.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A step of a loop is `products` multiply-adds over `lanes` sums. What each sum holds after `steps`
 * is known: `each * steps`, or `settles` when that is not 0 and steps are at least 25. */
#ifndef WI_CPU_PEAK_H
#define WI_CPU_PEAK_H

#include <stddef.h>
#include <stdint.h>

enum { WI_PEAK_STEPS_LEAST = 25, WI_PEAK_STEPS_MOST = 1 << 23 };

struct wi_peak {
    const char *how;             /* "avx512vnni vpdpbusd"; NULL ends a list */
    const char *arithmetic;      /* "f32", "bf16", "int8" */
    double (*run)(size_t steps); /* the sum of all sums */
    unsigned products, lanes;
    double each, settles;
};

#endif
