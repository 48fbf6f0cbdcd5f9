/* tiers_yaml.c: tier files, schema-checked. The only file of the tiers that knows YAML.
 * SPDX-License-Identifier: Apache-2.0
 *
 * libcyaml checks types and unknown keys and names line and column; wi_tiers_check() then asks
 * whether the thresholds make sense. Aliases are refused: files come from strangers. */
#include "results/tiers_load.h"

#include <cyaml/cyaml.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TIERS_MAX = 64, TEXT_MAX = 1000 };

/* ---- errors: libcyaml's log, cut to the sentence and the innermost place ---- */

struct log {
    char what[256], where[64];
};

static void keep_line(cyaml_log_t level, void *ctx, const char *format, va_list args) {
    struct log *log = ctx;
    char line[512];
    (void)level;
    if (vsnprintf(line, sizeof line, format, args) < 0)
        return;
    line[strcspn(line, "\n")] = '\0';
    const char *text = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;
    const char *place = strstr(line, "(line: ");
    unsigned row, column;
    if (place != NULL && sscanf(place, "(line: %u, column: %u)", &row, &column) == 2) {
        if (log->where[0] == '\0')
            snprintf(log->where, sizeof log->where, ": line %u, column %u", row, column);
    } else if (log->what[0] == '\0' && strncmp(text, "Backtrace", 9) != 0) {
        snprintf(log->what, sizeof log->what, "%.250s", text);
    }
}

/* The line on which the n-th tier names itself, for what is found out after parsing. */
static unsigned line_of(const char *text, size_t size, const char *id) {
    unsigned line = 1;
    size_t n = strlen(id);
    for (size_t i = 0; i + 4 + n <= size; i++) {
        line += text[i] == '\n';
        if (memcmp(text + i, "id: ", 4) == 0 && memcmp(text + i + 4, id, n) == 0)
            return line;
    }
    return 0;
}

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
                   line_of(text, size, tiers->tiers[bad].id), tiers->tiers[bad].id, why.message);
}

int wi_tiers_read(struct wi_tier_file *tiers, const char *where, const char *text, size_t size,
                  const struct wi_catalogue *catalogue, struct wi_err *err) {
    struct log log = {0};
    const cyaml_config_t config = {.log_fn = keep_line,
                                   .log_ctx = &log,
                                   .mem_fn = cyaml_mem,
                                   .log_level = CYAML_LOG_WARNING,
                                   .flags = CYAML_CFG_NO_ALIAS};
    void *data = NULL;
    cyaml_err_t e = cyaml_load_data((const uint8_t *)text, size, &config, &schema, &data, NULL);
    if (e != CYAML_OK || data == NULL)
        return wi_fail(err, WI_USAGE, "%s%s: %s", where, log.where,
                       e == CYAML_OK         ? "the file is empty"
                       : log.what[0] != '\0' ? log.what
                                             : cyaml_strerror(e));
    int status = take(data, where, text, size, catalogue, tiers, err);
    cyaml_free(&config, &schema, data, 0);
    return status;
}
