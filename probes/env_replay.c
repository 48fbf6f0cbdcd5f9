/* env_replay.c: a recorded machine answers in place of this one.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What nobody looked for when it was recorded is not found, whatever this machine has. */
#include "probes/env_parts.h"

#include <stdlib.h>
#include <string.h>

static int answer(const struct wi_rec_entry *entry, struct wi_buf *out) {
    wi_buf_clear(out);
    if (!entry)
        return WI_NOT_FOUND;
    if (entry->status == WI_OK)
        wi_buf_append(out, entry->bytes, entry->size);
    return entry->status;
}

static int replay_read_file(void *state, const char *path, struct wi_buf *out) {
    const struct wi_recording *r = state;
    return answer(wi_recording_find(&r->files, path), out);
}

static int replay_list_dir(void *state, const char *path, struct wi_arena *arena, char ***names,
                           size_t *count) {
    const struct wi_recording *r = state;
    const struct wi_rec_dir *dir = wi_recording_find_dir(&r->dirs, path);
    *names = NULL;
    *count = 0;
    if (!dir || dir->status != WI_OK)
        return dir ? dir->status : WI_NOT_FOUND;
    *names = WI_NEW_ARRAY(arena, char *, dir->count + 1);
    for (size_t i = 0; i < dir->count; i++)
        (*names)[i] = wi_arena_strdup(arena, dir->names[i]);
    *count = dir->count;
    return WI_OK;
}

static int replay_value(void *state, const char *name, struct wi_buf *out) {
    const struct wi_recording *r = state;
    return answer(wi_recording_find(&r->values, wi_recording_value_name(name)), out);
}

static int replay_topology_xml(void *state, struct wi_buf *xml) {
    const struct wi_recording *r = state;
    return answer(r->xml.name ? &r->xml : NULL, xml);
}

static int replay_gpu_answer(void *state, const char *api, struct wi_buf *kv, struct wi_err *err) {
    const struct wi_recording *r = state;
    int status = answer(wi_recording_find(&r->answers, api), kv);
    return status == WI_OK ? WI_OK
                           : wi_fail(err, status, "%s was not asked on the recorded machine", api);
}

static void replay_destroy(void *state) {
    wi_recording_destroy(state);
}

int wi_env_replay_of(struct wi_recording *recording, struct wi_env **env, struct wi_err *err) {
    *env = calloc(1, sizeof(**env));
    if (!*env)
        return wi_fail(err, WI_NOMEM, "no memory for the probes' environment");
    **env = (struct wi_env){.state = recording,
                            .read_file = replay_read_file,
                            .list_dir = replay_list_dir,
                            .value = replay_value,
                            .topology_xml = replay_topology_xml,
                            .gpu_answer = replay_gpu_answer,
                            .destroy = replay_destroy};
    return WI_OK;
}

int wi_env_replay(const char *folder, struct wi_env **env, struct wi_err *err) {
    struct wi_recording *recording;
    *env = NULL;
    WI_TRY(wi_recording_load(folder, &recording, err));
    int status = wi_env_replay_of(recording, env, err);
    if (status != WI_OK)
        wi_recording_destroy(recording);
    return status;
}
