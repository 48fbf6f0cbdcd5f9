/* safetensors_absent.c: the safetensors reader in a build without jansson.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/model_file_parts.h"

int wi_safetensors_read(const struct wi_byte_source *source, struct wi_arena *arena,
                        struct wi_model_file *file, struct wi_err *err) {
    (void)arena;
    (void)file;
    return wi_fail(err, WI_NOT_BUILT,
                   "%.300s: this weighin was built without jansson and cannot read safetensors "
                   "(Debian: install libjansson-dev and build again)",
                   source->name);
}
