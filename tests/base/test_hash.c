/* test_hash.c: SHA-256 against the examples of FIPS 180-4 (NIST "SHA256.pdf" and its long message).
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

static void check(const char *text, const char *want) {
    char got[65];
    wi_sha256_hex(text, strlen(text), got);
    assert_string_equal(got, want);
}

static void published_examples_hash_as_published(void **state) {
    (void)state;
    check("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlm"
        "nopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void a_million_a_in_uneven_pieces_hash_as_published(void **state) {
    (void)state;
    struct wi_sha256 hash;
    unsigned char digest[32];
    char piece[997], hex[65];
    memset(piece, 'a', sizeof(piece));
    wi_sha256_init(&hash);
    for (size_t left = 1000000, n; left > 0; left -= n) {
        n = left < sizeof(piece) ? left : sizeof(piece);
        wi_sha256_update(&hash, piece, n);
    }
    wi_sha256_final(&hash, digest);
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* The padding's corners: 55 bytes leave just room for the length, 56 and 64 do not. */
static void lengths_around_a_block_agree_with_byte_by_byte(void **state) {
    (void)state;
    char text[130];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 26);
    for (size_t n = 50; n <= sizeof(text); n++) {
        struct wi_sha256 hash;
        unsigned char digest[32];
        char whole[65], hex[65];
        wi_sha256_init(&hash);
        for (size_t i = 0; i < n; i++)
            wi_sha256_update(&hash, text + i, 1);
        wi_sha256_final(&hash, digest);
        for (int i = 0; i < 32; i++)
            snprintf(hex + 2 * i, 3, "%02x", digest[i]);
        wi_sha256_hex(text, n, whole);
        assert_string_equal(hex, whole);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_examples_hash_as_published),
        cmocka_unit_test(a_million_a_in_uneven_pieces_hash_as_published),
        cmocka_unit_test(lengths_around_a_block_agree_with_byte_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
