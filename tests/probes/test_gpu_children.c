/* test_gpu_children.c: real loaders, with drivers of our own behind them that answer, crash or
 * hang. SPDX-License-Identifier: Apache-2.0
 *
 * gpu_probe_child stands for the weighin binary. A test whose loader is not installed is skipped.
 */
#include "tests/probes/gpu_machine.h"

#define ICD(name) WEIGHIN_ICD_DIR "/" name
#define GPU(name) "WEIGHIN_ICD_KV=" WEIGHIN_SOURCE_DIR "/tests/fixtures/gpus/" name ".kv"

/* Ample for an answer; what a hanging driver costs its test, twice. */
enum { TIMEOUT_MS = 1500 };

struct asked {
    unsigned timeout_ms; /* 0: TIMEOUT_MS */
    struct wi_arena *arena;
    struct wi_buf text;
    struct wi_kv kv;
};

static void ask(enum wi_backend_id api, const char *const *env, struct asked *asked) {
    struct wi_gpu_ask question = {api, WEIGHIN_ICD_DIR "/gpu_probe_child", env,
                                  asked->timeout_ms != 0 ? asked->timeout_ms : TIMEOUT_MS};
    struct wi_err err = {0};
    asked->arena = wi_arena_create();
    asked->text = (struct wi_buf){0};
    wi_kv_init(&asked->kv, asked->arena);
    if (wi_gpu_ask(&question, &asked->text, &err) != WI_OK)
        fail_msg("%s", err.message);
    if (wi_kv_parse(&asked->kv, wi_buf_str(&asked->text), asked->text.size, &err) != WI_OK)
        fail_msg("the answer does not parse: %s", err.message);
}

static void forget(struct asked *asked) {
    wi_buf_fini(&asked->text);
    wi_arena_destroy(asked->arena);
}

static const char *said(const struct asked *asked, const char *key) {
    const char *value = wi_kv_get(&asked->kv, key);
    return value != NULL ? value : "";
}

