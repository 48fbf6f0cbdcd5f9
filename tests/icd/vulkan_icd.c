/* vulkan_icd.c: a Vulkan driver that has no GPU and says what it is told to: real GPUs' recorded
 * answers, and lies, replayed through the real loader.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Built several times with another ICD_MODE: 0 replays, 1 crashes in vkCreateInstance, 2 crashes in
 * vkEnumeratePhysicalDevices, 3 hangs there, 4 crashes and 5 hangs while the process exits, 6
 * prints without end. Answers come from said.h. Only enumeration is implemented: devices cannot be
 * created. */
#include "said.h"

#include <stdbool.h>
#include <unistd.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vk_icd.h>
#include <vulkan/vulkan.h>

#ifndef ICD_MODE
#define ICD_MODE 0
#endif

#ifndef VK_KHR_cooperative_matrix
#define VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR                          \
    ((VkStructureType)1000506000)
typedef struct VkPhysicalDeviceCooperativeMatrixFeaturesKHR {
    VkStructureType sType;
    void *pNext;
    VkBool32 cooperativeMatrix;
    VkBool32 cooperativeMatrixRobustBufferAccess;
} VkPhysicalDeviceCooperativeMatrixFeaturesKHR;
#endif

enum { GPUS_MAX = 8 };

struct gpu {
    VK_LOADER_DATA loader;
    unsigned index;
};
struct instance {
    VK_LOADER_DATA loader;
    struct gpu gpus[GPUS_MAX];
};

static void die_or_hang(int mode) {
    if (ICD_MODE != mode)
        return;
    if (mode == 3)
        for (;;)
            pause();
    if (mode == 6)
        for (;;)
            puts("vulkan.device.0.name=never enough");
    crash();
}

#if ICD_MODE == 4 || ICD_MODE == 5
__attribute__((destructor)) static void trouble_at_exit(void) {
    if (ICD_MODE == 4)
        crash();
    for (;;)
        pause();
}
#endif

static unsigned at(VkPhysicalDevice device) {
    return ((struct gpu *)device)->index;
}

static uint64_t num(VkPhysicalDevice device, const char *key) {
    return said_number("vulkan.device", at(device), key);
}

static void text(VkPhysicalDevice device, const char *key, char *out, size_t n) {
    said(out, n, "vulkan.device.%u.%s", at(device), key);
}

static uint32_t version(VkPhysicalDevice device, const char *key) {
    char value[64];
    unsigned a = 0, b = 0, c = 0;
    text(device, key, value, sizeof(value));
    sscanf(value, "%u.%u.%u", &a, &b, &c);
    return VK_MAKE_API_VERSION(0, a, b, c);
}

