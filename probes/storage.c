/* storage.c: room for a model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/units.h"
#include "probes/facts.h"
#include "probes/gpu_seen.h"
#include "probes/system.h"

#include <string.h>

static struct wi_maybe_u64 bytes_of(const char *text, enum wi_known known) {
    uint64_t value = 0;
    if (!text || wi_parse_u64(text, 0, UINT64_MAX, &value) != WI_OK)
        return (struct wi_maybe_u64){known == WI_KNOWN_known ? WI_KNOWN_unknown : known, 0};
    return wi_some_u64(value);
}

void wi_probe_storage(struct wi_env *env, const struct wi_probe_options *options,
                      struct wi_inventory *inventory) {
    struct wi_arena *arena = inventory->arena;
    const char *dir = options && options->model_dir ? options->model_dir : "";
    enum wi_known known;
    const char *text = wi_env_value(env, arena, wi_arena_printf(arena, "storage:%s", dir), &known);
    struct wi_kv kv;
    wi_kv_init(&kv, arena);
    if (text && wi_kv_parse(&kv, text, strlen(text), NULL) != WI_OK)
        known = WI_KNOWN_unknown;
    if (known == WI_KNOWN_not_applicable)
        known = WI_KNOWN_unknown; /* every machine has storage */
    inventory->storage = (struct wi_storage){
        .path = wi_gpu_clean_text(arena, wi_kv_get(&kv, "path")),
        .free_bytes = bytes_of(wi_kv_get(&kv, "free"), known),
        .total_bytes = bytes_of(wi_kv_get(&kv, "total"), known),
    };
    wi_facts_add_u64(&inventory->facts, arena, "storage.free_bytes", inventory->storage.free_bytes,
                     "bytes", "statvfs");
    wi_facts_add_u64(&inventory->facts, arena, "storage.total_bytes",
                     inventory->storage.total_bytes, "bytes", "statvfs");
}
