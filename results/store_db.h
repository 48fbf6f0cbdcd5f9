/* store_db.h: the open database and the few ways to speak to it. For results/store_*.c and tests.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_STORE_DB_H
#define WI_STORE_DB_H

#include "results/store.h"
#include "results/store_derived.h"

#include <sqlite3.h>

/* Queries that are made thousands of times, for short lists in JSON; store_json.c says what each
 * is. */
enum wi_store_list {
    WI_STORE_LIST_IDS,
    WI_STORE_LIST_OPS,
    WI_STORE_LIST_NOT_COUNTED,
    WI_STORE_LIST_ITEMS,
    WI_STORE_LIST_COUNT
};

struct wi_store {
    sqlite3 *db;
    char *path;
    enum wi_store_mode mode;
    int version;                   /* of the schema as it is now, after migrating */
    const char *const *migrations; /* borrowed; number i makes version i + 1 */
    int migration_count;
    sqlite3_stmt *lists[WI_STORE_LIST_COUNT]; /* prepared when first needed, reset after each use */
    struct wi_arena *deriving; /* NULL: not between derived_begin and commit or rollback */
    struct wi_derived_by by;   /* while deriving; text in that arena */
};

/* wi_store_open with other migrations than the built-in ones. */
int wi_store_open_with(const char *path, enum wi_store_mode mode, const char *const *migrations,
                       int migration_count, struct wi_store **store, struct wi_err *err);

/* The database's last complaint as a status and one sentence: "cannot WHAT in PATH: ...". */
int wi_store_fail(const struct wi_store *store, struct wi_err *err, const char *what);
int wi_store_exec(struct wi_store *store, const char *sql, const char *what, struct wi_err *err);
int wi_store_prepare(struct wi_store *store, const char *sql, sqlite3_stmt **stmt,
                     struct wi_err *err);
/* Begins to write; refuses a store that was opened READ. */
int wi_store_begin(struct wi_store *store, struct wi_err *err);
int wi_store_commit(struct wi_store *store, struct wi_err *err);
void wi_store_rollback(struct wi_store *store);
/* Steps once: WI_OK with *row, or what went wrong. */
int wi_store_step(struct wi_store *store, sqlite3_stmt *stmt, bool *row, struct wi_err *err);
void wi_bind_text(sqlite3_stmt *stmt, int index, const char *text); /* NULL: NULL; borrowed */
/* A database in memory with the schema of the store's version; the caller closes it, also after a
 * failure. */
int wi_store_reference(const struct wi_store *store, sqlite3 **db, struct wi_err *err);
/* The names and definitions of the schema that the first `version` migrations make, held against
 * the open database; WI_CORRUPT names the first that is missing or differs. */
int wi_store_check_schema(struct wi_store *store, struct wi_err *err);

#endif
