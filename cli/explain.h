/* explain.h: the subjects of `weighin explain`.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each reads its operands behind the subject's own word and fills cli->out. */
#ifndef WI_CLI_EXPLAIN_H
#define WI_CLI_EXPLAIN_H

#include "cli/cli.h"
#include "results/constants.h"

int wi_explain_topic(struct wi_cli *cli, struct wi_err *err); /* all operands; none: all topics */
int wi_explain_defaults(struct wi_cli *cli, struct wi_err *err);
int wi_explain_measurement(struct wi_cli *cli, struct wi_err *err); /* ID */
int wi_explain_verdict(struct wi_cli *cli, struct wi_err *err);     /* DEVICE MODEL */
int wi_explain_tier(struct wi_cli *cli, struct wi_err *err);        /* DEVICE */

struct wi_words;
/* Topics, families and subjects, for completion. */
int wi_explain_words(struct wi_cli *cli, struct wi_words *words, struct wi_err *err);

/* Those of bench/, where it is built. */
void wi_cli_bench_constants(struct wi_constants *list);
/* What --isa takes, NULL-terminated; empty where nothing is measured. */
const char *const *wi_cli_isa_caps(void);

#endif
