/* catalogue_yaml.c: the catalogue's files and their schemas.
 * SPDX-License-Identifier: Apache-2.0
 *
 * yaml.h checks types, ranges and unknown keys; wi_model_check() then asks whether the numbers make
 * a transformer. */
#include "models/catalogue_load.h"
#include "models/model_load.h"
#include "models/names.h"
#include "models/yaml.h"

#include <cyaml/cyaml.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { ENTRIES_MAX = 10000, TEXT_MAX = 1000 };

/* ---- models ---- */

struct entry { /* as in the file; zero where a key is absent */
    char *id, *name, *vendor, *family, *license, *released, *source;
    char **aliases;
    unsigned aliases_count;
    bool *disclosed, *norm_weight; /* NULL: true */
    enum wi_arch arch;
    enum wi_norm norm;
    enum wi_mlp mlp;
    uint32_t layers, d_model, heads, kv_heads, head_dim, d_ff, vocab, max_context;
    uint32_t norms_per_layer, rotary_dim, learned_positions, window, local_per_global, token_types;
    bool norm_bias, tie_embeddings, parallel_block, every_layer_local;
    bool qkv_bias, attn_out_bias, ffn_bias, lm_head_bias, qk_norm, embedding_norm, pooler;
    double rope_theta, attn_softcap, final_softcap;
    uint64_t params_published;
};
struct model_file {
    struct entry *models;
    unsigned models_count;
};

static const cyaml_strval_t arch_words[] = {{"decoder", WI_ARCH_decoder},
                                            {"encoder", WI_ARCH_encoder}};
static const cyaml_strval_t norm_words[] = {{"rmsnorm", WI_NORM_rmsnorm},
                                            {"layernorm", WI_NORM_layernorm}};
static const cyaml_strval_t mlp_words[] = {
    {"geglu", WI_MLP_geglu}, {"swiglu", WI_MLP_swiglu}, {"gelu", WI_MLP_gelu}};

static const cyaml_schema_value_t string_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX)};

#define OPTIONAL         CYAML_FLAG_OPTIONAL
#define STRICT_OPTIONAL  CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT
#define TEXT(key, flags) CYAML_FIELD_STRING_PTR(#key, flags, struct entry, key, 1, TEXT_MAX)
#define NUMBER(key)      CYAML_FIELD_UINT(#key, OPTIONAL, struct entry, key)
#define TRUTH(key)       CYAML_FIELD_BOOL(#key, OPTIONAL, struct entry, key)
#define REAL(key)        CYAML_FIELD_FLOAT(#key, OPTIONAL, struct entry, key)
#define WORD(key, words)                                                                           \
    CYAML_FIELD_ENUM(#key, STRICT_OPTIONAL, struct entry, key, words, CYAML_ARRAY_LEN(words))

static const cyaml_schema_field_t entry_fields[] = {
    TEXT(id, CYAML_FLAG_DEFAULT),
    TEXT(name, CYAML_FLAG_DEFAULT),
    TEXT(vendor, OPTIONAL),
    TEXT(family, OPTIONAL),
    TEXT(license, OPTIONAL),
    TEXT(released, OPTIONAL),
    TEXT(source, OPTIONAL),
    CYAML_FIELD_SEQUENCE("aliases", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, struct entry, aliases,
                         &string_value, 0, 100),
    CYAML_FIELD_BOOL_PTR("disclosed", OPTIONAL, struct entry, disclosed),
    CYAML_FIELD_BOOL_PTR("norm_weight", OPTIONAL, struct entry, norm_weight),
    WORD(arch, arch_words),
    WORD(norm, norm_words),
    WORD(mlp, mlp_words),
    NUMBER(layers),
    NUMBER(d_model),
    NUMBER(heads),
    NUMBER(kv_heads),
    NUMBER(head_dim),
    NUMBER(d_ff),
    NUMBER(vocab),
    NUMBER(max_context),
    NUMBER(norms_per_layer),
    NUMBER(rotary_dim),
    NUMBER(learned_positions),
    NUMBER(window),
    NUMBER(local_per_global),
    NUMBER(token_types),
    NUMBER(params_published),
    TRUTH(norm_bias),
    TRUTH(tie_embeddings),
    TRUTH(parallel_block),
    TRUTH(every_layer_local),
    TRUTH(qkv_bias),
    TRUTH(attn_out_bias),
    TRUTH(ffn_bias),
    TRUTH(lm_head_bias),
    TRUTH(qk_norm),
    TRUTH(embedding_norm),
    TRUTH(pooler),
    REAL(rope_theta),
    REAL(attn_softcap),
    REAL(final_softcap),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t entry_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct entry, entry_fields)};
