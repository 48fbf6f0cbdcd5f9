/* resume.c: finds a run that did not end, and asks whether today's rows would belong to it;
 * resume.h. SPDX-License-Identifier: Apache-2.0 */
#include "cli/resume.h"

#include "cli/expect.h"
#include "kernels/session.h"

#include <string.h>

struct then { /* what a run was made with */
    const struct wi_run *run;
    struct wi_arena *arena;
    const char *hardware_id;
    const char *software_id[WI_BACKEND_COUNT];
};

/* ---- which run ---- */

/* The newest that asked the same; else the newest, to say what differs. */
static int find_run(struct wi_cli *cli, struct wi_store *store, const char *device_id,
                    const char *suite_hash, const struct wi_run **run, struct wi_err *err) {
    struct wi_run_row *rows = NULL;
    size_t n = 0;
    bool same = false;
    WI_TRY(wi_store_load_runs(store, device_id, cli->arena, &rows, &n, err));
    *run = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct wi_run *r = &rows[i].run;
        bool asks_the_same = strcmp(r->suite_hash, suite_hash) == 0;
        if (strcmp(r->state, "finished") == 0 || (same && !asks_the_same))
            continue;
        if (*run == NULL || (asks_the_same && !same) || strcmp(r->id, (*run)->id) > 0)
            *run = r;
        same = same || asks_the_same;
    }
    if (*run == NULL)
        return wi_fail(err, WI_NOT_FOUND,
                       "%s: every run of device %s came to its end: nothing to resume",
                       wi_cli_db_path(cli), device_id);
    return WI_OK;
}

/* ---- with what ---- */

static const char *value_of(int columns, const char *const *names, const char *const *values,
                            const char *name) {
    for (int i = 0; i < columns; i++)
        if (strcmp(names[i], name) == 0)
            return values[i];
    return NULL;
}

static bool is_of_run(const struct then *then, int columns, const char *const *names,
                      const char *const *values) {
    const char *id = value_of(columns, names, values, "run_id");
    return id != NULL && strcmp(id, then->run->id) == 0;
}

static int see_run(void *state, int columns, const char *const *names, const char *const *values,
                   const int *types) {
    struct then *then = state;
    (void)types;
    if (is_of_run(then, columns, names, values))
        then->hardware_id =
            wi_arena_strdup(then->arena, value_of(columns, names, values, "hardware_id"));
    return 0;
}

static int see_backend(void *state, int columns, const char *const *names,
                       const char *const *values, const int *types) {
    struct then *then = state;
    const char *backend = value_of(columns, names, values, "backend");
    (void)types;
    for (size_t b = 0; backend != NULL && b < WI_BACKEND_COUNT; b++)
        if (is_of_run(then, columns, names, values) &&
            strcmp(backend, wi_backend_id_name((enum wi_backend_id)b)) == 0)
            then->software_id[b] =
                wi_arena_strdup(then->arena, value_of(columns, names, values, "software_id"));
    return 0;
}

/* ---- does it belong together? ---- */

static int refuse(const struct then *then, const char *what, const char *was, const char *is,
                  struct wi_err *err) {
    return wi_fail(err, WI_USAGE,
                   "run %s cannot be resumed: its %s was %s and is now %s: begin a new run",
                   then->run->id, what, was == NULL ? "unknown" : was, is == NULL ? "unknown" : is);
}

