/* stats_parts.h: what the files of stats.h share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_STATS_PARTS_H
#define WI_STATS_PARTS_H

#include <stddef.h>

struct wi_arena;

struct wi_placed { /* a value that remembers where it stood */
    double value;
    size_t place;
};

int wi_stat_by_value(const void *a, const void *b); /* of doubles, for qsort */
double *wi_stat_sorted(const double *x, size_t n);  /* the caller frees it; asserts that all are
                                                     * numbers */
double wi_stat_sorted_median(const double *sorted, size_t n);
size_t wi_stat_nearest_rank(size_t n, double q); /* index in sorted order */
/* In order of value, equal ones in order of place. */
struct wi_placed *wi_stat_placed(const double *x, size_t n, struct wi_arena *scratch);

#endif
