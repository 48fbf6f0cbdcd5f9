/* subject.c: finds the device that a question is about; subject.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/subject.h"

#include "cli/machine.h"

#include <string.h>

static int probe_now(struct wi_cli *cli, const char *why, struct wi_subject *subject,
                     struct wi_err *err) {
    int status = wi_cli_this_machine(cli, &subject->inventory, err);
    if (status != WI_OK && err != NULL && why[0] != '\0')
        return wi_fail_prefix(err, status, "%s; asked this device instead", why);
    subject->probed_now = true;
    subject->looked_at =
        wi_arena_printf(cli->arena, "%s; probed this device instead, measured nothing", why);
    return status;
}

/* ---- which device ---- */

static bool is_named(const struct wi_device_row *row, const char *device) {
    size_t n = strlen(device);
    return strcmp(row->name, device) == 0 || strcmp(row->device_id, device) == 0 ||
           (n >= 6 && strncmp(row->device_id, device, n) == 0);
}

static int unclear(const struct wi_cli *cli, const char *device, const struct wi_device_row *rows,
                   size_t n, struct wi_err *err) {
    struct wi_buf all = {0};
    for (size_t i = 0; i < n; i++)
        wi_buf_printf(&all, "%s%.12s (%s)", i == 0 ? "" : ", ", rows[i].device_id, rows[i].name);
    int status = wi_fail(
        err, WI_USAGE, "%s: %s%s; %s: %s", wi_cli_db_path(cli),
        device == NULL ? "several devices, and none is this machine" : "no single device is named ",
        device == NULL ? "" : device, device == NULL ? "choose with --device" : "there are",
        n == 0 ? "none" : wi_buf_str(&all));
    wi_buf_fini(&all);
    return status;
}

/* The row of this machine, by its identity; NULL. */
static const struct wi_device_row *this_machine(struct wi_cli *cli,
                                                const struct wi_device_row *rows, size_t n) {
    struct wi_subject here = {0};
    const struct wi_device_row *found = NULL;
    if (probe_now(cli, "", &here, NULL) != WI_OK)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].device_id, here.inventory->identity.device_id) == 0)
            found = &rows[i];
    }
    wi_arena_destroy(here.inventory->arena);
    return found;
}

static int choose(struct wi_cli *cli, const char *device, const struct wi_device_row *rows,
                  size_t n, const struct wi_device_row **chosen, struct wi_err *err) {
    size_t matches = 0;
    *chosen = NULL;
    if (device == NULL) {
        *chosen = n == 1 ? rows : this_machine(cli, rows, n);
        return *chosen != NULL ? WI_OK : unclear(cli, device, rows, n, err);
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].device_id, device) ==
            0) { /* an id is an id, whatever others are called */
            *chosen = &rows[i];
            return WI_OK;
        }
        if (is_named(&rows[i], device)) {
            *chosen = &rows[i];
            matches++;
        }
    }
    return matches == 1 ? WI_OK : unclear(cli, device, rows, n, err);
}

int wi_cli_find_device(struct wi_cli *cli, struct wi_store *store, const char *device,
                       const struct wi_device_row **row, struct wi_err *err) {
    struct wi_device_row *rows = NULL;
    size_t n = 0;
    WI_TRY(wi_store_list_devices(store, cli->arena, &rows, &n, err));
    return choose(cli, device, rows, n, row, err);
}

/* ---- what is known of it ---- */

static int from_store(struct wi_cli *cli, struct wi_store *store, const char *device,
                      struct wi_subject *subject, struct wi_err *err) {
    struct wi_device_row *rows = NULL;
    const struct wi_device_row *row = NULL;
    const struct wi_catalogue *catalogue = NULL;
    size_t n = 0;
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_store_list_devices(store, cli->arena, &rows, &n, err));
    if (n == 0 && device == NULL)
        return probe_now(cli,
                         wi_arena_printf(cli->arena, "%s: no devices in it", wi_cli_db_path(cli)),
                         subject, err);
    WI_TRY(choose(cli, device, rows, n, &row, err));
    WI_TRY(wi_store_load_inventory(store, row->device_id, &subject->inventory, err));
    WI_TRY(wi_store_load_evidence(store, catalogue, row->device_id, NULL, false, cli->arena,
                                  &subject->evidence, err));
    struct wi_roofline *rooflines = NULL;
    WI_TRY(wi_rooflines_load(store, subject->inventory, &subject->evidence, cli->arena, &rooflines,
                             &subject->roofline_count, err));
    subject->rooflines = rooflines;
    subject->looked_at = wi_arena_printf(
        cli->arena, "%s: %zu measurements of this device, %llu %s", wi_cli_db_path(cli),
        subject->evidence.count, (unsigned long long)row->runs, row->runs == 1 ? "run" : "runs");
    return WI_OK;
}

int wi_cli_subject(struct wi_cli *cli, const char *device, struct wi_subject *subject,
                   struct wi_err *err) {
    struct wi_store *store = NULL;
    struct wi_err why = {0};
    *subject = (struct wi_subject){0};
    int status = wi_cli_open(cli, WI_STORE_READ, &store, &why);
    if (status == WI_NOT_FOUND && device == NULL)
        return probe_now(cli, wi_arena_strdup(cli->arena, why.message), subject, err);
    if (status != WI_OK)
        return wi_fail(err, status, "%s", why.message);
    return wi_cli_close(store, from_store(cli, store, device, subject, err), err);
}

int wi_cli_known_compute(const struct wi_inventory *inventory, const char *id, struct wi_err *err) {
    struct wi_buf all = {0};
    bool found = id == NULL || strcmp(id, inventory->cpu.compute_device_id) == 0;
    wi_buf_puts(&all, inventory->cpu.compute_device_id);
    for (size_t i = 0; i < inventory->gpu_count; i++) {
        found = found || strcmp(id, inventory->gpus[i].compute_device_id) == 0;
        wi_buf_printf(&all, ", %s", inventory->gpus[i].compute_device_id);
    }
    int status =
        found ? WI_OK
              : wi_fail(err, WI_USAGE, "--compute %s: this device has %s", id, wi_buf_str(&all));
    wi_buf_fini(&all);
    return status;
}
