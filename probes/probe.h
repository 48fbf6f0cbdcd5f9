/* probe.h: what is this device? One call, one immutable answer.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_PROBE_H
#define WI_PROBE_H

#include "probes/env.h"
#include "results/record.h"

struct wi_probe_options {
    const char *asset;     /* --asset or $WEIGHIN_ASSET; NULL: derive the identity */
    const char *state_dir; /* where the saved device id lives; NULL: default search */
    const char *model_dir; /* where a model would land, for storage; NULL: current folder */
    bool save_identity;    /* write a newly made device id (run and probe --store do) */
    bool skip_gpu;         /* do not enumerate Vulkan and OpenCL */
};

/* Never fails because something is missing or broken: that becomes a fact or a backend state.
 * WI_INTERNAL, WI_IO only. The caller destroys inventory->arena. */
int wi_probe(struct wi_env *env, const struct wi_probe_options *options,
             struct wi_inventory **inventory, struct wi_err *err);

/* One reading of clocks, temperature, load, power; unreadable is a state of its own. */
int wi_probe_conditions(struct wi_env *env, uint64_t at_ns, struct wi_arena *arena,
                        struct wi_conditions *conditions, struct wi_err *err);

/* The enumeration child's body ("weighin gpu-probe vulkan"): writes key=value lines to `out`. */
int wi_probe_vulkan_child(struct wi_buf *out, struct wi_err *err);
int wi_probe_opencl_child(struct wi_buf *out, struct wi_err *err);

/* The answer as people read it; deterministic, so a replayed machine prints the same anywhere. */
void wi_probe_print(const struct wi_inventory *inventory, struct wi_buf *out);

#endif
