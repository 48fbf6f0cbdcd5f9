/* views_check.c: hand-built models, footprints and verdicts.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/report/views_parts.h"

#include <math.h>

static const struct wi_interval unknown = {NAN, NAN, NAN};

const struct wi_model views_gemma = {.id = "gemma-2b",
                                     .name = "Gemma 2B",
                                     .disclosed = true,
                                     .arch = WI_ARCH_decoder,
                                     .n_layer = 18,
                                     .max_context = 8192,
                                     .params = 2506172416,
                                     .size_class = "2B"};
const struct wi_model views_bert = {.id = "distilbert-base",
                                    .name = "DistilBERT",
                                    .disclosed = true,
                                    .arch = WI_ARCH_encoder,
                                    .n_layer = 6,
                                    .max_context = 512,
                                    .params = 66362880,
                                    .size_class = "tiny"};
const struct wi_model views_hostile_model = {
    .id = "x\" onload=\"alert(1)", .name = views_hostile_name, .disclosed = true};

static struct wi_footprint *footprint(struct wi_arena *arena) {
    struct wi_footprint *f = WI_NEW(arena, struct wi_footprint);
    *f = (struct wi_footprint){.weights_bytes = 1409877504,
                               .kv_cache_bytes = 75497472,
                               .compute_bytes = 96468992,
                               .overhead_bytes = 33554432,
                               .total_bytes = 1615398400,
                               .load_peak_bytes = 1615398400,
                               .largest_tensor_bytes = 294912000,
                               .largest_tensor = "token_embd.weight",
                               .file_bytes = 1415774976};
    f->items = WI_NEW_ARRAY(arena, struct wi_footprint_item, 4);
    f->item_count = 4;
    f->items[0] = (struct wi_footprint_item){"weights/mlp", 1409877504};
    f->items[1] = (struct wi_footprint_item){"kv_cache", 75497472};
    f->items[2] = (struct wi_footprint_item){"compute/logits", 96468992};
    f->items[3] = (struct wi_footprint_item){"overhead", 33554432};
    return f;
}

static const struct wi_targets targets = {.prompt_tokens = 512,
                                          .output_tokens = 128,
                                          .context = 4096,
                                          .batch = 1,
                                          .kv_precision = WI_FORMAT_f16,
                                          .usable_decode_tok_s = 5,
                                          .usable_first_token_s = 10,
                                          .comfortable_decode_tok_s = 10,
                                          .comfortable_first_token_s = 3,
                                          .usable_encode_s = 1,
                                          .comfortable_encode_s = 0.2};

static const char *const evidence[] = {"0193000000000000000000000000aa01",
                                       "0193000000000000000000000000aa02"};
static const struct wi_not_counted not_counted[] = {
    {"0193000000000000000000000000bb01", "the device throttled: let it cool"},
    {"0193000000000000000000000000bb02", "the device throttled: let it cool"},
    {"0193000000000000000000000000bb03", "measured with the cap isa=avx2"}};

/* Everything known. */
static void comfortable(struct wi_arena *arena, struct wi_verdict *v) {
    *v = (struct wi_verdict){
        .model = &views_gemma,
        .precision = WI_FORMAT_q4_0,
        .engine = "reference",
        .claim = "ceiling",
        .device_id = "asset-7",
        .compute_device_id = "cpu0",
        .targets = targets,
        .verdict = WI_VERDICT_comfortable,
        .fits = WI_TRI_yes,
        .fast_enough = WI_TRI_yes,
        .binding_limit = WI_LIMIT_bandwidth,
        .because = "Decode at 14.1 tok/s meets 10 tok/s; the first token after 905 ms meets 3 s. "
                   "Decode is bound by memory bandwidth, at 81 % of what this device can do.",
        .basis_fit = WI_BASIS_measured,
        .basis_decode = WI_BASIS_measured,
        .basis_prefill = WI_BASIS_measured,
        .evidence = evidence,
        .evidence_count = 2,
        .not_counted = not_counted,
        .not_counted_count = 3,
        .footprint = footprint(arena),
        .pool = "system memory",
        .budget_bytes = wi_some_u64(14602888806),
        .available_now_bytes = wi_some_u64(9663676416),
        .largest_allowed_bytes = {WI_KNOWN_not_applicable, 0},
        .decode_tok_s = {13.8, 14.1, 14.5},
        .prefill_tok_s = {540, 566, 580},
        .first_token_s = {0.88, 0.905, 0.95},
    };
}

