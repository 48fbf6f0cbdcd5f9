/* arena.c: a chain of chunks, handed out from the front, freed together.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/c_locale.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16, CHUNK_BYTES = 16 * 1024 };

struct chunk {
    struct chunk *next;
    size_t used, capacity; /* bytes of `data` */
    _Alignas(ALIGN) unsigned char data[];
};

struct wi_arena {
    struct chunk *head; /* the one that is being filled */
};

static void *must(void *memory, size_t bytes) {
    if (memory)
        return memory;
    fprintf(stderr, "weighin: out of memory (%zu bytes asked for)\n", bytes);
    abort();
}

struct wi_arena *wi_arena_create(void) {
    return must(calloc(1, sizeof(struct wi_arena)), sizeof(struct wi_arena));
}

void wi_arena_destroy(struct wi_arena *arena) {
    if (!arena)
        return;
    for (struct chunk *c = arena->head, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(arena);
}

static struct chunk *chunk_create(size_t capacity) {
    if (capacity > SIZE_MAX / 2)
        must(NULL, capacity);
    size_t bytes = sizeof(struct chunk) + capacity;
    struct chunk *c = must(calloc(1, bytes), bytes);
    c->capacity = capacity;
    return c;
}

void *wi_arena_alloc(struct wi_arena *arena, size_t bytes) {
    if (bytes > SIZE_MAX / 2)
        must(NULL, bytes);
    bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    struct chunk *head = arena->head;
    if (!head || head->capacity - head->used < bytes) {
        struct chunk *c = chunk_create(bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES);
        if (head && bytes > CHUNK_BYTES) { /* a large block goes behind the half-filled head */
            c->next = head->next;
            head->next = c;
        } else {
            c->next = head;
            arena->head = c;
        }
        head = c;
    }
    void *block = head->data + head->used;
    head->used += bytes;
    return block;
}

void *wi_arena_alloc_array(struct wi_arena *arena, size_t n, size_t item_bytes) {
    size_t bytes = 0;
    if (__builtin_mul_overflow(n, item_bytes, &bytes))
        must(NULL, SIZE_MAX);
    return wi_arena_alloc(arena, bytes);
}

char *wi_arena_strndup(struct wi_arena *arena, const char *s, size_t n) {
    if (!s)
        return NULL;
    size_t length = strnlen(s, n);
    char *copy = wi_arena_alloc(arena, length + 1);
    memcpy(copy, s, length);
    return copy;
}

char *wi_arena_strdup(struct wi_arena *arena, const char *s) {
    return s ? wi_arena_strndup(arena, s, strlen(s)) : NULL;
}

char *wi_arena_printf(struct wi_arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = wi_c_vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t bytes = length < 0 ? 1 : (size_t)length + 1;
    char *text = wi_arena_alloc(arena, bytes);
    if (length > 0)
        wi_c_vsnprintf(text, bytes, format, again);
    va_end(again);
    return text;
}

void *wi_arena_grow(struct wi_arena *arena, void **items, size_t *count, size_t *capacity,
                    size_t item_bytes) {
    if (*count == *capacity) {
        size_t room = *capacity ? *capacity * 2 : 8;
        void *wider = wi_arena_alloc_array(arena, room, item_bytes);
        if (*count)
            memcpy(wider, *items, *count * item_bytes);
        *items = wider;
        *capacity = room;
    }
    return (unsigned char *)*items + (*count)++ * item_bytes;
}
