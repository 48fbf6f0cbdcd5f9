/* store_annotate.c: what people say about evidence; the evidence itself stays as it is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store_db.h"
#include "results/store_row.h"

#include "base/text.h"

#include <string.h>

static const char *const kinds[] = {"measurement", "run", "device"};
static const char *const actions[] = {"exclude", "relabel", "resolve", "retire"};

static int one_of(const char *what, const char *word, const char *const *words, size_t n,
                  struct wi_err *err) {
    struct wi_buf allowed = {0};
    for (size_t i = 0; word && i < n; i++)
        if (strcmp(word, words[i]) == 0)
            return WI_OK;
    wi_text_join(&allowed, words, n);
    int status = wi_fail(err, WI_USAGE, "'%s' is no %s of an annotation; allowed: %s",
                         word ? word : "", what, wi_buf_str(&allowed));
    wi_buf_fini(&allowed);
    return status;
}

static bool blank(const char *text) {
    return !text || text[strspn(text, " \t\n")] == '\0';
}

static int check(const struct wi_annotation *a, struct wi_err *err) {
    WI_TRY(one_of("kind", a->kind, kinds, WI_COUNT(kinds), err));
    WI_TRY(one_of("action", a->action, actions, WI_COUNT(actions), err));
    if (blank(a->reason) || blank(a->author))
        return wi_fail(err, WI_USAGE, "an annotation needs a reason and an author");
    if (strcmp(a->action, "relabel") == 0 && blank(a->detail))
        return wi_fail(err, WI_USAGE, "to relabel needs the new label");
    if (strcmp(a->action, "retire") == 0 && strcmp(a->kind, "device") != 0)
        return wi_fail(err, WI_USAGE, "only a device can be retired, not a %s", a->kind);
    return WI_OK;
}

static int check_target(struct wi_store *store, const struct wi_annotation *a, struct wi_err *err) {
    const char *sql = "SELECT 1 FROM inventory WHERE device_id = ?1";
    if (strcmp(a->kind, "run") == 0)
        sql = "SELECT 1 FROM run WHERE run_id = ?1";
    else if (strcmp(a->kind, "measurement") == 0)
        sql = "SELECT 1 FROM measurement WHERE measurement_id = ?1";
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int status = wi_store_prepare(store, sql, &stmt, err);
    if (status == WI_OK) {
        wi_bind_text(stmt, 1, a->target);
        status = wi_store_step(store, stmt, &row, err);
    }
    sqlite3_finalize(stmt);
    if (status == WI_OK && !row)
        status = wi_fail(err, WI_NOT_FOUND, "%s holds no %s %s", store->path, a->kind,
                         a->target ? a->target : "");
    return status;
}

static int put(struct wi_store *store, const struct wi_annotation *a, struct wi_err *err) {
    struct wi_row row;
    struct wi_arena *arena = wi_arena_create();
    char id[33];
    wi_store_new_id(a->utc_ns, id);
    wi_row_init(&row, "annotation", arena);
    wi_row_text(&row, "annotation_id", id);
    wi_row_text(&row, "kind", a->kind);
    wi_row_text(&row, "target", a->target);
    wi_row_text(&row, "action", a->action);
    wi_row_text(&row, "detail", a->detail);
    wi_row_text(&row, "reason", a->reason);
    wi_row_text(&row, "author", a->author);
    wi_row_integer(&row, "utc_ns", a->utc_ns);
    int status = wi_row_insert(store, &row, err);
    wi_row_fini(&row);
    wi_arena_destroy(arena);
    return status;
}

int wi_store_annotate(struct wi_store *store, const struct wi_annotation *annotation,
                      struct wi_err *err) {
    WI_TRY(check(annotation, err));
    WI_TRY(wi_store_begin(store, err));
    int status = check_target(store, annotation, err);
    if (status == WI_OK)
        status = put(store, annotation, err);
    if (status != WI_OK) {
        wi_store_rollback(store);
        return status;
    }
    return wi_store_commit(store, err);
}

/* ---- decisions ---- */

int wi_store_put_decision(struct wi_store *store, const struct wi_decision *decision, char id[33],
                          struct wi_err *err) {
    struct wi_row row;
    char made[33];
    wi_store_new_id(decision->utc_ns, made);
    WI_TRY(wi_store_begin(store, err));
    struct wi_arena *arena = wi_arena_create();
    wi_row_init(&row, "decision", arena);
    wi_row_text(&row, "decision_id", made);
    wi_row_text(&row, "kind", decision->kind);
    wi_row_text(&row, "subject", decision->subject);
    wi_row_text(&row, "outcome", decision->outcome);
    wi_row_text(&row, "because", decision->because);
    wi_row_text(&row, "derived_from", decision->derived_from);
    wi_row_text(&row, "document", decision->document);
    wi_row_integer(&row, "utc_ns", decision->utc_ns);
    int status = wi_row_insert(store, &row, err);
    wi_row_fini(&row);
    wi_arena_destroy(arena);
    if (status != WI_OK) {
        wi_store_rollback(store);
        return status;
    }
    if (id)
        memcpy(id, made, sizeof(made));
    return wi_store_commit(store, err);
}
