/* run_lock.c: two runs on one machine would disturb each other's numbers; run_lock.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The lock is a file's, and ends with its holder however that ends; what stands in the file is for
 * messages only, and not believed: any user may write it. */
#include "cli/run_lock.h"

#include "base/kv.h"
#include "base/os.h"

#include <ctype.h>
#include <stdlib.h>

/* The same place for all users: no folder of a session or of one of them. */
static const char *lock_path(void) {
    const char *path = getenv("WEIGHIN_LOCK");
    return path != NULL && path[0] != '\0' ? path : "/tmp/weighin-run.lock";
}

static void say_holder(const struct wi_cli *cli, int lock) {
    struct wi_buf path = {0}, text = {0};
    struct wi_kv kv;
    const char *db = wi_cli_db_path(cli);
    wi_kv_init(&kv, cli->arena);
    wi_kv_setf(&kv, "pid", "%d", wi_os_process_id());
    /* The folder is there, the file may not be yet. */
    bool absolute = db[0] == '/' || wi_os_real_path(".", &path, NULL) != WI_OK;
    wi_kv_setf(&kv, "database", "%s%s%s", absolute ? "" : wi_buf_str(&path), absolute ? "" : "/",
               db);
    wi_kv_print(&kv, &text);
    wi_os_lock_say(lock, wi_buf_str(&text));
    wi_buf_fini(&text);
    wi_buf_fini(&path);
}

static const char *printable(struct wi_arena *arena, const char *text) {
    char *copy = wi_arena_strndup(arena, text, 300);
    for (char *p = copy; *p != '\0'; p++)
        if (iscntrl((unsigned char)*p))
            *p = '?';
    return copy;
}

/* "process 123, which fills /srv/weighin.db"; what cannot be told: "another process". */
static const char *holder(const struct wi_cli *cli) {
    enum { MOST = 8192 };
    const char *pid = NULL, *db = NULL;
    struct wi_buf text = {0};
    struct wi_kv kv;
    wi_kv_init(&kv, cli->arena);
    if (wi_os_read_file(lock_path(), MOST, &text, NULL) == WI_OK &&
        wi_kv_parse(&kv, wi_buf_str(&text), text.size, NULL) == WI_OK) {
        pid = wi_kv_get(&kv, "pid");
        db = wi_kv_get(&kv, "database");
    }
    wi_buf_fini(&text);
    if (pid == NULL || db == NULL)
        return "another process";
    return wi_arena_printf(cli->arena, "process %s, which fills %s", printable(cli->arena, pid),
                           printable(cli->arena, db));
}

int wi_run_lock(const struct wi_cli *cli, int *lock, struct wi_err *err) {
    struct wi_err own = {0};
    err = err == NULL ? &own : err;
    int status = wi_os_lock(lock_path(), false, lock, err);
    if (status == WI_BUSY && wi_args_has(&cli->args, "wait")) {
        wi_cli_warn("waiting for another run on this machine: %s", holder(cli));
        status = wi_os_lock(lock_path(), true, lock, err);
    } else if (status == WI_BUSY) {
        return wi_fail(err, WI_BUSY,
                       "another run measures on this machine: %s (lock %s): wait for its end, or "
                       "use --wait",
                       holder(cli), lock_path());
    }
    if (status == WI_IO) { /* no folder to share: measuring matters more than guarding it */
        wi_cli_warn("%s: nothing keeps another run from disturbing this one", err->message);
        return WI_OK;
    }
    WI_TRY(status);
    say_holder(cli, *lock);
    return WI_OK;
}
