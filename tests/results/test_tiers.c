/* Tiers: the golden classification, the file's reader, hysteresis, unrated devices.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/results/judge_fixture.h"

static struct judge_case c;
static struct wi_tier_file *tiers;

static int set_up(void **state) {
    (void)state;
    judge_init(&c, "gemma-2b", WI_FORMAT_q4_0);
    ok(wi_tiers_load(NULL, judge_catalogue(), &tiers, err));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    wi_tiers_destroy(tiers);
    judge_fini(&c);
    return 0;
}

/* ---- bare numbers ---- */

static struct wi_maybe_f64 number(double x) {
    return x < 0 ? (struct wi_maybe_f64){WI_KNOWN_unknown, 0} : wi_some_f64(x);
}

/* Published speeds of known devices (SEMANTICS "Golden classification"); -1: not published. Memory:
 * what the budget rules leave of the device's own. */
static void known_devices_are_where_people_expect_them(void **state) {
    (void)state;
    static const struct {
        const char *device, *tier;
        double memory_mib, decode, prefill;
    } golden[] = {
        {"Galaxy A34, 6 GB", "minimal", 3990, 4.3, -1},
        {"Snapdragon 778G CPU", "minimal", 5300, 10, 40},
        {"Raspberry Pi 5 16 GB, slow", "entry", 15600, 8, 55},
        {"Raspberry Pi 5 16 GB, fast", "entry", 15600, 8, 128},
        {"Galaxy S24 Ultra CPU, slow", "entry", 7900, 18, 86},
        {"Galaxy S24 Ultra CPU, fast", "entry", 7900, 18, 113},
        {"Galaxy S24 Ultra GPU", "mid", 7300, 16, 661},
        {"M1 8 GB", "mid", 4900, 38, 385},
        {"M4 16 GB", "high", 9800, 64, 723},
        {"Ryzen Z1 Extreme", "high", 9800, 50, 651},
        {"RTX 4060 Ti 8 GB", "high", 7676, 170, 11093},
        {"Ryzen AI 9 300 32 GB", "ultra", 19600, 60, 1565},
        {"RTX 4090", "ultra", 23000, 250, 20000},
        {"RTX PRO 6000", "ultra", 91000, 300, 30000},
    };
    for (size_t i = 0; i < WI_COUNT(golden); i++) {
        enum wi_tri certain = WI_TRI_no;
        const struct wi_tier *t =
            wi_tier_classify(tiers, number(golden[i].memory_mib), number(golden[i].decode),
                             number(golden[i].prefill), &certain);
        if (strcmp(t->id, golden[i].tier) != 0 || certain != WI_TRI_yes)
            fail_msg("%s: %s, not %s (certain: %d)", golden[i].device, t->id, golden[i].tier,
                     (int)certain);
    }
}

static void an_unknown_number_meets_nothing_and_is_said(void **state) {
    (void)state;
    enum wi_tri certain;
    assert_string_equal(wi_tier_classify(tiers, number(9000), number(60), number(-1), &certain)->id,
                        "minimal");
    assert_int_equal(certain, WI_TRI_unknown);
    assert_string_equal(wi_tier_classify(tiers, number(-1), number(12), number(200), &certain)->id,
                        "minimal");
    assert_int_equal(certain, WI_TRI_unknown);
    assert_string_equal(wi_tier_classify(tiers, number(1000), number(-1), number(-1), NULL)->id,
                        "minimal");
}

static void more_never_lowers_a_tier(void **state) {
    (void)state;
    static const double m[] = {1000, 2300, 2900, 5200, 11000, 99999},
                        d[] = {1, 5, 10, 28.4, 51, 99}, p[] = {1, 51.2, 171, 601, 1095, 9999};
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            for (size_t k = 0; k < 5; k++) {
                const struct wi_tier *t =
                    wi_tier_classify(tiers, number(m[i]), number(d[j]), number(p[k]), NULL);
                assert_true(wi_tier_classify(tiers, number(m[i + 1]), number(d[j]), number(p[k]),
                                             NULL) >= t);
                assert_true(wi_tier_classify(tiers, number(m[i]), number(d[j + 1]), number(p[k]),
                                             NULL) >= t);
                assert_true(wi_tier_classify(tiers, number(m[i]), number(d[j]), number(p[k + 1]),
                                             NULL) >= t);
            }
}

