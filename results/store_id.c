/* store_id.c: identifiers that sort by time and do not collide when databases merge.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* The kernel's pool; without it two ids of one millisecond could be equal, so that is the end. */
static void random_bytes(unsigned char *bytes, size_t n) {
    FILE *pool = fopen("/dev/urandom", "rb");
    if (!pool || fread(bytes, 1, n, pool) != n) {
        fprintf(stderr, "weighin: /dev/urandom cannot be read: no unique identifier can be made\n");
        abort();
    }
    fclose(pool);
}

void wi_store_new_id(int64_t utc_ns, char id[33]) {
    unsigned char random[10];
    uint64_t ms = (uint64_t)(utc_ns / 1000000) & 0xffffffffffff;
    random_bytes(random, sizeof(random));
    snprintf(id, 33, "%012" PRIx64, ms);
    for (int i = 0; i < 10; i++)
        snprintf(id + 12 + 2 * i, 3, "%02x", random[i]);
}
