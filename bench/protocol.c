/* protocol.c: jobs, steps and rows as key=value lines; protocol.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/protocol.h"

#include "base/units.h"
#include "bench/fields.h"

#include <stdio.h>
#include <string.h>

enum { CPUS_MOST = 4096, CPU_BELOW = 1 << 16, CACHES_MOST = 64, OPS_MOST = 1024 };

/* ---- the model ---- */

#define M(kind, member) WI_FIELD(kind, struct wi_model, member)
static const struct wi_field model_fields[] = {
    M(text, id),
    M(text, name),
    M(flag, disclosed),
    WI_FIELD_ENUM(struct wi_model, arch, WI_ARCH_encoder + 1),
    M(u32, n_layer),
    M(u32, d_model),
    M(u32, n_head),
    M(u32, n_kv_head),
    M(u32, head_dim),
    M(u32, d_ff),
    M(u32, vocab),
    M(u32, max_context),
    WI_FIELD_ENUM(struct wi_model, mlp, WI_MLP_gelu + 1),
    WI_FIELD_ENUM(struct wi_model, norm, WI_NORM_layernorm + 1),
    M(u32, norms_per_layer),
    M(flag, norm_weight),
    M(flag, norm_bias),
    M(flag, tie_embeddings),
    M(flag, parallel_block),
    M(flag, rope),
    M(u32, rotary_dim),
    M(f64, rope_theta),
    M(u32, learned_positions),
    M(flag, qkv_bias),
    M(flag, attn_out_bias),
    M(flag, ffn_bias),
    M(flag, lm_head_bias),
    M(flag, qk_norm),
    M(f64, attn_softcap),
    M(f64, final_softcap),
    M(u32, window),
    M(u32, local_per_global),
    M(flag, every_layer_local),
    M(u32, token_types),
    M(flag, embedding_norm),
    M(flag, pooler),
    M(text, unrunnable),
    M(u64, params),
};

/* ---- the processor ---- */

#define CPU(kind, member) WI_FIELD(kind, struct wi_cpu, member)
static const struct wi_field cpu_fields[] = {
    CPU(text, compute_device_id),
    CPU(text, name),
    CPU(text, vendor),
    CPU(text, arch),
    CPU(u64, isa),
    CPU(u32, packages),
    CPU(u32, cores),
    CPU(u32, threads),
    CPU(u32, numa_nodes),
    CPU(u32, allowed_threads),
};
#define CACHE(kind, member) WI_FIELD(kind, struct wi_cpu_cache, member)
static const struct wi_field cache_fields[] = {
    CACHE(u32, level),          CACHE(u64, bytes),      CACHE(u32, instances),
    CACHE(u32, shared_threads), CACHE(u32, line_bytes),
};

static void put_caches(const struct wi_cpu *cpu, struct wi_kv *kv) {
    char prefix[32];
    size_t n = cpu->cache_count < CACHES_MOST ? cpu->cache_count : CACHES_MOST;
    wi_kv_setf(kv, "cpu.caches", "%zu", n);
    for (size_t i = 0; i < n; i++) {
        snprintf(prefix, sizeof prefix, "cache.%zu.", i);
        wi_fields_put(kv, prefix, cache_fields, WI_COUNT(cache_fields), &cpu->caches[i]);
        const char type[2] = {cpu->caches[i].type, '\0'};
        wi_kv_set(kv, wi_arena_printf(kv->arena, "%stype", prefix), type);
    }
}

static int get_count(const struct wi_kv *kv, const char *key, uint64_t most, size_t *count,
                     struct wi_err *err) {
    struct wi_maybe_u64 n = wi_kv_u64(kv, key);
    if (!wi_has_u64(n) || n.value > most)
        return wi_fail(err, WI_CORRUPT, "%s: missing or more than %llu", key,
                       (unsigned long long)most);
    *count = (size_t)n.value;
    return WI_OK;
}

static int get_caches(const struct wi_kv *kv, struct wi_cpu *cpu, struct wi_err *err) {
    char prefix[32];
    WI_TRY(get_count(kv, "cpu.caches", CACHES_MOST, &cpu->cache_count, err));
    cpu->caches = WI_NEW_ARRAY(kv->arena, struct wi_cpu_cache, cpu->cache_count);
    for (size_t i = 0; i < cpu->cache_count; i++) {
        snprintf(prefix, sizeof prefix, "cache.%zu.", i);
        WI_TRY(
            wi_fields_get(kv, prefix, cache_fields, WI_COUNT(cache_fields), &cpu->caches[i], err));
        const char *type = wi_kv_getf(kv, "%stype", prefix);
        cpu->caches[i].type = type == NULL ? 'u' : type[0];
    }
    return WI_OK;
}

