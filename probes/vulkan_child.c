/* vulkan_child.c: asks the Vulkan loader for every physical device and all that bears on inference.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs in a child process, because drivers crash and hang: it only writes down what was said, as
 * "vulkan.device.N.key=value", with the driver's own numbers. Judging them is gpu_decode.c's work.
 * Relies on: probes/gpu_loader.h; this is the one file of probes/ that includes vulkan.h.
 *
 * Each extension structure is asked for in a call of its own, and only when the device's version
 * or extension list promises it: drivers have been seen to write past chains they do not know. */
#include "probes/probe.h"

#include "probes/gpu_icd.h"
#include "probes/gpu_loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef WI_HAVE_VULKAN

int wi_probe_vulkan_child(struct wi_buf *out, struct wi_err *err) {
    (void)err;
    wi_buf_puts(out, "vulkan.status=not_built\n"
                     "vulkan.reason=built without the Vulkan headers\n"
                     "vulkan.complete=1\n");
    return WI_OK;
}

#else

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

/* Newer than Debian 12's header; values are those of the Vulkan registry. */
#ifndef VK_KHR_cooperative_matrix
#define VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR                          \
    ((VkStructureType)1000506000)
#define VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR ((VkStructureType)1000506001)
typedef struct VkPhysicalDeviceCooperativeMatrixFeaturesKHR {
    VkStructureType sType;
    void *pNext;
    VkBool32 cooperativeMatrix;
    VkBool32 cooperativeMatrixRobustBufferAccess;
} VkPhysicalDeviceCooperativeMatrixFeaturesKHR;
typedef struct VkCooperativeMatrixPropertiesKHR {
    VkStructureType sType;
    void *pNext;
    uint32_t MSize, NSize, KSize;
    uint32_t AType, BType, CType, ResultType;
    VkBool32 saturatingAccumulation;
    uint32_t scope;
} VkCooperativeMatrixPropertiesKHR;
typedef VkResult(VKAPI_PTR *PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR)(
    VkPhysicalDevice device, uint32_t *count, VkCooperativeMatrixPropertiesKHR *properties);
#endif

enum { DEVICES_MAX = 64, EXTENSIONS_MAX = 4096, QUEUES_MAX = 32, MATRICES_MAX = 64 };

/* Core 1.1 functions are also known under a KHR name to 1.0 instances. */
#define FUNCTIONS(X)                                                                               \
    X(vkEnumeratePhysicalDevices)                                                                  \
    X(vkEnumerateDeviceExtensionProperties)                                                        \
    X(vkGetPhysicalDeviceProperties)                                                               \
    X(vkGetPhysicalDeviceFeatures)                                                                 \
    X(vkGetPhysicalDeviceMemoryProperties)                                                         \
    X(vkGetPhysicalDeviceQueueFamilyProperties)
#define FUNCTIONS2(X)                                                                              \
    X(vkGetPhysicalDeviceProperties2)                                                              \
    X(vkGetPhysicalDeviceFeatures2)                                                                \
    X(vkGetPhysicalDeviceMemoryProperties2)

struct vulkan {
    PFN_vkGetInstanceProcAddr proc;
    VkInstance instance;
    uint32_t version; /* what the instance was created with */
#define X(name) PFN_##name name;
    FUNCTIONS(X) FUNCTIONS2(X)
#undef X
};

struct device {
    const struct vulkan *vk;
    VkPhysicalDevice handle;
    uint32_t version; /* core version we may use: the smaller of instance's and device's */
    VkExtensionProperties *extensions;
    uint32_t extension_count;
    struct wi_kv *kv;
    unsigned index;
};

/* ---- writing ---- */

static const char *device_key(const struct device *d, const char *key) {
    return wi_arena_printf(d->kv->arena, "vulkan.device.%u.%s", d->index, key);
}

static void put_text(const struct device *d, const char *key, const char *text, size_t limit) {
    wi_kv_set(d->kv, device_key(d, key),
              wi_arena_strndup(d->kv->arena, text, strnlen(text, limit)));
}

