/* gpu_machine.h: a machine made of a few texts, as the GPU probe's tests need it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only the hooks that the GPU probe calls; the recorded machines of tests/fixtures/machines go
 * through the real replay. */
#ifndef WI_TESTS_GPU_MACHINE_H
#define WI_TESTS_GPU_MACHINE_H

#include "tests/test.h"

#include "base/os.h"
#include "probes/env.h"
#include "probes/gpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct machine_file {
    const char *path, *text;
};
struct machine {
    const char *vulkan, *opencl; /* a fixture's name, or the answer itself; NULL: no loader */
    struct machine_file files[16];
    const char *container;
};

static inline int machine_read(void *state, const char *path, struct wi_buf *out) {
    const struct machine *m = state;
    for (size_t i = 0; i < WI_COUNT(m->files) && m->files[i].path != NULL; i++)
        if (strcmp(m->files[i].path, path) == 0) {
            wi_buf_puts(out, m->files[i].text);
            return WI_OK;
        }
    return WI_NOT_FOUND;
}

/* Names below `path`, once each, in the order of the files. */
static inline int machine_list(void *state, const char *path, struct wi_arena *arena, char ***names,
                               size_t *count) {
    const struct machine *m = state;
    size_t n = strlen(path);
    *count = 0;
    *names = WI_NEW_ARRAY(arena, char *, WI_COUNT(m->files) + 1);
    for (size_t i = 0; i < WI_COUNT(m->files) && m->files[i].path != NULL; i++) {
        const char *rest = m->files[i].path + n;
        bool again = false;
        if (strncmp(m->files[i].path, path, n) != 0 || *rest != '/')
            continue;
        char *name = wi_arena_strndup(arena, rest + 1, strcspn(rest + 1, "/"));
        for (size_t k = 0; k < *count; k++)
            again = again || strcmp((*names)[k], name) == 0;
        if (!again)
            (*names)[(*count)++] = name;
    }
    return *count > 0 ? WI_OK : WI_NOT_FOUND;
}

static inline int machine_answer(void *state, const char *api, struct wi_buf *kv,
                                 struct wi_err *err) {
    const struct machine *m = state;
    const char *said = strcmp(api, "vulkan") == 0 ? m->vulkan : m->opencl;
    char path[512];
    if (said == NULL)
        wi_buf_printf(kv, "%s.status=unavailable\n%s.reason=no loader\n%s.loader=missing\n", api,
                      api, api);
    else if (strchr(said, '=') != NULL)
        wi_buf_puts(kv, said);
    else if (strcmp(said, "interrupted") == 0)
        return wi_fail(err, WI_INTERRUPTED, "interrupted");
    else {
        snprintf(path, sizeof(path), WEIGHIN_SOURCE_DIR "/tests/fixtures/gpus/%s.kv", said);
        return wi_os_read_file(path, 0, kv, err);
    }
    return WI_OK;
}

static inline struct wi_env machine_env(const struct machine *m) {
    return (struct wi_env){.state = (void *)(uintptr_t)m,
                           .read_file = machine_read,
                           .list_dir = machine_list,
                           .gpu_answer = machine_answer};
}

/* The GPU part of this machine's inventory; free with wi_arena_destroy(inventory->arena). */
static inline struct wi_inventory *machine_probe(const struct machine *m) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_inventory *inventory = WI_NEW(arena, struct wi_inventory);
    struct wi_env env = machine_env(m);
    struct wi_err err = {0};
    inventory->arena = arena;
    inventory->software.container = m->container;
    if (wi_probe_gpus(&env, inventory, &err) != WI_OK)
        fail_msg("%s", err.message);
    return inventory;
}

static inline const char *fact(const struct wi_inventory *inventory, const char *key) {
    const char *value = NULL;
    for (size_t i = 0; i < inventory->facts.count; i++)
        if (strcmp(inventory->facts.items[i].key, key) == 0)
            value = inventory->facts.items[i].value;
    return value;
}

#endif
