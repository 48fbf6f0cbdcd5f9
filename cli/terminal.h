/* terminal.h: what stands behind stdout and stderr, and so how text is laid out for it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_TERMINAL_H
#define WI_TERMINAL_H

#include "report/lay.h"

enum { WI_STDOUT = 1, WI_STDERR = 2 };

/* A terminal on which the cursor can go back and colours show: not under TERM=dumb, nor when TERM
 * says nothing. */
bool wi_terminal_is_clever(int fd);
/* For a buffer that goes there, as it is now. Colour only on a clever terminal, and never when
 * NO_COLOR is set to anything. */
struct wi_look wi_terminal_look(int fd);

#endif
