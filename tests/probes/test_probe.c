/* test_probe.c: the whole probe: a machine and its recording print the same.
 * SPDX-License-Identifier: Apache-2.0
 *
 * This program is also the child that asks GPU drivers ("gpu-probe API"), as weighin itself is.
 * With WEIGHIN_UPDATE_GOLDEN=1 the golden texts are written instead of compared; review the
 * difference. */
#include "tests/probes/recorded.h"

#include "probes/facts.h"
#include "probes/probe.h"

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
    (void)state;
    struct wi_arena *arena = wi_arena_create();
    struct wi_err err = {0};
    char **names;
    size_t count, missing = 0;
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

/* ---- the recorded machines, each with what is special ---- */

static struct wi_inventory *probe_replayed(const char *machine) {
    char folder[512];
    struct wi_env *env;
    struct wi_inventory *inventory = NULL;
    struct wi_err err = {0};
    snprintf(folder, sizeof(folder), MACHINES "/%s", machine);
    if (wi_env_replay(folder, &env, &err) != WI_OK ||
        wi_probe(env, NULL, &inventory, &err) != WI_OK)
        fail_msg("%s", err.message);
    wi_env_destroy(env);
    return inventory;
}

static void expect_kind(const struct wi_cpu *cpu, size_t which, const char *name, unsigned cores,
                        unsigned threads, uint64_t mhz, unsigned first_cpu) {
    assert_true(which < cpu->kind_count);
    const struct wi_core_kind *k = &cpu->kinds[which];
    assert_string_equal(k->name, name);
    assert_int_equal(k->cores, cores);
    assert_int_equal(k->threads, threads);
    assert_int_equal(k->max_mhz.value, mhz);
    assert_int_equal(k->cpus[0], first_cpu);
}

static void performance_and_efficiency_cores_are_told_apart(void **state) {
    (void)state;
    struct wi_inventory *i = probe_replayed("laptop-i7-1260p");
    static const unsigned order[] = {0, 2, 4, 6, 1, 3, 5, 7};
    assert_int_equal(i->cpu.cores, 12);
    assert_int_equal(i->cpu.threads, 16);
    assert_int_equal(i->cpu.kind_count, 2);
    expect_kind(&i->cpu, 0, "performance", 4, 8, 4700, 0);
    expect_kind(&i->cpu, 1, "efficiency", 8, 8, 3400, 8);
    assert_memory_equal(i->cpu.kinds[0].cpus, order, sizeof(order));
    assert_int_equal(i->memory.form, WI_FORM_laptop);
    wi_arena_destroy(i->arena);
    i = probe_replayed("phone-snapdragon8gen3");
    assert_int_equal(i->cpu.kind_count, 3);
    expect_kind(&i->cpu, 0, "performance", 1, 1, 3302, 7);
    expect_kind(&i->cpu, 1, "mid", 5, 5, 3148, 2);
    expect_kind(&i->cpu, 2, "efficiency", 2, 2, 2265, 0);
    assert_int_equal(i->memory.form, WI_FORM_phone);
    wi_arena_destroy(i->arena);
}

static void nodes_and_shared_caches_are_counted(void **state) {
    (void)state;
    struct wi_inventory *i = probe_replayed("server-2x-epyc-7313");
    assert_int_equal(i->cpu.packages, 2);
    assert_int_equal(i->cpu.numa_nodes, 8);
    assert_int_equal(i->cpu.cores, 32);
    assert_int_equal(i->cpu.threads, 64);
    const struct wi_cpu_cache *last = &i->cpu.caches[i->cpu.cache_count - 1];
    assert_int_equal(last->level, 3);
    assert_int_equal(last->bytes, 32 << 20);
    assert_int_equal(last->instances, 8);
    assert_int_equal(last->shared_threads, 8);
    assert_int_equal(i->memory.form, WI_FORM_server);
    wi_arena_destroy(i->arena);
}

