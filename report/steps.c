/* steps.c: numbered steps of an explanation; steps.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/steps.h"

static const char indent[] = "   ";

void wi_step(struct wi_steps *s, const char *title) {
    wi_buf_printf(s->out, "\n%u. %s\n", ++s->step, title);
}

void wi_step_line(struct wi_steps *s, const char *name, const char *value) {
    wi_lay_wrap(s->out, wi_arena_printf(s->arena, "%s%-11s ", indent, name), value);
}

void wi_step_say(struct wi_steps *s, const char *sentence) {
    wi_lay_wrap(s->out, indent, sentence);
}

void wi_step_table(struct wi_steps *s, const struct wi_table *table) {
    wi_table_text(table, indent, s->out);
}