static void put_u64(const struct device *d, const char *key, uint64_t value) {
    wi_kv_setf(d->kv, device_key(d, key), "%llu", (unsigned long long)value);
}

static void put_version(const struct device *d, const char *key, uint32_t version) {
    wi_kv_setf(d->kv, device_key(d, key), "%u.%u.%u", VK_API_VERSION_MAJOR(version),
               VK_API_VERSION_MINOR(version), VK_API_VERSION_PATCH(version));
}

static void put_hex(const struct device *d, const char *key, const uint8_t *bytes, size_t n) {
    char text[2 * VK_UUID_SIZE + 1] = "";
    for (size_t i = 0; i < n && i < VK_UUID_SIZE; i++)
        for (int half = 0; half < 2; half++)
            text[2 * i + (size_t)half] =
                "0123456789abcdef"[half == 0 ? bytes[i] >> 4 : bytes[i] & 15];
    wi_kv_set(d->kv, device_key(d, key), text);
}

struct flag {
    uint32_t bit;
    const char *name;
};

/* "device_local host_visible 0x40": names of the bits we know, the rest as a number. */
static void put_flags(const struct device *d, const char *key, uint32_t bits,
                      const struct flag *flags, size_t n) {
    struct wi_buf text = {0};
    for (size_t i = 0; i < n; i++) {
        if ((bits & flags[i].bit) == 0)
            continue;
        wi_buf_printf(&text, "%s%s", text.size > 0 ? " " : "", flags[i].name);
        bits &= ~flags[i].bit;
    }
    if (bits != 0)
        wi_buf_printf(&text, "%s0x%x", text.size > 0 ? " " : "", bits);
    wi_kv_set(d->kv, device_key(d, key), wi_buf_str(&text));
    wi_buf_fini(&text);
}

/* ---- asking ---- */

static bool has(const struct device *d, const char *extension) {
    for (uint32_t i = 0; i < d->extension_count; i++)
        if (strncmp(d->extensions[i].extensionName, extension, VK_MAX_EXTENSION_NAME_SIZE) == 0)
            return true;
    return false;
}

/* May we ask for something that is core since 1.`minor` and was `extension` before? */
static bool knows(const struct device *d, unsigned minor, const char *extension) {
    return d->version >= VK_MAKE_API_VERSION(0, 1, minor, 0) || has(d, extension);
}

static void get_properties(const struct device *d, void *structure) {
    VkPhysicalDeviceProperties2 p = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                     .pNext = structure};
    d->vk->vkGetPhysicalDeviceProperties2(d->handle, &p);
}

static void get_features(const struct device *d, void *structure) {
    VkPhysicalDeviceFeatures2 f = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                   .pNext = structure};
    d->vk->vkGetPhysicalDeviceFeatures2(d->handle, &f);
}

static void read_extensions(struct device *d) {
    uint32_t count = 0;
    PFN_vkEnumerateDeviceExtensionProperties list = d->vk->vkEnumerateDeviceExtensionProperties;
    if (list(d->handle, NULL, &count, NULL) != VK_SUCCESS || count == 0)
        return;
    if (count > EXTENSIONS_MAX)
        count = EXTENSIONS_MAX;
    d->extensions = WI_NEW_ARRAY(d->kv->arena, VkExtensionProperties, count);
    VkResult result = list(d->handle, NULL, &count, d->extensions);
    if (result == VK_SUCCESS || result == VK_INCOMPLETE)
        d->extension_count = count;

    struct wi_buf all = {0};
    for (uint32_t i = 0; i < d->extension_count; i++)
        wi_buf_printf(&all, "%s%.*s", i > 0 ? " " : "", VK_MAX_EXTENSION_NAME_SIZE,
                      d->extensions[i].extensionName);
    put_u64(d, "extension_count", d->extension_count);
    put_text(d, "extensions", wi_buf_str(&all), all.size);
    wi_buf_fini(&all);
}

/* ---- identity ---- */

