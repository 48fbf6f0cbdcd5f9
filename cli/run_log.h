/* run_log.h: what comes of a run while it is measured: rows into the database, lines to the
 * terminal. SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_RUN_LOG_H
#define WI_RUN_LOG_H

#include "bench/run.h"
#include "cli/cli.h"
#include "cli/progress.h"

struct wi_run_log {
    struct wi_store *store;
    const char *run_id, *device_id;
    bool resumed; /* the run was begun before: its rows say so */
    size_t case_count, done;
    double left_s;     /* as last forecast */
    double forecast_s; /* of the whole run, as last told */
    struct wi_progress progress;
};
/* Tells the forecast, when there is one. */
void wi_run_log_begin(struct wi_run_log *log, const struct wi_plan *plan);
/* Measuring has ended, however: other lines may follow. */
void wi_run_log_stop(struct wi_run_log *log);
/* How long it took against the forecast. */
void wi_run_log_end(struct wi_run_log *log, double took_s);
struct wi_run_sink wi_run_log_sink(struct wi_run_log *log);

#endif
