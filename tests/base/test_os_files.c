/* test_os_files.c: files, folders, locks, pages, affinity.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/os.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/weighin-test-XXXXXX";

static int setup(void **state) {
    *state = wi_arena_create();
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    wi_arena_destroy(*state);
    return system(command);
}

static const char *in_folder(void **state, const char *name) {
    return wi_arena_printf(*state, "%s/%s", folder, name);
}

static void a_written_file_reads_back_whole(void **state) {
    const char *path = in_folder(state, "whole");
    struct wi_buf got = {0};
    struct wi_err err;
    char bytes[70000];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i % 251);
    assert_int_equal(wi_os_write_file(path, bytes, sizeof(bytes), &err), WI_OK);
    assert_int_equal(wi_os_read_file(path, 0, &got, &err), WI_OK);
    assert_int_equal(got.size, sizeof(bytes));
    assert_memory_equal(got.data, bytes, sizeof(bytes));
    assert_int_equal(wi_os_read_file(path, sizeof(bytes), &got, &err), WI_OK);
    assert_int_equal(wi_os_read_file(path, sizeof(bytes) - 1, &got, &err), WI_TOO_BIG);
    wi_buf_fini(&got);
}

static void files_of_proc_are_read_although_their_size_is_zero(void **state) {
    (void)state;
    struct wi_buf got = {0};
    assert_int_equal(wi_os_read_file("/proc/self/status", 0, &got, NULL), WI_OK);
    assert_non_null(strstr(wi_buf_str(&got), "VmHWM"));
    wi_buf_fini(&got);
}

static void absence_and_failure_are_told_apart(void **state) {
    struct wi_buf got = {0};
    struct wi_err err;
    const char *path = in_folder(state, "absent");
    assert_int_equal(wi_os_read_file(path, 0, &got, &err), WI_NOT_FOUND);
    assert_non_null(strstr(err.message, path));
    assert_int_equal(wi_os_read_file(folder, 0, &got, &err), WI_IO);
    assert_false(wi_os_exists(path));
    wi_buf_fini(&got);
}

/* RLIMIT_FSIZE makes the write fail half way, as a full disk would. */
static void a_failed_write_leaves_the_old_file_and_no_rubbish(void **state) {
    const char *path = in_folder(state, "kept");
    char **names, big[9000] = {0};
    size_t count, before;
    struct wi_err err;
    struct wi_buf got = {0};
    assert_int_equal(wi_os_write_file(path, "old", 3, NULL), WI_OK);
    assert_int_equal(wi_os_list_dir(folder, *state, &names, &before, NULL), WI_OK);
    struct rlimit was, tight;
    getrlimit(RLIMIT_FSIZE, &was);
    tight = was;
    tight.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &tight);
    int status = wi_os_write_file(path, big, sizeof(big), &err);
    setrlimit(RLIMIT_FSIZE, &was);
    assert_int_equal(status, WI_IO);
    assert_int_equal(wi_os_read_file(path, 0, &got, NULL), WI_OK);
    assert_string_equal(wi_buf_str(&got), "old");
    assert_int_equal(wi_os_list_dir(folder, *state, &names, &count, NULL), WI_OK);
    assert_int_equal(count, before);
    wi_buf_fini(&got);
}