static const char *type_name(VkPhysicalDeviceType type) {
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return "integrated";
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return "discrete";
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return "virtual";
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return "cpu";
    default:
        return "other";
    }
}

/* NVIDIA packs its version its own way; everyone else on Linux as Vulkan does. */
static void put_driver_version(const struct device *d, uint32_t vendor, uint32_t raw) {
    wi_kv_setf(d->kv, device_key(d, "driver_version_raw"), "0x%08x", raw);
    if (vendor == 0x10de)
        wi_kv_setf(d->kv, device_key(d, "driver_version"), "%u.%02u.%02u", raw >> 22,
                   (raw >> 14) & 0xff, (raw >> 6) & 0xff);
    else
        wi_kv_setf(d->kv, device_key(d, "driver_version"), "%u.%u.%u", VK_VERSION_MAJOR(raw),
                   VK_VERSION_MINOR(raw), VK_VERSION_PATCH(raw));
}

static void ask_limits(const struct device *d, const VkPhysicalDeviceLimits *limits) {
    put_u64(d, "max_storage_buffer_range", limits->maxStorageBufferRange);
    put_u64(d, "max_memory_allocation_count", limits->maxMemoryAllocationCount);
    put_u64(d, "max_compute_shared_memory", limits->maxComputeSharedMemorySize);
    put_u64(d, "max_workgroup_invocations", limits->maxComputeWorkGroupInvocations);
    put_u64(d, "max_workgroup_size_x", limits->maxComputeWorkGroupSize[0]);
    put_u64(d, "max_workgroup_count_x", limits->maxComputeWorkGroupCount[0]);
    put_u64(d, "max_push_constants", limits->maxPushConstantsSize);
    put_u64(d, "min_storage_buffer_alignment", limits->minStorageBufferOffsetAlignment);
    wi_kv_setf(d->kv, device_key(d, "timestamp_period_ns"), "%.9g",
               (double)limits->timestampPeriod);
    put_u64(d, "timestamp_all_queues", limits->timestampComputeAndGraphics);
}

static void ask_properties(struct device *d) {
    VkPhysicalDeviceProperties p = {0};
    d->vk->vkGetPhysicalDeviceProperties(d->handle, &p);
    d->version = p.apiVersion < d->vk->version ? p.apiVersion : d->vk->version;
    put_text(d, "name", p.deviceName, VK_MAX_PHYSICAL_DEVICE_NAME_SIZE);
    wi_kv_setf(d->kv, device_key(d, "vendor_id"), "0x%04x", p.vendorID);
    wi_kv_setf(d->kv, device_key(d, "device_id"), "0x%04x", p.deviceID);
    put_text(d, "type", type_name(p.deviceType), 32);
    put_version(d, "api_version", p.apiVersion);
    put_driver_version(d, p.vendorID, p.driverVersion);
    put_hex(d, "pipeline_cache_uuid", p.pipelineCacheUUID, VK_UUID_SIZE);
    ask_limits(d, &p.limits);

    VkPhysicalDeviceFeatures f = {0};
    d->vk->vkGetPhysicalDeviceFeatures(d->handle, &f);
    put_u64(d, "shader_int16", f.shaderInt16);
    put_u64(d, "shader_int64", f.shaderInt64);
    put_u64(d, "shader_float64", f.shaderFloat64);
}

