/* roofline_kernels.c: matrix kernels that need not wait for memory, and calls that do nothing, as
 * trials.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   decode     gemv, one row: each thread's weights are at most half of its share of L2, and stay
 *   prefill    gemm, 256 rows: each weight is used so often that where it came from does not show;
 *              so many outputs that packing the inputs does not, as in a model
 *
 * Both are held against the double-precision reference after each pass, in seeded places. */
#include "kernels/cpu/roofline_parts.h"
#include "kernels/pack.h"
#include "kernels/reference.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

enum {
    DECODE_K = 2048,
    PREFILL_K = 1024,
    PREFILL_ROWS = 256,
    PREFILL_OUTPUTS = 384, /* of a thread */
    DECODE_BYTES_MOST = 128 << 10,
    DECODE_BYTES_LEAST = 32 << 10,
    PLACES = 16,
    CALLS_MOST = 1 << 16,
    PASS_NS = 2000000,
    TRIES = 3,
    LAUNCHES = 64,
};

struct kernel_trial {
    struct wi_trials *trials;
    struct wi_call call;
    struct wi_pass_dims dims;
    struct wi_buffer w, x, y;
    float *own, *shared;
    size_t own_floats;
    bool waits;   /* threads share scratch: a call begins when all have ended the one before */
    size_t calls; /* of a pass */
    double work;  /* of a call */
    uint32_t t[PLACES], i[PLACES];
    struct wi_expected expected[PLACES];
};

/* ---- passes ---- */

static void run_kernel(struct wi_trial *trial, unsigned thread, unsigned threads) {
    const struct kernel_trial *k = trial->state;
    struct wi_task task = {.thread = thread,
                           .threads = threads,
                           .dims = &k->dims,
                           .own = k->own + thread * k->own_floats,
                           .shared = k->shared};
    for (size_t i = 0; i < k->calls; i++) {
        if (i > 0 && k->waits)
            wi_task_barrier(&task);
        k->call.kernel->run_cpu(&k->call, &task);
    }
}

static bool kernel_is_right(struct wi_trial *trial) {
    struct kernel_trial *k = trial->state;
    float *y = k->y.host;
    bool right = true;
    for (size_t p = 0; p < PLACES; p++) {
        float *at = &y[(size_t)k->t[p] * k->call.n + k->i[p]];
        right = right &&
                wi_reference_error(&k->expected[p], (double)*at) <= wi_call_tolerance(&k->call);
    }
    memset(y, 0xff, k->y.bytes); /* not a number: the next pass has to write it */
    return right;
}

/* ---- operands ---- */

/* What one thread may call its own of the second-level cache. */
static size_t decode_bytes(const struct wi_inventory *inventory) {
    size_t bytes = DECODE_BYTES_MOST;
    for (size_t i = 0; inventory != NULL && i < inventory->cpu.cache_count; i++) {
        const struct wi_cpu_cache *c = &inventory->cpu.caches[i];
        size_t share = c->bytes / (c->shared_threads > 0 ? c->shared_threads : 1) / 2;
        if (c->level == 2 && share < bytes)
            bytes = share;
    }
    return bytes > DECODE_BYTES_LEAST ? bytes : DECODE_BYTES_LEAST;
}

struct making {
    const struct wi_packer *packer;
    struct wi_buffer *to;
    size_t rows, k;
    enum wi_format_id format;
};
static void make_rows(void *state, unsigned thread, unsigned threads) {
    const struct making *m = state;
    size_t bytes = (size_t)wi_format_bytes(wi_format_get(m->format), 1, m->k);
    struct wi_share rows = wi_share_of(m->rows, thread, threads);
    for (size_t row = rows.begin; row < rows.end; row++)
        wi_packer_row(m->packer, row, m->k, (char *)m->to->host + row * bytes);
}

static int map(struct wi_trials *trials, size_t bytes, struct wi_buffer *buffer,
               struct wi_err *err) {
    buffer->bytes = bytes;
    return wi_trials_map(trials, bytes, WI_TRIAL_PAGES_huge, &buffer->host, err);
}

