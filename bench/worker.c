/* worker.c: measures one group in a process of its own: a job on stdin, rows on stdout.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whatever goes wrong here costs this process only; the parent sees how it ended. Cases that are
 * no decoding are measured one after the other, then all depths of decoding in turns. */
#include "base/clock.h"
#include "base/os.h"
#include "bench/row.h"
#include "bench/worker_parts.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_BAD_JOB = 3, EXIT_LOST = 4 };
#define BETWEEN_NS UINT64_C(300000000)  /* a look between groups */
#define AGAIN_NS   UINT64_C(2000000000) /* the ceiling, when it was passed */

struct worker {
    struct wi_arena *arena;
    FILE *out;
    struct wi_job *job;
    struct wi_session *session;
    size_t first;        /* of the cases measured now */
    struct wi_roof roof; /* as known to the parent, and what was seen here */
    unsigned ceilings;   /* how often it was measured here */
    bool ceiling_again;  /* because it was passed: once is enough for a worker */
};

/* ---- saying ---- */

static void say(struct worker *w, enum wi_frame_type type, const struct wi_kv *kv) {
    struct wi_buf text = {0};
    wi_frame_print(type, kv, &text);
    fwrite(wi_buf_str(&text), 1, text.size, w->out);
    fflush(w->out); /* a broken pipe: the parent is gone, and we with it */
    wi_buf_fini(&text);
}

/* A script tells its own time, from its own beginning. */
static uint64_t origin_of(const struct wi_job *job) {
    return job->session.backend == WI_BACKEND_null ? 0 : job->origin_ns;
}

/* ---- the ceiling ---- */

static void measure_ceiling(struct worker *w, uint64_t budget_ns) {
#ifdef WI_HAVE_ROOFLINE
    struct wi_roofline roofline = {0};
    struct wi_kv kv;
    struct wi_err why = {0};
    if (wi_worker_roofline(w->job, budget_ns, w->ceilings++, w->arena, &roofline, &why) != WI_OK)
        return;
    wi_roof_raise(&w->roof, &roofline, w->arena);
    wi_kv_init(&kv, w->arena);
    wi_roofline_put(&roofline, &kv);
    say(w, WI_FRAME_roofline, &kv);
    wi_os_reset_peak_rss(); /* what cases need does not include what was read for the ceiling */
#else
    (void)w, (void)budget_ns;
#endif
}

/* A case or a look above the ceiling says that the ceiling was measured in a worse hour: it is
 * measured again before the row is handed over. */
static void check_ceiling(struct worker *w, const struct wi_measure_case *c) {
    struct wi_session_info info;
    struct wi_roofline ceiling = wi_roof_ceiling(&w->roof);
    wi_canary_raise(&w->roof.best, &c->result.before);
    wi_canary_raise(&w->roof.best, &c->result.after);
    wi_session_info(w->session, &info);
    if (w->ceiling_again || !w->roof.known ||
        (!wi_roof_was_passed(&w->roof) &&
         !wi_row_is_above(c, &info, &ceiling, w->job->cache_bytes)))
        return;
    w->ceiling_again = true;
    measure_ceiling(w, AGAIN_NS);
}

/* ---- measuring, as it goes ---- */

static void on_step(void *state, size_t i, const char *step) {
    struct worker *w = state;
    struct wi_arena *arena = wi_arena_create();
    struct wi_kv kv;
    wi_kv_init(&kv, arena);
    wi_step_put(w->job->numbers[w->first + i], step, &kv);
    say(w, WI_FRAME_step, &kv);
    wi_arena_destroy(arena);
}

static void on_finished(void *state, size_t i) {
    struct worker *w = state;
    check_ceiling(w, &w->job->cases[w->first + i]);
    struct wi_arena *arena = wi_arena_create();
    struct wi_kv kv;
    wi_kv_init(&kv, arena);
    wi_row_put(w->job->numbers[w->first + i], &w->job->cases[w->first + i].result, &kv);
    if (w->job->cases[w->first + i].shadow)
        wi_row_put_shadow(&kv);
    say(w, WI_FRAME_row, &kv);
    wi_arena_destroy(arena);
}

static void say_canary(struct worker *w, const struct wi_canary *look) {
    struct wi_kv kv;
    wi_kv_init(&kv, w->arena);
    wi_canary_put(look, &kv);
    say(w, WI_FRAME_canary, &kv);
}

static void say_refused(struct worker *w, int status, const char *reason) {
    struct wi_kv kv;
    wi_kv_init(&kv, w->arena);
    wi_refused_put(wi_case_status_of(status), reason, &kv);
    say(w, WI_FRAME_refused, &kv);
}

static void say_opened(struct worker *w, uint64_t took_ns) {
    struct wi_session_info info;
    struct wi_kv kv;
    wi_kv_init(&kv, w->arena);
    wi_session_info(w->session, &info);
    /* A script makes none, whatever it claims to hold; those of single ops are no model's. */
    bool made = w->job->session.backend != WI_BACKEND_null && w->job->session.op_count == 0;
    const struct wi_load load = {.bytes = made ? info.weight_bytes_resident : 0,
                                 .ns = took_ns,
                                 .peak_rss_bytes = wi_os_peak_rss_bytes()};
    wi_opened_put(&info, &load, &kv);
    say(w, WI_FRAME_opened, &kv);
}

