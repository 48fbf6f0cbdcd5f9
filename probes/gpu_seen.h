/* gpu_seen.h: between the GPU files only: one device as one API described it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_GPU_SEEN_H
#define WI_GPU_SEEN_H

#include "base/kv.h"
#include "probes/env.h"
#include "results/record.h"

struct wi_gpu_seen {
    enum wi_backend_id api;
    unsigned index;            /* within the API's answer */
    const char *name, *vendor; /* vendor: our spelling, "AMD"; the driver's own when we know none */
    const char *driver;        /* tells drivers of one API apart: two of one driver are two chips */
    struct wi_maybe_u64 vendor_id, device_id;
    enum wi_gpu_type type;
    const char *software_because; /* NULL: a real device */
    const char *pci, *uuid;       /* NULL unknown */
    enum wi_tri unified;
    struct wi_pool *pools;
    size_t pool_count;
    struct wi_maybe_u64 largest_allocation_bytes, largest_binding_bytes;
    struct wi_maybe_u64 subgroup_min, subgroup_max;
    uint32_t features;
    struct wi_gpu_api said;
};
struct wi_gpu_seen_list {
    struct wi_gpu_seen *items;
    size_t count, capacity;
};

/* gpu_decode.c: appends the devices of one answer; arena is kv's. */
void wi_gpu_decode(const struct wi_kv *kv, enum wi_backend_id api, struct wi_gpu_seen_list *seen);
/* Printable, valid UTF-8, single line, at most 200 bytes; NULL when nothing is left. */
const char *wi_gpu_clean_text(struct wi_arena *arena, const char *text);
const char *wi_gpu_vendor(struct wi_maybe_u64 vendor_id, const char *text); /* NULL: stranger */

/* gpu_merge.c */
void wi_gpu_merge(const struct wi_gpu_seen_list *seen, struct wi_inventory *inventory);

/* gpu_bus.c: fills inventory->unopened; gives a PCI address to a GPU that has none when only one
 * fits. `troubled`: a driver that crashed or did not load, for the advice; NULL: none. */
void wi_gpu_bus(struct wi_env *env, struct wi_inventory *inventory, const char *troubled);

#endif
