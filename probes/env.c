/* env.c: what every environment shares: the end of its life, and reading through it.
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: the hooks alone; env_live.c, env_record.c and env_replay.c provide them. */
#include "probes/env.h"

#include "base/units.h"

#include <stdlib.h>
#include <string.h>

int wi_env_finish(struct wi_env *env, struct wi_err *err) {
    return env->finish ? env->finish(env->state, err) : WI_OK;
}

void wi_env_destroy(struct wi_env *env) {
    if (!env)
        return;
    if (env->destroy)
        env->destroy(env->state);
    free(env);
}

enum wi_known wi_env_known(int status) {
    switch (status) {
    case WI_OK:
        return WI_KNOWN_known;
    case WI_NOT_FOUND:
        return WI_KNOWN_not_applicable;
    case WI_UNAVAILABLE:
        return WI_KNOWN_denied;
    default:
        return WI_KNOWN_unknown;
    }
}

/* Device tree strings end in NUL, sysfs lines in a newline. */
static const char *trimmed(struct wi_arena *arena, const struct wi_buf *text) {
    size_t n = text->size;
    while (n > 0 && memchr(" \t\r\n\0", text->data[n - 1], 5))
        n--;
    return wi_arena_strndup(arena, wi_buf_str(text), n);
}

const char *wi_env_text(struct wi_env *env, struct wi_arena *arena, const char *path,
                        enum wi_known *known) {
    struct wi_buf text = {0};
    int status = env->read_file(env->state, path, &text);
    const char *out = status == WI_OK ? trimmed(arena, &text) : NULL;
    if (known)
        *known = wi_env_known(status);
    wi_buf_fini(&text);
    return out;
}

const char *wi_env_value(struct wi_env *env, struct wi_arena *arena, const char *name,
                         enum wi_known *known) {
    struct wi_buf text = {0};
    int status = env->value ? env->value(env->state, name, &text) : WI_NOT_FOUND;
    const char *out = status == WI_OK ? trimmed(arena, &text) : NULL;
    if (known)
        *known = wi_env_known(status);
    wi_buf_fini(&text);
    return out;
}

struct wi_maybe_u64 wi_env_u64(struct wi_env *env, struct wi_arena *arena, const char *path) {
    enum wi_known known;
    const char *text = wi_env_text(env, arena, path, &known);
    uint64_t value = 0;
    if (!text)
        return (struct wi_maybe_u64){known, 0};
    if (wi_parse_u64(text, 0, UINT64_MAX, &value) != WI_OK)
        return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    return wi_some_u64(value);
}

char **wi_env_names(struct wi_env *env, struct wi_arena *arena, const char *path, size_t *count) {
    char **names = NULL;
    *count = 0;
    if (env->list_dir(env->state, path, arena, &names, count) == WI_OK && names)
        return names;
    *count = 0;
    return WI_NEW_ARRAY(arena, char *, 1);
}
