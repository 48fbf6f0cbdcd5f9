/* kernels_check.c: every kernel of the registry against the reference, on every shape of its op.
 *
 *     kernels_check [PART OF A KERNEL'S NAME]
 *
 * A plain program, so that it runs where there is no test library (arm64 under an emulator).
 * Kernels whose features this CPU lacks are skipped with the reason. Prints the largest error of
 * each kernel as a share of its tolerance, then what was run of each unit; the last line is
 * "N passed, N failed".
 * SPDX-License-Identifier: Apache-2.0 */
#include "check_case.h"
#include "check_limits.h"

#include "base/arena.h"
#include "base/os.h"
#include "kernels/cpu/backend.h"
#include "kernels/cpu/task.h"
#include "kernels/isa.h"
#include "kernels/kernel.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static unsigned passed, failed;

static void result(bool ok, const char *what, const char *text) {
    passed += ok;
    failed += !ok;
    printf("%-4s %-30s %s\n", ok ? "ok" : "FAIL", what, text);
    fflush(stdout);
}

/* ---- this CPU ---- */

static uint64_t features_of_cpu(void) {
    uint64_t isa = 0;
#if defined(__x86_64__)
#define HAS(name)                                                                                  \
    if (__builtin_cpu_supports(#name))                                                             \
        isa |= WI_ISA_BIT(WI_ISA_##name);
    /* clang-format off */
    HAS(avx2) HAS(fma) HAS(avx512f) HAS(avx512bw) HAS(avx512vl) HAS(avx512vnni)
        /* clang-format on */
        if (isa & WI_ISA_BIT(WI_ISA_avx2)) /* which never came without; clang 14 cannot ask */
        isa |= WI_ISA_BIT(WI_ISA_f16c);
    unsigned a = 0, b = 0, c = 0, d = 0; /* nor these; they use what AVX2 and AVX-512 enabled */
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d) != 0) {
        if ((a >> 4 & 1) != 0 && (isa & WI_ISA_BIT(WI_ISA_avx2)) != 0)
            isa |= WI_ISA_BIT(WI_ISA_avxvnni);
        if ((a >> 5 & 1) != 0 && (isa & WI_ISA_BIT(WI_ISA_avx512f)) != 0)
            isa |= WI_ISA_BIT(WI_ISA_avx512bf16);
    }
#elif defined(__aarch64__)
    isa |= WI_ISA_BIT(WI_ISA_neon);
    isa |= (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0 ? WI_ISA_BIT(WI_ISA_dotprod) : 0;
    isa |= (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0 ? WI_ISA_BIT(WI_ISA_i8mm) : 0;
    isa |= (getauxval(AT_HWCAP2) & HWCAP2_BF16) != 0 ? WI_ISA_BIT(WI_ISA_bf16) : 0;
#endif
    return isa;
}

/* What kernels may use here. */
static uint64_t features(void) {
    uint64_t isa = features_of_cpu();
#if defined(WI_CHECK_AVX512_BY_VECTORS) /* of this program, these units ask for AVX2 only */
    if ((isa & WI_ISA_BIT(WI_ISA_avx2)) != 0)
        isa |= WI_ISA_BIT(WI_ISA_avx512f) | WI_ISA_BIT(WI_ISA_avx512bw) |
               WI_ISA_BIT(WI_ISA_avx512vl) | WI_ISA_BIT(WI_ISA_avx512vnni) |
               WI_ISA_BIT(WI_ISA_avxvnni);
#endif
    return isa;
}

/* A guard page was touched: say by whom. */
static char running[256];
static void on_fault(int signal_number) {
    static const char text[] = "FAIL touched memory outside of its operands: ";
    (void)signal_number;
    if (write(1, text, sizeof text - 1) > 0 && write(1, running, strlen(running)) > 0)
        (void)!write(1, "\n0 passed, 1 failed\n", 20);
    _exit(1);
}

/* A device of `threads` threads, more than there are CPUs if need be. */
static struct wi_device *open_device(unsigned threads) {
    struct wi_arena *arena = wi_arena_create();
    unsigned *cpus = NULL, *all = WI_NEW_ARRAY(arena, unsigned, threads);
    size_t count = 0;
    struct wi_device *device = NULL;
    struct wi_err err = {0};
    if (wi_os_affinity(arena, &cpus, &count, &err) == WI_OK) {
        for (unsigned i = 0; i < threads; i++)
            all[i] = cpus[i % count];
        struct wi_session_params params = {.cpus = all, .cpu_count = threads, .batch = 1};
        wi_backend_cpu.open(&params, &device, &err);
    }
    if (device == NULL) {
        fprintf(stderr, "kernels_check: %s\n", err.message);
        exit(1);
    }
    wi_arena_destroy(arena);
    return device;
}

/* ---- what was run of each unit ---- */

static struct unit {
    const char *name; /* "avx2": what stands behind __cpu_ in a kernel's name, up to a _ */
    size_t length;
    unsigned kernels, runs;
    uint64_t lacks; /* features that kept kernels from being run */
} units[16];

static struct unit *unit_of(const struct wi_kernel *k) {
    const char *end = strstr(k->name, "__cpu_");
    const char *name = end == NULL ? k->name : end + strlen("__cpu_");
    size_t i = 0, length = strcspn(name, "_");
    while (i < WI_COUNT(units) - 1 && units[i].name != NULL &&
           (units[i].length != length || strncmp(units[i].name, name, length) != 0))
        i++;
    units[i].name = name;
    units[i].length = length;
    return &units[i];
}

/* tests/emulated reads these lines. */
static void show_units(void) {
    char lacking[96];
    for (const struct unit *u = units; u < units + WI_COUNT(units) && u->name != NULL; u++) {
        bool all = u->lacks == 0;
        printf("unit %.*s: %u kernels, %u runs%s%s\n", (int)u->length, u->name, u->kernels, u->runs,
               all ? "" : "; this CPU lacks ",
               all ? "" : wi_isa_text(u->lacks, lacking, sizeof lacking));
    }
}

/* ---- one kernel ---- */

/* All cases on teams of one thread, of some, and of more than have work. */
static bool run_kernel(const struct wi_kernel *k, const struct test_case *cases, size_t count,
                       struct outcome *worst, unsigned *runs) {
    static const unsigned threads[] = {1, 2, 3, 7};
    char shape[160];
    *worst = (struct outcome){0};
    for (size_t i = 0; i < WI_COUNT(threads); i++) {
        struct wi_device *device = open_device(threads[i]);
        for (size_t c = 0; c < count; c++) {
            struct outcome outcome;
            snprintf(running, sizeof running, "%s, %u threads, %s", k->name, threads[i],
                     case_text(&cases[c], shape, sizeof shape));
            case_run(&cases[c], k, device, (i + c) % 2 == 0 ? GUARD_after : GUARD_before, &outcome);
            ++*runs;
            worst->worst = fmax(worst->worst, outcome.worst);
            if (outcome.problem[0] != '\0') {
                printf("     %s: %s\n", running, outcome.problem);
                worst->problem[0] = '!';
            }
        }
        wi_backend_cpu.close(device);
    }
    return worst->problem[0] == '\0';
}

static size_t make_cases(const struct wi_kernel *k, struct test_case **cases) {
    size_t count = 0, made = 0;
    const struct shape *shapes = shapes_of(k->op, &count);
    *cases = calloc(count + 1, sizeof **cases);
    for (size_t i = 0; *cases != NULL && i < count; i++) {
        struct shape shape = shapes[i];
        shape.call.op = k->op;
        made += case_create(&shape, k, 1 + i, &(*cases)[made]);
    }
    return made;
}
static void drop_cases(struct test_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++)
        case_destroy(&cases[i]);
    free(cases);
}

static void check_kernel(const struct wi_kernel *k, const struct test_case *cases, size_t count) {
    char text[160], lacking[96];
    double quantisation = 0; /* what the arithmetic costs beside the kernel's error */
    struct outcome worst;
    unsigned runs = 0;
    uint64_t lacks = k->needs & ~features();
    struct unit *unit = unit_of(k);
    unit->lacks |= lacks;
    if (lacks != 0) {
        printf("skip %-30s this CPU lacks %s\n", k->name,
               wi_isa_text(lacks, lacking, sizeof lacking));
        return;
    }
    bool ok = run_kernel(k, cases, count, &worst, &runs);
    int used = snprintf(text, sizeof text, "%3u runs, largest error %.3f of the tolerance", runs,
                        worst.worst);
    for (size_t c = 0; c < count; c++)
        quantisation = fmax(quantisation, cases[c].quantisation);
    if (k->arithmetic == WI_ARITHMETIC_int8)
        snprintf(text + used, sizeof text - (size_t)used, "; rounding x costs up to %.2g",
                 quantisation);
    result(ok && runs > 0, k->name, text);
    unit->kernels++;
    unit->runs += runs;
}

static void check_quantise(void) {
    for (size_t i = 0; i < quantise_units(); i++) {
        char text[160];
        const char *name = NULL;
        bool exact = quantise_is_exact(i, features(), &name, text, sizeof text);
        result(exact, name, text);
    }
}

/* Units of one op, format and arithmetic are neighbours in the table and share their cases. */
static void check_all(const char *only) {
    size_t count = 0, made = 0;
    const struct wi_kernel *all = wi_kernels(&count);
    struct test_case *cases = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct wi_kernel *k = &all[i];
        if (k->backend != WI_BACKEND_cpu || strstr(k->name, only) == NULL)
            continue;
        if (cases == NULL || cases[0].shape.call.op != k->op ||
            cases[0].arithmetic != k->arithmetic ||
            (!k->any_format && cases[0].shape.call.format != k->format)) {
            drop_cases(cases, made);
            made = make_cases(k, &cases);
        }
        check_kernel(k, cases, made);
    }
    drop_cases(cases, made);
}

/* ---- the checker itself: kernels that are wrong must be found out ---- */

/* The generic gemv, then a fault of its own by thread 0. */
static void right_gemv(const struct wi_call *call, const struct wi_task *task) {
    const struct wi_kernel *k = NULL;
    wi_kernel_pick(WI_BACKEND_cpu, WI_OP_gemv, call->format, 0, &k, NULL);
    k->run_cpu(call, task);
    wi_task_barrier(task);
}
static size_t results(const struct wi_call *call, const struct wi_task *task) {
    return (size_t)call->n * wi_call_rows(call, task->dims);
}
static void slightly_off(const struct wi_call *call, const struct wi_task *task) {
    right_gemv(call, task);
    if (task->thread == 0)
        ((float *)wi_out(call->y))[results(call, task) - 1] += 1e-2f;
}
static void leaves_one_out(const struct wi_call *call, const struct wi_task *task) {
    float *y = wi_out(call->y), before = y[results(call, task) / 2];
    wi_task_barrier(task);
    right_gemv(call, task);
    if (task->thread == 0)
        y[results(call, task) / 2] = before;
}
static void writes_beyond(const struct wi_call *call, const struct wi_task *task) {
    right_gemv(call, task);
    if (task->thread == 0)
        ((float *)wi_out(call->y))[results(call, task)] = 0;
}

static void check_checker(void) {
    static const struct wi_kernel wrong[] = {
        {.name = "self-test: slightly off", .op = WI_OP_gemv, .run_cpu = slightly_off},
        {.name = "self-test: leaves one out", .op = WI_OP_gemv, .run_cpu = leaves_one_out},
        {.name = "self-test: writes beyond", .op = WI_OP_gemv, .run_cpu = writes_beyond},
    };
    for (size_t i = 0; i < WI_COUNT(wrong); i++) {
        struct test_case *cases = NULL;
        struct wi_device *device = open_device(2);
        size_t count = make_cases(&wrong[i], &cases), found = 0;
        for (size_t c = 0; c < count; c++) {
            struct outcome outcome;
            case_run(&cases[c], &wrong[i], device, GUARD_before, &outcome);
            found += outcome.problem[0] != '\0';
        }
        result(found == count, wrong[i].name, "must be noticed for every shape");
        drop_cases(cases, count);
        wi_backend_cpu.close(device);
    }
}

/* ---- choosing ---- */

static const struct wi_kernel *pick(enum wi_op_id op, enum wi_format_id format, uint64_t allowed) {
    const struct wi_kernel *k = NULL;
    return wi_kernel_pick(WI_BACKEND_cpu, op, format, allowed, &k, NULL) == WI_OK ? k : NULL;
}

/* Whatever the CPU: each op runs at each format that it can have. */
static void check_generic(void) {
    for (size_t op = 0; op < WI_OP_COUNT; op++) {
        for (size_t f = 0; f < WI_FORMAT_COUNT; f++) {
            enum wi_format_id format = (enum wi_format_id)f;
            bool cache = wi_op_kind((enum wi_op_id)op) == WI_OP_KIND_cache;
            if (!wi_format_get(format)->kernel || (cache && format == WI_FORMAT_q4_0))
                continue;
            const struct wi_kernel *k = pick((enum wi_op_id)op, format, 0);
            if (k == NULL || k->needs != 0)
                result(false, wi_op_name((enum wi_op_id)op), wi_format_get(format)->name);
        }
    }
    result(true, "choice: baseline", "every op and format has a kernel that needs no feature");
}

/* A cap leaves kernels that need no more than it allows, and the best of those is taken. */
static void check_caps(void) {
    static const struct {
        const char *cap, *suffix;
    } want[] = {
        {"generic", "__cpu_generic_int8"},
#if defined(__x86_64__)
        {"avx2", "__cpu_avx2_int8"},
        {"avxvnni", "__cpu_avxvnni_int8"},
        {"avx512", "__cpu_avx512_int8"},
        {"avx512vnni", "__cpu_avx512vnni_int8"},
        {"amx", "__cpu_avx512vnni_int8"},
#elif defined(__aarch64__)
        {"neon", "__cpu_neon_int8"},
        {"dotprod", "__cpu_dotprod_int8"},
        {"sve", "__cpu_dotprod_int8"},
#endif
    };
    for (size_t i = 0; i < WI_COUNT(want); i++) {
        uint64_t allowed = 0;
        char what[64];
        snprintf(what, sizeof what, "choice: --isa %s", want[i].cap);
        wi_isa_apply_cap(want[i].cap, UINT64_MAX, &allowed, NULL);
        const struct wi_kernel *k = pick(WI_OP_gemm, WI_FORMAT_q4_0, allowed);
        result(k != NULL && strstr(k->name, want[i].suffix) != NULL, what,
               k == NULL ? "nothing" : k->name);
    }
    const struct wi_kernel *k = pick(WI_OP_gemv, WI_FORMAT_q4_k, UINT64_MAX);
    result(k == NULL, "choice: q4_k", "a format without kernels is refused");
}

int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = on_fault};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    check_generic();
    check_caps();
    check_checker();
    check_limits(features_of_cpu(), result);
    check_quantise();
    check_all(argc > 1 ? argv[1] : "");
    show_units();
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
