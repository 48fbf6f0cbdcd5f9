/* store_row.c: structs to rows and back.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Relies on: wi_cols that match their struct. Reading trusts nothing: a type or a word that the
 * column cannot hold is WI_CORRUPT, since the file may come from anybody. */
#include "results/store_row.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/units.h"
#include "results/store_db.h"
#include "results/store_names.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing: cells ---- */

void wi_row_init(struct wi_row *row, const char *table, struct wi_arena *arena) {
    *row = (struct wi_row){.arena = arena, .table = table};
}

void wi_row_fini(struct wi_row *row) {
    wi_buf_fini(&row->states);
}

static struct wi_cell *add(struct wi_row *row, const char *column, int type) {
    struct wi_cell *cell = WI_PUSH(row->arena, row, struct wi_cell);
    cell->column = column;
    cell->type = type;
    return cell;
}

void wi_row_null(struct wi_row *row, const char *column) {
    add(row, column, SQLITE_NULL);
}

void wi_row_text_n(struct wi_row *row, const char *column, const char *text, size_t n) {
    struct wi_cell *cell = add(row, column, text ? SQLITE_TEXT : SQLITE_NULL);
    cell->bytes = text;
    cell->size = n;
}

void wi_row_text(struct wi_row *row, const char *column, const char *text) {
    wi_row_text_n(row, column, text, text ? strlen(text) : 0);
}

void wi_row_integer(struct wi_row *row, const char *column, int64_t value) {
    add(row, column, SQLITE_INTEGER)->integer = value;
}

void wi_row_real(struct wi_row *row, const char *column, double value) {
    add(row, column, isnan(value) ? SQLITE_NULL : SQLITE_FLOAT)->real = value;
}

void wi_row_blob(struct wi_row *row, const char *column, const void *bytes, size_t size) {
    struct wi_cell *cell = add(row, column, SQLITE_BLOB);
    cell->bytes = bytes;
    cell->size = size;
}

static void state(struct wi_row *row, const char *column, const char *text) {
    wi_buf_printf(&row->states, "%s%s=%s", row->states.size ? " " : "", column, text);
}

/* ---- writing: fields ---- */

static void put_u64(struct wi_row *row, const char *column, uint64_t value) {
    if (value > INT64_MAX && !row->refused)
        row->refused = wi_arena_printf(row->arena, "%s is %" PRIu64 ", above what SQL can hold",
                                       column, value);
    wi_row_integer(row, column, (int64_t)value);
}

static void put_maybe_u64(struct wi_row *row, const char *column, struct wi_maybe_u64 maybe) {
    if (maybe.known == WI_KNOWN_known && maybe.value <= INT64_MAX) {
        wi_row_integer(row, column, (int64_t)maybe.value);
        return;
    }
    wi_row_null(row, column);
    if (maybe.known == WI_KNOWN_known)
        state(row, column, wi_arena_printf(row->arena, "%" PRIu64, maybe.value));
    else if (maybe.known != WI_KNOWN_unknown)
        state(row, column, wi_known_name(maybe.known));
}

static void put_maybe_f64(struct wi_row *row, const char *column, struct wi_maybe_f64 maybe) {
    wi_row_real(row, column, maybe.known == WI_KNOWN_known ? maybe.value : NAN);
    if (maybe.known != WI_KNOWN_unknown && maybe.known != WI_KNOWN_known)
        state(row, column, wi_known_name(maybe.known));
}

static void put_bits(struct wi_row *row, const struct wi_col *col, uint64_t bits) {
    struct wi_buf text = {0};
    for (size_t i = 0; i < col->name_count; i++)
        if (bits >> i & 1)
            wi_buf_printf(&text, "%s%s", text.size ? "," : "", col->names[i]);
    wi_row_text(row, col->name, wi_arena_strdup(row->arena, wi_buf_str(&text)));
    wi_buf_fini(&text);
}

static void put_u32_list(struct wi_row *row, const char *column, const unsigned *values, size_t n) {
    struct wi_buf text = {0};
    for (size_t i = 0; i < n; i++)
        wi_buf_printf(&text, "%s%u", i ? "," : "", values[i]);
    wi_row_text(row, column, wi_arena_strdup(row->arena, wi_buf_str(&text)));
    wi_buf_fini(&text);
}