/* Skips when there is no headers' or loader's support at all; these tests are about drivers. */
#define ASK_OR_SKIP(api, asked, ...)                                                               \
    do {                                                                                           \
        const char *const environment[] = {__VA_ARGS__, NULL};                                     \
        ask(WI_BACKEND_##api, environment, asked);                                                 \
        if (strcmp(said(asked, #api ".loader"), "missing") == 0 ||                                 \
            strcmp(said(asked, #api ".status"), "not_built") == 0) {                               \
            print_message("skipped: %s\n", said(asked, #api ".reason"));                           \
            forget(asked);                                                                         \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

/* ---- drivers that answer ---- */

/* Every line about a device that the recording holds is what the loader hands through to us. */
static void assert_replays(const struct asked *asked, const char *fixture, const char *prefix) {
    struct wi_buf text = {0};
    struct wi_kv kv;
    char path[512];
    snprintf(path, sizeof(path), WEIGHIN_SOURCE_DIR "/tests/fixtures/gpus/%s.kv", fixture);
    assert_int_equal(wi_os_read_file(path, 0, &text, NULL), WI_OK);
    wi_kv_init(&kv, asked->arena);
    assert_int_equal(wi_kv_parse(&kv, text.data, text.size, NULL), WI_OK);
    for (size_t i = 0; i < kv.count; i++) {
        const char *key = kv.items[i].key;
        if (strncmp(key, prefix, strlen(prefix)) == 0 &&
            strcmp(said(asked, key), kv.items[i].value) != 0)
            fail_msg("%s: %s is \"%s\", not \"%s\"", fixture, key, said(asked, key),
                     kv.items[i].value);
    }
    wi_buf_fini(&text);
}

static void a_vulkan_gpu_is_written_down_as_it_says(void **state) {
    static const char *const names[] = {"rtx4060-laptop", "iris-xe",  "amd-apu",
                                        "adreno750",      "two-gpus", "liar"};
    (void)state;
    for (size_t i = 0; i < WI_COUNT(names); i++) {
        struct asked asked = {0};
        char kv[512];
        snprintf(kv, sizeof(kv), "WEIGHIN_ICD_KV=" WEIGHIN_SOURCE_DIR "/tests/fixtures/gpus/%s.kv",
                 names[i]);
        ASK_OR_SKIP(vulkan, &asked, "VK_DRIVER_FILES=" ICD("vk_replay.json"),
                    "VK_ICD_FILENAMES=" ICD("vk_replay.json"), kv);
        assert_string_equal(said(&asked, "vulkan.status"), "ok");
        assert_replays(&asked, names[i], "vulkan.device.");
        assert_string_equal(said(&asked, "vulkan.icd.0.state"), "loaded");
        forget(&asked);
    }
}

static void an_opencl_gpu_is_written_down_as_it_says(void **state) {
    static const char *const names[] = {"rtx4060-laptop-opencl", "iris-xe-opencl",
                                        "adreno750-opencl"};
    (void)state;
    for (size_t i = 0; i < WI_COUNT(names); i++) {
        struct asked asked = {0};
        char kv[512];
        snprintf(kv, sizeof(kv), "WEIGHIN_ICD_KV=" WEIGHIN_SOURCE_DIR "/tests/fixtures/gpus/%s.kv",
                 names[i]);
        ASK_OR_SKIP(opencl, &asked, "OCL_ICD_VENDORS=" ICD("cl_replay.icd"), kv);
        assert_string_equal(said(&asked, "opencl.status"), "ok");
        assert_replays(&asked, names[i], "opencl.device.");
        forget(&asked);
    }
}

/* ---- nothing there ---- */

static void a_missing_loader_is_a_finding(void **state) {
    (void)state;
    static const char *const env[] = {"WEIGHIN_VULKAN_LIB=libnowhere.so.1",
                                      "WEIGHIN_OPENCL_LIB=libnowhere.so.1", NULL};
    for (int api = WI_BACKEND_vulkan; api <= WI_BACKEND_opencl; api++) {
        const char *name = wi_backend_id_name((enum wi_backend_id)api);
        struct asked asked = {0};
        char key[64];
        ask((enum wi_backend_id)api, env, &asked);
        snprintf(key, sizeof(key), "%s.status", name);
        if (strcmp(said(&asked, key), "not_built") != 0) {
            assert_string_equal(said(&asked, key), "unavailable");
            snprintf(key, sizeof(key), "%s.reason", name);
            assert_non_null(strstr(said(&asked, key), "libnowhere.so.1"));
            snprintf(key, sizeof(key), "%s.loader", name);
            assert_string_equal(said(&asked, key), "missing");
        }
        forget(&asked);
    }
}

static void a_library_that_is_no_loader_is_a_finding(void **state) {
    struct asked asked = {0};
    (void)state;
    ASK_OR_SKIP(vulkan, &asked, "WEIGHIN_VULKAN_LIB=libm.so.6");
    assert_string_equal(said(&asked, "vulkan.status"), "unavailable");
    assert_non_null(strstr(said(&asked, "vulkan.reason"), "no Vulkan loader"));
    forget(&asked);
    ASK_OR_SKIP(opencl, &asked, "WEIGHIN_OPENCL_LIB=libm.so.6");
    assert_string_equal(said(&asked, "opencl.status"), "unavailable");
    assert_non_null(strstr(said(&asked, "opencl.reason"), "no OpenCL loader"));
    forget(&asked);
}

static void no_driver_is_a_finding(void **state) {
    struct asked asked = {0};
    (void)state;
    ASK_OR_SKIP(vulkan, &asked, "VK_DRIVER_FILES=/nonexistent.json",
                "VK_ICD_FILENAMES=/nonexistent.json");
    assert_string_equal(said(&asked, "vulkan.status"), "unavailable");
    assert_non_null(strstr(said(&asked, "vulkan.reason"), "no driver"));
    forget(&asked);
    ASK_OR_SKIP(opencl, &asked, "OCL_ICD_VENDORS=/nonexistent");
    assert_string_equal(said(&asked, "opencl.status"), "unavailable");
    assert_non_null(strstr(said(&asked, "opencl.reason"), "no driver"));
    forget(&asked);
}

static void a_driver_that_does_not_load_is_named(void **state) {
    struct asked asked = {0};
    (void)state;
    ASK_OR_SKIP(vulkan, &asked, "VK_DRIVER_FILES=" ICD("vk_missing.json"),
                "VK_ICD_FILENAMES=" ICD("vk_missing.json"));
    assert_string_equal(said(&asked, "vulkan.status"), "unavailable");
    assert_string_equal(said(&asked, "vulkan.icd.0.state"), "broken");
    assert_string_equal(said(&asked, "vulkan.icd.0.file"), ICD("vk_missing.json"));
    assert_non_null(strstr(said(&asked, "vulkan.icd.0.reason"), "libvk_missing.so"));
    forget(&asked);
    ASK_OR_SKIP(opencl, &asked, "OCL_ICD_VENDORS=" ICD("cl_missing.icd"));
    assert_string_equal(said(&asked, "opencl.status"), "unavailable");
    assert_string_equal(said(&asked, "opencl.icd.0.state"), "broken");
    forget(&asked);
}

/* ---- drivers that break ---- */

static void a_vulkan_driver_that_breaks_does_not_hide_the_others(void **state) {
    static const struct {
        const char *files, *state;
    } cases[] = {
        {ICD("vk_crash_create.json") ":" ICD("vk_replay.json"), "crashed"},
        {ICD("vk_crash_enumerate.json") ":" ICD("vk_replay.json"), "crashed"},
        {ICD("vk_babble.json") ":" ICD("vk_replay.json"), "crashed"},
        {ICD("vk_hang.json") ":" ICD("vk_replay.json"), "timeout"},
    };
    (void)state;
    for (size_t i = 0; i < WI_COUNT(cases); i++) {
        struct asked asked = {0};
        char files[1024], old[1024];
        snprintf(files, sizeof(files), "VK_DRIVER_FILES=%s", cases[i].files);
        snprintf(old, sizeof(old), "VK_ICD_FILENAMES=%s", cases[i].files);
        ASK_OR_SKIP(vulkan, &asked, files, old, GPU("iris-xe"));
        assert_string_equal(said(&asked, "vulkan.icd.0.state"), cases[i].state);
        assert_string_equal(said(&asked, "vulkan.icd.1.state"), "loaded");
        assert_string_equal(said(&asked, "vulkan.status"), "ok");
        assert_string_equal(said(&asked, "vulkan.device_count"), "1");
        assert_replays(&asked, "iris-xe", "vulkan.device.");
        forget(&asked);
    }
}

static void an_opencl_driver_that_breaks_does_not_hide_the_others(void **state) {
    static const struct {
        const char *folder, *state;
    } cases[] = {
        {ICD("cl_crash_platform_and_replay"), "crashed"},
        {ICD("cl_crash_devices_and_replay"), "crashed"},
        {ICD("cl_hang_and_replay"), "timeout"},
    };
    (void)state;
    for (size_t i = 0; i < WI_COUNT(cases); i++) {
        struct asked asked = {0};
        char folder[1024];
        snprintf(folder, sizeof(folder), "OCL_ICD_VENDORS=%s", cases[i].folder);
        ASK_OR_SKIP(opencl, &asked, folder, GPU("iris-xe-opencl"));
        assert_string_equal(said(&asked, "opencl.icd.0.state"), cases[i].state);
        assert_string_equal(said(&asked, "opencl.icd.1.state"), "loaded");
        assert_string_equal(said(&asked, "opencl.status"), "ok");
        assert_replays(&asked, "iris-xe-opencl", "opencl.device.");
        forget(&asked);
    }
}

static void the_only_driver_crashing_is_the_answer(void **state) {
    struct asked asked = {0};
    (void)state;
    ASK_OR_SKIP(vulkan, &asked, "VK_DRIVER_FILES=" ICD("vk_crash_enumerate.json"),
                "VK_ICD_FILENAMES=" ICD("vk_crash_enumerate.json"));
    assert_string_equal(said(&asked, "vulkan.status"), "crashed");
    assert_non_null(strstr(said(&asked, "vulkan.reason"), "signal 11"));
    assert_string_equal(said(&asked, "vulkan.icd.0.state"), "crashed");
    forget(&asked);
}

/* Were the hanging one waited for, the test's own time limit would end it. */
static void trouble_at_exit_costs_neither_the_answer_nor_time(void **state) {
    static const char *const files[] = {ICD("vk_crash_exit.json"), ICD("vk_hang_exit.json")};
    (void)state;
    for (size_t i = 0; i < WI_COUNT(files); i++) {
        struct asked asked = {.timeout_ms = 3600000};
        char file[1024], old[1024];
        snprintf(file, sizeof(file), "VK_DRIVER_FILES=%s", files[i]);
        snprintf(old, sizeof(old), "VK_ICD_FILENAMES=%s", files[i]);
        ASK_OR_SKIP(vulkan, &asked, file, old, GPU("amd-apu"));
        assert_string_equal(said(&asked, "vulkan.status"), "ok");
        assert_string_equal(said(&asked, "vulkan.icd.0.state"), "loaded"); /* in the first round */
        assert_replays(&asked, "amd-apu", "vulkan.device.");
        forget(&asked);
    }
}

/* ---- children that are none ---- */

static void a_program_that_is_no_child_is_a_finding(void **state) {
    struct wi_gpu_ask question = {WI_BACKEND_vulkan, "/bin/true", NULL, TIMEOUT_MS};
    struct wi_buf text = {0};
    (void)state;
    assert_int_equal(wi_gpu_ask(&question, &text, NULL), WI_OK);
    assert_non_null(strstr(wi_buf_str(&text), "vulkan.status=crashed\n"));
    wi_buf_fini(&text);
}

/* Else a program without "gpu-probe" would start itself without end. */
static void a_child_never_asks_a_child(void **state) {
    struct wi_gpu_ask question = {WI_BACKEND_vulkan, "/bin/true", NULL, TIMEOUT_MS};
    struct wi_buf text = {0};
    (void)state;
    setenv("WEIGHIN_GPU_CHILD", "1", 1);
    assert_int_equal(wi_gpu_ask(&question, &text, NULL), WI_INTERNAL);
    unsetenv("WEIGHIN_GPU_CHILD");
    wi_buf_fini(&text);
}

/* ---- what is installed here ---- */

/* Whatever this machine has: it is asked, and rasterisers are found out. */
static void software_drivers_of_this_machine_are_found_out(void **state) {
    static const struct {
        const char *field, *word;
    } known[] = {{"llvmpipe", "llvmpipe"}, {"SwiftShader", "SwiftShader"}, {"pthread-", "pocl"}};
    struct asked vulkan = {0}, opencl = {0};
    size_t seen = 0;
    (void)state;
    ask(WI_BACKEND_vulkan, NULL, &vulkan);
    ask(WI_BACKEND_opencl, NULL, &opencl);
    struct machine m = {.vulkan = vulkan.text.data, .opencl = opencl.text.data};
    struct wi_inventory *inv = machine_probe(&m);
    for (size_t i = 0; i < inv->gpu_count; i++)
        for (size_t k = 0; k < WI_COUNT(known); k++)
            if (strncmp(inv->gpus[i].name, known[k].field, strlen(known[k].field)) == 0) {
                seen++;
                if (!inv->gpus[i].software)
                    fail_msg("%s was taken for a GPU", inv->gpus[i].name);
            }
    wi_arena_destroy(inv->arena);
    forget(&vulkan);
    forget(&opencl);
    if (seen == 0) {
        print_message("skipped: neither llvmpipe, SwiftShader nor PoCL is installed\n");
        skip();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vulkan_gpu_is_written_down_as_it_says),
        cmocka_unit_test(an_opencl_gpu_is_written_down_as_it_says),
        cmocka_unit_test(a_missing_loader_is_a_finding),
        cmocka_unit_test(a_library_that_is_no_loader_is_a_finding),
        cmocka_unit_test(no_driver_is_a_finding),
        cmocka_unit_test(a_driver_that_does_not_load_is_named),
        cmocka_unit_test(a_vulkan_driver_that_breaks_does_not_hide_the_others),
        cmocka_unit_test(an_opencl_driver_that_breaks_does_not_hide_the_others),
        cmocka_unit_test(the_only_driver_crashing_is_the_answer),
        cmocka_unit_test(trouble_at_exit_costs_neither_the_answer_nor_time),
        cmocka_unit_test(a_program_that_is_no_child_is_a_finding),
        cmocka_unit_test(a_child_never_asks_a_child),
        cmocka_unit_test(software_drivers_of_this_machine_are_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
