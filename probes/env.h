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
#include "base/maybe.h"
#include "base/status.h"

/* Paths handed to the hooks are absolute and hold no "." or ".." and no empty component.
 *
 * Names that `value` knows; what this machine has not is WI_NOT_FOUND:
 *   uname.sysname, .release, .version, .machine   as uname(2) says
 *   utc_ns, mono_ns      CLOCK_REALTIME and CLOCK_MONOTONIC, decimal nanoseconds
 *   clock_sync           "yes" or "no": disciplined by NTP or its like
 *   cpuid                x86: a key=value line each leaf, see env_cpuid.c
 *   auxv.hwcap, .hwcap2  decimal
 *   online_cpus, page_size   decimal
 *   sched_affinity       OS indices this process may run on, "0-3,8"
 *   user, hostname, uid  who runs this, where; uid is "0" for root, else "1"
 *   random               64 hex digits from the kernel, new at each recording
 *   statvfs:PATH         "FREE TOTAL" in bytes; of PATH, which is absolute
 * The next three depend on what the caller says; a recording answers whatever it says, so that a
 * replay does not depend on the folders and names of those who replay it:
 *   storage:DIR          lines path=, free=, total= of the folder where a model would land
 *   device_id:DIR        the saved device id, from DIR or, when DIR is empty, from the default
 * places
 *
 * The text of a value holds no NUL byte. */
struct wi_env {
    void *state;
    /* All return WI_OK, WI_NOT_FOUND, WI_UNAVAILABLE (denied) or WI_IO; `out` is emptied first. */
    int (*read_file)(void *state, const char *path, struct wi_buf *out);
    /* Sorted bytewise. */
    int (*list_dir)(void *state, const char *path, struct wi_arena *arena, char ***names,
                    size_t *count);
    int (*value)(void *state, const char *name, struct wi_buf *out);
    /* The topology as XML for replay; WI_UNSUPPORTED: live, load it yourself, then give it back. */
    int (*topology_xml)(void *state, struct wi_buf *xml);
    void (*topology_seen)(void *state, const char *xml, size_t n); /* recording; may be NULL */
    /* The answer of a GPU API's enumeration child ("vulkan", "opencl") as key=value lines. */
    int (*gpu_answer)(void *state, const char *api, struct wi_buf *kv, struct wi_err *err);
    /* Saves a newly made device id in `dir` ("": the default place). NULL: nowhere (a replay). */
    int (*save_device_id)(void *state, const char *dir, const char *id, struct wi_err *err);
    /* What only env*.c calls; may be NULL. */
    int (*finish)(void *state, struct wi_err *err);
    void (*destroy)(void *state);
};

int wi_env_live(struct wi_env **env, struct wi_err *err);
int wi_env_record(const char *folder, bool raw, struct wi_env **env, struct wi_err *err);
int wi_env_replay(const char *folder, struct wi_env **env, struct wi_err *err);
/* What `inner` says, kept in memory, for wi_env_replay_heard; owns `inner` from WI_OK on. */
int wi_env_listen(struct wi_env *inner, struct wi_env **env, struct wi_err *err);
/* Further text that is hidden with the rest: the replay has it as the file `path`. */
void wi_env_listen_note(struct wi_env *listener, const char *path, const char *text);
/* What a listener heard, redacted unless raw, answers in this machine's place. The listener is
 * used up and still to be destroyed. */
int wi_env_replay_heard(struct wi_env *listener, bool raw, struct wi_env **env, struct wi_err *err);
/* Recording: writes what is still held back. Must be called; destroy alone loses it. */
int wi_env_finish(struct wi_env *env, struct wi_err *err);
void wi_env_destroy(struct wi_env *env);

/* ---- for probes: reading through an environment ---- */

/* The file as text in the arena, without trailing blanks and NULs; NULL unless *known is known:
 * denied when we may not, not_applicable when it is not there, unknown when reading failed. `known`
 * may be NULL. An empty file is "". */
const char *wi_env_text(struct wi_env *env, struct wi_arena *arena, const char *path,
                        enum wi_known *known);
/* The same for a value; its text is "" when it has none. */
const char *wi_env_value(struct wi_env *env, struct wi_arena *arena, const char *name,
                         enum wi_known *known);
/* A file that holds one decimal number, and nothing else. */
struct wi_maybe_u64 wi_env_u64(struct wi_env *env, struct wi_arena *arena, const char *path);
/* Names in a folder; NULL-terminated, and empty when the folder cannot be listed. */
char **wi_env_names(struct wi_env *env, struct wi_arena *arena, const char *path, size_t *count);
/* What a hook's status says of the thing asked for. */
enum wi_known wi_env_known(int status);

#endif
