/* record.h: what a fact, a device, a case, a measurement and a verdict are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The words are those of SEMANTICS; the enumerations are the spellings of JSON and SQL. Structs are
 * plain data in somebody's arena, const once built. Bytes, nanoseconds and Hz carry their unit in the
 * name. Anything that may be unreadable is a wi_maybe, never a zero. */
#ifndef WI_RECORD_H
#define WI_RECORD_H

#include "base/arena.h"
#include "base/maybe.h"
#include "base/stats.h"
#include "models/footprint.h"
#include "models/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- enumerations that are also data ---- */

#define WI_BACKEND_LIST(X) X(cpu) X(vulkan) X(opencl) X(null)
enum wi_backend_id {
#define WI_X(name) WI_BACKEND_##name,
    WI_BACKEND_LIST(WI_X)
#undef WI_X
    WI_BACKEND_COUNT
};
const char *wi_backend_id_name(enum wi_backend_id id);

#define WI_CASE_STATUS_LIST(X)                                                                     \
    X(ok) X(wrong) X(crashed) X(timeout) X(too_big) X(unsupported) X(unavailable) X(not_built)     \
    X(skipped)
enum wi_case_status {
#define WI_X(name) WI_CASE_##name,
    WI_CASE_STATUS_LIST(WI_X)
#undef WI_X
    WI_CASE_STATUS_COUNT
};
const char *wi_case_status_name(enum wi_case_status status);

#define WI_LIMIT_LIST(X)                                                                           \
    X(none) X(memory) X(load_peak) X(paging) X(largest_buffer) X(largest_allocation) X(feature)    \
    X(engine_limit) X(context) X(storage) X(bandwidth) X(compute) X(unpack) X(launch)              \
    X(first_token)
enum wi_limit {
#define WI_X(name) WI_LIMIT_##name,
    WI_LIMIT_LIST(WI_X)
#undef WI_X
    WI_LIMIT_COUNT
};
const char *wi_limit_name(enum wi_limit limit);

#define WI_VERDICT_LIST(X)                                                                         \
    X(unknown) X(unsupported) X(does_not_fit) X(too_slow) X(usable) X(comfortable)
enum wi_verdict_id {
#define WI_X(name) WI_VERDICT_##name,
    WI_VERDICT_LIST(WI_X)
#undef WI_X
};
const char *wi_verdict_name(enum wi_verdict_id id);

#define WI_BASIS_LIST(X) X(none) X(specification) X(predicted) X(measured)
enum wi_basis {
#define WI_X(name) WI_BASIS_##name,
    WI_BASIS_LIST(WI_X)
#undef WI_X
};
const char *wi_basis_name(enum wi_basis basis);

/* A doubt names what was seen and what to try; `bars` = makes the row ineligible (SEMANTICS
 * "Which evidence counts").  name  bars  advice */
#define WI_DOUBT_LIST(X)                                                                           \
    X(noisy, 0, "samples scatter widely: close other programs, or repeat the run")                 \
    X(drift, 0, "speed changed during the run: let the device settle, then repeat")                \
    X(throttled, 1, "the device throttled: let it cool, check its power and thermal settings")     \
    X(too_short, 0, "one sample is near the clock's resolution: use more tokens")                  \
    X(few_samples, 0, "the time budget ended early: raise it or use a smaller case")               \
    X(contended, 1, "other work took the processor: stop it, then repeat")                         \
    X(implausible, 1, "faster than the device's own measured limit: report this as a bug")         \
    X(on_battery, 1, "measured on battery: connect mains power, then repeat")                      \
    X(clock, 1, "the clock or date is not to be trusted: synchronise it, then repeat")             \
    X(extrapolation, 0, "some layers do not stand for all: run with --full")                       \
    X(data_dependent, 0, "other random data gave another speed: report this as a bug")             \
    X(small_pages, 0, "huge pages did not back the weights: enable transparent huge pages")        \
    X(software_device, 0, "this device is the CPU in disguise: no statement about a GPU")          \
    X(resumed, 0, "finished in a second session: conditions may differ")
