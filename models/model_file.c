/* model_file.c: which format a file has, and what follows from its tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/model_file_parts.h"

#include "base/os.h"
#include "models/footprint.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- for the readers ---- */

int wi_file_fail(const struct wi_byte_source *source, struct wi_err *err, uint64_t at,
                 const char *format, ...) {
    char what[600];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return wi_fail(err, WI_USAGE, "%.300s: byte %" PRIu64 ": %s", source->name, at, what);
}

static struct wi_file_type *type_of(struct wi_arena *arena, struct wi_model_file *file,
                                    const char *name) {
    for (size_t i = 0; i < file->types.count; i++)
        if (strcmp(file->types.items[i].name, name) == 0)
            return &file->types.items[i];
    struct wi_file_type *type = WI_PUSH(arena, &file->types, struct wi_file_type);
    type->name = name;
    return type;
}

int wi_file_add(const struct wi_byte_source *source, struct wi_arena *arena, uint64_t at,
                const struct wi_file_tensor *t, struct wi_model_file *file, struct wi_err *err) {
    uint64_t params;
    if (file->tensors.count == WI_FILE_MOST_TENSORS)
        return wi_file_fail(source, err, at, "more than %d tensors", WI_FILE_MOST_TENSORS);
    if (__builtin_mul_overflow(t->rows, t->k, &params) ||
        __builtin_add_overflow(file->params, params, &file->params) ||
        __builtin_add_overflow(file->weight_bytes, t->bytes, &file->weight_bytes))
        return wi_file_fail(source, err, at, "the tensor \"%.64s\" has an impossible shape",
                            t->name);
    *WI_PUSH(arena, &file->tensors, struct wi_file_tensor) = *t;
    struct wi_file_type *type = type_of(arena, file, t->type);
    type->tensors++;
    type->params += params;
    type->bytes += t->bytes;
    return WI_OK;
}

/* ---- which format ---- */

static int read_it(const struct wi_byte_source *source, struct wi_arena *arena,
                   struct wi_model_file *file, struct wi_err *err) {
    unsigned char head[9] = {0};
    size_t n = strlen(source->name);
    if (source->size < sizeof head)
        return wi_file_fail(source, err, source->size,
                            "the file ends here: too short for a GGUF or safetensors header");
    WI_TRY(source->read(source->state, 0, head, sizeof head, err));
    if (memcmp(head, "GGUF", 4) == 0)
        return wi_gguf_read(source, arena, file, err);
    if (head[8] == '{')
        return wi_safetensors_read(source, arena, file, err);
    if (n > 5 && strcmp(source->name + n - 5, ".onnx") == 0)
        return wi_fail(err, WI_USAGE,
                       "%.300s: ONNX headers are not read yet; GGUF and safetensors are",
                       source->name);
    return wi_file_fail(source, err, 0,
                        "neither \"GGUF\", nor the length and \"{\" of a safetensors header");
}

int wi_model_file_read(const struct wi_byte_source *source, struct wi_arena *arena,
                       struct wi_model_file *file, struct wi_err *err) {
    *file = (struct wi_model_file){.file_bytes = source->size};
    WI_TRY(read_it(source, arena, file, err));
    for (size_t i = 0; i < file->tensors.count; i++)
        if (file->largest == NULL || file->tensors.items[i].bytes > file->largest->bytes)
            file->largest = &file->tensors.items[i];
    return WI_OK;
}

struct opened {
    const char *path;
    int fd;
};
static int read_opened(void *state, uint64_t at, void *out, size_t n, struct wi_err *err) {
    const struct opened *opened = state;
    return wi_os_read_at(opened->fd, opened->path, at, out, n, err);
}

int wi_model_file_open(const char *path, struct wi_arena *arena, struct wi_model_file *file,
                       struct wi_err *err) {
    struct opened opened = {.path = path};
    struct wi_byte_source source = {.name = path, .read = read_opened, .state = &opened};
    WI_TRY(wi_os_open_file(path, &opened.fd, &source.size, err));
    int status = wi_model_file_read(&source, arena, file, err);
    wi_os_close_file(opened.fd);
    return status;
}

/* ---- the catalogue's models of the same shape ---- */

struct shape {
    uint64_t rows, k;
};
struct shapes {
    struct shape *items;
    size_t count, capacity;
};

static int compare_shapes(const void *a, const void *b) {
    const struct shape *x = a, *y = b;
    if (x->rows != y->rows)
        return x->rows < y->rows ? -1 : 1;
    return (x->k > y->k) - (x->k < y->k);
}

static void sort(struct shapes *list) {
    if (list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, compare_shapes);
}

/* Tables of constants that some files carry and others compute: no parameters of a model. */
static bool is_constant(const char *name) {
    return strstr(name, "rope_freqs") != NULL || strstr(name, "rope_factors") != NULL ||
           strstr(name, "inv_freq") != NULL;
}

