/* roofline_memory.c: reading and copying memory, as trials.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A room is a buffer in two halves. Word i of the first half is i * 2654435761, which does not
 * flatter memory that compresses; the second half is a copy of the first, each word being `more`
 * greater, and `more` is another number after each copy. All sums have a closed form.
 *
 * Size: a pass over four times the last-level cache finds next to nothing of what the pass before
 * left there, whatever the cache keeps: with a least-recently-used cache nothing, and with a random
 * one a line survives with e^-4, 2 %. Threads read the lines that they have made, first those of
 * the first half: whatever was left in cache is gone when the second half's turn comes. */
#include "kernels/cpu/roofline_parts.h"
#include "kernels/cpu/units.h"

#include "base/os.h"

#include <string.h>

enum { LINE_BYTES = 64, LINE_WORDS = 16 };
static const size_t room_least = (size_t)256 << 20;
static const uint32_t factor = UINT32_C(2654435761);

#define DECLARE(unit, ...)                                                                         \
    extern const struct wi_stream_reader wi_stream_readers__cpu_##unit[];                          \
    extern const struct wi_stream_copier wi_stream_copiers__cpu_##unit[];
WI_CPU_UNITS(DECLARE, )

struct room {
    uint32_t *words;
    size_t half; /* lines */
    uint32_t more;
    const char *pages; /* "huge pages", "small pages" */
};

struct memory_trial {
    struct wi_trials *trials;
    struct room *room;
    wi_stream_read read; /* of copies too: to check them */
    wi_stream_copy copy; /* NULL: reads */
    struct sum {         /* of one thread, in a cache line of its own */
        uint32_t sum;
        char pad[LINE_BYTES - sizeof(uint32_t)];
    } * sums;
};

/* ---- what is in a room ---- */

static void fill(void *state, unsigned thread, unsigned threads) {
    struct room *room = state;
    struct wi_share lines = wi_share_of(room->half, thread, threads);
    for (size_t i = lines.begin * LINE_WORDS; i < lines.end * LINE_WORDS; i++)
        room->words[i] = room->words[room->half * LINE_WORDS + i] = (uint32_t)i * factor;
}

/* sum_{i<n} i * factor, modulo 2^32. */
static uint32_t sum_below(size_t n) {
    uint64_t a = n, b = n - 1;
    return n == 0 ? 0 : (uint32_t)(a % 2 == 0 ? a / 2 * b : b / 2 * a) * factor;
}
static uint32_t sum_of_first(const struct room *room) {
    return sum_below(room->half * LINE_WORDS);
}
static uint32_t sum_of_second(const struct room *room) {
    return sum_of_first(room) + (uint32_t)(room->half * LINE_WORDS) * room->more;
}

/* ---- passes ---- */

static void read_pass(struct wi_trial *trial, unsigned thread, unsigned threads) {
    const struct memory_trial *m = trial->state;
    struct wi_share lines = wi_share_of(m->room->half, thread, threads);
    const uint32_t *first = m->room->words + lines.begin * LINE_WORDS;
    const uint32_t *second = first + m->room->half * LINE_WORDS;
    m->sums[thread].sum =
        m->read(first, lines.end - lines.begin) + m->read(second, lines.end - lines.begin);
}

static uint32_t total(const struct memory_trial *m, unsigned threads) {
    uint32_t sum = 0;
    for (unsigned t = 0; t < threads; t++)
        sum += m->sums[t].sum;
    return sum;
}

static bool read_is_right(struct wi_trial *trial) {
    const struct memory_trial *m = trial->state;
    return total(m, trial->ceiling.threads) == sum_of_first(m->room) + sum_of_second(m->room);
}

static void next_copy(struct wi_trial *trial) {
    struct room *room = ((struct memory_trial *)trial->state)->room;
    room->more = room->more * 5 + 1;
}

static void copy_pass(struct wi_trial *trial, unsigned thread, unsigned threads) {
    const struct memory_trial *m = trial->state;
    struct wi_share lines = wi_share_of(m->room->half, thread, threads);
    uint32_t *first = m->room->words + lines.begin * LINE_WORDS;
    m->copy(first + m->room->half * LINE_WORDS, first, lines.end - lines.begin, m->room->more);
}

static void sum_copy(void *state, unsigned thread, unsigned threads) {
    const struct memory_trial *m = state;
    struct wi_share lines = wi_share_of(m->room->half, thread, threads);
    m->sums[thread].sum = m->read(m->room->words + (m->room->half + lines.begin) * LINE_WORDS,
                                  lines.end - lines.begin);
}
static bool copy_is_right(struct wi_trial *trial) {
    struct memory_trial *m = trial->state;
    wi_team_run(m->trials->team, sum_copy, m);
    return total(m, m->trials->threads) == sum_of_second(m->room);
}

/* ---- trials ---- */

