/* fields.h: structs as key=value lines, both ways from one table. For bench/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_FIELDS_H
#define WI_FIELDS_H

#include "base/kv.h"

#include <stddef.h>
#include <stdint.h>

enum wi_field_kind {
    WI_FIELD_u32,
    WI_FIELD_u64,
    WI_FIELD_f64, /* an infinity is sent as the largest number */
    WI_FIELD_flag,
    WI_FIELD_enum,      /* an int-sized enumeration, below `below` */
    WI_FIELD_text,      /* absent: NULL */
    WI_FIELD_maybe_f64, /* absent: unknown */
};
struct wi_field {
    const char *key;
    enum wi_field_kind kind;
    size_t offset;
    uint32_t below;
};
#define WI_FIELD(kind, type, member)                                                               \
    { #member, WI_FIELD_##kind, offsetof(type, member), 0 }
#define WI_FIELD_ENUM(type, member, count)                                                         \
    { #member, WI_FIELD_enum, offsetof(type, member), count }

/* Keys are prefix + key; members of members keep their dot. */
void wi_fields_put(struct wi_kv *kv, const char *prefix, const struct wi_field *fields, size_t n,
                   const void *from);
/* WI_CORRUPT names the first key that is missing or out of range. Text lies in the kv's arena. */
int wi_fields_get(const struct wi_kv *kv, const char *prefix, const struct wi_field *fields,
                  size_t n, void *to, struct wi_err *err);

/* Numbers in a row, "0,2,4"; WI_CORRUPT unless all are below `below` and there are at most `most`.
 */
int wi_fields_get_list(const struct wi_kv *kv, const char *key, uint32_t below, size_t most,
                       unsigned **list, size_t *count, struct wi_err *err);

#endif
