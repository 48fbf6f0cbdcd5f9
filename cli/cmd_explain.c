/* cmd_explain.c: what a word means; how one answer came about, step by step.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain.h"

#include <string.h>

static const struct subject {
    const char *name;
    size_t least; /* operands from which on it is meant, else it is a topic of that name */
    int (*explain)(struct wi_cli *cli, struct wi_err *err);
} subjects[] = {
    {"measurement", 1, wi_explain_measurement},
    {"defaults", 1, wi_explain_defaults},
    {"verdict", 3, wi_explain_verdict},
    {"tier", 2, wi_explain_tier},
};

static int explain(struct wi_cli *cli, struct wi_err *err) {
    const struct wi_args *args = &cli->args;
    for (size_t i = 0; args->operand_count > 0 && i < WI_COUNT(subjects); i++)
        if (strcmp(args->operands[0], subjects[i].name) == 0 &&
            args->operand_count >= subjects[i].least)
            return subjects[i].explain(cli, err);
    return wi_explain_topic(cli, err);
}

static const struct wi_option options[] = {
    {"precision", 0, "P", false, "of a verdict (default q4_0)"},
    {"context", 0, "N", false, "of a verdict (default: 4096 or the model's limit)"},
    {"engine", 0, "E", false, "of a verdict (default reference: a ceiling)"},
    {"compute", 0, "ID", false, "of a verdict: the CPU or one GPU (default: the best)"},
    {"as-of", 0, "UTC", false, "judge ages as of this day, e.g. 2026-11-25T00:00:00Z"},
    {"tiers", 0, "FILE", false, "of a tier: a tier file (default: the built-in one)"},
    {0},
};

const struct wi_command wi_command_explain = {
    .name = "explain",
    .operands = "[TOPIC | defaults | verdict DEVICE MODEL | tier DEVICE | measurement ID]",
    .operand_max = 4,
    .operand_values = "TOPIC DEVICE MODEL",
    .summary = "what a word means; how one answer came about, step by step",
    .details = "TOPIC is a word that answers use: a verdict, limit, status, doubt, unit, tier or "
               "term;\nwithout one, all topics are listed. \"explain doubts\" shows all doubts.\n"
               "defaults: every target, reserve and threshold that rules rest on.\n"
               "verdict, tier: from the evidence to the answer, with every number on the way.\n"
               "measurement: from the stored samples to the rate, and the same in SQL.\n"
               "DEVICE is an id, its first digits or a name; ID as many digits as tell it apart.",
    .use = WI_USE_json | WI_USE_db | WI_USE_models,
    .options = options,
    .run = explain,
};
