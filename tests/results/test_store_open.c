/* Opening: what is made, what is refused with which words, what a reader leaves alone.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/results/store_fixture.h"

#include "base/hash.h"
#include "results/store_db.h"

#include <sys/stat.h>
#include <sys/wait.h>

extern const unsigned char wi_schema_001[], wi_schema_002[], wi_schema_003[];
#define BUILTIN                                                                                    \
    (const char *)wi_schema_001, (const char *)wi_schema_002, (const char *)wi_schema_003
static const char *const all[] = {BUILTIN};
enum { NOW = 3, NEXT }; /* schema of this program, and the one after it */
static const char *numbered(const char *format, int number) {
    static char text[128];
    snprintf(text, sizeof text, format, number);
    return text;
}

static void digest(const char *path, char out[65]) {
    struct wi_buf bytes = {0};
    ok(wi_os_read_file(path, 0, &bytes, err));
    wi_sha256_hex(wi_buf_str(&bytes), bytes.size, out);
    wi_buf_fini(&bytes);
}

static void raw_sql(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    char *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
}

static void make(const char *path, const char *device_id) {
    struct wi_store *store = NULL;
    struct wi_inventory inventory;
    fixture_inventory(&inventory, device_id);
    ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
    ok(wi_store_put_inventory(store, &inventory, "", 1000, err));
    ok(wi_store_close(store, err));
}

/* Refused in one sentence that says this. */
static void refused(const char *path, enum wi_store_mode mode, int status, const char *says) {
    struct wi_store *store = NULL;
    struct wi_err why = {0};
    int got = wi_store_open(path, mode, &store, &why);
    if (got != status || !strstr(why.message, says) || strchr(why.message, '\n'))
        fail_msg("%s: %s '%s' instead of %s '%s'", path, wi_status_name(got), why.message,
                 wi_status_name(status), says);
    assert_null(store);
}

static void a_new_file_carries_its_marks_and_is_closed_as_one(void **state) {
    (void)state;
    char path[64], side[80];
    unsigned char head[100];
    fresh_path(path, sizeof(path), "marks");
    make(path, "device-1");
    FILE *f = fopen(path, "rb");
    assert_int_equal(fread(head, 1, sizeof(head), f), sizeof(head));
    fclose(f);
    /* https://www.sqlite.org/fileformat.html: versions 1 for a rollback journal, user_version at
     * 60, application_id at 68. */
    assert_int_equal(head[18], 1);
    assert_int_equal(head[63], NOW);
    assert_memory_equal(head + 68, "WEIG", 4);
    snprintf(side, sizeof(side), "%s-journal", path);
    assert_false(wi_os_exists(side));
    snprintf(side, sizeof(side), "%s-wal", path);
    assert_false(wi_os_exists(side));
}

static void a_reader_never_makes_a_file(void **state) {
    (void)state;
    char path[64], here[4096], want[4200];
    fresh_path(path, sizeof(path), "absent");
    assert_non_null(getcwd(here, sizeof(here)));
    snprintf(want, sizeof(want), "%s/%s", here, path);
    refused(path, WI_STORE_READ, WI_NOT_FOUND, want);
    assert_false(wi_os_exists(path));
    refused("/nowhere/weighin.db", WI_STORE_READ, WI_NOT_FOUND, "at /nowhere/weighin.db");
    refused("", WI_STORE_READ, WI_USAGE, "name");
}

static void a_writer_names_the_folder_that_is_missing(void **state) {
    (void)state;
    refused("no/such/folder/x.db", WI_STORE_WRITE, WI_IO, "folder no/such/folder does not exist");
    refused(".", WI_STORE_WRITE, WI_IO, "open");
}

