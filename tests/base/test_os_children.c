/* test_os_children.c: children that answer, hang, crash, or outlive whom they should not.
 * Relies on: being its own child: `test_os_children ROLE` plays one part, see play().
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/clock.h"
#include "base/os.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000 }; /* for what must happen: only a failing test waits that long */

static char self[4096];

static struct wi_spawn role(const char *const argv[3]) {
    return (struct wi_spawn){.argv = argv};
}
#define ROLE(name) role((const char *const[]){self, name, NULL})

static struct wi_child_end run(const struct wi_spawn *spawn, unsigned timeout_ms,
                               struct wi_buf *out, struct wi_buf *errors) {
    struct wi_child_end end;
    struct wi_err err = {0};
    if (wi_os_run(spawn, timeout_ms, out, errors, &end, &err) != WI_OK)
        fail_msg("%s", err.message);
    return end;
}

/* ---- what a child says ---- */

static void output_errors_and_exit_code_come_back(void **state) {
    (void)state;
    struct wi_buf out = {0}, errors = {0};
    struct wi_spawn spawn = ROLE("talk");
    struct wi_child_end end = run(&spawn, PATIENCE_MS, &out, &errors);
    assert_true(end.exited && !end.timed_out);
    assert_int_equal(end.code, 7);
    assert_string_equal(wi_buf_str(&out), "to stdout\n");
    assert_string_equal(wi_buf_str(&errors), "to stderr\n");
    assert_true(end.peak_rss_bytes > 0);
    wi_buf_fini(&out);
    wi_buf_fini(&errors);
}

/* Larger than any pipe, both ways: neither side may wait for the other. */
static void large_input_comes_back_as_large_output(void **state) {
    (void)state;
    size_t n = (size_t)3 << 20;
    char *input = malloc(n);
    assert_non_null(input);
    for (size_t i = 0; i < n; i++)
        input[i] = (char)('a' + i % 23);
    struct wi_buf out = {0};
    struct wi_spawn spawn = ROLE("echo");
    spawn.input = input;
    spawn.input_bytes = n;
    struct wi_child_end end = run(&spawn, PATIENCE_MS, &out, NULL);
    assert_int_equal(end.code, 0);
    assert_int_equal(out.size, n);
    assert_memory_equal(out.data, input, n);
    free(input);
    wi_buf_fini(&out);
}

static void environment_is_added_and_replaced(void **state) {
    (void)state;
    static const char *const env[] = {"WI_TEST_A=new", "WI_TEST_B=x=y", NULL};
    setenv("WI_TEST_A", "old", 1);
    setenv("WI_TEST_C", "kept", 1);
    struct wi_buf out = {0};
    struct wi_spawn spawn = ROLE("env");
    spawn.env = env;
    run(&spawn, PATIENCE_MS, &out, NULL);
    assert_string_equal(wi_buf_str(&out), "new|x=y|kept");
    wi_buf_fini(&out);
}

static void a_missing_program_is_not_found(void **state) {
    (void)state;
    struct wi_child *child = (void *)&child;
    struct wi_err err;
    struct wi_spawn spawn = role((const char *const[]){"/no/such/program", NULL, NULL});
    assert_int_equal(wi_os_spawn(&spawn, &child, &err), WI_NOT_FOUND);
    assert_null(child);
    assert_non_null(strstr(err.message, "/no/such/program"));
    spawn = role((const char *const[]){"/etc/passwd", NULL, NULL});
    assert_int_equal(wi_os_spawn(&spawn, &child, &err), WI_UNAVAILABLE);
}

static void a_program_that_reads_nothing_gets_an_empty_input(void **state) {
    (void)state;
    struct wi_buf out = {0};
    struct wi_spawn spawn = ROLE("echo");
    struct wi_child_end end = run(&spawn, PATIENCE_MS, &out, NULL);
    assert_int_equal(end.code, 0);
    assert_int_equal(out.size, 0);
    wi_buf_fini(&out);
}

/* ---- how a child ends ---- */

static void a_hanging_child_is_killed_at_its_deadline(void **state) {
    (void)state;
    struct wi_buf out = {0};
    struct wi_spawn spawn = ROLE("hang");
    struct wi_child_end end = run(&spawn, 300, &out, NULL);
    assert_true(end.timed_out && !end.exited);
    assert_int_equal(end.code, SIGKILL);
    wi_buf_fini(&out);
}

static void a_crash_is_told_by_its_signal(void **state) {
    (void)state;
    struct wi_buf out = {0};
    struct wi_spawn spawn = ROLE("crash");
    struct wi_child_end end = run(&spawn, PATIENCE_MS, &out, NULL);
    assert_false(end.exited);
    assert_false(end.timed_out);
    assert_int_equal(end.code, SIGSEGV);
    assert_string_equal(wi_buf_str(&out), "last words"); /* what it said before is kept */
    wi_buf_fini(&out);
}

