/* test_reference.c: the reference against numbers worked out by hand.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "kernels/reference.h"

#include <math.h>
#include <string.h>

static struct wi_view view_of(struct wi_buffer *buffer, void *data, size_t bytes) {
    *buffer = (struct wi_buffer){.bytes = bytes, .host = data};
    return (struct wi_view){.buffer = buffer};
}
#define VIEW(name) view_of(&(struct wi_buffer){0}, name, sizeof name)

static struct wi_expected at(const struct wi_call *call, const struct wi_pass_dims *dims,
                             uint32_t t, uint32_t i) {
    struct wi_reference *r = NULL;
    struct wi_expected e = {0};
    struct wi_err err = {0};
    if (wi_reference_create(call, dims, &wi_reader_host, &r, &err) != WI_OK ||
        wi_reference_at(r, t, i, &e, &err) != WI_OK)
        fail_msg("%s", err.message);
    wi_reference_destroy(r);
    return e;
}

static void expect(const struct wi_call *call, const struct wi_pass_dims *dims, uint32_t t,
                   uint32_t i, double value) {
    double got = at(call, dims, t, i).value;
    if (fabs(got - value) > 1e-6)
        fail_msg("%s [%u][%u]: %.9g, not %.9g", wi_op_name(call->op), t, i, got, value);
}

static const struct wi_pass_dims one = {.tokens = 1, .depth = 0, .batch = 1};

static void products_are_sums_over_the_row(void **state) {
    (void)state;
    float w[] = {1, 2, 3, -4, 5, -6}, x[] = {1, -1, 2, 10, 0, 1};
    struct wi_pass_dims two = {.tokens = 2, .batch = 1};
    struct wi_call c = {.op = WI_OP_gemm, .format = WI_FORMAT_f32, .n = 2, .k = 3, .heads = 1};
    c.w = VIEW(w);
    c.x = VIEW(x);
    expect(&c, &two, 0, 0, 5);
    expect(&c, &two, 0, 1, -21);
    expect(&c, &two, 1, 1, -46);
    assert_true(at(&c, &two, 0, 1).scale == 21);
    /* of the last token only */
    c.rows = WI_ROWS_gather_last;
    expect(&c, &two, 0, 0, 13);
}

static void norms_divide_by_what_they_say(void **state) {
    (void)state;
    float x[] = {3, 4}, w[] = {2, 1}, b[] = {0.5f, 0};
    struct wi_call c = {.op = WI_OP_rmsnorm, .n = 2, .heads = 1};
    c.x = VIEW(x);
    expect(&c, &one, 0, 0, 3 / sqrt(12.5));
    c.w = VIEW(w);
    expect(&c, &one, 0, 0, 6 / sqrt(12.5));
    c.op = WI_OP_layernorm; /* mean 3.5, deviation 0.5 */
    c.bias = VIEW(b);
    expect(&c, &one, 0, 0, -1.5);
    expect(&c, &one, 0, 1, 1);
}

static void each_head_is_normed_by_itself(void **state) {
    (void)state;
    float x[] = {3, 4, 5, 5};
    struct wi_call c = {.op = WI_OP_rmsnorm, .n = 2, .heads = 2};
    c.x = VIEW(x);
    expect(&c, &one, 0, 1, 4 / sqrt(12.5));
    expect(&c, &one, 0, 2, 1);
}

/* A quarter turn: (a, b) becomes (-b, a). The second position is turned, the third element is
 * not. */
static void rope_turns_pairs_that_lie_half_a_rotation_apart(void **state) {
    (void)state;
    float x[] = {1, 2, 7}, table[] = {1, 0, 0, 1};
    struct wi_pass_dims second = {.tokens = 1, .depth = 1, .batch = 1};
    struct wi_call c = {.op = WI_OP_rope, .heads = 1, .head_dim = 3, .rotary = 2};
    c.x = VIEW(x);
    c.x2 = VIEW(table);
    expect(&c, &one, 0, 0, 1);
    expect(&c, &second, 0, 0, -2);
    expect(&c, &second, 0, 1, 1);
    expect(&c, &second, 0, 2, 7);
}

static void activations_have_their_published_values(void **state) {
    (void)state;
    float x[] = {1, -1, 0}, u[] = {2, 1, 5};
    struct wi_call c = {.op = WI_OP_gelu, .n = 3, .heads = 1};
    c.x = VIEW(x);
    expect(&c, &one, 0, 0, 0.841191990608); /* the tanh form; erf's is 0.841344746 */
    expect(&c, &one, 0, 1, -0.158808009392);
    c.op = WI_OP_glu;
    c.x2 = VIEW(u);
    c.act = WI_ACT_silu;
    expect(&c, &one, 0, 0, 2 * 0.731058578630);
    expect(&c, &one, 0, 1, -0.268941421370);
    expect(&c, &one, 0, 2, 0);
    c.op = WI_OP_softcap;
    c.softcap = 2;
    expect(&c, &one, 0, 0, 2 * tanh(0.5));
}

