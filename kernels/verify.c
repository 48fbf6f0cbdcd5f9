/* verify.c: sampled outputs of each call against the reference; verify.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Relies on: a reference that reads operands as they are before the call (reference.h). */
#include "kernels/verify.h"

#include "base/buf.h"
#include "base/rng.h"
#include "kernels/kernel.h"
#include "kernels/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GRID_ROWS = 16, GRID_COLUMNS = 32, EDGES = 8, HEAD_RUN = 16, SCRATCHES = 4 };

/* ---- reading out of a device ---- */

struct device_reader {
    const struct wi_backend *backend;
    struct wi_device *device;
    struct wi_buf scratch[SCRATCHES]; /* for devices whose memory the CPU cannot read */
    unsigned next;
};

static const void *read_device(void *state, struct wi_view view, uint64_t at, uint64_t bytes,
                               struct wi_err *err) {
    struct device_reader *d = state;
    if (view.buffer == NULL || view.buffer->host != NULL)
        return wi_reader_host.read(NULL, view, at, bytes, err);
    struct wi_buf *scratch = &d->scratch[d->next++ % SCRATCHES];
    view.offset_bytes += at;
    wi_buf_clear(scratch);
    while (scratch->size < bytes) {
        static const char zeros[4096];
        uint64_t left = bytes - scratch->size;
        wi_buf_append(scratch, zeros, left < sizeof zeros ? left : sizeof zeros);
    }
    if (d->backend->download(d->device, view, bytes, scratch->data, err) != WI_OK)
        return NULL;
    return scratch->data;
}

/* ---- which elements ---- */

struct pick {
    uint32_t t, i;
    uint64_t order; /* of rows: random, so that a budget that ends early is no bias */
    struct wi_expected expected;
};
struct picks {
    struct pick *items;
    size_t count, capacity;
};

struct check {
    const struct wi_verify_params *params;
    struct wi_arena *arena;
    struct wi_reader reader;
    struct wi_rng rng;
    struct wi_op_note *notes;
    uint32_t *calls_of_note; /* how many calls share a note */
    size_t note_count;
    uint64_t spent_ns;
    struct wi_verify_result *result;
};

static void pick_one(struct check *c, struct picks *picks, uint32_t t, uint32_t i) {
    uint64_t state = t ^ c->params->seed;
    struct pick *p = WI_PUSH(c->arena, picks, struct pick);
    *p = (struct pick){.t = t, .i = i, .order = wi_splitmix64(&state)};
}

static uint32_t below(struct check *c, uint32_t n) {
    return (uint32_t)wi_rng_below(&c->rng, n);
}

static uint32_t block_size(uint32_t n, uint32_t blocks, uint32_t tile) {
    uint32_t size = (n + blocks - 1) / blocks;
    return size < tile ? tile : size;
}

/* One seeded element in every block of the grid. */
static void pick_grid(struct check *c, const struct wi_kernel *k, uint32_t rows, uint32_t length,
                      struct picks *picks) {
    uint32_t high = block_size(rows, GRID_ROWS, k->tile_m == 0 ? 1 : k->tile_m);
    uint32_t wide = block_size(length, GRID_COLUMNS, k->tile_n == 0 ? 1 : k->tile_n);
    for (uint32_t t = 0; t < rows; t += high) {
        for (uint32_t i = 0; i < length; i += wide) {
            uint32_t h = rows - t < high ? rows - t : high;
            uint32_t w = length - i < wide ? length - i : wide;
            pick_one(c, picks, t + below(c, h), i + below(c, w));
        }
    }
}

/* In the last tile of rows, the last of columns, and the last element of all. */
static void pick_edges(struct check *c, const struct wi_kernel *k, uint32_t rows, uint32_t length,
                       struct picks *picks) {
    uint32_t m = k->tile_m <= 1 ? 1 : k->tile_m, n = k->tile_n <= 1 ? 1 : k->tile_n;
    uint32_t edge_t = (rows - 1) / m * m, edge_i = (length - 1) / n * n;
    for (unsigned e = 0; e < EDGES; e++) {
        pick_one(c, picks, edge_t + below(c, rows - edge_t), below(c, length));
        pick_one(c, picks, below(c, rows), edge_i + below(c, length - edge_i));
    }
    pick_one(c, picks, rows - 1, length - 1);
}