static void a_container_is_held_to_its_limits(void **state) {
    (void)state;
    struct wi_inventory *i = probe_replayed("container-2gib-on-vm");
    assert_int_equal(i->memory.limit_bytes.value, UINT64_C(2) << 30);
    assert_true(i->cpu.quota_cpus.value == 2);
    assert_int_equal(i->cpu.threads, 8);
    assert_int_equal(i->memory.form, WI_FORM_vm);
    assert_true(i->cpu.isa & WI_ISA_BIT(WI_ISA_avx512vl));
    wi_arena_destroy(i->arena);
}

static void a_board_is_known_by_its_chip(void **state) {
    (void)state;
    struct wi_inventory *i = probe_replayed("board-raspberry-pi-5");
    assert_string_equal(i->cpu.name, "BCM2712 (4x Cortex-A76)");
    assert_int_equal(i->cpu.isa, WI_ISA_BIT(WI_ISA_neon) | WI_ISA_BIT(WI_ISA_fp16) |
                                     WI_ISA_BIT(WI_ISA_dotprod));
    assert_int_equal(i->memory.form, WI_FORM_sbc);
    wi_arena_destroy(i->arena);
}

/* ---- what is missing or broken ---- */

static struct wi_inventory *probe_made(struct made *m, const struct wi_probe_options *options) {
    struct wi_env *env = made_env(m);
    struct wi_inventory *inventory = NULL;
    struct wi_err err = {0};
    if (wi_probe(env, options, &inventory, &err) != WI_OK)
        fail_msg("%s", err.message);
    wi_env_destroy(env);
    m->recording = wi_recording_create();
    return inventory;
}

/* Of a made machine, freed with the test. */
static const char *print_made(struct made *m, const struct wi_probe_options *options) {
    struct wi_inventory *inventory = probe_made(m, options);
    struct wi_buf out = {0};
    wi_probe_print(inventory, &out);
    const char *text = wi_arena_strdup(m->arena, wi_buf_str(&out));
    wi_buf_fini(&out);
    wi_arena_destroy(inventory->arena);
    return text;
}

static void expect_line(const char *text, const char *line) {
    if (!strstr(text, line))
        fail_msg("no \"%s\" in:\n%s", line, text);
}

static void a_machine_that_says_nothing_is_probed(void **state) {
    struct made *m = *state;
    struct wi_inventory *i = probe_made(m, NULL);
    assert_string_equal(i->name, "unnamed device");
    assert_int_equal(i->backends[WI_BACKEND_cpu].status, WI_CASE_ok);
    assert_int_equal(i->backends[WI_BACKEND_null].status, WI_CASE_ok);
    assert_int_equal(i->backends[WI_BACKEND_vulkan].status, WI_CASE_unavailable);
    assert_non_null(i->backends[WI_BACKEND_vulkan].reason);
    assert_non_null(i->backends[WI_BACKEND_opencl].advice);
    for (size_t k = 1; k < i->facts.count; k++)
        assert_true(strcmp(i->facts.items[k - 1].key, i->facts.items[k].key) < 0);
    wi_arena_destroy(i->arena);
    const char *text = print_made(m, NULL);
    expect_line(text, "\nNo GPU\n");
    expect_line(text, "  total         unknown, unknown available now\n");
    expect_line(text, "  source        random (weak)\n");
    expect_line(text, "--asset ID");
}

static void a_crashed_driver_is_told_with_what_to_do(void **state) {
    struct made *m = *state;
    add_answer(m, "vulkan",
               "vulkan.icd_count=1\nvulkan.icd.0.file=/usr/share/vulkan/icd.d/bad.json\n"
               "vulkan.icd.0.state=crashed\nvulkan.status=crashed\n"
               "vulkan.reason=the driver was killed by signal 11\n");
    const char *text = print_made(m, NULL);
    expect_line(text, "  vulkan        crashed: the driver was killed by signal 11\n"
                      "                advice: /usr/share/vulkan/icd.d/bad.json crashes: reinstall "
                      "or\n                remove that driver\n");
    expect_line(text, "  cpu           ok\n");
}