static bool word(const char *words, const char *one) {
    size_t n = strlen(one);
    for (const char *p = words; (p = strstr(p, one)) != NULL; p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return true;
    return false;
}

/* ---- device queries ---- */

static VKAPI_ATTR void VKAPI_CALL get_properties(VkPhysicalDevice device,
                                                 VkPhysicalDeviceProperties *p) {
    static const char *const types[] = {"other", "integrated", "discrete", "virtual", "cpu"};
    char value[64];
    memset(p, 0, sizeof(*p));
    text(device, "name", p->deviceName, sizeof(p->deviceName));
    p->apiVersion = version(device, "api_version");
    p->driverVersion = (uint32_t)num(device, "driver_version_raw");
    p->vendorID = (uint32_t)num(device, "vendor_id");
    p->deviceID = (uint32_t)num(device, "device_id");
    text(device, "type", value, sizeof(value));
    for (unsigned i = 0; i < 5; i++)
        if (strcmp(value, types[i]) == 0)
            p->deviceType = (VkPhysicalDeviceType)i;
    said_hex("vulkan.device", at(device), "pipeline_cache_uuid", p->pipelineCacheUUID, 16);
    VkPhysicalDeviceLimits *l = &p->limits;
    l->maxStorageBufferRange = (uint32_t)num(device, "max_storage_buffer_range");
    l->maxMemoryAllocationCount = (uint32_t)num(device, "max_memory_allocation_count");
    l->maxComputeSharedMemorySize = (uint32_t)num(device, "max_compute_shared_memory");
    l->maxComputeWorkGroupInvocations = (uint32_t)num(device, "max_workgroup_invocations");
    l->maxComputeWorkGroupSize[0] = (uint32_t)num(device, "max_workgroup_size_x");
    l->maxComputeWorkGroupCount[0] = (uint32_t)num(device, "max_workgroup_count_x");
    l->maxPushConstantsSize = (uint32_t)num(device, "max_push_constants");
    l->minStorageBufferOffsetAlignment = num(device, "min_storage_buffer_alignment");
    l->timestampComputeAndGraphics = (VkBool32)num(device, "timestamp_all_queues");
    text(device, "timestamp_period_ns", value, sizeof(value));
    l->timestampPeriod = (float)atof(value);
}

static void subgroup(VkPhysicalDevice device, VkPhysicalDeviceSubgroupProperties *p) {
    p->subgroupSize = (uint32_t)num(device, "subgroup_size");
    p->supportedStages = num(device, "subgroup_in_compute") ? VK_SHADER_STAGE_COMPUTE_BIT : 0;
    p->supportedOperations = (VkSubgroupFeatureFlags)num(device, "subgroup_operations");
}

static void driver(VkPhysicalDevice device, VkPhysicalDeviceDriverProperties *p) {
    char value[64];
    unsigned v[4] = {0};
    p->driverID = (VkDriverId)num(device, "driver_id");
    text(device, "driver_name", p->driverName, sizeof(p->driverName));
    text(device, "driver_info", p->driverInfo, sizeof(p->driverInfo));
    text(device, "conformance", value, sizeof(value));
    sscanf(value, "%u.%u.%u.%u", &v[0], &v[1], &v[2], &v[3]);
    p->conformanceVersion =
        (VkConformanceVersion){(uint8_t)v[0], (uint8_t)v[1], (uint8_t)v[2], (uint8_t)v[3]};
}

static void pci(VkPhysicalDevice device, VkPhysicalDevicePCIBusInfoPropertiesEXT *p) {
    char value[64];
    text(device, "pci", value, sizeof(value));
    sscanf(value, "%x:%x:%x.%x", &p->pciDomain, &p->pciBus, &p->pciDevice, &p->pciFunction);
}

static void dot(VkPhysicalDevice device, VkPhysicalDeviceShaderIntegerDotProductProperties *p) {
    p->integerDotProduct8BitSignedAccelerated =
        (VkBool32)num(device, "integer_dot_8bit_signed_accelerated");
    p->integerDotProduct4x8BitPackedSignedAccelerated =
        (VkBool32)num(device, "integer_dot_4x8_signed_accelerated");
    p->integerDotProduct4x8BitPackedMixedSignednessAccelerated =
        (VkBool32)num(device, "integer_dot_4x8_mixed_accelerated");
    p->integerDotProductAccumulatingSaturating4x8BitPackedSignedAccelerated =
        (VkBool32)num(device, "integer_dot_4x8_signed_saturating_accelerated");
}

static VKAPI_ATTR void VKAPI_CALL get_properties2(VkPhysicalDevice device,
                                                  VkPhysicalDeviceProperties2 *p) {
    get_properties(device, &p->properties);
    for (VkBaseOutStructure *s = p->pNext; s != NULL; s = s->pNext) {
        switch ((int)s->sType) {
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES:
            driver(device, (void *)s);
            break;
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES: {
            VkPhysicalDeviceIDProperties *id = (void *)s;
            said_hex("vulkan.device", at(device), "device_uuid", id->deviceUUID, 16);
            said_hex("vulkan.device", at(device), "driver_uuid", id->driverUUID, 16);
            break;
        }
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT:
            pci(device, (void *)s);
            break;
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES:
            ((VkPhysicalDeviceMaintenance3Properties *)s)->maxMemoryAllocationSize =
                num(device, "max_memory_allocation_size");
            break;
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES:
            ((VkPhysicalDeviceMaintenance4Properties *)s)->maxBufferSize =
                num(device, "max_buffer_size");
            break;
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES:
            subgroup(device, (void *)s);
            break;
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES:
            ((VkPhysicalDeviceSubgroupSizeControlProperties *)s)->minSubgroupSize =
                (uint32_t)num(device, "subgroup_min");
            ((VkPhysicalDeviceSubgroupSizeControlProperties *)s)->maxSubgroupSize =
                (uint32_t)num(device, "subgroup_max");
            break;
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_PROPERTIES:
            dot(device, (void *)s);
            break;
        default:
            break;
        }
    }
}

static VKAPI_ATTR void VKAPI_CALL get_features(VkPhysicalDevice device,
                                               VkPhysicalDeviceFeatures *f) {
    memset(f, 0, sizeof(*f));
    f->shaderInt16 = (VkBool32)num(device, "shader_int16");
    f->shaderInt64 = (VkBool32)num(device, "shader_int64");
    f->shaderFloat64 = (VkBool32)num(device, "shader_float64");
}

/* Which boolean of which structure answers to which key. */
#define FEATURES(X)                                                                                \
    X(SHADER_FLOAT16_INT8_FEATURES, ShaderFloat16Int8Features, shaderFloat16, "shader_float16")    \
    X(SHADER_FLOAT16_INT8_FEATURES, ShaderFloat16Int8Features, shaderInt8, "shader_int8")          \
    X(16BIT_STORAGE_FEATURES, 16BitStorageFeatures, storageBuffer16BitAccess, "storage16")         \
    X(16BIT_STORAGE_FEATURES, 16BitStorageFeatures, uniformAndStorageBuffer16BitAccess,            \
      "storage16_uniform")                                                                         \
    X(8BIT_STORAGE_FEATURES, 8BitStorageFeatures, storageBuffer8BitAccess, "storage8")             \
    X(8BIT_STORAGE_FEATURES, 8BitStorageFeatures, uniformAndStorageBuffer8BitAccess,               \
      "storage8_uniform")                                                                          \
    X(BUFFER_DEVICE_ADDRESS_FEATURES, BufferDeviceAddressFeatures, bufferDeviceAddress,            \
      "buffer_device_address")                                                                     \
    X(SUBGROUP_SIZE_CONTROL_FEATURES, SubgroupSizeControlFeatures, subgroupSizeControl,            \
      "subgroup_size_control")                                                                     \
    X(SUBGROUP_SIZE_CONTROL_FEATURES, SubgroupSizeControlFeatures, computeFullSubgroups,           \
      "subgroup_full")                                                                             \
    X(SHADER_INTEGER_DOT_PRODUCT_FEATURES, ShaderIntegerDotProductFeatures,                        \
      shaderIntegerDotProduct, "integer_dot")

static VKAPI_ATTR void VKAPI_CALL get_features2(VkPhysicalDevice device,
                                                VkPhysicalDeviceFeatures2 *f) {
    char matrix[16];
    get_features(device, &f->features);
    text(device, "cooperative_matrix", matrix, sizeof(matrix));
    for (VkBaseOutStructure *s = f->pNext; s != NULL; s = s->pNext) {
#define X(type, structure, field, key)                                                             \
    if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_##type)                                      \
        ((VkPhysicalDevice##structure *)s)->field = (VkBool32)num(device, key);
        FEATURES(X)
#undef X
        if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_NV)
            ((VkPhysicalDeviceCooperativeMatrixFeaturesNV *)s)->cooperativeMatrix =
                strcmp(matrix, "nv") == 0;
        if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR)
            ((VkPhysicalDeviceCooperativeMatrixFeaturesKHR *)s)->cooperativeMatrix =
                strcmp(matrix, "khr") == 0;
    }
}

static VKAPI_ATTR void VKAPI_CALL get_memory(VkPhysicalDevice device,
                                             VkPhysicalDeviceMemoryProperties *m) {
    static const char *const type_words[] = {"device_local", "host_visible",     "host_coherent",
                                             "host_cached",  "lazily_allocated", "protected"};
    char flags[256];
    memset(m, 0, sizeof(*m));
    m->memoryHeapCount = (uint32_t)num(device, "heap_count");
    for (uint32_t i = 0; i < m->memoryHeapCount && i < VK_MAX_MEMORY_HEAPS; i++) {
        char key[64];
        snprintf(key, sizeof(key), "heap.%u.size", i);
        m->memoryHeaps[i].size = num(device, key);
        snprintf(key, sizeof(key), "heap.%u.flags", i);
        text(device, key, flags, sizeof(flags));
        m->memoryHeaps[i].flags = word(flags, "device_local") ? VK_MEMORY_HEAP_DEVICE_LOCAL_BIT : 0;
    }
    m->memoryTypeCount = (uint32_t)num(device, "memory_type_count");
    for (uint32_t i = 0; i < m->memoryTypeCount && i < VK_MAX_MEMORY_TYPES; i++) {
        char key[64];
        snprintf(key, sizeof(key), "memory_type.%u.heap", i);
        m->memoryTypes[i].heapIndex = (uint32_t)num(device, key);
        snprintf(key, sizeof(key), "memory_type.%u.flags", i);
        text(device, key, flags, sizeof(flags));
        for (unsigned bit = 0; bit < 6; bit++)
            if (word(flags, type_words[bit]))
                m->memoryTypes[i].propertyFlags |= 1u << bit;
    }
}

static VKAPI_ATTR void VKAPI_CALL get_memory2(VkPhysicalDevice device,
                                              VkPhysicalDeviceMemoryProperties2 *m) {
    get_memory(device, &m->memoryProperties);
    for (VkBaseOutStructure *s = m->pNext; s != NULL; s = s->pNext) {
        if (s->sType != VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT)
            continue;
        VkPhysicalDeviceMemoryBudgetPropertiesEXT *b = (void *)s;
        for (uint32_t i = 0; i < VK_MAX_MEMORY_HEAPS; i++) {
            char key[64];
            snprintf(key, sizeof(key), "heap.%u.budget", i);
            b->heapBudget[i] = num(device, key);
            snprintf(key, sizeof(key), "heap.%u.usage", i);
            b->heapUsage[i] = num(device, key);
        }
    }
}

static VKAPI_ATTR void VKAPI_CALL get_queues(VkPhysicalDevice device, uint32_t *count,
                                             VkQueueFamilyProperties *families) {
    uint32_t have = (uint32_t)num(device, "queue_count");
    if (families == NULL) {
        *count = have;
        return;
    }
    *count = *count < have ? *count : have;
    for (uint32_t i = 0; i < *count; i++) {
        char key[64], flags[128];
        memset(&families[i], 0, sizeof(families[i]));
        snprintf(key, sizeof(key), "queue.%u.flags", i);
        text(device, key, flags, sizeof(flags));
        families[i].queueFlags = (word(flags, "graphics") ? VK_QUEUE_GRAPHICS_BIT : 0u) |
                                 (word(flags, "compute") ? VK_QUEUE_COMPUTE_BIT : 0u) |
                                 (word(flags, "transfer") ? VK_QUEUE_TRANSFER_BIT : 0u) |
                                 (word(flags, "sparse") ? VK_QUEUE_SPARSE_BINDING_BIT : 0u);
        snprintf(key, sizeof(key), "queue.%u.count", i);
        families[i].queueCount = (uint32_t)num(device, key);
        snprintf(key, sizeof(key), "queue.%u.timestamp_bits", i);
        families[i].timestampValidBits = (uint32_t)num(device, key);
    }
}

static VKAPI_ATTR VkResult VKAPI_CALL device_extensions(VkPhysicalDevice device, const char *layer,
                                                        uint32_t *count,
                                                        VkExtensionProperties *all) {
    static char list[1 << 16];
    uint32_t have = 0;
    (void)layer;
    text(device, "extensions", list, sizeof(list));
    for (char *p = strtok(list, " "); p != NULL; p = strtok(NULL, " "), have++) {
        if (all == NULL || have >= *count)
            continue;
        memset(&all[have], 0, sizeof(all[have]));
        snprintf(all[have].extensionName, VK_MAX_EXTENSION_NAME_SIZE, "%s", p);
    }
    VkResult result = all != NULL && have > *count ? VK_INCOMPLETE : VK_SUCCESS;
    *count = all == NULL || have < *count ? have : *count;
    return result;
}

/* "16x8x16 f16 f16 f32 f32 scope 3", one line each. */
static VKAPI_ATTR VkResult VKAPI_CALL matrices_nv(VkPhysicalDevice device, uint32_t *count,
                                                  VkCooperativeMatrixPropertiesNV *all) {
    static const char *const names[] = {"f16", "f32", "f64", "s8",  "s16", "s32",
                                        "s64", "u8",  "u16", "u32", "u64"};
    uint32_t have = 0;
    for (char key[64], value[128]; have < 64; have++) {
        char types[4][4] = {0};
        unsigned of[4] = {0}, m = 0, n = 0, k = 0, scope = 0;
        snprintf(key, sizeof(key), "cooperative_matrix.%u", have);
        text(device, key, value, sizeof(value));
        if (sscanf(value, "%ux%ux%u %3s %3s %3s %3s scope %u", &m, &n, &k, types[0], types[1],
                   types[2], types[3], &scope) != 8)
            break;
        for (unsigned i = 0; i < 4; i++)
            for (unsigned t = 0; t < sizeof(names) / sizeof(names[0]); t++)
                of[i] = strcmp(types[i], names[t]) == 0 ? t : of[i];
        if (all != NULL && have < *count)
            all[have] = (VkCooperativeMatrixPropertiesNV){
                VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_NV,
                NULL,
                m,
                n,
                k,
                (VkComponentTypeNV)of[0],
                (VkComponentTypeNV)of[1],
                (VkComponentTypeNV)of[2],
                (VkComponentTypeNV)of[3],
                (VkScopeNV)scope};
    }
    VkResult result = all != NULL && have > *count ? VK_INCOMPLETE : VK_SUCCESS;
    *count = all == NULL || have < *count ? have : *count;
    return result;
}

/* ---- the instance ---- */

static VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *info,
                                                      const VkAllocationCallbacks *memory,
                                                      VkInstance *out) {
    (void)info, (void)memory;
    die_or_hang(1);
    struct instance *instance = calloc(1, sizeof(*instance));
    if (instance == NULL)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    set_loader_magic_value(&instance->loader);
    for (unsigned i = 0; i < GPUS_MAX; i++) {
        instance->gpus[i].index = i;
        set_loader_magic_value(&instance->gpus[i].loader);
    }
    *out = (VkInstance)instance;
    return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL destroy_instance(VkInstance instance,
                                                   const VkAllocationCallbacks *memory) {
    (void)memory;
    free(instance);
}

static VKAPI_ATTR VkResult VKAPI_CALL enumerate(VkInstance instance, uint32_t *count,
                                                VkPhysicalDevice *devices) {
    char value[32];
    die_or_hang(2);
    die_or_hang(3);
    die_or_hang(6);
    said(value, sizeof(value), "vulkan.device_count");
    uint32_t have = (uint32_t)strtoul(value, NULL, 10);
    have = have < GPUS_MAX ? have : GPUS_MAX;
    if (devices == NULL) {
        *count = have;
        return VK_SUCCESS;
    }
    VkResult result = *count < have ? VK_INCOMPLETE : VK_SUCCESS;
    *count = *count < have ? *count : have;
    for (uint32_t i = 0; i < *count; i++)
        devices[i] = (VkPhysicalDevice) & ((struct instance *)instance)->gpus[i];
    return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL instance_version(uint32_t *out) {
    *out = VK_API_VERSION_1_3;
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL instance_extensions(const char *layer, uint32_t *count,
                                                          VkExtensionProperties *all) {
    static const char *const names[] = {
        VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME,
        VK_KHR_EXTERNAL_MEMORY_CAPABILITIES_EXTENSION_NAME,
    };
    (void)layer;
    for (uint32_t i = 0; all != NULL && i < *count && i < 2; i++) {
        memset(&all[i], 0, sizeof(all[i]));
        snprintf(all[i].extensionName, VK_MAX_EXTENSION_NAME_SIZE, "%s", names[i]);
    }
    *count = 2;
    return VK_SUCCESS;
}

/* The loader insists on more entry points than enumeration calls. */
static VKAPI_ATTR VkResult VKAPI_CALL refuse(void) {
    return VK_ERROR_FEATURE_NOT_PRESENT;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vk_icdGetInstanceProcAddr(VkInstance instance,
                                                                   const char *name);

#define ENTRIES(X)                                                                                 \
    X(vkGetInstanceProcAddr, vk_icdGetInstanceProcAddr)                                            \
    X(vkCreateInstance, create_instance)                                                           \
    X(vkDestroyInstance, destroy_instance)                                                         \
    X(vkEnumerateInstanceVersion, instance_version)                                                \
    X(vkEnumerateInstanceExtensionProperties, instance_extensions)                                 \
    X(vkEnumeratePhysicalDevices, enumerate)                                                       \
    X(vkEnumerateDeviceExtensionProperties, device_extensions)                                     \
    X(vkGetPhysicalDeviceProperties, get_properties)                                               \
    X(vkGetPhysicalDeviceProperties2, get_properties2)                                             \
    X(vkGetPhysicalDeviceProperties2KHR, get_properties2)                                          \
    X(vkGetPhysicalDeviceFeatures, get_features)                                                   \
    X(vkGetPhysicalDeviceFeatures2, get_features2)                                                 \
    X(vkGetPhysicalDeviceFeatures2KHR, get_features2)                                              \
    X(vkGetPhysicalDeviceMemoryProperties, get_memory)                                             \
    X(vkGetPhysicalDeviceMemoryProperties2, get_memory2)                                           \
    X(vkGetPhysicalDeviceMemoryProperties2KHR, get_memory2)                                        \
    X(vkGetPhysicalDeviceQueueFamilyProperties, get_queues)                                        \
    X(vkGetPhysicalDeviceCooperativeMatrixPropertiesNV, matrices_nv)                               \
    X(vkGetPhysicalDeviceFormatProperties, refuse)                                                 \
    X(vkGetPhysicalDeviceImageFormatProperties, refuse)                                            \
    X(vkGetPhysicalDeviceSparseImageFormatProperties, refuse)                                      \
    X(vkCreateDevice, refuse)                                                                      \
    X(vkGetDeviceProcAddr, refuse)

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vk_icdGetInstanceProcAddr(VkInstance instance,
                                                                   const char *name) {
    (void)instance;
#define X(entry, function)                                                                         \
    if (strcmp(name, #entry) == 0)                                                                 \
        return (PFN_vkVoidFunction)function;
    ENTRIES(X)
#undef X
    return NULL;
}

VKAPI_ATTR VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *offered);
VKAPI_ATTR VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *offered) {
    if (*offered > 3)
        *offered = 3;
    return VK_SUCCESS;
}
