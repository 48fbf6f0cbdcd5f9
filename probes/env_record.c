/* env_record.c: another environment, usually the live one, with everything it says written down.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The prober sees the machine as it is; only the recording is redacted. */
#include "base/build_info.h"
#include "base/clock.h"
#include "base/os.h"
#include "base/units.h"
#include "probes/env_parts.h"
#include "probes/recording.h"
#include "probes/redact.h"

#include <stdlib.h>
#include <string.h>

struct record {
    struct wi_env *inner; /* owned */
    struct wi_recording *said;
    char *folder; /* NULL: kept in memory */
    bool raw;
};

static int give(const struct wi_rec_entry *entry, struct wi_buf *out) {
    wi_buf_clear(out);
    if (entry->status == WI_OK)
        wi_buf_append(out, entry->bytes, entry->size);
    return entry->status;
}

static int record_read_file(void *state, const char *path, struct wi_buf *out) {
    struct record *r = state;
    const struct wi_rec_entry *seen = wi_recording_find(&r->said->files, path);
    if (seen)
        return give(seen, out);
    int status = r->inner->read_file(r->inner->state, path, out);
    if (wi_env_path_ok(path))
        wi_recording_add(r->said, &r->said->files, path, status, wi_buf_str(out), out->size);
    return status;
}

static int record_list_dir(void *state, const char *path, struct wi_arena *arena, char ***names,
                           size_t *count) {
    struct record *r = state;
    struct wi_rec_dir *dir = wi_recording_find_dir(&r->said->dirs, path);
    if (!dir) {
        int status = r->inner->list_dir(r->inner->state, path, arena, names, count);
        if (!wi_env_path_ok(path))
            return status;
        dir = wi_recording_add_dir(r->said, path, status, *names, *count);
    }
    *count = dir->count;
    *names = WI_NEW_ARRAY(arena, char *, dir->count + 1);
    for (size_t i = 0; i < dir->count; i++)
        (*names)[i] = wi_arena_strdup(arena, dir->names[i]);
    return dir->status;
}

static int record_value(void *state, const char *name, struct wi_buf *out) {
    struct record *r = state;
    const char *as = wi_recording_value_name(name);
    const struct wi_rec_entry *seen = wi_recording_find(&r->said->values, as);
    if (seen)
        return give(seen, out);
    int status = r->inner->value(r->inner->state, name, out);
    const char *text = wi_buf_str(out);
    wi_recording_add(r->said, &r->said->values, as, status, text, strlen(text));
    return status;
}

static void keep_xml(struct record *r, const char *xml, size_t n) {
    struct wi_rec_entries list = {0};
    r->said->xml = *wi_recording_add(r->said, &list, "hwloc.xml", WI_OK, xml, n);
}

static int record_topology_xml(void *state, struct wi_buf *xml) {
    struct record *r = state;
    int status = r->inner->topology_xml(r->inner->state, xml);
    if (status == WI_OK)
        keep_xml(r, wi_buf_str(xml), xml->size);
    return status;
}

/* Some exporters count the closing NUL. */
static void record_topology_seen(void *state, const char *xml, size_t n) {
    struct record *r = state;
    keep_xml(r, xml, strnlen(xml, n));
    if (r->inner->topology_seen)
        r->inner->topology_seen(r->inner->state, xml, n);
}

/* What cannot be asked at all replays as the prober will tell it. */
static void keep_refusal(struct record *r, const char *api, const char *why) {
    struct wi_buf text = {0};
    struct wi_kv kv;
    wi_kv_init(&kv, r->said->arena);
    wi_kv_set(&kv, wi_arena_printf(kv.arena, "%s.status", api), "unavailable");
    wi_kv_setf(&kv, wi_arena_printf(kv.arena, "%s.reason", api), "no answer: %s", why);
    wi_kv_print(&kv, &text);
    wi_recording_add(r->said, &r->said->answers, api, WI_OK, wi_buf_str(&text), text.size);
    wi_buf_fini(&text);
}

static int record_gpu_answer(void *state, const char *api, struct wi_buf *kv, struct wi_err *err) {
    struct record *r = state;
    const struct wi_rec_entry *seen = wi_recording_find(&r->said->answers, api);
    if (seen)
        return give(seen, kv);
    struct wi_err why = {0};
    int status = r->inner->gpu_answer(r->inner->state, api, kv, &why);
    if (status == WI_OK) {
        wi_recording_add(r->said, &r->said->answers, api, WI_OK, wi_buf_str(kv), kv->size);
        return WI_OK;
    }
    if (status != WI_INTERRUPTED)
        keep_refusal(r, api, why.message[0] ? why.message : wi_status_text(status));
    return wi_fail(err, status, "%s", why.message);
}

