/* constants.h: the numbers that rules rest on, told by the files that use them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * `explain defaults` and the texts of `explain` show these. A file with constants has a function at
 * its end that adds them, reading the very objects that its rules read: there is no second copy
 * that could differ. */
#ifndef WI_CONSTANTS_H
#define WI_CONSTANTS_H

#include "base/arena.h"

#include <stddef.h>

/* unit: "share" (0.05 is 5 %), "bytes", "s", "tok/s", "tokens", "times", "runs", ... */
struct wi_constant {
    const char *name; /* "group.name", unique */
    double value;
    const char *unit;
    const char *says; /* what it decides, half a sentence */
};
struct wi_constants {
    struct wi_arena *arena; /* borrowed; owns the items */
    struct wi_constant *items;
    size_t count, capacity;
};

/* All texts are constants of the program. */
void wi_constants_add(struct wi_constants *list, const char *name, double value, const char *unit,
                      const char *says);
const struct wi_constant *wi_constants_find(const struct wi_constants *list, const char *name,
                                            size_t name_length); /* NULL: none */
/* "5 %", "2.00 GiB", "10 tok/s" */
const char *wi_constant_text(const struct wi_constant *constant, struct wi_arena *arena);

/* Those of results/, in the order in which they are shown. */
#define WI_CONSTANTS_LIST(X)                                                                       \
    X(targets) X(evidence) X(runs) X(budget) X(answers) X(speed) X(limits) X(bound) X(samples)
#define WI_X(what) void wi_constants_of_##what(struct wi_constants *list);
WI_CONSTANTS_LIST(WI_X)
#undef WI_X
static inline void wi_constants_of_results(struct wi_constants *list) {
#define WI_X(what) wi_constants_of_##what(list);
    WI_CONSTANTS_LIST(WI_X)
#undef WI_X
}

#endif