enum wi_doubt {
#define WI_X(name, bars, advice) WI_DOUBT_##name,
    WI_DOUBT_LIST(WI_X)
#undef WI_X
    WI_DOUBT_COUNT
};
#define WI_DOUBT_BIT(doubt) (1u << (doubt))
const char *wi_doubt_name(enum wi_doubt doubt);
const char *wi_doubt_advice(enum wi_doubt doubt);
bool wi_doubt_bars(enum wi_doubt doubt);

struct wi_doubt_note {               /* what was seen behind a doubt of one measurement */
    enum wi_doubt doubt;
    const char *seen;                /* "samples drift by 6 % from first to last" */
};

/* Figures of the same case that stand beside a measurement, measured in the same run.
 * name  what differs */
#define WI_BESIDE_LIST(X)                                                                          \
    X(segmented, "some layers for all of them")                                                    \
    X(other_seed, "other random weights and tokens")                                               \
    X(small_pages, "4 KiB pages behind the weights")
enum wi_beside_id {
#define WI_X(name, what) WI_BESIDE_##name,
    WI_BESIDE_LIST(WI_X)
#undef WI_X
    WI_BESIDE_COUNT
};
const char *wi_beside_name(enum wi_beside_id id);
const char *wi_beside_differs(enum wi_beside_id id);

/* Instruction-set features that decide kernel choice; "has" means CPU and OS both enable it. */
#define WI_ISA_LIST(X)                                                                             \
    X(avx2, x86) X(fma, x86) X(f16c, x86) X(avx512f, x86) X(avx512bw, x86) X(avx512vl, x86)        \
    X(avx512vnni, x86) X(avx512bf16, x86) X(avxvnni, x86) X(amx_tile, x86) X(amx_int8, x86)        \
    X(amx_bf16, x86) X(neon, arm64) X(fp16, arm64) X(dotprod, arm64) X(i8mm, arm64)                \
    X(bf16, arm64) X(sve, arm64)
enum wi_isa {
#define WI_X(name, arch) WI_ISA_##name,
    WI_ISA_LIST(WI_X)
#undef WI_X
    WI_ISA_COUNT
};
#define WI_ISA_BIT(isa) (UINT64_C(1) << (isa))
const char *wi_isa_name(enum wi_isa isa);

/* ---- the device ---- */

struct wi_fact {          /* one probed property, as stored */
    const char *key;      /* "cpu.microcode", "memory.total_bytes" */
    enum wi_known known;
    const char *value;    /* text; NULL unless known */
    const char *unit;     /* "bytes", "MHz", ""; */
    const char *source;   /* "/proc/meminfo", "hwloc", "vulkan:VkPhysicalDeviceProperties" */
};
struct wi_facts {
    struct wi_fact *items;
    size_t count, capacity;
};

struct wi_cpu_cache {
    unsigned level;          /* 1..4 */
    char type;               /* 'd', 'i', 'u' */
    uint64_t bytes;          /* of one instance */
    unsigned instances;
    unsigned shared_threads; /* hardware threads that share one instance */
    unsigned line_bytes;
};
struct wi_core_kind {
    const char *name;        /* "performance", "efficiency", "mid", "uniform" */
    unsigned cores, threads;
    struct wi_maybe_u64 max_mhz;
    const unsigned *cpus;    /* OS indices of allowed hardware threads, first thread of each core
                                first */
    size_t cpu_count;
};
struct wi_cpu {
    const char *compute_device_id; /* "cpu0": stable within the device */
    const char *name, *vendor, *arch; /* arch: "x86_64", "aarch64" */
    struct wi_maybe_u64 family, model, stepping;
    const char *microcode;   /* NULL: unknown */
    unsigned packages, cores, threads, numa_nodes; /* of the machine, 0 never */
    unsigned allowed_threads; /* after cpuset; what a run may use */
    struct wi_maybe_f64 quota_cpus; /* cgroup cpu.max as CPUs; not_applicable: no limit */
    struct wi_core_kind *kinds;
    size_t kind_count;
    struct wi_cpu_cache *caches;
    size_t cache_count;
    uint64_t isa;            /* WI_ISA_BIT */
    struct wi_maybe_u64 base_mhz, max_mhz, now_mhz;
};