static int record_save_device_id(void *state, const char *dir, const char *id, struct wi_err *err) {
    struct record *r = state;
    return r->inner->save_device_id ? r->inner->save_device_id(r->inner->state, dir, id, err)
                                    : WI_OK;
}

static int hide(struct record *r, struct wi_err *err) {
    unsigned char salt[32];
    if (r->raw)
        return WI_OK;
    if (wi_os_random(salt, sizeof(salt)) != WI_OK)
        return wi_fail(err, WI_INTERNAL, "%s: no random salt to redact with: use --raw",
                       r->folder ? r->folder : "this machine");
    wi_redact(r->said, salt);
    return WI_OK;
}

static int record_finish(void *state, struct wi_err *err) {
    struct record *r = state;
    struct wi_kv *machine = &r->said->machine;
    char utc[40];
    if (r->folder == NULL)
        return WI_OK;
    WI_TRY(hide(r, err));
    wi_kv_set(machine, "format", "1");
    wi_kv_set(machine, "recorded_utc",
              wi_format_utc(utc, sizeof(utc), wi_utc_ns(&wi_clock_system)));
    wi_kv_setf(machine, "recorded_by", "weighin %s %s", wi_build_info()->version,
               wi_build_info()->commit);
    wi_kv_set(machine, "redacted", r->raw ? "no" : "yes");
    return wi_recording_save(r->said, r->folder, err);
}

static void record_destroy(void *state) {
    struct record *r = state;
    wi_env_destroy(r->inner);
    wi_recording_destroy(r->said);
    free(r->folder);
    free(r);
}

/* Found out now rather than after the probing. */
static int folder_is_ours(const char *folder, struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    char **names;
    size_t count = 0;
    int status = wi_os_mkdirs(folder, err);
    if (status == WI_OK)
        status = wi_os_list_dir(folder, arena, &names, &count, err);
    if (status == WI_OK && count > 0)
        status =
            wi_fail(err, WI_USAGE, "%s: not empty: a recording needs a folder of its own", folder);
    wi_arena_destroy(arena);
    return status;
}

int wi_env_record_of(struct wi_env *inner, const char *folder, bool raw, struct wi_env **env,
                     struct wi_err *err) {
    *env = NULL;
    if (folder != NULL)
        WI_TRY(folder_is_ours(folder, err));
    struct record *r = calloc(1, sizeof(*r));
    *env = calloc(1, sizeof(**env));
    char *copy = folder != NULL ? strdup(folder) : NULL;
    if (!r || !*env || (folder != NULL && !copy)) {
        free(r);
        free(*env);
        free(copy);
        *env = NULL;
        return wi_fail(err, WI_NOMEM, "no memory for the probes' environment");
    }
    *r = (struct record){inner, wi_recording_create(), copy, raw};
    **env = (struct wi_env){.state = r,
                            .read_file = record_read_file,
                            .list_dir = record_list_dir,
                            .value = record_value,
                            .topology_xml = record_topology_xml,
                            .topology_seen = record_topology_seen,
                            .gpu_answer = record_gpu_answer,
                            .save_device_id = record_save_device_id,
                            .finish = record_finish,
                            .destroy = record_destroy};
    return WI_OK;
}

int wi_env_record(const char *folder, bool raw, struct wi_env **env, struct wi_err *err) {
    struct wi_env *live;
    WI_TRY(wi_env_live(&live, err));
    int status = wi_env_record_of(live, folder, raw, env, err);
    if (status != WI_OK)
        wi_env_destroy(live);
    return status;
}

/* ---- listening: a recording that no folder sees ---- */

int wi_env_listen(struct wi_env *inner, struct wi_env **env, struct wi_err *err) {
    return wi_env_record_of(inner, NULL, false, env, err);
}

void wi_env_listen_note(struct wi_env *listener, const char *path, const char *text) {
    struct record *r = listener->state;
    wi_recording_add(r->said, &r->said->files, path, WI_OK, text, strlen(text));
}

int wi_env_replay_heard(struct wi_env *listener, bool raw, struct wi_env **env,
                        struct wi_err *err) {
    struct record *r = listener->state;
    *env = NULL;
    r->raw = raw;
    WI_TRY(hide(r, err));
    WI_TRY(wi_env_replay_of(r->said, env, err));
    r->said = wi_recording_create();
    return WI_OK;
}
