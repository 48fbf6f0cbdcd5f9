/* gguf.c: the header of a GGUF file: metadata and tensor infos.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Layout: ggml docs/gguf.md. Little-endian; strings are a length of 8 bytes and their bytes:
 *   "GGUF", u32 version, u64 tensors, u64 entries
 *   entry:  string key, u32 type, value (an array: u32 type, u64 count, values)
 *   tensor: string name, u32 dimensions, u64 each (the first is k), u32 type, u64 offset
 *   padding to the alignment, then the weights
 * Values are skipped but for the few that say what the model is. */
#include "models/model_file_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    WINDOW_BYTES = 1 << 16,
    MOST_ENTRIES = 65536,
    MOST_ITEMS = 1 << 24, /* strings and arrays in arrays, one by one; a vocabulary has 2^18 */
    MOST_NESTED = 4,
    MOST_KEY = 65535, /* the format's own limit */
    NAME_BYTES = 256,
};

/* ---- reading ---- */

struct cursor {
    const struct wi_byte_source *source;
    struct wi_arena *arena;
    struct wi_err *err;
    uint64_t at;
    uint64_t window_at; /* bytes of the file that are at hand */
    size_t window_n;
    unsigned char *window;
    uint32_t items; /* gone through so far */
};

static int need(const struct cursor *c, uint64_t n, const char *what) {
    if (n <= c->source->size - c->at)
        return WI_OK;
    return wi_file_fail(c->source, c->err, c->at,
                        "%s needs %" PRIu64 " bytes, and the file has %" PRIu64 " more", what, n,
                        c->source->size - c->at);
}

static int skip(struct cursor *c, uint64_t n, const char *what) {
    WI_TRY(need(c, n, what));
    c->at += n;
    return WI_OK;
}

/* n is at most a window. */
static int take(struct cursor *c, void *out, size_t n, const char *what) {
    WI_TRY(need(c, n, what));
    if (c->at < c->window_at || c->at + n > c->window_at + c->window_n) {
        uint64_t rest = c->source->size - c->at;
        c->window_n = 0;
        size_t fill = rest < WINDOW_BYTES ? (size_t)rest : WINDOW_BYTES;
        WI_TRY(c->source->read(c->source->state, c->at, c->window, fill, c->err));
        c->window_at = c->at;
        c->window_n = fill;
    }
    memcpy(out, c->window + (c->at - c->window_at), n);
    c->at += n;
    return WI_OK;
}

/* n bytes, little-endian. */
static int number(struct cursor *c, size_t n, uint64_t *value, const char *what) {
    unsigned char bytes[8];
    WI_TRY(take(c, bytes, n, what));
    *value = 0;
    for (size_t i = n; i-- > 0;)
        *value = *value << 8 | bytes[i];
    return WI_OK;
}

/* As much of a string as `out` holds; the rest is skipped. `most`: longer is a failure. */
static int string(struct cursor *c, char out[NAME_BYTES], uint64_t most, const char *what) {
    uint64_t n, from = c->at;
    WI_TRY(number(c, 8, &n, what));
    if (n > most)
        return wi_file_fail(c->source, c->err, from,
                            "%s of %" PRIu64 " bytes, more than the %" PRIu64 " allowed", what, n,
                            most);
    WI_TRY(need(c, n, what));
    size_t kept = n < NAME_BYTES - 1 ? (size_t)n : NAME_BYTES - 1;
    WI_TRY(take(c, out, kept, what));
    out[kept] = '\0';
    return skip(c, n - kept, what);
}

/* ---- metadata ---- */

