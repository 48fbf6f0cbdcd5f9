/* gpu_bus.c: GPUs that the kernel sees on a bus, held against those that an API opened.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A GPU without a usable driver is the commonest reason why a good machine looks weak: it is listed
 * with what to install. Adapters that only make a picture (BMCs, virtual machines) are none.
 * Relies on: sysfs as Linux documents it, through the environment. */
#include "probes/gpu_seen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICES_MAX = 512 };

struct on_bus {         /* one GPU of the kernel's view */
    const char *pci;    /* NULL: a platform device */
    const char *driver; /* NULL: none bound */
    const char *vendor; /* our spelling; NULL: stranger */
    const char *name;
    struct wi_maybe_u64 vendor_id, device_id;
};
struct bus_list {
    struct on_bus *items;
    size_t count, capacity;
};
struct bus {
    struct wi_env *env;
    struct wi_inventory *inventory;
    struct wi_arena *arena;
    const char *troubled;
    struct bus_list found;
    bool *taken; /* of inventory->gpus: explains a found one already */
};

/* ---- reading sysfs ---- */

static const char *read_text(struct bus *b, const char *path) {
    struct wi_buf text = {0};
    const char *out = NULL;
    if (b->env->read_file(b->env->state, path, &text) == WI_OK)
        out = wi_arena_strndup(b->arena, wi_buf_str(&text), strlen(wi_buf_str(&text)));
    wi_buf_fini(&text);
    return out;
}

/* The value of NAME=value in a uevent file; NULL when absent. */
static const char *uevent(struct bus *b, const char *text, const char *name) {
    size_t n = strlen(name);
    for (const char *p = text; p != NULL && *p != '\0';) {
        size_t line = strcspn(p, "\n");
        if (line > n && strncmp(p, name, n) == 0 && p[n] == '=')
            return wi_gpu_clean_text(b->arena, wi_arena_strndup(b->arena, p + n + 1, line - n - 1));
        p += line + (p[line] == '\n');
    }
    return NULL;
}

static struct wi_maybe_u64 hex(const char *text) {
    char *end;
    if (text == NULL || !isxdigit((unsigned char)text[0]))
        return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    unsigned long long value = strtoull(text, &end, 16);
    return end == text ? (struct wi_maybe_u64){WI_KNOWN_unknown, 0} : wi_some_u64(value);
}

static struct wi_maybe_u64 read_hex(struct bus *b, const char *folder, const char *file) {
    return hex(read_text(b, wi_arena_printf(b->arena, "%s/%s", folder, file)));
}

static void add_fact(struct bus *b, const char *key, const char *value, const char *source) {
    struct wi_fact *f = WI_PUSH(b->arena, &b->inventory->facts, struct wi_fact);
    *f = (struct wi_fact){key, WI_KNOWN_known, value, "", source};
}

/* ---- PCI ---- */

/* Display adapters without compute. device 0: all of that vendor. */
static const struct {
    uint32_t vendor, device;
    const char *name;
} picture_only[] = {
    {0x1a03, 0, "ASPEED BMC graphics"},          {0x102b, 0, "Matrox server graphics"},
    {0x1234, 0x1111, "QEMU standard VGA"},       {0x1013, 0, "Cirrus Logic VGA"},
    {0x1b36, 0x0100, "QXL virtual display"},     {0x1af4, 0x1050, "virtio-gpu without 3D"},
    {0x15ad, 0, "VMware virtual display"},       {0x80ee, 0xbeef, "VirtualBox virtual display"},
    {0x1414, 0x5353, "Hyper-V virtual display"}, {0x1ab8, 0x4005, "Parallels virtual display"},
    {0x5853, 0xc147, "Xen virtual display"},     {0x1d0f, 0x1111, "Amazon EC2 virtual display"},
    {0x19e5, 0x1711, "Huawei BMC graphics"},     {0x126f, 0, "Silicon Motion display"},
    {0x18ca, 0, "XGI server graphics"},          {0x1050, 0x0750, "Nuvoton BMC graphics"},
};

static const char *picture_only_name(uint64_t vendor, uint64_t device) {
    for (size_t i = 0; i < WI_COUNT(picture_only); i++)
        if (picture_only[i].vendor == vendor &&
            (picture_only[i].device == 0 || picture_only[i].device == device))
            return picture_only[i].name;
    return NULL;
}

static bool opened_at(const struct wi_inventory *inventory, const char *pci) {
    for (size_t i = 0; i < inventory->gpu_count; i++)
        if (inventory->gpus[i].pci != NULL && strcmp(inventory->gpus[i].pci, pci) == 0)
            return true;
    return false;
}

