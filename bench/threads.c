/* threads.c: sets of hardware threads; threads.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/threads.h"

#include "base/buf.h"
#include "base/units.h"

#include <math.h>
#include <string.h>

const char *wi_thread_set_name(enum wi_thread_set_id id) {
    static const char *const names[] = {
#define WI_X(name, is) #name,
        WI_THREAD_SET_LIST(WI_X)
#undef WI_X
    };
    return (size_t)id < WI_COUNT(names) ? names[id] : "invalid";
}

/* ---- kinds of cores ---- */

/* From the fastest on: by highest clock where it is known, else as the probe orders them. */
static const struct wi_core_kind *next_kind(const struct wi_cpu *cpu, bool *used) {
    const struct wi_core_kind *best = NULL;
    size_t at = 0;
    for (size_t i = 0; i < cpu->kind_count; i++) {
        const struct wi_core_kind *k = &cpu->kinds[i];
        bool faster = best == NULL || (wi_has_u64(k->max_mhz) && wi_has_u64(best->max_mhz) &&
                                       k->max_mhz.value > best->max_mhz.value);
        if (!used[i] && faster) {
            best = k;
            at = i;
        }
    }
    if (best != NULL)
        used[at] = true;
    return best;
}

struct kinds {
    const struct wi_core_kind **items; /* the fastest first */
    size_t count;
};
static struct kinds order_kinds(const struct wi_cpu *cpu, struct wi_arena *arena) {
    bool *used = WI_NEW_ARRAY(arena, bool, cpu->kind_count + 1);
    struct kinds k = {WI_NEW_ARRAY(arena, const struct wi_core_kind *, cpu->kind_count + 1), 0};
    const struct wi_core_kind *next;
    while ((next = next_kind(cpu, used)) != NULL)
        k.items[k.count++] = next;
    return k;
}

/* ---- sets ---- */

/* A quota below that would only make threads wait. */
static size_t most_threads(const struct wi_cpu *cpu) {
    size_t most = cpu->allowed_threads > 0 ? cpu->allowed_threads : 1;
    if (wi_has_f64(cpu->quota_cpus) && cpu->quota_cpus.value > 0 &&
        ceil(cpu->quota_cpus.value) < (double)most)
        most = (size_t)ceil(cpu->quota_cpus.value);
    return most;
}

struct filling {
    unsigned *cpus;
    size_t count, most;
};
/* First threads of the first `kinds` kinds, then, with `both`, the others. */
static void take_cores(struct filling *f, const struct kinds *k, size_t kinds, bool both) {
    for (size_t i = 0; i < kinds; i++)
        for (size_t c = 0; c < k->items[i]->cpu_count && c < k->items[i]->cores; c++)
            if (f->count < f->most)
                f->cpus[f->count++] = k->items[i]->cpus[c];
    for (size_t i = 0; both && i < kinds; i++)
        for (size_t c = k->items[i]->cores; c < k->items[i]->cpu_count; c++)
            if (f->count < f->most)
                f->cpus[f->count++] = k->items[i]->cpus[c];
}

/* Nobody told which: the first ones are those of a machine without a cpuset. */
static void take_first(struct filling *f, size_t wanted) {
    for (size_t i = 0; i < wanted && f->count < f->most; i++)
        f->cpus[f->count++] = (unsigned)i;
}

static const char *list_of(const struct filling *f, struct wi_arena *arena) {
    struct wi_buf text = {0};
    for (size_t i = 0; i < f->count; i++)
        wi_buf_printf(&text, "%s%u", i == 0 ? "" : ",", f->cpus[i]);
    const char *list = wi_arena_strdup(arena, wi_buf_str(&text));
    wi_buf_fini(&text);
    return list;
}

static void add(struct wi_thread_sets *sets, enum wi_thread_set_id id, const struct filling *f,
                struct wi_arena *arena) {
    const char *text = list_of(f, arena);
    for (size_t i = 0; i < sets->count; i++)
        if (strcmp(sets->items[i].text, text) == 0)
            return;
    if (f->count > 0)
        sets->items[sets->count++] = (struct wi_thread_set){id, f->cpus, f->count, text};
}

void wi_thread_sets(const struct wi_cpu *cpu, struct wi_arena *arena, struct wi_thread_sets *sets) {
    struct kinds kinds = order_kinds(cpu, arena);
    size_t cores = cpu->cores > 0 ? cpu->cores : 1;
    *sets = (struct wi_thread_sets){0};
    for (unsigned id = 0; id < WI_THREAD_SET_COUNT; id++) {
        struct filling f = {.most = most_threads(cpu)};
        f.cpus = WI_NEW_ARRAY(arena, unsigned, f.most + 1);
        if (id == WI_THREAD_SET_cores || id == WI_THREAD_SET_threads)
            take_cores(&f, &kinds, kinds.count, id == WI_THREAD_SET_threads);
        else if (id == WI_THREAD_SET_performance && kinds.count > 1)
            take_cores(&f, &kinds, 1, false);
        else if (id == WI_THREAD_SET_without_slowest && kinds.count > 2)
            take_cores(&f, &kinds, kinds.count - 1, false);
        if (f.count == 0 && id == WI_THREAD_SET_cores)
            take_first(&f, cores);
        add(sets, (enum wi_thread_set_id)id, &f, arena);
    }
}

/* ---- the choice ---- */

/* Of the phases that both have; 1 when there is none. */
static double gain(const struct wi_thread_figures *rival, const struct wi_thread_figures *before) {
    double product = 1, n = 0;
    if (rival->decode.lo > 0 && before->decode.hi > 0) {
        product *= rival->decode.lo / before->decode.hi;
        n++;
    }
    if (rival->prefill.lo > 0 && before->prefill.hi > 0) {
        product *= rival->prefill.lo / before->prefill.hi;
        n++;
    }
    return n > 0 ? pow(product, 1 / n) : 1;
}

static bool tried_less(const struct wi_thread_figures *rival,
                       const struct wi_thread_figures *before) {
    return (before->decode.median > 0 && !(rival->decode.median > 0)) ||
           (before->prefill.median > 0 && !(rival->prefill.median > 0));
}

size_t wi_thread_choice(const struct wi_thread_figures *figures, size_t count, size_t before) {
    size_t best = before;
    double most = 1 + WI_THREADS_WIN;
    for (size_t i = 0; i < count; i++) {
        double g = i == before ? 1 : gain(&figures[i], &figures[before]);
        if (g >= most && !tried_less(&figures[i], &figures[before])) {
            most = g;
            best = i;
        }
    }
    return best;
}