static bool same(const char *a, const char *b) {
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

static int check_asked(struct wi_cli *cli, const struct then *then,
                       const struct wi_run_request *request, const struct wi_plan *plan,
                       struct wi_err *err) {
    const struct wi_run *run = then->run;
    if (run->seed != request->seed)
        return refuse(then, "seed",
                      wi_arena_printf(cli->arena, "%llu", (unsigned long long)run->seed),
                      wi_arena_printf(cli->arena, "%llu", (unsigned long long)request->seed), err);
    if (strcmp(run->suite_hash, plan->suite_hash) != 0)
        return wi_fail(err, WI_USAGE,
                       "run %s cannot be resumed: it asked for something else (profile %s): give "
                       "the options that it was given, or begin a new run",
                       run->id, run->profile == NULL ? "unknown" : run->profile);
    if (strcmp(run->plan_hash, plan->plan_hash) != 0)
        return wi_fail(err, WI_USAGE,
                       "run %s cannot be resumed: what it asked for gives another plan on this "
                       "device now (threads, caches, or what fits into memory): begin a new run",
                       run->id);
    return WI_OK;
}

static bool uses(const struct wi_plan *plan, enum wi_backend_id backend) {
    for (size_t g = 0; g < plan->group_count; g++)
        if (plan->groups[g].count > 0 && plan->groups[g].cases[0].key.backend == backend)
            return true;
    return false;
}

static int check_device(const struct then *then, const struct wi_inventory *inventory,
                        const struct wi_plan *plan, struct wi_err *err) {
    const struct wi_identity *now = &inventory->identity;
    if (!same(then->hardware_id, now->hardware_id))
        return refuse(then, "hardware id", then->hardware_id, now->hardware_id, err);
    for (size_t b = 0; b < WI_BACKEND_COUNT; b++)
        if (uses(plan, (enum wi_backend_id)b) && !same(then->software_id[b], now->software_id[b]))
            return refuse(then, "software id", then->software_id[b], now->software_id[b], err);
    return WI_OK;
}

static int check_kernels(struct wi_cli *cli, const struct then *then,
                         const struct wi_evidence_list *rows, struct wi_err *err) {
    for (size_t i = 0; i < rows->count; i++) {
        const struct wi_measurement *m = &rows->items[i].m;
        uint32_t now = wi_session_kernel_generation(m->key.backend);
        bool counts = m->kind == WI_KIND_model || m->kind == WI_KIND_op;
        if (counts && m->status == WI_CASE_ok && m->kernel_generation != now)
            return refuse(then, "kernel generation",
                          wi_arena_printf(cli->arena, "%u", m->kernel_generation),
                          wi_arena_printf(cli->arena, "%u", now), err);
    }
    return WI_OK;
}

/* ---- what is left ---- */

struct stored {
    struct wi_evidence_list cases, ops;
};

static bool has_op(const struct wi_evidence_list *rows, const struct wi_case *key) {
    for (size_t i = 0; i < rows->count; i++) {
        const struct wi_case *k = &rows->items[i].m.key;
        if (wi_same_op(&k->op, &key->op) && k->precision == key->precision &&
            k->backend == key->backend && same(k->compute_device_id, key->compute_device_id) &&
            same(k->cap, key->cap))
            return true;
    }
    return false;
}

static bool has_row(const void *state, const struct wi_plan_case *c) {
    const struct stored *stored = state;
    const struct wi_evidence_list *rows = &stored->cases;
    if (c->key.op.op != NULL)
        return has_op(&stored->ops, &c->key);
    for (size_t i = 0; i < rows->count; i++)
        if (rows->items[i].m.kind == WI_KIND_model && wi_same_case(&rows->items[i].m.key, &c->key))
            return true;
    return false;
}

int wi_resume(struct wi_cli *cli, struct wi_store *store, const struct wi_inventory *inventory,
              const struct wi_run_request *request, struct wi_plan *plan,
              struct wi_resumed *resumed, struct wi_err *err) {
    const char *device_id = inventory->identity.device_id;
    struct then then = {.arena = cli->arena};
    struct stored rows = {0};
    size_t asked = plan->case_count;
    WI_TRY(find_run(cli, store, device_id, plan->suite_hash, &then.run, err));
    WI_TRY(wi_store_each_row(store, "run", see_run, &then, err));
    WI_TRY(wi_store_each_row(store, "run_backend", see_backend, &then, err));
    WI_TRY(wi_store_load_evidence(store, cli->catalogue, device_id, then.run->id, false, cli->arena,
                                  &rows.cases, err));
    WI_TRY(wi_store_load_ops(store, device_id, then.run->id, false, cli->arena, &rows.ops, err));
    WI_TRY(check_asked(cli, &then, request, plan, err));
    WI_TRY(check_device(&then, inventory, plan, err));
    WI_TRY(check_kernels(cli, &then, &rows.cases, err));
    WI_TRY(check_kernels(cli, &then, &rows.ops, err));
    wi_plan_leave_out(plan, has_row, &rows);
    *resumed = (struct wi_resumed){.run = then.run, .stored = asked - plan->case_count};
    return WI_OK;
}