static void add_pci_gpu(struct bus *b, const char *pci, const char *driver, uint64_t vendor,
                        uint64_t device) {
    const char *picture = picture_only_name(vendor, device);
    if (picture != NULL && !opened_at(b->inventory, pci)) {
        add_fact(b, wi_arena_printf(b->arena, "display.%s", pci),
                 wi_arena_printf(b->arena, "%s: shows a picture, cannot compute", picture),
                 "/sys/bus/pci/devices");
        return;
    }
    struct on_bus *g = WI_PUSH(b->arena, &b->found, struct on_bus);
    *g = (struct on_bus){.pci = pci,
                         .driver = driver,
                         .vendor = wi_gpu_vendor(wi_some_u64(vendor), NULL),
                         .vendor_id = wi_some_u64(vendor),
                         .device_id = wi_some_u64(device)};
    g->name = wi_arena_printf(b->arena, "%s GPU %04llx:%04llx", g->vendor ? g->vendor : "unknown",
                              (unsigned long long)vendor, (unsigned long long)device);
}

static void look_at_pci(struct bus *b, const char *address) {
    const char *folder = wi_arena_printf(b->arena, "/sys/bus/pci/devices/%s", address);
    const char *text = read_text(b, wi_arena_printf(b->arena, "%s/uevent", folder));
    const char *ids = uevent(b, text, "PCI_ID");
    struct wi_maybe_u64 class = hex(uevent(b, text, "PCI_CLASS")), vendor = hex(ids);
    struct wi_maybe_u64 device = {WI_KNOWN_unknown, 0};
    if (ids != NULL && strchr(ids, ':') != NULL)
        device = hex(strchr(ids, ':') + 1);
    if (!wi_has_u64(class))
        class = read_hex(b, folder, "class");
    if (!wi_has_u64(class) || (class.value >> 16 != 0x03 && class.value >> 16 != 0x12))
        return;
    if (!wi_has_u64(vendor))
        vendor = read_hex(b, folder, "vendor");
    if (!wi_has_u64(device))
        device = read_hex(b, folder, "device");
    if (!wi_has_u64(vendor) || !wi_has_u64(device))
        return;
    /* class 0x12, processing accelerators: AMD's are GPUs, the others' are NPUs and the like */
    if (class.value >> 16 == 0x12 && vendor.value != 0x1002)
        add_fact(
            b, wi_arena_printf(b->arena, "accelerator.%s", address),
            wi_arena_printf(b->arena, "%04llx:%04llx: an accelerator that weighin does not use",
                            (unsigned long long)vendor.value, (unsigned long long)device.value),
            folder);
    else
        add_pci_gpu(b, address, uevent(b, text, "DRIVER"), vendor.value, device.value);
}

/* ---- platform buses (phones, boards) ---- */

static const struct {
    const char *driver, *vendor, *name;
    uint64_t vendor_id;
} platform_gpus[] = {
    {"msm", "Qualcomm", "Qualcomm Adreno", 0x5143},
    {"adreno", "Qualcomm", "Qualcomm Adreno", 0x5143},
    {"kgsl", "Qualcomm", "Qualcomm Adreno", 0x5143},
    {"panfrost", "ARM", "ARM Mali", 0x13b5},
    {"panthor", "ARM", "ARM Mali", 0x13b5},
    {"lima", "ARM", "ARM Mali", 0x13b5},
    {"mali", "ARM", "ARM Mali", 0x13b5},
    {"v3d", "Broadcom", "Broadcom VideoCore", 0x14e4},
    {"etnaviv", NULL, "Vivante GPU", 0},
    {"asahi", "Apple", "Apple GPU", 0x106b},
    {"powervr", "Imagination", "Imagination PowerVR", 0x1010},
    {"pvr", "Imagination", "Imagination PowerVR", 0x1010},
    {"tegra", "NVIDIA", "NVIDIA Tegra GPU", 0x10de},
    {"nvgpu", "NVIDIA", "NVIDIA Tegra GPU", 0x10de},
};

static void add_platform_gpu(struct bus *b, const char *driver, const char *name) {
    for (size_t i = 0; i < WI_COUNT(platform_gpus); i++) {
        if (strncmp(driver, platform_gpus[i].driver, strlen(platform_gpus[i].driver)) != 0)
            continue;
        struct on_bus *g = WI_PUSH(b->arena, &b->found, struct on_bus);
        *g = (struct on_bus){.driver = driver,
                             .vendor = platform_gpus[i].vendor,
                             .name = name != NULL ? name : platform_gpus[i].name};
        if (platform_gpus[i].vendor_id != 0)
            g->vendor_id = wi_some_u64(platform_gpus[i].vendor_id);
        return;
    }
}

