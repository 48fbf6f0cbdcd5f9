/* test_os_system.c: what the system says of itself.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/build_info.h"
#include "base/os.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void the_kernel_names_itself(void **state) {
    (void)state;
    struct wi_os_names names;
    assert_int_equal(wi_os_names(&names), WI_OK);
    assert_string_not_equal(names.sysname, "");
    assert_string_not_equal(names.release, "");
    assert_string_not_equal(names.machine, "");
}

static void free_space_is_at_most_all_space(void **state) {
    (void)state;
    uint64_t free_bytes = 0, total_bytes = 0;
    struct wi_err err = {0};
    assert_int_equal(wi_os_space("/", &free_bytes, &total_bytes, &err), WI_OK);
    assert_true(total_bytes > 0);
    assert_true(free_bytes <= total_bytes);
}

static void space_of_a_missing_folder_is_not_found_and_named(void **state) {
    (void)state;
    uint64_t free_bytes = 7, total_bytes = 7;
    struct wi_err err = {0};
    assert_int_equal(wi_os_space("/no/such/folder", &free_bytes, &total_bytes, &err), WI_NOT_FOUND);
    assert_non_null(strstr(err.message, "/no/such/folder"));
}

static void a_real_path_has_no_dots(void **state) {
    (void)state;
    struct wi_buf path = {0};
    assert_int_equal(wi_os_real_path("/tmp/../tmp/.", &path, NULL), WI_OK);
    assert_int_equal(wi_buf_str(&path)[0], '/');
    assert_null(strstr(wi_buf_str(&path), "/."));
    assert_int_equal(wi_os_real_path("/no/such/folder", &path, NULL), WI_NOT_FOUND);
    wi_buf_fini(&path);
}

static void affinity_is_ascending_and_shrinks_when_pinned(void **state) {
    (void)state;
    struct wi_arena *arena = wi_arena_create();
    unsigned *cpus = NULL;
    size_t count = 0;
    struct wi_err err = {0};
    assert_int_equal(wi_os_affinity(arena, &cpus, &count, &err), WI_OK);
    assert_true(count > 0);
    for (size_t i = 1; i < count; i++)
        assert_true(cpus[i - 1] < cpus[i]);
    unsigned last = cpus[count - 1];
    assert_int_equal(wi_os_pin_thread(&last, 1), WI_OK);
    unsigned *now = NULL;
    size_t n = 0;
    assert_int_equal(wi_os_affinity(arena, &now, &n, &err), WI_OK);
    assert_int_equal(n, 1);
    assert_int_equal(now[0], last);
    assert_int_equal(wi_os_pin_thread(cpus, count), WI_OK);
    wi_arena_destroy(arena);
}

static void random_bytes_are_not_twice_the_same(void **state) {
    (void)state;
    unsigned char a[32] = {0}, b[32] = {0};
    assert_int_equal(wi_os_random(a, sizeof(a)), WI_OK);
    assert_int_equal(wi_os_random(b, sizeof(b)), WI_OK);
    assert_memory_not_equal(a, b, sizeof(a));
}

static void pages_and_cpus_are_counted(void **state) {
    (void)state;
    assert_true(wi_os_page_bytes() >= 4096);
    assert_int_equal(wi_os_page_bytes() & (wi_os_page_bytes() - 1), 0);
    assert_true(wi_os_online_cpus() > 0);
}

static void the_clock_says_yes_no_or_nothing(void **state) {
    (void)state;
    const char *sync = wi_os_clock_sync();
    assert_true(sync == NULL || strcmp(sync, "yes") == 0 || strcmp(sync, "no") == 0);
}

static void the_build_says_what_it_was_made_from(void **state) {
    (void)state;
    const struct wi_build_info *info = wi_build_info();
    size_t hex = strspn(info->commit, "0123456789abcdef");
    bool commit = hex == 40 && (!info->commit[hex] || strcmp(info->commit + hex, "-dirty") == 0);
    if (!commit && strcmp(info->commit, "unknown") != 0)
        fail_msg("\"%s\" is no commit", info->commit);
    assert_true(isdigit((unsigned char)info->version[0]));
    assert_string_not_equal(info->compiler, "");
    assert_non_null(strstr(info->flags, "-"));
    assert_true(info->built_utc_ns > INT64_C(1700000000) * 1000000000);
}

/* ---- folders made by strangers ---- */

