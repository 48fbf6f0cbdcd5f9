/* check_case.c: operands between guard pages; every element against the reference.
 * SPDX-License-Identifier: Apache-2.0 */
#include "check_case.h"

#include "base/os.h"
#include "base/rng.h"
#include "kernels/cpu/backend.h"
#include "kernels/kernel.h"
#include "kernels/pack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { X, X2, W, BIAS, Y, Y2 };
enum { CANARY = 0xa5, UNWRITTEN = 0xff, VOCABULARY = 37 };

static void *must(void *memory) {
    if (memory == NULL) {
        fputs("kernels_check: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

/* ---- operands ---- */

static float uniform(struct wi_rng *rng) {
    return (float)(2 * wi_rng_unit(rng) - 1);
}

/* One in 16 is a denormal, which must do no harm. */
static void floats(struct test_case *c, int which, size_t n, struct wi_rng *rng) {
    float *out = must(malloc(4 * n + 1));
    for (size_t i = 0; i < n; i++) {
        uint64_t kind = wi_rng_below(rng, 16);
        out[i] = kind == 0 ? 1e-40f * uniform(rng) : uniform(rng);
    }
    c->bytes[which] = (uint8_t *)out;
    c->sizes[which] = 4 * n;
}

/* Rows of different magnitude; row 2 of every 5 is zeros, row 3 so small that halves and scales in
 * halves are subnormal. */
static void packed(struct test_case *c, int which, size_t rows, size_t k, struct wi_rng *rng) {
    static const float magnitudes[5] = {1, 0.02f, 0, 2e-6f, 30};
    enum wi_format_id format = c->shape.call.format;
    size_t bytes = wi_format_bytes(wi_format_get(format), 1, k);
    float *row = must(malloc(4 * k + 1));
    c->bytes[which] = must(malloc(rows * bytes + 1));
    c->sizes[which] = rows * bytes;
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < k; i++)
            row[i] = magnitudes[r % 5] * uniform(rng);
        wi_pack_round(format, row, k, c->bytes[which] + r * bytes);
    }
    free(row);
}

/* What a kernel has to fill: NaN as f32, bf16 and f16, no token as u32. */
static void unwritten(struct test_case *c, int which, size_t bytes) {
    c->bytes[which] = must(malloc(bytes + 1));
    c->sizes[which] = bytes;
    memset(c->bytes[which], UNWRITTEN, bytes);
}

/* Cells that no token sees hold NaN in any format: whoever reads them is found out. */
static void hide_unseen_cells(struct test_case *c, int which) {
    const struct wi_call *call = &c->shape.call;
    const struct wi_pass_dims *dims = &c->shape.dims;
    size_t row = c->sizes[which] / (call->cells * dims->batch);
    uint32_t end = dims->depth + dims->tokens;
    uint32_t begin = dims->depth + (call->causal ? 1 : dims->tokens);
    begin -= wi_call_visible(call, dims, 0);
    for (uint32_t cell = 0; cell < call->cells * dims->batch; cell++) {
        bool seen = false;
        for (uint32_t p = begin; p < end; p++)
            seen = seen || p % call->cells == cell % call->cells;
        if (!seen)
            memset(c->bytes[which] + cell * row, UNWRITTEN, row);
    }
}

static void tokens(struct test_case *c, size_t rows, struct wi_rng *rng) {
    uint32_t *ids = must(malloc(4 * rows + 1));
    for (size_t t = 0; t < rows; t++)
        ids[t] = (uint32_t)wi_rng_below(rng, VOCABULARY);
    c->bytes[X] = (uint8_t *)ids;
    c->sizes[X] = 4 * rows;
}

static void cache_operands(struct test_case *c, size_t all, struct wi_rng *rng) {
    const struct wi_call *call = &c->shape.call;
    size_t width = (size_t)call->kv_heads * call->head_dim;
    size_t cells = (size_t)call->cells * c->shape.dims.batch;
    size_t bytes = cells * wi_format_bytes(wi_format_get(call->format), 1, width);
    if (call->op == WI_OP_kv_store) {
        floats(c, X, all * width, rng);
        floats(c, X2, all * width, rng);
        unwritten(c, Y, bytes);
        unwritten(c, Y2, bytes);
        return;
    }
    floats(c, X, all * call->heads * call->head_dim, rng);
    packed(c, W, cells, width, rng);
    packed(c, X2, cells, width, rng);
    hide_unseen_cells(c, W);
    hide_unseen_cells(c, X2);
}

static void make_operands(struct test_case *c, struct wi_rng *rng) {
    const struct wi_call *call = &c->shape.call;
    const struct wi_pass_dims *d = &c->shape.dims;
    size_t all = (size_t)d->tokens * d->batch, n = call->n, rows = c->rows;
    if (call->rows == WI_ROWS_sequences)
        all = d->batch;
    switch (call->op) {
    case WI_OP_embed:
        tokens(c, rows, rng);
        packed(c, W, VOCABULARY, n, rng);
        break;
    case WI_OP_gemv:
    case WI_OP_gemm:
        floats(c, X, all * call->k, rng);
        packed(c, W, n, call->k, rng);
        break;
    case WI_OP_kv_store:
    case WI_OP_attention:
        cache_operands(c, all, rng);
        break;
    case WI_OP_argmax:
        floats(c, X, all * n, rng);
        break;
    case WI_OP_rope:
        floats(c, X2, (size_t)(d->depth + d->tokens) * call->rotary, rng);
        floats(c, X, all * wi_call_row_length(call), rng);
        break;
    default:
        floats(c, X, all * wi_call_row_length(call), rng);
        if (call->op == WI_OP_glu || call->op == WI_OP_add)
            floats(c, X2, (call->broadcast ? 1 : all) * n, rng);
        break;
    }
    bool norm = call->op == WI_OP_rmsnorm || call->op == WI_OP_layernorm;
    if (norm && !c->shape.no_weights)
        floats(c, W, n, rng);
    if ((call->op == WI_OP_layernorm || call->op == WI_OP_embed) && !c->shape.no_bias)
        floats(c, BIAS, n, rng);
    if (call->op == WI_OP_embed && !c->shape.no_bias)
        floats(c, X2, (d->depth + d->tokens) * n, rng);
    if (c->bytes[Y] == NULL && !c->shape.in_place)
        unwritten(c, Y, 4 * rows * wi_call_row_length(call));
}

/* ---- operands as buffers ---- */

static struct wi_view *view_of(struct wi_call *call, int which) {
    struct wi_view *const views[OPERANDS] = {&call->x,    &call->x2, &call->w,
                                             &call->bias, &call->y,  &call->y2};
    return views[which];
}

static void expect_all(struct test_case *c) {
    struct wi_buffer buffers[OPERANDS];
    struct wi_call call = c->shape.call;
    const struct wi_kernel any = {.arithmetic = c->arithmetic};
    struct wi_reference *reference = NULL;
    struct wi_err err = {0};
    call.kernel = &any;
    for (int i = 0; i < OPERANDS; i++) {
        buffers[i] = (struct wi_buffer){.bytes = c->sizes[i], .host = c->bytes[i]};
        view_of(&call, i)->buffer = c->bytes[i] == NULL ? NULL : &buffers[i];
    }
    bool ok =
        wi_reference_create(&call, &c->shape.dims, &wi_reader_host, &reference, &err) == WI_OK;
    for (uint32_t t = 0; ok && t < c->rows; t++) {
        for (uint32_t i = 0; ok && i < c->row_length; i++) {
            struct wi_expected *e = &c->expected[(size_t)t * c->row_length + i];
            ok = wi_reference_at(reference, t, i, e, &err) == WI_OK;
            c->quantisation = fmax(c->quantisation, e->quantisation);
        }
    }
    wi_reference_destroy(reference);
    if (!ok) {
        fprintf(stderr, "kernels_check: reference: %s\n", err.message);
        exit(1);
    }
}

static bool whole_blocks(const struct wi_call *call) {
    uint32_t block = wi_format_get(call->format)->block_weights;
    switch (wi_op_kind(call->op)) {
    case WI_OP_KIND_matrix:
        return (call->op == WI_OP_embed ? call->n : call->k) % block == 0;
    case WI_OP_KIND_cache:
        return call->head_dim % block == 0;
    default:
        return true;
    }
}

bool case_create(const struct shape *shape, const struct wi_kernel *like, uint64_t seed,
                 struct test_case *c) {
    struct wi_rng rng;
    *c = (struct test_case){.shape = *shape, .arithmetic = like->arithmetic};
    c->shape.call.format = like->any_format ? WI_FORMAT_f32 : like->format;
    if (!whole_blocks(&c->shape.call))
        return false;
    wi_rng_seed(&rng, seed);
    c->rows = wi_call_rows(&c->shape.call, &shape->dims);
    c->row_length = wi_reference_row_length(&c->shape.call);
    make_operands(c, &rng);
    c->expected = must(calloc((size_t)c->rows * c->row_length, sizeof *c->expected));
    expect_all(c);
    return true;
}

void case_destroy(struct test_case *c) {
    for (int i = 0; i < OPERANDS; i++)
        free(c->bytes[i]);
    free(c->expected);
}

const char *case_text(const struct test_case *c, char *out, size_t n) {
    const struct wi_call *call = &c->shape.call;
    const struct wi_pass_dims *d = &c->shape.dims;
    snprintf(out, n,
             "tokens %u depth %u batch %u rows %d n %u k %u heads %u/%u x %u cells %u window %u",
             d->tokens, d->depth, d->batch, (int)call->rows, call->n, call->k, call->heads,
             call->kv_heads, call->head_dim, call->cells, call->window);
    return out;
}

/* ---- guards ---- */

struct guarded {
    uint8_t *map;
    size_t map_bytes, page, used; /* used: writable bytes between the two guard pages */
    struct wi_buffer buffer;
};

static struct guarded guard(const uint8_t *bytes, size_t size, enum guard side, bool read_only) {
    size_t page = wi_os_page_bytes();
    struct guarded g = {.page = page, .used = (size + page) / page * page};
    g.map_bytes = g.used + 2 * page;
    g.map = mmap(NULL, g.map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g.map == MAP_FAILED)
        must(NULL);
    uint8_t *first = g.map + page;
    memset(first, CANARY, g.used);
    g.buffer = (struct wi_buffer){.bytes = size,
                                  .host = side == GUARD_after ? first + g.used - size : first};
    if (size > 0)
        memcpy(g.buffer.host, bytes, size);
    mprotect(g.map, page, PROT_NONE);
    mprotect(first + g.used, page, PROT_NONE);
    if (read_only)
        mprotect(first, g.used, PROT_READ);
    return g;
}

static bool canaries_live(const struct guarded *g) {
    const uint8_t *host = g->buffer.host;
    for (const uint8_t *at = g->map + g->page; at < g->map + g->page + g->used; at++)
        if ((at < host || at >= host + g->buffer.bytes) && *at != CANARY)
            return false;
    return true;
}

/* ---- running ---- */

static void compare(const struct test_case *c, const struct wi_call *call,
                    struct outcome *outcome) {
    double tolerance = wi_call_tolerance(call);
    for (uint32_t t = 0; t < c->rows; t++) {
        bool stored = call->op != WI_OP_kv_store ||
                      t % c->shape.dims.tokens + call->cells >= c->shape.dims.tokens;
        for (uint32_t i = 0; i < c->row_length && stored; i++) {
            const struct wi_expected *e = &c->expected[(size_t)t * c->row_length + i];
            double got = NAN;
            wi_result_at(call, &c->shape.dims, &wi_reader_host, t, i, &got, NULL);
            double error = wi_reference_error(e, got);
            double share = error == 0 ? 0 : error / fmax(tolerance, 1e-300);
            outcome->worst = fmax(outcome->worst, share);
            if (!(error <= tolerance) && outcome->problem[0] == '\0')
                snprintf(outcome->problem, sizeof outcome->problem,
                         "row %u element %u: %.9g, should be %.9g within %.3g", t, i, got, e->value,
                         tolerance * e->scale);
        }
    }
}

/* Cells in which no token was stored are as they were. */
static bool other_cells_live(const struct test_case *c, const struct wi_call *call) {
    const struct wi_pass_dims *d = &c->shape.dims;
    if (call->op != WI_OP_kv_store)
        return true;
    size_t row = c->sizes[Y] / (call->cells * d->batch);
    for (uint32_t cell = 0; cell < call->cells * d->batch; cell++) {
        bool stored = false;
        for (uint32_t t = 0; t < d->tokens; t++)
            stored = stored || (d->depth + t) % call->cells == cell % call->cells;
        for (size_t i = cell * row; !stored && i < (cell + 1) * row; i++)
            if (((uint8_t *)call->y.buffer->host)[i] != UNWRITTEN ||
                ((uint8_t *)call->y2.buffer->host)[i] != UNWRITTEN)
                return false;
    }
    return true;
}

void case_run(const struct test_case *c, const struct wi_kernel *kernel, struct wi_device *device,
              enum guard side, struct outcome *outcome) {
    struct guarded g[OPERANDS] = {{0}};
    struct wi_call call = c->shape.call;
    struct wi_err err = {0};
    *outcome = (struct outcome){0};
    call.kernel = kernel;
    for (int i = 0; i < OPERANDS; i++) {
        if (c->bytes[i] == NULL)
            continue;
        bool written = i == Y || i == Y2 || (i == X && c->shape.in_place);
        g[i] = guard(c->bytes[i], c->sizes[i], side, !written);
        view_of(&call, i)->buffer = &g[i].buffer;
    }
    if (c->shape.in_place)
        call.y = call.x;
    if (wi_backend_cpu.run_call(device, &call, &c->shape.dims, &err) != WI_OK)
        snprintf(outcome->problem, sizeof outcome->problem, "%.200s", err.message);
    else
        compare(c, &call, outcome);
    for (int i = 0; i < OPERANDS; i++)
        if (g[i].map != NULL && !canaries_live(&g[i]))
            snprintf(outcome->problem, sizeof outcome->problem, "wrote outside of operand %d", i);
    if (!other_cells_live(c, &call))
        snprintf(outcome->problem, sizeof outcome->problem, "wrote to a cell of another position");
    for (int i = 0; i < OPERANDS; i++)
        if (g[i].map != NULL)
            munmap(g[i].map, g[i].map_bytes);
}
