/* load.h: packed weights and cache cells as vectors of f32, one small function per format.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kernels walk a row in blocks of BLOCK elements, whatever the format, and ask for the vectors of a
 * block one by one; `format` is a constant wherever it is used, so that one template serves them
 * all. What a row has beyond its last whole block is copied to a block padded with zeros: nothing
 * is read past the end. d * q has at most 19 significant bits, so that f32 holds it exactly. */
#ifndef WI_CPU_LOAD_H
#define WI_CPU_LOAD_H

#include "kernels/cpu/vec.h"
#include "models/format.h"

enum { BLOCK = 32, VECS = BLOCK / LANES, BLOCK_BYTES_MAX = 4 * BLOCK };

INLINE size_t block_bytes(enum wi_format_id format) {
    switch (format) {
    case WI_FORMAT_f32:
        return 4 * BLOCK;
    case WI_FORMAT_q8_0:
        return 2 + BLOCK;
    case WI_FORMAT_q4_0:
        return 2 + BLOCK / 2;
    default: /* f16, bf16 */
        return 2 * BLOCK;
    }
}
/* Bytes of n elements; of whole blocks for the formats that have blocks. */
INLINE size_t row_bytes(enum wi_format_id format, size_t n) {
    size_t blocks = n / BLOCK, rest = n % BLOCK;
    return blocks * block_bytes(format) + rest * (block_bytes(format) / BLOCK);
}

INLINE vf load_f32(const uint8_t *block, int i) {
    vf v;
    memcpy(&v, block + 4 * LANES * i, sizeof v);
    return v;
}

/* x = d * q */
INLINE vf load_q8_0(const uint8_t *block, int i) {
    return vf_all_f16(block) * __builtin_convertvector(vi_load_i8(block + 2 + LANES * i), vf);
}

/* x = d * (q - 8): elements 0 to 15 are the low nibbles, 16 to 31 the high ones. d q - 8 d is exact
 * when fused, which saves the integer subtraction; without, it would be rounded twice. */
INLINE vf load_q4_0(const uint8_t *block, int i) {
    vf d = vf_all_f16(block);
    vu q = vu_load_u8(block + 2 + LANES * (i % (VECS / 2)));
    q = i < VECS / 2 ? q & 15u : q >> 4;
    vf f = __builtin_convertvector((vi)q, vf);
#if defined(WI_UNIT_generic)
    return d * (f - 8.0f);
#else
    return vf_fma(d, f, d * -8.0f);
#endif
}

/* Vector i of VECS of a block. */
INLINE vf load_vec(enum wi_format_id format, const uint8_t *block, int i) {
    switch (format) {
    case WI_FORMAT_f16:
        return vf_load_f16(block + 2 * LANES * i);
    case WI_FORMAT_bf16:
        return vf_load_bf16(block + 2 * LANES * i);
    case WI_FORMAT_q8_0:
        return load_q8_0(block, i);
    case WI_FORMAT_q4_0:
        return load_q4_0(block, i);
    default:
        return load_f32(block, i);
    }
}

/* The last, partial block of a row as a whole one; formats of one element a block only. */
INLINE const uint8_t *pad_block(enum wi_format_id format, const uint8_t *block, size_t elements,
                                uint8_t padded[BLOCK_BYTES_MAX]) {
    memset(padded, 0, BLOCK_BYTES_MAX);
    memcpy(padded, block, row_bytes(format, elements));
    return padded;
}
INLINE const float *pad_floats(const float *x, size_t elements, float padded[BLOCK]) {
    memset(padded, 0, BLOCK * sizeof *padded);
    memcpy(padded, x, elements * sizeof *padded);
    return padded;
}

/* out[0 .. n rounded up to BLOCK) = elements [0, n) of a packed row, then zeros. */
INLINE void unpack(enum wi_format_id format, const uint8_t *row, size_t n, float *out) {
    uint8_t padded[BLOCK_BYTES_MAX];
    for (size_t b = 0; b * BLOCK < n; b++) {
        const uint8_t *block = row + b * block_bytes(format);
        if (n - b * BLOCK < BLOCK)
            block = pad_block(format, block, n - b * BLOCK, padded);
#pragma GCC unroll 8
        for (int i = 0; i < VECS; i++)
            vf_store(out + b * BLOCK + LANES * i, load_vec(format, block, i));
    }
}

#endif