static void foreign_files_are_refused_and_left_alone(void **state) {
    (void)state;
    char path[64], before[65], after[65];
    fresh_path(path, sizeof(path), "foreign");
    raw_sql(path, "PRAGMA application_id = 7; CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    digest(path, before);
    refused(path, WI_STORE_READ, WI_CORRUPT, "another program");
    refused(path, WI_STORE_WRITE, WI_CORRUPT, "another program");
    digest(path, after);
    assert_string_equal(before, after);
    fresh_path(path, sizeof(path), "text");
    ok(wi_os_write_file(path, "this is no database, but long enough to be taken for one", 56, err));
    refused(path, WI_STORE_READ, WI_CORRUPT, "no SQLite file");
    refused(path, WI_STORE_WRITE, WI_CORRUPT, "no SQLite file");
    fresh_path(path, sizeof(path), "empty");
    ok(wi_os_write_file(path, "", 0, err));
    refused(path, WI_STORE_READ, WI_CORRUPT, "empty");
    make(path, "device-1"); /* a writer may fill it */
}

static void a_newer_schema_is_refused_in_one_sentence(void **state) {
    (void)state;
    char path[64];
    fresh_path(path, sizeof(path), "newer");
    make(path, "device-1");
    raw_sql(path, "PRAGMA user_version = 9");
    refused(path, WI_STORE_READ, WI_CORRUPT,
            numbered("schema 9, this weighin knows up to %d", NOW));
    refused(path, WI_STORE_WRITE, WI_CORRUPT, "use a newer weighin");
    raw_sql(path, "PRAGMA user_version = -1");
    refused(path, WI_STORE_READ, WI_CORRUPT, "never was");
}

static void a_changed_schema_is_named(void **state) {
    (void)state;
    char path[64];
    fresh_path(path, sizeof(path), "changed");
    make(path, "device-1");
    raw_sql(path, "DROP TABLE tuning");
    refused(path, WI_STORE_READ, WI_CORRUPT, numbered("table tuning of schema %d is missing", NOW));
    fresh_path(path, sizeof(path), "trigger");
    make(path, "device-1");
    raw_sql(path, "DROP TRIGGER run_no_delete");
    refused(path, WI_STORE_WRITE, WI_CORRUPT, "trigger run_no_delete");
    fresh_path(path, sizeof(path), "column");
    make(path, "device-1");
    raw_sql(path, "ALTER TABLE decision ADD COLUMN x TEXT");
    refused(path, WI_STORE_READ, WI_CORRUPT,
            numbered("table decision is not that of schema %d", NOW));
}

/* ---- migrations ---- */

static const char *const more[] = {
    BUILTIN, "ALTER TABLE inventory ADD COLUMN colour TEXT; CREATE TABLE extra (x TEXT) STRICT"};

static int open_next(const char *path, enum wi_store_mode mode, struct wi_store **store,
                     struct wi_err *err) {
    return wi_store_open_with(path, mode, more, NEXT, store, err);
}

static void has_device(struct wi_store *store) {
    struct wi_inventory *inventory = NULL;
    ok(wi_store_load_inventory(store, "device-1", &inventory, err));
    assert_string_equal(inventory->cpu.name, "Core i7");
    wi_arena_destroy(inventory->arena);
}

static void a_reader_migrates_a_copy_in_memory(void **state) {
    (void)state;
    char path[64], before[65], after[65];
    struct wi_store *store = NULL;
    fresh_path(path, sizeof(path), "older");
    make(path, "device-1");
    digest(path, before);
    ok(open_next(path, WI_STORE_READ, &store, err));
    assert_int_equal(wi_store_schema_version(store), NEXT);
    ok(wi_store_exec(store, "SELECT colour FROM inventory", "read", err));
    has_device(store);
    ok(wi_store_close(store, err));
    digest(path, after);
    assert_string_equal(before, after);
}

static void a_writer_migrates_the_file_and_keeps_its_evidence(void **state) {
    (void)state;
    char path[64];
    struct wi_store *store = NULL;
    fresh_path(path, sizeof(path), "migrated");
    make(path, "device-1");
    ok(open_next(path, WI_STORE_WRITE, &store, err));
    assert_int_equal(wi_store_schema_version(store), NEXT);
    has_device(store);
    ok(wi_store_close(store, err));
    refused(path, WI_STORE_READ, WI_CORRUPT, numbered("this weighin knows up to %d", NOW));
    ok(open_next(path, WI_STORE_READ, &store, err));
    has_device(store);
    ok(wi_store_close(store, err));
}

static void a_migration_that_fails_leaves_the_file_as_it_was(void **state) {
    (void)state;
    static const char *const broken[] = {
        BUILTIN,
        "CREATE TABLE extra (x TEXT) STRICT; DROP TABLE tuning; SELECT no_such_function(1)"};
    static const char *const dangling[] = {
        BUILTIN,
        "CREATE TABLE extra (x TEXT REFERENCES run (run_id)); INSERT INTO extra VALUES ('none')"};
    char path[64], before[65], after[65];
    struct wi_store *store = NULL;
    struct wi_err why = {0};
    fresh_path(path, sizeof(path), "broken");
    make(path, "device-1");
    digest(path, before);
    assert_int_equal(wi_store_open_with(path, WI_STORE_WRITE, broken, NEXT, &store, &why),
                     WI_INTERNAL);
    assert_non_null(
        strstr(why.message, numbered("schema %d could not be made, the file is as it was", NEXT)));
    assert_int_equal(wi_store_open_with(path, WI_STORE_READ, broken, NEXT, &store, &why),
                     WI_INTERNAL);
    assert_int_equal(wi_store_open_with(path, WI_STORE_WRITE, dangling, NEXT, &store, &why),
                     WI_CORRUPT);
    assert_non_null(strstr(why.message, "missing"));
    digest(path, after);
    assert_string_equal(before, after);
    ok(wi_store_open_with(path, WI_STORE_READ, all, NOW, &store, err));
    has_device(store);
    ok(wi_store_close(store, err));
}

static void a_failed_first_migration_leaves_an_empty_file(void **state) {
    (void)state;
    static const char *const broken[] = {"CREATE TABLE a (x); nonsense"};
    char path[64];
    struct wi_store *store = NULL;
    struct wi_err why = {0};
    fresh_path(path, sizeof(path), "first");
    assert_int_equal(wi_store_open_with(path, WI_STORE_WRITE, broken, 1, &store, &why),
                     WI_INTERNAL);
    refused(path, WI_STORE_READ, WI_CORRUPT, "empty");
    make(path, "device-1");
}

/* ---- readers beside writers ---- */

static void a_reader_sees_whole_steps_of_a_writer(void **state) {
    (void)state;
    char path[64];
    struct wi_store *writer = NULL, *reader = NULL;
    struct wi_inventory inventory;
    fresh_path(path, sizeof(path), "beside");
    make(path, "device-1");
    fixture_inventory(&inventory, "device-2");
    ok(wi_store_open(path, WI_STORE_WRITE, &writer, err));
    ok(wi_store_begin(writer, err));
    ok(wi_store_exec(writer,
                     "INSERT INTO annotation VALUES ('a','run','r','resolve',NULL,'x','y',1)",
                     "write", err));
    ok(wi_store_open(path, WI_STORE_READ, &reader, err));
    has_device(reader);
    struct wi_arena *arena = wi_arena_create();
    struct wi_device_row *devices = NULL;
    size_t n = 0;
    ok(wi_store_commit(writer, err));
    ok(wi_store_put_inventory(writer, &inventory, "", 1000, err));
    ok(wi_store_list_devices(reader, arena, &devices, &n, err));
    assert_int_equal(n, 2);
    wi_arena_destroy(arena);
    struct wi_err why = {0};
    assert_int_equal(wi_store_put_inventory(reader, &inventory, "", 1, &why), WI_INTERNAL);
    assert_non_null(strstr(why.message, "opened for reading"));
    ok(wi_store_close(reader, err));
    ok(wi_store_close(writer, err));
}

static void copy_file(const char *from, const char *to) {
    struct wi_buf bytes = {0};
    ok(wi_os_read_file(from, 0, &bytes, err));
    ok(wi_os_write_file(to, wi_buf_str(&bytes), bytes.size, err));
    wi_buf_fini(&bytes);
}

/* A database and its journal as a writer leaves them that is killed in the middle of a commit: more
 * pages changed than the cache holds, so the file is half new. */
static void make_half_written(const char *path, const char *copy) {
    char from[96], to[96];
    struct wi_store *store = NULL;
    make(path, "device-1");
    ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
    ok(wi_store_exec(
        store,
        "PRAGMA cache_size = 2; BEGIN IMMEDIATE;"
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
        "INSERT INTO annotation SELECT 'a' || i, 'run', 'r', 'resolve', NULL, "
        "hex(zeroblob(200)), 'me', i FROM n",
        "write", err));
    snprintf(from, sizeof(from), "%s-journal", path);
    snprintf(to, sizeof(to), "%s-journal", copy);
    copy_file(path, copy);
    copy_file(from, to);
    wi_store_rollback(store);
    ok(wi_store_close(store, err));
}

static void a_reader_undoes_what_a_killed_writer_left(void **state) {
    (void)state;
    char path[64], copy[64], journal[96];
    struct wi_store *store = NULL;
    struct wi_verify_finding *findings = NULL;
    struct wi_arena *arena = wi_arena_create();
    size_t n = 0;
    fresh_path(path, sizeof(path), "killed");
    fresh_path(copy, sizeof(copy), "killed-copy");
    make_half_written(path, copy);
    ok(wi_store_open(copy, WI_STORE_READ, &store, err));
    has_device(store);
    ok(wi_store_verify(store, arena, &findings, &n, err));
    assert_int_equal(n, 0);
    ok(wi_store_close(store, err));
    snprintf(journal, sizeof(journal), "%s-journal", copy);
    assert_false(wi_os_exists(journal));
    wi_arena_destroy(arena);
}

/* Runs `check` in a child that is nobody special, since root may write everywhere. */
static int as_nobody(void (*check)(const char *path, struct wi_err *why, int *status),
                     const char *path, struct wi_err *why) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct wi_err said = {0};
        int status = -1;
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(2);
        check(path, &said, &status);
        said.status = status;
        _exit(write(ends[1], &said, sizeof(said)) == (ssize_t)sizeof(said) ? 0 : 3);
    }
    int code = 0;
    assert_true(child > 0);
    waitpid(child, &code, 0);
    close(ends[1]);
    ssize_t n = read(ends[0], why, sizeof(*why));
    close(ends[0]);
    if (n != (ssize_t)sizeof(*why))
        fail_msg("the child ended with %d", code);
    return why->status;
}

