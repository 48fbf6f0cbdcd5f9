/* Without SQLite the store says so, and what to install; nothing crashes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "results/store.h"

#include <string.h>

static void opening_answers_not_built_and_what_to_install(void **state) {
    (void)state;
    struct wi_store *store = (struct wi_store *)(void *)&state;
    struct wi_err why = {0};
    assert_int_equal(wi_store_open("weighin.db", WI_STORE_WRITE, &store, &why), WI_NOT_BUILT);
    assert_null(store);
    assert_non_null(strstr(why.message, "libsqlite3-dev"));
    assert_int_equal(wi_store_close(NULL, &why), WI_OK);
}

static void names_of_tables_and_ids_need_no_database(void **state) {
    (void)state;
    char a[33], b[33];
    assert_string_equal(wi_store_tables()[0], "device");
    wi_store_new_id(1, a);
    wi_store_new_id(1, b);
    assert_string_not_equal(a, b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_answers_not_built_and_what_to_install),
        cmocka_unit_test(names_of_tables_and_ids_need_no_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
