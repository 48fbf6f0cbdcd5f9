/* test_anonymous.c: what `export --anonymous` does with a column that nobody decided about, and
 * with words that only look like a name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "cli/anonymous.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    struct wi_arena *arena;
    struct wi_anonymous *anonymous;
};

static int set_up(void **state) {
    static struct fixture f;
    struct wi_store *store = NULL;
    struct wi_err err = {0};
    setenv("USER", "pi", 1);
    unlink("anonymous.db");
    f.arena = wi_arena_create();
    if (wi_store_open("anonymous.db", WI_STORE_WRITE, &store, &err) != WI_OK ||
        wi_anonymous_create(store, f.arena, &f.anonymous, &err) != WI_OK)
        return -1;
    wi_store_close(store, NULL);
    *state = &f;
    return 0;
}

static int tear_down(void **state) {
    wi_arena_destroy(((struct fixture *)*state)->arena);
    return unlink("anonymous.db");
}

static const char *shown(const struct fixture *f, const char *table, const char *column,
                         const char *value) {
    return wi_anonymous_value(f->anonymous, table, 1, &column, &value, 0, f->arena);
}

static void an_unknown_column_shows_nothing(void **state) {
    assert_memory_equal(shown(*state, "run", "room", "kitchen"), "anon-", 5);
    assert_memory_equal(shown(*state, "rooms", "profile", "kitchen"), "anon-", 5);
    assert_string_equal(shown(*state, "run", "profile", "quick"), "quick");
}

static void a_key_that_nobody_looked_at_shows_nothing(void **state) {
    const struct fixture *f = *state;
    static const struct {
        const char *key;
        bool passes;
    } keys[] = {{"cpu.name", true},
                {"sw0.vulkan.name", true},
                {"room.number", false},
                {"vulkan.device_uuid", false},
                {"dmi.product_serial", false}};
    for (size_t i = 0; i < WI_COUNT(keys); i++) {
        const char *const names[] = {"key", "value"}, *const values[] = {keys[i].key, "V 1"};
        const char *out = wi_anonymous_value(f->anonymous, "fact", 2, names, values, 1, f->arena);
        assert_int_equal(strcmp(out, "V 1") == 0, keys[i].passes);
    }
}

static void text_loses_what_identifies_by_its_form(void **state) {
    static const char *const texts[] = {
        "at 52:54:00:12:34:56!", "0f1e2d3c-0000-1111-2222-333344445555",
        "see 0123456789abcdef0123456789abcdef", "/home/ann/x", "by pi"};
    for (size_t i = 0; i < WI_COUNT(texts); i++)
        assert_non_null(strstr(shown(*state, "backend_state", "reason", texts[i]), "anon-"));
}

static void text_keeps_what_only_looks_so(void **state) {
    static const char *const texts[] = {"Raspberry Pi 5", "limit=18446744073709551615",
                                        "0000:01:00.0",   "/home/",
                                        "ping api pic",   "Mesa 22.3.6"};
    for (size_t i = 0; i < WI_COUNT(texts); i++)
        assert_string_equal(shown(*state, "backend_state", "reason", texts[i]), texts[i]);
}

static void the_same_text_gives_the_same_word(void **state) {
    const char *id = "0123456789abcdef0123456789abcdef";
    const char *word = shown(*state, "run", "run_id", id);
    assert_string_equal(shown(*state, "measurement", "run_id", id), word);
    assert_string_equal(shown(*state, "feasibility", "evidence", id), word);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_column_shows_nothing),
        cmocka_unit_test(a_key_that_nobody_looked_at_shows_nothing),
        cmocka_unit_test(text_loses_what_identifies_by_its_form),
        cmocka_unit_test(text_keeps_what_only_looks_so),
        cmocka_unit_test(the_same_text_gives_the_same_word),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
