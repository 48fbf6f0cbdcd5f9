/* cpu_isa.c: what cpuid leaves, XCR0, hwcaps and flag lines say.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure, so that every processor can be tested anywhere. A register set that the system does not
 * save is one that must not be used: AVX needs XCR0 bits 1 and 2, AVX-512 also 5 to 7, AMX 17 and
 * 18 (Intel SDM volume 1, 13.2, 14.3, 15.2, 18.3). AMX also needs permission of the kernel for each
 * process (arch_prctl ARCH_REQ_XCOMP_PERM), which only those who use it can ask for.
 * Arm: the kernel's hwcaps are what it enables (Documentation/arch/arm64/elf_hwcaps.rst). */
#include "probes/cpu.h"
#include "probes/gpu_seen.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define XCR0_AVX    UINT64_C(0x6)
#define XCR0_AVX512 UINT64_C(0xe6)
#define XCR0_AMX    UINT64_C(0x60000)

/* ---- x86 ---- */

bool wi_cpu_leaf(const struct wi_kv *cpuid, unsigned leaf, unsigned subleaf, uint32_t r[4]) {
    const char *text = wi_kv_getf(cpuid, "%08x.%x", leaf, subleaf);
    memset(r, 0, 4 * sizeof(r[0]));
    return text && sscanf(text, "%8" SCNx32 " %8" SCNx32 " %8" SCNx32 " %8" SCNx32, &r[0], &r[1],
                          &r[2], &r[3]) == 4;
}

/* A leaf above the highest that the processor has answers with rubbish (SDM: CPUID). */
static void leaf_within(const struct wi_kv *cpuid, unsigned leaf, uint32_t r[4]) {
    uint32_t top[4];
    if (!wi_cpu_leaf(cpuid, leaf & 0x80000000u, 0, top) || top[0] < leaf ||
        !wi_cpu_leaf(cpuid, leaf, 0, r))
        memset(r, 0, 4 * sizeof(r[0]));
}

/* 0 without OSXSAVE: then the system saves no such register. */
static uint64_t saved_states(const struct wi_kv *cpuid, const uint32_t leaf1[4]) {
    const uint32_t osxsave = 1u << 27;
    const char *text = wi_kv_get(cpuid, "xcr0");
    uint64_t xcr0 = 0;
    if (!(leaf1[2] & osxsave) || !text || sscanf(text, "%16" SCNx64, &xcr0) != 1)
        return 0;
    return xcr0;
}

enum { LEAF_1, LEAF_7, LEAF_7_1 };
enum { EAX, EBX, ECX, EDX };

static const struct {
    enum wi_isa isa;
    int leaf, reg, bit;
    uint64_t states; /* of XCR0 that it needs */
} x86_bits[] = {
    {WI_ISA_avx2, LEAF_7, EBX, 5, XCR0_AVX},
    {WI_ISA_fma, LEAF_1, ECX, 12, XCR0_AVX},
    {WI_ISA_f16c, LEAF_1, ECX, 29, XCR0_AVX},
    {WI_ISA_avx512f, LEAF_7, EBX, 16, XCR0_AVX512},
    {WI_ISA_avx512bw, LEAF_7, EBX, 30, XCR0_AVX512},
    {WI_ISA_avx512vl, LEAF_7, EBX, 31, XCR0_AVX512},
    {WI_ISA_avx512vnni, LEAF_7, ECX, 11, XCR0_AVX512},
    {WI_ISA_avx512bf16, LEAF_7_1, EAX, 5, XCR0_AVX512},
    {WI_ISA_avxvnni, LEAF_7_1, EAX, 4, XCR0_AVX},
    {WI_ISA_amx_tile, LEAF_7, EDX, 24, XCR0_AMX},
    {WI_ISA_amx_int8, LEAF_7, EDX, 25, XCR0_AMX},
    {WI_ISA_amx_bf16, LEAF_7, EDX, 22, XCR0_AMX},
};

uint64_t wi_cpu_isa_x86(const struct wi_kv *cpuid, uint64_t *asleep) {
    uint32_t leaves[3][4] = {{0}};
    uint64_t awake = 0;
    leaf_within(cpuid, 1, leaves[LEAF_1]);
    leaf_within(cpuid, 7, leaves[LEAF_7]);
    if (leaves[LEAF_7][EAX] >= 1)
        wi_cpu_leaf(cpuid, 7, 1, leaves[LEAF_7_1]);
    uint64_t states = saved_states(cpuid, leaves[LEAF_1]);
    *asleep = 0;
    for (size_t i = 0; i < WI_COUNT(x86_bits); i++) {
        bool has = leaves[x86_bits[i].leaf][x86_bits[i].reg] >> x86_bits[i].bit & 1;
        bool saved = (states & x86_bits[i].states) == x86_bits[i].states;
        if (has && saved)
            awake |= WI_ISA_BIT(x86_bits[i].isa);
        else if (has)
            *asleep |= WI_ISA_BIT(x86_bits[i].isa);
    }
    return awake;
}

/* Four letters a register. */
static void put_letters(char *out, const uint32_t *r, size_t registers) {
    for (size_t i = 0; i < 4 * registers; i++)
        out[i] = (char)(r[i / 4] >> 8 * (i % 4) & 0xff);
    out[4 * registers] = '\0';
}

