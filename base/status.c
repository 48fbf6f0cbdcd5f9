/* status.c: names, texts and exit codes of the statuses; filling an error.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"
#include "base/c_locale.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct status_row {
    const char *name;
    const char *text;
    int exit_code;
};

static const struct status_row rows[] = {
#define WI_X(name, exit_code, text) {#name, text, exit_code},
    WI_STATUS_LIST(WI_X)
#undef WI_X
};

/* A status that no row knows can only be a bug of the caller: it reads as an internal error. */
static const struct status_row *row_of(int status) {
    if (status < 0 || (size_t)status >= WI_COUNT(rows))
        status = WI_INTERNAL;
    return &rows[status];
}

const char *wi_status_name(int status) {
    return row_of(status)->name;
}

const char *wi_status_text(int status) {
    return row_of(status)->text;
}

int wi_status_exit_code(int status) {
    return row_of(status)->exit_code;
}

int wi_fail(struct wi_err *err, int status, const char *format, ...) {
    if (!err)
        return status;
    /* Formatted aside first: an argument may be the message that is being replaced. */
    char text[sizeof(err->message)];
    va_list args;
    va_start(args, format);
    wi_c_vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    err->status = status;
    memcpy(err->message, text, sizeof(text));
    return status;
}

int wi_fail_prefix(struct wi_err *err, int status, const char *format, ...) {
    if (!err)
        return status;
    char text[sizeof(err->message)];
    va_list args;
    va_start(args, format);
    int used = wi_c_vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof(text))
        wi_c_snprintf(text + used, sizeof(text) - (size_t)used, ": %s", err->message);
    err->status = status;
    memcpy(err->message, text, sizeof(text));
    return status;
}
