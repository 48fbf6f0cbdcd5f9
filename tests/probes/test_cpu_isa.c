/* test_cpu_isa.c: cpuid leaves, XCR0, hwcaps and flags into instruction sets and names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/probes/recorded.h"

#include "probes/cpu.h"

static struct wi_kv leaves(struct made *m, const char *text) {
    struct wi_kv kv;
    struct wi_err err = {0};
    wi_kv_init(&kv, m->arena);
    if (wi_kv_parse(&kv, text, strlen(text), &err) != WI_OK)
        fail_msg("%s", err.message);
    return kv;
}

static const char *names(struct made *m, uint64_t isa) {
    const char *out = "";
    for (size_t i = 0; i < WI_ISA_COUNT; i++)
        if (isa & WI_ISA_BIT(i))
            out = wi_arena_printf(m->arena, "%s%s%s", out, *out ? " " : "",
                                  wi_isa_name((enum wi_isa)i));
    return out;
}

/* Every bit of x86_bits set, as no processor has them all: leaf 1 ecx, 7 ebx ecx edx, 7.1 eax. */
static const char *everything(struct made *m, const char *xcr0) {
    return wi_arena_printf(m->arena,
                           "00000000.0=00000020 756e6547 6c65746e 49656e69\n"
                           "00000001.0=000806f8 00000000 3ffff000 00000000\n"
                           "00000007.0=00000002 ffffffff ffffffff ffffffff\n"
                           "00000007.1=ffffffff 00000000 00000000 00000000\n%s%s%s",
                           xcr0 ? "xcr0=" : "", xcr0 ? xcr0 : "", xcr0 ? "\n" : "");
}

static void expect(struct made *m, const char *text, const char *awake, const char *asleep) {
    uint64_t off;
    struct wi_kv kv = leaves(m, text);
    assert_string_equal(names(m, wi_cpu_isa_x86(&kv, &off)), awake);
    assert_string_equal(names(m, off), asleep);
}

#define AVX    "avx2 fma f16c"
#define AVX512 "avx512f avx512bw avx512vl avx512vnni avx512bf16"
#define AMX    "amx_tile amx_int8 amx_bf16"

static void what_processor_and_system_have_counts(void **state) {
    struct made *m = *state;
    expect(m, everything(m, "00000000000602e7"), AVX " " AVX512 " avxvnni " AMX, "");
}

static void register_sets_that_the_system_does_not_save_are_asleep(void **state) {
    struct made *m = *state;
    expect(m, everything(m, "00000000000000e7"), AVX " " AVX512 " avxvnni", AMX);
    expect(m, everything(m, "0000000000000007"), AVX " avxvnni", AVX512 " " AMX);
    expect(m, everything(m, "0000000000000003"), "", AVX " " AVX512 " avxvnni " AMX);
    /* Half of AVX-512's or of AMX's states is none. */
    expect(m, everything(m, "0000000000000067"), AVX " avxvnni", AVX512 " " AMX);
    expect(m, everything(m, "00000000000200e7"), AVX " " AVX512 " avxvnni", AMX);
}

static void without_osxsave_or_xcr0_nothing_is_awake(void **state) {
    struct made *m = *state;
    expect(m, everything(m, NULL), "", AVX " " AVX512 " avxvnni " AMX);
    expect(m,
           "00000000.0=00000007 0 0 0\n00000001.0=0 0 20001000 0\n"
           "00000007.0=0 00000020 0 0\nxcr0=0000000000000007\n",
           "", AVX);
    expect(m, everything(m, "zzzz"), "", AVX " " AVX512 " avxvnni " AMX);
}

static void leaves_above_the_highest_are_not_believed(void **state) {
    struct made *m = *state;
    expect(m,
           "00000000.0=00000006 0 0 0\n00000001.0=0 0 08000000 0\n"
           "00000007.0=00000002 ffffffff ffffffff ffffffff\n"
           "00000007.1=ffffffff 0 0 0\nxcr0=00000000000602e7\n",
           "", "");
    /* Leaf 7 says that it has no subleaf 1. */
    expect(m,
           "00000000.0=00000007 0 0 0\n00000001.0=0 0 08000000 0\n00000007.0=0 00000020 0 0\n"
           "00000007.1=ffffffff 0 0 0\nxcr0=00000000000602e7\n",
           "avx2", "");
}

