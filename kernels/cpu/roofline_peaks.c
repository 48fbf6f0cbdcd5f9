/* roofline_peaks.c: the arithmetic loops of every unit that this CPU may run, as trials.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/roofline_parts.h"
#include "kernels/cpu/units.h"

#include <math.h>

#define DECLARE(unit, ...) extern const struct wi_peak wi_peaks__cpu_##unit[];
WI_CPU_DOT_UNITS(DECLARE, )
WI_CPU_BF16_UNITS(DECLARE, )

#define UNIT(unit, ...) {WI_CPU_NEEDS_##unit, wi_peaks__cpu_##unit},
static const struct {
    uint64_t needs;
    const struct wi_peak *peaks;
} units[] = {WI_CPU_DOT_UNITS(UNIT, ) WI_CPU_BF16_UNITS(UNIT, )};

/* A pass is long against a barrier, and short against a run: 4 ms. */
enum { PASS_NS = 4000000, STEPS_FIRST = 1 << 14, TRIES = 3 };

struct peak_trial {
    const struct wi_peak *peak;
    unsigned threads;
    size_t steps;
    struct sum { /* of one thread, in a cache line of its own */
        double sum;
        char pad[64 - sizeof(double)];
    } * sums;
};

/* By the caller alone: on a busy machine the barriers of a pass say nothing about the loop. The
 * best of some tries, since others may take its core meanwhile. */
static size_t steps_of_pass(const struct wi_trials *trials, const struct wi_peak *peak) {
    double best = INFINITY;
    for (int i = 0; i < TRIES; i++) {
        uint64_t before = wi_now_ns(trials->clock);
        peak->run(STEPS_FIRST);
        double ns = (double)(wi_now_ns(trials->clock) - before);
        best = ns > 0 && ns < best ? ns : best;
    }
    double steps = STEPS_FIRST * (PASS_NS / best);
    return steps > WI_PEAK_STEPS_MOST ? WI_PEAK_STEPS_MOST
           : steps < STEPS_FIRST      ? STEPS_FIRST
                                      : (size_t)steps;
}

static void run_loop(struct wi_trial *trial, unsigned thread, unsigned threads) {
    struct peak_trial *p = trial->state;
    (void)threads;
    p->sums[thread].sum = p->peak->run(p->steps);
}

static bool loop_is_right(struct wi_trial *trial) {
    const struct peak_trial *p = trial->state;
    const struct wi_peak *peak = p->peak;
    double want =
        (peak->settles != 0 ? peak->settles : peak->each * (double)p->steps) * peak->lanes;
    for (unsigned t = 0; t < p->threads; t++)
        if (p->sums[t].sum != want)
            return false;
    return true;
}

static void add(struct wi_trials *trials, const struct wi_peak *peak) {
    struct peak_trial *p = WI_NEW(trials->arena, struct peak_trial);
    *p = (struct peak_trial){
        .peak = peak, .threads = trials->threads, .steps = steps_of_pass(trials, peak)};
    p->sums = WI_NEW_ARRAY(trials->arena, struct sum, trials->threads);
    wi_trial_add(trials, &(struct wi_trial){.ceiling = {.id = WI_CEILING_peak,
                                                        .how = peak->how,
                                                        .arithmetic = peak->arithmetic,
                                                        .threads = trials->threads,
                                                        .work = 2.0 * peak->products *
                                                                (double)p->steps * p->threads},
                                            .on = WI_TRIAL_ON_team,
                                            .warmups = 1,
                                            .state = p,
                                            .pass = run_loop,
                                            .is_right = loop_is_right});
}

int wi_trials_add_peaks(struct wi_trials *trials, struct wi_err *err) {
    (void)err;
    for (size_t u = 0; u < WI_COUNT(units); u++)
        for (const struct wi_peak *p = units[u].peaks; p->how != NULL; p++)
            if ((units[u].needs & ~trials->allowed) == 0)
                add(trials, p);
    return WI_OK;
}
