/* plan_yaml.c: the schema of plan files; plan_file.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * yaml.h checks types and unknown keys here; what a value may be, its option's reader says. */
#include "bench/plan_file.h"

#include "base/buf.h"
#include "models/yaml.h"

#include <cyaml/cyaml.h>

enum { TEXT_MOST = 1000, LIST_MOST = 1000 };

/* ---- the file; NULL where a key is absent ---- */

struct prefill {
    uint32_t *tokens;
    unsigned tokens_count;
};
struct decode {
    uint32_t *tokens;
    uint32_t *depths;
    unsigned depths_count;
};
struct phases {
    struct prefill *prefill;
    struct decode *decode;
};
struct budgets {
    double *case_s;
};
enum truth { NO, YES }; /* libcyaml takes any word for a yes */
struct document {
    char *name, *profile, *kv_precision, *isa, *expect, *asset;
    char **models, **precisions, **backends, **compute, **labels;
    unsigned models_count, precisions_count, backends_count, compute_count, labels_count;
    struct phases *phases;
    struct budgets *budgets;
    uint32_t *batch, *repeat;
    uint64_t *seed;
    double *gap_s;
    enum truth *full, *ops;
};

/* ---- the schema ---- */

#define OPTIONAL  (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)
#define TEXT(key) CYAML_FIELD_STRING_PTR(#key, OPTIONAL, struct document, key, 1, TEXT_MOST)
#define TEXTS(key)                                                                                 \
    CYAML_FIELD_SEQUENCE(#key, OPTIONAL, struct document, key, &text_value, 1, LIST_MOST)
#define COUNT(type, key)        CYAML_FIELD_UINT_PTR(#key, OPTIONAL, type, key)
#define REAL(type, key)         CYAML_FIELD_FLOAT_PTR(#key, OPTIONAL, type, key)
#define PART(type, key, fields) CYAML_FIELD_MAPPING_PTR(#key, OPTIONAL, type, key, fields)

static const cyaml_strval_t truth_words[] = {{"false", NO}, {"true", YES}};
static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MOST)};
static const cyaml_schema_value_t count_value = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t)};

