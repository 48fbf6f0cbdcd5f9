/* commands.c: the commands of this build, in the order of help.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

const struct wi_command *const wi_commands[] = {
#define WI_X(name) &wi_command_##name,
    WI_COMMAND_LIST(WI_X)
#undef WI_X
        NULL,
};
