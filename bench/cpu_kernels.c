/* cpu_kernels.c: kernels of one op side by side, in one process: for those who write them.
 *
 *     cpu_kernels [--op gemv|gemm] [--rows N] [--shape NxK].. [--threads N] [--isa CAP]
 *                 [--resident] [--rounds N] [KERNEL ..]
 *
 * Without names: at each precision every arithmetic's best kernel that this CPU runs under the cap.
 * A round runs each kernel once, and for gemv reads the weights once besides. What is printed are
 * medians of the rounds' ratios with their 95 % interval: they hold on a machine that does other
 * things, where times do not. Weights are larger than the caches together and used in turn, or with
 * --resident so small that each thread's part stays in its L2: what unpacking allows.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/os.h"
#include "base/stats.h"
#include "kernels/cpu/backend.h"
#include "kernels/cpu/task.h"
#include "kernels/isa.h"
#include "kernels/kernel.h"
#include "probes/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KERNELS_MAX = 8, ROUNDS_MAX = 1000, SHAPES_MAX = 16, LINE_BYTES = 64 };

struct shape {
    const char *what;
    uint32_t n, k;
};
static const struct shape model_shapes[] = {
    {"Gemma 2B attention", 2048, 2048},   {"Gemma 2B mlp up", 16384, 2048},
    {"Gemma 2B mlp down", 2048, 16384},   {"Gemma 7B mlp up", 24576, 3072},
    {"Gemma 7B mlp down", 3072, 24576},   {"Mistral 7B mlp up", 14336, 4096},
    {"Mistral 7B mlp down", 4096, 14336},
};

struct options {
    enum wi_op_id op;
    uint32_t rows;
    unsigned threads, rounds;
    bool resident;
    const char *isa_cap;
    struct shape shapes[SHAPES_MAX];
    size_t shape_count;
    const char *names[KERNELS_MAX];
    size_t name_count;
};

struct timed { /* what a timed call runs, found by the kernel that it carries */
    struct wi_kernel kernel;
    wi_cpu_kernel run;
    unsigned repeats; /* resident weights are small */
};

struct contest {
    const struct options *options;
    const struct wi_kernel *kernels[KERNELS_MAX];
    size_t count;
    struct wi_device *device;
    struct shape shape;
    enum wi_format_id format;
    struct wi_view w, x, y;
    uint64_t w_bytes; /* of one matrix */
    size_t copies;    /* of it, used in turn */
    struct timed timed;
};

/* ---- what bounds kernels, as kernels of their own ---- */

static const struct timed *timed_of(const struct wi_call *call) {
    return (const struct timed *)(const void *)call->kernel;
}

/* One read of W, by four streams, from which no memory gives less than from one; the sum goes where
 * y is, so that it is needed. */
static void read_weights(const struct wi_call *call, const struct wi_task *task) {
    typedef uint64_t words __attribute__((vector_size(16)));
    enum { STREAMS = 4, PER_LINE = LINE_BYTES / sizeof(words) };
    uint64_t bytes = call->n * wi_format_bytes(wi_format_get(call->format), 1, call->k);
    struct wi_share share = wi_share_of(bytes / LINE_BYTES, task->thread, task->threads);
    size_t lines = (share.end - share.begin) / STREAMS;
    const char *w = (const char *)wi_in(call->w) + share.begin * LINE_BYTES;
    words sum[STREAMS] = {{0}};
    for (size_t i = 0; i < lines; i++)
        for (size_t s = 0; s < STREAMS; s++)
            for (size_t j = 0; j < PER_LINE; j++) {
                words v;
                memcpy(&v, w + (s * lines + i) * LINE_BYTES + j * sizeof v, sizeof v);
                sum[s] += v;
            }
    words all = sum[0] + sum[1] + sum[2] + sum[3];
    uint32_t low = (uint32_t)(all[0] + all[1]);
    memcpy((char *)wi_out(call->y) + 4 * task->thread, &low, sizeof low);
}

static void repeat(const struct wi_call *call, const struct wi_task *task) {
    for (unsigned i = 0; i < timed_of(call)->repeats; i++)
        timed_of(call)->run(call, task);
}

/* ---- one contest ---- */

