/* list.h: rows for `weighin list`.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_LIST_H
#define WI_LIST_H

#include "cli/cli.h"

struct wi_cells { /* row-major, as struct wi_list_view wants them; NULL: unknown */
    const char **items;
    size_t count, capacity;
};
void wi_cells_add(struct wi_cli *cli, struct wi_cells *cells, const char *text);
void wi_cells_add_bool(struct wi_cli *cli, struct wi_cells *cells, bool b);

/* WI_NOT_BUILT in a report-only build. */
int wi_list_ops(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err);
int wi_list_kernels(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err);
int wi_list_backends(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err);

#endif
