/* opencl_child.c: asks the OpenCL loader for every device of every platform.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs in a child process, because drivers crash and hang: it only writes down what was said, as
 * "opencl.device.N.key=value", with the driver's own numbers. Judging them is gpu_decode.c's work.
 * Relies on: probes/gpu_loader.h; this is the one file of probes/ that includes CL/cl.h.
 *
 * Which queries are made is the tables below; a query that a device refuses leaves no line. */
#include "probes/probe.h"

#include "probes/gpu_icd.h"
#include "probes/gpu_loader.h"

#include <stdlib.h>
#include <string.h>

#ifndef WI_HAVE_OPENCL

int wi_probe_opencl_child(struct wi_buf *out, struct wi_err *err) {
    (void)err;
    wi_buf_puts(out, "opencl.status=not_built\n"
                     "opencl.reason=built without the OpenCL headers\n"
                     "opencl.complete=1\n");
    return WI_OK;
}

#else

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

enum { PLATFORMS_MAX = 32, DEVICES_MAX = 64, TEXT_MAX = 1 << 16 };

/* Queries of extensions, by their registry values: headers differ in which of them they know. */
enum {
    Q_DEVICE_UUID_KHR = 0x106A,
    Q_DRIVER_UUID_KHR = 0x106B,
    Q_PCI_BUS_INFO_KHR = 0x410F, /* four cl_uint: domain, bus, device, function */
    Q_INTEGER_DOT_KHR = 0x1073,
    Q_INTEGER_DOT_8BIT_KHR = 0x1074, /* six cl_bool: signed first */
    Q_INTEGER_DOT_4X8_KHR = 0x1075,
    Q_HALF_FP_CONFIG = 0x1033,
    Q_WARP_SIZE_NV = 0x4003,
    Q_INTEGRATED_NV = 0x4006,
    Q_PCI_BUS_NV = 0x4008,
    Q_PCI_SLOT_NV = 0x4009,
    Q_PCI_DOMAIN_NV = 0x400A,
    Q_PCIE_ID_AMD = 0x4034,
    Q_TOPOLOGY_AMD = 0x4037, /* cl_uint type 1, then 17 unused bytes, bus, device, function */
    Q_BOARD_NAME_AMD = 0x4038,
    Q_WAVEFRONT_AMD = 0x4043,
    Q_SUB_GROUP_SIZES_INTEL = 0x4108,
    Q_DEVICE_ID_INTEL = 0x4251,
};

struct opencl {
    cl_int (*clGetPlatformIDs)(cl_uint, cl_platform_id *, cl_uint *);
    cl_int (*clGetPlatformInfo)(cl_platform_id, cl_platform_info, size_t, void *, size_t *);
    cl_int (*clGetDeviceIDs)(cl_platform_id, cl_device_type, cl_uint, cl_device_id *, cl_uint *);
    cl_int (*clGetDeviceInfo)(cl_device_id, cl_device_info, size_t, void *, size_t *);
};

struct device {
    const struct opencl *cl;
    cl_device_id id;
    struct wi_kv *kv;
    unsigned index;
    const char *extensions;
};

/* ---- what is asked ---- */

#define PLATFORM_TEXTS(X)                                                                          \
    X(name, CL_PLATFORM_NAME)                                                                      \
    X(vendor, CL_PLATFORM_VENDOR)                                                                  \
    X(version, CL_PLATFORM_VERSION)                                                                \
    X(profile, CL_PLATFORM_PROFILE)                                                                \
    X(icd_suffix, 0x0920)                                                                          \
    X(extensions, CL_PLATFORM_EXTENSIONS)

#define DEVICE_TEXTS(X)                                                                            \
    X(name, CL_DEVICE_NAME)                                                                        \
    X(vendor, CL_DEVICE_VENDOR)                                                                    \
    X(driver_version, CL_DRIVER_VERSION)                                                           \
    X(version, CL_DEVICE_VERSION)                                                                  \
    X(c_version, CL_DEVICE_OPENCL_C_VERSION)                                                       \
    X(profile, CL_DEVICE_PROFILE)

