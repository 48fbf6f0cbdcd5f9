/* annotating.c: what people say about evidence; annotating.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/annotating.h"

#include "base/clock.h"

int wi_cli_annotate(struct wi_cli *cli, struct wi_store *store, struct wi_annotation *annotation,
                    char id[33], struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    const struct wi_tier_file *tiers = NULL;
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_cli_tiers(cli, NULL, &tiers, err));
    annotation->utc_ns = wi_utc_ns(&wi_clock_system);
    WI_TRY(wi_store_annotate(store, annotation, id, err));
    return wi_derive(store, catalogue, tiers, wi_rules_default(), err);
}

int wi_cli_who_and_why(struct wi_cli *cli, const char *reason, struct wi_annotation *annotation,
                       struct wi_err *err) {
    const char *given = wi_args_get(&cli->args, "reason");
    annotation->author = wi_args_get(&cli->args, "by");
    annotation->reason = given != NULL ? given : reason;
    if (annotation->reason == NULL || annotation->author == NULL)
        return wi_fail(err, WI_USAGE,
                       "%s: --%s is missing: who reads the database later sees why and by whom",
                       cli->args.command->name, annotation->reason == NULL ? "reason" : "by");
    return WI_OK;
}
