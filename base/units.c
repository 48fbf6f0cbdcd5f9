/* units.c: numbers with their unit, and strict parsing of what users type.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/units.h"
#include "base/c_locale.h"
#include "base/status.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- formatting ---- */

char *wi_format_g3(char *out, size_t n, double value) {
    if (isnan(value)) {
        wi_c_snprintf(out, n, "unknown");
    } else if (isinf(value)) {
        wi_c_snprintf(out, n, "%sinfinite", value < 0 ? "-" : "");
    } else if (value == 0) {
        wi_c_snprintf(out, n, "0");
    } else {
        char rounded[32];
        wi_c_snprintf(rounded, sizeof(rounded), "%.2e", value); /* d.dde+xx: the rounding is done */
        int exponent = atoi(strchr(rounded, 'e') + 1);
        if (exponent < -4 || exponent > 14) {
            wi_c_snprintf(out, n, "%s", rounded);
        } else {
            struct wi_c_locale scope = wi_c_locale_enter();
            double near = strtod(rounded, NULL);
            snprintf(out, n, "%.*f", exponent >= 2 ? 0 : 2 - exponent, near);
            wi_c_locale_leave(scope);
        }
    }
    return out;
}

/* 1023 MiB stays 1023: rounding to three digits would print a size that exists nowhere. */
static char *format_scaled(char *out, size_t n, double value, const char *unit) {
    char number[32];
    if (value >= 999.5)
        wi_c_snprintf(number, sizeof(number), "%.0f", value);
    else
        wi_format_g3(number, sizeof(number), value);
    wi_c_snprintf(out, n, "%s %s", number, unit);
    return out;
}

char *wi_format_mem(char *out, size_t n, uint64_t bytes) {
    if (bytes >= WI_GIB)
        return format_scaled(out, n, (double)bytes / (double)WI_GIB, "GiB");
    if (bytes >= WI_MIB || bytes == 0)
        return format_scaled(out, n, (double)bytes / (double)WI_MIB, "MiB");
    if (bytes >= WI_KIB)
        return format_scaled(out, n, (double)bytes / (double)WI_KIB, "KiB");
    wi_c_snprintf(out, n, "%" PRIu64 " bytes", bytes);
    return out;
}

char *wi_format_file(char *out, size_t n, uint64_t bytes) {
    double b = (double)bytes;
    if (bytes >= 1000000000)
        return format_scaled(out, n, b / 1e9, "GB");
    if (bytes >= 1000000 || bytes == 0)
        return format_scaled(out, n, b / 1e6, "MB");
    if (bytes >= 1000)
        return format_scaled(out, n, b / 1e3, "kB");
    wi_c_snprintf(out, n, "%" PRIu64 " bytes", bytes);
    return out;
}

/* "3 min 20 s": two whole units, rounded to the smaller. */
static char *format_pair(char *out, size_t n, double seconds, double small, int ratio,
                         const char *large_unit, const char *small_unit) {
    long long total = llround(seconds / small);
    wi_c_snprintf(out, n, "%lld %s %lld %s", total / ratio, large_unit, total % ratio, small_unit);
    return out;
}

char *wi_format_duration(char *out, size_t n, double seconds) {
    char number[32];
    if (!isfinite(seconds))
        return wi_format_g3(out, n, seconds);
    if (seconds >= 86400 - 30)
        return format_pair(out, n, seconds, 3600, 24, "d", "h");
    if (seconds >= 3600 - 0.5)
        return format_pair(out, n, seconds, 60, 60, "h", "min");
    if (seconds >= 59.95)
        return format_pair(out, n, seconds, 1, 60, "min", "s");
    if (seconds >= 0.9995 || seconds == 0)
        wi_c_snprintf(out, n, "%s s", wi_format_g3(number, sizeof(number), seconds));
    else if (fabs(seconds) >= 0.9995e-3)
        wi_c_snprintf(out, n, "%s ms", wi_format_g3(number, sizeof(number), seconds * 1e3));
    else if (fabs(seconds) >= 0.9995e-6)
        wi_c_snprintf(out, n, "%s us", wi_format_g3(number, sizeof(number), seconds * 1e6));
    else
        wi_c_snprintf(out, n, "%s ns", wi_format_g3(number, sizeof(number), seconds * 1e9));
    return out;
}

