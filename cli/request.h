/* request.h: `run`'s options as a request that a plan can be built from.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_REQUEST_H
#define WI_REQUEST_H

#include "bench/run.h"
#include "cli/cli.h"

extern const struct wi_option wi_run_options[];
/* Everything in cli->arena. WI_USAGE names the option. */
int wi_request_read(struct wi_cli *cli, struct wi_run_request *request, struct wi_err *err);

#endif
