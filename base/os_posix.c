/* os_posix.c: files, processes, signals.
 * Relies on: POSIX.1-2008 and, for children, Linux's prctl and pidfd (the latter may be missing).
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/os.h"
#include "base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* ---- files ---- */

static int status_of_errno(int error) {
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

/* Whatever kept us from writing is a failure of ours, not of the question: a folder that is missing
 * too. */
static int fail_write(struct wi_err *err, const char *path) {
    return wi_fail(err, WI_IO, "%s: cannot write: %s", path, strerror(errno));
}

static int fail_errno(struct wi_err *err, const char *what, const char *path) {
    int error = errno;
    return wi_fail(err, status_of_errno(error), "%s: cannot %s: %s", path, what, strerror(error));
}

/* read() that a signal does not disturb. */
static ssize_t read_some(int fd, void *bytes, size_t n) {
    ssize_t got;
    do
        got = read(fd, bytes, n);
    while (got < 0 && errno == EINTR);
    return got;
}

int wi_os_read_file(const char *path, size_t limit, struct wi_buf *out, struct wi_err *err) {
    if (limit == 0)
        limit = (size_t)64 << 20;
    wi_buf_clear(out);
    /* Opening a pipe that nobody writes to would wait for ever; O_NONBLOCK means nothing to files.
     */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail_errno(err, "open", path);
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
    while ((got = read_some(fd, chunk, sizeof(chunk))) > 0) {
        if ((size_t)got > limit - out->size) {
            status = wi_fail(err, WI_TOO_BIG, "%s: larger than the %zu bytes allowed", path, limit);
            break;
        }
        wi_buf_append(out, chunk, (size_t)got);
    }
    if (got < 0)
        status = fail_errno(err, "read", path);
    close(fd);
    return status;
}

static int write_all(int fd, const char *bytes, size_t n) {
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
        return fail_errno(err, "open", path);
    int status = write_all(fd, bytes, n) == 0 ? WI_OK : fail_errno(err, "write", path);
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
    if (write_all(fd, bytes, n) != 0 || fsync(fd) != 0)
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
        return fail_errno(err, "open", from);
    int status = fsync(fd) == 0 ? WI_OK : fail_errno(err, "sync", from);
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
        return fail_errno(err, "create", path);
    int status = write_all(fd, bytes, n) == 0 ? WI_OK : fail_errno(err, "write", path);
    if (close(fd) != 0 && status == WI_OK)
        status = fail_errno(err, "write", path);
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

/* Sorted names; at most `limit` of them. WI_IO when reading fails, WI_TOO_BIG. */
static int names_in(DIR *dir, struct wi_arena *arena, size_t limit, char ***names, size_t *count) {
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
        return fail_errno(err, "list", path);
    int status = names_in(dir, arena, SIZE_MAX, names, count);
    if (status != WI_OK)
        status = fail_errno(err, "list", path);
    closedir(dir);
    return status;
}

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
    while ((got = read_some(fd, chunk, sizeof(chunk))) > 0) {
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
        status = names_in(dir, arena, t->limits->files, &names, &count);
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
        return fail_errno(err, "open the folder", folder);
    int status = read_folder(&t, fd, 0);
    wi_buf_fini(&t.content);
    return status;
}

int wi_os_self_path(char *out, size_t n, struct wi_err *err) {
    ssize_t length = readlink("/proc/self/exe", out, n);
    if (length < 0)
        return fail_errno(err, "read", "/proc/self/exe");
    if ((size_t)length >= n)
        return wi_fail(err, WI_IO, "the path of this program is longer than %zu bytes", n);
    out[length] = '\0';
    return WI_OK;
}

int wi_os_process_id(void) {
    return (int)getpid();
}

/* ---- signals ---- */

/* The one mutable global: a signal handler has nowhere else to write. */
static volatile sig_atomic_t interrupted_by;

static void note_interrupt(int signal_number) {
    interrupted_by = signal_number;
}

/* The second signal takes its default course, so that an impatient user is always obeyed. No
 * SA_RESTART: a waiting call returns and its loop looks at the flag. */
void wi_os_catch_interrupt(void) {
    struct sigaction action = {.sa_handler = note_interrupt, .sa_flags = (int)SA_RESETHAND}, before;
    if (interrupted_by) /* a second one is to take its default course */
        return;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* nohup */
        sigaction(SIGHUP, &action, NULL);
}

int wi_os_interrupted(void) {
    return (int)interrupted_by;
}

/* In short pieces: a signal that comes between looking and sleeping is seen at the next look. */
int wi_os_pause(double seconds) {
    static const double piece_s = 0.2;
    uint64_t end_ns = wi_now_ns(&wi_clock_system) + (uint64_t)(seconds * 1e9);
    while (!wi_os_interrupted()) {
        uint64_t now_ns = wi_now_ns(&wi_clock_system);
        double left_s = end_ns > now_ns ? (double)(end_ns - now_ns) / 1e9 : 0;
        if (left_s == 0)
            return WI_OK;
        struct timespec piece = {.tv_nsec = (long)(1e9 * (left_s < piece_s ? left_s : piece_s))};
        nanosleep(&piece, NULL);
    }
    return WI_INTERRUPTED;
}

void wi_os_survive_broken_pipes(void) {
    signal(SIGPIPE, SIG_IGN);
}

/* ---- processes: starting ---- */

struct wi_child {
    pid_t pid;
    int out, errors; /* our ends of its stdout and stderr; -1 once closed or not captured */
    int pidfd;       /* readable when it ends; -1 where the kernel has none */
    bool reaped;
};

/* All descriptors that a spawn holds; -1 where none. */
struct spawn_fds {
    int in;                /* the child's stdin */
    int out[2], errors[2]; /* pipes: [0] ours, [1] the child's */
    int report[2];         /* carries errno when exec fails; closed by a good exec */
};

static void close_fd(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_pair(int pair[2]) {
    close_fd(&pair[0]);
    close_fd(&pair[1]);
}

/* Moves a descriptor above the standard three, so that dup2 onto those never hits a source. */
static int lift(int fd) {
    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    int high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int error = errno;
    close(fd);
    errno = error;
    return high;
}

static int make_pipe(int pair[2]) {
    if (pipe2(pair, O_CLOEXEC) != 0)
        return -1;
    pair[0] = lift(pair[0]);
    pair[1] = lift(pair[1]);
    return pair[0] < 0 || pair[1] < 0 ? -1 : 0;
}

/* The input lies complete in an unnamed file, so that neither side ever waits for the other. */
static int open_input(const struct wi_spawn *spawn) {
    if (!spawn->input)
        return lift(open("/dev/null", O_RDONLY | O_CLOEXEC));
    int fd = lift(memfd_create("weighin-input", MFD_CLOEXEC));
    if (fd < 0)
        return -1;
    if (write_all(fd, spawn->input, spawn->input_bytes) != 0 || lseek(fd, 0, SEEK_SET) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool same_variable(const char *a, const char *b) {
    size_t n = strcspn(a, "=");
    return strncmp(a, b, n) == 0 && b[n] == '=';
}

/* Our environment with the given entries added or replaced; in the arena, text borrowed. */
static char **merged_env(const char *const *extra, struct wi_arena *arena) {
    struct {
        char **items;
        size_t count, capacity;
    } env = {0};
    for (char **ours = environ; *ours; ours++) {
        bool replaced = false;
        for (size_t i = 0; extra && extra[i]; i++)
            replaced = replaced || same_variable(extra[i], *ours);
        if (!replaced)
            *WI_PUSH(arena, &env, char *) = *ours;
    }
    for (size_t i = 0; extra && extra[i]; i++)
        *WI_PUSH(arena, &env, char *) = (char *)(uintptr_t)extra[i];
    *WI_PUSH(arena, &env, char *) = NULL;
    return env.items;
}

void wi_os_die_with_parent(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
}

/* A sanitizer reserves terabytes of addresses, which such a limit would refuse. GCC tells by a
 * macro, Clang by a feature. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WI_SANITIZED
#endif
#endif
static void limit_memory(uint64_t bytes) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(WI_SANITIZED)
    if (bytes) {
        struct rlimit limit = {.rlim_cur = (rlim_t)bytes, .rlim_max = (rlim_t)bytes};
        setrlimit(RLIMIT_AS, &limit);
    }
#else
    (void)bytes;
#endif
}

/* Runs between fork and exec: calls only what is safe after a fork of a threaded program. */
static _Noreturn void become_child(const struct wi_spawn *spawn, const struct spawn_fds *fds,
                                   char **env, pid_t parent) {
    wi_os_die_with_parent();
    if (getppid() != parent) /* the parent died before the request took hold */
        _exit(127);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    bool wired = dup2(fds->in, STDIN_FILENO) >= 0 && dup2(fds->out[1], STDOUT_FILENO) >= 0 &&
                 (spawn->keep_stderr || dup2(fds->errors[1], STDERR_FILENO) >= 0);
    if (wired) {
        limit_memory(spawn->memory_limit_bytes);
        execve(spawn->argv[0], (char *const *)(uintptr_t)spawn->argv, env);
    }
    int error = errno;
    ssize_t ignored = write(fds->report[1], &error, sizeof(error));
    (void)ignored;
    _exit(127);
}

static int open_spawn_fds(const struct wi_spawn *spawn, struct spawn_fds *fds) {
    fds->in = open_input(spawn);
    if (fds->in < 0 || make_pipe(fds->out) != 0 || make_pipe(fds->report) != 0)
        return -1;
    return spawn->keep_stderr ? 0 : make_pipe(fds->errors);
}

static void close_spawn_fds(struct spawn_fds *fds) {
    close_fd(&fds->in);
    close_pair(fds->out);
    close_pair(fds->errors);
    close_pair(fds->report);
}

static int open_pidfd(pid_t pid) {
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0);
#else
    (void)pid;
    return -1;
#endif
}

int wi_os_spawn(const struct wi_spawn *spawn, struct wi_child **child, struct wi_err *err) {
    const char *path = spawn->argv[0];
    struct spawn_fds fds = {-1, {-1, -1}, {-1, -1}, {-1, -1}};
    struct wi_arena *arena = wi_arena_create();
    struct wi_child *c = NULL;
    int status = WI_OK, exec_error = 0;
    *child = NULL;
    if (open_spawn_fds(spawn, &fds) != 0) {
        status = wi_fail(err, WI_IO, "%s: cannot start: %s", path, strerror(errno));
        goto done;
    }
    char **env = merged_env(spawn->env, arena);
    pid_t parent = getpid(), pid = fork();
    if (pid < 0) {
        status = wi_fail(err, WI_IO, "%s: cannot start: %s", path, strerror(errno));
        goto done;
    }
    if (pid == 0)
        become_child(spawn, &fds, env, parent);
    close_fd(&fds.report[1]);
    if (read_some(fds.report[0], &exec_error, sizeof(exec_error)) == (ssize_t)sizeof(exec_error)) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        status = wi_fail(err, status_of_errno(exec_error), "%s: cannot start: %s", path,
                         strerror(exec_error));
        goto done;
    }
    c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    *c = (struct wi_child){pid, fds.out[0], fds.errors[0], open_pidfd(pid), false};
    fds.out[0] = fds.errors[0] = -1; /* the child owns them now */
    fcntl(c->out, F_SETFL, O_NONBLOCK);
    if (c->errors >= 0)
        fcntl(c->errors, F_SETFL, O_NONBLOCK);
    *child = c;
done:
    close_spawn_fds(&fds);
    wi_arena_destroy(arena);
    return status;
}

/* ---- processes: waiting ---- */

/* Looks in at least this often: for a pending interrupt, and for the end where no pidfd tells. */
enum { LOOK_MS = 250, LOOK_BLIND_MS = 10 };
#define ERRORS_MAX_BYTES ((size_t)1 << 20) /* of a child's stderr; the rest is read and dropped */

static bool has_ended(const struct wi_child *child) {
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid != 0;
}

static int poll_timeout_ms(const struct wi_child *child, uint64_t deadline_ns) {
    uint64_t most = child->pidfd >= 0 ? LOOK_MS : LOOK_BLIND_MS;
    if (!deadline_ns)
        return (int)most;
    uint64_t now = wi_now_ns(&wi_clock_system);
    uint64_t left_ms = deadline_ns > now ? (deadline_ns - now + 999999) / 1000000 : 0;
    return (int)(left_ms < most ? left_ms : most);
}

/* Where the bytes of a child go. */
struct drain {
    wi_child_sink sink;
    void *state;
    struct wi_buf *errors;
    int sink_said; /* the sink's answer; non-zero stops */
};

static void take_errors(struct drain *drain, const char *bytes, size_t n) {
    if (!drain->errors || drain->errors->size >= ERRORS_MAX_BYTES)
        return;
    size_t room = ERRORS_MAX_BYTES - drain->errors->size;
    wi_buf_append(drain->errors, bytes, n < room ? n : room);
}

/* Reads what is there; closes the descriptor at its end. `once`: a single chunk. */
static void drain_fd(int *fd, bool is_errors, bool once, struct drain *drain) {
    char chunk[16384];
    while (*fd >= 0 && !drain->sink_said) {
        ssize_t got = read_some(*fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            close_fd(fd);
            return;
        }
        if (is_errors)
            take_errors(drain, chunk, (size_t)got);
        else if (drain->sink)
            drain->sink_said = drain->sink(drain->state, chunk, (size_t)got);
        if (once)
            return;
    }
}

static void reap(struct wi_child *child, struct wi_child_end *end) {
    struct rusage usage = {0};
    int how = 0;
    pid_t got;
    /* Whatever it started and left behind goes with it, while the group's number is still ours. */
    kill(-child->pid, SIGKILL);
    do
        got = wait4(child->pid, &how, 0, &usage);
    while (got < 0 && errno == EINTR);
    child->reaped = true;
    if (!end)
        return;
    end->exited = WIFEXITED(how);
    end->code = WIFEXITED(how) ? WEXITSTATUS(how) : WTERMSIG(how);
    end->peak_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

int wi_os_wait(struct wi_child *child, const volatile uint64_t *deadline_ns, wi_child_sink sink,
               void *state, struct wi_buf *errors, struct wi_child_end *end, struct wi_err *err) {
    struct drain drain = {.sink = sink, .state = state, .errors = errors};
    struct wi_child_end local;
    end = end ? end : &local;
    *end = (struct wi_child_end){0};
    int status = WI_OK;
    while (!has_ended(child)) {
        uint64_t deadline = deadline_ns ? *deadline_ns : 0;
        if (wi_os_interrupted())
            status = wi_fail(err, WI_INTERRUPTED, "interrupted");
        end->timed_out = deadline && wi_now_ns(&wi_clock_system) >= deadline;
        if (status != WI_OK || drain.sink_said || end->timed_out) {
            wi_os_kill(child);
            break;
        }
        struct pollfd fds[] = {{child->out, POLLIN, 0}, /* negative ones are skipped */
                               {child->errors, POLLIN, 0},
                               {child->pidfd, POLLIN, 0}};
        poll(fds, WI_COUNT(fds), poll_timeout_ms(child, deadline));
        if (fds[0].revents)
            drain_fd(&child->out, false, true, &drain);
        if (fds[1].revents)
            drain_fd(&child->errors, true, true, &drain);
    }
    reap(child, end);
    /* What it wrote last is still in the pipes. */
    drain_fd(&child->out, false, false, &drain);
    drain_fd(&child->errors, true, false, &drain);
    return status != WI_OK ? status : drain.sink_said;
}

void wi_os_kill(struct wi_child *child) {
    if (child->reaped)
        return;
    kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL); /* should it have left the group */
}

void wi_os_child_destroy(struct wi_child *child) {
    if (!child)
        return;
    if (!child->reaped) {
        wi_os_kill(child);
        reap(child, NULL);
    }
    close_fd(&child->out);
    close_fd(&child->errors);
    close_fd(&child->pidfd);
    free(child);
}

static int collect(void *state, const char *bytes, size_t n) {
    wi_buf_append(state, bytes, n);
    return 0;
}

int wi_os_run(const struct wi_spawn *spawn, unsigned timeout_ms, struct wi_buf *out,
              struct wi_buf *errors, struct wi_child_end *end, struct wi_err *err) {
    struct wi_child *child = NULL;
    uint64_t deadline = wi_now_ns(&wi_clock_system) + (uint64_t)timeout_ms * 1000000;
    WI_TRY(wi_os_spawn(spawn, &child, err));
    int status = wi_os_wait(child, &deadline, out ? collect : NULL, out, errors, end, err);
    wi_os_child_destroy(child);
    return status;
}

/* ---- what the system says of itself ---- */

int wi_os_names(struct wi_os_names *names) {
    struct utsname u;
    *names = (struct wi_os_names){0};
    if (uname(&u) != 0)
        return WI_UNAVAILABLE;
    snprintf(names->sysname, sizeof(names->sysname), "%s", u.sysname);
    snprintf(names->release, sizeof(names->release), "%s", u.release);
    snprintf(names->version, sizeof(names->version), "%s", u.version);
    snprintf(names->machine, sizeof(names->machine), "%s", u.machine);
    snprintf(names->hostname, sizeof(names->hostname), "%s", u.nodename);
    return WI_OK;
}

int wi_os_space(const char *path, uint64_t *free_bytes, uint64_t *total_bytes, struct wi_err *err) {
    struct statvfs vfs;
    if (statvfs(path, &vfs) != 0)
        return fail_errno(err, "ask for free space", path);
    *free_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
    *total_bytes = (uint64_t)vfs.f_blocks * vfs.f_frsize;
    return WI_OK;
}

int wi_os_real_path(const char *path, struct wi_buf *out, struct wi_err *err) {
    char *real = realpath(path, NULL);
    if (!real)
        return fail_errno(err, "resolve", path);
    wi_buf_clear(out);
    wi_buf_puts(out, real);
    free(real);
    return WI_OK;
}

unsigned wi_os_online_cpus(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 0;
}

size_t wi_os_page_bytes(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

int wi_os_user_name(struct wi_buf *out) {
    struct passwd entry, *found = NULL;
    char text[4096];
    if (getpwuid_r(geteuid(), &entry, text, sizeof(text), &found) != 0 || !found)
        return WI_NOT_FOUND;
    wi_buf_clear(out);
    wi_buf_puts(out, found->pw_name);
    return WI_OK;
}

bool wi_os_is_root(void) {
    return geteuid() == 0;
}
