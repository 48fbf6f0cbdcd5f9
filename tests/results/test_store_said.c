/* test_store_said.c: what people said about evidence is found again; a copy holds all of it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/results/store_fixture.h"

static struct wi_store *open_fresh(const char *name) {
    char path[64];
    struct wi_store *store = NULL;
    fresh_path(path, sizeof(path), name);
    ok(wi_store_open(path, WI_STORE_WRITE, &store, err));
    return store;
}

static void put_rows(struct wi_store *store, const char *device_id) {
    struct wi_inventory inventory;
    struct wi_run run;
    struct wi_measurement m;
    char run_id[32], row_id[33];
    fixture_inventory(&inventory, device_id);
    snprintf(run_id, sizeof run_id, "run-of-%s", device_id);
    snprintf(row_id, sizeof row_id, "row-of-%s", device_id);
    ok(wi_store_put_inventory(store, &inventory, run_id, 1000, err));
    fixture_run(&run, run_id, 1000);
    ok(wi_store_put_run(store, &run, device_id, err));
    fixture_measurement(&m, row_id);
    ok(wi_store_put_measurement(store, run_id, device_id, &m, err));
}

static void say(struct wi_store *store, const char *kind, const char *target, const char *action,
                const char *detail, int64_t utc_ns) {
    const struct wi_annotation a = {kind, target, action, detail, "because", "me", utc_ns};
    char id[33] = "";
    ok(wi_store_annotate(store, &a, id, err));
    assert_int_equal(strlen(id), 32);
}

static void a_device_knows_what_was_said_of_its_parts_alone(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("said");
    struct wi_arena *arena = wi_arena_create();
    struct wi_annotation_row *rows = NULL;
    size_t n = 0;
    put_rows(store, "one");
    put_rows(store, "two");
    say(store, "measurement", "row-of-one", "exclude", NULL, 3);
    say(store, "run", "run-of-one", "relabel", "site=4", 2);
    say(store, "device", "one", "relabel", "bench", 1);
    say(store, "device", "two", "retire", NULL, 1);
    ok(wi_store_load_annotations(store, "one", arena, &rows, &n, err));
    assert_int_equal(n, 3);
    assert_string_equal(rows[0].a.kind, "device");
    assert_string_equal(rows[1].a.detail, "site=4");
    assert_string_equal(rows[2].a.target, "row-of-one");
    assert_int_equal(rows[2].a.utc_ns, 3);
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

static void an_inventory_bears_the_name_that_people_gave(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("named");
    struct wi_inventory *inventory = NULL;
    put_rows(store, "one");
    say(store, "device", "one", "relabel", "bench 3", 1);
    say(store, "device", "one", "relabel", "bench 4", 2);
    ok(wi_store_load_inventory(store, "one", &inventory, err));
    assert_string_equal(inventory->name, "bench 4");
    wi_arena_destroy(inventory->arena);
    ok(wi_store_close(store, err));
}

static void a_measurement_has_no_label(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("no-label");
    const struct wi_annotation a = {"measurement", "row-of-one", "relabel", "x=y", "r", "me", 1};
    struct wi_err why = {0};
    put_rows(store, "one");
    assert_int_equal(wi_store_annotate(store, &a, NULL, &why), WI_USAGE);
    assert_non_null(strstr(why.message, "relabel its run"));
    ok(wi_store_close(store, err));
}

static void ids_are_found_by_what_no_other_shares(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("ids");
    struct wi_arena *arena = wi_arena_create();
    struct wi_err why = {0};
    const char *id = NULL;
    put_rows(store, "one");
    put_rows(store, "only");
    ok(wi_store_find_id(store, "device", "onl", arena, &id, err));
    assert_string_equal(id, "only");
    ok(wi_store_find_id(store, "device", "one", arena, &id, err));
    assert_string_equal(id, "one");
    ok(wi_store_find_id(store, "measurement", "row-of-onl", arena, &id, err));
    assert_string_equal(id, "row-of-only");
    assert_int_equal(wi_store_find_id(store, "run", "run", arena, &id, &why), WI_USAGE);
    assert_non_null(strstr(why.message, "several"));
    assert_int_equal(wi_store_find_id(store, "run", "", arena, &id, &why), WI_USAGE);
    assert_int_equal(wi_store_find_id(store, "run", "%", arena, &id, &why), WI_USAGE);
    assert_non_null(strstr(why.message, "no run"));
    wi_arena_destroy(arena);
    ok(wi_store_close(store, err));
}

static void a_copy_is_whole_and_replaces_nothing(void **state) {
    (void)state;
    struct wi_store *store = open_fresh("copied"), *copy = NULL;
    struct wi_arena *arena = wi_arena_create();
    struct wi_verify_finding *findings = NULL;
    struct wi_device_row *devices = NULL;
    struct wi_err why = {0};
    char path[64];
    size_t n = 0;
    fresh_path(path, sizeof path, "the-copy");
    put_rows(store, "one");
    ok(wi_store_copy(store, path, err));
    assert_int_equal(wi_store_copy(store, path, &why), WI_USAGE);
    ok(wi_store_close(store, err));
    ok(wi_store_open(path, WI_STORE_READ, &copy, err));
    ok(wi_store_verify(copy, arena, &findings, &n, err));
    assert_int_equal(n, 0);
    ok(wi_store_list_devices(copy, arena, &devices, &n, err));
    assert_int_equal(n, 1);
    ok(wi_store_close(copy, err));
    wi_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_knows_what_was_said_of_its_parts_alone),
        cmocka_unit_test(an_inventory_bears_the_name_that_people_gave),
        cmocka_unit_test(a_measurement_has_no_label),
        cmocka_unit_test(ids_are_found_by_what_no_other_shares),
        cmocka_unit_test(a_copy_is_whole_and_replaces_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
