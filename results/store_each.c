/* store_each.c: rows of any table as text.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store_db.h"
#include "results/store_tables.h"

#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert(WI_STORE_INTEGER == SQLITE_INTEGER && WI_STORE_REAL == SQLITE_FLOAT &&
                   WI_STORE_TEXT == SQLITE_TEXT && WI_STORE_BLOB == SQLITE_BLOB &&
                   WI_STORE_NULL == SQLITE_NULL,
               "types are handed on as SQLite numbers them");

static const struct {
    const char *name, *key;
} tables[] = {
#define WI_X(name, key) {#name, key},
    WI_STORE_TABLE_LIST(WI_X)
#undef WI_X
};

static int key_of(const char *table, const char **key, struct wi_err *err) {
    for (size_t i = 0; i < WI_COUNT(tables); i++)
        if (strcmp(tables[i].name, table) == 0) {
            *key = tables[i].key;
            return WI_OK;
        }
    struct wi_buf names = {0};
    wi_text_join(&names, wi_store_tables(), WI_COUNT(tables));
    int status =
        wi_fail(err, WI_USAGE, "there is no table '%s'; there are: %s", table, wi_buf_str(&names));
    wi_buf_fini(&names);
    return status;
}

static const char *hex_of(sqlite3_stmt *stmt, int column, struct wi_arena *arena) {
    const unsigned char *bytes = sqlite3_column_blob(stmt, column);
    int n = sqlite3_column_bytes(stmt, column);
    char *hex = wi_arena_alloc(arena, 2 * (size_t)n + 1);
    for (int i = 0; i < n; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    return hex;
}

static const char *real_of(double value, struct wi_arena *arena) {
    char text[32];
    if (isinf(value))
        return value > 0 ? "inf" : "-inf";
    wi_json_format_f64(text, value);
    return wi_arena_strdup(arena, text);
}

static const char *value_of(sqlite3_stmt *stmt, int column, int type, struct wi_arena *arena) {
    switch (type) {
    case SQLITE_NULL:
        return NULL;
    case SQLITE_BLOB:
        return hex_of(stmt, column, arena);
    case SQLITE_FLOAT:
        return real_of(sqlite3_column_double(stmt, column), arena);
    default:
        return (const char *)sqlite3_column_text(stmt, column);
    }
}

enum { MAX_COLUMNS = 128 };

static int show_row(sqlite3_stmt *stmt, wi_store_row_fn visit, void *state) {
    const char *names[MAX_COLUMNS], *values[MAX_COLUMNS];
    int types[MAX_COLUMNS], n = sqlite3_column_count(stmt);
    struct wi_arena *arena = wi_arena_create();
    n = n < MAX_COLUMNS ? n : MAX_COLUMNS;
    for (int i = 0; i < n; i++) {
        names[i] = sqlite3_column_name(stmt, i);
        types[i] = sqlite3_column_type(stmt, i);
        values[i] = value_of(stmt, i, types[i], arena);
    }
    int status = visit(state, n, names, values, types);
    wi_arena_destroy(arena);
    return status;
}

int wi_store_each_row(struct wi_store *store, const char *table, wi_store_row_fn visit, void *state,
                      struct wi_err *err) {
    const char *key = NULL;
    WI_TRY(key_of(table, &key, err));
    char sql[256];
    snprintf(sql, sizeof(sql), "SELECT * FROM %s ORDER BY %s", table, key);
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int status = wi_store_prepare(store, sql, &stmt, err);
    while (status == WI_OK && (status = wi_store_step(store, stmt, &row, err)) == WI_OK && row)
        status = show_row(stmt, visit, state);
    sqlite3_finalize(stmt);
    return status;
}
