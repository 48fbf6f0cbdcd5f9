/* maybe.c: names of the known-states.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/maybe.h"
#include "base/status.h"

const char *wi_known_name(enum wi_known known) {
    static const char *const names[] = {
#define WI_X(name) #name,
        WI_KNOWN_LIST(WI_X)
#undef WI_X
    };
    return (unsigned)known < WI_COUNT(names) ? names[known] : names[WI_KNOWN_unknown];
}
