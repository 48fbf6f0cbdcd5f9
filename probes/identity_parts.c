/* identity_parts.c: hardware_id, sku_id, software_id: made of what the other probes found.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What goes in is chosen so that nothing but its own cause changes an id: the kernel keeps some
 * memory, so memory is a class; drivers rename GPUs, so a GPU is its PCI ids where they are known.
 */
#include "base/hash.h"
#include "probes/facts.h"
#include "probes/gpu_seen.h"
#include "probes/identity.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct texts {
    const char **items;
    size_t count, capacity;
};

static int compare(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, each once, with `between`. */
static const char *joined(struct wi_arena *arena, struct texts *texts, const char *between) {
    struct wi_buf out = {0};
    if (texts->count)
        qsort(texts->items, texts->count, sizeof(*texts->items), compare);
    for (size_t i = 0; i < texts->count; i++) {
        if (i && strcmp(texts->items[i - 1], texts->items[i]) == 0)
            continue;
        wi_buf_puts(&out, i ? between : "");
        wi_buf_puts(&out, texts->items[i]);
    }
    const char *text = wi_arena_strdup(arena, wi_buf_str(&out));
    wi_buf_fini(&out);
    return text;
}

uint64_t wi_identity_memory_mib(struct wi_maybe_u64 total_bytes) {
    if (!wi_has_u64(total_bytes) || total_bytes.value == 0 || total_bytes.value > UINT64_MAX / 4)
        return 0;
    uint64_t mib = (total_bytes.value + ((1u << 20) - 1)) >> 20, power = 16;
    while (power < mib)
        power *= 2;
    uint64_t step = power / 8;
    return (mib + step - 1) / step * step;
}

/* ---- hardware ---- */

static const char *number(struct wi_arena *arena, struct wi_maybe_u64 value, const char *format) {
    return wi_has_u64(value) ? wi_arena_printf(arena, format, (unsigned long long)value.value)
                             : "?";
}

static const char *model_of(struct wi_arena *arena, struct wi_maybe_u64 vendor,
                            struct wi_maybe_u64 device, const char *name) {
    if (wi_has_u64(vendor) && wi_has_u64(device))
        return wi_arena_printf(arena, "%04llx-%04llx", (unsigned long long)vendor.value,
                               (unsigned long long)device.value);
    return name ? name : "?";
}

/* A slot and what is in it are known with and without a driver; a UUID only with one. */
static void list_gpus(const struct wi_inventory *inventory, bool with_place, struct texts *out) {
    struct wi_arena *arena = inventory->arena;
    for (size_t i = 0; i < inventory->gpu_count; i++) {
        const struct wi_gpu *g = &inventory->gpus[i];
        const char *place = g->pci ? g->pci : g->uuid ? g->uuid : "?";
        const char *model = model_of(arena, g->vendor_id, g->device_id, g->name);
        if (!g->software)
            *WI_PUSH(arena, out, const char *) =
                with_place ? wi_arena_printf(arena, "%s %s", model, place) : model;
    }
    for (size_t i = 0; i < inventory->unopened_count; i++) {
        const struct wi_unopened_gpu *g = &inventory->unopened[i];
        const char *model = model_of(arena, g->vendor_id, g->device_id, g->name);
        *WI_PUSH(arena, out, const char *) =
            with_place ? wi_arena_printf(arena, "%s %s", model, g->pci ? g->pci : "?") : model;
    }
}

void wi_identity_hardware(struct wi_inventory *inventory) {
    const struct wi_cpu *cpu = &inventory->cpu;
    struct wi_arena *arena = inventory->arena;
    struct texts gpus = {0};
    char hex[65];
    list_gpus(inventory, true, &gpus);
    const char *text = wi_arena_printf(
        arena,
        "weighin-hardware-v1\ncpu %s %s %s %s %s\npackages %u cores %u threads %u\n"
        "memory %" PRIu64 " MiB\ngpus\n%s\n",
        cpu->vendor ? cpu->vendor : "?", cpu->name ? cpu->name : "?",
        number(arena, cpu->family, "%llu"), number(arena, cpu->model, "%llu"),
        number(arena, cpu->stepping, "%llu"), cpu->packages, cpu->cores, cpu->threads,
        wi_identity_memory_mib(inventory->memory.total_bytes), joined(arena, &gpus, "\n"));
    wi_sha256_hex(text, strlen(text), hex);
    inventory->identity.hardware_id = wi_arena_strdup(arena, hex);
}

/* ---- SKU ---- */

/* "11th Gen Intel(R) Core(TM) i7-1185G7 @ 3.00GHz" -> "11th-gen-intel-core-i7-1185g7" */
static const char *slug(struct wi_arena *arena, const char *text) {
    static const char *const marks[] = {"(R)", "(r)", "(TM)", "(tm)"};
    char *out = wi_arena_alloc(arena, strlen(text) + 1);
    size_t n = 0;
    for (const char *p = text; *p && *p != '@'; p++) {
        for (size_t i = 0; i < WI_COUNT(marks); i++)
            if (strncmp(p, marks[i], strlen(marks[i])) == 0)
                p += strlen(marks[i]) - 1;
        unsigned char c = (unsigned char)*p;
        if (isalnum(c))
            out[n++] = (char)tolower(c);
        else if (n > 0 && out[n - 1] != '-' && c != ')')
            out[n++] = '-';
    }
    while (n > 0 && out[n - 1] == '-')
        n--;
    out[n] = '\0';
    return n ? out : "unknown";
}

static const char *slug_of(struct wi_arena *arena, const char *text) {
    return text ? slug(arena, text) : "unknown";
}

static const char *memory_class(struct wi_arena *arena, struct wi_maybe_u64 total_bytes) {
    uint64_t mib = wi_identity_memory_mib(total_bytes);
    if (mib == 0)
        return "unknown";
    return mib % 1024 ? wi_arena_printf(arena, "%" PRIu64 "mib", mib)
                      : wi_arena_printf(arena, "%" PRIu64 "gib", mib / 1024);
}

void wi_identity_sku(struct wi_inventory *inventory) {
    struct wi_arena *arena = inventory->arena;
    struct texts gpus = {0};
    list_gpus(inventory, false, &gpus);
    for (size_t i = 0; i < gpus.count; i++)
        gpus.items[i] = slug(arena, gpus.items[i]);
    inventory->identity.sku_id =
        wi_arena_printf(arena, "%s/%s/%s/%s/%s", slug_of(arena, inventory->maker),
                        slug_of(arena, inventory->product), slug_of(arena, inventory->cpu.name),
                        gpus.count ? joined(arena, &gpus, "+") : "no-gpu",
                        memory_class(arena, inventory->memory.total_bytes));
}

/* ---- software ---- */

/* "6.1.0-25-amd64" -> "6.1" */
static const char *major_minor(struct wi_arena *arena, const char *release) {
    size_t n = strspn(release, "0123456789");
    if (release[n] == '.')
        n += 1 + strspn(release + n + 1, "0123456789");
    return n ? wi_arena_strndup(arena, release, n) : release;
}

static const char *governors(struct wi_env *env, struct wi_arena *arena) {
    static const char folder[] = "/sys/devices/system/cpu/cpufreq";
    struct texts found = {0};
    size_t count;
    char **names = wi_env_names(env, arena, folder, &count);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(names[i], "policy", 6) != 0)
            continue;
        const char *path = wi_arena_printf(arena, "%s/%s/scaling_governor", folder, names[i]);
        const char *text = wi_gpu_clean_text(arena, wi_env_text(env, arena, path, NULL));
        if (text)
            *WI_PUSH(arena, &found, const char *) = text;
    }
    return found.count ? joined(arena, &found, "+") : "unknown";
}

