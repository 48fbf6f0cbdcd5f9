/* isa.c: caps of instruction sets, each a set of allowed features.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/isa.h"

#include "kernels/session.h"

#include <stdio.h>
#include <string.h>

#define B(name)     WI_ISA_BIT(WI_ISA_##name)
#define SET_AVX2    (B(avx2) | B(fma) | B(f16c))
#define SET_AVX512  (SET_AVX2 | B(avx512f) | B(avx512bw) | B(avx512vl))
#define SET_VNNI    (SET_AVX512 | B(avxvnni) | B(avx512vnni))
#define SET_BF16    (SET_VNNI | B(avx512bf16))
#define SET_AMX     (SET_BF16 | B(amx_tile) | B(amx_int8) | B(amx_bf16))
#define SET_DOTPROD (B(neon) | B(fp16) | B(dotprod))
#define SET_I8MM    (SET_DOTPROD | B(i8mm) | B(bf16))

/*    cap        allowed: ascending, so that a later one allows all of an earlier one; but
 *               avx512 is the first chips with it, which have no avxvnni */
/* clang-format off */
#if defined(__x86_64__)
#define CAPS(X)                                                                                    \
    X(generic,    0)                                                                               \
    X(avx2,       SET_AVX2)                                                                        \
    X(avxvnni,    SET_AVX2 | B(avxvnni))                                                           \
    X(avx512,     SET_AVX512)                                                                      \
    X(avx512vnni, SET_VNNI)                                                                        \
    X(avx512bf16, SET_BF16)                                                                        \
    X(amx,        SET_AMX)
#elif defined(__aarch64__)
#define CAPS(X)                                                                                    \
    X(generic,    0)                                                                               \
    X(neon,       B(neon))                                                                         \
    X(dotprod,    SET_DOTPROD)                                                                     \
    X(i8mm,       SET_I8MM)                                                                        \
    X(sve,        SET_I8MM | B(sve))
#else
#define CAPS(X) X(generic, 0)
#endif
/* clang-format on */

static const struct {
    const char *name;
    uint64_t allowed;
} caps[] = {
#define X(name, allowed) {#name, allowed},
    CAPS(X)
#undef X
};
static const char *const cap_names[] = {
#define X(name, allowed) #name,
    CAPS(X) NULL
#undef X
};

const char *const *wi_isa_caps(void) {
    return cap_names;
}

static void list_caps(char *out, size_t n) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < WI_COUNT(caps) && used < n; i++)
        used += (size_t)snprintf(out + used, n - used, "%s%s", i == 0 ? "" : ", ", caps[i].name);
}

int wi_isa_apply_cap(const char *cap, uint64_t device, uint64_t *allowed, struct wi_err *err) {
    if (cap == NULL || cap[0] == '\0') {
        *allowed = device;
        return WI_OK;
    }
    for (size_t i = 0; i < WI_COUNT(caps); i++) {
        if (strcmp(cap, caps[i].name) == 0) {
            *allowed = device & caps[i].allowed;
            return WI_OK;
        }
    }
    char names[256];
    list_caps(names, sizeof names);
    return wi_fail(err, WI_USAGE, "unknown instruction-set cap '%s': allowed here are %s", cap,
                   names);
}

char *wi_isa_text(uint64_t isa, char *out, size_t n) {
    size_t used = 0;
    snprintf(out, n, "-");
    for (unsigned i = 0; i < WI_ISA_COUNT && used < n; i++) {
        if ((isa & WI_ISA_BIT(i)) != 0)
            used += (size_t)snprintf(out + used, n - used, "%s%s", used == 0 ? "" : " ",
                                     wi_isa_name((enum wi_isa)i));
    }
    return out;
}
