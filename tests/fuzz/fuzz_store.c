/* fuzz_store.c: any bytes as a database: refused, or read and judged.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Three kinds of input. Bytes that begin like an SQLite file are taken as one. 'P' begins patches,
 * 4 bytes each (an offset of 3 bytes, a value), upon a good file: noise alone would never get past
 * the header. Anything else is edits of cells, see edit_cells(): rows that no writer of ours would
 * store, in a database in memory that is made once. That is the fast way, and the one that finds
 * something: what SQLite reads from damaged pages is SQLite's affair, what we make of the rows is
 * ours. */
#include "tests/results/store_exercise.h"
#include "tests/results/store_fixture.h"

#include "results/judge.h"
#include "results/store_db.h"

static const char path[] = "fuzz_store.db", good_path[] = "fuzz_store_good.db";
extern const unsigned char wi_schema_001[], wi_schema_002[], wi_schema_003[];

/* The fuzzer's own state: made once, then only read; what is edited is rolled back. */
static struct wi_buf good;
static struct wi_catalogue *catalogue;
static struct wi_tier_file *tiers;
static struct wi_store *memory;
enum { MAX_CELLS = 1024 };
static struct {
    char *table, *sql;
    sqlite3_stmt *stmt;
    bool edited;
} cells[MAX_CELLS];
static size_t cell_count;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a good database ---- */

/* Besides the fixture's rows two that a verdict is made of. */
static void add_evidence(void) {
    struct wi_store *store = NULL;
    struct wi_measurement m;
    const struct wi_model *model = NULL;
    ok(wi_catalogue_find(catalogue, "gemma-2b", &model, err));
    ok(wi_store_open(good_path, WI_STORE_WRITE, &store, err));
    for (unsigned i = 0; i < 2; i++) {
        fixture_measurement(&m, i ? "m3" : "m2");
        m.key.model = model;
        m.key.phase = i ? WI_PHASE_prefill : WI_PHASE_decode;
        m.key.tokens = i ? 512 : 32;
        m.key.depth = i ? 0 : 512;
        m.key.cap = "";
        m.what_if = false;
        ok(wi_store_put_measurement(store, "run-1", "device-1", &m, err));
    }
    ok(wi_store_close(store, err));
}

static void exec(const char *sql) {
    if (sqlite3_exec(memory->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(memory->db));
        abort();
    }
}

/* The schema without STRICT: any type in any column, as a damaged file has it. */
static void make_memory(void) {
    char *schema = strdup((const char *)wi_schema_001);
    for (char *at; (at = strstr(schema, "STRICT,")) != NULL;)
        memset(at, ' ', strlen("STRICT,"));
    for (char *at; (at = strstr(schema, "STRICT;")) != NULL;)
        memset(at, ' ', strlen("STRICT"));
    memory = calloc(1, sizeof(*memory));
    *memory = (struct wi_store){.path = strdup(":memory:"), .mode = WI_STORE_READ, .version = 3};
    if (sqlite3_open(":memory:", &memory->db) != SQLITE_OK)
        abort();
    exec(schema);
    exec((const char *)wi_schema_002); /* these make no tables */
    exec((const char *)wi_schema_003);
    exec("PRAGMA ignore_check_constraints = ON; PRAGMA temp_store = MEMORY;"
         "ATTACH 'fuzz_store_good.db' AS good");
    free(schema);
}

