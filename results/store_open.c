/* store_open.c: opens, creates, migrates and closes the database file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Relies on: SQLite with a rollback journal. A file that is somebody else's, damaged or newer is
 * refused before anything is read from it; a reader never writes, with one exception: rolling back
 * what a killed writer left half done, which is the only way to see the last whole state. */
#include "results/store_db.h"

#include "base/hash.h"
#include "base/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_MS 10000 /* a writer's transactions take milliseconds; a derive under a second */

extern const unsigned char wi_schema_001[], wi_schema_002[], wi_schema_003[];
static const char *const builtin[] = {(const char *)wi_schema_001, (const char *)wi_schema_002,
                                      (const char *)wi_schema_003};

/* ---- speaking to SQLite ---- */

static int status_of(int code) {
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return WI_BUSY;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return WI_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return WI_CORRUPT;
    case SQLITE_NOMEM:
        return WI_NOMEM;
    default:
        return WI_INTERNAL;
    }
}

static const char *advice_of(int code) {
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "; another program is using it: wait for it, then try again";
    case SQLITE_FULL:
        return "; free some space, then try again: what was stored before is whole";
    case SQLITE_CORRUPT:
        return "; the file is damaged: go back to a copy";
    case SQLITE_NOTADB:
        return "; it is no SQLite file";
    case SQLITE_READONLY:
        return "; the file or its folder may not be written to";
    default:
        return "";
    }
}

int wi_store_fail(const struct wi_store *store, struct wi_err *err, const char *what) {
    int code = sqlite3_extended_errcode(store->db);
    return wi_fail(err, status_of(code), "%s: cannot %s: %s%s", store->path, what,
                   sqlite3_errmsg(store->db), advice_of(code));
}

int wi_store_exec(struct wi_store *store, const char *sql, const char *what, struct wi_err *err) {
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return wi_store_fail(store, err, what);
    return WI_OK;
}

int wi_store_prepare(struct wi_store *store, const char *sql, sqlite3_stmt **stmt,
                     struct wi_err *err) {
    if (sqlite3_prepare_v2(store->db, sql, -1, stmt, NULL) != SQLITE_OK)
        return wi_store_fail(store, err, "read");
    return WI_OK;
}

int wi_store_step(struct wi_store *store, sqlite3_stmt *stmt, bool *row, struct wi_err *err) {
    int code = sqlite3_step(stmt);
    *row = code == SQLITE_ROW;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return wi_store_fail(store, err, sqlite3_stmt_readonly(stmt) ? "read" : "write");
    return WI_OK;
}

void wi_bind_text(sqlite3_stmt *stmt, int index, const char *text) {
    sqlite3_bind_text(stmt, index, text, -1, SQLITE_STATIC);
}

int wi_store_begin(struct wi_store *store, struct wi_err *err) {
    if (store->mode != WI_STORE_WRITE)
        return wi_fail(err, WI_INTERNAL, "%s: cannot write: it was opened for reading",
                       store->path);
    return wi_store_exec(store, "BEGIN IMMEDIATE", "begin to write", err);
}

int wi_store_commit(struct wi_store *store, struct wi_err *err) {
    int status = wi_store_exec(store, "COMMIT", "write", err);
    if (status != WI_OK)
        wi_store_rollback(store);
    return status;
}

void wi_store_rollback(struct wi_store *store) {
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- what is in the file ---- */

static int read_number(struct wi_store *store, const char *sql, int64_t *value,
                       struct wi_err *err) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int status = wi_store_prepare(store, sql, &stmt, err);
    if (status == WI_OK)
        status = wi_store_step(store, stmt, &row, err);
    *value = row ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return status;
}

/* Version of the schema, 0 for a file that holds nothing; foreign and newer files are refused. */
static int read_version(struct wi_store *store, int *version, struct wi_err *err) {
    int64_t application = 0, user = 0, objects = 0;
    WI_TRY(read_number(store, "SELECT count(*) FROM sqlite_schema", &objects, err));
    WI_TRY(read_number(store, "PRAGMA application_id", &application, err));
    WI_TRY(read_number(store, "PRAGMA user_version", &user, err));
    if (application == 0 && user == 0 && objects == 0) {
        *version = 0;
        return WI_OK;
    }
    if (application != WI_STORE_APPLICATION_ID)
        return wi_fail(err, WI_CORRUPT,
                       "%s is an SQLite database of another program, not weighin's", store->path);
    if (user > store->migration_count)
        return wi_fail(err, WI_CORRUPT,
                       "%s has schema %lld, this weighin knows up to %d: use a newer weighin",
                       store->path, (long long)user, store->migration_count);
    if (user < 1)
        return wi_fail(err, WI_CORRUPT, "%s has schema %lld, which never was: the file is damaged",
                       store->path, (long long)user);
    *version = (int)user;
    return WI_OK;
}

