/* main.c: finds the command, gives it its arguments, prints what it leaves, says why it failed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Promises: stdout holds the whole answer or nothing; one sentence on stderr for a failure; the
 * exit codes of the contract. */
#include "base/text.h"
#include "base/build_info.h"
#include "base/os.h"
#include "cli/cli.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>

static void top_help(struct wi_buf *out) {
    wi_buf_puts(
        out, "weighin answers, on this device and before anything is downloaded: which language\n"
             "models can it run, at which precision, how fast, and how sure are we?\n\n"
             "Usage: weighin COMMAND [OPTIONS]\n\nCommands:\n");
    for (size_t i = 0; wi_commands[i] != NULL; i++) {
        if ((wi_commands[i]->use & WI_USE_hidden) == 0)
            wi_buf_printf(out, "  %-9s %s\n", wi_commands[i]->name, wi_commands[i]->summary);
    }
    wi_buf_puts(
        out, "\nweighin COMMAND --help explains one of them; weighin --version says what this is.\n"
             "Results go to stdout, everything else to stderr.\n\n"
             "Exit codes: 0 done or yes, 1 weighin failed, 2 wrong usage, 3 the answer is no,\n"
             "4 not enough evidence, 130 interrupted.\n");
}

static void version(struct wi_buf *out) {
    const struct wi_build_info *p = wi_build_info();
    wi_buf_printf(out, "weighin %s (%s)\n%s, %s\n", p->version, p->commit, p->compiler, p->flags);
}

static int find_command(const char *word, const struct wi_command **command, struct wi_err *err) {
    const char *names[64];
    size_t n = 0;
    for (size_t i = 0; wi_commands[i] != NULL; i++) {
        if (strcmp(wi_commands[i]->name, word) == 0) {
            *command = wi_commands[i];
            return WI_OK;
        }
        if ((wi_commands[i]->use & WI_USE_hidden) == 0 && n < WI_COUNT(names))
            names[n++] = wi_commands[i]->name;
    }
    const char *near = wi_text_closest(word, names, n);
    struct wi_buf all = {0};
    wi_text_join(&all, names, n);
    int status = wi_fail(err, WI_USAGE, "unknown command '%s'%s%s%s; there are %s", word,
                         near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
                         near == NULL ? "" : "?", wi_buf_str(&all));
    wi_buf_fini(&all);
    return status;
}

static int call(struct wi_cli *cli, int argc, const char **argv, struct wi_err *err) {
    const struct wi_command *command = NULL;
    WI_TRY(find_command(argv[1], &command, err));
    WI_TRY(wi_args_parse(command, argc - 1, argv + 1, cli->arena, &cli->args, err));
    if ((command->use & WI_USE_hidden) == 0) /* a worker has nobody to live for but its reader */
        wi_os_survive_broken_pipes();
    if (cli->args.help) {
        struct wi_buf help = {0};
        wi_args_help(command, &help);
        wi_lay_fold(&cli->out, wi_buf_str(&help));
        wi_buf_fini(&help);
        return WI_OK;
    }
    cli->json = (command->use & WI_USE_json) != 0 && wi_args_has(&cli->args, "json");
    return command->run(cli, err);
}

static int dispatch(struct wi_cli *cli, int argc, const char **argv, struct wi_err *err) {
    if (argc < 2) {
        struct wi_buf help = {0};
        top_help(&help);
        fputs(wi_buf_str(&help), stderr);
        wi_buf_fini(&help);
        return wi_fail(err, WI_USAGE, "a command is missing");
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        (strcmp(argv[1], "help") == 0 && argc == 2)) {
        struct wi_buf help = {0};
        top_help(&help);
        wi_lay_fold(&cli->out, wi_buf_str(&help));
        wi_buf_fini(&help);
        return WI_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        version(&cli->out);
        return WI_OK;
    }
    return call(cli, argc, argv, err);
}

static int print_out(const struct wi_cli *cli, struct wi_err *err) {
    if (fwrite(wi_buf_str(&cli->out), 1, cli->out.size, stdout) != cli->out.size ||
        fflush(stdout) != 0)
        return wi_fail(err, WI_IO, "writing the answer to stdout failed");
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