#define DEVICE_NUMBERS(X)                                                                          \
    X(global_mem_size, CL_DEVICE_GLOBAL_MEM_SIZE)                                                  \
    X(max_mem_alloc_size, CL_DEVICE_MAX_MEM_ALLOC_SIZE)                                            \
    X(max_constant_buffer_size, CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE)                                \
    X(local_mem_size, CL_DEVICE_LOCAL_MEM_SIZE)                                                    \
    X(local_mem_type, CL_DEVICE_LOCAL_MEM_TYPE)                                                    \
    X(global_mem_cache_size, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE)                                      \
    X(cache_line_size, CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE)                                        \
    X(host_unified_memory, CL_DEVICE_HOST_UNIFIED_MEMORY)                                          \
    X(compute_units, CL_DEVICE_MAX_COMPUTE_UNITS)                                                  \
    X(max_clock_mhz, CL_DEVICE_MAX_CLOCK_FREQUENCY)                                                \
    X(max_work_group_size, CL_DEVICE_MAX_WORK_GROUP_SIZE)                                          \
    X(base_address_align_bits, CL_DEVICE_MEM_BASE_ADDR_ALIGN)                                      \
    X(native_half_width, CL_DEVICE_NATIVE_VECTOR_WIDTH_HALF)                                       \
    X(timer_resolution_ns, CL_DEVICE_PROFILING_TIMER_RESOLUTION)                                   \
    X(available, CL_DEVICE_AVAILABLE)                                                              \
    X(compiler_available, CL_DEVICE_COMPILER_AVAILABLE)                                            \
    X(error_correction, CL_DEVICE_ERROR_CORRECTION_SUPPORT)                                        \
    X(svm_capabilities, CL_DEVICE_SVM_CAPABILITIES)                                                \
    X(max_sub_groups, CL_DEVICE_MAX_NUM_SUB_GROUPS)                                                \
    X(numeric_version, CL_DEVICE_NUMERIC_VERSION)

/* Asked only where the device lists the extension: strangers' numbers may mean something else. */
#define EXTENSION_NUMBERS(X)                                                                       \
    X(half_fp_config, "cl_khr_fp16", Q_HALF_FP_CONFIG)                                             \
    X(integer_dot_capabilities, "cl_khr_integer_dot_product", Q_INTEGER_DOT_KHR)                   \
    X(warp_size, "cl_nv_device_attribute_query", Q_WARP_SIZE_NV)                                   \
    X(integrated_memory, "cl_nv_device_attribute_query", Q_INTEGRATED_NV)                          \
    X(wavefront_width, "cl_amd_device_attribute_query", Q_WAVEFRONT_AMD)                           \
    X(pcie_id_amd, "cl_amd_device_attribute_query", Q_PCIE_ID_AMD)                                 \
    X(device_id_intel, "cl_intel_device_attribute_query", Q_DEVICE_ID_INTEL)

/* ---- writing and asking ---- */

static const char *device_key(const struct device *d, const char *key) {
    return wi_arena_printf(d->kv->arena, "opencl.device.%u.%s", d->index, key);
}

/* The answer's bytes in the arena, NUL-terminated; NULL when refused or of absurd size. */
static char *device_bytes(const struct device *d, cl_device_info what, size_t *size) {
    if (d->cl->clGetDeviceInfo(d->id, what, 0, NULL, size) != CL_SUCCESS || *size > TEXT_MAX)
        return NULL;
    char *bytes = wi_arena_alloc(d->kv->arena, *size + 1);
    if (*size > 0 && d->cl->clGetDeviceInfo(d->id, what, *size, bytes, NULL) != CL_SUCCESS)
        return NULL;
    return bytes;
}

static void ask_text(const struct device *d, const char *key, cl_device_info what) {
    size_t size = 0;
    char *text = device_bytes(d, what, &size);
    if (text != NULL)
        wi_kv_set(d->kv, device_key(d, key), text);
}

/* cl_bool, cl_uint, cl_ulong, size_t and bit fields: the answer's size tells which. */
static bool device_number(const struct device *d, cl_device_info what, uint64_t *value) {
    union {
        uint32_t u32;
        uint64_t u64;
    } n = {0};
    size_t size = 0;
    if (d->cl->clGetDeviceInfo(d->id, what, 0, NULL, &size) != CL_SUCCESS ||
        (size != 4 && size != 8) ||
        d->cl->clGetDeviceInfo(d->id, what, size, &n, NULL) != CL_SUCCESS)
        return false;
    *value = size == 4 ? n.u32 : n.u64;
    return true;
}

