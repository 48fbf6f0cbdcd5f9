/* test_catalogue.c: the data files hold what was published, and say what is wrong with others.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/catalogue.h"
#include "tests/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct wi_catalogue *catalogue;

static int load(void **state) {
    struct wi_err err = {0};
    (void)state;
    int status = wi_catalogue_load(NULL, &catalogue, &err);
    if (status != WI_OK)
        fprintf(stderr, "%s\n", err.message);
    return status;
}

static int unload(void **state) {
    (void)state;
    wi_catalogue_destroy(catalogue);
    return 0;
}

static const struct wi_model *model(const char *name) {
    const struct wi_model *m = NULL;
    struct wi_err err = {0};
    if (wi_catalogue_find(catalogue, name, &m, &err) != WI_OK)
        fail_msg("%s", err.message);
    return m;
}

static void parameter_counts_equal_the_published_ones(void **state) {
    (void)state;
    unsigned compared = 0;
    for (size_t i = 0; i < catalogue->model_count; i++) {
        const struct wi_model *m = catalogue->models[i];
        if (m->params_published == 0)
            continue;
        compared++;
        if (m->params != m->params_published)
            fail_msg("%s: computed %" PRIu64 ", published %" PRIu64, m->id, m->params,
                     m->params_published);
    }
    assert_true(compared >= 45);
}

static void people_find_models_by_what_they_call_them(void **state) {
    (void)state;
    static const char *const asked[][2] = {
        {"gemma-2b", "gemma-2b"},
        {"Gemma 2B", "gemma-2b"},
        {"mistral-7b", "mistral-7b-v0.1"},
        {"MISTRAL_7B", "mistral-7b-v0.1"},
        {"distilbert", "distilbert-base"},
        {"gemma 2 2b", "gemma-2-2b"},
        {"gpt2", "gpt2"},
        {"llama3.2:1b", "llama-3.2-1b"},
        {"qwen2.5-0.5b", "qwen2.5-0.5b"},
    };
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        assert_string_equal(model(asked[i][0])->id, asked[i][1]);
}

static void no_two_models_share_a_name(void **state) {
    (void)state;
    for (size_t i = 0; i < catalogue->model_count; i++) {
        const struct wi_model *m = catalogue->models[i];
        assert_ptr_equal(model(m->id), m);
        assert_ptr_equal(model(m->name), m);
        for (const char *const *a = m->aliases; *a != NULL; a++)
            assert_ptr_equal(model(*a), m);
    }
}

static void a_slip_gets_the_near_name(void **state) {
    (void)state;
    const struct wi_model *m = NULL;
    struct wi_err err = {0};
    assert_int_equal(wi_catalogue_find(catalogue, "gema-2b", &m, &err), WI_USAGE);
    assert_non_null(strstr(err.message, "did you mean gemma-2b"));
    assert_int_equal(wi_catalogue_find(catalogue, "", &m, &err), WI_USAGE);
    assert_int_equal(wi_catalogue_find(catalogue, "\xff\xfe%s%n", &m, &err), WI_USAGE);
}

static void layer_kinds_follow_the_published_patterns(void **state) {
    (void)state;
    static const struct {
        const char *model;
        uint32_t local, global;
    } expected[] = {
        {"gemma-2b", 0, 18},     {"gemma-2-2b", 13, 13},     {"gemma-3-270m", 15, 3},
        {"gemma-3-1b", 22, 4},   {"gemma-3-4b", 29, 5},      {"gemma-3-12b", 40, 8},
        {"gemma-3-27b", 52, 10}, {"mistral-7b-v0.1", 32, 0}, {"gemma-2-27b", 23, 23},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct wi_model *m = model(expected[i].model);
        assert_int_equal(wi_model_layer_count(m, WI_LAYER_local), expected[i].local);
        assert_int_equal(wi_model_layer_count(m, WI_LAYER_global), expected[i].global);
    }
}

static void every_model_has_the_class_of_its_parameters(void **state) {
    (void)state;
    assert_string_equal(model("gemma-2b")->size_class, "2B");
    assert_string_equal(model("gemma-7b")->size_class, "7B");
    assert_string_equal(model("mistral-7b")->size_class, "7B");
    assert_string_equal(model("distilbert")->size_class, "tiny");
    assert_string_equal(model("llama-3.1-70b")->size_class, "70B");
    assert_string_equal(wi_catalogue_size_class(catalogue, 400000000), "500M");
    assert_string_equal(wi_catalogue_size_class(catalogue, 399999999), "270M");
    assert_string_equal(wi_catalogue_size_class(catalogue, UINT64_MAX), "100B+");
}

static void representatives_belong_to_their_class(void **state) {
    (void)state;
    for (size_t i = 0; i < catalogue->class_count; i++) {
        const struct wi_size_class *c = &catalogue->classes[i];
        if (c->representative != NULL)
            assert_string_equal(model(c->representative)->size_class, c->id);
    }
}

static void undisclosed_models_are_known_and_have_no_shape(void **state) {
    (void)state;
    struct wi_arena *arena = wi_arena_create();
    struct wi_tensor *tensors;
    size_t n;
    struct wi_err err = {0};
    const struct wi_model *m = model("gpt-4");
    assert_false(m->disclosed);
    assert_null(m->size_class);
    assert_int_equal(wi_model_tensors(m, arena, &tensors, &n, &err), WI_UNSUPPORTED);
    assert_non_null(strstr(err.message, "not disclosed"));
    wi_arena_destroy(arena);
}

static void families_name_their_members(void **state) {
    (void)state;
    assert_string_equal(wi_catalogue_family(catalogue, "q4_0"), "int4");
    assert_string_equal(wi_catalogue_family(catalogue, "Q4_K_M"), "int4");
    assert_string_equal(wi_catalogue_family(catalogue, "bf16"), "f16");
    assert_null(wi_catalogue_family(catalogue, "q99"));
}

/* ---- files of users ---- */

