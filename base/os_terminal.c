/* os_terminal.c: the terminal, as far as the system knows of it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/os.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

unsigned wi_os_terminal_columns(int fd) {
    struct winsize size = {0};
    if (!isatty(fd))
        return 0;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}
