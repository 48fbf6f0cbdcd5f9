/* test_probe.c: the whole probe: a machine and its recording print the same.
 * SPDX-License-Identifier: Apache-2.0
 *
 * This program is also the child that asks GPU drivers ("gpu-probe API"), as weighin itself is.
 * With WEIGHIN_UPDATE_GOLDEN=1 the golden texts are written instead of compared; review the
 * difference. */
#include "tests/test.h"

#include "base/os.h"
#include "probes/env.h"
#include "probes/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MACHINES WEIGHIN_SOURCE_DIR "/tests/fixtures/machines"

/* The text of one probing; to be freed with wi_buf_fini. */
static struct wi_buf print(struct wi_env *env) {
    struct wi_probe_options options = {0};
    struct wi_inventory *inventory = NULL;
    struct wi_buf out = {0};
    struct wi_err err = {0};
    if (wi_probe(env, &options, &inventory, &err) != WI_OK)
        fail_msg("%s", err.message);
    wi_probe_print(inventory, &out);
    wi_arena_destroy(inventory->arena);
    return out;
}

static struct wi_buf print_replayed(const char *folder) {
    struct wi_env *env;
    struct wi_err err = {0};
    if (wi_env_replay(folder, &env, &err) != WI_OK)
        fail_msg("%s", err.message);
    struct wi_buf out = print(env);
    wi_env_destroy(env);
    return out;
}

static struct wi_buf print_recorded(const char *folder, bool raw) {
    struct wi_env *env;
    struct wi_err err = {0};
    if (wi_env_record(folder, raw, &env, &err) != WI_OK)
        fail_msg("%s", err.message);
    struct wi_buf out = print(env);
    if (wi_env_finish(env, &err) != WI_OK)
        fail_msg("%s", err.message);
    wi_env_destroy(env);
    return out;
}

static void remove_folder(const char *folder) {
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

static void this_machine_and_its_raw_recording_print_the_same(void **state) {
    (void)state;
    char folder[] = "/tmp/weighin-probe-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct wi_buf live = print_recorded(folder, true), replayed = print_replayed(folder);
    assert_string_equal(wi_buf_str(&replayed), wi_buf_str(&live));
    remove_folder(folder);
    wi_buf_fini(&live);
    wi_buf_fini(&replayed);
}

static void a_redacted_recording_prints_the_same_each_time(void **state) {
    (void)state;
    char folder[] = "/tmp/weighin-probe-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct wi_buf live = print_recorded(folder, false);
    struct wi_buf first = print_replayed(folder), second = print_replayed(folder);
    assert_string_equal(wi_buf_str(&second), wi_buf_str(&first));
    /* As many lines: a redacted serial is still a serial. */
    size_t lines = 0, redacted = 0;
    for (size_t i = 0; i < live.size; i++)
        lines += live.data[i] == '\n';
    for (size_t i = 0; i < first.size; i++)
        redacted += first.data[i] == '\n';
    assert_int_equal(redacted, lines);
    remove_folder(folder);
    wi_buf_fini(&live);
    wi_buf_fini(&first);
    wi_buf_fini(&second);
}

/* false: there is no golden text yet. */
static bool check_golden(const char *machine) {
    char folder[512], path[600];
    struct wi_buf golden = {0};
    struct wi_err err = {0};
    snprintf(folder, sizeof(folder), MACHINES "/%s", machine);
    snprintf(path, sizeof(path), "%s/machine.txt", folder);
    struct wi_buf text = print_replayed(folder);
    if (getenv("WEIGHIN_UPDATE_GOLDEN"))
        assert_int_equal(wi_os_write_file(path, wi_buf_str(&text), text.size, &err), WI_OK);
    bool there = wi_os_read_file(path, 0, &golden, &err) == WI_OK;
    if (there && strcmp(wi_buf_str(&text), wi_buf_str(&golden)) != 0)
        fail_msg("%s differs; it prints:\n%s", path, wi_buf_str(&text));
    wi_buf_fini(&text);
    wi_buf_fini(&golden);
    return there;
}

static void every_recorded_machine_prints_its_golden_text(void **state) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_err err = {0};
    char **names;
    size_t count, missing = 0;
    (void)state;
    assert_int_equal(wi_os_list_dir(MACHINES, arena, &names, &count, &err), WI_OK);
    for (size_t i = 0; i < count; i++)
        missing += !check_golden(names[i]);
    wi_arena_destroy(arena);
    if (missing) {
        print_message("%zu machines have no machine.txt: WEIGHIN_UPDATE_GOLDEN=1 writes them\n",
                      missing);
        skip();
    }
}

static int be_the_child(const char *api) {
    struct wi_buf out = {0};
    struct wi_err err = {0};
    int status = strcmp(api, "vulkan") == 0 ? wi_probe_vulkan_child(&out, &err)
                                            : wi_probe_opencl_child(&out, &err);
    fwrite(wi_buf_str(&out), 1, out.size, stdout);
    wi_buf_fini(&out);
    return status;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "gpu-probe") == 0)
        return be_the_child(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_machine_and_its_raw_recording_print_the_same),
        cmocka_unit_test(a_redacted_recording_prints_the_same_each_time),
        cmocka_unit_test(every_recorded_machine_prints_its_golden_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