/* ---- the session ---- */

#define S(kind, member) WI_FIELD(kind, struct wi_session_params, member)
static const struct wi_field session_fields[] = {
    WI_FIELD_ENUM(struct wi_session_params, precision, WI_FORMAT_COUNT),
    WI_FIELD_ENUM(struct wi_session_params, kv_precision, WI_FORMAT_COUNT),
    WI_FIELD_ENUM(struct wi_session_params, backend, WI_BACKEND_COUNT),
    S(text, compute_device_id),
    S(text, isa_cap),
    {"layers_global", WI_FIELD_u32, offsetof(struct wi_session_params, layers[WI_LAYER_global]), 0},
    {"layers_local", WI_FIELD_u32, offsetof(struct wi_session_params, layers[WI_LAYER_local]), 0},
    S(u32, max_tokens),
    S(u32, max_depth),
    S(u32, batch),
    S(u64, seed),
    S(flag, small_pages),
    S(u64, memory_limit_bytes),
    S(text, null_script),
};
#define J(kind, member) WI_FIELD(kind, struct wi_job, member)
static const struct wi_field job_fields[] = {
    J(u64, origin_ns),
    J(u64, cache_bytes),
    J(flag, measure_roofline),
    J(u64, roofline_budget_ns),
    J(flag, roof.known),
    J(f64, roof.best.read_gb_per_s),
    J(f64, roof.best.f32_gflop_per_s),
};
#define C(kind, member) WI_FIELD(kind, struct wi_measure_case, member)
static const struct wi_field case_fields[] = {
    WI_FIELD_ENUM(struct wi_measure_case, key.phase, WI_PHASE_COUNT),
    C(u32, key.tokens),
    C(u32, key.depth),
    {"layers_global", WI_FIELD_u32, offsetof(struct wi_measure_case, layers[WI_LAYER_global]), 0},
    {"layers_local", WI_FIELD_u32, offsetof(struct wi_measure_case, layers[WI_LAYER_local]), 0},
    C(flag, whole),
    C(flag, shadow),
    C(f64, budget_s),
    C(u64, seed),
    C(text, key.op.op),
    C(u32, key.op.m),
    C(u32, key.op.n),
    C(u32, key.op.k),
    C(u32, key.op.matrices),
};

static void put_cpus(const struct wi_session_params *s, struct wi_kv *kv) {
    struct wi_buf text = {0};
    for (size_t i = 0; i < s->cpu_count; i++)
        wi_buf_printf(&text, "%s%u", i == 0 ? "" : ",", s->cpus[i]);
    wi_kv_set(kv, "cpus", wi_buf_str(&text));
    wi_buf_fini(&text);
}

void wi_job_put(const struct wi_job *job, struct wi_kv *kv) {
    char prefix[32];
    wi_fields_put(kv, "model.", model_fields, WI_COUNT(model_fields), &job->model);
    wi_fields_put(kv, "cpu.", cpu_fields, WI_COUNT(cpu_fields), &job->inventory.cpu);
    put_caches(&job->inventory.cpu, kv);
    wi_fields_put(kv, "session.", session_fields, WI_COUNT(session_fields), &job->session);
    put_cpus(&job->session, kv);
    wi_fields_put(kv, "job.", job_fields, WI_COUNT(job_fields), job);
    wi_roofline_put(&job->roof.measured, kv);
    wi_kv_setf(kv, "cases", "%zu", job->case_count);
    for (size_t i = 0; i < job->case_count; i++) {
        snprintf(prefix, sizeof prefix, "case.%zu.", i);
        wi_fields_put(kv, prefix, case_fields, WI_COUNT(case_fields), &job->cases[i]);
        wi_kv_setf(kv, wi_arena_printf(kv->arena, "%snumber", prefix), "%u", job->numbers[i]);
    }
}