static void a_child_that_closes_stdout_and_stays_still_meets_its_deadline(void **state) {
    (void)state;
    struct wi_spawn spawn = ROLE("close-and-hang");
    struct wi_child_end end = run(&spawn, 300, NULL, NULL);
    assert_true(end.timed_out);
}

/* A left-behind grandchild holds the pipe open for ever; the end of the child must be enough. */
static void a_grandchild_does_not_keep_us_waiting(void **state) {
    (void)state;
    struct wi_buf out = {0};
    struct wi_spawn spawn = ROLE("leave-grandchild");
    struct wi_child_end end = run(&spawn, PATIENCE_MS, &out, NULL);
    assert_true(end.exited && !end.timed_out);
    assert_string_equal(wi_buf_str(&out), "gone");
    wi_buf_fini(&out);
}

static int stop_at_once(void *state, const char *bytes, size_t n) {
    (void)bytes;
    (void)n;
    ++*(int *)state;
    return WI_CORRUPT;
}

static void a_sink_that_refuses_stops_the_child(void **state) {
    (void)state;
    struct wi_child *child;
    struct wi_child_end end;
    int calls = 0;
    struct wi_spawn spawn = ROLE("say-and-hang");
    assert_int_equal(wi_os_spawn(&spawn, &child, NULL), WI_OK);
    assert_int_equal(wi_os_wait(child, NULL, stop_at_once, &calls, NULL, &end, NULL), WI_CORRUPT);
    assert_int_equal(calls, 1);
    assert_int_equal(end.code, SIGKILL);
    assert_false(end.timed_out);
    wi_os_child_destroy(child);
}

struct mover {
    volatile uint64_t deadline_ns;
    unsigned chunks;
};

/* Each chunk buys more time; then the sink pulls the deadline into the past. */
static int move_deadline(void *state, const char *bytes, size_t n) {
    struct mover *mover = state;
    (void)bytes;
    mover->chunks += (unsigned)n;
    mover->deadline_ns = mover->chunks < 3 ? 0 : 1;
    return 0;
}

static void a_sink_may_move_the_deadline(void **state) {
    (void)state;
    struct wi_child *child;
    struct wi_child_end end;
    struct mover mover = {wi_now_ns(&wi_clock_system) + (uint64_t)PATIENCE_MS * 1000000, 0};
    struct wi_spawn spawn = ROLE("say-thrice-and-hang");
    assert_int_equal(wi_os_spawn(&spawn, &child, NULL), WI_OK);
    assert_int_equal(wi_os_wait(child, &mover.deadline_ns, move_deadline, &mover, NULL, &end, NULL),
                     WI_OK);
    assert_int_equal(mover.chunks, 3);
    assert_true(end.timed_out);
    wi_os_child_destroy(child);
}

static void destroying_a_running_child_kills_it(void **state) {
    (void)state;
    int pipe_fds[2];
    char byte;
    assert_int_equal(pipe(pipe_fds), 0);
    fcntl(pipe_fds[0], F_SETFD, FD_CLOEXEC);
    struct wi_child *child;
    struct wi_spawn spawn = ROLE("hang"); /* inherits the write end */
    assert_int_equal(wi_os_spawn(&spawn, &child, NULL), WI_OK);
    close(pipe_fds[1]);
    wi_os_child_destroy(child);
    assert_int_equal(read(pipe_fds[0], &byte, 1), 0); /* nobody is left who could write */
    close(pipe_fds[0]);
    wi_os_child_destroy(NULL);
}

/* This test starts a parent, which starts a child that hangs and then kills itself. The pipe ends
 * only when nobody holds its write end, so its end is the child's death. */
static void a_child_dies_with_its_parent(void **state) {
    (void)state;
    int pipe_fds[2];
    char byte;
    assert_int_equal(pipe(pipe_fds), 0);
    fcntl(pipe_fds[0], F_SETFD, FD_CLOEXEC);
    struct wi_spawn spawn = ROLE("parent-that-is-killed");
    struct wi_child_end end = run(&spawn, PATIENCE_MS, NULL, NULL);
    close(pipe_fds[1]);
    assert_int_equal(end.code, SIGKILL);
    struct pollfd wait = {pipe_fds[0], POLLIN, 0};
    assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
    assert_int_equal(read(pipe_fds[0], &byte, 1), 0);
    close(pipe_fds[0]);
}

static void a_memory_limit_holds_in_the_child(void **state) {
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(WI_SANITIZED)
    skip(); /* a sanitizer needs terabytes of addresses, so the limit is left out */
#endif
    struct wi_buf out = {0};
    struct wi_spawn spawn = ROLE("map-a-gibibyte");
    run(&spawn, PATIENCE_MS, &out, NULL);
    assert_string_equal(wi_buf_str(&out), "mapped");
    wi_buf_clear(&out);
    spawn.memory_limit_bytes = (uint64_t)512 << 20;
    run(&spawn, PATIENCE_MS, &out, NULL);
    assert_string_equal(wi_buf_str(&out), "refused");
    wi_buf_fini(&out);
}

