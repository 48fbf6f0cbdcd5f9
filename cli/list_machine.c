/* list_machine.c: what the code and this machine offer: ops, kernels, backends; thresholds of
 * measuring.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/constants.h"
#include "cli/explain.h"
#include "cli/list.h"
#include "cli/machine.h"
#include "kernels/session.h"

int wi_list_ops(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err) {
    (void)err;
    size_t n = 0;
    const struct wi_op_info *ops = wi_ops_list(&n);
    for (size_t i = 0; i < n; i++) {
        wi_cells_add(cli, cells, ops[i].name);
        wi_cells_add(cli, cells, ops[i].equation);
        wi_cells_add(cli, cells, ops[i].tolerance);
    }
    return WI_OK;
}

/* ---- this machine ---- */

typedef int (*ask_fn)(struct wi_cli *cli, const struct wi_inventory *inventory,
                      struct wi_cells *cells, struct wi_err *err);

static int ask_this_machine(struct wi_cli *cli, ask_fn ask, struct wi_cells *cells,
                            struct wi_err *err) {
    struct wi_inventory *inventory = NULL; /* its arena is kept: cells point into it */
    WI_TRY(wi_cli_this_machine(cli, &inventory, err));
    return ask(cli, inventory, cells, err);
}

static int kernels_of(struct wi_cli *cli, const struct wi_inventory *inventory,
                      struct wi_cells *cells, struct wi_err *err) {
    struct wi_kernel_info *kernels = NULL;
    size_t n = 0;
    WI_TRY(wi_kernels_list(inventory, NULL, cli->arena, &kernels, &n, err));
    for (size_t i = 0; i < n; i++) {
        wi_cells_add(cli, cells, kernels[i].name);
        wi_cells_add(cli, cells, kernels[i].op);
        wi_cells_add(cli, cells, kernels[i].backend);
        wi_cells_add(cli, cells, kernels[i].precision);
        wi_cells_add(cli, cells, kernels[i].arithmetic);
        wi_cells_add(cli, cells, kernels[i].needs);
        wi_cells_add_bool(cli, cells, kernels[i].runs_here);
        wi_cells_add(cli, cells, kernels[i].why_not);
    }
    return WI_OK;
}
int wi_list_kernels(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err) {
    return ask_this_machine(cli, kernels_of, cells, err);
}

static int backends_of(struct wi_cli *cli, const struct wi_inventory *inventory,
                       struct wi_cells *cells, struct wi_err *err) {
    (void)err;
    for (size_t i = 0; i < WI_BACKEND_COUNT; i++) {
        const struct wi_backend_state *b = &inventory->backends[i];
        if (i == WI_BACKEND_null)
            continue; /* for tests */
        wi_cells_add(cli, cells, wi_backend_id_name((enum wi_backend_id)i));
        wi_cells_add(cli, cells, wi_case_status_name(b->status));
        wi_cells_add(cli, cells, b->reason);
        wi_cells_add(cli, cells, b->advice);
    }
    return WI_OK;
}
int wi_list_backends(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err) {
    return ask_this_machine(cli, backends_of, cells, err);
}

const char *const *wi_cli_isa_caps(void) {
    return wi_isa_caps();
}

void wi_cli_bench_constants(struct wi_constants *list) {
    wi_constants_of_bench(list);
}
