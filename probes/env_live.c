/* env_live.c: this machine as it is now.
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: base/os.h for all that touches the system; gpu.h to ask GPU drivers in a child. */
#include "base/clock.h"
#include "base/os.h"
#include "probes/env_parts.h"
#include "probes/gpu.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Nothing that probes read is near this; a path that leads elsewhere shall not fill memory. */
#define FILE_MAX_BYTES ((size_t)16 << 20)

/* Readers try all, a writer the first; the user's own folder first unless root. */
static const char root_state_dir[] = "/var/lib/weighin";

bool wi_env_path_ok(const char *path) {
    if (path[0] != '/' || strlen(path) >= PATH_MAX)
        return false;
    for (const char *p = path; *p == '/';) {
        size_t n = strcspn(++p, "/");
        if (n == 0 || n > NAME_MAX || (n == 1 && p[0] == '.') ||
            (n == 2 && p[0] == '.' && p[1] == '.'))
            return false;
        p += n;
    }
    return true;
}

/* Too large, a folder, an odd driver error: to a probe all are "could not be read". */
static int known_status(int status) {
    return status == WI_OK || status == WI_NOT_FOUND || status == WI_UNAVAILABLE ? status : WI_IO;
}

static int live_read_file(void *state, const char *path, struct wi_buf *out) {
    (void)state;
    wi_buf_clear(out);
    if (!wi_env_path_ok(path))
        return WI_IO;
    int status = known_status(wi_os_read_file(path, FILE_MAX_BYTES, out, NULL));
    if (status != WI_OK)
        wi_buf_clear(out);
    return status;
}

static int live_list_dir(void *state, const char *path, struct wi_arena *arena, char ***names,
                         size_t *count) {
    (void)state;
    *names = NULL;
    *count = 0;
    if (!wi_env_path_ok(path))
        return WI_IO;
    return known_status(wi_os_list_dir(path, arena, names, count, NULL));
}

/* ---- values ---- */

static int put_text(const char *text, struct wi_buf *out) {
    if (!text || !*text)
        return WI_NOT_FOUND;
    wi_buf_puts(out, text);
    return WI_OK;
}

static int put_number(uint64_t number, struct wi_buf *out) {
    wi_buf_printf(out, "%" PRIu64, number);
    return WI_OK;
}

static int put_utc(struct wi_buf *out) {
    return put_number((uint64_t)wi_utc_ns(&wi_clock_system), out);
}

static int put_mono(struct wi_buf *out) {
    return put_number(wi_now_ns(&wi_clock_system), out);
}

static int put_clock_sync(struct wi_buf *out) {
    return put_text(wi_os_clock_sync(), out);
}

static int put_hwcap(struct wi_buf *out) {
    return put_number(wi_os_hwcap(1), out);
}

static int put_hwcap2(struct wi_buf *out) {
    return put_number(wi_os_hwcap(2), out);
}

static int put_online(struct wi_buf *out) {
    return wi_os_online_cpus() ? put_number(wi_os_online_cpus(), out) : WI_IO;
}

static int put_page_size(struct wi_buf *out) {
    return put_number(wi_os_page_bytes(), out);
}

static int put_uid(struct wi_buf *out) {
    return put_text(wi_os_is_root() ? "0" : "1", out);
}

static int put_hostname(struct wi_buf *out) {
    struct wi_os_names names;
    return wi_os_names(&names) == WI_OK ? put_text(names.hostname, out) : WI_IO;
}

static int put_uname(const char *field, struct wi_buf *out) {
    struct wi_os_names names;
    if (wi_os_names(&names) != WI_OK)
        return WI_IO;
    return put_text(strcmp(field, "sysname") == 0   ? names.sysname
                    : strcmp(field, "release") == 0 ? names.release
                    : strcmp(field, "version") == 0 ? names.version
                    : strcmp(field, "machine") == 0 ? names.machine
                                                    : NULL,
                    out);
}

