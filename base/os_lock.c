/* os_lock.c: a lock between programs of all users of a machine.
 * Relies on: flock(), which the kernel gives back when its holder ends, however it ends: a lock of
 * one that was killed is free.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLAGS = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK }; /* no link is followed, no pipe waited for */

/* For writing if we may: flock() asks for no more than a descriptor. */
static int open_existing(const char *path) {
    int fd = open(path, O_RDWR | FLAGS);
    return fd >= 0 || errno != EACCES ? fd : open(path, O_RDONLY | FLAGS);
}

/* Linux refuses O_CREAT on another user's file in a folder like /tmp (fs.protected_regular): so a
 * new file, or what is there; again when it vanishes in between. */
static int open_lock(const char *path) {
    for (;;) {
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL | FLAGS, 0666);
        if (fd >= 0) {
            (void)fchmod(fd, 0666); /* whatever the umask: it is everybody's */
            return fd;
        }
        if (errno != EEXIST)
            return -1;
        fd = open_existing(path);
        if (fd >= 0 || errno != ENOENT)
            return fd;
    }
}

/* Is the file that we hold still the one that others will find? */
static bool is_at(int fd, const char *path) {
    struct stat ours, theirs;
    return fstat(fd, &ours) == 0 && lstat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
           ours.st_ino == theirs.st_ino;
}

/* Asks again and again when told to wait: a flock() that blocks would miss a signal that comes just
 * before it. */
static int take(int fd, const char *path, bool wait, struct wi_err *err) {
    static const double between_s = 0.1;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return wi_fail(err, WI_IO, "%s: cannot lock: %s", path, strerror(errno));
        if (errno == EWOULDBLOCK && !wait)
            return wi_fail(err, WI_BUSY, "%s: another process holds the lock", path);
        if (wi_os_pause(between_s) != WI_OK)
            return wi_fail(err, WI_INTERRUPTED, "%s: interrupted while waiting for the lock", path);
    }
    return WI_OK;
}

int wi_os_lock(const char *path, bool wait, int *fd, struct wi_err *err) {
    for (;;) {
        *fd = open_lock(path);
        if (*fd < 0)
            return wi_fail(err, WI_IO, "%s: cannot open the lock file: %s", path, strerror(errno));
        int status = take(*fd, path, wait, err);
        if (status == WI_OK && is_at(*fd, path))
            return WI_OK;
        close(*fd);
        *fd = -1;
        WI_TRY(status);
    }
}

void wi_os_lock_say(int fd, const char *text) {
    size_t n = strlen(text);
    if (ftruncate(fd, 0) == 0)
        (void)!pwrite(fd, text, n, 0);
}

void wi_os_unlock(int fd) {
    if (fd < 0)
        return;
    (void)!ftruncate(fd, 0); /* what was said of its holder is over */
    close(fd);
}