static void missing_and_damaged_leaves_say_nothing(void **state) {
    struct made *m = *state;
    expect(m, "", "", "");
    expect(m, "00000000.0=00000020\n00000001.0=garbage\n00000007.0=\nxcr0=7\n", "", "");
}

/* ---- who it is ---- */

static struct wi_cpu identified(struct made *m, const char *text) {
    struct wi_cpu cpu = {0};
    struct wi_kv kv = leaves(m, text);
    wi_cpu_identify_x86(&kv, m->arena, &cpu);
    return cpu;
}

static void vendor_model_and_brand_are_read(void **state) {
    struct wi_cpu cpu = identified(*state, "00000000.0=00000010 68747541 444d4163 69746e65\n"
                                           "00000001.0=00a40f41 00100800 7ef8320b 178bfbff\n"
                                           "80000000.0=80000023 0 0 0\n"
                                           "80000002.0=20444d41 657a7952 2037206e 35333737\n"
                                           "80000003.0=77205348 20687469 65646152 47206e6f\n"
                                           "80000004.0=68706172 00736369 00000000 00000000\n");
    assert_string_equal(cpu.vendor, "AuthenticAMD");
    assert_string_equal(cpu.name, "AMD Ryzen 7 7735HS with Radeon Graphics");
    assert_int_equal(cpu.family.value, 25); /* 15 + 10 */
    assert_int_equal(cpu.model.value, 68);
    assert_int_equal(cpu.stepping.value, 1);
}

static void family_six_has_an_extended_model_and_no_extended_family(void **state) {
    struct wi_cpu cpu = identified(*state, "00000001.0=0ff906a3 0 0 0\n");
    assert_int_equal(cpu.family.value, 6);
    assert_int_equal(cpu.model.value, 0x9a);
    assert_int_equal(cpu.stepping.value, 3);
    cpu = identified(*state, "00000001.0=000f0543 0 0 0\n"); /* family 5: neither */
    assert_int_equal(cpu.family.value, 5);
    assert_int_equal(cpu.model.value, 4);
}

static void brands_are_freed_of_padding_and_control_characters(void **state) {
    /* "   Intel\x1b  Xeon   " */
    struct wi_cpu cpu = identified(*state, "80000000.0=80000004 0 0 0\n"
                                           "80000002.0=49202020 6c65746e 5820201b 206e6f65\n"
                                           "80000003.0=20202020 0 0 0\n80000004.0=0 0 0 0\n");
    assert_non_null(cpu.name);
    assert_null(strchr(cpu.name, '\x1b'));
    assert_null(strstr(cpu.name, "  "));
    assert_int_equal(cpu.name[0], 'I');
    assert_int_equal(cpu.name[strlen(cpu.name) - 1], 'n');
}

static void no_leaf_is_no_name(void **state) {
    struct wi_cpu cpu = identified(*state, "80000000.0=80000001 0 0 0\n");
    assert_null(cpu.name);
    assert_null(cpu.vendor);
    assert_int_equal(cpu.family.known, WI_KNOWN_unknown);
    cpu = identified(*state, "80000000.0=80000004 0 0 0\n80000002.0=0 0 0 0\n"); /* all blank */
    assert_null(cpu.name);
}

/* ---- Arm ---- */

static void hwcaps_are_decoded_bit_by_bit(void **state) {
    static const struct {
        uint64_t hwcap, hwcap2;
        const char *names;
    } cases[] = {
        {0, 0, ""},
        {1u << 1, 0, "neon"},
        {1u << 9, 0, ""}, /* scalar half floats alone do not carry kernels */
        {1u << 9 | 1u << 10, 0, "fp16"},
        {1u << 20, 0, "dotprod"},
        {1u << 22, 0, "sve"},
        {0, 1u << 13, "i8mm"},
        {0, 1u << 14, "bf16"},
        {0, 1u << 9 | 1u << 12, ""}, /* SVE's own int8 and bf16 products are others */
        {4290772991u, 156033, "neon fp16 dotprod i8mm bf16"},
    };
    for (size_t i = 0; i < WI_COUNT(cases); i++)
        assert_string_equal(names(*state, wi_cpu_isa_arm64(cases[i].hwcap, cases[i].hwcap2)),
                            cases[i].names);
}

