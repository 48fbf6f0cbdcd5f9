/* beside.h: the same case measured another way in the same run, and what the two tell. For bench/
 * only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_BESIDE_H
#define WI_BESIDE_H

#include "bench/notes.h"

/* Of SEMANTICS: some layers must stand for all within this. */
#define WI_EXTRAPOLATION_MOST 0.03
/* What other random data may change: what two measurings of one thing differ by anyway (SEMANTICS
 * "Which evidence counts", on mains). */
#define WI_SEED_MOST 0.04

/* extrapolation, data_dependent: the figures are apart by more than that, and by more than their
 * intervals explain. Pure. */
void wi_beside_judge(const struct wi_rate *rate, const struct wi_beside *beside, size_t count,
                     struct wi_notes *notes);

#endif