/* ---- migrations ---- */

/* One migration, whole or not at all. Another program may have been faster: then nothing is left
 * to do, and *version says where the file is now. */
static int migrate_once(struct wi_store *store, int *version, struct wi_err *err) {
    int64_t dangling = 0;
    char pragmas[128];
    snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %d; PRAGMA user_version = %d",
             WI_STORE_APPLICATION_ID, *version + 1);
    WI_TRY(wi_store_exec(store, "BEGIN IMMEDIATE", "begin to write", err));
    int now = *version;
    int status = read_version(store, &now, err);
    if (status != WI_OK || now != *version) {
        wi_store_rollback(store);
        *version = now;
        return status;
    }
    status = wi_store_exec(store, store->migrations[now], "change the schema", err);
    if (status == WI_OK)
        status =
            read_number(store, "SELECT count(*) FROM pragma_foreign_key_check", &dangling, err);
    if (status == WI_OK && dangling > 0)
        status = wi_fail(err, WI_CORRUPT, "%s: %lld rows refer to others that are missing",
                         store->path, (long long)dangling);
    if (status == WI_OK)
        status = wi_store_exec(store, pragmas, "change the schema", err);
    if (status == WI_OK)
        status = wi_store_exec(store, "COMMIT", "change the schema", err);
    if (status == WI_OK) {
        *version = now + 1;
        return WI_OK;
    }
    wi_store_rollback(store);
    return wi_fail_prefix(err, status, "schema %d could not be made, the file is as it was",
                          now + 1);
}

static int migrate(struct wi_store *store, int version, struct wi_err *err) {
    while (version < store->migration_count)
        WI_TRY(migrate_once(store, &version, err));
    store->version = version;
    return WI_OK;
}

/* ---- is the schema what its version says? ---- */

int wi_store_reference(const struct wi_store *store, sqlite3 **db, struct wi_err *err) {
    if (sqlite3_open(":memory:", db) != SQLITE_OK)
        return wi_fail(err, WI_NOMEM, "no memory for a database");
    for (int i = 0; i < store->version; i++)
        if (sqlite3_exec(*db, store->migrations[i], NULL, NULL, NULL) != SQLITE_OK)
            return wi_fail(err, WI_INTERNAL, "schema %d cannot be made: %s", i + 1,
                           sqlite3_errmsg(*db));
    return WI_OK;
}

static bool same_text(const unsigned char *a, const unsigned char *b) {
    return a && b && strcmp((const char *)a, (const char *)b) == 0;
}

static int compare_object(struct wi_store *store, sqlite3_stmt *want, sqlite3_stmt *have,
                          struct wi_err *err) {
    bool row = false;
    const char *type = (const char *)sqlite3_column_text(want, 0);
    const char *name = (const char *)sqlite3_column_text(want, 1);
    sqlite3_reset(have);
    wi_bind_text(have, 1, type);
    wi_bind_text(have, 2, name);
    WI_TRY(wi_store_step(store, have, &row, err));
    if (!row)
        return wi_fail(err, WI_CORRUPT, "%s: the %s %s of schema %d is missing", store->path, type,
                       name, store->version);
    if (!same_text(sqlite3_column_text(want, 2), sqlite3_column_text(have, 0)))
        return wi_fail(err, WI_CORRUPT, "%s: the %s %s is not that of schema %d", store->path, type,
                       name, store->version);
    return WI_OK;
}

int wi_store_check_schema(struct wi_store *store, struct wi_err *err) {
    sqlite3 *reference = NULL;
    sqlite3_stmt *want = NULL, *have = NULL;
    int status = wi_store_reference(store, &reference, err);
    if (status == WI_OK &&
        sqlite3_prepare_v2(reference, "SELECT type, name, sql FROM sqlite_schema WHERE sql <> ''",
                           -1, &want, NULL) != SQLITE_OK)
        status = wi_fail(err, WI_INTERNAL, "schema: %s", sqlite3_errmsg(reference));
    if (status == WI_OK)
        status = wi_store_prepare(
            store, "SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2", &have, err);
    while (status == WI_OK && sqlite3_step(want) == SQLITE_ROW)
        status = compare_object(store, want, have, err);
    sqlite3_finalize(want);
    sqlite3_finalize(have);
    sqlite3_close(reference);
    return status;
}

