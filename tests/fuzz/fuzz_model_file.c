/* fuzz_model_file.c: any bytes as a model's file; what is read adds up and stays within the file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/model_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
    const uint8_t *data;
    size_t size;
};

static int read_bytes(void *state, uint64_t at, void *out, size_t n, struct wi_err *err) {
    const struct bytes *bytes = state;
    (void)err;
    if (n > bytes->size || at > bytes->size - n)
        abort();
    memcpy(out, bytes->data + at, n);
    return WI_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct wi_catalogue *catalogue;
    struct wi_arena *arena = wi_arena_create();
    struct bytes bytes = {data, size};
    struct wi_byte_source source = {
        .name = "fuzz", .size = size, .read = read_bytes, .state = &bytes};
    struct wi_model_file file;
    struct wi_file_cache cache;
    const struct wi_model **same = NULL;
    struct wi_err err = {0};
    size_t n = 0;
    if (catalogue == NULL && wi_catalogue_load(NULL, &catalogue, &err) != WI_OK)
        abort();
    int status = wi_model_file_read(&source, arena, &file, &err);
    if (status == WI_OK) {
        uint64_t params = 0;
        for (size_t i = 0; i < file.types.count; i++)
            params += file.types.items[i].params;
        if (params != file.params || file.header_bytes > size)
            abort();
        if (wi_model_file_same(&file, catalogue, arena, &same, &n, &err) != WI_OK ||
            wi_model_file_cache(&file, NULL, arena, &cache, &err) != WI_OK)
            abort();
    } else if (status != WI_USAGE || err.message[0] == '\0') {
        abort();
    }
    wi_arena_destroy(arena);
    return 0;
}