/* Bytes of a value by its type; strings (8) and arrays (9) have no fixed size. */
enum { STRING = 8, ARRAY = 9, BOOL = 7, TYPES = 13 };
static const unsigned char value_bytes[TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

static bool is_whole(uint64_t type) { /* an integer, or true and false */
    return type <= 5 || type == BOOL || type == 10 || type == 11;
}

struct entry { /* a whole number, or how many an array holds */
    const char *key;
    uint64_t value;
    bool array;
};
struct entries {
    struct entry *items;
    size_t count, capacity;
};

static int skip_array(struct cursor *c, unsigned depth, uint64_t *count) {
    uint64_t type, n, from = c->at;
    WI_TRY(number(c, 4, &type, "the type of an array"));
    WI_TRY(number(c, 8, &n, "the length of an array"));
    *count = n;
    if (type >= TYPES || (type == ARRAY && depth == MOST_NESTED))
        return wi_file_fail(c->source, c->err, from,
                            type >= TYPES ? "an array of values of type %" PRIu64
                                            ", which GGUF does not have"
                                          : "arrays within arrays, too deep (type %" PRIu64 ")",
                            type);
    if (type != STRING && type != ARRAY) {
        uint64_t bytes;
        if (__builtin_mul_overflow(n, value_bytes[type], &bytes))
            bytes = UINT64_MAX;
        return skip(c, bytes, "an array");
    }
    for (uint64_t i = 0; i < n; i++) {
        uint64_t bytes;
        if (++c->items > MOST_ITEMS)
            return wi_file_fail(c->source, c->err, c->at, "more than %d strings in arrays",
                                MOST_ITEMS);
        if (type == ARRAY) {
            WI_TRY(skip_array(c, depth + 1, &bytes));
        } else {
            WI_TRY(number(c, 8, &bytes, "a string of an array"));
            WI_TRY(skip(c, bytes, "a string of an array"));
        }
    }
    return WI_OK;
}

static int read_entry(struct cursor *c, struct entries *list, struct wi_model_file *file) {
    char key[NAME_BYTES], text[NAME_BYTES];
    uint64_t type, value = 0, from;
    WI_TRY(string(c, key, MOST_KEY, "a key"));
    from = c->at;
    WI_TRY(number(c, 4, &type, "the type of a value"));
    if (type >= TYPES)
        return wi_file_fail(c->source, c->err, from,
                            "a value of type %" PRIu64 ", which GGUF does not have", type);
    if (type == STRING) {
        WI_TRY(string(c, text, UINT64_MAX, "a string"));
        if (strcmp(key, "general.architecture") == 0)
            file->architecture = wi_arena_strdup(c->arena, text);
        else if (strcmp(key, "general.name") == 0)
            file->name = wi_arena_strdup(c->arena, text);
        return WI_OK;
    }
    if (type == ARRAY)
        WI_TRY(skip_array(c, 1, &value));
    else
        WI_TRY(number(c, value_bytes[type], &value, "a value"));
    if (type == ARRAY || is_whole(type))
        *WI_PUSH(c->arena, list, struct entry) =
            (struct entry){wi_arena_strdup(c->arena, key), value, type == ARRAY};
    return WI_OK;
}

static const struct entry *find(const struct entries *list, const char *prefix, const char *key) {
    size_t n = strlen(prefix);
    for (size_t i = 0; i < list->count; i++)
        if (strncmp(list->items[i].key, prefix, n) == 0 && strcmp(list->items[i].key + n, key) == 0)
            return &list->items[i];
    return NULL;
}

static struct wi_maybe_u64 whole(const struct entry *e) {
    return e == NULL || e->array ? (struct wi_maybe_u64){0} : wi_some_u64(e->value);
}

/* Where each layer has its own number of heads, the entry is an array. */
static void understand(const struct entries *list, struct wi_arena *arena,
                       struct wi_model_file *f) {
    /* Layers whose memory is not that of plain attention: latent, recurrent, shared. */
    static const char *const odd[] = {"attention.kv_lora_rank", "ssm.state_size",
                                      "attention.shared_kv_layers", "wkv.head_size",
                                      "full_attention_interval"};
    const char *arch = wi_arena_printf(arena, "%s.", f->architecture ? f->architecture : "");
    const struct entry *kv = find(list, arch, "attention.head_count_kv");
    f->layers = whole(find(list, arch, "block_count"));
    f->d_model = whole(find(list, arch, "embedding_length"));
    f->heads = whole(find(list, arch, "attention.head_count"));
    f->kv_heads = kv == NULL ? f->heads : whole(kv);
    f->key_dim = whole(find(list, arch, "attention.key_length"));
    f->value_dim = whole(find(list, arch, "attention.value_length"));
    f->d_ff = whole(find(list, arch, "feed_forward_length"));
    f->max_context = whole(find(list, arch, "context_length"));
    f->window = whole(find(list, arch, "attention.sliding_window"));
    f->causal = whole(find(list, arch, "attention.causal"));
    f->vocab = whole(find(list, arch, "vocab_size"));
    f->parts = whole(find(list, "split.", "count"));
    const struct entry *tokens = find(list, "tokenizer.ggml.", "tokens");
    if (!wi_has_u64(f->vocab) && tokens != NULL)
        f->vocab = wi_some_u64(tokens->value);
    f->odd_cache = kv != NULL && kv->array;
    for (size_t i = 0; i < WI_COUNT(odd); i++)
        f->odd_cache = f->odd_cache || find(list, arch, odd[i]) != NULL;
    if (wi_has_u64(f->d_model) && wi_has_u64(f->heads) && f->heads.value > 0) {
        struct wi_maybe_u64 head = wi_some_u64(f->d_model.value / f->heads.value);
        f->key_dim = wi_has_u64(f->key_dim) ? f->key_dim : head;
        f->value_dim = wi_has_u64(f->value_dim) ? f->value_dim : head;
    }
}

/* ---- tensors ---- */

/* By number (ggml.h, enum ggml_type). Formats of format.inc have their layout there; of the others
 * the blocks are those of ggml-common.h. */
static const struct {
    unsigned number;
    const char *name;
    unsigned weights, bytes; /* 0: as format.inc says */
} types[] = {
    {0, "f32", 0, 0},        {1, "f16", 0, 0},         {2, "q4_0", 0, 0},
    {3, "q4_1", 0, 0},       {6, "q5_0", 0, 0},        {7, "q5_1", 0, 0},
    {8, "q8_0", 0, 0},       {9, "q8_1", 32, 36},      {10, "q2_k", 0, 0},
    {11, "q3_k", 0, 0},      {12, "q4_k", 0, 0},       {13, "q5_k", 0, 0},
    {14, "q6_k", 0, 0},      {15, "q8_k", 256, 292},   {16, "iq2_xxs", 256, 66},
    {17, "iq2_xs", 256, 74}, {18, "iq3_xxs", 256, 98}, {19, "iq1_s", 256, 50},
    {20, "iq4_nl", 0, 0},    {21, "iq3_s", 256, 110},  {22, "iq2_s", 256, 82},
    {23, "iq4_xs", 0, 0},    {24, "i8", 1, 1},         {25, "i16", 1, 2},
    {26, "i32", 1, 4},       {27, "i64", 1, 8},        {28, "f64", 1, 8},
    {29, "iq1_m", 256, 56},  {30, "bf16", 0, 0},       {34, "tq1_0", 256, 54},
    {35, "tq2_0", 256, 66},  {39, "mxfp4", 0, 0},
};

static int size_of(const struct cursor *c, uint64_t at, uint64_t type, struct wi_file_tensor *t) {
    for (size_t i = 0; i < WI_COUNT(types); i++) {
        if (types[i].number != type)
            continue;
        const struct wi_format *f = wi_format_find(types[i].name);
        uint64_t weights = types[i].weights ? types[i].weights : f->block_weights;
        uint64_t bytes = types[i].weights ? types[i].bytes : f->block_bytes;
        t->type = types[i].name;
        if (t->k % weights != 0)
            return wi_file_fail(c->source, c->err, at,
                                "the tensor \"%.64s\" has rows of %" PRIu64
                                " weights, no multiple of the %" PRIu64 " in a block of %s",
                                t->name, t->k, weights, t->type);
        if (__builtin_mul_overflow(t->rows, t->k / weights, &t->bytes) ||
            __builtin_mul_overflow(t->bytes, bytes, &t->bytes))
            return wi_file_fail(c->source, c->err, at,
                                "the tensor \"%.64s\" has an impossible shape", t->name);
        return WI_OK;
    }
    return wi_file_fail(c->source, c->err, at,
                        "the tensor \"%.64s\" is of type %" PRIu64
                        ", which this weighin does not know: its size cannot be told",
                        t->name, type);
}

/* `end`: where its weights end, from where weights begin. */
static int read_tensor(struct cursor *c, uint64_t alignment, struct wi_model_file *file,
                       uint64_t *end) {
    char name[NAME_BYTES];
    uint64_t from = c->at, dims, type, offset, extent;
    WI_TRY(string(c, name, NAME_BYTES - 1, "the name of a tensor"));
    struct wi_file_tensor t = {.name = wi_arena_strdup(c->arena, name), .rows = 1, .k = 1};
    WI_TRY(number(c, 4, &dims, "a tensor's dimensions"));
    if (dims > WI_FILE_MOST_DIMS)
        return wi_file_fail(c->source, c->err, from,
                            "the tensor \"%.64s\" has %" PRIu64 " dimensions", name, dims);
    for (uint64_t i = 0; i < dims; i++) {
        WI_TRY(number(c, 8, &extent, "a tensor's dimensions"));
        if (i == 0)
            t.k = extent;
        else if (__builtin_mul_overflow(t.rows, extent, &t.rows))
            return wi_file_fail(c->source, c->err, from,
                                "the tensor \"%.64s\" has an impossible shape", name);
    }
    WI_TRY(number(c, 4, &type, "a tensor's type"));
    WI_TRY(number(c, 8, &offset, "a tensor's offset"));
    WI_TRY(size_of(c, from, type, &t));
    if (offset % alignment != 0 || __builtin_add_overflow(offset, t.bytes, end))
        return wi_file_fail(c->source, c->err, from,
                            "the tensor \"%.64s\" begins at offset %" PRIu64
                            ", which cannot be (alignment %" PRIu64 ")",
                            name, offset, alignment);
    return wi_file_add(c->source, c->arena, from, &t, file, c->err);
}

static int read_tensors(struct cursor *c, uint64_t count, uint64_t alignment,
                        struct wi_model_file *file) {
    uint64_t end = 0, last = 0;
    for (uint64_t i = 0; i < count; i++) {
        WI_TRY(read_tensor(c, alignment, file, &end));
        last = end > last ? end : last;
    }
    uint64_t padding = (alignment - c->at % alignment) % alignment;
    uint64_t room = c->source->size - c->at;
    if (last > 0 && (padding > room || last > room - padding))
        return wi_file_fail(c->source, c->err, c->source->size,
                            "the file ends here, %" PRIu64 " bytes before its weights do",
                            last - (padding > room ? 0 : room - padding));
    file->header_bytes = c->at + (padding > room ? room : padding);
    return WI_OK;
}

/* ---- the file ---- */

static int read_counts(struct cursor *c, struct wi_model_file *file, uint64_t *tensors,
                       uint64_t *entries) {
    uint64_t version;
    WI_TRY(skip(c, 4, "the magic"));
    WI_TRY(number(c, 4, &version, "the version"));
    if (version != 2 && version != 3)
        return wi_file_fail(c->source, c->err, 4,
                            (version & 0xffff) == 0
                                ? "a big-endian GGUF (%" PRIu64 "), which is not read"
                                : "GGUF version %" PRIu64 "; versions 2 and 3 are read",
                            version);
    file->version = (uint32_t)version;
    WI_TRY(number(c, 8, tensors, "the number of tensors"));
    WI_TRY(number(c, 8, entries, "the number of metadata entries"));
    if (*tensors > WI_FILE_MOST_TENSORS || *entries > MOST_ENTRIES)
        return wi_file_fail(c->source, c->err, 8,
                            "%" PRIu64 " tensors and %" PRIu64
                            " metadata entries, more than the %d of each that are read",
                            *tensors, *entries, MOST_ENTRIES);
    return WI_OK;
}

int wi_gguf_read(const struct wi_byte_source *source, struct wi_arena *arena,
                 struct wi_model_file *file, struct wi_err *err) {
    struct cursor c = {.source = source, .arena = arena, .err = err};
    struct entries entries = {0};
    uint64_t tensor_count = 0, entry_count = 0, alignment = 32;
    file->format = "gguf";
    c.window = wi_arena_alloc(arena, WINDOW_BYTES);
    WI_TRY(read_counts(&c, file, &tensor_count, &entry_count));
    for (uint64_t i = 0; i < entry_count; i++)
        WI_TRY(read_entry(&c, &entries, file));
    understand(&entries, arena, file);
    const struct entry *said = find(&entries, "general.", "alignment");
    if (said != NULL)
        alignment = said->value;
    if (alignment == 0 || alignment % 8 != 0 || alignment > 1 << 30)
        return wi_file_fail(source, err, c.at, "an alignment of %" PRIu64 " bytes", alignment);
    return read_tensors(&c, tensor_count, alignment, file);
}
