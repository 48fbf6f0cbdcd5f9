/* backend.c: buffers, passes and single calls on a team of threads.
 * Promises: run() allocates nothing and enters one parallel region a pass; calls are separated by
 * barriers, and thread 0 reads the clock after the barrier that ends a segment.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/backend.h"

#include "base/os.h"
#include "kernels/cpu/canary.h"
#include "kernels/cpu/task.h"
#include "kernels/isa.h"
#include "kernels/pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_FLOATS = 64 / sizeof(float) };

struct cpu_buffer { /* owned by the device until destroyed */
    struct wi_buffer base;
    bool weights; /* something was generated into it */
    struct cpu_buffer *next;
};

struct wi_device {
    struct wi_team *team;
    uint32_t batch;
    bool small_pages;
    const struct wi_clock *clock; /* borrowed */
    struct cpu_buffer *buffers;
    float *scratch; /* own scratch of each thread, then the shared one */
    size_t scratch_bytes;
    size_t own_floats; /* of one thread */
    uint64_t isa;      /* features that may be used */
    uint64_t cache_bytes;
    struct wi_cpu_canary *canary; /* NULL until it is asked for */
};

/* ---- coming and going ---- */

static void cpu_buffer_destroy(struct wi_device *d, struct wi_buffer *buffer) {
    if (buffer == NULL)
        return;
    struct cpu_buffer **at = &d->buffers;
    while (&(*at)->base != buffer)
        at = &(*at)->next;
    struct cpu_buffer *gone = *at;
    *at = gone->next;
    wi_os_pages_unmap(buffer->host, buffer->bytes);
    free(gone);
}

static void cpu_close(struct wi_device *d) {
    if (d == NULL)
        return;
    wi_cpu_canary_destroy(d->canary);
    while (d->buffers != NULL)
        cpu_buffer_destroy(d, &d->buffers->base);
    wi_os_pages_unmap(d->scratch, d->scratch_bytes);
    wi_team_destroy(d->team);
    free(d);
}

/* Of all its instances; 0: nobody told. */
static uint64_t last_level_cache(const struct wi_inventory *inventory) {
    uint64_t bytes = 0;
    unsigned level = 0;
    for (size_t i = 0; inventory != NULL && i < inventory->cpu.cache_count; i++) {
        const struct wi_cpu_cache *c = &inventory->cpu.caches[i];
        if (c->type != 'i' && c->level >= level) {
            level = c->level;
            bytes = c->bytes * (c->instances > 0 ? c->instances : 1);
        }
    }
    return bytes;
}

static int cpu_open(const struct wi_session_params *params, struct wi_device **device,
                    struct wi_err *err) {
    *device = NULL;
    struct wi_device *d = calloc(1, sizeof *d);
    if (d == NULL)
        return wi_fail(err, WI_NOMEM, "no memory for the CPU backend");
    d->batch = params->batch;
    d->small_pages = params->small_pages;
    d->cache_bytes = last_level_cache(params->inventory);
    d->clock = params->clock == NULL ? &wi_clock_system : params->clock;
    int status = wi_isa_apply_cap(
        params->isa_cap, params->inventory == NULL ? 0 : params->inventory->cpu.isa, &d->isa, err);
    if (status == WI_OK)
        status = wi_team_create(params->cpus, params->cpu_count, &d->team, err);
    if (status != WI_OK) {
        cpu_close(d);
        return status;
    }
    *device = d;
    return WI_OK;
}

static uint64_t huge_bytes(const struct wi_device *d) {
    uint64_t sum = 0;
    for (const struct cpu_buffer *b = d->buffers; b != NULL; b = b->next) {
        uint64_t huge = 0;
        if (b->weights && wi_os_huge_bytes(b->base.host, b->base.bytes, &huge, NULL) == WI_OK)
            sum += huge;
    }
    return sum;
}

static void cpu_describe(const struct wi_device *d, struct wi_session_info *info) {
    info->threads = wi_team_threads(d->team);
    info->huge_page_bytes = huge_bytes(d);
    info->flush_to_zero = wi_team_flushes_to_zero();
}

/* ---- memory ---- */

static int cpu_buffer_create(struct wi_device *d, uint64_t bytes, struct wi_buffer **buffer,
                             struct wi_err *err) {
    *buffer = NULL;
    struct cpu_buffer *b = calloc(1, sizeof *b);
    if (b == NULL)
        return wi_fail(err, WI_NOMEM, "no memory for a buffer");
    b->base.bytes = bytes;
    int status =
        (d->small_pages ? wi_os_pages_map_small : wi_os_pages_map)(bytes, &b->base.host, err);
    if (status != WI_OK) {
        free(b);
        return status;
    }
    b->next = d->buffers;
    d->buffers = b;
    *buffer = &b->base;
    return WI_OK;
}