static void ask_number(const struct device *d, const char *key, cl_device_info what) {
    uint64_t value;
    if (device_number(d, what, &value))
        wi_kv_setf(d->kv, device_key(d, key), "%llu", (unsigned long long)value);
}

/* Whole-word search in a blank-separated list. */
static bool has(const struct device *d, const char *extension) {
    size_t n = strlen(extension);
    for (const char *p = d->extensions; p != NULL && (p = strstr(p, extension)) != NULL; p += n)
        if ((p == d->extensions || p[-1] == ' ') && (p[n] == '\0' || p[n] == ' '))
            return true;
    return false;
}

/* ---- one device ---- */

static void ask_type(const struct device *d) {
    static const struct {
        cl_device_type bit;
        const char *name;
    } bits[] = {{CL_DEVICE_TYPE_CPU, "cpu"},
                {CL_DEVICE_TYPE_GPU, "gpu"},
                {CL_DEVICE_TYPE_ACCELERATOR, "accelerator"},
                {CL_DEVICE_TYPE_CUSTOM, "custom"}};
    uint64_t type;
    struct wi_buf text = {0};
    if (!device_number(d, CL_DEVICE_TYPE, &type))
        return;
    for (size_t i = 0; i < WI_COUNT(bits); i++)
        if ((type & bits[i].bit) != 0)
            wi_buf_printf(&text, "%s%s", text.size > 0 ? " " : "", bits[i].name);
    wi_kv_set(d->kv, device_key(d, "type"), wi_buf_str(&text));
    wi_kv_setf(d->kv, device_key(d, "type_raw"), "0x%llx", (unsigned long long)type);
    wi_buf_fini(&text);
}