static int get_case(const struct wi_kv *kv, struct wi_job *job, size_t i, struct wi_err *err) {
    static const struct wi_field number = {"number", WI_FIELD_u32, 0, 0};
    struct wi_measure_case *c = &job->cases[i];
    char prefix[32];
    snprintf(prefix, sizeof prefix, "case.%zu.", i);
    WI_TRY(wi_fields_get(kv, prefix, case_fields, WI_COUNT(case_fields), c, err));
    WI_TRY(wi_fields_get(kv, prefix, &number, 1, &job->numbers[i], err));
    c->key.model = job->session.model;
    c->key.precision = job->session.precision;
    c->key.kv_precision = job->session.kv_precision;
    c->key.backend = job->session.backend;
    c->key.batch = job->session.batch;
    c->key.compute_device_id = job->session.compute_device_id;
    if ((c->key.op.op != NULL) != (c->key.model == NULL))
        return wi_fail(err, WI_CORRUPT, "a job is of a model or of single ops");
    return c->key.tokens > 0 ? WI_OK : wi_fail(err, WI_CORRUPT, "a case of no tokens");
}

/* A session of single ops is opened for those of its cases. */
static void list_ops(struct wi_job *job, struct wi_arena *arena) {
    struct wi_op_shape *ops = WI_NEW_ARRAY(arena, struct wi_op_shape, job->case_count);
    for (size_t i = 0; i < job->case_count; i++)
        ops[i] = job->cases[i].key.op;
    job->session.ops = ops;
    job->session.op_count = job->case_count;
}

int wi_job_get(const struct wi_kv *kv, struct wi_job **out, struct wi_err *err) {
    struct wi_job *job = WI_NEW(kv->arena, struct wi_job);
    struct wi_session_params *s = &job->session;
    unsigned *cpus = NULL;
    WI_TRY(wi_fields_get(kv, "model.", model_fields, WI_COUNT(model_fields), &job->model, err));
    WI_TRY(wi_fields_get(kv, "cpu.", cpu_fields, WI_COUNT(cpu_fields), &job->inventory.cpu, err));
    WI_TRY(get_caches(kv, &job->inventory.cpu, err));
    WI_TRY(wi_fields_get(kv, "session.", session_fields, WI_COUNT(session_fields), s, err));
    WI_TRY(wi_fields_get_list(kv, "cpus", CPU_BELOW, CPUS_MOST, &cpus, &s->cpu_count, err));
    WI_TRY(wi_fields_get(kv, "job.", job_fields, WI_COUNT(job_fields), job, err));
    WI_TRY(wi_roofline_get(kv, &job->roof.measured, err));
    WI_TRY(get_count(kv, "cases", WI_JOB_CASES_MOST, &job->case_count, err));
    bool of_model = job->model.id != NULL;
    if (of_model && job->model.name == NULL)
        return wi_fail(err, WI_CORRUPT, "a model without a name");
    s->model = of_model ? &job->model : NULL;
    s->inventory = &job->inventory;
    s->cpus = cpus;
    job->cases = WI_NEW_ARRAY(kv->arena, struct wi_measure_case, job->case_count);
    job->numbers = WI_NEW_ARRAY(kv->arena, uint32_t, job->case_count);
    for (size_t i = 0; i < job->case_count; i++)
        WI_TRY(get_case(kv, job, i, err));
    if (!of_model)
        list_ops(job, kv->arena);
    *out = job;
    return WI_OK;
}

/* ---- signs of life ---- */

#define I(kind, member) WI_FIELD(kind, struct wi_session_info, member)
static const struct wi_field info_fields[] = {
    I(text, arithmetic),       I(text, kernel_prefill),
    I(text, kernel_decode),    I(u64, weight_bytes_resident),
    I(u64, huge_page_bytes),   I(u64, rotating_bytes),
    I(u32, kernel_generation), I(u32, threads),
    I(flag, flush_to_zero),    I(u32, calls_embed),
    I(u32, calls_global),      I(u32, calls_local),
    I(u32, calls_head),
};

#define LOAD(member) WI_FIELD(u64, struct wi_load, member)
static const struct wi_field load_fields[] = {LOAD(bytes), LOAD(ns), LOAD(peak_rss_bytes)};

void wi_opened_put(const struct wi_session_info *info, const struct wi_load *load,
                   struct wi_kv *kv) {
    wi_fields_put(kv, "", info_fields, WI_COUNT(info_fields), info);
    wi_fields_put(kv, "load.", load_fields, WI_COUNT(load_fields), load);
}
int wi_opened_get(const struct wi_kv *kv, struct wi_session_info *info, struct wi_load *load,
                  struct wi_err *err) {
    WI_TRY(wi_fields_get(kv, "", info_fields, WI_COUNT(info_fields), info, err));
    return wi_fields_get(kv, "load.", load_fields, WI_COUNT(load_fields), load, err);
}

