/* session.h: one model at one precision on one backend, ready to run passes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The measuring loop (bench/) sees only this. A session owns weights (synthetic, generated straight
 * into the packed layout), KV cache and activations; opening may compile, allocate, repack and
 * bind, running only launches and times. Not thread-safe; one at a time per process. */
#ifndef WI_SESSION_H
#define WI_SESSION_H

#include "base/clock.h"
#include "base/status.h"
#include "results/record.h"

struct wi_session;

struct wi_session_params {
    const struct wi_model *model;
    enum wi_format_id precision, kv_precision;
    enum wi_backend_id backend;
    const struct wi_inventory *inventory; /* borrowed while open */
    const char *compute_device_id;
    const unsigned *cpus; /* hardware threads to run on, one thread each, pinned */
    size_t cpu_count;
    const char *isa_cap;                  /* NULL: none; "generic", "avx2", "avx512", "neon", ... */
    uint32_t layers[WI_LAYER_KIND_COUNT]; /* how many of each kind to build and run */
    uint32_t max_tokens;                  /* largest prefill or encode pass */
    uint32_t max_depth;                   /* the deepest start of a pass, but for those of
                                  fewer tokens, which may start as much deeper */
    uint32_t batch;                       /* sequences, 1.. */
    uint64_t seed;
    bool small_pages;            /* where the backend maps memory itself: without huge pages */
    uint64_t memory_limit_bytes; /* refuse (WI_TOO_BIG) rather than pass this; 0: none */
    /* Given: passes are of these instead of through a model, which is NULL then. Borrowed. */
    const struct wi_op_shape *ops;
    size_t op_count;
    const struct wi_clock *clock; /* borrowed; the null backend ignores it for its script */
    const char *null_script;      /* null backend only; kernels/null/null.h has the grammar */
};

/* WI_TOO_BIG, WI_UNSUPPORTED, WI_UNAVAILABLE, WI_NOT_BUILT with a sentence. */
int wi_session_open(const struct wi_session_params *params, struct wi_session **session,
                    struct wi_err *err);
void wi_session_close(struct wi_session *session);

struct wi_session_info {
    const char *arithmetic; /* of the matrix products */
    const char *kernel_prefill, *kernel_decode;
    uint64_t weight_bytes_resident, huge_page_bytes;
    uint64_t rotating_bytes; /* weight bytes touched between two uses of the same weight */
    uint32_t kernel_generation;
    uint32_t threads; /* that really run; 1 when built without OpenMP */
    bool flush_to_zero;
    /* Op calls of a decode pass: in the embedding, in a layer of each kind, in the head. 0: none
     * such, or a backend that computes nothing. */
    uint32_t calls_embed, calls_global, calls_local, calls_head;
};
void wi_session_info(const struct wi_session *session, struct wi_session_info *info);
/* Raised whenever a backend's timings mean something else than before. */
uint32_t wi_session_kernel_generation(enum wi_backend_id backend);

struct wi_pass { /* what one pass does */
    enum wi_phase phase;
    uint32_t tokens;                      /* decode: 1 */
    uint32_t depth;                       /* cells already in the cache */
    uint32_t layers[WI_LAYER_KIND_COUNT]; /* how many of those built; all 0: all that were built */
    struct wi_op_shape op; /* of a session of single ops: which; its rows are `tokens` */
};
/* One border-to-border reading; a pass gives embed, one per layer run, head; of an op, all. */
struct wi_pass_segment {
    enum wi_segment_id id;
    uint64_t ns;
};
/* Runs one pass; fills at most `capacity` segments. start_ns is by params->clock.
 * WI_CRASHED or WI_WRONG when the backend noticed. */
int wi_session_run(struct wi_session *session, const struct wi_pass *pass,
                   struct wi_pass_segment *segments, size_t capacity, size_t *count,
                   uint64_t *start_ns, struct wi_err *err);

/* A short look at what the device gives just now, by the session's clock: what slows the cases down
 * shows here, whoever causes it. */
struct wi_canary {
    uint64_t at_ns;
    struct wi_maybe_f64 read_gb_per_s;   /* unknown: too little memory to look at */
    struct wi_maybe_f64 f32_gflop_per_s; /* multiply-adds from registers, all threads */
};
/* WI_UNSUPPORTED: this backend has no canary. */
int wi_session_canary(struct wi_session *session, uint64_t budget_ns, struct wi_canary *look,
                      struct wi_err *err);

struct wi_verify_result {
    const struct wi_op_note *ops; /* one per (op, kernel) used; owned by the session */
    size_t count;
    double worst_error, worst_tolerance; /* of the op that is worst relative to its tolerance */
    const char *worst_op;
    const char *first_wrong; /* NULL: all within tolerance; else a sentence */
    uint64_t ran_ns;         /* what the calls of the pass took together, checks left out */
};
/* Runs one pass op by op and holds sampled outputs of every op against the double-precision
 * reference over the dequantised weights: one seeded element of every cache block and edge tile and
 * `samples` at random. Activations must be finite at each layer. WI_OK also when outputs are wrong:
 * then first_wrong is set. budget_ns bounds the time (at least one sample per op is checked). Of
 * the matrices of an op one is looked at, another with another seed. */
int wi_session_verify(struct wi_session *session, const struct wi_pass *pass, uint32_t samples,
                      uint64_t seed, uint64_t budget_ns, struct wi_verify_result *result,
                      struct wi_err *err);

/* Memory that a session with these params would hold, without opening it. 0: of a model, on a
 * backend that holds nothing. */
int wi_session_bytes(const struct wi_session_params *params, uint64_t *bytes, struct wi_err *err);

/* ---- what there is to choose from ---- */
struct wi_kernel_info { /* for `weighin list kernels` */
    const char *name, *op, *backend, *precision, *arithmetic, *needs;
    bool runs_here;
    const char *why_not; /* NULL when it runs */
};
int wi_kernels_list(const struct wi_inventory *inventory, const char *isa_cap,
                    struct wi_arena *arena, struct wi_kernel_info **kernels, size_t *count,
                    struct wi_err *err);
struct wi_op_info {
    const char *name, *equation, *tolerance;
};
const struct wi_op_info *wi_ops_list(size_t *count);
/* NULL-terminated names that --isa takes on this architecture. */
const char *const *wi_isa_caps(void);

#endif
