/* test_progress.c: what stands on stderr while a run lasts: the time left, and nothing that moves
 * where nothing can.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/run_log.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What run_log.c needs of the program and these tests do not reach. */
const struct wi_command *const wi_commands[] = {NULL};

static const struct wi_model model = {.id = "gemma-2b"};
static const struct wi_plan_case asked = {.key = {.model = &model,
                                                  .precision = WI_FORMAT_q4_0,
                                                  .phase = WI_PHASE_decode,
                                                  .depth = 512,
                                                  .compute_device_id = "cpu0"}};

/* stderr goes into a file from begin() to end(), which returns what was written. */
struct capture {
    FILE *file;
    int saved;
    char text[4096];
};

static void begin(struct capture *c) {
    fflush(stderr);
    c->file = tmpfile();
    assert_non_null(c->file);
    c->saved = dup(2);
    dup2(fileno(c->file), 2);
}

static const char *end(struct capture *c) {
    fflush(stderr);
    dup2(c->saved, 2);
    close(c->saved);
    rewind(c->file);
    c->text[fread(c->text, 1, sizeof c->text - 1, c->file)] = '\0';
    fclose(c->file);
    return c->text;
}

static void the_status_says_how_much_time_is_left(void **state) {
    (void)state;
    struct wi_run_log log = {.case_count = 12, .done = 3, .progress = {.live = true}};
    const struct wi_run_sink sink = wi_run_log_sink(&log);
    struct capture c;
    begin(&c);
    sink.progress(sink.state, &asked, "sample", 200);
    assert_string_equal(end(&c), "[3/12] about 3 min 20 s left: gemma-2b q4_0 decode at depth 512 "
                                 "on cpu0, sample");
    wi_buf_fini(&log.progress.shown);
}

static void a_status_is_written_over_and_goes_at_the_end(void **state) {
    (void)state;
    struct wi_progress p = {.live = true};
    struct wi_buf line = {0};
    struct capture c;
    wi_buf_puts(&line, "stays\n");
    begin(&c);
    wi_progress_status(&p, "one");
    wi_progress_status(&p, "two");
    wi_progress_say(&p, &line);
    wi_progress_end(&p);
    wi_progress_status(&p, "late");
    assert_string_equal(end(&c), "one\r\x1b[Jtwo\r\x1b[Jstays\ntwo\r\x1b[J");
    wi_buf_fini(&line);
}

static void where_nothing_can_move_lines_say_the_time_left(void **state) {
    (void)state;
    struct wi_run_log log = {.case_count = 12, .done = 3};
    const struct wi_run_sink sink = wi_run_log_sink(&log);
    struct capture c;
    begin(&c);
    sink.progress(sink.state, &asked, "sample", 200);
    sink.forecast(sink.state, 260);
    sink.warning(sink.state, "a driver says \x1b[31m\r");
    wi_run_log_stop(&log);
    assert_string_equal(end(&c),
                        "forecast: about 4 min 20 s in all, now that this device's limits are "
                        "known\nweighin: warning: a driver says <U+001B>[31m<U+000D>\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_says_how_much_time_is_left),
        cmocka_unit_test(a_status_is_written_over_and_goes_at_the_end),
        cmocka_unit_test(where_nothing_can_move_lines_say_the_time_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
