/* env_parts.h: between the env*.c files and their tests only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_ENV_PARTS_H
#define WI_ENV_PARTS_H

#include "probes/env.h"

/* Absolute, without "." and ".." and empty components, NULs and overlong names. */
bool wi_env_path_ok(const char *path);
/* The cpuid leaves that probes read, as key=value lines; WI_NOT_FOUND where there are none. */
int wi_env_cpuid(struct wi_buf *out);

#endif
