/* derive.c: evidence -> device_tier, feasibility, tier_feasibility, all in one transaction.
 * SPDX-License-Identifier: Apache-2.0
 *
 * No clock, no random number, nothing from derived rows: deleting them and deriving again gives the
 * same bytes. Every device is asked about every model that kernels run, at every precision that
 * they run, at the default targets, engine `reference`. */
#include "results/judge_parts.h"
#include "results/shares.h"

#include <stdlib.h>
#include <string.h>

struct question {
    const struct wi_model *model;
    enum wi_format_id precision;
};
struct subject { /* one device */
    const struct wi_device_row *row;
    struct wi_inventory *inventory; /* owned */
    struct wi_tier_result tier;
    struct wi_verdict *verdicts; /* one a question */
};
struct deriving {
    struct wi_store *store;
    const struct wi_catalogue *catalogue;
    const struct wi_tier_file *tiers;
    const struct wi_rules *rules;
    struct wi_arena *arena;
    struct question *questions;
    size_t question_count;
    struct subject *subjects;
    size_t subject_count;
    struct wi_err *err;
};

static void list_questions(struct deriving *d) {
    d->questions =
        WI_NEW_ARRAY(d->arena, struct question, d->catalogue->model_count * WI_FORMAT_COUNT + 1);
    for (size_t i = 0; i < d->catalogue->model_count; i++) {
        const struct wi_model *m = d->catalogue->models[i];
        for (unsigned f = 0; f < WI_FORMAT_COUNT; f++)
            if (m->disclosed && !m->unrunnable && wi_format_get((enum wi_format_id)f)->kernel)
                d->questions[d->question_count++] = (struct question){m, (enum wi_format_id)f};
    }
}

/* ---- one device ---- */

/* What shares ask of a verdict; the rest (footprints, sentences) is in the database by then, and
 * for a lab's shelf it would fill the memory. */
static void keep(struct deriving *d, const struct wi_verdict *v, struct wi_verdict *kept) {
    const char **ids = WI_NEW_ARRAY(d->arena, const char *, v->evidence_count + 1);
    for (size_t i = 0; i < v->evidence_count; i++)
        ids[i] = v->evidence[i]; /* the ids themselves are the evidence's */
    *kept = *v;
    kept->evidence = ids;
    kept->because = NULL;
    kept->footprint = NULL;
    kept->not_counted = NULL;
    kept->not_counted_count = 0;
}

static int judge_one(struct deriving *d, const struct wi_verdict_request *request,
                     struct wi_verdict *kept) {
    struct wi_arena *scratch = wi_arena_create();
    struct wi_verdict verdict;
    int status = wi_verdict_derive(request, scratch, &verdict, d->err);
    if (status == WI_OK)
        status = wi_store_derived_put_feasibility(d->store, &verdict, d->err);
    if (status == WI_OK)
        keep(d, &verdict, kept);
    wi_arena_destroy(scratch);
    return status;
}

static int judge_all(struct deriving *d, struct subject *s, struct wi_verdict_request *request) {
    WI_TRY(wi_tier_derive(d->tiers, request, d->arena, &s->tier, d->err));
    WI_TRY(wi_store_derived_put_device_tier(d->store, s->row->device_id, &s->tier, d->err));
    s->verdicts = WI_NEW_ARRAY(d->arena, struct wi_verdict, d->question_count + 1);
    for (size_t i = 0; i < d->question_count; i++) {
        request->model = d->questions[i].model;
        request->precision = d->questions[i].precision;
        WI_TRY(judge_one(d, request, &s->verdicts[i]));
    }
    return WI_OK;
}

static int derive_device(struct deriving *d, struct subject *s) {
    struct wi_evidence_list evidence = {0};
    struct wi_roofline *rooflines = NULL;
    size_t roofline_count = 0;
    WI_TRY(wi_store_load_inventory(d->store, s->row->device_id, &s->inventory, d->err));
    WI_TRY(wi_store_load_evidence(d->store, d->catalogue, s->row->device_id, NULL, false, d->arena,
                                  &evidence, d->err));
    WI_TRY(wi_rooflines_load(d->store, s->inventory, &evidence, d->arena, &rooflines,
                             &roofline_count, d->err));
    struct wi_verdict_request request = {.catalogue = d->catalogue,
                                         .inventory = s->inventory,
                                         .evidence = &evidence,
                                         .rooflines = rooflines,
                                         .roofline_count = roofline_count,
                                         .engine = "reference",
                                         .rules = d->rules};
    return judge_all(d, s, &request);
}