static bool is_same(struct wi_maybe_u64 said, uint64_t model) {
    return !wi_has_u64(said) || said.value == model;
}

int wi_model_file_same(const struct wi_model_file *file, const struct wi_catalogue *catalogue,
                       struct wi_arena *arena, const struct wi_model ***same, size_t *count,
                       struct wi_err *err) {
    struct shapes ours = {0};
    uint64_t params = 0;
    *same = WI_NEW_ARRAY(arena, const struct wi_model *, catalogue->model_count + 1);
    *count = 0;
    for (size_t i = 0; i < file->tensors.count; i++) {
        const struct wi_file_tensor *t = &file->tensors.items[i];
        if (is_constant(t->name))
            continue;
        *WI_PUSH(arena, &ours, struct shape) = (struct shape){t->rows, t->k};
        params += t->rows * t->k;
    }
    sort(&ours);
    for (size_t i = 0; i < catalogue->model_count; i++) {
        const struct wi_model *m = catalogue->models[i];
        struct shapes theirs = {0};
        struct wi_tensor *tensors = NULL;
        size_t n = 0;
        /* Heads leave no trace in the shapes where a model has as many of keys as of queries. */
        if (!m->disclosed || m->params != params || !is_same(file->heads, m->n_head) ||
            !is_same(file->kv_heads, m->n_kv_head))
            continue;
        WI_TRY(wi_model_tensors(m, arena, &tensors, &n, err));
        for (size_t t = 0; t < n; t++)
            *WI_PUSH(arena, &theirs, struct shape) = (struct shape){tensors[t].rows, tensors[t].k};
        sort(&theirs);
        if (n > 0 && n == ours.count &&
            memcmp(ours.items, theirs.items, n * sizeof *ours.items) == 0)
            (*same)[(*count)++] = m;
    }
    return WI_OK;
}

/* ---- KV cache ---- */

static int cache_of_model(const struct wi_model_file *file, const struct wi_model *m,
                          struct wi_arena *arena, struct wi_file_cache *cache, struct wi_err *err) {
    struct wi_footprint footprint = {0};
    cache->context = m->max_context;
    if (wi_has_u64(file->max_context) && file->max_context.value > 0 &&
        file->max_context.value < cache->context)
        cache->context = file->max_context.value;
    struct wi_footprint_request request = {.model = m,
                                           .precision = WI_FORMAT_f32,
                                           .kv_precision = WI_FORMAT_f16,
                                           .context = (uint32_t)cache->context};
    WI_TRY(wi_footprint_compute(&request, arena, &footprint, err));
    cache->bytes = wi_some_u64(footprint.kv_cache_bytes);
    cache->because = wi_arena_printf(arena, "from the layers of %s", m->id);
    return WI_OK;
}

/* f16: two bytes for each of a head's keys and values. */
static bool multiply_out(const struct wi_model_file *f, uint64_t *bytes) {
    uint64_t cell, product;
    return !__builtin_add_overflow(f->key_dim.value, f->value_dim.value, &cell) &&
           !__builtin_mul_overflow(cell, 2 * (f->kv_heads.value & UINT32_MAX), &product) &&
           !__builtin_mul_overflow(product, f->layers.value, &product) &&
           !__builtin_mul_overflow(product, f->max_context.value, bytes);
}

/* What the file says of itself comes first: models of one shape may differ in their windows. */
int wi_model_file_cache(const struct wi_model_file *file, const struct wi_model *same,
                        struct wi_arena *arena, struct wi_file_cache *cache, struct wi_err *err) {
    *cache = (struct wi_file_cache){0};
    uint64_t bytes = 0;
    bool uneven = file->odd_cache || (wi_has_u64(file->window) && file->window.value > 0);
    bool said = wi_has_u64(file->layers) && wi_has_u64(file->kv_heads) &&
                wi_has_u64(file->key_dim) && wi_has_u64(file->value_dim) &&
                wi_has_u64(file->max_context);
    if (wi_has_u64(file->max_context))
        cache->context = file->max_context.value;
    if (wi_has_u64(file->causal) && file->causal.value == 0) {
        cache->bytes = wi_some_u64(0);
        cache->because = "an encoder keeps none";
    } else if (same != NULL && (uneven || !said)) {
        return cache_of_model(file, same, arena, cache, err);
    } else if (uneven) {
        cache->because = "its layers do not all keep the same keys and values";
    } else if (!said) {
        cache->because = "the file does not say its layers, heads and context";
    } else if (file->kv_heads.value > UINT32_MAX || !multiply_out(file, &bytes)) {
        cache->because = "the file's layers, heads and context are impossible";
    } else {
        cache->bytes = wi_some_u64(bytes);
        cache->because = "from the file's layers, heads and context";
    }
    return WI_OK;
}
