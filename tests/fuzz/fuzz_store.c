/* fuzz_store.c: any bytes as a database: refused or read.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that begin like an SQLite file are taken as one. Others are patches, 4 bytes each (an
 * offset of 3 bytes, a value), upon a good database: noise alone would never get past the header.
 */
#include "tests/results/store_exercise.h"
#include "tests/results/store_fixture.h"

static const char path[] = "fuzz_store.db";
static struct wi_buf good; /* the fuzzer's own state: made once, then only read */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    char fresh[64];
    fresh_path(fresh, sizeof(fresh), "fuzz_store_good");
    fixture_whole(fresh);
    return wi_os_read_file(fresh, 0, &good, NULL);
}

static void write_file(const void *bytes, size_t n) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
        abort();
}

static void write_patched(const uint8_t *data, size_t size) {
    struct wi_buf bad = {0};
    wi_buf_append(&bad, good.data, good.size);
    for (; size >= 4; data += 4, size -= 4)
        bad.data[(data[0] | data[1] << 8 | data[2] << 16) % (int)bad.size] = (char)data[3];
    write_file(bad.data, bad.size);
    wi_buf_fini(&bad);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wi_store *store = NULL;
    struct wi_err why = {0};
    if (size >= 16 && memcmp(data, "SQLite format 3", 16) == 0)
        write_file(data, size);
    else
        write_patched(data, size);
    if (wi_store_open(path, WI_STORE_READ, &store, &why) == WI_OK)
        exercise_store(store);
    else if (!why.message[0])
        abort();
    wi_store_close(store, NULL);
    return 0;
}