static void put_enum(struct wi_row *row, const struct wi_col *col, unsigned value) {
    if (value >= col->name_count && !row->refused)
        row->refused = wi_arena_printf(row->arena, "%s has the unnamed value %u", col->name, value);
    wi_row_text(row, col->name, value < col->name_count ? col->names[value] : NULL);
}

static void put_field(struct wi_row *row, const struct wi_col *col, const char *object) {
    const void *at = object + col->at;
    const char *name = col->name;
    switch (col->kind) {
    case WI_COL_TEXT:
        wi_row_text(row, name, *(const char *const *)at);
        break;
    case WI_COL_HASH:
    case WI_COL_ID:
        wi_row_text(row, name, at);
        break;
    case WI_COL_CHAR:
        wi_row_text(row, name, wi_arena_strndup(row->arena, at, 1));
        break;
    case WI_COL_BOOL:
        wi_row_integer(row, name, *(const bool *)at);
        break;
    case WI_COL_U32:
        wi_row_integer(row, name, *(const uint32_t *)at);
        break;
    case WI_COL_U64_0:
        if (*(const uint64_t *)at == 0) {
            wi_row_null(row, name);
            break;
        }
        put_u64(row, name, *(const uint64_t *)at);
        break;
    case WI_COL_U64:
        put_u64(row, name, *(const uint64_t *)at);
        break;
    case WI_COL_U64_TEXT:
        wi_row_text(row, name, wi_arena_printf(row->arena, "%" PRIu64, *(const uint64_t *)at));
        break;
    case WI_COL_I64_0:
        if (*(const int64_t *)at == 0) {
            wi_row_null(row, name);
            break;
        }
        wi_row_integer(row, name, *(const int64_t *)at);
        break;
    case WI_COL_I64:
        wi_row_integer(row, name, *(const int64_t *)at);
        break;
    case WI_COL_F64:
        wi_row_real(row, name, *(const double *)at);
        break;
    case WI_COL_F64_0:
        wi_row_real(row, name, *(const double *)at != 0 ? *(const double *)at : NAN);
        break;
    case WI_COL_MAYBE_U64:
        put_maybe_u64(row, name, *(const struct wi_maybe_u64 *)at);
        break;
    case WI_COL_MAYBE_F64:
        put_maybe_f64(row, name, *(const struct wi_maybe_f64 *)at);
        break;
    case WI_COL_TRI:
        if (*(const enum wi_tri *)at == WI_TRI_unknown)
            wi_row_null(row, name);
        else
            wi_row_integer(row, name, *(const enum wi_tri *)at == WI_TRI_yes);
        break;
    case WI_COL_ENUM:
        put_enum(row, col, *(const unsigned *)at);
        break;
    case WI_COL_BITS32:
        put_bits(row, col, *(const uint32_t *)at);
        break;
    case WI_COL_BITS64:
        put_bits(row, col, *(const uint64_t *)at);
        break;
    case WI_COL_U32_LIST:
        put_u32_list(row, name, *(const unsigned *const *)at,
                     *(const size_t *)(const void *)(object + col->aux));
        break;
    }
}

void wi_row_struct(struct wi_row *row, const struct wi_col *cols, size_t n, const void *object) {
    for (size_t i = 0; i < n; i++)
        put_field(row, &cols[i], object);
}

void wi_row_states(struct wi_row *row) {
    wi_row_text(row, "states", wi_arena_strdup(row->arena, wi_buf_str(&row->states)));
}

/* ---- writing: rows ---- */

static void hash_cell(struct wi_sha256 *hash, const struct wi_cell *cell) {
    char head[160], number[32] = "";
    size_t size = 0;
    switch (cell->type) {
    case SQLITE_INTEGER:
        snprintf(head, sizeof(head), "%s i%" PRId64, cell->column, cell->integer);
        break;
    case SQLITE_FLOAT: /* + 0.0: SQLite keeps no negative zero */
        if (isinf(cell->real))
            snprintf(number, sizeof(number), cell->real > 0 ? "inf" : "-inf");
        else
            wi_json_format_f64(number, cell->real + 0.0);
        snprintf(head, sizeof(head), "%s r%s", cell->column, number);
        break;
    default:
        snprintf(head, sizeof(head), "%s %c%zu:", cell->column,
                 cell->type == SQLITE_TEXT ? 't' : 'b', cell->size);
        size = cell->size;
    }
    wi_sha256_update(hash, head, strlen(head));
    if (size)
        wi_sha256_update(hash, cell->bytes, size);
    wi_sha256_update(hash, "\n", 1);
}