#define WI_FORM_LIST(X) X(unknown) X(desktop) X(laptop) X(server) X(phone) X(tablet) X(sbc) X(vm)
enum wi_form {
#define WI_X(name) WI_FORM_##name,
    WI_FORM_LIST(WI_X)
#undef WI_X
};
const char *wi_form_name(enum wi_form form);

struct wi_memory {
    struct wi_maybe_u64 total_bytes, available_bytes;
    struct wi_maybe_u64 limit_bytes; /* tightest cgroup limit; not_applicable: none */
    struct wi_maybe_u64 swap_total_bytes, swap_free_bytes;
    const char *huge_pages;          /* "always", "madvise", "never"; NULL unknown */
    struct wi_maybe_u64 hugetlb_free; /* preallocated 2 MiB pages */
    enum wi_form form;
    const char *form_because;        /* "DMI chassis type 10" */
};

struct wi_pool {                     /* memory that a compute device can use */
    const char *id;                  /* "heap0", "global" */
    struct wi_maybe_u64 total_bytes;
    struct wi_maybe_u64 budget_bytes; /* what the driver says is left for us now */
    struct wi_maybe_u64 proven_bytes; /* what an allocation ladder reached */
    bool device_local, host_visible;
};
struct wi_gpu_api {
    enum wi_backend_id api;          /* vulkan or opencl */
    const char *device_name, *platform; /* platform: OpenCL platform or Vulkan ICD */
    const char *driver_name, *driver_version, *api_version, *loader;
    struct wi_facts facts;           /* everything this API said, keys "vulkan...", "opencl..." */
};

#define WI_GPU_TYPE_LIST(X) X(unknown) X(integrated) X(discrete) X(virtual) X(software)
enum wi_gpu_type {
#define WI_X(name) WI_GPU_##name,
    WI_GPU_TYPE_LIST(WI_X)
#undef WI_X
};
const char *wi_gpu_type_name(enum wi_gpu_type type);

#define WI_GPU_FEATURE_LIST(X)                                                                     \
    X(fp16) X(int8) X(storage16) X(storage8) X(integer_dot) X(cooperative_matrix) X(subgroups)     \
    X(timestamps)
enum wi_gpu_feature {
#define WI_X(name) WI_GPU_FEATURE_##name,
    WI_GPU_FEATURE_LIST(WI_X)
#undef WI_X
    WI_GPU_FEATURE_COUNT
};
const char *wi_gpu_feature_name(enum wi_gpu_feature feature);

struct wi_gpu {                      /* one chip, however many APIs see it */
    const char *compute_device_id;   /* "gpu0", software ones: "sw0" .. */
    const char *name, *vendor;
    struct wi_maybe_u64 vendor_id, device_id;
    enum wi_gpu_type type;
    bool software;                   /* runs on the CPU; never a GPU, never lifts a tier */
    const char *pci;                 /* "0000:01:00.0"; NULL unknown */
    const char *uuid;                /* 32 hex digits; NULL unknown */
    enum wi_tri unified;
    struct wi_pool *pools;
    size_t pool_count;
    struct wi_maybe_u64 largest_allocation_bytes, largest_binding_bytes;
    struct wi_maybe_u64 subgroup_min, subgroup_max;
    uint32_t features;               /* 1u << enum wi_gpu_feature */
    struct wi_gpu_api *apis;
    size_t api_count;
    const char *same_because;        /* why several API devices are one chip: "PCI address" */
};
struct wi_unopened_gpu {             /* on the bus, and no API could open it */
    const char *pci, *name;
    struct wi_maybe_u64 vendor_id, device_id;
    const char *kernel_driver;       /* "i915", "nouveau"; NULL: none bound */
    const char *advice;              /* what to install */
};
struct wi_backend_state {            /* one line per backend: can it be used, else why not */
    enum wi_backend_id backend;
    enum wi_case_status status;      /* ok, not_built, unavailable, crashed, timeout */
    const char *reason;              /* NULL when ok */
    const char *advice;              /* what to install; NULL */
};

struct wi_software {                 /* what runs underneath */
    const char *os, *kernel, *distribution, *container, *hypervisor; /* NULL: none or unknown */
    const char *compiler, *flags, *tool_version, *tool_commit;
};
struct wi_storage {
    const char *path;                /* where a model would land */
    struct wi_maybe_u64 free_bytes, total_bytes;
};

