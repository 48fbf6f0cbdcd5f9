/* run_lock.h: one run at a time on a machine, whoever starts it and whichever database it fills.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_RUN_LOCK_H
#define WI_RUN_LOCK_H

#include "cli/cli.h"

/* WI_BUSY names the process that measures and its database. With --wait: says so once and waits;
 * WI_INTERRUPTED. Where no lock file can be made: a warning, and `lock` is -1. Give back with
 * wi_os_unlock. */
int wi_run_lock(const struct wi_cli *cli, int *lock, struct wi_err *err);

#endif