static int inside(struct wi_view view, uint64_t bytes, struct wi_err *err) {
    if (view.offset_bytes > view.buffer->bytes || bytes > view.buffer->bytes - view.offset_bytes)
        return wi_fail(err, WI_INTERNAL, "bytes %llu to %llu of a buffer of %llu",
                       (unsigned long long)view.offset_bytes,
                       (unsigned long long)(view.offset_bytes + bytes),
                       (unsigned long long)view.buffer->bytes);
    return WI_OK;
}

static int cpu_upload(struct wi_device *d, struct wi_view to, uint64_t bytes, const void *from,
                      struct wi_err *err) {
    (void)d;
    WI_TRY(inside(to, bytes, err));
    memcpy(wi_out(to), from, bytes);
    return WI_OK;
}

static int cpu_download(struct wi_device *d, struct wi_view from, uint64_t bytes, void *to,
                        struct wi_err *err) {
    (void)d;
    WI_TRY(inside(from, bytes, err));
    memcpy(to, wi_in(from), bytes);
    return WI_OK;
}

/* Threads make, and so first touch, the rows that they will read: see wi_share_of. */
struct making {
    const struct wi_generate *what;
    struct wi_packer packer;
};
static void make_rows(void *state, unsigned thread, unsigned threads) {
    const struct making *m = state;
    uint64_t bytes = wi_format_bytes(wi_format_get(m->what->format), 1, m->what->k);
    struct wi_share rows = wi_share_of(m->what->rows, thread, threads);
    char *to = wi_out(m->what->at);
    for (size_t row = rows.begin; row < rows.end; row++)
        wi_packer_row(&m->packer, row, m->what->k, to + row * bytes);
}

static int cpu_generate(struct wi_device *d, const struct wi_generate *what, struct wi_err *err) {
    const struct wi_format *format = wi_format_get(what->format);
    WI_TRY(inside(what->at, what->rows * wi_format_bytes(format, 1, what->k), err));
    struct making *making = malloc(sizeof *making);
    if (making == NULL)
        return wi_fail(err, WI_NOMEM, "no memory to generate weights");
    making->what = what;
    wi_packer_init(&making->packer, what->format, what->fan_in, what->seed, what->tensor);
    wi_team_run(d->team, make_rows, making);
    free(making);
    for (struct cpu_buffer *b = d->buffers; b != NULL; b = b->next)
        b->weights = b->weights || &b->base == what->at.buffer;
    return WI_OK;
}

/* ---- scratch ---- */

static void need(const struct wi_device *d, const struct wi_call *call, size_t rows,
                 struct wi_cpu_scratch *most) {
    struct wi_cpu_scratch s = wi_cpu_scratch(call, rows, wi_team_threads(d->team));
    most->own = s.own > most->own ? s.own : most->own;
    most->shared = s.shared > most->shared ? s.shared : most->shared;
}

static int provide(struct wi_device *d, struct wi_cpu_scratch scratch, struct wi_err *err) {
    size_t threads = wi_team_threads(d->team);
    size_t own = (scratch.own + LINE_FLOATS - 1) / LINE_FLOATS * LINE_FLOATS;
    own = own > d->own_floats ? own : d->own_floats;
    size_t shared = d->scratch_bytes / sizeof(float) - threads * d->own_floats;
    shared = scratch.shared > shared ? scratch.shared : shared;
    size_t bytes = (threads * own + shared) * sizeof(float);
    if (bytes == d->scratch_bytes)
        return WI_OK;
    void *pages = NULL;
    WI_TRY(wi_os_pages_map(bytes, &pages, err));
    wi_os_pages_unmap(d->scratch, d->scratch_bytes);
    d->scratch = pages;
    d->scratch_bytes = bytes;
    d->own_floats = own;
    return WI_OK;
}

static int cpu_prepare(struct wi_device *d, const struct wi_program *program, struct wi_err *err) {
    struct wi_cpu_scratch most = {0};
    for (size_t i = 0; i < program->call_count; i++)
        need(d, &program->calls[i], program->max_rows, &most);
    return provide(d, most, err);
}

