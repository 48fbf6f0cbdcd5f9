/* print_text.c: rows, titles, counts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Output is aligned by bytes: names of devices are ASCII but for a rare mark. */
#include "probes/print_parts.h"

#include "base/units.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_WIDTH = 16, LINE_WIDTH = 80 };

static void format_into(struct wi_buf *text, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void format_into(struct wi_buf *text, const char *format, va_list args) {
    va_list again;
    char small[256];
    va_copy(again, args);
    int n = vsnprintf(small, sizeof(small), format, args);
    if (n >= 0 && (size_t)n < sizeof(small)) {
        wi_buf_append(text, small, (size_t)n);
    } else if (n >= 0) {
        struct wi_arena *arena = wi_arena_create();
        char *large = wi_arena_alloc(arena, (size_t)n + 1);
        vsnprintf(large, (size_t)n + 1, format, again);
        wi_buf_append(text, large, (size_t)n);
        wi_arena_destroy(arena);
    }
    va_end(again);
}

/* A word that is longer than a line stays whole: ids and paths are for copying. */
static void put_wrapped(struct wi_buf *out, const char *text) {
    size_t column = LABEL_WIDTH;
    for (const char *p = text; *p;) {
        size_t blanks = strspn(p, " \n"), word = strcspn(p + blanks, " \n");
        if (word == 0)
            break;
        if (column > LABEL_WIDTH && column + 1 + word > LINE_WIDTH) {
            wi_buf_printf(out, "\n%*s", LABEL_WIDTH, "");
            column = LABEL_WIDTH;
        } else if (column > LABEL_WIDTH) {
            wi_buf_putc(out, ' ');
            column++;
        }
        wi_buf_append(out, p + blanks, word);
        column += word;
        p += blanks + word;
    }
    wi_buf_putc(out, '\n');
}

void wi_print_row(struct wi_buf *out, const char *label, const char *format, ...) {
    struct wi_buf text = {0};
    va_list args;
    va_start(args, format);
    format_into(&text, format, args);
    va_end(args);
    const char *shown = wi_buf_str(&text);
    wi_buf_printf(out, "  %-*s", LABEL_WIDTH - 2, label);
    put_wrapped(out, shown[strspn(shown, " \n")] ? shown : "unknown");
    wi_buf_fini(&text);
}

void wi_print_title(struct wi_buf *out, const char *format, ...) {
    va_list args;
    if (out->size > 0)
        wi_buf_putc(out, '\n');
    va_start(args, format);
    format_into(out, format, args);
    va_end(args);
    wi_buf_putc(out, '\n');
}

void wi_print_count(struct wi_buf *out, uint64_t n, const char *what) {
    wi_buf_printf(out, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
}

const char *wi_print_known(enum wi_known known) {
    switch (known) {
    case WI_KNOWN_denied:
        return "may not be read";
    case WI_KNOWN_not_applicable:
        return "none";
    default:
        return "unknown";
    }
}

const char *wi_print_mem(char out[32], struct wi_maybe_u64 bytes) {
    return wi_has_u64(bytes) ? wi_format_mem(out, 32, bytes.value) : wi_print_known(bytes.known);
}
