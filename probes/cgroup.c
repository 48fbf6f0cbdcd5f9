/* cgroup.c: from /proc/self/cgroup to the folders of a controller.
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: cgroups(7); the usual places below /sys/fs/cgroup, where every distribution mounts. */
#include "probes/cgroup.h"

#include <string.h>

enum { DEPTH_MAX = 32 };

struct folders {
    struct wi_cgroup_folder *items;
    size_t count, capacity;
};

static void add(struct wi_arena *arena, struct folders *f, const char *path, unsigned version) {
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->items[i].path, path) == 0)
            return;
    *WI_PUSH(arena, f, struct wi_cgroup_folder) = (struct wi_cgroup_folder){path, version};
}

/* Every folder from base/path up to base. A path with ".." lies outside our namespace: only the
 * root can be looked at. */
static void add_chain(struct wi_arena *arena, struct folders *f, const char *base, const char *path,
                      unsigned version) {
    char *at = wi_arena_printf(arena, "%s%s", base, strstr(path, "/..") ? "" : path);
    size_t root = strlen(base);
    for (size_t n = strlen(at); n > root && at[n - 1] == '/';)
        at[--n] = '\0';
    for (int depth = 0; depth < DEPTH_MAX && strlen(at) > root; depth++) {
        add(arena, f, wi_arena_strdup(arena, at), version);
        *strrchr(at, '/') = '\0';
    }
    add(arena, f, base, version);
}

static bool names(const char *controllers, size_t n, const char *wanted) {
    size_t m = strlen(wanted);
    for (size_t i = 0; i < n;) {
        size_t word = 0;
        while (i + word < n && controllers[i + word] != ',')
            word++;
        if (word == m && strncmp(controllers + i, wanted, m) == 0)
            return true;
        i += word + 1;
    }
    return false;
}

/* "0::/user.slice" (version 2) or "4:cpu,cpuacct:/docker/0123" (version 1) */
static void take_line(struct wi_arena *arena, struct folders *f, const char *line,
                      const char *controller) {
    const char *controllers = strchr(line, ':');
    const char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path || path[1] != '/')
        return;
    size_t n = (size_t)(path - ++controllers);
    if (n == 0) {
        add_chain(arena, f, "/sys/fs/cgroup", path + 1, 2);
        add_chain(arena, f, "/sys/fs/cgroup/unified", path + 1, 2);
    } else if (names(controllers, n, controller)) {
        add_chain(arena, f, wi_arena_printf(arena, "/sys/fs/cgroup/%s", controller), path + 1, 1);
        add_chain(arena, f, wi_arena_printf(arena, "/sys/fs/cgroup/%.*s", (int)n, controllers),
                  path + 1, 1);
    }
}

struct wi_cgroup_folder *wi_cgroup_folders(struct wi_env *env, struct wi_arena *arena,
                                           const char *controller, size_t *count,
                                           enum wi_known *known) {
    struct folders f = {0};
    const char *text = wi_env_text(env, arena, "/proc/self/cgroup", known);
    for (const char *p = text; p && *p;) {
        size_t line = strcspn(p, "\n");
        take_line(arena, &f, wi_arena_strndup(arena, p, line), controller);
        p += line + (p[line] == '\n');
    }
    /* Unreadable or silent: the roots may still tell. */
    add(arena, &f, "/sys/fs/cgroup", 2);
    add(arena, &f, wi_arena_printf(arena, "/sys/fs/cgroup/%s", controller), 1);
    *count = f.count;
    return f.items;
}
