/* test_env.c: what was recorded is what a replay answers; what was not is not there.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/probes/recorded.h"

/* Everything that the hooks can say, so that two environments can be held against each other. */
static void tell_all(struct wi_env *env, struct wi_arena *arena, struct wi_buf *out) {
    static const char *const files[] = {"/etc/os-release",  "/sys/denied", "/sys/missing",
                                        "/sys/broken",      "/sys/empty",  "/sys/binary",
                                        "/never/looked/for"};
    static const char *const dirs[] = {"/sys/class/net", "/sys/class/none", "/sys/class/empty"};
    static const char *const values[] = {
        "uname.release", "utc_ns",  "statvfs:/data", "statvfs:/home", "storage:/a",
        "device_id:/b",  "asset:x", "cpuid",         "random",        "no.such"};
    struct wi_buf text = {0};
    struct wi_err err;
    for (size_t i = 0; i < WI_COUNT(files); i++) {
        int status = env->read_file(env->state, files[i], &text);
        wi_buf_printf(out, "%s %d %zu ", files[i], status, text.size);
        wi_buf_append(out, wi_buf_str(&text), text.size);
    }
    for (size_t i = 0; i < WI_COUNT(dirs); i++) {
        char **names;
        size_t count;
        int status = env->list_dir(env->state, dirs[i], arena, &names, &count);
        wi_buf_printf(out, "\n%s %d %zu", dirs[i], status, count);
        for (size_t k = 0; status == WI_OK && k < count; k++)
            wi_buf_printf(out, " %s", names[k]);
    }
    for (size_t i = 0; i < WI_COUNT(values); i++)
        wi_buf_printf(out, "\n%s %d %s", values[i], env->value(env->state, values[i], &text),
                      wi_buf_str(&text));
    wi_buf_printf(out, "\n%d %s", env->topology_xml(env->state, &text), wi_buf_str(&text));
    wi_buf_printf(out, "\n%d", env->gpu_answer(env->state, "vulkan", &text, &err));
    wi_buf_printf(out, " %s", wi_buf_str(&text));
    wi_buf_fini(&text);
}

