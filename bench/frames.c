/* frames.c: typed pieces of key=value lines; frames.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/frames.h"

#include "base/units.h"

#include <stdbool.h>
#include <string.h>

static const char magic[] = "weighin-frame ";
enum { HEADER_BYTES_MOST = 64 };

static const char *const names[] = {
#define WI_X(name) #name,
    WI_FRAME_LIST(WI_X)
#undef WI_X
};

const char *wi_frame_name(enum wi_frame_type type) {
    return names[type];
}

void wi_frame_print(enum wi_frame_type type, const struct wi_kv *kv, struct wi_buf *out) {
    struct wi_buf body = {0};
    wi_kv_print(kv, &body);
    wi_buf_printf(out, "%s%s %zu\n", magic, names[type], body.size);
    wi_buf_append(out, wi_buf_str(&body), body.size);
    wi_buf_fini(&body);
}

/* ---- reading ---- */

struct header {
    enum wi_frame_type type;
    size_t header_bytes, body_bytes;
};

static int find_type(const char *word, enum wi_frame_type *type) {
    for (size_t i = 0; i < WI_FRAME_COUNT; i++) {
        if (strcmp(word, names[i]) == 0) {
            *type = (enum wi_frame_type)i;
            return WI_OK;
        }
    }
    return WI_CORRUPT;
}

static int parse_header(const char *line, size_t n, struct header *h) {
    char text[HEADER_BYTES_MOST + 1];
    uint64_t bytes = 0;
    memcpy(text, line, n);
    text[n] = '\0';
    char *word = text + sizeof magic - 1, *blank = strchr(word, ' ');
    if (blank == NULL || strlen(text) != n)
        return WI_CORRUPT;
    *blank = '\0';
    WI_TRY(find_type(word, &h->type));
    if (wi_parse_u64(blank + 1, 0, WI_FRAME_BYTES_MOST, &bytes) != WI_OK)
        return WI_CORRUPT;
    h->header_bytes = n + 1;
    h->body_bytes = (size_t)bytes;
    return WI_OK;
}

static int not_a_frame(struct wi_err *err) {
    return wi_fail(err, WI_CORRUPT, "what was said is not a frame");
}

/* *whole: the header is all there. As soon as the first bytes differ it is no frame: nothing is
 * waited for that cannot come. */
static int read_header(const char *text, size_t n, struct header *h, bool *whole,
                       struct wi_err *err) {
    size_t known = n < sizeof magic - 1 ? n : sizeof magic - 1;
    *whole = false;
    if (memcmp(text, magic, known) != 0)
        return not_a_frame(err);
    const char *end = memchr(text, '\n', n < HEADER_BYTES_MOST ? n : HEADER_BYTES_MOST);
    if (end == NULL)
        return n < HEADER_BYTES_MOST ? WI_OK : not_a_frame(err);
    *whole = true;
    if (parse_header(text, (size_t)(end - text), h) != WI_OK)
        return not_a_frame(err);
    return WI_OK;
}

static int hand_over(const struct header *h, const char *body, wi_frame_sink sink, void *state,
                     struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_kv kv;
    wi_kv_init(&kv, arena);
    int status = wi_kv_parse(&kv, body, h->body_bytes, err);
    if (status != WI_OK)
        status = wi_fail_prefix(err, WI_CORRUPT, "frame %s", names[h->type]);
    else
        status = sink(state, h->type, &kv, err);
    wi_arena_destroy(arena);
    return status;
}

static void drop_front(struct wi_buf *buf, size_t n) {
    memmove(buf->data, buf->data + n, buf->size - n);
    buf->size -= n;
    buf->data[buf->size] = '\0';
}

static int read_frames(struct wi_buf *pending, size_t *at, wi_frame_sink sink, void *state,
                       struct wi_err *err) {
    while (*at < pending->size) {
        struct header h = {0};
        bool whole = false;
        const char *text = pending->data + *at;
        size_t n = pending->size - *at;
        WI_TRY(read_header(text, n, &h, &whole, err));
        if (!whole || n - h.header_bytes < h.body_bytes)
            return WI_OK;
        *at += h.header_bytes + h.body_bytes;
        WI_TRY(hand_over(&h, text + h.header_bytes, sink, state, err));
    }
    return WI_OK;
}

int wi_frames_push(struct wi_frame_reader *reader, const char *bytes, size_t n, wi_frame_sink sink,
                   void *state, struct wi_err *err) {
    size_t at = 0;
    wi_buf_append(&reader->pending, bytes, n);
    int status = read_frames(&reader->pending, &at, sink, state, err);
    if (at > 0)
        drop_front(&reader->pending, at);
    return status;
}

int wi_frames_end(const struct wi_frame_reader *reader, struct wi_err *err) {
    return reader->pending.size == 0 ? WI_OK
                                     : wi_fail(err, WI_CORRUPT, "the last frame is cut short");
}

void wi_frames_fini(struct wi_frame_reader *reader) {
    wi_buf_fini(&reader->pending);
}
