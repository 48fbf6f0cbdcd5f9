/* gpu_loader.h: the loader library of a GPU API, opened while running, never linked.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Knows no vendor header: callers cast symbols to the types of theirs. $WEIGHIN_VULKAN_LIB and
 * $WEIGHIN_OPENCL_LIB name another library to open instead (diagnosis, and tests of its absence).
 */
#ifndef WI_GPU_LOADER_H
#define WI_GPU_LOADER_H

#include "base/status.h"
#include "results/record.h"

struct wi_gpu_loader; /* close with wi_gpu_loader_close; the library stays mapped */

/* `api` is WI_BACKEND_vulkan or WI_BACKEND_opencl. WI_UNAVAILABLE says what was tried. */
int wi_gpu_loader_open(enum wi_backend_id api, struct wi_gpu_loader **loader, struct wi_err *err);
void wi_gpu_loader_close(struct wi_gpu_loader *loader);
/* NULL when the library has no such symbol. Function pointers travel as data pointers, which POSIX
 * promises to work. */
void *wi_gpu_loader_symbol(const struct wi_gpu_loader *loader, const char *name);
const char *wi_gpu_loader_library(const struct wi_gpu_loader *loader); /* as it was opened */

#endif