static void flags_are_whole_words_of_their_architecture(void **state) {
    struct made *m = *state;
    assert_string_equal(names(m, wi_cpu_isa_flags("x86_64", "fma avx2 avx512_vnni f16c amx_tile")),
                        "avx2 fma f16c avx512vnni amx_tile");
    assert_string_equal(names(m, wi_cpu_isa_flags("x86_64", "fma4 xavx2 avx512f_ asimd")), "");
    assert_string_equal(
        names(m, wi_cpu_isa_flags("aarch64", "fp asimd fphp asimdhp asimddp sve2 i8mm avx2")),
        "neon fp16 dotprod i8mm");
    assert_int_equal(wi_cpu_isa_flags("riscv64", "avx2 asimd"), 0);
    assert_int_equal(wi_cpu_isa_flags("x86_64", NULL), 0);
}

static void arm_cores_get_the_names_of_their_manuals(void **state) {
    struct made *m = *state;
    struct wi_cpu cpu = {0};
    wi_cpu_identify_arm("processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
                        "CPU variant\t: 0x0\nCPU part\t: 0xd05\nCPU revision\t: 0\n\n"
                        "processor\t: 1\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
                        "CPU variant\t: 0x4\nCPU part\t: 0xd0b\nCPU revision\t: 1\n\n"
                        "processor\t: 2\nCPU implementer\t: 0x41\nCPU part\t: 0xd0b\n",
                        m->arena, &cpu);
    assert_string_equal(cpu.name, "2x Cortex-A76 + Cortex-A55");
    assert_string_equal(cpu.vendor, "Arm");
    assert_int_equal(cpu.family.value, 8);
    assert_int_equal(cpu.model.value, 0xd0b);
    assert_int_equal(cpu.stepping.value, 0x41);
}

static void strangers_among_arm_cores_show_their_numbers(void **state) {
    struct made *m = *state;
    struct wi_cpu cpu = {0};
    wi_cpu_identify_arm("CPU implementer : 0x99\nCPU part : 0x123\n", m->arena, &cpu);
    assert_string_equal(cpu.name, "implementer 0x99 part 0x123");
    cpu = (struct wi_cpu){0};
    wi_cpu_identify_arm(wi_cpu_midr_text(m->arena, 0x611f0231), m->arena, &cpu);
    assert_string_equal(cpu.name, "Firestorm");
    assert_string_equal(cpu.vendor, "Apple");
    assert_int_equal(cpu.stepping.value, 0x11);
    cpu = (struct wi_cpu){0};
    wi_cpu_identify_arm("CPU part : x\nCPU part\nCPU part :\n: \n", m->arena, &cpu);
    assert_null(cpu.name);
    wi_cpu_identify_arm(NULL, m->arena, &cpu);
    assert_null(cpu.name);
}

static void the_chip_is_found_among_boards(void **state) {
    struct made *m = *state;
    static const char pi[] = "raspberrypi,5-model-b\0brcm,bcm2712";
    static const char rock[] = "radxa,rock-5b\0rockchip,rk3588";
    static const char phone[] = "qcom,pineapple-mtp\0qcom,pineapple\0qcom,mtp";
    static const char odd[] = ",\0,,\0brcm\0brcm,";
    assert_string_equal(wi_cpu_soc(m->arena, pi, sizeof(pi)), "BCM2712");
    assert_string_equal(wi_cpu_soc(m->arena, rock, sizeof(rock)), "RK3588");
    assert_null(wi_cpu_soc(m->arena, phone, sizeof(phone)));
    assert_null(wi_cpu_soc(m->arena, odd, sizeof(odd)));
    assert_null(wi_cpu_soc(m->arena, "", 0));
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, made_setup, made_teardown)
    const struct CMUnitTest tests[] = {
        T(what_processor_and_system_have_counts),
        T(register_sets_that_the_system_does_not_save_are_asleep),
        T(without_osxsave_or_xcr0_nothing_is_awake),
        T(leaves_above_the_highest_are_not_believed),
        T(missing_and_damaged_leaves_say_nothing),
        T(vendor_model_and_brand_are_read),
        T(family_six_has_an_extended_model_and_no_extended_family),
        T(brands_are_freed_of_padding_and_control_characters),
        T(no_leaf_is_no_name),
        T(hwcaps_are_decoded_bit_by_bit),
        T(flags_are_whole_words_of_their_architecture),
        T(arm_cores_get_the_names_of_their_manuals),
        T(strangers_among_arm_cores_show_their_numbers),
        T(the_chip_is_found_among_boards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
