/* json_topics.c: what a word means, and every number that rules rest on, for programs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/catalogue.h"
#include "report/json_parts.h"
#include "report/topics.h"

#include <string.h>

static void put_topic(struct wi_json *json, const struct wi_topics_view *view,
                      const struct wi_topic *t, struct wi_arena *arena) {
    wi_json_object(json, NULL);
    wi_json_str(json, "family", wi_topic_family_name(t->family));
    wi_json_str(json, "name", t->name);
    wi_json_str(json, "text", wi_topic_text(t, view->constants, arena));
    for (unsigned d = 0; t->family == WI_TOPIC_doubt && d < WI_DOUBT_COUNT; d++) {
        if (strcmp(wi_doubt_name((enum wi_doubt)d), t->name) != 0)
            continue;
        wi_json_str(json, "advice", wi_doubt_advice((enum wi_doubt)d));
        wi_json_bool(json, "bars", wi_doubt_bars((enum wi_doubt)d));
    }
    wi_json_object_end(json);
}

void wi_report_topics_json(const struct wi_topics_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.explain/1");
    wi_json_str(&json, "subject", view->asked ? "topic" : "topics");
    wi_json_str(&json, "topic", view->asked);
    wi_json_array(&json, "topics");
    for (size_t i = 0; i < view->found_count; i++)
        put_topic(&json, view, view->found[i], arena);
    wi_json_array_end(&json);
    wi_json_object_end(&json);
    wi_arena_destroy(arena);
}

/* ---- defaults ---- */

static void put_constants(struct wi_json *json, const struct wi_constants *list) {
    wi_json_array(json, "constants");
    for (size_t i = 0; i < list->count; i++) {
        wi_json_object(json, NULL);
        wi_json_str(json, "name", list->items[i].name);
        wi_json_f64(json, "value", list->items[i].value);
        wi_json_str(json, "unit", list->items[i].unit);
        wi_json_str(json, "says", list->items[i].says);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

static void put_tiers(struct wi_json *json, const struct wi_tier_file *file) {
    wi_json_object(json, "tiers");
    wi_json_str(json, "name", file->name);
    wi_json_str(json, "hash", file->hash);
    wi_json_str(json, "ruler", file->ruler->id);
    wi_json_str(json, "ruler_precision", wi_format_get(file->ruler_precision)->name);
    wi_json_u64(json, "prefill_tokens", file->prefill_tokens);
    wi_json_u64(json, "decode_depth", file->decode_depth);
    wi_json_array(json, "items");
    for (size_t i = 0; i < file->tier_count; i++) {
        const struct wi_tier *t = &file->tiers[i];
        wi_json_object(json, NULL);
        wi_json_str(json, "id", t->id);
        wi_json_maybe_f64(json, "usable_memory_mib", t->usable_memory_mib);
        wi_json_maybe_f64(json, "decode_tok_s", t->decode_tok_s);
        wi_json_maybe_f64(json, "prefill_tok_s", t->prefill_tok_s);
        wi_json_str(json, "says", t->says);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
    wi_json_object_end(json);
}

void wi_report_defaults_json(const struct wi_defaults_view *view, struct wi_buf *out) {
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.explain/1");
    wi_json_str(&json, "subject", "defaults");
    wi_json_str(&json, "rules_version", WI_RULES_VERSION);
    wi_json_str(&json, "kv_precision", wi_format_get(view->targets->kv_precision)->name);
    put_constants(&json, view->constants);
    put_tiers(&json, view->tiers);
    wi_json_array(&json, "engines");
    for (size_t i = 0; i < view->engine_count; i++) {
        wi_json_object(&json, NULL);
        wi_json_str(&json, "id", view->engines[i].id);
        wi_json_u64(&json, "overhead_bytes", view->engines[i].overhead_bytes);
        wi_json_object_end(&json);
    }
    wi_json_array_end(&json);
    wi_json_object_end(&json);
}
