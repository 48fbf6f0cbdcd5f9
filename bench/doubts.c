/* doubts.c: says what was seen; doubts.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/doubts.h"
#include "bench/constants.h"

#include "base/units.h"

#include <math.h>

/* Threads that compute want all of the time: what they lack, others had. Barriers that sleep, and
 * a tick's error of the accounting, take a few percent on a quiet machine. */
static const double cpu_share_least = 0.85;
/* Nothing that a quiet system does keeps a program off the processor for so long. */
static const double still_least_s = 0.2, still_times = 5;
/* Of the weights; below it their cost per miss is that of small pages. */
static const double huge_least = 0.5;
static const uint64_t huge_matters_bytes = 64 * WI_MIB; /* less than that, any TLB covers well */

/* ---- samples ---- */

static void say_noise(const struct wi_summary *s, struct wi_notes *notes) {
    if (s->slower > 0)
        wi_note(notes, WI_DOUBT_noisy,
                "passes come at two speeds: %.0f %% of them take %.0f %% longer than the others",
                100 * s->slower_share, 100 * s->slower);
    else
        wi_note(
            notes, WI_DOUBT_noisy,
            "the middle 80 %% of %u passes spread over %.0f %% of the median, whose interval is "
            "%.1f %% wide either side",
            s->passes, 100 * s->scatter, 100 * s->half_width);
}

/* A ramp also looks like a step in its middle: the larger of the two is what happened. */
static void say_drift(const struct wi_summary *s, struct wi_notes *notes) {
    if (fabs(s->step) > fabs(s->drift) * 0.8)
        wi_note(notes, WI_DOUBT_drift, "passes became %.0f %% %s at once, after %.0f %% of them",
                100 * fabs(s->step), s->step > 0 ? "slower" : "faster", 100 * s->step_at);
    else
        wi_note(notes, WI_DOUBT_drift, "passes became %.0f %% %s from the first to the last",
                100 * fabs(s->drift), s->drift > 0 ? "slower" : "faster");
}

void wi_doubts_of_samples(const struct wi_summary *s, uint64_t resolution_ns,
                          struct wi_notes *notes) {
    if (s->doubts & WI_DOUBT_BIT(WI_DOUBT_noisy))
        say_noise(s, notes);
    if (s->doubts & WI_DOUBT_BIT(WI_DOUBT_drift))
        say_drift(s, notes);
    if (s->doubts & WI_DOUBT_BIT(WI_DOUBT_too_short))
        wi_note(notes, WI_DOUBT_too_short,
                "a pass takes %.0f ns, the clock moves in steps of %llu ns", s->run_ns,
                (unsigned long long)resolution_ns);
    if (s->clock_stood)
        wi_note(notes, WI_DOUBT_clock, "the clock did not move while %u of %u passes ran",
                s->clock_stood, s->passes);
    if (s->clock_back)
        wi_note(notes, WI_DOUBT_clock, "the clock went back between passes, %u times",
                s->clock_back);
}

/* ---- what the worker noticed ---- */

/* One or few passes that took far longer than all others: what stops a program for a while stops it
 * within a pass as a rule. */
static double longest_stop_s(const struct wi_summary *s) {
    bool alone = s->long_passes > 0 && s->passes >= 5 &&
                 (s->long_passes == 1 || s->long_passes * 20 <= s->passes);
    return alone ? (s->longest_ns - s->run_ns) / 1e9 : 0;
}

void wi_doubts_of_worker(const struct wi_measured *m, const struct wi_summary *s,
                         struct wi_notes *notes) {
    double gap_s = (double)m->stood_still_ns / 1e9, stop_s = longest_stop_s(s);
    if (!m->steady)
        wi_note(
            notes, WI_DOUBT_few_samples,
            "the time budget ended after %u passes, in %u independent part%s of half a second or "
            "more, with the median known to within %.1f %%",
            s->passes, s->blocks, s->blocks == 1 ? "" : "s", 100 * s->half_width);
    if (gap_s >= still_least_s)
        wi_note(notes, WI_DOUBT_contended, "the program stood still for %.1f s between two passes",
                gap_s);
    if (stop_s >= still_least_s && s->longest_ns > still_times * s->run_ns)
        wi_note(
            notes, WI_DOUBT_contended,
            "the program stood still for %.1f s: a pass took %.1f s that takes %.2f s otherwise",
            stop_s, s->longest_ns / 1e9, s->run_ns / 1e9);
    if (wi_has_f64(m->cpu_share) && m->cpu_share.value < cpu_share_least)
        wi_note(notes, WI_DOUBT_contended,
                "its threads had %.0f %% of the processor time that they wanted: other programs, a "
                "quota or a stop took the rest",
                100 * m->cpu_share.value);
}

/* ---- pages ---- */

void wi_doubts_of_pages(const struct wi_session_info *info, enum wi_backend_id backend,
                        struct wi_notes *notes) {
    double bytes = (double)info->weight_bytes_resident;
    if (backend != WI_BACKEND_cpu || info->weight_bytes_resident < huge_matters_bytes)
        return;
    if ((double)info->huge_page_bytes < huge_least * bytes)
        wi_note(notes, WI_DOUBT_small_pages, "huge pages backed %.0f %% of the weights",
                100 * (double)info->huge_page_bytes / bytes);
}

void wi_constants_of_doubts(struct wi_constants *list) {
    wi_constants_add(list, "doubts.cpu_share", cpu_share_least, "share",
                     "of the processor time that threads wanted, below which a row is contended");
    wi_constants_add(list, "doubts.stood_still", still_least_s, "s",
                     "without running, from which on a row is contended");
    wi_constants_add(list, "doubts.huge_pages", huge_least, "share",
                     "of the weights on huge pages, below which pages are small");
    wi_constants_add(list, "doubts.huge_pages_from", (double)huge_matters_bytes, "bytes",
                     "of weights, below which the size of pages does not matter");
}
