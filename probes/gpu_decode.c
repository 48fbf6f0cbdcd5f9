/* gpu_decode.c: an enumeration answer -> devices, with nothing in it believed unchecked.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The text comes from drivers, and from recordings that anybody may have edited. Every line of a
 * device is kept as a fact with its raw value; what is interpreted is clamped or refused, and each
 * time that happens a fact "API.note.N" says what was seen. */
#include "probes/gpu_seen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICES_MAX = 64, HEAPS_MAX = 16, TYPES_MAX = 32, TEXT_MAX = 200, FACTS_MAX = 1024 };

/* No machine has more memory than this on one device; larger numbers are garbage. */
#define BYTES_MAX (UINT64_C(1) << 50)

struct decoder {
    const struct wi_kv *kv;
    struct wi_arena *arena;
    const char *api; /* "vulkan" */
    struct wi_gpu_seen *d;
    unsigned notes;
};

/* ---- text ---- */

/* Length of the valid UTF-8 sequence at p, 0 when it is none (overlong and surrogates too). */
static size_t utf8_length(const unsigned char *p) {
    size_t n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (n < 2)
        return n;
    uint32_t code = p[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    return code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : n;
}

/* C1 controls and marks that turn the direction of text could disguise a name in a terminal. */
static bool harmless(const unsigned char *p, size_t n) {
    if (n == 1)
        return p[0] >= 0x20 && p[0] != 0x7f;
    if (n == 2)
        return !(p[0] == 0xc2 && p[1] < 0xa0);
    return !(n == 3 && p[0] == 0xe2 &&
             ((p[1] == 0x80 && p[2] >= 0x8e) || (p[1] == 0x81 && p[2] >= 0xa0)));
}

static const char *clean(struct wi_arena *arena, const char *text, size_t limit) {
    size_t length = text != NULL ? strlen(text) : 0, n = 0;
    char *out = wi_arena_alloc(arena, (length < limit ? length : limit) + 1);
    const unsigned char *p = (const unsigned char *)(text != NULL ? text : ""), *end = p + length;
    while (p != end && n < limit) {
        size_t step = utf8_length(p);
        if (step == 0) {
            out[n++] = '?';
            p++;
        } else if (!harmless(p, step)) {
            if (n > 0 && out[n - 1] != ' ')
                out[n++] = ' ';
            p += step;
        } else {
            if (n + step > limit)
                break;
            if (!(*p == ' ' && (n == 0 || out[n - 1] == ' ')))
                for (size_t i = 0; i < step; i++)
                    out[n++] = (char)p[i];
            p += step;
        }
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    return n > 0 ? out : NULL;
}

const char *wi_gpu_clean_text(struct wi_arena *arena, const char *text) {
    return clean(arena, text, TEXT_MAX);
}

/* ---- reading entries ---- */

static const char *get(const struct decoder *x, const char *key) {
    return wi_kv_getf(x->kv, "%s.device.%u.%s", x->api, x->d->index, key);
}

static const char *get_text(const struct decoder *x, const char *key) {
    return wi_gpu_clean_text(x->arena, get(x, key));
}

/* "123" or "0x7b" and nothing else; unknown otherwise. */
static struct wi_maybe_u64 number(const char *text) {
    struct wi_maybe_u64 none = {WI_KNOWN_unknown, 0};
    uint64_t value = 0, base = 10;
    if (text != NULL && text[0] == '0' && text[1] == 'x') {
        text += 2;
        base = 16;
    }
    if (text == NULL || *text == '\0')
        return none;
    for (; *text != '\0'; text++) {
        uint64_t digit = isdigit((unsigned char)*text)                ? (uint64_t)(*text - '0')
                         : base == 16 && *text >= 'a' && *text <= 'f' ? (uint64_t)(*text - 'a') + 10
                         : base == 16 && *text >= 'A' && *text <= 'F' ? (uint64_t)(*text - 'A') + 10
                                                                      : UINT64_MAX;
        if (digit == UINT64_MAX || value > (UINT64_MAX - digit) / base)
            return none;
        value = value * base + digit;
    }
    return wi_some_u64(value);
}

static struct wi_maybe_u64 get_number(const struct decoder *x, const char *key) {
    return number(get(x, key));
}

static bool get_flag(const struct decoder *x, const char *key) {
    struct wi_maybe_u64 n = get_number(x, key);
    return wi_has_u64(n) && n.value == 1;
}

static void note(struct decoder *x, const char *text) {
    struct wi_fact *f = WI_PUSH(x->arena, &x->d->said.facts, struct wi_fact);
    *f = (struct wi_fact){wi_arena_printf(x->arena, "%s.note.%u", x->api, x->notes++),
                          WI_KNOWN_known, text, "", "weighin"};
}

/* A size in bytes: zero and absurd numbers are unknown, and noted. */
static struct wi_maybe_u64 get_bytes(struct decoder *x, const char *key) {
    const char *text = get(x, key);
    struct wi_maybe_u64 n = number(text);
    if (text == NULL || (wi_has_u64(n) && n.value > 0 && n.value <= BYTES_MAX))
        return n;
    note(x, wi_arena_printf(x->arena, "%s = %s is no credible size: taken as unknown", key,
                            clean(x->arena, text, 40) ? clean(x->arena, text, 40) : "\"\""));
    return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
}

/* ---- facts ---- */

static const char *unit_of(const char *key) {
    static const struct {
        const char *end, *unit;
    } units[] = {{"size", "bytes"}, {"budget", "bytes"}, {"usage", "bytes"},   {"range", "bytes"},
                 {"_ns", "ns"},     {"_mhz", "MHz"},     {"_memory", "bytes"}, {"_bits", "bits"}};
    size_t n = strlen(key);
    if (strstr(key, "group_size") != NULL || strstr(key, "subgroup") != NULL ||
        strcmp(key, "host_unified_memory") == 0 || strcmp(key, "integrated_memory") == 0)
        return "";
    for (size_t i = 0; i < WI_COUNT(units); i++) {
        size_t m = strlen(units[i].end);
        if (n >= m && strcmp(key + n - m, units[i].end) == 0)
            return units[i].unit;
    }
    return "";
}

/* Everything that was said, raw but printable. */
static void keep_facts(struct decoder *x) {
    const char *prefix = wi_arena_printf(x->arena, "%s.device.%u.", x->api, x->d->index);
    size_t n = strlen(prefix);
    for (size_t i = 0; i < x->kv->count && x->d->said.facts.count < FACTS_MAX; i++) {
        const struct wi_kv_entry *e = &x->kv->items[i];
        if (strncmp(e->key, prefix, n) != 0 || e->key[n] == '\0')
            continue;
        const char *value = clean(x->arena, e->value, 8192);
        struct wi_fact *f = WI_PUSH(x->arena, &x->d->said.facts, struct wi_fact);
        *f =
            (struct wi_fact){wi_arena_printf(x->arena, "%s.%s", x->api, e->key + n), WI_KNOWN_known,
                             value != NULL ? value : "", unit_of(e->key + n), x->api};
    }
}

/* ---- identity ---- */

static const struct {
    uint64_t id;
    const char *word; /* in the driver's own text, when the id is of another registry */
    const char *name;
} vendors[] = {
    {0x10de, "nvidia", "NVIDIA"},
    {0x1002, "advanced micro", "AMD"},
    {0x1002, "amd", "AMD"},
    {0x8086, "intel", "Intel"},
    {0x5143, "qualcomm", "Qualcomm"},
    {0x5143, "adreno", "Qualcomm"},
    {0x13b5, "mali", "ARM"},
    {0x13b5, "arm", "ARM"},
    {0x1010, "imagination", "Imagination"},
    {0x106b, "apple", "Apple"},
    {0x14e4, "broadcom", "Broadcom"},
    {0x144d, "samsung", "Samsung"},
    {0x1ed5, "moore threads", "Moore Threads"},
    {0x1414, "microsoft", "Microsoft"},
    {0x1ae0, "google", "Google"},
    {0x10005, "mesa", "Mesa"},
    {0x10006, "pocl", "PoCL"},
    {0x1af4, "virtio", "virtio"},
};

/* The word must not begin inside another: "arm" is not in "charm". */
static bool holds_word(const char *text, const char *word) {
    size_t n = strlen(word);
    for (const char *p = text; p != NULL && *p != '\0'; p++)
        if (strncasecmp(p, word, n) == 0 && (p == text || !isalpha((unsigned char)p[-1])))
            return true;
    return false;
}

static const char *vendor_of_text(const char *text) {
    for (size_t i = 0; i < WI_COUNT(vendors); i++)
        if (holds_word(text, vendors[i].word))
            return vendors[i].name;
    return NULL;
}

/* Ids above 16 bits are Khronos' own, for drivers without a PCI vendor: the text may name the
 * chip's maker ("Apple M1"), which the bus knows too. */
const char *wi_gpu_vendor(struct wi_maybe_u64 vendor_id, const char *text) {
    const char *named = vendor_of_text(text);
    if (wi_has_u64(vendor_id) && vendor_id.value > 0xffff && named != NULL)
        return named;
    for (size_t i = 0; wi_has_u64(vendor_id) && i < WI_COUNT(vendors); i++)
        if (vendors[i].id == vendor_id.value)
            return vendors[i].name;
    return named;
}

/* "0000:01:00.0" in lower case, or NULL for anything else; ffff:ff:1f.7 is "no address". */
static const char *pci_address(struct wi_arena *arena, const char *text) {
    static const char shape[] = "xxxx:xx:xx.x";
    if (text == NULL || strlen(text) != strlen(shape))
        return NULL;
    char *out = wi_arena_strdup(arena, text);
    for (size_t i = 0; shape[i] != '\0'; i++) {
        if (shape[i] == 'x' ? !isxdigit((unsigned char)out[i]) : out[i] != shape[i])
            return NULL;
        out[i] = (char)tolower((unsigned char)out[i]);
    }
    return strncmp(out, "ffff:ff", 7) == 0 ? NULL : out;
}

/* 32 hex digits that are not all the same: zeros and ff.. are a driver's way to say nothing. */
static const char *uuid(struct wi_arena *arena, const char *text) {
    bool varied = false;
    if (text == NULL || strlen(text) != 32)
        return NULL;
    char *out = wi_arena_strdup(arena, text);
    for (size_t i = 0; i < 32; i++) {
        if (!isxdigit((unsigned char)out[i]))
            return NULL;
        out[i] = (char)tolower((unsigned char)out[i]);
        varied = varied || out[i] != out[0];
    }
    return varied ? out : NULL;
}

static bool is_cpu(const struct decoder *x) {
    const char *type = get(x, "type");
    return type != NULL && holds_word(type, "cpu");
}

static void decode_identity(struct decoder *x) {
    struct wi_gpu_seen *d = x->d;
    d->name = get_text(x, "name");
    if (d->name == NULL)
        d->name = wi_arena_printf(x->arena, "unnamed %s device %u", x->api, d->index);
    d->vendor_id = get_number(x, "vendor_id");
    d->device_id = get_number(x, d->api == WI_BACKEND_vulkan ? "device_id" : "device_id_intel");
    d->pci = pci_address(x->arena, get(x, "pci"));
    d->uuid = uuid(x->arena, get(x, "device_uuid"));
    if (get(x, "pci") != NULL && d->pci == NULL)
        note(x, "the PCI address has no valid form: not used");
    const char *text = get_text(x, "vendor");
    d->vendor = wi_gpu_vendor(d->vendor_id, text != NULL ? text : d->name);
    if (d->vendor == NULL || (d->api == WI_BACKEND_opencl && text != NULL && is_cpu(x)))
        d->vendor = text; /* PoCL gives every CPU the same vendor id */
    d->said.api = d->api;
    d->said.device_name = d->name;
}

/* ---- software devices ---- */

/* Names of rasterisers and simulators that run on the CPU, in device or driver names. A name alone
 * never makes a GPU of something, it only takes the claim away. */
static const char *const software_names[] = {
    "llvmpipe", "softpipe",       "lavapipe",         "swiftshader", "microsoft basic render",
    "oclgrind", "fpga emulation", "emulation device",
};

static const char *software_because(const struct decoder *x) {
    const char *texts[] = {x->d->name, get_text(x, "driver_name"), get_text(x, "driver_info")};
    struct wi_maybe_u64 driver = get_number(x, "driver_id");
    if (is_cpu(x))
        return "the driver says that it runs on the CPU";
    /* VK_DRIVER_ID_GOOGLE_SWIFTSHADER, VK_DRIVER_ID_MESA_LLVMPIPE */
    if (x->d->api == WI_BACKEND_vulkan && wi_has_u64(driver) &&
        (driver.value == 10 || driver.value == 13))
        return "its driver is a CPU rasteriser";
    for (size_t i = 0; i < WI_COUNT(software_names); i++)
        for (size_t k = 0; k < WI_COUNT(texts); k++)
            if (holds_word(texts[k], software_names[i]))
                return wi_arena_printf(x->arena, "it is called %s, which runs on the CPU",
                                       software_names[i]);
    return NULL;
}

/* ---- Vulkan ---- */

static struct wi_pool *add_pool(struct wi_gpu_seen *d, const char *id) {
    struct wi_pool *p = &d->pools[d->pool_count++];
    *p = (struct wi_pool){.id = id};
    return p;
}

static void decode_budget(struct decoder *x, struct wi_pool *p, size_t i) {
    const char *text = get(x, wi_arena_printf(x->arena, "heap.%zu.budget", i));
    struct wi_maybe_u64 budget = number(text);
    if (!wi_has_u64(budget))
        return;
    const char *what = wi_arena_printf(x->arena,
                                       "heap %zu: the driver states a budget of %llu "
                                       "bytes",
                                       i, (unsigned long long)budget.value);
    if (budget.value >> 63 != 0) { /* free = size - used went below zero */
        note(x, wi_arena_printf(x->arena, "%s, a negative number: taken as unknown", what));
    } else if (!wi_has_u64(p->total_bytes)) {
        note(x, wi_arena_printf(x->arena, "%s for a heap of unknown size: taken as unknown", what));
    } else if (budget.value > p->total_bytes.value) {
        note(x, wi_arena_printf(x->arena, "%s, more than its size of %llu: clamped", what,
                                (unsigned long long)p->total_bytes.value));
        p->budget_bytes = p->total_bytes;
    } else {
        p->budget_bytes = budget;
    }
}

static void decode_heaps(struct decoder *x) {
    struct wi_gpu_seen *d = x->d;
    struct wi_maybe_u64 heaps = get_number(x, "heap_count");
    size_t count = wi_has_u64(heaps) && heaps.value < HEAPS_MAX ? (size_t)heaps.value : HEAPS_MAX;
    if (wi_has_u64(heaps) && heaps.value > HEAPS_MAX)
        note(x, wi_arena_printf(x->arena, "the driver counts %llu heaps, Vulkan allows %d",
                                (unsigned long long)heaps.value, HEAPS_MAX));
    d->pools = WI_NEW_ARRAY(x->arena, struct wi_pool, HEAPS_MAX);
    for (size_t i = 0; wi_has_u64(heaps) && i < count; i++) {
        const char *flags = get(x, wi_arena_printf(x->arena, "heap.%zu.flags", i));
        if (get(x, wi_arena_printf(x->arena, "heap.%zu.size", i)) == NULL)
            break; /* counted, and nothing said about it */
        struct wi_pool *p = add_pool(d, wi_arena_printf(x->arena, "heap%zu", i));
        p->total_bytes = get_bytes(x, wi_arena_printf(x->arena, "heap.%zu.size", i));
        p->device_local = flags != NULL && strstr(flags, "device_local") != NULL;
        decode_budget(x, p, i);
    }
    for (size_t i = 0; i < TYPES_MAX; i++) {
        struct wi_maybe_u64 heap =
            get_number(x, wi_arena_printf(x->arena, "memory_type.%zu.heap", i));
        const char *flags = get(x, wi_arena_printf(x->arena, "memory_type.%zu.flags", i));
        if (wi_has_u64(heap) && heap.value < d->pool_count && flags != NULL &&
            strstr(flags, "host_visible") != NULL)
            d->pools[heap.value].host_visible = true;
    }
}

static struct wi_maybe_u64 smaller(struct wi_maybe_u64 a, struct wi_maybe_u64 b) {
    if (!wi_has_u64(a))
        return b;
    return wi_has_u64(b) && b.value < a.value ? b : a;
}

/* Drivers state up to 2^64-1 here to say "no limit of mine": the largest heap is one. */
static void decode_largest(struct decoder *x) {
    struct wi_gpu_seen *d = x->d;
    struct wi_maybe_u64 heap = {WI_KNOWN_unknown, 0};
    for (size_t i = 0; i < d->pool_count; i++)
        if (wi_has_u64(d->pools[i].total_bytes) && d->pools[i].total_bytes.value > heap.value)
            heap = d->pools[i].total_bytes;
    struct wi_maybe_u64 allocation = get_number(x, "max_memory_allocation_size");
    struct wi_maybe_u64 buffer = get_number(x, "max_buffer_size");
    struct wi_maybe_u64 range = get_number(x, "max_storage_buffer_range");
    if (wi_has_u64(range) && range.value == 0) {
        note(x, "max_storage_buffer_range = 0 is no credible size: taken as unknown");
        range.known = WI_KNOWN_unknown;
    }
    if (wi_has_u64(allocation) && allocation.value > 0) {
        if (wi_has_u64(heap) && allocation.value > heap.value)
            note(x, "max_memory_allocation_size is above the largest heap: the heap's size counts");
        d->largest_allocation_bytes = smaller(smaller(allocation, buffer), heap);
        if (d->largest_allocation_bytes.value > BYTES_MAX)
            d->largest_allocation_bytes = (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    }
    if (wi_has_u64(range))
        d->largest_binding_bytes = smaller(range, d->largest_allocation_bytes);
}

static enum wi_tri vulkan_unified(const struct wi_gpu_seen *d) {
    if (d->type == WI_GPU_integrated || d->software_because != NULL)
        return WI_TRI_yes;
    if (d->type == WI_GPU_discrete)
        return WI_TRI_no;
    for (size_t i = 0; i < d->pool_count; i++)
        if (!d->pools[i].device_local || !d->pools[i].host_visible)
            return WI_TRI_unknown;
    return d->pool_count > 0 ? WI_TRI_yes : WI_TRI_unknown;
}

static bool compute_timestamps(const struct decoder *x) {
    for (size_t i = 0; i < TYPES_MAX; i++) {
        const char *flags = get(x, wi_arena_printf(x->arena, "queue.%zu.flags", i));
        struct wi_maybe_u64 bits =
            get_number(x, wi_arena_printf(x->arena, "queue.%zu.timestamp_bits", i));
        if (flags != NULL && strstr(flags, "compute") != NULL && wi_has_u64(bits) &&
            bits.value > 0 && bits.value <= 64)
            return true;
    }
    return false;
}

static uint32_t bit(bool yes, enum wi_gpu_feature feature) {
    return yes ? UINT32_C(1) << feature : 0;
}

static struct wi_maybe_u64 subgroup_size(struct decoder *x, const char *key) {
    struct wi_maybe_u64 n = get_number(x, key);
    if (wi_has_u64(n) && n.value >= 1 && n.value <= 1024)
        return n;
    if (wi_has_u64(n))
        note(x, wi_arena_printf(x->arena, "%s is no credible subgroup size", key));
    return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
}

static void decode_vulkan_features(struct decoder *x) {
    struct wi_gpu_seen *d = x->d;
    const char *matrix = get(x, "cooperative_matrix");
    d->subgroup_min = subgroup_size(x, "subgroup_min");
    d->subgroup_max = subgroup_size(x, "subgroup_max");
    if (!wi_has_u64(d->subgroup_min) || !wi_has_u64(d->subgroup_max) ||
        d->subgroup_min.value > d->subgroup_max.value)
        d->subgroup_min = d->subgroup_max = subgroup_size(x, "subgroup_size");
    d->features = bit(get_flag(x, "shader_float16"), WI_GPU_FEATURE_fp16) |
                  bit(get_flag(x, "shader_int8"), WI_GPU_FEATURE_int8) |
                  bit(get_flag(x, "storage16"), WI_GPU_FEATURE_storage16) |
                  bit(get_flag(x, "storage8"), WI_GPU_FEATURE_storage8) |
                  bit(get_flag(x, "integer_dot"), WI_GPU_FEATURE_integer_dot) |
                  bit(matrix != NULL && (strcmp(matrix, "khr") == 0 || strcmp(matrix, "nv") == 0),
                      WI_GPU_FEATURE_cooperative_matrix) |
                  bit(get_flag(x, "subgroup_in_compute") && get_flag(x, "subgroup_arithmetic") &&
                          wi_has_u64(d->subgroup_max) && d->subgroup_max.value > 1,
                      WI_GPU_FEATURE_subgroups) |
                  bit(compute_timestamps(x), WI_GPU_FEATURE_timestamps);
}

/* "22.3.6" and "Mesa 22.3.6 (LLVM 15.0.6)": the longer says it all; else both. */
static const char *vulkan_driver_version(struct decoder *x) {
    const char *version = get_text(x, "driver_version"), *info = get_text(x, "driver_info");
    if (info == NULL || version == NULL)
        return info != NULL ? info : version;
    return strstr(info, version) != NULL ? info
                                         : wi_arena_printf(x->arena, "%s (%s)", version, info);
}

static void decode_vulkan(struct decoder *x) {
    static const struct {
        const char *text;
        enum wi_gpu_type type;
    } types[] = {{"integrated", WI_GPU_integrated},
                 {"discrete", WI_GPU_discrete},
                 {"virtual", WI_GPU_virtual}};
    struct wi_gpu_seen *d = x->d;
    const char *type = get(x, "type");
    for (size_t i = 0; type != NULL && i < WI_COUNT(types); i++)
        if (strcmp(type, types[i].text) == 0)
            d->type = types[i].type;
    d->software_because = software_because(x);
    d->said.driver_name = get_text(x, "driver_name");
    d->said.driver_version = vulkan_driver_version(x);
    d->said.api_version = get_text(x, "api_version");
    d->said.platform = d->said.driver_name;
    d->driver = d->said.driver_name != NULL ? d->said.driver_name : "";
    decode_heaps(x);
    decode_largest(x);
    decode_vulkan_features(x);
    d->unified = vulkan_unified(d);
}

/* ---- OpenCL ---- */

static void decode_opencl_memory(struct decoder *x) {
    struct wi_gpu_seen *d = x->d;
    struct wi_maybe_u64 largest = get_bytes(x, "max_mem_alloc_size");
    d->pools = WI_NEW_ARRAY(x->arena, struct wi_pool, 1);
    struct wi_pool *p = add_pool(d, "global");
    p->total_bytes = get_bytes(x, "global_mem_size");
    p->device_local = true;
    p->host_visible = d->unified == WI_TRI_yes;
    if (wi_has_u64(largest) && wi_has_u64(p->total_bytes) && largest.value > p->total_bytes.value) {
        note(x, "max_mem_alloc_size is above global_mem_size: clamped");
        largest = p->total_bytes;
    }
    d->largest_allocation_bytes = d->largest_binding_bytes = largest;
}

static void decode_opencl_subgroups(struct decoder *x) {
    static const char *const fixed[] = {"warp_size", "wavefront_width"};
    struct wi_gpu_seen *d = x->d;
    const char *sizes = get(x, "subgroup_sizes");
    for (const char *p = sizes; p != NULL && *p != '\0';) {
        char *end;
        unsigned long n = strtoul(p, &end, 10);
        if (end == p)
            break;
        p = end;
        if (n < 1 || n > 1024)
            continue;
        if (!wi_has_u64(d->subgroup_min) || n < d->subgroup_min.value)
            d->subgroup_min = wi_some_u64(n);
        if (!wi_has_u64(d->subgroup_max) || n > d->subgroup_max.value)
            d->subgroup_max = wi_some_u64(n);
    }
    for (size_t i = 0; i < WI_COUNT(fixed) && !wi_has_u64(d->subgroup_min); i++)
        d->subgroup_min = d->subgroup_max = subgroup_size(x, fixed[i]);
}

/* CL_DEVICE_HOST_UNIFIED_MEMORY is deprecated and NVIDIA has its own query: no answer is unknown.
 */
static enum wi_tri opencl_unified(const struct decoder *x) {
    struct wi_maybe_u64 n = get_number(x, "integrated_memory");
    if (!wi_has_u64(n))
        n = get_number(x, "host_unified_memory");
    if (!wi_has_u64(n) || n.value > 1)
        return WI_TRI_unknown;
    return n.value == 1 ? WI_TRI_yes : WI_TRI_no;
}

static void decode_opencl(struct decoder *x) {
    struct wi_gpu_seen *d = x->d;
    const char *type = get(x, "type");
    struct wi_maybe_u64 platform = get_number(x, "platform");
    d->unified = opencl_unified(x);
    if (type != NULL && holds_word(type, "gpu"))
        d->type = d->unified == WI_TRI_yes  ? WI_GPU_integrated
                  : d->unified == WI_TRI_no ? WI_GPU_discrete
                                            : WI_GPU_unknown;
    d->software_because = software_because(x);
    if (d->software_because != NULL)
        d->unified = WI_TRI_yes;
    if (wi_has_u64(platform) && platform.value < DEVICES_MAX)
        d->said.platform = wi_gpu_clean_text(
            x->arena, wi_kv_getf(x->kv, "opencl.platform.%u.name", (unsigned)platform.value));
    d->said.driver_name = d->said.platform;
    d->said.driver_version = get_text(x, "driver_version");
    d->said.api_version = get_text(x, "version");
    d->driver = d->said.platform != NULL ? d->said.platform : "";
    decode_opencl_memory(x);
    decode_opencl_subgroups(x);
    struct wi_maybe_u64 dot = get_number(x, "integer_dot_capabilities");
    /* char and short and their storage are core OpenCL C; half needs the extension */
    d->features = bit(get_flag(x, "fp16"), WI_GPU_FEATURE_fp16) | bit(true, WI_GPU_FEATURE_int8) |
                  bit(true, WI_GPU_FEATURE_storage8) | bit(true, WI_GPU_FEATURE_storage16) |
                  bit(wi_has_u64(dot) && dot.value != 0, WI_GPU_FEATURE_integer_dot) |
                  bit(get_flag(x, "subgroups"), WI_GPU_FEATURE_subgroups) |
                  bit(true, WI_GPU_FEATURE_timestamps); /* profiling queues are core */
}

/* ---- all devices of an answer ---- */

void wi_gpu_decode(const struct wi_kv *kv, enum wi_backend_id api, struct wi_gpu_seen_list *seen) {
    const char *name = wi_backend_id_name(api);
    struct wi_maybe_u64 count = number(wi_kv_getf(kv, "%s.device_count", name));
    const char *library = wi_gpu_clean_text(kv->arena, wi_kv_getf(kv, "%s.library", name));
    const char *version = wi_gpu_clean_text(kv->arena, wi_kv_getf(kv, "%s.loader_version", name));
    for (unsigned i = 0; wi_has_u64(count) && i < count.value && i < DEVICES_MAX; i++) {
        if (wi_kv_getf(kv, "%s.device.%u.name", name, i) == NULL)
            continue;
        struct wi_gpu_seen *d = WI_PUSH(kv->arena, seen, struct wi_gpu_seen);
        struct decoder x = {kv, kv->arena, name, d, 0};
        *d = (struct wi_gpu_seen){.api = api, .index = i};
        keep_facts(&x);
        decode_identity(&x);
        if (api == WI_BACKEND_vulkan)
            decode_vulkan(&x);
        else
            decode_opencl(&x);
        if (d->software_because != NULL)
            d->type = WI_GPU_software;
        d->said.loader = library != NULL && version != NULL
                             ? wi_arena_printf(kv->arena, "%s %s", library, version)
                             : library;
    }
}
