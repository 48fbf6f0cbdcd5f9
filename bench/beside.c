/* beside.c: holds two figures of one case together; beside.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/beside.h"
#include "bench/constants.h"

#include <math.h>

static bool overlap(const struct wi_rate *a, const struct wi_rate *b) {
    return a->lo <= b->hi && b->lo <= a->hi;
}

/* `explained`: intervals that overlap explain the difference. */
static void judge(const struct wi_rate *rate, const struct wi_beside *b, enum wi_doubt doubt,
                  double most, bool explained, struct wi_notes *notes) {
    const struct wi_rate *other = &b->tokens_per_s;
    if (!(rate->median > 0) || !(other->median > 0) || (explained && overlap(rate, other)))
        return;
    double apart = fabs(other->median / rate->median - 1);
    if (apart > most)
        wi_note(notes, doubt, "%.3g tok/s, but %.3g tok/s with %s: %.1f %% apart", rate->median,
                other->median, wi_beside_differs(b->what), 100 * apart);
}

void wi_beside_judge(const struct wi_rate *rate, const struct wi_beside *beside, size_t count,
                     struct wi_notes *notes) {
    for (size_t i = 0; i < count; i++) {
        if (beside[i].what == WI_BESIDE_segmented)
            judge(rate, &beside[i], WI_DOUBT_extrapolation, WI_EXTRAPOLATION_MOST, false, notes);
        if (beside[i].what == WI_BESIDE_other_seed)
            judge(rate, &beside[i], WI_DOUBT_data_dependent, WI_SEED_MOST, true, notes);
    }
}

void wi_constants_of_beside(struct wi_constants *list) {
    wi_constants_add(list, "doubts.extrapolation", WI_EXTRAPOLATION_MOST, "share",
                     "between some layers and all of them, beyond which some do not stand for all");
    wi_constants_add(list, "doubts.other_seed", WI_SEED_MOST, "share",
                     "between two seeds, beyond which a row depends on its data");
}
