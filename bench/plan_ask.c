/* plan_ask.c: what is asked of a device: profiles, and what the request sets instead.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Profiles nest (SEMANTICS "Profiles nest"): each begins with what the smaller one asks, so that
 * any two runs share cases. */
#include "bench/plan_parts.h"

#include "base/buf.h"
#include "base/hash.h"

#include <string.h>

struct profile {
    const char *name;
    /* counts into the lists below */
    size_t models, precisions, prefill, depths, variants;
    double prefill_budget_s, decode_budget_s;
    bool smallest_whole;
};

static const char *const model_ids[] = {"gemma-2b", "gemma-7b", "mistral-7b", "distilbert-base"};
static const enum wi_format_id formats[] = {WI_FORMAT_q4_0, WI_FORMAT_q8_0, WI_FORMAT_f16,
                                            WI_FORMAT_bf16, WI_FORMAT_f32};
static const uint32_t prefill[] = {512, 128, 2048};
static const uint32_t depths[] = {512, 0, 4096};
static const struct wi_ask_variant variants[] = {
    {WI_FORMAT_f16, 1, false}, {WI_FORMAT_f16, 4, true}, {WI_FORMAT_q8_0, 1, true}};
enum { DECODE_TOKENS = 32 };
const uint32_t wi_ask_encode[2] = {128, 512};

/* Budgets: on two cores quick is to end within 3 minutes and standard within 20, at the rates that
 * forecast.c assumes (test_forecast.c holds them to it). Enough is known after six independent
 * parts of half a second or more: a decode gets there in its budget, a prefill when six of its
 * passes do in three quarters more, those of 7B models on a slow device do not. */
static const struct profile profiles[] = {
    {"quick", 3, 3, 1, 1, 1, 6, 3.5, false},
    {"standard", 4, 5, 3, 3, 1, 5, 3.5, false},
    {"full", 4, 5, 3, 3, 3, 20, 10, true},
};

bool wi_ask_is_quick(enum wi_phase phase, uint32_t tokens, uint32_t depth) {
    return phase == WI_PHASE_prefill  ? tokens == prefill[0]
           : phase == WI_PHASE_decode ? depth == depths[0]
                                      : false;
}

