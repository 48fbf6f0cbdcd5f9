/* test_frames.c: what a worker says is read whole, or refused; never believed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/fixture.h"

#include "bench/protocol.h"

/* ---- frames ---- */

struct heard {
    unsigned frames;
    enum wi_frame_type last;
    char value[64];
    int answer;
};

static int hear(void *state, enum wi_frame_type type, const struct wi_kv *kv, struct wi_err *err) {
    struct heard *h = state;
    const char *value = wi_kv_get(kv, "step");
    (void)err;
    h->frames++;
    h->last = type;
    snprintf(h->value, sizeof h->value, "%s", value == NULL ? "" : value);
    return h->answer;
}

static struct wi_buf two_frames(void) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_buf text = {0};
    struct wi_kv a, b;
    wi_kv_init(&a, arena);
    wi_kv_init(&b, arena);
    wi_step_put(3, "warm up\nand more", &a);
    wi_frame_print(WI_FRAME_step, &a, &text);
    wi_frame_print(WI_FRAME_end, &b, &text);
    wi_arena_destroy(arena);
    return text;
}

static int push(const char *bytes, size_t n, size_t chunk, struct heard *h, bool *whole) {
    struct wi_frame_reader reader = {0};
    int status = WI_OK;
    for (size_t at = 0; at < n && status == WI_OK; at += chunk)
        status =
            wi_frames_push(&reader, bytes + at, n - at < chunk ? n - at : chunk, hear, h, NULL);
    *whole = wi_frames_end(&reader, NULL) == WI_OK;
    wi_frames_fini(&reader);
    return status;
}

static void frames_arrive_in_any_chunks(void **state) {
    (void)state;
    struct wi_buf text = two_frames();
    for (size_t chunk = 1; chunk <= text.size; chunk++) {
        struct heard h = {0};
        bool whole = false;
        assert_int_equal(push(text.data, text.size, chunk, &h, &whole), WI_OK);
        assert_int_equal(h.frames, 2);
        assert_int_equal(h.last, WI_FRAME_end);
        assert_true(whole);
    }
    wi_buf_fini(&text);
}

static void every_cut_is_noticed(void **state) {
    (void)state;
    struct wi_buf text = two_frames();
    size_t first = (size_t)(strstr(text.data + 1, "weighin-frame") - text.data);
    for (size_t n = 1; n < text.size; n++) {
        struct heard h = {0};
        bool whole = false;
        assert_int_equal(push(text.data, n, n, &h, &whole), WI_OK);
        assert_int_equal(h.frames, n >= first ? 1 : 0);
        assert_int_equal(whole, n == first);
    }
    wi_buf_fini(&text);
}

static void what_is_no_frame_is_refused_at_once(void **state) {
    (void)state;
    static const char *const bad[] = {
        "x",
        "MESA: warning\n",
        "weighin-frame\n",
        "weighin-frame step\n",
        "weighin-frame step -1\n",
        "weighin-frame step 99999999999\n",
        "weighin-frame step 1e3\n",
        "weighin-frame dance 0\n",
        "weighin-frame step 000000000000000000000000000000000000000000000000000000000000000000",
        "weighin-frame step 3\nabc",
        "weighin-frame end 0\nweighin-framf",
    };
    for (size_t i = 0; i < WI_COUNT(bad); i++) {
        struct heard h = {0};
        bool whole;
        if (push(bad[i], strlen(bad[i]), 1, &h, &whole) != WI_CORRUPT)
            fail_msg("taken: %s", bad[i]);
    }
}

static void a_sink_that_says_no_stops_the_reading(void **state) {
    (void)state;
    struct wi_buf text = two_frames();
    struct heard h = {.answer = WI_IO};
    bool whole;
    assert_int_equal(push(text.data, text.size, text.size, &h, &whole), WI_IO);
    assert_int_equal(h.frames, 1);
    assert_string_equal(h.value, "warm up\nand more");
    wi_buf_fini(&text);
}

/* ---- rows ---- */

