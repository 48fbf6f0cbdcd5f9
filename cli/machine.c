/* machine.c: this machine, probed live: for commands that ask about the device they run on.
 * SPDX-License-Identifier: Apache-2.0
 * Report-only builds have left_out.c in its place. */
#include "cli/machine.h"

#include <stdlib.h>
#include <string.h>

int wi_cli_probe(const struct wi_cli *cli, struct wi_env *env, bool save,
                 struct wi_inventory **inventory, struct wi_err *err) {
    struct wi_probe_options options = {.asset = getenv("WEIGHIN_ASSET"), .save_identity = save};
    for (size_t i = 0; i < cli->args.given_count; i++) {
        if (strcmp(cli->args.given[i].option->name, "asset") == 0 && cli->args.given[i].count > 0)
            options.asset = cli->args.given[i].values[0];
    }
    if (options.asset != NULL && options.asset[0] == '\0')
        options.asset = NULL;
    return wi_probe(env, &options, inventory, err);
}

int wi_cli_this_machine(const struct wi_cli *cli, struct wi_inventory **inventory,
                        struct wi_err *err) {
    struct wi_env *env = NULL;
    WI_TRY(wi_env_live(&env, err));
    int status = wi_cli_probe(cli, env, false, inventory, err);
    wi_env_destroy(env);
    return status;
}
