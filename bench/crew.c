/* crew.c: starts workers, reads what they say, makes rows of how they end; crew.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Relies on: nothing that a worker says. Every turn of the loop in wi_crew_run gives at least one
 * row, so it ends. */
#include "bench/crew.h"

#include "base/clock.h"
#include "base/os.h"
#include "base/units.h"
#include "bench/protocol.h"
#include "kernels/roofline.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = -1, TAIL_BYTES = 300, REASON_BYTES = 600, ROOFLINES_MOST = 8 };

/* A worker is given up when it was silent for so long: a base, and a multiple of what the forecast
 * says, which may be wrong by an order of magnitude. The base is for a loaded machine, where each
 * of a thousand barriers between threads may cost a time slice; scripted times know no load. */
static const double base_s = 40, scripted_base_s = 5, forecast_times = 20;

struct shift { /* one worker's */
    const struct wi_crew *crew;
    bool *done; /* by case of the group */
    struct wi_arena *arena;
    struct wi_frame_reader reader;
    struct wi_session_info info;
    bool opened;
    int current; /* case that it is at; NONE */
    size_t rows, rooflines;
    const char *step;
    uint64_t deadline_ns;
    double patience_s;
    enum wi_case_status refused; /* ok: not */
    const char *refusal;
    int hook_said; /* non-zero: stop everything */
    struct wi_err *hook_err;
    struct wi_err babble; /* what was wrong with what it said */
};

/* ---- patience ---- */

static void wait_at_most(struct shift *s, double seconds) {
    s->patience_s = seconds;
    s->deadline_ns = wi_now_ns(&wi_clock_system) + (uint64_t)(seconds * 1e9);
}

static double base_of(const struct shift *s) {
    return s->crew->group->cases[0].key.backend == WI_BACKEND_null ? scripted_base_s : base_s;
}

static void wait_for_step(struct shift *s, const struct wi_plan_case *c) {
    wait_at_most(s, base_of(s) + forecast_times * c->pass_s + c->budget_s);
}

/* Until the first step is announced. */
static void wait_for_open(struct shift *s) {
    wait_at_most(s, base_of(s) + forecast_times * s->crew->group->open_s +
                        2e-9 * (double)s->crew->roofline_budget_ns);
}

/* ---- what it says ---- */

static const struct wi_plan_case *case_at(const struct shift *s, uint32_t number) {
    const struct wi_plan_group *g = s->crew->group;
    if (number >= g->count || s->done[number] || g->cases[number].foregone != WI_CASE_ok)
        return NULL;
    return &g->cases[number];
}

static int on_step(struct shift *s, const struct wi_kv *kv, struct wi_err *err) {
    uint32_t number = 0;
    const char *step = NULL;
    WI_TRY(wi_step_get(kv, &number, &step, err));
    const struct wi_plan_case *c = case_at(s, number);
    if (c == NULL || !s->opened)
        return wi_fail(err, WI_CORRUPT, "a step of case %u, which it was not given", number);
    s->current = (int)number;
    s->step = wi_arena_strndup(s->arena, step, 40);
    wait_for_step(s, c);
    if (s->crew->hooks->step != NULL)
        s->crew->hooks->step(s->crew->hooks->state, c, s->step);
    return WI_OK;
}

static int hand_over(struct shift *s, uint32_t number, const struct wi_measured *m) {
    const struct wi_crew_hooks *hooks = s->crew->hooks;
    s->done[number] = true;
    s->rows++;
    s->current = NONE;
    s->hook_said = hooks->row(hooks->state, s->crew->group, &s->crew->group->cases[number],
                              s->opened ? &s->info : NULL, m, s->hook_err);
    return s->hook_said;
}

static int hand_over_shadow(struct shift *s, const struct wi_plan_case *c,
                            const struct wi_measured *m) {
    const struct wi_crew_hooks *hooks = s->crew->hooks;
    s->current = NONE;
    if (hooks->shadow != NULL)
        s->hook_said = hooks->shadow(hooks->state, s->crew->group, c, &s->info, m, s->hook_err);
    wait_for_step(s, c);
    return s->hook_said;
}

static int on_row(struct shift *s, const struct wi_kv *kv, struct wi_err *err) {
    uint32_t number = 0;
    struct wi_measured m;
    WI_TRY(wi_row_get(kv, &number, &m, err));
    const struct wi_plan_case *c = case_at(s, number);
    if (c == NULL || !s->opened)
        return wi_fail(err, WI_CORRUPT, "a row of case %u, which it was not given", number);
    if (wi_row_is_shadow(kv))
        return hand_over_shadow(s, c, &m);
    int status = hand_over(s, number, &m);
    wait_for_step(s, c); /* after the sink: storing is not the worker's silence */
    return status;
}