struct refused {
    enum wi_case_status status;
    const char *reason;
};
static const struct wi_field refused_fields[] = {
    WI_FIELD_ENUM(struct refused, status, WI_CASE_STATUS_COUNT),
    WI_FIELD(text, struct refused, reason),
};

void wi_refused_put(enum wi_case_status status, const char *reason, struct wi_kv *kv) {
    const struct refused r = {status, reason};
    wi_fields_put(kv, "", refused_fields, WI_COUNT(refused_fields), &r);
}
int wi_refused_get(const struct wi_kv *kv, enum wi_case_status *status, const char **reason,
                   struct wi_err *err) {
    struct refused r = {0};
    WI_TRY(wi_fields_get(kv, "", refused_fields, WI_COUNT(refused_fields), &r, err));
    if (r.status == WI_CASE_ok || r.reason == NULL)
        return wi_fail(err, WI_CORRUPT, "a refusal without a reason");
    *status = r.status;
    *reason = r.reason;
    return WI_OK;
}

struct step {
    uint32_t number;
    const char *step;
};
static const struct wi_field step_fields[] = {
    WI_FIELD(u32, struct step, number),
    WI_FIELD(text, struct step, step),
};

void wi_step_put(uint32_t number, const char *step, struct wi_kv *kv) {
    const struct step s = {number, step};
    wi_fields_put(kv, "", step_fields, WI_COUNT(step_fields), &s);
}
int wi_step_get(const struct wi_kv *kv, uint32_t *number, const char **step, struct wi_err *err) {
    struct step s = {0};
    WI_TRY(wi_fields_get(kv, "", step_fields, WI_COUNT(step_fields), &s, err));
    if (s.step == NULL)
        return wi_fail(err, WI_CORRUPT, "a step without a name");
    *number = s.number;
    *step = s.step;
    return WI_OK;
}

/* ---- rows ---- */

#define R(kind, member) WI_FIELD(kind, struct wi_measured, member)
static const struct wi_field row_fields[] = {
    WI_FIELD_ENUM(struct wi_measured, status, WI_CASE_STATUS_COUNT),
    R(text, reason),
    R(text, kernel),
    R(u32, passes),
    R(u32, warmups),
    R(flag, steady),
    R(f64, error),
    R(f64, tolerance),
    R(text, worst_op),
    R(u64, resolution_ns),
    R(u64, peak_rss_bytes),
    R(f64, wall_s),
    R(u64, before.at_ns),
    R(maybe_f64, before.read_gb_per_s),
    R(maybe_f64, before.f32_gflop_per_s),
    R(u64, after.at_ns),
    R(maybe_f64, after.read_gb_per_s),
    R(maybe_f64, after.f32_gflop_per_s),
    R(u64, stood_still_ns),
    R(maybe_f64, cpu_share),
};
#define O(kind, member) WI_FIELD(kind, struct wi_op_note, member)
static const struct wi_field op_fields[] = {O(text, op), O(text, kernel), O(f64, error),
                                            O(f64, tolerance), O(f64, quantisation)};

/* "start ns pass segment;" each */
static void put_samples(const struct wi_measured *m, struct wi_kv *kv) {
    struct wi_buf text = {0};
    char line[96];
    for (size_t i = 0; i < m->sample_count; i++) {
        const struct wi_sample *s = &m->samples[i];
        int n = snprintf(line, sizeof line, "%llu %llu %u %u;", (unsigned long long)s->start_ns,
                         (unsigned long long)s->ns, s->pass, s->segment);
        wi_buf_append(&text, line, (size_t)n);
    }
    wi_kv_setf(kv, "samples", "%zu", m->sample_count);
    wi_kv_set(kv, "sample", wi_buf_str(&text));
    wi_buf_fini(&text);
}

/* A number and the character after it; NULL: it is not so. */
static const char *get_number(const char *p, char after, uint64_t most, uint64_t *value) {
    char digits[24];
    size_t n = strspn(p, "0123456789");
    if (n == 0 || n >= sizeof digits || p[n] != after)
        return NULL;
    memcpy(digits, p, n);
    digits[n] = '\0';
    return wi_parse_u64(digits, 0, most, value) == WI_OK ? p + n + 1 : NULL;
}

