/* values.h: what options and operands take, told by the word that help shows for it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One table for completion; a test fails when a command shows a word that is not in it. */
#ifndef WI_VALUES_H
#define WI_VALUES_H

#include "cli/cli.h"

/* `list`: several, with commas between. */
enum wi_value_kind {
    WI_VALUE_unknown, /* not in the table */
    WI_VALUE_free,    /* a number, a time, a note: nothing to offer */
    WI_VALUE_choice,  /* the words between its bars */
    WI_VALUE_file,
    WI_VALUE_folder,
    WI_VALUE_words, /* those of `words` below */
};
struct wi_value {
    enum wi_value_kind kind;
    bool list;
    const char *words; /* "model", "precision", "kernel_precision", "backend", "engine", "device",
                          "table", "topic", "isa" */
};
/* Of an option (its name and value) or an operand (name NULL). */
struct wi_value wi_value_of(const char *option, const char *value);

struct wi_words {
    const char **items;
    size_t count, capacity;
};
const char *wi_word_list(size_t i); /* what `words` may name, one by one; NULL: no more */
/* In the arena. Devices are those of the database; where it cannot be read there are none. */
int wi_words_of(struct wi_cli *cli, const char *list, struct wi_words *words, struct wi_err *err);

#endif
