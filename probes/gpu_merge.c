/* gpu_merge.c: API devices -> chips. One chip seen through two APIs, or listed twice by a driver
 * that is installed twice, is one chip; two equal cards stay two.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is known for sure goes first: PCI addresses, then device UUIDs. Only what is left is paired
 * by likeness, and only when there is no choice to be made (or all choices are equal cards, where
 * any pairing describes them rightly). Software devices never pair across APIs: each API's is
 * another program on the same CPU. */
#include "probes/gpu_seen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct merger {
    struct wi_arena *arena;
    const struct wi_gpu_seen *seen;
    size_t count;
    size_t *group;        /* of seen[i]: the index of the group's first member */
    const char **because; /* of the group, at its first member's index */
};

enum likeness { BY_NAME, BY_VENDOR };

/* ---- pairs ---- */

static bool equal(const char *a, const char *b) {
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool same_driver(const struct wi_gpu_seen *a, const struct wi_gpu_seen *b) {
    return a->api == b->api && strcmp(a->driver, b->driver) == 0;
}

/* NULL: not known to be the same. */
static const char *surely_same(const struct wi_gpu_seen *a, const struct wi_gpu_seen *b) {
    bool software = a->software_because != NULL || b->software_because != NULL;
    if (software)
        return same_driver(a, b) && equal(a->uuid, b->uuid) && equal(a->name, b->name)
                   ? "one software driver listed twice"
                   : NULL;
    if (a->pci != NULL && b->pci != NULL)
        return equal(a->pci, b->pci) ? "PCI address" : NULL;
    return equal(a->uuid, b->uuid) ? "device UUID" : NULL;
}

static bool contradict(enum wi_gpu_type a, enum wi_gpu_type b) {
    return (a == WI_GPU_integrated && b == WI_GPU_discrete) ||
           (a == WI_GPU_discrete && b == WI_GPU_integrated);
}

static bool likely_same(const struct wi_gpu_seen *a, const struct wi_gpu_seen *b) {
    if (a->software_because != NULL || b->software_because != NULL || same_driver(a, b))
        return false;
    if ((a->pci != NULL && b->pci != NULL) || !equal(a->vendor, b->vendor))
        return false;
    if (wi_has_u64(a->device_id) && wi_has_u64(b->device_id) &&
        a->device_id.value != b->device_id.value)
        return false;
    return !contradict(a->type, b->type);
}

/* What is left of a name that APIs spell alike: "Intel(R) Iris(R) Xe Graphics (TGL GT2)" and
 * "Intel(R) Iris(R) Xe Graphics [0x9a49]" are "iris xe graphics". The vendor's word goes too:
 * OpenCL writes "QUALCOMM Adreno(TM) 750" where Vulkan has "Adreno (TM) 750". */
static const char *plain_name(struct wi_arena *arena, const struct wi_gpu_seen *d) {
    char *out = wi_arena_alloc(arena, strlen(d->name) + 2);
    size_t n = 0, depth = 0, word = 0;
    for (const char *p = d->name;; p++) {
        depth += *p == '(' || *p == '[';
        if (depth == 0 && isalnum((unsigned char)*p)) {
            out[n++] = (char)tolower((unsigned char)*p);
        } else if (n > word) { /* a word ends */
            if (d->vendor != NULL && n - word == strlen(d->vendor) &&
                strncasecmp(out + word, d->vendor, n - word) == 0)
                n = word;
            else
                out[n++] = ' ';
            word = n;
        }
        depth -= depth > 0 && (*p == ')' || *p == ']');
        if (*p == '\0')
            break;
    }
    out[n] = '\0';
    return out;
}

static bool same_name(struct wi_arena *arena, const struct wi_gpu_seen *a,
                      const struct wi_gpu_seen *b) {
    const char *x = plain_name(arena, a);
    return x[0] != '\0' && strcmp(x, plain_name(arena, b)) == 0;
}

/* ---- groups ---- */

static void join(struct merger *m, size_t a, size_t b, const char *because) {
    size_t keep = m->group[a] < m->group[b] ? m->group[a] : m->group[b];
    size_t gone = m->group[a] < m->group[b] ? m->group[b] : m->group[a];
    if (keep == gone)
        return;
    for (size_t i = 0; i < m->count; i++)
        if (m->group[i] == gone)
            m->group[i] = keep;
    if (m->because[keep] == NULL)
        m->because[keep] = because;
}

static void join_sure(struct merger *m) {
    for (size_t a = 0; a < m->count; a++)
        for (size_t b = a + 1; b < m->count; b++) {
            const char *because = surely_same(&m->seen[a], &m->seen[b]);
            if (because != NULL)
                join(m, a, b, because);
        }
}

/* Groups are likely one chip when some members are alike and none contradict. */
static bool groups_alike(const struct merger *m, size_t g, size_t h, enum likeness likeness) {
    bool alike = false;
    for (size_t a = 0; a < m->count; a++)
        for (size_t b = 0; b < m->count; b++) {
            if (m->group[a] != g || m->group[b] != h)
                continue;
            if (!likely_same(&m->seen[a], &m->seen[b]))
                return false;
            alike = alike || likeness == BY_VENDOR || same_name(m->arena, &m->seen[a], &m->seen[b]);
        }
    return alike;
}

static size_t count_alike(const struct merger *m, size_t g, enum likeness likeness, size_t *only) {
    size_t n = 0;
    for (size_t h = 0; h < m->count; h++)
        if (m->group[h] == h && h != g && groups_alike(m, g, h, likeness)) {
            *only = h;
            n++;
        }
    return n;
}

static const char *why_alike(const struct merger *m, size_t g, size_t h, enum likeness likeness) {
    if (wi_has_u64(m->seen[g].device_id) && wi_has_u64(m->seen[h].device_id))
        return "vendor and device id, with no other candidate";
    if (likeness == BY_NAME)
        return "name, with no other candidate";
    return wi_arena_printf(m->arena, "the only %s GPU of each API", m->seen[g].vendor);
}

static void join_unambiguous(struct merger *m, enum likeness likeness) {
    for (size_t g = 0; g < m->count; g++) {
        size_t h = 0, back = 0;
        if (m->group[g] != g || count_alike(m, g, likeness, &h) != 1 ||
            count_alike(m, h, likeness, &back) != 1)
            continue;
        join(m, g, h, why_alike(m, g, h, likeness));
    }
}

/* Heads of the groups that are the same card by the same driver as group g. */
static size_t equal_cards(const struct merger *m, size_t g, size_t *heads) {
    size_t n = 0;
    for (size_t i = 0; i < m->count; i++)
        if (m->group[i] == i && same_driver(&m->seen[i], &m->seen[g]) &&
            equal(m->seen[i].name, m->seen[g].name))
            heads[n++] = i;
    return n;
}

static bool all_alike(const struct merger *m, size_t g, const size_t *heads, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!groups_alike(m, g, heads[i], BY_VENDOR))
            return false;
    return true;
}

