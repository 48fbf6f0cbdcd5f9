/* os_posix.c: signals, and what the system says of itself.
 * Relies on: POSIX.1-2008.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/os.h"
#include "base/os_parts.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

int wi_os_self_path(char *out, size_t n, struct wi_err *err) {
    ssize_t length = readlink("/proc/self/exe", out, n);
    if (length < 0)
        return wi_os_fail_errno(err, "read", "/proc/self/exe");
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