static const struct profile *find_profile(const char *name) {
    for (size_t i = 0; name != NULL && i < WI_COUNT(profiles); i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    return NULL;
}

/* ---- models ---- */

static int fill_models(const struct wi_run_request *r, const struct profile *p,
                       const struct wi_catalogue *catalogue, struct wi_arena *arena,
                       struct wi_ask *ask, struct wi_err *err) {
    size_t n = 0;
    while (r->models != NULL && r->models[n] != NULL)
        n++;
    size_t count = r->models != NULL ? n : p->models;
    ask->models = WI_NEW_ARRAY(arena, const struct wi_model *, count + 1);
    ask->model_count = count;
    for (size_t i = 0; i < count; i++) {
        if (r->models != NULL)
            ask->models[i] = r->models[i];
        else
            WI_TRY(wi_catalogue_find(catalogue, model_ids[i], &ask->models[i], err));
    }
    return count > 0 ? WI_OK : wi_fail(err, WI_USAGE, "no models to measure");
}

static const struct wi_model *smallest_decoder(const struct wi_ask *ask) {
    const struct wi_model *smallest = NULL;
    for (size_t i = 0; i < ask->model_count; i++) {
        const struct wi_model *m = ask->models[i];
        if (m->disclosed && m->arch == WI_ARCH_decoder &&
            (smallest == NULL || m->params < smallest->params))
            smallest = m;
    }
    return smallest;
}

/* ---- all of it ---- */

static void fill_phases(const struct wi_run_request *r, const struct profile *p,
                        struct wi_ask *ask) {
    ask->precisions = r->precisions != NULL ? r->precisions : formats;
    ask->precision_count = r->precisions != NULL ? r->precision_count : p->precisions;
    ask->prefill = r->prefill != NULL ? r->prefill : prefill;
    ask->prefill_count = r->prefill != NULL ? r->prefill_count : p->prefill;
    ask->depths = r->depths != NULL ? r->depths : depths;
    ask->depth_count = r->depths != NULL ? r->depth_count : p->depths;
    ask->decode_tokens = r->decode_tokens != 0 ? r->decode_tokens : DECODE_TOKENS;
    ask->prefill_budget_s = r->case_budget_s > 0 ? r->case_budget_s : p->prefill_budget_s;
    ask->decode_budget_s = r->case_budget_s > 0 ? r->case_budget_s : p->decode_budget_s;
}

/* A cache precision or batch that was named is the only one. */
static void fill_variants(const struct wi_run_request *r, const struct profile *p,
                          struct wi_ask *ask) {
    struct wi_ask_variant own = {r->kv_precision, r->batch == 0 ? 1 : r->batch, false};
    bool usual = own.kv_precision == variants[0].kv_precision && own.batch == variants[0].batch;
    ask->variants[0] = own;
    ask->variant_count = usual ? p->variants : 1;
    for (size_t i = 1; i < ask->variant_count; i++)
        ask->variants[i] = variants[i];
}

int wi_ask_fill(const struct wi_run_request *r, const struct wi_catalogue *catalogue,
                struct wi_arena *arena, struct wi_ask *ask, struct wi_err *err) {
    const struct profile *p = find_profile(r->profile);
    *ask = (struct wi_ask){0};
    if (p == NULL)
        return wi_fail(err, WI_USAGE, "profile '%s': there are quick, standard and full",
                       r->profile == NULL ? "" : r->profile);
    WI_TRY(fill_models(r, p, catalogue, arena, ask, err));
    fill_phases(r, p, ask);
    fill_variants(r, p, ask);
    wi_ask_fill_ops(r, arena, ask);
    if (p->smallest_whole)
        ask->every_layer_of = smallest_decoder(ask);
    return WI_OK;
}

/* ---- software devices ---- */

static const uint32_t software_prefill[] = {32};
enum { SOFTWARE_DECODE_TOKENS = 8 };

bool wi_ask_is_profile(const struct wi_run_request *r) {
    return r->models == NULL && r->precisions == NULL && r->prefill == NULL && r->depths == NULL;
}

/* The first model of every profile, in its first precision. */
struct wi_ask wi_ask_software(const struct wi_ask *ask) {
    struct wi_ask reduced = *ask;
    reduced.model_count = reduced.precision_count = reduced.variant_count = 1;
    reduced.prefill = software_prefill;
    reduced.prefill_count = reduced.depth_count = 1;
    reduced.decode_tokens = SOFTWARE_DECODE_TOKENS;
    reduced.every_layer_of = NULL;
    reduced.ops = false;
    return reduced;
}

/* ---- identity ---- */

static void print_numbers(struct wi_buf *text, const char *name, const uint32_t *list, size_t n) {
    wi_buf_printf(text, "%s", name);
    for (size_t i = 0; i < n; i++)
        wi_buf_printf(text, " %u", list[i]);
    wi_buf_putc(text, '\n');
}

/* Backends and compute devices as named by the user: what is there stands in the plan's hash. */
static void print_targets(struct wi_buf *text, const struct wi_run_request *r) {
    wi_buf_puts(text, "backends");
    for (size_t i = 0; i < r->backend_count; i++)
        wi_buf_printf(text, " %s", wi_backend_id_name(r->backends[i]));
    wi_buf_puts(text, "\ncompute");
    for (size_t i = 0; r->compute != NULL && r->compute[i] != NULL; i++)
        wi_buf_printf(text, " %s", r->compute[i]);
    wi_buf_putc(text, '\n');
}

void wi_ask_hash(const struct wi_run_request *r, const struct wi_ask *ask, char hash[65]) {
    struct wi_buf text = {0};
    wi_buf_puts(&text, "weighin-suite-v1\n");
    for (size_t i = 0; i < ask->model_count; i++)
        wi_buf_printf(&text, "model %s %s\n", ask->models[i]->id, ask->models[i]->hash);
    wi_buf_puts(&text, "precisions");
    for (size_t i = 0; i < ask->precision_count; i++)
        wi_buf_printf(&text, " %s", wi_format_get(ask->precisions[i])->name);
    wi_buf_putc(&text, '\n');
    print_numbers(&text, "prefill", ask->prefill, ask->prefill_count);
    print_numbers(&text, "encode", wi_ask_encode, WI_COUNT(wi_ask_encode));
    print_numbers(&text, "depths", ask->depths, ask->depth_count);
    for (size_t i = 0; i < ask->variant_count; i++)
        wi_buf_printf(&text, "kv %s batch %u\n", wi_format_get(ask->variants[i].kv_precision)->name,
                      ask->variants[i].batch);
    print_targets(&text, r);
    wi_buf_printf(&text, "decode %u\ncap %s\nevery_layer %d %s\nbudget %.17g %.17g\nseed %llu\n",
                  ask->decode_tokens, r->isa_cap == NULL ? "" : r->isa_cap, r->every_layer,
                  ask->every_layer_of == NULL ? "" : ask->every_layer_of->hash,
                  ask->prefill_budget_s, ask->decode_budget_s, (unsigned long long)r->seed);
    wi_ask_print_ops(ask, &text);
    wi_sha256_hex(text.data, text.size, hash);
    wi_buf_fini(&text);
}
