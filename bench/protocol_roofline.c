/* protocol_roofline.c: ceilings as key=value lines; protocol.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only passes travel; the figures are computed by whoever reads them. */
#include "bench/protocol.h"

#include "base/units.h"
#include "bench/fields.h"

#include <stdio.h>
#include <string.h>

enum { CEILINGS_MOST = 1024, THREADS_MOST = 4096, TEXT_MOST = 100 };
static const double work_most = 1e18;

#define L(kind, member) WI_FIELD(kind, struct wi_ceiling, member)
static const struct wi_field fields[] = {
    WI_FIELD_ENUM(struct wi_ceiling, id, WI_CEILING_COUNT),
    L(text, how),
    L(text, arithmetic),
    L(text, precision),
    L(text, phase),
    L(u32, threads),
    L(f64, work),
};

/* ---- passes: "ns ns ns" ---- */

static void put_samples(const struct wi_ceiling *c, const char *key, struct wi_kv *kv) {
    struct wi_buf text = {0};
    for (size_t i = 0; i < c->sample_count; i++)
        wi_buf_printf(&text, "%s%llu", i == 0 ? "" : " ", (unsigned long long)c->samples_ns[i]);
    wi_kv_set(kv, key, wi_buf_str(&text));
    wi_buf_fini(&text);
}

static int get_samples(const struct wi_kv *kv, const char *key, struct wi_ceiling *c,
                       struct wi_err *err) {
    char *text = wi_arena_strdup(kv->arena, wi_kv_get(kv, key)), *save = NULL;
    if (text == NULL)
        return wi_fail(err, WI_CORRUPT, "%s: missing", key);
    uint64_t *ns = WI_NEW_ARRAY(kv->arena, uint64_t, strlen(text) / 2 + 1);
    for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
        if (wi_parse_u64(word, 1, UINT64_MAX, &ns[c->sample_count++]) != WI_OK)
            return wi_fail(err, WI_CORRUPT, "%s: '%.20s' is no time", key, word);
    c->samples_ns = ns;
    return c->sample_count > 0 ? WI_OK : wi_fail(err, WI_CORRUPT, "%s: no passes", key);
}

/* ---- a ceiling ---- */

static bool too_long(const char *text) {
    return text != NULL && strlen(text) > TEXT_MOST;
}

static int get_ceiling(const struct wi_kv *kv, size_t i, struct wi_ceiling *c, struct wi_err *err) {
    char prefix[40], key[60];
    snprintf(prefix, sizeof prefix, "ceiling.%zu.", i);
    snprintf(key, sizeof key, "%sns", prefix);
    WI_TRY(wi_fields_get(kv, prefix, fields, WI_COUNT(fields), c, err));
    if (c->how == NULL || too_long(c->how) || too_long(c->arithmetic) || too_long(c->precision) ||
        too_long(c->phase))
        return wi_fail(err, WI_CORRUPT, "%show: missing, or a text that is too long", prefix);
    if (!(c->work > 0) || c->work > work_most || c->threads == 0 || c->threads > THREADS_MOST)
        return wi_fail(err, WI_CORRUPT, "%swork, threads: out of range", prefix);
    return get_samples(kv, key, c, err);
}

void wi_roofline_put(const struct wi_roofline *r, struct wi_kv *kv) {
    char prefix[40];
    size_t n = r->ceiling_count < CEILINGS_MOST ? r->ceiling_count : CEILINGS_MOST;
    wi_kv_setf(kv, "ceilings", "%zu", n);
    for (size_t i = 0; i < n; i++) {
        snprintf(prefix, sizeof prefix, "ceiling.%zu.", i);
        wi_fields_put(kv, prefix, fields, WI_COUNT(fields), &r->ceilings[i]);
        put_samples(&r->ceilings[i], wi_arena_printf(kv->arena, "%sns", prefix), kv);
    }
}

int wi_roofline_get(const struct wi_kv *kv, struct wi_roofline *r, struct wi_err *err) {
    struct wi_maybe_u64 n = wi_kv_u64(kv, "ceilings");
    *r = (struct wi_roofline){0};
    if (!wi_has_u64(n) || n.value > CEILINGS_MOST)
        return wi_fail(err, WI_CORRUPT, "ceilings: missing or more than %d", CEILINGS_MOST);
    struct wi_ceiling *ceilings = WI_NEW_ARRAY(kv->arena, struct wi_ceiling, (size_t)n.value);
    for (size_t i = 0; i < n.value; i++)
        WI_TRY(get_ceiling(kv, i, &ceilings[i], err));
    r->ceilings = ceilings;
    r->ceiling_count = (size_t)n.value;
    wi_roofline_sum_up(r);
    return WI_OK;
}