static struct wi_task task_of(const struct wi_device *d, const struct wi_pass_dims *dims,
                              unsigned thread, unsigned threads) {
    return (struct wi_task){
        .thread = thread,
        .threads = threads,
        .dims = dims,
        .own = d->scratch + thread * d->own_floats,
        .shared = d->scratch + wi_team_threads(d->team) * d->own_floats,
    };
}

/* ---- running ---- */

struct running {
    struct wi_device *device;
    const struct wi_program *program;
    struct wi_pass_dims dims;
    uint64_t *segment_ns, start_ns;
};

static void run_pass(void *state, unsigned thread, unsigned threads) {
    struct running *r = state;
    const struct wi_clock *clock = r->device->clock;
    struct wi_task task = task_of(r->device, &r->dims, thread, threads);
    uint64_t before = 0;
    wi_task_barrier(&task); /* all are awake */
    if (thread == 0)
        r->start_ns = before = wi_now_ns(clock);
    for (size_t s = 0; s < r->program->segment_count; s++) {
        const struct wi_program_segment *segment = &r->program->segments[s];
        for (uint32_t i = segment->first; i < segment->first + segment->count; i++) {
            const struct wi_call *call = &r->program->calls[i];
            call->kernel->run_cpu(call, &task);
            wi_task_barrier(&task);
        }
        if (thread == 0) {
            uint64_t now = wi_now_ns(clock);
            r->segment_ns[s] = now - before;
            before = now;
        }
    }
}

static int cpu_run(struct wi_device *d, const struct wi_program *program,
                   const struct wi_pass *pass, uint64_t *segment_ns, uint64_t *start_ns,
                   struct wi_err *err) {
    (void)err;
    struct running running = {
        .device = d,
        .program = program,
        .dims = {.tokens = pass->tokens, .depth = pass->depth, .batch = d->batch},
        .segment_ns = segment_ns};
    wi_team_run(d->team, run_pass, &running);
    *start_ns = running.start_ns;
    return WI_OK;
}

struct calling {
    const struct wi_device *device;
    const struct wi_call *call;
    const struct wi_pass_dims *dims;
};
static void run_one(void *state, unsigned thread, unsigned threads) {
    const struct calling *c = state;
    struct wi_task task = task_of(c->device, c->dims, thread, threads);
    c->call->kernel->run_cpu(c->call, &task);
}

static int cpu_run_call(struct wi_device *d, const struct wi_call *call,
                        const struct wi_pass_dims *dims, struct wi_err *err) {
    struct wi_cpu_scratch scratch = {0};
    assert(call->kernel != NULL && call->kernel->run_cpu != NULL);
    need(d, call, (size_t)dims->tokens * dims->batch, &scratch);
    WI_TRY(provide(d, scratch, err));
    struct calling calling = {d, call, dims};
    wi_team_run(d->team, run_one, &calling);
    return WI_OK;
}

/* ---- the canary ---- */

static int cpu_canary(struct wi_device *d, uint64_t budget_ns, struct wi_canary *look,
                      struct wi_err *err) {
    if (d->canary == NULL) {
        struct wi_arena *arena = wi_arena_create();
        struct {
            struct wi_canary_span *items;
            size_t count, capacity;
        } spans = {0};
        for (const struct cpu_buffer *b = d->buffers; b != NULL; b = b->next)
            if (b->weights)
                *WI_PUSH(arena, &spans, struct wi_canary_span) =
                    (struct wi_canary_span){b->base.host, b->base.bytes};
        const struct wi_canary_params params = {.team = d->team,
                                                .clock = d->clock,
                                                .isa = d->isa,
                                                .cache_bytes = d->cache_bytes,
                                                .spans = spans.items,
                                                .span_count = spans.count};
        d->canary = wi_cpu_canary_create(&params);
        wi_arena_destroy(arena);
    }
    return wi_cpu_canary_look(d->canary, budget_ns, look, err);
}

const struct wi_backend wi_backend_cpu = {
    .abi = WI_BACKEND_ABI,
    .id = WI_BACKEND_cpu,
    .name = "cpu",
    .computes = true,
    .open = cpu_open,
    .close = cpu_close,
    .describe = cpu_describe,
    .run = cpu_run,
    .canary = cpu_canary,
    .buffer_create = cpu_buffer_create,
    .buffer_destroy = cpu_buffer_destroy,
    .upload = cpu_upload,
    .download = cpu_download,
    .generate = cpu_generate,
    .prepare = cpu_prepare,
    .run_call = cpu_run_call,
};