/* Runs what a query makes of the schema: one statement a row. */
static void exec_each(const char *query) {
    sqlite3_stmt *stmt = NULL;
    struct wi_buf all = {0};
    if (sqlite3_prepare_v2(memory->db, query, -1, &stmt, NULL) != SQLITE_OK)
        abort();
    while (sqlite3_step(stmt) == SQLITE_ROW)
        wi_buf_printf(&all, "%s;", (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    exec(wi_buf_str(&all));
    wi_buf_fini(&all);
}

/* One statement for each column: it sets that of the row number ?2. */
static void list_cells(void) {
    sqlite3_stmt *stmt = NULL;
    static const char query[] =
        "SELECT t.name, 'UPDATE \"' || t.name || '\" SET \"' || c.name || '\" = ?1 WHERE (' || "
        "k.key || ') "
        "= (SELECT ' || k.key || ' FROM \"' || t.name || '\" LIMIT 1 OFFSET ?2)' "
        "FROM sqlite_schema AS t, pragma_table_info(t.name) AS c, "
        "(SELECT n.name AS name, group_concat('\"' || p.name || '\"') AS key FROM sqlite_schema AS "
        "n, pragma_table_info(n.name) AS p WHERE p.pk > 0 GROUP BY n.name) AS k "
        "WHERE t.type = 'table' AND k.name = t.name ORDER BY t.name, c.cid";
    if (sqlite3_prepare_v2(memory->db, query, -1, &stmt, NULL) != SQLITE_OK)
        abort();
    while (sqlite3_step(stmt) == SQLITE_ROW && cell_count < MAX_CELLS) {
        cells[cell_count].table = strdup((const char *)sqlite3_column_text(stmt, 0));
        cells[cell_count++].sql = strdup((const char *)sqlite3_column_text(stmt, 1));
    }
    sqlite3_finalize(stmt);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    char fresh[64];
    fresh_path(fresh, sizeof(fresh), "fuzz_store_good");
    ok(wi_catalogue_load(NULL, &catalogue, err));
    ok(wi_tiers_load(NULL, catalogue, &tiers, err));
    fixture_whole(fresh);
    add_evidence();
    make_memory();
    exec_each("SELECT 'DROP TRIGGER \"' || name || '\"' FROM sqlite_schema WHERE type = 'trigger'");
    exec_each("SELECT 'INSERT INTO \"' || name || '\" SELECT * FROM good.\"' || name || '\"' FROM "
              "sqlite_schema WHERE type = 'table'");
    exec("DETACH good");
    list_cells();
    return wi_os_read_file(fresh, 0, &good, NULL);
}

/* ---- files ---- */

static void write_file(const void *bytes, size_t n) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
        abort();
}

static void write_patched(const uint8_t *data, size_t size) {
    struct wi_buf bad = {0};
    wi_buf_append(&bad, good.data, good.size);
    for (; size >= 4; data += 4, size -= 4)
        bad.data[(data[0] | data[1] << 8 | data[2] << 16) % (int)bad.size] = (char)data[3];
    write_file(bad.data, bad.size);
    wi_buf_fini(&bad);
}

static void read_file(void) {
    struct wi_store *store = NULL;
    struct wi_err why = {0};
    if (wi_store_open(path, WI_STORE_READ, &store, &why) == WI_OK)
        exercise_store(store);
    else if (!why.message[0])
        abort();
    wi_store_close(store, NULL);
}

/* ---- cells ---- */

/* Takes a value: a byte for its type, then 8 bytes, or a byte for its length and that many. */
static size_t bind_value(sqlite3_stmt *stmt, const uint8_t *data, size_t size) {
    size_t n = size > 1 ? data[1] : 0;
    int64_t integer = 0;
    double real = 0;
    n = n < size - 2 ? n : size - 2;
    if (size < 10 && data[0] % 5 < 2)
        return size;
    switch (data[0] % 5) {
    case 0:
        memcpy(&integer, data + 1, 8);
        sqlite3_bind_int64(stmt, 1, integer);
        return 9;
    case 1:
        memcpy(&real, data + 1, 8);
        sqlite3_bind_double(stmt, 1, real);
        return 9;
    case 2:
        sqlite3_bind_null(stmt, 1);
        return 1;
    case 3:
        sqlite3_bind_text(stmt, 1, (const char *)data + 2, (int)n, SQLITE_TRANSIENT);
        return 2 + n;
    default:
        sqlite3_bind_blob(stmt, 1, data + 2, (int)n, SQLITE_TRANSIENT);
        return 2 + n;
    }
}

/* An edit is a column (two bytes), a row (one byte), a value. One that a key or NOT NULL forbids is
 * left out. */
static void edit_cells(const uint8_t *data, size_t size) {
    while (size >= 5) {
        size_t c = (data[0] | (size_t)data[1] << 8) % cell_count;
        sqlite3_stmt *stmt = cells[c].stmt;
        if (!stmt && sqlite3_prepare_v2(memory->db, cells[c].sql, -1, &cells[c].stmt, NULL))
            abort();
        stmt = cells[c].stmt;
        sqlite3_bind_int(stmt, 2, data[2] % 8);
        size_t taken = 3 + bind_value(stmt, data + 3, size - 3);
        (void)sqlite3_step(stmt);
        cells[c].edited = true;
        sqlite3_reset(stmt);
        sqlite3_clear_bindings(stmt);
        data += taken;
        size -= taken;
    }
}

/* Whatever the rows say, a device gets a tier and verdicts, each with a sentence. */
static void judge_device(const char *id) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_evidence_list evidence = {0};
    struct wi_inventory *inventory = NULL;
    struct wi_roofline *rooflines = NULL;
    struct wi_tier_result tier;
    struct wi_verdict verdict;
    struct wi_err why = {0};
    size_t n = 0;
    if (wi_store_load_inventory(memory, id, &inventory, &why) == WI_OK &&
        wi_store_load_evidence(memory, catalogue, id, NULL, false, arena, &evidence, &why) ==
            WI_OK &&
        wi_rooflines_load(memory, inventory, &evidence, arena, &rooflines, &n, &why) == WI_OK) {
        struct wi_verdict_request request = {.catalogue = catalogue,
                                             .inventory = inventory,
                                             .evidence = &evidence,
                                             .rooflines = rooflines,
                                             .roofline_count = n,
                                             .model = tiers->ruler,
                                             .precision = WI_FORMAT_q4_0,
                                             .engine = "reference"};
        ok(wi_tier_derive(tiers, &request, arena, &tier, err));
        ok(wi_verdict_derive(&request, arena, &verdict, err));
        if (!tier.id || !tier.because || !verdict.because || !verdict.because[0])
            abort();
    } else if (!why.message[0]) {
        abort();
    }
    if (inventory)
        wi_arena_destroy(inventory->arena);
    wi_arena_destroy(arena);
}

/* Rows of the tables that were edited, once each: cells of a table stand together. */
static void read_edited(void) {
    const char *last = "";
    struct wi_err why;
    size_t sum = 0;
    for (size_t c = 0; c < cell_count; c++) {
        if (cells[c].edited && strcmp(cells[c].table, last) != 0) {
            last = cells[c].table;
            wi_store_each_row(memory, last, exercise_row, &sum, &why);
        }
        cells[c].edited = false;
    }
}

static void read_memory(void) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_device_row *devices = NULL;
    struct wi_err why = {0};
    size_t n = 0;
    read_edited();
    exercise_loads(memory);
    if (wi_store_list_devices(memory, arena, &devices, &n, &why) == WI_OK)
        for (size_t i = 0; i < n; i++)
            judge_device(devices[i].device_id ? devices[i].device_id : "");
    wi_arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size >= 16 && memcmp(data, "SQLite format 3", 16) == 0) {
        write_file(data, size);
        read_file();
    } else if (size > 0 && data[0] == 'P') {
        write_patched(data + 1, size - 1);
        read_file();
    } else {
        exec("SAVEPOINT good");
        edit_cells(data, size);
        read_memory();
        exec("ROLLBACK TO good; RELEASE good");
    }
    return 0;
}
