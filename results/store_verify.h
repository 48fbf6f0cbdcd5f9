/* store_verify.h: what the parts of verifying share. For results/store_verify*.c only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_STORE_VERIFY_H
#define WI_STORE_VERIFY_H

#include "results/store_db.h"

struct wi_verifying {
    struct wi_store *store;
    struct wi_arena *arena;
    sqlite3 *reference; /* the schema as it should be */
    struct {
        struct wi_verify_finding *items;
        size_t count, capacity;
    } found;
};

/* A sentence, kept in the arena. */
__attribute__((format(printf, 2, 3))) void wi_verify_add(struct wi_verifying *v, const char *format,
                                                         ...);
/* Visits each row of a query; a query that fails is a finding too. */
typedef void (*wi_verify_fn)(struct wi_verifying *v, sqlite3_stmt *stmt);
void wi_verify_each(struct wi_verifying *v, const char *sql, wi_verify_fn visit);

/* Is each rate that of the row's own samples? (store_verify_rates.c) */
void wi_verify_rates(struct wi_verifying *v);

#endif