/* ---- opening ---- */

/* The path as people can find it; the working folder stands in front of a relative one. */
static void absolute_path(const char *path, char *out, size_t n) {
    char *folder = path[0] == '/' ? NULL : realpath(".", NULL);
    snprintf(out, n, "%s%s%s", folder ? folder : "", folder ? "/" : "", path);
    free(folder);
}

static int fail_not_found(const char *path, struct wi_err *err) {
    char absolute[512];
    absolute_path(path, absolute, sizeof(absolute));
    return wi_fail(err, WI_NOT_FOUND,
                   "no database at %s: `weighin run` makes one, --db names another", absolute);
}

/* Before SQLite opens it, which would wait for a writer of a pipe. A file of no bytes is what a
 * writer leaves that was killed before its first transaction. */
static int check_kind(const char *path, enum wi_store_mode mode, struct wi_err *err) {
    switch (wi_os_file_kind(path)) {
    case WI_FILE_special:
        return wi_fail(err, WI_USAGE, "%s is a pipe, a socket or a device, not a database", path);
    case WI_FILE_folder:
        return wi_fail(err, WI_USAGE, "%s is a folder, not a database", path);
    case WI_FILE_none:
    case WI_FILE_empty:
        return mode == WI_STORE_READ ? fail_not_found(path, err) : WI_OK;
    case WI_FILE_regular:
        break;
    }
    return WI_OK;
}

static int check_parent(const char *path, struct wi_err *err) {
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return WI_OK;
    char folder[1024];
    snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
    if (!wi_os_exists(folder))
        return wi_fail(err, WI_IO, "cannot make %s: the folder %s does not exist; make it first",
                       path, folder);
    return WI_OK;
}

static int open_name(struct wi_store *store, const char *name, int flags, struct wi_err *err) {
    sqlite3_close(store->db);
    store->db = NULL;
    int code = sqlite3_open_v2(name, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (!store->db)
        return wi_fail(err, WI_NOMEM, "no memory to open %s", store->path);
    if (code != SQLITE_OK)
        return wi_store_fail(store, err, "open the database");
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, BUSY_MS);
    /* The file may come from anybody: its schema gets no say over functions or the file format. */
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return WI_OK;
}

static int open_handle(struct wi_store *store, int flags, struct wi_err *err) {
    return open_name(store, store->path, flags, err);
}

/* Did somebody switch the file to a write-ahead log, and is that log empty and gone? Reading such a
 * file the usual way would make two files beside it. */
static bool is_quiet_wal(const char *path) {
    unsigned char head[20] = {0}; /* byte 19: the version needed to read; 2: write-ahead log */
    char log[1024];
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(head, 1, sizeof(head), file) : 0;
    if (file)
        fclose(file);
    snprintf(log, sizeof(log), "%s-wal", path);
    return n == sizeof(head) && head[19] == 2 && !wi_os_exists(log);
}

