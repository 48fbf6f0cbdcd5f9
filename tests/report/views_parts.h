/* views_parts.h: what the files of views share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_VIEWS_PARTS_H
#define WI_VIEWS_PARTS_H

#include "tests/report/views.h"

extern const struct wi_model views_gemma, views_bert, views_hostile_model;
void views_verdict(enum views_case c, struct wi_arena *arena, struct wi_verdict *v);

#endif
