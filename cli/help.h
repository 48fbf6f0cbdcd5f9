/* help.h: the option tables as people and shells read them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_HELP_H
#define WI_HELP_H

#include "cli/cli.h"

void wi_help_top(struct wi_buf *out);     /* `weighin --help` */
void wi_help_version(struct wi_buf *out); /* `weighin --version` */
/* WI_USAGE: what it might have meant, and what there is. */
int wi_help_find(const char *word, const struct wi_command **command, struct wi_err *err);

/* A line of a table that help and manual share: exit codes, environment, files. */
struct wi_help_row {
    const char *name, *says;
};
extern const struct wi_help_row wi_help_exit_codes[], wi_help_environment[], wi_help_files[];

/* A page of the manual, as man(7). command NULL: of the program. */
void wi_manual(const struct wi_command *command, struct wi_buf *out);
/* Completion scripts. */
int wi_complete_bash(struct wi_cli *cli, struct wi_buf *out, struct wi_err *err);
int wi_complete_zsh(struct wi_cli *cli, struct wi_buf *out, struct wi_err *err);

#endif
