/* buf.h: a growing byte buffer that is always also a C string.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_BUF_H
#define WI_BUF_H

#include <stddef.h>

struct wi_look; /* report/lay.h */
struct wi_buf {
    char *data;  /* malloc'd, NUL-terminated after `size` bytes; NULL while empty */
    size_t size; /* bytes, without the NUL */
    size_t capacity;
    const struct wi_look *look; /* how text is laid out in it; NULL: as in a file; borrowed */
};

void wi_buf_init(struct wi_buf *buf); /* zero-initialising does the same */
void wi_buf_fini(struct wi_buf *buf);
void wi_buf_clear(struct wi_buf *buf); /* keeps the memory */
void wi_buf_append(struct wi_buf *buf, const void *bytes, size_t n);
void wi_buf_puts(struct wi_buf *buf, const char *s);
void wi_buf_putc(struct wi_buf *buf, char c);
void wi_buf_printf(struct wi_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *wi_buf_str(const struct wi_buf *buf); /* "" while empty */

#endif
