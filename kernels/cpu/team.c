/* team.c: threads that stay.
 * Relies on: OpenMP runtimes keep their threads between parallel regions of the same size, and give
 * the same number to the same thread (libgomp and libomp do).
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/team.h"

#include "base/arena.h"
#include "base/os.h"

#if defined(_OPENMP)
#include <omp.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include <string.h>

struct wi_team {
    struct wi_arena *arena;
    unsigned *cpus;
    unsigned threads; /* no region gets more: scratch is cut up for so many */
    bool pinned;
    unsigned *before; /* where the caller could run */
    size_t before_count;
};

/* ---- denormals ---- */

#if defined(__x86_64__)
enum { MXCSR_FTZ = 1 << 15, MXCSR_DAZ = 1 << 6 };
static uint64_t flush_begin(void) {
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | MXCSR_FTZ | MXCSR_DAZ);
    return before;
}
static void flush_end(uint64_t before) {
    _mm_setcsr((unsigned)before);
}
#elif defined(__aarch64__)
static uint64_t flush_begin(void) {
    uint64_t before = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" ::"r"(before | UINT64_C(1) << 24)); /* FZ */
    return before;
}
static void flush_end(uint64_t before) {
    __asm__ volatile("msr fpcr, %0" ::"r"(before));
}
#else
static uint64_t flush_begin(void) {
    return 0;
}
static void flush_end(uint64_t before) {
    (void)before;
}
#endif

bool wi_team_flushes_to_zero(void) {
#if defined(__x86_64__) || defined(__aarch64__)
    return true;
#else
    return false;
#endif
}

/* ---- running ---- */

void wi_team_run(struct wi_team *team, wi_team_work work, void *state) {
#if defined(_OPENMP)
#pragma omp parallel num_threads(team->threads)
    {
        uint64_t before = flush_begin();
        work(state, (unsigned)omp_get_thread_num(), (unsigned)omp_get_num_threads());
        flush_end(before);
    }
#else
    (void)team;
    uint64_t before = flush_begin();
    work(state, 0, 1);
    flush_end(before);
#endif
}

void wi_team_barrier(void) {
#if defined(_OPENMP)
#pragma omp barrier
#endif
}

/* ---- coming and going ---- */

struct seat {
    struct wi_team *team;
    unsigned unpinned, seen; /* written under a lock of the runtime's */
};
static void take_seat(void *state, unsigned thread, unsigned threads) {
    struct seat *s = state;
    bool failed = s->team->cpus != NULL && wi_os_pin_thread(&s->team->cpus[thread], 1) != WI_OK;
#if defined(_OPENMP)
#pragma omp critical(wi_team_seat)
#endif
    {
        s->unpinned += failed;
        s->seen = threads;
    }
}

int wi_team_create(const unsigned *cpus, size_t count, struct wi_team **team, struct wi_err *err) {
    *team = NULL;
    struct wi_arena *arena = wi_arena_create();
    struct wi_team *t = WI_NEW(arena, struct wi_team);
    t->arena = arena;
    t->threads = count == 0 ? 1 : (unsigned)count;
    int status = wi_os_affinity(arena, &t->before, &t->before_count, err);
    if (status != WI_OK) {
        wi_team_destroy(t);
        return status;
    }
    if (count > 0) {
        t->cpus = WI_NEW_ARRAY(arena, unsigned, count);
        memcpy(t->cpus, cpus, count * sizeof *cpus);
    }
    struct seat seat = {.team = t};
    wi_team_run(t, take_seat, &seat);
    t->threads = seat.seen;
    t->pinned = count > 0 && seat.unpinned == 0;
    *team = t;
    return WI_OK;
}

void wi_team_destroy(struct wi_team *team) {
    if (team == NULL)
        return;
    if (team->before_count > 0)
        wi_os_pin_thread(team->before, team->before_count);
    wi_arena_destroy(team->arena);
}

unsigned wi_team_threads(const struct wi_team *team) {
    return team->threads;
}
bool wi_team_pinned(const struct wi_team *team) {
    return team->pinned;
}
