/* text.c: edit distance and lists of words.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <string.h>

enum { WORD_MAX = 63 };

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned min3(unsigned a, unsigned b, unsigned c) {
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

/* Optimal string alignment: d[i][j] = cheapest way from the first i bytes of a to the first j of b;
 * three rows are enough. */
unsigned wi_text_distance(const char *a, const char *b) {
    size_t n = strnlen(a, WORD_MAX), m = strnlen(b, WORD_MAX);
    unsigned rows[3][WORD_MAX + 1];
    for (unsigned j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);
            now[j] = min3(up[j] + 1, now[j - 1] + 1, up[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]) &&
                up2[j - 2] + 1 < now[j])
                now[j] = up2[j - 2] + 1;
        }
    }
    return rows[n % 3][m];
}

const char *wi_text_closest(const char *word, const char *const *candidates, size_t n) {
    /* One slip in short words, one more for every three letters: more is another word. */
    unsigned best = 1 + (unsigned)strnlen(word, WORD_MAX) / 3 + 1;
    const char *closest = NULL;
    for (size_t i = 0; i < n; i++) {
        unsigned distance = wi_text_distance(word, candidates[i]);
        if (distance < best && distance < strlen(candidates[i])) {
            best = distance;
            closest = candidates[i];
        }
    }
    return closest;
}

void wi_text_join(struct wi_buf *out, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            wi_buf_puts(out, ", ");
        wi_buf_puts(out, words[i]);
    }
}
