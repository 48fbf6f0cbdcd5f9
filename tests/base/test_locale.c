/* test_locale.c: a locale with a decimal comma changes nothing that we print or read.
 * Relies on: LOCPATH names the folder of the locale xx_XX, which CMake made; else it skips.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/kv.h"
#include "base/units.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

static void numbers_keep_their_point_in_a_comma_locale(void **state) {
    (void)state;
    if (!setlocale(LC_NUMERIC, "xx_XX")) {
        print_message("skipped: no locale with a decimal comma (localedef is missing)\n");
        skip();
    }
    char text[64];
    snprintf(text, sizeof(text), "%.1f", 1.5);
    assert_string_equal(text, "1,5"); /* else the test proves nothing */

    wi_json_format_f64(text, 0.1 + 0.2);
    assert_string_equal(text, "0.30000000000000004");
    assert_string_equal(wi_format_g3(text, sizeof(text), 12.94), "12.9");
    assert_string_equal(wi_format_duration(text, sizeof(text), 1.5), "1.50 s");
    double x = 0;
    assert_int_equal(wi_parse_f64("1.5", 0, 10, &x), WI_OK);
    assert_true(x == 1.5);
    assert_int_equal(wi_parse_f64("1,5", 0, 10, &x), WI_USAGE);

    struct wi_arena *arena = wi_arena_create();
    struct wi_buf buf = {0};
    struct wi_kv kv;
    wi_kv_init(&kv, arena);
    wi_kv_setf(&kv, "x", "%.2f", 2.25);
    assert_string_equal(wi_kv_get(&kv, "x"), "2.25");
    assert_string_equal(wi_arena_printf(arena, "%g", 0.5), "0.5");
    wi_buf_printf(&buf, "%.1f", 3.5);
    assert_string_equal(wi_buf_str(&buf), "3.5");
    wi_buf_fini(&buf);
    wi_arena_destroy(arena);

    snprintf(text, sizeof(text), "%.1f", 1.5);
    assert_string_equal(text, "1,5"); /* the caller's locale is given back */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_keep_their_point_in_a_comma_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
