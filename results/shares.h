/* shares.h: what the devices of a tier say together (SEMANTICS "Shares"). For results/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_SHARES_H
#define WI_SHARES_H

#include "results/store_derived.h"

struct wi_share_unit {  /* one device of the tier */
    const char *sku_id; /* NULL: a type of its own */
    const struct wi_verdict *verdict;
};
/* Fills `cell` but for tier and by_definition. units: at least one, all about one question. */
void wi_share_of(const struct wi_share_unit *units, size_t count, struct wi_arena *arena,
                 struct wi_matrix_cell *cell);

#endif
