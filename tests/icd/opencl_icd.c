/* opencl_icd.c: an OpenCL driver that has no device and says what it is told to (see vulkan_icd.c).
 * SPDX-License-Identifier: Apache-2.0
 *
 * ICD_MODE: 0 replays, 1 crashes when its platforms are asked for, 2 crashes in clGetDeviceIDs,
 * 3 hangs in clGetDeviceIDs. Only enumeration is implemented. */
#include "said.h"

#include <unistd.h>

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl_icd.h>

#ifndef ICD_MODE
#define ICD_MODE 0
#endif

enum { DEVICES_MAX = 8 };

struct _cl_platform_id {
    const struct _cl_icd_dispatch *dispatch;
};
struct _cl_device_id {
    const struct _cl_icd_dispatch *dispatch;
    unsigned index;
};

static struct _cl_platform_id platform;
static struct _cl_device_id devices[DEVICES_MAX];

static cl_int give(const void *bytes, size_t n, size_t room, void *out, size_t *size) {
    if (size != NULL)
        *size = n;
    if (out != NULL && room < n)
        return CL_INVALID_VALUE;
    if (out != NULL)
        memcpy(out, bytes, n);
    return CL_SUCCESS;
}

/* ---- the platform ---- */

static cl_int CL_API_CALL platform_info(cl_platform_id id, cl_platform_info what, size_t room,
                                        void *out, size_t *size) {
    static const struct {
        cl_platform_info what;
        const char *key, *otherwise;
    } texts[] = {{CL_PLATFORM_NAME, "name", "Replay"},
                 {CL_PLATFORM_VENDOR, "vendor", "weighin"},
                 {CL_PLATFORM_VERSION, "version", "OpenCL 3.0 replay"},
                 {CL_PLATFORM_PROFILE, "profile", "FULL_PROFILE"},
                 {CL_PLATFORM_EXTENSIONS, "extensions", "cl_khr_icd"},
                 {CL_PLATFORM_ICD_SUFFIX_KHR, "icd_suffix", "WI"}};
    char value[4096];
    (void)id;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].what == what) {
            if (!said(value, sizeof(value), "opencl.platform.0.%s", texts[i].key))
                snprintf(value, sizeof(value), "%s", texts[i].otherwise);
            return give(value, strlen(value) + 1, room, out, size);
        }
    return CL_INVALID_VALUE;
}

static cl_int CL_API_CALL device_ids(cl_platform_id id, cl_device_type type, cl_uint room,
                                     cl_device_id *out, cl_uint *count) {
    char value[32];
    (void)id, (void)type;
    if (ICD_MODE == 2)
        crash();
    while (ICD_MODE == 3)
        pause();
    said(value, sizeof(value), "opencl.device_count");
    cl_uint have = (cl_uint)strtoul(value, NULL, 10);
    have = have < DEVICES_MAX ? have : DEVICES_MAX;
    if (count != NULL)
        *count = have;
    for (cl_uint i = 0; out != NULL && i < room && i < have; i++)
        out[i] = &devices[i];
    return have > 0 ? CL_SUCCESS : CL_DEVICE_NOT_FOUND;
}

/* ---- devices ---- */

/* How the answer to a query is kept and packed: t text, i 32 bit, l 64 bit, u UUID, p PCI address,
 * s list of sizes, a first of six booleans. */
