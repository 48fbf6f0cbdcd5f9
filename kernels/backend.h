/* backend.h: what a backend must offer so that sessions can run on it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One const table per backend, listed in backend.c and checked once by wi_backends_validate(). A
 * backend either computes (`computes`: it holds buffers and runs programs), or only tells times. */
#ifndef WI_BACKEND_H
#define WI_BACKEND_H

#include "kernels/session.h"
#include "kernels/transformer.h"

#define WI_BACKEND_ABI 1

struct wi_device; /* an open device; each backend defines its own */

/* A matrix or vector of weights to be made in place: element (row, i) depends on (seed, tensor,
 * row) alone, see pack.h. rows * bytes(k) lie at `at`. */
struct wi_generate {
    enum wi_format_id format;
    struct wi_view at;
    uint64_t rows;
    uint32_t k;
    uint32_t fan_in; /* scale 1/sqrt(fan_in); 0: ones with a little spread (norm weights) */
    uint64_t seed, tensor;
};

struct wi_backend {
    uint32_t abi;
    enum wi_backend_id id;
    const char *name;
    bool computes;
    int (*open)(const struct wi_session_params *params, struct wi_device **device,
                struct wi_err *err);
    void (*close)(struct wi_device *device); /* NULL is fine */
    /* Fills threads, huge_page_bytes, flush_to_zero and arithmetic, kernels when !computes. */
    void (*describe)(const struct wi_device *device, struct wi_session_info *info);
    /* Runs a pass and reads the clock at the borders: segment_ns[i] for each of program->segments.
     * The program of a backend that does not compute has segments and no calls. */
    int (*run)(struct wi_device *device, const struct wi_program *program,
               const struct wi_pass *pass, uint64_t *segment_ns, uint64_t *start_ns,
               struct wi_err *err);
    /* May be NULL. */
    int (*canary)(struct wi_device *device, uint64_t budget_ns, struct wi_canary *look,
                  struct wi_err *err);

    /* ---- given exactly if `computes` ---- */
    int (*buffer_create)(struct wi_device *device, uint64_t bytes, struct wi_buffer **buffer,
                         struct wi_err *err); /* zeroed; WI_TOO_BIG */
    void (*buffer_destroy)(struct wi_device *device, struct wi_buffer *buffer);
    int (*upload)(struct wi_device *device, struct wi_view to, uint64_t bytes, const void *from,
                  struct wi_err *err);
    int (*download)(struct wi_device *device, struct wi_view from, uint64_t bytes, void *to,
                    struct wi_err *err);
    int (*generate)(struct wi_device *device, const struct wi_generate *what, struct wi_err *err);
    /* May allocate scratch, compile, bind: after it, run() only launches. Kernels are chosen. */
    int (*prepare)(struct wi_device *device, const struct wi_program *program, struct wi_err *err);
    int (*run_call)(struct wi_device *device, const struct wi_call *call,
                    const struct wi_pass_dims *dims, struct wi_err *err); /* for verification */

    /* ---- given exactly if not `computes`: what verification would have found ---- */
    int (*verify)(struct wi_device *device, const struct wi_pass *pass, struct wi_op_note *note,
                  const char **wrong, struct wi_err *err);
};

/* NULL when this build has no such backend. */
const struct wi_backend *wi_backend_find(enum wi_backend_id id);
/* Every table is whole, in its place and of this ABI; WI_INTERNAL names the first that is not. */
int wi_backends_validate(struct wi_err *err);
int wi_backend_validate(const struct wi_backend *backend, struct wi_err *err);

#endif
