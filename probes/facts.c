/* facts.c: the list of facts.
 * SPDX-License-Identifier: Apache-2.0 */
#include "probes/facts.h"

#include "base/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void push(struct wi_facts *facts, struct wi_arena *arena, const char *key,
                 enum wi_known known, const char *value, const char *unit, const char *source) {
    *WI_PUSH(arena, facts, struct wi_fact) =
        (struct wi_fact){.key = wi_arena_strdup(arena, key),
                         .known = known,
                         .value = known == WI_KNOWN_known ? value : NULL,
                         .unit = unit ? wi_arena_strdup(arena, unit) : "",
                         .source = wi_arena_strdup(arena, source)};
}

void wi_facts_add(struct wi_facts *facts, struct wi_arena *arena, const char *key,
                  const char *value, const char *unit, const char *source) {
    push(facts, arena, key, value ? WI_KNOWN_known : WI_KNOWN_unknown,
         wi_arena_strdup(arena, value), unit, source);
}

void wi_facts_add_absent(struct wi_facts *facts, struct wi_arena *arena, const char *key,
                         enum wi_known known, const char *source) {
    push(facts, arena, key, known == WI_KNOWN_known ? WI_KNOWN_unknown : known, NULL, NULL, source);
}

void wi_facts_add_u64(struct wi_facts *facts, struct wi_arena *arena, const char *key,
                      struct wi_maybe_u64 value, const char *unit, const char *source) {
    push(facts, arena, key, value.known, wi_arena_printf(arena, "%" PRIu64, value.value), unit,
         source);
}

void wi_facts_add_f64(struct wi_facts *facts, struct wi_arena *arena, const char *key,
                      struct wi_maybe_f64 value, const char *unit, const char *source) {
    char text[32];
    wi_json_format_f64(text, value.value);
    push(facts, arena, key, value.known, wi_arena_strdup(arena, text), unit, source);
}

const struct wi_fact *wi_facts_find(const struct wi_facts *facts, const char *key) {
    for (size_t i = 0; i < facts->count; i++)
        if (strcmp(facts->items[i].key, key) == 0)
            return &facts->items[i];
    return NULL;
}

const char *wi_facts_value(const struct wi_facts *facts, const char *key) {
    const struct wi_fact *fact = wi_facts_find(facts, key);
    return fact && fact->known == WI_KNOWN_known ? fact->value : NULL;
}

/* ---- order ---- */

/* Stable: equal keys keep the order in which they came. */
static void merge_sort(struct wi_fact *items, struct wi_fact *spare, size_t n) {
    if (n < 2)
        return;
    size_t half = n / 2, a = 0, b = half, i = 0;
    merge_sort(items, spare, half);
    merge_sort(items + half, spare, n - half);
    memcpy(spare, items, n * sizeof(*items));
    while (a < half && b < n)
        items[i++] = strcmp(spare[b].key, spare[a].key) < 0 ? spare[b++] : spare[a++];
    while (a < half)
        items[i++] = spare[a++];
    while (b < n)
        items[i++] = spare[b++];
}

void wi_facts_sort(struct wi_facts *facts) {
    struct wi_arena *scratch = wi_arena_create();
    merge_sort(facts->items, WI_NEW_ARRAY(scratch, struct wi_fact, facts->count + 1), facts->count);
    wi_arena_destroy(scratch);
    size_t kept = 0;
    for (size_t i = 0; i < facts->count; i++) {
        struct wi_fact *fact = &facts->items[i];
        struct wi_fact *last = kept ? &facts->items[kept - 1] : NULL;
        if (!last || strcmp(last->key, fact->key) != 0)
            facts->items[kept++] = *fact;
        else if (last->known != WI_KNOWN_known && fact->known == WI_KNOWN_known)
            *last = *fact;
    }
    facts->count = kept;
}