static void ask_driver(const struct device *d) {
    if (!knows(d, 2, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME))
        return;
    VkPhysicalDeviceDriverProperties p = {.sType =
                                              VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
    get_properties(d, &p);
    put_u64(d, "driver_id", p.driverID);
    put_text(d, "driver_name", p.driverName, VK_MAX_DRIVER_NAME_SIZE);
    put_text(d, "driver_info", p.driverInfo, VK_MAX_DRIVER_INFO_SIZE);
    wi_kv_setf(d->kv, device_key(d, "conformance"), "%u.%u.%u.%u", p.conformanceVersion.major,
               p.conformanceVersion.minor, p.conformanceVersion.subminor,
               p.conformanceVersion.patch);
}

static void ask_identity(const struct device *d) {
    if (d->version >= VK_API_VERSION_1_1) {
        VkPhysicalDeviceIDProperties id = {.sType =
                                               VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
        get_properties(d, &id);
        put_hex(d, "device_uuid", id.deviceUUID, VK_UUID_SIZE);
        put_hex(d, "driver_uuid", id.driverUUID, VK_UUID_SIZE);
        if (id.deviceLUIDValid)
            put_hex(d, "device_luid", id.deviceLUID, VK_LUID_SIZE);
    }
    if (has(d, VK_EXT_PCI_BUS_INFO_EXTENSION_NAME)) {
        VkPhysicalDevicePCIBusInfoPropertiesEXT pci = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT};
        get_properties(d, &pci);
        wi_kv_setf(d->kv, device_key(d, "pci"), "%04x:%02x:%02x.%x", pci.pciDomain, pci.pciBus,
                   pci.pciDevice, pci.pciFunction);
    }
}

/* ---- memory ---- */

static const struct flag heap_flags[] = {
    {VK_MEMORY_HEAP_DEVICE_LOCAL_BIT, "device_local"},
    {VK_MEMORY_HEAP_MULTI_INSTANCE_BIT, "multi_instance"},
};
static const struct flag type_flags[] = {
    {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, "device_local"},
    {VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT, "host_visible"},
    {VK_MEMORY_PROPERTY_HOST_COHERENT_BIT, "host_coherent"},
    {VK_MEMORY_PROPERTY_HOST_CACHED_BIT, "host_cached"},
    {VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT, "lazily_allocated"},
    {VK_MEMORY_PROPERTY_PROTECTED_BIT, "protected"},
    {VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD, "device_coherent"},
    {VK_MEMORY_PROPERTY_DEVICE_UNCACHED_BIT_AMD, "device_uncached"},
};

static void put_heaps(const struct device *d, const VkPhysicalDeviceMemoryProperties *m) {
    put_u64(d, "heap_count", m->memoryHeapCount);
    for (uint32_t i = 0; i < m->memoryHeapCount && i < VK_MAX_MEMORY_HEAPS; i++) {
        const char *at = wi_arena_printf(d->kv->arena, "heap.%u", i);
        put_u64(d, wi_arena_printf(d->kv->arena, "%s.size", at), m->memoryHeaps[i].size);
        put_flags(d, wi_arena_printf(d->kv->arena, "%s.flags", at), m->memoryHeaps[i].flags,
                  heap_flags, WI_COUNT(heap_flags));
    }
    put_u64(d, "memory_type_count", m->memoryTypeCount);
    for (uint32_t i = 0; i < m->memoryTypeCount && i < VK_MAX_MEMORY_TYPES; i++) {
        const char *at = wi_arena_printf(d->kv->arena, "memory_type.%u", i);
        put_u64(d, wi_arena_printf(d->kv->arena, "%s.heap", at), m->memoryTypes[i].heapIndex);
        put_flags(d, wi_arena_printf(d->kv->arena, "%s.flags", at), m->memoryTypes[i].propertyFlags,
                  type_flags, WI_COUNT(type_flags));
    }
}

static void ask_memory(const struct device *d) {
    VkPhysicalDeviceMemoryProperties m = {0};
    d->vk->vkGetPhysicalDeviceMemoryProperties(d->handle, &m);
    put_heaps(d, &m);
    if (d->vk->vkGetPhysicalDeviceMemoryProperties2 != NULL &&
        has(d, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME)) {
        VkPhysicalDeviceMemoryBudgetPropertiesEXT b = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
        VkPhysicalDeviceMemoryProperties2 m2 = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2, .pNext = &b};
        d->vk->vkGetPhysicalDeviceMemoryProperties2(d->handle, &m2);
        for (uint32_t i = 0; i < m.memoryHeapCount && i < VK_MAX_MEMORY_HEAPS; i++) {
            put_u64(d, wi_arena_printf(d->kv->arena, "heap.%u.budget", i), b.heapBudget[i]);
            put_u64(d, wi_arena_printf(d->kv->arena, "heap.%u.usage", i), b.heapUsage[i]);
        }
    }
}

