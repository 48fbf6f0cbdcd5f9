/* utf8.h: which bytes are UTF-8 (Unicode 15, table 3-7).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_UTF8_H
#define WI_UTF8_H

#include <stddef.h>

/* Bytes (1 to 4) of the well-formed sequence that begins at the NUL-terminated `p`; 0 when none
 * does: a stray or missing continuation, an overlong form, a surrogate, above U+10FFFF. A NUL is
 * never a continuation, so nothing behind it is read. */
static inline size_t wi_utf8_length(const unsigned char *p) {
    unsigned char c = p[0];
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    size_t n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    /* The second byte's range is narrower after four of the first bytes. */
    unsigned char lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    unsigned char hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < lo || p[1] > hi)
        return 0;
    for (size_t i = 2; i < n; i++)
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    return n;
}

#endif