static const char *keep(struct shift *s, const char *text) {
    return text == NULL ? NULL : wi_arena_strndup(s->arena, text, REASON_BYTES);
}

static int on_opened(struct shift *s, const struct wi_kv *kv, struct wi_err *err) {
    struct wi_load load = {0};
    const struct wi_crew_hooks *hooks = s->crew->hooks;
    WI_TRY(wi_opened_get(kv, &s->info, &load, err));
    s->info.arithmetic = keep(s, s->info.arithmetic);
    s->info.kernel_prefill = s->info.kernel_decode = NULL; /* rows name theirs */
    if (hooks->loaded != NULL && !s->opened && load.bytes > 0)
        s->hook_said = hooks->loaded(hooks->state, s->crew->group, &s->info, &load, s->hook_err);
    s->opened = true;
    wait_at_most(s, base_of(s));
    return s->hook_said;
}

static int on_roofline(struct shift *s, const struct wi_kv *kv, struct wi_err *err) {
    struct wi_roofline r = {0};
    const struct wi_crew_hooks *hooks = s->crew->hooks;
    WI_TRY(wi_roofline_get(kv, &r, err));
    bool known = s->crew->roof != NULL && s->crew->roof->known;
    if ((s->crew->roofline_budget_ns == 0 && !known) || ++s->rooflines > ROOFLINES_MOST)
        return wi_fail(err, WI_CORRUPT, "a roofline that was not asked for");
    s->hook_said = hooks->roofline(hooks->state, s->crew->group, &r, s->hook_err);
    return s->hook_said;
}

static int on_canary(struct shift *s, const struct wi_kv *kv, struct wi_err *err) {
    struct wi_canary look = {0};
    const struct wi_crew_hooks *hooks = s->crew->hooks;
    WI_TRY(wi_canary_get(kv, &look, err));
    if (!s->opened)
        return wi_fail(err, WI_CORRUPT, "a canary before the session");
    if (hooks->canary != NULL)
        s->hook_said = hooks->canary(hooks->state, s->crew->group, &look, s->hook_err);
    return s->hook_said;
}

static int on_frame(void *state, enum wi_frame_type type, const struct wi_kv *kv,
                    struct wi_err *err) {
    struct shift *s = state;
    switch (type) {
    case WI_FRAME_opened:
        return on_opened(s, kv, err);
    case WI_FRAME_step:
        return on_step(s, kv, err);
    case WI_FRAME_row:
        return on_row(s, kv, err);
    case WI_FRAME_roofline:
        return on_roofline(s, kv, err);
    case WI_FRAME_canary:
        return on_canary(s, kv, err);
    case WI_FRAME_refused:
        WI_TRY(wi_refused_get(kv, &s->refused, &s->refusal, err));
        s->refusal = keep(s, s->refusal);
        return WI_OK;
    case WI_FRAME_end:
        return WI_OK;
    default:
        return wi_fail(err, WI_CORRUPT, "a frame that is the parent's: %s", wi_frame_name(type));
    }
}

static int on_bytes(void *state, const char *bytes, size_t n) {
    struct shift *s = state;
    return wi_frames_push(&s->reader, bytes, n, on_frame, s, &s->babble);
}

/* ---- starting one ---- */

static struct wi_measure_case job_case(const struct wi_crew *crew, const struct wi_plan_case *c) {
    struct wi_measure_case m = {
        .key = c->key, .whole = c->whole, .budget_s = c->budget_s, .seed = crew->request->seed};
    memcpy(m.layers, c->layers, sizeof m.layers);
    return m;
}

/* Some layers for all of them, in turns with all of them. */
static struct wi_measure_case shadow_of(const struct wi_crew *crew, const struct wi_plan_case *c) {
    struct wi_measure_case m = job_case(crew, c);
    memcpy(m.layers, c->some_layers, sizeof m.layers);
    m.whole = false;
    m.shadow = true;
    return m;
}

static void add_case(struct wi_job *job, size_t number, struct wi_measure_case c) {
    job->numbers[job->case_count] = (uint32_t)number;
    job->cases[job->case_count++] = c;
}