static int make(struct wi_trials *trials, enum wi_format_id format, size_t rows, uint32_t k,
                uint32_t fan_in, struct wi_buffer *buffer, struct wi_err *err) {
    struct wi_packer *packer = WI_NEW(trials->arena, struct wi_packer);
    WI_TRY(map(trials, (size_t)wi_format_bytes(wi_format_get(format), rows, k), buffer, err));
    wi_packer_init(packer, format, fan_in, 1, (uint64_t)format);
    struct making making = {packer, buffer, rows, k, format};
    wi_team_run(trials->team, make_rows, &making);
    return WI_OK;
}

static int provide_scratch(struct wi_trials *trials, struct kernel_trial *k, struct wi_err *err) {
    enum { LINE_FLOATS = 64 / sizeof(float) };
    struct wi_cpu_scratch need = wi_cpu_scratch(&k->call, k->dims.tokens, trials->threads);
    void *pages = NULL;
    k->own_floats = (need.own + LINE_FLOATS - 1) / LINE_FLOATS * LINE_FLOATS;
    k->waits = need.shared > 0;
    size_t floats = trials->threads * k->own_floats + need.shared + LINE_FLOATS;
    WI_TRY(wi_trials_map(trials, floats * sizeof(float), WI_TRIAL_PAGES_huge, &pages, err));
    k->own = pages;
    k->shared = k->own + trials->threads * k->own_floats;
    return WI_OK;
}

static int expect(struct kernel_trial *k, struct wi_err *err) {
    struct wi_reference *reference = NULL;
    struct wi_rng rng;
    wi_rng_seed(&rng, k->call.n);
    int status = wi_reference_create(&k->call, &k->dims, &wi_reader_host, &reference, err);
    for (size_t p = 0; p < PLACES && status == WI_OK; p++) {
        k->t[p] = (uint32_t)wi_rng_below(&rng, k->dims.tokens);
        k->i[p] = (uint32_t)wi_rng_below(&rng, k->call.n);
        status = wi_reference_at(reference, k->t[p], k->i[p], &k->expected[p], err);
    }
    wi_reference_destroy(reference);
    return status;
}

static int make_operands(struct wi_trials *trials, struct kernel_trial *k, struct wi_err *err) {
    WI_TRY(make(trials, k->call.format, k->call.n, k->call.k, k->call.k, &k->w, err));
    WI_TRY(make(trials, WI_FORMAT_f32, k->dims.tokens, k->call.k, 1, &k->x, err));
    WI_TRY(map(trials, sizeof(float) * k->dims.tokens * k->call.n, &k->y, err));
    k->call.w.buffer = &k->w;
    k->call.x.buffer = &k->x;
    k->call.y.buffer = &k->y;
    WI_TRY(provide_scratch(trials, k, err));
    return expect(k, err);
}

/* ---- trials ---- */

static void set_shape(const struct wi_trials *trials, struct kernel_trial *k) {
    struct wi_call *c = &k->call;
    const struct wi_format *format = wi_format_get(c->format);
    if (c->op == WI_OP_gemv) {
        size_t bytes = (size_t)wi_format_bytes(format, 1, DECODE_K);
        size_t rows = decode_bytes(trials->params->inventory) / bytes / 4 * 4;
        c->k = DECODE_K;
        c->n = (uint32_t)((rows > 4 ? rows : 4) * trials->threads);
        k->dims = (struct wi_pass_dims){.tokens = 1, .batch = 1};
        k->work = (double)wi_format_bytes(format, c->n, c->k);
    } else {
        c->k = PREFILL_K;
        c->n = PREFILL_OUTPUTS * trials->threads;
        k->dims = (struct wi_pass_dims){.tokens = PREFILL_ROWS, .batch = 1};
        k->work = wi_call_flops(c, &k->dims);
    }
}

/* So many that a pass takes about 2 ms, by what the caller alone takes for a call; see
 * roofline_peaks.c. */
