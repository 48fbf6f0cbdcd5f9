/* cpu_arm.c: names for Arm's processors, which carry none.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure. /proc/cpuinfo has a block a thread with the fields of MIDR_EL1; which core that is stands
 * in makers' manuals, collected by util-linux' lscpu-arm.c and Linux' asm/cputype.h. */
#include "base/units.h"
#include "probes/cpu.h"
#include "probes/gpu_seen.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    uint32_t implementer;
    const char *name;
} makers[] = {
    {0x41, "Arm"},       {0x42, "Broadcom"}, {0x43, "Cavium"}, {0x46, "Fujitsu"},
    {0x48, "HiSilicon"}, {0x4e, "NVIDIA"},   {0x50, "APM"},    {0x51, "Qualcomm"},
    {0x53, "Samsung"},   {0x56, "Marvell"},  {0x61, "Apple"},  {0x6d, "Microsoft"},
    {0x70, "Phytium"},   {0xc0, "Ampere"},
};

static const struct {
    uint32_t implementer, part;
    const char *name;
} parts[] = {
    {0x41, 0xd03, "Cortex-A53"},      {0x41, 0xd04, "Cortex-A35"},
    {0x41, 0xd05, "Cortex-A55"},      {0x41, 0xd07, "Cortex-A57"},
    {0x41, 0xd08, "Cortex-A72"},      {0x41, 0xd09, "Cortex-A73"},
    {0x41, 0xd0a, "Cortex-A75"},      {0x41, 0xd0b, "Cortex-A76"},
    {0x41, 0xd0c, "Neoverse-N1"},     {0x41, 0xd0d, "Cortex-A77"},
    {0x41, 0xd0e, "Cortex-A76AE"},    {0x41, 0xd40, "Neoverse-V1"},
    {0x41, 0xd41, "Cortex-A78"},      {0x41, 0xd42, "Cortex-A78AE"},
    {0x41, 0xd44, "Cortex-X1"},       {0x41, 0xd46, "Cortex-A510"},
    {0x41, 0xd47, "Cortex-A710"},     {0x41, 0xd48, "Cortex-X2"},
    {0x41, 0xd49, "Neoverse-N2"},     {0x41, 0xd4a, "Neoverse-E1"},
    {0x41, 0xd4b, "Cortex-A78C"},     {0x41, 0xd4c, "Cortex-X1C"},
    {0x41, 0xd4d, "Cortex-A715"},     {0x41, 0xd4e, "Cortex-X3"},
    {0x41, 0xd4f, "Neoverse-V2"},     {0x41, 0xd80, "Cortex-A520"},
    {0x41, 0xd81, "Cortex-A720"},     {0x41, 0xd82, "Cortex-X4"},
    {0x41, 0xd84, "Neoverse-V3"},     {0x41, 0xd85, "Cortex-X925"},
    {0x41, 0xd87, "Cortex-A725"},     {0x41, 0xd8e, "Neoverse-N3"},
    {0x46, 0x001, "A64FX"},           {0x48, 0xd01, "TaiShan-v110"},
    {0x48, 0xd40, "Cortex-A76"},      {0x4e, 0x004, "Carmel"},
    {0x51, 0x001, "Oryon"},           {0x51, 0x800, "Kryo-2xx-Gold"},
    {0x51, 0x801, "Kryo-2xx-Silver"}, {0x51, 0x802, "Kryo-3xx-Gold"},
    {0x51, 0x803, "Kryo-3xx-Silver"}, {0x51, 0x804, "Kryo-4xx-Gold"},
    {0x51, 0x805, "Kryo-4xx-Silver"}, {0x61, 0x022, "Icestorm"},
    {0x61, 0x023, "Firestorm"},       {0x61, 0x024, "Icestorm"},
    {0x61, 0x025, "Firestorm"},       {0x61, 0x028, "Icestorm"},
    {0x61, 0x029, "Firestorm"},       {0x61, 0x032, "Blizzard"},
    {0x61, 0x033, "Avalanche"},       {0x61, 0x034, "Blizzard"},
    {0x61, 0x035, "Avalanche"},       {0x61, 0x038, "Blizzard"},
    {0x61, 0x039, "Avalanche"},       {0xc0, 0xac3, "Ampere-1"},
    {0xc0, 0xac4, "Ampere-1a"},
};

/* ---- /proc/cpuinfo ---- */

const char *wi_cpu_info(struct wi_arena *arena, const char *cpuinfo, const char *name, bool last) {
    const char *found = NULL;
    size_t n = strlen(name);
    for (const char *p = cpuinfo; p && *p;) {
        size_t line = strcspn(p, "\n");
        const char *colon = memchr(p, ':', line);
        if (line > n && colon && strncmp(p, name, n) == 0 &&
            p + n + strspn(p + n, " \t") == colon) {
            found = wi_arena_strndup(arena, colon + 1, (size_t)(p + line - colon) - 1);
            if (!last)
                break;
        }
        p += line + (p[line] == '\n');
    }
    return wi_gpu_clean_text(arena, found);
}