static const cyaml_schema_field_t model_file_fields[] = {
    CYAML_FIELD_SEQUENCE("models", CYAML_FLAG_POINTER, struct model_file, models, &entry_value, 1,
                         ENTRIES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t model_file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct model_file, model_file_fields)};

/* RoPE's base does not change what a pass costs: models that name none get the original 10,000
 * (J. Su et al., "RoFormer", 2021). */
static const double default_rope_theta = 10000;

static struct wi_model *model_from(const struct entry *e, struct wi_arena *arena) {
    struct wi_model *m = WI_NEW(arena, struct wi_model);
    const char **aliases = WI_NEW_ARRAY(arena, const char *, e->aliases_count + 1);
    for (unsigned i = 0; i < e->aliases_count; i++)
        aliases[i] = wi_arena_strdup(arena, e->aliases[i]);
    *m = (struct wi_model){
        .id = wi_arena_strdup(arena, e->id),
        .name = wi_arena_strdup(arena, e->name),
        .vendor = wi_arena_strdup(arena, e->vendor),
        .family = wi_arena_strdup(arena, e->family),
        .license = wi_arena_strdup(arena, e->license),
        .released = wi_arena_strdup(arena, e->released),
        .source = wi_arena_strdup(arena, e->source),
        .aliases = aliases,
        .disclosed = e->disclosed == NULL || *e->disclosed,
        .arch = e->arch,
        .n_layer = e->layers,
        .d_model = e->d_model,
        .n_head = e->heads,
        .n_kv_head = e->kv_heads,
        .head_dim = e->head_dim,
        .d_ff = e->d_ff,
        .vocab = e->vocab,
        .max_context = e->max_context,
        .mlp = e->mlp,
        .norm = e->norm,
        .norms_per_layer = e->norms_per_layer == 0 ? 2 : e->norms_per_layer,
        .norm_weight = e->norm_weight == NULL || *e->norm_weight,
        .norm_bias = e->norm_bias,
        .tie_embeddings = e->tie_embeddings,
        .parallel_block = e->parallel_block,
        .rope = e->rotary_dim > 0,
        .rotary_dim = e->rotary_dim,
        .rope_theta = e->rotary_dim == 0  ? 0
                      : e->rope_theta > 0 ? e->rope_theta
                                          : default_rope_theta,
        .learned_positions = e->learned_positions,
        .qkv_bias = e->qkv_bias,
        .attn_out_bias = e->attn_out_bias,
        .ffn_bias = e->ffn_bias,
        .lm_head_bias = e->lm_head_bias,
        .qk_norm = e->qk_norm,
        .attn_softcap = e->attn_softcap,
        .final_softcap = e->final_softcap,
        .window = e->window,
        .local_per_global = e->local_per_global,
        .every_layer_local = e->every_layer_local,
        .token_types = e->token_types,
        .embedding_norm = e->embedding_norm,
        .pooler = e->pooler,
        .params_published = e->params_published,
    };
    return m;
}

static const struct wi_model *known(const struct wi_catalogue_builder *b, const char *id) {
    for (size_t i = 0; i < b->models.count; i++)
        if (strcmp(b->models.items[i]->id, id) == 0)
            return b->models.items[i];
    return NULL;
}

/* A count that somebody published and that the shape does not give: one of the two is wrong, and
 * with the shape everything that follows from it. */
static int check_count(const struct wi_model *m, struct wi_err *err) {
    if (!m->disclosed || m->params_published == 0 || m->params == m->params_published)
        return WI_OK;
    return wi_fail(err, WI_USAGE,
                   "its shape has %" PRIu64 " parameters, params_published says %" PRIu64
                   ": correct the one that is wrong, or leave params_published out",
                   m->params, m->params_published);
}

