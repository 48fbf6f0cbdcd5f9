/* recording_load.c: a folder -> a recording, with nothing in it believed unchecked.
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: wi_os_read_tree, which refuses links, devices and endless files. */
#include "base/os.h"
#include "base/units.h"
#include "probes/env_parts.h"
#include "probes/recording.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Large machines leave some thousand files of some KiB; a topology at most a few MiB. */
static const struct wi_tree_limits limits = {
    .files = 20000, .file_bytes = (size_t)16 << 20, .total_bytes = (size_t)64 << 20, .depth = 48};

/* Names are looked up one after the other, which so many may cost. */
enum { LINES_MAX = 20000 };

/* ---- key=value files ---- */

static int parse(struct wi_recording *r, const char *file, const char *bytes, size_t n,
                 struct wi_kv *kv, struct wi_err *err) {
    wi_kv_init(kv, r->arena);
    int status = wi_kv_parse(kv, bytes, n, err);
    if (status != WI_OK)
        return wi_fail_prefix(err, status, "%s", file);
    if (kv->count > LINES_MAX)
        return wi_fail(err, WI_CORRUPT, "%s: more than %d lines", file, LINES_MAX);
    return WI_OK;
}

static int take_machine(struct wi_recording *r, const char *file, const char *bytes, size_t n,
                        struct wi_err *err) {
    WI_TRY(parse(r, file, bytes, n, &r->machine, err));
    struct wi_maybe_u64 format = wi_kv_u64(&r->machine, "format");
    if (!wi_has_u64(format) || format.value == 0)
        return wi_fail(err, WI_CORRUPT, "%s: no line format=1: this is no recorded machine", file);
    if (format.value > 1)
        return wi_fail(err, WI_CORRUPT,
                       "%s: format=%" PRIu64 ", and this program reads format 1: use a newer one",
                       file, format.value);
    return WI_OK;
}

static bool name_ok(const char *name, size_t n) {
    return n > 0 && n < 256 && !(n == 1 && name[0] == '.') &&
           !(n == 2 && name[0] == '.' && name[1] == '.');
}

static int split_names(struct wi_recording *r, const char *text, char ***names, size_t *count) {
    size_t n = 1;
    for (const char *p = text; *p; p++)
        n += *p == '/';
    *names = WI_NEW_ARRAY(r->arena, char *, n + 1);
    *count = 0;
    for (const char *p = text; *text;) {
        size_t length = strcspn(p, "/");
        if (!name_ok(p, length))
            return WI_CORRUPT;
        (*names)[(*count)++] = wi_arena_strndup(r->arena, p, length);
        if (!p[length])
            break;
        p += length + 1;
    }
    return WI_OK;
}