/* `n` at random; of attention in runs within a head, which share their weights. */
static void pick_random(struct check *c, const struct wi_call *call, uint32_t rows, uint32_t length,
                        uint32_t n, struct picks *picks) {
    uint32_t run = call->op == WI_OP_attention ? HEAD_RUN : 1;
    for (uint32_t done = 0; done < n; done += run) {
        uint32_t t = below(c, rows), i = below(c, length);
        uint32_t end =
            call->op == WI_OP_attention ? (i / call->head_dim + 1) * call->head_dim : length;
        for (uint32_t j = i; j < end && j < i + run; j++)
            pick_one(c, picks, t, j);
    }
}

static int by_order(const void *a, const void *b) {
    const struct pick *p = a, *q = b;
    if (p->order != q->order)
        return p->order < q->order ? -1 : 1;
    return p->i < q->i ? -1 : p->i > q->i;
}

/* ---- notes: one for each kernel ---- */

static size_t note_of(struct check *c, const struct wi_kernel *kernel) {
    for (size_t i = 0; i < c->note_count; i++)
        if (c->notes[i].kernel == kernel->name)
            return i;
    c->notes[c->note_count] =
        (struct wi_op_note){.op = wi_op_name(kernel->op), .kernel = kernel->name};
    return c->note_count++;
}

/* How bad an error is beside its tolerance; a tolerance of 0 allows none. */
static double badness(double error, double tolerance) {
    return error == 0 ? 0 : tolerance > 0 ? error / tolerance : INFINITY;
}

static void judge(struct check *c, const struct wi_call *call, const struct pick *p, double got) {
    struct wi_verify_result *r = c->result;
    struct wi_op_note *note = &c->notes[note_of(c, call->kernel)];
    double error = wi_reference_error(&p->expected, got);
    double tolerance = wi_call_tolerance(call);
    note->quantisation = fmax(note->quantisation, p->expected.quantisation);
    /* `>=`: the first one gives the note its tolerance, even without an error. */
    if (badness(error, tolerance) >= badness(note->error, note->tolerance)) {
        note->error = error;
        note->tolerance = tolerance;
    }
    if (r->worst_op == NULL ||
        badness(error, tolerance) > badness(r->worst_error, r->worst_tolerance)) {
        r->worst_error = error;
        r->worst_tolerance = tolerance;
        r->worst_op = note->op;
    }
    if (error <= tolerance || r->first_wrong != NULL)
        return;
    r->first_wrong = wi_arena_printf(
        c->arena,
        "%s: %s gives %.9g at row %u, element %u, where the reference has %.9g: off by %.2g of the "
        "sum's magnitude, %.2g is allowed",
        call->label, call->kernel->name, got, p->t, p->i, p->expected.value, error, tolerance);
}

/* ---- one call ---- */

/* Fills the picks' expected values until the budget's part is used up; keeps those done. */
static int expect(struct check *c, const struct wi_call *call, struct picks *picks,
                  uint64_t until_ns, struct wi_err *err) {
    struct wi_reference *reference = NULL;
    uint64_t begin = wi_now_ns(c->params->clock);
    WI_TRY(wi_reference_create(call, &c->params->dims, &c->reader, &reference, err));
    int status = WI_OK;
    size_t done = 0;
    while (done < picks->count && status == WI_OK) {
        struct pick *p = &picks->items[done];
        status = wi_reference_at(reference, p->t, p->i, &p->expected, err);
        done++;
        if (c->spent_ns + (wi_now_ns(c->params->clock) - begin) > until_ns)
            break;
    }
    picks->count = done;
    c->spent_ns += wi_now_ns(c->params->clock) - begin;
    wi_reference_destroy(reference);
    return status;
}