/* Render nodes compute; those of PCI devices were found above. */
static void look_at_drm(struct bus *b) {
    char **names;
    size_t count;
    if (b->env->list_dir(b->env->state, "/sys/class/drm", b->arena, &names, &count) != WI_OK)
        return;
    for (size_t i = 0; i < count && i < DEVICES_MAX; i++) {
        if (strncmp(names[i], "renderD", 7) != 0)
            continue;
        const char *text =
            read_text(b, wi_arena_printf(b->arena, "/sys/class/drm/%s/device/uevent", names[i]));
        const char *driver = uevent(b, text, "DRIVER");
        if (driver != NULL && uevent(b, text, "PCI_ID") == NULL)
            add_platform_gpu(b, driver, NULL);
    }
}

/* Android kernels: Qualcomm's and ARM's own drivers make no render node. */
static void look_at_android(struct bus *b) {
    const char *kgsl = read_text(b, "/sys/class/kgsl/kgsl-3d0/gpu_model");
    const char *mali = read_text(b, "/sys/class/misc/mali0/device/uevent");
    for (size_t i = 0; i < b->found.count; i++)
        if (b->found.items[i].pci == NULL)
            return; /* already found through DRM */
    if (kgsl != NULL) {
        const char *model = wi_gpu_clean_text(b->arena, kgsl);
        add_platform_gpu(b, "kgsl", model ? wi_arena_printf(b->arena, "Qualcomm %s", model) : NULL);
    } else if (mali != NULL) {
        add_platform_gpu(b, "mali", NULL);
    }
}

/* ---- which of them are open? ---- */

static bool by_address(struct bus *b, const struct on_bus *g) {
    bool open = false;
    for (size_t i = 0; i < b->inventory->gpu_count; i++) {
        const char *pci = b->inventory->gpus[i].pci;
        if (pci != NULL && g->pci != NULL && strcmp(pci, g->pci) == 0)
            open = b->taken[i] = true;
    }
    return open;
}

/* A GPU whose API gave no address: same vendor, and same device id where both know it. */
static bool by_likeness(struct bus *b, const struct on_bus *g, bool only_one) {
    for (size_t i = 0; i < b->inventory->gpu_count; i++) {
        struct wi_gpu *gpu = &b->inventory->gpus[i];
        bool ids = wi_has_u64(gpu->device_id) && wi_has_u64(g->device_id);
        if (b->taken[i] || gpu->software || gpu->pci != NULL || gpu->vendor == NULL ||
            g->vendor == NULL || strcmp(gpu->vendor, g->vendor) != 0 ||
            (ids && gpu->device_id.value != g->device_id.value))
            continue;
        b->taken[i] = true;
        if (only_one) {
            gpu->pci = g->pci;
            add_fact(b, wi_arena_printf(b->arena, "%s.pci", gpu->compute_device_id),
                     g->pci != NULL ? g->pci : "platform device", "the only such GPU on the bus");
        }
        return true;
    }
    return false;
}

static bool only_of_vendor(const struct bus *b, const struct on_bus *g) {
    size_t n = 0;
    for (size_t i = 0; i < b->found.count; i++)
        n += b->found.items[i].vendor != NULL && g->vendor != NULL &&
             strcmp(b->found.items[i].vendor, g->vendor) == 0;
    return n == 1;
}

/* ---- what to do about the others ---- */

static const struct {
    const char *vendor, *driver; /* driver: prefix of the bound one; "" none; NULL any */
    const char *advice;
} advices[] = {
    {NULL, "vfio", "it is reserved for virtual machines (vfio-pci): bind it to its own driver"},
    {"NVIDIA", "nvidia",
     "its kernel driver runs: install nvidia-vulkan-icd and nvidia-opencl-icd "
     "of the same version"},
    {"NVIDIA", "nouveau",
     "nouveau drives it: install nvidia-driver, nvidia-vulkan-icd and "
     "nvidia-opencl-icd (non-free), then restart"},
    {"NVIDIA", NULL,
     "install nvidia-driver, nvidia-vulkan-icd and nvidia-opencl-icd (non-free), "
     "then restart"},
    {"AMD", "amdgpu", "install mesa-vulkan-drivers"},
    {"AMD", "radeon",
     "the radeon kernel driver has no Vulkan: start Linux with "
     "radeon.si_support=0 radeon.cik_support=0 amdgpu.si_support=1 "
     "amdgpu.cik_support=1, and install mesa-vulkan-drivers"},
    {"AMD", NULL,
     "no kernel driver is bound: install firmware-amd-graphics (non-free-firmware) "
     "and mesa-vulkan-drivers, then restart"},
    {"Intel", "i915", "install mesa-vulkan-drivers and intel-opencl-icd"},
    {"Intel", "xe", "install mesa-vulkan-drivers and intel-opencl-icd"},
    {"Intel", NULL,
     "no kernel driver is bound: a newer Linux kernel (backports), "
     "firmware-misc-nonfree and mesa-vulkan-drivers may bring one"},
    {"Qualcomm", "kgsl",
     "use the vendor's Vulkan driver: run weighin where it can be loaded "
     "(Android), not in a plain Linux container"},
    {"ARM", "mali", "use the vendor's Vulkan driver: run weighin where it can be loaded"},
    {NULL, NULL, "install its Vulkan driver (for most: mesa-vulkan-drivers)"},
};

