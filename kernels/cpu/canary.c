/* canary.c: read bandwidth and f32 multiply-adds of a team, within milliseconds.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Relies on: the loops of peak.c and stream.c, the first of which are f32 and plain reading. Passes
 * are long against a barrier and short against a time slice, so that their median does not see a
 * single interruption. Every pass is checked: multiply-adds by what they converge to, words by
 * their sum at the first reading. */
#include "kernels/cpu/canary.h"

#include "base/stats.h"
#include "kernels/cpu/peak.h"
#include "kernels/cpu/stream.h"
#include "kernels/cpu/task.h"
#include "kernels/cpu/units.h"

#include <string.h>

enum {
    LINE_BYTES = 64,
    PIECE_BYTES = 8 << 20,
    PASS_NS = 1000000,
    PASSES_LEAST = 3,
    PASSES_MOST = 256,
    STEPS_FIRST = 20000,
    STEPS_MOST = 20000 << 9, /* 20 ms at 2 ns a step: a clock that shows less stands still */
};

#define DECLARE(unit, unused)                                                                      \
    extern const struct wi_stream_reader wi_stream_readers__cpu_##unit[];                          \
    extern const struct wi_peak wi_peaks__cpu_##unit[];
WI_CPU_UNITS(DECLARE, )

struct piece {
    const uint32_t *words;
    size_t lines;
    bool known; /* `sum` is that of the first reading */
    uint32_t sum;
};
struct own { /* of one thread, in cache lines of its own */
    double fma;
    char pad[LINE_BYTES - sizeof(double)];
};
struct wi_cpu_canary {
    struct wi_arena *arena;
    struct wi_canary_params params; /* but for the spans */
    wi_stream_read read;
    const struct wi_peak *fma;
    size_t steps; /* of a pass; 0: not yet known */
    struct piece *pieces;
    size_t piece_count;
    size_t first, count; /* pieces of a pass: [first, first + count), around the end */
    uint32_t **sums;     /* by thread, by piece of the pass */
    struct own *own;     /* by thread */
    uint64_t ns;         /* of the last pass, by thread 0, between two barriers */
};

/* ---- passes ---- */

static uint64_t clock_after_barrier(const struct wi_cpu_canary *c, unsigned thread,
                                    unsigned threads) {
    if (threads > 1)
        wi_team_barrier();
    return thread == 0 ? wi_now_ns(c->params.clock) : 0;
}

static void fma_pass(void *state, unsigned thread, unsigned threads) {
    struct wi_cpu_canary *c = state;
    uint64_t before = clock_after_barrier(c, thread, threads);
    c->own[thread].fma = c->fma->run(c->steps);
    uint64_t after = clock_after_barrier(c, thread, threads);
    if (thread == 0)
        c->ns = after - before;
}

static struct piece *piece_at(const struct wi_cpu_canary *c, size_t i) {
    return &c->pieces[(c->first + i) % c->piece_count];
}

static void read_pass(void *state, unsigned thread, unsigned threads) {
    struct wi_cpu_canary *c = state;
    uint64_t before = clock_after_barrier(c, thread, threads);
    for (size_t i = 0; i < c->count; i++) {
        const struct piece *p = piece_at(c, i);
        struct wi_share s = wi_share_of(p->lines, thread, threads);
        c->sums[thread][i] =
            c->read(p->words + s.begin * (LINE_BYTES / sizeof(uint32_t)), s.end - s.begin);
    }
    uint64_t after = clock_after_barrier(c, thread, threads);
    if (thread == 0)
        c->ns = after - before;
}

static bool fma_is_right(const struct wi_cpu_canary *c) {
    for (unsigned t = 0; t < wi_team_threads(c->params.team); t++)
        if (c->own[t].fma != c->fma->settles * c->fma->lanes)
            return false;
    return true;
}

static bool read_is_right(struct wi_cpu_canary *c) {
    bool right = true;
    for (size_t i = 0; i < c->count; i++) {
        struct piece *p = piece_at(c, i);
        uint32_t sum = 0;
        for (unsigned t = 0; t < wi_team_threads(c->params.team); t++)
            sum += c->sums[t][i];
        right = right && (!p->known || p->sum == sum);
        p->known = true;
        p->sum = sum;
    }
    return right;
}

static double pass_bytes(const struct wi_cpu_canary *c) {
    double sum = 0;
    for (size_t i = 0; i < c->count; i++)
        sum += (double)(piece_at(c, i)->lines * LINE_BYTES);
    return sum;
}

static double pass_flops(const struct wi_cpu_canary *c) {
    return 2.0 * c->fma->products * (double)c->steps * wi_team_threads(c->params.team);
}

/* ---- looking ---- */

static int fma_once(struct wi_cpu_canary *c, struct wi_err *err) {
    wi_team_run(c->params.team, fma_pass, c);
    return fma_is_right(c) ? WI_OK
                           : wi_fail(err, WI_WRONG,
                                     "canary: multiply-adds gave another result "
                                     "than they must");
}