static int check_call(struct check *c, const struct wi_call *call, uint64_t until_ns,
                      struct wi_err *err) {
    const struct wi_verify_params *p = c->params;
    struct picks picks = {0};
    uint32_t rows = wi_call_rows(call, &p->dims), length = wi_reference_row_length(call);
    uint32_t share = p->samples / c->calls_of_note[note_of(c, call->kernel)];
    pick_grid(c, call->kernel, rows, length, &picks);
    pick_edges(c, call->kernel, rows, length, &picks);
    pick_random(c, call, rows, length, share > 0 ? share : 1, &picks);
    qsort(picks.items, picks.count, sizeof *picks.items, by_order);
    WI_TRY(expect(c, call, &picks, until_ns, err));
    uint64_t begin = wi_now_ns(p->clock);
    WI_TRY(p->backend->run_call(p->device, call, &p->dims, err));
    c->result->ran_ns += wi_now_ns(p->clock) - begin;
    for (size_t i = 0; i < picks.count; i++) {
        double got = 0;
        WI_TRY(wi_result_at(call, &p->dims, &c->reader, picks.items[i].t, picks.items[i].i, &got,
                            err));
        judge(c, call, &picks.items[i], got);
    }
    return WI_OK;
}

/* All of a segment's output: one row at a time. */
static int check_finite(struct check *c, const struct wi_program_segment *s, struct wi_err *err) {
    const struct wi_verify_params *p = c->params;
    uint32_t rows = s->id == WI_SEGMENT_head ? p->dims.batch : p->dims.tokens * p->dims.batch;
    for (uint32_t t = 0; t < rows && c->result->first_wrong == NULL; t++) {
        const float *row =
            c->reader.read(c->reader.state, s->output, 4ull * t * s->width, 4ull * s->width, err);
        if (row == NULL)
            return err == NULL ? WI_INTERNAL : err->status;
        for (uint32_t i = 0; i < s->width; i++) {
            if (isfinite(row[i]))
                continue;
            c->result->first_wrong =
                wi_arena_printf(c->arena, "segment %s: activation %u of row %u is not finite (%g)",
                                wi_segment_name(s->id), i, t, (double)row[i]);
            break;
        }
    }
    return WI_OK;
}

static int check_all(struct check *c, struct wi_err *err) {
    const struct wi_program *program = c->params->program;
    size_t n = program->call_count;
    for (size_t i = 0; i < n; i++)
        c->calls_of_note[note_of(c, program->calls[i].kernel)]++;
    for (size_t s = 0; s < program->segment_count; s++) {
        const struct wi_program_segment *segment = &program->segments[s];
        for (size_t i = segment->first; i < segment->first + segment->count; i++) {
            uint64_t until_ns = c->params->budget_ns / n * (i + 1);
            WI_TRY(check_call(c, &program->calls[i], until_ns, err));
        }
        WI_TRY(check_finite(c, segment, err));
    }
    return WI_OK;
}

int wi_verify_program(const struct wi_verify_params *params, struct wi_arena *arena,
                      struct wi_verify_result *result, struct wi_err *err) {
    struct device_reader device = {.backend = params->backend, .device = params->device};
    size_t n = params->program->call_count;
    *result = (struct wi_verify_result){0};
    struct check c = {.params = params,
                      .arena = arena,
                      .reader = {.state = &device, .read = read_device},
                      .notes = WI_NEW_ARRAY(arena, struct wi_op_note, n + 1),
                      .calls_of_note = WI_NEW_ARRAY(arena, uint32_t, n + 1),
                      .result = result};
    wi_rng_seed(&c.rng, params->seed);
    int status = check_all(&c, err);
    for (unsigned i = 0; i < SCRATCHES; i++)
        wi_buf_fini(&device.scratch[i]);
    result->ops = c.notes;
    result->count = c.note_count;
    return status;
}
