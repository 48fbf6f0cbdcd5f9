/* A writer that is killed at any moment loses nothing that it was told is stored.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The child is this program run anew as `test_store_kill write FILE`: it begins a run and stores
 * measurements for as long as it lives, naming each on its standard output once it is durable. The
 * parent kills it after a seeded number of microseconds; the file must then be whole and hold every
 * row that was named. */
#include "tests/results/store_fixture.h"

#include "base/clock.h"
#include "base/rng.h"

enum { KILLS = 30, LONGEST_US = 60000 };

/* ---- the child ---- */

static int write_until_killed(const char *path) {
    struct wi_store *store = NULL;
    struct wi_inventory inventory;
    struct wi_run run;
    struct wi_measurement m;
    struct wi_err err = {0};
    char id[33];
    int64_t now_ns = wi_utc_ns(&wi_clock_system);
    wi_store_new_id(now_ns, id);
    fixture_inventory(&inventory, "device-1");
    fixture_run(&run, id, now_ns);
    if (wi_store_open(path, WI_STORE_WRITE, &store, &err) != WI_OK ||
        wi_store_put_inventory(store, &inventory, id, now_ns, &err) != WI_OK ||
        wi_store_put_run(store, &run, "device-1", &err) != WI_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    for (;;) {
        char named[40];
        wi_store_new_id(wi_utc_ns(&wi_clock_system), id);
        fixture_measurement(&m, id);
        if (wi_store_put_measurement(store, run.id, "device-1", &m, &err) != WI_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        int n = snprintf(named, sizeof(named), "%s\n", m.id);
        if (write(1, named, (size_t)n) != n)
            return 1;
    }
}

/* ---- the parent ---- */

static int collect(void *state, const char *bytes, size_t n) {
    wi_buf_append(state, bytes, n);
    return 0;
}

static struct wi_child *start_writer(const char *path) {
    char self[4096];
    struct wi_child *child = NULL;
    ok(wi_os_self_path(self, sizeof(self), err));
    const char *argv[] = {self, "write", path, NULL};
    struct wi_spawn spawn = {.argv = argv};
    ok(wi_os_spawn(&spawn, &child, err));
    return child;
}

static void kill_writer(struct wi_child *child, uint64_t after_us, struct wi_buf *named) {
    struct wi_child_end end = {0};
    struct wi_buf errors = {0};
    const volatile uint64_t deadline = wi_now_ns(&wi_clock_system) + after_us * 1000;
    ok(wi_os_wait(child, &deadline, collect, named, &errors, &end, err));
    wi_os_child_destroy(child);
    if (!end.timed_out)
        fail_msg("the writer ended by itself: %s", wi_buf_str(&errors));
    wi_buf_fini(&errors);
}

static bool holds(const struct wi_evidence_list *list, const char *id) {
    for (size_t i = 0; i < list->count; i++)
        if (strncmp(list->items[i].m.id, id, 32) == 0)
            return list->items[i].m.sample_count == FIXTURE_SAMPLES;
    return false;
}

static void check_file(const char *path, const struct wi_buf *named, size_t *stored) {
    struct wi_store *store = NULL;
    struct wi_arena *arena = wi_arena_create();
    struct wi_verify_finding *findings = NULL;
    struct wi_evidence_list list;
    size_t n = 0;
    ok(wi_store_open(path, WI_STORE_READ, &store, err));
    ok(wi_store_verify(store, arena, &findings, &n, err));
    if (n)
        fail_msg("%s", findings[0].what);
    ok(wi_store_load_evidence(store, NULL, NULL, NULL, true, arena, &list, err));
    for (const char *line = wi_buf_str(named); strchr(line, '\n'); line = strchr(line, '\n') + 1)
        if (!holds(&list, line))
            fail_msg("%.32s was stored and is gone", line);
    *stored = list.count;
    ok(wi_store_close(store, err));
    wi_arena_destroy(arena);
}

static void a_killed_writer_loses_nothing_that_was_stored(void **state) {
    (void)state;
    char path[64];
    struct wi_rng rng;
    struct wi_buf named = {0};
    size_t stored = 0;
    struct wi_store *store = NULL;
    fresh_path(path, sizeof(path), "kill");
    ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
    ok(wi_store_close(store, err));
    wi_rng_seed(&rng, 20261124);
    for (int i = 0; i < KILLS; i++) {
        kill_writer(start_writer(path), wi_rng_below(&rng, LONGEST_US), &named);
        check_file(path, &named, &stored);
    }
    print_message("%zu rows named, %zu stored, %d kills\n", named.size / 33, stored, KILLS);
    assert_true(stored >= named.size / 33);
    wi_buf_fini(&named);
}

/* The very first step, making the schema, may be cut short too. */
static void a_kill_while_the_file_is_made_can_be_made_good(void **state) {
    (void)state;
    char path[64];
    struct wi_rng rng;
    wi_rng_seed(&rng, 7);
    for (int i = 0; i < KILLS; i++) {
        struct wi_buf named = {0};
        size_t stored = 0;
        struct wi_store *store = NULL;
        fresh_path(path, sizeof(path), "kill-new");
        kill_writer(start_writer(path), wi_rng_below(&rng, 8000), &named);
        ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
        ok(wi_store_close(store, err));
        check_file(path, &named, &stored);
        wi_buf_fini(&named);
    }
}

/* Both may find the file empty and make the schema; both may want to write at once. */
static void two_writers_share_a_new_file(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++) {
        char path[64];
        size_t stored = 0;
        struct wi_buf named = {0};
        struct wi_store *store = NULL;
        fresh_path(path, sizeof(path), "kill-two");
        struct wi_child *one = start_writer(path), *two = start_writer(path);
        kill_writer(one, 60000, &named);
        kill_writer(two, 20000, &named);
        ok(wi_store_open(path, WI_STORE_WRITE, &store, err)); /* they may not have come so far */
        ok(wi_store_close(store, err));
        check_file(path, &named, &stored);
        wi_buf_fini(&named);
    }
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "write") == 0)
        return write_until_killed(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_writer_loses_nothing_that_was_stored),
        cmocka_unit_test(two_writers_share_a_new_file),
        cmocka_unit_test(a_kill_while_the_file_is_made_can_be_made_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