struct wi_identity {
    const char *device_id;           /* 64 hex digits or the asset id */
    const char *source;              /* "asset", "dmi:product_uuid", "random", ... */
    const char *strength;            /* "strong", "weak" */
    const char *hardware_id, *sku_id;
    const char *software_id[WI_BACKEND_COUNT]; /* NULL: backend not there */
};

struct wi_inventory {                /* everything probe() found; owned by `arena` */
    struct wi_arena *arena;
    const char *name;                /* "Dell XPS 13 9310" or the CPU's name */
    const char *maker, *product;
    struct wi_identity identity;
    struct wi_cpu cpu;
    struct wi_memory memory;
    struct wi_storage storage;
    struct wi_software software;
    struct wi_gpu *gpus;             /* real ones first, then software devices */
    size_t gpu_count;
    struct wi_unopened_gpu *unopened;
    size_t unopened_count;
    struct wi_backend_state backends[WI_BACKEND_COUNT];
    struct wi_facts facts;           /* all, sorted by key */
};

/* ---- conditions: what the device was doing ---- */

struct wi_conditions {               /* one reading */
    uint64_t at_ns;                  /* since the run began */
    struct wi_facts facts;           /* "cpu0.governor", "thermal.x86_pkg_temp" (mC), "load.1m",
                                        "steal_ticks", "power.source", "battery.percent", ... */
};

/* ---- one timed question ---- */

#define WI_KIND_LIST(X) X(model) X(op) X(roofline) X(ladder) X(sustained) X(load)
enum wi_kind {
#define WI_X(name) WI_KIND_##name,
    WI_KIND_LIST(WI_X)
#undef WI_X
    WI_KIND_COUNT
};
const char *wi_kind_name(enum wi_kind kind);

struct wi_op_shape {                 /* y = W x by itself: m rows x, W of n rows and k columns */
    const char *op;                  /* "gemv", "gemm"; NULL: none */
    uint32_t m, n, k;
    uint32_t matrices;               /* that a pass goes through, one after the other, so that they
                                        come out of memory; no part of the key */
};
bool wi_same_op(const struct wi_op_shape *a, const struct wi_op_shape *b); /* but for matrices */
/* "gemm 128 x 16384 x 2048": m, n, k; returns `out` */
const char *wi_op_label(const struct wi_op_shape *op, char *out, size_t n);

struct wi_case {                     /* the case key (SEMANTICS) in readable form */
    const struct wi_model *model;
    enum wi_format_id precision, kv_precision;
    enum wi_phase phase;
    uint32_t tokens, depth, batch;
    enum wi_backend_id backend;
    const char *compute_device_id;
    const char *cap;                 /* "" or "isa=avx2": what_if */
    struct wi_op_shape op;           /* of kind op: this instead of a model, which is NULL then;
                                        phase decode for gemv, prefill for gemm; tokens: m */
};

/* Segments of a pass. A sample row carries one; see SEMANTICS "From some layers to all". */
#define WI_SEGMENT_LIST(X) X(all) X(embed) X(global) X(local) X(head)
enum wi_segment_id {
#define WI_X(name) WI_SEGMENT_##name,
    WI_SEGMENT_LIST(WI_X)
#undef WI_X
    WI_SEGMENT_COUNT
};
const char *wi_segment_name(enum wi_segment_id id);

struct wi_sample {                   /* one raw timing */
    uint64_t start_ns;               /* since the run began */
    uint64_t ns;
    uint32_t pass;                   /* passes are resampled whole: samples of one share this */
    uint8_t segment;                 /* enum wi_segment_id */
};

struct wi_op_note {                  /* which kernel ran an op, and how right it was */
    const char *op, *kernel;
    double error, tolerance;         /* SEMANTICS "Verification" */
    double quantisation;             /* what rounding the activations cost, in the error's unit;
                                        0: they were not rounded */
};

struct wi_rate { /* tokens per second; all 0 unless status is ok */
    double median, lo, hi, best;
};

struct wi_beside {
    enum wi_beside_id what;
    struct wi_rate tokens_per_s;
};

