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
    bool relabel = strcmp(a->action, "relabel") == 0;
    if (relabel && strcmp(a->kind, "measurement") == 0)
        return wi_fail(err, WI_USAGE,
                       "a measurement has no label of its own: relabel its run, or exclude it");
    if (relabel && blank(a->detail))
        return wi_fail(err, WI_USAGE, "to relabel needs the new label");
    if (strcmp(a->action, "retire") == 0 && strcmp(a->kind, "device") != 0)
        return wi_fail(err, WI_USAGE, "only a device can be retired, not a %s", a->kind);
    return WI_OK;
}

/* Ids of a kind that begin with ?1, the one that is ?1 first. */
static const char *ids_of(const char *kind) {
    if (strcmp(kind, "run") == 0)
        return "SELECT run_id FROM run WHERE substr(run_id, 1, length(?1)) = ?1 "
               "ORDER BY length(run_id) LIMIT 2";
    if (strcmp(kind, "measurement") == 0)
        return "SELECT measurement_id FROM measurement "
               "WHERE substr(measurement_id, 1, length(?1)) = ?1 "
               "ORDER BY length(measurement_id) LIMIT 2";
    return "SELECT DISTINCT device_id FROM inventory WHERE substr(device_id, 1, length(?1)) = ?1 "
           "ORDER BY length(device_id) LIMIT 2";
}

int wi_store_find_id(struct wi_store *store, const char *kind, const char *prefix,
                     struct wi_arena *arena, const char **id, struct wi_err *err) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    const char *found[2] = {NULL, NULL};
    WI_TRY(one_of("kind", kind, kinds, WI_COUNT(kinds), err));
    int status = wi_store_prepare(store, ids_of(kind), &stmt, err);
    if (status == WI_OK)
        wi_bind_text(stmt, 1, prefix);
    for (size_t i = 0; i < WI_COUNT(found) && status == WI_OK; i++) {
        status = wi_store_step(store, stmt, &row, err);
        if (!row)
            break;
        found[i] = wi_read_text(stmt, 0, arena);
    }
    sqlite3_finalize(stmt);
    WI_TRY(status);
    if (blank(prefix) || !found[0])
        return wi_fail(err, WI_USAGE, "%s holds no %s whose id is '%s' or begins so", store->path,
                       kind, prefix);
    if (found[1] && strcmp(found[0], prefix) != 0)
        return wi_fail(err, WI_USAGE, "%s: the ids of several %ss begin with %s; give more of it",
                       store->path, kind, prefix);
    *id = found[0];
    return WI_OK;
}

static int check_target(struct wi_store *store, const struct wi_annotation *a, struct wi_err *err) {
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int status = wi_store_prepare(store, ids_of(a->kind), &stmt, err);
    if (status == WI_OK) {
        wi_bind_text(stmt, 1, a->target);
        status = wi_store_step(store, stmt, &row, err);
    }
    row = row && a->target && strcmp((const char *)sqlite3_column_text(stmt, 0), a->target) == 0;
    sqlite3_finalize(stmt);
    if (status == WI_OK && !row)
        status = wi_fail(err, WI_NOT_FOUND, "%s holds no %s %s", store->path, a->kind,
                         a->target ? a->target : "");
    return status;
}

static int put(struct wi_store *store, const struct wi_annotation *a, char id[33],
               struct wi_err *err) {
    struct wi_row row;
    struct wi_arena *arena = wi_arena_create();
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

int wi_store_annotate(struct wi_store *store, const struct wi_annotation *annotation, char id[33],
                      struct wi_err *err) {
    char made[33] = "";
    WI_TRY(check(annotation, err));
    WI_TRY(wi_store_begin(store, err));
    int status = check_target(store, annotation, err);
    if (status == WI_OK)
        status = put(store, annotation, made, err);
    if (status != WI_OK) {
        wi_store_rollback(store);
        return status;
    }
    if (id)
        memcpy(id, made, sizeof(made));
    return wi_store_commit(store, err);
}

int wi_store_load_annotations(struct wi_store *store, const char *device_id, struct wi_arena *arena,
                              struct wi_annotation_row **rows, size_t *count, struct wi_err *err) {
    static const char sql[] =
        "SELECT annotation_id, kind, target, action, detail, reason, author, utc_ns "
        "FROM annotation WHERE (kind = 'device' AND target = ?1) OR (kind = 'run' AND target IN "
        "(SELECT run_id FROM run WHERE device_id = ?1)) OR (kind = 'measurement' AND target IN "
        "(SELECT measurement_id FROM measurement WHERE device_id = ?1)) "
        "ORDER BY utc_ns, annotation_id";
    struct {
        struct wi_annotation_row *items;
        size_t count, capacity;
    } list = {0};
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int status = wi_store_prepare(store, sql, &stmt, err);
    if (status == WI_OK)
        wi_bind_text(stmt, 1, device_id);
    while (status == WI_OK && (status = wi_store_step(store, stmt, &row, err)) == WI_OK && row)
        *WI_PUSH(arena, &list, struct wi_annotation_row) =
            (struct wi_annotation_row){.id = wi_read_text(stmt, 0, arena),
                                       .a = {.kind = wi_read_text(stmt, 1, arena),
                                             .target = wi_read_text(stmt, 2, arena),
                                             .action = wi_read_text(stmt, 3, arena),
                                             .detail = wi_read_text(stmt, 4, arena),
                                             .reason = wi_read_text(stmt, 5, arena),
                                             .author = wi_read_text(stmt, 6, arena),
                                             .utc_ns = sqlite3_column_int64(stmt, 7)}};
    sqlite3_finalize(stmt);
    *rows = list.items;
    *count = list.count;
    return status;
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
