/* cmd_internal.c: what weighin runs of itself: workers and GPU enumeration, in processes of their
 * own. SPDX-License-Identifier: Apache-2.0 */
#include "bench/run.h"
#include "cli/cli.h"
#include "probes/probe.h"

#include <string.h>

static int worker(struct wi_cli *cli, struct wi_err *err) {
    (void)err;
    cli->exit_code = wi_worker_main(0, 1);
    return WI_OK;
}

const struct wi_command wi_command_worker = {
    .name = "worker",
    .operands = "",
    .summary = "serves one group of a run: request on stdin, rows on stdout",
    .use = WI_USE_hidden,
    .run = worker,
};

static int gpu_probe(struct wi_cli *cli, struct wi_err *err) {
    const char *api = cli->args.operands[0];
    if (strcmp(api, "vulkan") == 0)
        return wi_probe_vulkan_child(&cli->out, err);
    if (strcmp(api, "opencl") == 0)
        return wi_probe_opencl_child(&cli->out, err);
    return wi_fail(err, WI_USAGE, "gpu-probe %s: the APIs are vulkan and opencl", api);
}

const struct wi_command wi_command_gpu_probe = {
    .name = "gpu-probe",
    .operands = "API",
    .operand_min = 1,
    .operand_max = 1,
    .summary = "enumerates the devices of one API as key=value lines",
    .use = WI_USE_hidden,
    .run = gpu_probe,
};
