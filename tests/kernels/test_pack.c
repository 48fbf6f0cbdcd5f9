/* test_pack.c: conversions, rounding and synthetic rows of packed formats.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "kernels/pack.h"

#include <math.h>
#include <string.h>

static void every_half_survives_a_round_trip(void **state) {
    (void)state;
    for (uint32_t h = 0; h < 0x10000; h++) {
        float x = wi_f16_to_f32((uint16_t)h);
        if (isnan(x))
            assert_true(isnan(wi_f16_to_f32(wi_f16_from_f32(x))));
        else
            assert_int_equal(wi_f16_from_f32(x), h);
    }
}

static void halves_round_to_nearest_even(void **state) {
    (void)state;
    static const struct {
        float x;
        uint16_t h;
    } rows[] = {{1, 0x3c00},
                {-2, 0xc000},
                {65504, 0x7bff},
                {65519.996f, 0x7bff},
                {65520, 0x7c00},
                {0x1p-14f, 0x0400},
                {0x1p-24f, 0x0001},
                {0x1p-25f, 0x0000}, /* a tie: to even */
                {0x1.8p-24f, 0x0002},
                {1 + 0x1p-11f, 0x3c00}, /* ties */
                {1 + 0x3p-11f, 0x3c02},
                {1 + 0x1.002p-11f, 0x3c01},
                {-0.0f, 0x8000},
                {INFINITY, 0x7c00}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (wi_f16_from_f32(rows[i].x) != rows[i].h)
            fail_msg("%a: 0x%04x, not 0x%04x", (double)rows[i].x, wi_f16_from_f32(rows[i].x),
                     rows[i].h);
}

static void bfloats_round_to_nearest_even(void **state) {
    (void)state;
    assert_int_equal(wi_bf16_from_f32(1), 0x3f80);
    assert_int_equal(wi_bf16_from_f32(1 + 0x1p-8f), 0x3f80);
    assert_int_equal(wi_bf16_from_f32(1 + 0x3p-8f), 0x3f82);
    assert_int_equal(wi_bf16_from_f32(INFINITY), 0x7f80);
    assert_true(isnan(wi_bf16_to_f32(wi_bf16_from_f32(NAN))));
    assert_true(wi_bf16_to_f32(0xbf80) == -1);
}

/* A q8_0 block by hand: amax 127 gives d = 1, so that the quants are the numbers. */
static void q8_0_keeps_whole_numbers_up_to_127(void **state) {
    (void)state;
    float x[32];
    unsigned char row[34];
    double back[32];
    for (int i = 0; i < 32; i++)
        x[i] = (float)(i * 8 - 121);
    x[31] = 127;
    wi_pack_round(WI_FORMAT_q8_0, x, 32, row);
    assert_int_equal(row[0] | row[1] << 8, 0x3c00);
    assert_int_equal((int8_t)row[2], -121);
    wi_unpack(WI_FORMAT_q8_0, row, 0, 32, back);
    for (int i = 0; i < 32; i++)
        assert_true(back[i] == (double)x[i]);
}

/* Nibble i is element i, nibble 16 + i the upper half of the same byte; the extreme becomes -8. */
static void q4_0_lays_nibbles_as_ggml_does(void **state) {
    (void)state;
    float x[32] = {0};
    unsigned char row[18];
    double back[32];
    x[0] = -8;
    x[16] = 7;
    x[1] = 3;
    wi_pack_round(WI_FORMAT_q4_0, x, 32, row);
    assert_int_equal(row[0] | row[1] << 8, 0x3c00);
    assert_int_equal(row[2], 0xf0);
    assert_int_equal(row[3], 0x8b);
    wi_unpack(WI_FORMAT_q4_0, row, 0, 32, back);
    for (int i = 0; i < 32; i++)
        assert_true(back[i] == (double)x[i]);
}

static void a_block_of_zeros_stays_zero(void **state) {
    (void)state;
    float x[32] = {0};
    unsigned char row[34];
    double back[32];
    for (unsigned f = 0; f < 2; f++) {
        enum wi_format_id format = f == 0 ? WI_FORMAT_q8_0 : WI_FORMAT_q4_0;
        wi_pack_round(format, x, 32, row);
        wi_unpack(format, row, 0, 32, back);
        for (int i = 0; i < 32; i++)
            assert_true(back[i] == 0);
    }
}

