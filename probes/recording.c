/* recording.c: what one probing read: the list of it, and its folder written.
 * SPDX-License-Identifier: Apache-2.0 */
#include "probes/recording.h"

#include "base/os.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct wi_recording *wi_recording_create(void) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_recording *recording = WI_NEW(arena, struct wi_recording);
    recording->arena = arena;
    recording->folder = "";
    wi_kv_init(&recording->machine, arena);
    return recording;
}

void wi_recording_destroy(struct wi_recording *recording) {
    if (recording)
        wi_arena_destroy(recording->arena);
}

const char *wi_recording_value_name(const char *name) {
    static const char *const prefixes[] = {"storage:", "device_id:", "asset:"};
    for (size_t i = 0; i < WI_COUNT(prefixes); i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return prefixes[i];
    return name;
}

struct wi_rec_entry *wi_recording_find(const struct wi_rec_entries *entries, const char *name) {
    for (size_t i = 0; i < entries->count; i++)
        if (strcmp(entries->items[i].name, name) == 0)
            return &entries->items[i];
    return NULL;
}

struct wi_rec_dir *wi_recording_find_dir(const struct wi_rec_dirs *dirs, const char *path) {
    for (size_t i = 0; i < dirs->count; i++)
        if (strcmp(dirs->items[i].path, path) == 0)
            return &dirs->items[i];
    return NULL;
}

struct wi_rec_entry *wi_recording_add(struct wi_recording *recording,
                                      struct wi_rec_entries *entries, const char *name, int status,
                                      const char *bytes, size_t size) {
    struct wi_arena *arena = recording->arena;
    struct wi_rec_entry *entry = WI_PUSH(arena, entries, struct wi_rec_entry);
    size_t n = status == WI_OK ? size : 0;
    char *copy = wi_arena_alloc(arena, n + 1);
    if (n)
        memcpy(copy, bytes, n);
    *entry = (struct wi_rec_entry){wi_arena_strdup(arena, name), status, copy, n};
    return entry;
}

struct wi_rec_dir *wi_recording_add_dir(struct wi_recording *recording, const char *path,
                                        int status, char *const *names, size_t count) {
    struct wi_arena *arena = recording->arena;
    struct wi_rec_dir *dir = WI_PUSH(arena, &recording->dirs, struct wi_rec_dir);
    size_t n = status == WI_OK ? count : 0;
    *dir = (struct wi_rec_dir){wi_arena_strdup(arena, path), status,
                               WI_NEW_ARRAY(arena, char *, n + 1), n};
    for (size_t i = 0; i < n; i++)
        dir->names[i] = wi_arena_strdup(arena, names[i]);
    return dir;
}

/* ---- writing ---- */

struct saving {
    const char *folder;
    struct wi_arena *arena;
    struct wi_err *err;
};

static int save_bytes(const struct saving *s, const char *name, const char *bytes, size_t n) {
    const char *path = wi_arena_printf(s->arena, "%s%s", s->folder, name);
    char *parent = wi_arena_strdup(s->arena, path);
    *strrchr(parent, '/') = '\0';
    WI_TRY(wi_os_mkdirs(parent, s->err));
    return wi_os_write_new(path, bytes, n, s->err);
}

static int save_kv(const struct saving *s, const char *name, const struct wi_kv *kv) {
    struct wi_buf text = {0};
    wi_kv_print(kv, &text);
    int status = save_bytes(s, name, wi_buf_str(&text), text.size);
    wi_buf_fini(&text);
    return status;
}

static int save_files(const struct saving *s, const struct wi_rec_entries *files) {
    for (size_t i = 0; i < files->count; i++) {
        const struct wi_rec_entry *f = &files->items[i];
        if (f->status == WI_OK)
            WI_TRY(save_bytes(s, wi_arena_printf(s->arena, "/root%s", f->name), f->bytes, f->size));
    }
    return WI_OK;
}

static int save_dirs(const struct saving *s, const struct wi_rec_dirs *dirs) {
    struct wi_buf names = {0};
    struct wi_kv kv;
    wi_kv_init(&kv, s->arena);
    for (size_t i = 0, n = 0; i < dirs->count; i++) {
        const struct wi_rec_dir *d = &dirs->items[i];
        if (d->status != WI_OK)
            continue;
        wi_buf_clear(&names);
        for (size_t k = 0; k < d->count; k++) {
            wi_buf_puts(&names, k ? "/" : "");
            wi_buf_puts(&names, d->names[k]);
        }
        wi_kv_set(&kv, wi_arena_printf(s->arena, "%zu.path", n), d->path);
        wi_kv_set(&kv, wi_arena_printf(s->arena, "%zu.names", n++), wi_buf_str(&names));
    }
    wi_buf_fini(&names);
    return save_kv(s, "/dirs.kv", &kv);
}

/* "statvfs:/data" is no key: it becomes statvfs.0.of=/data and statvfs.0=...; a name with an empty
 * argument loses its colon. */
static int save_values(const struct saving *s, const struct wi_rec_entries *values) {
    struct wi_kv kv;
    wi_kv_init(&kv, s->arena);
    for (size_t i = 0; i < values->count; i++) {
        const struct wi_rec_entry *v = &values->items[i];
        const char *colon = strchr(v->name, ':'), *key = v->name;
        if (v->status != WI_OK)
            continue;
        if (colon)
            key = wi_arena_strndup(s->arena, v->name, (size_t)(colon - v->name));
        if (colon && colon[1]) {
            key = wi_arena_printf(s->arena, "%s.%zu", key, i);
            wi_kv_set(&kv, wi_arena_printf(s->arena, "%s.of", key), colon + 1);
        }
        wi_kv_set(&kv, key, v->bytes);
    }
    return save_kv(s, "/values.kv", &kv);
}

static const char *absence_word(int status) {
    return status == WI_NOT_FOUND ? "missing" : status == WI_UNAVAILABLE ? "denied" : "unreadable";
}

static void put_absent(struct wi_buf *out, const char *kind, const char *name, int status) {
    if (status == WI_OK || strchr(name, '\n'))
        return;
    wi_buf_printf(out, "%s %s %s\n", absence_word(status), kind, name);
}

static int save_absent(const struct saving *s, const struct wi_recording *r) {
    struct wi_buf text = {0};
    wi_buf_puts(&text, "# Looked for, and not there: missing, denied or unreadable.\n");
    for (size_t i = 0; i < r->files.count; i++)
        put_absent(&text, "file", r->files.items[i].name, r->files.items[i].status);
    for (size_t i = 0; i < r->dirs.count; i++)
        put_absent(&text, "folder", r->dirs.items[i].path, r->dirs.items[i].status);
    for (size_t i = 0; i < r->values.count; i++)
        put_absent(&text, "value", r->values.items[i].name, r->values.items[i].status);
    int status = save_bytes(s, "/absent.txt", wi_buf_str(&text), text.size);
    wi_buf_fini(&text);
    return status;
}

static int save_answers(const struct saving *s, const struct wi_recording *r) {
    for (size_t i = 0; i < r->answers.count; i++) {
        const struct wi_rec_entry *a = &r->answers.items[i];
        WI_TRY(save_bytes(s, wi_arena_printf(s->arena, "/%s.kv", a->name), a->bytes, a->size));
    }
    if (r->xml.name && r->xml.status == WI_OK)
        WI_TRY(save_bytes(s, "/hwloc.xml", r->xml.bytes, r->xml.size));
    return WI_OK;
}

int wi_recording_save(const struct wi_recording *r, const char *folder, struct wi_err *err) {
    struct saving s = {folder, wi_arena_create(), err};
    int status = wi_os_mkdirs(folder, err);
    if (status == WI_OK)
        status = save_files(&s, &r->files);
    if (status == WI_OK)
        status = save_dirs(&s, &r->dirs);
    if (status == WI_OK)
        status = save_values(&s, &r->values);
    if (status == WI_OK)
        status = save_absent(&s, r);
    if (status == WI_OK)
        status = save_answers(&s, r);
    if (status == WI_OK)
        status = save_kv(&s, "/machine.kv", &r->machine);
    wi_arena_destroy(s.arena);
    return status;
}