/* The cases that are left: first those alone, then decoding, which is measured in turns. */
static void add_cases(const struct wi_crew *crew, const bool *done, bool decode,
                      struct wi_job *job) {
    for (size_t i = 0; i < crew->group->count; i++) {
        const struct wi_plan_case *c = &crew->group->cases[i];
        if (done[i] || c->foregone != WI_CASE_ok || (c->key.phase == WI_PHASE_decode) != decode)
            continue;
        if (wi_plan_has_shadow(c))
            add_case(job, i, shadow_of(crew, c));
        add_case(job, i, job_case(crew, c));
    }
}

static void describe_job(const struct shift *s, struct wi_job *job) {
    const struct wi_crew *crew = s->crew;
    const struct wi_case *key = &crew->group->cases[0].key;
    *job = (struct wi_job){.inventory = {.cpu = crew->inventory->cpu},
                           .origin_ns = crew->origin_ns,
                           .cache_bytes = crew->plan->cache_bytes,
                           .measure_roofline = crew->roofline_budget_ns > 0,
                           .roofline_budget_ns = crew->roofline_budget_ns};
    job->session = (struct wi_session_params){.precision = key->precision,
                                              .kv_precision = key->kv_precision,
                                              .backend = key->backend,
                                              .compute_device_id = key->compute_device_id,
                                              .cpus = crew->plan->cpus,
                                              .cpu_count = crew->plan->cpu_count,
                                              .isa_cap = crew->request->isa_cap,
                                              .max_tokens = crew->group->max_tokens,
                                              .max_depth = crew->group->max_depth,
                                              .batch = key->batch,
                                              .seed = crew->request->seed,
                                              .small_pages = crew->small_pages,
                                              .memory_limit_bytes = crew->plan->memory_limit_bytes,
                                              .null_script = crew->request->null_script};
    if (key->model != NULL)
        job->model = *key->model;
    if (crew->roof != NULL)
        job->roof = *crew->roof;
    memcpy(job->session.layers, crew->group->layers, sizeof job->session.layers);
    job->cases = WI_NEW_ARRAY(s->arena, struct wi_measure_case, 2 * crew->group->count);
    job->numbers = WI_NEW_ARRAY(s->arena, uint32_t, 2 * crew->group->count);
    add_cases(crew, s->done, false, job);
    add_cases(crew, s->done, true, job);
}

static void print_job(const struct shift *s, struct wi_buf *out) {
    struct wi_job *job = WI_NEW(s->arena, struct wi_job);
    struct wi_kv kv;
    describe_job(s, job);
    wi_kv_init(&kv, s->arena);
    wi_job_put(job, &kv);
    wi_frame_print(WI_FRAME_request, &kv, out);
}

/* Of addresses: what is held, room for what the allocator and threads reserve, and libraries. GPU
 * drivers map whole devices, so theirs are not bounded. */
static uint64_t address_limit(const struct wi_crew *crew) {
    enum wi_backend_id backend = crew->group->cases[0].key.backend;
    if (backend != WI_BACKEND_cpu && backend != WI_BACKEND_null)
        return 0;
    return crew->group->bytes + crew->group->bytes / 4 + 2 * WI_GIB +
           crew->plan->cpu_count * 128 * WI_MIB + wi_roofline_bytes(backend, crew->inventory);
}

/* Runs one worker to its end. */
static int work(struct shift *s, struct wi_child_end *end, struct wi_buf *errors,
                struct wi_err *err) {
    char self[4096];
    struct wi_buf job = {0};
    struct wi_child *child = NULL;
    WI_TRY(wi_os_self_path(self, sizeof self, err));
    print_job(s, &job);
    const char *const argv[] = {self, "worker", NULL};
    const struct wi_spawn spawn = {.argv = argv,
                                   .input = wi_buf_str(&job),
                                   .input_bytes = job.size,
                                   .memory_limit_bytes = address_limit(s->crew)};
    int status = wi_os_spawn(&spawn, &child, err);
    if (status == WI_OK) {
        wait_for_open(s);
        status = wi_os_wait(child, &s->deadline_ns, on_bytes, s, errors, end, err);
        wi_os_child_destroy(child);
    }
    wi_buf_fini(&job);
    return status;
}

/* ---- how it ended ---- */

