/* test_topics.c: every word of the records has a text, and the texts say what the program does.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/report/golden.h"
#include "tests/test.h"

#include "report/topics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct fixture {
    struct wi_arena *arena;
    struct wi_topics topics;
    struct wi_constants constants;
    const struct wi_topic **found;
};

static int begin(void **state) {
    static struct fixture f;
    f = (struct fixture){.arena = wi_arena_create()};
    f.constants.arena = f.arena;
    wi_constants_of_results(&f.constants);
    wi_topics_add_written(&f.topics, f.arena);
    f.found = WI_NEW_ARRAY(f.arena, const struct wi_topic *, f.topics.count);
    *state = &f;
    return 0;
}
static int end(void **state) {
    wi_arena_destroy(((struct fixture *)*state)->arena);
    return 0;
}

static const struct wi_topic *topic_of(const struct fixture *f, enum wi_topic_family family,
                                       const char *name) {
    for (size_t i = 0; i < f->topics.count; i++)
        if (f->topics.items[i].family == family && strcmp(f->topics.items[i].name, name) == 0)
            return &f->topics.items[i];
    return NULL;
}

static void need(const struct fixture *f, enum wi_topic_family family, const char *name) {
    const struct wi_topic *t = topic_of(f, family, name);
    if (t == NULL || strlen(t->text) < 15)
        fail_msg("%s %s has no text: report/topics/", wi_topic_family_name(family), name);
}

static void every_member_of_the_records_lists_has_a_topic(void **state) {
    const struct fixture *f = *state;
#define MEMBER(family, name) need(f, WI_TOPIC_##family, #name);
#define VERDICT(name)        MEMBER(verdict, name)
    WI_VERDICT_LIST(VERDICT)
#define LIMIT(name) MEMBER(limit, name)
    WI_LIMIT_LIST(LIMIT)
#define STATUS(name) MEMBER(status, name)
    WI_CASE_STATUS_LIST(STATUS)
#define BASIS(name) MEMBER(basis, name)
    WI_BASIS_LIST(BASIS)
#define BOUND(name) MEMBER(bound, name)
    WI_BOUND_LIST(BOUND)
#define BACKEND(name) MEMBER(backend, name)
    WI_BACKEND_LIST(BACKEND)
#define FORM(name) MEMBER(form, name)
    WI_FORM_LIST(FORM)
#define GPU(name) MEMBER(gpu, name)
    WI_GPU_TYPE_LIST(GPU)
#define FEATURE(name) MEMBER(gpu_feature, name)
    WI_GPU_FEATURE_LIST(FEATURE)
#define KIND(name) MEMBER(kind, name)
    WI_KIND_LIST(KIND)
#define SEGMENT(name) MEMBER(segment, name)
    WI_SEGMENT_LIST(SEGMENT)
#define CEILING(name) MEMBER(ceiling, name)
    WI_CEILING_LIST(CEILING)
#define KNOWN(name) MEMBER(known, name)
    WI_KNOWN_LIST(KNOWN)
#define DOUBT(name, bars, advice) MEMBER(doubt, name)
    WI_DOUBT_LIST(DOUBT)
#define BESIDE(name, differs) MEMBER(beside, name)
    WI_BESIDE_LIST(BESIDE)
#define ISA(name, arch) MEMBER(isa, name)
    WI_ISA_LIST(ISA)
    for (int phase = WI_PHASE_prefill; phase <= WI_PHASE_encode; phase++)
        need(f, WI_TOPIC_phase, wi_phase_name((enum wi_phase)phase));
}

/* A name that answers no longer use would stay behind. */
static void no_topic_is_there_twice(void **state) {
    const struct fixture *f = *state;
    for (size_t i = 0; i < f->topics.count; i++)
        if (topic_of(f, f->topics.items[i].family, f->topics.items[i].name) != &f->topics.items[i])
            fail_msg("%s is there twice", f->topics.items[i].name);
}

static size_t find(struct fixture *f, const char *asked) {
    return wi_topics_find(&f->topics, asked, f->found);
}

static void topics_are_found_however_they_are_written(void **state) {
    static const char *const spellings[] = {"too_slow", "too slow", "Too-Slow", "verdict too_slow"};
    struct fixture *f = *state;
    for (size_t i = 0; i < WI_COUNT(spellings); i++) {
        size_t n = find(f, spellings[i]);
        if (n != 1 || f->found[0]->family != WI_TOPIC_verdict)
            fail_msg("%s: %zu topics", spellings[i], n);
    }
    assert_int_equal(find(f, "doubts"), WI_DOUBT_COUNT);
    assert_int_equal(find(f, "limit memory"), 1);
    assert_int_equal(find(f, "memory"), 2); /* a limit and a bound */
    assert_int_equal(find(f, "GB/s"), 1);
    assert_int_equal(find(f, ""), 0);
    assert_int_equal(find(f, "limit"), 0);
    assert_int_equal(find(f, "memor"), 0);
}

