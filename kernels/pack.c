/* pack.c: weight formats, portable: conversions, rounding, reading back, synthetic rows.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Relies on: a little-endian machine, as every supported one is. */
#include "kernels/pack.h"

#include "base/rng.h"

#include <assert.h>
#include <math.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "packed formats are little-endian");

enum { BLOCK = 32, Q8_0_BYTES = 34, Q4_0_BYTES = 18 };

/* ---- conversions ---- */

static uint32_t bits_of(float x) {
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}
static float from_bits(uint32_t u) {
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

uint16_t wi_f16_from_f32(float x) {
    uint32_t u = bits_of(x);
    uint16_t sign = (uint16_t)(u >> 16 & 0x8000);
    u &= 0x7fffffff;
    if (u > 0x7f800000) /* NaN: quiet, the upper payload bits kept */
        return (uint16_t)(sign | 0x7e00 | (u >> 13 & 0x1ff));
    if (u >= 0x477ff000) /* 65520 and above round to infinity */
        return (uint16_t)(sign | 0x7c00);
    if (u < 0x38800000) { /* below 2^-14: a multiple of 2^-24, by the adder of binary32 */
        float scaled = from_bits(u) + 0.5f; /* the ulp of [0.5, 1) is 2^-24 */
        return (uint16_t)(sign | (bits_of(scaled) - 0x3f000000));
    }
    uint32_t odd = u >> 13 & 1;
    return (uint16_t)(sign | (u - 0x38000000 + 0xfff + odd) >> 13);
}

float wi_f16_to_f32(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = h & 0x7fff;
    if (rest >= 0x7c00) /* infinity, NaN */
        return from_bits(sign | 0x7f800000 | (rest & 0x3ff) << 13);
    if (rest < 0x400) { /* zero and subnormals: exact in binary32 */
        float magnitude = (float)rest * 0x1p-24f;
        return from_bits(sign | bits_of(magnitude));
    }
    return from_bits(sign | ((rest << 13) + 0x38000000));
}

uint16_t wi_bf16_from_f32(float x) {
    uint32_t u = bits_of(x);
    if ((u & 0x7fffffff) > 0x7f800000)
        return (uint16_t)(u >> 16 | 0x40);
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

float wi_bf16_to_f32(uint16_t h) {
    return from_bits((uint32_t)h << 16);
}

/* ---- reading ---- */

static double half_at(const unsigned char *p) {
    uint16_t h;
    memcpy(&h, p, sizeof h);
    return wi_f16_to_f32(h);
}

static void unpack_q8_0(const unsigned char *p, uint64_t n, double *out) {
    for (uint64_t b = 0; b < n / BLOCK; b++, p += Q8_0_BYTES) {
        double d = half_at(p);
        for (unsigned i = 0; i < BLOCK; i++)
            *out++ = d * (int8_t)p[2 + i];
    }
}

static void unpack_q4_0(const unsigned char *p, uint64_t n, double *out) {
    for (uint64_t b = 0; b < n / BLOCK; b++, p += Q4_0_BYTES, out += BLOCK) {
        double d = half_at(p);
        for (unsigned i = 0; i < BLOCK / 2; i++) {
            out[i] = d * ((p[2 + i] & 15) - 8);
            out[i + BLOCK / 2] = d * ((p[2 + i] >> 4) - 8);
        }
    }
}

void wi_unpack(enum wi_format_id format, const void *row, uint64_t first, uint64_t n, double *out) {
    const struct wi_format *f = wi_format_get(format);
    assert(first % f->block_weights == 0 && n % f->block_weights == 0);
    const unsigned char *p = (const unsigned char *)row + first / f->block_weights * f->block_bytes;
    for (uint64_t i = 0; i < n && f->block_weights == 1; i++) {
        float x;
        uint16_t h;
        if (format == WI_FORMAT_f32) {
            memcpy(&x, p + 4 * i, sizeof x);
        } else {
            memcpy(&h, p + 2 * i, sizeof h);
            x = format == WI_FORMAT_f16 ? wi_f16_to_f32(h) : wi_bf16_to_f32(h);
        }
        out[i] = x;
    }
    if (format == WI_FORMAT_q8_0)
        unpack_q8_0(p, n, out);
    if (format == WI_FORMAT_q4_0)
        unpack_q4_0(p, n, out);
}

/* ---- rounding ---- */

/* The element of largest magnitude, with its sign. */
static float extreme(const float *x) {
    float most = 0;
    for (unsigned i = 0; i < BLOCK; i++)
        most = fabsf(x[i]) > fabsf(most) ? x[i] : most;
    return most;
}

static void round_q8_0(const float *x, unsigned char *p) {
    float d = fabsf(extreme(x)) / 127, id = d > 0 ? 1 / d : 0;
    uint16_t h = wi_f16_from_f32(d);
    memcpy(p, &h, sizeof h);
    for (unsigned i = 0; i < BLOCK; i++)
        p[2 + i] = (unsigned char)(int8_t)roundf(x[i] * id);
}

static unsigned nibble(float x, float id) {
    int q = (int)(x * id + 8.5f);
    return (unsigned)(q > 15 ? 15 : q);
}

static void round_q4_0(const float *x, unsigned char *p) {
    float d = extreme(x) / -8, id = d != 0 ? 1 / d : 0;
    uint16_t h = wi_f16_from_f32(d);
    memcpy(p, &h, sizeof h);
    for (unsigned i = 0; i < BLOCK / 2; i++)
        p[2 + i] = (unsigned char)(nibble(x[i], id) | nibble(x[i + BLOCK / 2], id) << 4);
}

void wi_pack_round(enum wi_format_id format, const float *x, uint64_t k, void *row) {
    const struct wi_format *f = wi_format_get(format);
    unsigned char *p = row;
    assert(k % f->block_weights == 0);
    for (uint64_t i = 0; i < k; i += f->block_weights, p += f->block_bytes) {
        if (format == WI_FORMAT_f32) {
            memcpy(p, &x[i], sizeof *x);
        } else if (format == WI_FORMAT_q8_0) {
            round_q8_0(x + i, p);
        } else if (format == WI_FORMAT_q4_0) {
            round_q4_0(x + i, p);
        } else {
            uint16_t h = format == WI_FORMAT_f16 ? wi_f16_from_f32(x[i]) : wi_bf16_from_f32(x[i]);
            memcpy(p, &h, sizeof h);
        }
    }
}

/* ---- synthetic rows ----
 * An element of a float format is one of 4,096 equidistant values, looked up by 12 random bits: no
 * conversion on the way, so that a model of gigabytes is made at nearly the speed of memory. Quants
 * are random bytes under a random scale. Root mean squares: of int8 in [-127, 127], -127 twice as
 * often (see below), 73.9; of a nibble less 8, 4.637. */

enum { VALUES = 4096, SCALES = 256 };
static const double rms_q8_0 = 73.9, rms_q4_0 = 4.637;

static uint32_t value_bits(enum wi_format_id format, double x) {
    float f = (float)x;
    return format == WI_FORMAT_f32   ? bits_of(f)
           : format == WI_FORMAT_f16 ? wi_f16_from_f32(f)
                                     : wi_bf16_from_f32(f);
}

void wi_packer_init(struct wi_packer *packer, enum wi_format_id format, uint32_t fan_in,
                    uint64_t seed, uint64_t tensor) {
    uint64_t state = seed ^ tensor * 0x9e3779b97f4a7c15u;
    double centre = fan_in == 0 ? 1 : 0, deviation = fan_in == 0 ? 1.0 / 16 : 1 / sqrt(fan_in);
    packer->format = format;
    packer->key = wi_splitmix64(&state);
    for (unsigned i = 0; i < VALUES; i++) { /* uniform: half-width sqrt(3) deviations */
        double u = (i + 0.5) / (VALUES / 2) - 1;
        packer->values[i] = value_bits(format, centre + sqrt(3) * deviation * u);
    }
    double rms = format == WI_FORMAT_q4_0 ? rms_q4_0 : rms_q8_0;
    for (unsigned i = 0; i < SCALES; i++) { /* 0.75 to 1.25 of the mean, either sign */
        double u = 0.75 + 0.5 * ((i >> 1) + 0.5) / (SCALES / 2.0);
        packer->scales[i] = wi_f16_from_f32((float)((i & 1 ? -1 : 1) * u * deviation / rms));
    }
}

static void row_f32(const struct wi_packer *packer, uint64_t *state, uint64_t k, void *out) {
    unsigned char *p = out;
    for (uint64_t i = 0; i < k; i += 2) {
        uint64_t r = wi_splitmix64(state);
        for (uint64_t j = i; j < i + 2 && j < k; j++, r >>= 24) {
            uint32_t u = packer->values[r & 0xfff] ^ (uint32_t)(r >> 12 & 0xfff);
            memcpy(p + 4 * j, &u, sizeof u); /* low bits too: memory may compress */
        }
    }
}

static void row_half(const struct wi_packer *packer, uint64_t *state, uint64_t k, void *out) {
    unsigned char *p = out;
    for (uint64_t i = 0; i < k; i += 4) {
        uint64_t r = wi_splitmix64(state);
        for (uint64_t j = i; j < i + 4 && j < k; j++, r >>= 12) {
            uint16_t h = (uint16_t)packer->values[r & 0xfff];
            memcpy(p + 2 * j, &h, sizeof h);
        }
    }
}

/* Bytes of 0x80 become 0x81: -128 is no value that rounding makes, and kernels may rely on that. */
static uint64_t without_minimum(uint64_t r) {
    const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
    uint64_t low_nonzero = (r & low) + low;        /* top bit of each byte: seven others not 0 */
    uint64_t is_minimum = r & ~low_nonzero & ~low; /* top bit set, others 0 */
    return r | is_minimum >> 7;
}

static void row_quants(const struct wi_packer *packer, uint64_t *state, uint64_t k, void *out) {
    bool bytes = packer->format == WI_FORMAT_q8_0;
    unsigned char *p = out;
    for (uint64_t b = 0; b < k / BLOCK; b++) {
        uint64_t r = wi_splitmix64(state);
        memcpy(p, &packer->scales[r >> 56], 2);
        for (unsigned i = 0; i < (bytes ? 4 : 2); i++) {
            r = wi_splitmix64(state);
            r = bytes ? without_minimum(r) : r;
            memcpy(p + 2 + 8 * i, &r, sizeof r);
        }
        p += bytes ? Q8_0_BYTES : Q4_0_BYTES;
    }
}

void wi_packer_row(const struct wi_packer *packer, uint64_t row, uint64_t k, void *out) {
    uint64_t state = packer->key ^ row * 0xd1342543de82ef95u; /* rows far apart in the sequence */
    state = wi_splitmix64(&state);
    assert(k % wi_format_get(packer->format)->block_weights == 0);
    if (packer->format == WI_FORMAT_f32)
        row_f32(packer, &state, k, out);
    else if (packer->format == WI_FORMAT_f16 || packer->format == WI_FORMAT_bf16)
        row_half(packer, &state, k, out);
    else
        row_quants(packer, &state, k, out);
}