static const char *package_advice(const struct on_bus *g) {
    for (size_t i = 0; i < WI_COUNT(advices); i++) {
        if (advices[i].vendor != NULL &&
            (g->vendor == NULL || strcmp(advices[i].vendor, g->vendor) != 0))
            continue;
        if (advices[i].driver == NULL ||
            (g->driver != NULL &&
             strncmp(g->driver, advices[i].driver, strlen(advices[i].driver)) == 0))
            return advices[i].advice;
    }
    return advices[WI_COUNT(advices) - 1].advice;
}

/* A kernel driver and no device node: the machine is right, this container does not get the device.
 * NULL: nothing of that kind. */
static const char *container_advice(struct bus *b, const struct on_bus *g) {
    char **names;
    size_t count;
    if (g->driver == NULL || strncmp(g->driver, "vfio", 4) == 0 ||
        b->inventory->software.container == NULL)
        return NULL;
    if (strncmp(g->driver, "nvidia", 6) == 0)
        return "start the container with --gpus all and NVIDIA_DRIVER_CAPABILITIES=all (NVIDIA "
               "Container Toolkit)";
    return b->env->list_dir(b->env->state, "/dev/dri", b->arena, &names, &count) == WI_NOT_FOUND
               ? "pass the device into the container (--device /dev/dri)"
               : NULL;
}

static bool not_built(const struct bus *b) {
    return b->inventory->backends[WI_BACKEND_vulkan].status == WI_CASE_not_built &&
           b->inventory->backends[WI_BACKEND_opencl].status == WI_CASE_not_built;
}

static const char *advice(struct bus *b, const struct on_bus *g) {
    const char *text = package_advice(g);
    if (not_built(b))
        return "this weighin was built without GPU support: install libvulkan-dev and "
               "opencl-c-headers and build again";
    const char *container = container_advice(b, g);
    if (container != NULL)
        text = wi_arena_printf(b->arena, "%s; there: %s", container, text);
    else if (g->driver != NULL && (strcmp(text, "install mesa-vulkan-drivers") == 0 ||
                                   strcmp(g->driver, "i915") == 0 || strcmp(g->driver, "xe") == 0))
        text = wi_arena_printf(b->arena,
                               "%s; if that is there, this user may not open "
                               "/dev/dri/renderD*: join the group render",
                               text);
    if (b->troubled != NULL)
        text = wi_arena_printf(b->arena, "%s; a driver is in trouble: %s", text, b->troubled);
    return text;
}

static void list_unopened(struct bus *b) {
    struct wi_inventory *inv = b->inventory;
    inv->unopened = WI_NEW_ARRAY(b->arena, struct wi_unopened_gpu, b->found.count + 1);
    inv->unopened_count = 0;
    bool *open = WI_NEW_ARRAY(b->arena, bool, b->found.count + 1);
    for (size_t i = 0; i < b->found.count; i++)
        open[i] = by_address(b, &b->found.items[i]);
    for (size_t i = 0; i < b->found.count; i++) {
        const struct on_bus *g = &b->found.items[i];
        if (open[i] || by_likeness(b, g, only_of_vendor(b, g)))
            continue;
        inv->unopened[inv->unopened_count++] = (struct wi_unopened_gpu){
            g->pci, g->name, g->vendor_id, g->device_id, g->driver, advice(b, g)};
    }
}

void wi_gpu_bus(struct wi_env *env, struct wi_inventory *inventory, const char *troubled) {
    struct bus b = {.env = env,
                    .inventory = inventory,
                    .arena = inventory->arena,
                    .troubled = troubled,
                    .taken = WI_NEW_ARRAY(inventory->arena, bool, inventory->gpu_count + 1)};
    char **names;
    size_t count;
    if (env->list_dir(env->state, "/sys/bus/pci/devices", b.arena, &names, &count) == WI_OK)
        for (size_t i = 0; i < count && i < DEVICES_MAX; i++)
            look_at_pci(&b, names[i]);
    look_at_drm(&b);
    look_at_android(&b);
    list_unopened(&b);
}
