/* notes.h: doubts with what was seen, gathered for one measurement. For bench/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_NOTES_H
#define WI_NOTES_H

#include "results/record.h"

struct wi_notes {
    struct wi_arena *arena; /* of the sentences */
    uint32_t doubts;        /* WI_DOUBT_BIT of every note */
    struct wi_doubt_note *items;
    size_t count, capacity;
};

/* A sentence without an end mark: "steal took 7 % of the time". */
void wi_note(struct wi_notes *notes, enum wi_doubt doubt, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Copies. */
void wi_notes_add(struct wi_notes *to, const struct wi_notes *from);

#endif
