/* model_file_parts.h: what the readers of model files share. For models/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_MODEL_FILE_PARTS_H
#define WI_MODEL_FILE_PARTS_H

#include "models/model_file.h"

enum { WI_FILE_MOST_TENSORS = 65536, WI_FILE_MOST_DIMS = 8 };

int wi_gguf_read(const struct wi_byte_source *source, struct wi_arena *arena,
                 struct wi_model_file *file, struct wi_err *err);
int wi_safetensors_read(const struct wi_byte_source *source, struct wi_arena *arena,
                        struct wi_model_file *file, struct wi_err *err);

/* "NAME: byte AT: ..."; WI_USAGE. */
int wi_file_fail(const struct wi_byte_source *source, struct wi_err *err, uint64_t at,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Adds a tensor to the lists and sums. `name` and `type` are kept, not copied. WI_USAGE when a sum
 * overflows; `at` is where the header speaks of it. */
int wi_file_add(const struct wi_byte_source *source, struct wi_arena *arena, uint64_t at,
                const struct wi_file_tensor *tensor, struct wi_model_file *file,
                struct wi_err *err);

#endif