static void ask_largest(const struct device *d) {
    if (knows(d, 1, VK_KHR_MAINTENANCE_3_EXTENSION_NAME)) {
        VkPhysicalDeviceMaintenance3Properties p = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES};
        get_properties(d, &p);
        put_u64(d, "max_memory_allocation_size", p.maxMemoryAllocationSize);
    }
    if (knows(d, 3, VK_KHR_MAINTENANCE_4_EXTENSION_NAME)) {
        VkPhysicalDeviceMaintenance4Properties p = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES};
        get_properties(d, &p);
        put_u64(d, "max_buffer_size", p.maxBufferSize);
    }
}

/* ---- features ---- */

static void ask_subgroups(const struct device *d) {
    if (d->version >= VK_API_VERSION_1_1) {
        VkPhysicalDeviceSubgroupProperties p = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
        get_properties(d, &p);
        put_u64(d, "subgroup_size", p.subgroupSize);
        put_u64(d, "subgroup_in_compute", (p.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0);
        put_u64(d, "subgroup_arithmetic",
                (p.supportedOperations & VK_SUBGROUP_FEATURE_ARITHMETIC_BIT) != 0);
        wi_kv_setf(d->kv, device_key(d, "subgroup_operations"), "0x%x", p.supportedOperations);
    }
    if (knows(d, 3, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME)) {
        VkPhysicalDeviceSubgroupSizeControlProperties p = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES};
        get_properties(d, &p);
        put_u64(d, "subgroup_min", p.minSubgroupSize);
        put_u64(d, "subgroup_max", p.maxSubgroupSize);
        VkPhysicalDeviceSubgroupSizeControlFeatures f = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES};
        get_features(d, &f);
        put_u64(d, "subgroup_size_control", f.subgroupSizeControl);
        put_u64(d, "subgroup_full", f.computeFullSubgroups);
    }
}

static void ask_small_types(const struct device *d) {
    if (knows(d, 2, VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME)) {
        VkPhysicalDeviceShaderFloat16Int8Features f = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES};
        get_features(d, &f);
        put_u64(d, "shader_float16", f.shaderFloat16);
        put_u64(d, "shader_int8", f.shaderInt8);
    }
    if (knows(d, 1, VK_KHR_16BIT_STORAGE_EXTENSION_NAME)) {
        VkPhysicalDevice16BitStorageFeatures f = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES};
        get_features(d, &f);
        put_u64(d, "storage16", f.storageBuffer16BitAccess);
        put_u64(d, "storage16_uniform", f.uniformAndStorageBuffer16BitAccess);
    }
    if (knows(d, 2, VK_KHR_8BIT_STORAGE_EXTENSION_NAME)) {
        VkPhysicalDevice8BitStorageFeatures f = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES};
        get_features(d, &f);
        put_u64(d, "storage8", f.storageBuffer8BitAccess);
        put_u64(d, "storage8_uniform", f.uniformAndStorageBuffer8BitAccess);
    }
    if (knows(d, 2, VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME)) {
        VkPhysicalDeviceBufferDeviceAddressFeatures f = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES};
        get_features(d, &f);
        put_u64(d, "buffer_device_address", f.bufferDeviceAddress);
    }
}

static void ask_integer_dot(const struct device *d) {
    if (!knows(d, 3, VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME))
        return;
    VkPhysicalDeviceShaderIntegerDotProductFeatures f = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES};
    get_features(d, &f);
    put_u64(d, "integer_dot", f.shaderIntegerDotProduct);
    VkPhysicalDeviceShaderIntegerDotProductProperties p = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_PROPERTIES};
    get_properties(d, &p);
    put_u64(d, "integer_dot_8bit_signed_accelerated", p.integerDotProduct8BitSignedAccelerated);
    put_u64(d, "integer_dot_4x8_signed_accelerated",
            p.integerDotProduct4x8BitPackedSignedAccelerated);
    put_u64(d, "integer_dot_4x8_mixed_accelerated",
            p.integerDotProduct4x8BitPackedMixedSignednessAccelerated);
    put_u64(d, "integer_dot_4x8_signed_saturating_accelerated",
            p.integerDotProductAccumulatingSaturating4x8BitPackedSignedAccelerated);
}