static void ask_uuid(const struct device *d, const char *key, cl_device_info what) {
    unsigned char uuid[16];
    char text[33] = "";
    if (!has(d, "cl_khr_device_uuid") ||
        d->cl->clGetDeviceInfo(d->id, what, sizeof(uuid), uuid, NULL) != CL_SUCCESS)
        return;
    for (size_t i = 0; i < sizeof(uuid); i++) {
        text[2 * i] = "0123456789abcdef"[uuid[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[uuid[i] & 15];
    }
    wi_kv_set(d->kv, device_key(d, key), text);
}

static void ask_pci(const struct device *d) {
    cl_uint khr[4];
    unsigned char amd[24];
    uint64_t domain = 0, bus, slot;
    const char *key = device_key(d, "pci");
    if (has(d, "cl_khr_pci_bus_info") &&
        d->cl->clGetDeviceInfo(d->id, Q_PCI_BUS_INFO_KHR, sizeof(khr), khr, NULL) == CL_SUCCESS) {
        wi_kv_setf(d->kv, key, "%04x:%02x:%02x.%x", khr[0], khr[1], khr[2], khr[3]);
    } else if (has(d, "cl_nv_device_attribute_query") && device_number(d, Q_PCI_BUS_NV, &bus) &&
               device_number(d, Q_PCI_SLOT_NV, &slot)) {
        device_number(d, Q_PCI_DOMAIN_NV, &domain);
        /* the slot holds device and function as in configuration space */
        wi_kv_setf(d->kv, key, "%04x:%02x:%02x.%x", (unsigned)domain, (unsigned)bus,
                   (unsigned)(slot >> 3) & 0x1f, (unsigned)slot & 7);
    } else if (has(d, "cl_amd_device_attribute_query") &&
               d->cl->clGetDeviceInfo(d->id, Q_TOPOLOGY_AMD, sizeof(amd), amd, NULL) ==
                   CL_SUCCESS &&
               amd[0] == 1) {
        wi_kv_setf(d->kv, key, "0000:%02x:%02x.%x", amd[21], amd[22], amd[23]);
    }
}

static void ask_subgroups(const struct device *d) {
    size_t sizes[16], size = 0;
    struct wi_buf text = {0};
    wi_kv_setf(d->kv, device_key(d, "subgroups"), "%d",
               has(d, "cl_khr_subgroups") || has(d, "cl_intel_subgroups"));
    if (!has(d, "cl_intel_required_subgroup_size") ||
        d->cl->clGetDeviceInfo(d->id, Q_SUB_GROUP_SIZES_INTEL, sizeof(sizes), sizes, &size) !=
            CL_SUCCESS ||
        size > sizeof(sizes))
        return;
    for (size_t i = 0; i < size / sizeof(sizes[0]); i++)
        wi_buf_printf(&text, "%s%zu", i > 0 ? " " : "", sizes[i]);
    wi_kv_set(d->kv, device_key(d, "subgroup_sizes"), wi_buf_str(&text));
    wi_buf_fini(&text);
}

static void ask_integer_dot(const struct device *d) {
    cl_bool accelerated[6] = {0};
    if (!has(d, "cl_khr_integer_dot_product"))
        return;
    if (d->cl->clGetDeviceInfo(d->id, Q_INTEGER_DOT_8BIT_KHR, sizeof(accelerated), accelerated,
                               NULL) == CL_SUCCESS)
        wi_kv_setf(d->kv, device_key(d, "integer_dot_8bit_signed_accelerated"), "%u",
                   accelerated[0]);
    if (d->cl->clGetDeviceInfo(d->id, Q_INTEGER_DOT_4X8_KHR, sizeof(accelerated), accelerated,
                               NULL) == CL_SUCCESS)
        wi_kv_setf(d->kv, device_key(d, "integer_dot_4x8_signed_accelerated"), "%u",
                   accelerated[0]);
}

static void ask_device(const struct opencl *cl, cl_device_id id, unsigned platform, unsigned index,
                       struct wi_kv *kv) {
    struct device d = {cl, id, kv, index, NULL};
    size_t size;
    uint64_t vendor;
    wi_kv_setf(kv, device_key(&d, "platform"), "%u", platform);
#define X(key, what) ask_text(&d, #key, what);
    DEVICE_TEXTS(X)
#undef X
    if (device_number(&d, CL_DEVICE_VENDOR_ID, &vendor))
        wi_kv_setf(kv, device_key(&d, "vendor_id"), "0x%04llx", (unsigned long long)vendor);
    ask_type(&d);
#define X(key, what) ask_number(&d, #key, what);
    DEVICE_NUMBERS(X)
#undef X
    d.extensions = device_bytes(&d, CL_DEVICE_EXTENSIONS, &size);
    if (d.extensions != NULL)
        wi_kv_set(kv, device_key(&d, "extensions"), d.extensions);
#define X(key, extension, what)                                                                    \
    if (has(&d, extension))                                                                        \
        ask_number(&d, #key, what);
    EXTENSION_NUMBERS(X)
#undef X
    if (has(&d, "cl_amd_device_attribute_query"))
        ask_text(&d, "board_name", Q_BOARD_NAME_AMD);
    wi_kv_setf(kv, device_key(&d, "fp16"), "%d", has(&d, "cl_khr_fp16"));
    ask_uuid(&d, "device_uuid", Q_DEVICE_UUID_KHR);
    ask_uuid(&d, "driver_uuid", Q_DRIVER_UUID_KHR);
    ask_pci(&d);
    ask_subgroups(&d);
    ask_integer_dot(&d);
}

/* ---- platforms ---- */

static void ask_platform_text(const struct opencl *cl, cl_platform_id id, unsigned index,
                              const char *key, cl_platform_info what, struct wi_kv *kv) {
    size_t size = 0;
    if (cl->clGetPlatformInfo(id, what, 0, NULL, &size) != CL_SUCCESS || size > TEXT_MAX)
        return;
    char *text = wi_arena_alloc(kv->arena, size + 1);
    if (size == 0 || cl->clGetPlatformInfo(id, what, size, text, NULL) == CL_SUCCESS)
        wi_kv_set(kv, wi_arena_printf(kv->arena, "opencl.platform.%u.%s", index, key), text);
}

/* Returns how many devices there are now, over all platforms so far. */
static unsigned ask_platform(const struct opencl *cl, cl_platform_id id, unsigned index,
                             unsigned devices, struct wi_kv *kv) {
    cl_device_id ids[DEVICES_MAX];
    cl_uint count = 0;
#define X(key, what) ask_platform_text(cl, id, index, #key, what, kv);
    PLATFORM_TEXTS(X)
#undef X
    cl_int result = cl->clGetDeviceIDs(id, CL_DEVICE_TYPE_ALL, DEVICES_MAX, ids, &count);
    if (result != CL_SUCCESS)
        count = 0; /* CL_DEVICE_NOT_FOUND: a platform without devices is a finding too */
    wi_kv_setf(kv, wi_arena_printf(kv->arena, "opencl.platform.%u.device_count", index), "%u",
               count);
    for (cl_uint i = 0; i < count && i < DEVICES_MAX && devices < DEVICES_MAX; i++)
        ask_device(cl, ids[i], index, devices++, kv);
    return devices;
}

static void unavailable(struct wi_kv *kv, const char *reason) {
    wi_kv_set(kv, "opencl.status", "unavailable");
    wi_kv_set(kv, "opencl.reason", reason);
}

static bool bind_functions(const struct wi_gpu_loader *loader, struct opencl *cl) {
    /* ISO C has no cast from object to function pointer; POSIX defines this one. */
#define BIND(name) *(void **)&cl->name = wi_gpu_loader_symbol(loader, #name)
    BIND(clGetPlatformIDs);
    BIND(clGetPlatformInfo);
    BIND(clGetDeviceIDs);
    BIND(clGetDeviceInfo);
#undef BIND
    return cl->clGetPlatformIDs != NULL && cl->clGetPlatformInfo != NULL &&
           cl->clGetDeviceIDs != NULL && cl->clGetDeviceInfo != NULL;
}

static void enumerate(const struct wi_gpu_loader *loader, struct wi_kv *kv) {
    struct opencl cl = {0};
    cl_platform_id ids[PLATFORMS_MAX];
    cl_uint count = 0;
    unsigned devices = 0;
    wi_kv_set(kv, "opencl.library", wi_gpu_loader_library(loader));
    if (!bind_functions(loader, &cl)) {
        unavailable(kv, "the library is no OpenCL loader: it lacks clGetPlatformIDs");
        return;
    }
    cl_int result = cl.clGetPlatformIDs(PLATFORMS_MAX, ids, &count);
    if (result != CL_SUCCESS)
        count = 0;
    if (count > PLATFORMS_MAX)
        count = PLATFORMS_MAX;
    wi_kv_setf(kv, "opencl.platform_count", "%u", count);
    for (cl_uint i = 0; i < count; i++)
        devices = ask_platform(&cl, ids[i], i, devices, kv);
    wi_kv_setf(kv, "opencl.device_count", "%u", devices);
    if (devices > 0)
        wi_kv_set(kv, "opencl.status", "ok");
    else if (result != CL_SUCCESS && result != -1001) /* -1001: no platform */
        unavailable(kv, wi_arena_printf(kv->arena, "clGetPlatformIDs failed with %d", result));
    else
        unavailable(kv, "the OpenCL loader is installed, and no driver offers a device");
    wi_gpu_icd_report(WI_BACKEND_opencl, kv);
}

int wi_probe_opencl_child(struct wi_buf *out, struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_gpu_loader *loader = NULL;
    struct wi_err why = {0};
    struct wi_kv kv;
    (void)err;
    wi_kv_init(&kv, arena);
    if (wi_gpu_loader_open(WI_BACKEND_opencl, &loader, &why) == WI_OK)
        enumerate(loader, &kv);
    else {
        unavailable(&kv, why.message);
        wi_kv_set(&kv, "opencl.loader", "missing");
    }
    wi_kv_set(&kv, "opencl.complete", "1"); /* a crash after this line loses nothing */
    wi_buf_putc(out, '\n'); /* ends what a driver may have left unfinished on stdout */
    wi_kv_print(&kv, out);
    wi_gpu_loader_close(loader);
    wi_arena_destroy(arena);
    return WI_OK;
}

#endif
