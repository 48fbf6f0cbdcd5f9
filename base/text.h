/* text.h: words for people: "did you mean", lists of what is allowed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_TEXT_H
#define WI_TEXT_H

#include "base/buf.h"

#include <stddef.h>

/* Edits (insert, delete, replace, swap of neighbours) from one word to the other, ignoring ASCII
 * case; words are cut at 63 bytes. */
unsigned wi_text_distance(const char *a, const char *b);
/* The candidate that a typing slip most likely meant; NULL when none is close. The first of equals
 * wins. */
const char *wi_text_closest(const char *word, const char *const *candidates, size_t n);
/* "a, b, c" */
void wi_text_join(struct wi_buf *out, const char *const *words, size_t n);

#endif
