/* store_row.h: structs to rows and back, from one table of columns. For results/store_*.c only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A struct wi_col says which field of a struct stands in which column and how; INSERT, SELECT and
 * the content hash follow from the same list, so they cannot disagree. What SQLite cannot say in
 * the column itself (denied, not_applicable, a number above 2^63 - 1) goes into the row's `states`.
 */
#ifndef WI_STORE_ROW_H
#define WI_STORE_ROW_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "results/store.h"

#include <sqlite3.h>

enum wi_col_kind {
    WI_COL_TEXT,      /* const char *; NULL is NULL */
    WI_COL_HASH,      /* char[65]; "" is "" */
    WI_COL_ID,        /* char[33] */
    WI_COL_CHAR,      /* char: text of one character */
    WI_COL_BOOL,      /* bool: 0, 1 */
    WI_COL_U32,       /* uint32_t, unsigned */
    WI_COL_U64,       /* uint64_t below 2^63 */
    WI_COL_U64_0,     /* the same; 0 is NULL */
    WI_COL_U64_TEXT,  /* uint64_t as decimal text: seeds */
    WI_COL_I64,       /* int64_t */
    WI_COL_I64_0,     /* the same; 0 is NULL */
    WI_COL_F64,       /* double; NAN is NULL */
    WI_COL_F64_0,     /* double; 0 is NULL: fields that are 0 while unknown */
    WI_COL_MAYBE_U64, /* struct wi_maybe_u64 */
    WI_COL_MAYBE_F64, /* struct wi_maybe_f64 */
    WI_COL_TRI,       /* enum wi_tri: NULL, 0, 1 */
    WI_COL_ENUM,      /* an enum by name */
    WI_COL_BITS32,    /* uint32_t, bit i is names[i]: "a,b" */
    WI_COL_BITS64,    /* uint64_t */
    WI_COL_U32_LIST,  /* const unsigned *, count (size_t) at `aux`: "0,2,4" */
};

struct wi_col {
    const char *name;
    enum wi_col_kind kind;
    size_t at, aux;           /* offset of the field; of its count */
    const char *const *names; /* ENUM, BITS */
    size_t name_count;
};
#define WI_COL(kind, type, field, column)                                                          \
    { column, WI_COL_##kind, offsetof(type, field), 0, NULL, 0 }
#define WI_COL_NAMED(kind, type, field, column, list)                                              \
    { column, WI_COL_##kind, offsetof(type, field), 0, list, WI_COUNT(list) }

/* ---- writing ---- */

struct wi_cell {
    const char *column;
    int type; /* SQLITE_INTEGER, _FLOAT, _TEXT, _BLOB, _NULL */
    int64_t integer;
    double real;
    const void *bytes;
    size_t size;
};
struct wi_row {
    struct wi_arena *arena; /* borrowed; must outlive the row */
    const char *table;
    struct wi_cell *items;
    size_t count, capacity;
    struct wi_buf states;
    const char *refused; /* a value that no column can hold; wi_row_insert reports it */
};

void wi_row_init(struct wi_row *row, const char *table, struct wi_arena *arena);
void wi_row_fini(struct wi_row *row);
void wi_row_null(struct wi_row *row, const char *column);
void wi_row_text(struct wi_row *row, const char *column, const char *text);
void wi_row_text_n(struct wi_row *row, const char *column, const char *text, size_t n);
void wi_row_integer(struct wi_row *row, const char *column, int64_t value);
void wi_row_real(struct wi_row *row, const char *column, double value); /* NAN: NULL */
void wi_row_blob(struct wi_row *row, const char *column, const void *bytes, size_t size);
void wi_row_struct(struct wi_row *row, const struct wi_col *cols, size_t n, const void *object);
void wi_row_states(struct wi_row *row); /* closes the column `states`; once, after the structs */
/* SHA-256 over the cells so far that are not NULL, sorted by column: a column that a later schema
 * adds does not change what older rows hash to. See docs/database.md, "content_hash". */
void wi_row_hash(const struct wi_row *row, char hash[65]);
int wi_row_insert(struct wi_store *store, const struct wi_row *row, struct wi_err *err);
/* For the catalogue's tables, which are no evidence. */
int wi_row_replace(struct wi_store *store, const struct wi_row *row, struct wi_err *err);

/* ---- reading ---- */

/* "SELECT <before><cols><after>"; `cols` are prefixed with `alias.` when it is not NULL. */
int wi_select(struct wi_store *store, sqlite3_stmt **stmt, const char *before, const char *alias,
              const struct wi_col *cols, size_t n, const char *after, struct wi_err *err);
/* Fills the fields from columns `first`.. of the current row; text goes to the arena. `states` is
 * the index of that column, -1 when there is none. WI_CORRUPT names table and column. */
int wi_read_struct(sqlite3_stmt *stmt, int first, int states, const struct wi_col *cols, size_t n,
                   void *object, struct wi_arena *arena, const char *table, struct wi_err *err);
const char *wi_read_text(sqlite3_stmt *stmt, int column, struct wi_arena *arena); /* NULL: NULL */

#endif
