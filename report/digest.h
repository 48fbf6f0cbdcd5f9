/* digest.h: what a run's rows have in common, so that text and page say each thing once.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_DIGEST_H
#define WI_DIGEST_H

#include "report/report.h"

/* Rows of one run with the same status and reason (or the same doubt). */
struct wi_digest_group {
    const char *what;   /* status word or doubt name */
    const char *reason; /* or the doubt's advice */
    size_t times;
    const char *cases; /* "Gemma 2B f32 on cpu0 (2), ..." */
    const char **seen; /* doubts: "CASE: what was seen", of the first few rows that say it */
    size_t seen_count;
};
/* Rows that ended in anything but ok, by status and reason. */
size_t wi_digest_failures(const struct wi_run_view *view, struct wi_arena *arena,
                          struct wi_digest_group **groups);
/* Doubts of the rows that are ok. */
size_t wi_digest_doubts(const struct wi_run_view *view, struct wi_arena *arena,
                        struct wi_digest_group **groups);
/* "CASE: 10.2 tok/s; with 4 KiB pages behind the weights 9.8 tok/s", of every row that was measured
 * another way as well. */
size_t wi_digest_beside(const struct wi_run_view *view, struct wi_arena *arena,
                        const char *const **sentences);
/* Rows that are ok and do not count, by reason. */
size_t wi_digest_barred(const struct wi_run_view *view, struct wi_arena *arena,
                        struct wi_digest_group **groups);
size_t wi_digest_ok(const struct wi_run_view *view); /* rows that are ok */
/* "Gemma 2B q4_0 decode 32 at depth 512 on cpu0" */
const char *wi_digest_case(struct wi_arena *arena, const struct wi_measurement *m);

#endif
