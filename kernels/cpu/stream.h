/* stream.h: reading and copying memory in one go, with a unit's vectors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A line is 16 uint32, 64 bytes; buffers are aligned to it. All results are modulo 2^32. */
#ifndef WI_CPU_STREAM_H
#define WI_CPU_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* The sum of `lines` lines: every byte is read. */
typedef uint32_t (*wi_stream_read)(const uint32_t *words, size_t lines);
/* to[i] = from[i] + more, so that a copy which did nothing, or a stale one, is seen. */
typedef void (*wi_stream_copy)(uint32_t *to, const uint32_t *from, size_t lines, uint32_t more);

/* What a unit offers; `how` names it. NULL ends both lists. */
struct wi_stream_reader {
    const char *how;
    wi_stream_read read;
};
struct wi_stream_copier {
    const char *how;
    wi_stream_copy copy;
};

#endif