static const cyaml_schema_field_t prefill_fields[] = {
    CYAML_FIELD_SEQUENCE("tokens", CYAML_FLAG_POINTER, struct prefill, tokens, &count_value, 1,
                         LIST_MOST),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t decode_fields[] = {
    COUNT(struct decode, tokens),
    CYAML_FIELD_SEQUENCE("depths", CYAML_FLAG_POINTER, struct decode, depths, &count_value, 1,
                         LIST_MOST),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t phases_fields[] = {
    PART(struct phases, prefill, prefill_fields),
    PART(struct phases, decode, decode_fields),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t budgets_fields[] = {
    REAL(struct budgets, case_s),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t document_fields[] = {
    TEXT(name),
    TEXT(profile),
    TEXTS(models),
    TEXTS(precisions),
    TEXTS(backends),
    TEXTS(compute),
    PART(struct document, phases, phases_fields),
    TEXT(kv_precision),
    COUNT(struct document, batch),
    TEXT(isa),
    CYAML_FIELD_ENUM_PTR("full", OPTIONAL | CYAML_FLAG_STRICT, struct document, full, truth_words,
                         CYAML_ARRAY_LEN(truth_words)),
    CYAML_FIELD_ENUM_PTR("ops", OPTIONAL | CYAML_FLAG_STRICT, struct document, ops, truth_words,
                         CYAML_ARRAY_LEN(truth_words)),
    PART(struct document, budgets, budgets_fields),
    COUNT(struct document, seed),
    COUNT(struct document, repeat),
    REAL(struct document, gap_s),
    TEXTS(labels),
    TEXT(expect),
    TEXT(asset),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct document, document_fields)};

/* ---- from keys to options ---- */

struct reading {
    const char *text;
    size_t size;
    struct wi_arena *arena;
    struct wi_plan_file *file;
};

static void set(struct reading *r, const char *key, const char *option, const char *value) {
    *WI_PUSH(r->arena, r->file, struct wi_plan_setting) =
        (struct wi_plan_setting){.option = option,
                                 .value = wi_arena_strdup(r->arena, value),
                                 .line = wi_yaml_line(r->text, r->size, key, NULL)};
}

static void set_text(struct reading *r, const char *key, const char *option, const char *value) {
    if (value != NULL)
        set(r, key, option, value);
}

static void set_texts(struct reading *r, const char *option, char *const *list, unsigned n) {
    struct wi_buf text = {0};
    for (unsigned i = 0; i < n; i++)
        wi_buf_printf(&text, "%s%s", i == 0 ? "" : ",", list[i]);
    if (n > 0)
        set(r, option, option, wi_buf_str(&text));
    wi_buf_fini(&text);
}

static void set_counts(struct reading *r, const char *key, const char *option, const uint32_t *list,
                       unsigned n) {
    struct wi_buf text = {0};
    for (unsigned i = 0; i < n; i++)
        wi_buf_printf(&text, "%s%u", i == 0 ? "" : ",", list[i]);
    if (n > 0)
        set(r, key, option, wi_buf_str(&text));
    wi_buf_fini(&text);
}

static void set_real(struct reading *r, const char *key, const char *option, const double *value) {
    if (value != NULL)
        set(r, key, option, wi_arena_printf(r->arena, "%.17g", *value));
}

/* Of phases that are listed, one that is not is not asked for. */
static void set_phases(struct reading *r, const struct phases *p) {
    const struct prefill *prefill = p->prefill;
    const struct decode *decode = p->decode;
    if (prefill != NULL)
        set_counts(r, "prefill", "prefill", prefill->tokens, prefill->tokens_count);
    else
        set(r, "phases", "prefill", "none");
    if (decode == NULL) {
        set(r, "phases", "depth", "none");
        return;
    }
    set_counts(r, "depths", "depth", decode->depths, decode->depths_count);
    set_counts(r, "decode", "decode", decode->tokens, decode->tokens != NULL);
}

static void set_all(struct reading *r, const struct document *d) {
    set_text(r, "profile", "profile", d->profile);
    set_texts(r, "models", d->models, d->models_count);
    set_texts(r, "precisions", d->precisions, d->precisions_count);
    set_texts(r, "backends", d->backends, d->backends_count);
    set_texts(r, "compute", d->compute, d->compute_count);
    if (d->phases != NULL)
        set_phases(r, d->phases);
    set_text(r, "kv_precision", "kv-precision", d->kv_precision);
    set_counts(r, "batch", "batch", d->batch, d->batch != NULL);
    set_text(r, "isa", "isa", d->isa);
    if (d->full != NULL && *d->full == YES)
        set(r, "full", "full", NULL);
    if (d->ops != NULL)
        set(r, "ops", "ops", *d->ops == YES ? "yes" : "no");
    if (d->budgets != NULL)
        set_real(r, "case_s", "budget", d->budgets->case_s);
    if (d->seed != NULL)
        set(r, "seed", "seed", wi_arena_printf(r->arena, "%llu", (unsigned long long)*d->seed));
    set_counts(r, "repeat", "repeat", d->repeat, d->repeat != NULL);
    set_real(r, "gap_s", "gap", d->gap_s);
    for (unsigned i = 0; i < d->labels_count; i++)
        set(r, "labels", "label", d->labels[i]);
    set_text(r, "expect", "expect", d->expect);
    set_text(r, "asset", "asset", d->asset);
}

int wi_plan_file_read(const char *where, const char *text, size_t size, struct wi_arena *arena,
                      struct wi_plan_file *file, struct wi_err *err) {
    struct reading r = {.text = text, .size = size, .arena = arena, .file = file};
    void *data = NULL;
    *file = (struct wi_plan_file){0};
    WI_TRY(wi_yaml_read(&schema, where, text, size, &data, err));
    set_all(&r, data);
    wi_yaml_free(&schema, data);
    return file->count > 0 ? WI_OK
                           : wi_fail(err, WI_USAGE,
                                     "%s: a plan that asks for nothing: say models, precisions, "
                                     "phases or a profile",
                                     where);
}