static uint64_t time_call(struct contest *c, const struct wi_kernel *kernel, size_t turn) {
    const struct wi_pass_dims dims = {.tokens = c->options->rows, .batch = 1};
    struct wi_call call = {.op = c->options->op,
                           .format = c->format,
                           .n = c->shape.n,
                           .k = c->shape.k,
                           .x = c->x,
                           .y = c->y,
                           .w = {c->w.buffer, turn % c->copies * c->w_bytes},
                           .kernel = &c->timed.kernel};
    struct wi_err err = {0};
    c->timed.kernel = *kernel;
    c->timed.kernel.run_cpu = repeat;
    c->timed.run = kernel->run_cpu;
    uint64_t before = wi_now_ns(&wi_clock_system);
    if (wi_backend_cpu.run_call(c->device, &call, &dims, &err) != WI_OK) {
        fprintf(stderr, "cpu_kernels: %s\n", err.message);
        exit(1);
    }
    return wi_now_ns(&wi_clock_system) - before;
}

static void print_ratio(const char *what, double ns[][ROUNDS_MAX], size_t a, size_t b,
                        unsigned rounds) {
    double ratios[ROUNDS_MAX];
    for (unsigned r = 0; r < rounds; r++)
        ratios[r] = ns[a][r] / ns[b][r];
    struct wi_interval i = wi_stat_bootstrap_median(ratios, rounds, 1000, 1);
    printf("  %s %.3f [%.3f, %.3f]", what, i.mid, i.lo, i.hi);
}

static void run_contest(struct contest *c) {
    static double ns[KERNELS_MAX + 1][ROUNDS_MAX];
    const struct wi_kernel read = {.op = c->options->op, .tile_m = 1, .run_cpu = read_weights};
    bool gemv = c->options->op == WI_OP_gemv;
    unsigned rounds = c->options->rounds;
    size_t runs = c->count + gemv;              /* in a round */
    for (unsigned r = 0; r < rounds + 1; r++) { /* the first one warms up */
        for (size_t i = 0; i < runs; i++)
            ns[i][r == 0 ? 0 : r - 1] =
                (double)time_call(c, i < c->count ? c->kernels[i] : &read, r * runs + i);
    }
    printf("%s: %u x %u, %u rows\n", c->shape.what, c->shape.n, c->shape.k, c->options->rows);
    for (size_t i = 0; i < c->count; i++) {
        printf("  %-30s", c->kernels[i]->name);
        if (gemv)
            print_ratio("of read bandwidth", ns, c->count, i, rounds);
        if (i > 0)
            print_ratio("times as fast as the first", ns, 0, i, rounds);
        printf("\n");
    }
}

static void generate(struct contest *c) {
    struct wi_err err = {0};
    struct wi_buffer *w = NULL, *x = NULL, *y = NULL;
    uint32_t most = c->shape.n > c->shape.k ? c->shape.n : c->shape.k;
    uint64_t rows = c->options->rows, floats = 4 * rows * most + 4096;
    const struct wi_backend *cpu = &wi_backend_cpu;
    if (cpu->buffer_create(c->device, c->w_bytes * c->copies, &w, &err) != WI_OK ||
        cpu->buffer_create(c->device, floats, &x, &err) != WI_OK ||
        cpu->buffer_create(c->device, floats, &y, &err) != WI_OK) {
        fprintf(stderr, "cpu_kernels: %s\n", err.message);
        exit(1);
    }
    c->w.buffer = w;
    c->x.buffer = x;
    c->y.buffer = y;
    struct wi_generate weights = {c->format, c->w, c->shape.n * c->copies, c->shape.k, c->shape.k,
                                  1,         1};
    struct wi_generate inputs = {WI_FORMAT_f32, c->x, rows, c->shape.k, 1, 1, 2};
    cpu->generate(c->device, &weights, &err);
    cpu->generate(c->device, &inputs, &err);
}

/* ---- which kernels ---- */

/* Of each arithmetic the last, which is the best. */
static void take_best(struct contest *c, uint64_t allowed) {
    size_t count = 0;
    const struct wi_kernel *all = wi_kernels(&count), *best[2] = {NULL, NULL};
    for (size_t i = 0; i < count; i++)
        if (all[i].op == c->options->op && all[i].format == c->format &&
            (all[i].needs & ~allowed) == 0)
            best[all[i].arithmetic == WI_ARITHMETIC_int8] = &all[i];
    for (size_t i = 0; i < 2; i++)
        if (best[i] != NULL)
            c->kernels[c->count++] = best[i];
}

static void take_named(struct contest *c, uint64_t allowed) {
    size_t count = 0;
    const struct wi_kernel *all = wi_kernels(&count);
    for (size_t n = 0; n < c->options->name_count; n++)
        for (size_t i = 0; i < count; i++)
            if (strcmp(all[i].name, c->options->names[n]) == 0 && all[i].format == c->format &&
                all[i].op == c->options->op && (all[i].needs & ~allowed) == 0)
                c->kernels[c->count++] = &all[i];
}

