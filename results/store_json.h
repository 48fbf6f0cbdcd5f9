/* store_json.h: short lists that stand in one column as JSON. For results/store_*.c only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_STORE_JSON_H
#define WI_STORE_JSON_H

#include "base/arena.h"
#include "results/record.h"
#include "results/store_db.h"

/* Text in the arena. */
const char *wi_json_ids(struct wi_arena *arena, const char *const *ids, size_t n);
const char *wi_json_ops(struct wi_arena *arena, const struct wi_op_note *ops, size_t n);
const char *wi_json_doubt_notes(struct wi_arena *arena, const struct wi_doubt_note *notes,
                                size_t n);
const char *wi_json_beside(struct wi_arena *arena, const struct wi_beside *beside, size_t n);
const char *wi_json_not_counted(struct wi_arena *arena, const struct wi_not_counted *items,
                                size_t n);
const char *wi_json_items(struct wi_arena *arena, const struct wi_footprint_item *items, size_t n);

const char *wi_json_ceilings(struct wi_arena *arena, const struct wi_ceiling *ceilings, size_t n);

/* And back; WI_CORRUPT when the text is not such a list. NULL text: an empty list. */
int wi_load_ids(struct wi_store *store, const char *text, struct wi_arena *arena,
                const char *const **ids, size_t *n, struct wi_err *err);
int wi_load_ops(struct wi_store *store, const char *text, struct wi_arena *arena,
                const struct wi_op_note **ops, size_t *n, struct wi_err *err);
int wi_load_doubt_notes(struct wi_store *store, const char *text, struct wi_arena *arena,
                        const struct wi_doubt_note **notes, size_t *n, struct wi_err *err);
int wi_load_beside(struct wi_store *store, const char *text, struct wi_arena *arena,
                   const struct wi_beside **beside, size_t *n, struct wi_err *err);
int wi_load_not_counted(struct wi_store *store, const char *text, struct wi_arena *arena,
                        const struct wi_not_counted **items, size_t *n, struct wi_err *err);
int wi_load_items(struct wi_store *store, const char *text, struct wi_arena *arena,
                  struct wi_footprint_item **items, size_t *n, struct wi_err *err);

int wi_load_ceilings(struct wi_store *store, const char *text, struct wi_arena *arena,
                     const struct wi_ceiling **ceilings, size_t *n, struct wi_err *err);

#endif
