/* os_folder.c: reading a folder that a stranger may have made: within limits, following no link out
 * of it.
 * Relies on: POSIX.1-2008.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/os.h"
#include "base/os_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- folders made by strangers ---- */

struct tree {
    const char *folder; /* for messages */
    const struct wi_tree_limits *limits;
    wi_tree_sink sink;
    void *state;
    size_t files, bytes;   /* so far */
    struct wi_buf content; /* of the file at hand */
    char path[PATH_MAX];   /* below the folder */
    struct wi_err *err;
};

static int refuse(struct tree *t, const char *what) {
    return wi_fail(t->err, WI_CORRUPT, "%s%s: %s", t->folder, t->path, what);
}

static int read_regular(struct tree *t, int fd) {
    char chunk[16384];
    ssize_t got;
    wi_buf_clear(&t->content);
    if (++t->files > t->limits->files)
        return refuse(t, "more files than such a folder may hold");
    while ((got = wi_os_read_some(fd, chunk, sizeof(chunk))) > 0) {
        if ((size_t)got > t->limits->file_bytes - t->content.size)
            return refuse(t, "larger than a file of such a folder may be");
        if ((size_t)got > t->limits->total_bytes - t->bytes)
            return refuse(t, "all files together are larger than such a folder may be");
        t->bytes += (size_t)got;
        wi_buf_append(&t->content, chunk, (size_t)got);
    }
    if (got < 0)
        return wi_fail(t->err, WI_IO, "%s%s: cannot read: %s", t->folder, t->path, strerror(errno));
    return t->sink(t->state, t->path, wi_buf_str(&t->content), t->content.size, t->err);
}

static int read_folder(struct tree *t, int fd, unsigned depth);

/* O_NONBLOCK: opening a pipe that nobody writes to must not wait. */
static int read_entry(struct tree *t, int parent, const char *name, unsigned depth) {
    size_t n = strlen(t->path);
    struct stat st;
    if (n + strlen(name) + 2 > sizeof(t->path))
        return refuse(t, "paths below it are too long");
    snprintf(t->path + n, sizeof(t->path) - n, "/%s", name);
    int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int status;
    if (fd < 0 && (errno == ELOOP || errno == ENXIO))
        status = refuse(t, "is a link or a device, and only files and folders are accepted");
    else if (fd < 0 || fstat(fd, &st) != 0)
        status =
            wi_fail(t->err, WI_IO, "%s%s: cannot open: %s", t->folder, t->path, strerror(errno));
    else if (S_ISDIR(st.st_mode)) {
        status = read_folder(t, fd, depth + 1);
        fd = -1;
    } else if (S_ISREG(st.st_mode))
        status = read_regular(t, fd);
    else
        status = refuse(t, "is a link or a device, and only files and folders are accepted");
    if (fd >= 0)
        close(fd);
    t->path[n] = '\0';
    return status;
}

/* Takes over the descriptor. */
static int read_folder(struct tree *t, int fd, unsigned depth) {
    struct wi_arena *arena = wi_arena_create();
    char **names = NULL;
    size_t count = 0;
    int status = depth > t->limits->depth ? refuse(t, "folders are nested too deep") : WI_OK;
    DIR *dir = status == WI_OK ? fdopendir(fd) : NULL;
    if (!dir) {
        if (status == WI_OK)
            status = wi_fail(t->err, WI_IO, "%s%s: cannot list", t->folder, t->path);
        close(fd);
    } else {
        status = wi_os_names_in(dir, arena, t->limits->files, &names, &count);
        if (status != WI_OK)
            status = refuse(t, "cannot be listed, or holds more names than it may");
    }
    for (size_t i = 0; status == WI_OK && i < count; i++)
        status = read_entry(t, dirfd(dir), names[i], depth);
    if (dir)
        closedir(dir);
    wi_arena_destroy(arena);
    return status;
}

int wi_os_read_tree(const char *folder, const struct wi_tree_limits *limits, wi_tree_sink sink,
                    void *state, struct wi_err *err) {
    struct tree t = {.folder = folder, .limits = limits, .sink = sink, .state = state, .err = err};
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return wi_os_fail_errno(err, "open the folder", folder);
    int status = read_folder(&t, fd, 0);
    wi_buf_fini(&t.content);
    return status;
}