/* ---- the file ---- */

static void the_built_in_file_is_what_semantics_says(void **state) {
    (void)state;
    assert_string_equal(tiers->ruler->id, "gemma-2b");
    assert_int_equal(tiers->ruler_precision, WI_FORMAT_q4_0);
    assert_int_equal(tiers->prefill_tokens, 512);
    assert_int_equal(tiers->decode_depth, 512);
    assert_int_equal(tiers->tier_count, 5);
    assert_string_equal(tiers->tiers[3].id, "high");
    assert_near(tiers->tiers[3].decode_tok_s.value, 28.4);
    assert_int_equal(tiers->tiers[0].decode_tok_s.known, WI_KNOWN_not_applicable);
    assert_int_equal(strlen(tiers->hash), 64);
}

static void the_browsers_classes_load_and_are_other_tiers(void **state) {
    (void)state;
    struct wi_tier_file *browser = NULL;
    ok(wi_tiers_load(WEIGHIN_SOURCE_DIR "/results/data/tiers-browser.yaml", judge_catalogue(),
                     &browser, err));
    assert_int_equal(browser->tier_count, 5);
    assert_string_not_equal(browser->hash, tiers->hash);
    assert_string_equal(wi_tier_classify(browser, number(8000), number(6), number(300), NULL)->id,
                        "high");
    wi_tiers_destroy(browser);
}

static int load_text(const char *text, struct wi_tier_file **file, struct wi_err *why) {
    ok(wi_os_write_file("tiers-test.yaml", text, strlen(text), err));
    *why = (struct wi_err){0};
    return wi_tiers_load("tiers-test.yaml", judge_catalogue(), file, why);
}

#define HEAD                                                                                       \
    "name: t\nruler: gemma-2b\nprecision: q4_0\nprefill_tokens: 512\ndecode_depth: 512\ntiers:\n"

static void bad_files_name_the_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "empty"},
        {"name: [", "tiers-test.yaml"},
        {"name: t\nruler: gemma-2b\ntiers:\n  - id: a\n", "recision"},
        {HEAD "  - id: a\n    speed: 3\n", "Unexpected key: speed"},
        {HEAD "  - id: a\n    decode_tok_s: fast\n", ": line "},
        {HEAD "  - id: a\n  - id: a\n", "two tiers"},
        {HEAD "  - id: a\n  - id: unrated\n", "line 8"},
        {HEAD "  - id: a\n    decode_tok_s: 3\n", "first tier"},
        {HEAD "  - id: a\n  - id: b\n    decode_tok_s: -3\n", "no number above 0"},
        {HEAD "  - id: a\n  - id: b\n    decode_tok_s: nan\n", "tiers-test.yaml"},
        {HEAD "  - id: a\n  - id: b\n    decode_tok_s: 9\n  - id: c\n    decode_tok_s: 8\n",
         "line 10"},
        {HEAD "  - id: a\n  - id: b\n    decode_tok_s: 9\n  - id: c\n", "asks for less"},
        {"name: t\nruler: nosuch\nprecision: q4_0\nprefill_tokens: 512\ndecode_depth: 5\ntiers:\n"
         "  - id: a\n",
         "nosuch"},
        {"name: t\nruler: gemma-2b\nprecision: q9\nprefill_tokens: 512\ndecode_depth: 5\ntiers:\n"
         "  - id: a\n",
         "q9"},
        {"name: t\nruler: gpt-4\nprecision: q4_0\nprefill_tokens: 512\ndecode_depth: 5\ntiers:\n"
         "  - id: a\n",
         "gpt-4"},
        {"name: t\nruler: gemma-2b\nprecision: q4_0\nprefill_tokens: 0\ndecode_depth: 5\ntiers:\n"
         "  - id: a\n",
         "prefill_tokens"},
    };
    for (size_t i = 0; i < WI_COUNT(bad); i++) {
        struct wi_tier_file *file = NULL;
        struct wi_err why;
        int status = load_text(bad[i].text, &file, &why);
        if (status != WI_USAGE || file || !strstr(why.message, bad[i].says) ||
            !strstr(why.message, "tiers-test.yaml"))
            fail_msg("file %zu: %s: %s", i, wi_status_name(status), why.message);
    }
    struct wi_tier_file *file = NULL;
    struct wi_err why;
    assert_int_not_equal(wi_tiers_load("no-such-file.yaml", judge_catalogue(), &file, &why), WI_OK);
    assert_says(why.message, "no-such-file.yaml");
}

