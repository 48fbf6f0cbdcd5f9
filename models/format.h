/* format.h: how weights are stored: block layouts and their arithmetic.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A row of a matrix (k elements) is a sequence of blocks; bytes follow from the block alone. The
 * table is models/format.inc: formats with `kernel` set are run by our kernels, the others are
 * known to the footprint arithmetic only. Layouts: ggml's published block structures (see
 * format.inc). */
#ifndef WI_FORMAT_H
#define WI_FORMAT_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum wi_format_id {
#define WI_FORMAT(id, ...) WI_FORMAT_##id,
#include "models/format.inc"
#undef WI_FORMAT
    WI_FORMAT_COUNT
};

struct wi_format {
    enum wi_format_id id;
    const char *name;       /* "q4_0": the id's spelling in options, JSON and SQL */
    const char *family;     /* "int4", "int8", "f16", "f32": see data/precision_families.yaml */
    uint32_t block_weights; /* elements in a block; rows are multiples of it */
    uint32_t block_bytes;
    bool kernel;        /* our kernels run it: f32 f16 bf16 q8_0 q4_0 */
    const char *layout; /* one line for people */
};

const struct wi_format *wi_format_get(enum wi_format_id id);
/* By name, forgiving about case and - for _ ("Q4-0"); NULL when unknown. */
const struct wi_format *wi_format_find(const char *name);
/* Bytes of rows x k elements; rows whose k is no multiple of the block are padded to it. */
uint64_t wi_format_bytes(const struct wi_format *format, uint64_t rows, uint64_t k);

#endif
