/* c_locale.h: number formatting and parsing that ignores the user's locale. For base/ only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A comma as the decimal point would break JSON, SQL and every golden file. uselocale() switches
 * this thread alone; glibc hands out one static object for the plain "C" locale, so it is cheap. */
#ifndef WI_C_LOCALE_H
#define WI_C_LOCALE_H

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>

struct wi_c_locale {
    locale_t c, before;
};

static inline struct wi_c_locale wi_c_locale_enter(void) {
    struct wi_c_locale scope;
    scope.c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    scope.before = scope.c ? uselocale(scope.c) : (locale_t)0;
    return scope;
}

static inline void wi_c_locale_leave(struct wi_c_locale scope) {
    if (!scope.c)
        return;
    uselocale(scope.before);
    freelocale(scope.c);
}

__attribute__((format(printf, 3, 0))) static inline int
wi_c_vsnprintf(char *out, size_t n, const char *format, va_list args) {
    struct wi_c_locale scope = wi_c_locale_enter();
    int length = vsnprintf(out, n, format, args);
    wi_c_locale_leave(scope);
    return length;
}

__attribute__((format(printf, 3, 4))) static inline int wi_c_snprintf(char *out, size_t n,
                                                                      const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = wi_c_vsnprintf(out, n, format, args);
    va_end(args);
    return length;
}

#endif
