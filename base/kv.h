/* kv.h: an ordered list of key=value lines, the one text format between our own processes and in
 * recordings.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One line an entry. In values backslash, newline and carriage return are escaped (\\ \n \r); keys
 * hold [a-z0-9_.-] only. '#' at the start of a line is a comment. Order is kept, the last of equal
 * keys wins. Used by: the GPU probe's child (probes/), the worker protocol (bench/), recordings. */
#ifndef WI_KV_H
#define WI_KV_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/maybe.h"
#include "base/status.h"

struct wi_kv_entry {
    const char *key;
    const char *value;
};
struct wi_kv {
    struct wi_arena *arena; /* borrowed; owns all text */
    struct wi_kv_entry *items;
    size_t count, capacity;
};

void wi_kv_init(struct wi_kv *kv, struct wi_arena *arena);
void wi_kv_set(struct wi_kv *kv, const char *key, const char *value);
void wi_kv_setf(struct wi_kv *kv, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* NULL when absent. The `f` form builds the key: wi_kv_getf(kv, "gpu.%zu.name", i). */
const char *wi_kv_get(const struct wi_kv *kv, const char *key);
const char *wi_kv_getf(const struct wi_kv *kv, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct wi_maybe_u64 wi_kv_u64(const struct wi_kv *kv, const char *key); /* unknown if absent/bad */
struct wi_maybe_f64 wi_kv_f64(const struct wi_kv *kv, const char *key);
/* WI_CORRUPT names the first bad line by number. */
int wi_kv_parse(struct wi_kv *kv, const char *text, size_t size, struct wi_err *err);
void wi_kv_print(const struct wi_kv *kv, struct wi_buf *out);

#endif
