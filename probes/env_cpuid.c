/* env_cpuid.c: the raw cpuid leaves of the thread that asks, as key=value lines.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   00000007.1=eax ebx ecx edx   leaf 7, subleaf 1; eight hex digits each
 *   xcr0=0000000000000007        which register states the OS saves; absent without OSXSAVE
 *
 * Raw, because what a bit means is the reader's business, and a recording should answer questions
 * that nobody had when it was made. Leaves and their meaning: Intel SDM volume 2A, CPUID; AMD APM
 * volume 3, appendix E. */
#include "probes/env_parts.h"

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>
#include <stdint.h>

static void put_leaf(struct wi_buf *out, unsigned leaf, unsigned subleaf) {
    unsigned a, b, c, d;
    __cpuid_count(leaf, subleaf, a, b, c, d);
    wi_buf_printf(out, "%08x.%x=%08x %08x %08x %08x\n", leaf, subleaf, a, b, c, d);
}

/* All leaves of a range as it counts itself, but at most `limit`. */
static void put_range(struct wi_buf *out, unsigned first, unsigned limit) {
    unsigned a, b, c, d;
    __cpuid_count(first, 0, a, b, c, d);
    unsigned last = a < first ? first : a - first > limit ? first + limit : a;
    for (unsigned leaf = first; leaf <= last; leaf++)
        put_leaf(out, leaf, 0);
}

static unsigned highest(unsigned first) {
    unsigned a, b, c, d;
    __cpuid_count(first, 0, a, b, c, d);
    return a;
}

/* Written out, as _xgetbv() needs -mxsave. */
static void put_xcr0(struct wi_buf *out) {
    unsigned lo, hi;
    __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    wi_buf_printf(out, "xcr0=%08x%08x\n", hi, lo);
}

int wi_env_cpuid(struct wi_buf *out) {
    const unsigned osxsave = 1u << 27, hypervisor = 1u << 31;
    unsigned a, b, c, d;
    put_range(out, 0, 0x24);
    if (highest(0) >= 7)
        for (unsigned subleaf = 1; subleaf <= 2; subleaf++)
            put_leaf(out, 7, subleaf);
    if (highest(0) >= 0x1e)
        put_leaf(out, 0x1e, 1);
    put_range(out, 0x80000000u, 0x26);
    __cpuid_count(1, 0, a, b, c, d);
    if (c & hypervisor)
        put_range(out, 0x40000000u, 0x10);
    if (c & osxsave)
        put_xcr0(out);
    return WI_OK;
}

#else

int wi_env_cpuid(struct wi_buf *out) {
    (void)out;
    return WI_NOT_FOUND;
}

#endif
