/* rng.h: seeded random numbers that are the same on every machine (xoshiro256**, splitmix64
 * seeding; D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", 2021).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_RNG_H
#define WI_RNG_H

#include <stdint.h>

struct wi_rng {
    uint64_t s[4];
};

uint64_t wi_splitmix64(uint64_t *state);
void wi_rng_seed(struct wi_rng *rng, uint64_t seed);
uint64_t wi_rng_next(struct wi_rng *rng);
uint64_t wi_rng_below(struct wi_rng *rng, uint64_t n); /* unbiased, [0, n); n > 0 */
double wi_rng_unit(struct wi_rng *rng);                /* [0, 1), 53 bits */

#endif
