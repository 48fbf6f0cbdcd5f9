/* buf.c: a growing byte buffer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/c_locale.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wi_buf_init(struct wi_buf *buf) {
    *buf = (struct wi_buf){0};
}

void wi_buf_fini(struct wi_buf *buf) {
    if (!buf)
        return;
    free(buf->data);
    wi_buf_init(buf);
}

void wi_buf_clear(struct wi_buf *buf) {
    buf->size = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

/* Room for n more bytes and the NUL. Refused memory ends the program, as in arena.h. */
static void reserve(struct wi_buf *buf, size_t n) {
    if (n < buf->capacity - buf->size)
        return;
    size_t capacity = buf->capacity ? buf->capacity : 256;
    while (capacity - buf->size <= n && capacity <= SIZE_MAX / 4)
        capacity *= 2;
    char *data = capacity - buf->size > n ? realloc(buf->data, capacity) : NULL;
    if (!data) {
        fprintf(stderr, "weighin: out of memory (a buffer of %zu bytes)\n", capacity);
        abort();
    }
    buf->data = data;
    buf->capacity = capacity;
}

void wi_buf_append(struct wi_buf *buf, const void *bytes, size_t n) {
    reserve(buf, n);
    if (n)
        memcpy(buf->data + buf->size, bytes, n);
    buf->size += n;
    buf->data[buf->size] = '\0';
}

void wi_buf_puts(struct wi_buf *buf, const char *s) {
    wi_buf_append(buf, s, strlen(s));
}

void wi_buf_putc(struct wi_buf *buf, char c) {
    wi_buf_append(buf, &c, 1);
}

void wi_buf_printf(struct wi_buf *buf, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = wi_c_vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length >= 0) {
        reserve(buf, (size_t)length);
        wi_c_vsnprintf(buf->data + buf->size, (size_t)length + 1, format, again);
        buf->size += (size_t)length;
    }
    va_end(again);
}

const char *wi_buf_str(const struct wi_buf *buf) {
    return buf->data ? buf->data : "";
}
