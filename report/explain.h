/* explain.h: what text and JSON of `explain` both say, worked out once. For report/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_EXPLAIN_H
#define WI_EXPLAIN_H

#include "base/arena.h"
#include "report/report.h"

/* Whether the stored rate is what the stored samples give; unknown when they cannot be summed up or
 * the row has no rate. */
enum wi_tri wi_explain_agrees(const struct wi_explain_view *view);

struct wi_explain_term { /* one limit of the device, beside what was reached of it; NAN: unknown */
    double per_token, achieved, limit, fraction;
};
struct wi_explain_term wi_explain_memory(const struct wi_explain_view *view);
struct wi_explain_term wi_explain_compute(const struct wi_explain_view *view);

/* What was seen behind a doubt; NULL: the row does not say. */
const char *wi_explain_seen(const struct wi_explain_view *view, enum wi_doubt doubt);

/* One property of the conditions: the last reading of it from before the first pass, the first from
 * after the last one; NULL: none. Not every reading looks at everything. */
struct wi_explain_reading {
    const char *key;
    const struct wi_fact *before, *after;
    uint64_t before_ns, after_ns; /* since the run began */
};
/* Of every property that was read before or after, in order of first appearance. */
size_t wi_explain_readings(const struct wi_explain_view *view, struct wi_arena *arena,
                           const struct wi_explain_reading **readings);

/* For sqlite3: tokens per second of this measurement from the view `sample`. */
const char *wi_explain_sql(const struct wi_explain_view *view, struct wi_arena *arena);

/* The sentences on how lo and hi came. */
const char *wi_explain_interval(const struct wi_explain_view *view, struct wi_arena *arena);
const char *wi_explain_widening(const struct wi_explain_view *view, struct wi_arena *arena);

#endif
