/* plan_print.h: `run --dry-run`: what would be measured, and how long it would take.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_PLAN_PRINT_H
#define WI_PLAN_PRINT_H

#include "base/buf.h"
#include "bench/run.h"

void wi_plan_text(const struct wi_plan *plan, const struct wi_inventory *inventory,
                  struct wi_buf *out);
void wi_plan_json(const struct wi_plan *plan, const struct wi_inventory *inventory,
                  struct wi_buf *out);

#endif
