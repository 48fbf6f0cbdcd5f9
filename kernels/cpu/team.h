/* team.h: threads that stay, each on its own hardware thread (OpenMP; without it, one thread).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_CPU_TEAM_H
#define WI_CPU_TEAM_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct wi_team;

/* One thread for each of cpus[count], pinned to it, the caller among them; count 0: one thread,
 * where it is. At most as many threads as the OpenMP runtime grants. */
int wi_team_create(const unsigned *cpus, size_t count, struct wi_team **team, struct wi_err *err);
void wi_team_destroy(
    struct wi_team *team); /* the caller may run where it could before; NULL: fine */
unsigned wi_team_threads(const struct wi_team *team);
bool wi_team_pinned(const struct wi_team *team); /* every thread could be pinned */
bool wi_team_flushes_to_zero(void);              /* while its work runs: see wi_team_run */

/* Calls work(state, thread, threads) on every thread at once and returns when all have returned.
 * Denormals are zeros for f32 arithmetic meanwhile, where the CPU can do so. */
typedef void (*wi_team_work)(void *state, unsigned thread, unsigned threads);
void wi_team_run(struct wi_team *team, wi_team_work work, void *state);
/* Inside of work(), by every thread. */
void wi_team_barrier(void);

#endif
