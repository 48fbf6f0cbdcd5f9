/* resume.h: going on with a run that did not end.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_RESUME_H
#define WI_RESUME_H

#include "bench/run.h"
#include "cli/cli.h"

struct wi_resumed {
    const struct wi_run *run;
    size_t stored; /* cases that have their row */
};

/* The newest interrupted or killed run of this device that asked for what `plan` asks; leaves out
 * of the plan what has a row. WI_NOT_FOUND: there is none. WI_USAGE: what differs between then and
 * now, so that rows would not belong together: request, seed, plan, hardware, software or kernels.
 */
int wi_resume(struct wi_cli *cli, struct wi_store *store, const struct wi_inventory *inventory,
              const struct wi_run_request *request, struct wi_plan *plan,
              struct wi_resumed *resumed, struct wi_err *err);

#endif