static int by_device(const void *a, const void *b) {
    const struct subject *x = a, *y = b;
    return strcmp(x->row->device_id, y->row->device_id);
}

static int derive_devices(struct deriving *d) {
    struct wi_device_row *rows = NULL;
    size_t n = 0;
    WI_TRY(wi_store_list_devices(d->store, d->arena, &rows, &n, d->err));
    d->subjects = WI_NEW_ARRAY(d->arena, struct subject, n + 1);
    for (size_t i = 0; i < n; i++)
        d->subjects[i].row = &rows[i];
    qsort(d->subjects, n, sizeof(*d->subjects), by_device);
    d->subject_count = n;
    for (size_t i = 0; i < n; i++)
        WI_TRY(derive_device(d, &d->subjects[i]));
    return WI_OK;
}

/* ---- tiers ---- */

/* A retired device keeps its verdicts and leaves the shelf. */
static int derive_cell(struct deriving *d, const char *tier, size_t question) {
    struct wi_share_unit *units =
        WI_NEW_ARRAY(d->arena, struct wi_share_unit, d->subject_count + 1);
    struct wi_matrix_cell cell;
    size_t n = 0;
    for (size_t i = 0; i < d->subject_count; i++) {
        const struct subject *s = &d->subjects[i];
        if (strcmp(s->tier.id, tier) == 0 && !s->row->retired)
            units[n++] = (struct wi_share_unit){s->row->sku_id, &s->verdicts[question]};
    }
    if (n == 0)
        return WI_OK;
    wi_share_of(units, n, d->arena, &cell);
    cell.tier = tier;
    cell.by_definition = strcmp(cell.model->hash, d->tiers->ruler->hash) == 0 &&
                         cell.precision == d->tiers->ruler_precision;
    return wi_store_derived_put_tier_feasibility(d->store, &cell, d->err);
}

static int derive_tiers(struct deriving *d) {
    for (size_t t = 0; t <= d->tiers->tier_count; t++) {
        bool named = t < d->tiers->tier_count;
        if (named)
            WI_TRY(wi_store_derived_put_tier(d->store, d->tiers, (uint32_t)t, d->err));
        for (size_t q = 0; q < d->question_count; q++)
            WI_TRY(derive_cell(d, named ? d->tiers->tiers[t].id : "unrated", q));
    }
    return WI_OK;
}

static int derive_all(struct deriving *d) {
    list_questions(d);
    WI_TRY(derive_devices(d));
    return derive_tiers(d);
}

/* ---- the transaction ---- */

static void fini(struct deriving *d) {
    for (size_t i = 0; i < d->subject_count; i++)
        if (d->subjects[i].inventory)
            wi_arena_destroy(d->subjects[i].inventory->arena);
    wi_arena_destroy(d->arena);
}

int wi_derive(struct wi_store *store, const struct wi_catalogue *catalogue,
              const struct wi_tier_file *tiers, const struct wi_rules *rules, struct wi_err *err) {
    const struct wi_derived_by by = {WI_RULES_VERSION, tiers->hash, catalogue->hash};
    struct wi_rules timeless = rules ? *rules : *wi_rules_default();
    struct deriving d = {
        .store = store, .catalogue = catalogue, .tiers = tiers, .rules = &timeless, .err = err};
    timeless.as_of_utc_ns = 0; /* derived rows do not depend on the day */
    WI_TRY(wi_store_put_catalogue(store, catalogue, err));
    WI_TRY(wi_store_derived_begin(store, &by, err));
    d.arena = wi_arena_create();
    int status = derive_all(&d);
    fini(&d);
    if (status != WI_OK) {
        wi_store_derived_rollback(store);
        return status;
    }
    return wi_store_derived_commit(store, err);
}
