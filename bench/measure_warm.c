/* measure_warm.c: single passes, and as many as it takes to be warm.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/measure_parts.h"
#include "bench/constants.h"

#include <math.h>
#include <string.h>

enum { WARM_BLOCK_NS = 100000000, WARM_BLOCKS_MOST = 16 };
static const double warm_share = 0.2;  /* of the budget */
static const double warm_close = 0.02; /* two blocks agree */

/* ---- passes ---- */

static uint32_t common_divisor(uint32_t a, uint32_t b) {
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The k-th of n tokens is decoded at depth d + k. A case may end before all have been, and its
 * figure is that of the mean depth: so they come in steps of about n / golden ratio, which leaves
 * any first few of them spread over the whole way (Knuth, "The Art of Computer Programming", vol.
 * 3, 6.4, Theorem S). */
static uint32_t token_of(uint32_t pass, uint32_t n) {
    uint32_t step = (uint32_t)(0.6180339887 * n);
    while (step > 1 && common_divisor(step, n) != 1)
        step--;
    step = step > 0 ? step : 1;
    return (uint32_t)((uint64_t)(pass % n) * step % n);
}

struct wi_pass wi_measure_pass_of(const struct wi_measuring *r) {
    const struct wi_case *key = &r->c->key;
    struct wi_pass pass = {.phase = key->phase, .tokens = key->tokens, .depth = key->depth};
    memcpy(pass.layers, r->c->layers, sizeof pass.layers);
    pass.op = key->op;
    if (key->phase == WI_PHASE_decode && key->op.op == NULL) {
        pass.depth += token_of(r->tokens_done, key->tokens);
        pass.tokens = 1;
    }
    return pass;
}

int wi_measure_one_pass(const struct wi_measure_loop *l, struct wi_measuring *r, size_t *count,
                        uint64_t *start_ns, struct wi_err *err) {
    struct wi_pass pass = wi_measure_pass_of(r);
    WI_TRY(wi_session_run(l->session, &pass, r->segments, r->segment_room, count, start_ns, err));
    r->tokens_done++;
    r->last_pass_ns = 0;
    for (size_t i = 0; i < *count; i++)
        r->last_pass_ns += r->segments[i].ns;
    return WI_OK;
}

/* ---- warming up ---- */

static int warm_block(const struct wi_measure_loop *l, struct wi_measuring *r, double *mean_ns,
                      struct wi_err *err) {
    uint64_t spent = 0, start = 0;
    uint32_t n = 0;
    size_t count = 0;
    while (n == 0 || (spent < WARM_BLOCK_NS && n < WI_MEASURE_PASSES_MOST / WARM_BLOCKS_MOST)) {
        WI_TRY(wi_measure_one_pass(l, r, &count, &start, err));
        spent += r->last_pass_ns;
        n++;
    }
    r->c->result.warmups += n;
    *mean_ns = (double)spent / n;
    return WI_OK;
}

/* Until two blocks agree. Verification has run every call of a pass already: one that takes longer
 * than all of warming up may is warm by that, one too long for two blocks after one. */
int wi_measure_warm_up(const struct wi_measure_loop *l, struct wi_measuring *r,
                       struct wi_err *err) {
    double before = 0, now = 0, spent = 0, most = warm_share * r->c->budget_s * 1e9;
    if ((double)r->verified_ns > most) {
        r->c->result.warmups = 1;
        return WI_OK;
    }
    for (unsigned block = 0; block < WARM_BLOCKS_MOST; block++) {
        uint32_t warmups = r->c->result.warmups;
        WI_TRY(warm_block(l, r, &now, err));
        double block_ns = now * (r->c->result.warmups - warmups);
        spent += block_ns;
        if (block > 0 && fabs(now - before) <= warm_close * before)
            break;
        if (spent + block_ns > most)
            break;
        before = now;
    }
    r->tokens_done = 0;
    return WI_OK;
}

void wi_constants_of_warm(struct wi_constants *list) {
    wi_constants_add(list, "measuring.warm_share", warm_share, "share",
                     "of a case's budget may warming up take");
    wi_constants_add(list, "measuring.warm_close", warm_close, "share",
                     "two blocks in a row must agree within, to be warm");
}
