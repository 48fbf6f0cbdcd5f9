/* summary_passes.c: what each pass consists of, and what it would be for the whole model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/summary_parts.h"

#include "base/stats.h"

#include <string.h>

static enum wi_part part_of(uint8_t segment) {
    switch (segment) {
    case WI_SEGMENT_global:
        return WI_PART_global;
    case WI_SEGMENT_local:
        return WI_PART_local;
    case WI_SEGMENT_head:
        return WI_PART_head;
    default:
        return WI_PART_first; /* embed, or all */
    }
}

/* Samples [first, end) are one pass: what it consists of. */
struct make {
    uint32_t parts[WI_PART_COUNT];
    bool whole;
};
static bool make_of(const struct wi_sample *samples, size_t n, struct make *make) {
    *make = (struct make){.whole = samples[0].segment == WI_SEGMENT_all};
    for (size_t i = 0; i < n; i++) {
        if (samples[i].segment >= WI_SEGMENT_COUNT ||
            (samples[i].segment == WI_SEGMENT_all) != make->whole)
            return false;
        make->parts[part_of(samples[i].segment)]++;
    }
    return make->parts[WI_PART_first] == 1 &&
           (make->whole ? n == 1 : make->parts[WI_PART_head] == 1);
}

static bool same_make(const struct make *a, const struct make *b) {
    return a->whole == b->whole && memcmp(a->parts, b->parts, sizeof a->parts) == 0;
}

/* Every kind of layer that the model has must have been run. */
static bool stands_for_model(const struct make *make, const uint32_t count[WI_LAYER_KIND_COUNT]) {
    return make->whole || ((make->parts[WI_PART_global] > 0) == (count[WI_LAYER_global] > 0) &&
                           (make->parts[WI_PART_local] > 0) == (count[WI_LAYER_local] > 0));
}

static size_t pass_end(const struct wi_summary_input *in, size_t first) {
    size_t end = first + 1;
    while (end < in->count && in->samples[end].pass == in->samples[first].pass)
        end++;
    return end;
}

static double part_median(const struct wi_part_series *s, size_t first) {
    double values[4096];
    size_t n = 0;
    for (size_t i = first; i < s->count && n < WI_COUNT(values); i++)
        values[n++] = s->items[i].ns;
    return n == 0 ? 0 : wi_stat_median(values, n);
}

static void add_pass(struct wi_passes *p, const struct wi_sample *samples, size_t n) {
    size_t before[WI_PART_COUNT];
    for (unsigned k = 0; k < WI_PART_COUNT; k++)
        before[k] = p->parts[k].count;
    for (size_t i = 0; i < n; i++) {
        struct wi_part_series *s = &p->parts[part_of(samples[i].segment)];
        s->items[s->count++] = (struct wi_timing){(double)samples[i].ns, p->count};
        p->run_ns[p->count] += (double)samples[i].ns;
    }
    for (unsigned k = 0; k < WI_PART_COUNT; k++)
        p->model_ns[p->count] += p->parts[k].times * part_median(&p->parts[k], before[k]);
    p->count++;
}

int wi_passes_read(const struct wi_summary_input *in, struct wi_arena *arena, struct wi_passes *p,
                   struct wi_err *err) {
    const uint32_t *layers = in->layer_count;
    const double times[WI_PART_COUNT] = {1, layers[WI_LAYER_global], layers[WI_LAYER_local], 1};
    struct make first_make = {0}, make;
    uint64_t end_ns = 0;
    *p = (struct wi_passes){.run_ns = WI_NEW_ARRAY(arena, double, in->count + 1),
                            .model_ns = WI_NEW_ARRAY(arena, double, in->count + 1)};
    for (unsigned k = 0; k < WI_PART_COUNT; k++)
        p->parts[k] = (struct wi_part_series){
            .items = WI_NEW_ARRAY(arena, struct wi_timing, in->count + 1), .times = times[k]};
    for (size_t at = 0, end; at < in->count; at = end) {
        end = pass_end(in, at);
        const struct wi_sample *s = &in->samples[at];
        if (!make_of(s, end - at, &make) || !stands_for_model(&make, layers))
            return wi_fail(err, WI_CORRUPT, "pass %u has not the segments of a pass", s->pass);
        if (at == 0)
            first_make = make;
        if (!same_make(&make, &first_make) || (at > 0 && s->pass <= s[-1].pass))
            return wi_fail(err, WI_CORRUPT, "pass %u is not like those before it", s->pass);
        p->clock_back += s->start_ns < end_ns;
        add_pass(p, s, end - at);
        p->clock_stood += p->run_ns[p->count - 1] <= 0;
        end_ns = in->samples[end - 1].start_ns + in->samples[end - 1].ns;
    }
    return p->count > 0 ? WI_OK : wi_fail(err, WI_CORRUPT, "there are no samples");
}
