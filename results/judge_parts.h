/* judge_parts.h: what verdict and tier share: the evidence of one cell, figures from it, bounds.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For results/, and through trail.h for who shows the steps. A cell is one question (model,
 * precision, KV precision, batch) on one compute device through one backend. Everything is in the
 * caller's arena. */
#ifndef WI_JUDGE_PARTS_H
#define WI_JUDGE_PARTS_H

#include "results/judge.h"

struct wi_cell {
    const struct wi_inventory *inventory;
    const struct wi_rules *rules;
    const struct wi_evidence_list *list;
    const struct wi_roofline *roofline; /* of this compute device and backend; NULL: none */
    const struct wi_model *model;
    enum wi_format_id precision, kv_precision;
    uint32_t batch;
    const char *compute_device_id;
    enum wi_backend_id backend;
    const struct wi_gpu *gpu; /* NULL: the CPU */
    struct wi_arena *arena;
};

/* ---- where the model could run ---- */

struct wi_place {
    const char *compute_device_id;
    enum wi_backend_id backend;
    const struct wi_gpu *gpu; /* NULL: the CPU */
};
/* Of the whole device (software devices are left out: they never answer for it), or of one compute
 * device, when that is named. */
size_t wi_places(const struct wi_inventory *inventory, const char *compute_device_id,
                 struct wi_arena *arena, struct wi_place **places);
void wi_cell_at(const struct wi_verdict_request *request, const struct wi_place *place,
                struct wi_arena *arena, struct wi_cell *cell);

/* ---- evidence of a cell (evidence_cell.c) ---- */

struct wi_evidence_ptrs {
    const struct wi_evidence **items;
    size_t count, capacity;
};
struct wi_bars {
    struct wi_not_counted *items;
    size_t count, capacity;
};
/* One case key, summed up over the newest runs that count. */
struct wi_figure {
    enum wi_phase phase;
    uint32_t tokens, depth;
    struct wi_interval tok_s;
    const struct wi_evidence *const *rows; /* newest run first */
    size_t row_count;
};
struct wi_figures {
    struct wi_figure *items;
    size_t count, capacity;
};
/* What counts for the cell, by case key; what does not, with reasons, in order of its ids. `upto`
 * (NULL: all) leaves out runs later than that row's. */
void wi_cell_figures(const struct wi_cell *cell, const struct wi_evidence *upto,
                     struct wi_figures *figures, struct wi_bars *bars);
/* One row of each run that has rows of the cell, in order of time. */
void wi_cell_runs(const struct wi_cell *cell, struct wi_evidence_ptrs *runs);
/* Rows of the cell with status unsupported: the newest one's reason; NULL. */
const char *wi_cell_unsupported(const struct wi_cell *cell);
/* Earlier run, then lesser id: the order of time. */
int wi_evidence_compare_time(const struct wi_evidence *a, const struct wi_evidence *b);

/* ---- speed (speed.c) ---- */

/* A time, as far as the evidence goes, with the most that the device could do. */
struct wi_estimate {
    struct wi_interval s;   /* seconds: of a token (decode) or a pass; mid NAN: unknown */
    double at_least_s;      /* no program is faster on this device; NAN: unknown */
    enum wi_bound by;       /* what bounds the kernels by the evidence, else the device */
    enum wi_bound least_by; /* what sets at_least_s: memory, compute or launch; unknown */
    const char *least_row;  /* the roofline's row behind it; NULL: the evidence says so itself */
    enum wi_basis basis;
    const struct wi_figure *from[2]; /* what was used; NULL */
    bool between;                    /* from[] enclose what was asked */
};
void wi_estimate_decode(const struct wi_cell *cell, const struct wi_figures *figures,
                        uint32_t depth, struct wi_estimate *estimate);
/* Of a prompt (phase prefill, empty cache) or of an encoder's pass (phase encode). */
void wi_estimate_pass(const struct wi_cell *cell, const struct wi_figures *figures,
                      enum wi_phase phase, uint32_t tokens, struct wi_estimate *estimate);
/* Share of what the device could do that the evidence reaches, in (0, 1]; NAN: unknown. */
double wi_estimate_share(const struct wi_estimate *estimate);

/* ---- limits (bound.c) ---- */

/* The least time of one pass on this device by memory, compute and launch (not unpack). NAN: no
 * roofline says. `arithmetic` of the evidence, NULL: none. `row`: id of the roofline's row that set
 * it; NULL: of none. */
double wi_bound_pass_s(const struct wi_cell *cell, const struct wi_pass_cost *cost,
                       const char *arithmetic, enum wi_bound *by, const char **row);
/* Least time to read the weights once; 0 when nothing is known. */
double wi_bound_weights_s(const struct wi_cell *cell, const struct wi_pass_cost *cost);

/* ---- answers and sentences (verdict_speed.c, verdict_say.c) ---- */

struct wi_answer { /* to: does this time meet its target? */
    enum wi_tri met;
    bool borderline; /* the interval spans the target */
    bool impossible; /* no kernel could meet it */
    bool speaks;     /* the kernel reaches enough of the device's limit to speak for the device */
};
struct wi_answer wi_answer_of(const struct wi_estimate *estimate, double target_s);

/* A verdict's parts while it is made. An encoder has no decode: its `pass` is one over 512 tokens.
 */
struct wi_speed {
    struct wi_estimate decode, pass, full; /* full: decode at the full context, shown only */
    struct wi_answer decode_usable, decode_comfortable, pass_usable, pass_comfortable;
    uint32_t depth, tokens; /* decode is judged at, the pass is over */
    const char *not_asked;  /* why no speed can be known; NULL */
};
void wi_speed_judge(const struct wi_cell *cell, const struct wi_figures *figures,
                    const struct wi_targets *targets, struct wi_speed *speed);
/* Fills verdict, borderline, fast_enough and binding_limit from `fits` and the speed. */
void wi_speed_decide(const struct wi_speed *speed, struct wi_verdict *verdict);
enum wi_limit wi_limit_of_bound(enum wi_bound bound);

void wi_verdict_say(const struct wi_speed *speed, const struct wi_budget *budget,
                    struct wi_arena *arena, struct wi_verdict *verdict);

/* Text in the arena. */
const char *wi_say_memory(struct wi_arena *arena, uint64_t bytes);
const char *wi_say_number(struct wi_arena *arena, double value);
const char *wi_say_time(struct wi_arena *arena, double seconds);

#endif
