/* json.h: writes one JSON document into a buffer; commas, escapes and nesting are its job.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that are not UTF-8 become U+FFFD. Doubles are printed shortest-exact (the least digits that
 * read back equal), independent of the locale; NaN and infinities become null. With `key` NULL a
 * value is an array element. */
#ifndef WI_JSON_H
#define WI_JSON_H

#include "base/buf.h"
#include "base/maybe.h"

#include <stdbool.h>
#include <stdint.h>

struct wi_json {
    struct wi_buf *out; /* borrowed */
    int depth;
    bool pretty; /* two-space indentation and newlines */
    unsigned char state[64];
};

void wi_json_init(struct wi_json *json, struct wi_buf *out, bool pretty);
void wi_json_object(struct wi_json *json, const char *key);
void wi_json_object_end(struct wi_json *json);
void wi_json_array(struct wi_json *json, const char *key);
void wi_json_array_end(struct wi_json *json);
void wi_json_str(struct wi_json *json, const char *key, const char *value); /* NULL -> null */
void wi_json_u64(struct wi_json *json, const char *key, uint64_t value);
void wi_json_i64(struct wi_json *json, const char *key, int64_t value);
void wi_json_f64(struct wi_json *json, const char *key, double value);
void wi_json_bool(struct wi_json *json, const char *key, bool value);
void wi_json_null(struct wi_json *json, const char *key);
void wi_json_maybe_u64(struct wi_json *json, const char *key, struct wi_maybe_u64 value);
void wi_json_maybe_f64(struct wi_json *json, const char *key, struct wi_maybe_f64 value);
void wi_json_tri(struct wi_json *json, const char *key, enum wi_tri value); /* true false null */

/* Shortest decimal text that reads back as `value`; `out` holds at least 32 bytes. */
void wi_json_format_f64(char out[32], double value);

#endif
