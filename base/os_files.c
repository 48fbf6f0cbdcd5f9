/* os_files.c: files and folders.
 * Relies on: POSIX.1-2008.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/os.h"
#include "base/os_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* ---- errors ---- */

int wi_os_status_of_errno(int error) {
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return WI_NOT_FOUND;
    case EACCES:
    case EPERM:
        return WI_UNAVAILABLE;
    default:
        return WI_IO;
    }
}

int wi_os_fail_errno(struct wi_err *err, const char *what, const char *path) {
    int error = errno;
    return wi_fail(err, wi_os_status_of_errno(error), "%s: cannot %s: %s", path, what,
                   strerror(error));
}

/* Whatever kept us from writing is a failure of ours, not of the question: a folder that is missing
 * too. */
static int fail_write(struct wi_err *err, const char *path) {
    return wi_fail(err, WI_IO, "%s: cannot write: %s", path, strerror(errno));
}

ssize_t wi_os_read_some(int fd, void *bytes, size_t n) {
    ssize_t got;
    do
        got = read(fd, bytes, n);
    while (got < 0 && errno == EINTR);
    return got;
}

/* ---- files ---- */

int wi_os_read_file(const char *path, size_t limit, struct wi_buf *out, struct wi_err *err) {
    if (limit == 0)
        limit = (size_t)64 << 20;
    wi_buf_clear(out);
    /* Opening a pipe that nobody writes to would wait for ever; O_NONBLOCK means nothing to files.
     */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return wi_os_fail_errno(err, "open", path);
    struct stat st;
    if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
        close(fd);
        return wi_fail(err, WI_USAGE,
                       "%s: cannot read: it is a pipe, a socket or a device, no file", path);
    }
    /* Files of /proc and /sys do not know their size: read until the end says so. */
    int status = WI_OK;
    char chunk[16384];
    ssize_t got;
    while ((got = wi_os_read_some(fd, chunk, sizeof(chunk))) > 0) {
        if ((size_t)got > limit - out->size) {
            status = wi_fail(err, WI_TOO_BIG, "%s: larger than the %zu bytes allowed", path, limit);
            break;
        }
        wi_buf_append(out, chunk, (size_t)got);
    }
    if (got < 0)
        status = wi_os_fail_errno(err, "read", path);
    close(fd);
    return status;
}

int wi_os_open_file(const char *path, int *fd, uint64_t *bytes, struct wi_err *err) {
    struct stat st;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return wi_os_fail_errno(err, "open", path);
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *bytes = (uint64_t)st.st_size;
        return WI_OK;
    }
    close(*fd);
    return wi_fail(err, WI_USAGE, "%s: cannot read: it is a folder, a pipe or a device, no file",
                   path);
}

int wi_os_read_at(int fd, const char *path, uint64_t at, void *out, size_t n, struct wi_err *err) {
    for (size_t got = 0; got < n;) {
        ssize_t some = pread(fd, (char *)out + got, n - got, (off_t)(at + got));
        if (some < 0 && errno == EINTR)
            continue;
        if (some < 0)
            return wi_os_fail_errno(err, "read", path);
        if (some == 0)
            return wi_fail(err, WI_IO, "%s: became shorter while it was read", path);
        got += (size_t)some;
    }
    return WI_OK;
}

void wi_os_close_file(int fd) {
    close(fd);
}

int wi_os_write_all(int fd, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t put = write(fd, bytes, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        bytes += put;
        n -= (size_t)put;
    }
    return 0;
}

/* A pipe or a device (-o /dev/stdout) is written to, never replaced. */
static int write_special(const char *path, const void *bytes, size_t n, struct wi_err *err) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return wi_os_fail_errno(err, "open", path);
    int status = wi_os_write_all(fd, bytes, n) == 0 ? WI_OK : wi_os_fail_errno(err, "write", path);
    close(fd);
    return status;
}

/* A rename is durable only once its folder is. Best effort: some file systems refuse. */
static void sync_folder_of(const char *path) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash)
        snprintf(folder, sizeof(folder), ".");
    else
        snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

/* Where a path leads, link by link: a rename onto a link would replace the link. What it leads to
 * need not be there yet. */
static int follow_links(const char *path, char target[PATH_MAX], struct wi_err *err) {
    enum { MOST_LINKS = 40 }; /* as many as Linux follows */
    char link[PATH_MAX];
    ssize_t n = 0;
    if ((size_t)snprintf(target, PATH_MAX, "%s", path) >= PATH_MAX)
        return wi_fail(err, WI_IO, "%s: the path is too long", path);
    for (int i = 0; i < MOST_LINKS && (n = readlink(target, link, sizeof(link) - 1)) >= 0; i++) {
        char *slash = strrchr(target, '/');
        size_t folder = link[0] == '/' || !slash ? 0 : (size_t)(slash + 1 - target);
        link[n] = '\0';
        if (folder + (size_t)n >= PATH_MAX)
            return wi_fail(err, WI_IO, "%s: the path is too long", path);
        memcpy(target + folder, link, (size_t)n + 1);
    }
    return n < 0 ? WI_OK : wi_fail(err, WI_IO, "%s: cannot write: too many links", path);
}

