/* tiers.c: tier files checked and loaded; bare numbers classified (SEMANTICS "Tiers").
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tiers_load.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/os.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

extern const unsigned char wi_data_tiers[];
extern const size_t wi_data_tiers_size;

enum { FILE_LIMIT = 1 << 20, ID_MAX = 40 };

/* ---- does the file make sense? ---- */

static bool good_id(const char *id) {
    size_t n = strlen(id);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)id[i]) && strchr("_-+.", id[i]) == NULL)
            return false;
    return n > 0 && n <= ID_MAX && strcmp(id, "unrated") != 0;
}

/* The three thresholds of a tier, in one order for every loop. */
static void limits(const struct wi_tier *t, const struct wi_maybe_f64 *out[3]) {
    out[0] = &t->usable_memory_mib;
    out[1] = &t->decode_tok_s;
    out[2] = &t->prefill_tok_s;
}
static const char *const limit_names[] = {"usable_memory_mib", "decode_tok_s", "prefill_tok_s"};

static int check_limits(const struct wi_tier_file *file, size_t i, struct wi_err *err) {
    const struct wi_maybe_f64 *own[3], *before[3];
    limits(&file->tiers[i], own);
    limits(&file->tiers[i > 0 ? i - 1 : 0], before);
    for (size_t k = 0; k < WI_COUNT(limit_names); k++) {
        if (i == 0 && wi_has_f64(*own[k]))
            return wi_fail(err, WI_USAGE,
                           "the first tier asks for %s: it takes every device, so it asks for "
                           "nothing",
                           limit_names[k]);
        if (wi_has_f64(*own[k]) && !(own[k]->value > 0 && own[k]->value <= 1e12))
            return wi_fail(err, WI_USAGE, "%s is no number above 0", limit_names[k]);
        if (wi_has_f64(*before[k]) && (!wi_has_f64(*own[k]) || own[k]->value < before[k]->value))
            return wi_fail(err, WI_USAGE, "%s asks for less than the tier %s before it",
                           limit_names[k], file->tiers[i - 1].id);
    }
    return WI_OK;
}

static int check_ruler(const struct wi_tier_file *file, struct wi_err *err) {
    const struct wi_model *m = file->ruler;
    const struct wi_format *f = wi_format_get(file->ruler_precision);
    if (!m->disclosed || m->unrunnable || m->arch != WI_ARCH_decoder)
        return wi_fail(err, WI_USAGE, "the ruler %s is no decoder that weighin can run", m->id);
    if (!f->kernel)
        return wi_fail(err, WI_USAGE, "the ruler's precision %s is run by no kernel", f->name);
    if (file->prefill_tokens == 0 || file->prefill_tokens > m->max_context ||
        file->decode_depth >= m->max_context)
        return wi_fail(err, WI_USAGE,
                       "prefill_tokens and decode_depth must lie within the ruler's context of %u",
                       m->max_context);
    return WI_OK;
}

int wi_tiers_check(const struct wi_tier_file *tiers, size_t *tier, struct wi_err *err) {
    *tier = tiers->tier_count;
    WI_TRY(check_ruler(tiers, err));
    for (size_t i = 0; i < tiers->tier_count; i++) {
        *tier = i;
        if (!good_id(tiers->tiers[i].id))
            return wi_fail(err, WI_USAGE,
                           "an id has up to %d letters, digits and _-+. and is not \"unrated\"",
                           ID_MAX);
        for (size_t k = 0; k < i; k++)
            if (strcmp(tiers->tiers[k].id, tiers->tiers[i].id) == 0)
                return wi_fail(err, WI_USAGE, "there are two tiers of this id");
        WI_TRY(check_limits(tiers, i, err));
    }
    return WI_OK;
}

/* ---- loading ---- */

/* Of what the file says, not of its bytes: comments and order of keys do not make other tiers. */
static void hash_content(struct wi_tier_file *file) {
    struct wi_buf text = {0};
    struct wi_json json;
    wi_json_init(&json, &text, false);
    wi_json_array(&json, NULL);
    wi_json_str(&json, NULL, file->name);
    wi_json_str(&json, NULL, file->ruler->id);
    wi_json_str(&json, NULL, file->ruler->hash);
    wi_json_str(&json, NULL, wi_format_get(file->ruler_precision)->name);
    wi_json_u64(&json, NULL, file->prefill_tokens);
    wi_json_u64(&json, NULL, file->decode_depth);
    for (size_t i = 0; i < file->tier_count; i++) {
        const struct wi_maybe_f64 *own[3];
        limits(&file->tiers[i], own);
        wi_json_str(&json, NULL, file->tiers[i].id);
        wi_json_str(&json, NULL, file->tiers[i].says);
        for (size_t k = 0; k < WI_COUNT(own); k++)
            wi_json_maybe_f64(&json, NULL, *own[k]);
    }
    wi_json_array_end(&json);
    wi_sha256_hex(text.data, text.size, file->hash);
    wi_buf_fini(&text);
}

static int read_file(struct wi_tier_file *file, const char *path,
                     const struct wi_catalogue *catalogue, struct wi_err *err) {
    struct wi_buf text = {0};
    if (path == NULL)
        return wi_tiers_read(file, "tiers.yaml (built in)", (const char *)wi_data_tiers,
                             wi_data_tiers_size, catalogue, err);
    int status = wi_os_read_file(path, FILE_LIMIT, &text, err);
    if (status == WI_OK)
        status = wi_tiers_read(file, path, wi_buf_str(&text), text.size, catalogue, err);
    wi_buf_fini(&text);
    return status;
}

int wi_tiers_load(const char *path, const struct wi_catalogue *catalogue,
                  struct wi_tier_file **tiers, struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_tier_file *file = WI_NEW(arena, struct wi_tier_file);
    file->arena = arena;
    *tiers = NULL;
    int status = read_file(file, path, catalogue, err);
    if (status != WI_OK) {
        wi_arena_destroy(arena);
        return status;
    }
    hash_content(file);
    *tiers = file;
    return WI_OK;
}

void wi_tiers_destroy(struct wi_tier_file *tiers) {
    if (tiers)
        wi_arena_destroy(tiers->arena);
}

/* ---- classifying ---- */

static enum wi_tri meets(struct wi_maybe_f64 limit, struct wi_maybe_f64 value) {
    if (!wi_has_f64(limit))
        return WI_TRI_yes;
    if (!wi_has_f64(value))
        return WI_TRI_unknown;
    return value.value >= limit.value ? WI_TRI_yes : WI_TRI_no;
}

const struct wi_tier *wi_tier_classify(const struct wi_tier_file *tiers,
                                       struct wi_maybe_f64 usable_memory_mib,
                                       struct wi_maybe_f64 decode_tok_s,
                                       struct wi_maybe_f64 prefill_tok_s, enum wi_tri *certain) {
    size_t i = tiers->tier_count;
    enum wi_tri sure = WI_TRI_yes;
    while (i-- > 1) {
        const struct wi_tier *t = &tiers->tiers[i];
        const enum wi_tri answers[] = {meets(t->usable_memory_mib, usable_memory_mib),
                                       meets(t->decode_tok_s, decode_tok_s),
                                       meets(t->prefill_tok_s, prefill_tok_s)};
        bool missed = false, unknown = false;
        for (size_t k = 0; k < WI_COUNT(answers); k++) {
            missed = missed || answers[k] == WI_TRI_no;
            unknown = unknown || answers[k] == WI_TRI_unknown;
        }
        if (!missed && !unknown)
            break;
        if (!missed)
            sure = WI_TRI_unknown;
    }
    if (certain)
        *certain = sure;
    return &tiers->tiers[i];
}