static void comments_do_not_make_other_tiers(void **state) {
    (void)state;
    struct wi_tier_file *a = NULL, *b = NULL, *other = NULL;
    struct wi_err why;
    assert_int_equal(load_text(HEAD "  - id: a\n", &a, &why), WI_OK);
    assert_int_equal(load_text("# note\n" HEAD "  - id: \"a\"\n", &b, &why), WI_OK);
    assert_int_equal(load_text(HEAD "  - id: b\n", &other, &why), WI_OK);
    assert_string_equal(a->hash, b->hash);
    assert_string_not_equal(a->hash, other->hash);
    wi_tiers_destroy(a);
    wi_tiers_destroy(b);
    wi_tiers_destroy(other);
}

/* ---- devices ---- */

static void weigh(double decode, double prefill, int run) {
    judge_add(&c, WI_PHASE_decode, 32, 512, decode, 0, run);
    judge_add(&c, WI_PHASE_prefill, 512, 0, prefill, 0, run);
}

static struct wi_tier_result derive(void) {
    struct wi_tier_result result;
    ok(wi_tier_derive(tiers, &c.request, c.arena, &result, err));
    return result;
}

static void the_lower_end_decides_and_the_limit_is_said(void **state) {
    (void)state;
    weigh(14.1, 400, 0);
    struct wi_tier_result r = derive();
    assert_string_equal(r.id, "mid");
    assert_string_equal(r.compute_device_id, "cpu0");
    assert_false(r.borderline);
    assert_int_equal(r.evidence_count, 2);
    assert_string_equal(r.evidence[0], "m01");
    assert_says(r.because, "cpu0: decode 14.1 tok/s (13.5 to 14.7), prefill 400 tok/s");
    assert_says(r.because, "The next tier, high, asks for decode 28.4 tok/s, prefill 601 tok/s");
    c.list.count = 0;
    weigh(10.1, 400, 0); /* 9.7 to 10.5 */
    r = derive();
    assert_string_equal(r.id, "entry");
    assert_true(r.borderline);
}

static void a_device_without_the_ruler_is_unrated(void **state) {
    (void)state;
    struct wi_tier_result r = derive();
    assert_string_equal(r.id, "unrated");
    assert_int_equal(r.evidence_count, 0);
    assert_says(r.because, "Not enough was measured of Gemma 2B at q4_0");
    judge_add(&c, WI_PHASE_decode, 32, 512, 14, 0, 0);
    assert_string_equal(derive().id, "unrated"); /* prefill might be anything */
    c.rows[0].m.tokens_per_s = (struct wi_rate){3, 3, 3, 3};
    assert_string_equal(derive().id, "minimal"); /* whatever prefill is */
}

static void too_little_memory_is_minimal_unmeasured(void **state) {
    (void)state;
    c.inventory.memory.total_bytes = wi_some_u64(3 * WI_GIB);
    assert_string_equal(derive().id, "minimal");
}