static int load_text(const char *text, struct wi_catalogue **out, struct wi_err *err) {
    char path[] = "/tmp/weighin-models-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    const char *files[] = {path, NULL};
    int status = wi_catalogue_load(files, out, err);
    unlink(path);
    return status;
}

static const char mine[] = "models:\n"
                           "  - id: mine-1b\n    name: Mine\n    arch: decoder\n    layers: 2\n"
                           "    d_model: 64\n    heads: 4\n    kv_heads: 2\n    head_dim: 16\n"
                           "    d_ff: 128\n    vocab: 100\n    max_context: 256\n    mlp: swiglu\n"
                           "    norm: rmsnorm\n    rotary_dim: 16\n";

static void a_users_file_adds_a_model(void **state) {
    (void)state;
    struct wi_catalogue *c = NULL;
    struct wi_err err = {0};
    if (load_text(mine, &c, &err) != WI_OK)
        fail_msg("%s", err.message);
    const struct wi_model *m = NULL;
    assert_int_equal(wi_catalogue_find(c, "Mine 1B", &m, &err), WI_OK);
    /* embeddings and head (untied), two layers, final norm */
    uint64_t layer = 64 * 64 + 2 * 32 * 64 + 64 * 64 + 3 * 64 * 128 + 2 * 64;
    assert_int_equal(m->params, 2 * 100 * 64 + 2 * layer + 64);
    assert_string_not_equal(c->hash, catalogue->hash);
    wi_catalogue_destroy(c);
}

