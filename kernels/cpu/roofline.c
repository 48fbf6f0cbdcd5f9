/* roofline.c: read bandwidth and f32 peak of a team of threads.
 * Every pass is checked: the words' sum, and what the multiply-adds converge to.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/roofline.h"

#include "base/os.h"
#include "base/stats.h"
#include "kernels/cpu/backend.h"
#include "kernels/cpu/peak.h"
#include "kernels/cpu/task.h"
#include "kernels/cpu/units.h"
#include "kernels/isa.h"

#include <math.h>
#include <string.h>

enum { LINE_BYTES = 64, LINE_WORDS = 16, PASSES_LEAST = 3, PASSES_MOST = 64 };

#define DECLARE(unit, unused)                                                                      \
    uint32_t wi_peak_read__cpu_##unit(const uint32_t *, size_t);                                   \
    float wi_peak_fma__cpu_##unit(size_t);                                                         \
    extern const unsigned wi_peak_lanes__cpu_##unit;
WI_CPU_UNITS(DECLARE, )

static struct wi_peak best_peak(uint64_t allowed) {
    struct wi_peak best = {0};
#define TAKE(name, unused)                                                                         \
    if ((WI_CPU_NEEDS_##name & ~allowed) == 0)                                                     \
        best = (struct wi_peak){#name, WI_CPU_NEEDS_##name, wi_peak_read__cpu_##name,              \
                                wi_peak_fma__cpu_##name, wi_peak_lanes__cpu_##name};
    WI_CPU_UNITS(TAKE, )
    return best;
}

struct peak_run {
    struct wi_peak peak;
    const struct wi_clock *clock;
    unsigned threads;
    uint32_t *words; /* `lines` cache lines */
    size_t lines, steps;
    uint64_t ns;      /* of the last pass, by thread 0, between two barriers */
    struct line_sum { /* of one thread, in a cache line of its own */
        uint32_t words;
        float fma;
        char pad[LINE_BYTES - 8];
    } * sums;
};

/* ---- passes ---- */

/* Word i is i * 2654435761: not constant, so that memory that compresses is not flattered. */
static void fill(void *state, unsigned thread, unsigned threads) {
    struct peak_run *run = state;
    struct wi_share lines = wi_share_of(run->lines, thread, threads);
    for (size_t i = lines.begin * LINE_WORDS; i < lines.end * LINE_WORDS; i++)
        run->words[i] = (uint32_t)i * UINT32_C(2654435761);
}
/* sum_{i<n} i * c modulo 2^32, in closed form. */
static uint32_t filled_sum(size_t n) {
    uint64_t a = n, b = n - 1;
    return (uint32_t)((a % 2 == 0 ? a / 2 * b : b / 2 * a) * UINT32_C(2654435761));
}

static uint64_t clock_after_barrier(struct peak_run *run, unsigned thread, unsigned threads) {
    if (threads > 1)
        wi_team_barrier();
    return thread == 0 ? wi_now_ns(run->clock) : 0;
}

static void read_pass(void *state, unsigned thread, unsigned threads) {
    struct peak_run *run = state;
    struct wi_share lines = wi_share_of(run->lines, thread, threads);
    uint64_t before = clock_after_barrier(run, thread, threads);
    run->sums[thread].words =
        run->peak.read(run->words + lines.begin * LINE_WORDS, lines.end - lines.begin);
    uint64_t after = clock_after_barrier(run, thread, threads);
    if (thread == 0)
        run->ns = after - before;
}
static bool read_is_right(const struct peak_run *run) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < run->threads; i++)
        sum += run->sums[i].words;
    return sum == filled_sum(run->lines * LINE_WORDS);
}

static void fma_pass(void *state, unsigned thread, unsigned threads) {
    struct peak_run *run = state;
    uint64_t before = clock_after_barrier(run, thread, threads);
    run->sums[thread].fma = run->peak.fma(run->steps);
    uint64_t after = clock_after_barrier(run, thread, threads);
    if (thread == 0)
        run->ns = after - before;
}
static bool fma_is_right(const struct peak_run *run) {
    for (unsigned i = 0; i < run->threads; i++)
        if (run->sums[i].fma != 2.0f * (float)run->peak.lanes)
            return false;
    return true;
}

