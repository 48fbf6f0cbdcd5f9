/* safetensors_read.c: the header of a safetensors file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Layout (huggingface/safetensors README): u64 n, little-endian; n bytes of JSON; the weights.
 *   {"NAME": {"dtype": "BF16", "shape": [2048, 16384], "data_offsets": [0, 67108864]}, ...}
 * and perhaps "__metadata__", texts by name. Offsets count from where the JSON ends. */
#include "models/model_file_parts.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

enum { MOST_HEADER = 100000000 }; /* as the format's own library has it */

/* Bytes of an element; what is not here is as large as its offsets say. */
static const struct {
    const char *dtype;
    unsigned bytes;
} dtypes[] = {
    {"F64", 8}, {"I64", 8}, {"U64", 8},     {"F32", 4},     {"I32", 4},
    {"U32", 4}, {"F16", 2}, {"BF16", 2},    {"I16", 2},     {"U16", 2},
    {"I8", 1},  {"U8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"BOOL", 1},
};

/* "BF16" -> "bf16", as other files call it. */
static const char *type_name(struct wi_arena *arena, const char *dtype) {
    char *name = wi_arena_strndup(arena, dtype, 15);
    for (char *p = name; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return name;
}

static bool whole(const json_t *value, uint64_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static bool read_shape(const json_t *shape, struct wi_file_tensor *t) {
    size_t n = json_array_size(shape);
    uint64_t extent;
    t->rows = t->k = 1;
    if (!json_is_array(shape) || n > WI_FILE_MOST_DIMS)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!whole(json_array_get(shape, i), &extent))
            return false;
        if (i + 1 == n)
            t->k = extent;
        else if (__builtin_mul_overflow(t->rows, extent, &t->rows))
            return false;
    }
    return true;
}

static bool is_as_large_as_said(const struct wi_file_tensor *t, const char *dtype) {
    uint64_t bytes;
    for (size_t i = 0; i < WI_COUNT(dtypes); i++)
        if (strcmp(dtypes[i].dtype, dtype) == 0)
            return !__builtin_mul_overflow(t->rows, t->k, &bytes) &&
                   !__builtin_mul_overflow(bytes, dtypes[i].bytes, &bytes) && bytes == t->bytes;
    return true;
}

static int read_tensor(const struct wi_byte_source *source, struct wi_arena *arena,
                       const char *name, const json_t *said, struct wi_model_file *file,
                       uint64_t *last, struct wi_err *err) {
    const char *dtype = json_string_value(json_object_get(said, "dtype"));
    const json_t *offsets = json_object_get(said, "data_offsets");
    struct wi_file_tensor t = {.name = wi_arena_strdup(arena, name)};
    uint64_t begin, end;
    if (dtype == NULL || !read_shape(json_object_get(said, "shape"), &t) ||
        json_array_size(offsets) != 2 || !whole(json_array_get(offsets, 0), &begin) ||
        !whole(json_array_get(offsets, 1), &end) || begin > end)
        return wi_file_fail(source, err, 8,
                            "the tensor \"%.64s\" has no dtype, shape and data_offsets that make "
                            "sense",
                            name);
    t.type = type_name(arena, dtype);
    t.bytes = end - begin;
    if (!is_as_large_as_said(&t, dtype))
        return wi_file_fail(source, err, 8,
                            "the tensor \"%.64s\" has %" PRIu64
                            " bytes, which is not what its shape and dtype %.15s take",
                            name, t.bytes, dtype);
    if (end > source->size - file->header_bytes)
        return wi_file_fail(source, err, source->size,
                            "the file ends here, %" PRIu64
                            " bytes before the tensor \"%.64s\" does",
                            end - (source->size - file->header_bytes), name);
    *last = end > *last ? end : *last;
    return wi_file_add(source, arena, 8, &t, file, err);
}

static int read_all(const struct wi_byte_source *source, struct wi_arena *arena, json_t *root,
                    struct wi_model_file *file, struct wi_err *err) {
    const char *name;
    json_t *said;
    uint64_t last = 0;
    if (!json_is_object(root))
        return wi_file_fail(source, err, 8, "the header is no JSON object");
    json_object_foreach(root, name, said) if (strcmp(name, "__metadata__") != 0)
        WI_TRY(read_tensor(source, arena, name, said, file, &last, err));
    if (last != source->size - file->header_bytes || file->weight_bytes != last)
        return wi_file_fail(source, err, file->header_bytes,
                            "%" PRIu64 " bytes follow the header, its tensors have %" PRIu64
                            " and end at %" PRIu64,
                            source->size - file->header_bytes, file->weight_bytes, last);
    return WI_OK;
}

int wi_safetensors_read(const struct wi_byte_source *source, struct wi_arena *arena,
                        struct wi_model_file *file, struct wi_err *err) {
    unsigned char head[8];
    uint64_t n = 0;
    json_error_t error;
    file->format = "safetensors";
    WI_TRY(source->read(source->state, 0, head, sizeof head, err));
    for (size_t i = sizeof head; i-- > 0;)
        n = n << 8 | head[i];
    if (n > source->size - sizeof head || n > MOST_HEADER)
        return wi_file_fail(source, err, 0,
                            "a header of %" PRIu64 " bytes; the file has %" PRIu64
                            " more, and %d are allowed",
                            n, source->size - (uint64_t)sizeof head, MOST_HEADER);
    file->header_bytes = sizeof head + n;
    char *text = wi_arena_alloc(arena, (size_t)n + 1);
    WI_TRY(source->read(source->state, sizeof head, text, (size_t)n, err));
    json_t *root = json_loadb(text, (size_t)n, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        return wi_file_fail(source, err,
                            sizeof head + (uint64_t)(error.position < 0 ? 0 : error.position),
                            "the header is no JSON: %s", error.text);
    int status = read_all(source, arena, root, file, err);
    json_decref(root);
    return status;
}
