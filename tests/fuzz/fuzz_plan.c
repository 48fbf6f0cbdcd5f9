/* fuzz_plan.c: any bytes as a plan file; what is accepted is a list of options with values.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/plan_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_plan_file file;
    struct wi_err err = {0};
    int status = wi_plan_file_read("plan.yaml", (const char *)data, size, arena, &file, &err);
    if (status == WI_OK && file.count == 0)
        abort(); /* a plan that asks for nothing */
    for (size_t i = 0; status == WI_OK && i < file.count; i++)
        if (file.items[i].option == NULL ||
            (file.items[i].value == NULL) != (strcmp(file.items[i].option, "full") == 0))
            abort(); /* only --full takes no value */
    if (status != WI_OK && strstr(err.message, "plan.yaml") == NULL)
        abort(); /* a message that names no file */
    wi_arena_destroy(arena);
    return 0;
}