static const struct {
    cl_device_info what;
    char as;
    const char *key;
} answers[] = {
    {CL_DEVICE_NAME, 't', "name"},
    {CL_DEVICE_VENDOR, 't', "vendor"},
    {CL_DRIVER_VERSION, 't', "driver_version"},
    {CL_DEVICE_VERSION, 't', "version"},
    {CL_DEVICE_OPENCL_C_VERSION, 't', "c_version"},
    {CL_DEVICE_PROFILE, 't', "profile"},
    {CL_DEVICE_EXTENSIONS, 't', "extensions"},
    {CL_DEVICE_VENDOR_ID, 'i', "vendor_id"},
    {CL_DEVICE_TYPE, 'l', "type_raw"},
    {CL_DEVICE_GLOBAL_MEM_SIZE, 'l', "global_mem_size"},
    {CL_DEVICE_MAX_MEM_ALLOC_SIZE, 'l', "max_mem_alloc_size"},
    {CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE, 'l', "max_constant_buffer_size"},
    {CL_DEVICE_LOCAL_MEM_SIZE, 'l', "local_mem_size"},
    {CL_DEVICE_LOCAL_MEM_TYPE, 'i', "local_mem_type"},
    {CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, 'l', "global_mem_cache_size"},
    {CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE, 'i', "cache_line_size"},
    {CL_DEVICE_HOST_UNIFIED_MEMORY, 'i', "host_unified_memory"},
    {CL_DEVICE_MAX_COMPUTE_UNITS, 'i', "compute_units"},
    {CL_DEVICE_MAX_CLOCK_FREQUENCY, 'i', "max_clock_mhz"},
    {CL_DEVICE_MAX_WORK_GROUP_SIZE, 'l', "max_work_group_size"},
    {CL_DEVICE_MEM_BASE_ADDR_ALIGN, 'i', "base_address_align_bits"},
    {CL_DEVICE_NATIVE_VECTOR_WIDTH_HALF, 'i', "native_half_width"},
    {CL_DEVICE_PROFILING_TIMER_RESOLUTION, 'l', "timer_resolution_ns"},
    {CL_DEVICE_AVAILABLE, 'i', "available"},
    {CL_DEVICE_COMPILER_AVAILABLE, 'i', "compiler_available"},
    {CL_DEVICE_ERROR_CORRECTION_SUPPORT, 'i', "error_correction"},
    {CL_DEVICE_SVM_CAPABILITIES, 'l', "svm_capabilities"},
    {CL_DEVICE_MAX_NUM_SUB_GROUPS, 'i', "max_sub_groups"},
    {CL_DEVICE_NUMERIC_VERSION, 'i', "numeric_version"},
    {0x1033, 'l', "half_fp_config"},
    {0x1073, 'l', "integer_dot_capabilities"},
    {0x1074, 'a', "integer_dot_8bit_signed_accelerated"},
    {0x1075, 'a', "integer_dot_4x8_signed_accelerated"},
    {0x4003, 'i', "warp_size"},
    {0x4006, 'i', "integrated_memory"},
    {0x4043, 'i', "wavefront_width"},
    {0x4034, 'i', "pcie_id_amd"},
    {0x4038, 't', "board_name"},
    {0x4251, 'i', "device_id_intel"},
    {0x106A, 'u', "device_uuid"},
    {0x106B, 'u', "driver_uuid"},
    {0x410F, 'p', "pci"},
    {0x4108, 's', "subgroup_sizes"},
};

static size_t pack(char as, const char *value, unsigned index, const char *key, void *out) {
    cl_uint *u32 = out;
    cl_ulong u64 = strtoull(value, NULL, 0);
    size_t n = 0, *sizes = out;
    switch (as) {
    case 'i':
        *u32 = (cl_uint)u64;
        return 4;
    case 'l':
        memcpy(out, &u64, 8);
        return 8;
    case 'a':
        memset(out, 0, 6 * sizeof(cl_bool));
        *u32 = (cl_uint)u64;
        return 6 * sizeof(cl_bool);
    case 'u':
        said_hex("opencl.device", index, key, out, 16);
        return 16;
    case 'p':
        sscanf(value, "%x:%x:%x.%x", &u32[0], &u32[1], &u32[2], &u32[3]);
        return 16;
    case 's':
        for (const char *p = value; *p != '\0' && n < 16; n++, p += strspn(p, " "))
            sizes[n] = strtoul(p, (char **)&p, 10);
        return n * sizeof(size_t);
    default:
        memcpy(out, value, strlen(value) + 1);
        return strlen(value) + 1;
    }
}

static cl_int CL_API_CALL device_info(cl_device_id id, cl_device_info what, size_t room, void *out,
                                      size_t *size) {
    static char value[1 << 14];
    static union {
        char bytes[1 << 14];
        cl_ulong align;
    } packed;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        if (answers[i].what == what) {
            if (!said(value, sizeof(value), "opencl.device.%u.%s", id->index, answers[i].key))
                return CL_INVALID_VALUE;
            size_t n = pack(answers[i].as, value, id->index, answers[i].key, &packed);
            return give(&packed, n, room, out, size);
        }
    return CL_INVALID_VALUE;
}

/* ---- what the loader asks for ---- */

static cl_int CL_API_CALL platform_ids(cl_uint room, cl_platform_id *out, cl_uint *count) {
    if (ICD_MODE == 1)
        crash();
    if (count != NULL)
        *count = 1;
    if (out != NULL && room > 0)
        out[0] = &platform;
    return CL_SUCCESS;
}

static void *CL_API_CALL extension_function(const char *name);

static const struct _cl_icd_dispatch dispatch = {
    .clGetPlatformIDs = platform_ids,
    .clGetPlatformInfo = platform_info,
    .clGetDeviceIDs = device_ids,
    .clGetDeviceInfo = device_info,
    .clGetExtensionFunctionAddress = extension_function,
};

static void *CL_API_CALL extension_function(const char *name) {
    platform.dispatch = &dispatch;
    for (unsigned i = 0; i < DEVICES_MAX; i++)
        devices[i] = (struct _cl_device_id){&dispatch, i};
    if (strcmp(name, "clIcdGetPlatformIDsKHR") == 0)
        return (void *)platform_ids;
    return strcmp(name, "clGetPlatformInfo") == 0 ? (void *)platform_info : NULL;
}

__attribute__((visibility("default"))) void *CL_API_CALL
clGetExtensionFunctionAddress(const char *name) {
    return extension_function(name);
}
