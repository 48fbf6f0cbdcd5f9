/* store_samples.c: samples as bytes and back, the same on every machine.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store_samples.h"

static void put(unsigned char *bytes, uint64_t value, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get(const unsigned char *bytes, unsigned n) {
    uint64_t value = 0;
    for (unsigned i = 0; i < n; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

void wi_samples_pack(const struct wi_sample *samples, size_t n, unsigned char *bytes) {
    for (size_t i = 0; i < n; i++, bytes += WI_SAMPLE_BYTES) {
        put(bytes, samples[i].start_ns, 8);
        put(bytes + 8, samples[i].ns, 8);
        put(bytes + 16, samples[i].pass, 4);
        bytes[20] = samples[i].segment;
    }
}

void wi_samples_unpack(const unsigned char *bytes, size_t n, struct wi_sample *samples) {
    for (size_t i = 0; i < n; i++, bytes += WI_SAMPLE_BYTES)
        samples[i] = (struct wi_sample){get(bytes, 8), get(bytes + 8, 8),
                                        (uint32_t)get(bytes + 16, 4), bytes[20]};
}
