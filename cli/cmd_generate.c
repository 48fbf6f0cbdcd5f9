/* cmd_generate.c: what is installed beside the program and follows from its tables: manual pages,
 * completion scripts. The build calls it; completion asks it for words.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/os.h"
#include "cli/help.h"
#include "cli/values.h"

#include <string.h>

static int write_file(const char *folder, const char *name, const struct wi_buf *text,
                      struct wi_cli *cli, struct wi_err *err) {
    WI_TRY(wi_os_mkdirs(folder, err));
    return wi_os_write_file(wi_arena_printf(cli->arena, "%s/%s", folder, name), text->data,
                            text->size, err);
}

static int write_manual(struct wi_cli *cli, const char *folder, struct wi_err *err) {
    struct wi_buf text = {0};
    int status = WI_OK;
    for (size_t i = 0; status == WI_OK && wi_commands[i] != NULL; i++) {
        if ((wi_commands[i]->use & WI_USE_hidden) != 0)
            continue;
        wi_buf_clear(&text);
        wi_manual(wi_commands[i], &text);
        status =
            write_file(folder, wi_arena_printf(cli->arena, "weighin-%s.1", wi_commands[i]->name),
                       &text, cli, err);
    }
    wi_buf_clear(&text);
    wi_manual(NULL, &text);
    if (status == WI_OK)
        status = write_file(folder, "weighin.1", &text, cli, err);
    wi_buf_fini(&text);
    return status;
}

static int write_script(struct wi_cli *cli, const char *folder, const char *name,
                        int (*make)(struct wi_cli *, struct wi_buf *, struct wi_err *),
                        struct wi_err *err) {
    struct wi_buf text = {0};
    int status = make(cli, &text, err);
    if (status == WI_OK)
        status = write_file(folder, name, &text, cli, err);
    wi_buf_fini(&text);
    return status;
}

/* As they are installed below share/. */
static int write_all(struct wi_cli *cli, const char *folder, struct wi_err *err) {
    const char *bash = wi_arena_printf(cli->arena, "%s/bash-completion/completions", folder);
    const char *zsh = wi_arena_printf(cli->arena, "%s/zsh/vendor-completions", folder);
    WI_TRY(write_manual(cli, wi_arena_printf(cli->arena, "%s/man/man1", folder), err));
    WI_TRY(write_script(cli, bash, "weighin", wi_complete_bash, err));
    return write_script(cli, zsh, "_weighin", wi_complete_zsh, err);
}

static int print_words(struct wi_cli *cli, const char *list, struct wi_err *err) {
    struct wi_words words;
    WI_TRY(wi_words_of(cli, list, &words, err));
    for (size_t i = 0; i < words.count; i++)
        wi_buf_printf(&cli->out, "%s\n", words.items[i]);
    return WI_OK;
}

static int generate(struct wi_cli *cli, struct wi_err *err) {
    const char *what = cli->args.operands[0], *of = cli->args.operands[1];
    if (strcmp(what, "words") == 0)
        return print_words(cli, of, err);
    if (strcmp(what, "share") == 0)
        return write_all(cli, of, err);
    return wi_fail(err, WI_USAGE, "generate %s: words LIST or share FOLDER", what);
}

const struct wi_command wi_command_generate = {
    .name = "generate",
    .operands = "WHAT OF",
    .operand_min = 2,
    .operand_max = 2,
    .summary = "words for completion; manual pages and completion scripts into a folder",
    .use = WI_USE_hidden | WI_USE_db | WI_USE_models,
    .run = generate,
};
