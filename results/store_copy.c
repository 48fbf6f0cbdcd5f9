/* store_copy.c: all of a database as one closed file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * VACUUM INTO rather than a copy of bytes: it waits for nobody, is of one moment whatever others
 * write meanwhile, needs no write access to the source, and what it makes has neither a journal nor
 * the mode of one, so that the file alone is all. */
#include "results/store_db.h"

#include "base/os.h"

int wi_store_copy(struct wi_store *store, const char *path, struct wi_err *err) {
    sqlite3_stmt *stmt = NULL;
    if (wi_os_exists(path))
        return wi_fail(err, WI_USAGE, "%s is there already and is not overwritten", path);
    WI_TRY(wi_store_prepare(store, "VACUUM INTO ?1", &stmt, err));
    wi_bind_text(stmt, 1, path);
    int status =
        sqlite3_step(stmt) == SQLITE_DONE ? WI_OK : wi_store_fail(store, err, "copy all rows");
    sqlite3_finalize(stmt);
    return status;
}
