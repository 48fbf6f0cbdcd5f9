/* test_units.c: how numbers are printed, and which texts are taken for numbers and dates.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/status.h"
#include "base/units.h"

#include <math.h>
#include <string.h>

static char out[64];

static void memory_is_in_binary_units(void **state) {
    (void)state;
    assert_string_equal(wi_format_mem(out, sizeof(out), 0), "0 MiB");
    assert_string_equal(wi_format_mem(out, sizeof(out), 512), "512 bytes");
    assert_string_equal(wi_format_mem(out, sizeof(out), 32 * WI_KIB), "32.0 KiB");
    assert_string_equal(wi_format_mem(out, sizeof(out), 512 * WI_MIB), "512 MiB");
    assert_string_equal(wi_format_mem(out, sizeof(out), 1023 * WI_MIB), "1023 MiB");
    assert_string_equal(wi_format_mem(out, sizeof(out), WI_GIB), "1.00 GiB");
    assert_string_equal(wi_format_mem(out, sizeof(out), WI_GIB * 21 / 10), "2.10 GiB");
    assert_string_equal(wi_format_mem(out, sizeof(out), WI_GIB * 2000), "2000 GiB");
}

static void files_are_in_decimal_units(void **state) {
    (void)state;
    assert_string_equal(wi_format_file(out, sizeof(out), 1550000000), "1.55 GB");
    assert_string_equal(wi_format_file(out, sizeof(out), 999000000), "999 MB");
    assert_string_equal(wi_format_file(out, sizeof(out), 44100), "44.1 kB");
    assert_string_equal(wi_format_file(out, sizeof(out), 7), "7 bytes");
}

static void three_digits_survive_rounding_up(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *want;
    } rows[] = {
        {0, "0"},           {1, "1.00"},         {9.996, "10.0"},        {99.96, "100"},
        {12.94, "12.9"},    {-3.14159, "-3.14"}, {11093, "11100"},       {0.012345, "0.0123"},
        {1e-9, "1.00e-09"}, {NAN, "unknown"},    {INFINITY, "infinite"},
    };
    for (size_t i = 0; i < WI_COUNT(rows); i++)
        assert_string_equal(wi_format_g3(out, sizeof(out), rows[i].value), rows[i].want);
}

static void durations_take_the_unit_that_reads_best(void **state) {
    (void)state;
    static const struct {
        double seconds;
        const char *want;
    } rows[] = {
        {0, "0 s"},           {0.85, "850 ms"},    {12.9, "12.9 s"},
        {59.97, "1 min 0 s"}, {200, "3 min 20 s"}, {3599.6, "1 h 0 min"},
        {7500, "2 h 5 min"},  {100000, "1 d 4 h"}, {0.0000042, "4.20 us"},
        {0.9996, "1.00 s"},   {3e-8, "30.0 ns"},   {NAN, "unknown"},
    };
    for (size_t i = 0; i < WI_COUNT(rows); i++)
        assert_string_equal(wi_format_duration(out, sizeof(out), rows[i].seconds), rows[i].want);
}

static void short_buffers_are_cut_not_overrun(void **state) {
    (void)state;
    char small[6] = "xxxxx";
    assert_string_equal(wi_format_mem(small, 5, 512 * WI_MIB), "512 ");
    assert_int_equal(small[5], '\0');
}

static void dates_go_there_and_back(void **state) {
    (void)state;
    static const char *const dates[] = {"1970-01-01T00:00:00Z", "2026-11-24T01:02:03Z",
                                        "2024-02-29T23:59:59Z", "1969-12-31T23:59:59Z",
                                        "2000-03-01T00:00:00Z", "1900-02-28T12:00:00Z"};
    for (size_t i = 0; i < WI_COUNT(dates); i++) {
        int64_t ns = 0;
        assert_int_equal(wi_parse_utc(dates[i], &ns), WI_OK);
        assert_string_equal(wi_format_utc(out, sizeof(out), ns), dates[i]);
    }
    int64_t ns = 0;
    assert_int_equal(wi_parse_utc("2001-09-09T01:46:40Z", &ns), WI_OK);
    assert_true(ns == 1000000000 * INT64_C(1000000000));
    assert_int_equal(wi_parse_utc("1970-01-02", &ns), WI_OK);
    assert_true(ns == 86400 * INT64_C(1000000000));
    assert_int_equal(wi_parse_utc("1970-01-01T00:00:01.25Z", &ns), WI_OK);
    assert_true(ns == 1250000000);
    assert_string_equal(wi_format_utc(out, sizeof(out), -1), "1969-12-31T23:59:59Z");
}

static void texts_that_are_no_date_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "now",
        "2026",
        "2026-11",
        "2026-13-01",
        "2026-02-29",
        "1900-02-29",
        "2026-11-24T",
        "2026-11-24T01:02:03",
        "2026-11-24 01:02:03Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T01:60:00Z",
        "2026-11-24T01:02:03.Z",
        "2026-11-24T01:02:03.5",
        "2026-11-24T01:02:03Zx",
        "1500-01-01",
        "9999-01-01",
        " 2026-11-24",
        "2026-11-24T01:0",
    };
    for (size_t i = 0; i < WI_COUNT(bad); i++) {
        int64_t ns = 77;
        if (wi_parse_utc(bad[i], &ns) != WI_USAGE)
            fail_msg("taken for a date: '%s'", bad[i]);
        assert_true(ns == 77);
    }
    assert_int_equal(wi_parse_utc(NULL, &(int64_t){0}), WI_USAGE);
}

static void whole_numbers_in_range_are_taken(void **state) {
    (void)state;
    uint64_t n = 0;
    assert_int_equal(wi_parse_u64("0", 0, 10, &n), WI_OK);
    assert_true(n == 0);
    assert_int_equal(wi_parse_u64("18446744073709551615", 0, UINT64_MAX, &n), WI_OK);
    assert_true(n == UINT64_MAX);
    assert_int_equal(wi_parse_u64("007", 1, 10, &n), WI_OK);
    assert_true(n == 7);
}

static void anything_else_is_no_whole_number(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "-5",
                                      "+5",
                                      " 5",
                                      "5 ",
                                      "1e99",
                                      "1e3",
                                      "0x5",
                                      "5.0",
                                      "five",
                                      "1,000",
                                      "18446744073709551616",
                                      "99999999999999999999999"};
    uint64_t n = 77;
    for (size_t i = 0; i < WI_COUNT(bad); i++)
        if (wi_parse_u64(bad[i], 0, UINT64_MAX, &n) != WI_USAGE)
            fail_msg("taken for a number: '%s'", bad[i]);
    assert_int_equal(wi_parse_u64("11", 0, 10, &n), WI_USAGE);
    assert_int_equal(wi_parse_u64("0", 1, 10, &n), WI_USAGE);
    assert_int_equal(wi_parse_u64(NULL, 0, 10, &n), WI_USAGE);
    assert_true(n == 77);
}

static void decimals_are_taken(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double want;
    } rows[] = {{"5", 5}, {"0.5", 0.5}, {".5", 0.5}, {"5.", 5}, {"1e3", 1000}, {"-2.5E-1", -0.25}};
    for (size_t i = 0; i < WI_COUNT(rows); i++) {
        double x = 77;
        assert_int_equal(wi_parse_f64(rows[i].text, -1e6, 1e6, &x), WI_OK);
        assert_true(x == rows[i].want);
    }
}

static void anything_else_is_no_decimal(void **state) {
    (void)state;
    static const char *const bad[] = {"",    ".",     "-",  " 5",  "5 ",   "+5",
                                      "1e",  "1e+",   "e5", "inf", "nan",  "0x1p3",
                                      "1,5", "1e999", "5s", "--5", "1.2.3"};
    double x = 77;
    for (size_t i = 0; i < WI_COUNT(bad); i++)
        if (wi_parse_f64(bad[i], -INFINITY, INFINITY, &x) != WI_USAGE)
            fail_msg("taken for a number: '%s'", bad[i]);
    assert_int_equal(wi_parse_f64("1e99", 0, 1e6, &x), WI_USAGE);
    assert_int_equal(wi_parse_f64("-5", 0, 1e6, &x), WI_USAGE);
    assert_int_equal(wi_parse_f64(NULL, 0, 1, &x), WI_USAGE);
    assert_true(x == 77);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_in_binary_units),
        cmocka_unit_test(files_are_in_decimal_units),
        cmocka_unit_test(three_digits_survive_rounding_up),
        cmocka_unit_test(durations_take_the_unit_that_reads_best),
        cmocka_unit_test(short_buffers_are_cut_not_overrun),
        cmocka_unit_test(dates_go_there_and_back),
        cmocka_unit_test(texts_that_are_no_date_are_refused),
        cmocka_unit_test(whole_numbers_in_range_are_taken),
        cmocka_unit_test(anything_else_is_no_whole_number),
        cmocka_unit_test(decimals_are_taken),
        cmocka_unit_test(anything_else_is_no_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
