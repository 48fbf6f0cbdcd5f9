/* backend.c: the backends of this build.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/backend.h"

#include "kernels/cpu/backend.h"
#include "kernels/null/null.h"

static const struct wi_backend *const backends[WI_BACKEND_COUNT] = {
    [WI_BACKEND_cpu] = &wi_backend_cpu,
    [WI_BACKEND_null] = &wi_backend_null,
};

const struct wi_backend *wi_backend_find(enum wi_backend_id id) {
    return id < WI_BACKEND_COUNT ? backends[id] : NULL;
}

int wi_backend_validate(const struct wi_backend *b, struct wi_err *err) {
    const char *name = b->name == NULL ? "?" : b->name;
    if (b->abi != WI_BACKEND_ABI)
        return wi_fail(err, WI_INTERNAL, "backend %s: ABI %u, this build has %u", name, b->abi,
                       WI_BACKEND_ABI);
    if (b->name == NULL || b->open == NULL || b->close == NULL || b->describe == NULL ||
        b->run == NULL)
        return wi_fail(err, WI_INTERNAL, "backend %s: a hook that every backend has is NULL", name);
    bool all = b->buffer_create != NULL && b->buffer_destroy != NULL && b->upload != NULL &&
               b->download != NULL && b->generate != NULL && b->prepare != NULL &&
               b->run_call != NULL;
    bool any = b->buffer_create != NULL || b->buffer_destroy != NULL || b->upload != NULL ||
               b->download != NULL || b->generate != NULL || b->prepare != NULL ||
               b->run_call != NULL;
    if ((b->computes && !all) || (!b->computes && any) || b->computes == (b->verify != NULL))
        return wi_fail(err, WI_INTERNAL, "backend %s: hooks do not match `computes`", name);
    return WI_OK;
}

int wi_backends_validate(struct wi_err *err) {
    for (size_t i = 0; i < WI_BACKEND_COUNT; i++) {
        if (backends[i] == NULL)
            continue;
        WI_TRY(wi_backend_validate(backends[i], err));
        if ((size_t)backends[i]->id != i)
            return wi_fail(err, WI_INTERNAL, "backend %s: in the place of another",
                           backends[i]->name);
    }
    return WI_OK;
}