static const char *vendor_x86(const struct wi_kv *cpuid, struct wi_arena *arena) {
    uint32_t r[4];
    char text[13];
    if (!wi_cpu_leaf(cpuid, 0, 0, r))
        return NULL;
    put_letters(text, (const uint32_t[3]){r[EBX], r[EDX], r[ECX]}, 3);
    return wi_gpu_clean_text(arena, text);
}

/* Makers pad with blanks in front, within and behind. */
static const char *one_blank(struct wi_arena *arena, const char *text) {
    const char *clean = wi_gpu_clean_text(arena, text);
    char *out = wi_arena_strdup(arena, clean ? clean : "");
    size_t n = 0;
    for (const char *p = out; *p; p++)
        if (*p != ' ' || (n > 0 && out[n - 1] != ' '))
            out[n++] = *p;
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    return n ? out : NULL;
}

static const char *brand_x86(const struct wi_kv *cpuid, struct wi_arena *arena) {
    uint32_t r[4], top[4];
    char text[49];
    if (!wi_cpu_leaf(cpuid, 0x80000000u, 0, top) || top[0] < 0x80000004u)
        return NULL;
    for (unsigned i = 0; i < 3; i++) {
        wi_cpu_leaf(cpuid, 0x80000002u + i, 0, r);
        put_letters(text + (size_t)16 * i, r, 4);
    }
    return one_blank(arena, text);
}

void wi_cpu_identify_x86(const struct wi_kv *cpuid, struct wi_arena *arena, struct wi_cpu *cpu) {
    uint32_t r[4];
    cpu->vendor = vendor_x86(cpuid, arena);
    cpu->name = brand_x86(cpuid, arena);
    if (!wi_cpu_leaf(cpuid, 1, 0, r))
        return;
    uint32_t family = r[EAX] >> 8 & 15, model = r[EAX] >> 4 & 15;
    if (family == 6 || family == 15)
        model |= (r[EAX] >> 16 & 15) << 4;
    if (family == 15)
        family += r[EAX] >> 20 & 255;
    cpu->family = wi_some_u64(family);
    cpu->model = wi_some_u64(model);
    cpu->stepping = wi_some_u64(r[EAX] & 15);
}

/* ---- arm64 ---- */

static const struct {
    enum wi_isa isa;
    uint64_t hwcap, hwcap2; /* all of these */
} arm_bits[] = {
    {WI_ISA_neon, 1u << 1, 0},     {WI_ISA_fp16, 1u << 9 | 1u << 10, 0}, /* scalar and vector */
    {WI_ISA_dotprod, 1u << 20, 0}, {WI_ISA_i8mm, 0, 1u << 13},
    {WI_ISA_bf16, 0, 1u << 14},    {WI_ISA_sve, 1u << 22, 0},
};

uint64_t wi_cpu_isa_arm64(uint64_t hwcap, uint64_t hwcap2) {
    uint64_t isa = 0;
    for (size_t i = 0; i < WI_COUNT(arm_bits); i++)
        if ((hwcap & arm_bits[i].hwcap) == arm_bits[i].hwcap &&
            (hwcap2 & arm_bits[i].hwcap2) == arm_bits[i].hwcap2)
            isa |= WI_ISA_BIT(arm_bits[i].isa);
    return isa;
}

/* ---- flags as Linux spells them ---- */

static const struct {
    enum wi_isa isa;
    const char *arch, *flag, *other; /* other: needed too; NULL: none */
} flag_words[] = {
    {WI_ISA_avx2, "x86_64", "avx2", NULL},
    {WI_ISA_fma, "x86_64", "fma", NULL},
    {WI_ISA_f16c, "x86_64", "f16c", NULL},
    {WI_ISA_avx512f, "x86_64", "avx512f", NULL},
    {WI_ISA_avx512bw, "x86_64", "avx512bw", NULL},
    {WI_ISA_avx512vl, "x86_64", "avx512vl", NULL},
    {WI_ISA_avx512vnni, "x86_64", "avx512_vnni", NULL},
    {WI_ISA_avx512bf16, "x86_64", "avx512_bf16", NULL},
    {WI_ISA_avxvnni, "x86_64", "avx_vnni", NULL},
    {WI_ISA_amx_tile, "x86_64", "amx_tile", NULL},
    {WI_ISA_amx_int8, "x86_64", "amx_int8", NULL},
    {WI_ISA_amx_bf16, "x86_64", "amx_bf16", NULL},
    {WI_ISA_neon, "aarch64", "asimd", NULL},
    {WI_ISA_fp16, "aarch64", "asimdhp", "fphp"},
    {WI_ISA_dotprod, "aarch64", "asimddp", NULL},
    {WI_ISA_i8mm, "aarch64", "i8mm", NULL},
    {WI_ISA_bf16, "aarch64", "bf16", NULL},
    {WI_ISA_sve, "aarch64", "sve", NULL},
};

static bool has_word(const char *flags, const char *word) {
    size_t n = strlen(word);
    for (const char *p = flags; (p = strstr(p, word)) != NULL; p += n)
        if ((p == flags || isspace((unsigned char)p[-1])) &&
            (!p[n] || isspace((unsigned char)p[n])))
            return true;
    return false;
}

uint64_t wi_cpu_isa_flags(const char *arch, const char *flags) {
    uint64_t isa = 0;
    for (size_t i = 0; flags && i < WI_COUNT(flag_words); i++)
        if (strcmp(arch, flag_words[i].arch) == 0 && has_word(flags, flag_words[i].flag) &&
            (!flag_words[i].other || has_word(flags, flag_words[i].other)))
            isa |= WI_ISA_BIT(flag_words[i].isa);
    return isa;
}