static int put_affinity(struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    unsigned *cpus;
    size_t count;
    int status = wi_os_affinity(arena, &cpus, &count, NULL);
    for (size_t i = 0; status == WI_OK && i < count;) {
        size_t end = i + 1;
        while (end < count && cpus[end] == cpus[end - 1] + 1)
            end++;
        wi_buf_printf(out, i ? ",%u" : "%u", cpus[i]);
        if (end - i > 1)
            wi_buf_printf(out, "-%u", cpus[end - 1]);
        i = end;
    }
    wi_arena_destroy(arena);
    return known_status(status);
}

static int put_random(struct wi_buf *out) {
    unsigned char bytes[32];
    if (wi_os_random(bytes, sizeof(bytes)) != WI_OK)
        return WI_IO;
    for (size_t i = 0; i < sizeof(bytes); i++)
        wi_buf_printf(out, "%02x", bytes[i]);
    return WI_OK;
}

static int put_statvfs(const char *path, struct wi_buf *out) {
    uint64_t free_bytes, total_bytes;
    int status = wi_os_space(path, &free_bytes, &total_bytes, NULL);
    if (status == WI_OK)
        wi_buf_printf(out, "%" PRIu64 " %" PRIu64, free_bytes, total_bytes);
    return known_status(status);
}

/* The folder need not be there yet: then it is the nearest parent that is. */
static int nearest_folder(const char *dir, struct wi_buf *real) {
    char path[PATH_MAX];
    size_t n = strlen(dir);
    if (n >= sizeof(path))
        return WI_IO;
    memcpy(path, n ? dir : ".", n ? n + 1 : 2);
    for (;;) {
        int status = wi_os_real_path(path, real, NULL);
        if (status != WI_NOT_FOUND || strcmp(path, "/") == 0 || strcmp(path, ".") == 0)
            return status;
        char *slash = strrchr(path, '/');
        if (slash)
            slash[slash == path] = '\0';
        else
            memcpy(path, ".", 2);
    }
}

static int put_storage(const char *dir, struct wi_buf *out) {
    struct wi_buf real = {0};
    uint64_t free_bytes, total_bytes;
    int status = nearest_folder(dir, &real);
    if (status == WI_OK)
        status = wi_os_space(wi_buf_str(&real), &free_bytes, &total_bytes, NULL);
    if (status == WI_OK && strchr(wi_buf_str(&real), '\n'))
        status = WI_IO; /* no key=value line can hold it */
    if (status == WI_OK)
        wi_buf_printf(out, "path=%s\nfree=%" PRIu64 "\ntotal=%" PRIu64 "\n", wi_buf_str(&real),
                      free_bytes, total_bytes);
    wi_buf_fini(&real);
    return known_status(status);
}

/* ---- the saved device id ---- */

/* $XDG_STATE_HOME counts only when absolute (XDG Base Directory Specification 0.8). */
static char *user_state_dir(struct wi_arena *arena) {
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (xdg && xdg[0] == '/')
        return wi_arena_printf(arena, "%s/weighin", xdg);
    return home && home[0] == '/' ? wi_arena_printf(arena, "%s/.local/state/weighin", home) : NULL;
}

/* NULL-terminated: where a writer writes, then where a reader looks besides. */
static void state_dirs(struct wi_arena *arena, const char *dir, const char *dirs[3]) {
    size_t n = 0;
    const char *own = user_state_dir(arena);
    if (*dir) {
        dirs[n++] = dir;
    } else {
        if (wi_os_is_root())
            dirs[n++] = root_state_dir;
        if (own)
            dirs[n++] = own;
        if (!wi_os_is_root())
            dirs[n++] = root_state_dir;
    }
    dirs[n] = NULL;
}