static int check_model(const struct wi_catalogue_builder *b, struct wi_model *m, bool is_new,
                       struct wi_err *err) {
    if (is_new)
        WI_TRY(wi_model_check_names(m, b->models.items, b->models.count, err));
    WI_TRY(wi_model_check(m, err));
    WI_TRY(wi_model_complete(m, err));
    return check_count(m, err);
}

static int add_model(struct wi_catalogue_builder *b, const char *where, unsigned line,
                     const struct entry *e, struct wi_err *err) {
    struct wi_model *m = model_from(e, b->arena);
    const struct wi_model *before = known(b, m->id);
    int status = check_model(b, m, before == NULL, err);
    if (status != WI_OK)
        return wi_fail_prefix(err, status, "%s: line %u%s%s", where, line,
                              wi_id_is_good(m->id) ? ": model " : "",
                              wi_id_is_good(m->id) ? m->id : "");
    if (before == NULL)
        *WI_PUSH(b->arena, &b->models, const struct wi_model *) = m;
    else if (strcmp(before->hash, m->hash) != 0)
        return wi_fail(err, WI_USAGE,
                       "%s: line %u: the model id %.80s is already that of \"%.80s\" with other "
                       "hyper-parameters: give yours another id",
                       where, line, m->id, before->name);
    return WI_OK;
}

/* Models stand in the order of the file: each id is looked for behind the one before it. One that
 * is written with escapes is taken to be the next. */
struct reading_place {
    const char *text;
    size_t size;
    unsigned line; /* of the last id that was found; 0: none yet */
};

static unsigned line_of(struct reading_place *at, const char *id) {
    unsigned lines = wi_yaml_line(at->text, at->size, "id", id);
    const char *end = at->text;
    if (lines == 0)
        lines = wi_yaml_line(at->text, at->size, "id", NULL);
    for (unsigned i = 0; i < lines && end != NULL; i++) {
        end = memchr(end, '\n', at->size - (size_t)(end - at->text));
        end = end == NULL ? NULL : end + 1;
    }
    if (lines == 0 || end == NULL)
        return at->line + lines;
    at->size -= (size_t)(end - at->text);
    at->text = end;
    return at->line += lines;
}

int wi_catalogue_read_models(struct wi_catalogue_builder *builder, const char *where,
                             const char *text, size_t size, struct wi_err *err) {
    void *data = NULL;
    WI_TRY(wi_yaml_read(&model_file_schema, where, text, size, &data, err));
    const struct model_file *file = data;
    struct reading_place at = {text, size, 0};
    int status = WI_OK;
    for (unsigned i = 0; status == WI_OK && i < file->models_count; i++)
        status = add_model(builder, where, line_of(&at, file->models[i].id), &file->models[i], err);
    wi_yaml_free(&model_file_schema, data);
    return status;
}

/* ---- size classes ---- */

struct class_entry {
    char *id, *representative;
    double params_below;
};
struct class_file {
    struct class_entry *size_classes;
    unsigned size_classes_count;
};
static const cyaml_schema_field_t class_fields[] = {
    CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_DEFAULT, struct class_entry, id, 1, TEXT_MAX),
    CYAML_FIELD_FLOAT("params_below", OPTIONAL, struct class_entry, params_below),
    CYAML_FIELD_STRING_PTR("representative", OPTIONAL, struct class_entry, representative, 1,
                           TEXT_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t class_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct class_entry, class_fields)};
static const cyaml_schema_field_t class_file_fields[] = {
    CYAML_FIELD_SEQUENCE("size_classes", CYAML_FLAG_POINTER, struct class_file, size_classes,
                         &class_value, 1, 100),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t class_file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct class_file, class_file_fields)};

int wi_catalogue_read_classes(struct wi_catalogue_builder *builder, const char *where,
                              const char *text, size_t size, struct wi_err *err) {
    void *data = NULL;
    WI_TRY(wi_yaml_read(&class_file_schema, where, text, size, &data, err));
    const struct class_file *file = data;
    for (unsigned i = 0; i < file->size_classes_count; i++) {
        const struct class_entry *e = &file->size_classes[i];
        *WI_PUSH(builder->arena, &builder->classes, struct wi_size_class) = (struct wi_size_class){
            .id = wi_arena_strdup(builder->arena, e->id),
            .params_below = e->params_below > 0 ? e->params_below : INFINITY,
            .representative = wi_arena_strdup(builder->arena, e->representative)};
    }
    wi_yaml_free(&class_file_schema, data);
    return WI_OK;
}

