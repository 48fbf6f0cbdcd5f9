/* env_parts.h: between the env*.c files and their tests only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_ENV_PARTS_H
#define WI_ENV_PARTS_H

#include "probes/recording.h"

/* Absolute, without "." and ".." and empty components, NULs and overlong names. */
bool wi_env_path_ok(const char *path);
/* The cpuid leaves that probes read, as key=value lines; WI_NOT_FOUND where there are none. */
int wi_env_cpuid(struct wi_buf *out);
/* Records what `inner` says; the new environment owns it from WI_OK on. folder NULL: in memory. */
int wi_env_record_of(struct wi_env *inner, const char *folder, bool raw, struct wi_env **env,
                     struct wi_err *err);
/* Answers from a recording in memory; owns it from WI_OK on. */
int wi_env_replay_of(struct wi_recording *recording, struct wi_env **env, struct wi_err *err);

#endif
