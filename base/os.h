/* os.h: the one seam to the operating system: files, processes, memory pages, threads, signals.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Implemented in os_posix.c, os_lock.c, os_terminal.c and os_linux.c. Paths are bytes; messages
 * name them. */
#ifndef WI_OS_H
#define WI_OS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- files ---- */
/* Whole file, at most `limit` bytes (0: 64 MiB). WI_NOT_FOUND, WI_UNAVAILABLE (denied), WI_IO;
 * WI_USAGE for a pipe or a device, which might never end. */
int wi_os_read_file(const char *path, size_t limit, struct wi_buf *out, struct wi_err *err);
/* Writes to a temporary neighbour, syncs, renames: the file is whole or unchanged. What a link
 * leads to is written; the link stays. */
int wi_os_write_file(const char *path, const void *bytes, size_t n, struct wi_err *err);
/* Syncs a finished file and gives it its name, which it replaces: durable when it returns. */
int wi_os_publish(const char *from, const char *to, struct wi_err *err);
int wi_os_mkdirs(const char *path, struct wi_err *err); /* like mkdir -p, mode 0777 & ~umask */
/* A file that must not be there yet: no link is followed, nothing replaced, nothing synced. */
int wi_os_write_new(const char *path, const void *bytes, size_t n, struct wi_err *err);
/* A regular file, to be read in places: nothing of it is in memory. Statuses as wi_os_read_file. */
int wi_os_open_file(const char *path, int *fd, uint64_t *bytes, struct wi_err *err);
/* All of [at, at + n); WI_IO when the file has become shorter. `path` for messages. */
int wi_os_read_at(int fd, const char *path, uint64_t at, void *out, size_t n, struct wi_err *err);
void wi_os_close_file(int fd);
bool wi_os_exists(const char *path);
bool wi_os_same_file(const char *a, const char *b); /* links followed; false: one is not there */
enum wi_file_kind { WI_FILE_none, WI_FILE_empty, WI_FILE_regular, WI_FILE_folder, WI_FILE_special };
enum wi_file_kind wi_os_file_kind(const char *path); /* links followed */
/* Names in a folder, sorted bytewise, without . and ..; NULL-terminated, in the arena. */
int wi_os_list_dir(const char *path, struct wi_arena *arena, char ***names, size_t *count,
                   struct wi_err *err);
/* Every file below a folder that a stranger may have made: links, devices and more than the limits
 * are WI_CORRUPT, named. The sink gets "/name/of/file" as the folder sees it, in order of names. */
struct wi_tree_limits {
    size_t files, file_bytes, total_bytes;
    unsigned depth;
};
typedef int (*wi_tree_sink)(void *state, const char *path, const char *bytes, size_t n,
                            struct wi_err *err);
int wi_os_read_tree(const char *folder, const struct wi_tree_limits *limits, wi_tree_sink sink,
                    void *state, struct wi_err *err);
int wi_os_self_path(char *out, size_t n, struct wi_err *err); /* this executable */

/* ---- locks ---- */
/* Exclusive advisory lock on `path`, created for all users. WI_BUSY when another holds it and
 * !wait; WI_INTERRUPTED. One whose holder was killed is free. */
int wi_os_lock(const char *path, bool wait, int *fd, struct wi_err *err);
/* Writes into the lock's file who holds it, for those that are refused to read. */
void wi_os_lock_say(int fd, const char *text);
void wi_os_unlock(int fd);

/* ---- processes ---- */
int wi_os_process_id(void); /* ours */
struct wi_spawn {
    const char *const *argv; /* NULL-terminated; argv[0] is the executable's path */
    const char *const *env;  /* "K=V" entries added to or replacing ours; NULL: none */
    const char *input;       /* written to its stdin, then closed */
    size_t input_bytes;
    uint64_t memory_limit_bytes; /* RLIMIT_AS-like guard on the child; 0: none */
    bool keep_stderr;            /* false: stderr is captured into `errors` */
};
struct wi_child; /* a running child; dies with the thread that started it */
struct wi_child_end {
    bool exited; /* true: code is the exit code; false: code is the signal */
    int code;
    bool timed_out;          /* we killed it at the deadline */
    uint64_t peak_rss_bytes; /* at least what we had when it was started: Linux counts from there */
};
/* Called with each chunk of the child's stdout; return non-zero to stop and kill it. */
typedef int (*wi_child_sink)(void *state, const char *bytes, size_t n);

