/* constants.c: a list of the numbers that rules rest on; constants.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/constants.h"

#include "base/units.h"

#include <string.h>

void wi_constants_add(struct wi_constants *list, const char *name, double value, const char *unit,
                      const char *says) {
    *WI_PUSH(list->arena, list, struct wi_constant) = (struct wi_constant){name, value, unit, says};
}

const struct wi_constant *wi_constants_find(const struct wi_constants *list, const char *name,
                                            size_t name_length) {
    for (size_t i = 0; i < list->count; i++)
        if (strlen(list->items[i].name) == name_length &&
            memcmp(list->items[i].name, name, name_length) == 0)
            return &list->items[i];
    return NULL;
}

/* A round decimal size was meant in decimal units: 1.2 GB is no round number of GiB. */
static const char *bytes_text(double bytes, struct wi_arena *arena) {
    char text[48];
    uint64_t whole = (uint64_t)bytes;
    return wi_arena_strdup(arena, whole % 1000000 == 0 ? wi_format_file(text, sizeof text, whole)
                                                       : wi_format_mem(text, sizeof text, whole));
}

const char *wi_constant_text(const struct wi_constant *c, struct wi_arena *arena) {
    if (strcmp(c->unit, "share") == 0)
        return wi_arena_printf(arena, "%.6g %%", 100 * c->value);
    if (strcmp(c->unit, "bytes") == 0)
        return bytes_text(c->value, arena);
    return wi_arena_printf(arena, "%.6g %s", c->value, c->unit);
}
