/* tiers_yaml.c: tier files, schema-checked. The only file of the tiers that knows YAML.
 * SPDX-License-Identifier: Apache-2.0
 *
 * yaml.h checks types and unknown keys; wi_tiers_check() then asks whether the thresholds make
 * sense. */
#include "results/tiers_load.h"

#include "models/yaml.h"

#include <cyaml/cyaml.h>

enum { TIERS_MAX = 64, TEXT_MAX = 1000 };

/* ---- the schema ---- */

struct entry { /* as in the file; NULL where a key is absent */
    char *id, *says;
    double *usable_memory_mib, *decode_tok_s, *prefill_tok_s;
};
struct document {
    char *name, *ruler, *precision;
    uint32_t prefill_tokens, decode_depth;
    struct entry *tiers;
    unsigned tiers_count;
};

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define TEXT(key, type, flags)                                                                     \
    CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | (flags), type, key, 1, TEXT_MAX)
#define REAL(key)  CYAML_FIELD_FLOAT_PTR(#key, CYAML_FLAG_POINTER | OPTIONAL, struct entry, key)
#define COUNT(key) CYAML_FIELD_UINT(#key, CYAML_FLAG_DEFAULT, struct document, key)

static const cyaml_schema_field_t entry_fields[] = {
    TEXT(id, struct entry, CYAML_FLAG_DEFAULT),
    TEXT(says, struct entry, OPTIONAL),
    REAL(usable_memory_mib),
    REAL(decode_tok_s),
    REAL(prefill_tok_s),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t entry_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct entry, entry_fields)};
static const cyaml_schema_field_t document_fields[] = {
    TEXT(name, struct document, CYAML_FLAG_DEFAULT),
    TEXT(ruler, struct document, CYAML_FLAG_DEFAULT),
    TEXT(precision, struct document, CYAML_FLAG_DEFAULT),
    COUNT(prefill_tokens),
    COUNT(decode_depth),
    CYAML_FIELD_SEQUENCE("tiers", CYAML_FLAG_POINTER, struct document, tiers, &entry_value, 1,
                         TIERS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct document, document_fields)};

/* ---- from the file to ours ---- */

static struct wi_maybe_f64 limit(const double *value) {
    return value ? wi_some_f64(*value) : (struct wi_maybe_f64){WI_KNOWN_not_applicable, 0};
}

static int convert(const struct document *doc, const struct wi_catalogue *catalogue,
                   struct wi_tier_file *tiers, struct wi_err *err) {
    const struct wi_format *precision = wi_format_find(doc->precision);
    if (precision == NULL)
        return wi_fail(err, WI_USAGE, "there is no precision %.80s", doc->precision);
    WI_TRY(wi_catalogue_find(catalogue, doc->ruler, &tiers->ruler, err));
    struct wi_tier *list = WI_NEW_ARRAY(tiers->arena, struct wi_tier, doc->tiers_count);
    for (unsigned i = 0; i < doc->tiers_count; i++) {
        const struct entry *e = &doc->tiers[i];
        list[i] = (struct wi_tier){.id = wi_arena_strdup(tiers->arena, e->id),
                                   .usable_memory_mib = limit(e->usable_memory_mib),
                                   .decode_tok_s = limit(e->decode_tok_s),
                                   .prefill_tok_s = limit(e->prefill_tok_s),
                                   .says = wi_arena_strdup(tiers->arena, e->says ? e->says : "")};
    }
    tiers->name = wi_arena_strdup(tiers->arena, doc->name);
    tiers->ruler_precision = precision->id;
    tiers->prefill_tokens = doc->prefill_tokens;
    tiers->decode_depth = doc->decode_depth;
    tiers->tiers = list;
    tiers->tier_count = doc->tiers_count;
    return WI_OK;
}

static int take(const struct document *doc, const char *where, const char *text, size_t size,
                const struct wi_catalogue *catalogue, struct wi_tier_file *tiers,
                struct wi_err *err) {
    struct wi_err why = {0};
    size_t bad = 0;
    if (convert(doc, catalogue, tiers, &why) != WI_OK)
        return wi_fail(err, WI_USAGE, "%s: %s", where, why.message);
    if (wi_tiers_check(tiers, &bad, &why) == WI_OK)
        return WI_OK;
    if (bad >= tiers->tier_count)
        return wi_fail(err, WI_USAGE, "%s: %s", where, why.message);
    return wi_fail(err, WI_USAGE, "%s: line %u: tier %.80s: %s", where,
                   wi_yaml_line(text, size, "id", tiers->tiers[bad].id), tiers->tiers[bad].id,
                   why.message);
}

int wi_tiers_read(struct wi_tier_file *tiers, const char *where, const char *text, size_t size,
                  const struct wi_catalogue *catalogue, struct wi_err *err) {
    void *data = NULL;
    WI_TRY(wi_yaml_read(&schema, where, text, size, &data, err));
    int status = take(data, where, text, size, catalogue, tiers, err);
    wi_yaml_free(&schema, data);
    return status;
}