/* Last, since the flag stays up: an interrupt ends the wait and the child. */
static void an_interrupt_ends_the_wait(void **state) {
    (void)state;
    struct wi_child *child;
    struct wi_child_end end;
    struct wi_err err;
    wi_os_catch_interrupt();
    assert_int_equal(wi_os_interrupted(), 0);
    struct wi_spawn spawn = ROLE("hang");
    assert_int_equal(wi_os_spawn(&spawn, &child, NULL), WI_OK);
    raise(SIGTERM);
    assert_int_equal(wi_os_interrupted(), SIGTERM);
    assert_int_equal(wi_os_wait(child, NULL, NULL, NULL, NULL, &end, &err), WI_INTERRUPTED);
    assert_int_equal(end.code, SIGKILL);
    assert_false(end.timed_out);
    wi_os_child_destroy(child);
}

/* ---- the parts that children play ---- */

static void say(const char *text) {
    ssize_t ignored = write(STDOUT_FILENO, text, strlen(text));
    (void)ignored;
}

static _Noreturn void hang(void) {
    for (;;)
        pause();
}

static int play_echo(void) {
    char chunk[4096];
    ssize_t n;
    while ((n = read(STDIN_FILENO, chunk, sizeof(chunk))) > 0)
        for (ssize_t at = 0, put; at < n; at += put)
            if ((put = write(STDOUT_FILENO, chunk + at, (size_t)(n - at))) < 0)
                return 1;
    return 0;
}

static int play_parent(void) {
    struct wi_child *child;
    struct wi_spawn spawn = ROLE("hang");
    if (wi_os_spawn(&spawn, &child, NULL) == WI_OK) /* returns once the exec is done */
        raise(SIGKILL);
    return 1;
}

static int play_map(void) {
    void *p = mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    say(p == MAP_FAILED ? "refused" : "mapped");
    return 0;
}

static int play_crash(void) {
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    say("last words");
    signal(SIGSEGV, SIG_DFL); /* a sanitizer would catch it */
    raise(SIGSEGV);
    return 1;
}

static int play(const char *part) {
    if (strcmp(part, "talk") == 0) {
        fputs("to stdout\n", stdout);
        fputs("to stderr\n", stderr);
        return 7;
    }
    if (strcmp(part, "echo") == 0)
        return play_echo();
    if (strcmp(part, "env") == 0)
        return printf("%s|%s|%s", getenv("WI_TEST_A"), getenv("WI_TEST_B"), getenv("WI_TEST_C")) <
               0;
    if (strcmp(part, "hang") == 0)
        hang();
    if (strcmp(part, "crash") == 0)
        return play_crash();
    if (strcmp(part, "close-and-hang") == 0) {
        close(STDOUT_FILENO);
        close(STDERR_FILENO);
        hang();
    }
    if (strcmp(part, "leave-grandchild") == 0) {
        if (fork() == 0)
            hang();
        say("gone");
        return 0;
    }
    if (strcmp(part, "say-and-hang") == 0) {
        say("hello");
        hang();
    }
    if (strcmp(part, "say-thrice-and-hang") == 0) {
        say("abc");
        hang();
    }
    if (strcmp(part, "parent-that-is-killed") == 0)
        return play_parent();
    if (strcmp(part, "map-a-gibibyte") == 0)
        return play_map();
    fprintf(stderr, "no such part: %s\n", part);
    return 99;
}

int main(int argc, char **argv) {
    if (wi_os_self_path(self, sizeof(self), NULL) != WI_OK)
        return 1;
    if (argc > 1)
        return play(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_errors_and_exit_code_come_back),
        cmocka_unit_test(large_input_comes_back_as_large_output),
        cmocka_unit_test(environment_is_added_and_replaced),
        cmocka_unit_test(a_missing_program_is_not_found),
        cmocka_unit_test(a_program_that_reads_nothing_gets_an_empty_input),
        cmocka_unit_test(a_hanging_child_is_killed_at_its_deadline),
        cmocka_unit_test(a_crash_is_told_by_its_signal),
        cmocka_unit_test(a_child_that_closes_stdout_and_stays_still_meets_its_deadline),
        cmocka_unit_test(a_grandchild_does_not_keep_us_waiting),
        cmocka_unit_test(a_sink_that_refuses_stops_the_child),
        cmocka_unit_test(a_sink_may_move_the_deadline),
        cmocka_unit_test(destroying_a_running_child_kills_it),
        cmocka_unit_test(a_child_dies_with_its_parent),
        cmocka_unit_test(a_memory_limit_holds_in_the_child),
        cmocka_unit_test(an_interrupt_ends_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