static void bad_files_are_refused_with_file_and_line(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"models:\n  - id: a\n    name: A\n    layers: many\n", "line 4"},
        {"models:\n  - id: a\n    name: A\n    colour: blue\n", "line 4: Unexpected key: colour"},
        {"models:\n  - id: a\n    name: A\n    layers: 0\n", "layers must be"},
        {"models:\n  - id: a\n    name: A\n    norm: batchnorm\n", "line 4"},
        {"models: [\n", "line"},
        {"", "weighin-models-"},
        {"\x01\x02\xff", "weighin-models-"},
        {"models:\n  - id: gemma-2b\n    name: G\n    disclosed: false\n",
         "already that of \"Gemma 2B\""},
        {"models:\n  - id: a\n    name: A\n    layers: 99999999999999999999\n", "line 4"},
        {"models: &x\n  - id: a\n    name: A\nmore: *x\n", "weighin-models-"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct wi_catalogue *c = NULL;
        struct wi_err err = {0};
        assert_int_equal(load_text(bad[i][0], &c, &err), WI_USAGE);
        if (strstr(err.message, bad[i][1]) == NULL)
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, err.message, bad[i][1]);
        assert_null(c);
    }
}

/* An entry of two layers with these first lines. */
static const char *entry(const char *lines) {
    static char text[2048];
    snprintf(text, sizeof text,
             "%s    arch: decoder\n    layers: 2\n    d_model: 64\n    heads: 4\n"
             "    kv_heads: 2\n    head_dim: 16\n    d_ff: 128\n    vocab: 100\n"
             "    max_context: 256\n    mlp: swiglu\n    norm: rmsnorm\n    rotary_dim: 16\n",
             lines);
    return text;
}

static void refused(const char *lines, const char *says) {
    char text[4096];
    struct wi_catalogue *c = NULL;
    struct wi_err err = {0};
    /* The first entry is fine; it takes lines 2 to 15. */
    snprintf(text, sizeof text, "models:\n%s", entry("  - id: first\n    name: First\n"));
    strncat(text, entry(lines), sizeof text - strlen(text) - 1);
    if (load_text(text, &c, &err) != WI_USAGE)
        fail_msg("\"%s\" was read: %s", lines, err.message);
    if (strstr(err.message, says) == NULL || strstr(err.message, ": line 16") == NULL)
        fail_msg("\"%s\" does not say \"%s\" of line 16", err.message, says);
    assert_null(c);
}

static void an_id_is_one_that_lists_paths_and_tables_keep(void **state) {
    (void)state;
    static const char *const ids[] = {"\"a,b\"", "a/b", "\"a b\"", "Mine",     "-a",
                                      "..",      "été", "a:b",     "\"a\\tb\""};
    char lines[256];
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        snprintf(lines, sizeof lines, "  - id: %s\n    name: Mine\n", ids[i]);
        refused(lines, "is no id");
    }
    char id[70];
    memset(id, 'a', 65);
    id[65] = '\0';
    snprintf(lines, sizeof lines, "  - id: %s\n    name: Mine\n", id);
    refused(lines, "up to 64");
}

static void a_name_belongs_to_one_model(void **state) {
    (void)state;
    refused("  - id: gemma2b\n    name: Mine\n", "one of gemma-2b");
    refused("  - id: mine\n    name: GEMMA_2B\n", "the name \"GEMMA_2B\" is one of gemma-2b");
    refused("  - id: mine\n    name: Mine\n    aliases: [\"mistral 7b\"]\n",
            "the alias \"mistral 7b\" is one of mistral-7b-v0.1");
    refused("  - id: mine\n    name: first\n", "one of first");
    refused("  - id: mistral\n    name: Mine\n", "one of mistral-7b-v0.1");
}

static void a_name_is_one_that_can_be_asked_for(void **state) {
    (void)state;
    refused("  - id: mine\n    name: \"- :\"\n", "could be asked for");
    refused("  - id: mine\n    name: Mine\n    aliases: [\"a,b\"]\n", "no comma");
    refused("  - id: mine\n    name: Mine\n    aliases: [\"_\"]\n", "a letter or digit");
    refused("  - id: mine\n    name: \"M\\e[31m\"\n", "no control characters");
    char lines[256], name[130];
    memset(name, 'a', 121);
    name[121] = '\0';
    snprintf(lines, sizeof lines, "  - id: mine\n    name: %s\n", name);
    refused(lines, "longer than 120 bytes");
}

