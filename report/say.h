/* say.h: paragraphs of a terminal answer that several commands share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_SAY_H
#define WI_SAY_H

#include "report/lay.h"
#include "report/report.h"

/* Rows of (what, how much) for a footprint's four parts, total and load peak. */
void wi_say_footprint(struct wi_table *table, const struct wi_footprint *f, uint32_t context,
                      const char *kv_precision, bool encoder);
/* "Download: 1.55 GB; about 10 min 20 s over 4g (20 Mbit/s), ..." and a line end. */
void wi_say_download(struct wi_arena *arena, uint64_t file_bytes, struct wi_buf *out);
/* Not wrapped: it holds a command that people copy. NULL: nothing. */
void wi_say_advice(struct wi_buf *out, const char *first, const char *advice);
bool wi_is_encoder(const struct wi_model *model);

/* Distinct reasons with how often each was given, in order of first appearance. */
struct wi_reason_count {
    const char *reason;
    size_t times;
    const char *first_id;
};
size_t wi_say_count_reasons(struct wi_arena *arena, const struct wi_not_counted *items, size_t n,
                            struct wi_reason_count **counts);

#endif