/* ---- the job ---- */

static int take_job(void *state, enum wi_frame_type type, const struct wi_kv *kv,
                    struct wi_err *err) {
    struct worker *w = state;
    struct wi_kv own;
    struct wi_buf text = {0};
    if (type != WI_FRAME_request || w->job != NULL)
        return wi_fail(err, WI_CORRUPT, "expected one request, not %s", wi_frame_name(type));
    wi_kv_init(&own, w->arena); /* the frame's text dies with it */
    wi_kv_print(kv, &text);
    int status = wi_kv_parse(&own, wi_buf_str(&text), text.size, err);
    wi_buf_fini(&text);
    return status != WI_OK ? status : wi_job_get(&own, &w->job, err);
}

static int read_job(struct worker *w, int in_fd, struct wi_err *err) {
    struct wi_frame_reader reader = {0};
    char chunk[16384];
    size_t n;
    int status = WI_OK;
    FILE *in = fdopen(in_fd, "r");
    if (in == NULL)
        return wi_fail(err, WI_IO, "a worker needs its job on stdin");
    while (status == WI_OK && (n = fread(chunk, 1, sizeof chunk, in)) > 0)
        status = wi_frames_push(&reader, chunk, n, take_job, w, err);
    if (status == WI_OK)
        status = wi_frames_end(&reader, err);
    wi_frames_fini(&reader);
    fclose(in);
    if (status == WI_OK && w->job == NULL)
        status = wi_fail(err, WI_CORRUPT, "a worker needs its job on stdin");
    return status;
}

/* ---- measuring ---- */

/* What the device gives between two groups. */
static void look_at_device(struct worker *w) {
    struct wi_canary look;
    uint64_t origin_ns = origin_of(w->job);
    if (wi_session_canary(w->session, BETWEEN_NS, &look, NULL) != WI_OK)
        return;
    look.at_ns = look.at_ns > origin_ns ? look.at_ns - origin_ns : 0;
    wi_canary_raise(&w->roof.best, &look);
    say_canary(w, &look);
}

static uint64_t cpu_time(void *state) {
    (void)state;
    return wi_os_cpu_ns();
}

/* The cases from w->first on that are measured together. */
static size_t together(const struct wi_job *job, size_t first) {
    size_t end = first + 1;
    if (job->cases[first].key.phase != WI_PHASE_decode || job->session.op_count > 0)
        return job->cases[first].shadow && end < job->case_count ? 2 : 1;
    while (end < job->case_count && job->cases[end].key.phase == WI_PHASE_decode)
        end++;
    return end - first;
}

static int measure_all(struct worker *w, struct wi_err *err) {
    const struct wi_measure_hooks hooks = {
        .state = w,
        .clock = &wi_clock_system,
        .origin_ns = origin_of(w->job),
        .cpu_ns = w->job->session.backend == WI_BACKEND_cpu ? cpu_time : NULL,
        .step = on_step,
        .finished = on_finished};
    for (size_t n; w->first < w->job->case_count; w->first += n) {
        n = together(w->job, w->first);
        struct wi_arena *arena = wi_arena_create();
        int status = wi_measure_run(w->session, &w->job->cases[w->first], n, &hooks, arena, err);
        wi_arena_destroy(arena);
        WI_TRY(status);
    }
    return WI_OK;
}

static int serve(struct worker *w) {
    struct wi_err why = {0};
    struct wi_kv nothing = {.arena = w->arena};
    w->job->session.clock = &wi_clock_system;
    w->roof = w->job->roof;
    if (w->job->measure_roofline)
        measure_ceiling(w, w->job->roofline_budget_ns);
    uint64_t began_ns = wi_now_ns(&wi_clock_system);
    int status = wi_session_open(&w->job->session, &w->session, &why);
    if (status != WI_OK) {
        say_refused(w, status, why.message);
        return 0;
    }
    say_opened(w, wi_now_ns(&wi_clock_system) - began_ns);
    look_at_device(w);
    status = measure_all(w, &why);
    if (status == WI_OK)
        say(w, WI_FRAME_end, &nothing);
    wi_session_close(w->session);
    return status == WI_OK ? 0 : EXIT_LOST; /* its row is out; the rest wants a fresh process */
}

int wi_worker_main(int in_fd, int out_fd) {
    struct worker w = {.arena = wi_arena_create(), .out = fdopen(out_fd, "w")};
    struct wi_err err = {0};
    int code = EXIT_BAD_JOB, status = read_job(&w, in_fd, &err);
    if (w.out != NULL && status == WI_OK)
        code = serve(&w);
    else if (w.out != NULL)
        say_refused(&w, status, err.message);
    wi_arena_destroy(w.arena);
    return code;
}
