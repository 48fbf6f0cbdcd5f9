/* plan_absent.c: in place of plan_yaml.c when libcyaml is not there.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/plan_file.h"

int wi_plan_file_read(const char *where, const char *text, size_t size, struct wi_arena *arena,
                      struct wi_plan_file *file, struct wi_err *err) {
    (void)text, (void)size, (void)arena;
    *file = (struct wi_plan_file){0};
    return wi_fail(err, WI_NOT_BUILT, "%s: this build reads no plan files: it has no libcyaml",
                   where);
}