/* "0x41" and "8" */
static struct wi_maybe_u64 field(const char *text) {
    char *end;
    if (!text || !isdigit((unsigned char)*text))
        return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    unsigned long long value = strtoull(text, &end, 0);
    if (*end || value > UINT32_MAX)
        return (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    return wi_some_u64(value);
}

const char *wi_cpu_midr_text(struct wi_arena *arena, uint64_t midr) {
    return wi_arena_printf(arena,
                           "CPU implementer : 0x%02" PRIx64 "\nCPU architecture: 8\n"
                           "CPU variant : 0x%" PRIx64 "\nCPU part : 0x%03" PRIx64
                           "\nCPU revision : %" PRIu64 "\n\n",
                           midr >> 24 & 0xff, midr >> 20 & 15, midr >> 4 & 0xfff, midr & 15);
}

/* ---- the name ---- */

struct make { /* cores of one part */
    uint32_t implementer, part;
    unsigned count;
};
struct makes {
    struct make *items;
    size_t count, capacity;
};

static const char *maker_name(struct wi_arena *arena, uint64_t implementer) {
    for (size_t i = 0; i < WI_COUNT(makers); i++)
        if (makers[i].implementer == implementer)
            return makers[i].name;
    return wi_arena_printf(arena, "implementer 0x%02" PRIx64, implementer);
}

static const char *part_name(struct wi_arena *arena, const struct make *m) {
    for (size_t i = 0; i < WI_COUNT(parts); i++)
        if (parts[i].implementer == m->implementer && parts[i].part == m->part)
            return parts[i].name;
    return wi_arena_printf(arena, "%s part 0x%03x", maker_name(arena, m->implementer), m->part);
}

static void count_core(struct wi_arena *arena, struct makes *list, uint32_t implementer,
                       uint32_t part) {
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].implementer == implementer && list->items[i].part == part) {
            list->items[i].count++;
            return;
        }
    if (list->count < 8)
        *WI_PUSH(arena, list, struct make) = (struct make){implementer, part, 1};
}

/* The implementer of a thread stands before its part. */
static void count_cores(struct wi_arena *arena, const char *cpuinfo, struct makes *list) {
    uint32_t implementer = 0;
    for (const char *p = cpuinfo; p && *p;) {
        size_t n = strcspn(p, "\n");
        const char *line = wi_arena_strndup(arena, p, n);
        struct wi_maybe_u64 i = field(wi_cpu_info(arena, line, "CPU implementer", false));
        struct wi_maybe_u64 part = field(wi_cpu_info(arena, line, "CPU part", false));
        if (wi_has_u64(i))
            implementer = (uint32_t)i.value;
        if (wi_has_u64(part))
            count_core(arena, list, implementer, (uint32_t)part.value);
        p += n + (p[n] == '\n');
    }
}

/* Firmware lists little cores first, so the last make is the largest. */
void wi_cpu_identify_arm(const char *cpuinfo, struct wi_arena *arena, struct wi_cpu *cpu) {
    struct makes list = {0};
    const char *name = NULL;
    count_cores(arena, cpuinfo, &list);
    for (size_t i = list.count; i-- > 0;) {
        const struct make *m = &list.items[i];
        const char *times = m->count > 1 ? wi_arena_printf(arena, "%ux ", m->count) : "";
        name = wi_arena_printf(arena, "%s%s%s%s", name ? name : "", name ? " + " : "", times,
                               part_name(arena, m));
    }
    if (list.count == 0)
        return;
    struct wi_maybe_u64 variant = field(wi_cpu_info(arena, cpuinfo, "CPU variant", true));
    struct wi_maybe_u64 revision = field(wi_cpu_info(arena, cpuinfo, "CPU revision", true));
    cpu->name = name;
    cpu->vendor = maker_name(arena, list.items[list.count - 1].implementer);
    cpu->family = field(wi_cpu_info(arena, cpuinfo, "CPU architecture", true));
    cpu->model = wi_some_u64(list.items[list.count - 1].part);
    if (wi_has_u64(variant) && wi_has_u64(revision))
        cpu->stepping = wi_some_u64(variant.value << 4 | revision.value);
}

/* ---- the chip around it ---- */

/* Boards come first in the list, the chip last: "raspberrypi,5-model-b", "brcm,bcm2712". Chips have
 * numbers; "qcom,mtp" and "apple,arm-platform" are none. */
const char *wi_cpu_soc(struct wi_arena *arena, const char *compatible, size_t size) {
    static const char *const chip_makers[] = {"brcm",    "rockchip",  "qcom",   "mediatek",
                                              "apple",   "allwinner", "nvidia", "amlogic",
                                              "samsung", "hisilicon", "fsl",    "google"};
    const char *found = NULL;
    for (size_t at = 0; at < size;) {
        const char *text = wi_arena_strndup(arena, compatible + at, size - at);
        size_t comma = strcspn(text, ",");
        for (size_t i = 0; text[comma] && i < WI_COUNT(chip_makers); i++)
            if (strlen(chip_makers[i]) == comma && strncmp(text, chip_makers[i], comma) == 0 &&
                strpbrk(text + comma + 1, "0123456789") && !strchr(text + comma + 1, '-'))
                found = text + comma + 1;
        at += strlen(text) + 1;
    }
    char *upper = wi_arena_strdup(arena, wi_gpu_clean_text(arena, found));
    for (char *p = upper; p && *p; p++)
        *p = (char)toupper((unsigned char)*p);
    return upper;
}
