/* rng.c: xoshiro256** with splitmix64 seeding; sources stand in the header.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

uint64_t wi_splitmix64(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* splitmix64 fills the state, so that even seed 0 gives a state that is not all zero. */
void wi_rng_seed(struct wi_rng *rng, uint64_t seed) {
    for (int i = 0; i < 4; i++)
        rng->s[i] = wi_splitmix64(&seed);
}

static uint64_t rotate_left(uint64_t x, int k) {
    return (x << k) | (x >> (64 - k));
}

uint64_t wi_rng_next(struct wi_rng *rng) {
    uint64_t *s = rng->s;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* The lowest 2^64 mod n values are thrown away, so that each remainder is equally likely. */
uint64_t wi_rng_below(struct wi_rng *rng, uint64_t n) {
    uint64_t refuse = (0 - n) % n;
    uint64_t x;
    do
        x = wi_rng_next(rng);
    while (x < refuse);
    return x % n;
}

double wi_rng_unit(struct wi_rng *rng) {
    return (double)(wi_rng_next(rng) >> 11) * 0x1p-53;
}
