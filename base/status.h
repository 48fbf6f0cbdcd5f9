/* status.h: how functions of weighin say that something went wrong.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A function that can fail returns int: 0 (WI_OK) or one of the codes below, and fills `err` (last
 * parameter, may be NULL) with one sentence: what was tried, on what, what came back, what to do.
 * Findings are not failures: a missing driver is a row, see enum wi_case_status in
 * results/record.h. */
#ifndef WI_STATUS_H
#define WI_STATUS_H

#include <stddef.h>

/*    code         exit  meaning */
#define WI_STATUS_LIST(X)                                                                          \
    X(OK, 0, "ok")                                                                                 \
    X(INTERNAL, 1, "internal error")                                                               \
    X(IO, 1, "input or output failed")                                                             \
    X(CORRUPT, 1, "damaged or foreign data")                                                       \
    X(NOMEM, 1, "out of memory")                                                                   \
    X(USAGE, 2, "wrong usage")                                                                     \
    X(NOT_FOUND, 2, "not found")                                                                   \
    X(UNSUPPORTED, 1, "not supported")                                                             \
    X(UNAVAILABLE, 1, "not available")                                                             \
    X(NOT_BUILT, 1, "not built")                                                                   \
    X(TOO_BIG, 1, "too big")                                                                       \
    X(TIMEOUT, 1, "timed out")                                                                     \
    X(CRASHED, 1, "crashed")                                                                       \
    X(WRONG, 1, "wrong result")                                                                    \
    X(BUSY, 1, "busy")                                                                             \
    X(INTERRUPTED, 130, "interrupted")

enum wi_status {
#define WI_X(name, exit_code, text) WI_##name,
    WI_STATUS_LIST(WI_X)
#undef WI_X
};

struct wi_err {
    int status;         /* enum wi_status; WI_OK while nothing failed */
    char message[1024]; /* one sentence, no trailing newline */
};

/* Fills err (if not NULL) and returns `status`, so that a failure is one statement. */
int wi_fail(struct wi_err *err, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "context: " in front of the message that err already holds; sets and returns `status`. */
int wi_fail_prefix(struct wi_err *err, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

const char *wi_status_name(int status); /* "TOO_BIG" */
const char *wi_status_text(int status); /* "too big" */
int wi_status_exit_code(int status);    /* the contract's exit code for a failed command */

/* For when nothing is held; use `goto done` when something is. */
#define WI_TRY(call)                                                                               \
    do {                                                                                           \
        int wi_try_status = (call);                                                                \
        if (wi_try_status != WI_OK)                                                                \
            return wi_try_status;                                                                  \
    } while (0)

#define WI_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