/* ---- synthetic rows ---- */

static const enum wi_format_id formats[] = {WI_FORMAT_f32, WI_FORMAT_f16, WI_FORMAT_bf16,
                                            WI_FORMAT_q8_0, WI_FORMAT_q4_0};
enum { K = 4096, ROWS = 16, ROW_BYTES = 4 * K };

static void rows_have_the_deviation_of_their_fan_in(void **state) {
    (void)state;
    static double x[K];
    static unsigned char row[ROW_BYTES];
    for (size_t f = 0; f < 5; f++) {
        struct wi_packer packer;
        double sum = 0, squares = 0;
        wi_packer_init(&packer, formats[f], 256, 7, 3);
        for (unsigned r = 0; r < ROWS; r++) {
            wi_packer_row(&packer, r, K, row);
            wi_unpack(formats[f], row, 0, K, x);
            for (int i = 0; i < K; i++) {
                sum += x[i];
                squares += x[i] * x[i];
            }
        }
        double mean = sum / (K * ROWS), deviation = sqrt(squares / (K * ROWS));
        if (fabs(mean) > 0.002 || fabs(deviation * 16 - 1) > 0.02)
            fail_msg("%s: mean %g, deviation %g of 1/16", wi_format_get(formats[f])->name, mean,
                     deviation);
    }
}

static void rows_depend_on_seed_tensor_and_row_alone(void **state) {
    (void)state;
    static unsigned char a[ROW_BYTES], b[ROW_BYTES];
    struct wi_packer packer, other;
    wi_packer_init(&packer, WI_FORMAT_q4_0, K, 1, 1);
    wi_packer_row(&packer, 5, K, a);
    wi_packer_row(&packer, 4, K, b);
    size_t bytes = wi_format_bytes(wi_format_get(WI_FORMAT_q4_0), 1, K);
    assert_memory_not_equal(a, b, bytes);
    wi_packer_row(&packer, 5, K, b);
    assert_memory_equal(a, b, bytes);
    for (unsigned i = 0; i < 2; i++) {
        wi_packer_init(&other, WI_FORMAT_q4_0, K, 1 + i, 2 - i);
        wi_packer_row(&other, 5, K, b);
        assert_memory_not_equal(a, b, bytes);
    }
}

static void norm_weights_lie_around_one(void **state) {
    (void)state;
    static double x[K];
    static unsigned char row[ROW_BYTES];
    struct wi_packer packer;
    wi_packer_init(&packer, WI_FORMAT_f32, 0, 1, 1);
    wi_packer_row(&packer, 0, K, row);
    wi_unpack(WI_FORMAT_f32, row, 0, K, x);
    for (int i = 0; i < K; i++)
        assert_true(x[i] > 0.85 && x[i] < 1.15);
}

/* -128 is no value that rounding makes. */
static void int8_weights_are_never_minus_128(void **state) {
    (void)state;
    static unsigned char row[ROW_BYTES];
    struct wi_packer packer;
    wi_packer_init(&packer, WI_FORMAT_q8_0, K, 1, 1);
    unsigned least = 0;
    for (unsigned r = 0; r < ROWS; r++) {
        wi_packer_row(&packer, r, K, row);
        for (int b = 0; b < K / 32; b++)
            for (int i = 0; i < 32; i++) {
                int8_t q = (int8_t)row[b * 34 + 2 + i];
                assert_int_not_equal(q, -128);
                least += q == -127;
            }
    }
    assert_true(least > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_survives_a_round_trip),
        cmocka_unit_test(halves_round_to_nearest_even),
        cmocka_unit_test(bfloats_round_to_nearest_even),
        cmocka_unit_test(q8_0_keeps_whole_numbers_up_to_127),
        cmocka_unit_test(q4_0_lays_nibbles_as_ggml_does),
        cmocka_unit_test(a_block_of_zeros_stays_zero),
        cmocka_unit_test(rows_have_the_deviation_of_their_fan_in),
        cmocka_unit_test(rows_depend_on_seed_tensor_and_row_alone),
        cmocka_unit_test(norm_weights_lie_around_one),
        cmocka_unit_test(int8_weights_are_never_minus_128),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
