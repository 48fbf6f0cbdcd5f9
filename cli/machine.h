/* machine.h: this machine, as the commands ask for it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_MACHINE_H
#define WI_MACHINE_H

#include "cli/cli.h"
#include "probes/probe.h"

/* Probes through `env`, with --asset or $WEIGHIN_ASSET. `save`: write a newly made identity. */
int wi_cli_probe(const struct wi_cli *cli, struct wi_env *env, bool save,
                 struct wi_inventory **inventory, struct wi_err *err);
/* Live, nothing saved. WI_NOT_BUILT in a report-only build. */
int wi_cli_this_machine(const struct wi_cli *cli, struct wi_inventory **inventory,
                        struct wi_err *err);

#endif
