/* os_parts.h: what the os_*.c share. For base/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_OS_PARTS_H
#define WI_OS_PARTS_H

#include "base/arena.h"
#include "base/status.h"

#include <dirent.h>
#include <sys/types.h>

/* WI_NOT_FOUND, WI_UNAVAILABLE (not allowed) or WI_IO. */
int wi_os_status_of_errno(int error);
/* Says that `what` could not be done to `path`, by errno; its status. */
int wi_os_fail_errno(struct wi_err *err, const char *what, const char *path);

/* read() that a signal does not disturb. */
ssize_t wi_os_read_some(int fd, void *bytes, size_t n);
/* -1 and errno when not all could be written. */
int wi_os_write_all(int fd, const char *bytes, size_t n);

/* Sorted names, NULL after the last; at most `limit` of them. WI_IO when reading fails, WI_TOO_BIG.
 */
int wi_os_names_in(DIR *dir, struct wi_arena *arena, size_t limit, char ***names, size_t *count);

#endif