static int by_column(const void *a, const void *b) {
    const struct wi_cell *const *x = a, *const *y = b;
    return strcmp((*x)->column, (*y)->column);
}

void wi_row_hash(const struct wi_row *row, char out[65]) {
    struct wi_sha256 hash;
    unsigned char digest[32];
    const struct wi_cell **sorted = WI_NEW_ARRAY(row->arena, const struct wi_cell *, row->count);
    for (size_t i = 0; i < row->count; i++)
        sorted[i] = &row->items[i];
    qsort(sorted, row->count, sizeof(*sorted), by_column);
    wi_sha256_init(&hash);
    for (size_t i = 0; i < row->count; i++)
        if (sorted[i]->type != SQLITE_NULL)
            hash_cell(&hash, sorted[i]);
    wi_sha256_final(&hash, digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void bind_cell(sqlite3_stmt *stmt, int index, const struct wi_cell *cell) {
    switch (cell->type) {
    case SQLITE_INTEGER:
        sqlite3_bind_int64(stmt, index, cell->integer);
        break;
    case SQLITE_FLOAT:
        sqlite3_bind_double(stmt, index, cell->real);
        break;
    case SQLITE_TEXT:
        sqlite3_bind_text64(stmt, index, cell->bytes, cell->size, SQLITE_STATIC, SQLITE_UTF8);
        break;
    case SQLITE_BLOB: /* "": an empty blob needs a pointer, or it would be NULL */
        sqlite3_bind_blob64(stmt, index, cell->size ? cell->bytes : "", cell->size, SQLITE_STATIC);
        break;
    default:
        sqlite3_bind_null(stmt, index);
    }
}

static int insert(struct wi_store *store, const struct wi_row *row, const char *verb,
                  struct wi_err *err) {
    if (row->refused)
        return wi_fail(err, WI_INTERNAL, "%s: cannot store a row of %s: %s", store->path,
                       row->table, row->refused);
    struct wi_buf sql = {0};
    wi_buf_printf(&sql, "%s INTO %s (", verb, row->table);
    for (size_t i = 0; i < row->count; i++)
        wi_buf_printf(&sql, "%s%s", i ? ", " : "", row->items[i].column);
    wi_buf_puts(&sql, ") VALUES (");
    for (size_t i = 0; i < row->count; i++)
        wi_buf_puts(&sql, i ? ", ?" : "?");
    wi_buf_puts(&sql, ")");

    sqlite3_stmt *stmt = NULL;
    bool got = false;
    int status = wi_store_prepare(store, wi_buf_str(&sql), &stmt, err);
    for (size_t i = 0; status == WI_OK && i < row->count; i++)
        bind_cell(stmt, (int)i + 1, &row->items[i]);
    if (status == WI_OK)
        status = wi_store_step(store, stmt, &got, err);
    sqlite3_finalize(stmt);
    wi_buf_fini(&sql);
    return status;
}

int wi_row_insert(struct wi_store *store, const struct wi_row *row, struct wi_err *err) {
    return insert(store, row, "INSERT", err);
}

int wi_row_replace(struct wi_store *store, const struct wi_row *row, struct wi_err *err) {
    return insert(store, row, "REPLACE", err);
}

/* ---- reading ---- */

int wi_select(struct wi_store *store, sqlite3_stmt **stmt, const char *before, const char *alias,
              const struct wi_col *cols, size_t n, const char *after, struct wi_err *err) {
    struct wi_buf sql = {0};
    wi_buf_printf(&sql, "SELECT %s", before);
    for (size_t i = 0; i < n; i++)
        wi_buf_printf(&sql, "%s%s%s%s", i ? ", " : "", alias ? alias : "", alias ? "." : "",
                      cols[i].name);
    wi_buf_printf(&sql, " %s", after);
    int status = wi_store_prepare(store, wi_buf_str(&sql), stmt, err);
    wi_buf_fini(&sql);
    return status;
}

const char *wi_read_text(sqlite3_stmt *stmt, int column, struct wi_arena *arena) {
    const unsigned char *text = sqlite3_column_text(stmt, column);
    return text ? wi_arena_strndup(arena, (const char *)text,
                                   (size_t)sqlite3_column_bytes(stmt, column))
                : NULL;
}

struct reading {
    sqlite3_stmt *stmt;
    int column;
    const char *states; /* NULL: none */
    struct wi_arena *arena;
};

/* The word after "NAME=" in states; NULL when the column is not named there. */
static const char *find_state(const struct reading *r, const char *name) {
    size_t n = strlen(name);
    for (const char *s = r->states; s && *s; s = strchr(s, ' ') ? strchr(s, ' ') + 1 : NULL)
        if (strncmp(s, name, n) == 0 && s[n] == '=') {
            const char *word = s + n + 1;
            return wi_arena_strndup(r->arena, word, strcspn(word, " "));
        }
    return NULL;
}

static bool find_name(const struct wi_col *col, const char *text, size_t n, unsigned *value) {
    for (size_t i = 0; i < col->name_count; i++)
        if (strlen(col->names[i]) == n && strncmp(col->names[i], text, n) == 0) {
            *value = (unsigned)i;
            return true;
        }
    return false;
}

static bool get_known(const struct reading *r, const char *name, enum wi_known *known,
                      uint64_t *number) {
    const struct wi_col words = {.names = wi_known_names, .name_count = WI_COUNT(wi_known_names)};
    const char *word = find_state(r, name);
    unsigned value = WI_KNOWN_unknown;
    if (word && number && wi_parse_u64(word, 0, UINT64_MAX, number) == WI_OK) {
        *known = WI_KNOWN_known;
        return true;
    }
    if (word && !find_name(&words, word, strlen(word), &value))
        return false;
    *known = (enum wi_known)value;
    return value != WI_KNOWN_known;
}

static bool get_integer(const struct reading *r, int64_t lo, int64_t hi, int64_t *value) {
    *value = sqlite3_column_int64(r->stmt, r->column);
    return sqlite3_column_type(r->stmt, r->column) == SQLITE_INTEGER && *value >= lo &&
           *value <= hi;
}

static bool is_null(const struct reading *r) {
    return sqlite3_column_type(r->stmt, r->column) == SQLITE_NULL;
}

static bool get_real(const struct reading *r, double *value) {
    *value = sqlite3_column_double(r->stmt, r->column);
    return sqlite3_column_type(r->stmt, r->column) == SQLITE_FLOAT;
}

static bool get_maybe_u64(const struct reading *r, const char *name, struct wi_maybe_u64 *maybe) {
    int64_t value = 0;
    *maybe = (struct wi_maybe_u64){0};
    if (is_null(r))
        return get_known(r, name, &maybe->known, &maybe->value);
    if (!get_integer(r, 0, INT64_MAX, &value))
        return false;
    *maybe = wi_some_u64((uint64_t)value);
    return true;
}

static bool get_maybe_f64(const struct reading *r, const char *name, struct wi_maybe_f64 *maybe) {
    *maybe = (struct wi_maybe_f64){0};
    if (is_null(r))
        return get_known(r, name, &maybe->known, NULL);
    maybe->known = WI_KNOWN_known;
    return get_real(r, &maybe->value);
}

static bool get_inline(const struct reading *r, char *out, size_t n) {
    const char *text = (const char *)sqlite3_column_text(r->stmt, r->column);
    if (!text || strlen(text) >= n)
        return false;
    memset(out, 0, n);
    memcpy(out, text, strlen(text));
    return true;
}

static bool get_bits(const struct reading *r, const struct wi_col *col, uint64_t *bits) {
    const char *text = (const char *)sqlite3_column_text(r->stmt, r->column);
    *bits = 0;
    for (const char *s = text; s && *s;) {
        size_t n = strcspn(s, ",");
        unsigned bit = 0;
        if (!find_name(col, s, n, &bit))
            return false;
        *bits |= UINT64_C(1) << bit;
        s += n + (s[n] == ',');
    }
    return text != NULL;
}

static bool get_u32_list(const struct reading *r, const unsigned **values, size_t *count) {
    const char *text = (const char *)sqlite3_column_text(r->stmt, r->column);
    struct {
        unsigned *items;
        size_t count, capacity;
    } list = {0};
    for (const char *s = text; s && *s;) {
        char word[16];
        uint64_t value = 0;
        size_t n = strcspn(s, ",");
        if (n >= sizeof(word))
            return false;
        snprintf(word, sizeof(word), "%.*s", (int)n, s);
        if (wi_parse_u64(word, 0, UINT32_MAX, &value) != WI_OK)
            return false;
        *WI_PUSH(r->arena, &list, unsigned) = (unsigned)value;
        s += n + (s[n] == ',');
    }
    *values = list.items;
    *count = list.count;
    return text != NULL;
}

static bool get_enum(const struct reading *r, const struct wi_col *col, unsigned *value) {
    const char *text = (const char *)sqlite3_column_text(r->stmt, r->column);
    return text && find_name(col, text, strlen(text), value);
}

static bool get_text_u64(const struct reading *r, uint64_t *value) {
    const char *text = (const char *)sqlite3_column_text(r->stmt, r->column);
    return text && wi_parse_u64(text, 0, UINT64_MAX, value) == WI_OK;
}

static bool get_field(const struct reading *r, const struct wi_col *col, char *object) {
    void *at = object + col->at;
    int64_t integer = 0;
    uint64_t bits = 0;
    bool good = false;
    switch (col->kind) {
    case WI_COL_TEXT:
        *(const char **)at = wi_read_text(r->stmt, r->column, r->arena);
        return true;
    case WI_COL_HASH:
        return get_inline(r, at, 65);
    case WI_COL_ID:
        return get_inline(r, at, 33);
    case WI_COL_CHAR: {
        const char *text = (const char *)sqlite3_column_text(r->stmt, r->column);
        *(char *)at = text ? text[0] : 0;
        return text != NULL;
    }
    case WI_COL_BOOL:
        good = get_integer(r, 0, 1, &integer);
        *(bool *)at = integer != 0;
        return good;
    case WI_COL_U32:
        good = get_integer(r, 0, UINT32_MAX, &integer);
        *(uint32_t *)at = (uint32_t)integer;
        return good;
    case WI_COL_U64:
    case WI_COL_U64_0:
        good = get_integer(r, 0, INT64_MAX, &integer);
        *(uint64_t *)at = (uint64_t)integer;
        return good || (col->kind == WI_COL_U64_0 && is_null(r));
    case WI_COL_I64:
    case WI_COL_I64_0:
        good = get_integer(r, INT64_MIN, INT64_MAX, at);
        return good || (col->kind == WI_COL_I64_0 && is_null(r));
    case WI_COL_U64_TEXT:
        return get_text_u64(r, at);
    case WI_COL_F64:
    case WI_COL_F64_0:
        good = get_real(r, at);
        if (is_null(r))
            *(double *)at = col->kind == WI_COL_F64 ? (double)NAN : 0;
        return good || is_null(r);
    case WI_COL_MAYBE_U64:
        return get_maybe_u64(r, col->name, at);
    case WI_COL_MAYBE_F64:
        return get_maybe_f64(r, col->name, at);
    case WI_COL_TRI:
        if (is_null(r)) {
            *(enum wi_tri *)at = WI_TRI_unknown;
            return true;
        }
        good = get_integer(r, 0, 1, &integer);
        *(enum wi_tri *)at = integer ? WI_TRI_yes : WI_TRI_no;
        return good;
    case WI_COL_ENUM:
        return get_enum(r, col, at);
    case WI_COL_BITS32:
        good = get_bits(r, col, &bits);
        *(uint32_t *)at = (uint32_t)bits;
        return good;
    case WI_COL_BITS64:
        return get_bits(r, col, at);
    case WI_COL_U32_LIST:
        return get_u32_list(r, at, (size_t *)(void *)(object + col->aux));
    }
    return false;
}

int wi_read_struct(sqlite3_stmt *stmt, int first, int states, const struct wi_col *cols, size_t n,
                   void *object, struct wi_arena *arena, const char *table, struct wi_err *err) {
    struct reading r = {.stmt = stmt, .arena = arena};
    if (states >= 0)
        r.states = wi_read_text(stmt, states, arena);
    for (size_t i = 0; i < n; i++) {
        r.column = first + (int)i;
        if (!get_field(&r, &cols[i], object))
            return wi_fail(err, WI_CORRUPT, "the database holds a %s whose %s makes no sense",
                           table, cols[i].name);
    }
    return WI_OK;
}
