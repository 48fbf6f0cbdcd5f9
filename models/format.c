/* format.c: the table of weight formats.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/format.h"

#include <assert.h>
#include <ctype.h>
#include <stddef.h>

static const struct wi_format formats[WI_FORMAT_COUNT] = {
#define WI_FORMAT(id_, family_, weights_, bytes_, kernel_, layout_)                                \
    {.id = WI_FORMAT_##id_,                                                                        \
     .name = #id_,                                                                                 \
     .family = family_,                                                                            \
     .block_weights = weights_,                                                                    \
     .block_bytes = bytes_,                                                                        \
     .kernel = kernel_,                                                                            \
     .layout = layout_},
#include "models/format.inc"
#undef WI_FORMAT
};

const struct wi_format *wi_format_get(enum wi_format_id id) {
    assert((unsigned)id < WI_FORMAT_COUNT);
    return &formats[id];
}

static int folded(char c) {
    return c == '-' ? '_' : tolower((unsigned char)c);
}

static bool same_name(const char *a, const char *b) {
    while (*a != '\0' && folded(*a) == folded(*b)) {
        a++;
        b++;
    }
    return *a == '\0' && *b == '\0';
}

const struct wi_format *wi_format_find(const char *name) {
    for (size_t i = 0; name != NULL && i < WI_FORMAT_COUNT; i++)
        if (same_name(formats[i].name, name))
            return &formats[i];
    return NULL;
}

uint64_t wi_format_bytes(const struct wi_format *format, uint64_t rows, uint64_t k) {
    uint64_t blocks = (k + format->block_weights - 1) / format->block_weights;
    return rows * blocks * format->block_bytes;
}