/* The last that it wrote to stderr, as one line. */
static const char *tail(struct wi_arena *arena, const struct wi_buf *errors) {
    size_t n = errors->size < TAIL_BYTES ? errors->size : TAIL_BYTES;
    if (n == 0)
        return "";
    char *text = wi_arena_strndup(arena, errors->data + errors->size - n, n);
    for (char *p = text; *p != '\0'; p++)
        if (iscntrl((unsigned char)*p))
            *p = ' ';
    for (size_t length = strlen(text); length > 0 && text[length - 1] == ' ';)
        text[--length] = '\0';
    return text[0] == '\0' ? "" : wi_arena_printf(arena, "; it said: %s", text);
}

static const char *what_happened(const struct shift *s, const struct wi_child_end *end) {
    struct wi_arena *arena = s->arena;
    if (end->timed_out)
        return wi_arena_printf(arena, "the worker gave no sign of life for %.0f s", s->patience_s);
    if (s->babble.status != WI_OK)
        return wi_arena_printf(arena, "the worker's answer cannot be read: %s", s->babble.message);
    if (s->reader.pending.size > 0)
        return "the worker's last answer is cut short";
    if (!end->exited)
        return wi_arena_printf(arena, "the worker was ended by signal %d (%s)%s", end->code,
                               strsignal(end->code),
                               end->code == SIGKILL ? ", perhaps for lack of memory" : "");
    return wi_arena_printf(arena, "the worker ended with exit code %d", end->code);
}

/* A row for the case that it was at, or, when it never got to one, for all that are left. */
static int bury(struct shift *s, const struct wi_child_end *end, const struct wi_buf *errors) {
    const struct wi_plan_group *g = s->crew->group;
    const char *where = s->current == NONE ? s->opened ? "after opening" : "while opening"
                                           : wi_arena_printf(s->arena, "in step \"%s\"", s->step);
    struct wi_measured m = {.status = end->timed_out ? WI_CASE_timeout : WI_CASE_crashed,
                            .peak_rss_bytes = end->peak_rss_bytes};
    m.reason =
        wi_arena_printf(s->arena, "%s, %s%s", what_happened(s, end), where, tail(s->arena, errors));
    if (s->refused != WI_CASE_ok) {
        m.status = s->refused;
        m.reason = s->refusal;
    }
    if (s->current != NONE)
        return hand_over(s, (uint32_t)s->current, &m);
    for (size_t i = 0; i < g->count; i++)
        if (case_at(s, (uint32_t)i) != NULL)
            WI_TRY(hand_over(s, (uint32_t)i, &m));
    return WI_OK;
}

/* A worker that gave rows and then ended between two cases has lost none: the next goes on. */
static int settle(struct shift *s, const struct wi_child_end *end, const struct wi_buf *errors) {
    if (s->current == NONE && s->rows > 0 && s->refused == WI_CASE_ok)
        return WI_OK;
    return bury(s, end, errors);
}

/* ---- a group ---- */

static size_t left(const struct wi_crew *crew, const bool *done) {
    size_t n = 0;
    for (size_t i = 0; i < crew->group->count; i++)
        n += !done[i] && crew->group->cases[i].foregone == WI_CASE_ok;
    return n;
}

static int one_shift(struct wi_crew *crew, bool *done, struct wi_err *err) {
    struct shift s = {.crew = crew, .done = done, .current = NONE, .hook_err = err};
    struct wi_child_end end = {0};
    struct wi_buf errors = {0};
    s.arena = wi_arena_create();
    int status = work(&s, &end, &errors, err);
    if (s.hook_said != 0)
        status = s.hook_said;
    else if (status == WI_OK || status == s.babble.status)
        status = left(crew, done) == 0 ? WI_OK : settle(&s, &end, &errors);
    if (status == WI_OK && crew->roofline_budget_ns > 0 && !s.opened && s.refused == WI_CASE_ok &&
        crew->hooks->warning != NULL)
        crew->hooks->warning(crew->hooks->state,
                             "the worker that measured the device's limits ended before its first "
                             "case: they stay unknown");
    crew->roofline_budget_ns = 0; /* once */
    wi_frames_fini(&s.reader);
    wi_buf_fini(&errors);
    wi_arena_destroy(s.arena);
    return status;
}

int wi_crew_run(struct wi_crew *crew, struct wi_err *err) {
    bool *done = calloc(crew->group->count + 1, sizeof *done);
    int status = WI_OK;
    if (done == NULL)
        return wi_fail(err, WI_NOMEM, "out of memory");
    while (status == WI_OK && left(crew, done) > 0)
        status = one_shift(crew, done, err);
    free(done);
    return status;
}