static const struct wi_sample two_samples[] = {{5, 7, 0, WI_SEGMENT_all},
                                               {UINT64_MAX, 0, UINT32_MAX, WI_SEGMENT_head}};
static const struct wi_op_note one_op[] = {{"gemv", "gemv_f16__cpu", 1e-7, 1e-5}};

static void make_row(struct wi_kv *kv) {
    const struct wi_measured m = {.status = WI_CASE_ok,
                                  .kernel = "gemv_f16__cpu",
                                  .samples = two_samples,
                                  .sample_count = 2,
                                  .passes = 2,
                                  .warmups = 4,
                                  .steady = true,
                                  .error = 1e-7,
                                  .tolerance = 1e-5,
                                  .worst_op = "gemv",
                                  .ops = one_op,
                                  .op_count = 1,
                                  .resolution_ns = 30,
                                  .peak_rss_bytes = 1 << 20,
                                  .wall_s = 0.1,
                                  .before = {7, wi_some_f64(30), wi_some_f64(198)},
                                  .after = {9, {0}, wi_some_f64(102)},
                                  .stood_still_ns = 1200000000,
                                  .cpu_share = wi_some_f64(0.5)};
    wi_row_put(2, &m, kv);
}

static void a_row_reads_back_as_it_was(void **state) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_kv kv;
    struct wi_measured m;
    uint32_t number = 0;
    (void)state;
    wi_kv_init(&kv, arena);
    make_row(&kv);
    ok(wi_row_get(&kv, &number, &m, err));
    assert_int_equal(number, 2);
    assert_int_equal(m.sample_count, 2);
    assert_int_equal(m.before.at_ns, 7);
    assert_true(m.before.read_gb_per_s.value == 30 && m.before.f32_gflop_per_s.value == 198);
    assert_true(!wi_has_f64(m.after.read_gb_per_s) && m.after.f32_gflop_per_s.value == 102);
    assert_int_equal(m.stood_still_ns, 1200000000);
    assert_true(m.cpu_share.value == 0.5);
    for (size_t i = 0; i < 2; i++) {
        assert_true(m.samples[i].start_ns == two_samples[i].start_ns);
        assert_true(m.samples[i].ns == two_samples[i].ns);
        assert_true(m.samples[i].pass == two_samples[i].pass);
        assert_true(m.samples[i].segment == two_samples[i].segment);
    }
    assert_true(m.wall_s == 0.1 && m.error == 1e-7 && m.steady);
    assert_string_equal(m.ops[0].kernel, "gemv_f16__cpu");
    assert_null(m.reason);
    wi_arena_destroy(arena);
}

/* A key changed to `value`, or taken away: the row is refused and nothing is read astray. */
static void refuses(const char *key, const char *value) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_kv kv, changed;
    struct wi_measured m;
    uint32_t number;
    struct wi_err err = {0};
    wi_kv_init(&kv, arena);
    wi_kv_init(&changed, arena);
    make_row(&kv);
    for (size_t i = 0; i < kv.count; i++)
        if (strcmp(kv.items[i].key, key) != 0)
            wi_kv_set(&changed, kv.items[i].key, kv.items[i].value);
    if (value != NULL)
        wi_kv_set(&changed, key, value);
    if (wi_row_get(&changed, &number, &m, &err) != WI_CORRUPT)
        fail_msg("taken: %s=%s", key, value == NULL ? "(missing)" : value);
    wi_arena_destroy(arena);
}

static void a_row_with_a_hole_is_refused(void **state) {
    (void)state;
    static const char *const keys[] = {"number", "status",  "passes",        "warmups",    "steady",
                                       "error",  "wall_s",  "resolution_ns", "samples",    "sample",
                                       "ops",    "op.0.op", "op.0.error",    "op.0.kernel"};
    for (size_t i = 0; i < WI_COUNT(keys); i++)
        refuses(keys[i], NULL);
}

