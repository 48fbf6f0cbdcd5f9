/* arena.h: memory that lives and dies together.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One arena per result (an inventory, a plan, a view). Blocks are zeroed. Small metadata only: when
 * the system refuses it the program aborts with a message, so callers need no check. Tensors and
 * samples' big buffers come from wi_os_pages_map(), which can fail. */
#ifndef WI_ARENA_H
#define WI_ARENA_H

#include <stddef.h>

struct wi_arena; /* owns every block handed out; free them all with wi_arena_destroy */

struct wi_arena *wi_arena_create(void);
void wi_arena_destroy(struct wi_arena *arena);              /* NULL is fine */
void *wi_arena_alloc(struct wi_arena *arena, size_t bytes); /* zeroed, 16-byte aligned */
/* The same for n items; a product that overflows counts as refused. */
void *wi_arena_alloc_array(struct wi_arena *arena, size_t n, size_t item_bytes);
char *wi_arena_strdup(struct wi_arena *arena, const char *s); /* NULL stays NULL */
char *wi_arena_strndup(struct wi_arena *arena, const char *s, size_t n);
char *wi_arena_printf(struct wi_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define WI_NEW(arena, type)          ((type *)wi_arena_alloc((arena), sizeof(type)))
#define WI_NEW_ARRAY(arena, type, n) ((type *)wi_arena_alloc_array((arena), (n), sizeof(type)))

/* Grows `items` (struct with fields items, count, capacity) by one zeroed element in the arena. */
void *wi_arena_grow(struct wi_arena *arena, void **items, size_t *count, size_t *capacity,
                    size_t item_bytes);
#define WI_PUSH(arena, list, type)                                                                 \
    ((type *)wi_arena_grow((arena), (void **)&(list)->items, &(list)->count, &(list)->capacity,    \
                           sizeof(type)))

#endif
