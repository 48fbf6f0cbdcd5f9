/* facts.h: puts probed properties into a list of facts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Text is copied into the arena, so callers may pass what they have at hand. */
#ifndef WI_FACTS_H
#define WI_FACTS_H

#include "results/record.h"

/* A known property; value NULL makes it unknown. unit NULL: "". */
void wi_facts_add(struct wi_facts *facts, struct wi_arena *arena, const char *key,
                  const char *value, const char *unit, const char *source);
/* One that could not be read: unknown, denied or not_applicable. */
void wi_facts_add_absent(struct wi_facts *facts, struct wi_arena *arena, const char *key,
                         enum wi_known known, const char *source);
void wi_facts_add_u64(struct wi_facts *facts, struct wi_arena *arena, const char *key,
                      struct wi_maybe_u64 value, const char *unit, const char *source);
void wi_facts_add_f64(struct wi_facts *facts, struct wi_arena *arena, const char *key,
                      struct wi_maybe_f64 value, const char *unit, const char *source);
/* NULL when absent. */
const struct wi_fact *wi_facts_find(const struct wi_facts *facts, const char *key);
/* Its value; NULL when absent or not known. */
const char *wi_facts_value(const struct wi_facts *facts, const char *key);
/* By key, bytewise; of equal keys the first known one stays, else the first. */
void wi_facts_sort(struct wi_facts *facts);

#endif
