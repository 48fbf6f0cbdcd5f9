/* limits.c: terms of the least time of a pass; limits.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/limits.h"
#include "results/constants.h"

#include <string.h>

/* Less than this share of the time is no explanation of it. */
static const double explains_from = 0.5;

/* ---- terms ---- */

static double divided(double work, double per_ns) {
    return work > 0 && per_ns > 0 ? work / per_ns / 1e9 : 0;
}

static double value_of(struct wi_maybe_f64 m) {
    return wi_has_f64(m) ? m.value : 0;
}

static struct wi_maybe_f64 peak_named(const struct wi_roofline *r, const char *arithmetic) {
    if (arithmetic != NULL && strcmp(arithmetic, "int8") == 0)
        return r->peak_gflop_per_s_int8;
    if (arithmetic != NULL && strcmp(arithmetic, "bf16") == 0)
        return r->peak_gflop_per_s_bf16;
    if (arithmetic != NULL && strcmp(arithmetic, "f32") == 0)
        return r->peak_gflop_per_s_f32;
    return (struct wi_maybe_f64){WI_KNOWN_unknown, 0};
}

/* It bounds the device only when the fastest arithmetic that the precision allows was measured:
 * with evidence, the one that the kernel uses; without, int8 for quantised weights and bf16 for the
 * others. The largest of all measured ones counts. */
struct peak {
    double gflop_per_s;
    const char *row; /* that showed it */
};
static struct peak higher(struct peak a, struct peak b) {
    return b.gflop_per_s > a.gflop_per_s ? b : a;
}

static struct peak peak_of_device(const struct wi_roofline *r, const struct wi_work *w) {
    bool quantised = wi_format_get(w->precision)->block_weights > 1;
    struct wi_maybe_f64 needed = w->arithmetic != NULL ? peak_named(r, w->arithmetic)
                                 : quantised           ? r->peak_gflop_per_s_int8
                                                       : r->peak_gflop_per_s_bf16;
    bool none_such = w->arithmetic == NULL && needed.known == WI_KNOWN_not_applicable;
    if (!wi_has_f64(needed) && !none_such)
        return (struct peak){0};
    struct peak f32 = {value_of(r->peak_gflop_per_s_f32), r->rows.f32};
    struct peak bf16 = {value_of(r->peak_gflop_per_s_bf16), r->rows.bf16};
    struct peak int8 = {quantised ? value_of(r->peak_gflop_per_s_int8) : 0, r->rows.int8};
    return higher(higher(f32, bf16), int8);
}

const char *wi_limits_row(const struct wi_roofline *r, const struct wi_work *w, enum wi_bound by) {
    switch (by) {
    case WI_BOUND_memory:
        return r->rows.read;
    case WI_BOUND_compute:
        return peak_of_device(r, w).row;
    case WI_BOUND_launch:
        return r->rows.launch;
    default:
        return NULL;
    }
}

static double unpack_s(const struct wi_roofline *r, const struct wi_work *w) {
    bool decode = w->phase == WI_PHASE_decode;
    const struct wi_ceiling *best =
        wi_roofline_best(r, WI_CEILING_unpack, w->arithmetic, wi_format_get(w->precision)->name,
                         decode ? wi_phase_name(WI_PHASE_decode) : wi_phase_name(WI_PHASE_prefill));
    if (best == NULL)
        return 0;
    return divided(decode ? w->weight_bytes : w->flops, wi_ceiling_value(best));
}

struct wi_limits wi_limits_of(const struct wi_roofline *r, const struct wi_work *w,
                              enum wi_limits_of whose) {
    bool device = whose == WI_LIMITS_of_device;
    double peak =
        device ? peak_of_device(r, w).gflop_per_s : value_of(peak_named(r, w->arithmetic));
    double calls = device ? 1 : w->calls;
    return (struct wi_limits){
        .memory_s = divided(w->read_bytes - w->cached_bytes, value_of(r->read_gb_per_s)),
        .compute_s = divided(w->flops, peak),
        .unpack_s = device ? 0 : unpack_s(r, w),
        .launch_s = calls * value_of(r->launch_us) * 1e-6};
}

/* ---- the largest ---- */

static enum wi_bound largest(const struct wi_limits *l, bool unpack, enum wi_bound but, double *s) {
    const struct {
        enum wi_bound by;
        double s;
    } terms[] = {{WI_BOUND_memory, l->memory_s},
                 {WI_BOUND_compute, l->compute_s},
                 {WI_BOUND_unpack, unpack ? l->unpack_s : 0},
                 {WI_BOUND_launch, l->launch_s}};
    enum wi_bound by = WI_BOUND_unknown;
    *s = 0;
    for (size_t i = 0; i < WI_COUNT(terms); i++) {
        if (terms[i].by == but || !(terms[i].s > *s))
            continue;
        by = terms[i].by;
        *s = terms[i].s;
    }
    return by;
}

double wi_limits_physical_s(const struct wi_limits *l, enum wi_bound *by) {
    double s = 0;
    *by = largest(l, false, WI_BOUND_unknown, &s);
    return s;
}

void wi_limits_bound(const struct wi_limits *l, double s, enum wi_bound *bound,
                     enum wi_bound *second) {
    double first_s = 0, second_s = 0;
    enum wi_bound first = largest(l, true, WI_BOUND_unknown, &first_s);
    bool explained = first_s >= explains_from * s;
    *bound = first == WI_BOUND_unknown || explained ? first : WI_BOUND_latency;
    *second = explained ? largest(l, true, first, &second_s) : first;
}

void wi_constants_of_limits(struct wi_constants *list) {
    wi_constants_add(list, "speed.explains_from", explains_from, "share",
                     "of its time must a limit explain, else a pass is bound by latency");
}