static void a_device_is_written_to_and_stays_a_device(void **state) {
    const char *path = in_folder(state, "link-to-null");
    struct stat st;
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(wi_os_write_file(path, "x", 1, NULL), WI_OK);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static void what_a_link_leads_to_is_written(void **state) {
    const char *target = in_folder(state, "target"), *link = in_folder(state, "link"),
               *chain = in_folder(state, "chain"), *loop = in_folder(state, "loop");
    struct wi_buf got = {0};
    struct wi_err err;
    struct stat st;
    assert_int_equal(symlink("target", link), 0);
    assert_int_equal(symlink(link, chain), 0);
    assert_int_equal(wi_os_write_file(chain, "one", 3, &err), WI_OK); /* the target is made */
    assert_int_equal(wi_os_write_file(link, "two", 3, &err), WI_OK);
    assert_int_equal(wi_os_read_file(target, 0, &got, &err), WI_OK);
    assert_string_equal(wi_buf_str(&got), "two");
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_true(wi_os_same_file(chain, target));
    assert_false(wi_os_same_file(loop, target));
    assert_int_equal(symlink("loop", loop), 0);
    assert_int_equal(wi_os_write_file(loop, "x", 1, &err), WI_IO);
    assert_non_null(strstr(err.message, "links"));
    wi_buf_fini(&got);
}

static void a_pipe_is_refused_and_not_waited_for(void **state) {
    const char *path = in_folder(state, "pipe");
    struct wi_buf got = {0};
    struct wi_err err;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(wi_os_file_kind(path), WI_FILE_special);
    assert_int_equal(wi_os_read_file(path, 0, &got, &err), WI_USAGE);
    assert_non_null(strstr(err.message, "pipe"));
    assert_int_equal(wi_os_read_file("/dev/zero", 0, &got, &err), WI_USAGE);
    wi_buf_fini(&got);
}

/* sysfs takes no folders of ours, and says so in another way than that there is no such folder. */
static void a_folder_that_cannot_be_made_says_why(void **state) {
    (void)state;
    const char *path = "/sys/weighin-test";
    struct wi_err err;
    int error = mkdir(path, 0777) == 0 ? 0 : errno;
    if (error == 0)
        rmdir(path);
    if (error == 0 || error == ENOENT)
        skip();
    assert_int_equal(wi_os_mkdirs(path, &err), WI_IO);
    if (!strstr(err.message, strerror(error)))
        fail_msg("\"%s\" does not say \"%s\"", err.message, strerror(error));
}

static void folders_are_made_with_their_parents(void **state) {
    struct wi_err err;
    const char *deep = in_folder(state, "a/b//c/");
    assert_int_equal(wi_os_mkdirs(deep, &err), WI_OK);
    assert_true(wi_os_exists(deep));
    assert_int_equal(wi_os_mkdirs(deep, &err), WI_OK);
    assert_int_equal(wi_os_write_file(in_folder(state, "a/file"), "", 0, &err), WI_OK);
    assert_int_not_equal(wi_os_mkdirs(in_folder(state, "a/file"), &err), WI_OK);
    assert_int_not_equal(wi_os_mkdirs(in_folder(state, "a/file/x"), &err), WI_OK);
    assert_int_not_equal(wi_os_mkdirs("", &err), WI_OK);
}

static void folders_are_listed_in_byte_order(void **state) {
    char **names;
    size_t count;
    struct wi_err err;
    wi_os_mkdirs(in_folder(state, "list"), NULL);
    wi_os_write_file(in_folder(state, "list/b"), "", 0, NULL);
    wi_os_write_file(in_folder(state, "list/a"), "", 0, NULL);
    wi_os_write_file(in_folder(state, "list/B"), "", 0, NULL);
    assert_int_equal(wi_os_list_dir(in_folder(state, "list"), *state, &names, &count, &err), WI_OK);
    assert_int_equal(count, 3);
    assert_string_equal(names[0], "B");
    assert_string_equal(names[1], "a");
    assert_string_equal(names[2], "b");
    assert_null(names[3]);
    assert_int_equal(wi_os_list_dir(in_folder(state, "none"), *state, &names, &count, &err),
                     WI_NOT_FOUND);
}

static void a_second_lock_is_busy_until_the_first_is_given_back(void **state) {
    const char *path = in_folder(state, "lock");
    int first, second;
    struct wi_err err;
    assert_int_equal(wi_os_lock(path, false, &first, &err), WI_OK);
    assert_int_equal(wi_os_lock(path, false, &second, &err), WI_BUSY);
    assert_int_equal(second, -1);
    wi_os_unlock(first);
    assert_int_equal(wi_os_lock(path, true, &second, &err), WI_OK);
    wi_os_unlock(second);
}

static void a_lock_says_who_holds_it_until_it_is_given_back(void **state) {
    const char *path = in_folder(state, "said");
    struct wi_buf text = {0};
    struct wi_err err;
    int lock;
    assert_int_equal(wi_os_lock(path, false, &lock, &err), WI_OK);
    wi_os_lock_say(lock, "pid=1234567\n");
    wi_os_lock_say(lock, "pid=1\n"); /* in the place of what was said before */
    assert_int_equal(wi_os_read_file(path, 0, &text, &err), WI_OK);
    assert_string_equal(wi_buf_str(&text), "pid=1\n");
    wi_os_unlock(lock);
    assert_int_equal(wi_os_read_file(path, 0, &text, &err), WI_OK);
    assert_string_equal(wi_buf_str(&text), "");
    wi_buf_fini(&text);
}

static void a_lock_follows_no_link_and_needs_its_folder(void **state) {
    const char *link = in_folder(state, "lock-link"), *target = in_folder(state, "unlocked");
    struct wi_err err;
    int lock;
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(wi_os_lock(link, false, &lock, &err), WI_IO);
    assert_false(wi_os_exists(target));
    assert_int_equal(wi_os_lock(in_folder(state, "none/lock"), false, &lock, &err), WI_IO);
    assert_int_equal(lock, -1);
}

static void own_path_names_this_program(void **state) {
    (void)state;
    char path[4096], tiny[4];
    struct wi_err err;
    assert_int_equal(wi_os_self_path(path, sizeof(path), &err), WI_OK);
    assert_non_null(strstr(path, "test_os_files"));
    assert_int_equal(wi_os_self_path(tiny, sizeof(tiny), &err), WI_IO);
}

static void pages_are_zeroed_writable_and_aligned(void **state) {
    (void)state;
    size_t bytes = ((size_t)5 << 20) + 123;
    void *pages;
    struct wi_err err;
    uint64_t huge = 1;
    assert_int_equal(wi_os_pages_map(bytes, &pages, &err), WI_OK);
    assert_int_equal((uintptr_t)pages % ((size_t)2 << 20), 0);
    unsigned char *p = pages;
    assert_int_equal(p[0] | p[bytes / 2] | p[bytes - 1], 0);
    memset(p, 1, bytes);
    if (wi_os_huge_bytes(pages, bytes, &huge, &err) == WI_OK)
        assert_true(huge <= ((bytes + 4095) & ~(size_t)4095));
    uint64_t peak = wi_os_peak_rss_bytes();
    assert_true(peak >= bytes);
    wi_os_pages_unmap(pages, bytes);
    assert_true(wi_os_peak_rss_bytes() >= bytes);
    wi_os_reset_peak_rss();
    assert_true(wi_os_peak_rss_bytes() < peak);
    wi_os_pages_unmap(NULL, 0);
}

static void small_pages_are_not_huge(void **state) {
    (void)state;
    size_t bytes = (size_t)8 << 20;
    void *pages;
    struct wi_err err;
    uint64_t huge = 1;
    assert_int_equal(wi_os_pages_map_small(bytes, &pages, &err), WI_OK);
    memset(pages, 1, bytes);
    if (wi_os_huge_bytes(pages, bytes, &huge, &err) == WI_OK)
        assert_int_equal(huge, 0);
    wi_os_pages_unmap(pages, bytes);
}

/* The kernel joins neighbours into one mapping: what both claim is never more than there is. */
static void neighbours_share_their_huge_pages_fairly(void **state) {
    (void)state;
    size_t bytes = (size_t)16 << 20, half = bytes / 2;
    void *pages;
    struct wi_err err;
    uint64_t all = 0, first = 0, second = 0;
    assert_int_equal(wi_os_pages_map(bytes, &pages, &err), WI_OK);
    memset(pages, 1, half); /* the other half has no page at all */
    if (wi_os_huge_bytes(pages, bytes, &all, &err) == WI_OK &&
        wi_os_huge_bytes(pages, half, &first, &err) == WI_OK &&
        wi_os_huge_bytes((char *)pages + half, half, &second, &err) == WI_OK &&
        first + second > all)
        fail_msg("%llu + %llu of %llu", (unsigned long long)first, (unsigned long long)second,
                 (unsigned long long)all);
    wi_os_pages_unmap(pages, bytes);
}

static void impossible_memory_is_too_big_not_a_crash(void **state) {
    (void)state;
    void *pages = &pages;
    struct wi_err err;
    assert_int_equal(wi_os_pages_map((size_t)1 << 60, &pages, &err), WI_TOO_BIG);
    assert_null(pages);
    assert_int_equal(wi_os_pages_map(SIZE_MAX, &pages, &err), WI_TOO_BIG);
}

static void pinning_holds_and_an_absent_cpu_is_refused(void **state) {
    (void)state;
    cpu_set_t was, now;
    assert_int_equal(sched_getaffinity(0, sizeof(was), &was), 0);
    unsigned cpu = 0;
    while (!CPU_ISSET(cpu, &was))
        cpu++;
    assert_int_equal(wi_os_pin_thread(&cpu, 1), WI_OK);
    assert_int_equal(sched_getaffinity(0, sizeof(now), &now), 0);
    assert_int_equal(CPU_COUNT(&now), 1);
    assert_true(CPU_ISSET(cpu, &now));
    assert_int_equal(wi_os_pin_thread(&(unsigned){1u << 20}, 1), WI_UNAVAILABLE);
    assert_int_equal(wi_os_pin_thread(NULL, 0), WI_UNAVAILABLE);
    sched_setaffinity(0, sizeof(was), &was);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_written_file_reads_back_whole),
        cmocka_unit_test(files_of_proc_are_read_although_their_size_is_zero),
        cmocka_unit_test(absence_and_failure_are_told_apart),
        cmocka_unit_test(a_failed_write_leaves_the_old_file_and_no_rubbish),
        cmocka_unit_test(a_device_is_written_to_and_stays_a_device),
        cmocka_unit_test(what_a_link_leads_to_is_written),
        cmocka_unit_test(a_pipe_is_refused_and_not_waited_for),
        cmocka_unit_test(a_folder_that_cannot_be_made_says_why),
        cmocka_unit_test(folders_are_made_with_their_parents),
        cmocka_unit_test(folders_are_listed_in_byte_order),
        cmocka_unit_test(a_second_lock_is_busy_until_the_first_is_given_back),
        cmocka_unit_test(a_lock_says_who_holds_it_until_it_is_given_back),
        cmocka_unit_test(a_lock_follows_no_link_and_needs_its_folder),
        cmocka_unit_test(own_path_names_this_program),
        cmocka_unit_test(pages_are_zeroed_writable_and_aligned),
        cmocka_unit_test(small_pages_are_not_huge),
        cmocka_unit_test(neighbours_share_their_huge_pages_fairly),
        cmocka_unit_test(impossible_memory_is_too_big_not_a_crash),
        cmocka_unit_test(pinning_holds_and_an_absent_cpu_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
