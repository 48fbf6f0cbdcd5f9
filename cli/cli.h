/* cli.h: what every command is given, and what the commands share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_CLI_H
#define WI_CLI_H

#include "cli/args.h"
#include "models/catalogue.h"
#include "report/lay.h"
#include "results/judge.h"
#include "results/store.h"

struct wi_cli { /* one call of the program */
    struct wi_args args;
    struct wi_arena *arena; /* lives as long as the call */
    struct wi_buf out;      /* becomes stdout, whole, when the command ends */
    struct wi_look look;    /* of stdout; who answers after a while asks the terminal again */
    int exit_code;          /* of a command that returns WI_OK: 0, 3 or 4 */
    bool json;
    bool only_help; /* the answer is help: a reader may stop early */
    /* made when first asked for, freed by main: */
    struct wi_catalogue *catalogue;
    struct wi_tier_file *tiers;
};

/* ---- the commands: name, function ---- */
#define WI_COMMAND_LIST(X)                                                                         \
    X(probe)                                                                                       \
    X(doctor)                                                                                      \
    X(list)                                                                                        \
    X(run)                                                                                         \
    X(check)                                                                                       \
    X(fit)                                                                                         \
    X(estimate)                                                                                    \
    X(models)                                                                                      \
    X(matrix)                                                                                      \
    X(report)                                                                                      \
    X(verify)                                                                                      \
    X(derive)                                                                                      \
    X(device)                                                                                      \
    X(annotate)                                                                                    \
    X(snapshot)                                                                                    \
    X(export)                                                                                      \
    X(explain)                                                                                     \
    X(generate)                                                                                    \
    X(worker)                                                                                      \
    X(gpu_probe)
#define WI_X(name) extern const struct wi_command wi_command_##name;
WI_COMMAND_LIST(WI_X)
#undef WI_X
extern const struct wi_command *const wi_commands[]; /* NULL-terminated, in the order of help */

/* ---- shared ---- */
int wi_cli_catalogue(struct wi_cli *cli, const struct wi_catalogue **catalogue, struct wi_err *err);
int wi_cli_tiers(struct wi_cli *cli, const char *path, const struct wi_tier_file **tiers,
                 struct wi_err *err);
/* A precision by name; `kernel`: only those that kernels run. WI_USAGE lists what is allowed. */
int wi_cli_precision(const char *option, const char *text, bool kernel, enum wi_format_id *format,
                     struct wi_err *err);
/* WI_USAGE: "WHAT TEXT: WHY; did you mean a? allowed are a, b, c" */
int wi_cli_no_such(const char *what, const char *text, const char *why, const char *const *names,
                   size_t n, struct wi_err *err);
/* The rules as of --as-of, which the command has, or now: what is too old then does not count. */
int wi_cli_rules(const struct wi_cli *cli, const struct wi_rules **rules, struct wi_err *err);
/* --db, $WEIGHIN_DB or weighin.db. */
const char *wi_cli_db_path(const struct wi_cli *cli);
int wi_cli_open(struct wi_cli *cli, enum wi_store_mode mode, struct wi_store **store,
                struct wi_err *err);
/* To write into a database that is there: none is made. */
int wi_cli_open_existing(struct wi_cli *cli, struct wi_store **store, struct wi_err *err);
/* WI_USAGE when writing `path` would destroy evidence: the database, or any other one. */
int wi_cli_check_output(const struct wi_cli *cli, const char *path, struct wi_err *err);
/* Closes; a failure to close becomes the status unless another came first. */
int wi_cli_close(struct wi_store *store, int status, struct wi_err *err);
/* One line to stderr, the text as foreign text. */
void wi_cli_say(const char *first, const char *text);
/* One line to stderr: "weighin: warning: ..." */
void wi_cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
