/* os_children.c: children with deadlines, which die with their parent.
 * Relies on: POSIX.1-2008, Linux's prctl and pidfd (the latter may be missing).
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/os.h"
#include "base/os_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

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
    if (wi_os_write_all(fd, spawn->input, spawn->input_bytes) != 0 || lseek(fd, 0, SEEK_SET) != 0) {
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
    if (wi_os_read_some(fds.report[0], &exec_error, sizeof(exec_error)) ==
        (ssize_t)sizeof(exec_error)) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        status = wi_fail(err, wi_os_status_of_errno(exec_error), "%s: cannot start: %s", path,
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
        ssize_t got = wi_os_read_some(*fd, chunk, sizeof(chunk));
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
