/* test_recording.c: folders that strangers made: one clear sentence each, and no harm.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/probes/recorded.h"

static int load(struct made *m, struct wi_err *err) {
    struct wi_recording *recording = NULL;
    int status = wi_recording_load(m->folder, &recording, err);
    assert_int_equal(status == WI_OK, recording != NULL);
    wi_recording_destroy(recording);
    return status;
}

static void put(struct made *m, const char *name, const char *bytes, size_t n) {
    struct wi_err err = {0};
    const char *path = wi_arena_printf(m->arena, "%s/%s", m->folder, name);
    if (wi_os_write_file(path, bytes, n, &err) != WI_OK)
        fail_msg("%s", err.message);
}

static void run(struct made *m, const char *script) {
    const char *command = wi_arena_printf(m->arena, "cd %s && %s", m->folder, script);
    assert_int_equal(system(command), 0);
}

static void damaged_files_are_named_with_their_line(void **state) {
    static const struct {
        const char *file, *text, *expected;
    } cases[] = {
        {"machine.kv", "redacted=yes\n", "/machine.kv: no line format=1"},
        {"machine.kv", "format=2\n", "/machine.kv: format=2, and this program reads format 1"},
        {"machine.kv", "format=1\nno equals sign\n", "/machine.kv: line 2: "},
        {"machine.kv", "format=-1\n", "/machine.kv: no line format=1"},
        {"values.kv", "a=1\n\nA=2\n", "/values.kv: line 3: a key holds only"},
        {"values.kv", "a=bad \\q escape\n", "/values.kv: line 1: "},
        {"values.kv", "a=1\na=2\n", "/values.kv: a is there twice"},
        {"dirs.kv", "0.path=/sys\n", "/dirs.kv: 0.path and 0.names"},
        {"dirs.kv", "1.path=/sys\n1.names=a\n", "/dirs.kv: 0.path and 0.names"},
        {"dirs.kv", "0.path=/sys/../etc\n0.names=a\n", "/dirs.kv: 0.path is no plain"},
        {"dirs.kv", "0.path=sys\n0.names=a\n", "/dirs.kv: 0.path is no plain"},
        {"dirs.kv", "0.path=/sys\n0.names=a/../b\n", "/dirs.kv: 0.names holds"},
        {"dirs.kv", "0.path=/sys\n0.names=a//b\n", "/dirs.kv: 0.names holds"},
        {"dirs.kv", "0.path=/a\n0.names=\n1.path=/a\n1.names=\n", "/dirs.kv: 1.path was there"},
        {"absent.txt", "# fine\nmissing file /a\nlost file /b\n", "/absent.txt: line 3: "},
        {"absent.txt", "missing file ../b\n", "/absent.txt: line 1: "},
        {"absent.txt", "missing pipe /b\n", "/absent.txt: line 1: "},
        {"absent.txt", "denied\n", "/absent.txt: line 1: "},
        {"vulkan.kv", "vulkan.status\n", "/vulkan.kv: line 1: "},
    };
    struct made *m = *state;
    for (size_t i = 0; i < WI_COUNT(cases); i++) {
        struct wi_err err = {0};
        const char *expected = wi_arena_printf(m->arena, "%s%s", m->folder, cases[i].expected);
        put(m, "machine.kv", "format=1\n", 9);
        put(m, cases[i].file, cases[i].text, strlen(cases[i].text));
        int status = load(m, &err);
        if (status != WI_CORRUPT || strncmp(err.message, expected, strlen(expected)) != 0)
            fail_msg("%s \"%s\": status %d, \"%s\", not \"%s\"", cases[i].file, cases[i].text,
                     status, err.message, expected);
        run(m, "rm *");
    }
}

static void nul_bytes_are_refused_in_text_and_kept_in_files(void **state) {
    struct made *m = *state;
    struct wi_err err = {0};
    put(m, "machine.kv", "format=1\n", 9);
    run(m, "mkdir root");
    put(m, "root/bytes", "a\0b", 3);
    assert_int_equal(load(m, &err), WI_OK);
    put(m, "hwloc.xml", "<a\0b>", 5);
    assert_int_equal(load(m, &err), WI_CORRUPT);
    assert_non_null(strstr(err.message, "/hwloc.xml: "));
    run(m, "rm hwloc.xml");
    put(m, "values.kv", "a=1\0\n", 5);
    assert_int_equal(load(m, &err), WI_CORRUPT);
    assert_non_null(strstr(err.message, "/values.kv: line 1"));
}

static void links_and_pipes_are_refused_wherever_they_are(void **state) {
    static const struct {
        const char *script, *named;
    } cases[] = {
        {"ln -s /etc/passwd values.kv", "/values.kv: "},
        {"ln -s / root", "/root: "},
        {"mkdir -p root/etc && ln -s /etc/passwd root/etc/passwd", "/root/etc/passwd: "},
        {"mkdir root && mkfifo root/pipe", "/root/pipe: "},
        {"mkdir root && truncate -s 1T root/huge", "/root/huge: larger"},
        {"mkdir -p root/$(yes d | head -60 | tr '\\n' /)", "nested too deep"},
    };
    struct made *m = *state;
    for (size_t i = 0; i < WI_COUNT(cases); i++) {
        struct wi_err err = {0};
        put(m, "machine.kv", "format=1\n", 9);
        run(m, cases[i].script);
        int status = load(m, &err);
        if (status != WI_CORRUPT || !strstr(err.message, cases[i].named))
            fail_msg("%s: status %d, \"%s\"", cases[i].script, status, err.message);
        run(m, "rm -rf *");
    }
}

static void endless_lists_are_refused(void **state) {
    struct made *m = *state;
    struct wi_err err = {0};
    put(m, "machine.kv", "format=1\n", 9);
    run(m, "seq -f 'v%g=1' 30000 >values.kv");
    assert_int_equal(load(m, &err), WI_CORRUPT);
    assert_non_null(strstr(err.message, "/values.kv: more than 20000 lines"));
    run(m, "rm values.kv; seq -f 'missing file /%g' 30000 >absent.txt");
    assert_int_equal(load(m, &err), WI_CORRUPT);
    assert_non_null(strstr(err.message, "/absent.txt: more than 20000 lines"));
}

static void notes_beside_a_recording_do_no_harm(void **state) {
    struct made *m = *state;
    struct wi_err err = {0};
    put(m, "machine.kv", "# composed\nformat=1\n", 20);
    put(m, "README", "not\0 a kv", 9);
    assert_int_equal(load(m, &err), WI_OK);
}

static void a_file_that_is_also_called_absent_is_there(void **state) {
    struct made *m = *state;
    struct wi_err err = {0};
    struct wi_env *env;
    put(m, "machine.kv", "format=1\n", 9);
    put(m, "absent.txt", "denied file /a\ndenied folder /a\ndenied value user\n", 50);
    run(m, "mkdir root && echo here >root/a");
    assert_int_equal(wi_env_replay(m->folder, &env, &err), WI_OK);
    enum wi_known known;
    assert_null(wi_env_value(env, m->arena, "user", &known));
    assert_int_equal(known, WI_KNOWN_denied);
    assert_non_null(wi_env_text(env, m->arena, "/a", &known));
    wi_env_destroy(env);
}

static void saving_never_leaves_the_folder(void **state) {
    struct made *m = *state;
    struct wi_err err = {0};
    /* A link that was put into the folder meanwhile is not followed. */
    run(m, "ln -s /tmp/weighin-must-not-appear machine.kv");
    wi_kv_set(&m->recording->machine, "format", "1");
    assert_int_equal(wi_recording_save(m->recording, m->folder, &err), WI_IO);
    assert_false(wi_os_exists("/tmp/weighin-must-not-appear"));
    assert_non_null(strstr(err.message, "machine.kv"));
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, made_setup, made_teardown)
    const struct CMUnitTest tests[] = {
        T(damaged_files_are_named_with_their_line),
        T(nul_bytes_are_refused_in_text_and_kept_in_files),
        T(links_and_pipes_are_refused_wherever_they_are),
        T(endless_lists_are_refused),
        T(notes_beside_a_recording_do_no_harm),
        T(a_file_that_is_also_called_absent_is_there),
        T(saving_never_leaves_the_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
