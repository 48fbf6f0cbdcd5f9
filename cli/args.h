/* args.h: one option table per command; parsing, help and messages follow from it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_ARGS_H
#define WI_ARGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct wi_cli;

struct wi_option {
    const char *name;  /* "precision": long name */
    char letter;       /* 'o' or 0 */
    const char *value; /* "P": what it takes, as help shows it (values.h); "html|md": one of those,
                          which parsing holds; NULL: a flag */
    bool repeats;      /* may be given more than once */
    const char *help;  /* one sentence without a full stop */
};

enum wi_command_use { /* which options every such command has */
                      WI_USE_json = 1,
                      WI_USE_db = 2,
                      WI_USE_models = 4, /* reads the catalogue: --models-file */
                      WI_USE_hidden = 8, /* between our own processes: no help, no listing */
};
struct wi_command {
    const char *name;
    const char *operands; /* "MODEL", "FILE.."; "" none */
    size_t operand_min, operand_max;
    const char *operand_values; /* for completion, where `operands` is prose: one word an operand,
                                   as an option's value; NULL: as `operands` */
    const char *summary;        /* one line: what it answers */
    const char
        *details; /* further help: paragraphs, each ends in a line that ends in a full stop; NULL */
    unsigned use; /* enum wi_command_use */
    const struct wi_option *options; /* ends with a NULL name; NULL: none of its own */
    int (*run)(struct wi_cli *cli, struct wi_err *err);
};

struct wi_given {
    const struct wi_option *option;
    const char **values; /* as often as given; a flag: NULL entries */
    const char *from;    /* "lab.yaml: line 3": the plan file; NULL: the command line */
    size_t count, capacity;
};
struct wi_args {
    const struct wi_command *command;
    struct wi_given *given; /* one for each option that the command takes */
    size_t given_count;
    const char **operands;
    size_t operand_count;
    bool help;
};

/* argv[0] is the command's name. WI_USAGE: what was wrong and what is allowed. */
int wi_args_parse(const struct wi_command *command, int argc, const char **argv,
                  struct wi_arena *arena, struct wi_args *args, struct wi_err *err);
/* The last value given; NULL when the option was not. Asking for an option that the command does
 * not have is a bug. */
const char *wi_args_get(const struct wi_args *args, const char *name);
bool wi_args_has(const struct wi_args *args, const char *name);
const struct wi_given *wi_args_all(const struct wi_args *args, const char *name);

/* Numbers: WI_USAGE names option, value and the range. `out` is untouched when not given. */
int wi_args_u32(const struct wi_args *args, const char *name, unsigned lo, unsigned hi,
                unsigned *out, struct wi_err *err);
int wi_args_f64(const struct wi_args *args, const char *name, double lo, double hi, double *out,
                struct wi_err *err);
/* "a,b,c" -> its parts, NULL-terminated; NULL when not given. WI_USAGE for an empty part. */
int wi_args_words(const struct wi_args *args, const char *name, struct wi_arena *arena,
                  const char ***words, size_t *count, struct wi_err *err);

void wi_args_help(const struct wi_command *command, struct wi_buf *out);
/* Its own options, then those that commands share; as many as returned, at most `most`. */
size_t wi_args_options(const struct wi_command *command, const struct wi_option **list,
                       size_t most);
/* The next paragraph of details into `out` (emptied first), as one line; false: no more. */
bool wi_args_paragraph(const char **details, struct wi_buf *out);
/* Words of `text`, from column `at` on, broken before column 80; lines begin `indent` columns in.
 */
void wi_args_wrap(struct wi_buf *out, const char *text, size_t at, size_t indent);
/* Whether an option's value is one of the words between its bars ("html|md"). */
bool wi_args_is_choice(const char *value);

#endif
