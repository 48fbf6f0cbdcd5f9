/* fields.c: structs as key=value lines; fields.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/fields.h"

#include "base/units.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { KEY_BYTES = 128 };

static double sendable(double x) {
    return isnan(x) ? 0 : x > DBL_MAX ? DBL_MAX : x < -DBL_MAX ? -DBL_MAX : x;
}

static void put(struct wi_kv *kv, const char *key, const struct wi_field *f, const void *at) {
    const struct wi_maybe_f64 *maybe = at;
    switch (f->kind) {
    case WI_FIELD_u32:
        wi_kv_setf(kv, key, "%u", *(const uint32_t *)at);
        break;
    case WI_FIELD_u64:
        wi_kv_setf(kv, key, "%llu", (unsigned long long)*(const uint64_t *)at);
        break;
    case WI_FIELD_f64:
        wi_kv_setf(kv, key, "%.17g", sendable(*(const double *)at));
        break;
    case WI_FIELD_flag:
        wi_kv_set(kv, key, *(const bool *)at ? "1" : "0");
        break;
    case WI_FIELD_enum:
        wi_kv_setf(kv, key, "%u", *(const unsigned *)at);
        break;
    case WI_FIELD_text:
        if (*(const char *const *)at != NULL)
            wi_kv_set(kv, key, *(const char *const *)at);
        break;
    case WI_FIELD_maybe_f64:
        if (wi_has_f64(*maybe))
            wi_kv_setf(kv, key, "%.17g", sendable(maybe->value));
        break;
    }
}

void wi_fields_put(struct wi_kv *kv, const char *prefix, const struct wi_field *fields, size_t n,
                   const void *from) {
    char key[KEY_BYTES];
    for (size_t i = 0; i < n; i++) {
        snprintf(key, sizeof key, "%s%s", prefix, fields[i].key);
        put(kv, key, &fields[i], (const char *)from + fields[i].offset);
    }
}

static bool get_number(const char *text, uint64_t most, uint64_t *value) {
    return text != NULL && wi_parse_u64(text, 0, most, value) == WI_OK;
}

static bool get(const char *text, const struct wi_field *f, void *at) {
    uint64_t n = 0;
    double x = 0;
    switch (f->kind) {
    case WI_FIELD_u32:
        if (!get_number(text, UINT32_MAX, &n))
            return false;
        *(uint32_t *)at = (uint32_t)n;
        return true;
    case WI_FIELD_u64:
        return get_number(text, UINT64_MAX, at);
    case WI_FIELD_flag:
        if (!get_number(text, 1, &n))
            return false;
        *(bool *)at = n == 1;
        return true;
    case WI_FIELD_enum:
        if (!get_number(text, f->below - 1, &n))
            return false;
        *(unsigned *)at = (unsigned)n;
        return true;
    case WI_FIELD_f64:
        return text != NULL && wi_parse_f64(text, -DBL_MAX, DBL_MAX, at) == WI_OK;
    case WI_FIELD_text:
        *(const char **)at = text;
        return true;
    case WI_FIELD_maybe_f64:
        *(struct wi_maybe_f64 *)at = (struct wi_maybe_f64){0};
        if (text == NULL)
            return true;
        if (wi_parse_f64(text, -DBL_MAX, DBL_MAX, &x) != WI_OK)
            return false;
        *(struct wi_maybe_f64 *)at = wi_some_f64(x);
        return true;
    }
    return false;
}

int wi_fields_get(const struct wi_kv *kv, const char *prefix, const struct wi_field *fields,
                  size_t n, void *to, struct wi_err *err) {
    char key[KEY_BYTES];
    for (size_t i = 0; i < n; i++) {
        snprintf(key, sizeof key, "%s%s", prefix, fields[i].key);
        const char *text = wi_kv_get(kv, key);
        if (!get(text, &fields[i], (char *)to + fields[i].offset))
            return wi_fail(err, WI_CORRUPT, "%s=%.40s: missing or out of range", key,
                           text == NULL ? "" : text);
    }
    return WI_OK;
}

int wi_fields_get_list(const struct wi_kv *kv, const char *key, uint32_t below, size_t most,
                       unsigned **list, size_t *count, struct wi_err *err) {
    char *text = wi_arena_strdup(kv->arena, wi_kv_get(kv, key)), *save = NULL;
    size_t n = 0, commas = 1;
    *list = NULL;
    *count = 0;
    if (text == NULL)
        return wi_fail(err, WI_CORRUPT, "%s: missing", key);
    for (const char *p = text; *p != '\0'; p++)
        commas += *p == ',';
    unsigned *numbers = WI_NEW_ARRAY(kv->arena, unsigned, commas);
    for (char *word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        uint64_t value;
        if (n == most || wi_parse_u64(word, 0, below - 1, &value) != WI_OK)
            return wi_fail(err, WI_CORRUPT, "%s: '%.20s' is out of range", key, word);
        numbers[n++] = (unsigned)value;
    }
    *list = numbers;
    *count = n;
    return WI_OK;
}
