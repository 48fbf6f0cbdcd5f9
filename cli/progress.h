/* progress.h: lines on stderr while something lasts: those that stay, and the status below them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The status is one line that is written over, on a clever terminal. In a pipe, a file or on a dumb
 * terminal there is none: what stays says all, line by line, without a control character. */
#ifndef WI_PROGRESS_H
#define WI_PROGRESS_H

#include "base/buf.h"

#include <stdbool.h>

struct wi_progress {
    bool live;           /* the status is shown */
    struct wi_buf shown; /* the status as it stands there */
    size_t columns;      /* of the terminal when it was written */
};

void wi_progress_begin(struct wi_progress *progress);
/* Erases the status; from then on nothing is written over. Zero-initialised is fine. */
void wi_progress_end(struct wi_progress *progress);
/* Lines that stay: text that was laid out already, with its line ends. */
void wi_progress_say(struct wi_progress *progress, const struct wi_buf *lines);
/* Foreign text, cut to one line. Ignored where no status is shown. */
void wi_progress_status(struct wi_progress *progress, const char *text);

#endif
