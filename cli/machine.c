/* machine.c: this machine, probed live: for commands that ask about the device they run on.
 * SPDX-License-Identifier: Apache-2.0
 * Report-only builds have left_out.c in its place. */
#include "cli/machine.h"

#include "base/utf8.h"
#include "probes/gpu_seen.h"

#include <stdlib.h>
#include <string.h>

/* The value of an option that not every command has; NULL: not given. */
static const char *given(const struct wi_cli *cli, const char *name) {
    for (size_t i = 0; i < cli->args.given_count; i++) {
        const struct wi_given *g = &cli->args.given[i];
        if (strcmp(g->option->name, name) == 0 && g->count > 0)
            return g->values[g->count - 1];
    }
    return NULL;
}

/* What probes read is made printable: of ids that would make one out of two. */
static int check_asset(struct wi_arena *arena, const char *asset, struct wi_err *err) {
    const unsigned char *p = (const unsigned char *)asset;
    for (size_t n = 0, step; p[n] != '\0'; n += step)
        if ((step = wi_utf8_length(p + n)) == 0)
            return wi_fail(err, WI_USAGE,
                           "the asset id (--asset or $WEIGHIN_ASSET) is not UTF-8: byte %zu is "
                           "0x%02x; ids of two devices could not be told apart",
                           n + 1, p[n]);
    asset += strspn(asset, " ");
    size_t n = strlen(asset);
    while (n > 0 && asset[n - 1] == ' ')
        n--;
    const char *kept = wi_gpu_clean_text(arena, asset);
    if (kept == NULL || strlen(kept) != n || strncmp(kept, asset, n) != 0)
        return wi_fail(
            err, WI_USAGE,
            "the asset id (--asset or $WEIGHIN_ASSET) would be kept as '%s': use at most "
            "200 bytes, no control characters, no double blanks",
            kept == NULL ? "" : kept);
    return WI_OK;
}

int wi_cli_probe(const struct wi_cli *cli, struct wi_env *env, bool save,
                 struct wi_inventory **inventory, struct wi_err *err) {
    struct wi_probe_options options = {.asset = given(cli, "asset"), .save_identity = save};
    /* $WEIGHIN_ASSET is the tag of this machine, not of one that was recorded elsewhere. */
    if (options.asset == NULL && given(cli, "replay") == NULL)
        options.asset = getenv("WEIGHIN_ASSET");
    if (options.asset != NULL && options.asset[0] == '\0')
        options.asset = NULL;
    if (options.asset != NULL)
        WI_TRY(check_asset(cli->arena, options.asset, err));
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
