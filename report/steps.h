/* steps.h: numbered steps of an explanation, for the terminal.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_STEPS_H
#define WI_STEPS_H

#include "report/lay.h"

struct wi_steps {
    struct wi_arena *arena; /* borrowed, as is out */
    struct wi_buf *out;
    unsigned step;
};
/* An empty line and "3. The budget" */
void wi_step(struct wi_steps *steps, const char *title);
void wi_step_line(struct wi_steps *steps, const char *name, const char *value);
void wi_step_say(struct wi_steps *steps, const char *sentence);
void wi_step_table(struct wi_steps *steps, const struct wi_table *table);

#endif