/* ---- dates ---- */

char *wi_format_utc(char *out, size_t n, int64_t unix_ns) {
    int64_t seconds = unix_ns / 1000000000;
    if (unix_ns % 1000000000 < 0)
        seconds--;
    time_t t = (time_t)seconds;
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    wi_c_snprintf(out, n, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                  tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return out;
}

/* Reads exactly `digits` decimal digits and the character behind them; NULL on anything else. */
static const char *take_digits(const char *p, int digits, char behind, int *value) {
    *value = 0;
    for (int i = 0; i < digits; i++, p++) {
        if (*p < '0' || *p > '9')
            return NULL;
        *value = *value * 10 + (*p - '0');
    }
    return *p == behind ? p + (behind != '\0') : NULL;
}

/* Digits and the closing Z; finer than a nanosecond is cut off. */
static const char *take_fraction(const char *p, int64_t *ns) {
    int64_t scale = 100000000;
    const char *first = p;
    for (; *p >= '0' && *p <= '9'; p++, scale /= 10)
        *ns += (*p - '0') * scale;
    return p > first && *p == 'Z' ? p + 1 : NULL;
}

static bool date_exists(int year, int month, int day) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar; the year is counted from March, so that
 * the leap day is its last. */
static int64_t days_since_1970(int year, int month, int day) {
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + (day - 1) - 719468;
}

int wi_parse_utc(const char *text, int64_t *unix_ns) {
    int year, month, day, hour = 0, minute = 0, second = 0;
    int64_t ns = 0;
    const char *p = text ? take_digits(text, 4, '-', &year) : NULL;
    p = p ? take_digits(p, 2, '-', &month) : NULL;
    if (!p)
        return WI_USAGE;
    if (strlen(p) > 2) {
        p = take_digits(p, 2, 'T', &day);
        p = p ? take_digits(p, 2, ':', &hour) : NULL;
        p = p ? take_digits(p, 2, ':', &minute) : NULL;
        if (!p || strlen(p) < 3)
            return WI_USAGE;
        bool fraction = p[2] == '.';
        p = take_digits(p, 2, fraction ? '.' : 'Z', &second);
        if (p && fraction)
            p = take_fraction(p, &ns);
        if (!p || *p != '\0')
            return WI_USAGE;
    } else if (!take_digits(p, 2, '\0', &day)) {
        return WI_USAGE;
    }
    /* int64 nanoseconds reach from 1678 to 2261. */
    if (year < 1678 || year > 2261 || !date_exists(year, month, day) || hour > 23 || minute > 59 ||
        second > 59)
        return WI_USAGE;
    int64_t seconds =
        days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    *unix_ns = seconds * 1000000000 + ns;
    return WI_OK;
}

/* ---- parsing ---- */

int wi_parse_u64(const char *text, uint64_t lo, uint64_t hi, uint64_t *out) {
    uint64_t value = 0;
    if (!text || !*text)
        return WI_USAGE;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9')
            return WI_USAGE;
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
            return WI_USAGE;
    }
    if (value < lo || value > hi)
        return WI_USAGE;
    *out = value;
    return WI_OK;
}

static const char *skip_digits(const char *p) {
    while (*p >= '0' && *p <= '9')
        p++;
    return p;
}

/* -?digits[.digits][e[+-]digits], or .digits: no blanks, no hex, no inf, no nan, no plus. */
static bool is_decimal(const char *text) {
    const char *p = text + (*text == '-');
    const char *whole = p;
    p = skip_digits(p);
    bool any = p > whole;
    if (*p == '.') {
        const char *fraction = ++p;
        p = skip_digits(p);
        any = any || p > fraction;
    }
    if (any && (*p == 'e' || *p == 'E')) {
        p++;
        p += *p == '-' || *p == '+';
        const char *digits = p;
        p = skip_digits(p);
        any = p > digits;
    }
    return any && *p == '\0';
}

int wi_parse_f64(const char *text, double lo, double hi, double *out) {
    if (!text || !is_decimal(text))
        return WI_USAGE;
    struct wi_c_locale scope = wi_c_locale_enter();
    double value = strtod(text, NULL);
    wi_c_locale_leave(scope);
    if (!isfinite(value) || value < lo || value > hi)
        return WI_USAGE;
    *out = value;
    return WI_OK;
}