static const char *cpu_software(struct wi_env *env, struct wi_inventory *inventory) {
    struct wi_arena *arena = inventory->arena;
    const char *system = wi_env_value(env, arena, "uname.sysname", NULL);
    const char *release = wi_env_value(env, arena, "uname.release", NULL);
    return wi_arena_printf(arena, "%s %s; microcode %s; governor %s", system ? system : "kernel",
                           release ? major_minor(arena, release) : "unknown",
                           inventory->cpu.microcode ? inventory->cpu.microcode : "unknown",
                           governors(env, arena));
}

/* What amdgpu shows of firmware that computes; others show nothing without debugfs. */
static const char *firmware(struct wi_env *env, struct wi_arena *arena, const struct wi_gpu *gpu) {
    const char *folder =
        wi_arena_printf(arena, "/sys/bus/pci/devices/%s", gpu->pci ? gpu->pci : "");
    const char *mec = NULL, *vbios = NULL;
    if (gpu->pci) {
        mec = wi_env_text(env, arena,
                          wi_arena_printf(arena, "%s/fw_version/mec_fw_version", folder), NULL);
        vbios = wi_env_text(env, arena, wi_arena_printf(arena, "%s/vbios_version", folder), NULL);
    }
    mec = wi_gpu_clean_text(arena, mec);
    vbios = wi_gpu_clean_text(arena, vbios);
    if (!mec && !vbios)
        return "unknown";
    return wi_arena_printf(arena, "%s %s", mec ? mec : "?", vbios ? vbios : "?");
}

static const char *said(const char *text) {
    return text ? text : "unknown";
}

/* All real GPUs of one API; software devices count only when there is nothing else. */
static const char *gpu_software(struct wi_env *env, struct wi_inventory *inventory,
                                enum wi_backend_id api, bool software) {
    struct wi_arena *arena = inventory->arena;
    struct texts found = {0};
    for (size_t i = 0; i < inventory->gpu_count; i++) {
        const struct wi_gpu *gpu = &inventory->gpus[i];
        for (size_t k = 0; k < gpu->api_count && gpu->software == software; k++) {
            const struct wi_gpu_api *a = &gpu->apis[k];
            if (a->api == api)
                *WI_PUSH(arena, &found, const char *) = wi_arena_printf(
                    arena, "driver %s %s; firmware %s; loader %s; API %s", said(a->driver_name),
                    said(a->driver_version), firmware(env, arena, gpu), said(a->loader),
                    said(a->api_version));
        }
    }
    return found.count ? joined(arena, &found, " | ") : NULL;
}

void wi_identity_software(struct wi_env *env, struct wi_inventory *inventory) {
    static const enum wi_backend_id apis[] = {WI_BACKEND_vulkan, WI_BACKEND_opencl};
    inventory->identity.software_id[WI_BACKEND_cpu] = cpu_software(env, inventory);
    for (size_t i = 0; i < WI_COUNT(apis); i++) {
        const char *real = gpu_software(env, inventory, apis[i], false);
        inventory->identity.software_id[apis[i]] =
            real ? real : gpu_software(env, inventory, apis[i], true);
    }
}
