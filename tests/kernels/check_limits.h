/* check_limits.h: the loops behind a roofline do the work that they are said to do.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_CHECK_LIMITS_H
#define WI_CHECK_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

/* Every loop of every unit that needs no more than `isa`; calls `result` for each. */
void check_limits(uint64_t isa, void (*result)(bool ok, const char *what, const char *text));

#endif
