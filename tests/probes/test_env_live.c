/* test_env_live.c: this machine through the hooks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/kv.h"
#include "base/os.h"
#include "base/units.h"
#include "probes/env.h"
#include "probes/env_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct live {
    struct wi_env *env;
    struct wi_arena *arena;
    char folder[64];
};

static int setup(void **state) {
    struct live *l = calloc(1, sizeof(*l));
    struct wi_err err;
    l->arena = wi_arena_create();
    snprintf(l->folder, sizeof(l->folder), "/tmp/weighin-env-XXXXXX");
    *state = l;
    return mkdtemp(l->folder) && wi_env_live(&l->env, &err) == WI_OK ? 0 : -1;
}

static int teardown(void **state) {
    struct live *l = *state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", l->folder);
    wi_env_destroy(l->env);
    wi_arena_destroy(l->arena);
    free(l);
    return system(command);
}

static const char *value(void **state, const char *name) {
    struct live *l = *state;
    return wi_env_value(l->env, l->arena, name, NULL);
}

static void files_of_the_system_are_read(void **state) {
    struct live *l = *state;
    enum wi_known known;
    const char *text = wi_env_text(l->env, l->arena, "/proc/self/status", &known);
    assert_int_equal(known, WI_KNOWN_known);
    assert_non_null(strstr(text, "VmRSS"));
}

static void a_missing_file_is_no_such_thing_and_a_folder_unreadable(void **state) {
    struct live *l = *state;
    enum wi_known known;
    assert_null(wi_env_text(l->env, l->arena, "/no/such/file", &known));
    assert_int_equal(known, WI_KNOWN_not_applicable);
    assert_null(wi_env_text(l->env, l->arena, "/proc", &known));
    assert_int_equal(known, WI_KNOWN_unknown);
}

static void paths_that_could_leave_a_recording_are_refused(void **state) {
    struct live *l = *state;
    struct wi_buf text = {0};
    static const char *const bad[] = {"proc/cpuinfo",
                                      "",
                                      "/",
                                      "//proc/cpuinfo",
                                      "/proc/./cpuinfo",
                                      "/proc/../proc/cpuinfo",
                                      "/proc/cpuinfo/",
                                      "/proc/.."};
    for (size_t i = 0; i < WI_COUNT(bad); i++) {
        if (wi_env_path_ok(bad[i]))
            fail_msg("\"%s\" was accepted", bad[i]);
        assert_int_equal(l->env->read_file(l->env->state, bad[i], &text), WI_IO);
    }
    assert_true(wi_env_path_ok("/sys/bus/pci/devices/0000:01:00.0/..hidden"));
    wi_buf_fini(&text);
}

static void folders_are_listed_in_order(void **state) {
    struct live *l = *state;
    size_t count = 0;
    char **names = wi_env_names(l->env, l->arena, "/proc/self", &count);
    assert_true(count > 3);
    for (size_t i = 1; i < count; i++)
        assert_true(strcmp(names[i - 1], names[i]) < 0);
    assert_null(names[count]);
    names = wi_env_names(l->env, l->arena, "/no/such/folder", &count);
    assert_int_equal(count, 0);
    assert_null(names[0]);
}

static void every_documented_value_answers(void **state) {
    static const char *const names[] = {
        "uname.sysname",  "uname.release", "uname.version", "uname.machine", "utc_ns",
        "mono_ns",        "auxv.hwcap",    "auxv.hwcap2",   "online_cpus",   "page_size",
        "sched_affinity", "uid",           "random",        "statvfs:/",     "storage:"};
    for (size_t i = 0; i < WI_COUNT(names); i++)
        if (!value(state, names[i]))
            fail_msg("value \"%s\" does not answer", names[i]);
    assert_string_equal(value(state, "asset:LAB-0042"), "LAB-0042");
    assert_null(value(state, "asset:"));
    assert_null(value(state, "no_such_value"));
    assert_null(value(state, "uname.nodename"));
}

static void affinity_is_a_list_of_ranges(void **state) {
    const char *text = value(state, "sched_affinity");
    assert_non_null(text);
    assert_int_equal(strspn(text, "0123456789,-"), strlen(text));
}

static void cpuid_lines_have_the_documented_form(void **state) {
    struct live *l = *state;
    const char *text = value(state, "cpuid");
#if defined(__x86_64__)
    struct wi_kv kv;
    struct wi_err err;
    unsigned r[4];
    char end;
    wi_kv_init(&kv, l->arena);
    assert_int_equal(wi_kv_parse(&kv, text, strlen(text), &err), WI_OK);
    const char *leaf = wi_kv_get(&kv, "00000001.0");
    assert_non_null(leaf);
    assert_int_equal(sscanf(leaf, "%8x %8x %8x %8x%c", &r[0], &r[1], &r[2], &r[3], &end), 4);
    assert_true(r[3] & 1u << 26); /* SSE2: all of x86-64 has it */
    const char *xcr0 = wi_kv_get(&kv, "xcr0");
    assert_int_equal(xcr0 != NULL, (r[2] >> 27 & 1) != 0);
    assert_true(!xcr0 || strlen(xcr0) == 16);
#else
    (void)l;
    assert_null(text);
#endif
}

static void storage_is_that_of_the_nearest_folder_that_exists(void **state) {
    struct live *l = *state;
    const char *here = value(state, wi_arena_printf(l->arena, "storage:%s", l->folder));
    const char *below = value(state, wi_arena_printf(l->arena, "storage:%s/a/b/c", l->folder));
    assert_non_null(here);
    assert_non_null(below);
    const char *path = wi_arena_printf(l->arena, "path=%s\n", l->folder);
    assert_memory_equal(here, path, strlen(path));
    assert_memory_equal(below, path, strlen(path));
    assert_non_null(value(state, "storage:no-such-folder-in-the-current-one"));
}

static void a_saved_device_id_is_read_back(void **state) {
    struct live *l = *state;
    struct wi_err err = {0};
    const char *dir = wi_arena_printf(l->arena, "%s/state/weighin", l->folder);
    const char *name = wi_arena_printf(l->arena, "device_id:%s", dir);
    assert_null(value(state, name));
    assert_int_equal(l->env->save_device_id(l->env->state, dir, "abc", &err), WI_OK);
    assert_string_equal(value(state, name), "abc");
}

static void the_users_state_folder_follows_xdg(void **state) {
    struct live *l = *state;
    if (wi_os_is_root())
        skip(); /* root's is /var/lib/weighin, which a test leaves alone */
    struct wi_err err = {0};
    assert_int_equal(setenv("XDG_STATE_HOME", l->folder, 1), 0);
    assert_int_equal(l->env->save_device_id(l->env->state, "", "xyz", &err), WI_OK);
    assert_true(wi_os_exists(wi_arena_printf(l->arena, "%s/weighin/device-id", l->folder)));
    assert_string_equal(value(state, "device_id:"), "xyz");
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(files_of_the_system_are_read),
        T(a_missing_file_is_no_such_thing_and_a_folder_unreadable),
        T(paths_that_could_leave_a_recording_are_refused),
        T(folders_are_listed_in_order),
        T(every_documented_value_answers),
        T(affinity_is_a_list_of_ranges),
        T(cpuid_lines_have_the_documented_form),
        T(storage_is_that_of_the_nearest_folder_that_exists),
        T(a_saved_device_id_is_read_back),
        T(the_users_state_folder_follows_xdg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
