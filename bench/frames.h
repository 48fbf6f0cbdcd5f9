/* frames.h: what parent and worker say to each other: typed pieces of key=value lines.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   frame  = "weighin-frame " TYPE " " BYTES LF, then that many bytes of key=value lines (kv.h)
 *
 * A worker's stdout is not trusted: anything else, a frame of more than WI_FRAME_BYTES_MOST or one
 * that is cut short is WI_CORRUPT. */
#ifndef WI_FRAMES_H
#define WI_FRAMES_H

#include "base/kv.h"

/*    type       from    says */
#define WI_FRAME_LIST(X)                                                                           \
    X(request)  /* parent: what to measure; the only frame on stdin */                             \
    X(roofline) /* worker: the device's limits; again when they were passed */                     \
    X(canary)   /* worker: a look at the device before its first case */                           \
    X(opened)   /* worker: the session stands */                                                   \
    X(refused)  /* worker: it does not, and why; ends */                                           \
    X(step)     /* worker: begins a step of a case; a sign of life */                              \
    X(row)      /* worker: a case is finished */                                                   \
    X(end)      /* worker: nothing is left to do; ends */
enum wi_frame_type {
#define WI_X(name) WI_FRAME_##name,
    WI_FRAME_LIST(WI_X)
#undef WI_X
        WI_FRAME_COUNT
};
const char *wi_frame_name(enum wi_frame_type type);

#define WI_FRAME_BYTES_MOST ((size_t)16 << 20)

/* Appends a frame. */
void wi_frame_print(enum wi_frame_type type, const struct wi_kv *kv, struct wi_buf *out);

/* Non-zero stops the reading and is handed on. The kv lives until it returns. */
typedef int (*wi_frame_sink)(void *state, enum wi_frame_type type, const struct wi_kv *kv,
                             struct wi_err *err);
struct wi_frame_reader { /* zero-initialise */
    struct wi_buf pending;
};
/* Takes bytes as they come and hands over every frame that they complete. */
int wi_frames_push(struct wi_frame_reader *reader, const char *bytes, size_t n, wi_frame_sink sink,
                   void *state, struct wi_err *err);
/* WI_CORRUPT when the last frame is cut short. */
int wi_frames_end(const struct wi_frame_reader *reader, struct wi_err *err);
void wi_frames_fini(struct wi_frame_reader *reader);

#endif