/* ---- precision families ---- */

struct family_entry {
    char *id;
    char **members;
    unsigned members_count;
};
struct family_file {
    struct family_entry *precision_families;
    unsigned precision_families_count;
};
static const cyaml_schema_field_t family_fields[] = {
    CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_DEFAULT, struct family_entry, id, 1, TEXT_MAX),
    CYAML_FIELD_SEQUENCE("members", CYAML_FLAG_POINTER, struct family_entry, members, &string_value,
                         1, 1000),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t family_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct family_entry, family_fields)};
static const cyaml_schema_field_t family_file_fields[] = {
    CYAML_FIELD_SEQUENCE("precision_families", CYAML_FLAG_POINTER, struct family_file,
                         precision_families, &family_value, 1, 100),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t family_file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct family_file, family_file_fields)};

int wi_catalogue_read_families(struct wi_catalogue_builder *builder, const char *where,
                               const char *text, size_t size, struct wi_err *err) {
    void *data = NULL;
    WI_TRY(wi_yaml_read(&family_file_schema, where, text, size, &data, err));
    const struct family_file *file = data;
    for (unsigned i = 0; i < file->precision_families_count; i++) {
        const struct family_entry *e = &file->precision_families[i];
        const char **members = WI_NEW_ARRAY(builder->arena, const char *, e->members_count + 1);
        for (unsigned j = 0; j < e->members_count; j++)
            members[j] = wi_arena_strdup(builder->arena, e->members[j]);
        *WI_PUSH(builder->arena, &builder->families, struct wi_precision_family) =
            (struct wi_precision_family){.id = wi_arena_strdup(builder->arena, e->id),
                                         .members = members};
    }
    wi_yaml_free(&family_file_schema, data);
    return WI_OK;
}

/* ---- engines ---- */

struct engine_entry {
    char *id, *name, *claim, *loads;
    uint32_t overhead_mib;
};
struct engine_file {
    struct engine_entry *engines;
    unsigned engines_count;
};
#define ENGINE_TEXT(key)                                                                           \
    CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_DEFAULT, struct engine_entry, key, 1, TEXT_MAX)
static const cyaml_schema_field_t engine_fields[] = {
    ENGINE_TEXT(id),
    ENGINE_TEXT(name),
    ENGINE_TEXT(claim),
    ENGINE_TEXT(loads),
    CYAML_FIELD_UINT("overhead_mib", CYAML_FLAG_DEFAULT, struct engine_entry, overhead_mib),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t engine_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct engine_entry, engine_fields)};
static const cyaml_schema_field_t engine_file_fields[] = {
    CYAML_FIELD_SEQUENCE("engines", CYAML_FLAG_POINTER, struct engine_file, engines, &engine_value,
                         1, 100),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t engine_file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct engine_file, engine_file_fields)};

int wi_catalogue_read_engines(struct wi_catalogue_builder *builder, const char *where,
                              const char *text, size_t size, struct wi_err *err) {
    void *data = NULL;
    WI_TRY(wi_yaml_read(&engine_file_schema, where, text, size, &data, err));
    const struct engine_file *file = data;
    for (unsigned i = 0; i < file->engines_count; i++) {
        const struct engine_entry *e = &file->engines[i];
        *WI_PUSH(builder->arena, &builder->engines, struct wi_engine) =
            (struct wi_engine){.id = wi_arena_strdup(builder->arena, e->id),
                               .name = wi_arena_strdup(builder->arena, e->name),
                               .claim = wi_arena_strdup(builder->arena, e->claim),
                               .loads = wi_arena_strdup(builder->arena, e->loads),
                               .overhead_bytes = (uint64_t)e->overhead_mib << 20};
    }
    wi_yaml_free(&engine_file_schema, data);
    return WI_OK;
}
