/* model_file.h: what the header of a model's file says; the weights themselves are never read.
 * SPDX-License-Identifier: Apache-2.0
 *
 * GGUF, versions 2 and 3 (ggml docs/gguf.md), and safetensors (huggingface/safetensors README).
 * Files come from strangers: each length is held against the file's size before it is used, and
 * what is kept is at most a small multiple of the header. */
#ifndef WI_MODEL_FILE_H
#define WI_MODEL_FILE_H

#include "base/maybe.h"
#include "models/catalogue.h"

struct wi_byte_source {
    const char *name; /* for messages */
    uint64_t size;
    /* Bytes [at, at + n), which lie within the size. */
    int (*read)(void *state, uint64_t at, void *out, size_t n, struct wi_err *err);
    void *state;
};

struct wi_file_tensor {
    const char *name, *type;
    uint64_t rows, k; /* a vector is one row; what has more dimensions, many */
    uint64_t bytes;
};
struct wi_file_type { /* tensors that are stored alike */
    const char *name; /* "q4_0", "bf16" */
    uint64_t tensors, params, bytes;
};
struct wi_model_file {                 /* all in the arena it was read into */
    const char *format;                /* "gguf", "safetensors" */
    uint32_t version;                  /* of GGUF; 0: the format has none */
    uint64_t file_bytes, header_bytes; /* header: all that is no weight */
    const char *architecture, *name;   /* as the file says; NULL: it does not */
    struct wi_maybe_u64 layers, d_model, heads, kv_heads, key_dim, value_dim, d_ff, max_context,
        vocab, window;
    struct wi_maybe_u64 causal; /* 0: an encoder */
    struct wi_maybe_u64 parts;  /* files that the model was split into; this is one of them */
    bool odd_cache;             /* not every layer keeps the same keys and values */
    struct {
        struct wi_file_tensor *items; /* in the order of the header */
        size_t count, capacity;
    } tensors;
    struct {
        struct wi_file_type *items; /* in order of appearance */
        size_t count, capacity;
    } types;
    uint64_t params, weight_bytes;        /* exact sums over the tensors */
    const struct wi_file_tensor *largest; /* NULL: no tensors */
};
/* WI_USAGE: "NAME: byte N: ..." for what is malformed, truncated or of another format; WI_NOT_BUILT
 * for safetensors in a build without jansson. */
int wi_model_file_read(const struct wi_byte_source *source, struct wi_arena *arena,
                       struct wi_model_file *file, struct wi_err *err);
/* The same of a path. */
int wi_model_file_open(const char *path, struct wi_arena *arena, struct wi_model_file *file,
                       struct wi_err *err);

/* The catalogue's models whose tensors have the very shapes of the file's, by whatever names. */
int wi_model_file_same(const struct wi_model_file *file, const struct wi_catalogue *catalogue,
                       struct wi_arena *arena, const struct wi_model ***same, size_t *count,
                       struct wi_err *err);

struct wi_file_cache { /* KV cache in f16 at the file's own context */
    struct wi_maybe_u64 bytes;
    uint64_t context;    /* tokens; 0: unknown */
    const char *because; /* where the number comes from, or why there is none */
};
/* `same`: a model of the same shape, asked where the file itself does not say enough; NULL: none.
 */
int wi_model_file_cache(const struct wi_model_file *file, const struct wi_model *same,
                        struct wi_arena *arena, struct wi_file_cache *cache, struct wi_err *err);

#endif
