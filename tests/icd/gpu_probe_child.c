/* gpu_probe_child.c: "gpu-probe API" alone, as the weighin binary offers it hidden: what the tests
 * of the GPU probe run as their child.
 * SPDX-License-Identifier: Apache-2.0 */
#include "probes/probe.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    struct wi_buf out = {0};
    struct wi_err err = {0};
    if (argc != 3 || strcmp(argv[1], "gpu-probe") != 0)
        return 2;
    int status = strcmp(argv[2], "vulkan") == 0 ? wi_probe_vulkan_child(&out, &err)
                                                : wi_probe_opencl_child(&out, &err);
    fwrite(wi_buf_str(&out), 1, out.size, stdout);
    fflush(stdout);
    if (status != WI_OK)
        fprintf(stderr, "%s\n", err.message);
    wi_buf_fini(&out);
    return wi_status_exit_code(status);
}