static struct wi_trial *add(struct wi_trials *trials, struct room *room, const char *how,
                            wi_stream_read read, enum wi_trial_on on) {
    struct memory_trial *m = WI_NEW(trials->arena, struct memory_trial);
    *m = (struct memory_trial){.trials = trials, .room = room, .read = read};
    m->sums = WI_NEW_ARRAY(trials->arena, struct sum, trials->threads);
    struct wi_trial trial = {.ceiling = {.id = WI_CEILING_read,
                                         .threads = on == WI_TRIAL_ON_one ? 1 : trials->threads,
                                         .work = 2.0 * LINE_BYTES * (double)room->half},
                             .on = on,
                             .state = m,
                             .pass = read_pass,
                             .is_right = read_is_right,
                             .warmups = 1};
    trial.ceiling.how = wi_arena_printf(trials->arena, "%s, %s", how, room->pages);
    return wi_trial_add(trials, &trial);
}

static void add_copy(struct wi_trials *trials, struct room *room,
                     const struct wi_stream_copier *copier, wi_stream_read read) {
    struct wi_trial *trial = add(trials, room, copier->how, read, WI_TRIAL_ON_team);
    struct memory_trial *m = trial->state;
    m->copy = copier->copy;
    trial->ceiling.id = WI_CEILING_copy;
    trial->before = next_copy;
    trial->pass = copy_pass;
    trial->is_right = copy_is_right;
}

static void add_room(struct wi_trials *trials, struct room *room) {
    const struct wi_stream_reader *readers = NULL;
    const struct wi_stream_copier *copiers = NULL;
#define TAKE(unit, ...)                                                                            \
    if ((WI_CPU_NEEDS_##unit & ~trials->allowed) == 0) {                                           \
        readers = wi_stream_readers__cpu_##unit;                                                   \
        copiers = wi_stream_copiers__cpu_##unit;                                                   \
    }
    WI_CPU_UNITS(TAKE, )
    for (const struct wi_stream_reader *r = readers; r->how != NULL; r++) {
        add(trials, room, r->how, r->read, WI_TRIAL_ON_team);
        if (trials->threads > 1)
            add(trials, room, r->how, r->read, WI_TRIAL_ON_one);
    }
    for (const struct wi_stream_copier *c = copiers; c->how != NULL; c++)
        add_copy(trials, room, c, readers[0].read);
}

/* ---- rooms ---- */

static size_t cache_bytes(const struct wi_inventory *inventory) {
    size_t largest = 0;
    for (size_t i = 0; inventory != NULL && i < inventory->cpu.cache_count; i++) {
        const struct wi_cpu_cache *c = &inventory->cpu.caches[i];
        size_t all = c->bytes * (c->instances > 0 ? c->instances : 1);
        largest = all > largest ? all : largest;
    }
    return largest;
}

static size_t room_bytes(const struct wi_inventory *inventory) {
    size_t four = 4 * cache_bytes(inventory);
    return (four > room_least ? four : room_least) / (2 * LINE_BYTES) * (2 * LINE_BYTES);
}

/* Two rooms; operands of kernels, a few MiB a thread, are no great matter beside them. */
uint64_t wi_cpu_roofline_bytes(const struct wi_inventory *inventory) {
    return 2 * (uint64_t)room_bytes(inventory);
}

static int make_room(struct wi_trials *trials, enum wi_trial_pages kind, struct room *room,
                     uint64_t *huge_bytes, struct wi_err *err) {
    size_t bytes = room_bytes(trials->params->inventory);
    void *pages = NULL;
    WI_TRY(wi_trials_map(trials, bytes, kind, &pages, err));
    *room = (struct room){.words = pages, .half = bytes / LINE_BYTES / 2};
    wi_team_run(trials->team, fill, room);
    if (wi_os_huge_bytes(pages, bytes, huge_bytes, NULL) != WI_OK)
        *huge_bytes = 0;
    room->pages = *huge_bytes >= bytes / 2 ? "huge pages" : "small pages";
    return WI_OK;
}

/* A second room for the other kind of pages, when there is memory for it, and they differ. Without
 * memory for one, bandwidth stays unknown: from less, caches would answer too. */
int wi_trials_add_memory(struct wi_trials *trials, struct wi_err *err) {
    struct room *rooms = WI_NEW_ARRAY(trials->arena, struct room, 2);
    uint64_t huge = 0, limit = trials->params->memory_limit_bytes;
    if (limit != 0 && room_bytes(trials->params->inventory) > limit)
        return WI_OK;
    WI_TRY(make_room(trials, WI_TRIAL_PAGES_huge, &rooms[0], &huge, err));
    add_room(trials, &rooms[0]);
    if (huge < room_bytes(trials->params->inventory) / 2 ||
        (limit != 0 && wi_cpu_roofline_bytes(trials->params->inventory) > limit))
        return WI_OK;
    WI_TRY(make_room(trials, WI_TRIAL_PAGES_small, &rooms[1], &huge, err));
    add_room(trials, &rooms[1]);
    return WI_OK;
}