struct seen {
    struct wi_buf text;
};

static int note_file(void *state, const char *path, const char *bytes, size_t n,
                     struct wi_err *err) {
    struct seen *seen = state;
    (void)err;
    wi_buf_printf(&seen->text, "%s=%.*s;", path, (int)n, bytes);
    return WI_OK;
}

static const struct wi_tree_limits limits = {
    .files = 4, .file_bytes = 10, .total_bytes = 25, .depth = 2};

/* Makes a folder with a shell script, reads it, returns the status; the files seen in `seen`. */
static int read_made(const char *script, struct seen *seen, struct wi_err *err) {
    char folder[] = "/tmp/weighin-tree-XXXXXX", command[1024];
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof(command), "cd %s && %s", folder, script);
    assert_int_equal(system(command), 0);
    int status = wi_os_read_tree(folder, &limits, note_file, seen, err);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
    return status;
}

static void a_tree_is_read_in_order(void **state) {
    (void)state;
    struct seen seen = {0};
    struct wi_err err = {0};
    int status =
        read_made("mkdir -p b/c && printf 1 >b/c/x && printf 2 >a && printf 3 >b/..d", &seen, &err);
    assert_int_equal(status, WI_OK);
    assert_string_equal(wi_buf_str(&seen.text), "/a=2;/b/..d=3;/b/c/x=1;");
    wi_buf_fini(&seen.text);
}

static void a_tree_with_links_pipes_or_too_much_is_refused_by_name(void **state) {
    static const struct {
        const char *script, *named;
    } cases[] = {
        {"ln -s /etc/passwd link", "/link: "},
        {"mkdir d && ln -s /etc d/link", "/d/link: "},
        {"mkfifo pipe", "/pipe: "},
        {"printf 12345678901 >big", "/big: larger"},
        {"for i in 1 2 3; do printf 123456789 >f$i; done", "/f3: all files together"},
        {"touch 1 2 3 4 5", ": cannot be listed"},
        {"mkdir d && touch d/1 d/2 3 4 5", "/d/2: more files"},
        {"mkdir -p 1/2/3", "/1/2/3: folders are nested too deep"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct seen seen = {0};
        struct wi_err err = {0};
        int status = read_made(cases[i].script, &seen, &err);
        if (status != WI_CORRUPT || !strstr(err.message, cases[i].named))
            fail_msg("%s: status %d, \"%s\"", cases[i].script, status, err.message);
        wi_buf_fini(&seen.text);
    }
}

static void a_new_file_replaces_nothing_and_follows_no_link(void **state) {
    (void)state;
    char folder[] = "/tmp/weighin-new-XXXXXX", path[64], command[256];
    struct wi_buf got = {0};
    struct wi_err err = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/file", folder);
    assert_int_equal(wi_os_write_new(path, "one", 3, &err), WI_OK);
    assert_int_equal(wi_os_write_new(path, "two", 3, &err), WI_IO);
    assert_int_equal(wi_os_read_file(path, 0, &got, &err), WI_OK);
    assert_string_equal(wi_buf_str(&got), "one");
    snprintf(command, sizeof(command), "ln -s target %s/link", folder);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof(path), "%s/link", folder);
    assert_int_equal(wi_os_write_new(path, "two", 3, &err), WI_IO);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
    wi_buf_fini(&got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_names_itself),
        cmocka_unit_test(free_space_is_at_most_all_space),
        cmocka_unit_test(space_of_a_missing_folder_is_not_found_and_named),
        cmocka_unit_test(a_real_path_has_no_dots),
        cmocka_unit_test(affinity_is_ascending_and_shrinks_when_pinned),
        cmocka_unit_test(random_bytes_are_not_twice_the_same),
        cmocka_unit_test(pages_and_cpus_are_counted),
        cmocka_unit_test(the_clock_says_yes_no_or_nothing),
        cmocka_unit_test(the_build_says_what_it_was_made_from),
        cmocka_unit_test(a_tree_is_read_in_order),
        cmocka_unit_test(a_tree_with_links_pipes_or_too_much_is_refused_by_name),
        cmocka_unit_test(a_new_file_replaces_nothing_and_follows_no_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
