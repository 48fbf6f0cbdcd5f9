/* verdict_speed.c: is it fast enough? Three values (SEMANTICS "Three values").
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/judge_parts.h"
#include "results/constants.h"

#include <math.h>

/* A kernel below this share of the device's limit says nothing about what the device allows. */
static const double speaks_from = 0.5;

enum { ENCODE_TOKENS = 512 };

/* Of a prediction the slow end has to speak: it moves one way only when evidence is taken away. */
static bool speaks(const struct wi_estimate *e) {
    double share = e->basis == WI_BASIS_predicted ? e->at_least_s / e->s.hi : wi_estimate_share(e);
    return share >= speaks_from;
}

struct wi_answer wi_answer_of(const struct wi_estimate *e, double target_s) {
    struct wi_answer a = {.met = WI_TRI_unknown, .speaks = speaks(e)};
    bool measured = !isnan(e->s.mid);
    if (measured && e->s.hi <= target_s)
        a.met = WI_TRI_yes;
    else if (e->at_least_s > target_s)
        a = (struct wi_answer){.met = WI_TRI_no, .impossible = true, .speaks = a.speaks}; /* (a) */
    else if (measured && e->s.lo > target_s)
        a.met = a.speaks ? WI_TRI_no : WI_TRI_unknown; /* (b) */
    else
        a.borderline = measured;
    return a;
}

/* ---- judging ---- */

static void judge_decoder(const struct wi_cell *cell, const struct wi_figures *figures,
                          const struct wi_targets *t, struct wi_speed *s) {
    s->depth = t->prompt_tokens + t->output_tokens / 2;
    s->tokens = t->prompt_tokens;
    wi_estimate_decode(cell, figures, s->depth, &s->decode);
    wi_estimate_decode(cell, figures, t->context, &s->full);
    wi_estimate_pass(cell, figures, WI_PHASE_prefill, s->tokens, &s->pass);
    s->decode_usable = wi_answer_of(&s->decode, 1 / t->usable_decode_tok_s);
    s->decode_comfortable = wi_answer_of(&s->decode, 1 / t->comfortable_decode_tok_s);
    s->pass_usable = wi_answer_of(&s->pass, t->usable_first_token_s);
    s->pass_comfortable = wi_answer_of(&s->pass, t->comfortable_first_token_s);
}

static void judge_encoder(const struct wi_cell *cell, const struct wi_figures *figures,
                          const struct wi_targets *t, struct wi_speed *s) {
    static const struct wi_answer yes = {.met = WI_TRI_yes, .speaks = true};
    uint32_t most = cell->model->max_context;
    s->tokens = most < ENCODE_TOKENS ? most : ENCODE_TOKENS;
    s->decode_usable = s->decode_comfortable = yes; /* it has nothing to decode */
    wi_estimate_pass(cell, figures, WI_PHASE_encode, s->tokens, &s->pass);
    s->pass_usable = wi_answer_of(&s->pass, t->usable_encode_s);
    s->pass_comfortable = wi_answer_of(&s->pass, t->comfortable_encode_s);
}

void wi_speed_judge(const struct wi_cell *cell, const struct wi_figures *figures,
                    const struct wi_targets *targets, struct wi_speed *speed) {
    static const struct wi_estimate none = {.s = {NAN, NAN, NAN}, .at_least_s = NAN};
    *speed = (struct wi_speed){.decode = none, .pass = none, .full = none};
    if (cell->model->arch == WI_ARCH_encoder)
        judge_encoder(cell, figures, targets, speed);
    else
        judge_decoder(cell, figures, targets, speed);
}

/* ---- deciding ---- */

static enum wi_tri both(enum wi_tri a, enum wi_tri b) {
    if (a == WI_TRI_no || b == WI_TRI_no)
        return WI_TRI_no;
    return a == WI_TRI_yes && b == WI_TRI_yes ? WI_TRI_yes : WI_TRI_unknown;
}

/* Every part that does not say yes is near its limit, and may speak for the device. */
static bool only_near(const struct wi_answer *a, const struct wi_answer *b) {
    return (a->met == WI_TRI_yes || (a->borderline && a->speaks)) &&
           (b->met == WI_TRI_yes || (b->borderline && b->speaks));
}

enum wi_limit wi_limit_of_bound(enum wi_bound bound) {
    switch (bound) {
    case WI_BOUND_memory:
        return WI_LIMIT_bandwidth;
    case WI_BOUND_compute:
        return WI_LIMIT_compute;
    case WI_BOUND_unpack:
        return WI_LIMIT_unpack;
    case WI_BOUND_launch:
    case WI_BOUND_latency:
        return WI_LIMIT_launch;
    case WI_BOUND_unknown:
        break;
    }
    return WI_LIMIT_none;
}

/* What would have to be better for the next verdict up: the part that misses it alone, else the
 * decode's own limit. */
static enum wi_limit limit_of(const struct wi_speed *s, const struct wi_verdict *v) {
    bool slow = v->verdict == WI_VERDICT_too_slow;
    enum wi_tri decode = slow ? s->decode_usable.met : s->decode_comfortable.met;
    enum wi_tri pass = slow ? s->pass_usable.met : s->pass_comfortable.met;
    if (v->model->arch == WI_ARCH_encoder)
        return wi_limit_of_bound(slow && s->pass_usable.impossible ? s->pass.least_by : s->pass.by);
    if (pass != WI_TRI_yes && (decode == WI_TRI_yes || (pass == WI_TRI_no && decode != WI_TRI_no)))
        return WI_LIMIT_first_token;
    bool impossible = slow && s->decode_usable.impossible;
    return wi_limit_of_bound(impossible ? s->decode.least_by : s->decode.by);
}

void wi_speed_decide(const struct wi_speed *s, struct wi_verdict *v) {
    enum wi_tri usable = both(s->decode_usable.met, s->pass_usable.met);
    enum wi_tri comfortable = both(s->decode_comfortable.met, s->pass_comfortable.met);
    v->fast_enough = usable;
    v->borderline = false;
    if (usable == WI_TRI_no) {
        v->verdict = WI_VERDICT_too_slow; /* whether or not it fits */
    } else if (v->fits != WI_TRI_yes) {
        v->verdict = WI_VERDICT_unknown;
    } else if (usable == WI_TRI_unknown) {
        v->borderline = only_near(&s->decode_usable, &s->pass_usable);
        v->verdict = v->borderline ? WI_VERDICT_too_slow : WI_VERDICT_unknown;
    } else { /* usable stands whatever the kernel's share: nearness alone makes it borderline */
        v->borderline = comfortable == WI_TRI_unknown &&
                        (s->decode_comfortable.borderline || s->pass_comfortable.borderline);
        v->verdict = comfortable == WI_TRI_yes ? WI_VERDICT_comfortable : WI_VERDICT_usable;
    }
    v->binding_limit = v->verdict == WI_VERDICT_unknown ? WI_LIMIT_none : limit_of(s, v);
}

void wi_constants_of_answers(struct wi_constants *list) {
    wi_constants_add(list, "speed.speaks_from", speaks_from, "share",
                     "of the device's limit must a kernel reach, for its slowness to be a no");
    wi_constants_add(list, "speed.encoder_tokens", ENCODE_TOKENS, "tokens",
                     "in the pass by which an encoder is judged, or its limit");
}