static void a_published_count_that_the_shape_does_not_give_is_told_with_both(void **state) {
    (void)state;
    refused("  - id: mine\n    name: Mine\n    params_published: 86849\n",
            "its shape has 86848 parameters, params_published says 86849");
    struct wi_catalogue *c = NULL;
    struct wi_err err = {0};
    char text[4096];
    snprintf(text, sizeof text, "models:\n%s",
             entry("  - id: mine\n    name: \"Mine, too\"\n    params_published: 86848\n"
                   "    aliases: [org/mine, mine]\n"));
    if (load_text(text, &c, &err) != WI_OK)
        fail_msg("%s", err.message);
    const struct wi_model *m = NULL;
    assert_int_equal(wi_catalogue_find(c, "org/mine", &m, &err), WI_OK);
    wi_catalogue_destroy(c);
}

static void the_same_model_twice_is_one(void **state) {
    (void)state;
    struct wi_catalogue *c = NULL;
    struct wi_err err = {0};
    char text[4096] = "models:\n";
    strcat(text, entry("  - id: mine\n    name: Mine\n"));
    strcat(text, entry("  - id: mine\n    name: Mine\n"));
    if (load_text(text, &c, &err) != WI_OK)
        fail_msg("%s", err.message);
    assert_int_equal(c->model_count, catalogue->model_count + 1);
    wi_catalogue_destroy(c);
}

static void a_missing_file_is_named(void **state) {
    (void)state;
    const char *files[] = {"/nonexistent/models.yaml", NULL};
    struct wi_catalogue *c = NULL;
    struct wi_err err = {0};
    assert_int_not_equal(wi_catalogue_load(files, &c, &err), WI_OK);
    assert_non_null(strstr(err.message, "/nonexistent/models.yaml"));
}

static void hashes_tell_shapes_apart_and_not_names(void **state) {
    (void)state;
    assert_string_not_equal(model("gemma-2b")->hash, model("gemma-7b")->hash);
    /* Two names of the same shapes. */
    assert_string_equal(model("qwen2.5-7b")->hash, model("qwen2.5-7b")->hash);
    char a[65], b[65];
    struct wi_err err = {0};
    assert_int_equal(wi_precision_hash(model("gemma-2b"), WI_FORMAT_q4_0, a, &err), WI_OK);
    assert_int_equal(wi_precision_hash(model("gemma-2b"), WI_FORMAT_q8_0, b, &err), WI_OK);
    assert_string_not_equal(a, b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameter_counts_equal_the_published_ones),
        cmocka_unit_test(people_find_models_by_what_they_call_them),
        cmocka_unit_test(no_two_models_share_a_name),
        cmocka_unit_test(a_slip_gets_the_near_name),
        cmocka_unit_test(layer_kinds_follow_the_published_patterns),
        cmocka_unit_test(every_model_has_the_class_of_its_parameters),
        cmocka_unit_test(representatives_belong_to_their_class),
        cmocka_unit_test(undisclosed_models_are_known_and_have_no_shape),
        cmocka_unit_test(families_name_their_members),
        cmocka_unit_test(a_users_file_adds_a_model),
        cmocka_unit_test(bad_files_are_refused_with_file_and_line),
        cmocka_unit_test(an_id_is_one_that_lists_paths_and_tables_keep),
        cmocka_unit_test(a_name_belongs_to_one_model),
        cmocka_unit_test(a_name_is_one_that_can_be_asked_for),
        cmocka_unit_test(a_published_count_that_the_shape_does_not_give_is_told_with_both),
        cmocka_unit_test(the_same_model_twice_is_one),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(hashes_tell_shapes_apart_and_not_names),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
