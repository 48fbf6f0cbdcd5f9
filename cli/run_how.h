/* run_how.h: how `run` goes about it; and the plan file that its options may come from.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_RUN_HOW_H
#define WI_RUN_HOW_H

#include "cli/cli.h"
#include "results/record.h"

struct wi_run_how {
    unsigned repeat; /* runs, 1.. */
    double gap_s;    /* between them */
    bool dry, resume;
    const char *expect; /* "last" or a file; NULL: nothing */
};

/* --plan FILE: its settings become options, where they were not given. Comes before anything else
 * reads options. WI_USAGE with file and line. */
int wi_plan_take(struct wi_cli *cli, struct wi_err *err);
/* Returns `status`; puts file and line before the message when the option came out of a plan. */
int wi_plan_blame(const struct wi_args *args, const char *option, int status, struct wi_err *err);
int wi_run_how_read(struct wi_cli *cli, struct wi_run_how *how, struct wi_err *err);
/* --label KEY=VALUE.. */
int wi_labels_read(struct wi_cli *cli, const struct wi_label **labels, size_t *count,
                   struct wi_err *err);

#endif
