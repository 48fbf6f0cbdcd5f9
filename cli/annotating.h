/* annotating.h: what people say about evidence, put into the database with what follows from it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_ANNOTATING_H
#define WI_ANNOTATING_H

#include "cli/cli.h"

/* Stores the annotation as of now, its id into `id`, and derives anew: readers of derived rows see
 * it at once. */
int wi_cli_annotate(struct wi_cli *cli, struct wi_store *store, struct wi_annotation *annotation,
                    char id[33], struct wi_err *err);
/* --reason and --by, which both kinds of command take; WI_USAGE when one is missing and there is no
 * `reason` to go by instead. */
int wi_cli_who_and_why(struct wi_cli *cli, const char *reason, struct wi_annotation *annotation,
                       struct wi_err *err);

#endif
