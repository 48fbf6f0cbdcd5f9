/* ask.h: what check and fit are asked: targets, and which compute device.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_ASK_H
#define WI_ASK_H

#include "cli/cli.h"

/* The options of both; read by wi_cli_targets, but for the last four. */
#define WI_ASK_OPTIONS                                                                             \
    {"context", 0, "N", false, "tokens that must fit (default: 4096 or the model's limit)"},       \
        {"prompt", 0, "N", false, "tokens of the prompt (default 512)"},                           \
        {"output", 0, "N", false, "tokens of the answer (default 128)"},                           \
        {"kv-precision", 0, "P", false, "how the KV cache is stored (default f16)"},               \
        {"min-decode", 0, "X", false, "tokens per second that make it usable (default 5)"},        \
        {"max-first-token", 0, "S", false,                                                         \
         "seconds to the first token that make it usable (default 10)"},                           \
        {"as-of", 0, "UTC", false, "the moment as of which evidence is too old (default now)"},    \
        {"engine", 0, "E", false, "what would run the model (default reference: a ceiling)"},      \
        {"device", 0, "ID", false,                                                                 \
         "a device of the database (default: its only one, or this machine)"},                     \
    {                                                                                              \
        "compute", 0, "ID", false, "the CPU or one GPU of it (default: the best)"                  \
    }

/* The targets for this model; WI_USAGE when they contradict each other. */
int wi_cli_targets(const struct wi_args *args, const struct wi_model *model, struct wi_targets *t,
                   struct wi_err *err);

#endif