static void contest_of(const struct options *o, const struct shape *shape, enum wi_format_id format,
                       const unsigned *cpus, uint64_t allowed) {
    const uint64_t cold_bytes = 512ull << 20, resident_bytes = 192ull << 10;
    struct contest c = {.options = o, .shape = *shape, .format = format};
    const struct wi_session_params params = {.cpus = cpus, .cpu_count = o->threads, .batch = 1};
    uint64_t row_bytes = wi_format_bytes(wi_format_get(format), 1, shape->k);
    if (o->name_count > 0)
        take_named(&c, allowed);
    else
        take_best(&c, allowed);
    if (c.count == 0 || wi_backend_cpu.open(&params, &c.device, NULL) != WI_OK)
        return;
    if (o->resident)
        c.shape.n = (uint32_t)(o->threads * (resident_bytes / row_bytes + 1));
    c.w_bytes = c.shape.n * row_bytes;
    c.copies = o->resident ? 1 : (size_t)(cold_bytes / c.w_bytes) + 1;
    c.timed.repeats = o->resident ? 100 : 1;
    generate(&c);
    run_contest(&c);
    wi_backend_cpu.close(c.device);
}

/* ---- options ---- */

static int usage(void) {
    fputs("usage: cpu_kernels [--op gemv|gemm] [--rows N] [--shape NxK].. [--threads N]\n"
          "                   [--isa CAP] [--resident] [--rounds N] [KERNEL ..]\n",
          stderr);
    return 2;
}

static bool parse(int argc, char **argv, struct options *o) {
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        struct shape *shape = &o->shapes[o->shape_count];
        if (strcmp(argv[i], "--resident") == 0) {
            o->resident = true;
            continue;
        }
        if (argv[i][0] != '-') {
            if (o->name_count == KERNELS_MAX)
                return false;
            o->names[o->name_count++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--op") == 0)
            o->op = strcmp(value, "gemm") == 0 ? WI_OP_gemm : WI_OP_gemv;
        else if (strcmp(argv[i], "--rows") == 0)
            o->rows = (uint32_t)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--threads") == 0)
            o->threads = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--rounds") == 0)
            o->rounds = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--isa") == 0)
            o->isa_cap = value;
        else if (strcmp(argv[i], "--shape") == 0 && o->shape_count < SHAPES_MAX &&
                 sscanf(value, "%ux%u", &shape->n, &shape->k) == 2 && shape->k % 32 == 0)
            o->shapes[o->shape_count++].what = value;
        else
            return false;
        i++;
    }
    return o->rounds > 0 && o->rounds <= ROUNDS_MAX;
}

int main(int argc, char **argv) {
    struct options o = {.op = WI_OP_gemv, .rounds = 41};
    struct wi_err err = {0};
    uint64_t allowed = 0;
    size_t cpu_count = 0;
    unsigned *cpus = NULL;
    if (!parse(argc, argv, &o))
        return usage();
    struct wi_arena *arena = wi_arena_create();
    struct wi_env *env = NULL;
    const struct wi_probe_options probe = {.skip_gpu = true};
    struct wi_inventory *inventory = NULL;
    if (wi_env_live(&env, &err) != WI_OK || wi_probe(env, &probe, &inventory, &err) != WI_OK ||
        wi_isa_apply_cap(o.isa_cap, inventory->cpu.isa, &allowed, &err) != WI_OK ||
        wi_os_affinity(arena, &cpus, &cpu_count, &err) != WI_OK) {
        fprintf(stderr, "cpu_kernels: %s\n", err.message);
        return 1;
    }
    o.rows = o.rows > 0 ? o.rows : o.op == WI_OP_gemv ? 1 : 512;
    o.threads = o.threads > 0 && o.threads < cpu_count ? o.threads : (unsigned)cpu_count;
    const struct shape *shapes = o.shape_count > 0 ? o.shapes : model_shapes;
    size_t count = o.shape_count > 0 ? o.shape_count : WI_COUNT(model_shapes);
    for (size_t f = 0; f < WI_FORMAT_COUNT; f++)
        for (size_t i = 0; i < count && wi_format_get((enum wi_format_id)f)->kernel; i++)
            contest_of(&o, &shapes[i], (enum wi_format_id)f, cpus, allowed);
    wi_arena_destroy(inventory->arena);
    wi_env_destroy(env);
    wi_arena_destroy(arena);
    return 0;
}