static int put_device_id(const char *dir, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    const char *dirs[3];
    int status = WI_NOT_FOUND;
    state_dirs(arena, dir, dirs);
    for (size_t i = 0; i < 3 && dirs[i] && status != WI_OK; i++) {
        struct wi_buf text = {0};
        int got =
            wi_os_read_file(wi_arena_printf(arena, "%s/device-id", dirs[i]), 4096, &text, NULL);
        if (got == WI_OK)
            wi_buf_puts(out, wi_buf_str(&text));
        if (got == WI_OK || status == WI_NOT_FOUND)
            status = got;
        wi_buf_fini(&text);
    }
    wi_arena_destroy(arena);
    return known_status(status);
}

static int live_save_device_id(void *state, const char *dir, const char *id, struct wi_err *err) {
    (void)state;
    struct wi_arena *arena = wi_arena_create();
    const char *dirs[3];
    state_dirs(arena, dir ? dir : "", dirs);
    const char *text = wi_arena_printf(arena, "%s\n", id);
    int status = wi_os_mkdirs(dirs[0], err);
    if (status == WI_OK)
        status = wi_os_write_file(wi_arena_printf(arena, "%s/device-id", dirs[0]), text,
                                  strlen(text), err);
    wi_arena_destroy(arena);
    return status;
}

/* ---- the hooks ---- */

static int live_value(void *state, const char *name, struct wi_buf *out) {
    static const struct {
        const char *name;
        int (*put)(struct wi_buf *out);
    } plain[] = {
        {"utc_ns", put_utc},         {"mono_ns", put_mono},        {"clock_sync", put_clock_sync},
        {"cpuid", wi_env_cpuid},     {"auxv.hwcap", put_hwcap},    {"auxv.hwcap2", put_hwcap2},
        {"online_cpus", put_online}, {"page_size", put_page_size}, {"sched_affinity", put_affinity},
        {"user", wi_os_user_name},   {"hostname", put_hostname},   {"uid", put_uid},
        {"random", put_random},
    };
    static const struct {
        const char *prefix;
        int (*put)(const char *rest, struct wi_buf *out);
    } with_argument[] = {
        {"uname.", put_uname},         {"statvfs:", put_statvfs}, {"storage:", put_storage},
        {"device_id:", put_device_id}, {"asset:", put_text},
    };
    (void)state;
    wi_buf_clear(out);
    for (size_t i = 0; i < WI_COUNT(plain); i++)
        if (strcmp(name, plain[i].name) == 0)
            return plain[i].put(out);
    for (size_t i = 0; i < WI_COUNT(with_argument); i++) {
        size_t n = strlen(with_argument[i].prefix);
        if (strncmp(name, with_argument[i].prefix, n) == 0)
            return with_argument[i].put(name + n, out);
    }
    return WI_NOT_FOUND;
}

static int live_topology_xml(void *state, struct wi_buf *xml) {
    (void)state;
    wi_buf_clear(xml);
    return WI_UNSUPPORTED;
}

static int live_gpu_answer(void *state, const char *api, struct wi_buf *kv, struct wi_err *err) {
    (void)state;
    wi_buf_clear(kv);
    struct wi_gpu_ask ask = {.api = WI_BACKEND_COUNT};
    if (strcmp(api, "vulkan") == 0)
        ask.api = WI_BACKEND_vulkan;
    else if (strcmp(api, "opencl") == 0)
        ask.api = WI_BACKEND_opencl;
    if (ask.api == WI_BACKEND_COUNT)
        return wi_fail(err, WI_NOT_FOUND, "%s: no GPU API of that name", api);
    return wi_gpu_ask(&ask, kv, err);
}

int wi_env_live(struct wi_env **env, struct wi_err *err) {
    *env = calloc(1, sizeof(**env));
    if (!*env)
        return wi_fail(err, WI_NOMEM, "no memory for the probes' environment");
    **env = (struct wi_env){.read_file = live_read_file,
                            .list_dir = live_list_dir,
                            .value = live_value,
                            .topology_xml = live_topology_xml,
                            .gpu_answer = live_gpu_answer,
                            .save_device_id = live_save_device_id};
    return WI_OK;
}
