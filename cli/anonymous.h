/* anonymous.h: rows of a database without who and which one.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_ANONYMOUS_H
#define WI_ANONYMOUS_H

#include "results/store.h"

/* Stand-ins are salted per export: the same text gives the same word within one, so that rows still
 * refer to each other, and another word in the next. What becomes of a column stands in
 * anonymous.inc; of one that does not stand there nothing is shown. In text that passes, ids,
 * addresses and every name that the database or this machine knows are replaced. */
struct wi_anonymous;

/* Reads the names that must not pass out of the database. In the arena, nothing to free. */
int wi_anonymous_create(struct wi_store *store, struct wi_arena *arena,
                        struct wi_anonymous **anonymous, struct wi_err *err);
/* What to show for `values[column]`: the value itself, another text in the arena, or NULL. */
const char *wi_anonymous_value(struct wi_anonymous *anonymous, const char *table, int columns,
                               const char *const *names, const char *const *values, int column,
                               struct wi_arena *arena);

#endif
