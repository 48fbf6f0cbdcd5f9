/* said.h: what a replaying driver is to say: key=value lines of the file in $WEIGHIN_ICD_KV, the
 * same lines that the enumeration child writes and a recording holds.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For drivers under test only: one file, read once, never freed. Deliberately independent of
 * base/kv.c, which is on the other side of what is tested. */
#ifndef WI_ICD_SAID_H
#define WI_ICD_SAID_H

#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Dies by the signal, whatever handler a sanitizer or a crash reporter has put there. */
static inline void crash(void) {
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static inline const char *said_text(void) {
    static char *text;
    const char *path = getenv("WEIGHIN_ICD_KV");
    FILE *f;
    if (text != NULL)
        return text;
    text = calloc(1, 1 << 20);
    if (path != NULL && text != NULL && (f = fopen(path, "rb")) != NULL) {
        size_t n = fread(text, 1, (1 << 20) - 1, f);
        text[n] = '\0';
        fclose(f);
    }
    return text != NULL ? text : "";
}

/* Copies the value of the printf-built key into `out`; 0 when the file does not have it. */
__attribute__((format(printf, 3, 4))) static inline int said(char *out, size_t n,
                                                             const char *format, ...) {
    char key[128];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(key, sizeof(key), format, args);
    va_end(args);
    out[0] = '\0';
    if (length < 0 || (size_t)length >= sizeof(key))
        return 0;
    for (const char *p = said_text(); *p != '\0';) {
        size_t line = strcspn(p, "\n");
        if (line > (size_t)length && strncmp(p, key, (size_t)length) == 0 && p[length] == '=') {
            size_t m = line - (size_t)length - 1;
            m = m < n - 1 ? m : n - 1;
            memcpy(out, p + length + 1, m);
            out[m] = '\0';
            return 1;
        }
        p += line + (p[line] == '\n');
    }
    return 0;
}

static inline uint64_t said_number(const char *prefix, unsigned index, const char *key) {
    char value[64];
    return said(value, sizeof(value), "%s.%u.%s", prefix, index, key) ? strtoull(value, NULL, 0)
                                                                      : 0;
}

/* Hex digits into bytes. */
static inline void said_hex(const char *prefix, unsigned index, const char *key, uint8_t *bytes,
                            size_t n) {
    char value[128];
    said(value, sizeof(value), "%s.%u.%s", prefix, index, key);
    for (size_t i = 0; i < n && 2 * i + 1 < strlen(value); i++) {
        char two[3] = {value[2 * i], value[2 * i + 1], '\0'};
        bytes[i] = (uint8_t)strtoul(two, NULL, 16);
    }
}

#endif