static const char *component_name(uint32_t type) {
    static const char *const names[] = {"f16", "f32", "f64", "s8",  "s16", "s32",
                                        "s64", "u8",  "u16", "u32", "u64"};
    return type < WI_COUNT(names) ? names[type] : "other";
}

static void put_matrix(const struct device *d, uint32_t i, const uint32_t mnk[3],
                       const uint32_t types[4], uint32_t scope) {
    wi_kv_setf(d->kv, device_key(d, wi_arena_printf(d->kv->arena, "cooperative_matrix.%u", i)),
               "%ux%ux%u %s %s %s %s scope %u", mnk[0], mnk[1], mnk[2], component_name(types[0]),
               component_name(types[1]), component_name(types[2]), component_name(types[3]), scope);
}

static void ask_matrix_khr(const struct device *d) {
    VkPhysicalDeviceCooperativeMatrixFeaturesKHR f = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR};
    get_features(d, &f);
    put_text(d, "cooperative_matrix", f.cooperativeMatrix ? "khr" : "none", 8);
    PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR list =
        (PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR)d->vk->proc(
            d->vk->instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
    VkCooperativeMatrixPropertiesKHR all[MATRICES_MAX] = {0};
    uint32_t count = MATRICES_MAX;
    for (uint32_t i = 0; i < count; i++)
        all[i].sType = VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR;
    if (!f.cooperativeMatrix || list == NULL || list(d->handle, &count, all) < VK_SUCCESS)
        return;
    for (uint32_t i = 0; i < count && i < MATRICES_MAX; i++)
        put_matrix(d, i, (uint32_t[]){all[i].MSize, all[i].NSize, all[i].KSize},
                   (uint32_t[]){all[i].AType, all[i].BType, all[i].CType, all[i].ResultType},
                   all[i].scope);
}

static void ask_matrix_nv(const struct device *d) {
    VkPhysicalDeviceCooperativeMatrixFeaturesNV f = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_NV};
    get_features(d, &f);
    put_text(d, "cooperative_matrix", f.cooperativeMatrix ? "nv" : "none", 8);
    PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesNV list =
        (PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesNV)d->vk->proc(
            d->vk->instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesNV");
    VkCooperativeMatrixPropertiesNV all[MATRICES_MAX] = {0};
    uint32_t count = MATRICES_MAX;
    for (uint32_t i = 0; i < count; i++)
        all[i].sType = VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_NV;
    if (!f.cooperativeMatrix || list == NULL || list(d->handle, &count, all) < VK_SUCCESS)
        return;
    for (uint32_t i = 0; i < count && i < MATRICES_MAX; i++)
        put_matrix(d, i, (uint32_t[]){all[i].MSize, all[i].NSize, all[i].KSize},
                   (uint32_t[]){(uint32_t)all[i].AType, (uint32_t)all[i].BType,
                                (uint32_t)all[i].CType, (uint32_t)all[i].DType},
                   (uint32_t)all[i].scope);
}

static void ask_cooperative_matrix(const struct device *d) {
    if (has(d, "VK_KHR_cooperative_matrix"))
        ask_matrix_khr(d);
    else if (has(d, VK_NV_COOPERATIVE_MATRIX_EXTENSION_NAME))
        ask_matrix_nv(d);
    else
        put_text(d, "cooperative_matrix", "none", 8);
}

static const struct flag queue_flags[] = {
    {VK_QUEUE_GRAPHICS_BIT, "graphics"},
    {VK_QUEUE_COMPUTE_BIT, "compute"},
    {VK_QUEUE_TRANSFER_BIT, "transfer"},
    {VK_QUEUE_SPARSE_BINDING_BIT, "sparse"},
};

