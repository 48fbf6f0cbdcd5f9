/* json.c: the JSON writer.
 * Relies on: calls that nest properly; the depth never passes sizeof(state).
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/c_locale.h"
#include "base/utf8.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { IN_OBJECT = 1, IN_ARRAY = 2, NOT_FIRST = 4 }; /* bits of one level's state */

void wi_json_init(struct wi_json *json, struct wi_buf *out, bool pretty) {
    *json = (struct wi_json){.out = out, .pretty = pretty};
}

/* ---- text ---- */

static void put_escaped(struct wi_buf *out, unsigned char c) {
    static const char *const named[32] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};
    if (c == '"' || c == '\\') {
        wi_buf_putc(out, '\\');
        wi_buf_putc(out, (char)c);
    } else if (c < 0x20 && named[c]) {
        wi_buf_puts(out, named[c]);
    } else if (c < 0x20) {
        wi_buf_printf(out, "\\u%04x", c);
    } else {
        wi_buf_putc(out, (char)c);
    }
}

static void put_string(struct wi_buf *out, const char *s) {
    wi_buf_putc(out, '"');
    for (const unsigned char *p = (const unsigned char *)s; *p;) {
        size_t n = wi_utf8_length(p);
        if (n == 0) {
            wi_buf_puts(out, "\xef\xbf\xbd"); /* U+FFFD for each byte that fits nowhere */
            p++;
        } else if (n == 1) {
            put_escaped(out, *p++);
        } else {
            wi_buf_append(out, p, n);
            p += n;
        }
    }
    wi_buf_putc(out, '"');
}

static void new_line(struct wi_json *json) {
    if (!json->pretty)
        return;
    wi_buf_putc(json->out, '\n');
    for (int i = 0; i < json->depth; i++)
        wi_buf_puts(json->out, "  ");
}

/* What comes before each value: comma, line, key. */
static void begin_value(struct wi_json *json, const char *key) {
    if (json->depth > 0) {
        unsigned char *state = &json->state[json->depth - 1];
        assert(!key == !(*state & IN_OBJECT));
        if (*state & NOT_FIRST)
            wi_buf_putc(json->out, ',');
        *state |= NOT_FIRST;
        new_line(json);
    }
    if (key) {
        put_string(json->out, key);
        wi_buf_puts(json->out, json->pretty ? ": " : ":");
    }
}

static void open_level(struct wi_json *json, const char *key, char bracket, unsigned char kind) {
    begin_value(json, key);
    assert(json->depth < (int)sizeof(json->state));
    json->state[json->depth++] = kind;
    wi_buf_putc(json->out, bracket);
}

static void close_level(struct wi_json *json, char bracket, unsigned char kind) {
    assert(json->depth > 0 && (json->state[json->depth - 1] & kind));
    (void)kind;
    bool filled = json->state[--json->depth] & NOT_FIRST;
    if (filled)
        new_line(json);
    wi_buf_putc(json->out, bracket);
    if (json->depth == 0 && json->pretty)
        wi_buf_putc(json->out, '\n');
}

void wi_json_object(struct wi_json *json, const char *key) {
    open_level(json, key, '{', IN_OBJECT);
}

void wi_json_object_end(struct wi_json *json) {
    close_level(json, '}', IN_OBJECT);
}

void wi_json_array(struct wi_json *json, const char *key) {
    open_level(json, key, '[', IN_ARRAY);
}

void wi_json_array_end(struct wi_json *json) {
    close_level(json, ']', IN_ARRAY);
}

/* ---- values ---- */

void wi_json_str(struct wi_json *json, const char *key, const char *value) {
    if (!value) {
        wi_json_null(json, key);
        return;
    }
    begin_value(json, key);
    put_string(json->out, value);
}

void wi_json_u64(struct wi_json *json, const char *key, uint64_t value) {
    begin_value(json, key);
    wi_buf_printf(json->out, "%" PRIu64, value);
}

void wi_json_i64(struct wi_json *json, const char *key, int64_t value) {
    begin_value(json, key);
    wi_buf_printf(json->out, "%" PRId64, value);
}

void wi_json_f64(struct wi_json *json, const char *key, double value) {
    char text[32];
    wi_json_format_f64(text, value);
    begin_value(json, key);
    wi_buf_puts(json->out, text);
}

void wi_json_bool(struct wi_json *json, const char *key, bool value) {
    begin_value(json, key);
    wi_buf_puts(json->out, value ? "true" : "false");
}

void wi_json_null(struct wi_json *json, const char *key) {
    begin_value(json, key);
    wi_buf_puts(json->out, "null");
}

void wi_json_maybe_u64(struct wi_json *json, const char *key, struct wi_maybe_u64 value) {
    if (wi_has_u64(value))
        wi_json_u64(json, key, value.value);
    else
        wi_json_null(json, key);
}

void wi_json_maybe_f64(struct wi_json *json, const char *key, struct wi_maybe_f64 value) {
    if (wi_has_f64(value))
        wi_json_f64(json, key, value.value);
    else
        wi_json_null(json, key);
}

void wi_json_tri(struct wi_json *json, const char *key, enum wi_tri value) {
    if (value == WI_TRI_unknown)
        wi_json_null(json, key);
    else
        wi_json_bool(json, key, value == WI_TRI_yes);
}

/* ---- doubles ---- */

/* Fewest digits that read back equal. Each decimal of up to 15 digits survives the way into a
 * normal double and back (DBL_DIG), so %.15g finds every short one; subnormals hold fewer digits
 * and are searched from one up. */
static void shortest(char out[32], double value) {
    int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
    for (; digits < DBL_DECIMAL_DIG; digits++) {
        snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            return;
    }
    snprintf(out, 32, "%.*g", DBL_DECIMAL_DIG, value);
}

void wi_json_format_f64(char out[32], double value) {
    if (!isfinite(value)) {
        memcpy(out, "null", sizeof("null"));
        return;
    }
    if (value == 0) { /* minus zero too: it means nothing in a report */
        memcpy(out, "0", sizeof("0"));
        return;
    }
    struct wi_c_locale scope = wi_c_locale_enter();
    shortest(out, value);
    wi_c_locale_leave(scope);
}
