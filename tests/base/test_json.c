/* test_json.c: what the JSON writer puts out, byte for byte.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/json.h"
#include "base/rng.h"
#include "base/status.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The text of a one-element array that holds `value`. */
static void check_string(const char *value, const char *want) {
    struct wi_buf out = {0};
    struct wi_json json;
    wi_json_init(&json, &out, false);
    wi_json_array(&json, NULL);
    wi_json_str(&json, NULL, value);
    wi_json_array_end(&json);
    assert_string_equal(wi_buf_str(&out), want);
    wi_buf_fini(&out);
}

static void quotes_backslashes_and_controls_are_escaped(void **state) {
    (void)state;
    check_string("a\"b\\c/d", "[\"a\\\"b\\\\c/d\"]");
    check_string("\b\f\n\r\t\x01\x1f\x7f", "[\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"]");
    check_string("", "[\"\"]");
    check_string(NULL, "[null]");
}

static void well_formed_utf8_passes_unchanged(void **state) {
    (void)state;
    check_string("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
                 "[\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"]");
    check_string("\xed\x9f\xbf\xee\x80\x80",
                 "[\"\xed\x9f\xbf\xee\x80\x80\"]");             /* beside surrogates */
    check_string("\xf4\x8f\xbf\xbf", "[\"\xf4\x8f\xbf\xbf\"]"); /* U+10FFFF */
}

#define BAD "\xef\xbf\xbd"
static void bytes_that_are_not_utf8_become_the_replacement_character(void **state) {
    (void)state;
    check_string("a\xff"
                 "b",
                 "[\"a" BAD "b\"]");
    check_string("\x80", "[\"" BAD "\"]");                         /* continuation first */
    check_string("\xc3", "[\"" BAD "\"]");                         /* cut off by the end */
    check_string("\xc3(", "[\"" BAD "(\"]");                       /* cut off by ASCII */
    check_string("\xe2\x82", "[\"" BAD BAD "\"]");                 /* cut off after two */
    check_string("\xc0\xaf", "[\"" BAD BAD "\"]");                 /* overlong '/' */
    check_string("\xe0\x80\xaf", "[\"" BAD BAD BAD "\"]");         /* overlong, three bytes */
    check_string("\xed\xa0\x80", "[\"" BAD BAD BAD "\"]");         /* a surrogate */
    check_string("\xf4\x90\x80\x80", "[\"" BAD BAD BAD BAD "\"]"); /* above U+10FFFF */
}

static void write_nested(struct wi_json *json) {
    wi_json_object(json, NULL);
    wi_json_u64(json, "max", UINT64_MAX);
    wi_json_i64(json, "min", INT64_MIN);
    wi_json_array(json, "list");
    wi_json_bool(json, NULL, true);
    wi_json_null(json, NULL);
    wi_json_object(json, NULL);
    wi_json_object_end(json);
    wi_json_array_end(json);
    wi_json_object(json, "in");
    wi_json_maybe_u64(json, "a", wi_some_u64(0));
    wi_json_maybe_u64(json, "b", (struct wi_maybe_u64){WI_KNOWN_denied, 0});
    wi_json_maybe_f64(json, "c", (struct wi_maybe_f64){0});
    wi_json_tri(json, "yes", WI_TRI_yes);
    wi_json_tri(json, "no", WI_TRI_no);
    wi_json_tri(json, "unknown", WI_TRI_unknown);
    wi_json_object_end(json);
    wi_json_object_end(json);
}

static void nesting_puts_commas_and_brackets(void **state) {
    (void)state;
    struct wi_buf out = {0};
    struct wi_json json;
    wi_json_init(&json, &out, false);
    write_nested(&json);
    assert_string_equal(wi_buf_str(&out),
                        "{\"max\":18446744073709551615,\"min\":-9223372036854775808,"
                        "\"list\":[true,null,{}],\"in\":{\"a\":0,\"b\":null,\"c\":null,"
                        "\"yes\":true,\"no\":false,\"unknown\":null}}");
    wi_buf_fini(&out);
}

static void pretty_output_indents_and_ends_with_a_newline(void **state) {
    (void)state;
    struct wi_buf out = {0};
    struct wi_json json;
    wi_json_init(&json, &out, true);
    wi_json_object(&json, NULL);
    wi_json_array(&json, "a");
    wi_json_u64(&json, NULL, 1);
    wi_json_u64(&json, NULL, 2);
    wi_json_array_end(&json);
    wi_json_array(&json, "empty");
    wi_json_array_end(&json);
    wi_json_object_end(&json);
    assert_string_equal(wi_buf_str(&out),
                        "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"empty\": []\n}\n");
    wi_buf_fini(&out);
}

static void doubles_are_shortest(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *want;
    } rows[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-2.5, "-2.5"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {123456789012, "123456789012"},
        {1e22, "1e+22"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
    };
    for (size_t i = 0; i < WI_COUNT(rows); i++) {
        char text[32];
        wi_json_format_f64(text, rows[i].value);
        assert_string_equal(text, rows[i].want);
    }
}

static void every_finite_double_reads_back_equal(void **state) {
    (void)state;
    struct wi_rng rng;
    wi_rng_seed(&rng, 1);
    for (int i = 0; i < 50000; i++) {
        uint64_t bits = wi_rng_next(&rng);
        double value;
        char text[32];
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value))
            continue;
        wi_json_format_f64(text, value);
        assert_true(strtod(text, NULL) == value);
        assert_true(strlen(text) < sizeof(text));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_backslashes_and_controls_are_escaped),
        cmocka_unit_test(well_formed_utf8_passes_unchanged),
        cmocka_unit_test(bytes_that_are_not_utf8_become_the_replacement_character),
        cmocka_unit_test(nesting_puts_commas_and_brackets),
        cmocka_unit_test(pretty_output_indents_and_ends_with_a_newline),
        cmocka_unit_test(doubles_are_shortest),
        cmocka_unit_test(every_finite_double_reads_back_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