/* Two cells with scores 0 and ln 3: weights 1/4 and 3/4. */
static void attention_weighs_values_by_softmax(void **state) {
    (void)state;
    float q[] = {1, 0}, k[] = {0, 9, 1.0986122887f, 9}, v[] = {4, 0, 8, 1};
    struct wi_pass_dims second = {.tokens = 1, .depth = 1, .batch = 1};
    struct wi_call c = {.op = WI_OP_attention,
                        .format = WI_FORMAT_f32,
                        .heads = 1,
                        .kv_heads = 1,
                        .head_dim = 2,
                        .cells = 2,
                        .causal = true,
                        .scale = 1};
    c.x = VIEW(q);
    c.w = VIEW(k);
    c.x2 = VIEW(v);
    expect(&c, &second, 0, 0, 7);
    expect(&c, &second, 0, 1, 0.75);
    c.window = 1; /* the newest only */
    expect(&c, &second, 0, 0, 8);
    c.window = 0;
    c.softcap = 1e-6f; /* all scores alike */
    expect(&c, &second, 0, 0, 6);
}

/* Two query heads share one head of the cache; position 2 lies in cell 2 % 2 = 0. */
static void groups_share_keys_and_cells_wrap(void **state) {
    (void)state;
    float q[] = {0, 0}, k[] = {0, 0}, v[] = {2, 4};
    struct wi_pass_dims third = {.tokens = 1, .depth = 2, .batch = 1};
    struct wi_call c = {.op = WI_OP_attention,
                        .format = WI_FORMAT_f32,
                        .heads = 2,
                        .kv_heads = 1,
                        .head_dim = 1,
                        .cells = 2,
                        .window = 1,
                        .causal = true,
                        .scale = 1};
    c.x = VIEW(q);
    c.w = VIEW(k);
    c.x2 = VIEW(v);
    expect(&c, &third, 0, 0, 2);
    expect(&c, &third, 0, 1, 2);
}

static void argmax_takes_the_first_of_equals(void **state) {
    (void)state;
    float x[] = {1, 5, 5, -7};
    uint32_t y[] = {2};
    double got;
    struct wi_call c = {.op = WI_OP_argmax, .n = 4, .heads = 1};
    c.x = VIEW(x);
    c.y = VIEW(y);
    struct wi_expected e = at(&c, &one, 0, 0);
    assert_true(e.value == 1);
    assert_int_equal(wi_result_at(&c, &one, &wi_reader_host, 0, 0, &got, NULL), WI_OK);
    assert_true(wi_reference_error(&e, got) == 1);
    assert_true(wi_call_tolerance(&c) == 0);
}

static void a_result_that_is_no_number_is_infinitely_wrong(void **state) {
    (void)state;
    struct wi_expected e = {.value = 1, .scale = 1};
    assert_true(isinf(wi_reference_error(&e, NAN)));
    assert_true(isinf(wi_reference_error(&e, INFINITY)));
}

static void an_operand_outside_its_buffer_is_an_error(void **state) {
    (void)state;
    float x[] = {1};
    struct wi_reference *r = NULL;
    struct wi_expected e;
    struct wi_err err = {0};
    struct wi_call c = {.op = WI_OP_argmax, .n = 4, .heads = 1};
    c.x = VIEW(x);
    assert_int_equal(wi_reference_create(&c, &one, &wi_reader_host, &r, &err), WI_OK);
    assert_int_equal(wi_reference_at(r, 0, 0, &e, &err), WI_INTERNAL);
    assert_non_null(strstr(err.message, "outside its buffer"));
    wi_reference_destroy(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_sums_over_the_row),
        cmocka_unit_test(norms_divide_by_what_they_say),
        cmocka_unit_test(each_head_is_normed_by_itself),
        cmocka_unit_test(rope_turns_pairs_that_lie_half_a_rotation_apart),
        cmocka_unit_test(activations_have_their_published_values),
        cmocka_unit_test(attention_weighs_values_by_softmax),
        cmocka_unit_test(groups_share_keys_and_cells_wrap),
        cmocka_unit_test(argmax_takes_the_first_of_equals),
        cmocka_unit_test(a_result_that_is_no_number_is_infinitely_wrong),
        cmocka_unit_test(an_operand_outside_its_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
