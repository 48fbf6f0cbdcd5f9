/* expect.c: holds a run against what used to work; expect.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/expect.h"

#include <string.h>

/* ---- cases ---- */

static bool same_text(const char *a, const char *b) {
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

bool wi_same_case(const struct wi_case *a, const struct wi_case *b) {
    return a->model != NULL && b->model != NULL && strcmp(a->model->id, b->model->id) == 0 &&
           strcmp(a->model->hash, b->model->hash) == 0 && a->precision == b->precision &&
           a->kv_precision == b->kv_precision && a->phase == b->phase && a->tokens == b->tokens &&
           a->depth == b->depth && a->batch == b->batch && a->backend == b->backend &&
           same_text(a->compute_device_id, b->compute_device_id) && same_text(a->cap, b->cap);
}

static const struct wi_evidence *newest_of(const struct wi_evidence *rows, size_t n,
                                           const struct wi_case *key) {
    const struct wi_evidence *newest = NULL;
    for (size_t i = 0; i < n; i++)
        if (rows[i].m.kind == WI_KIND_model && wi_same_case(&rows[i].m.key, key) &&
            (newest == NULL || strcmp(rows[i].m.id, newest->m.id) > 0))
            newest = &rows[i];
    return newest;
}

/* Keeps of all rows the newest of each case, when it is ok. */
static void keep_working(struct wi_arena *arena, const struct wi_evidence_list *all,
                         struct wi_expectation *expectation) {
    for (size_t i = 0; i < all->count; i++) {
        const struct wi_evidence *e = &all->items[i];
        if (e->m.kind == WI_KIND_model && e->m.status == WI_CASE_ok && !e->excluded &&
            newest_of(all->items, all->count, &e->m.key) == e)
            *WI_PUSH(arena, &expectation->worked, struct wi_evidence) = *e;
    }
}

/* ---- the last run ---- */

static int load_last(struct wi_cli *cli, struct wi_store *store, const char *device_id,
                     const char *except, struct wi_expectation *expectation, struct wi_err *err) {
    struct wi_run_row *runs = NULL;
    struct wi_evidence_list all = {0};
    const struct wi_run *last = NULL;
    size_t n = 0;
    WI_TRY(wi_store_load_runs(store, device_id, cli->arena, &runs, &n, err));
    for (size_t i = 0; i < n; i++)
        if (strcmp(runs[i].run.state, "finished") == 0 &&
            (except == NULL || strcmp(runs[i].run.id, except) != 0) &&
            (last == NULL || strcmp(runs[i].run.id, last->id) > 0))
            last = &runs[i].run;
    if (last == NULL)
        return WI_OK;
    WI_TRY(wi_store_load_evidence(store, cli->catalogue, device_id, last->id, false, cli->arena,
                                  &all, err));
    keep_working(cli->arena, &all, expectation);
    expectation->against =
        wi_arena_printf(cli->arena, "run %s in %s", last->id, wi_cli_db_path(cli));
    return WI_OK;
}

/* ---- a database ---- */

static int device_in(struct wi_cli *cli, struct wi_store *store, const char *path,
                     const char **device_id, struct wi_err *err) {
    struct wi_device_row *devices = NULL;
    size_t n = 0;
    WI_TRY(wi_store_list_devices(store, cli->arena, &devices, &n, err));
    for (size_t i = 0; i < n; i++)
        if (strcmp(devices[i].device_id, *device_id) == 0)
            return WI_OK;
    if (n != 1)
        return wi_fail(err, WI_USAGE,
                       "--expect %s: it holds %zu devices and this one (%s) is not among them",
                       path, n, *device_id);
    *device_id = devices[0].device_id;
    return WI_OK;
}

static int load_file(struct wi_cli *cli, const char *path, const char *device_id,
                     struct wi_expectation *expectation, struct wi_err *err) {
    struct wi_store *store = NULL;
    struct wi_evidence_list all = {0};
    WI_TRY(wi_store_open(path, WI_STORE_READ, &store, err));
    int status = device_in(cli, store, path, &device_id, err);
    if (status == WI_OK)
        status = wi_store_load_evidence(store, cli->catalogue, device_id, NULL, false, cli->arena,
                                        &all, err);
    status = wi_cli_close(store, status, err);
    WI_TRY(status);
    keep_working(cli->arena, &all, expectation);
    expectation->against = wi_arena_printf(cli->arena, "device %s in %s", device_id, path);
    return WI_OK;
}

int wi_expect_load(struct wi_cli *cli, struct wi_store *store, const char *device_id,
                   const char *what, const char *except, struct wi_expectation *expectation,
                   struct wi_err *err) {
    *expectation = (struct wi_expectation){0};
    if (strcmp(what, "last") == 0)
        return load_last(cli, store, device_id, except, expectation, err);
    return load_file(cli, what, device_id, expectation, err);
}

/* ---- holding ---- */

void wi_expect_hold(const struct wi_expectation *expectation, const struct wi_evidence *now,
                    size_t count, struct wi_arena *arena, struct wi_expect_view *view) {
    const struct wi_evidence **lost =
        WI_NEW_ARRAY(arena, const struct wi_evidence *, expectation->worked.count + 1);
    *view = (struct wi_expect_view){.against = expectation->against, .lost = lost};
    for (size_t i = 0; i < expectation->worked.count; i++) {
        const struct wi_evidence *e = newest_of(now, count, &expectation->worked.items[i].m.key);
        if (e == NULL)
            continue;
        view->held++;
        if (e->m.status != WI_CASE_ok)
            lost[view->lost_count++] = e;
    }
}