static void try_reading(const char *path, struct wi_err *why, int *status) {
    struct wi_store *store = NULL;
    struct wi_inventory *inventory = NULL;
    *status = wi_store_open(path, WI_STORE_READ, &store, why);
    if (*status == WI_OK)
        *status = wi_store_load_inventory(store, "device-1", &inventory, why);
    wi_store_close(store, NULL);
}

static void try_writing(const char *path, struct wi_err *why, int *status) {
    struct wi_store *store = NULL;
    *status = wi_store_open(path, WI_STORE_WRITE, &store, why);
    if (*status == WI_OK)
        *status = wi_store_exec(store, "DELETE FROM tier", "write", why);
    wi_store_close(store, NULL);
}

/* A folder below /tmp, so that nobody may reach it; read-only once `close_folder` was called. */
static void open_folder(char folder[32], char path[64]) {
    snprintf(folder, 32, "/tmp/weighin-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, 64, "%s/weighin.db", folder);
}

static void close_folder(const char *folder, const char *path) {
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
}

static void remove_folder(const char *folder, const char *path) {
    char journal[96];
    snprintf(journal, sizeof(journal), "%s-journal", path);
    chmod(folder, 0755);
    remove(journal);
    remove(path);
    remove(folder);
}

static void reading_works_in_a_read_only_folder(void **state) {
    (void)state;
    char folder[32], path[64];
    struct wi_err why = {0};
    open_folder(folder, path);
    make(path, "device-1");
    close_folder(folder, path);
    int status = as_nobody(try_reading, path, &why);
    int writing = status == WI_OK ? as_nobody(try_writing, path, &why) : WI_OK;
    remove_folder(folder, path);
    assert_int_equal(status, WI_OK);
    assert_int_equal(writing, WI_IO);
    assert_non_null(strstr(why.message, path));
}

static void a_killed_writers_file_in_a_read_only_folder_is_explained(void **state) {
    (void)state;
    char folder[32], path[64], source[64];
    struct wi_err why = {0};
    open_folder(folder, path);
    fresh_path(source, sizeof(source), "killed-source");
    make_half_written(source, path);
    close_folder(folder, path);
    int status = as_nobody(try_reading, path, &why);
    remove_folder(folder, path);
    assert_int_equal(status, WI_IO);
    if (!strstr(why.message, "was killed") || !strstr(why.message, "-journal"))
        fail_msg("%s", why.message);
}

/* Somebody's tool may have switched the journal mode: still no file beside it, and the next writer
 * switches back. */
static void a_write_ahead_log_is_read_without_side_files(void **state) {
    (void)state;
    char path[64], side[96];
    struct wi_store *store = NULL;
    fresh_path(path, sizeof(path), "odd #name %41 ?x");
    make(path, "device-1");
    raw_sql(path, "PRAGMA journal_mode = WAL");
    ok(wi_store_open(path, WI_STORE_READ, &store, err));
    has_device(store);
    snprintf(side, sizeof(side), "%s-wal", path);
    assert_false(wi_os_exists(side));
    snprintf(side, sizeof(side), "%s-shm", path);
    assert_false(wi_os_exists(side));
    ok(wi_store_close(store, err));
    make(path, "device-2");
    FILE *f = fopen(path, "rb");
    unsigned char head[20];
    assert_int_equal(fread(head, 1, sizeof(head), f), sizeof(head));
    fclose(f);
    assert_int_equal(head[19], 1);
}

/* ---- room ---- */

static void a_full_disk_leaves_what_was_stored(void **state) {
    (void)state;
    char path[64];
    struct wi_store *store = NULL;
    struct wi_inventory inventory;
    struct wi_err why = {0};
    fresh_path(path, sizeof(path), "full");
    make(path, "device-1");
    fixture_inventory(&inventory, "device-2");
    ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
    ok(wi_store_exec(store, "PRAGMA max_page_count = 1", "limit", err)); /* as it is: no growth */
    int status = WI_OK, stored = 0;
    while (stored < 1000 &&
           (status = wi_store_put_inventory(store, &inventory, "", stored, &why)) == WI_OK)
        stored++;
    assert_int_equal(status, WI_IO);
    assert_non_null(strstr(why.message, "free some space"));
    has_device(store);
    ok(wi_store_close(store, err));
    ok(wi_store_open(path, WI_STORE_READ, &store, err));
    has_device(store);
    ok(wi_store_close(store, err));
}

static void ids_sort_by_time_and_differ(void **state) {
    (void)state;
    char a[33], b[33], c[33];
    wi_store_new_id(INT64_C(1700000000000000000), a);
    wi_store_new_id(INT64_C(1700000000000000000), b);
    wi_store_new_id(INT64_C(1700000000001000000), c);
    assert_int_equal(strlen(a), 32);
    assert_int_equal(strspn(a, "0123456789abcdef"), 32);
    assert_int_equal(strncmp(a, b, 12), 0);
    assert_string_not_equal(a, b);
    assert_true(strcmp(a, c) < 0 && strcmp(b, c) < 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_file_carries_its_marks_and_is_closed_as_one),
        cmocka_unit_test(a_reader_never_makes_a_file),
        cmocka_unit_test(a_writer_names_the_folder_that_is_missing),
        cmocka_unit_test(foreign_files_are_refused_and_left_alone),
        cmocka_unit_test(a_newer_schema_is_refused_in_one_sentence),
        cmocka_unit_test(a_changed_schema_is_named),
        cmocka_unit_test(a_reader_migrates_a_copy_in_memory),
        cmocka_unit_test(a_writer_migrates_the_file_and_keeps_its_evidence),
        cmocka_unit_test(a_migration_that_fails_leaves_the_file_as_it_was),
        cmocka_unit_test(a_failed_first_migration_leaves_an_empty_file),
        cmocka_unit_test(a_reader_sees_whole_steps_of_a_writer),
        cmocka_unit_test(a_reader_undoes_what_a_killed_writer_left),
        cmocka_unit_test(reading_works_in_a_read_only_folder),
        cmocka_unit_test(a_killed_writers_file_in_a_read_only_folder_is_explained),
        cmocka_unit_test(a_write_ahead_log_is_read_without_side_files),
        cmocka_unit_test(a_full_disk_leaves_what_was_stored),
        cmocka_unit_test(ids_sort_by_time_and_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
