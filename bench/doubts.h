/* doubts.h: which doubts a measurement's own samples and session tell, with what was seen. Pure.
 * For bench/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_DOUBTS_H
#define WI_DOUBTS_H

#include "bench/measure.h"
#include "bench/notes.h"
#include "results/summary.h"

/* noisy, drift, too_short, clock */
void wi_doubts_of_samples(const struct wi_summary *summary, uint64_t resolution_ns,
                          struct wi_notes *notes);
/* few_samples, contended: what the worker noticed while it sampled. */
void wi_doubts_of_worker(const struct wi_measured *measured, const struct wi_summary *summary,
                         struct wi_notes *notes);
/* small_pages */
void wi_doubts_of_pages(const struct wi_session_info *info, enum wi_backend_id backend,
                        struct wi_notes *notes);

#endif
