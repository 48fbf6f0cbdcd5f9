/* blank.h: what makers leave in a field that they should have filled.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_BLANK_H
#define WI_BLANK_H

#include <stdbool.h>

/* Empty, one character over and over, or a known filler: tells nothing and identifies nothing. */
bool wi_blank(const char *text); /* NULL is blank */

#endif
