/* print_gpu.c: GPUs as people read them, and what to install for those that nobody can open.
 * SPDX-License-Identifier: Apache-2.0 */
#include "probes/print_parts.h"

#include "base/units.h"

#include <inttypes.h>
#include <string.h>

static const char *or_unknown(const char *text) {
    return text ? text : "unknown";
}

/* ---- one GPU ---- */

static void put_place(struct wi_buf *out, const char *vendor, struct wi_maybe_u64 vendor_id,
                      struct wi_maybe_u64 device_id, const char *pci) {
    if (vendor)
        wi_buf_printf(out, ", %s", vendor);
    if (wi_has_u64(vendor_id) && wi_has_u64(device_id))
        wi_buf_printf(out, " %04" PRIx64 ":%04" PRIx64, vendor_id.value, device_id.value);
    if (pci)
        wi_buf_printf(out, ", PCI %s", pci);
}

static void print_type(const struct wi_gpu *gpu, struct wi_buf *out) {
    struct wi_buf text = {0};
    wi_buf_puts(&text, wi_gpu_type_name(gpu->type));
    put_place(&text, gpu->vendor, gpu->vendor_id, gpu->device_id, gpu->pci);
    if (gpu->unified == WI_TRI_yes)
        wi_buf_puts(&text, ", memory unified with the processor's");
    else if (gpu->unified == WI_TRI_no)
        wi_buf_puts(&text, ", memory of its own");
    wi_print_row(out, "type", "%s", wi_buf_str(&text));
    wi_buf_fini(&text);
}

static void print_apis(const struct wi_gpu *gpu, struct wi_buf *out) {
    for (size_t i = 0; i < gpu->api_count; i++) {
        const struct wi_gpu_api *a = &gpu->apis[i];
        const char *other = a->device_name && gpu->name && strcmp(a->device_name, gpu->name) != 0
                                ? a->device_name
                                : NULL;
        wi_print_row(out, wi_backend_id_name(a->api), "%s%s%s%s, driver %s %s",
                     or_unknown(a->api_version), other ? ", as \"" : "", other ? other : "",
                     other ? "\"" : "", or_unknown(a->driver_name), or_unknown(a->driver_version));
    }
    if (gpu->same_because)
        wi_print_row(out, "one chip", "seen through %zu APIs, told by: %s", gpu->api_count,
                     gpu->same_because);
}

static void print_pools(const struct wi_gpu *gpu, struct wi_buf *out) {
    char total[32], budget[32], proven[32];
    for (size_t i = 0; i < gpu->pool_count; i++) {
        const struct wi_pool *p = &gpu->pools[i];
        struct wi_buf text = {0};
        wi_buf_puts(&text, wi_print_mem(total, p->total_bytes));
        if (wi_has_u64(p->budget_bytes))
            wi_buf_printf(&text, ", %s of it for us now", wi_print_mem(budget, p->budget_bytes));
        if (wi_has_u64(p->proven_bytes))
            wi_buf_printf(&text, ", %s proven", wi_print_mem(proven, p->proven_bytes));
        wi_buf_puts(&text, p->device_local ? ", device-local" : "");
        wi_buf_puts(&text, p->host_visible ? ", host-visible" : "");
        wi_print_row(out, i ? "" : "memory", "%s: %s", or_unknown(p->id), wi_buf_str(&text));
        wi_buf_fini(&text);
    }
}

static void print_limits(const struct wi_gpu *gpu, struct wi_buf *out) {
    char allocation[32], binding[32];
    wi_print_row(out, "largest", "allocation %s, binding %s",
                 wi_print_mem(allocation, gpu->largest_allocation_bytes),
                 wi_print_mem(binding, gpu->largest_binding_bytes));
    if (!wi_has_u64(gpu->subgroup_min) && !wi_has_u64(gpu->subgroup_max))
        return;
    uint64_t lo = wi_has_u64(gpu->subgroup_min) ? gpu->subgroup_min.value : gpu->subgroup_max.value;
    uint64_t hi = wi_has_u64(gpu->subgroup_max) ? gpu->subgroup_max.value : lo;
    if (lo == hi)
        wi_print_row(out, "subgroups", "%" PRIu64 " lanes", lo);
    else
        wi_print_row(out, "subgroups", "%" PRIu64 " to %" PRIu64 " lanes", lo, hi);
}