int wi_os_spawn(const struct wi_spawn *spawn, struct wi_child **child, struct wi_err *err);
/* Reads stdout into the sink until the child ends or `deadline_ns` (CLOCK_MONOTONIC; 0: none)
 * passes; the deadline pointer is read again after each chunk, so a sink may move it. What became
 * of the child stands in `end`, a deadline that passed too: the status is WI_OK. It is otherwise
 * WI_INTERRUPTED (the child was killed, see wi_os_interrupted), or what the sink returned. */
int wi_os_wait(struct wi_child *child, const volatile uint64_t *deadline_ns, wi_child_sink sink,
               void *state, struct wi_buf *errors, struct wi_child_end *end, struct wi_err *err);
void wi_os_kill(struct wi_child *child);          /* SIGKILL to its process group */
void wi_os_child_destroy(struct wi_child *child); /* kills if still running, reaps, frees */
/* For short commands: run to the end, at most timeout_ms; stdout into out. */
int wi_os_run(const struct wi_spawn *spawn, unsigned timeout_ms, struct wi_buf *out,
              struct wi_buf *errors, struct wi_child_end *end, struct wi_err *err);
/* In a child: arrange to die with the parent, in a new process group. */
void wi_os_die_with_parent(void);

/* Set by SIGINT, SIGTERM and SIGHUP (unless that was ignored, as under nohup) once
 * wi_os_catch_interrupt() was called; 0 otherwise. */
void wi_os_catch_interrupt(void);
int wi_os_interrupted(void);
int wi_os_pause(double seconds); /* WI_INTERRUPTED when that came first */
/* Writing to a pipe whose reader has gone fails from now on, and kills nobody; children start with
 * the usual course. */
void wi_os_survive_broken_pipes(void);

/* ---- memory and threads ---- */
/* Zeroed pages, advised for transparent huge pages; WI_TOO_BIG when refused. */
int wi_os_pages_map(size_t bytes, void **pages, struct wi_err *err);
/* The same, of the system's smallest size: to see what huge ones are worth. */
int wi_os_pages_map_small(size_t bytes, void **pages, struct wi_err *err);
void wi_os_pages_unmap(void *pages, size_t bytes);
/* Bytes of [pages, pages+bytes) that huge pages back now (smaps); unknown -> WI_UNAVAILABLE. */
int wi_os_huge_bytes(const void *pages, size_t bytes, uint64_t *huge, struct wi_err *err);
uint64_t wi_os_peak_rss_bytes(void);
/* Counts the peak from now on, where the system can (Linux); else it stays that of the process. */
void wi_os_reset_peak_rss(void);
uint64_t wi_os_cpu_ns(void); /* processor time of this process, all threads */
int wi_os_pin_thread(const unsigned *cpus, size_t n); /* this thread; 0 or WI_UNAVAILABLE */

/* ---- terminals ---- */
/* Of the terminal behind a file descriptor, as wide as it is now; 80 when it does not say. 0: what
 * is behind it is no terminal. */
unsigned wi_os_terminal_columns(int fd);

/* ---- what the system says of itself ---- */
struct wi_os_names {
    char sysname[256], release[256], version[256], machine[256], hostname[256];
};
int wi_os_names(struct wi_os_names *names); /* 0 or WI_UNAVAILABLE */
/* Bytes of the file system that holds `path`: free to an ordinary user, and in all. */
int wi_os_space(const char *path, uint64_t *free_bytes, uint64_t *total_bytes, struct wi_err *err);
/* Absolute, no links. */
int wi_os_real_path(const char *path, struct wi_buf *out, struct wi_err *err);
/* OS indices of the hardware threads this thread may run on, ascending. */
int wi_os_affinity(struct wi_arena *arena, unsigned **cpus, size_t *count, struct wi_err *err);
unsigned wi_os_online_cpus(void); /* 0: unknown */
size_t wi_os_page_bytes(void);
uint64_t wi_os_hwcap(unsigned which);    /* 1: AT_HWCAP, 2: AT_HWCAP2; 0: nothing said */
int wi_os_user_name(struct wi_buf *out); /* 0 or WI_NOT_FOUND: no name for this uid */
bool wi_os_is_root(void);
int wi_os_random(void *bytes, size_t n); /* from the kernel; 0 or WI_UNAVAILABLE */
/* Is the clock disciplined by NTP or its like? "yes", "no"; NULL: the system does not say. */
const char *wi_os_clock_sync(void);

#endif
