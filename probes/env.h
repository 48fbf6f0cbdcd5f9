/* env.h: the machine as a probe may see it: live, recording, or replayed from a folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Probes never touch the system themselves. What they read goes through these hooks, so a recorded
 * machine is test data and a bug report is one folder:
 *
 *   DIR/machine.kv       version of the format, when and with what it was recorded
 *   DIR/root/...         every file read, at its own path (absent: DIR/absent.txt lists the paths
 *                        that were looked for and missing, or denied)
 *   DIR/dirs.kv          every folder listed
 *   DIR/values.kv        answers that are no files: cpuid leaves, hwcaps, statvfs, uname, UTC
 *   DIR/hwloc.xml        the topology as hwloc exports it
 *   DIR/vulkan.kv, DIR/opencl.kv   what the enumeration child answered
 *
 * Recordings are redacted unless raw: serials, MACs, host and user names become salted hashes. */
#ifndef WI_ENV_H
#define WI_ENV_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/kv.h"
#include "base/status.h"

struct wi_env {
    void *state;
    /* All return WI_OK, WI_NOT_FOUND, WI_UNAVAILABLE (denied) or WI_IO. */
    int (*read_file)(void *state, const char *path, struct wi_buf *out);
    int (*list_dir)(void *state, const char *path, struct wi_arena *arena, char ***names,
                    size_t *count);
    /* A named value that is no file; see env.c for the list of names. */
    int (*value)(void *state, const char *name, struct wi_buf *out);
    /* The topology as XML for replay; WI_UNSUPPORTED: live, load it yourself, then give it back. */
    int (*topology_xml)(void *state, struct wi_buf *xml);
    void (*topology_seen)(void *state, const char *xml, size_t n); /* recording; may be NULL */
    /* The answer of a GPU API's enumeration child ("vulkan", "opencl") as key=value lines. */
    int (*gpu_answer)(void *state, const char *api, struct wi_buf *kv, struct wi_err *err);
};

int wi_env_live(struct wi_env **env, struct wi_err *err);
int wi_env_record(const char *folder, bool raw, struct wi_env **env, struct wi_err *err);
int wi_env_replay(const char *folder, struct wi_env **env, struct wi_err *err);
/* Recording: writes what is still held back. Must be called; destroy alone loses it. */
int wi_env_finish(struct wi_env *env, struct wi_err *err);
void wi_env_destroy(struct wi_env *env);

#endif
