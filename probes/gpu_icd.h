/* gpu_icd.h: which drivers (ICDs) the loader of a GPU API would find, and whether they load.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The loaders skip a broken driver without a word; a user then wonders where the GPU is. So we read
 * the same manifests: the parent asks them one by one after a crash, the child says which did not
 * load and why. */
#ifndef WI_GPU_ICD_H
#define WI_GPU_ICD_H

#include "base/arena.h"
#include "base/kv.h"
#include "results/record.h"

struct wi_gpu_icd {
    const char *file;    /* the manifest: *.json or *.icd */
    const char *library; /* as dlopen would take it; NULL: the manifest names none */
};

/* In the loader's own order; at most 64. The same folders and variables as the loaders read;
 * `env` ("K=V", NULL-terminated, may be NULL) stands before our own environment. */
void wi_gpu_icd_list(enum wi_backend_id api, const char *const *env, struct wi_arena *arena,
                     struct wi_gpu_icd **icds, size_t *count);

/* In the child, with the driver still loaded: "API.icd.N.file, .library, .state, .reason". */
void wi_gpu_icd_report(enum wi_backend_id api, struct wi_kv *kv);

#endif