static void a_row_with_nonsense_is_refused(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"number", "-1"},
        {"status", "9"},
        {"status", "3"}, /* a timeout without a reason */
        {"passes", "4294967296"},
        {"error", "nan"},
        {"wall_s", "inf"},
        {"steady", "yes"},
        {"samples", "18446744073709551615"},
        {"samples", "1"}, /* more are there */
        {"samples", "3"},
        {"sample", "5 7 0 1;5 7 0 99;"},
        {"sample", "5 7 0 1;5 7 0 1"},
        {"sample", "5 7 0 1 5 7 0 1;"},
        {"sample", ";;;;;;;;;;;;;;;;"},
        {"ops", "4000000000"},
        {"ops", "2"},
    };
    for (size_t i = 0; i < WI_COUNT(bad); i++)
        refuses(bad[i][0], bad[i][1]);
}

/* ---- jobs ---- */

static void a_job_reads_back_as_it_was(void **state) {
    struct bench *b = *state;
    struct wi_arena *arena = wi_arena_create();
    struct wi_kv kv;
    static const unsigned cpus[] = {4, 6};
    struct wi_measure_case c = {.key = {.phase = WI_PHASE_decode, .tokens = 32, .depth = 512},
                                .layers = {2, 3},
                                .budget_s = 0.25,
                                .seed = UINT64_MAX};
    uint32_t number = 7;
    const struct wi_job job = {.model = *fixture_model(b, "gemma-3-4b"),
                               .inventory = b->inventory,
                               .session = {.precision = WI_FORMAT_q8_0,
                                           .kv_precision = WI_FORMAT_f16,
                                           .backend = WI_BACKEND_null,
                                           .compute_device_id = "cpu0",
                                           .cpus = cpus,
                                           .cpu_count = 2,
                                           .layers = {2, 3},
                                           .max_tokens = 1,
                                           .max_depth = 543,
                                           .batch = 1,
                                           .null_script = "scale=1,2;\nwrong=0"},
                               .cases = &c,
                               .numbers = &number,
                               .case_count = 1};
    struct wi_job *read = NULL;
    wi_kv_init(&kv, arena);
    wi_job_put(&job, &kv);
    ok(wi_job_get(&kv, &read, err));
    assert_string_equal(read->model.id, "gemma-3-4b");
    assert_int_equal(read->model.window, job.model.window);
    assert_true(read->model.rope_theta == job.model.rope_theta);
    for (uint32_t i = 0; i < job.model.n_layer; i++)
        assert_int_equal(wi_model_layer_kind(&read->model, i), wi_model_layer_kind(&job.model, i));
    struct wi_pass_cost was, is;
    ok(wi_model_pass_cost(&job.model, WI_FORMAT_q8_0, WI_FORMAT_f16, WI_PHASE_decode, 1, 512, 1,
                          &was, err));
    ok(wi_model_pass_cost(&read->model, WI_FORMAT_q8_0, WI_FORMAT_f16, WI_PHASE_decode, 1, 512, 1,
                          &is, err));
    assert_memory_equal(&was, &is, sizeof was);
    assert_string_equal(read->session.null_script, "scale=1,2;\nwrong=0");
    assert_null(read->session.isa_cap);
    assert_int_equal(read->session.cpus[1], 6);
    assert_int_equal(read->inventory.cpu.caches[0].bytes, 8 * WI_MIB);
    assert_true(read->cases[0].seed == UINT64_MAX && read->cases[0].key.model == &read->model);
    assert_int_equal(read->numbers[0], 7);
    /* Each entry missing: refused, or, when it is text that may be absent, taken. */
    for (size_t i = 0; i < kv.count; i++) {
        struct wi_kv less;
        wi_kv_init(&less, arena);
        for (size_t j = 0; j < kv.count; j++)
            if (j != i)
                wi_kv_set(&less, kv.items[j].key, kv.items[j].value);
        (void)wi_job_get(&less, &read, NULL);
    }
    wi_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(frames_arrive_in_any_chunks),         TEST(every_cut_is_noticed),
        TEST(what_is_no_frame_is_refused_at_once), TEST(a_sink_that_says_no_stops_the_reading),
        TEST(a_row_reads_back_as_it_was),          TEST(a_row_with_a_hole_is_refused),
        TEST(a_row_with_nonsense_is_refused),      TEST(a_job_reads_back_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
