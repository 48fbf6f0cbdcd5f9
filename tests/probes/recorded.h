/* recorded.h: small recordings for tests: made in memory, written to folders of their own.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_TESTS_RECORDED_H
#define WI_TESTS_RECORDED_H

#include "tests/test.h"

#include "base/os.h"
#include "probes/env_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct made { /* one test's things */
    struct wi_arena *arena;
    struct wi_recording *recording; /* handed over by made_env */
    char folder[64];
};

static inline int made_setup(void **state) {
    struct made *m = calloc(1, sizeof(*m));
    m->arena = wi_arena_create();
    m->recording = wi_recording_create();
    snprintf(m->folder, sizeof(m->folder), "/tmp/weighin-made-XXXXXX");
    *state = m;
    return mkdtemp(m->folder) ? 0 : -1;
}

static inline int made_teardown(void **state) {
    struct made *m = *state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", m->folder);
    wi_recording_destroy(m->recording);
    wi_arena_destroy(m->arena);
    free(m);
    return system(command);
}

static inline void add_file(struct made *m, const char *path, const char *text) {
    wi_recording_add(m->recording, &m->recording->files, path, WI_OK, text, strlen(text));
}

static inline void add_no_file(struct made *m, const char *path, int status) {
    wi_recording_add(m->recording, &m->recording->files, path, status, "", 0);
}

static inline void add_value(struct made *m, const char *name, const char *text) {
    wi_recording_add(m->recording, &m->recording->values, name, WI_OK, text, strlen(text));
}

static inline void add_answer(struct made *m, const char *api, const char *text) {
    wi_recording_add(m->recording, &m->recording->answers, api, WI_OK, text, strlen(text));
}

/* `names`: "a/b/c" */
static inline void add_dir(struct made *m, const char *path, const char *names) {
    char *list[32], *text = wi_arena_strdup(m->arena, names);
    size_t n = 0;
    for (char *p = strtok(text, "/"); p && n < 32; p = strtok(NULL, "/"))
        list[n++] = p;
    wi_recording_add_dir(m->recording, path, WI_OK, list, n);
}

static inline void add_xml(struct made *m, const char *xml) {
    struct wi_rec_entries list = {0};
    m->recording->xml =
        *wi_recording_add(m->recording, &list, "hwloc.xml", WI_OK, xml, strlen(xml));
}

/* The machine as an environment; the recording belongs to it from now on. */
static inline struct wi_env *made_env(struct made *m) {
    struct wi_env *env;
    struct wi_err err;
    assert_int_equal(wi_env_replay_of(m->recording, &env, &err), WI_OK);
    m->recording = NULL;
    return env;
}

#endif