static void add_everything(struct made *m) {
    add_file(m, "/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
    add_file(m, "/sys/empty", "");
    wi_recording_add(m->recording, &m->recording->files, "/sys/binary", WI_OK, "a\0b\n\r\xff", 6);
    add_no_file(m, "/sys/denied", WI_UNAVAILABLE);
    add_no_file(m, "/sys/missing", WI_NOT_FOUND);
    add_no_file(m, "/sys/broken", WI_IO);
    add_dir(m, "/sys/class/net", "eth0/lo/weird name=x");
    add_dir(m, "/sys/class/empty", "");
    wi_recording_add_dir(m->recording, "/sys/class/none", WI_UNAVAILABLE, NULL, 0);
    add_value(m, "uname.release", "6.1.0-25-amd64");
    add_value(m, "utc_ns", "1790000000000000000");
    add_value(m, "statvfs:/data", "10 20");
    add_value(m, "statvfs:/home", "1 2");
    add_value(m, "storage:", "path=/data\nfree=10\ntotal=20\n");
    add_value(m, "asset:", "LAB-0042");
    add_value(m, "cpuid", "00000001.0=1 2 3 4\nback\\slash");
    add_value(m, "random", "00ff");
    add_xml(m, "<topology version=\"2.0\"/>\n");
    add_answer(m, "vulkan", "vulkan.status=ok\n");
}

static void a_recording_replays_every_answer(void **state) {
    struct made *m = *state;
    struct wi_buf before = {0}, while_recording = {0}, after = {0};
    struct wi_env *env, *replay;
    struct wi_err err = {0};
    add_everything(m);
    struct wi_env *machine = made_env(m);
    tell_all(machine, m->arena, &before);
    if (wi_env_record_of(machine, m->folder, true, &env, &err) != WI_OK)
        fail_msg("%s", err.message);
    tell_all(env, m->arena, &while_recording);
    if (wi_env_finish(env, &err) != WI_OK)
        fail_msg("%s", err.message);
    wi_env_destroy(env);
    if (wi_env_replay(m->folder, &replay, &err) != WI_OK)
        fail_msg("%s", err.message);
    tell_all(replay, m->arena, &after);
    assert_string_equal(wi_buf_str(&while_recording), wi_buf_str(&before));
    assert_int_equal(after.size, before.size);
    assert_memory_equal(after.data, before.data, before.size);
    wi_env_destroy(replay);
    wi_buf_fini(&before);
    wi_buf_fini(&while_recording);
    wi_buf_fini(&after);
}

static void what_was_never_looked_for_is_not_found(void **state) {
    struct made *m = *state;
    struct wi_env *env = made_env(m);
    struct wi_buf text = {0};
    struct wi_err err = {0};
    char **names;
    size_t count = 7;
    assert_int_equal(env->read_file(env->state, "/proc/cpuinfo", &text), WI_NOT_FOUND);
    assert_int_equal(env->list_dir(env->state, "/proc", m->arena, &names, &count), WI_NOT_FOUND);
    assert_int_equal(count, 0);
    assert_int_equal(env->value(env->state, "utc_ns", &text), WI_NOT_FOUND);
    assert_int_equal(env->topology_xml(env->state, &text), WI_NOT_FOUND);
    assert_int_equal(env->gpu_answer(env->state, "vulkan", &text, &err), WI_NOT_FOUND);
    assert_non_null(strstr(err.message, "vulkan"));
    assert_null(env->save_device_id);
    wi_env_destroy(env);
    wi_buf_fini(&text);
}

/* A machine that never says the same twice. */
static int counting_value(void *state, const char *name, struct wi_buf *out) {
    unsigned *count = state;
    wi_buf_clear(out);
    wi_buf_printf(out, "%s %u", name, ++*count);
    return WI_OK;
}

static int counting_file(void *state, const char *path, struct wi_buf *out) {
    return counting_value(state, path, out);
}

static void a_second_look_while_recording_sees_what_the_first_saw(void **state) {
    struct made *m = *state;
    unsigned count = 0;
    struct wi_env *inner = calloc(1, sizeof(*inner)), *env;
    struct wi_buf first = {0}, second = {0};
    struct wi_err err = {0};
    *inner = (struct wi_env){.state = &count, .read_file = counting_file, .value = counting_value};
    assert_int_equal(wi_env_record_of(inner, m->folder, true, &env, &err), WI_OK);
    env->value(env->state, "utc_ns", &first);
    env->value(env->state, "utc_ns", &second);
    assert_string_equal(wi_buf_str(&first), wi_buf_str(&second));
    env->value(env->state, "storage:/here", &first);
    env->value(env->state, "storage:/there", &second);
    assert_string_equal(wi_buf_str(&first), wi_buf_str(&second));
    env->read_file(env->state, "/proc/stat", &first);
    env->read_file(env->state, "/proc/stat", &second);
    assert_string_equal(wi_buf_str(&first), wi_buf_str(&second));
    assert_int_equal(count, 3);
    wi_env_destroy(env);
    wi_buf_fini(&first);
    wi_buf_fini(&second);
}

static int no_answer(void *state, const char *api, struct wi_buf *kv, struct wi_err *err) {
    (void)state;
    wi_buf_clear(kv);
    return wi_fail(err, WI_INTERNAL, "%s: cannot start a child", api);
}

static void a_gpu_api_that_could_not_be_asked_says_so_again(void **state) {
    struct made *m = *state;
    struct wi_env *inner = calloc(1, sizeof(*inner)), *env, *replay;
    struct wi_buf text = {0};
    struct wi_err err = {0};
    *inner = (struct wi_env){.gpu_answer = no_answer};
    assert_int_equal(wi_env_record_of(inner, m->folder, true, &env, &err), WI_OK);
    assert_int_equal(env->gpu_answer(env->state, "vulkan", &text, &err), WI_INTERNAL);
    assert_int_equal(wi_env_finish(env, &err), WI_OK);
    wi_env_destroy(env);
    assert_int_equal(wi_env_replay(m->folder, &replay, &err), WI_OK);
    assert_int_equal(replay->gpu_answer(replay->state, "vulkan", &text, &err), WI_OK);
    assert_string_equal(wi_buf_str(&text),
                        "vulkan.status=unavailable\n"
                        "vulkan.reason=no answer: vulkan: cannot start a child\n");
    wi_env_destroy(replay);
    wi_buf_fini(&text);
}

static void a_folder_in_use_is_refused_before_anything_is_probed(void **state) {
    struct made *m = *state;
    struct wi_env *env = NULL;
    struct wi_err err = {0};
    assert_int_equal(wi_os_write_file(wi_arena_printf(m->arena, "%s/x", m->folder), "", 0, &err),
                     WI_OK);
    assert_int_equal(wi_env_record(m->folder, true, &env, &err), WI_USAGE);
    assert_null(env);
    assert_non_null(strstr(err.message, m->folder));
}

static void an_unfinished_recording_is_none(void **state) {
    struct made *m = *state;
    struct wi_env *env = NULL;
    struct wi_err err = {0};
    assert_int_equal(wi_env_replay(m->folder, &env, &err), WI_CORRUPT);
    assert_non_null(strstr(err.message, "machine.kv"));
    assert_int_equal(wi_env_replay("/no/such/recording", &env, &err), WI_NOT_FOUND);
    assert_non_null(strstr(err.message, "/no/such/recording"));
    assert_null(env);
}

/* The live machine, as far as the hooks go; the whole probe is held against its replay elsewhere.
 */
static void this_machine_is_recorded_and_replayed(void **state) {
    struct made *m = *state;
    struct wi_env *env, *replay;
    struct wi_buf a = {0}, b = {0};
    struct wi_err err = {0};
    static const char *const values[] = {"uname.release",  "utc_ns", "mono_ns",  "cpuid",
                                         "sched_affinity", "random", "storage:", "statvfs:/"};
    assert_int_equal(wi_env_record(m->folder, true, &env, &err), WI_OK);
    for (size_t i = 0; i < WI_COUNT(values); i++) {
        env->value(env->state, values[i], &b);
        wi_buf_puts(&a, wi_buf_str(&b));
    }
    wi_buf_puts(&a, wi_env_text(env, m->arena, "/proc/meminfo", NULL));
    assert_int_equal(wi_env_finish(env, &err), WI_OK);
    wi_env_destroy(env);
    assert_int_equal(wi_env_replay(m->folder, &replay, &err), WI_OK);
    struct wi_buf again = {0};
    for (size_t i = 0; i < WI_COUNT(values); i++) {
        replay->value(replay->state, values[i], &b);
        wi_buf_puts(&again, wi_buf_str(&b));
    }
    wi_buf_puts(&again, wi_env_text(replay, m->arena, "/proc/meminfo", NULL));
    assert_string_equal(wi_buf_str(&again), wi_buf_str(&a));
    wi_env_destroy(replay);
    wi_buf_fini(&a);
    wi_buf_fini(&b);
    wi_buf_fini(&again);
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, made_setup, made_teardown)
    const struct CMUnitTest tests[] = {
        T(a_recording_replays_every_answer),
        T(what_was_never_looked_for_is_not_found),
        T(a_second_look_while_recording_sees_what_the_first_saw),
        T(a_gpu_api_that_could_not_be_asked_says_so_again),
        T(a_folder_in_use_is_refused_before_anything_is_probed),
        T(an_unfinished_recording_is_none),
        T(this_machine_is_recorded_and_replayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