int wi_os_write_file(const char *name, const void *bytes, size_t n, struct wi_err *err) {
    struct stat st;
    if (stat(name, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return write_special(name, bytes, n, err);
    char path[PATH_MAX], temporary[PATH_MAX];
    WI_TRY(follow_links(name, path, err));
    int length = snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof(temporary))
        return wi_fail(err, WI_IO, "%s: the path is too long", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return fail_write(err, path);
    int status = WI_OK;
    if (wi_os_write_all(fd, bytes, n) != 0 || fsync(fd) != 0)
        status = fail_write(err, path);
    if (close(fd) != 0 && status == WI_OK)
        status = fail_write(err, path);
    if (status == WI_OK && rename(temporary, path) != 0)
        status = fail_write(err, path);
    if (status == WI_OK)
        sync_folder_of(path);
    else
        unlink(temporary);
    return status;
}

int wi_os_publish(const char *from, const char *to, struct wi_err *err) {
    int fd = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return wi_os_fail_errno(err, "open", from);
    int status = fsync(fd) == 0 ? WI_OK : wi_os_fail_errno(err, "sync", from);
    close(fd);
    if (status == WI_OK && rename(from, to) != 0)
        status = fail_write(err, to);
    if (status == WI_OK)
        sync_folder_of(to);
    return status;
}

int wi_os_write_new(const char *path, const void *bytes, size_t n, struct wi_err *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return wi_os_fail_errno(err, "create", path);
    int status = wi_os_write_all(fd, bytes, n) == 0 ? WI_OK : wi_os_fail_errno(err, "write", path);
    if (close(fd) != 0 && status == WI_OK)
        status = wi_os_fail_errno(err, "write", path);
    return status;
}

int wi_os_mkdirs(const char *path, struct wi_err *err) {
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof(part))
        return wi_fail(err, WI_IO, "%s: not a usable folder name", path);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        struct stat st;
        int error = mkdir(part, 0777) == 0 ? 0 : errno;
        if (error != 0 && error != EEXIST && stat(part, &st) != 0)
            return wi_fail(err, WI_IO, "%s: cannot make the folder: %s", part, strerror(error));
    }
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return wi_fail(err, WI_IO, "%s: exists and is not a folder", path);
    return WI_OK;
}

bool wi_os_same_file(const char *a, const char *b) {
    struct stat sa, sb;
    return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
           sa.st_ino == sb.st_ino;
}

enum wi_file_kind wi_os_file_kind(const char *path) {
    struct stat st;
    if (stat(path, &st) != 0)
        return WI_FILE_none;
    if (S_ISDIR(st.st_mode))
        return WI_FILE_folder;
    if (!S_ISREG(st.st_mode))
        return WI_FILE_special;
    return st.st_size == 0 ? WI_FILE_empty : WI_FILE_regular;
}

bool wi_os_exists(const char *path) {
    return access(path, F_OK) == 0;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int wi_os_names_in(DIR *dir, struct wi_arena *arena, size_t limit, char ***names, size_t *count) {
    struct {
        char **items;
        size_t count, capacity;
    } list = {0};
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (list.count == limit)
            return WI_TOO_BIG;
        *WI_PUSH(arena, &list, char *) = wi_arena_strdup(arena, entry->d_name);
    }
    if (errno != 0)
        return WI_IO;
    if (list.count)
        qsort(list.items, list.count, sizeof(*list.items), compare_names);
    *count = list.count;
    *WI_PUSH(arena, &list, char *) = NULL;
    *names = list.items;
    return WI_OK;
}

int wi_os_list_dir(const char *path, struct wi_arena *arena, char ***names, size_t *count,
                   struct wi_err *err) {
    *names = NULL;
    *count = 0;
    DIR *dir = opendir(path);
    if (!dir)
        return wi_os_fail_errno(err, "list", path);
    int status = wi_os_names_in(dir, arena, SIZE_MAX, names, count);
    if (status != WI_OK)
        status = wi_os_fail_errno(err, "list", path);
    closedir(dir);
    return status;
}

int wi_os_space(const char *path, uint64_t *free_bytes, uint64_t *total_bytes, struct wi_err *err) {
    struct statvfs vfs;
    if (statvfs(path, &vfs) != 0)
        return wi_os_fail_errno(err, "ask for free space", path);
    *free_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
    *total_bytes = (uint64_t)vfs.f_blocks * vfs.f_frsize;
    return WI_OK;
}

int wi_os_real_path(const char *path, struct wi_buf *out, struct wi_err *err) {
    char *real = realpath(path, NULL);
    if (!real)
        return wi_os_fail_errno(err, "resolve", path);
    wi_buf_clear(out);
    wi_buf_puts(out, real);
    free(real);
    return WI_OK;
}
