/* store_ceilings.c: the ceilings of a roofline as JSON text and back.
 * SPDX-License-Identifier: Apache-2.0
 *
 * value and unit are for readers of SQL: what is read back follows from the passes again. */
#include "results/store_json.h"

#include "base/json.h"
#include "base/units.h"
#include "results/store_names.h"
#include "results/store_row.h"

#include <float.h>
#include <string.h>

const char *wi_json_ceilings(struct wi_arena *arena, const struct wi_ceiling *ceilings, size_t n) {
    struct wi_buf text = {0};
    struct wi_json json;
    wi_json_init(&json, &text, false);
    wi_json_array(&json, NULL);
    for (size_t i = 0; i < n; i++)
        wi_ceiling_put(&json, &ceilings[i]);
    wi_json_array_end(&json);
    const char *copy = wi_arena_strdup(arena, wi_buf_str(&text));
    wi_buf_fini(&text);
    return copy;
}

/* ---- back ---- */

struct loading {
    struct wi_store *store;
    struct wi_arena *arena;
    struct wi_err *err;
    struct {
        struct wi_ceiling *items;
        size_t count, capacity;
    } list;
};

static int bad(const struct loading *l, const char *what) {
    return wi_fail(l->err, WI_CORRUPT, "%s: a ceiling %s", l->store->path, what);
}

static int load_id(const struct loading *l, const char *name, struct wi_ceiling *c) {
    for (size_t i = 0; name && i < WI_COUNT(wi_ceiling_names); i++) {
        if (strcmp(wi_ceiling_names[i], name) == 0) {
            c->id = (enum wi_ceiling_id)i;
            return WI_OK;
        }
    }
    return bad(l, "of no known kind");
}

/* "[1,2]", as put_ceiling() writes it. */
static int load_samples(const struct loading *l, char *text, struct wi_ceiling *c) {
    static const char between[] = "[], ";
    char *save = NULL;
    uint64_t *ns = WI_NEW_ARRAY(l->arena, uint64_t, text ? strlen(text) / 2 + 1 : 1);
    for (char *word = text ? strtok_r(text, between, &save) : NULL; word;
         word = strtok_r(NULL, between, &save))
        if (wi_parse_u64(word, 0, UINT64_MAX, &ns[c->sample_count++]) != WI_OK)
            return bad(l, "with a pass that is no time");
    c->samples_ns = ns;
    return c->sample_count > 0 ? WI_OK : bad(l, "without passes");
}

static int load_ceiling(struct loading *l, sqlite3_stmt *stmt) {
    struct wi_ceiling *c = WI_PUSH(l->arena, &l->list, struct wi_ceiling);
    WI_TRY(load_id(l, wi_read_text(stmt, 0, l->arena), c));
    c->how = wi_read_text(stmt, 1, l->arena);
    c->arithmetic = wi_read_text(stmt, 2, l->arena);
    c->precision = wi_read_text(stmt, 3, l->arena);
    c->phase = wi_read_text(stmt, 4, l->arena);
    c->threads = (unsigned)sqlite3_column_int64(stmt, 5);
    const char *work = wi_read_text(stmt, 6, l->arena);
    if (!c->how || !work || wi_parse_f64(work, 0, DBL_MAX, &c->work) != WI_OK)
        return bad(l, "without how, or without work");
    return load_samples(l, wi_arena_strdup(l->arena, wi_read_text(stmt, 7, l->arena)), c);
}

int wi_load_ceilings(struct wi_store *store, const char *text, struct wi_arena *arena,
                     const struct wi_ceiling **ceilings, size_t *n, struct wi_err *err) {
    struct loading l = {.store = store, .arena = arena, .err = err};
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int status = wi_store_prepare(store,
                                  "SELECT value ->> '$.ceiling', value ->> '$.how', "
                                  "value ->> '$.arithmetic', value ->> '$.precision', "
                                  "value ->> '$.phase', value ->> '$.threads', value -> '$.work', "
                                  "value -> '$.samples_ns' "
                                  "FROM json_each(coalesce(?1, '[]')) ORDER BY key",
                                  &stmt, err);
    if (status == WI_OK)
        wi_bind_text(stmt, 1, text);
    while (status == WI_OK && (status = wi_store_step(store, stmt, &row, err)) == WI_OK && row)
        status = load_ceiling(&l, stmt);
    if (status == WI_INTERNAL) /* SQLite's word for text that is no JSON */
        status = wi_fail(err, WI_CORRUPT, "%s holds ceilings that cannot be read", store->path);
    sqlite3_finalize(stmt);
    *ceilings = l.list.items;
    *n = l.list.count;
    return status;
}
