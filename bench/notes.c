/* notes.c: gathers doubts; notes.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/notes.h"

#include <stdarg.h>
#include <stdio.h>

void wi_note(struct wi_notes *notes, enum wi_doubt doubt, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    notes->doubts |= WI_DOUBT_BIT(doubt);
    *WI_PUSH(notes->arena, notes, struct wi_doubt_note) =
        (struct wi_doubt_note){doubt, wi_arena_strdup(notes->arena, text)};
}

void wi_notes_add(struct wi_notes *to, const struct wi_notes *from) {
    for (size_t i = 0; i < from->count; i++)
        wi_note(to, from->items[i].doubt, "%s", from->items[i].seen);
}
