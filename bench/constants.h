/* constants.h: the numbers that measuring rests on, for `explain defaults`: the way of
 * results/constants.h.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_BENCH_CONSTANTS_H
#define WI_BENCH_CONSTANTS_H

#include "results/constants.h"

#define WI_BENCH_CONSTANTS_LIST(X) X(measure) X(warm) X(doubts) X(watch) X(beside) X(canary) X(row)
#define WI_X(what)                 void wi_constants_of_##what(struct wi_constants *list);
WI_BENCH_CONSTANTS_LIST(WI_X)
#undef WI_X

static inline void wi_constants_of_bench(struct wi_constants *list) {
#define WI_X(what) wi_constants_of_##what(list);
    WI_BENCH_CONSTANTS_LIST(WI_X)
#undef WI_X
}

#endif
