/* gpu.c: the GPU part of the inventory, from the children's answers and the bus.
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: the environment; gpu_decode.c, gpu_merge.c, gpu_bus.c. See gpu.h for the way. */
#include "probes/gpu.h"

#include "probes/gpu_seen.h"

#include <string.h>

enum { GLOBAL_FACTS_MAX = 512, ICDS_MAX = 64 };

static const struct {
    enum wi_backend_id api;
    const char *no_loader, *no_device, *not_built;
} advices[] = {
    {WI_BACKEND_vulkan, "install libvulkan1 and mesa-vulkan-drivers",
     "install the GPU's driver: mesa-vulkan-drivers (AMD, Intel and many more) or "
     "nvidia-vulkan-icd",
     "install libvulkan-dev and build again"},
    {WI_BACKEND_opencl,
     "install ocl-icd-libopencl1 and the GPU's driver: intel-opencl-icd, "
     "nvidia-opencl-icd or mesa-opencl-icd",
     "install the GPU's driver: intel-opencl-icd, nvidia-opencl-icd or mesa-opencl-icd",
     "install opencl-c-headers and build again"},
};

static struct wi_maybe_u64 count_of(const struct wi_kv *kv, const char *name, const char *what) {
    return wi_kv_u64(kv, wi_arena_printf(kv->arena, "%s.%s", name, what));
}

/* ---- backend states ---- */

/* The drivers that crashed, hung or did not load, as a sentence; NULL: none. */
static const char *trouble(const struct wi_kv *kv, const char *name) {
    struct wi_maybe_u64 count = count_of(kv, name, "icd_count");
    const char *text = NULL;
    for (unsigned i = 0; wi_has_u64(count) && i < count.value && i < ICDS_MAX; i++) {
        const char *state = wi_kv_getf(kv, "%s.icd.%u.state", name, i);
        const char *file = wi_gpu_clean_text(kv->arena, wi_kv_getf(kv, "%s.icd.%u.file", name, i));
        const char *what = state == NULL                   ? NULL
                           : strcmp(state, "crashed") == 0 ? "crashes"
                           : strcmp(state, "timeout") == 0 ? "hangs"
                           : strcmp(state, "broken") == 0  ? "does not load"
                                                           : NULL;
        if (what == NULL || file == NULL)
            continue;
        text = wi_arena_printf(kv->arena, "%s%s%s %s", text != NULL ? text : "",
                               text != NULL ? ", " : "", file, what);
    }
    return text;
}

static enum wi_case_status status_of(const char *text) {
    static const enum wi_case_status allowed[] = {
        WI_CASE_ok, WI_CASE_not_built, WI_CASE_unavailable, WI_CASE_crashed, WI_CASE_timeout};
    for (size_t i = 0; text != NULL && i < WI_COUNT(allowed); i++)
        if (strcmp(text, wi_case_status_name(allowed[i])) == 0)
            return allowed[i];
    return WI_CASE_unavailable;
}

static bool any_driver_loads(const struct wi_kv *kv, const char *name) {
    struct wi_maybe_u64 count = count_of(kv, name, "icd_count");
    for (unsigned i = 0; wi_has_u64(count) && i < count.value && i < ICDS_MAX; i++) {
        const char *state = wi_kv_getf(kv, "%s.icd.%u.state", name, i);
        if (state != NULL && strcmp(state, "loaded") == 0)
            return true;
    }
    return false;
}

static const char *state_advice(const struct wi_kv *kv, size_t which, enum wi_case_status status,
                                const char *troubled) {
    const char *name = wi_backend_id_name(advices[which].api);
    const char *loader = wi_kv_getf(kv, "%s.loader", name);
    if (troubled != NULL)
        return wi_arena_printf(kv->arena, "%s: reinstall or remove that driver", troubled);
    if (status == WI_CASE_ok)
        return NULL;
    if (status == WI_CASE_not_built)
        return advices[which].not_built;
    if (status == WI_CASE_crashed || status == WI_CASE_timeout)
        return "reinstall the GPU driver";
    if (loader != NULL && strcmp(loader, "missing") == 0)
        return advices[which].no_loader;
    if (any_driver_loads(kv, name))
        return wi_arena_printf(kv->arena,
                               "the installed drivers found no GPU of theirs: if there is one, %s, "
                               "and see that this user may open /dev/dri/renderD* (group render)",
                               advices[which].no_device);
    return advices[which].no_device;
}

static struct wi_backend_state decode_state(const struct wi_kv *kv, size_t which, size_t devices,
                                            const char *troubled) {
    const char *name = wi_backend_id_name(advices[which].api);
    const char *reason = wi_gpu_clean_text(kv->arena, wi_kv_getf(kv, "%s.reason", name));
    enum wi_case_status status = status_of(wi_kv_getf(kv, "%s.status", name));
    if (status == WI_CASE_ok && devices == 0)
        status = WI_CASE_unavailable; /* an answer that says ok and shows nothing */
    if (status != WI_CASE_ok && devices > 0)
        status = WI_CASE_ok;
    if (reason == NULL)
        reason = "no driver answered";
    return (struct wi_backend_state){advices[which].api, status,
                                     status == WI_CASE_ok ? NULL : reason,
                                     state_advice(kv, which, status, troubled)};
}

