/* cgroup.h: the control groups that hold this process, up to the root.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A limit of any of them binds, so the tightest counts. Inside a container the own group is often
 * shown as the root: folders that are not there cost nothing. */
#ifndef WI_CGROUP_H
#define WI_CGROUP_H

#include "probes/env.h"

struct wi_cgroup_folder {
    const char *path;
    unsigned version; /* 1 or 2: which names its files have */
};

/* Deepest first, the roots last. `controller`: "cpu", "memory". *known: of /proc/self/cgroup. */
struct wi_cgroup_folder *wi_cgroup_folders(struct wi_env *env, struct wi_arena *arena,
                                           const char *controller, size_t *count,
                                           enum wi_known *known);

#endif