/* Median time of a pass; the first one warms up. */
static int time_passes(struct wi_team *team, struct peak_run *run, wi_team_work pass,
                       bool (*is_right)(const struct peak_run *), uint64_t budget_ns,
                       const char *what, double *median_ns, struct wi_err *err) {
    double ns[PASSES_MOST];
    size_t n = 0;
    uint64_t start = wi_now_ns(run->clock);
    for (bool warm = false; n < PASSES_MOST; warm = true) {
        wi_team_run(team, pass, run);
        if (!is_right(run))
            return wi_fail(err, WI_WRONG, "%s: a pass gave another result than it must", what);
        if (warm)
            ns[n++] = (double)run->ns;
        if (n >= PASSES_LEAST && wi_now_ns(run->clock) - start >= budget_ns)
            break;
    }
    *median_ns = wi_stat_median(ns, n);
    return *median_ns > 0 ? WI_OK
                          : wi_fail(err, WI_UNAVAILABLE, "%s: the clock stands still", what);
}

/* ---- measuring ---- */

static size_t buffer_bytes(const struct wi_inventory *inventory) {
    size_t least = (size_t)256 << 20, largest = 0;
    for (size_t i = 0; inventory != NULL && i < inventory->cpu.cache_count; i++) {
        const struct wi_cpu_cache *c = &inventory->cpu.caches[i];
        size_t all = c->bytes * (c->instances > 0 ? c->instances : 1);
        largest = all > largest ? all : largest;
    }
    return 4 * largest > least ? 4 * largest : least;
}

static int measure_read(struct wi_team *team, struct peak_run *run, size_t bytes,
                        uint64_t budget_ns, double *gb_per_s, struct wi_err *err) {
    void *pages = NULL;
    double ns = 0;
    WI_TRY(wi_os_pages_map(bytes, &pages, err));
    run->words = pages;
    run->lines = bytes / LINE_BYTES;
    wi_team_run(team, fill, run);
    int status =
        time_passes(team, run, read_pass, read_is_right, budget_ns, "read bandwidth", &ns, err);
    wi_os_pages_unmap(pages, bytes);
    *gb_per_s = (double)(run->lines * LINE_BYTES) / ns;
    return status;
}

/* A pass of about 4 ms at 2 steps a ns and core, long against a barrier. */
static int measure_fma(struct wi_team *team, struct peak_run *run, uint64_t budget_ns,
                       double *gflop_per_s, struct wi_err *err) {
    double ns = 0;
    run->steps = 2000000;
    WI_TRY(time_passes(team, run, fma_pass, fma_is_right, budget_ns, "f32 peak", &ns, err));
    *gflop_per_s = 2.0 * run->peak.lanes * (double)run->steps * run->threads / ns;
    return WI_OK;
}

static int measure(struct wi_team *team, struct peak_run *run, const struct wi_roofline_params *p,
                   struct wi_roofline *roofline, struct wi_err *err) {
    double read = 0, fma = 0;
    WI_TRY(measure_read(team, run, buffer_bytes(p->inventory), p->budget_ns / 2, &read, err));
    roofline->read_gb_per_s = wi_some_f64(read);
    WI_TRY(measure_fma(team, run, p->budget_ns / 2, &fma, err));
    roofline->peak_gflop_per_s_f32 = wi_some_f64(fma);
    return WI_OK;
}

int wi_cpu_roofline_measure(const struct wi_roofline_params *p, struct wi_roofline *roofline,
                            struct wi_err *err) {
    uint64_t allowed = 0;
    struct wi_team *team = NULL;
    WI_TRY(wi_isa_apply_cap(p->isa_cap, p->inventory == NULL ? 0 : p->inventory->cpu.isa, &allowed,
                            err));
    WI_TRY(wi_team_create(p->cpus, p->cpu_count, &team, err));
    struct wi_arena *arena = wi_arena_create();
    struct peak_run run = {.peak = best_peak(allowed),
                           .clock = p->clock == NULL ? &wi_clock_system : p->clock,
                           .threads = wi_team_threads(team)};
    run.sums = WI_NEW_ARRAY(arena, struct line_sum, run.threads);
    int status = measure(team, &run, p, roofline, err);
    wi_arena_destroy(arena);
    wi_team_destroy(team);
    return status;
}
