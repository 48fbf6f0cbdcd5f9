/* bound.c: the least time that a pass takes on this device, whatever the kernels.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   t >= max(bytes / bandwidth, operations / peak, one launch)
 *
 * after Williams, Waterman and Patterson, "Roofline", CACM 52(4), 2009. A term whose limit was not
 * measured is left out: the bound is then laxer and still true. Unpacking is no term: it is a limit
 * of a kernel, not of the device. */
#include "results/judge_parts.h"

#include <math.h>
#include <string.h>

/* Weights that stay in cache between passes are not read from memory. CPU: its last level, all
 * instances. GPU: nobody tells; no consumer GPU to date has more than 128 MiB. */
static double cached_bytes(const struct wi_cell *cell) {
    const double of_a_gpu = 128.0 * 1024 * 1024;
    const struct wi_cpu *cpu = &cell->inventory->cpu;
    unsigned last = 0;
    double bytes = 0;
    if (cell->gpu && !cell->gpu->software)
        return of_a_gpu;
    for (size_t i = 0; i < cpu->cache_count; i++)
        last = cpu->caches[i].level > last ? cpu->caches[i].level : last;
    for (size_t i = 0; i < cpu->cache_count; i++)
        if (cpu->caches[i].level == last)
            bytes += (double)cpu->caches[i].bytes * cpu->caches[i].instances;
    return bytes;
}

static double read_s(const struct wi_cell *cell, double bytes) {
    const struct wi_roofline *r = cell->roofline;
    double from_memory = bytes - cached_bytes(cell);
    if (!r || !wi_has_f64(r->read_gb_per_s) || !(r->read_gb_per_s.value > 0) || !(from_memory > 0))
        return 0;
    return from_memory / (r->read_gb_per_s.value * 1e9);
}

static double larger(struct wi_maybe_f64 m, double than) {
    return wi_has_f64(m) && m.value > than ? m.value : than;
}

static struct wi_maybe_f64 peak_named(const struct wi_roofline *r, const char *arithmetic) {
    if (arithmetic && strcmp(arithmetic, "int8") == 0)
        return r->peak_gflop_per_s_int8;
    if (arithmetic && strcmp(arithmetic, "bf16") == 0)
        return r->peak_gflop_per_s_bf16;
    if (arithmetic && strcmp(arithmetic, "f32") == 0)
        return r->peak_gflop_per_s_f32;
    return (struct wi_maybe_f64){WI_KNOWN_unknown, 0};
}

/* The peak bounds the device only when the fastest arithmetic that the precision allows was
 * measured: with evidence, the one that the kernel uses; without, int8 for quantised weights and
 * bf16 for the others. The largest of all measured ones counts. */
static double peak_gflop_per_s(const struct wi_cell *cell, const char *arithmetic) {
    const struct wi_roofline *r = cell->roofline;
    if (!r)
        return 0;
    bool quantised = wi_format_get(cell->precision)->block_weights > 1;
    struct wi_maybe_f64 needed = arithmetic  ? peak_named(r, arithmetic)
                                 : quantised ? r->peak_gflop_per_s_int8
                                             : r->peak_gflop_per_s_bf16;
    bool none_such = !arithmetic && needed.known == WI_KNOWN_not_applicable;
    if (!wi_has_f64(needed) && !none_such)
        return 0;
    double peak = larger(r->peak_gflop_per_s_bf16, larger(r->peak_gflop_per_s_f32, 0));
    return quantised ? larger(r->peak_gflop_per_s_int8, peak) : peak;
}

double wi_bound_pass_s(const struct wi_cell *cell, const struct wi_pass_cost *cost,
                       const char *arithmetic, enum wi_bound *by) {
    const struct wi_cost *c = &cost->total;
    double peak = peak_gflop_per_s(cell, arithmetic);
    const struct {
        enum wi_bound by;
        double s;
    } terms[] = {
        {WI_BOUND_memory, read_s(cell, c->weight_bytes + c->kv_read_bytes)},
        {WI_BOUND_compute, peak > 0 ? c->flops / (peak * 1e9) : 0},
        {WI_BOUND_launch, cell->roofline ? larger(cell->roofline->launch_us, 0) * 1e-6 : 0},
    };
    double most = 0;
    *by = WI_BOUND_unknown;
    for (size_t i = 0; i < WI_COUNT(terms); i++) {
        if (terms[i].s > most) {
            most = terms[i].s;
            *by = terms[i].by;
        }
    }
    return most > 0 ? most : (double)NAN;
}

double wi_bound_weights_s(const struct wi_cell *cell, const struct wi_pass_cost *cost) {
    return read_s(cell, cost->total.weight_bytes);
}