#define WI_BOUND_LIST(X) X(unknown) X(memory) X(compute) X(unpack) X(launch) X(latency)
enum wi_bound {
#define WI_X(name) WI_BOUND_##name,
    WI_BOUND_LIST(WI_X)
#undef WI_X
};
const char *wi_bound_name(enum wi_bound bound);

struct wi_measurement {
    char id[33];                     /* time-ordered, unique; 32 hex digits */
    enum wi_kind kind;
    struct wi_case key;
    enum wi_case_status status;
    const char *reason;              /* one sentence; NULL when ok */
    bool software, what_if;
    const char *arithmetic;          /* "f32", "bf16", "int8": of the matrix products */
    const char *kernel;              /* name of the matrix kernel */
    unsigned threads;
    const char *thread_cpus;         /* "0,2,4" */
    uint64_t huge_page_bytes;        /* that really backed the weights */
    uint32_t layers_run, layers_total;
    uint32_t tokens_per_sample;
    const struct wi_sample *samples;
    size_t sample_count;
    uint32_t passes, warmups;
    struct wi_rate tokens_per_s;
    double error, tolerance;         /* of the worst op, named below */
    const char *worst_op;
    const struct wi_op_note *ops;
    size_t op_count;
    uint32_t doubts;                 /* WI_DOUBT_BIT */
    const struct wi_doubt_note *doubt_notes;
    size_t doubt_note_count;
    const struct wi_beside *beside;
    size_t beside_count;
    uint64_t weight_bytes;           /* of the whole model in this precision */
    double bytes_per_token, flops_per_token;
    double achieved_gb_per_s, achieved_gflop_per_s;
    enum wi_bound bound, second;     /* unknown until a roofline was measured */
    struct wi_maybe_f64 roofline_fraction;
    struct wi_maybe_u64 peak_memory_bytes; /* resident peak of the worker */
    uint32_t kernel_generation;
    uint64_t seed;
    double wall_s;                   /* what the case cost the user */
};

/* ---- what a compute device does at most ---- */

/* What is read or done in a pass, and so what `work` counts:
 *   read     bytes read                        copy     bytes read and bytes written, both
 *   peak     operations, a multiply-add is 2   launch   calls that do nothing
 *   unpack   decode: bytes of packed weights; prefill: operations. A matrix kernel whose weights lie
 *            in L1 or L2: what it would do if memory were no limit */
#define WI_CEILING_LIST(X) X(read) X(copy) X(peak) X(unpack) X(launch)
enum wi_ceiling_id {
#define WI_X(name) WI_CEILING_##name,
    WI_CEILING_LIST(WI_X)
#undef WI_X
    WI_CEILING_COUNT
};
const char *wi_ceiling_id_name(enum wi_ceiling_id id);

struct wi_ceiling {                  /* one limit, measured in one way */
    enum wi_ceiling_id id;
    const char *how;                 /* "4 streams, huge pages", "avx2 fma", a kernel's name */
    const char *arithmetic;          /* peak, unpack: "f32", "bf16", "int8"; else NULL */
    const char *precision, *phase;   /* unpack: of the weights; decode or prefill; else NULL */
    unsigned threads;
    double work;                     /* of a pass */
    const uint64_t *samples_ns;      /* passes */
    size_t sample_count;
};
/* Of the median pass: GB/s, Gop/s (1e9 operations a second), or us a launch. NAN: no samples. */
double wi_ceiling_value(const struct wi_ceiling *ceiling);
const char *wi_ceiling_unit(const struct wi_ceiling *ceiling); /* "GB/s", "Gop/s", "us" */
/* As an object, the same in the database and in answers. */
struct wi_json;
void wi_ceiling_put(struct wi_json *json, const struct wi_ceiling *ceiling);

/* Ids of the rows that limits were read from; NULL: of none, as while they are being measured. Where
 * several runs were joined, each limit has its own: of the row that showed the best. */
struct wi_roofline_rows {
    const char *read, *f32, *bf16, *int8, *launch;
};
/* Roofline of one compute device, as far as it was measured in a run: the best of each kind of
 * ceiling, and all of them. */
