/* resident.c: lays out, creates and fills what a session holds; resident.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/resident.h"

#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of views within a buffer: the most that a GPU asks of an offset (Vulkan's
 * minStorageBufferOffsetAlignment is at most 256). */
enum { ALIGN = 256 };

struct layout {
    struct wi_resident *memory;
    struct wi_arena *arena;
    size_t vectors, activations; /* indices of the shared buffers */
};

/* ---- laying out ---- */

static size_t new_buffer(struct layout *l) {
    return l->memory->buffer_count++;
}

/* The view learns its buffer when that is created. */
static void put(struct layout *l, struct wi_view *view, size_t buffer, uint64_t bytes) {
    struct wi_resident *m = l->memory;
    *view = (struct wi_view){.offset_bytes = m->buffer_bytes[buffer]};
    m->buffer_bytes[buffer] += (bytes + ALIGN - 1) / ALIGN * ALIGN;
    m->views[m->view_count] = view;
    m->view_buffer[m->view_count++] = buffer;
}

static bool is_vector(const struct wi_tensor *t) {
    return t->role == WI_ROLE_norm || t->role == WI_ROLE_bias;
}

static int built_index(const struct wi_resident *m, int layer) {
    for (size_t i = 0; i < m->layer_count; i++)
        if ((int)m->layers[i] == layer)
            return (int)i;
    return -1;
}

static int lay_out_weights(struct layout *l, const struct wi_session_params *p,
                           struct wi_err *err) {
    struct wi_resident *m = l->memory;
    struct wi_tensor *tensors = NULL;
    size_t n = 0;
    WI_TRY(wi_model_tensors(p->model, l->arena, &tensors, &n, err));
    m->held = WI_NEW_ARRAY(l->arena, struct wi_held, n);
    for (size_t i = 0; i < n; i++) {
        const struct wi_tensor *t = &tensors[i];
        if (t->layer >= 0 && built_index(m, t->layer) < 0)
            continue;
        struct wi_held *h = &m->held[m->held_count++];
        *h =
            (struct wi_held){.tensor = t, .format = wi_precision_reference_format(t, p->precision)};
        const struct wi_format *f = wi_format_get(h->format);
        if (t->k % f->block_weights != 0)
            return wi_fail(
                err, WI_UNSUPPORTED,
                "%s: rows of %s have %llu weights, no multiple of the %u in a block of %s",
                p->model->name, t->name, (unsigned long long)t->k, f->block_weights, f->name);
        uint64_t bytes = wi_format_bytes(f, t->rows, t->k);
        put(l, &h->at, is_vector(t) ? l->vectors : new_buffer(l), bytes);
        m->weight_bytes += bytes;
    }
    return WI_OK;
}

static int lay_out_cache(struct layout *l, const struct wi_session_params *p, struct wi_err *err) {
    struct wi_resident *m = l->memory;
    const struct wi_format *f = wi_format_get(p->kv_precision);
    uint64_t width = (uint64_t)p->model->n_kv_head * p->model->head_dim;
    if (p->model->head_dim % f->block_weights != 0)
        return wi_fail(err, WI_UNSUPPORTED,
                       "%s: heads of %u elements are no multiple of the %u in a block of %s",
                       p->model->name, p->model->head_dim, f->block_weights, f->name);
    uint64_t bytes = wi_format_bytes(f, (uint64_t)m->cells * m->batch, width);
    m->k_cache = WI_NEW_ARRAY(l->arena, struct wi_view, m->layer_count);
    m->v_cache = WI_NEW_ARRAY(l->arena, struct wi_view, m->layer_count);
    for (size_t i = 0; i < m->layer_count; i++) {
        put(l, &m->k_cache[i], new_buffer(l), bytes);
        put(l, &m->v_cache[i], new_buffer(l), bytes);
        m->cache_bytes += 2 * bytes;
    }
    return WI_OK;
}

