/* pack.h: weights and cache cells in the formats that kernels read: made, rounded, read back.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Layouts are those of models/format.inc, little-endian, byte for byte what a GGUF file holds:
 *   f32, f16, bf16   one element after the other
 *   q8_0  32 elements: f16 d, 32 int8 q                     x = d * q
 *   q4_0  32 elements: f16 d, 16 bytes; the low nibble of byte i is element i, the high one element
 *         16 + i                                             x = d * (q - 8)
 * Portable scalar code: the reference and the generators stand on it, kernels bring their own. */
#ifndef WI_PACK_H
#define WI_PACK_H

#include "models/format.h"

#include <stddef.h>
#include <stdint.h>

/* ---- conversions: round to nearest, ties to even (IEEE 754) ---- */
uint16_t wi_f16_from_f32(float x); /* overflow becomes infinity, NaN stays NaN */
float wi_f16_to_f32(uint16_t h);
uint16_t wi_bf16_from_f32(float x);
float wi_bf16_to_f32(uint16_t h);

/* ---- rows of a packed format; k is a multiple of the block ---- */
/* Reads elements [first, first + n) of a packed row; both multiples of the block. */
void wi_unpack(enum wi_format_id format, const void *row, uint64_t first, uint64_t n, double *out);
/* Rounds a row to the format: q8_0 and q4_0 as ggml does (d = amax / 127, q = round half away from
 * zero; q4_0: d = the element of largest magnitude / -8, q = x / d + 8.5 cut, at most 15). */
void wi_pack_round(enum wi_format_id format, const float *x, uint64_t k, void *row);

/* ---- synthetic weights (SEMANTICS: seeded, scaled by 1/sqrt(fan-in)) ----
 * A row depends on (seed, tensor, row) alone, so that threads may make rows in any order. Elements
 * have mean 0 and standard deviation 1/sqrt(fan_in); fan_in 0: 1 with a spread of 1/16 (norms). */
struct wi_packer {
    enum wi_format_id format;
    uint64_t key;          /* of (seed, tensor) */
    uint32_t values[4096]; /* f32, f16, bf16: what an element may be, as bits */
    uint16_t scales[256];  /* q8_0, q4_0: what d may be, as f16 bits */
};
void wi_packer_init(struct wi_packer *packer, enum wi_format_id format, uint32_t fan_in,
                    uint64_t seed, uint64_t tensor);
void wi_packer_row(const struct wi_packer *packer, uint64_t row, uint64_t k, void *out);

#endif
