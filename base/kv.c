/* kv.c: key=value lines.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/kv.h"
#include "base/c_locale.h"
#include "base/units.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void wi_kv_init(struct wi_kv *kv, struct wi_arena *arena) {
    *kv = (struct wi_kv){.arena = arena};
}

static bool is_key_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

static bool is_key(const char *key, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!is_key_char(key[i]))
            return false;
    return n > 0;
}

static void append(struct wi_kv *kv, const char *key, const char *value) {
    *WI_PUSH(kv->arena, kv, struct wi_kv_entry) = (struct wi_kv_entry){key, value};
}

void wi_kv_set(struct wi_kv *kv, const char *key, const char *value) {
    assert(is_key(key, strlen(key)));
    append(kv, wi_arena_strdup(kv->arena, key), wi_arena_strdup(kv->arena, value));
}

void wi_kv_setf(struct wi_kv *kv, const char *key, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = wi_c_vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t bytes = length < 0 ? 1 : (size_t)length + 1;
    char *value = wi_arena_alloc(kv->arena, bytes);
    if (length > 0)
        wi_c_vsnprintf(value, bytes, format, again);
    va_end(again);
    assert(is_key(key, strlen(key)));
    append(kv, wi_arena_strdup(kv->arena, key), value);
}

/* From the back, so that the last of equal keys wins. */
const char *wi_kv_get(const struct wi_kv *kv, const char *key) {
    for (size_t i = kv->count; i-- > 0;)
        if (strcmp(kv->items[i].key, key) == 0)
            return kv->items[i].value;
    return NULL;
}

const char *wi_kv_getf(const struct wi_kv *kv, const char *format, ...) {
    char key[256];
    va_list args;
    va_start(args, format);
    int length = wi_c_vsnprintf(key, sizeof(key), format, args);
    va_end(args);
    return length >= 0 && (size_t)length < sizeof(key) ? wi_kv_get(kv, key) : NULL;
}

struct wi_maybe_u64 wi_kv_u64(const struct wi_kv *kv, const char *key) {
    const char *text = wi_kv_get(kv, key);
    uint64_t value = 0;
    if (!text || wi_parse_u64(text, 0, UINT64_MAX, &value) != WI_OK)
        return (struct wi_maybe_u64){0};
    return wi_some_u64(value);
}

struct wi_maybe_f64 wi_kv_f64(const struct wi_kv *kv, const char *key) {
    const char *text = wi_kv_get(kv, key);
    double value = 0;
    if (!text || wi_parse_f64(text, -INFINITY, INFINITY, &value) != WI_OK)
        return (struct wi_maybe_f64){0};
    return wi_some_f64(value);
}

/* ---- the text form ---- */

/* NULL when the text holds an escape that we never write, a bare CR or a NUL. */
static const char *unescape(struct wi_arena *arena, const char *s, size_t n) {
    char *value = wi_arena_alloc(arena, n + 1);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '\0' || c == '\r')
            return NULL;
        if (c == '\\') {
            char escape = ++i < n ? s[i] : '\0';
            if (escape != '\\' && escape != 'n' && escape != 'r')
                return NULL;
            c = escape == 'n' ? '\n' : escape == 'r' ? '\r' : '\\';
        }
        value[used++] = c;
    }
    return value;
}

static int parse_line(struct wi_kv *kv, const char *line, size_t n, size_t number,
                      struct wi_err *err) {
    if (n == 0 || line[0] == '#')
        return WI_OK;
    const char *equals = memchr(line, '=', n);
    if (!equals)
        return wi_fail(err, WI_CORRUPT, "line %zu: no '=' between key and value", number);
    size_t key_bytes = (size_t)(equals - line);
    if (!is_key(line, key_bytes))
        return wi_fail(err, WI_CORRUPT, "line %zu: a key holds only a-z 0-9 _ . -", number);
    const char *value = unescape(kv->arena, equals + 1, n - key_bytes - 1);
    if (!value)
        return wi_fail(err, WI_CORRUPT,
                       "line %zu: a value knows the escapes \\\\ \\n \\r, and no bare control",
                       number);
    append(kv, wi_arena_strndup(kv->arena, line, key_bytes), value);
    return WI_OK;
}

int wi_kv_parse(struct wi_kv *kv, const char *text, size_t size, struct wi_err *err) {
    size_t number = 1;
    for (size_t at = 0; at < size; number++) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t n = end ? (size_t)(end - text) - at : size - at;
        WI_TRY(parse_line(kv, text + at, n, number, err));
        at += n + 1;
    }
    return WI_OK;
}

static void print_value(const char *value, struct wi_buf *out) {
    for (const char *p = value; *p; p++) {
        if (*p == '\\')
            wi_buf_puts(out, "\\\\");
        else if (*p == '\n')
            wi_buf_puts(out, "\\n");
        else if (*p == '\r')
            wi_buf_puts(out, "\\r");
        else
            wi_buf_putc(out, *p);
    }
}

void wi_kv_print(const struct wi_kv *kv, struct wi_buf *out) {
    for (size_t i = 0; i < kv->count; i++) {
        wi_buf_puts(out, kv->items[i].key);
        wi_buf_putc(out, '=');
        print_value(kv->items[i].value, out);
        wi_buf_putc(out, '\n');
    }
}
