/* gpu_loader.c: opens libvulkan or libOpenCL at run time.
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: the dynamic linker only. */
#include "probes/gpu_loader.h"

#include <dlfcn.h>
#include <stdlib.h>

struct wi_gpu_loader {
    void *handle;
    const char *library; /* static text or the environment's */
};

static const char *const vulkan_names[] = {"libvulkan.so.1", "libvulkan.so", NULL};
static const char *const opencl_names[] = {"libOpenCL.so.1", "libOpenCL.so", NULL};

int wi_gpu_loader_open(enum wi_backend_id api, struct wi_gpu_loader **loader, struct wi_err *err) {
    bool vulkan = api == WI_BACKEND_vulkan;
    const char *override = getenv(vulkan ? "WEIGHIN_VULKAN_LIB" : "WEIGHIN_OPENCL_LIB");
    const char *const only[] = {override, NULL};
    const char *const *names = vulkan ? vulkan_names : opencl_names;
    if (override != NULL && override[0] != '\0')
        names = only;

    *loader = NULL;
    for (const char *const *name = names; *name != NULL; name++) {
        void *handle = dlopen(*name, RTLD_NOW | RTLD_LOCAL);
        if (handle == NULL)
            continue;
        *loader = calloc(1, sizeof(**loader));
        if (*loader == NULL) {
            dlclose(handle);
            return wi_fail(err, WI_NOMEM, "no memory for the loader %s", *name);
        }
        **loader = (struct wi_gpu_loader){handle, *name};
        return WI_OK;
    }
    const char *why = dlerror();
    return wi_fail(err, WI_UNAVAILABLE, "no %s loader: cannot open %s (%s)",
                   vulkan ? "Vulkan" : "OpenCL", names[0], why != NULL ? why : "no reason given");
}

void wi_gpu_loader_close(struct wi_gpu_loader *loader) {
    /* The library itself stays: drivers that started threads crash when they are unloaded. */
    free(loader);
}

void *wi_gpu_loader_symbol(const struct wi_gpu_loader *loader, const char *name) {
    return dlsym(loader->handle, name);
}

const char *wi_gpu_loader_library(const struct wi_gpu_loader *loader) {
    return loader->library;
}
