/* registry.c: the table of kernels and the choice among them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/kernel.h"

#include "kernels/backend.h"
#include "kernels/cpu/units.h"
#include "kernels/isa.h"

#include <stdio.h>
#include <string.h>

#define WI_FORMAT_any WI_FORMAT_COUNT

/* ---- declarations ---- */
#define DECLARE(how, op, format) wi_##op##_##format##__cpu_##how
#define WI_KERNEL(unit, how, op, format, arithmetic, m, n, k)                                      \
    void DECLARE(how, op, format)(const struct wi_call *, const struct wi_task *);
#define WI_KERNEL_CPU(unit, ...)      WI_KERNEL(unit, unit, __VA_ARGS__)
#define WI_KERNEL_CPU_INT8(unit, ...) WI_KERNEL(unit, unit##_int8, __VA_ARGS__)
#define WI_KERNEL_EVERY_UNIT(...)     WI_CPU_UNITS(WI_KERNEL_CPU, __VA_ARGS__)
#define WI_KERNEL_DOT_UNITS(...)      WI_CPU_DOT_UNITS(WI_KERNEL_CPU_INT8, __VA_ARGS__)
#include "kernels/kernels.inc"
#ifdef WI_KERNELS_MORE /* lines of a test's own, behind all others */
#include WI_KERNELS_MORE
#endif
#undef WI_KERNEL

/* ---- the table ---- */
enum { MR = 100000, NR, QR }; /* tile columns that stand for the unit's register block */
#define TILE(unit, x)                                                                              \
    ((x) == MR   ? WI_CPU_MR_##unit                                                                \
     : (x) == NR ? WI_CPU_NR_##unit                                                                \
     : (x) == QR ? WI_CPU_QR_##unit                                                                \
                 : (x))
#define WI_KERNEL(unit, how, op_, format_, arithmetic_, m, n, k)                                   \
    {                                                                                              \
        .name = #op_ "_" #format_ "__cpu_" #how,                                                   \
        .op = WI_OP_##op_,                                                                         \
        .backend = WI_BACKEND_cpu,                                                                 \
        .any_format = WI_FORMAT_##format_ == WI_FORMAT_any,                                        \
        .format = WI_FORMAT_##format_,                                                             \
        .arithmetic = WI_ARITHMETIC_##arithmetic_,                                                 \
        .needs = WI_CPU_NEEDS_##unit,                                                              \
        .tile_m = TILE(unit, m),                                                                   \
        .tile_n = TILE(unit, n),                                                                   \
        .tile_k = k,                                                                               \
        .run_cpu = DECLARE(how, op_, format_),                                                     \
    },
static const struct wi_kernel kernels[] = {
#include "kernels/kernels.inc"
#ifdef WI_KERNELS_MORE
#include WI_KERNELS_MORE
#endif
    {.name = NULL},
};

const struct wi_kernel *wi_kernels(size_t *count) {
    *count = WI_COUNT(kernels) - 1;
    return kernels;
}

static bool serves(const struct wi_kernel *k, enum wi_backend_id backend, enum wi_op_id op,
                   enum wi_format_id format) {
    return k->backend == backend && k->op == op && (k->any_format || k->format == format);
}

/* Later lines are the better ones, so the last that may run wins. */
int wi_kernel_pick(enum wi_backend_id backend, enum wi_op_id op, enum wi_format_id format,
                   uint64_t allowed, const struct wi_kernel **kernel, struct wi_err *err) {
    *kernel = NULL;
    uint64_t lacking = 0;
    for (const struct wi_kernel *k = kernels; k->name != NULL; k++) {
        if (!serves(k, backend, op, format))
            continue;
        if ((k->needs & ~allowed) == 0)
            *kernel = k;
        else
            lacking = k->needs & ~allowed;
    }
    if (*kernel != NULL)
        return WI_OK;
    char text[128];
    return wi_fail(err, WI_UNSUPPORTED, "no %s kernel for %s with %s%s%s",
                   wi_backend_id_name(backend), wi_op_name(op), wi_format_get(format)->name,
                   lacking == 0 ? "operands in this build" : "operands without ",
                   lacking == 0 ? "" : wi_isa_text(lacking, text, sizeof text));
}

static const char *why_not(const struct wi_kernel *k, uint64_t device, uint64_t allowed,
                           const char *cap, struct wi_arena *arena) {
    char text[128];
    if ((k->needs & ~device) != 0)
        return wi_arena_printf(arena, "this CPU lacks %s",
                               wi_isa_text(k->needs & ~device, text, sizeof text));
    if ((k->needs & ~allowed) != 0)
        return wi_arena_printf(arena, "--isa %s leaves out %s", cap,
                               wi_isa_text(k->needs & ~allowed, text, sizeof text));
    return NULL;
}

int wi_kernels_list(const struct wi_inventory *inventory, const char *isa_cap,
                    struct wi_arena *arena, struct wi_kernel_info **list, size_t *count,
                    struct wi_err *err) {
    uint64_t allowed = 0, device = inventory->cpu.isa;
    WI_TRY(wi_isa_apply_cap(isa_cap, device, &allowed, err));
    *count = WI_COUNT(kernels) - 1;
    *list = WI_NEW_ARRAY(arena, struct wi_kernel_info, *count + 1);
    for (size_t i = 0; i < *count; i++) {
        const struct wi_kernel *k = &kernels[i];
        char text[128];
        const char *not_here = why_not(k, device, allowed, isa_cap, arena);
        (*list)[i] = (struct wi_kernel_info){
            .name = k->name,
            .op = wi_op_name(k->op),
            .backend = wi_backend_id_name(k->backend),
            .precision = k->any_format ? "-" : wi_format_get(k->format)->name,
            .arithmetic = wi_arithmetic_name(k->arithmetic),
            .needs = wi_arena_strdup(arena, wi_isa_text(k->needs, text, sizeof text)),
            .runs_here = not_here == NULL,
            .why_not = not_here,
        };
    }
    return WI_OK;
}