static void texts_hold_the_constants_that_the_rules_use(void **state) {
    const struct fixture *f = *state;
    const char *text =
        wi_topic_text(topic_of(f, WI_TOPIC_verdict, "usable"), &f->constants, f->arena);
    assert_non_null(strstr(text, "5 tok/s"));
    assert_non_null(strstr(text, "10 s"));
    text = wi_topic_text(topic_of(f, WI_TOPIC_form, "phone"), &f->constants, f->arena);
    assert_non_null(strstr(text, "35 %"));
    assert_non_null(strstr(text, "1.20 GB"));
    for (size_t i = 0; i < f->topics.count; i++) {
        text = wi_topic_text(&f->topics.items[i], &f->constants, f->arena);
        if (strpbrk(text, "{}") != NULL)
            fail_msg("%s: %s", f->topics.items[i].name, text);
    }
}

/* Those of bench/ are held by tests/e2e: here they are not linked. */
static void every_constant_in_a_text_is_one(void **state) {
    const struct fixture *f = *state;
    for (size_t i = 0; i < f->topics.count; i++) {
        for (const char *p = f->topics.items[i].text; (p = strchr(p, '{')) != NULL; p++) {
            size_t n = strcspn(p + 1, "}");
            bool of_bench = strncmp(p + 1, "doubts.", 7) == 0;
            if (!of_bench && wi_constants_find(&f->constants, p + 1, n) == NULL)
                fail_msg("%s: no constant %.*s", f->topics.items[i].name, (int)n, p + 1);
        }
    }
}

static void constants_have_names_of_their_own(void **state) {
    const struct fixture *f = *state;
    assert_true(f->constants.count > 30);
    for (size_t i = 0; i < f->constants.count; i++) {
        const struct wi_constant *c = &f->constants.items[i];
        if (wi_constants_find(&f->constants, c->name, strlen(c->name)) != c || isnan(c->value) ||
            strchr(c->name, '.') == NULL)
            fail_msg("%s: twice, without a group, or without a value", c->name);
    }
}

/* What `explain defaults` shows is what the judging functions get. */
static void constants_are_those_that_the_rules_use(void **state) {
    const struct fixture *f = *state;
    const struct wi_rules *rules = wi_rules_default();
    struct wi_targets targets;
    wi_targets_default(&(struct wi_model){0}, &targets);
    const struct {
        const char *name;
        double value;
    } want[] = {{"targets.usable_decode", targets.usable_decode_tok_s},
                {"targets.context", targets.context},
                {"targets.comfortable_first_token", targets.comfortable_first_token_s},
                {"evidence.max_age", rules->max_age_days},
                {"evidence.tier_leave_margin", rules->tier_leave_margin}};
    for (size_t i = 0; i < WI_COUNT(want); i++) {
        const struct wi_constant *c =
            wi_constants_find(&f->constants, want[i].name, strlen(want[i].name));
        if (c == NULL || c->value < want[i].value || c->value > want[i].value)
            fail_msg("%s is not %g", want[i].name, want[i].value);
    }
}

static void doubts_say_what_run_prints(void **state) {
    struct fixture *f = *state;
    for (unsigned d = 0; d < WI_DOUBT_COUNT; d++) {
        struct wi_buf out = {0}, joined = {0};
        const char *name = wi_doubt_name((enum wi_doubt)d);
        struct wi_topics_view view = {name, f->found, 0, &f->constants};
        view.found_count = find(f, wi_arena_printf(f->arena, "doubt %s", name));
        wi_report_topics_text(&view, &out);
        for (const char *p = wi_buf_str(&out); *p; p++) /* lines joined again */
            if (*p != '\n' && !(*p == ' ' && p[1] == ' '))
                wi_buf_putc(&joined, *p);
            else if (*p == '\n')
                wi_buf_putc(&joined, ' ');
        char text[4096], *w = text;
        for (const char *p = wi_buf_str(&joined); *p && w < text + sizeof text - 1; p++)
            if (*p != ' ' || w == text || w[-1] != ' ')
                *w++ = *p;
        *w = '\0';
        if (strstr(text, wi_doubt_advice((enum wi_doubt)d)) == NULL ||
            strstr(text, wi_doubt_bars((enum wi_doubt)d) ? "does not count" : "even so") == NULL)
            fail_msg("%s: %s", name, text);
        wi_buf_fini(&out);
        wi_buf_fini(&joined);
    }
}

static void everything_fits_a_terminal(void **state) {
    struct fixture *f = *state;
    struct wi_buf out = {0};
    struct wi_topics_view view = {NULL, f->found, f->topics.count, &f->constants};
    for (size_t i = 0; i < f->topics.count; i++)
        f->found[i] = &f->topics.items[i];
    wi_report_topics_text(&view, &out);
    golden_check_columns(&out, 80);
    wi_buf_clear(&out);
    view.asked = "all";
    wi_report_topics_text(&view, &out);
    golden_check_columns(&out, 80);
    wi_buf_fini(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_member_of_the_records_lists_has_a_topic),
        TEST(no_topic_is_there_twice),
        TEST(topics_are_found_however_they_are_written),
        TEST(texts_hold_the_constants_that_the_rules_use),
        TEST(every_constant_in_a_text_is_one),
        TEST(constants_have_names_of_their_own),
        TEST(constants_are_those_that_the_rules_use),
        TEST(doubts_say_what_run_prints),
        TEST(everything_fits_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
