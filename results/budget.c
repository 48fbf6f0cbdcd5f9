/* budget.c: how much of a memory pool a model may use (SEMANTICS "Budget").
 * SPDX-License-Identifier: Apache-2.0
 *
 * A capability, not a mood: what is free right now stands beside it and never enters it. A reading
 * that is missing leaves the budget unknown; what the others allow at most is then `most_bytes`. */
#include "results/judge.h"

#include "base/units.h"
#include "results/constants.h"

#include <string.h>

/* ---- what the rest of the machine keeps ---- */

/* share of the total, at least `least`; small machines of unknown kind keep less */
struct reserve {
    double share;
    uint64_t least;
    uint64_t small_total, small_least; /* below this total, this much instead of both */
};

/* SEMANTICS names desktop, server, phone and single-board computers. A laptop is a desktop that
 * moves, a tablet a large phone. A virtual machine has no desktop to feed and is often cut small:
 * it is treated as the unknown, which counts as desktop. */
static const struct reserve reserves[] = {
    [WI_FORM_unknown] = {0.12, 2 * WI_GIB, 8 * WI_GIB, WI_GIB},
    [WI_FORM_desktop] = {0.12, 2 * WI_GIB, 0, 0},
    [WI_FORM_laptop] = {0.12, 2 * WI_GIB, 0, 0},
    [WI_FORM_server] = {0.12, 2 * WI_GIB, 0, 0},
    [WI_FORM_phone] = {0.35, UINT64_C(1200000000), 0, 0},
    [WI_FORM_tablet] = {0.35, UINT64_C(1200000000), 0, 0},
    [WI_FORM_sbc] = {0, WI_GIB / 2, 0, 0},
    [WI_FORM_vm] = {0.12, 2 * WI_GIB, 8 * WI_GIB, WI_GIB},
};
static const struct reserve of_discrete_gpu = {0.06, WI_GIB / 2, 0, 0};
static const double cgroup_share = 0.95, unified_share = 0.60;

static uint64_t reserve_of(const struct reserve *r, uint64_t total) {
    if (total < r->small_total)
        return r->small_least;
    uint64_t share = (uint64_t)(r->share * (double)total);
    return share > r->least ? share : r->least;
}

static uint64_t less(uint64_t total, uint64_t reserve) {
    return total > reserve ? total - reserve : 0;
}

static const char *mem(struct wi_arena *arena, uint64_t bytes) {
    char text[32];
    return wi_arena_strdup(arena, wi_format_mem(text, sizeof text, bytes));
}

/* ---- the machine's own memory ---- */

static const char *form_word(enum wi_form form) {
    return form == WI_FORM_unknown ? "unknown kind of device, counted as desktop"
           : form == WI_FORM_sbc   ? "single-board computer"
           : form == WI_FORM_vm    ? "virtual machine"
                                   : wi_form_name(form);
}