/* Nothing known but the question: no footprint, no budget, no speed. */
static void nothing_known(struct wi_verdict *v) {
    *v = (struct wi_verdict){.model = &views_gemma,
                             .precision = WI_FORMAT_f32,
                             .engine = "reference",
                             .claim = "ceiling",
                             .device_id = "asset-7",
                             .compute_device_id = "cpu0",
                             .targets = targets,
                             .verdict = WI_VERDICT_unknown,
                             .because = "Nothing was measured on this device.",
                             .decode_tok_s = unknown,
                             .prefill_tok_s = unknown,
                             .first_token_s = unknown};
}

static void on_gpu(struct wi_verdict *v) {
    v->compute_device_id = "gpu0";
    v->precision = WI_FORMAT_f16;
    v->verdict = WI_VERDICT_does_not_fit;
    v->borderline = true;
    v->fits = WI_TRI_no;
    v->fast_enough = WI_TRI_unknown;
    v->binding_limit = WI_LIMIT_memory;
    v->because = "1.50 GiB are needed, 1.00 GiB may be used.";
    v->pool = "device memory";
    v->budget_bytes = wi_some_u64(1ull << 30);
    v->available_now_bytes = (struct wi_maybe_u64){WI_KNOWN_unknown, 0};
    v->largest_allowed_bytes = wi_some_u64((4ull << 30) - 1);
    v->decode_tok_s = v->first_token_s = unknown;
    v->basis_decode = WI_BASIS_none;
    v->basis_prefill = WI_BASIS_predicted;
    v->evidence_count = 0;
    v->not_counted_count = 0;
}

void views_verdict(enum views_case c, struct wi_arena *arena, struct wi_verdict *v) {
    comfortable(arena, v);
    if (c == VIEWS_two_gpus)
        on_gpu(v);
    else if (c == VIEWS_all_failed)
        nothing_known(v);
    else if (c == VIEWS_hostile) {
        v->model = &views_hostile_model;
        v->because = views_hostile_name;
        v->pool = views_hostile_name;
        v->engine = views_hostile_name;
        v->claim = "engine";
    }
}

void views_check(enum views_case c, struct wi_arena *arena, struct wi_check_view *view) {
    static const struct wi_alternative alternatives[] = {
        {WI_FORMAT_q8_0, 4096, WI_VERDICT_usable}, {WI_FORMAT_f16, 2048, WI_VERDICT_does_not_fit}};
    struct wi_verdict *v = WI_NEW(arena, struct wi_verdict);
    views_verdict(c, arena, v);
    *view = (struct wi_check_view){.verdict = v,
                                   .device_name = views_inventory(c, arena)->name,
                                   .looked_at = "weighin.db: 12 measurements",
                                   .alternatives = alternatives,
                                   .alternative_count = 2};
    if (c == VIEWS_all_failed) {
        view->alternative_count = 0;
        view->looked_at = "weighin.db: no such file; probed this device instead";
        view->advice = "weigh this device in: weighin run --models gemma-2b --precisions f32";
    }
    if (c == VIEWS_hostile)
        view->advice = view->looked_at = views_hostile_name;
}

void views_estimate(enum views_case c, struct wi_arena *arena, struct wi_estimate_view *view) {
    *view =
        (struct wi_estimate_view){.model = c == VIEWS_hostile ? &views_hostile_model : &views_gemma,
                                  .precision = WI_FORMAT_q4_0,
                                  .kv_precision = WI_FORMAT_f16,
                                  .context = 4096,
                                  .engine = c == VIEWS_hostile ? views_hostile_name : "reference",
                                  .footprint = footprint(arena)};
}
