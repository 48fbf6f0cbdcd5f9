/* summary.h: from samples to a rate: the arithmetic that any reader of stored samples can repeat.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure: the same samples and seed give the same numbers. SEMANTICS "From some layers to all" and
 * "Statistics" say what is computed. */
#ifndef WI_SUMMARY_H
#define WI_SUMMARY_H

#include "base/status.h"
#include "results/record.h"

struct wi_summary_input {
    const struct wi_sample *samples; /* by pass; of one pass, in the order in which they ran */
    size_t count;
    uint32_t layer_count[WI_LAYER_KIND_COUNT]; /* of the whole model */
    uint32_t tokens_per_pass;
    uint64_t seed; /* of the resampling */
    unsigned draws;
    uint64_t resolution_ns; /* of the clock, measured; 0: exact */
};
struct wi_summary_part { /* one kind of segment, over all passes */
    double median_ns;
    size_t timings; /* of which it is the median; 0: passes have no such segment */
    uint32_t times; /* that it counts in a pass of the whole model */
};
struct wi_summary {
    struct wi_rate rate;
    struct wi_summary_part parts[WI_SEGMENT_COUNT];
    uint32_t resampled_blocks; /* of consecutive passes, that were drawn; 0: nothing was */
    double pass_ns;            /* of the whole model: tokens_per_pass * 1e9 / rate.median */
    uint32_t passes;
    uint32_t blocks;   /* independent ones of half a second or more, that the interval rests on */
    double half_width; /* of the interval of pass_ns, relative to it */
    double scatter;    /* (90 % point - 10 % point) / median of the passes */
    double drift;      /* change of a pass from the first to the last, relative; 0: no trend */
    double step;       /* change of level at one place, relative; 0: none */
    double step_at;    /* that place, as a share of the passes */
    double slower; /* passes come at two speeds, the slower take longer by this; 0: they do not */
    double slower_share;              /* of the passes */
    double run_ns;                    /* median pass as it ran, some layers or all */
    double longest_ns;                /* the longest one */
    uint32_t long_passes;             /* more than 5 times as long as the median */
    uint32_t clock_stood, clock_back; /* passes that took no time; that began before the last end */
    uint32_t doubts;                  /* WI_DOUBT_BIT: noisy, drift, too_short, clock */
};

enum {
    WI_SUMMARY_DRAWS = 1000,
    WI_SUMMARY_BLOCK_NS = 500000000, /* least duration of a block; see WI_SUMMARY_BLOCKS_LEAST */
    WI_SUMMARY_BLOCKS_LEAST = 3,     /* when all passes together are shorter than so many blocks */
    WI_SUMMARY_BLOCKS_ENOUGH = 6,    /* the range of fewer holds their median in under 95 of 100 */
};

/* WI_CORRUPT: passes of different make, or none. WI_UNAVAILABLE: the clock stood still, so there
 * is no rate; doubts and passes are set even so. */
int wi_summary_compute(const struct wi_summary_input *input, struct wi_summary *summary,
                       struct wi_err *err);

/* pass_ns alone, of the same samples: the segment formula and nothing else. WI_CORRUPT as above. */
int wi_summary_pass_ns(const struct wi_summary_input *input, double *pass_ns, struct wi_err *err);

/* Enough passes, a narrow interval (2 %) and no trend: measuring on would tell nothing new. */
bool wi_summary_steady(const struct wi_summary *summary);
/* Enough passes, and median and order known well enough (5 %) to be told without a doubt, though
 * more would tell more: what a budget may end at. */
bool wi_summary_enough(const struct wi_summary *summary);

/* The smallest step that a clock makes, of a thousand looked at. */
struct wi_clock;
uint64_t wi_clock_resolution(const struct wi_clock *clock);

#endif