static size_t calls_of_pass(const struct wi_trials *trials, struct wi_trial *trial) {
    double best = INFINITY, most = CALLS_MOST;
    for (int i = 0; i < TRIES; i++) {
        uint64_t before = wi_now_ns(trials->clock);
        run_kernel(trial, 0, 1);
        double ns = (double)(wi_now_ns(trials->clock) - before);
        best = ns > 0 && ns < best ? ns : best;
    }
    double calls = PASS_NS * trials->threads / best;
    return calls > most ? CALLS_MOST : calls < 1 ? 1 : (size_t)calls;
}

/* Nothing when there is no such kernel. */
static int add_kernel(struct wi_trials *trials, enum wi_op_id op, enum wi_format_id format,
                      struct wi_err *err) {
    struct kernel_trial *k = WI_NEW(trials->arena, struct kernel_trial);
    *k = (struct kernel_trial){.trials = trials, .call = {.op = op, .format = format}, .calls = 1};
    if (wi_kernel_pick(WI_BACKEND_cpu, op, format, trials->allowed, &k->call.kernel, NULL) != WI_OK)
        return WI_OK;
    set_shape(trials, k);
    WI_TRY(make_operands(trials, k, err));
    struct wi_trial trial = {
        .ceiling = {.id = WI_CEILING_unpack,
                    .how = k->call.kernel->name,
                    .arithmetic = wi_arithmetic_name(k->call.kernel->arithmetic),
                    .precision = wi_format_get(format)->name,
                    .phase = wi_phase_name(op == WI_OP_gemv ? WI_PHASE_decode : WI_PHASE_prefill),
                    .threads = trials->threads},
        .on = WI_TRIAL_ON_team,
        .state = k,
        .warmups = 1,
        .pass = run_kernel,
        .is_right = kernel_is_right};
    k->calls = calls_of_pass(trials, &trial);
    trial.ceiling.work = (double)k->calls * k->work;
    wi_trial_add(trials, &trial);
    return WI_OK;
}

/* ---- a call that does nothing ---- */

struct launch_trial {
    void (*volatile run)(const struct wi_call *call, const struct wi_task *task);
    unsigned threads;
    struct count { /* of one thread, in a cache line of its own */
        size_t calls;
        char pad[64 - sizeof(size_t)];
    } * counts;
};

static void do_nothing(const struct wi_call *call, const struct wi_task *task) {
    (void)call;
    (void)task;
}

static void run_launches(struct wi_trial *trial, unsigned thread, unsigned threads) {
    struct launch_trial *l = trial->state;
    struct wi_task task = {.thread = thread, .threads = threads};
    for (size_t i = 0; i < LAUNCHES; i++) {
        l->run(NULL, &task);
        wi_task_barrier(&task);
        l->counts[thread].calls++;
    }
}

static bool launches_are_right(struct wi_trial *trial) {
    struct launch_trial *l = trial->state;
    bool right = true;
    for (unsigned t = 0; t < l->threads; t++) {
        right = right && l->counts[t].calls == LAUNCHES;
        l->counts[t].calls = 0;
    }
    return right;
}

static void add_launch(struct wi_trials *trials) {
    struct launch_trial *l = WI_NEW(trials->arena, struct launch_trial);
    l->run = do_nothing;
    l->threads = trials->threads;
    l->counts = WI_NEW_ARRAY(trials->arena, struct count, trials->threads);
    wi_trial_add(trials, &(struct wi_trial){.ceiling = {.id = WI_CEILING_launch,
                                                        .how = "empty call and barrier",
                                                        .threads = trials->threads,
                                                        .work = LAUNCHES},
                                            .on = WI_TRIAL_ON_team,
                                            .state = l,
                                            .warmups = 1,
                                            .pass = run_launches,
                                            .is_right = launches_are_right});
}

int wi_trials_add_kernels(struct wi_trials *trials, struct wi_err *err) {
    for (unsigned f = 0; f < WI_FORMAT_COUNT; f++) {
        if (!wi_format_get((enum wi_format_id)f)->kernel)
            continue;
        WI_TRY(add_kernel(trials, WI_OP_gemv, (enum wi_format_id)f, err));
        WI_TRY(add_kernel(trials, WI_OP_gemm, (enum wi_format_id)f, err));
    }
    add_launch(trials);
    return WI_OK;
}