static void print_features(const struct wi_gpu *gpu, struct wi_buf *out) {
    struct wi_buf text = {0};
    for (size_t i = 0; i < WI_GPU_FEATURE_COUNT; i++)
        if (gpu->features >> i & 1)
            wi_buf_printf(&text, "%s%s", text.size ? " " : "",
                          wi_gpu_feature_name((enum wi_gpu_feature)i));
    wi_print_row(out, "features", "%s", text.size ? wi_buf_str(&text) : "none");
    wi_buf_fini(&text);
}

static void print_gpu(const struct wi_gpu *gpu, struct wi_buf *out) {
    wi_print_title(out, gpu->software ? "Software device %s: %s" : "GPU %s: %s",
                   gpu->compute_device_id, or_unknown(gpu->name));
    if (gpu->software)
        wi_print_row(out, "NOT A GPU", "runs on the processor; it never lifts a tier");
    print_type(gpu, out);
    print_apis(gpu, out);
    print_pools(gpu, out);
    print_limits(gpu, out);
    print_features(gpu, out);
}

/* ---- what cannot be used ---- */

static void print_unopened(const struct wi_unopened_gpu *gpu, struct wi_buf *out) {
    struct wi_buf text = {0};
    wi_print_title(out, "GPU without a usable driver: %s", or_unknown(gpu->name));
    wi_buf_puts(&text, "seen");
    put_place(&text, NULL, gpu->vendor_id, gpu->device_id, gpu->pci);
    wi_print_row(out, "on the bus", "%s", wi_buf_str(&text));
    wi_print_row(out, "kernel driver", "%s", gpu->kernel_driver ? gpu->kernel_driver : "none");
    if (gpu->advice)
        wi_print_row(out, "advice", "%s", gpu->advice);
    wi_buf_fini(&text);
}

/* Adapters that only make a picture are no GPUs; people look for them all the same. */
static void print_displays(const struct wi_inventory *inventory, struct wi_buf *out) {
    static const char prefix[] = "display.";
    bool any = false;
    for (size_t i = 0; i < inventory->facts.count; i++) {
        const struct wi_fact *f = &inventory->facts.items[i];
        if (strncmp(f->key, prefix, sizeof(prefix) - 1) != 0 || !f->value)
            continue;
        if (!any)
            wi_print_title(out, "Display adapters");
        any = true;
        wi_print_row(out, f->key + sizeof(prefix) - 1, "%s", f->value);
    }
}

static void print_backends(const struct wi_inventory *inventory, struct wi_buf *out) {
    wi_print_title(out, "Backends");
    for (size_t i = 0; i < WI_BACKEND_COUNT; i++) {
        const struct wi_backend_state *b = &inventory->backends[i];
        const char *status = wi_case_status_name(b->status);
        if (b->reason)
            wi_print_row(out, wi_backend_id_name(b->backend), "%s: %s", status, b->reason);
        else
            wi_print_row(out, wi_backend_id_name(b->backend), "%s", status);
        if (b->advice)
            wi_print_row(out, "", "advice: %s", b->advice);
    }
}

/* Before the software devices, so that nobody takes them for one. */
static void print_no_gpu(const struct wi_inventory *inventory, struct wi_buf *out) {
    size_t real = inventory->unopened_count;
    for (size_t i = 0; i < inventory->gpu_count; i++)
        real += !inventory->gpus[i].software;
    if (inventory->backends[WI_BACKEND_vulkan].status == WI_CASE_skipped)
        wi_print_title(out, "GPUs were not looked for");
    else if (real == 0)
        wi_print_title(out, "No GPU");
}

void wi_print_gpus(const struct wi_inventory *inventory, struct wi_buf *out) {
    print_no_gpu(inventory, out);
    for (size_t i = 0; i < inventory->gpu_count; i++)
        print_gpu(&inventory->gpus[i], out);
    for (size_t i = 0; i < inventory->unopened_count; i++)
        print_unopened(&inventory->unopened[i], out);
    print_displays(inventory, out);
    print_backends(inventory, out);
}
