/* model_bytes.h: small model files, made in memory.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_TEST_MODEL_BYTES_H
#define WI_TEST_MODEL_BYTES_H

#include "tests/test.h"

#include "base/buf.h"
#include "models/model_file.h"

#include <string.h>

static inline void put_le(struct wi_buf *out, uint64_t value, size_t n) {
    for (size_t i = 0; i < n; i++)
        wi_buf_putc(out, (char)(value >> 8 * i & 255));
}

static inline int read_bytes(void *state, uint64_t at, void *out, size_t n, struct wi_err *err) {
    const struct wi_buf *bytes = state;
    (void)err;
    if (n > bytes->size || at > bytes->size - n)
        fail_msg("read %zu bytes at %llu of %zu", n, (unsigned long long)at, bytes->size);
    memcpy(out, bytes->data + at, n);
    return WI_OK;
}

/* The first `size` bytes; a read past them fails the test. */
static inline int read_model(const struct wi_buf *bytes, size_t size, struct wi_arena *arena,
                             struct wi_model_file *file, struct wi_err *err) {
    struct wi_buf cut = {.data = (char *)(uintptr_t)bytes->data, .size = size};
    struct wi_byte_source source = {
        .name = "m.bin", .size = size, .read = read_bytes, .state = &cut};
    return wi_model_file_read(&source, arena, file, err);
}

/* Every beginning of a whole file is refused with its name and a byte. */
static inline void each_beginning_is_refused(const struct wi_buf *bytes) {
    for (size_t n = 0; n < bytes->size; n++) {
        struct wi_arena *arena = wi_arena_create();
        struct wi_model_file file;
        struct wi_err err = {0};
        int status = read_model(bytes, n, arena, &file, &err);
        if (status != WI_USAGE || strncmp(err.message, "m.bin: byte ", 12) != 0)
            fail_msg("cut to %zu bytes: %s: %s", n, wi_status_name(status), err.message);
        wi_arena_destroy(arena);
    }
}

/* Whatever one byte becomes, an answer or a sentence follows. */
static inline void no_changed_byte_crashes(const struct wi_buf *bytes) {
    static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
    for (size_t i = 0; i < bytes->size; i++)
        for (size_t v = 0; v < sizeof values; v++) {
            struct wi_arena *arena = wi_arena_create();
            struct wi_model_file file;
            struct wi_err err = {0};
            char was = bytes->data[i];
            bytes->data[i] = (char)values[v];
            int status = read_model(bytes, bytes->size, arena, &file, &err);
            bytes->data[i] = was;
            if (status != WI_OK && (status != WI_USAGE || err.message[0] == '\0'))
                fail_msg("byte %zu: %s: %s", i, wi_status_name(status), err.message);
            wi_arena_destroy(arena);
        }
}

#endif
