/* test_format.c: block layouts and their arithmetic.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/format.h"
#include "tests/test.h"

static void names_are_found_whatever_their_case(void **state) {
    (void)state;
    assert_int_equal(wi_format_find("q4_0")->id, WI_FORMAT_q4_0);
    assert_int_equal(wi_format_find("Q4-0")->id, WI_FORMAT_q4_0);
    assert_int_equal(wi_format_find("BF16")->id, WI_FORMAT_bf16);
    assert_null(wi_format_find("q99"));
    assert_null(wi_format_find(""));
    assert_null(wi_format_find(NULL));
}

static void bytes_follow_from_blocks(void **state) {
    (void)state;
    /* Bits a weight as published: 4.5 (q4_0), 8.5 (q8_0), 6.5625 (q6_k). */
    assert_int_equal(wi_format_bytes(wi_format_get(WI_FORMAT_q4_0), 10, 256), 10 * 256 * 45 / 80);
    assert_int_equal(wi_format_bytes(wi_format_get(WI_FORMAT_q8_0), 1, 32), 34);
    assert_int_equal(wi_format_bytes(wi_format_get(WI_FORMAT_q6_k), 1, 256), 210);
    assert_int_equal(wi_format_bytes(wi_format_get(WI_FORMAT_f16), 3, 7), 42);
}

static void ragged_rows_are_padded_to_whole_blocks(void **state) {
    (void)state;
    assert_int_equal(wi_format_bytes(wi_format_get(WI_FORMAT_q8_0), 2, 33), 2 * 2 * 34);
}

static void the_kernels_run_five_formats(void **state) {
    (void)state;
    unsigned n = 0;
    for (unsigned i = 0; i < WI_FORMAT_COUNT; i++)
        n += wi_format_get((enum wi_format_id)i)->kernel;
    assert_int_equal(n, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_whatever_their_case),
        cmocka_unit_test(bytes_follow_from_blocks),
        cmocka_unit_test(ragged_rows_are_padded_to_whole_blocks),
        cmocka_unit_test(the_kernels_run_five_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