static void ask_queues(const struct device *d) {
    VkQueueFamilyProperties families[QUEUES_MAX] = {0};
    uint32_t count = QUEUES_MAX;
    d->vk->vkGetPhysicalDeviceQueueFamilyProperties(d->handle, &count, families);
    put_u64(d, "queue_count", count);
    for (uint32_t i = 0; i < count && i < QUEUES_MAX; i++) {
        const char *at = wi_arena_printf(d->kv->arena, "queue.%u", i);
        put_flags(d, wi_arena_printf(d->kv->arena, "%s.flags", at), families[i].queueFlags,
                  queue_flags, WI_COUNT(queue_flags));
        put_u64(d, wi_arena_printf(d->kv->arena, "%s.count", at), families[i].queueCount);
        put_u64(d, wi_arena_printf(d->kv->arena, "%s.timestamp_bits", at),
                families[i].timestampValidBits);
    }
}

static void ask_device(const struct vulkan *vk, VkPhysicalDevice handle, unsigned index,
                       struct wi_kv *kv) {
    struct device d = {.vk = vk, .handle = handle, .kv = kv, .index = index};
    ask_properties(&d);
    read_extensions(&d);
    ask_memory(&d);
    ask_queues(&d);
    if (vk->vkGetPhysicalDeviceProperties2 == NULL || vk->vkGetPhysicalDeviceFeatures2 == NULL)
        return; /* a Vulkan 1.0 loader: the rest is unknown, not absent */
    ask_driver(&d);
    ask_identity(&d);
    ask_largest(&d);
    ask_subgroups(&d);
    ask_small_types(&d);
    ask_integer_dot(&d);
    ask_cooperative_matrix(&d);
}

/* ---- the instance ---- */

static void *function(const struct vulkan *vk, const char *name, bool khr) {
    void *f = (void *)vk->proc(vk->instance, name);
    if (f == NULL && khr) {
        char other[96];
        snprintf(other, sizeof(other), "%sKHR", name);
        f = (void *)vk->proc(vk->instance, other);
    }
    return f;
}

static bool instance_has(PFN_vkEnumerateInstanceExtensionProperties list, const char *extension) {
    VkExtensionProperties *all = NULL;
    uint32_t count = 0;
    bool found = false;
    if (list == NULL || list(NULL, &count, NULL) != VK_SUCCESS || count == 0)
        return false;
    if (count > EXTENSIONS_MAX)
        count = EXTENSIONS_MAX;
    if ((all = calloc(count, sizeof(*all))) == NULL)
        return false;
    if (list(NULL, &count, all) >= VK_SUCCESS)
        for (uint32_t i = 0; i < count && !found; i++)
            found = strncmp(all[i].extensionName, extension, VK_MAX_EXTENSION_NAME_SIZE) == 0;
    free(all);
    return found;
}

static VkResult create_instance(struct vulkan *vk, struct wi_kv *kv) {
    PFN_vkEnumerateInstanceVersion version =
        (PFN_vkEnumerateInstanceVersion)vk->proc(NULL, "vkEnumerateInstanceVersion");
    PFN_vkEnumerateInstanceExtensionProperties list =
        (PFN_vkEnumerateInstanceExtensionProperties)vk->proc(
            NULL, "vkEnumerateInstanceExtensionProperties");
    PFN_vkCreateInstance create = (PFN_vkCreateInstance)vk->proc(NULL, "vkCreateInstance");
    uint32_t offered = VK_API_VERSION_1_0;
    if (version != NULL)
        version(&offered);
    wi_kv_setf(kv, "vulkan.loader_version", "%u.%u.%u", VK_API_VERSION_MAJOR(offered),
               VK_API_VERSION_MINOR(offered), VK_API_VERSION_PATCH(offered));
    if (create == NULL)
        return VK_ERROR_INITIALIZATION_FAILED;
    vk->version = offered < VK_API_VERSION_1_3 ? offered : VK_API_VERSION_1_3;

    const char *wanted[2];
    VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                 .ppEnabledExtensionNames = wanted};
    if (vk->version < VK_API_VERSION_1_1 &&
        instance_has(list, VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME))
        wanted[info.enabledExtensionCount++] =
            VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME;
