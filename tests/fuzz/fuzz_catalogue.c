/* fuzz_catalogue.c: any bytes as a user's model file; what is accepted has a footprint or a reason.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Goes below wi_catalogue_load, which reads the built-in files first: twenty times the work. */
#include "models/catalogue_load.h"
#include "models/footprint.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct wi_catalogue_builder *builder) {
    struct wi_err err = {0};
    for (size_t i = 0; i < builder->models.count; i++) {
        struct wi_footprint_request request = {.model = builder->models.items[i],
                                               .precision = WI_FORMAT_q4_0,
                                               .kv_precision = WI_FORMAT_f16,
                                               .context = 128};
        struct wi_footprint footprint = {0};
        if (wi_footprint_compute(&request, builder->arena, &footprint, &err) == WI_OK &&
            footprint.total_bytes < footprint.weights_bytes)
            abort(); /* a sum that wrapped */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wi_catalogue_builder builder = {.arena = wi_arena_create()};
    struct wi_err err = {0};
    if (wi_catalogue_read_models(&builder, "fuzz.yaml", (const char *)data, size, &err) == WI_OK)
        ask(&builder);
    else if (err.message[0] == '\0')
        abort(); /* refused, and not in one sentence */
    wi_arena_destroy(builder.arena);
    return 0;
}