static void a_gpu_without_driver_makes_it_unrated(void **state) {
    (void)state;
    struct wi_unopened_gpu gpu = {.pci = "0000:01:00.0", .advice = "install nvidia-driver"};
    c.inventory.unopened = &gpu;
    c.inventory.unopened_count = 1;
    weigh(14, 400, 0);
    struct wi_tier_result r = derive();
    assert_string_equal(r.id, "unrated");
    assert_string_equal(r.because, "GPU present, no usable driver: install nvidia-driver.");
}

static void a_software_device_never_lifts_a_tier(void **state) {
    (void)state;
    struct wi_pool pool = {.total_bytes = wi_some_u64(24 * WI_GIB)};
    struct wi_gpu gpu = judge_gpu("sw0", WI_GPU_software, WI_TRI_yes, &pool);
    c.inventory.gpus = &gpu;
    c.inventory.gpu_count = 1;
    weigh(6, 100, 0);
    weigh(60, 2000, 0);
    for (size_t i = 2; i < 4; i++) {
        c.rows[i].m.key.compute_device_id = "sw0";
        c.rows[i].m.key.backend = WI_BACKEND_vulkan;
        c.rows[i].software_id = "sw-vk";
        c.rows[i].m.software = true;
    }
    assert_string_equal(derive().id, "entry");
    gpu.software = false; /* the same rows of a real GPU do */
    gpu.type = WI_GPU_discrete;
    gpu.unified = WI_TRI_no;
    pool.device_local = true;
    c.rows[2].m.software = c.rows[3].m.software = false;
    struct wi_tier_result r = derive();
    assert_string_equal(r.id, "ultra");
    assert_string_equal(r.compute_device_id, "sw0");
}

/* 28.4 is the limit of high; it is left below 28.4 / 1.03 = 27.57 and entered again from 29.25. */
static void a_tier_is_left_only_by_three_per_cent(void **state) {
    (void)state;
    static const struct {
        double lo;
        const char *tier;
        bool borderline;
    } runs[] = {{29.0, "high", false}, {28.0, "high", true},  {27.0, "mid", false},
                {29.0, "mid", true},   {29.5, "high", false}, {28.0, "high", true}};
    struct wi_rules rules = *wi_rules_default();
    rules.newest_runs = 1; /* so that each run is its own figure */
    rules.between_run_mains = 0;
    c.request.rules = &rules;
    for (int i = 0; i < (int)WI_COUNT(runs); i++) {
        weigh(runs[i].lo, 2000, i);
        struct wi_tier_result r = derive();
        if (strcmp(r.id, runs[i].tier) != 0 || r.borderline != runs[i].borderline)
            fail_msg("run %d: %s%s, not %s: %s", i, r.id, r.borderline ? " (borderline)" : "",
                     runs[i].tier, r.because);
    }
    c.list.count = 8; /* the last runs withdrawn: what was, is */
    assert_string_equal(derive().id, "mid");
}

static void what_did_not_count_is_said(void **state) {
    (void)state;
    weigh(14, 400, 0);
    weigh(1, 1, 1);
    c.rows[2].m.doubts = c.rows[3].m.doubts = WI_DOUBT_BIT(WI_DOUBT_throttled);
    struct wi_tier_result r = derive();
    assert_string_equal(r.id, "mid");
    assert_says(r.because, "2 of its measurements do not count: the device throttled");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(known_devices_are_where_people_expect_them),
        T(an_unknown_number_meets_nothing_and_is_said),
        T(more_never_lowers_a_tier),
        T(the_built_in_file_is_what_semantics_says),
        T(the_browsers_classes_load_and_are_other_tiers),
        T(bad_files_name_the_line),
        T(comments_do_not_make_other_tiers),
        T(the_lower_end_decides_and_the_limit_is_said),
        T(a_device_without_the_ruler_is_unrated),
        T(too_little_memory_is_minimal_unmeasured),
        T(a_gpu_without_driver_makes_it_unrated),
        T(a_software_device_never_lifts_a_tier),
        T(a_tier_is_left_only_by_three_per_cent),
        T(what_did_not_count_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