static const char *get_sample(const char *p, struct wi_sample *s) {
    uint64_t pass = 0, segment = 0;
    if ((p = get_number(p, ' ', UINT64_MAX, &s->start_ns)) == NULL ||
        (p = get_number(p, ' ', UINT64_MAX, &s->ns)) == NULL ||
        (p = get_number(p, ' ', UINT32_MAX, &pass)) == NULL ||
        (p = get_number(p, ';', WI_SEGMENT_COUNT - 1, &segment)) == NULL)
        return NULL;
    s->pass = (uint32_t)pass;
    s->segment = (uint8_t)segment;
    return p;
}

static int get_samples(const struct wi_kv *kv, struct wi_measured *m, struct wi_err *err) {
    const char *p = wi_kv_get(kv, "sample");
    /* A sample is at least eight characters, which bounds what is allocated. */
    WI_TRY(get_count(kv, "samples", p == NULL ? 0 : strlen(p) / 8, &m->sample_count, err));
    struct wi_sample *samples = WI_NEW_ARRAY(kv->arena, struct wi_sample, m->sample_count);
    for (size_t i = 0; i < m->sample_count; i++) {
        p = get_sample(p, &samples[i]);
        if (p == NULL)
            return wi_fail(err, WI_CORRUPT, "sample %zu is not four numbers", i);
    }
    m->samples = samples;
    return p == NULL || *p == '\0' ? WI_OK
                                   : wi_fail(err, WI_CORRUPT, "more samples than were announced");
}

static int get_ops(const struct wi_kv *kv, struct wi_measured *m, struct wi_err *err) {
    char prefix[32];
    WI_TRY(get_count(kv, "ops", OPS_MOST, &m->op_count, err));
    struct wi_op_note *ops = WI_NEW_ARRAY(kv->arena, struct wi_op_note, m->op_count);
    for (size_t i = 0; i < m->op_count; i++) {
        snprintf(prefix, sizeof prefix, "op.%zu.", i);
        WI_TRY(wi_fields_get(kv, prefix, op_fields, WI_COUNT(op_fields), &ops[i], err));
        if (ops[i].op == NULL || ops[i].kernel == NULL)
            return wi_fail(err, WI_CORRUPT, "%s: an op without a name", prefix);
    }
    m->ops = ops;
    return WI_OK;
}

void wi_row_put(uint32_t number, const struct wi_measured *m, struct wi_kv *kv) {
    char prefix[32];
    wi_kv_setf(kv, "number", "%u", number);
    wi_fields_put(kv, "", row_fields, WI_COUNT(row_fields), m);
    put_samples(m, kv);
    size_t n = m->op_count < OPS_MOST ? m->op_count : OPS_MOST;
    wi_kv_setf(kv, "ops", "%zu", n);
    for (size_t i = 0; i < n; i++) {
        snprintf(prefix, sizeof prefix, "op.%zu.", i);
        wi_fields_put(kv, prefix, op_fields, WI_COUNT(op_fields), &m->ops[i]);
    }
}

void wi_row_put_shadow(struct wi_kv *kv) {
    wi_kv_set(kv, "shadow", "1");
}
bool wi_row_is_shadow(const struct wi_kv *kv) {
    return wi_kv_get(kv, "shadow") != NULL;
}

int wi_row_get(const struct wi_kv *kv, uint32_t *number, struct wi_measured *m,
               struct wi_err *err) {
    size_t n = 0;
    *m = (struct wi_measured){0};
    WI_TRY(get_count(kv, "number", UINT32_MAX, &n, err));
    WI_TRY(wi_fields_get(kv, "", row_fields, WI_COUNT(row_fields), m, err));
    WI_TRY(get_samples(kv, m, err));
    WI_TRY(get_ops(kv, m, err));
    if (m->status != WI_CASE_ok && m->reason == NULL)
        return wi_fail(err, WI_CORRUPT, "a row without a number and without a reason");
    *number = (uint32_t)n;
    return WI_OK;
}

/* ---- the canary ---- */

#define K(kind, member) WI_FIELD(kind, struct wi_canary, member)
static const struct wi_field canary_fields[] = {
    K(u64, at_ns),
    K(maybe_f64, read_gb_per_s),
    K(maybe_f64, f32_gflop_per_s),
};

void wi_canary_put(const struct wi_canary *look, struct wi_kv *kv) {
    wi_fields_put(kv, "", canary_fields, WI_COUNT(canary_fields), look);
}
int wi_canary_get(const struct wi_kv *kv, struct wi_canary *look, struct wi_err *err) {
    return wi_fields_get(kv, "", canary_fields, WI_COUNT(canary_fields), look, err);
}
