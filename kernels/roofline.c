/* roofline.c: which backend measures its roofline how.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/roofline.h"

#include "kernels/cpu/backend.h"

int wi_roofline_measure(const struct wi_roofline_params *params, struct wi_arena *arena,
                        struct wi_roofline *roofline, struct wi_err *err) {
    *roofline = (struct wi_roofline){.backend = params->backend,
                                     .compute_device_id = params->compute_device_id};
    switch (params->backend) {
    case WI_BACKEND_cpu:
        return wi_cpu_roofline_measure(params, arena, roofline, err);
    case WI_BACKEND_null:
        return wi_fail(err, WI_UNSUPPORTED,
                       "the null backend has no roofline: its rates are scripted");
    default:
        return wi_fail(err, WI_NOT_BUILT, "this build has no kernels for %s",
                       wi_backend_id_name(params->backend));
    }
}

uint64_t wi_roofline_bytes(enum wi_backend_id backend, const struct wi_inventory *inventory) {
    return backend == WI_BACKEND_cpu ? wi_cpu_roofline_bytes(inventory) : 0;
}
