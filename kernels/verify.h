/* verify.h: holds a pass, op by op, against the double-precision reference.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_VERIFY_H
#define WI_VERIFY_H

#include "kernels/backend.h"

struct wi_verify_params {
    const struct wi_backend *backend;
    struct wi_device *device;
    const struct wi_program *program; /* prepared */
    struct wi_pass_dims dims;
    uint32_t samples; /* of each kernel, at random, over its calls */
    uint64_t seed;
    uint64_t budget_ns; /* of the reference's work; at least one element a call is checked */
    const struct wi_clock *clock;
};
/* Runs the calls one by one. Checked of each: one seeded element in every block of a grid over the
 * result (up to 16 x 32 blocks, at least a kernel's tile each), some in the last, partial tiles,
 * and its part of `samples` at random. The reference reads the operands before the call runs, so a
 * wrong result is charged to the call that made it. Segments' outputs must be finite. Notes in
 * `arena`. */
int wi_verify_program(const struct wi_verify_params *params, struct wi_arena *arena,
                      struct wi_verify_result *result, struct wi_err *err);

#endif
