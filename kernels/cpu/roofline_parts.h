/* roofline_parts.h: what a roofline of the CPU is measured from. For kernels/cpu/roofline*.c only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A trial is one limit measured in one way. All trials take turns, pass by pass, so that a slow
 * phase of the machine hits all of them alike. */
#ifndef WI_CPU_ROOFLINE_PARTS_H
#define WI_CPU_ROOFLINE_PARTS_H

#include "kernels/cpu/peak.h"
#include "kernels/cpu/stream.h"
#include "kernels/cpu/task.h"
#include "kernels/roofline.h"

enum { WI_TRIAL_PASSES_LEAST = 3, WI_TRIAL_PASSES_MOST = 32 };

/* Passes are timed on all threads of the team, or on the caller's alone. */
enum wi_trial_on { WI_TRIAL_ON_team, WI_TRIAL_ON_one };

struct wi_trial {
    struct wi_ceiling ceiling; /* samples_ns: set when all is done */
    enum wi_trial_on on;
    void *state;                            /* of the kind of trial */
    void (*before)(struct wi_trial *trial); /* a pass, outside of the time; NULL: nothing */
    void (*pass)(struct wi_trial *trial, unsigned thread, unsigned threads);
    bool (*is_right)(struct wi_trial *trial); /* after it: did it do all of its work? */
    unsigned warmups;                         /* passes that are not kept; at least 1 */
    uint64_t ns[WI_TRIAL_PASSES_MOST];        /* by thread 0, between two barriers */
    size_t count;
    uint64_t last_ns; /* of the pass just made */
};

struct wi_trials {
    const struct wi_roofline_params *params;
    const struct wi_clock *clock;
    uint64_t allowed; /* WI_ISA_BIT */
    struct wi_team *team;
    unsigned threads;
    struct wi_arena *arena; /* of everything, results too */
    struct wi_trial **items;
    size_t count, capacity;
    struct wi_mappings { /* pages to give back */
        struct wi_mapping {
            void *pages;
            size_t bytes;
        } * items;
        size_t count, capacity;
    } mappings;
};

struct wi_trial *wi_trial_add(struct wi_trials *trials, const struct wi_trial *trial);
/* Pages that go with the trials; huge ones where the system gives them, or small ones. */
enum wi_trial_pages { WI_TRIAL_PAGES_huge, WI_TRIAL_PAGES_small };
int wi_trials_map(struct wi_trials *trials, size_t bytes, enum wi_trial_pages kind, void **pages,
                  struct wi_err *err);

/* Reading and copying, by one thread and by all, from huge and from small pages. */
int wi_trials_add_memory(struct wi_trials *trials, struct wi_err *err);
/* Every loop of every unit that may run. */
int wi_trials_add_peaks(struct wi_trials *trials, struct wi_err *err);
/* Matrix kernels on weights that stay in cache; a call that does nothing. */
int wi_trials_add_kernels(struct wi_trials *trials, struct wi_err *err);

#endif
