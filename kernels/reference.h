/* reference.h: what an op's result should be, in double precision, one element at a time.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads the operands of a call as they are before it runs (so that y may be x), over the
 * dequantised weights. Slow on purpose: every element is the equation of ops.inc. Used by the tests
 * for every element, by a session's verification for some. */
#ifndef WI_REFERENCE_H
#define WI_REFERENCE_H

#include "kernels/op.h"

/* How operands are read: from host memory, or out of a device.
 * `read` returns `bytes` bytes of view.buffer from view.offset_bytes + at on; the pointer stays
 * good until the fourth read after it. NULL: it failed, and err says why. */
struct wi_reader {
    void *state;
    const void *(*read)(void *state, struct wi_view view, uint64_t at, uint64_t bytes,
                        struct wi_err *err);
};
/* Reads buffers whose `host` is set. */
extern const struct wi_reader wi_reader_host;

struct wi_reference; /* a call's reference: keeps rows that many elements share */

int wi_reference_create(const struct wi_call *call, const struct wi_pass_dims *dims,
                        const struct wi_reader *reader, struct wi_reference **reference,
                        struct wi_err *err);
void wi_reference_destroy(struct wi_reference *reference);

struct wi_expected {
    double value;
    double scale; /* what errors are relative to: sum_k |w_k x_k| and its like, see reference.c;
                     > 0 */
    double quantisation; /* |value - what it is over the activations as they are| / scale; 0 but for
                            int8, whose value is over the rounded ones (quantise.h) */
};
/* Element i of result row t (0 <= t < wi_call_rows, 0 <= i < wi_call_row_length). kv_store has two
 * results: i counts K's elements, then V's (twice wi_call_row_length). Elements in ascending
 * order are the cheapest. */
int wi_reference_at(struct wi_reference *reference, uint32_t t, uint32_t i,
                    struct wi_expected *expected, struct wi_err *err);
uint32_t wi_reference_row_length(const struct wi_call *call); /* with V's, see above */

/* What the call wrote there, read after it ran; dequantised. */
int wi_result_at(const struct wi_call *call, const struct wi_pass_dims *dims,
                 const struct wi_reader *reader, uint32_t t, uint32_t i, double *value,
                 struct wi_err *err);

/* |got - expected| / scale; infinite when `got` is not finite. argmax: 0 or 1. */
double wi_reference_error(const struct wi_expected *expected, double got);

#endif
