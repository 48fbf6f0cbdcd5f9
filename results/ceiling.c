/* ceiling.c: figures out of the passes of a roofline.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A figure is that of the median pass. Of several ways to do one thing the best one is the
 * device's: what one way reaches, none of the others can show to be out of reach. */
#include "results/record.h"

#include "base/json.h"
#include "base/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double median_ns(const struct wi_ceiling *c) {
    double *ns = malloc((c->sample_count + 1) * sizeof *ns);
    if (ns == NULL || c->sample_count == 0) {
        free(ns);
        return NAN;
    }
    for (size_t i = 0; i < c->sample_count; i++)
        ns[i] = (double)c->samples_ns[i];
    double median = wi_stat_median(ns, c->sample_count);
    free(ns);
    return median;
}

double wi_ceiling_value(const struct wi_ceiling *c) {
    double ns = median_ns(c);
    if (!(ns > 0) || !(c->work > 0))
        return NAN;
    return c->id == WI_CEILING_launch ? ns / 1e3 / c->work : c->work / ns;
}

static bool same(const char *a, const char *b) {
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

const char *wi_ceiling_unit(const struct wi_ceiling *c) {
    switch (c->id) {
    case WI_CEILING_read:
    case WI_CEILING_copy:
        return "GB/s";
    case WI_CEILING_launch:
        return "us";
    case WI_CEILING_unpack:
        return same(c->phase, "decode") ? "GB/s" : "Gop/s";
    default:
        return "Gop/s";
    }
}

void wi_ceiling_put(struct wi_json *json, const struct wi_ceiling *c) {
    wi_json_object(json, NULL);
    wi_json_str(json, "ceiling", wi_ceiling_id_name(c->id));
    wi_json_str(json, "how", c->how);
    wi_json_str(json, "arithmetic", c->arithmetic);
    wi_json_str(json, "precision", c->precision);
    wi_json_str(json, "phase", c->phase);
    wi_json_u64(json, "threads", c->threads);
    wi_json_f64(json, "value", wi_ceiling_value(c));
    wi_json_str(json, "unit", wi_ceiling_unit(c));
    wi_json_f64(json, "work", c->work);
    wi_json_array(json, "samples_ns");
    for (size_t i = 0; i < c->sample_count; i++)
        wi_json_u64(json, NULL, c->samples_ns[i]);
    wi_json_array_end(json);
    wi_json_object_end(json);
}

const struct wi_ceiling *wi_roofline_best(const struct wi_roofline *r, enum wi_ceiling_id id,
                                          const char *arithmetic, const char *precision,
                                          const char *phase) {
    const struct wi_ceiling *best = NULL;
    double most = 0;
    for (size_t i = 0; i < r->ceiling_count; i++) {
        const struct wi_ceiling *c = &r->ceilings[i];
        double value = id == WI_CEILING_launch ? 1 / wi_ceiling_value(c) : wi_ceiling_value(c);
        if (c->id != id || !(value > most) || (arithmetic && !same(c->arithmetic, arithmetic)) ||
            (precision && !same(c->precision, precision)) || (phase && !same(c->phase, phase)))
            continue;
        best = c;
        most = value;
    }
    return best;
}

static struct wi_maybe_f64 figure(const struct wi_roofline *r, enum wi_ceiling_id id,
                                  const char *arithmetic) {
    const struct wi_ceiling *best = wi_roofline_best(r, id, arithmetic, NULL, NULL);
    if (best != NULL)
        return wi_some_f64(wi_ceiling_value(best));
    bool others = id == WI_CEILING_peak && wi_roofline_best(r, id, NULL, NULL, NULL) != NULL;
    return (struct wi_maybe_f64){.known = others ? WI_KNOWN_not_applicable : WI_KNOWN_unknown};
}

void wi_roofline_sum_up(struct wi_roofline *r) {
    r->read_gb_per_s = figure(r, WI_CEILING_read, NULL);
    r->copy_gb_per_s = figure(r, WI_CEILING_copy, NULL);
    r->peak_gflop_per_s_f32 = figure(r, WI_CEILING_peak, "f32");
    r->peak_gflop_per_s_bf16 = figure(r, WI_CEILING_peak, "bf16");
    r->peak_gflop_per_s_int8 = figure(r, WI_CEILING_peak, "int8");
    r->launch_us = figure(r, WI_CEILING_launch, NULL);
}

/* ---- several measurings ---- */

static struct wi_ceiling copy(const struct wi_ceiling *c, struct wi_arena *arena) {
    struct wi_ceiling own = *c;
    uint64_t *ns = WI_NEW_ARRAY(arena, uint64_t, c->sample_count + 1);
    for (size_t i = 0; i < c->sample_count; i++)
        ns[i] = c->samples_ns[i];
    own.samples_ns = ns;
    own.how = wi_arena_strdup(arena, c->how);
    own.arithmetic = wi_arena_strdup(arena, c->arithmetic);
    own.precision = wi_arena_strdup(arena, c->precision);
    own.phase = wi_arena_strdup(arena, c->phase);
    return own;
}

void wi_roofline_join(struct wi_roofline *into, const struct wi_roofline *more,
                      struct wi_arena *arena) {
    size_t n = into->ceiling_count + more->ceiling_count;
    struct wi_ceiling *all = WI_NEW_ARRAY(arena, struct wi_ceiling, n + 1);
    for (size_t i = 0; i < n; i++)
        all[i] = i < into->ceiling_count ? into->ceilings[i]
                                         : copy(&more->ceilings[i - into->ceiling_count], arena);
    into->ceilings = all;
    into->ceiling_count = n;
    wi_roofline_sum_up(into);
}
