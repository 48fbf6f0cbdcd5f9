/* tiers_load.h: between a tier file's reader and the rest. For results/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_TIERS_LOAD_H
#define WI_TIERS_LOAD_H

#include "results/judge.h"

/* Reads YAML `text` of `size` bytes into `tiers`, whose arena is there; `where` names the file in
 * messages. Checks and hashes what it read. WI_USAGE with file and line; WI_NOT_BUILT without
 * libcyaml. */
int wi_tiers_read(struct wi_tier_file *tiers, const char *where, const char *text, size_t size,
                  const struct wi_catalogue *catalogue, struct wi_err *err);
/* What a schema cannot say: ids, order, ruler. `tier` (from 0) receives the index of the tier at
 * fault, tier_count when the file as a whole is. WI_USAGE. */
int wi_tiers_check(const struct wi_tier_file *tiers, size_t *tier, struct wi_err *err);

#endif
