/* expect.h: cases that used to work and no longer do.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Never because of speed: a case is lost when a row with its key was ok and now is not. What was
 * not asked for this time is not lost. */
#ifndef WI_EXPECT_H
#define WI_EXPECT_H

#include "cli/cli.h"
#include "report/report.h"

struct wi_expectation {
    const char *against;            /* "run 01.. in weighin.db"; NULL: there is nothing to hold */
    struct wi_evidence_list worked; /* rows that were ok, one a case */
};

/* `what`: "last", the newest row that was ok of each case, in finished runs of the device in
 * `store`, but for rows that somebody excluded; or a database, its newest row of each case of this
 * device, or of the only one that it knows. WI_USAGE: a file without either.
 * `except`: a run that is not looked at; NULL. */
int wi_expect_load(struct wi_cli *cli, struct wi_store *store, const char *device_id,
                   const char *what, const char *except, struct wi_expectation *expectation,
                   struct wi_err *err);

/* Which of them the rows of a run lost. Pure; everything in `arena` or borrowed. */
void wi_expect_hold(const struct wi_expectation *expectation, const struct wi_evidence *now,
                    size_t count, struct wi_arena *arena, struct wi_expect_view *view);

/* Equal case keys (SEMANTICS "Case key"). */
bool wi_same_case(const struct wi_case *a, const struct wi_case *b);

#endif
