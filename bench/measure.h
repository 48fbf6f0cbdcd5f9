/* measure.h: the measuring loop: verify, warm up, sample until steady or out of budget, verify.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Works on one open session; a worker calls it, tests call it in their own process. Time is the
 * session's: a budget counts what passes took, so that a scripted backend is measured as a real
 * one. */
#ifndef WI_MEASURE_H
#define WI_MEASURE_H

#include "base/arena.h"
#include "kernels/session.h"

/* What came of one case, raw; a rate follows from it by summary.h. */
struct wi_measured {
    enum wi_case_status status;
    const char *reason; /* NULL when ok */
    const char *kernel; /* of the matrix products of this phase */
    const struct wi_sample *samples;
    size_t sample_count;
    uint32_t passes, warmups;
    bool steady; /* false: the budget ended it before enough was known (wi_summary_enough) */
    double error, tolerance;
    const char *worst_op;
    const struct wi_op_note *ops;
    size_t op_count;
    uint64_t resolution_ns, peak_rss_bytes;
    double wall_s;
    struct wi_canary before, after; /* looks at the device beside the case; at_ns as of samples */
    uint64_t stood_still_ns;        /* the longest time that passed between two passes in a row */
    struct wi_maybe_f64 cpu_share;  /* of the processor time that its threads wanted */
};

struct wi_measure_case {
    struct wi_case key;
    uint32_t layers[WI_LAYER_KIND_COUNT]; /* to run, of those that the session has */
    bool whole;                           /* that is every layer: a pass is one segment */
    bool shadow;     /* stands beside the next one, which is the same case run another way */
    double budget_s; /* of warming up and sampling, each */
    uint64_t seed;
    struct wi_measured result; /* in the arena given to wi_measure_run */
};
struct wi_measure_hooks {
    void *state;
    const struct wi_clock *clock; /* of wall_s and of the resolution */
    uint64_t origin_ns;           /* when the run began, by the session's clock */
    /* Processor time of this process, all threads; NULL: its threads do not compute. */
    uint64_t (*cpu_ns)(void *state);
    /* Before each step of case i: "verify", "warm up", "sample", "verify again". */
    void (*step)(void *state, size_t i, const char *step);
    void (*finished)(void *state, size_t i); /* result is set; once for each case */
};

/* Measures the cases in turns of half a second, so that what changes with time hits all of them
 * alike; one case alone has no turns. WI_CRASHED: the backend lost its device in one of them; that
 * one is finished, those after it are not. */
int wi_measure_run(struct wi_session *session, struct wi_measure_case *cases, size_t count,
                   const struct wi_measure_hooks *hooks, struct wi_arena *arena,
                   struct wi_err *err);

/* How a status of a session stands in a row. */
enum wi_case_status wi_case_status_of(int status);

#endif