/* ---- facts ---- */

static void push_fact(struct wi_inventory *inventory, struct wi_fact fact) {
    *WI_PUSH(inventory->arena, &inventory->facts, struct wi_fact) = fact;
}

/* Lines about the API itself: loader, drivers, platforms. */
static void keep_global_facts(const struct wi_kv *kv, const char *name,
                              struct wi_inventory *inventory) {
    const char *device = wi_arena_printf(kv->arena, "%s.device.", name);
    size_t n = strlen(name), kept = 0;
    for (size_t i = 0; i < kv->count && kept < GLOBAL_FACTS_MAX; i++) {
        const struct wi_kv_entry *e = &kv->items[i];
        const char *value = wi_gpu_clean_text(kv->arena, e->value);
        if (strncmp(e->key, name, n) != 0 || e->key[n] != '.' || value == NULL ||
            strncmp(e->key, device, strlen(device)) == 0)
            continue;
        push_fact(inventory, (struct wi_fact){e->key, WI_KNOWN_known, value, "", name});
        kept++;
    }
}

/* "gpu0.vulkan.heap.0.size": what each API said of each chip. */
static void keep_device_facts(struct wi_inventory *inventory) {
    struct wi_arena *arena = inventory->arena;
    for (size_t g = 0; g < inventory->gpu_count; g++) {
        const struct wi_gpu *gpu = &inventory->gpus[g];
        if (gpu->same_because != NULL)
            push_fact(
                inventory,
                (struct wi_fact){wi_arena_printf(arena, "%s.same_because", gpu->compute_device_id),
                                 WI_KNOWN_known, gpu->same_because, "", "weighin"});
        for (size_t a = 0; a < gpu->api_count; a++)
            for (size_t f = 0; f < gpu->apis[a].facts.count; f++) {
                struct wi_fact fact = gpu->apis[a].facts.items[f];
                fact.key = wi_arena_printf(arena, "%s.%s", gpu->compute_device_id, fact.key);
                push_fact(inventory, fact);
            }
    }
}

/* ---- the whole ---- */

/* A missing or damaged answer is a finding, told by its status line. */
static int ask(struct wi_env *env, const char *name, struct wi_kv *kv, struct wi_err *err) {
    struct wi_buf text = {0};
    struct wi_err why = {0};
    int status = env->gpu_answer(env->state, name, &text, &why);
    if (status == WI_OK)
        status = wi_kv_parse(kv, wi_buf_str(&text), text.size, &why);
    if (status != WI_OK && status != WI_INTERRUPTED) {
        wi_kv_setf(kv, wi_arena_printf(kv->arena, "%s.status", name), "unavailable");
        wi_kv_setf(kv, wi_arena_printf(kv->arena, "%s.reason", name), "no answer: %s",
                   why.message[0] != '\0' ? why.message : wi_status_text(status));
    }
    wi_buf_fini(&text);
    return status == WI_INTERRUPTED ? wi_fail(err, status, "%s: interrupted", name) : WI_OK;
}

int wi_probe_gpus(struct wi_env *env, struct wi_inventory *inventory, struct wi_err *err) {
    struct wi_arena *arena = inventory->arena;
    struct wi_gpu_seen_list seen = {0};
    const char *troubles[WI_COUNT(advices)];
    const char *troubled = NULL;
    for (size_t i = 0; i < WI_COUNT(advices); i++) {
        const char *name = wi_backend_id_name(advices[i].api);
        size_t before = seen.count;
        struct wi_kv kv;
        wi_kv_init(&kv, arena);
        WI_TRY(ask(env, name, &kv, err));
        wi_gpu_decode(&kv, advices[i].api, &seen);
        keep_global_facts(&kv, name, inventory);
        troubles[i] = trouble(&kv, name);
        if (troubles[i] != NULL)
            troubled = troubled == NULL ? troubles[i]
                                        : wi_arena_printf(arena, "%s, %s", troubled, troubles[i]);
        inventory->backends[advices[i].api] =
            decode_state(&kv, i, seen.count - before, troubles[i]);
    }
    wi_gpu_merge(&seen, inventory);
    keep_device_facts(inventory);
    wi_gpu_bus(env, inventory, troubled);
    return WI_OK;
}

void wi_probe_gpus_skipped(struct wi_inventory *inventory) {
    for (size_t i = 0; i < WI_COUNT(advices); i++)
        inventory->backends[advices[i].api] = (struct wi_backend_state){
            advices[i].api, WI_CASE_skipped, "GPUs were not asked for", NULL};
}
