/* probe.c: the whole probe, in the order in which one part needs the other.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   software   container and hypervisor: advice of the GPUs, form, whether clocks are believed
 *   cpu        its name is the device's when firmware has none
 *   product, memory, form, storage, GPUs
 *   identity   last, for it is made of what the others found
 * Only Ctrl-C while a driver is asked, or an identity that cannot be made, ends it early. */
#include "probes/probe.h"

#include "probes/cpu.h"
#include "probes/facts.h"
#include "probes/gpu.h"
#include "probes/identity.h"
#include "probes/system.h"

static void set_own_backends(struct wi_inventory *inventory) {
    static const enum wi_backend_id own[] = {WI_BACKEND_cpu, WI_BACKEND_null};
    for (size_t i = 0; i < WI_COUNT(own); i++)
        inventory->backends[own[i]] = (struct wi_backend_state){own[i], WI_CASE_ok, NULL, NULL};
}

static int look_at_gpus(struct wi_env *env, const struct wi_probe_options *options,
                        struct wi_inventory *inventory, struct wi_err *err) {
    if (!options || !options->skip_gpu)
        return wi_probe_gpus(env, inventory, err);
    wi_probe_gpus_skipped(inventory);
    return WI_OK;
}

int wi_probe(struct wi_env *env, const struct wi_probe_options *options,
             struct wi_inventory **inventory, struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_inventory *found = WI_NEW(arena, struct wi_inventory);
    *inventory = NULL;
    found->arena = arena;
    set_own_backends(found);
    wi_probe_software(env, found);
    wi_probe_cpu(env, found);
    wi_probe_product(env, found);
    wi_probe_memory(env, found);
    wi_probe_form(env, found);
    wi_probe_storage(env, options, found);
    int status = look_at_gpus(env, options, found, err);
    if (status == WI_OK)
        status = wi_probe_identity(env, options, found, err);
    if (status != WI_OK) {
        wi_arena_destroy(arena);
        return status;
    }
    wi_facts_sort(&found->facts);
    *inventory = found;
    return WI_OK;
}