static void a_software_device_is_no_gpu(void **state) {
    struct made *m = *state;
    add_answer(m, "vulkan",
               "vulkan.status=ok\nvulkan.device_count=1\nvulkan.device.0.type=cpu\n"
               "vulkan.device.0.name=llvmpipe (LLVM 15.0.6, 256 bits)\n");
    const char *text = print_made(m, NULL);
    expect_line(text, "\nNo GPU\n\nSoftware device sw0: llvmpipe (LLVM 15.0.6, 256 bits)\n"
                      "  NOT A GPU     runs on the processor; it never lifts a tier\n");
}

static void gpus_that_were_not_asked_for_are_not_said_to_be_missing(void **state) {
    struct wi_probe_options options = {.skip_gpu = true};
    const char *text = print_made(*state, &options);
    expect_line(text, "\nGPUs were not looked for\n");
    assert_null(strstr(text, "No GPU"));
    expect_line(text, "  vulkan        skipped: ");
}

static int interrupted(void *state, const char *api, struct wi_buf *kv, struct wi_err *err) {
    (void)state;
    (void)kv;
    return wi_fail(err, WI_INTERRUPTED, "%s: interrupted", api);
}

static void an_interrupted_probe_leaves_nothing(void **state) {
    struct wi_env *env = made_env(*state);
    struct wi_inventory *inventory = NULL;
    struct wi_err err = {0};
    env->gpu_answer = interrupted;
    assert_int_equal(wi_probe(env, NULL, &inventory, &err), WI_INTERRUPTED);
    assert_null(inventory);
    wi_env_destroy(env);
}

/* What terminals do with it is the maker's business no more. */
static void hostile_names_print_as_text(void **state) {
    struct made *m = *state;
    add_file(m, "/sys/class/dmi/id/sys_vendor", "\x1b[2Jevil\n");
    add_file(m, "/sys/class/dmi/id/product_name", "%s%n%s\r\n");
    add_file(m, "/proc/cpuinfo", "model name : \x1b]0;x\x07 %n\nmicrocode : \x1b[1m\n");
    add_value(m, "storage:", "path=/a\x1b[31m\nfree=1\ntotal=2\n");
    add_value(m, "uname.machine", "\x1b[5m");
    for (const char *p = print_made(m, NULL); *p; p++)
        if ((unsigned char)*p < ' ' && *p != '\n')
            fail_msg("control character %d", *p);
}

/* ---- the form of the text ---- */

/* A line is longer than a terminal only where one word is. */
static void check_line(const char *line, size_t n) {
    if (n > 0 && line[n - 1] == ' ')
        fail_msg("blank at the end of: %.*s", (int)n, line);
    if (n > 80 && line[0] == ' ' && memchr(line + 16, ' ', n - 16))
        fail_msg("too long: %.*s", (int)n, line);
}

static void lines_are_short_and_end_without_blanks(void **state) {
    struct made *m = *state;
    char **names;
    size_t count;
    assert_int_equal(wi_os_list_dir(MACHINES, m->arena, &names, &count, NULL), WI_OK);
    for (size_t i = 0; i < count; i++) {
        struct wi_buf text = print_replayed(wi_arena_printf(m->arena, MACHINES "/%s", names[i]));
        for (const char *p = wi_buf_str(&text); *p;) {
            size_t n = strcspn(p, "\n");
            check_line(p, n);
            p += n + (p[n] == '\n');
        }
        wi_buf_fini(&text);
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
#define T(test) cmocka_unit_test_setup_teardown(test, made_setup, made_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_machine_and_its_raw_recording_print_the_same),
        cmocka_unit_test(a_redacted_recording_prints_the_same_each_time),
        cmocka_unit_test(every_recorded_machine_prints_its_golden_text),
        cmocka_unit_test(performance_and_efficiency_cores_are_told_apart),
        cmocka_unit_test(nodes_and_shared_caches_are_counted),
        cmocka_unit_test(a_container_is_held_to_its_limits),
        cmocka_unit_test(a_board_is_known_by_its_chip),
        T(a_machine_that_says_nothing_is_probed),
        T(a_crashed_driver_is_told_with_what_to_do),
        T(a_software_device_is_no_gpu),
        T(gpus_that_were_not_asked_for_are_not_said_to_be_missing),
        T(an_interrupted_probe_leaves_nothing),
        T(hostile_names_print_as_text),
        T(lines_are_short_and_end_without_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
