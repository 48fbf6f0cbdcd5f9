/* fuzz_kv.c: any bytes into the key=value reader; what it accepts prints and reads back the same.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/kv.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_kv first, second;
    struct wi_buf text = {0}, again = {0};
    struct wi_err err = {0};
    wi_kv_init(&first, arena);
    wi_kv_init(&second, arena);
    if (wi_kv_parse(&first, (const char *)data, size, &err) == WI_OK) {
        wi_kv_print(&first, &text);
        if (wi_kv_parse(&second, wi_buf_str(&text), text.size, &err) != WI_OK)
            abort();
        wi_kv_print(&second, &again);
        if (strcmp(wi_buf_str(&text), wi_buf_str(&again)) != 0)
            abort();
    }
    wi_buf_fini(&text);
    wi_buf_fini(&again);
    wi_arena_destroy(arena);
    return 0;
}
