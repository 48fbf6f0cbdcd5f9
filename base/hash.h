/* hash.h: SHA-256 (FIPS 180-4), for identities and content hashes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_HASH_H
#define WI_HASH_H

#include <stddef.h>
#include <stdint.h>

struct wi_sha256 {
    uint32_t state[8];
    uint64_t bytes;
    unsigned char block[64];
};

void wi_sha256_init(struct wi_sha256 *hash);
void wi_sha256_update(struct wi_sha256 *hash, const void *bytes, size_t n);
void wi_sha256_final(struct wi_sha256 *hash, unsigned char digest[32]);
/* Hex digest of one piece; 64 characters and a NUL. */
void wi_sha256_hex(const void *bytes, size_t n, char out[65]);

#endif
