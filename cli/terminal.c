/* terminal.c: what stands behind stdout and stderr; terminal.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal.h"

#include "base/os.h"

#include <stdlib.h>
#include <string.h>

enum { FEWEST_COLUMNS = 20 }; /* narrower than this nothing is readable anyhow */

bool wi_terminal_is_clever(int fd) {
    const char *term = getenv("TERM");
    return wi_os_terminal_columns(fd) > 0 && term != NULL && term[0] != '\0' &&
           strcmp(term, "dumb") != 0;
}

struct wi_look wi_terminal_look(int fd) {
    const char *no_color = getenv("NO_COLOR");
    size_t columns = wi_os_terminal_columns(fd);
    bool wanted = no_color == NULL || no_color[0] == '\0';
    /* Longer lines than 80 columns are harder to read, whatever the terminal has. */
    return (struct wi_look){.columns = columns == 0 || columns > WI_LAY_COLUMNS ? WI_LAY_COLUMNS
                                       : columns < FEWEST_COLUMNS               ? FEWEST_COLUMNS
                                                                                : columns,
                            .colour = wanted && wi_terminal_is_clever(fd)};
}
