/* load.h: database -> what the renderers show. Everything in cli->arena.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_LOAD_H
#define WI_LOAD_H

#include "cli/cli.h"
#include "report/report.h"

/* One device's newest finished run, or `run_id`. WI_NOT_FOUND when the device has none. */
int wi_load_run_view(struct wi_cli *cli, struct wi_store *store, const char *device_id,
                     const char *run_id, struct wi_run_view *view, struct wi_err *err);
/* view->by says by what; the rules say as of when evidence is too old. */
int wi_load_matrix_view(struct wi_cli *cli, struct wi_store *store, const char *engine,
                        const struct wi_rules *rules, struct wi_matrix_view *view,
                        struct wi_err *err);
/* Every device's newest run, and the matrix by tier. */
int wi_load_page_view(struct wi_cli *cli, struct wi_store *store, const struct wi_rules *rules,
                      struct wi_page_view *view, struct wi_err *err);

#endif
