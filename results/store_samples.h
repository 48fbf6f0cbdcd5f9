/* store_samples.h: samples as the bytes that `measurement.samples` holds. For results/store_*.c.
 * SPDX-License-Identifier: Apache-2.0
 *
 * 21 bytes a sample, little-endian, one after the other:
 *   0  u64  start_ns    8  u64  ns    16  u32  pass    20  u8  segment */
#ifndef WI_STORE_SAMPLES_H
#define WI_STORE_SAMPLES_H

#include "results/record.h"

#include <stddef.h>

enum { WI_SAMPLE_BYTES = 21 };

void wi_samples_pack(const struct wi_sample *samples, size_t n, unsigned char *bytes);
void wi_samples_unpack(const unsigned char *bytes, size_t n, struct wi_sample *samples);

#endif