/* n equal cards in one API and n equal cards in another: paired in order. */
static void join_equal_cards(struct merger *m) {
    size_t *mine = WI_NEW_ARRAY(m->arena, size_t, m->count);
    size_t *theirs = WI_NEW_ARRAY(m->arena, size_t, m->count);
    for (size_t g = 0; g < m->count; g++) {
        size_t other;
        if (m->group[g] != g)
            continue;
        size_t alike = count_alike(m, g, BY_VENDOR, &other);
        if (alike < 2)
            continue;
        size_t n = equal_cards(m, g, mine);
        if (equal_cards(m, other, theirs) != n || alike != n || !all_alike(m, g, theirs, n))
            continue;
        for (size_t i = 0; i < n; i++)
            join(m, mine[i], theirs[i], "equal cards, paired in order");
    }
}

/* ---- a group becomes a chip ---- */

/* Vulkan first: it says more, and says it of every heap. */
static int by_api(const void *a, const void *b) {
    const struct wi_gpu_seen *x = *(const struct wi_gpu_seen *const *)a;
    const struct wi_gpu_seen *y = *(const struct wi_gpu_seen *const *)b;
    if (x->api != y->api)
        return x->api < y->api ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void take_u64(struct wi_maybe_u64 *into, struct wi_maybe_u64 from) {
    if (!wi_has_u64(*into))
        *into = from;
}

static void take_text(const char **into, const char *from) {
    if (*into == NULL)
        *into = from;
}

static void add_member(struct wi_gpu *gpu, const struct wi_gpu_seen *d) {
    take_text(&gpu->name, d->name);
    take_text(&gpu->vendor, d->vendor);
    take_text(&gpu->pci, d->pci);
    take_text(&gpu->uuid, d->uuid);
    take_u64(&gpu->vendor_id, d->vendor_id);
    take_u64(&gpu->device_id, d->device_id);
    take_u64(&gpu->subgroup_min, d->subgroup_min);
    take_u64(&gpu->subgroup_max, d->subgroup_max);
    if (gpu->type == WI_GPU_unknown)
        gpu->type = d->type;
    if (gpu->unified == WI_TRI_unknown)
        gpu->unified = d->unified;
    gpu->software = gpu->software || d->software_because != NULL;
    gpu->features |= d->features;
    if (gpu->pool_count == 0 && d->pool_count > 0) { /* one API's pools: shares never add */
        gpu->pools = d->pools;
        gpu->pool_count = d->pool_count;
        gpu->largest_allocation_bytes = d->largest_allocation_bytes;
        gpu->largest_binding_bytes = d->largest_binding_bytes;
    }
    gpu->apis[gpu->api_count++] = d->said;
}

static void build_gpu(const struct merger *m, size_t group, struct wi_gpu *gpu) {
    const struct wi_gpu_seen **members =
        WI_NEW_ARRAY(m->arena, const struct wi_gpu_seen *, m->count);
    size_t n = 0;
    for (size_t i = 0; i < m->count; i++)
        if (m->group[i] == group)
            members[n++] = &m->seen[i];
    qsort(members, n, sizeof(members[0]), by_api);
    gpu->apis = WI_NEW_ARRAY(m->arena, struct wi_gpu_api, n);
    for (size_t i = 0; i < n; i++)
        add_member(gpu, members[i]);
    gpu->same_because = n > 1 ? m->because[group] : NULL;
}

/* ---- order: real ones by PCI address, then name; software ones behind ---- */

static int compare_text(const char *a, const char *b) {
    if (a == NULL || b == NULL)
        return (a == NULL) - (b == NULL); /* the known one first */
    return strcmp(a, b);
}

static int by_place(const void *a, const void *b) {
    const struct wi_gpu *x = a, *y = b;
    int order = (int)x->software - (int)y->software;
    if (order == 0 && !x->software)
        order = compare_text(x->pci, y->pci);
    if (order == 0)
        order = compare_text(x->name, y->name);
    if (order == 0)
        order = (int)x->apis[0].api - (int)y->apis[0].api;
    if (order == 0)
        order = compare_text(x->uuid, y->uuid);
    /* qsort is not stable: pools belong to the arena in the order of the answers */
    return order != 0 ? order : (x->pools > y->pools) - (x->pools < y->pools);
}

static void number_gpus(struct wi_inventory *inventory) {
    unsigned real = 0, software = 0;
    for (size_t i = 0; i < inventory->gpu_count; i++) {
        struct wi_gpu *gpu = &inventory->gpus[i];
        gpu->compute_device_id = gpu->software
                                     ? wi_arena_printf(inventory->arena, "sw%u", software++)
                                     : wi_arena_printf(inventory->arena, "gpu%u", real++);
    }
}

void wi_gpu_merge(const struct wi_gpu_seen_list *seen, struct wi_inventory *inventory) {
    struct wi_arena *arena = inventory->arena;
    size_t n = seen->count;
    struct merger m = {arena, seen->items, n, WI_NEW_ARRAY(arena, size_t, n + 1),
                       WI_NEW_ARRAY(arena, const char *, n + 1)};
    for (size_t i = 0; i < n; i++)
        m.group[i] = i;
    join_sure(&m);
    join_unambiguous(&m, BY_NAME);
    join_unambiguous(&m, BY_VENDOR);
    join_equal_cards(&m);

    inventory->gpus = WI_NEW_ARRAY(arena, struct wi_gpu, n + 1);
    inventory->gpu_count = 0;
    for (size_t i = 0; i < n; i++)
        if (m.group[i] == i)
            build_gpu(&m, i, &inventory->gpus[inventory->gpu_count++]);
    if (inventory->gpu_count > 1)
        qsort(inventory->gpus, inventory->gpu_count, sizeof(inventory->gpus[0]), by_place);
    number_gpus(inventory);
}
