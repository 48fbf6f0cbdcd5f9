/* fuzz_catalogue.c: any bytes as a user's model file; what is accepted has a footprint or a reason.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/catalogue.h"
#include "models/footprint.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct wi_catalogue *catalogue) {
    struct wi_err err = {0};
    struct wi_arena *arena = wi_arena_create();
    for (size_t i = 0; i < catalogue->model_count; i++) {
        struct wi_footprint_request request = {.model = catalogue->models[i],
                                               .precision = WI_FORMAT_q4_0,
                                               .kv_precision = WI_FORMAT_f16,
                                               .context = 128};
        struct wi_footprint footprint = {0};
        if (wi_footprint_compute(&request, arena, &footprint, &err) == WI_OK &&
            footprint.total_bytes < footprint.weights_bytes)
            abort(); /* a sum that wrapped */
    }
    wi_arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char path[] = "fuzz_catalogue.yaml";
    struct wi_err err = {0};
    FILE *f = fopen(path, "wb"); /* not wi_os_write_file: no need to wait for the disk */
    if (f == NULL || fwrite(data, 1, size, f) != size || fclose(f) != 0)
        abort();
    const char *const files[] = {path, NULL};
    struct wi_catalogue *catalogue = NULL;
    if (wi_catalogue_load(files, &catalogue, &err) == WI_OK) {
        ask(catalogue);
        wi_catalogue_destroy(catalogue);
    }
    return 0;
}
