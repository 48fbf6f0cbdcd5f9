/* main.c: finds the command, gives it its arguments, prints what it leaves, says why it failed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Promises: stdout holds the whole answer or nothing; one sentence on stderr for a failure; the
 * exit codes of the contract. */
#include "base/os.h"
#include "cli/help.h"
#include "cli/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Folded to the terminal's width. */
static void answer_help(struct wi_cli *cli, struct wi_buf *text) {
    cli->only_help = true;
    wi_lay_fold(&cli->out, wi_buf_str(text));
    wi_buf_fini(text);
}

static int explain_command(struct wi_cli *cli, const struct wi_command *command) {
    struct wi_buf text = {0};
    wi_args_help(command, &text);
    answer_help(cli, &text);
    return WI_OK;
}

static int help(struct wi_cli *cli, int argc, const char **argv, struct wi_err *err) {
    const struct wi_command *command = NULL;
    cli->only_help = true;
    if (argc > 3)
        return wi_fail(err, WI_USAGE, "help: '%s' is one word too many: help COMMAND", argv[3]);
    if (argc == 3 && argv[2][0] != '-') {
        WI_TRY(wi_help_find(argv[2], &command, err));
        return explain_command(cli, command);
    }
    struct wi_buf text = {0};
    wi_help_top(&text);
    answer_help(cli, &text);
    return WI_OK;
}

static int call(struct wi_cli *cli, int argc, const char **argv, struct wi_err *err) {
    const struct wi_command *command = NULL;
    WI_TRY(wi_help_find(argv[1], &command, err));
    WI_TRY(wi_args_parse(command, argc - 1, argv + 1, cli->arena, &cli->args, err));
    if ((command->use & WI_USE_hidden) == 0) /* a worker has nobody to live for but its reader */
        wi_os_survive_broken_pipes();
    if (cli->args.help)
        return explain_command(cli, command);
    cli->json = (command->use & WI_USE_json) != 0 && wi_args_has(&cli->args, "json");
    return command->run(cli, err);
}

static int dispatch(struct wi_cli *cli, int argc, const char **argv, struct wi_err *err) {
    if (argc < 2) {
        struct wi_buf text = {0};
        wi_help_top(&text);
        fputs(wi_buf_str(&text), stderr);
        wi_buf_fini(&text);
        return wi_fail(err, WI_USAGE, "a command is missing");
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help(cli, 2, argv, err);
    if (strcmp(argv[1], "help") == 0)
        return help(cli, argc, argv, err);
    if (strcmp(argv[1], "--version") == 0) {
        cli->only_help = true;
        wi_help_version(&cli->out);
        return WI_OK;
    }
    return call(cli, argc, argv, err);
}

/* Whoever reads help stops when he has seen enough: `weighin --help | head -1` is no failure. */
static int print_out(const struct wi_cli *cli, struct wi_err *err) {
    if (cli->only_help)
        wi_os_survive_broken_pipes();
    errno = 0;
    if (fwrite(wi_buf_str(&cli->out), 1, cli->out.size, stdout) != cli->out.size ||
        fflush(stdout) != 0)
        return cli->only_help && errno == EPIPE
                   ? WI_OK
                   : wi_fail(err, WI_IO, "writing the answer to stdout failed");
    return WI_OK;
}

int main(int argc, char **argv) {
    struct wi_cli cli = {.arena = wi_arena_create(), .look = wi_terminal_look(WI_STDOUT)};
    cli.out.look = &cli.look;
    struct wi_err err = {0};
    int status = dispatch(&cli, argc, (const char **)argv, &err);
    if (status == WI_OK)
        status = print_out(&cli, &err);
    if (status != WI_OK)
        wi_cli_say("weighin: ", err.message);
    wi_tiers_destroy(cli.tiers);
    wi_catalogue_destroy(cli.catalogue);
    wi_buf_fini(&cli.out);
    wi_arena_destroy(cli.arena);
    return status == WI_OK ? cli.exit_code : wi_status_exit_code(status);
}