#ifdef VK_KHR_portability_enumeration
    /* Else the loader hides layered drivers such as MoltenVK. */
    if (instance_has(list, VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME)) {
        wanted[info.enabledExtensionCount++] = VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME;
        info.flags |= VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
    }
#endif
    VkApplicationInfo app = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                             .pApplicationName = "weighin",
                             .apiVersion = vk->version};
    info.pApplicationInfo = &app;
    return create(&info, NULL, &vk->instance);
}

static void bind_functions(struct vulkan *vk) {
#define X(name) vk->name = (PFN_##name)function(vk, #name, false);
    FUNCTIONS(X)
#undef X
#define X(name) vk->name = (PFN_##name)function(vk, #name, true);
    FUNCTIONS2(X)
#undef X
}

static void unavailable(struct wi_kv *kv, const char *reason) {
    wi_kv_set(kv, "vulkan.status", "unavailable");
    wi_kv_set(kv, "vulkan.reason", reason);
}

static void ask_devices(const struct vulkan *vk, struct wi_kv *kv) {
    VkPhysicalDevice handles[DEVICES_MAX];
    uint32_t count = DEVICES_MAX;
    VkResult result = vk->vkEnumeratePhysicalDevices(vk->instance, &count, handles);
    if (result < VK_SUCCESS) {
        unavailable(kv,
                    wi_arena_printf(kv->arena, "vkEnumeratePhysicalDevices failed with VkResult %d",
                                    (int)result));
        return;
    }
    wi_kv_setf(kv, "vulkan.device_count", "%u", count);
    for (uint32_t i = 0; i < count && i < DEVICES_MAX; i++)
        ask_device(vk, handles[i], i, kv);
    if (count == 0)
        unavailable(kv, "the Vulkan loader is installed, and no driver offers a device");
    else
        wi_kv_set(kv, "vulkan.status", "ok");
}

static void enumerate(const struct wi_gpu_loader *loader, struct wi_kv *kv) {
    struct vulkan vk = {
        .proc = (PFN_vkGetInstanceProcAddr)wi_gpu_loader_symbol(loader, "vkGetInstanceProcAddr")};
    wi_kv_set(kv, "vulkan.library", wi_gpu_loader_library(loader));
    if (vk.proc == NULL) {
        unavailable(kv, "the library is no Vulkan loader: it lacks vkGetInstanceProcAddr");
        return;
    }
    VkResult result = create_instance(&vk, kv);
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
        unavailable(kv, "the Vulkan loader is installed, and finds no driver");
    else if (result != VK_SUCCESS)
        unavailable(kv, wi_arena_printf(kv->arena, "vkCreateInstance failed with VkResult %d",
                                        (int)result));
    if (result == VK_SUCCESS) {
        bind_functions(&vk);
        ask_devices(&vk, kv);
    }
    wi_gpu_icd_report(WI_BACKEND_vulkan, kv);
    /* The instance is left to the end of the process: drivers have crashed in taking it down, and
     * what they said would be lost with them. */
}

int wi_probe_vulkan_child(struct wi_buf *out, struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_gpu_loader *loader = NULL;
    struct wi_err why = {0};
    struct wi_kv kv;
    (void)err;
    wi_kv_init(&kv, arena);
    if (wi_gpu_loader_open(WI_BACKEND_vulkan, &loader, &why) == WI_OK)
        enumerate(loader, &kv);
    else {
        unavailable(&kv, why.message);
        wi_kv_set(&kv, "vulkan.loader", "missing");
    }
    wi_kv_set(&kv, "vulkan.complete", "1"); /* a crash after this line loses nothing */
    wi_buf_putc(out, '\n'); /* ends what a driver may have left unfinished on stdout */
    wi_kv_print(&kv, out);
    wi_gpu_loader_close(loader);
    wi_arena_destroy(arena);
    return WI_OK;
}

#endif