/* As a file that nobody changes meanwhile, which is the only way without side files. */
static int open_unchanging(struct wi_store *store, struct wi_err *err) {
    struct wi_buf uri = {0};
    wi_buf_puts(&uri, store->path[0] == '/' ? "file://" : "file:");
    for (const char *p = store->path; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || *p == '/' || *p == '.' || *p == '-' || *p == '_';
        wi_buf_printf(&uri, plain ? "%c" : "%%%02X", plain ? *p : (unsigned char)*p);
    }
    wi_buf_puts(&uri, "?immutable=1");
    int status = open_name(store, wi_buf_str(&uri), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
    wi_buf_fini(&uri);
    return status;
}

static bool half_written(const struct wi_store *store) {
    int code = sqlite3_extended_errcode(store->db);
    return code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY;
}

/* A writer was killed: its journal has to be rolled back before anybody can read. */
static int roll_back_killed(struct wi_store *store, int *version, struct wi_err *err) {
    int status = open_handle(store, SQLITE_OPEN_READWRITE, err);
    if (status == WI_OK)
        status = read_version(store, version, err);
    if (status != WI_OK && status != WI_CORRUPT)
        return wi_fail(err, WI_IO,
                       "%s: a program that wrote it was killed, and undoing its last step needs a "
                       "folder that may be written to: copy the file and its -journal to one",
                       store->path);
    WI_TRY(status);
    return open_handle(store, SQLITE_OPEN_READONLY, err);
}

/* An older file is copied into memory and migrated there; the file stays as it is. */
static int copy_and_migrate(struct wi_store *store, int version, struct wi_err *err) {
    sqlite3 *copy = NULL;
    int code = sqlite3_open(":memory:", &copy);
    sqlite3_backup *backup =
        code == SQLITE_OK ? sqlite3_backup_init(copy, "main", store->db, "main") : NULL;
    if (backup) {
        sqlite3_backup_step(backup, -1);
        code = sqlite3_backup_finish(backup);
    }
    if (!backup || code != SQLITE_OK) {
        int status = wi_fail(err, status_of(code), "%s: cannot copy its schema %d: %s", store->path,
                             version, copy ? sqlite3_errmsg(copy) : "no memory");
        sqlite3_close(copy);
        return status;
    }
    sqlite3_close(store->db);
    store->db = copy;
    return migrate(store, version, err);
}

/* Version and schema as of one moment: another program may be migrating the file. The transaction
 * is left open when that fails; the handle is closed then. */
static int read_schema(struct wi_store *store, int *version, struct wi_err *err) {
    WI_TRY(wi_store_exec(store, "BEGIN", "read the schema", err));
    WI_TRY(read_version(store, version, err));
    store->version = *version;
    if (*version > 0)
        WI_TRY(wi_store_check_schema(store, err));
    return wi_store_exec(store, "COMMIT", "read the schema", err);
}

static int open_read(struct wi_store *store, struct wi_err *err) {
    int version = 0;
    WI_TRY(is_quiet_wal(store->path) ? open_unchanging(store, err)
                                     : open_handle(store, SQLITE_OPEN_READONLY, err));
    int status = read_schema(store, &version, err);
    if (status != WI_OK && half_written(store)) {
        WI_TRY(roll_back_killed(store, &version, err));
        status = read_schema(store, &version, err);
    }
    WI_TRY(status);
    if (version == 0)
        return wi_fail(err, WI_CORRUPT, "%s is an empty database: nothing was ever stored in it",
                       store->path);
    return version < store->migration_count ? copy_and_migrate(store, version, err) : WI_OK;
}

static int open_write(struct wi_store *store, struct wi_err *err) {
    int version = 0;
    WI_TRY(check_parent(store->path, err));
    WI_TRY(open_handle(store, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err));
    WI_TRY(read_schema(store, &version, err));
    /* EXTRA also syncs the folder when the journal goes: a row that was reported stays stored. */
    WI_TRY(wi_store_exec(store,
                         "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; "
                         "PRAGMA temp_store = MEMORY",
                         "set up", err));
    WI_TRY(migrate(store, version, err));
    return wi_store_exec(store, "PRAGMA foreign_keys = ON", "set up", err);
}

int wi_store_open_with(const char *path, enum wi_store_mode mode, const char *const *migrations,
                       int migration_count, struct wi_store **out, struct wi_err *err) {
    *out = NULL;
    if (!path || !path[0])
        return wi_fail(err, WI_USAGE, "a database needs a name, like weighin.db");
    WI_TRY(check_kind(path, mode, err));
    struct wi_store *store = calloc(1, sizeof(*store));
    char *copy = strdup(path);
    if (!store || !copy) {
        free(store);
        free(copy);
        return wi_fail(err, WI_NOMEM, "no memory to open %s", path);
    }
    *store = (struct wi_store){
        .path = copy, .mode = mode, .migrations = migrations, .migration_count = migration_count};
    int status = mode == WI_STORE_WRITE ? open_write(store, err) : open_read(store, err);
    if (status != WI_OK) {
        wi_store_close(store, NULL);
        return status;
    }
    *out = store;
    return WI_OK;
}

int wi_store_open(const char *path, enum wi_store_mode mode, struct wi_store **store,
                  struct wi_err *err) {
    return wi_store_open_with(path, mode, builtin, (int)WI_COUNT(builtin), store, err);
}

int wi_store_close(struct wi_store *store, struct wi_err *err) {
    if (!store)
        return WI_OK;
    int status = WI_OK;
    wi_arena_destroy(store->deriving);
    for (size_t i = 0; i < WI_STORE_LIST_COUNT; i++)
        sqlite3_finalize(store->lists[i]);
    if (store->db) {
        wi_store_rollback(store);
        if (sqlite3_close(store->db) != SQLITE_OK) {
            status = wi_store_fail(store, err, "close the database");
            sqlite3_close_v2(store->db);
        }
    }
    free(store->path);
    free(store);
    return status;
}

int wi_store_schema_version(const struct wi_store *store) {
    return store->version;
}
