/* roofs.h: what each compute device of a run can do at most, as far as it is known by now. For
 * bench/ only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A ceiling that was measured while a core was shared would make what came later implausible, or
 * flatter it. So the best counts: of every measuring of the ceiling, and of the short looks beside
 * the cases. A worker measures the ceiling again when a look was above it by more than
 * WI_ROOF_AGAIN, or a case above it at all. */
#ifndef WI_ROOFS_H
#define WI_ROOFS_H

#include "bench/canary.h"

#define WI_ROOF_AGAIN 0.03

struct wi_roof {
    struct wi_roofline measured; /* all measurings, the best counts; unknown until `known` */
    bool known;
    bool doubted;               /* the latest measuring was not believed: another worker may try */
    struct wi_canary_best best; /* of the looks */
};

/* Takes part in the roof as another measuring; copied to the arena. */
void wi_roof_raise(struct wi_roof *roof, const struct wi_roofline *measured,
                   struct wi_arena *arena);
/* What rows are held against. */
struct wi_roofline wi_roof_ceiling(const struct wi_roof *roof);
/* A look was above what was measured. */
bool wi_roof_was_passed(const struct wi_roof *roof);
/* The most that this run saw: roofline and looks. */
struct wi_canary_best wi_roof_best(const struct wi_roof *roof);

#endif