/* The lines come in pairs, N.path and N.names, N counting from 0. */
static int take_dirs(struct wi_recording *r, const char *file, const char *bytes, size_t n,
                     struct wi_err *err) {
    struct wi_kv kv;
    WI_TRY(parse(r, file, bytes, n, &kv, err));
    for (size_t i = 0; 2 * i < kv.count; i++) {
        const struct wi_kv_entry *path = &kv.items[2 * i], *text = path + 1;
        char **names;
        size_t count;
        if (2 * i + 1 == kv.count ||
            strcmp(path->key, wi_arena_printf(r->arena, "%zu.path", i)) != 0 ||
            strcmp(text->key, wi_arena_printf(r->arena, "%zu.names", i)) != 0)
            return wi_fail(err, WI_CORRUPT, "%s: %zu.path and %zu.names are not entry %zu", file, i,
                           i, 2 * i);
        if (!wi_env_path_ok(path->value))
            return wi_fail(err, WI_CORRUPT, "%s: %zu.path is no plain absolute path", file, i);
        if (split_names(r, text->value, &names, &count) != WI_OK)
            return wi_fail(err, WI_CORRUPT, "%s: %zu.names holds what is no file name", file, i);
        if (wi_recording_find_dir(&r->dirs, path->value))
            return wi_fail(err, WI_CORRUPT, "%s: %zu.path was there before", file, i);
        wi_recording_add_dir(r, path->value, WI_OK, names, count);
    }
    return WI_OK;
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

/* "storage" -> "storage:": the names that a recording knows without their argument. */
static const char *with_colon(struct wi_recording *r, const char *name) {
    const char *colon = wi_arena_printf(r->arena, "%s:", name);
    const char *recorded = wi_recording_value_name(colon);
    return recorded != colon ? recorded : name;
}

/* The opposite of save_values in recording.c. */
static int take_values(struct wi_recording *r, const char *file, const char *bytes, size_t n,
                       struct wi_err *err) {
    struct wi_kv kv;
    WI_TRY(parse(r, file, bytes, n, &kv, err));
    for (size_t i = 0; i < kv.count; i++) {
        const struct wi_kv_entry *e = &kv.items[i];
        const char *name = e->key, *of = wi_kv_getf(&kv, "%s.of", e->key);
        if (ends_with(e->key, ".of"))
            continue;
        if (of)
            name = wi_arena_printf(r->arena, "%.*s:%s", (int)strcspn(name, "."), name, of);
        else
            name = with_colon(r, name);
        if (wi_recording_find(&r->values, name))
            return wi_fail(err, WI_CORRUPT, "%s: %s is there twice", file, e->key);
        wi_recording_add(r, &r->values, name, WI_OK, e->value, strlen(e->value));
    }
    return WI_OK;
}

/* ---- absent.txt ---- */

static int absent_status(const char *line, size_t n) {
    static const struct {
        const char *word;
        int status;
    } words[] = {{"missing", WI_NOT_FOUND}, {"denied", WI_UNAVAILABLE}, {"unreadable", WI_IO}};
    for (size_t i = 0; i < WI_COUNT(words); i++)
        if (strlen(words[i].word) == n && memcmp(line, words[i].word, n) == 0)
            return words[i].status;
    return WI_CORRUPT;
}

/* "denied file /sys/class/dmi/id/product_uuid" */
static int take_absent_line(struct wi_recording *r, const char *line) {
    size_t word = strcspn(line, " "), kind;
    int status = absent_status(line, word);
    if (status == WI_CORRUPT || line[word] != ' ')
        return WI_CORRUPT;
    line += word + 1;
    kind = strcspn(line, " ");
    const char *name = line + kind + 1;
    if (line[kind] != ' ' || !*name)
        return WI_CORRUPT;
    if (strncmp(line, "file ", 5) == 0 && wi_env_path_ok(name))
        wi_recording_add(r, &r->files, name, status, "", 0);
    else if (strncmp(line, "folder ", 7) == 0 && wi_env_path_ok(name))
        wi_recording_add_dir(r, name, status, NULL, 0);
    else if (strncmp(line, "value ", 6) == 0)
        wi_recording_add(r, &r->values, name, status, "", 0);
    else
        return WI_CORRUPT;
    return WI_OK;
}

static int take_absent(struct wi_recording *r, const char *file, const char *bytes, size_t n,
                       struct wi_err *err) {
    size_t number = 1;
    for (size_t at = 0; at < n; number++) {
        const char *end = memchr(bytes + at, '\n', n - at);
        size_t length = end ? (size_t)(end - bytes) - at : n - at;
        const char *line = wi_arena_strndup(r->arena, bytes + at, length);
        if (number > LINES_MAX)
            return wi_fail(err, WI_CORRUPT, "%s: more than %d lines", file, LINES_MAX);
        if (*line && *line != '#' && (strlen(line) != length || take_absent_line(r, line) != WI_OK))
            return wi_fail(err, WI_CORRUPT,
                           "%s: line %zu: not \"missing|denied|unreadable file|folder|value NAME\"",
                           file, number);
        at += length + 1;
    }
    return WI_OK;
}

/* ---- the folder ---- */

static int take_answer(struct wi_recording *r, const char *file, const char *bytes, size_t n,
                       struct wi_err *err) {
    struct wi_kv kv;
    WI_TRY(parse(r, file, bytes, n, &kv, err));
    wi_recording_add(r, &r->answers, ends_with(file, "/vulkan.kv") ? "vulkan" : "opencl", WI_OK,
                     bytes, n);
    return WI_OK;
}

static int take_xml(struct wi_recording *r, const char *file, const char *bytes, size_t n,
                    struct wi_err *err) {
    if (memchr(bytes, '\0', n))
        return wi_fail(err, WI_CORRUPT, "%s: holds a NUL byte, so it is no XML", file);
    r->xml = (struct wi_rec_entry){"hwloc.xml", WI_OK, wi_arena_strndup(r->arena, bytes, n), n};
    return WI_OK;
}

int wi_recording_take(struct wi_recording *r, const char *name, const char *bytes, size_t size,
                      struct wi_err *err) {
    static const struct {
        const char *name;
        int (*take)(struct wi_recording *, const char *, const char *, size_t, struct wi_err *);
    } known[] = {
        {"/machine.kv", take_machine}, {"/dirs.kv", take_dirs},     {"/values.kv", take_values},
        {"/absent.txt", take_absent},  {"/vulkan.kv", take_answer}, {"/opencl.kv", take_answer},
        {"/hwloc.xml", take_xml},
    };
    if (strncmp(name, "/root/", 6) == 0) {
        wi_recording_add(r, &r->files, name + 5, WI_OK, bytes, size);
        return WI_OK;
    }
    for (size_t i = 0; i < WI_COUNT(known); i++)
        if (strcmp(name, known[i].name) == 0)
            return known[i].take(r, wi_arena_printf(r->arena, "%s%s", r->folder, name), bytes, size,
                                 err);
    return WI_OK; /* notes that people put beside it */
}

struct loading {
    struct wi_recording *recording;
    struct wi_buf absent; /* comes last: what is there is not absent, whatever a list says */
};

static int take(void *state, const char *path, const char *bytes, size_t n, struct wi_err *err) {
    struct loading *l = state;
    if (strcmp(path, "/absent.txt") != 0)
        return wi_recording_take(l->recording, path, bytes, n, err);
    wi_buf_append(&l->absent, bytes, n);
    return WI_OK;
}

int wi_recording_load(const char *folder, struct wi_recording **recording, struct wi_err *err) {
    struct wi_recording *r = wi_recording_create();
    struct loading loading = {.recording = r};
    *recording = NULL;
    r->folder = wi_arena_strdup(r->arena, folder);
    int status = wi_os_read_tree(folder, &limits, take, &loading, err);
    if (status == WI_OK)
        status = wi_recording_take(r, "/absent.txt", wi_buf_str(&loading.absent),
                                   loading.absent.size, err);
    wi_buf_fini(&loading.absent);
    if (status == WI_OK && !wi_kv_get(&r->machine, "format"))
        status = wi_fail(err, WI_CORRUPT,
                         "%s: no machine.kv: not a recorded machine, or one not finished", folder);
    if (status != WI_OK)
        wi_recording_destroy(r);
    else
        *recording = r;
    return status;
}