/* Reads on from where the last pass ended, so that what is read has left the caches. */
static int read_once(struct wi_cpu_canary *c, struct wi_err *err) {
    c->first = (c->first + c->count) % c->piece_count;
    wi_team_run(c->params.team, read_pass, c);
    return read_is_right(c) ? WI_OK
                            : wi_fail(err, WI_WRONG,
                                      "canary: weights read differently than "
                                      "before");
}

/* Passes that are long enough; they warm up as well. */
static int calibrate(struct wi_cpu_canary *c, struct wi_err *err) {
    for (c->steps = STEPS_FIRST;; c->steps *= 2) {
        WI_TRY(fma_once(c, err));
        if (c->ns >= PASS_NS || c->steps >= STEPS_MOST)
            break;
    }
    for (c->count = 1; c->piece_count > 0; c->count *= 2) {
        WI_TRY(read_once(c, err));
        if (c->ns >= PASS_NS || c->count > c->piece_count / 2)
            break;
    }
    return WI_OK;
}

/* Median of `work` a second over passes, in 1e9; the first pass is not counted. */
static int look_at(struct wi_cpu_canary *c, int (*once)(struct wi_cpu_canary *, struct wi_err *),
                   double (*work)(const struct wi_cpu_canary *), uint64_t budget_ns,
                   struct wi_maybe_f64 *rate, struct wi_err *err) {
    double rates[PASSES_MOST];
    size_t n = 0;
    uint64_t start = wi_now_ns(c->params.clock);
    WI_TRY(once(c, err));
    while (n < PASSES_MOST &&
           (n < PASSES_LEAST || wi_now_ns(c->params.clock) - start < budget_ns)) {
        WI_TRY(once(c, err));
        if (c->ns == 0)
            return wi_fail(err, WI_UNAVAILABLE, "canary: the clock stands still");
        rates[n++] = work(c) / (double)c->ns;
    }
    *rate = wi_some_f64(wi_stat_median(rates, n));
    return WI_OK;
}

int wi_cpu_canary_look(struct wi_cpu_canary *c, uint64_t budget_ns, struct wi_canary *look,
                       struct wi_err *err) {
    *look = (struct wi_canary){0};
    if (c->steps == 0)
        WI_TRY(calibrate(c, err));
    look->at_ns = wi_now_ns(c->params.clock);
    WI_TRY(look_at(c, fma_once, pass_flops, budget_ns / 2, &look->f32_gflop_per_s, err));
    return c->piece_count == 0
               ? WI_OK
               : look_at(c, read_once, pass_bytes, budget_ns / 2, &look->read_gb_per_s, err);
}

/* ---- coming and going ---- */

static void choose_unit(struct wi_cpu_canary *c, uint64_t isa) {
#define TAKE(name, unused)                                                                         \
    if ((WI_CPU_NEEDS_##name & ~isa) == 0) {                                                       \
        c->read = wi_stream_readers__cpu_##name[0].read;                                           \
        c->fma = &wi_peaks__cpu_##name[0];                                                         \
    }
    WI_CPU_UNITS(TAKE, )
}

/* Whole pieces only; none when caches would hold much of it. */
static void cut_up(struct wi_cpu_canary *c, const struct wi_canary_params *p) {
    uint64_t bytes = 0;
    size_t most = 0;
    for (size_t i = 0; i < p->span_count; i++)
        most += p->spans[i].bytes / PIECE_BYTES;
    c->pieces = WI_NEW_ARRAY(c->arena, struct piece, most + 1);
    for (size_t i = 0; i < p->span_count; i++) {
        const char *at = p->spans[i].at;
        for (uint64_t k = 0; k < p->spans[i].bytes / PIECE_BYTES; k++, bytes += PIECE_BYTES)
            c->pieces[c->piece_count++] = (struct piece){
                .words = (const void *)(at + k * PIECE_BYTES), .lines = PIECE_BYTES / LINE_BYTES};
    }
    if (bytes < 4 * p->cache_bytes)
        c->piece_count = 0;
}

struct wi_cpu_canary *wi_cpu_canary_create(const struct wi_canary_params *params) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_cpu_canary *c = WI_NEW(arena, struct wi_cpu_canary);
    unsigned threads = wi_team_threads(params->team);
    *c = (struct wi_cpu_canary){.arena = arena, .params = *params};
    c->params.spans = NULL;
    choose_unit(c, params->isa);
    cut_up(c, params);
    c->own = WI_NEW_ARRAY(arena, struct own, threads);
    c->sums = WI_NEW_ARRAY(arena, uint32_t *, threads);
    for (unsigned t = 0; t < threads; t++)
        c->sums[t] = WI_NEW_ARRAY(arena, uint32_t, c->piece_count + LINE_BYTES);
    return c;
}

void wi_cpu_canary_destroy(struct wi_cpu_canary *c) {
    if (c != NULL)
        wi_arena_destroy(c->arena);
}