static uint64_t larger(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* models/footprint.c counts the same vectors. */
static void lay_out_activations(struct layout *l, const struct wi_session_params *p) {
    struct wi_resident *m = l->memory;
    const struct wi_model *model = p->model;
    uint64_t d = model->d_model, q = (uint64_t)model->n_head * model->head_dim;
    uint64_t kv = (uint64_t)model->n_kv_head * model->head_dim;
    struct {
        struct wi_view *view;
        uint64_t rows, width;
    } parts[] = {
        {&m->ids, m->rows, 1},
        {&m->hidden, m->rows, d},
        {&m->normed, m->rows, d},
        {&m->projected, m->rows, d},
        {&m->q, m->rows, q},
        {&m->k, m->rows, kv},
        {&m->v, m->rows, kv},
        {&m->attended, m->rows, q},
        {&m->gate, model->mlp == WI_MLP_gelu ? 0 : m->rows, model->d_ff},
        {&m->up, m->rows, larger(model->d_ff, kv)}, /* normed keys too, before the MLP */
        {&m->logits, model->arch == WI_ARCH_encoder ? 0 : m->batch, model->vocab},
        {&m->token, m->batch, 1},
        {&m->rope, model->rope ? m->cells : 0, model->rotary_dim},
    };
    for (size_t i = 0; i < WI_COUNT(parts); i++) {
        if (parts[i].rows > 0)
            put(l, parts[i].view, l->activations, 4 * parts[i].rows * parts[i].width);
    }
    m->activation_bytes = m->buffer_bytes[l->activations];
}

int wi_resident_lay_out(const struct wi_session_params *p, struct wi_arena *arena,
                        struct wi_resident *memory, struct wi_err *err) {
    enum { PER_LAYER = 40, BESIDES = 40 }; /* more than any model has tensors and views */
    struct layout l = {.memory = memory, .arena = arena};
    size_t most = BESIDES + PER_LAYER * (size_t)p->model->n_layer;
    uint64_t cells = (uint64_t)p->max_depth + p->max_tokens;
    *memory = (struct wi_resident){.rows = p->max_tokens * p->batch, .batch = p->batch};
    memory->cells = cells > p->model->max_context ? p->model->max_context : (uint32_t)cells;
    memory->layers = WI_NEW_ARRAY(arena, uint32_t, p->model->n_layer + 1);
    WI_TRY(wi_layers_pick(p->model, p->layers, memory->layers, &memory->layer_count, err));
    memory->buffer_bytes = WI_NEW_ARRAY(arena, uint64_t, most);
    memory->buffers = WI_NEW_ARRAY(arena, struct wi_buffer *, most);
    memory->views = WI_NEW_ARRAY(arena, struct wi_view *, most);
    memory->view_buffer = WI_NEW_ARRAY(arena, size_t, most);
    l.vectors = new_buffer(&l);
    l.activations = new_buffer(&l);
    WI_TRY(lay_out_weights(&l, p, err));
    WI_TRY(lay_out_cache(&l, p, err));
    lay_out_activations(&l, p);
    return WI_OK;
}

uint64_t wi_resident_bytes(const struct wi_resident *m) {
    uint64_t sum = 0;
    for (size_t i = 0; i < m->buffer_count; i++)
        sum += m->buffer_bytes[i];
    return sum;
}

struct wi_view wi_resident_tensor(const struct wi_resident *m, int layer, const char *stem) {
    char name[96];
    if (layer < 0)
        snprintf(name, sizeof name, "%s", stem);
    else
        snprintf(name, sizeof name, "blk.%u.%s", m->layers[layer], stem);
    for (size_t i = 0; i < m->held_count; i++)
        if (strcmp(m->held[i].tensor->name, name) == 0)
            return m->held[i].at;
    return (struct wi_view){0};
}

/* ---- creating and filling ---- */

static int create_buffers(struct wi_resident *m, const struct wi_backend *backend,
                          struct wi_device *device, struct wi_err *err) {
    for (size_t i = 0; i < m->buffer_count; i++) {
        if (m->buffer_bytes[i] > 0)
            WI_TRY(backend->buffer_create(device, m->buffer_bytes[i], &m->buffers[i], err));
    }
    for (size_t i = 0; i < m->view_count; i++)
        m->views[i]->buffer = m->buffers[m->view_buffer[i]];
    return WI_OK;
}

/* Norm weights lie around 1, biases around 0 like a weight of a long row. */
static uint32_t fan_in_of(const struct wi_tensor *t, const struct wi_model *model) {
    return t->role == WI_ROLE_norm ? 0 : t->role == WI_ROLE_bias ? model->d_model : (uint32_t)t->k;
}

static int generate_weights(struct wi_resident *m, const struct wi_session_params *p,
                            const struct wi_backend *backend, struct wi_device *device,
                            struct wi_err *err) {
    for (size_t i = 0; i < m->held_count; i++) {
        const struct wi_held *h = &m->held[i];
        const struct wi_generate g = {.format = h->format,
                                      .at = h->at,
                                      .rows = h->tensor->rows,
                                      .k = (uint32_t)h->tensor->k,
                                      .fan_in = fan_in_of(h->tensor, p->model),
                                      .seed = p->seed,
                                      .tensor = i};
        WI_TRY(backend->generate(device, &g, err));
    }
    return WI_OK;
}

/* Keys and values of normed activations times weights of 1/sqrt(fan-in) have a deviation of 1. */
static int generate_cache(struct wi_resident *m, const struct wi_session_params *p,
                          const struct wi_backend *backend, struct wi_device *device,
                          struct wi_err *err) {
    for (size_t i = 0; i < 2 * m->layer_count; i++) {
        const struct wi_generate g = {.format = p->kv_precision,
                                      .at = i % 2 == 0 ? m->k_cache[i / 2] : m->v_cache[i / 2],
                                      .rows = (uint64_t)m->cells * m->batch,
                                      .k = p->model->n_kv_head * p->model->head_dim,
                                      .fan_in = 1,
                                      .seed = p->seed,
                                      .tensor = m->held_count + i};
        WI_TRY(backend->generate(device, &g, err));
    }
    return WI_OK;
}

static int fill_ids(struct wi_resident *m, const struct wi_session_params *p,
                    const struct wi_backend *backend, struct wi_device *device,
                    struct wi_arena *arena, struct wi_err *err) {
    uint32_t *ids = WI_NEW_ARRAY(arena, uint32_t, m->rows);
    struct wi_rng rng;
    wi_rng_seed(&rng, p->seed);
    for (uint32_t i = 0; i < m->rows; i++)
        ids[i] = (uint32_t)wi_rng_below(&rng, p->model->vocab);
    return backend->upload(device, m->ids, 4ull * m->rows, ids, err);
}

/* Position by position: rotary/2 cosines, then as many sines, of position * theta^(-2i/rotary)
 * (J. Su et al., "RoFormer", 2021, equation 15). */
static int fill_rope(struct wi_resident *m, const struct wi_model *model,
                     const struct wi_backend *backend, struct wi_device *device,
                     struct wi_arena *arena, struct wi_err *err) {
    uint32_t half = model->rotary_dim / 2;
    float *table = WI_NEW_ARRAY(arena, float, (size_t)m->cells * model->rotary_dim);
    for (uint32_t i = 0; i < half; i++) {
        double frequency = pow(model->rope_theta, -2.0 * i / model->rotary_dim);
        for (uint32_t position = 0; position < m->cells; position++) {
            float *row = table + (size_t)position * model->rotary_dim;
            row[i] = (float)cos(position * frequency);
            row[half + i] = (float)sin(position * frequency);
        }
    }
    return backend->upload(device, m->rope, 4ull * m->cells * model->rotary_dim, table, err);
}

int wi_resident_create(struct wi_resident *m, const struct wi_session_params *p,
                       const struct wi_backend *backend, struct wi_device *device,
                       struct wi_err *err) {
    WI_TRY(create_buffers(m, backend, device, err));
    WI_TRY(generate_weights(m, p, backend, device, err));
    WI_TRY(generate_cache(m, p, backend, device, err));
    struct wi_arena *scratch = wi_arena_create();
    int status = fill_ids(m, p, backend, device, scratch, err);
    if (status == WI_OK && p->model->rope)
        status = fill_rope(m, p->model, backend, device, scratch, err);
    wi_arena_destroy(scratch);
    return status;
}

void wi_resident_destroy(struct wi_resident *m, const struct wi_backend *backend,
                         struct wi_device *device) {
    for (size_t i = 0; i < m->buffer_count && m->buffers != NULL; i++) {
        if (m->buffers[i] != NULL)
            backend->buffer_destroy(device, m->buffers[i]);
        m->buffers[i] = NULL;
    }
}
