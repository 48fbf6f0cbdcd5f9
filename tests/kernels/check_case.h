/* check_case.h: one call on random operands between guards, and what its results should be.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_TESTS_CHECK_CASE_H
#define WI_TESTS_CHECK_CASE_H

#include "kernels/backend.h"
#include "kernels/reference.h"

struct shape { /* operands follow from it: see check_case.c */
    struct wi_call call;
    struct wi_pass_dims dims;
    bool in_place, no_weights, no_bias;
};
/* Shapes at and around every edge of blocking, for an op at a format. */
const struct shape *shapes_of(enum wi_op_id op, size_t *count);

enum { OPERANDS = 6 };
struct test_case {
    struct shape shape;
    uint8_t *bytes[OPERANDS]; /* x, x2, w, bias, y, y2 as they are before the call; NULL: absent */
    size_t sizes[OPERANDS];
    struct wi_expected *expected;  /* every element of the result */
    enum wi_arithmetic arithmetic; /* that it is expected of */
    double quantisation;           /* the worst of them; 0 but for int8 */
    uint32_t rows, row_length;
};
/* For kernels of `like`'s format and arithmetic. false: the format cannot have this shape (rows
 * that are no whole blocks). */
bool case_create(const struct shape *shape, const struct wi_kernel *like, uint64_t seed,
                 struct test_case *c);
void case_destroy(struct test_case *c);

/* Which side of an operand ends at a page that may not be touched. */
enum guard { GUARD_after, GUARD_before };
struct outcome {
    double worst;      /* error / tolerance, of all elements */
    char problem[256]; /* "" when all is well */
};
/* Runs `kernel` on copies of the operands and holds every element against what it should be.
 * Operands that are only read are write-protected; bytes between an operand and its page's other
 * end must stay as they were, and so must cells of the cache that no token is stored in. */
void case_run(const struct test_case *c, const struct wi_kernel *kernel, struct wi_device *device,
              enum guard guard, struct outcome *outcome);

/* "rows 3 x 1, n 7, k 33": of the case that runs, for messages. */
const char *case_text(const struct test_case *c, char *out, size_t n);

/* Units that round activations; whether one does so bit for bit, or what is wrong. `name` is of its
 * function; true without a run when the CPU lacks a feature. */
size_t quantise_units(void);
bool quantise_is_exact(size_t unit, uint64_t features, const char **name, char *problem,
                       size_t size);

#endif