static void apply_cgroup(const struct wi_memory *m, struct wi_arena *arena, struct wi_budget *b) {
    if (m->limit_bytes.known == WI_KNOWN_not_applicable)
        return;
    if (!wi_has_u64(m->limit_bytes)) {
        b->bytes = (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
        b->because = wi_arena_printf(arena, "%s, but whether a cgroup limits it could not be read",
                                     b->because);
        return;
    }
    uint64_t allowed = (uint64_t)(cgroup_share * (double)m->limit_bytes.value);
    if (!wi_has_u64(b->most_bytes) || allowed < b->most_bytes.value) {
        b->most_bytes = wi_some_u64(allowed);
        if (wi_has_u64(b->bytes))
            b->bytes = b->most_bytes;
        b->because = wi_arena_printf(arena, "cgroup limit of %s less 5 %%",
                                     mem(arena, m->limit_bytes.value));
    }
}

static void system_memory(const struct wi_memory *m, struct wi_arena *arena, struct wi_budget *b) {
    b->pool = "system memory";
    b->largest_allowed_bytes.known = WI_KNOWN_not_applicable;
    b->available_now_bytes = m->available_bytes;
    b->because = "the size of the memory could not be read";
    if (wi_has_u64(m->total_bytes)) {
        uint64_t total = m->total_bytes.value;
        uint64_t reserve = reserve_of(&reserves[m->form], total);
        b->bytes = b->most_bytes = wi_some_u64(less(total, reserve));
        b->because = wi_arena_printf(arena, "%s less %s reserve (%s)", mem(arena, total),
                                     mem(arena, reserve), form_word(m->form));
    }
    apply_cgroup(m, arena, b);
}

/* ---- a GPU's ---- */

/* Shares never add: the largest pool alone; of a discrete GPU only its own memory. */
static const struct wi_pool *largest_pool(const struct wi_gpu *gpu, bool local) {
    const struct wi_pool *best = NULL;
    for (size_t i = 0; i < gpu->pool_count; i++) {
        const struct wi_pool *p = &gpu->pools[i];
        if (local && !p->device_local)
            continue;
        if (!best || (wi_has_u64(p->total_bytes) && p->total_bytes.value > best->total_bytes.value))
            best = p;
    }
    return best;
}

static void discrete_memory(const struct wi_gpu *gpu, struct wi_arena *arena, struct wi_budget *b) {
    const struct wi_pool *p = largest_pool(gpu, true);
    b->pool = "device memory";
    b->because = "the size of the GPU's memory could not be read";
    if (!p)
        return;
    b->available_now_bytes = p->budget_bytes;
    bool proven = wi_has_u64(p->proven_bytes);
    struct wi_maybe_u64 base = proven ? p->proven_bytes : p->total_bytes;
    if (!wi_has_u64(base))
        return;
    uint64_t reserve = reserve_of(&of_discrete_gpu, base.value);
    b->bytes = b->most_bytes = wi_some_u64(less(base.value, reserve));
    b->because =
        wi_arena_printf(arena, "%s%s less %s reserve (discrete GPU)", mem(arena, base.value),
                        proven ? " proven by allocating" : "", mem(arena, reserve));
}

/* The driver's own word on how much of the shared memory it hands out. A heap as large as the RAM
 * says nothing; nor does one that is a small carve-out beside it (below a quarter of the RAM). */
static struct wi_maybe_u64 working_set(const struct wi_gpu *gpu, struct wi_maybe_u64 ram) {
    const struct wi_pool *p = largest_pool(gpu, false);
    struct wi_maybe_u64 unknown = {WI_KNOWN_unknown, 0};
    if (!p)
        return unknown;
    if (wi_has_u64(p->proven_bytes))
        return p->proven_bytes;
    if (!wi_has_u64(p->total_bytes) || !wi_has_u64(ram))
        return p->total_bytes;
    double share = (double)p->total_bytes.value / (double)ram.value;
    return share < 0.95 && share > 0.25 ? p->total_bytes : unknown;
}

static void unified_memory(const struct wi_gpu *gpu, const struct wi_memory *m,
                           struct wi_arena *arena, struct wi_budget *b) {
    const struct wi_pool *p = largest_pool(gpu, false);
    struct wi_maybe_u64 stated = working_set(gpu, m->total_bytes);
    system_memory(m, arena, b); /* one pool: what binds the machine binds its GPU */
    b->pool = "unified memory";
    b->largest_allowed_bytes.known = WI_KNOWN_unknown;
    if (p && wi_has_u64(p->budget_bytes))
        b->available_now_bytes = p->budget_bytes;
    if (!wi_has_u64(stated) && !wi_has_u64(m->total_bytes))
        return;
    uint64_t share = wi_has_u64(stated) ? stated.value
                                        : (uint64_t)(unified_share * (double)m->total_bytes.value);
    if (wi_has_u64(b->most_bytes) && share >= b->most_bytes.value)
        return;
    b->most_bytes = wi_some_u64(share);
    if (wi_has_u64(b->bytes))
        b->bytes = b->most_bytes;
    b->because =
        wi_has_u64(stated)
            ? wi_arena_printf(arena, "%s, which the driver gives to the GPU", mem(arena, share))
            : wi_arena_printf(arena, "60 %% of %s shared with the CPU",
                              mem(arena, m->total_bytes.value));
}

static void largest_piece(const struct wi_gpu *gpu, struct wi_budget *b) {
    bool allocation = wi_has_u64(gpu->largest_allocation_bytes);
    bool binding = wi_has_u64(gpu->largest_binding_bytes);
    bool by_allocation = allocation && (!binding || gpu->largest_allocation_bytes.value <
                                                        gpu->largest_binding_bytes.value);
    b->largest_by = by_allocation ? WI_LIMIT_largest_allocation : WI_LIMIT_largest_buffer;
    b->largest_allowed_bytes =
        by_allocation ? gpu->largest_allocation_bytes : gpu->largest_binding_bytes;
}

static void gpu_memory(const struct wi_gpu *gpu, const struct wi_memory *m, struct wi_arena *arena,
                       struct wi_budget *b) {
    bool unified = gpu->unified == WI_TRI_yes ||
                   (gpu->unified == WI_TRI_unknown && gpu->type == WI_GPU_integrated);
    bool discrete = gpu->unified == WI_TRI_no ||
                    (gpu->unified == WI_TRI_unknown && gpu->type == WI_GPU_discrete);
    if (gpu->software) {
        system_memory(m, arena, b); /* it is the CPU in disguise */
    } else if (unified) {
        unified_memory(gpu, m, arena, b);
    } else if (discrete) {
        discrete_memory(gpu, arena, b);
    } else {
        b->pool = "device memory";
        b->because = "whether this GPU shares the machine's memory could not be read";
    }
    largest_piece(gpu, b);
}

void wi_budget_of(const struct wi_inventory *inventory, const char *compute_device_id,
                  struct wi_arena *arena, struct wi_budget *budget) {
    *budget = (struct wi_budget){.largest_by = WI_LIMIT_largest_buffer};
    const char *cpu = inventory->cpu.compute_device_id;
    if (!compute_device_id || (cpu && strcmp(cpu, compute_device_id) == 0)) {
        system_memory(&inventory->memory, arena, budget);
        return;
    }
    for (size_t i = 0; i < inventory->gpu_count; i++) {
        const struct wi_gpu *gpu = &inventory->gpus[i];
        if (strcmp(gpu->compute_device_id, compute_device_id) == 0) {
            gpu_memory(gpu, &inventory->memory, arena, budget);
            return;
        }
    }
    budget->pool = "memory";
    budget->because = wi_arena_printf(arena, "the newest probing found no %s", compute_device_id);
}

void wi_constants_of_budget(struct wi_constants *list) {
    /* Forms that share a row of numbers are told once, by the first of them. */
    const struct reserve *desktop = &reserves[WI_FORM_desktop], *phone = &reserves[WI_FORM_phone],
                         *sbc = &reserves[WI_FORM_sbc], *vm = &reserves[WI_FORM_vm];
    wi_constants_add(list, "memory.reserve_desktop", desktop->share, "share",
                     "of the memory is kept back: desktop, laptop, server, virtual machine");
    wi_constants_add(list, "memory.reserve_desktop_least", (double)desktop->least, "bytes",
                     "are kept back there at least");
    wi_constants_add(list, "memory.small_machine", (double)vm->small_total, "bytes",
                     "below that, a virtual machine or a device of unknown kind is small");
    wi_constants_add(list, "memory.reserve_small", (double)vm->small_least, "bytes",
                     "are kept back by such a small one instead");
    wi_constants_add(list, "memory.reserve_phone", phone->share, "share",
                     "of the memory is kept back: phone, tablet");
    wi_constants_add(list, "memory.reserve_phone_least", (double)phone->least, "bytes",
                     "are kept back there at least");
    wi_constants_add(list, "memory.reserve_sbc", (double)sbc->least, "bytes",
                     "are kept back by a single-board computer");
    wi_constants_add(list, "memory.reserve_discrete_gpu", of_discrete_gpu.share, "share",
                     "of a discrete GPU's memory is kept back");
    wi_constants_add(list, "memory.reserve_discrete_gpu_least", (double)of_discrete_gpu.least,
                     "bytes", "are kept back there at least");
    wi_constants_add(list, "memory.cgroup", cgroup_share, "share",
                     "of a control group's limit may be used");
    wi_constants_add(
        list, "memory.unified_gpu", unified_share, "share",
        "of the memory may be used by a GPU that shares it, if its driver says nothing");
}
