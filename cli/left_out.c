/* left_out.c: what a report-only build says of the parts that it has not.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Such a build (-DWEIGHIN_REPORT_ONLY=ON) reads and judges databases on a machine that is nobody's
 * device under test; probing and measuring are asked for on the device itself. */
#include "cli/explain.h"
#include "cli/list.h"
#include "cli/machine.h"

static int left_out(const char *what, struct wi_err *err) {
    return wi_fail(err, WI_NOT_BUILT,
                   "%s: left out of this build (WEIGHIN_REPORT_ONLY): use weighin on the device "
                   "itself, and read its database here",
                   what);
}

int wi_cli_this_machine(const struct wi_cli *cli, struct wi_inventory **inventory,
                        struct wi_err *err) {
    *inventory = NULL;
    return left_out(cli->args.command->name, err);
}

int wi_list_ops(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err) {
    (void)cli, (void)cells;
    return left_out("list ops", err);
}
int wi_list_kernels(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err) {
    (void)cli, (void)cells;
    return left_out("list kernels", err);
}
int wi_list_backends(struct wi_cli *cli, struct wi_cells *cells, struct wi_err *err) {
    (void)cli, (void)cells;
    return left_out("list backends", err);
}

/* Thresholds of measuring are told where one can measure. */
void wi_cli_bench_constants(struct wi_constants *list) {
    (void)list;
}

const char *const *wi_cli_isa_caps(void) {
    static const char *const none[] = {NULL};
    return none;
}

static int command_left_out(struct wi_cli *cli, struct wi_err *err) {
    return left_out(cli->args.command->name, err);
}

#define LEFT_OUT(id, text, flags)                                                                  \
    const struct wi_command wi_command_##id = {                                                    \
        .name = text,                                                                              \
        .operands = "",                                                                            \
        .operand_max = 1000,                                                                       \
        .summary = "left out of this build: it reads databases only",                              \
        .use = flags,                                                                              \
        .run = command_left_out,                                                                   \
    }

LEFT_OUT(probe, "probe", WI_USE_json | WI_USE_db);
LEFT_OUT(doctor, "doctor", WI_USE_json | WI_USE_db);
LEFT_OUT(run, "run", WI_USE_json | WI_USE_db);
LEFT_OUT(worker, "worker", WI_USE_hidden);
LEFT_OUT(gpu_probe, "gpu-probe", WI_USE_hidden);
