/* roofline.c: measures what the processor does at most: trials take turns until time is up.
 * Every pass is checked: sums of words, what loops add up to, what kernels computed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/roofline.h"

#include "base/os.h"
#include "kernels/cpu/backend.h"
#include "kernels/cpu/roofline_parts.h"
#include "kernels/isa.h"

struct wi_trial *wi_trial_add(struct wi_trials *trials, const struct wi_trial *trial) {
    struct wi_trial *copy = WI_NEW(trials->arena, struct wi_trial);
    *copy = *trial;
    *WI_PUSH(trials->arena, trials, struct wi_trial *) = copy;
    return copy;
}

int wi_trials_map(struct wi_trials *trials, size_t bytes, enum wi_trial_pages kind, void **pages,
                  struct wi_err *err) {
    WI_TRY(kind == WI_TRIAL_PAGES_small ? wi_os_pages_map_small(bytes, pages, err)
                                        : wi_os_pages_map(bytes, pages, err));
    *WI_PUSH(trials->arena, &trials->mappings, struct wi_mapping) =
        (struct wi_mapping){*pages, bytes};
    return WI_OK;
}

/* ---- a pass ---- */

struct timing {
    struct wi_trial *trial;
    const struct wi_clock *clock;
};

static uint64_t clock_after_barrier(const struct timing *t, unsigned thread, unsigned threads) {
    if (threads > 1)
        wi_team_barrier();
    return thread == 0 ? wi_now_ns(t->clock) : 0;
}

static void timed(void *state, unsigned thread, unsigned threads) {
    const struct timing *t = state;
    uint64_t before = clock_after_barrier(t, thread, threads);
    t->trial->pass(t->trial, thread, threads);
    uint64_t after = clock_after_barrier(t, thread, threads);
    if (thread == 0)
        t->trial->last_ns = after - before;
}

static int pass(const struct wi_trials *trials, struct wi_trial *trial, struct wi_err *err) {
    struct timing timing = {trial, trials->clock};
    if (trial->before != NULL)
        trial->before(trial);
    if (trial->on == WI_TRIAL_ON_team)
        wi_team_run(trials->team, timed, &timing);
    else
        timed(&timing, 0, 1);
    if (!trial->is_right(trial))
        return wi_fail(err, WI_WRONG, "%s (%s): a pass gave another result than it must",
                       wi_ceiling_id_name(trial->ceiling.id), trial->ceiling.how);
    if (trial->warmups > 0)
        trial->warmups--;
    else
        trial->ns[trial->count++] = trial->last_ns;
    return WI_OK;
}

/* ---- all of them ---- */

static int take_turn(const struct wi_trials *trials, bool *enough, struct wi_err *err) {
    for (size_t i = 0; i < trials->count; i++) {
        WI_TRY(pass(trials, trials->items[i], err));
        *enough = *enough && trials->items[i]->count >= WI_TRIAL_PASSES_LEAST;
    }
    return WI_OK;
}

/* Until the next turn, which takes as long as the last, would go beyond the budget. */
static int take_turns(struct wi_trials *trials, struct wi_err *err) {
    uint64_t start = wi_now_ns(trials->clock), before = start, now = start;
    for (size_t turn = 0; turn < WI_TRIAL_PASSES_MOST; turn++) {
        bool enough = true;
        WI_TRY(take_turn(trials, &enough, err));
        before = now;
        now = wi_now_ns(trials->clock);
        if (now == before)
            return wi_fail(err, WI_UNAVAILABLE, "the clock stands still");
        if (enough && now - start + (now - before) > trials->params->budget_ns)
            break;
    }
    return WI_OK;
}

static void hand_over(const struct wi_trials *trials, struct wi_roofline *roofline) {
    struct wi_ceiling *all = WI_NEW_ARRAY(trials->arena, struct wi_ceiling, trials->count);
    for (size_t i = 0; i < trials->count; i++) {
        struct wi_trial *trial = trials->items[i];
        trial->ceiling.samples_ns = trial->ns;
        trial->ceiling.sample_count = trial->count;
        all[i] = trial->ceiling;
    }
    roofline->ceilings = all;
    roofline->ceiling_count = trials->count;
    wi_roofline_sum_up(roofline);
}

static int measure(struct wi_trials *trials, struct wi_err *err) {
    WI_TRY(wi_trials_add_memory(trials, err));
    WI_TRY(wi_trials_add_peaks(trials, err));
    WI_TRY(wi_trials_add_kernels(trials, err));
    return take_turns(trials, err);
}

int wi_cpu_roofline_measure(const struct wi_roofline_params *p, struct wi_arena *arena,
                            struct wi_roofline *roofline, struct wi_err *err) {
    struct wi_trials trials = {
        .params = p, .clock = p->clock == NULL ? &wi_clock_system : p->clock, .arena = arena};
    WI_TRY(wi_isa_apply_cap(p->isa_cap, p->inventory == NULL ? 0 : p->inventory->cpu.isa,
                            &trials.allowed, err));
    WI_TRY(wi_team_create(p->cpus, p->cpu_count, &trials.team, err));
    trials.threads = wi_team_threads(trials.team);
    int status = measure(&trials, err);
    if (status == WI_OK)
        hand_over(&trials, roofline);
    for (size_t i = 0; i < trials.mappings.count; i++)
        wi_os_pages_unmap(trials.mappings.items[i].pages, trials.mappings.items[i].bytes);
    wi_team_destroy(trials.team);
    return status;
}