struct wi_roofline {
    char id[33];                     /* of its row; "": it is not stored yet, or joined of several */
    enum wi_backend_id backend;
    const char *compute_device_id;
    struct wi_maybe_f64 read_gb_per_s, copy_gb_per_s;
    /* not_applicable: others were measured, but no instruction for this one is there */
    struct wi_maybe_f64 peak_gflop_per_s_f32, peak_gflop_per_s_bf16, peak_gflop_per_s_int8;
    struct wi_maybe_f64 launch_us;
    const struct wi_ceiling *ceilings; /* NULL in rows of before they were kept */
    size_t ceiling_count;
    struct wi_roofline_rows rows;
    const char *excluded;            /* as read back: the reason of who withdrew it; NULL: nobody */
};
/* Sets the six figures from the ceilings. */
void wi_roofline_sum_up(struct wi_roofline *roofline);
/* Adds the ceilings of another measuring, copied to the arena: the best of all counts. */
void wi_roofline_join(struct wi_roofline *into, const struct wi_roofline *more,
                      struct wi_arena *arena);
/* The best of a kind for (arithmetic, precision, phase), each NULL: any; NULL: not measured. */
const struct wi_ceiling *wi_roofline_best(const struct wi_roofline *roofline, enum wi_ceiling_id id,
                                          const char *arithmetic, const char *precision,
                                          const char *phase);

/* Which variant or thread set won, and all that were tried. */
struct wi_tuning_rival {
    const char *choice;
    struct wi_rate tokens_per_s;     /* all 0: it could not be measured */
};
struct wi_tuning {
    enum wi_backend_id backend;
    const char *compute_device_id;
    uint32_t kernel_generation;
    const char *op;                  /* a thread set: the phase that was run */
    enum wi_format_id precision;
    const char *shape_class;         /* which shapes it stands for: the model's */
    const char *choice;
    const struct wi_tuning_rival *rivals; /* what won is one of them */
    size_t rival_count;
};

/* ---- a run ---- */

struct wi_label {
    const char *key, *value;
};
struct wi_run {
    char id[33];
    int64_t started_utc_ns, finished_utc_ns; /* finished 0: not (interrupted or killed) */
    uint64_t started_mono_ns;
    const char *boot_id;
    const char *clock_sync;          /* "yes", "no", NULL unknown */
    const char *profile;
    const char *tool_version, *commit;
    int64_t tool_built_utc_ns;
    char suite_hash[65], plan_hash[65];
    uint64_t seed;
    const struct wi_label *labels;
    size_t label_count;
    const char *state;               /* "open", "finished", "interrupted" */
};

/* ---- a verdict ---- */

struct wi_targets {                  /* SEMANTICS "Verdicts: Targets" */
    uint32_t prompt_tokens, output_tokens, context, batch;
    enum wi_format_id kv_precision;
    double usable_decode_tok_s, usable_first_token_s;
    double comfortable_decode_tok_s, comfortable_first_token_s;
    double usable_encode_s, comfortable_encode_s;
};
struct wi_not_counted {
    const char *measurement_id, *reason;
};
struct wi_verdict {
    const struct wi_model *model;
    enum wi_format_id precision;
    const char *engine, *claim;      /* "reference", "ceiling" */
    const char *device_id, *compute_device_id;
    struct wi_targets targets;
    enum wi_verdict_id verdict;
    bool borderline;
    enum wi_tri fits, fast_enough;
    enum wi_limit binding_limit;
    const char *because;             /* sentences */
    enum wi_basis basis_fit, basis_decode, basis_prefill;
    const char *const *evidence;     /* measurement ids that counted */
    size_t evidence_count;
    const struct wi_not_counted *not_counted;
    size_t not_counted_count;
    struct wi_footprint *footprint;  /* NULL only if unsupported or undisclosed */
    const char *pool;                /* "system memory" */
    struct wi_maybe_u64 budget_bytes, available_now_bytes, largest_allowed_bytes;
    struct wi_interval decode_tok_s, prefill_tok_s, first_token_s; /* mid NAN: unknown */
};

struct wi_tier_result {
    const char *id;                  /* "mid", or "unrated" */
    const char *compute_device_id;
    bool borderline;
    const char *because;
    const char *const *evidence;
    size_t evidence_count;
};

#endif
