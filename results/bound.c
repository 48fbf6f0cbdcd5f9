/* bound.c: the least time that a pass takes on this device, whatever the kernels.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The largest of a roofline's terms (limits.h), of memory, compute and one launch. A term whose
 * limit was not measured is left out: the bound is then laxer and still true. Unpacking is no term:
 * it is a limit of a kernel, not of the device. */
#include "results/judge_parts.h"
#include "results/limits.h"
#include "results/constants.h"

#include <math.h>

static const double of_a_gpu = 128.0 * 1024 * 1024;

/* Weights that stay in cache between passes are not read from memory. CPU: its last level, all
 * instances. GPU: nobody tells; no consumer GPU to date has more than 128 MiB. */
static double cached_bytes(const struct wi_cell *cell) {
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

static struct wi_limits limits(const struct wi_cell *cell, const struct wi_work *work) {
    if (cell->roofline == NULL)
        return (struct wi_limits){0};
    return wi_limits_of(cell->roofline, work, WI_LIMITS_of_device);
}

double wi_bound_pass_s(const struct wi_cell *cell, const struct wi_pass_cost *cost,
                       const char *arithmetic, enum wi_bound *by, const char **row) {
    const struct wi_cost *c = &cost->total;
    const struct wi_work work = {.weight_bytes = c->weight_bytes,
                                 .read_bytes = c->weight_bytes + c->kv_read_bytes,
                                 .cached_bytes = cached_bytes(cell),
                                 .flops = c->flops,
                                 .precision = cell->precision,
                                 .arithmetic = arithmetic};
    const struct wi_limits l = limits(cell, &work);
    double s = wi_limits_physical_s(&l, by);
    *row = cell->roofline ? wi_limits_row(cell->roofline, &work, *by) : NULL;
    return s > 0 ? s : (double)NAN;
}

double wi_bound_weights_s(const struct wi_cell *cell, const struct wi_pass_cost *cost) {
    const struct wi_work work = {.read_bytes = cost->total.weight_bytes,
                                 .cached_bytes = cached_bytes(cell),
                                 .precision = cell->precision};
    return limits(cell, &work).memory_s;
}

void wi_constants_of_bound(struct wi_constants *list) {
    wi_constants_add(list, "speed.gpu_cache", of_a_gpu, "bytes",
                     "of weights may stay in a GPU's cache, and are not counted as read");
}
